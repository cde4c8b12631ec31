//! Changes over a base state, with a journal that undoes them back to a checkpoint.
//!
//! Reads of the base are kept, so that an account or balance that a block touches often is read once.

use crate::state::{Changes, Key, Look, Range, StateReader, Value, after_prefix, merged_scan};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

/// Entries of the base that a scan reads before it shows the first of them: so many may have been read for nothing.
const SCAN_CHUNK: usize = 8;

/// What is known of one key.
#[derive(Clone, Debug)]
struct Slot {
    key: Key,
    value: Option<Value>,
    changed: bool,
}

/// Changes over a base state.
pub struct Overlay {
    base: Arc<dyn StateReader>,
    /// What is known, in the order in which it was asked for.
    slots: Vec<Slot>,
    /// Where the slot of a key is. Never iterated: the order of keys comes from `written`.
    places: HashMap<Key, usize>,
    /// The slot that was used last. A module that writes an entry has mostly just read it.
    last: usize,
    written: BTreeSet<Key>,
    journal: Vec<Undo>,
}

/// How one change is undone.
struct Undo {
    /// Which slot.
    place: usize,
    before: Option<Value>,
    /// Whether the entry was unchanged before.
    first: bool,
}

impl Overlay {
    /// Begins with no change.
    pub fn new(base: Arc<dyn StateReader>) -> Self {
        let (slots, places) = (Vec::new(), HashMap::new());
        Self { base, slots, places, last: 0, written: BTreeSet::new(), journal: Vec::new() }
    }

    /// The value under a key.
    pub fn get(&mut self, key: &[u8]) -> Option<Value> {
        let place = self.place(key);
        self.slots.get(place).and_then(|slot| slot.value.clone())
    }

    /// Sets or removes the value under a key and returns the value before.
    pub fn set(&mut self, key: &[u8], value: Option<Value>) -> Option<Value> {
        let place = self.place(key);
        let slot = self.slots.get_mut(place).expect("a place is that of a slot");
        if slot.value.is_none() && value.is_none() {
            return None;
        }
        let first = !slot.changed;
        let before = std::mem::replace(&mut slot.value, value);
        slot.changed = true;
        if first {
            self.written.insert(slot.key.clone());
        }
        self.journal.push(Undo { place, before: before.clone(), first });
        before
    }

    /// Where the slot of a key is. One that was not asked for before is read from the base.
    fn place(&mut self, key: &[u8]) -> usize {
        if self.slots.get(self.last).is_some_and(|slot| *slot.key == *key) {
            return self.last;
        }
        self.last = self.places.get(key).copied().unwrap_or_else(|| {
            let (place, stored) = (self.slots.len(), Key::from(key));
            self.slots.push(Slot { key: stored.clone(), value: self.base.get(key), changed: false });
            self.places.insert(stored, place);
            place
        });
        self.last
    }

    fn slot(&self, key: &[u8]) -> Option<&Slot> {
        self.places.get(key).and_then(|place| self.slots.get(*place))
    }

