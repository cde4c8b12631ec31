//! The update of the tree by a sorted batch of changes.
//!
//! One walk from the root splits the batch by the bits of its keys, changes what lies below, and hashes each touched
//! node once on the way back. A large batch is split by the first six bits over threads, and the walk of the root
//! page then takes their results instead of descending.
//!
//! Leaves out reading and writing of pages and of values.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tenon_types::proof::{EMPTY_HASH, TreeHash, internal_hash, key_bit};
use thiserror::Error;

use super::node::Node;
use super::page::{BOTTOM, Page, level};
use super::page_id::{FANOUT, PAGE_LEVELS, PageId, digit_of};
use super::scratch::Scratch;
use super::source::{PageDiff, PageSource};

/// A key hash and its new value hash, or `None` to remove it.
pub type Change = (TreeHash, Option<TreeHash>);

/// Batches below this are not worth the start of a thread.
const MIN_PARALLEL_CHANGES: usize = 512;

/// Why the tree cannot be read or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TreeError {
    /// A page that must exist does not: the source is damaged or is of another version.
    #[error("missing page {id} of the state tree")]
    MissingPage {
        /// The page.
        id: PageId,
    },
    /// A page is not the one that the node above it names: the source is damaged or is of another version.
    #[error("wrong page {id} of the state tree: expected hash 0x{}, found 0x{}", hex(expected), hex(found))]
    WrongPage {
        /// The page.
        id: PageId,
        /// The hash that the node above gives, or the root asked for.
        expected: TreeHash,
        /// The hash of the page.
        found: TreeHash,
    },
    /// A proof of no keys was asked for.
    #[error("expected at least one key to prove, found none")]
    NoKeys,
    /// A proof of too many keys was asked for.
    #[error("too many keys to prove at once: expected at most {limit}, found {found}")]
    TooManyKeys {
        /// The bound.
        limit: usize,
        /// How many keys were given.
        found: usize,
    },
}

fn hex(hash: &TreeHash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a batch does to the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeUpdate {
    /// The new root.
    pub root: TreeHash,
    /// The pages that differ from before.
    pub pages: PageDiff,
}

/// Applies `changes`, sorted by key hash and without duplicates, to the tree with that `root`.
///
/// Uses at most `threads` threads; the result is the same for any number. Removing what is not there, or setting what
/// is there already, changes nothing and yields no pages.
///
/// # Errors
/// If the source lacks a page of the tree with that root.
///
/// # Panics
/// If the changes are not sorted and unique.
pub fn update(
    source: &dyn PageSource,
    root: TreeHash,
    changes: &[Change],
    threads: usize,
) -> Result<TreeUpdate, TreeError> {
    assert!(changes.is_sorted_by(|a, b| a.0 < b.0), "changes are sorted by key hash and unique");
    let top = (root != EMPTY_HASH).then(|| load(source, &PageId::ROOT, &root)).transpose()?;
    let mut updater = Updater::new(source);
    if threads > 1 && changes.len() >= MIN_PARALLEL_CHANGES {
        updater.update_shards(top.as_deref(), changes, threads)?;
    }
    let old = top.as_ref().map_or(Node::Empty, |page| page.node(1));
    let new = updater.page(&PageId::ROOT, old, top.as_deref(), changes)?;
    Ok(TreeUpdate { root: new.hash(), pages: updater.changed.into_iter().collect() })
}

/// Reads a page and checks that it is the one whose hash is expected.
pub(super) fn load(source: &dyn PageSource, id: &PageId, expected: &TreeHash) -> Result<Arc<Page>, TreeError> {
    let page = source.page(id).ok_or(TreeError::MissingPage { id: *id })?;
    if page.root() != expected {
        return Err(TreeError::WrongPage { id: *id, expected: *expected, found: *page.root() });
    }
    Ok(page)
}

/// One worker's state.
struct Updater<'a> {
    source: &'a dyn PageSource,
    /// Unpacked pages to use again; at most one for each page of a path is ever made.
    idle: Vec<Box<Scratch>>,
    changed: Vec<(PageId, Option<Arc<Page>>)>,
    /// The nodes at the bottom of the root page that other threads have already brought up to date.
    ready: [Option<Node>; BOTTOM],
}

impl<'a> Updater<'a> {
    fn new(source: &'a dyn PageSource) -> Self {
        Self { source, idle: Vec::new(), changed: Vec::new(), ready: [None; BOTTOM] }
    }

    /// Updates the subtree whose top is the page `id`, of which `old` was the root, and returns its new root.
    fn page(&mut self, id: &PageId, old: Node, page: Option<&Page>, changes: &[Change]) -> Result<Node, TreeError> {
        let mut scratch = self.idle.pop().unwrap_or_else(|| Box::new(Scratch::new()));
        match page {
            Some(page) => scratch.load(page),
            None => scratch.clear(),
        }
        let new = self.node(&mut scratch, id, 1, old, changes)?;
        // Equal hashes mean equal entries, and the pages depend on the entries alone.
        if new.hash() != old.hash() {
            scratch.set(1, new);
            let keeps_page = matches!(new, Node::Internal { .. }) || (id.is_root() && new != Node::Empty);
            if keeps_page {
                self.changed.push((*id, Some(Arc::new(scratch.pack(id, new.hash())))));
            } else if page.is_some() {
                self.changed.push((*id, None));
            }
        }
        self.idle.push(scratch);
        Ok(new)
    }

