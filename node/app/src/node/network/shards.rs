//! Large blocks in pieces: where validators lack so much of a block that its leader would send it many times over, the
//! leader sends each of them one piece instead, and each sends its own on to the others.
//!
//! ```text
//! upon one's own proposal         remember it
//! upon a request for many bytes   of such a proposal's block: send its pieces, once, and say so
//! upon one's own piece            from the leader of its view: send it on, once a view
//! upon any piece                  from whom the plan has it: keep it; the last that is needed gives the block
//! ```
//!
//! What a piece must be is in [`tenon_core::relay`]. Nothing here sends.

use parity_scale_codec::Encode as _;
use std::collections::VecDeque;
use tenon_core::consensus::bbft::{Epoch, ValidatorIndex, View};
use tenon_core::relay::{Collected, PartRequest, Shard, ShardError, ShardPlan, ShardSets};
use tenon_core::wire::ShardMessage;
use tenon_types::{Block, Hash};

/// From how many bytes on that one validator asks for, a block is sent in pieces.
const SPLIT_FROM_BYTES: usize = 256 << 10;
/// With fewer validators, pieces save nothing.
const MIN_VALIDATORS: u16 = 4;
/// Own proposals that are remembered.
const MAX_PROPOSED: usize = 16;
/// Views of which one's own piece was sent on, that are remembered.
const MAX_PASSED: usize = 64;
/// How many views from the current one a piece's view may be.
pub(super) const MAX_VIEWS_AWAY: u64 = 16;
/// Bytes of pieces that are kept.
const MAX_BYTES: usize = 64 << 20;

/// Whose turn a view is, seen from this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) epoch: Epoch,
    pub(super) view: View,
    /// Validators of the epoch.
    pub(super) validators: u16,
    pub(super) leader: ValidatorIndex,
    /// This node.
    pub(super) me: ValidatorIndex,
}

/// A piece that is to be sent.
pub(super) struct Piece {
    pub(super) message: ShardMessage,
    pub(super) to: Vec<ValidatorIndex>,
}

/// What came of a piece.
#[derive(Default)]
pub(super) struct Taken {
    /// It is to be sent on.
    pub(super) pass_on: Option<Piece>,
    /// It was the last that was needed: the block's hash, as the pieces state it, and its bytes.
    pub(super) whole: Option<(Hash, Vec<u8>)>,
}

/// Why a piece is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// By the plan it does not come from there.
    #[error("found piece {index} from validator {from}, expected the sender's own, or this node's from the leader")]
    Unplanned {
        /// The piece.
        index: u16,
        /// Who sent it.
        from: ValidatorIndex,
    },
    /// It is wrong in itself.
    #[error(transparent)]
    Wrong(#[from] ShardError),
}

impl Refused {
    /// Whether it is the fault of who cut the block, and not of who sent the piece.
    pub(super) fn is_leaders(&self) -> bool {
        matches!(self, Self::Wrong(ShardError::Encoder { .. }))
    }
}

struct Proposed {
    block: Hash,
    turn: Turn,
    is_split: bool,
}

/// Pieces that came, and what was sent in pieces.
pub(super) struct Shards {
    sets: ShardSets,
    proposed: VecDeque<Proposed>,
    passed: VecDeque<(Epoch, View)>,
}

impl Default for Shards {
    fn default() -> Self {
        Self { sets: ShardSets::new(MAX_BYTES), proposed: VecDeque::new(), passed: VecDeque::new() }
    }
}

impl Shards {
    /// Takes note of a proposal of this node.
    pub(super) fn propose(&mut self, block: Hash, turn: Turn) {
        if turn.validators < MIN_VALIDATORS || self.proposed.iter().any(|one| one.block == block) {
            return;
        }
        if self.proposed.len() >= MAX_PROPOSED {
            self.proposed.pop_front();
        }
        self.proposed.push_back(Proposed { block, turn, is_split: false });
    }

