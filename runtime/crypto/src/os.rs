//! Randomness from the operating system, for the application alone.
//!
//! Nothing else in this crate calls this: functions that need randomness take it as an argument. Leaves out a generator
//! kept between calls.

use zeroize::Zeroizing;

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("no randomness from the operating system")]
pub struct NoRandomness(#[from] getrandom::Error);

/// Returns `N` random bytes from the operating system, wiped on drop.
///
/// # Errors
/// Where the system has none to give.
pub fn random_bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>, NoRandomness> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(bytes)
}
