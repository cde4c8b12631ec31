//! Blocks on their way here: proposals' blocks, rebuilt from the pool, and blocks that consensus wants.

use std::collections::BTreeMap;
use tenon_core::consensus::bbft::{Epoch, Message, ValidatorIndex};
use tenon_core::relay::{PartAnswer, PartRequest, Rebuild};
use tenon_net::{PeerKey, RequestId};
use tenon_types::{Block, Hash};

/// Blocks that are being rebuilt at once.
pub(super) const MAX_REBUILT: usize = 32;
/// Messages that wait for one block.
const MAX_WAITING: usize = 16;
/// Blocks that are wanted at once.
pub(super) const MAX_WANTED: usize = 64;
/// Peers that are asked for one block before it is given up; consensus wants it again if it needs it.
pub(super) const MAX_ASKED: usize = 6;
/// How long the pieces of a block are awaited before it is fetched whole.
const SHARDS_MS: u64 = 1_000;
/// After how long a block that is not whole is given up.
const PATIENCE_MS: u64 = 4_000;

/// A message of consensus that waits for its block.
pub(super) struct Waiting {
    pub(super) epoch: Epoch,
    pub(super) from: ValidatorIndex,
    pub(super) message: Box<Message>,
}

/// A block that is being rebuilt: from its parts, or fetched whole if that failed.
struct Building {
    rebuild: Option<(Box<Rebuild>, PartRequest)>,
    waiting: Vec<Waiting>,
    since_ms: u64,
    /// Until when its pieces are awaited, if it comes in pieces.
    shards_ms: Option<u64>,
}

/// What a request was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Transactions of a block.
    Parts(Hash),
    /// A block.
    Block(Hash),
}

/// Blocks on their way here.
#[derive(Default)]
pub(super) struct Blocks {
    building: BTreeMap<Hash, Building>,
    /// Blocks that are wanted, with those who were asked.
    wanted: BTreeMap<Hash, (Vec<PeerKey>, u64)>,
    asked: BTreeMap<RequestId, (PeerKey, Asked)>,
}

impl Blocks {
    /// Whether a block is being rebuilt already; then a message waits with it.
    pub(super) fn wait(&mut self, hash: &Hash, waiting: Waiting) -> Option<Waiting> {
        let Some(building) = self.building.get_mut(hash) else { return Some(waiting) };
        if building.waiting.len() < MAX_WAITING {
            building.waiting.push(waiting);
        }
        None
    }

    /// Begins to rebuild a block for which a message waits. It is not taken at the bound.
    pub(super) fn begin(
        &mut self,
        now_ms: u64,
        hash: Hash,
        rebuild: Option<(Box<Rebuild>, PartRequest)>,
        waiting: Waiting,
    ) -> bool {
        if self.building.len() >= MAX_REBUILT {
            return false;
        }
        self.building.insert(hash, Building { rebuild, waiting: vec![waiting], since_ms: now_ms, shards_ms: None });
        true
    }

    /// Goes on with a block of which parts are still missing.
    pub(super) fn go_on(&mut self, hash: &Hash, rebuild: Option<(Box<Rebuild>, PartRequest)>) {
        if let Some(building) = self.building.get_mut(hash) {
            building.rebuild = rebuild;
        }
    }

    /// The parts that came for a block: what is rebuilt with them.
    pub(super) fn parts(&mut self, hash: &Hash) -> Option<(Box<Rebuild>, PartRequest)> {
        self.building.get_mut(hash)?.rebuild.take()
    }

    /// A block comes in pieces.
    pub(super) fn expect_shards(&mut self, now_ms: u64, hash: &Hash) {
        if let Some(building) = self.building.get_mut(hash) {
            building.rebuild = None;
            building.shards_ms = Some(now_ms.saturating_add(SHARDS_MS));
        }
    }

    /// Blocks whose pieces did not come in time.
    pub(super) fn without_shards(&mut self, now_ms: u64) -> Vec<Hash> {
        let is_late = |building: &Building| building.shards_ms.is_some_and(|until_ms| until_ms <= now_ms);
        let mut late = Vec::new();
        for (hash, building) in self.building.iter_mut().filter(|(_, building)| is_late(building)) {
            building.shards_ms = None;
            late.push(*hash);
        }
        late
    }

    /// A block is here: what waited for it.
    pub(super) fn arrived(&mut self, hash: &Hash) -> Vec<Waiting> {
        self.wanted.remove(hash);
        self.building.remove(hash).map(|building| building.waiting).unwrap_or_default()
    }

    /// Takes note that a block is wanted. Returns whether somebody is to be asked.
    pub(super) fn want(&mut self, now_ms: u64, hash: Hash) -> bool {
        if self.building.contains_key(&hash) || self.wanted.contains_key(&hash) || self.wanted.len() >= MAX_WANTED {
            return false;
        }
        self.wanted.insert(hash, (Vec::new(), now_ms));
        true
    }

    /// Takes note that a block, for which others may wait, is wanted whole.
    pub(super) fn want_whole(&mut self, now_ms: u64, hash: Hash) {
        if self.wanted.len() < MAX_WANTED {
            self.wanted.entry(hash).or_insert_with(|| (Vec::new(), now_ms));
        }
    }

