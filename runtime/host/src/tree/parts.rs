//! The hashes of the parts of a tree, cut at one depth.
//!
//! What a part is, and how it is checked, needs no tree: that is in `tenon_types::proof`. Rows are left out.

use tenon_types::proof::{EMPTY_HASH, PartError, PartHash, TreeHash, part_count, part_of, settle_leaves};
use thiserror::Error;

use super::node::Node;
use super::page::{BOTTOM, Page, level};
use super::page_id::PageId;
use super::prove::child;
use super::source::PageSource;
use super::update::{TreeError, load};

/// Why a tree is not cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CutError {
    /// The depth is too great.
    #[error(transparent)]
    Depth(#[from] PartError),
    /// The tree cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// Returns the hash of each part of the tree with that `root`, cut at `depth`. Reads the pages above the cut alone: 65 at
/// most.
///
/// # Errors
/// If the depth is above [`tenon_types::proof::MAX_PART_DEPTH`], or the source lacks a page of the tree with that root.
pub fn part_hashes(source: &dyn PageSource, root: TreeHash, depth: u8) -> Result<Vec<PartHash>, CutError> {
    let mut parts = vec![PartHash::Empty; part_count(depth)?];
    if root != EMPTY_HASH {
        let page = load(source, &PageId::ROOT, &root)?;
        Cut { source, depth }.fill(&page, &PageId::ROOT, 1, &mut parts)?;
    }
    settle_leaves(&mut parts);
    Ok(parts)
}

struct Cut<'a> {
    source: &'a dyn PageSource,
    depth: u8,
}

impl Cut<'_> {
    /// Fills in the parts, a power of two of them, that lie below a slot of a page.
    fn fill(&self, page: &Page, id: &PageId, slot: usize, parts: &mut [PartHash]) -> Result<(), TreeError> {
        match page.node(slot) {
            Node::Empty => Ok(()),
            Node::Leaf { hash, key, .. } => {
                let part = usize::try_from(part_of(&key, self.depth)).expect("a part's number has twelve bits");
                parts[part % parts.len()] = PartHash::Leaf(hash);
                Ok(())
            }
            Node::Internal { hash } if id.bit_depth() + level(slot) == usize::from(self.depth) => {
                parts[0] = PartHash::Node(hash);
                Ok(())
            }
            Node::Internal { hash } if slot >= BOTTOM => {
                let id = child(id, slot);
                let page = load(self.source, &id, &hash)?;
                self.below(&page, &id, 1, parts)
            }
            Node::Internal { .. } => self.below(page, id, slot, parts),
        }
    }

    /// Fills in the parts below the two children of a slot.
    fn below(&self, page: &Page, id: &PageId, slot: usize, parts: &mut [PartHash]) -> Result<(), TreeError> {
        let (left, right) = parts.split_at_mut(parts.len() / 2);
        self.fill(page, id, 2 * slot, left)?;
        self.fill(page, id, 2 * slot + 1, right)
    }
}
