//! How products of matrices are computed. A [`Kernel`] is a value that exists only where the processor has what it needs,
//! so that whoever holds one may use it. Each file below is one kernel: how it packs a matrix, and how it runs a chain.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod dotprod;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod vnni;

use crate::matrices::{Matrix, Square};
use core::fmt;

/// A way to multiply matrices that this processor has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kernel(Way);

/// Ways to multiply, the slowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Scalar,
    #[cfg(target_arch = "aarch64")]
    Neon,
    #[cfg(target_arch = "aarch64")]
    Dotprod,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Vnni,
}

/// Why there is no such kernel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// The name is none, or this processor lacks what it needs.
    #[error("found the kernel {found:?}, expected one that this processor has: {expected}")]
    Unknown {
        /// The name.
        found: String,
        /// The names of those that there are.
        expected: String,
    },
}

impl Kernel {
    /// Code for any processor; the measure of all others.
    pub const SCALAR: Self = Self(Way::Scalar);

    /// All that this processor has, the slowest first.
    pub fn all() -> Vec<Self> {
        let ways = [
            (Way::Scalar, true),
            #[cfg(target_arch = "aarch64")]
            (Way::Neon, std::arch::is_aarch64_feature_detected!("neon")),
            #[cfg(target_arch = "aarch64")]
            (
                Way::Dotprod,
                std::arch::is_aarch64_feature_detected!("neon") && std::arch::is_aarch64_feature_detected!("dotprod"),
            ),
            #[cfg(target_arch = "x86_64")]
            (Way::Avx2, is_x86_feature_detected!("avx2")),
            #[cfg(target_arch = "x86_64")]
            (
                Way::Vnni,
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vnni"),
            ),
        ];
        ways.into_iter().filter(|(_, is_there)| *is_there).map(|(way, _)| Self(way)).collect()
    }

    /// The fastest that this processor has.
    pub fn best() -> Self {
        Self::all().last().copied().unwrap_or(Self::SCALAR)
    }

    /// The kernel of a name.
    ///
    /// # Errors
    /// [`KernelError`], if no kernel has the name, or this processor lacks what it needs.
    pub fn find(name: &str) -> Result<Self, KernelError> {
        Self::all().into_iter().find(|kernel| kernel.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::all().into_iter().map(Self::name).collect();
            KernelError::Unknown { found: name.into(), expected: names.join(", ") }
        })
    }

    /// Its name: `scalar`, `neon`, `neon-dotprod`, `avx2` or `avx512-vnni`.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Way::Scalar => "scalar",
            #[cfg(target_arch = "aarch64")]
            Way::Neon => "neon",
            #[cfg(target_arch = "aarch64")]
            Way::Dotprod => "neon-dotprod",
            #[cfg(target_arch = "x86_64")]
            Way::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Way::Vnni => "avx512-vnni",
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a chain is computed in: made once for each thread, and used for any number of hashes.
pub(crate) struct Scratch {
    /// Where a chain's state is when it is done.
    pub(crate) state: Box<Square>,
    /// Where the next state is made.
    next: Box<Square>,
    /// What that kernel needs besides; absent until it is used.
    #[cfg(target_arch = "x86_64")]
    avx2: Option<Box<avx2::Workspace>>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            state: Square::boxed(),
            next: Square::boxed(),
            #[cfg(target_arch = "x86_64")]
            avx2: None,
        }
    }
}

/// Packs a matrix, given row by row, for a kernel.
pub(crate) fn pack(kernel: Kernel, plain: &Square) -> Matrix {
    match kernel.0 {
        Way::Scalar => scalar::pack(plain),
        #[cfg(target_arch = "aarch64")]
        Way::Neon => neon::pack(plain),
        #[cfg(target_arch = "aarch64")]
        Way::Dotprod => dotprod::pack(plain),
        #[cfg(target_arch = "x86_64")]
        Way::Avx2 => avx2::pack(plain),
        #[cfg(target_arch = "x86_64")]
        Way::Vnni => vnni::pack(plain),
    }
}

/// Runs a chain: from one, a product with each matrix that the steps name. What is left in `scratch.state` is row by row,
/// each entry a signed byte plus [`offset`] modulo 256.
///
/// Source: section 3 of Tensority's specification, 2.
#[allow(unsafe_code, reason = "functions for a processor's features are called where they are known to be there")]
pub(crate) fn chain(kernel: Kernel, packed: &[Matrix], steps: &[u8], scratch: &mut Scratch) {
    let Scratch { state, next, .. } = scratch;
    match kernel.0 {
        Way::Scalar => run(packed, steps, state, next, scalar::first, scalar::product),
        #[cfg(target_arch = "aarch64")]
        Way::Neon => {
            let product = |state: &Square, matrix: &Matrix, next: &mut Square| {
                // SAFETY: `Kernel::all` makes this way only where the processor has NEON.
                unsafe { neon::product(state, matrix, next) }
            };
            run(packed, steps, state, next, neon::first, product);
        }
        #[cfg(target_arch = "aarch64")]
        Way::Dotprod => {
            let product = |state: &Square, matrix: &Matrix, next: &mut Square| {
                // SAFETY: `Kernel::all` makes this way only where the processor has NEON and its dot products.
                unsafe { dotprod::product(state, matrix, next) }
            };
            run(packed, steps, state, next, dotprod::first, product);
        }
        #[cfg(target_arch = "x86_64")]
        Way::Avx2 => {
            let space = scratch.avx2.get_or_insert_with(avx2::Workspace::boxed);
            let first = |matrix: &Matrix, state: &mut Square| {
                // SAFETY: `Kernel::all` makes this way only where the processor has AVX2.
                unsafe { avx2::first(matrix, state) }
            };
            let product = |state: &Square, matrix: &Matrix, next: &mut Square| {
                // SAFETY: as above.
                unsafe { avx2::product(state, matrix, next, space) }
            };
            run(packed, steps, state, next, first, product);
        }
        #[cfg(target_arch = "x86_64")]
        Way::Vnni => {
            let first = |matrix: &Matrix, state: &mut Square| {
                // SAFETY: `Kernel::all` makes this way only where the processor has AVX-512 F, BW and VNNI.
                unsafe { vnni::first(matrix, state) }
            };
            let product = |state: &Square, matrix: &Matrix, next: &mut Square| {
                // SAFETY: as above.
                unsafe { vnni::product(state, matrix, next) }
            };
            run(packed, steps, state, next, first, product);
        }
    }
}

/// What a kernel adds to each entry of a state, modulo 256.
#[cfg(test)]
pub(crate) const fn offset(kernel: Kernel) -> u8 {
    match kernel.0 {
        #[cfg(target_arch = "x86_64")]
        Way::Vnni => vnni::OFFSET,
        _ => 0,
    }
}

/// A chain by the two functions of a kernel; the state is left in `state`.
fn run(
    packed: &[Matrix],
    steps: &[u8],
    state: &mut Box<Square>,
    next: &mut Box<Square>,
    first: impl Fn(&Matrix, &mut Square),
    mut product: impl FnMut(&Square, &Matrix, &mut Square),
) {
    let mut matrices = steps.iter().map(|step| &packed[usize::from(*step)]);
    let Some(matrix) = matrices.next() else { return };
    first(matrix, state);
    for matrix in matrices {
        product(state, matrix, next);
        core::mem::swap(state, next);
    }
}
