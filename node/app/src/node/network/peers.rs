//! Who is connected, who of them is which validator, and how far each is.
//!
//! A validator says by a record, signed with the key of its votes, which peer it is. A record counts while its account
//! is a validator of this epoch or of the one before, and until a newer one comes.

use super::super::engine::EpochView;
use std::collections::BTreeMap;
use tenon_core::consensus::bbft::{Epoch, Signature, Validator, ValidatorIndex};
use tenon_core::wire::ValidatorRecord;
use tenon_crypto::bls::{BlsPublicKey, BlsSecretKey};
use tenon_net::PeerKey;
use tenon_types::{Address, Hash};

/// What is known of a record that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It is new.
    New,
    /// It is not newer than what is known, or of nobody who validates.
    Old,
    /// Its signature is wrong.
    Forged,
}

/// Who is who.
pub(super) struct Peers {
    chain: Hash,
    /// The node's own key, and the key that its votes have.
    me: (PeerKey, Option<BlsSecretKey>),
    connected: BTreeMap<PeerKey, u64>,
    records: BTreeMap<Address, ValidatorRecord>,
    /// The epoch that runs, and the one before.
    epochs: (Option<EpochView>, Option<EpochView>),
}

impl Peers {
    pub(super) fn new(chain: Hash, peer: PeerKey, key: Option<BlsSecretKey>) -> Self {
        let (connected, records) = (BTreeMap::new(), BTreeMap::new());
        Self { chain, me: (peer, key), connected, records, epochs: (None, None) }
    }

    /// Takes note of the epoch that runs. Records of who validates no more are forgotten.
    pub(super) fn enter(&mut self, view: EpochView) {
        let before = self.epochs.0.replace(view).filter(|_| true);
        self.epochs.1 = before;
        let known = [&self.epochs.0, &self.epochs.1];
        self.records.retain(|account, _| known.iter().any(|view| account_in(view.as_ref(), account).is_some()));
    }

    pub(super) fn epoch(&self) -> Option<&EpochView> {
        self.epochs.0.as_ref()
    }

    pub(super) fn connect(&mut self, peer: PeerKey, now_ms: u64) {
        self.connected.insert(peer, now_ms);
    }

    pub(super) fn disconnect(&mut self, peer: &PeerKey) {
        self.connected.remove(peer);
    }

    pub(super) fn connected(&self) -> impl Iterator<Item = &PeerKey> {
        self.connected.keys()
    }

    pub(super) fn is_connected(&self, peer: &PeerKey) -> bool {
        self.connected.contains_key(peer)
    }

    /// Takes a validator's record.
    pub(super) fn hear(&mut self, record: ValidatorRecord) -> Heard {
        let is_newer = self.records.get(&record.account).is_none_or(|known| known.sequence < record.sequence);
        let known = [&self.epochs.0, &self.epochs.1].into_iter().flatten();
        let mut keys = known.filter_map(|view| account_in(Some(view), &record.account)).map(|(_, one)| one.bls_key);
        let Some(first) = keys.next().filter(|_| is_newer) else { return Heard::Old };
        let signs =
            |key: [u8; 96]| BlsPublicKey::from_bytes(&key).is_ok_and(|key| record.is_signed_by(self.chain, &key));
        if !signs(first) && !keys.any(signs) {
            return Heard::Forged;
        }
        self.records.insert(record.account, record);
        Heard::New
    }

    /// The record of this node, if it validates in the epoch that runs.
    pub(super) fn own_record(&self, addresses: Vec<String>, sequence: u64) -> Option<ValidatorRecord> {
        let key = self.me.1.as_ref()?;
        let public = key.public_key().to_bytes();
        let view = self.epochs.0.as_ref()?;
        let account = view.set.validators().iter().find(|one| one.bls_key == public)?.account;
        let unsigned = Signature([0; 48]);
        let mut record = ValidatorRecord { account, peer: self.me.0.0, addresses, sequence, signature: unsigned };
        record.signature = Signature(key.sign(&record.signed_bytes(self.chain)).to_bytes());
        Some(record)
    }

    fn view(&self, epoch: Epoch) -> Option<&EpochView> {
        [&self.epochs.0, &self.epochs.1].into_iter().flatten().find(|view| view.epoch == epoch)
    }

    /// Which peer a validator of an epoch is.
    pub(super) fn peer_of(&self, epoch: Epoch, index: ValidatorIndex) -> Option<PeerKey> {
        let account = self.view(epoch)?.set.get(index)?.account;
        self.records.get(&account).map(|record| PeerKey(record.peer))
    }

    /// Which validator of an epoch a peer is.
    pub(super) fn index_of(&self, epoch: Epoch, peer: &PeerKey) -> Option<ValidatorIndex> {
        let set = &self.view(epoch)?.set;
        let is_peer = |one: &Validator| self.records.get(&one.account).is_some_and(|record| record.peer == peer.0);
        let index = set.validators().iter().position(is_peer)?;
        ValidatorIndex::try_from(index).ok()
    }

    /// The connected validators of the epoch that runs.
    pub(super) fn validators(&self) -> Vec<PeerKey> {
        let Some(view) = self.epoch() else { return Vec::new() };
        let records = view.set.validators().iter().filter_map(|one| self.records.get(&one.account));
        records.map(|record| PeerKey(record.peer)).filter(|peer| self.is_connected(peer)).collect()
    }

    /// Where validators that are not connected are reached.
    pub(super) fn missing(&self) -> impl Iterator<Item = &String> {
        let accounts = self.epoch().map(|view| view.set.validators()).unwrap_or_default().iter();
        let records = accounts.filter_map(|one| self.records.get(&one.account));
        let missing = records.filter(|record| record.peer != self.me.0.0 && !self.is_connected(&PeerKey(record.peer)));
        missing.flat_map(|record| &record.addresses)
    }
}

fn account_in<'a>(view: Option<&'a EpochView>, account: &Address) -> Option<(usize, &'a Validator)> {
    view?.set.validators().iter().enumerate().find(|(_, one)| one.account == *account)
}
