//! A block of the simulated chain, and what is sent between nodes.

use crate::ledger::Packed;
use parity_scale_codec::Encode;
use std::rc::Rc;
use tenon_core::consensus::bbft::{Candidate, Certificate, Epoch, Message, Place, View};
use tenon_types::{Hash, blake2b_256};

/// Transactions of a block.
pub(crate) const MAX_BLOCK_TRANSACTIONS: usize = 16;

/// What a block consists of, before its digest is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Body {
    pub(crate) epoch: Epoch,
    pub(crate) view: View,
    pub(crate) parent: Place,
    pub(crate) height: u64,
    pub(crate) transactions: Vec<Rc<Packed>>,
    /// The hash of the state after it.
    pub(crate) state: Hash,
    /// In the last block of an epoch, the hash of the next one's validators.
    pub(crate) next_set: Option<Hash>,
    /// What tells blocks of one view apart.
    pub(crate) salt: u64,
}

/// A block with its digest, which binds everything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Block {
    pub(crate) body: Body,
    pub(crate) digest: Hash,
}

impl Block {
    pub(crate) fn new(body: Body) -> Self {
        let mut bytes = Vec::with_capacity(160);
        (body.epoch, body.view, body.parent, body.height).encode_to(&mut bytes);
        (body.state, body.next_set, body.salt).encode_to(&mut bytes);
        body.transactions.iter().for_each(|packed| packed.hash.encode_to(&mut bytes));
        Self { body, digest: blake2b_256(&bytes) }
    }

    pub(crate) fn place(&self) -> Place {
        Place { view: self.body.view, digest: self.digest }
    }

    pub(crate) fn candidate(&self) -> Candidate {
        Candidate { place: self.place(), parent: self.body.parent, height: self.body.height }
    }

    /// The block as the start of the epoch after its own.
    pub(crate) fn as_start(&self) -> Candidate {
        let nothing = Place { view: View(0), digest: Hash::ZERO };
        let place = Place { view: View(0), digest: self.digest };
        Candidate { place, parent: nothing, height: self.body.height }
    }
}

/// What is sent between nodes. The sender is known to who receives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wire {
    /// A message of an epoch's validators; with a proposal, its block.
    Consensus { epoch: Epoch, message: Message, block: Option<Rc<Block>> },
    /// Asks for a block.
    Want(Hash),
    /// A block that was asked for.
    Block(Rc<Block>),
    /// Asks for final blocks of an epoch above a height.
    Behind { epoch: Epoch, height: u64 },
    /// Final blocks of an epoch and what proves the last of them.
    Final { epoch: Epoch, blocks: Vec<Rc<Block>>, certificate: Certificate },
    /// A client's transaction.
    Transaction(Rc<Packed>),
}

impl Wire {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Consensus { message, .. } => message.kind(),
            Self::Want(_) => "want",
            Self::Block(_) => "block",
            Self::Behind { .. } => "behind",
            Self::Final { .. } => "final",
            Self::Transaction(_) => "transaction",
        }
    }

    /// The view, epoch or height that it speaks of, for a trace.
    pub(crate) fn number(&self) -> u64 {
        match self {
            Self::Consensus { message, .. } => match message {
                Message::Proposal(proposal) => proposal.candidate.place.view.0,
                Message::Vote(vote) => vote.statement.view.0,
                Message::Partial(partial) => partial.statement.view.0,
                Message::Certificates(list) => list.first().map_or(0, |first| first.statement.view.0),
                Message::Request { first, .. } => first.0,
                Message::Ask { view } => view.0,
                Message::Evidence(evidence) => evidence.first.statement.view.0,
            },
            Self::Want(_) => 0,
            Self::Block(block) => block.body.height,
            Self::Behind { height, .. } => *height,
            Self::Final { epoch, .. } => epoch.0,
            Self::Transaction(packed) => u64::from(packed.transaction.nonce),
        }
    }
}
