//! Products by plain code: what the other kernels are compared with, and what runs where there is nothing better. It
//! is laid out so that a compiler may use whatever vectors every processor has.
//!
//! ```text
//! panel   64 columns of the matrix, step by step, widened to 16 bits
//! row     64 sums of 16 bits, which may wrap, since no higher bit of a sum counts; four steps are added at a time
//! ```

use crate::matrices::{BYTES, Matrix, SIZE, Square};

/// Columns of a panel.
const PANEL: usize = 64;
/// Steps that are added at a time.
const STEPS: usize = 4;

/// Packs a matrix.
pub(super) fn pack(plain: &Square) -> Matrix {
    pack_panels::<PANEL>(plain)
}

/// One times the transposed matrix, reduced.
pub(super) fn first(matrix: &Matrix, state: &mut Square) {
    first_of_panels::<PANEL>(matrix, state);
}

/// Packs a matrix in panels: in each one step of the sum after the other, each with the entries of all its columns.
pub(super) fn pack_panels<const COLUMNS: usize>(plain: &Square) -> Matrix {
    let mut matrix = Matrix { entries: [0; BYTES], starts: [0; SIZE] };
    for (index, entries) in matrix.entries.as_chunks_mut::<COLUMNS>().0.iter_mut().enumerate() {
        let (panel, step) = (index / SIZE, index % SIZE);
        for (lane, entry) in entries.iter_mut().enumerate() {
            *entry = plain.0[(panel * COLUMNS + lane) * SIZE + step];
        }
    }
    matrix
}

/// One times the transposed matrix in panels, reduced: its entries with the negative ones lowered by one.
pub(super) fn first_of_panels<const COLUMNS: usize>(matrix: &Matrix, state: &mut Square) {
    for (index, entries) in matrix.entries.as_chunks::<COLUMNS>().0.iter().enumerate() {
        let (panel, step) = (index / SIZE, index % SIZE);
        let lowered = entries.map(|entry| entry.wrapping_sub(entry >> 7));
        state.0.as_chunks_mut::<COLUMNS>().0[step * (SIZE / COLUMNS) + panel] = lowered;
    }
}

/// The state times the transposed matrix, reduced.
pub(super) fn product(state: &Square, matrix: &Matrix, next: &mut Square) {
    let mut wide = [[0; PANEL]; SIZE];
    for (panel, steps) in matrix.entries.as_chunks::<{ SIZE * PANEL }>().0.iter().enumerate() {
        for (wide, entries) in wide.iter_mut().zip(steps.as_chunks().0) {
            *wide = entries.map(signed);
        }
        for (row, entries) in state.0.as_chunks::<SIZE>().0.iter().enumerate() {
            let place = row * (SIZE / PANEL) + panel;
            next.0.as_chunks_mut::<PANEL>().0[place] = sums_of_row(entries, &wide).map(reduce);
        }
    }
}

/// A row of a state by a panel.
fn sums_of_row(entries: &[u8; SIZE], wide: &[[i16; PANEL]; SIZE]) -> [i16; PANEL] {
    let mut sums = [0i16; PANEL];
    for (entries, columns) in entries.as_chunks::<STEPS>().0.iter().zip(wide.as_chunks::<STEPS>().0) {
        let [a, b, c, d] = entries.map(signed);
        for (index, sum) in sums.iter_mut().enumerate() {
            let first = a.wrapping_mul(columns[0][index]).wrapping_add(b.wrapping_mul(columns[1][index]));
            let second = c.wrapping_mul(columns[2][index]).wrapping_add(d.wrapping_mul(columns[3][index]));
            *sum = sum.wrapping_add(first).wrapping_add(second);
        }
    }
    sums
}

fn signed(byte: u8) -> i16 {
    i16::from(byte.cast_signed())
}

/// The two bytes of a sum, added up modulo 256.
fn reduce(sum: i16) -> u8 {
    let [low, high] = sum.to_le_bytes();
    low.wrapping_add(high)
}