    /// Whether what a validator asks for comes in pieces, which are returned the first time.
    pub(super) fn split(&mut self, request: &PartRequest, block: &Block) -> Option<Vec<Piece>> {
        let proposed = self.proposed.iter_mut().find(|one| one.block == request.block)?;
        let lengths = request.places.iter().filter_map(|place| block.extrinsics.get(usize::try_from(*place).ok()?));
        if lengths.map(Vec::len).sum::<usize>() < SPLIT_FROM_BYTES {
            return None;
        }
        if proposed.is_split {
            return Some(Vec::new());
        }
        let Turn { epoch, view, validators, leader, .. } = proposed.turn;
        let plan = ShardPlan::new(validators, leader).ok()?;
        let shards = Shard::encode(request.block, &block.encode(), plan.code()).ok()?;
        proposed.is_split = true;
        let piece = |shard: Shard| {
            let to = plan.first_receivers(shard.index);
            Piece { message: ShardMessage { epoch, view, shard }, to }
        };
        Some(shards.into_iter().map(piece).collect())
    }

    /// Takes a piece. One of a block that is here is only sent on.
    ///
    /// # Errors
    /// [`Refused`].
    pub(super) fn take(
        &mut self,
        turn: Turn,
        from: ValidatorIndex,
        message: ShardMessage,
        is_here: bool,
    ) -> Result<Taken, Refused> {
        let Turn { epoch, view, validators, leader, me } = turn;
        let plan = ShardPlan::new(validators, leader)?;
        let shard = message.shard;
        if !plan.allows(from, me, shard.index) || shard.code != plan.code() {
            return Err(Refused::Unplanned { index: shard.index, from });
        }
        let mut taken = Taken::default();
        if from == leader && shard.index == me && !self.passed.contains(&(epoch, view)) {
            shard.check()?;
            if self.passed.len() >= MAX_PASSED {
                self.passed.pop_front();
            }
            self.passed.push_back((epoch, view));
            let message = ShardMessage { epoch, view, shard: shard.clone() };
            taken.pass_on = Some(Piece { message, to: plan.next_receivers(me) });
        }
        if !is_here && let Collected::Rebuilt { block, bytes } = self.sets.insert(from, shard)? {
            taken.whole = Some((block, bytes));
        }
        Ok(taken)
    }

