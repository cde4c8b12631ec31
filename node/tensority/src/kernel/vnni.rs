//! Products by AVX-512 VNNI: one instruction multiplies 64 pairs of bytes and adds them up in fours.
//!
//! The instruction takes the one factor without sign, so that the state is kept with 128 added to each entry. What
//! that adds to a column's sums, 128 times the sum of the matrix's entries, is taken off beforehand (`Matrix::starts`);
//! there, 2^15 is added too, which makes the reduced entry 128 larger, as the next product wants it.
//!
//! ```text
//! panel   64 columns of the matrix, 16 KiB, in the nearest cache while all 256 rows of the state pass by
//! tile    4 rows by a panel: 16 registers of sums, 64 rounds of 4 loads, 4 broadcasts and 16 instructions
//! order   in a panel, register j of a round holds the columns 4 i + PLACES[j] in its lanes i, each with the entries of
//!         4 steps of the sum; so the bytes of 4 registers of sums, put into one, are 64 entries in their order
//! ```

use crate::matrices::{BYTES, Matrix, SIZE, Square};
use core::arch::x86_64::*;

/// What is added to each entry of a state.
#[cfg(test)]
pub(super) const OFFSET: u8 = 128;
/// Bytes of a register.
const REGISTER: usize = 64;
/// Registers of a round.
const REGISTERS: usize = 4;
/// Columns of a panel.
const PANEL: usize = 64;
/// Panels of a matrix.
const PANELS: usize = SIZE / PANEL;
/// Steps of the sum in a round.
const STEPS: usize = 4;
/// Rounds of a product.
const ROUNDS: usize = SIZE / STEPS;
/// Bytes of a round of a panel.
const ROUND: usize = REGISTERS * REGISTER;
/// Rows of a tile.
const ROWS: usize = 4;
/// The byte within a lane that a register of sums becomes.
const PLACES: [usize; REGISTERS] = [0, 2, 1, 3];

/// The column of a lane of a register of a panel.
const fn column(panel: usize, register: usize, lane: usize) -> usize {
    panel * PANEL + lane * 4 + PLACES[register]
}

/// Packs a matrix in the order above.
pub(super) fn pack(plain: &Square) -> Matrix {
    let mut matrix = Matrix { entries: [0; BYTES], starts: [0; SIZE] };
    let rows = plain.0.as_chunks::<SIZE>().0;
    let words = matrix.entries.as_chunks_mut::<STEPS>().0;
    for panel in 0..PANELS {
        for round in 0..ROUNDS {
            let words = &mut words[(panel * ROUNDS + round) * PANEL..][..PANEL];
            for (index, word) in words.iter_mut().enumerate() {
                *word = rows[column(panel, index / 16, index % 16)].as_chunks::<STEPS>().0[round];
            }
        }
        for (index, start) in matrix.starts[panel * PANEL..][..PANEL].iter_mut().enumerate() {
            let row = &rows[column(panel, index / 16, index % 16)];
            let sum = row.iter().fold(0i32, |sum, entry| sum.wrapping_add(i32::from(entry.cast_signed())));
            *start = (1i32 << 15).wrapping_sub(sum.wrapping_mul(128));
        }
    }
    matrix
}

/// One times the transposed matrix, reduced: its entries with the negative ones lowered by one, plus the offset.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn first(matrix: &Matrix, state: &mut Square) {
    let byte = _mm512_set1_epi32(0xff);
    for panel in 0..PANELS {
        for round in 0..ROUNDS {
            let bytes = matrix.entries.as_chunks::<ROUND>().0[panel * ROUNDS + round].as_chunks::<REGISTER>().0;
            let [mut a, mut b, mut c, mut d] = [load(&bytes[0]), load(&bytes[1]), load(&bytes[2]), load(&bytes[3])];
            for step in 0..STEPS {
                let [w, x, y, z] = [a, b, c, d].map(|register| _mm512_and_si512(register, byte));
                let low = _mm512_or_si512(w, _mm512_slli_epi32::<16>(x));
                let high = _mm512_or_si512(y, _mm512_slli_epi32::<16>(z));
                let entries = _mm512_or_si512(low, _mm512_slli_epi32::<8>(high));
                let raised = _mm512_xor_si512(entries, _mm512_set1_epi8(i8::MIN));
                let is_negative = _mm512_movepi8_mask(entries);
                let lowered = _mm512_mask_sub_epi8(raised, is_negative, raised, _mm512_set1_epi8(1));
                let row = round * STEPS + step;
                store(&mut state.0.as_chunks_mut::<REGISTER>().0[row * PANELS + panel], lowered);
                [a, b, c, d] = [a, b, c, d].map(|register| _mm512_srli_epi32::<8>(register));
            }
        }
    }
}

