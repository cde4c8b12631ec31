//! Read access to what is final: the state and the tree's pages in the store, now or after an earlier block.
//!
//! A store that cannot be read must not answer a consensus question: the readers here panic, the thread that asked
//! ends, and the node stops with the store's error.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tenon_host::tree::{Page, PageDiff, PageId, PageSource};
use tenon_host::{Key, StateReader, Value};
use tenon_store::{Direction, Row, Scan, Store, StoreError};

/// Pages kept decoded: about 2 KiB each.
const MAX_CACHED_PAGES: usize = 65_536;

/// The newest final state. Only for readers that lay every later block over it.
pub(crate) struct LatestState {
    pub(crate) store: Arc<Store>,
}

/// The state after a final block.
pub(crate) struct StateAfter {
    pub(crate) store: Arc<Store>,
    pub(crate) height: u64,
}

fn readable<T>(result: Result<T, StoreError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("the store cannot be read: {error}"),
    }
}

fn scan_of<'a>(prefix: &'a [u8], start: Option<&'a [u8]>, descending: bool) -> Scan<'a> {
    let direction = if descending { Direction::Descending } else { Direction::Ascending };
    let start = start.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
    Scan { prefix, start, direction }
}

fn shared(rows: Vec<Row>) -> Vec<(Key, Value)> {
    rows.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}

impl StateReader for LatestState {
    fn get(&self, key: &[u8]) -> Option<Value> {
        readable(self.store.get(key)).map(Value::from)
    }

    fn scan(&self, prefix: &[u8], start: Option<&[u8]>, descending: bool, limit: usize) -> Vec<(Key, Value)> {
        shared(readable(self.store.scan(&scan_of(prefix, start, descending), limit)))
    }
}

impl StateReader for StateAfter {
    fn get(&self, key: &[u8]) -> Option<Value> {
        readable(self.store.state_at(self.height).and_then(|state| state.get(key))).map(Value::from)
    }

    fn scan(&self, prefix: &[u8], start: Option<&[u8]>, descending: bool, limit: usize) -> Vec<(Key, Value)> {
        let scan = scan_of(prefix, start, descending);
        shared(readable(self.store.state_at(self.height).and_then(|state| state.scan(&scan, limit))))
    }
}

fn decoded(id: &PageId, bytes: Option<Vec<u8>>) -> Option<Arc<Page>> {
    bytes.map(|bytes| match Page::decode(id, &bytes) {
        Ok(page) => Arc::new(page),
        Err(error) => panic!("the store holds a damaged page: {error}"),
    })
}

/// The key of a page in the store, whose keys are never empty: the page's depth, then its id.
pub(crate) fn page_key(id: &PageId) -> Vec<u8> {
    let bytes = id.as_bytes();
    let depth = u8::try_from(bytes.len()).expect("a page lies at most 42 pages deep");
    [&[depth], bytes].concat()
}

/// The tree's pages after a final block.
pub(crate) struct PagesAfter {
    pub(crate) store: Arc<Store>,
    pub(crate) height: u64,
}

impl PageSource for PagesAfter {
    fn page(&self, id: &PageId) -> Option<Arc<Page>> {
        decoded(id, readable(self.store.state_at(self.height).and_then(|state| state.page(&page_key(id)))))
    }
}

/// The newest final pages, decoded once.
pub(crate) struct LatestPages {
    store: Arc<Store>,
    cache: Mutex<PageCache>,
}

/// Two generations: when the young one is full it becomes the old one, and what nobody asked for since is dropped.
#[derive(Default)]
struct PageCache {
    young: HashMap<PageId, Arc<Page>>,
    old: HashMap<PageId, Arc<Page>>,
    commits: u64,
}

impl PageCache {
    fn find(&mut self, id: &PageId) -> Option<Arc<Page>> {
        if let Some(page) = self.young.get(id) {
            return Some(page.clone());
        }
        let page = self.old.remove(id)?;
        self.keep(*id, page.clone());
        Some(page)
    }

    fn keep(&mut self, id: PageId, page: Arc<Page>) {
        if self.young.len() >= MAX_CACHED_PAGES / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, page);
    }
}

impl LatestPages {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store, cache: Mutex::default() }
    }

    /// Takes note of pages that were committed.
    pub(crate) fn committed(&self, diff: &PageDiff) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.commits += 1;
        for (id, page) in diff {
            cache.old.remove(id);
            match page {
                Some(page) => cache.keep(*id, page.clone()),
                None => {
                    cache.young.remove(id);
                }
            }
        }
    }
}

impl PageSource for LatestPages {
    fn page(&self, id: &PageId) -> Option<Arc<Page>> {
        let commits = {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(page) = cache.find(id) {
                return Some(page);
            }
            cache.commits
        };
        let page = decoded(id, readable(self.store.page(&page_key(id))));
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        // A commit in between may have made the page old.
        if let Some(page) = page.as_ref().filter(|_| cache.commits == commits) {
            cache.keep(*id, page.clone());
        }
        page
    }
}
