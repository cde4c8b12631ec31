//! Products by AVX2, which has no instruction that multiplies any two bytes and adds them up exactly.
//!
//! The one that comes near multiplies 32 pairs of bytes and adds neighbours up in 16 bits, but holds the sum at the
//! limits of 16 bits. It is exact if the factor without sign is below 128. So the state's entry a is split into its low
//! seven bits l and its highest bit t, a = l - 128 t. The sum of l times the matrix's entries is what the instruction
//! computes; only its lowest 16 bits count, so that sums may wrap. The sum of -128 t times the entries is read from
//! tables: for each four steps of the sum and each of the 16 values of their four bits t, one row of sums for all columns
//! of a panel. A table serves all 256 rows of the state, and costs one addition for four steps.
//!
//! ```text
//! panel    32 columns of the matrix
//! quarter  64 steps of the sum: 2 KiB of the matrix and 16 KiB of tables, in the nearest cache while all rows pass by
//! tile     4 rows by a panel: 8 registers of sums
//! order    in a pair of steps, register h holds in its lanes the columns 0..8 and 16..24 (h = 0), 8..16 and 24..32
//!          (h = 1), each with the entries of two steps: so that two registers packed into bytes are in order
//! ```

use crate::matrices::{BYTES, Matrix, SIZE, Square};
use core::arch::x86_64::*;

/// Bytes of a register.
const REGISTER: usize = 32;
/// Columns of a panel.
const PANEL: usize = 32;
/// Panels of a matrix.
const PANELS: usize = SIZE / PANEL;
/// Registers that hold a panel's columns.
const REGISTERS: usize = 2;
/// Bytes of a pair of steps of a panel.
const PAIR: usize = 2 * PANEL;
/// Pairs of steps of a product.
const PAIRS: usize = SIZE / 2;
/// Steps of which one row of a table tells the highest bits.
const GROUP: usize = 4;
/// Groups of a product.
const GROUPS: usize = SIZE / GROUP;
/// Parts of the sum that are computed one after the other.
const QUARTERS: usize = 4;
/// Groups of a quarter.
const QUARTER: usize = GROUPS / QUARTERS;
/// Rows of a table.
const SUBSETS: usize = 1 << GROUP;
/// Bytes of a row of a table: one sum for each column.
const TABLE_ROW: usize = 2 * PANEL;
/// Rows of a tile.
const ROWS: usize = 4;

/// A table for each group of a quarter.
type Tables = [[[u8; TABLE_ROW]; SUBSETS]; QUARTER];

/// What a product needs beside its factors, for each thread: 224 KiB.
#[repr(C, align(64))]
pub(super) struct Workspace {
    /// For each row and pair of steps, the low seven bits of the two, twice: what a register is filled with.
    low: [[[u8; 4]; PAIRS]; SIZE],
    /// For each row and group, where in a table its row begins, in bytes. Always below `SUBSETS * TABLE_ROW`.
    places: [[u32; GROUPS]; SIZE],
    tables: Tables,
    /// For each row, sums of the quarters so far.
    sums: [[[u8; REGISTER]; REGISTERS]; SIZE],
}

impl Workspace {
    pub(super) fn boxed() -> Box<Self> {
        Box::new(Self {
            low: [[[0; 4]; PAIRS]; SIZE],
            places: [[0; GROUPS]; SIZE],
            tables: [[[0; TABLE_ROW]; SUBSETS]; QUARTER],
            sums: [[[0; REGISTER]; REGISTERS]; SIZE],
        })
    }
}

/// The column of a lane of a panel's registers.
const fn column(panel: usize, lane: usize) -> usize {
    let (register, half, index) = (lane / 16, lane / 8 % 2, lane % 8);
    panel * PANEL + half * 16 + register * 8 + index
}

/// Packs a matrix in the order above.
pub(super) fn pack(plain: &Square) -> Matrix {
    let mut matrix = Matrix { entries: [0; BYTES], starts: [0; SIZE] };
    let rows = plain.0.as_chunks::<SIZE>().0;
    for (index, lanes) in matrix.entries.as_chunks_mut::<PAIR>().0.iter_mut().enumerate() {
        let (panel, pair) = (index / PAIRS, index % PAIRS);
        for (lane, entries) in lanes.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            *entries = rows[column(panel, lane)].as_chunks::<2>().0[pair];
        }
    }
    matrix
}

