//! Traits that the macros implement and that a reader of generated code meets.

/// A numbered error of a module. `#[error]` implements it.
pub trait ModuleError: Copy {
    /// The error's own number, stable over versions.
    fn number(self) -> u16;

    /// Finds the error that a call to this module failed with.
    fn from_number(number: u16) -> Option<Self>;
}
