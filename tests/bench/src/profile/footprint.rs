//! What all instances together store, and the coin that is locked for it.

use parity_scale_codec::DecodeAll;
use tenon_host::StateReader;
use tenon_types::{Address, InstanceRecord, keys};

/// What instances store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Entries.
    pub entries: i64,
    /// Bytes of their keys and values.
    pub bytes: i64,
    /// The deposit that is locked for them, in the coin's smallest unit.
    pub deposit: i128,
}

impl Footprint {
    /// Counts everything that a state holds.
    ///
    /// # Panics
    /// If a count does not fit, or a record is not one.
    pub fn of(state: &dyn StateReader) -> Self {
        let mut sum = Self::default();
        for (key, value) in state.scan(&keys::instances(), None, false, usize::MAX) {
            let record = InstanceRecord::decode_all(&mut &value[..]).expect("the host wrote the record");
            let (address, _) = keys::owner(&key).expect("the record of an instance");
            sum.entries += entries(state, &address);
            sum.bytes += i64::try_from(record.stored_bytes).expect("a test's state is small");
            sum.deposit += i128::try_from(record.deposit).expect("a deposit is within the supply");
        }
        sum
    }

    /// How much more it is than before.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self {
            entries: self.entries - before.entries,
            bytes: self.bytes - before.bytes,
            deposit: self.deposit - before.deposit,
        }
    }
}

fn entries(state: &dyn StateReader, instance: &Address) -> i64 {
    let found = state.scan(&keys::storage(instance, &[]), None, false, usize::MAX);
    i64::try_from(found.len()).expect("a test's state is small")
}
