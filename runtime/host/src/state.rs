//! Read access to a state, and how changes lie over one: the diff layers of blocks that are not final yet.

use std::collections::{BTreeMap, HashMap};
use std::iter::Peekable;
use std::ops::Bound::{self, Excluded, Included, Unbounded};
use std::sync::Arc;

/// A stored value.
pub type Value = Arc<[u8]>;
/// A key of the state.
pub type Key = Arc<[u8]>;
/// Changed entries in the order of their keys; none for a removed one.
pub type Changes = Vec<(Key, Option<Value>)>;

/// Read access to a state. A reader that cannot read must not answer: it panics, and the node stops.
pub trait StateReader: Send + Sync {
    /// The value under a key.
    fn get(&self, key: &[u8]) -> Option<Value>;

    /// Entries whose key begins with `prefix`, at most `limit`. Ascending from `start` on (a whole key, included), or
    /// descending from `start` down; without a start, from that end of the prefix.
    fn scan(&self, prefix: &[u8], start: Option<&[u8]>, descending: bool, limit: usize) -> Vec<(Key, Value)>;
}

impl StateReader for BTreeMap<Key, Value> {
    fn get(&self, key: &[u8]) -> Option<Value> {
        Self::get(self, key).cloned()
    }

    fn scan(&self, prefix: &[u8], start: Option<&[u8]>, descending: bool, limit: usize) -> Vec<(Key, Value)> {
        let entry = |(key, value): (&Key, &Value)| (key.clone(), value.clone());
        if descending {
            let to = start.map_or_else(|| after_prefix(prefix), |start| Included(start.into()));
            let below = self.range::<[u8], _>((Unbounded, to.as_ref().map(Vec::as_slice)));
            below.rev().take_while(|(key, _)| key.starts_with(prefix)).take(limit).map(entry).collect()
        } else {
            let from = start.map_or(prefix, |start| start.max(prefix));
            let above = self.range::<[u8], _>((Included(from), Unbounded));
            above.take_while(|(key, _)| key.starts_with(prefix)).take(limit).map(entry).collect()
        }
    }
}

/// The bound below which every key that begins with `prefix` lies.
pub(crate) fn after_prefix(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last.saturating_add(1));
            return Excluded(end);
        }
    }
    Unbounded
}

/// Is shown each entry that a scan looks at, removed ones included, and says whether the scan goes on.
pub(crate) type Look<'a> = dyn FnMut(&Key, Option<&Value>) -> bool + 'a;

/// Merges changed entries with those of the base.
struct Merge<'a> {
    found: Vec<(Key, Value)>,
    limit: usize,
    stopped: bool,
    look: &'a mut Look<'a>,
    descending: bool,
}

impl Merge<'_> {
    fn is_full(&self) -> bool {
        self.found.len() >= self.limit || self.stopped
    }

    fn push(&mut self, key: Key, value: Option<Value>) {
        if self.is_full() {
            return;
        }
        self.stopped = !(self.look)(&key, value.as_ref());
        if let Some(value) = value {
            self.found.push((key, value));
        }
    }

    /// Takes changed entries up to and including the key that comes next in the base.
    fn take_changed<I: Iterator<Item = (Key, Option<Value>)>>(
        &mut self,
        changed: &mut Peekable<I>,
        up_to: Option<&Key>,
    ) {
        let descending = self.descending;
        let before = |key: &Key| up_to.is_none_or(|next| if descending { key >= next } else { key <= next });
        while !self.is_full()
            && let Some((key, value)) = changed.next_if(|(key, _)| before(key))
        {
            self.push(key, value);
        }
    }
}

/// What a scan covers; see [`StateReader::scan`].
#[derive(Clone, Copy)]
pub(crate) struct Range<'a> {
    pub(crate) prefix: &'a [u8],
    pub(crate) start: Option<&'a [u8]>,
    pub(crate) descending: bool,
}

/// Scans a base with changes over it. `changed` gives the changed entries of the range in the order of the scan, `hidden`
/// tells whether a key of the base is among all changed ones. At most `chunk` entries of the base are read before the
/// first of them is shown to `look`.
pub(crate) fn merged_scan<'a>(
    base: &dyn StateReader,
    changed: &mut dyn Iterator<Item = (Key, Option<Value>)>,
    hidden: &dyn Fn(&Key) -> bool,
    range: Range<'_>,
    (limit, chunk): (usize, usize),
    look: &'a mut Look<'a>,
) -> Vec<(Key, Value)> {
    let mut merge = Merge { found: Vec::new(), limit, stopped: false, look, descending: range.descending };
    let mut changed = changed.peekable();
    let mut resume: Option<Key> = None;
    loop {
        let from = resume.as_deref().or(range.start);
        let wanted = limit.saturating_sub(merge.found.len()).saturating_add(2).min(chunk.max(2));
        let entries = base.scan(range.prefix, from, range.descending, wanted);
        let last_chunk = entries.len() < wanted;
        for (key, value) in entries {
            if resume.as_ref() == Some(&key) {
                continue;
            }
            merge.take_changed(&mut changed, Some(&key));
            if !hidden(&key) {
                merge.push(key.clone(), Some(value));
            }
            resume = Some(key);
            if merge.is_full() {
                return merge.found;
            }
        }
        if last_chunk {
            merge.take_changed(&mut changed, None);
            return merge.found;
        }
    }
}

/// The changes of one block, indexed for reading.
#[derive(Debug, Default)]
pub struct Diff {
    changes: Changes,
    // Never iterated: the order of keys is that of `changes`.
    index: HashMap<Key, usize>,
}

