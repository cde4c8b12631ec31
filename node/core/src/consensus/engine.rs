//! What an engine takes and gives.

use tenon_types::{Address, Hash};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    },
    /// Somebody asks for a block now.
    MakeBlock,
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
    /// Who signed the parent's certificate; see [`tenon_types::Seal::parent_signers`].
    pub parent_signers: Vec<u8>,
    /// Whose views failed since the parent; see [`tenon_types::Seal::missed`].
    pub missed: Vec<Address>,
    /// Whether it must have no transactions.
    pub empty: bool,
}

/// What is to be done. Whoever performs it does not go on after an effect that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make a block. Answered by [`Input::Built`] or [`Input::BuildFailed`], in the order in which blocks were asked for.
    Build(BlockPlan),
    /// Check a pending block. Answered by [`Input::Validated`].
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
    /// Drop a pending block: it becomes no part of the chain. Its transactions are in the pool still.
    Discard {
        /// Which.
        hash: Hash,
    },
    /// Make a block final, which is the head or below it.
    Finalize {
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
