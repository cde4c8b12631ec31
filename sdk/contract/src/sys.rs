//! The host functions as the sandbox imports them, generated from the table in `tenon-abi`.
//!
//! Off the sandbox each of them panics with its name: a module's logic runs natively as long as it asks the host for
//! nothing. Nothing here checks or converts; the other files of this crate do.

#![allow(unsafe_code, reason = "imports of the sandbox; each caller states why its pointers are valid")]

macro_rules! imports {
    ($(
        $(#[doc = $doc:literal])*
        [$($column:tt)*]
        fn $name:ident($($parameter:ident: $type:ty),*) -> $result:ty;
    )*) => {
        #[cfg(target_arch = "wasm32")]
        #[link(wasm_import_module = "tenon")]
        unsafe extern "C" {
            $($(#[doc = $doc])* pub(crate) fn $name($($parameter: $type),*) -> $result;)*
        }

        $(
            #[cfg(not(target_arch = "wasm32"))]
            $(#[doc = $doc])*
            #[allow(clippy::too_many_arguments, reason = "the table says so")]
            pub(crate) unsafe fn $name($($parameter: $type),*) -> $result {
                let _: ($($type,)*) = ($($parameter,)*);
                absent(stringify!($name))
            }
        )*
    };
}

tenon_abi::for_each_host_function!(imports);

#[cfg(not(target_arch = "wasm32"))]
fn absent(name: &str) -> ! {
    panic!("host function `{name}` exists inside the sandbox only: run the module with tenon-testkit")
}

/// The address of bytes as the host takes it. Only meaningful inside the sandbox, where addresses have 32 bits.
pub(crate) fn pointer<T>(bytes: *const T) -> u32 {
    #[allow(clippy::cast_possible_truncation, reason = "an address of the sandbox has 32 bits")]
    let address = bytes as usize as u32;
    address
}

/// The length of bytes as the host takes it.
pub(crate) fn length(bytes: &[u8]) -> u32 {
    #[allow(clippy::cast_possible_truncation, reason = "a length of the sandbox has 32 bits")]
    let length = bytes.len() as u32;
    length
}

/// Reads what a host function writes: calls it once with room for `guess` bytes, and again if that was too few.
/// Returns nothing if the host says that there is nothing.
pub(crate) fn read(guess: usize, read: impl Fn(u32, u32) -> u64) -> Option<alloc::vec::Vec<u8>> {
    let mut room = guess;
    loop {
        let mut bytes = crate::wire::with_room::<u8>(room);
        #[allow(clippy::cast_possible_truncation, reason = "a capacity of the sandbox has 32 bits")]
        let full = read(pointer(bytes.as_ptr()), room as u32);
        if full == tenon_abi::ABSENT {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, reason = "no host function returns more than 32 bits of length")]
        let full = full as usize;
        if full <= room {
            // SAFETY: the host wrote `full` bytes, at most `room`, from the start of the buffer.
            unsafe { bytes.set_len(full) };
            return Some(bytes);
        }
        room = full;
    }
}

/// Has the host write exactly `N` bytes.
pub(crate) fn read_array<const N: usize>(read: impl FnOnce(u32)) -> [u8; N] {
    let mut bytes = [0; N];
    read(pointer(bytes.as_mut_ptr()));
    bytes
}
