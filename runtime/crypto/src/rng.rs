//! A generator whose output is a hash of what it was made from, for libraries that insist on one.
//!
//! Leaves out real entropy: the same input gives the same bytes on every machine.

use schnorrkel_rand_core::{CryptoRng, Error, RngCore};

/// An unpredictable-without-its-input stream: the extendable output of BLAKE3.
pub(crate) struct HashRng(blake3::OutputReader);

impl HashRng {
    /// Starts the stream of all that `hasher` absorbed.
    pub(crate) fn new(hasher: &blake3::Hasher) -> Self {
        Self(hasher.finalize_xof())
    }
}

impl RngCore for HashRng {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.0.fill(dest);
        Ok(())
    }
}

impl CryptoRng for HashRng {}