    /// Entries of base and changes together; arguments as in [`StateReader::scan`]. `look` is shown each entry before the
    /// next is looked at, removed ones included, and says whether to go on.
    pub fn scan<'a>(
        &self,
        prefix: &[u8],
        start: Option<&[u8]>,
        descending: bool,
        limit: usize,
        look: &'a mut Look<'a>,
    ) -> Vec<(Key, Value)> {
        let mut changed = self.changed_in(prefix, start, descending);
        // A changed entry is among `changed`, or hides that of the base because it was removed.
        let hidden = |key: &Key| self.slot(key).is_some_and(|slot| slot.changed);
        let range = Range { prefix, start, descending };
        merged_scan(self.base.as_ref(), &mut changed, &hidden, range, (limit, SCAN_CHUNK), look)
    }

    fn changed_in<'a>(
        &'a self,
        prefix: &'a [u8],
        start: Option<&'a [u8]>,
        descending: bool,
    ) -> Box<dyn Iterator<Item = (Key, Option<Value>)> + 'a> {
        let entry = |key: &Key| (key.clone(), self.slot(key).and_then(|slot| slot.value.clone()));
        if descending {
            let to = start.map_or_else(|| after_prefix(prefix), |start| Included(start.into()));
            let below = self.written.range::<[u8], _>((Unbounded, to.as_ref().map(Vec::as_slice)));
            Box::new(below.rev().take_while(move |key| key.starts_with(prefix)).map(entry))
        } else {
            let from = start.map_or(prefix, |start| start.max(prefix));
            let above = self.written.range::<[u8], _>((Included(from), Unbounded));
            Box::new(above.take_while(move |key| key.starts_with(prefix)).map(entry))
        }
    }

    /// A mark to which [`Overlay::undo`] can return.
    pub fn checkpoint(&self) -> usize {
        self.journal.len()
    }

    /// Undoes every change since a mark. What was not changed before is unchanged again, so that scans cost the same as
    /// if nothing had been written.
    pub fn undo(&mut self, checkpoint: usize) {
        while self.journal.len() > checkpoint {
            let Undo { place, before, first } = self.journal.pop().expect("longer than the mark");
            let slot = self.slots.get_mut(place).expect("slots are never removed");
            slot.value = before;
            if first {
                slot.changed = false;
                self.written.remove(&slot.key);
            }
        }
    }

    /// The entries changed since a mark, each once, with the value before the mark, in the order of their keys.
    pub fn changed_since(&self, checkpoint: usize) -> BTreeMap<Key, Option<Value>> {
        let mut before = BTreeMap::new();
        for undo in self.journal.get(checkpoint..).unwrap_or_default() {
            let slot = self.slots.get(undo.place).expect("slots are never removed");
            before.entry(slot.key.clone()).or_insert_with(|| undo.before.clone());
        }
        before
    }

    /// Forgets the journal: what was changed so far can no longer be undone.
    pub fn commit(&mut self) {
        self.journal.clear();
    }

    /// Every change over the base, in the order of the keys. Entries that ended as they began may be among them.
    pub fn into_changes(self) -> Changes {
        let Self { slots, places, written, .. } = self;
        let changed = |key: Key| {
            let slot = places.get(&key).and_then(|place| slots.get(*place));
            (key, slot.and_then(|slot| slot.value.clone()))
        };
        written.into_iter().map(changed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(0u8..3, 0..4)
    }

    #[derive(Clone, Debug)]
    enum Step {
        Set(Vec<u8>, Option<u8>),
        Mark,
        Undo,
        Scan(Vec<u8>, Option<Vec<u8>>, bool, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (bytes(), proptest::option::of(any::<u8>())).prop_map(|(key, value)| Step::Set(key, value)),
            1 => Just(Step::Mark),
            1 => Just(Step::Undo),
            2 => (bytes(), proptest::option::of(bytes()), any::<bool>(), 0usize..6).prop_map(|(p, s, d, l)| Step::Scan(p, s, d, l)),
        ]
    }

    proptest! {
        #[test]
        fn behaves_as_a_plain_map_with_copies(base in proptest::collection::btree_map(bytes(), any::<u8>(), 0..12),
                                              steps in proptest::collection::vec(step(), 0..60)) {
            let value = |byte: u8| -> Value { [byte].as_slice().into() };
            let mut model: BTreeMap<Key, Value> = base.into_iter().map(|(key, byte)| (key.into(), value(byte))).collect();
            let first = model.clone();
            let mut overlay = Overlay::new(Arc::new(model.clone()));
            let mut marks = Vec::new();
            for step in steps {
                match step {
                    Step::Set(key, byte) => {
                        overlay.set(&key, byte.map(value));
                        match byte {
                            Some(byte) => model.insert(key.into(), value(byte)),
                            None => model.remove(&key[..]),
                        };
                    }
                    Step::Mark => marks.push((overlay.checkpoint(), model.clone())),
                    Step::Undo => if let Some((mark, before)) = marks.pop() {
                        overlay.undo(mark);
                        model = before;
                    },
                    Step::Scan(prefix, start, descending, limit) => {
                        let start: Option<Vec<u8>> = start.map(|tail| [prefix.clone(), tail].concat());
                        let found = overlay.scan(&prefix, start.as_deref(), descending, limit, &mut |_, _| true);
                        prop_assert_eq!(found, StateReader::scan(&model, &prefix, start.as_deref(), descending, limit));
                    }
                }
            }
            let mut result = first;
            prop_assert!(overlay.written.iter().all(|key| overlay.slot(key).is_some_and(|slot| slot.changed)));
            prop_assert_eq!(overlay.written.len(), overlay.slots.iter().filter(|slot| slot.changed).count());
            for (key, value) in overlay.into_changes() {
                match value {
                    Some(value) => result.insert(key, value),
                    None => result.remove(&key),
                };
            }
            prop_assert_eq!(result, model);
        }
    }
}