/// The state times the transposed matrix, reduced.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn product(state: &Square, matrix: &Matrix, next: &mut Square) {
    for panel in 0..PANELS {
        let rounds = matrix.entries.as_chunks::<{ ROUNDS * ROUND }>().0[panel].as_chunks::<ROUND>().0;
        let starts = &matrix.starts.as_chunks::<PANEL>().0[panel];
        let tiles = state.0.as_chunks::<{ ROWS * SIZE }>().0;
        for (rows, next) in tiles.iter().zip(next.0.as_chunks_mut::<{ ROWS * SIZE }>().0) {
            tile(rows, rounds, starts, next, panel);
        }
    }
}

/// Four rows of a state by a panel.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn tile(
    rows: &[u8; ROWS * SIZE],
    rounds: &[[u8; ROUND]],
    starts: &[i32; PANEL],
    next: &mut [u8; ROWS * SIZE],
    panel: usize,
) {
    let start = [0, 1, 2, 3].map(|register| load_words(starts, register));
    let mut sums = [start; ROWS];
    for (round, bytes) in rounds.iter().enumerate().take(ROUNDS) {
        let bytes = bytes.as_chunks::<REGISTER>().0;
        let columns = [load(&bytes[0]), load(&bytes[1]), load(&bytes[2]), load(&bytes[3])];
        for (row, sums) in sums.iter_mut().enumerate() {
            let steps = rows.as_chunks::<STEPS>().0[row * ROUNDS + round];
            let steps = _mm512_set1_epi32(i32::from_le_bytes(steps));
            for (sum, column) in sums.iter_mut().zip(columns) {
                *sum = _mm512_dpbusd_epi32(*sum, steps, column);
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        store(&mut next.as_chunks_mut::<REGISTER>().0[row * PANELS + panel], reduce(sums));
    }
}

/// The two lowest bytes of each sum, added up modulo 256, in the order of the columns.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn reduce([a, b, c, d]: [__m512i; REGISTERS]) -> __m512i {
    // Two sums of 16 bits in each lane; in the one register the lower byte is made the result, in the other the higher.
    let even = _mm512_mask_blend_epi16(0xaaaa_aaaa, a, _mm512_slli_epi32::<16>(b));
    let odd = _mm512_mask_blend_epi16(0xaaaa_aaaa, c, _mm512_slli_epi32::<16>(d));
    let even = _mm512_add_epi8(even, _mm512_srli_epi16::<8>(even));
    let odd = _mm512_add_epi8(odd, _mm512_slli_epi16::<8>(odd));
    _mm512_mask_blend_epi8(0xaaaa_aaaa_aaaa_aaaa, even, odd)
}

#[inline]
#[target_feature(enable = "avx512f")]
#[allow(unsafe_code, reason = "a register is made of bytes; the intrinsic for it checks pointers in checked builds")]
fn load(bytes: &[u8; REGISTER]) -> __m512i {
    // SAFETY: both are 64 bytes of plain data.
    unsafe { core::mem::transmute::<[u8; REGISTER], __m512i>(*bytes) }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[allow(unsafe_code, reason = "a register is made of words; the intrinsic for it checks pointers in checked builds")]
fn load_words(words: &[i32; PANEL], register: usize) -> __m512i {
    let words: &[i32; 16] = &words.as_chunks().0[register];
    // SAFETY: both are 64 bytes of plain data.
    unsafe { core::mem::transmute::<[i32; 16], __m512i>(*words) }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[allow(unsafe_code, reason = "bytes are made of a register; the intrinsic for it checks pointers in checked builds")]
fn store(bytes: &mut [u8; REGISTER], register: __m512i) {
    // SAFETY: both are 64 bytes of plain data.
    *bytes = unsafe { core::mem::transmute::<__m512i, [u8; REGISTER]>(register) };
}
