//! What an engine takes and gives.

use super::bbft::{Candidate, Certificate, Epoch, Message, ValidatorIndex};
use parity_scale_codec::{Decode, Encode};
use tenon_types::{Address, Evidence, Hash, Header, Seal, Validator};

/// A block that came from elsewhere, as consensus sees it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Received {
    /// What its header says of its place.
    pub candidate: Candidate,
    /// Who made it, as its header says.
    pub producer: Address,
    /// What its header says of the votes.
    pub seal: Seal,
    /// Its time in milliseconds since 1970-01-01 UTC.
    pub time_ms: u64,
    /// Whether it has no transactions.
    pub empty: bool,
}

/// Why a block is final.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Finality {
    /// Finalizes the last descendant, or the block itself if there is none.
    pub certificate: Certificate,
    /// The hashes of the block's child, the child's child and so on.
    pub descendants: Vec<Hash>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The node has started, or the timer is due.
    Tick,
    /// The pool changed.
    PoolChanged {
        /// Whether it holds transactions that can be included.
        has_ready: bool,
    },
    /// The block that the engine asked for was made and executed. It is pending: nobody else has seen it.
    Built {
        /// Its hash.
        hash: Hash,
    },
    /// The block that the engine asked for could not be made.
    BuildFailed,
    /// A block was checked against the chain's rules.
    Validated {
        /// Which.
        hash: Hash,
        /// Whether it follows them.
        valid: bool,
    },
    /// A pending block was made the head and announced as such.
    Adopted {
        /// Its hash.
        hash: Hash,
        /// Transactions in it.
        transactions: usize,
        /// Whether the pool still holds transactions that can be included.
        has_ready: bool,
        /// After the last block of an epoch, the validators of the next one; absent if nobody was elected.
        elected: Option<Vec<Validator>>,
    },
    /// Somebody asks for a block now.
    MakeBlock,
    /// A validator of an epoch, whom the network has authenticated, sent something. What a proposal says of its
    /// candidate is what its block's header says, and the block was [`Input::Received`] before.
    Message {
        /// Of which epoch.
        epoch: Epoch,
        /// Who, by the index in that epoch's set.
        from: ValidatorIndex,
        /// What.
        message: Message,
    },
    /// A block came with a proposal, or because it was wanted. Its body fits its header; nobody has executed it.
    Received(Box<Received>),
    /// The head and all below it were made final by others, which was checked, and are the chain of this node now: they
    /// are in the store, or will be before anything that is persisted later. No block that ends an epoch is left out.
    Synced {
        /// The head.
        head: Candidate,
        /// Its time in milliseconds since 1970-01-01 UTC.
        time_ms: u64,
        /// Why it is final.
        finality: Finality,
        /// As in [`Input::Adopted`].
        elected: Option<Vec<Validator>>,
    },
}

/// What an engine decides about a block that is to be made. Everything else follows from its parent and the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPlan {
    /// The block on which it stands: the head, or a pending one.
    pub parent: Hash,
    /// Its time, to be raised above the parent's if need be.
    pub time_ms: u64,
    /// Who makes it, leads it and receives the tips.
    pub producer: Address,
    /// Who voted for the parent; see [`tenon_types::Seal::parent_signers`].
    pub parent_signers: Vec<u8>,
    /// The view that it is proposed in; see [`tenon_types::Seal::view`].
    pub view: u64,
    /// The view of its parent; see [`tenon_types::Seal::parent_view`].
    pub parent_view: u64,
    /// Whose views failed since the parent; see [`tenon_types::Seal::missed`].
    pub missed: Vec<Address>,
    /// Faults that were proven since; see [`tenon_types::Seal::evidence`].
    pub evidence: Vec<Evidence>,
    /// Whether it must have no transactions.
    pub empty: bool,
}

impl Received {
    /// What consensus sees of a block; absent if its header has no info.
    pub fn of(header: &Header) -> Option<Self> {
        let info = header.info()?;
        Some(Self {
            candidate: Candidate::of(header, &info.seal),
            producer: info.producer,
            seal: info.seal,
            time_ms: info.time_ms,
            empty: header.extrinsics_root == Hash::ZERO,
        })
    }
}

/// What is to be done. Whoever performs it does not go on after an effect that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make a block. Answered by [`Input::Built`] or [`Input::BuildFailed`], in the order in which blocks were asked for.
    Build(BlockPlan),
    /// Check a block that is pending or was received, and have it pending then. It stands on the head or on a pending
    /// block. Answered by [`Input::Validated`].
    Validate {
        /// Which.
        hash: Hash,
    },
    /// Write this, synced, in place of what was written last, together with every block that is not final yet.
    Persist {
        /// What the engine must never forget.
        bytes: Vec<u8>,
    },
    /// Make a pending block, which stands on the head, the head. Answered by [`Input::Adopted`].
    Adopt {
        /// Which.
        hash: Hash,
    },
    /// Drop a pending or received block: it becomes no part of the chain. Its transactions are in the pool still.
    Discard {
        /// Which.
        hash: Hash,
    },
    /// Make a block final, which is the head or below it.
    Finalize {
        /// Which.
        hash: Hash,
        /// Why it is; absent if a later block's proof is its own, or if nobody votes.
        finality: Option<Finality>,
    },
    /// Send to validators of an epoch. With a proposal goes its block.
    Send {
        /// Of which epoch.
        epoch: Epoch,
        /// To whom, by the index in that epoch's set.
        to: Vec<ValidatorIndex>,
        /// What.
        message: Message,
    },
    /// Get a block from others. Answered by [`Input::Received`] when it is here; it may never come.
    Want {
        /// Which.
        hash: Hash,
    },
    /// Give [`Input::Tick`] at a time. A new one replaces the last.
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

/// A consensus engine.
pub trait Engine: Send {
    /// Pending blocks that were persisted and that the engine goes on from, each after its parent. The driver has them
    /// executed before the first input.
    fn awaited(&self) -> Vec<Hash>;

    /// Takes an input at a time and returns what is to be done, in order.
    ///
    /// `now_ms` is the wall clock; it may jump either way, which delays nothing by more than an engine's own interval.
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect>;
}
