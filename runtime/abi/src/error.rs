//! Numbers of the errors that a call can end with. Below `MODULE_ERROR_BASE` they are the host's; from it on they
//! are the module's own, as its interface lists them.

/// First number of modules' own errors. A module's error `n` is seen by callers as `MODULE_ERROR_BASE + n`.
pub const MODULE_ERROR_BASE: u32 = 0x1_0000;

/// The number under which callers see a module's error.
pub const fn module_error_code(number: u16) -> u32 {
    MODULE_ERROR_BASE.saturating_add(number as u32)
}

/// A module's own number for an error, or nothing if the host caused it.
pub const fn module_error_number(code: u32) -> Option<u16> {
    match code.checked_sub(MODULE_ERROR_BASE) {
        #[allow(clippy::cast_possible_truncation, reason = "bounded by the condition")]
        Some(number) if number <= u16::MAX as u32 => Some(number as u16),
        _ => None,
    }
}

macro_rules! host_errors {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $hint:literal;)*) => {
        /// Why the host ended a call. The numbers are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum HostError {
            $($(#[doc = $doc])+ $name = $code,)*
        }

        impl HostError {
            /// Every error, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The number that callers and receipts carry.
            pub const fn code(self) -> u32 {
                self as u32
            }

            /// Finds an error by its number.
            pub const fn from_code(code: u32) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The name used in metadata, the command line and docs.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// What the error says.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+),)*
                }
            }

            /// What a user can do about it.
            pub const fn hint(self) -> &'static str {
                match self {
                    $(Self::$name => $hint,)*
                }
            }
        }
    };
}

host_errors! {
    /// The gas limit was used up.
    OutOfGas = 1, "simulate the call and raise the gas limit";
    /// The module executed an instruction that traps.
    Trap = 2, "replay the transaction with a trace to see the function";
    /// Calls were nested too deep or frames grew too large.
    StackOverflow = 3, "reduce recursion or the number of nested calls";
    /// The module panicked.
    Panic = 4, "read the message and line in the trace";
    /// The instance has no method of this name and kind.
    MethodNotFound = 5, "list the methods with `tenon module show`";
    /// No instance stands at this address.
    InstanceNotFound = 6, "list the instances with `tenon module list`";
    /// The instance is already on the call stack and the method is not marked reentrant.
    Reentry = 7, "finish the first call before calling back";
    /// The instance does not hold the capability.
    CapabilityDenied = 8, "declare the capability in the manifest and grant it to the instance";
    /// A read-only call tried to write.
    ReadOnly = 9, "use a call, not a query";
    /// The balance is too small for the transfer.
    InsufficientBalance = 10, "fund the account or send less";
    /// The input does not decode to the method's arguments.
    BadInput = 11, "encode the arguments as the interface lists them";
    /// The method does not accept the native coin.
    NotPayable = 12, "send no value to this method";
    /// A pointer or length lies outside the module's memory.
    MemoryAccess = 13, "this is a fault of the module";
    /// A length is over its limit.
    LimitExceeded = 14, "split the work into smaller parts";
    /// No code of this hash is on chain.
    CodeNotFound = 15, "upload the code first";
    /// An instance already stands at this address.
    InstanceExists = 16, "choose another salt";
    /// The caller may not administer this instance.
    NotAdmin = 17, "ask the instance's administrator";
    /// The code breaks a rule of the sandbox.
    InvalidCode = 18, "read the detail: it names the function, the instruction and the limit";
    /// The payer cannot lock the deposit for the bytes stored.
    DepositTooSmall = 19, "fund the account that pays the transaction";
    /// The call would leave an account below the existential deposit.
    BelowExistentialDeposit = 20, "send at least the existential deposit, or all";
    /// The instance is retired.
    Retired = 21, "use its successor";
    /// The host failed. This is a fault of the node.
    Internal = 22, "report it with the transaction's hash";
    /// The balance is held by locks or reserves.
    Locked = 23, "unlock the balance first";
    /// The upgrade is not allowed yet.
    TimeLocked = 24, "wait until the time lock ends";
    /// The export signature or name is not that of a method.
    BadExport = 25, "build the module with the SDK";
}