    /// A block is here: its pieces are not needed.
    pub(super) fn forget(&mut self, block: Hash) {
        self.sets.forget(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_core::relay::read_block;
    use tenon_types::{Digest, Header};

    const VALIDATORS: u16 = 7;
    const LEADER: u16 = 2;

    fn turn(view: u64, me: u16) -> Turn {
        Turn { epoch: Epoch(3), view: View(view), validators: VALIDATORS, leader: LEADER, me }
    }

    /// A block of so many transactions of a thousand bytes.
    fn block(transactions: usize) -> Block {
        let bytes = |number: usize| {
            let mut bytes = [&(997_u16 << 2 | 1).to_le_bytes()[..], &[7; 997]].concat();
            bytes[2..10].copy_from_slice(&number.to_le_bytes());
            bytes
        };
        let extrinsics: Vec<Vec<u8>> = (0..transactions).map(bytes).collect();
        let header = Header {
            parent_hash: Hash([1; 32]),
            number: 9,
            state_root: Hash([2; 32]),
            extrinsics_root: tenon_types::extrinsics_root(&extrinsics),
            digest: Digest::default(),
        };
        Block { header, extrinsics }
    }

    fn request(block: &Block) -> PartRequest {
        let places = (0..u32::try_from(block.extrinsics.len()).unwrap()).collect();
        PartRequest { block: block.header.hash(), places }
    }

    fn pieces(block: &Block, view: u64) -> Vec<Piece> {
        let mut shards = Shards::default();
        shards.propose(block.header.hash(), turn(view, LEADER));
        shards.split(&request(block), block).unwrap()
    }

    #[test]
    fn a_block_of_which_much_is_missing_is_cut_once_and_one_of_which_little_is_is_not() {
        let (small, large) = (block(200), block(300));
        let mut shards = Shards::default();
        assert!(shards.split(&request(&large), &large).is_none(), "it is nobody's proposal here");
        shards.propose(large.header.hash(), turn(5, LEADER));
        shards.propose(small.header.hash(), turn(6, LEADER));
        assert!(shards.split(&request(&small), &small).is_none());
        let few = PartRequest { places: vec![0, 1, 299, 4_000_000_000], ..request(&large) };
        assert!(shards.split(&few, &large).is_none());
        let pieces = shards.split(&request(&large), &large).unwrap();
        assert_eq!(pieces.len(), usize::from(VALIDATORS));
        assert_eq!(shards.split(&request(&large), &large).map(|pieces| pieces.len()), Some(0), "they are on their way");
        let mut three = Shards::default();
        three.propose(large.header.hash(), Turn { validators: 3, ..turn(5, 2) });
        assert!(three.split(&request(&large), &large).is_none());
    }

    #[test]
    fn everybody_has_the_block_though_the_leader_reaches_a_third_alone_and_sends_it_about_twice() {
        let block = block(300);
        let mut all: Vec<Shards> = (0..VALIDATORS).map(|_| Shards::default()).collect();
        let mut waiting: VecDeque<(u16, u16, ShardMessage)> = VecDeque::new();
        let (mut sent, mut wholes) = (0, vec![0; usize::from(VALIDATORS)]);
        for piece in pieces(&block, 5) {
            for to in piece.to {
                sent += piece.message.shard.bytes.len();
                // Of what the leader sends, only what goes to 0, 4 and 6 arrives.
                if [0, 4, 6].contains(&to) {
                    waiting.push_back((LEADER, to, piece.message.clone()));
                }
            }
        }
        assert!(sent < 5 * block.encode().len(), "{sent}");
        while let Some((from, to, message)) = waiting.pop_front() {
            let node = &mut all[usize::from(to)];
            let taken = node.take(turn(5, to), from, message, false).unwrap();
            if let Some((hash, bytes)) = taken.whole {
                assert_eq!(read_block(hash, &bytes).as_ref(), Ok(&block));
                wholes[usize::from(to)] += 1;
            }
            let passed = taken.pass_on.into_iter();
            waiting.extend(
                passed.flat_map(|piece| piece.to.into_iter().map(move |next| (to, next, piece.message.clone()))),
            );
        }
        assert_eq!(wholes, [1, 1, 0, 1, 1, 1, 1], "the leader has it anyway");
    }

    #[test]
    fn a_piece_is_sent_on_once_a_view_and_taken_from_nobody_else() {
        let block = block(300);
        let mut mine = pieces(&block, 5).into_iter().filter(|piece| piece.message.shard.index == 1);
        let message = mine.next().unwrap().message;
        let mut shards = Shards::default();
        let unplanned = |taken: Result<Taken, Refused>| matches!(taken, Err(Refused::Unplanned { index: 1, .. }));
        assert!(unplanned(shards.take(turn(5, 1), 3, message.clone(), false)), "neither the leader nor its own");
        let mut wrong = message.clone();
        wrong.shard.bytes[0] ^= 1;
        let refused = shards.take(turn(5, 1), LEADER, wrong, true).err().unwrap();
        assert!(!refused.is_leaders() && refused.to_string().contains("does not belong"), "{refused}");
        let taken = shards.take(turn(5, 1), LEADER, message.clone(), true).unwrap();
        assert_eq!((taken.pass_on.unwrap().to, taken.whole.is_none()), (vec![0, 3, 4, 5, 6], true));
        let again = shards.take(turn(5, 1), LEADER, message.clone(), true).unwrap();
        assert!(again.pass_on.is_none() && shards.sets.is_empty(), "of a block that is here nothing is kept");
        for view in 6..6 + 2 * MAX_PASSED as u64 {
            let message = ShardMessage { view: View(view), ..message.clone() };
            assert!(shards.take(turn(view, 1), LEADER, message, true).unwrap().pass_on.is_some());
        }
        assert_eq!(shards.passed.len(), MAX_PASSED);
    }

    #[test]
    fn own_proposals_are_remembered_within_a_bound() {
        let mut shards = Shards::default();
        for number in 0..3 * MAX_PROPOSED {
            shards.propose(tenon_types::blake2b_256(&number.to_le_bytes()), turn(number as u64, LEADER));
        }
        assert_eq!(shards.proposed.len(), MAX_PROPOSED);
    }
}