impl Diff {
    /// Indexes changes, which are in the order of their keys.
    pub fn new(changes: Changes) -> Self {
        debug_assert!(changes.is_sorted_by(|left, right| left.0 < right.0), "changes are in the order of their keys");
        let index = changes.iter().enumerate().map(|(index, (key, _))| (key.clone(), index)).collect();
        Self { changes, index }
    }

    /// The changes in the order of their keys.
    pub const fn changes(&self) -> &Changes {
        &self.changes
    }

    fn get(&self, key: &[u8]) -> Option<&Option<Value>> {
        self.index.get(key).and_then(|index| self.changes.get(*index)).map(|(_, value)| value)
    }

    fn range<'a>(&'a self, range: Range<'a>) -> Box<dyn Iterator<Item = (Key, Option<Value>)> + 'a> {
        let inside = move |(key, _): &&(Key, Option<Value>)| key.starts_with(range.prefix);
        if range.descending {
            let end = match (range.start, after_prefix(range.prefix)) {
                (Some(start), _) => self.changes.partition_point(|(key, _)| key.as_ref() <= start),
                (None, Excluded(end)) => self.changes.partition_point(|(key, _)| key.as_ref() < end.as_slice()),
                (None, _) => self.changes.len(),
            };
            let below = self.changes.get(..end).unwrap_or_default();
            Box::new(below.iter().rev().take_while(inside).cloned())
        } else {
            let from = range.start.map_or(range.prefix, |start| start.max(range.prefix));
            let first = self.changes.partition_point(|(key, _)| key.as_ref() < from);
            Box::new(self.changes.get(first..).unwrap_or_default().iter().take_while(inside).cloned())
        }
    }
}

/// The changes of blocks over a base state.
pub struct LayeredState {
    /// Newest first.
    layers: Vec<Arc<Diff>>,
    base: Arc<dyn StateReader>,
}

impl LayeredState {
    /// Lays diffs, newest first, over a base.
    pub fn new(layers: Vec<Arc<Diff>>, base: Arc<dyn StateReader>) -> Self {
        Self { layers, base }
    }

    fn scan_from(&self, layer: usize, range: Range<'_>, limit: usize) -> Vec<(Key, Value)> {
        let Some(diff) = self.layers.get(layer) else {
            return self.base.scan(range.prefix, range.start, range.descending, limit);
        };
        let below = Below { state: self, layer: layer.saturating_add(1) };
        let hidden = |key: &Key| diff.get(key).is_some();
        merged_scan(&below, &mut diff.range(range), &hidden, range, (limit, usize::MAX), &mut |_, _| true)
    }
}

impl StateReader for LayeredState {
    fn get(&self, key: &[u8]) -> Option<Value> {
        match self.layers.iter().find_map(|layer| layer.get(key)) {
            Some(changed) => changed.clone(),
            None => self.base.get(key),
        }
    }

    fn scan(&self, prefix: &[u8], start: Option<&[u8]>, descending: bool, limit: usize) -> Vec<(Key, Value)> {
        self.scan_from(0, Range { prefix, start, descending }, limit)
    }
}

/// What lies below a layer.
struct Below<'a> {
    state: &'a LayeredState,
    layer: usize,
}

impl StateReader for Below<'_> {
    fn get(&self, key: &[u8]) -> Option<Value> {
        let below = self.state.layers.get(self.layer..).unwrap_or_default();
        match below.iter().find_map(|layer| layer.get(key)) {
            Some(changed) => changed.clone(),
            None => self.state.base.get(key),
        }
    }

    fn scan(&self, prefix: &[u8], start: Option<&[u8]>, descending: bool, limit: usize) -> Vec<(Key, Value)> {
        self.state.scan_from(self.layer, Range { prefix, start, descending }, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(0u8..3, 0..4)
    }

    type Layer = BTreeMap<Vec<u8>, Option<u8>>;

    fn layer() -> impl Strategy<Value = Layer> {
        proptest::collection::btree_map(bytes(), proptest::option::of(any::<u8>()), 0..10)
    }

    proptest! {
        #[test]
        fn layers_read_as_one_map(layers in proptest::collection::vec(layer(), 0..4), prefix in bytes(),
                                  tail in proptest::option::of(bytes()), descending in any::<bool>(), limit in 0usize..8) {
            let value = |byte: &u8| -> Value { [*byte].as_slice().into() };
            let base: Arc<dyn StateReader> = Arc::new(BTreeMap::<Key, Value>::new());
            let mut model: BTreeMap<Key, Value> = BTreeMap::new();
            let mut diffs = Vec::new();
            for layer in &layers {
                for (key, byte) in layer {
                    match byte {
                        Some(byte) => model.insert(key.as_slice().into(), value(byte)),
                        None => model.remove(&key[..]),
                    };
                }
                let changes = layer.iter().map(|(key, byte)| (Key::from(&key[..]), byte.as_ref().map(value))).collect();
                diffs.insert(0, Arc::new(Diff::new(changes)));
            }
            let state = LayeredState::new(diffs, base);
            let start: Option<Vec<u8>> = tail.map(|tail| [prefix.clone(), tail].concat());
            prop_assert_eq!(state.scan(&prefix, start.as_deref(), descending, limit),
                            StateReader::scan(&model, &prefix, start.as_deref(), descending, limit));
            prop_assert_eq!(StateReader::get(&state, &prefix), StateReader::get(&model, &prefix));
        }
    }
}
