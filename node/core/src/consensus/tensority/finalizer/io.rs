//! What a finalizer takes and gives.

use super::{Ballot, WorkFinality};
use crate::consensus::bbft::{Message, ValidatorIndex};
use tenon_types::Hash;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinalizerInput {
    /// The node has started, or the timer is due.
    Tick,
    /// The chain that this node follows has changed.
    Chain,
    /// A validator, whom the network has authenticated, sent something.
    Message {
        /// Who.
        from: ValidatorIndex,
        /// What.
        message: Message,
        /// The ballot of a proposal.
        ballot: Option<Box<Ballot>>,
    },
    /// A ballot that was asked for, or that came by itself.
    Ballot(Ballot),
    /// Somebody, whoever they are, says why a block is final.
    Finality(Box<WorkFinality>),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinalizerEffect {
    /// Write this, synced, in place of what was written last. What follows rests on it.
    Persist {
        /// What must never be forgotten.
        bytes: Vec<u8>,
    },
    /// Send to validators.
    Send {
        /// To whom.
        to: Vec<ValidatorIndex>,
        /// What.
        message: Message,
        /// The ballot of a proposal.
        ballot: Option<Box<Ballot>>,
    },
    /// Ask validators for a ballot.
    Want {
        /// Its hash.
        hash: Hash,
    },
    /// Give the chain [`super::super::Input::Prefer`].
    Prefer {
        /// Which block.
        hash: Hash,
    },
    /// Give the chain [`super::super::Input::Final`], and tell everybody.
    Final(Box<WorkFinality>),
    /// Give [`FinalizerInput::Tick`] at a time. A new one replaces the last.
    SetTimer {
        /// When.
        at_ms: u64,
    },
    /// Stop and tell people: nothing that follows could be trusted.
    Halt {
        /// What was found.
        reason: String,
    },
}
