//! One node of the tree as the algorithms pass it around; nothing about where it is kept.

use tenon_types::proof::{EMPTY_HASH, Terminal, TreeHash, leaf_hash};

/// A node, with what is needed to move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// No leaf lies here or below.
    Empty,
    /// The only leaf of its subtree.
    Leaf { hash: TreeHash, key: TreeHash, value: TreeHash },
    /// At least two leaves lie below.
    Internal { hash: TreeHash },
}

impl Node {
    pub(super) fn leaf(key: TreeHash, value: TreeHash) -> Self {
        Self::Leaf { hash: leaf_hash(&key, &value), key, value }
    }

    pub(super) fn hash(&self) -> TreeHash {
        match self {
            Self::Empty => EMPTY_HASH,
            Self::Leaf { hash, .. } | Self::Internal { hash } => *hash,
        }
    }

    /// Returns what ends a path here, or `None` if the path goes on.
    pub(super) fn terminal(&self) -> Option<Terminal> {
        match *self {
            Self::Empty => Some(Terminal::Empty),
            Self::Leaf { key, value, .. } => Some(Terminal::Leaf { key_hash: key, value_hash: value }),
            Self::Internal { .. } => None,
        }
    }
}
