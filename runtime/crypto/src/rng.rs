//! A generator whose output is a hash of what it was made from, for libraries that insist on one.
//!
//! Leaves out real entropy: the same input gives the same bytes on every machine. schnorrkel and ed25519-zebra ask for
//! the traits of different versions of `rand_core`, so both are there.

use std::convert::Infallible;

/// An unpredictable-without-its-input stream: the extendable output of BLAKE3.
pub(crate) struct HashRng(blake3::OutputReader);

impl HashRng {
    /// Starts the stream of all that `hasher` absorbed.
    pub(crate) fn new(hasher: &blake3::Hasher) -> Self {
        Self(hasher.finalize_xof())
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }
}

impl schnorrkel_rand_core::RngCore for HashRng {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), schnorrkel_rand_core::Error> {
        self.0.fill(dest);
        Ok(())
    }
}

impl schnorrkel_rand_core::CryptoRng for HashRng {}

impl rand_core::TryRng for HashRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.take()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.take()))
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(dest);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for HashRng {}
