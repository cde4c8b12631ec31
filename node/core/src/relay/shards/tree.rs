//! The hash tree over the pieces of a block: BLAKE3, leaves and nodes told apart, an odd node carried up as it is.

use tenon_types::Hash;

/// Levels above the leaves: a tree of [`tenon_types::MAX_VALIDATORS`] leaves has as many.
pub(super) const MAX_BRANCH: usize = 9;

const LEAF: u8 = 0;
const NODE: u8 = 1;

/// The hash of a leaf.
pub(super) fn leaf(bytes: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[LEAF]).update(bytes);
    Hash(*hasher.finalize().as_bytes())
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[NODE]).update(&left.0).update(&right.0);
    Hash(*hasher.finalize().as_bytes())
}

/// All levels of a tree, the leaves first. Without leaves there is one empty level.
pub(super) struct Tree(Vec<Vec<Hash>>);

impl Tree {
    pub(super) fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(2).filter_map(|pair| match pair {
                [left, right] => Some(node(left, right)),
                [single] => Some(*single),
                _ => None,
            });
            let above = above.collect();
            levels.push(above);
        }
        Self(levels)
    }

    pub(super) fn root(&self) -> Hash {
        self.0.last().and_then(|level| level.first()).copied().unwrap_or_default()
    }

    /// The siblings on the way from a leaf to the root, the lowest first.
    pub(super) fn branch(&self, index: usize) -> Vec<Hash> {
        let sibling = |(height, level): (u32, &Vec<Hash>)| {
            let at = index.checked_shr(height)?;
            level.get(at ^ 1).copied()
        };
        (0_u32..).zip(&self.0).filter_map(sibling).collect()
    }
}

/// The root that follows from a leaf at an index of so many, if the branch has just the siblings that there are.
pub(super) fn root_of(leaf: Hash, index: usize, leaves: usize, branch: &[Hash]) -> Option<Hash> {
    if index >= leaves {
        return None;
    }
    let (mut hash, mut at, mut width) = (leaf, index, leaves);
    let mut siblings = branch.iter();
    while width > 1 {
        let is_carried = at ^ 1 >= width;
        if !is_carried {
            let sibling = siblings.next()?;
            hash = if at & 1 == 0 { node(&hash, sibling) } else { node(sibling, &hash) };
        }
        (at, width) = (at >> 1, width.div_ceil(2));
    }
    siblings.next().is_none().then_some(hash)
}
