//! What the engine takes and gives.

use crate::consensus::tensority::desk::{NonceFound, NonceRefused, NonceTaken};
use crate::consensus::tensority::{Facts, Refusal, WorkSeal};
use tenon_types::{Address, Amount, Hash, Header};

/// Another node, by whatever number the driver gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub u64);

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The node has started, or the timer is due.
    Tick,
    /// A block is here. Its body fits its header; nothing else was checked.
    Block {
        /// Its header.
        facts: Facts,
        /// Who sent it; absent if nobody did.
        from: Option<Peer>,
    },
    /// The hash of a work that was asked for.
    WorkChecked {
        /// Over which header hash.
        hash: Hash,
        /// What it is.
        digest: Hash,
    },
    /// A block was executed on its parent.
    Executed {
        /// Which.
        hash: Hash,
        /// Whether it breaks no rule of the chain.
        valid: bool,
    },
    /// The committee made a block final, which was checked.
    Final {
        /// Which.
        hash: Hash,
        /// Its height.
        height: u64,
    },
    /// The committee may make this block final next: branches without it are not followed.
    Prefer {
        /// Which.
        hash: Hash,
    },
    /// From now on this node makes blocks for somebody, or none.
    Produce {
        /// For whom.
        producer: Option<Address>,
    },
    /// The pool of transactions changed.
    PoolChanged,
    /// A template was made as asked for: a block with a nonce of zero, executed.
    TemplateMade {
        /// Which.
        id: u64,
        /// Its header.
        header: Box<Header>,
        /// Bytes of the whole block.
        bytes: u64,
    },
    /// A template cannot be made.
    TemplateFailed {
        /// Which.
        id: u64,
    },
    /// Somebody found a nonce.
    Nonce(NonceFound),
    /// A block that was mined together is final, and this is what it earned.
    Reward {
        /// Which.
        hash: Hash,
        /// How much.
        amount: Amount,
    },
}

/// A block that is to be made and executed. Everything else follows from its parent and the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplatePlan {
    /// Its number.
    pub id: u64,
    /// The head, on which it stands.
    pub parent: Hash,
    /// Its time, to be raised above the parent's if need be.
    pub time_ms: u64,
    /// Who is paid.
    pub producer: Address,
    /// What its header says of its work, with a nonce of zero.
    pub seal: WorkSeal,
    /// Whether it must have no transactions.
    pub empty: bool,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make the hash of a work. Answered by [`Input::WorkChecked`], in whatever order.
    CheckWork {
        /// The header's hash.
        hash: Hash,
        /// The seed.
        seed: Hash,
    },
    /// Execute a block, whose parent was executed or is in the store. Answered by [`Input::Executed`].
    Execute {
        /// Which.
        hash: Hash,
    },
    /// Write this, synced, in place of what was written last, with the bodies of all blocks above the store's last one.
    Persist {
        /// What spares asking and checking again.
        bytes: Vec<u8>,
    },
    /// Take blocks of the chain back and put others on, in one step: their transactions go to the pool and out of it. Blocks
    /// that were taken back are kept until they are discarded.
    NewHead {
        /// Taken back, newest first.
        retracted: Vec<Hash>,
        /// Put on, oldest first; the last is the head. Never empty.
        adopted: Vec<Hash>,
    },
    /// Tell others of the head.
    Publish {
        /// Which.
        hash: Hash,
    },
    /// Make a block of the chain final: write it to the store.
    Finalize {
        /// Which.
        hash: Hash,
    },
    /// Drop a block: it becomes no part of the chain.
    Discard {
        /// Which.
        hash: Hash,
    },
    /// Get blocks: those from the last one of the locator that the other has up to this one, or this one alone.
    Want {
        /// Which.
        hash: Hash,
        /// Whom to ask first.
        from: Option<Peer>,
        /// What is here, newest first.
        locator: Vec<Hash>,
    },
    /// A block was refused.
    Refused {
        /// Which.
        hash: Hash,
        /// Who sent it.
        from: Option<Peer>,
        /// Why; [`Refusal::is_fault`] says whether whoever sent it is to blame.
        reason: Refusal,
    },
    /// Make a block to mine on. Answered by [`Input::TemplateMade`] or [`Input::TemplateFailed`].
    MakeTemplate(TemplatePlan),
    /// Drop a template and what executing it gave.
    DropTemplate {
        /// Which.
        id: u64,
    },
    /// Make a block of a template: nothing but its nonce and so its hash are new.
    Seal {
        /// Which template.
        id: u64,
        /// The nonce.
        nonce: u64,
        /// The block's hash.
        hash: Hash,
    },
    /// Tell who found a nonce what became of it.
    Answer {
        /// The number that came with it.
        request: u64,
        /// What became of it.
        answer: Result<NonceTaken, NonceRefused>,
    },
    /// A block that was mined together is final: say what it earned with [`Input::Reward`].
    Won {
        /// Which.
        hash: Hash,
    },
    /// Pay miners what they earned together.
    Pay {
        /// For which block.
        hash: Hash,
        /// Whom, and how much.
        payments: Vec<(Address, Amount)>,
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