/// One times the transposed matrix, reduced: its entries with the negative ones lowered by one.
#[target_feature(enable = "avx2")]
pub(super) fn first(matrix: &Matrix, state: &mut Square) {
    let byte = _mm256_set1_epi16(0xff);
    for (index, lanes) in matrix.entries.as_chunks::<PAIR>().0.iter().enumerate() {
        let (panel, pair) = (index / PAIRS, index % PAIRS);
        let [a, b] = load_two(lanes);
        let even = _mm256_packus_epi16(_mm256_and_si256(a, byte), _mm256_and_si256(b, byte));
        let odd = _mm256_packus_epi16(_mm256_srli_epi16::<8>(a), _mm256_srli_epi16::<8>(b));
        for (step, entries) in [even, odd].into_iter().enumerate() {
            let is_negative = _mm256_cmpgt_epi8(_mm256_setzero_si256(), entries);
            let place = (pair * 2 + step) * PANELS + panel;
            store(&mut state.0.as_chunks_mut::<REGISTER>().0[place], _mm256_add_epi8(entries, is_negative));
        }
    }
}

/// The state times the transposed matrix, reduced.
#[target_feature(enable = "avx2")]
pub(super) fn product(state: &Square, matrix: &Matrix, next: &mut Square, space: &mut Workspace) {
    split(state, space);
    for panel in 0..PANELS {
        for quarter in 0..QUARTERS {
            let first_pair = (panel * QUARTERS + quarter) * QUARTER * 2;
            let groups = matrix.entries[first_pair * PAIR..].as_chunks::<{ 2 * PAIR }>().0;
            let groups = groups.first_chunk().expect("a matrix has four quarters in each panel");
            fill_tables(groups, &mut space.tables);
            for tile in 0..SIZE / ROWS {
                add_tile(tile, quarter, groups, space);
            }
        }
        for (row, sums) in space.sums.iter().enumerate() {
            store(&mut next.0.as_chunks_mut::<REGISTER>().0[row * PANELS + panel], reduce(sums));
        }
    }
}

/// Splits a state into low bits and places in tables.
#[inline]
#[target_feature(enable = "avx2")]
fn split(state: &Square, space: &mut Workspace) {
    let weights = _mm256_set1_epi32(i32::from_le_bytes([1, 2, 4, 8]));
    let low_bits = _mm256_set1_epi8(0x7f);
    let bytes = state.0.as_chunks::<REGISTER>().0;
    let low = space.low.as_flattened_mut().as_flattened_mut().as_chunks_mut::<{ 2 * REGISTER }>().0;
    let places = space.places.as_flattened_mut().as_chunks_mut::<8>().0;
    for ((bytes, low), places) in bytes.iter().zip(low).zip(places) {
        let entries = load(bytes);
        let bits = _mm256_and_si256(_mm256_cmpgt_epi8(_mm256_setzero_si256(), entries), weights);
        let pairs = _mm256_maddubs_epi16(bits, _mm256_set1_epi8(1));
        let subsets = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
        store_words(places, _mm256_slli_epi32::<6>(subsets));
        let entries = _mm256_and_si256(entries, low_bits);
        let (a, b) = (_mm256_unpacklo_epi16(entries, entries), _mm256_unpackhi_epi16(entries, entries));
        let halves = low.as_chunks_mut::<REGISTER>().0;
        store(&mut halves[0], _mm256_permute2x128_si256::<0x20>(a, b));
        store(&mut halves[1], _mm256_permute2x128_si256::<0x31>(a, b));
    }
}

/// Fills the tables of a quarter: for each set of four steps, -128 times the sum of their entries.
#[inline]
#[target_feature(enable = "avx2")]
fn fill_tables(groups: &[[u8; 2 * PAIR]; QUARTER], tables: &mut Tables) {
    for (group, table) in groups.iter().zip(tables) {
        let pairs = group.as_chunks::<PAIR>().0;
        let [even, odd] = [load_two(&pairs[0]), load_two(&pairs[1])];
        for register in 0..REGISTERS {
            let steps = [
                times_minus_128(_mm256_slli_epi16::<8>(even[register])),
                times_minus_128(even[register]),
                times_minus_128(_mm256_slli_epi16::<8>(odd[register])),
                times_minus_128(odd[register]),
            ];
            let mut sums = [_mm256_setzero_si256(); SUBSETS];
            for subset in 1..SUBSETS {
                let without_lowest = subset & (subset - 1);
                sums[subset] = _mm256_add_epi16(sums[without_lowest], steps[subset.trailing_zeros() as usize]);
            }
            for (row, sum) in table.iter_mut().zip(sums) {
                store(&mut row.as_chunks_mut::<REGISTER>().0[register], sum);
            }
        }
    }
}

