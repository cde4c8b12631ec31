//! The native coin.

use crate::{Address, Amount, CallError, sys};

/// The spendable amount of an address.
pub fn balance(address: &Address) -> Amount {
    let address = sys::pointer(address.as_bytes().as_ptr());
    // SAFETY: the address is 32 live bytes, and the host writes 16 bytes, the size of the buffer.
    #[allow(unsafe_code, reason = "host call")]
    Amount::from_le_bytes(sys::read_array(|out| unsafe { sys::coin_balance(address, out) }))
}

/// Sends an amount from this instance. Needs the capability `coin`.
///
/// # Errors
/// The host's number, for example of an insufficient balance. Nothing moved then.
pub fn transfer(to: &Address, amount: Amount) -> Result<(), CallError> {
    let amount = amount.to_le_bytes();
    // SAFETY: the address is 32 and the amount 16 live bytes.
    #[allow(unsafe_code, reason = "host call")]
    let code = unsafe { sys::coin_transfer(sys::pointer(to.as_bytes().as_ptr()), sys::pointer(amount.as_ptr())) };
    CallError::check(code)
}
