//! Looking at a chain: what it stores, what was paid for it, and what changed between two moments.

use crate::chain::{TestChain, address};
use parity_scale_codec::DecodeAll;
use std::fmt;
use std::sync::Arc;
use tenon_contract::{Address, Hash};
use tenon_host::{Environment, StateReader};
use tenon_types::{InstanceRecord, keys};

/// Whose a changed entry of the state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// An account's nonce and native coin.
    Account(Address),
    /// What an instance stores.
    Storage(Address),
    /// What the host records of an instance: code, admin, stored bytes, deposit.
    Record(Address),
    /// Anything else: code, names, the chain's own values such as the supply.
    Chain,
}

/// An entry of the state that is not what it was.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose it is.
    pub place: Place,
    /// Its key; of an instance's storage, the instance's own.
    pub key: Vec<u8>,
    /// What it was.
    pub before: Option<Vec<u8>>,
    /// What it is.
    pub after: Option<Vec<u8>>,
}

impl fmt::Debug for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let value = |value: &Option<Vec<u8>>| value.as_ref().map_or_else(|| "nothing".to_owned(), |value| hex(value));
        let (before, after) = (value(&self.before), value(&self.after));
        write!(formatter, "{:?} {}: {before} -> {after}", self.place, hex(&self.key))
    }
}

fn place(key: &[u8]) -> (Place, Vec<u8>) {
    if let Some((instance, owned)) = keys::owner(key) {
        let instance = Address::new(instance.0);
        return match owned {
            keys::Owned::Entry(_) => (Place::Storage(instance), key[keys::STORAGE_PREFIX_BYTES..].to_vec()),
            keys::Owned::Record => (Place::Record(instance), Vec::new()),
        };
    }
    match (key.strip_prefix(&keys::ACCOUNT_PREFIX), key.last_chunk::<32>()) {
        (Some(_), Some(who)) => (Place::Account(Address::new(*who)), Vec::new()),
        _ => (Place::Chain, key.to_vec()),
    }
}

impl TestChain {
    /// The state as it stands. Later calls do not change it, so a benchmark can execute on it again and again.
    pub fn state(&self) -> Arc<dyn StateReader> {
        Arc::new(self.state.clone())
    }

    /// What the block that comes next tells modules: its time and height, and the chain's parameters.
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// A copy of this chain under another genesis hash, so for modules another chain: what was signed for this one must
    /// be worth nothing there.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        let mut other = self.clone();
        other.environment.genesis_hash.0[0] ^= 0xff;
        other
    }

    /// A hash of the whole state.
    pub fn digest(&self) -> Hash {
        Hash::new(self.state.digest().0)
    }

    /// What is not as it was in a copy that was taken before.
    pub fn changes_since(&self, before: &Self) -> Vec<Change> {
        let changed = self.state.changed_from(&before.state).into_iter();
        let change = changed.map(|(key, before, after)| {
            let (place, key) = place(&key);
            let bytes = |value: Option<tenon_host::Value>| value.map(|value| value.to_vec());
            Change { place, key, before: bytes(before), after: bytes(after) }
        });
        change.collect()
    }

    /// The number of entries that an instance stores.
    pub fn stored_entries(&self, instance: Address) -> usize {
        self.storage_of(instance).len()
    }

    /// Everything that an instance stores, by its own keys.
    pub fn storage_of(&self, instance: Address) -> Vec<(Vec<u8>, Vec<u8>)> {
        let entries = self.state.scan(&keys::storage(&address(instance), &[]), None, false, usize::MAX);
        entries.iter().map(|(key, value)| (key[keys::STORAGE_PREFIX_BYTES..].to_vec(), value.to_vec())).collect()
    }

    /// Bytes of keys and values that an instance stores, as the host counts them.
    pub fn stored_bytes(&self, instance: Address) -> u64 {
        self.record(instance).stored_bytes
    }

    /// The deposit that is locked for what an instance stores.
    pub fn deposit_of(&self, instance: Address) -> u128 {
        self.record(instance).deposit
    }

    /// Transactions that an account has sent.
    pub fn nonce(&self, who: Address) -> u32 {
        self.account(who).nonce
    }

    pub(crate) fn record(&self, instance: Address) -> InstanceRecord {
        let stored = self.state.get(&keys::instance(&address(instance))).expect("an instance stands at the address");
        InstanceRecord::decode_all(&mut &*stored).expect("the host wrote the record")
    }
}
