//! The state of a chain in memory: a copy costs nothing, and a change costs what it changes.
//!
//! Entries lie in a map that copies of the state share, and what was changed since lies over it in a second, small one.
//! The second is merged into the first once nobody else reads it, or once it has grown to a good part of it.

use std::collections::BTreeMap;
use std::ops::Bound::{self, Excluded, Included, Unbounded};
use std::sync::Arc;
use tenon_host::{Changes, Key, StateReader, Value};

/// Changed entries that may lie over the map before they are merged into it.
const MAX_CHANGED: usize = 1_024;

/// A state.
#[derive(Clone, Default)]
pub(crate) struct State {
    base: Arc<BTreeMap<Key, Value>>,
    changed: Arc<BTreeMap<Key, Option<Value>>>,
}

impl State {
    /// Makes changes. Returns those that would undo them.
    pub(crate) fn apply(&mut self, changes: Changes) -> Changes {
        let undo = changes.iter().map(|(key, _)| (key.clone(), self.value(key))).collect();
        Arc::make_mut(&mut self.changed).extend(changes);
        self.merge();
        undo
    }

    /// Sets one entry.
    pub(crate) fn set(&mut self, key: Key, value: Option<Value>) {
        self.apply(vec![(key, value)]);
    }

    /// Reads one entry.
    pub(crate) fn value(&self, key: &[u8]) -> Option<Value> {
        match self.changed.get(key) {
            Some(changed) => changed.clone(),
            None => self.base.get(key).cloned(),
        }
    }

    /// Entries that are not the same in another state: the key, the value there, the value here.
    pub(crate) fn changed_from(&self, before: &Self) -> Vec<(Key, Option<Value>, Option<Value>)> {
        let mut keys: Vec<&Key> = self.changed.keys().chain(before.changed.keys()).collect();
        if !Arc::ptr_eq(&self.base, &before.base) {
            keys.extend(self.base.keys().chain(before.base.keys()));
        }
        keys.sort_unstable();
        keys.dedup();
        let both = keys.into_iter().map(|key| (key.clone(), before.value(key), self.value(key)));
        both.filter(|(_, before, after)| before != after).collect()
    }

    /// A hash of every entry.
    pub(crate) fn digest(&self) -> tenon_types::Hash {
        let mut bytes = Vec::new();
        for (key, value) in self.scan(&[], None, false, usize::MAX) {
            for part in [key, value] {
                bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
                bytes.extend_from_slice(&part);
            }
        }
        tenon_types::blake2b_256(&bytes)
    }

    fn merge(&mut self) {
        let is_due = match Arc::get_mut(&mut self.base) {
            Some(_) => self.changed.len() > MAX_CHANGED,
            None => self.changed.len() > MAX_CHANGED.max(self.base.len() / 2),
        };
        if !is_due {
            return;
        }
        let base = Arc::make_mut(&mut self.base);
        for (key, value) in std::mem::take(Arc::make_mut(&mut self.changed)) {
            match value {
                Some(value) => base.insert(key, value),
                None => base.remove(&key),
            };
        }
    }
}

impl StateReader for State {
    fn get(&self, key: &[u8]) -> Option<Value> {
        self.value(key)
    }

    fn scan(&self, prefix: &[u8], start: Option<&[u8]>, descending: bool, limit: usize) -> Vec<(Key, Value)> {
        if descending {
            let to = start.map_or_else(|| end_of(prefix), |start| Included(start.to_vec()));
            let range = (Unbounded, to.as_ref().map(Vec::as_slice));
            let base = self.base.range::<[u8], _>(range).rev();
            merged(prefix, base, self.changed.range::<[u8], _>(range).rev(), true, limit)
        } else {
            let range = (Included(start.map_or(prefix, |start| start.max(prefix))), Unbounded);
            let base = self.base.range::<[u8], _>(range);
            merged(prefix, base, self.changed.range::<[u8], _>(range), false, limit)
        }
    }
}

/// The bound below which every key that begins with a prefix lies.
fn end_of(prefix: &[u8]) -> Bound<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte < u8::MAX);
    kept.map_or(Unbounded, |last| {
        let mut end = prefix[..=last].to_vec();
        end[last] += 1;
        Excluded(end)
    })
}

fn merged<'a>(
    prefix: &[u8],
    base: impl Iterator<Item = (&'a Key, &'a Value)>,
    changed: impl Iterator<Item = (&'a Key, &'a Option<Value>)>,
    descending: bool,
    limit: usize,
) -> Vec<(Key, Value)> {
    let mut base = base.take_while(|(key, _)| key.starts_with(prefix)).peekable();
    let mut changed = changed.take_while(|(key, _)| key.starts_with(prefix)).peekable();
    let mut found = Vec::new();
    while found.len() < limit {
        let first_is_base = match (base.peek(), changed.peek()) {
            (None, None) => break,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some((below, _)), Some((above, _))) => {
                if below == above {
                    base.next();
                    continue;
                }
                (below < above) != descending
            }
        };
        let next = if first_is_base {
            base.next().map(|(key, value)| (key, Some(value)))
        } else {
            changed.next().map(|(key, value)| (key, value.as_ref()))
        };
        if let Some((key, Some(value))) = next {
            found.push((key.clone(), value.clone()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    fn bytes(random: &mut Random, most: u64) -> Vec<u8> {
        (0..random.below(most)).map(|_| *random.pick(&[0, 1, 1, 255])).collect()
    }

    #[test]
    fn reads_as_one_map_whatever_was_copied_and_merged() {
        let mut random = Random::new(1);
        let mut model: BTreeMap<Key, Value> = BTreeMap::new();
        let mut state = State::default();
        let mut copies = Vec::new();
        for step in 0..20_000u32 {
            let key: Key = bytes(&mut random, 12).into();
            let value = (random.below(3) > 0).then(|| Value::from(step.to_le_bytes().as_slice()));
            match value.clone() {
                Some(value) => model.insert(key.clone(), value),
                None => model.remove(&key),
            };
            let before = state.value(&key);
            let undo = state.apply(vec![(key.clone(), value)]);
            assert_eq!(undo, [(key.clone(), before)]);
            if step % 500 == 0 {
                copies.truncate(2);
                copies.insert(0, (state.clone(), model.clone()));
                let prefix = bytes(&mut random, 3);
                let start = (random.below(2) == 0).then(|| [prefix.clone(), bytes(&mut random, 5)].concat());
                for (state, model) in &copies {
                    for (descending, limit) in [(false, 7), (true, 7), (false, usize::MAX), (true, usize::MAX)] {
                        let expected = StateReader::scan(model, &prefix, start.as_deref(), descending, limit);
                        assert_eq!(state.scan(&prefix, start.as_deref(), descending, limit), expected);
                    }
                }
                let (old_state, old_model) = &copies[copies.len() - 1];
                let different = |key: &Key| old_model.get(key) != model.get(key);
                let keys: std::collections::BTreeSet<_> = old_model.keys().chain(model.keys()).collect();
                let expected: Vec<_> = keys.into_iter().filter(|key| different(key)).cloned().collect();
                let found: Vec<_> = state.changed_from(old_state).into_iter().map(|(key, ..)| key).collect();
                assert_eq!(found, expected);
            }
        }
        assert!(model.len() > 2 * MAX_CHANGED, "{}", model.len());
    }
}