    /// Updates the subtree below one slot, of which `old` was the root, and returns its new root. Writes the slots
    /// below, but not the slot itself.
    fn node(
        &mut self,
        scratch: &mut Scratch,
        id: &PageId,
        slot: usize,
        old: Node,
        changes: &[Change],
    ) -> Result<Node, TreeError> {
        if let Some(settled) = settle(&old, changes) {
            return Ok(settled);
        }
        if slot >= BOTTOM {
            return self.below(id, slot - BOTTOM, old, changes);
        }
        let depth = id.bit_depth() + level(slot);
        let (left_slot, right_slot) = (2 * slot, 2 * slot + 1);
        let (old_left, old_right) = match old {
            Node::Internal { .. } => (scratch.node(left_slot), scratch.node(right_slot)),
            Node::Leaf { key, .. } if key_bit(&key, depth) => (Node::Empty, old),
            Node::Leaf { .. } | Node::Empty => (old, Node::Empty),
        };
        let (left_changes, right_changes) = changes.split_at(changes.partition_point(|(key, _)| !key_bit(key, depth)));
        let left = self.node(scratch, id, left_slot, old_left, left_changes)?;
        let right = self.node(scratch, id, right_slot, old_right, right_changes)?;
        let (joined, left, right) = match (left, right) {
            (Node::Empty, Node::Empty) => (Node::Empty, Node::Empty, Node::Empty),
            // A lone leaf moves up.
            (leaf @ Node::Leaf { .. }, Node::Empty) | (Node::Empty, leaf @ Node::Leaf { .. }) => {
                (leaf, Node::Empty, Node::Empty)
            }
            (left, right) => (join(&old, (&old_left, &old_right), (&left, &right)), left, right),
        };
        scratch.set(left_slot, left);
        scratch.set(right_slot, right);
        Ok(joined)
    }

    /// Updates the subtree below a bottom slot.
    fn below(&mut self, id: &PageId, digit: usize, old: Node, changes: &[Change]) -> Result<Node, TreeError> {
        if id.is_root()
            && let Some(ready) = self.ready[digit].take()
        {
            return Ok(ready);
        }
        let child = id.child(u8::try_from(digit).expect("a digit has six bits"));
        self.subtree(&child, old, changes)
    }

    /// Updates the subtree whose top is the page `id`, if it has one, of which `old` was the root.
    fn subtree(&mut self, id: &PageId, old: Node, changes: &[Change]) -> Result<Node, TreeError> {
        let page = match old {
            Node::Internal { hash } => Some(load(self.source, id, &hash)?),
            Node::Empty | Node::Leaf { .. } => None,
        };
        self.page(id, old, page.as_deref(), changes)
    }

    /// Brings the subtrees below the root page up to date on several threads.
    fn update_shards(&mut self, top: Option<&Page>, changes: &[Change], threads: usize) -> Result<(), TreeError> {
        let mut shards = Vec::with_capacity(BOTTOM);
        let mut rest = changes;
        for digit in 0..FANOUT {
            let (shard, after) = rest.split_at(rest.partition_point(|(key, _)| digit_of(key, 0) <= digit));
            rest = after;
            if !shard.is_empty() {
                shards.push((digit, bottom_node(top, digit), shard));
            }
        }
        let (source, next) = (self.source, AtomicUsize::new(0));
        let work = || {
            let mut updater = Updater::new(source);
            while let Some((digit, old, shard)) = shards.get(next.fetch_add(1, Ordering::Relaxed)) {
                let node = updater.subtree(&PageId::ROOT.child(*digit), *old, shard)?;
                updater.ready[usize::from(*digit)] = Some(node);
            }
            Ok(updater)
        };
        let workers = threads.min(shards.len());
        let done: Vec<Result<Updater<'_>, TreeError>> = std::thread::scope(|scope| {
            let spawned: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
            let own = work();
            let joined = spawned.into_iter().map(|worker| match worker.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            std::iter::once(own).chain(joined).collect()
        });
        for worker in done {
            let worker = worker?;
            self.changed.extend(worker.changed);
            for (slot, node) in self.ready.iter_mut().zip(worker.ready) {
                *slot = slot.or(node);
            }
        }
        Ok(())
    }
}

/// Returns what a subtree becomes if that needs no descent.
fn settle(old: &Node, changes: &[Change]) -> Option<Node> {
    match (old, changes) {
        (_, []) => Some(*old),
        (Node::Empty, [(key, value)]) => Some(value.map_or(Node::Empty, |value| Node::leaf(*key, value))),
        (Node::Leaf { key: held, .. }, [(key, value)]) if held == key => {
            Some(value.map_or(Node::Empty, |value| Node::leaf(*key, value)))
        }
        (Node::Leaf { .. }, [(_, None)]) => Some(*old),
        _ => None,
    }
}

/// Returns the internal node above two children, hashed only if a child has changed.
fn join(old: &Node, before: (&Node, &Node), after: (&Node, &Node)) -> Node {
    let unchanged = before.0.hash() == after.0.hash() && before.1.hash() == after.1.hash();
    match old {
        Node::Internal { .. } if unchanged => *old,
        _ => Node::Internal { hash: internal_hash(&after.0.hash(), &after.1.hash()) },
    }
}

/// Returns the node at a bottom slot of the root page, with a leaf from further up pushed down to it.
fn bottom_node(top: Option<&Page>, digit: u8) -> Node {
    let Some(top) = top else {
        return Node::Empty;
    };
    let slot = BOTTOM + usize::from(digit);
    for above in (0..=PAGE_LEVELS).rev() {
        match top.node(slot >> above) {
            leaf @ Node::Leaf { key, .. } if digit_of(&key, 0) == digit => return leaf,
            Node::Leaf { .. } | Node::Empty => return Node::Empty,
            internal @ Node::Internal { .. } if above == 0 => return internal,
            Node::Internal { .. } => {}
        }
    }
    Node::Empty
}
