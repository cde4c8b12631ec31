//! Products by NEON, which every processor of 64-bit ARM has: one instruction multiplies eight pairs of signed bytes and
//! adds the products to eight sums of 16 bits. Only the lowest 16 bits of a sum count, so that they may wrap.
//!
//! ```text
//! panel   32 columns of the matrix, step by step: 8 KiB, in the nearest cache while all 256 rows of the state pass by
//! tile    4 rows by a panel: 16 registers of sums
//! ```

use super::scalar::{first_of_panels, pack_panels};
use crate::matrices::{Matrix, SIZE, Square};
use core::arch::aarch64::*;

/// Bytes of a register.
pub(super) const REGISTER: usize = 16;
/// Columns of a panel.
const PANEL: usize = 32;
/// Panels of a matrix.
const PANELS: usize = SIZE / PANEL;
/// Rows of a tile.
const ROWS: usize = 4;

/// The sums of a row of a tile, eight to a register.
type Sums = [int16x8_t; PANEL / 8];

/// Packs a matrix.
pub(super) fn pack(plain: &Square) -> Matrix {
    pack_panels::<PANEL>(plain)
}

/// One times the transposed matrix, reduced.
pub(super) fn first(matrix: &Matrix, state: &mut Square) {
    first_of_panels::<PANEL>(matrix, state);
}

/// The state times the transposed matrix, reduced.
#[target_feature(enable = "neon")]
pub(super) fn product(state: &Square, matrix: &Matrix, next: &mut Square) {
    for panel in 0..PANELS {
        let steps = &matrix.entries.as_chunks::<{ SIZE * PANEL }>().0[panel];
        let tiles = state.0.as_chunks::<{ ROWS * SIZE }>().0;
        for (rows, next) in tiles.iter().zip(next.0.as_chunks_mut::<{ ROWS * SIZE }>().0) {
            tile(rows, steps, next, panel);
        }
    }
}

/// Four rows of a state by a panel.
#[inline]
#[target_feature(enable = "neon")]
fn tile(rows: &[u8; ROWS * SIZE], steps: &[u8; SIZE * PANEL], next: &mut [u8; ROWS * SIZE], panel: usize) {
    let mut sums: [Sums; ROWS] = [[vdupq_n_s16(0); PANEL / 8]; ROWS];
    for (step, columns) in steps.as_chunks::<PANEL>().0.iter().enumerate() {
        let halves = columns.as_chunks::<REGISTER>().0;
        let [left, right] = [load(&halves[0]), load(&halves[1])];
        for (row, sums) in sums.iter_mut().enumerate() {
            let entry = vdupq_n_s8(rows[row * SIZE + step].cast_signed());
            sums[0] = vmlal_s8(sums[0], vget_low_s8(left), vget_low_s8(entry));
            sums[1] = vmlal_high_s8(sums[1], left, entry);
            sums[2] = vmlal_s8(sums[2], vget_low_s8(right), vget_low_s8(entry));
            sums[3] = vmlal_high_s8(sums[3], right, entry);
        }
    }
    for (row, [a, b, c, d]) in sums.into_iter().enumerate() {
        let halves = next.as_chunks_mut::<PANEL>().0[row * PANELS + panel].as_chunks_mut::<REGISTER>().0;
        store(&mut halves[0], vcombine_s8(reduce(a), reduce(b)));
        store(&mut halves[1], vcombine_s8(reduce(c), reduce(d)));
    }
}

/// The two bytes of each sum, added up modulo 256.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn reduce(sums: int16x8_t) -> int8x8_t {
    vmovn_s16(vaddq_s16(sums, vshrq_n_s16::<8>(sums)))
}

#[inline]
#[target_feature(enable = "neon")]
#[allow(unsafe_code, reason = "a register is made of bytes")]
pub(super) fn load(bytes: &[u8; REGISTER]) -> int8x16_t {
    // SAFETY: both are 16 bytes of plain data.
    unsafe { core::mem::transmute::<[u8; REGISTER], int8x16_t>(*bytes) }
}

#[inline]
#[target_feature(enable = "neon")]
#[allow(unsafe_code, reason = "bytes are made of a register")]
pub(super) fn store(bytes: &mut [u8; REGISTER], register: int8x16_t) {
    // SAFETY: both are 16 bytes of plain data.
    *bytes = unsafe { core::mem::transmute::<int8x16_t, [u8; REGISTER]>(register) };
}
