//! BLAKE2b-256 at compile time, for the topics that name events. At run time the host computes hashes.
//!
//! RFC 7693, unkeyed, 32 bytes of output.

const IV: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// The message schedule of RFC 7693, section 2.7; rounds 10 and 11 repeat 0 and 1.
const SIGMA: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/// Columns, then diagonals, of one round.
const LANES: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

const BLOCK_BYTES: usize = 128;

/// Hashes bytes.
pub(crate) const fn blake2b_256(input: &[u8]) -> [u8; 32] {
    let mut state = IV;
    state[0] ^= 0x0101_0000 ^ 32;
    let mut offset = 0;
    while input.len() - offset > BLOCK_BYTES {
        state = compress(state, input, offset, BLOCK_BYTES, false);
        offset += BLOCK_BYTES;
    }
    state = compress(state, input, offset, input.len() - offset, true);
    let mut out = [0; 32];
    let mut index = 0;
    while index < 32 {
        out[index] = state[index / 8].to_le_bytes()[index % 8];
        index += 1;
    }
    out
}

const fn compress(state: [u64; 8], input: &[u8], offset: usize, count: usize, last: bool) -> [u64; 8] {
    let mut words = [0u64; 16];
    let mut index = 0;
    while index < count {
        words[index / 8] |= (input[offset + index] as u64) << (8 * (index % 8));
        index += 1;
    }
    let mut v = [0u64; 16];
    index = 0;
    while index < 8 {
        v[index] = state[index];
        v[index + 8] = IV[index];
        index += 1;
    }
    v[12] ^= (offset + count) as u64;
    if last {
        v[14] = !v[14];
    }
    let mut round = 0;
    while round < 12 {
        let mut lane = 0;
        while lane < 8 {
            let sigma = SIGMA[round % 10];
            v = mix(v, LANES[lane], words[sigma[2 * lane]], words[sigma[2 * lane + 1]]);
            lane += 1;
        }
        round += 1;
    }
    let mut out = state;
    index = 0;
    while index < 8 {
        out[index] ^= v[index] ^ v[index + 8];
        index += 1;
    }
    out
}

const fn mix(mut v: [u64; 16], [a, b, c, d]: [usize; 4], x: u64, y: u64) -> [u64; 16] {
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(x);
    v[d] = (v[d] ^ v[a]).rotate_right(32);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(24);
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(y);
    v[d] = (v[d] ^ v[a]).rotate_right(16);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(63);
    v
}

#[cfg(test)]
mod tests {
    use super::blake2b_256;
    use std::fmt::Write;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    #[test]
    fn agrees_with_published_hashes() {
        assert_eq!(hex(&blake2b_256(b"")), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
        assert_eq!(hex(&blake2b_256(b"abc")), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    }

    #[test]
    fn agrees_with_another_implementation_at_block_borders() {
        for length in [1, 127, 128, 129, 255, 256, 257, 1000] {
            let input: Vec<u8> = (0..length).map(|index: u32| index.to_le_bytes()[0]).collect();
            let expected = blake2b_simd::Params::new().hash_length(32).hash(&input);
            assert_eq!(&blake2b_256(&input), expected.as_bytes(), "{length} bytes");
        }
    }
}
