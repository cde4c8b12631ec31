//! Who is connected, who of them is which validator, and how far each is.
//!
//! A validator says by a record, signed with the key of its votes, which peer it is. A record counts while its account
//! is a validator of this epoch or of the one before, and until a newer one comes.

use super::super::engine::EpochView;
use super::shards::Turn;
use std::collections::{BTreeMap, BTreeSet};
use tenon_core::consensus::bbft::{Epoch, Signature, Validator, ValidatorIndex, View};
use tenon_core::wire::ValidatorRecord;
use tenon_crypto::bls::{BlsPublicKey, BlsSecretKey, PUBLIC_KEY_BYTES};
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
    /// The public half of the latter.
    public: Option<[u8; PUBLIC_KEY_BYTES]>,
    connected: BTreeSet<PeerKey>,
    records: BTreeMap<Address, ValidatorRecord>,
    /// The epoch that runs, and the one before.
    epochs: (Option<EpochView>, Option<EpochView>),
}

impl Peers {
    pub(super) fn new(chain: Hash, peer: PeerKey, key: Option<BlsSecretKey>) -> Self {
        let (connected, records) = (BTreeSet::new(), BTreeMap::new());
        let public = key.as_ref().map(|key| key.public_key().to_bytes());
        Self { chain, me: (peer, key), public, connected, records, epochs: (None, None) }
    }

    /// Takes note of the epoch that runs. Records of who validates no more are forgotten.
    pub(super) fn enter(&mut self, view: EpochView) {
        self.epochs.1 = self.epochs.0.replace(view);
        let known = [&self.epochs.0, &self.epochs.1];
        self.records.retain(|account, _| known.iter().any(|view| account_in(view.as_ref(), account).is_some()));
    }

    pub(super) fn epoch(&self) -> Option<&EpochView> {
        self.epochs.0.as_ref()
    }

    pub(super) fn connect(&mut self, peer: PeerKey) {
        self.connected.insert(peer);
    }

    pub(super) fn disconnect(&mut self, peer: &PeerKey) {
        self.connected.remove(peer);
    }

    pub(super) fn connected(&self) -> impl Iterator<Item = &PeerKey> {
        self.connected.iter()
    }

    pub(super) fn is_connected(&self, peer: &PeerKey) -> bool {
        self.connected.contains(peer)
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
        let (_, Validator { account, .. }) = self.seat(self.epoch()?)?;
        let unsigned = Signature([0; 48]);
        let mut record =
            ValidatorRecord { account: *account, peer: self.me.0.0, addresses, sequence, signature: unsigned };
        record.signature = Signature(key.sign(&record.signed_bytes(self.chain)).to_bytes());
        Some(record)
    }

