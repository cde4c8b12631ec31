//! Where pages come from: a store, a map in memory, or diffs over either.
//!
//! Leaves out any store; the node implements [`PageSource`] over its own.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::page::Page;
use super::page_id::PageId;

/// The pages that an update changes: new contents, or `None` for a page that is no more.
pub type PageDiff = BTreeMap<PageId, Option<Arc<Page>>>;

/// The pages of one version of the tree.
pub trait PageSource: Sync {
    /// Returns a page, or `None` if this version has none of that id.
    fn page(&self, id: &PageId) -> Option<Arc<Page>>;
}

/// A tree kept in memory: for tests, for tools, and for chains that forget.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryPages {
    /// Looked up by id alone, and sorted before it is listed, so that the order within the map shows nowhere.
    pages: HashMap<PageId, Arc<Page>, BuildHasherDefault<PathHasher>>,
}

impl MemoryPages {
    /// Makes the pages of a diff the current ones.
    pub fn apply(&mut self, diff: &PageDiff) {
        for (id, page) in diff {
            match page {
                Some(page) => self.pages.insert(*id, Arc::clone(page)),
                None => self.pages.remove(id),
            };
        }
    }

    /// Returns the pages in the order of their ids.
    #[must_use]
    pub fn sorted(&self) -> Vec<(&PageId, &Arc<Page>)> {
        let mut pages: Vec<_> = self.pages.iter().collect();
        pages.sort_unstable_by_key(|(id, _)| **id);
        pages
    }
}

impl PageSource for MemoryPages {
    fn page(&self, id: &PageId) -> Option<Arc<Page>> {
        self.pages.get(id).cloned()
    }
}

/// Diffs of unfinalized blocks over a base: the newest diff that names a page decides about it.
pub struct LayeredPages<'a> {
    layers: Vec<Arc<PageDiff>>,
    base: &'a dyn PageSource,
}

impl<'a> LayeredPages<'a> {
    /// Lays diffs over a base, the newest first.
    #[must_use]
    pub fn new(layers: Vec<Arc<PageDiff>>, base: &'a dyn PageSource) -> Self {
        Self { layers, base }
    }
}

impl PageSource for LayeredPages<'_> {
    fn page(&self, id: &PageId) -> Option<Arc<Page>> {
        match self.layers.iter().find_map(|layer| layer.get(id)) {
            Some(decided) => decided.clone(),
            None => self.base.page(id),
        }
    }
}

/// Hashes page ids. They are prefixes of cryptographic hashes, so no seed is needed: who could steer many of them into
/// one bucket would have to find as many partial collisions.
#[derive(Clone, Default)]
struct PathHasher(u64);

impl Hasher for PathHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // An odd constant near 2^64 / golden ratio spreads the bits upwards; the rotation brings them down again.
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
