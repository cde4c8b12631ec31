//! What generated code calls. Modules do not use it themselves.
#![doc(hidden)]

use crate::storage::{Map, OrderedMap, Set, Value};
use crate::{ModuleError, StorageKey, TypeInfo, TypeName, sys};
use alloc::{format, vec::Vec};
use parity_scale_codec::{Decode, Encode};

pub use crate::event::signature_topic;
pub use alloc::vec::Vec as Bytes;
pub use tenon_abi::section::EntryWriter;
pub use tenon_abi::{Capabilities, Capability, section};

/// Room for an input at first; a longer one costs a second host call.
const INPUT_BYTES: usize = 512;

/// Bytes of the longest entry of a section. Documentation is the only part that grows.
pub const MAX_ENTRY_BYTES: usize = 16 * 1024;

/// A `#[storage]` struct.
pub trait Storage: Sized {
    /// The struct over this instance's key space. Reads nothing.
    fn open() -> Self;
}

/// A field of a `#[storage]` struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no storage container",
    note = "a storage field is a `Value`, `Map`, `OrderedMap` or `Set` of the prelude"
)]
pub trait Container: Sized {
    /// The container's name in the interface.
    const KIND: &'static str;
    /// Type of the key.
    const KEY: TypeName;
    /// Type of the value.
    const VALUE: TypeName;

    /// The container of a prefix.
    fn open(prefix: u8) -> Self;
}

impl<T: Encode + Decode + TypeInfo> Container for Value<T> {
    const KIND: &'static str = "value";
    const KEY: TypeName = <()>::NAME;
    const VALUE: TypeName = T::NAME;

    fn open(prefix: u8) -> Self {
        Self::at(prefix)
    }
}

impl<K: StorageKey + TypeInfo, V: Encode + Decode + TypeInfo> Container for Map<K, V> {
    const KIND: &'static str = "map";
    const KEY: TypeName = K::NAME;
    const VALUE: TypeName = V::NAME;

    fn open(prefix: u8) -> Self {
        Self::at(prefix)
    }
}

impl<K: StorageKey + TypeInfo, V: Encode + Decode + TypeInfo> Container for OrderedMap<K, V> {
    const KIND: &'static str = "ordered_map";
    const KEY: TypeName = K::NAME;
    const VALUE: TypeName = V::NAME;

    fn open(prefix: u8) -> Self {
        Self::at(prefix)
    }
}

impl<K: StorageKey + TypeInfo> Container for Set<K> {
    const KIND: &'static str = "set";
    const KEY: TypeName = K::NAME;
    const VALUE: TypeName = <()>::NAME;

    fn open(prefix: u8) -> Self {
        Self::at(prefix)
    }
}

/// The method's input while its arguments are taken off it.
#[derive(Debug)]
pub struct Input {
    bytes: Vec<u8>,
    offset: usize,
}

impl Input {
    /// Reads the input.
    pub fn read() -> Self {
        let bytes = sys::read(INPUT_BYTES, |out, capacity| {
            // SAFETY: the buffer has the capacity given.
            #[allow(unsafe_code, reason = "host call")]
            let full = unsafe { sys::input(out, capacity) };
            u64::from(full)
        });
        Self { bytes: bytes.unwrap_or_default(), offset: 0 }
    }

    /// Takes an argument, or ends the call as wrong input.
    pub fn argument<T: Decode>(&mut self, name: &str) -> T {
        let mut rest = &self.bytes[self.offset..];
        match T::decode(&mut rest) {
            Ok(value) => {
                self.offset = self.bytes.len() - rest.len();
                value
            }
            Err(_) => bad_input(&format!("argument `{name}` does not decode at byte {} of the input", self.offset)),
        }
    }

    /// Ends the call as wrong input if bytes are left.
    pub fn end(&self) {
        let left = self.bytes.len() - self.offset;
        if left > 0 {
            bad_input(&format!("{left} bytes are left after the last argument"));
        }
    }
}

/// Writes the result that a method without errors returned.
pub fn finish<T: Encode>(result: &T) {
    result.using_encoded(|bytes| {
        if !bytes.is_empty() {
            // SAFETY: a live slice.
            #[allow(unsafe_code, reason = "host call")]
            unsafe {
                sys::output(sys::pointer(bytes.as_ptr()), sys::length(bytes));
            }
        }
    });
}

/// A `Result` under whatever alias.
pub trait MethodResult {
    /// What the method returns.
    type Output: Encode;

    /// Writes the result, or ends the call with the module's error.
    fn finish(self);
}

impl<T: Encode, E: ModuleError> MethodResult for Result<T, E> {
    type Output = T;

    fn finish(self) {
        match self {
            Ok(result) => finish(&result),
            Err(error) => fail(error.number(), &[]),
        }
    }
}

/// Ends the call with an error of the module's own.
pub fn fail(number: u16, data: &[u8]) -> ! {
    // SAFETY: a live slice.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::fail(u32::from(number), sys::pointer(data.as_ptr()), sys::length(data));
    }
    ended()
}

/// Ends the call as a panic.
pub fn panic(message: &[u8]) -> ! {
    // SAFETY: a live slice.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::panic(sys::pointer(message.as_ptr()), sys::length(message));
    }
    ended()
}

fn bad_input(message: &str) -> ! {
    // SAFETY: a live slice.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::bad_input(sys::pointer(message.as_ptr()), sys::length(message.as_bytes()));
    }
    ended()
}

/// The host does not come back from the functions above.
fn ended() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    unreachable!("the host ends the call")
}

/// Emits an entry of a custom section: `entry!("tenon.abi", METHOD, .byte(0).text("name"))`.
///
/// Only when the crate is built as a module: a crate that merely uses another module's client must not carry its
/// interface. The calls are made twice, to measure and to write.
#[doc(hidden)]
#[macro_export]
macro_rules! __entry {
    ($section:literal, $kind:ident, $($call:tt)*) => {
        const _: () = {
            const fn write<const N: usize>() -> $crate::rt::EntryWriter<N> {
                $crate::rt::EntryWriter::<N>::new($crate::rt::section::$kind) $($call)*
            }
            const LENGTH: usize = write::<{ $crate::rt::MAX_ENTRY_BYTES }>().length();
            #[allow(dead_code, reason = "the linker reads it; marked as used it would stand in the memory as well")]
            #[unsafe(link_section = $section)]
            static ENTRY: [u8; LENGTH] = write::<LENGTH>().finish();
        };
    };
}

/// Emits the definition of a named type.
#[doc(hidden)]
#[macro_export]
macro_rules! __definition {
    ($type:ty) => {
        const _: () = {
            const DEFINITION: &[u8] = <$type as $crate::TypeInfo>::DEFINITION;
            #[allow(dead_code, reason = "the linker reads it; marked as used it would stand in the memory as well")]
            #[unsafe(link_section = "tenon.abi")]
            static ENTRY: [u8; DEFINITION.len()] = *match DEFINITION.as_array() {
                Some(bytes) => bytes,
                None => panic!("a slice has its own length"),
            };
        };
    };
}
