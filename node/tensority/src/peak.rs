//! The bound that a kernel is measured against: its instructions on registers alone, as many as the processor can do.
//! This leaves out time: whoever measures takes it.

use crate::Kernel;

/// Runs the multiplying instructions of a kernel on registers, without memory, so many rounds; the multiplications that
/// were done with their additions, or none if there is no such loop for the kernel.
#[allow(unsafe_code, reason = "functions for a processor's features are called where they are known to be there")]
pub fn multiply_registers(kernel: Kernel, rounds: u32) -> Option<u64> {
    let of_a_round: Option<u64> = match kernel.name() {
        // SAFETY: a kernel of this name exists only where the processor has AVX-512 F, BW and VNNI.
        #[cfg(target_arch = "x86_64")]
        "avx512-vnni" => Some(unsafe { x86::vnni(rounds) }),
        // SAFETY: a kernel of this name exists only where the processor has AVX2.
        #[cfg(target_arch = "x86_64")]
        "avx2" => Some(unsafe { x86::avx2(rounds) }),
        _ => None,
    };
    of_a_round.map(|done| done.saturating_mul(rounds.into()))
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;
    use core::hint::black_box;

    /// Sums that are computed at a time: enough to hide how long one instruction takes.
    const SUMS: usize = 20;

    /// Adds up products in each of the registers once a round; returns the multiplications of a round.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn vnni(rounds: u32) -> u64 {
        let (a, b) = (black_box(_mm512_set1_epi8(3)), black_box(_mm512_set1_epi8(-5)));
        let mut sums = [_mm512_setzero_si512(); SUMS];
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm512_dpbusd_epi32(*sum, a, b);
            }
        }
        black_box(sums);
        64 * SUMS as u64
    }

    /// The same with the instruction that AVX2 has, and the addition that it needs besides.
    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(rounds: u32) -> u64 {
        const SUMS: usize = 10;
        let b = black_box(_mm256_set1_epi8(-5));
        let mut sums = [_mm256_setzero_si256(); SUMS];
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(*sum, b));
            }
        }
        black_box(sums);
        32 * SUMS as u64
    }
}
