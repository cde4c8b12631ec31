//! Who sends which piece to whom.
//!
//! ```text
//! upon making a block     the leader sends piece i to validator i, and its own piece to everybody
//! upon one's own piece    from the leader: send it to everybody but the leader
//! ```
//!
//! Of n validators, f of whom may be faulty (n > 3f), any f + 1 pieces suffice. So each sends about three times the
//! block, the leader as much as everybody else, and a block arrives although f validators and half of the other pieces
//! are lost. Pieces that f liars make up are too few to be rebuilt.

use super::{Code, ShardError};
use crate::consensus::bbft::ValidatorIndex;

/// Who sends which piece of one leader's block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShardPlan {
    validators: u16,
    leader: ValidatorIndex,
    code: Code,
}

impl ShardPlan {
    /// The plan for a leader among so many validators.
    ///
    /// # Errors
    /// [`ShardError::Code`] for a single validator and for more than there can be, [`ShardError::Index`] for a leader
    /// who is none of them.
    pub fn new(validators: u16, leader: ValidatorIndex) -> Result<Self, ShardError> {
        let faulty = validators.saturating_sub(1) / 3;
        let code = Code::new(faulty.saturating_add(1), validators)?;
        if leader >= validators {
            return Err(ShardError::Index { found: leader, total: validators });
        }
        Ok(Self { validators, leader, code })
    }

    /// How the block is cut.
    pub fn code(&self) -> Code {
        self.code
    }

    /// To whom the leader sends a piece: its own to everybody.
    pub fn first_receivers(&self, index: u16) -> Vec<ValidatorIndex> {
        if index == self.leader { self.others(index) } else { vec![index] }
    }

    /// To whom a validator sends its own piece, once it has it.
    pub fn next_receivers(&self, me: ValidatorIndex) -> Vec<ValidatorIndex> {
        if me == self.leader { Vec::new() } else { self.others(me) }
    }

    fn others(&self, me: ValidatorIndex) -> Vec<ValidatorIndex> {
        (0..self.validators).filter(|other| *other != me && *other != self.leader).collect()
    }

    /// Whether a piece may come from a sender to a receiver by this plan: its own, or the receiver's from the leader.
    pub fn allows(&self, sender: ValidatorIndex, receiver: ValidatorIndex, index: u16) -> bool {
        let (sends, receives) = (sender < self.validators, receiver < self.validators && receiver != self.leader);
        let is_own = index == sender || (sender == self.leader && index == receiver);
        sends && receives && sender != receiver && is_own
    }
}
