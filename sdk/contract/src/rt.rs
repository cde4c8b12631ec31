//! What generated code calls. Modules do not use it themselves.
#![doc(hidden)]

use crate::buffer::Buffer;
use crate::storage::{Map, OrderedMap, Set, Value};
use crate::wire::buffer;
use crate::{ModuleError, StorageKey, TypeInfo, TypeName, sys};

pub use crate::event::signature_topic;
pub use crate::wire::{Reader, Wire, append};
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

impl<T: Wire + TypeInfo> Container for Value<T> {
    const KIND: &'static str = "value";
    const KEY: TypeName = <()>::NAME;
    const VALUE: TypeName = T::NAME;

    fn open(prefix: u8) -> Self {
        Self::at(prefix)
    }
}

impl<K: StorageKey + TypeInfo, V: Wire + TypeInfo> Container for Map<K, V> {
    const KIND: &'static str = "map";
    const KEY: TypeName = K::NAME;
    const VALUE: TypeName = V::NAME;

    fn open(prefix: u8) -> Self {
        Self::at(prefix)
    }
}

impl<K: StorageKey + TypeInfo, V: Wire + TypeInfo> Container for OrderedMap<K, V> {
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

/// Reads the input of a method whose arguments have these names, separated by commas.
#[inline(never)]
pub fn input(names: &'static str) -> Reader<'static> {
    let bytes = sys::read(INPUT_BYTES, |out, capacity| {
        // SAFETY: the buffer has the capacity given.
        #[allow(unsafe_code, reason = "host call")]
        let full = unsafe { sys::input(out, capacity) };
        u64::from(full)
    });
    // It stays until the call ends, and with it the memory.
    Reader::new(Bytes::leak(bytes.unwrap_or_default()), names)
}

/// Takes an argument, or ends the call as wrong input.
#[inline(never)]
pub fn argument<T: Wire>(input: &mut Reader<'_>) -> T {
    input.begin();
    T::take(input)
}

/// Ends the call as wrong input if there is any: the method has no arguments.
#[inline(never)]
pub fn no_input() {
    input("").end();
}

/// Writes the result that a method without errors returned.
pub fn finish<T: Wire>(result: &T) {
    let mut bytes = buffer();
    result.put(&mut bytes);
    let bytes = Buffer::of(bytes);
    if !bytes.is_empty() {
        output(&bytes);
    }
}

#[inline(never)]
fn output(bytes: &[u8]) {
    // SAFETY: a live slice.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::output(sys::pointer(bytes.as_ptr()), sys::length(bytes));
    }
}

/// A `Result` under whatever alias.
pub trait MethodResult {
    /// What the method returns.
    type Output: Wire;

    /// Writes the result, or ends the call with the module's error.
    fn finish(self);
}

impl<T: Wire, E: ModuleError> MethodResult for Result<T, E> {
    type Output = T;

    fn finish(self) {
        match self {
            Ok(result) => finish(&result),
            Err(error) => fail(error.number()),
        }
    }
}

/// Ends the call with an error of the module's own.
#[cold]
#[inline(never)]
pub fn fail(number: u16) -> ! {
    // SAFETY: no data.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::fail(u32::from(number), 0, 0);
    }
    ended()
}

/// Ends the call as a panic.
#[cold]
#[inline(never)]
pub fn panic(message: &[u8]) -> ! {
    // SAFETY: a live slice.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::panic(sys::pointer(message.as_ptr()), sys::length(message));
    }
    ended()
}

/// Ends the call as wrong input.
#[cold]
#[inline(never)]
pub(crate) fn bad_input(message: &[u8]) -> ! {
    // SAFETY: a live slice.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::bad_input(sys::pointer(message.as_ptr()), sys::length(message));
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