    pub(super) fn is_wanted(&self, hash: &Hash) -> bool {
        self.wanted.contains_key(hash) || self.building.contains_key(hash)
    }

    /// Who is to be asked next for a wanted block.
    pub(super) fn next_peer(&mut self, hash: &Hash, mut peers: impl Iterator<Item = PeerKey>) -> Option<PeerKey> {
        let (asked, _) = self.wanted.get_mut(hash)?;
        let next = if asked.len() < MAX_ASKED { peers.find(|peer| !asked.contains(peer)) } else { None };
        match next {
            Some(peer) => asked.push(peer),
            None => drop(self.wanted.remove(hash)),
        }
        next
    }

    pub(super) fn ask(&mut self, id: RequestId, peer: PeerKey, asked: Asked) {
        self.asked.insert(id, (peer, asked));
    }

    pub(super) fn answered(&mut self, id: &RequestId) -> Option<(PeerKey, Asked)> {
        self.asked.remove(id)
    }

    /// Gives up what took too long.
    pub(super) fn forget_old(&mut self, now_ms: u64) {
        let is_young = |since_ms: u64| now_ms.saturating_sub(since_ms) < PATIENCE_MS;
        self.building.retain(|_, building| is_young(building.since_ms));
        self.wanted.retain(|_, (_, since_ms)| is_young(*since_ms));
    }
}

/// Answers a question for parts of a block that is here.
pub(super) fn parts_of(request: &PartRequest, block: Option<&Block>) -> PartAnswer {
    match block {
        Some(block) => request.answer(&block.extrinsics),
        None => PartAnswer { block: request.block, transactions: Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_core::consensus::bbft::View;

    fn hash(number: usize) -> Hash {
        tenon_types::blake2b_256(&number.to_le_bytes())
    }

    fn waiting() -> Waiting {
        Waiting { epoch: Epoch(1), from: 0, message: Box::new(Message::Ask { view: View(1) }) }
    }

    fn peer(number: u8) -> PeerKey {
        PeerKey([number; 32])
    }

    #[test]
    fn messages_wait_for_their_block_and_for_no_other() {
        let mut blocks = Blocks::default();
        assert!(blocks.wait(&hash(1), waiting()).is_some(), "nothing is rebuilt");
        assert!(blocks.begin(5, hash(1), None, waiting()));
        assert!(blocks.wait(&hash(1), waiting()).is_none() && blocks.wait(&hash(2), waiting()).is_some());
        (0..2 * MAX_WAITING).for_each(|_| drop(blocks.wait(&hash(1), waiting())));
        assert!(blocks.arrived(&hash(2)).is_empty());
        assert_eq!(blocks.arrived(&hash(1)).len(), MAX_WAITING);
        assert!(!blocks.is_wanted(&hash(1)));
    }

    #[test]
    fn a_block_whose_pieces_do_not_come_is_told_once() {
        let mut blocks = Blocks::default();
        assert!(blocks.begin(5, hash(1), None, waiting()) && blocks.begin(5, hash(2), None, waiting()));
        [1, 2, 3].into_iter().for_each(|number| blocks.expect_shards(10, &hash(number)));
        assert!(blocks.without_shards(10 + SHARDS_MS - 1).is_empty());
        blocks.arrived(&hash(2));
        assert_eq!(blocks.without_shards(10 + SHARDS_MS), [hash(1)]);
        assert!(blocks.without_shards(u64::MAX).is_empty() && blocks.is_wanted(&hash(1)));
    }

    #[test]
    fn each_peer_is_asked_once_for_a_block_and_only_so_many_are() {
        let mut blocks = Blocks::default();
        assert!(blocks.want(0, hash(1)) && !blocks.want(0, hash(1)));
        let peers = || (1..=20).map(peer);
        let asked: Vec<PeerKey> = std::iter::from_fn(|| blocks.next_peer(&hash(1), peers())).collect();
        assert_eq!(asked, (1..=6).map(peer).collect::<Vec<_>>());
        assert!(!blocks.is_wanted(&hash(1)), "it is given up, and can be wanted again");
        assert!(blocks.want(0, hash(1)));
        assert_eq!(blocks.next_peer(&hash(1), [peer(3)].into_iter()), Some(peer(3)));
        assert_eq!(blocks.next_peer(&hash(1), [peer(3)].into_iter()), None);
    }

    #[test]
    fn what_is_on_its_way_is_bounded_and_grows_old() {
        let mut blocks = Blocks::default();
        let begun = (0..2 * MAX_REBUILT).filter(|number| blocks.begin(0, hash(*number), None, waiting())).count();
        let wanted = (1_000..1_000 + 2 * MAX_WANTED).filter(|number| blocks.want(0, hash(*number))).count();
        assert_eq!((begun, wanted), (MAX_REBUILT, MAX_WANTED));
        blocks.forget_old(PATIENCE_MS - 1);
        assert!(blocks.is_wanted(&hash(0)) && blocks.is_wanted(&hash(1_000)));
        blocks.forget_old(PATIENCE_MS);
        assert!(!blocks.is_wanted(&hash(0)) && !blocks.is_wanted(&hash(1_000)));
    }
}
