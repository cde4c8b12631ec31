//! What a method may know about its surroundings.

use crate::{Address, Amount, Hash, sys};

/// Access to the context of the call: `env().caller()`.
#[derive(Clone, Copy, Debug)]
pub struct Env(());

/// The context of the call.
pub const fn env() -> Env {
    Env(())
}

macro_rules! thirty_two_bytes {
    ($($(#[$doc:meta])* $name:ident -> $type:ident;)*) => {
        $($(#[$doc])*
        #[inline(never)]
        pub fn $name(self) -> $type {
            // SAFETY: the host writes 32 bytes, the size of the buffer.
            #[allow(unsafe_code, reason = "host call")]
            $type::new(sys::read_array(|out| unsafe { sys::$name(out) }))
        })*
    };
}

impl Env {
    thirty_two_bytes! {
        /// The account or instance that called this method.
        caller -> Address;
        /// The account that signed the transaction. Never grant rights by it: any instance that the account calls
        /// acts under it.
        origin -> Address;
        /// The address of this instance.
        self_address -> Address;
        /// The hash of the genesis block, which belongs into everything that is signed off chain.
        chain_id -> Hash;
    }

    /// The amount of the native coin sent with this call.
    pub fn value(self) -> Amount {
        // SAFETY: the host writes 16 bytes, the size of the buffer.
        #[allow(unsafe_code, reason = "host call")]
        Amount::from_le_bytes(sys::read_array(|out| unsafe { sys::value(out) }))
    }

    /// The height of the block that is being executed.
    pub fn block_height(self) -> u64 {
        // SAFETY: no pointers.
        #[allow(unsafe_code, reason = "host call")]
        unsafe {
            sys::block_height()
        }
    }

    /// The block's time in milliseconds since 1970-01-01 UTC. It never falls.
    pub fn block_time_ms(self) -> u64 {
        // SAFETY: no pointers.
        #[allow(unsafe_code, reason = "host call")]
        unsafe {
            sys::block_time_ms()
        }
    }

    /// The gas that is left to this call.
    pub fn gas_left(self) -> u64 {
        // SAFETY: no pointers.
        #[allow(unsafe_code, reason = "host call")]
        unsafe {
            sys::gas_left()
        }
    }
}

/// Adds a line to the trace of this call. It changes nothing and nobody but a tracer sees it.
pub fn log(line: &str) {
    // SAFETY: the line is a live slice.
    #[allow(unsafe_code, reason = "host call")]
    unsafe {
        sys::debug_log(sys::pointer(line.as_ptr()), sys::length(line.as_bytes()));
    }
}
