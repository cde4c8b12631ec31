//! Where pages come from: a store, a map in memory, or diffs over either.
//!
//! Leaves out any store; the node implements [`PageSource`] over its own.

use std::collections::BTreeMap;
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
    pages: BTreeMap<PageId, Arc<Page>>,
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
    pub fn iter(&self) -> impl Iterator<Item = (&PageId, &Arc<Page>)> {
        self.pages.iter()
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