    /// Where this node's key stands among an epoch's validators.
    fn seat<'a>(&self, view: &'a EpochView) -> Option<(usize, &'a Validator)> {
        let public = self.public.as_ref()?;
        view.set.validators().iter().enumerate().find(|(_, one)| one.bls_key == *public)
    }

    fn view(&self, epoch: Epoch) -> Option<&EpochView> {
        [&self.epochs.0, &self.epochs.1].into_iter().flatten().find(|view| view.epoch == epoch)
    }

    /// Which peer a validator of an epoch is.
    pub(super) fn peer_of(&self, epoch: Epoch, index: ValidatorIndex) -> Option<PeerKey> {
        let account = self.view(epoch)?.set.get(index)?.account;
        self.records.get(&account).map(|record| PeerKey(record.peer))
    }

    /// Whose turn a view is, if this node validates in its epoch.
    pub(super) fn turn(&self, epoch: Epoch, view: View) -> Option<Turn> {
        let known = self.view(epoch)?;
        let (me, _) = self.seat(known)?;
        let (validators, me) = (u16::try_from(known.set.len()).ok()?, ValidatorIndex::try_from(me).ok()?);
        Some(Turn { epoch, view, validators, leader: known.schedule.leader(view), me })
    }

    /// The connected peers among validators of an epoch.
    pub(super) fn reached(&self, epoch: Epoch, of: &[ValidatorIndex]) -> Vec<PeerKey> {
        let peers = of.iter().filter_map(|index| self.peer_of(epoch, *index));
        peers.filter(|peer| self.is_connected(peer)).collect()
    }

    /// The connected peers that lead the views after one of the epoch that runs, each once.
    pub(super) fn leaders_after(&self, view: View, views: u64) -> Vec<PeerKey> {
        let Some(running) = self.epoch() else { return Vec::new() };
        let following = (1..=views).filter_map(|after| view.0.checked_add(after));
        let leaders: BTreeSet<ValidatorIndex> = following.map(|view| running.schedule.leader(View(view))).collect();
        self.reached(running.epoch, &leaders.into_iter().collect::<Vec<_>>())
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tenon_core::consensus::bbft::{Schedule, ValidatorSet};

    const CHAIN: Hash = Hash([9; 32]);

    fn key(number: u8) -> BlsSecretKey {
        BlsSecretKey::from_seed(&[number; 32])
    }

    fn view(epoch: u64, numbers: &[u8]) -> EpochView {
        let validator = |number: &u8| Validator {
            account: Address([*number; 32]),
            bls_key: key(*number).public_key().to_bytes(),
            weight: 1,
        };
        let set = ValidatorSet::new(numbers.iter().map(validator).collect()).unwrap();
        let schedule = Schedule::all(u16::try_from(numbers.len()).unwrap());
        EpochView { epoch: Epoch(epoch), set: Arc::new(set), schedule }
    }

    /// What a validator says of itself, on a chain.
    fn record(chain: Hash, number: u8, peer: u8, sequence: u64) -> ValidatorRecord {
        let mut peers = Peers::new(chain, PeerKey([peer; 32]), Some(key(number)));
        peers.enter(view(1, &[number]));
        peers.own_record(vec![format!("/ip4/127.0.0.{number}/tcp/1")], sequence).unwrap()
    }

    #[test]
    fn a_validator_is_the_peer_that_it_says_until_it_says_another_one() {
        let mut peers = Peers::new(CHAIN, PeerKey([1; 32]), Some(key(1)));
        assert_eq!(peers.hear(record(CHAIN, 2, 22, 5)), Heard::Old, "before an epoch is known, nobody validates");
        peers.enter(view(1, &[1, 2, 3]));
        assert_eq!(peers.hear(record(CHAIN, 2, 22, 5)), Heard::New);
        assert_eq!(peers.hear(record(CHAIN, 2, 23, 5)), Heard::Old);
        assert_eq!(
            (peers.peer_of(Epoch(1), 1), peers.index_of(Epoch(1), &PeerKey([22; 32]))),
            (Some(PeerKey([22; 32])), Some(1))
        );
        assert_eq!(peers.hear(record(CHAIN, 2, 24, 6)), Heard::New);
        assert_eq!(peers.index_of(Epoch(1), &PeerKey([22; 32])), None);
        assert_eq!(peers.index_of(Epoch(1), &PeerKey([24; 32])), Some(1));
        assert_eq!(peers.index_of(Epoch(2), &PeerKey([24; 32])), None, "an epoch that is not known has no seats");
    }

    #[test]
    fn forged_and_foreign_records_are_refused() {
        let mut peers = Peers::new(CHAIN, PeerKey([1; 32]), None);
        peers.enter(view(1, &[1, 2, 3]));
        let mut stolen = record(CHAIN, 2, 22, 5);
        stolen.account = Address([3; 32]);
        assert_eq!(peers.hear(stolen), Heard::Forged);
        let mut moved = record(CHAIN, 2, 22, 5);
        moved.addresses = vec!["/ip4/10.0.0.1/tcp/1".into()];
        assert_eq!(peers.hear(moved), Heard::Forged);
        assert_eq!(peers.hear(record(Hash([8; 32]), 2, 22, 5)), Heard::Forged, "of another chain");
        assert_eq!(peers.hear(record(CHAIN, 7, 22, 5)), Heard::Old, "of nobody who validates");
        assert_eq!(peers.index_of(Epoch(1), &PeerKey([22; 32])), None);
        assert_eq!(peers.own_record(Vec::new(), 1), None, "who has no key says nothing");
    }

    #[test]
    fn records_of_the_epoch_before_still_count_and_older_ones_do_not() {
        let mut peers = Peers::new(CHAIN, PeerKey([1; 32]), None);
        peers.enter(view(1, &[1, 2]));
        assert_eq!(peers.hear(record(CHAIN, 2, 22, 5)), Heard::New);
        peers.enter(view(2, &[1, 3]));
        assert_eq!(peers.peer_of(Epoch(1), 1), Some(PeerKey([22; 32])));
        assert_eq!(peers.peer_of(Epoch(2), 1), None);
        peers.enter(view(3, &[1, 3]));
        assert_eq!(peers.peer_of(Epoch(1), 1), None);
        assert!(peers.records.is_empty());
    }

    #[test]
    fn who_leads_next_is_a_connected_peer() {
        let mut peers = Peers::new(CHAIN, PeerKey([1; 32]), Some(key(1)));
        assert!(peers.leaders_after(View(1), 2).is_empty(), "no epoch runs");
        peers.enter(view(1, &[1, 2, 3, 4]));
        for record in [record(CHAIN, 1, 1, 5), record(CHAIN, 2, 22, 5), record(CHAIN, 3, 33, 5)] {
            assert_eq!(peers.hear(record), Heard::New);
        }
        [22, 33].into_iter().for_each(|byte| peers.connect(PeerKey([byte; 32])));
        // Everybody leads in turn: view 4 is the first's, who is this node itself.
        let next = |view| peers.leaders_after(View(view), 2);
        assert_eq!(next(4), [PeerKey([22; 32]), PeerKey([33; 32])]);
        assert_eq!(next(5), [PeerKey([33; 32])], "nobody knows where the fourth is");
        assert_eq!((next(6), next(u64::MAX)), (Vec::new(), Vec::new()));
    }

    #[test]
    fn validators_that_are_not_connected_are_called() {
        let mut peers = Peers::new(CHAIN, PeerKey([1; 32]), Some(key(1)));
        peers.enter(view(1, &[1, 2, 3]));
        for record in [record(CHAIN, 1, 1, 5), record(CHAIN, 2, 22, 5), record(CHAIN, 3, 33, 5)] {
            assert_eq!(peers.hear(record), Heard::New);
        }
        peers.connect(PeerKey([22; 32]));
        assert_eq!(peers.missing().collect::<Vec<_>>(), ["/ip4/127.0.0.3/tcp/1"], "nobody calls itself");
        assert_eq!(peers.validators(), [PeerKey([22; 32])]);
        peers.disconnect(&PeerKey([22; 32]));
        assert_eq!((peers.missing().count(), peers.validators().len()), (2, 0));
    }
}
