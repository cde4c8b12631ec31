//! Reading the tree: one entry, or the proof of one key or many.
//!
//! Leaves out the checking of proofs, which needs no tree: that is `tenon_types::proof`.

use tenon_types::proof::{EMPTY_HASH, MAX_MULTIPROOF_KEYS, MultiProof, MultiTerminal, Proof, TreeHash, key_bit};

use super::node::Node;
use super::page::{BOTTOM, Page, level};
use super::page_id::PageId;
use super::source::PageSource;
use super::update::{TreeError, load};

/// Returns the value hash under a key hash in the tree with that `root`, or `None` if it has none.
///
/// # Errors
/// If the source lacks a page of the tree with that root.
pub fn get(source: &dyn PageSource, root: TreeHash, key_hash: &TreeHash) -> Result<Option<TreeHash>, TreeError> {
    match descend(source, root, key_hash, |_| ())? {
        Node::Leaf { key, value, .. } if key == *key_hash => Ok(Some(value)),
        _ => Ok(None),
    }
}

/// Proves the value of one key, or its absence, in the tree with that `root`.
///
/// # Errors
/// If the source lacks a page of the tree with that root.
pub fn prove(source: &dyn PageSource, root: TreeHash, key_hash: &TreeHash) -> Result<Proof, TreeError> {
    let mut siblings = Vec::new();
    let end = descend(source, root, key_hash, |sibling| siblings.push(sibling))?;
    let terminal = end.terminal().expect("a descent ends at no internal node");
    Ok(Proof { terminal, siblings })
}

/// Proves the values of many keys, or their absence, at once in the tree with that `root`.
///
/// The order of the key hashes and duplicates make no difference.
///
/// # Errors
/// If there are no keys or more than [`MAX_MULTIPROOF_KEYS`], or the source lacks a page of the tree.
pub fn prove_many(source: &dyn PageSource, root: TreeHash, key_hashes: &[TreeHash]) -> Result<MultiProof, TreeError> {
    if key_hashes.is_empty() {
        return Err(TreeError::NoKeys);
    }
    let mut keys = key_hashes.to_vec();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() > MAX_MULTIPROOF_KEYS {
        return Err(TreeError::TooManyKeys { limit: MAX_MULTIPROOF_KEYS, found: keys.len() });
    }
    let mut proof = MultiProof { terminals: Vec::new(), siblings: Vec::new() };
    if root == EMPTY_HASH {
        collect(source, &mut proof, None, &PageId::ROOT, 1, Node::Empty, &keys)?;
    } else {
        let page = load(source, &PageId::ROOT, &root)?;
        collect(source, &mut proof, Some(&page), &PageId::ROOT, 1, page.node(1), &keys)?;
    }
    Ok(proof)
}

/// Follows the path of a key to its end, and hands out the hashes beside the path from the root down.
fn descend(
    source: &dyn PageSource,
    root: TreeHash,
    key: &TreeHash,
    mut beside: impl FnMut(TreeHash),
) -> Result<Node, TreeError> {
    if root == EMPTY_HASH {
        return Ok(Node::Empty);
    }
    let mut id = PageId::ROOT;
    let mut page = load(source, &id, &root)?;
    let mut slot = 1;
    let mut node = page.node(slot);
    while let Node::Internal { hash } = node {
        if slot >= BOTTOM {
            id = child(&id, slot);
            page = load(source, &id, &hash)?;
            slot = 1;
        }
        let side = usize::from(key_bit(key, id.bit_depth() + level(slot)));
        beside(page.node(2 * slot + 1 - side).hash());
        slot = 2 * slot + side;
        node = page.node(slot);
    }
    Ok(node)
}

/// Appends to a multiproof what it needs of the subtree below one slot.
fn collect(
    source: &dyn PageSource,
    proof: &mut MultiProof,
    page: Option<&Page>,
    id: &PageId,
    slot: usize,
    node: Node,
    keys: &[TreeHash],
) -> Result<(), TreeError> {
    if keys.is_empty() {
        proof.siblings.push(node.hash());
        return Ok(());
    }
    let depth = id.bit_depth() + level(slot);
    let (hash, page) = match (node, node.terminal(), page) {
        (Node::Internal { hash }, None, Some(page)) => (hash, page),
        (_, terminal, _) => {
            let depth = u16::try_from(depth).expect("a path has at most 256 levels");
            let terminal = terminal.expect("an internal node lies in a page");
            proof.terminals.push(MultiTerminal { depth, terminal });
            return Ok(());
        }
    };
    if slot >= BOTTOM {
        let id = child(id, slot);
        let page = load(source, &id, &hash)?;
        return collect(source, proof, Some(&page), &id, 1, node, keys);
    }
    let (left, right) = keys.split_at(keys.partition_point(|key| !key_bit(key, depth)));
    collect(source, proof, Some(page), id, 2 * slot, page.node(2 * slot), left)?;
    collect(source, proof, Some(page), id, 2 * slot + 1, page.node(2 * slot + 1), right)
}

/// Returns the page below a bottom slot.
pub(super) fn child(id: &PageId, slot: usize) -> PageId {
    id.child(u8::try_from(slot - BOTTOM).expect("a digit has six bits"))
}