/// -128 times the signed high byte of each lane.
#[inline]
#[target_feature(enable = "avx2")]
fn times_minus_128(lanes: __m256i) -> __m256i {
    let high = _mm256_and_si256(lanes, _mm256_set1_epi16(i16::from_le_bytes([0, 0xff])));
    _mm256_sub_epi16(_mm256_setzero_si256(), _mm256_srai_epi16::<1>(high))
}

/// Adds a quarter of the sums of four rows by a panel.
#[inline]
#[target_feature(enable = "avx2")]
fn add_tile(tile: usize, quarter: usize, groups: &[[u8; 2 * PAIR]; QUARTER], space: &mut Workspace) {
    let Workspace { low, places, tables, sums } = space;
    let low: &[[[u8; 4]; PAIRS]; ROWS] = &low.as_chunks().0[tile];
    let low: [&[[u8; 4]; 2 * QUARTER]; ROWS] = [0, 1, 2, 3].map(|row| &low[row].as_chunks().0[quarter]);
    let places: &[[u32; GROUPS]; ROWS] = &places.as_chunks().0[tile];
    let places: [&[u32; QUARTER]; ROWS] = [0, 1, 2, 3].map(|row| &places[row].as_chunks().0[quarter]);
    let kept: &mut [[[u8; REGISTER]; REGISTERS]; ROWS] = &mut sums.as_chunks_mut().0[tile];
    let mut sums = [[_mm256_setzero_si256(); REGISTERS]; ROWS];
    if quarter > 0 {
        for (sums, kept) in sums.iter_mut().zip(kept.iter()) {
            *sums = [load(&kept[0]), load(&kept[1])];
        }
    }
    for group in 0..QUARTER {
        let pairs = groups[group].as_chunks::<PAIR>().0;
        let [even, odd] = [load_two(&pairs[0]), load_two(&pairs[1])];
        for row in 0..ROWS {
            let first = _mm256_set1_epi32(i32::from_le_bytes(low[row][2 * group]));
            let second = _mm256_set1_epi32(i32::from_le_bytes(low[row][2 * group + 1]));
            let high = load_table(&tables[group], places[row][group]);
            for register in 0..REGISTERS {
                let sum = &mut sums[row][register];
                *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(first, even[register]));
                *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(second, odd[register]));
                *sum = _mm256_add_epi16(*sum, high[register]);
            }
        }
    }
    for (sums, kept) in sums.into_iter().zip(kept) {
        store(&mut kept[0], sums[0]);
        store(&mut kept[1], sums[1]);
    }
}

/// The two bytes of each sum, added up modulo 256, in the order of the columns.
#[inline]
#[target_feature(enable = "avx2")]
fn reduce(sums: &[[u8; REGISTER]; REGISTERS]) -> __m256i {
    let byte = _mm256_set1_epi16(0xff);
    let [a, b] = [load(&sums[0]), load(&sums[1])]
        .map(|sum| _mm256_and_si256(_mm256_add_epi16(sum, _mm256_srli_epi16::<8>(sum)), byte));
    _mm256_packus_epi16(a, b)
}

/// The row of a table that begins at a place.
#[inline]
#[target_feature(enable = "avx2")]
fn load_table(table: &[[u8; TABLE_ROW]; SUBSETS], place: u32) -> [__m256i; REGISTERS] {
    load_two(&table[place as usize / TABLE_ROW % SUBSETS])
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_two(bytes: &[u8; 2 * REGISTER]) -> [__m256i; 2] {
    let halves = bytes.as_chunks::<REGISTER>().0;
    [load(&halves[0]), load(&halves[1])]
}

#[inline]
#[target_feature(enable = "avx2")]
#[allow(unsafe_code, reason = "a register is made of bytes; the intrinsic for it checks pointers in checked builds")]
fn load(bytes: &[u8; REGISTER]) -> __m256i {
    // SAFETY: both are 32 bytes of plain data.
    unsafe { core::mem::transmute::<[u8; REGISTER], __m256i>(*bytes) }
}

#[inline]
#[target_feature(enable = "avx2")]
#[allow(unsafe_code, reason = "bytes are made of a register; the intrinsic for it checks pointers in checked builds")]
fn store(bytes: &mut [u8; REGISTER], register: __m256i) {
    // SAFETY: both are 32 bytes of plain data.
    *bytes = unsafe { core::mem::transmute::<__m256i, [u8; REGISTER]>(register) };
}

#[inline]
#[target_feature(enable = "avx2")]
#[allow(unsafe_code, reason = "words are made of a register; the intrinsic for it checks pointers in checked builds")]
fn store_words(words: &mut [u32; 8], register: __m256i) {
    // SAFETY: both are 32 bytes of plain data.
    *words = unsafe { core::mem::transmute::<__m256i, [u32; 8]>(register) };
}
