//! Proofs of many keys at once: what their paths share is given once.
//!
//! Leaves out proofs of one key, which are smaller without this file's bookkeeping.

use alloc::vec::Vec;

use parity_scale_codec::{Compact, Decode, DecodeAll, Encode, Error as CodecError, Input, Output};

use super::{
    EMPTY_HASH, MAX_PROOF_DEPTH, ProofError, Terminal, TreeHash, decode_bounded, internal_hash, key_bit, key_hash,
};

/// The most keys of one multiproof.
pub const MAX_MULTIPROOF_KEYS: usize = 1024;

/// The most siblings of one multiproof: no tree needs more for [`MAX_MULTIPROOF_KEYS`] keys.
pub const MAX_MULTIPROOF_SIBLINGS: usize = MAX_MULTIPROOF_KEYS * MAX_PROOF_DEPTH;

/// The end of the path of one key or of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiTerminal {
    /// How many internal nodes lie above; at most [`MAX_PROOF_DEPTH`].
    pub depth: u16,
    /// What lies there.
    pub terminal: Terminal,
}

impl Encode for MultiTerminal {
    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        Compact(self.depth).encode_to(output);
        self.terminal.encode_to(output);
    }
}

impl Decode for MultiTerminal {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        let Compact(depth) = Compact::<u16>::decode(input)?;
        if usize::from(depth) > MAX_PROOF_DEPTH {
            return Err("terminal deeper than a key hash has bits".into());
        }
        Ok(Self { depth, terminal: Terminal::decode(input)? })
    }
}

/// Proof of the values, or the absence, of many keys under one root.
///
/// Both lists are in the order in which a walk from the root, left before right, meets their items: a terminal where
/// the path of a key ends, a sibling where no key lies below.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct MultiProof {
    /// The ends of the paths; at most [`MAX_MULTIPROOF_KEYS`].
    pub terminals: Vec<MultiTerminal>,
    /// The hashes beside the paths; at most [`MAX_MULTIPROOF_SIBLINGS`].
    pub siblings: Vec<TreeHash>,
}

impl MultiProof {
    /// Decodes a multiproof from exactly `bytes`.
    ///
    /// # Errors
    /// [`ProofError::Malformed`] if the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        Self::decode_all(&mut &*bytes).map_err(|_| ProofError::Malformed)
    }

    /// Returns, for each of `keys` in the order given, the hash of its value under `root`, or `None` if it has none.
    ///
    /// # Errors
    /// If the proof does not show that, or a key is given twice, or none or more than [`MAX_MULTIPROOF_KEYS`] are.
    pub fn verify(&self, root: &TreeHash, keys: &[&[u8]]) -> Result<Vec<Option<TreeHash>>, ProofError> {
        if keys.len() > MAX_MULTIPROOF_KEYS {
            return Err(ProofError::TooManyKeys { found: keys.len() });
        }
        let mut order: Vec<(TreeHash, usize)> =
            keys.iter().enumerate().map(|(index, key)| (key_hash(key), index)).collect();
        order.sort_unstable();
        let hashes: Vec<TreeHash> = order.iter().map(|(hash, _)| *hash).collect();
        let values = self.verify_hashed(root, &hashes)?;
        let mut placed: Vec<(usize, Option<TreeHash>)> =
            order.iter().zip(values).map(|((_, index), value)| (*index, value)).collect();
        placed.sort_unstable_by_key(|(index, _)| *index);
        Ok(placed.into_iter().map(|(_, value)| value).collect())
    }

    /// Does what [`MultiProof::verify`] does, for keys already hashed and in strictly ascending order.
    ///
    /// # Errors
    /// If the proof does not show that, or the hashes are not in order, or their number is out of bounds.
    pub fn verify_hashed(&self, root: &TreeHash, key_hashes: &[TreeHash]) -> Result<Vec<Option<TreeHash>>, ProofError> {
        match key_hashes.len() {
            0 => return Err(ProofError::NoKeys),
            found if found > MAX_MULTIPROOF_KEYS => return Err(ProofError::TooManyKeys { found }),
            _ => {}
        }
        if !key_hashes.is_sorted_by(|a, b| a < b) {
            return Err(ProofError::KeysUnordered);
        }
        let mut walk =
            Walk { terminals: &self.terminals, siblings: &self.siblings, values: Vec::with_capacity(key_hashes.len()) };
        let (found, _) = walk.subtree(0, key_hashes)?;
        if !walk.terminals.is_empty() || !walk.siblings.is_empty() {
            return Err(ProofError::Surplus);
        }
        if found != *root {
            return Err(ProofError::WrongRoot { expected: *root, found });
        }
        Ok(walk.values)
    }
}

impl Decode for MultiProof {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        let terminals = decode_bounded(input, MAX_MULTIPROOF_KEYS)?;
        let siblings = decode_bounded(input, MAX_MULTIPROOF_SIBLINGS)?;
        Ok(Self { terminals, siblings })
    }
}

/// What is known about a subtree besides its hash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Leaf,
    Internal,
    /// A sibling that is not empty.
    Given,
}

/// The part of a proof that is not yet consumed, and the values found so far in the order of the keys.
struct Walk<'a> {
    terminals: &'a [MultiTerminal],
    siblings: &'a [TreeHash],
    values: Vec<Option<TreeHash>>,
}

impl Walk<'_> {
    /// Consumes the subtree at `depth` that holds the paths of `keys`. Recursion ends at depth 256 at the latest,
    /// because no terminal may lie deeper.
    fn subtree(&mut self, depth: usize, keys: &[TreeHash]) -> Result<(TreeHash, Kind), ProofError> {
        let Some(first) = keys.first() else {
            return self.sibling();
        };
        let (next, rest) = self.terminals.split_first().ok_or(ProofError::Incomplete)?;
        let ends_at = usize::from(next.depth);
        if ends_at > MAX_PROOF_DEPTH {
            return Err(ProofError::TooDeep { found: ends_at });
        }
        if ends_at == depth {
            next.terminal.check_path(first, depth)?;
            self.terminals = rest;
            self.values.extend(keys.iter().map(|key| next.terminal.value_of(key)));
            let kind = if next.terminal == Terminal::Empty { Kind::Empty } else { Kind::Leaf };
            return Ok((next.terminal.hash(), kind));
        }
        if ends_at < depth {
            return Err(ProofError::Incomplete);
        }
        let (left_keys, right_keys) = keys.split_at(keys.partition_point(|key| !key_bit(key, depth)));
        let (left, left_kind) = self.subtree(depth.saturating_add(1), left_keys)?;
        let (right, right_kind) = self.subtree(depth.saturating_add(1), right_keys)?;
        if is_lone(left_kind, right_kind) {
            return Err(ProofError::NotCompact { depth });
        }
        Ok((internal_hash(&left, &right), Kind::Internal))
    }

    fn sibling(&mut self) -> Result<(TreeHash, Kind), ProofError> {
        let (sibling, rest) = self.siblings.split_first().ok_or(ProofError::Incomplete)?;
        self.siblings = rest;
        let kind = if *sibling == EMPTY_HASH { Kind::Empty } else { Kind::Given };
        Ok((*sibling, kind))
    }
}

/// Tells whether two children hold fewer than two leaves, so that no internal node stands above them.
fn is_lone(left: Kind, right: Kind) -> bool {
    matches!((left, right), (Kind::Empty, Kind::Empty | Kind::Leaf) | (Kind::Leaf, Kind::Empty))
}
