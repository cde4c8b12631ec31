//! Products by the dot products of 64-bit ARM, which newer processors have: one instruction multiplies 16 pairs of signed
//! bytes and adds them up in fours. Rust has no stable name for it, so that it is written as an instruction.
//!
//! ```text
//! panel   16 columns of the matrix, by four steps of the sum: 4 KiB
//! tile    4 rows by a panel: 16 registers of sums; 16 steps of each row are loaded at a time
//! ```

use super::neon::{self, REGISTER, load, store};
use crate::matrices::{BYTES, Matrix, SIZE, Square};
use core::arch::aarch64::*;
use core::arch::asm;

/// Columns of a panel.
const PANEL: usize = 16;
/// Panels of a matrix.
const PANELS: usize = SIZE / PANEL;
/// Steps of the sum that one instruction adds.
const STEPS: usize = 4;
/// Steps of a row that are loaded at a time.
const LOADED: usize = REGISTER;
/// Bytes of a panel for the steps that are loaded at a time.
const BLOCK: usize = LOADED * PANEL;
/// Rows of a tile.
const ROWS: usize = 4;

/// Sums of a row of a tile: four columns to a register.
type Sums = [int32x4_t; PANEL / 4];

/// Packs a matrix: in each panel, for each four steps, the four entries of each column.
pub(super) fn pack(plain: &Square) -> Matrix {
    let mut matrix = Matrix { entries: [0; BYTES], starts: [0; SIZE] };
    let rows = plain.0.as_chunks::<SIZE>().0;
    for (index, entries) in matrix.entries.as_chunks_mut::<STEPS>().0.iter_mut().enumerate() {
        let (panel, round, lane) = (index / PANEL / (SIZE / STEPS), index / PANEL % (SIZE / STEPS), index % PANEL);
        *entries = rows[panel * PANEL + lane].as_chunks::<STEPS>().0[round];
    }
    matrix
}

/// One times the transposed matrix, reduced: its entries with the negative ones lowered by one.
pub(super) fn first(matrix: &Matrix, state: &mut Square) {
    for (index, entries) in matrix.entries.as_chunks::<{ PANEL * STEPS }>().0.iter().enumerate() {
        let (panel, round) = (index / (SIZE / STEPS), index % (SIZE / STEPS));
        for step in 0..STEPS {
            let row = &mut state.0.as_chunks_mut::<PANEL>().0[(round * STEPS + step) * PANELS + panel];
            for (entry, column) in row.iter_mut().zip(entries.as_chunks::<STEPS>().0) {
                *entry = column[step].wrapping_sub(column[step] >> 7);
            }
        }
    }
}

/// The state times the transposed matrix, reduced.
#[target_feature(enable = "neon,dotprod")]
pub(super) fn product(state: &Square, matrix: &Matrix, next: &mut Square) {
    for (panel, blocks) in matrix.entries.as_chunks::<{ SIZE * PANEL }>().0.iter().enumerate() {
        let tiles = state.0.as_chunks::<{ ROWS * SIZE }>().0;
        for (rows, next) in tiles.iter().zip(next.0.as_chunks_mut::<{ ROWS * SIZE }>().0) {
            tile(rows, blocks, next, panel);
        }
    }
}

/// Four rows of a state by a panel.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn tile(rows: &[u8; ROWS * SIZE], blocks: &[u8; SIZE * PANEL], next: &mut [u8; ROWS * SIZE], panel: usize) {
    let mut sums: [Sums; ROWS] = [[vdupq_n_s32(0); PANEL / 4]; ROWS];
    for (index, block) in blocks.as_chunks::<BLOCK>().0.iter().enumerate() {
        let rows = [0, 1, 2, 3].map(|row| load(&rows.as_chunks::<LOADED>().0[row * (SIZE / LOADED) + index]));
        let columns = block.as_chunks::<REGISTER>().0;
        add::<0>(&mut sums, rows, &columns[0..4]);
        add::<1>(&mut sums, rows, &columns[4..8]);
        add::<2>(&mut sums, rows, &columns[8..12]);
        add::<3>(&mut sums, rows, &columns[12..16]);
    }
    for (row, [a, b, c, d]) in sums.into_iter().enumerate() {
        store(&mut next.as_chunks_mut::<PANEL>().0[row * PANELS + panel], vcombine_s8(reduce(a, b), reduce(c, d)));
    }
}

/// Adds four steps, the `GROUP`th four of those in the rows' registers.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn add<const GROUP: i32>(sums: &mut [Sums; ROWS], rows: [int8x16_t; ROWS], columns: &[[u8; REGISTER]]) {
    for (index, column) in columns.iter().enumerate() {
        let column = load(column);
        for (sums, row) in sums.iter_mut().zip(rows) {
            sums[index] = dot::<GROUP>(sums[index], column, row);
        }
    }
}

/// To each of four sums, the products of its four columns' bytes and the same four bytes of a row.
#[inline]
#[target_feature(enable = "neon,dotprod")]
#[allow(unsafe_code, reason = "the instruction has no stable name in Rust")]
fn dot<const GROUP: i32>(mut sums: int32x4_t, columns: int8x16_t, row: int8x16_t) -> int32x4_t {
    // SAFETY: the instruction is one of `dotprod`, which this function needs, and touches these registers alone.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {columns:v}.16b, {row:v}.4b[{group}]",
            sums = inout(vreg) sums,
            columns = in(vreg) columns,
            row = in(vreg) row,
            group = const GROUP,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// The two lowest bytes of each sum, added up modulo 256.
#[inline]
#[target_feature(enable = "neon")]
fn reduce(left: int32x4_t, right: int32x4_t) -> int8x8_t {
    neon::reduce(vcombine_s16(vmovn_s32(left), vmovn_s32(right)))
}
