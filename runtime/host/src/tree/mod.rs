//! The authenticated state tree: a compact binary sparse Merkle tree over hashed keys, kept in pages.
//!
//! The hashes and what a proof is are defined in `tenon_types::proof`; here is how the tree is stored, updated in
//! sorted batches and read for proofs. Six levels of the tree make one [`Page`], named by a [`PageId`], so that a
//! path of a million-leaf tree touches four pages.
//!
//! Left out on purpose: I/O (a [`PageSource`] hands pages in, a [`PageDiff`] hands them out), values (only their
//! hashes are here), and any choice of when to commit. The root depends on the set of entries alone, never on the
//! order, the batches or the threads that led to it, and so do the pages.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "slots are below 128 and digits below 64 by construction, and a bounds check panics rather than corrupts"
)]

mod node;
mod page;
mod page_id;
mod parts;
mod prove;
mod scratch;
mod source;
#[cfg(test)]
mod tests;
mod update;

pub use page::{MAX_PAGE_BYTES, Page, PageError};
pub use page_id::{MAX_PAGE_DEPTH, PAGE_LEVELS, PageId};
pub use parts::{CutError, part_hashes};
pub use prove::{get, prove, prove_many};
pub use source::{LayeredPages, MemoryPages, PageDiff, PageSource};
pub use update::{Change, TreeError, TreeUpdate, update};
