//! What scrypt's ROMix does to its state of 128 bytes: Salsa20 with eight rounds on either half, each half mixed with the
//! other first. This leaves out PBKDF2, which Tensority does not use.
//!
//! It runs on words, not on vectors: the four quarter rounds of a round are independent, which keeps the integer units
//! busy, and a step of a quarter round takes three instructions there, where vectors without rotation take four with a
//! longer latency on newer processors. The chain of steps is serial, so latency is all that counts.

/// Words of a state.
pub(crate) const WORDS: usize = 32;
/// Words of half a state: what Salsa20 works on.
const HALF: usize = 16;
/// Double rounds of Salsa20/8.
const DOUBLE_ROUNDS: usize = 4;

/// Mixes a state: the first half with the second, then the second with the new first.
#[inline]
pub(crate) fn mix(state: &mut [u32; WORDS]) {
    let (first, second) = state.split_at_mut(HALF);
    salsa20_8(first, second);
    salsa20_8(second, first);
}

/// Adds the other half without carries, then Salsa20/8 on the sum.
#[inline]
fn salsa20_8(half: &mut [u32], other: &[u32]) {
    let mut start = [0u32; HALF];
    for ((word, own), other) in start.iter_mut().zip(half.iter()).zip(other) {
        *word = own ^ other;
    }
    let mut x = start;
    for _ in 0..DOUBLE_ROUNDS {
        quarter(&mut x, [0, 4, 8, 12]);
        quarter(&mut x, [5, 9, 13, 1]);
        quarter(&mut x, [10, 14, 2, 6]);
        quarter(&mut x, [15, 3, 7, 11]);
        quarter(&mut x, [0, 1, 2, 3]);
        quarter(&mut x, [5, 6, 7, 4]);
        quarter(&mut x, [10, 11, 8, 9]);
        quarter(&mut x, [15, 12, 13, 14]);
    }
    for ((own, word), start) in half.iter_mut().zip(x).zip(start) {
        *own = word.wrapping_add(start);
    }
}

/// The quarter round of Salsa20 on four words of a state.
#[inline(always)]
fn quarter(x: &mut [u32; HALF], [a, b, c, d]: [usize; 4]) {
    x[b] ^= x[a].wrapping_add(x[d]).rotate_left(7);
    x[c] ^= x[b].wrapping_add(x[a]).rotate_left(9);
    x[d] ^= x[c].wrapping_add(x[b]).rotate_left(13);
    x[a] ^= x[d].wrapping_add(x[c]).rotate_left(18);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7914, section 8: an input and output of Salsa20/8, as bytes.
    const INPUT: &str = "7e879a214f3ec9867ca940e641718f26baee555b8c61c1b50df846116dcd3b1d\
                         ee24f319df9b3d8514121e4b5ac5aa3276021d2909c74829edebc68db8b8c25e";
    const OUTPUT: &str = "a41f859c6608cc993b81cacb020cef05044b2181a2fd337dfd7b1c6396682f29\
                          b4393168e3c9e6bcfe6bc5b7a06d96bae424cc102c91745c24ad673dc7618f81";

    fn words(text: &str) -> Vec<u32> {
        let bytes = hex::decode(text).expect("hex");
        bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
    }

    #[test]
    fn salsa20_8_is_that_of_rfc_7914() {
        let mut half = words(INPUT);
        salsa20_8(&mut half, &[0; HALF]);
        assert_eq!(half, words(OUTPUT));
    }

    #[test]
    fn mixing_adds_the_other_half_first() {
        let input = words(INPUT);
        let mut state = [0; WORDS];
        state[..HALF].copy_from_slice(&input);
        state[HALF..].copy_from_slice(&input);
        mix(&mut state);
        let (mut first, mut second) = (vec![0; HALF], input);
        salsa20_8(&mut first, &[0; HALF]);
        assert_eq!(first, vec![0; HALF], "Salsa20 of zeros is zeros");
        salsa20_8(&mut second, &first);
        assert_eq!(state[..HALF], first);
        assert_eq!(state[HALF..], second);
    }
}
