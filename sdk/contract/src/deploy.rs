//! New instances (capability `deploy`) and new code (capability `upgrade`).

use crate::{Address, CallError, Constructor, Hash, sys};

/// Creates an instance of code that is on chain. This instance becomes its admin, or nobody does.
///
/// # Errors
/// The host's number, or the constructor's error. Nothing was created then.
pub fn instantiate(code: &Hash, constructor: &Constructor, salt: &Hash, admin: bool) -> Result<Address, CallError> {
    let amount = constructor.value.to_le_bytes();
    let mut error = 0;
    let address = sys::read_array(|out| {
        // SAFETY: hash, salt and amount are live and of the lengths that the host reads; it writes 32 bytes.
        #[allow(unsafe_code, reason = "host call")]
        unsafe {
            error = sys::instantiate(
                sys::pointer(code.as_bytes().as_ptr()),
                sys::pointer(constructor.input.as_ptr()),
                sys::length(&constructor.input),
                sys::pointer(amount.as_ptr()),
                sys::pointer(salt.as_bytes().as_ptr()),
                u32::from(admin),
                out,
            );
        }
    });
    CallError::check(error).map(|()| Address::new(address))
}

/// Replaces the code of an instance that this instance administers, and runs its `migrate` with the data.
///
/// # Errors
/// The host's number, or the error of `migrate`. The old code stays then.
pub fn upgrade(instance: &Address, code: &Hash, data: &[u8]) -> Result<(), CallError> {
    // SAFETY: address and hash are live and of the lengths that the host reads, the data is a live slice.
    #[allow(unsafe_code, reason = "host call")]
    let error = unsafe {
        sys::upgrade(
            sys::pointer(instance.as_bytes().as_ptr()),
            sys::pointer(code.as_bytes().as_ptr()),
            sys::pointer(data.as_ptr()),
            sys::length(data),
        )
    };
    CallError::check(error)
}

/// The code hash of an instance, or nothing if the address is none.
pub fn code_hash(instance: &Address) -> Option<Hash> {
    let mut found = 0;
    let hash = sys::read_array(|out| {
        // SAFETY: the address is 32 live bytes, and the host writes 32 bytes.
        #[allow(unsafe_code, reason = "host call")]
        unsafe {
            found = sys::code_hash(sys::pointer(instance.as_bytes().as_ptr()), out);
        }
    });
    (found == 1).then(|| Hash::new(hash))
}
