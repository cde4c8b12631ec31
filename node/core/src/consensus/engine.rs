//! What an engine takes and gives.

use tenon_types::Hash;

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
    /// The block that the engine asked for was executed, made the head and announced as such.
    BlockExecuted {
        /// Its hash.
        hash: Hash,
        /// Transactions in it.
        transactions: usize,
        /// Whether the pool still holds transactions that can be included.
        has_ready: bool,
    },
    /// The block that the engine asked for could not be made.
    BuildFailed,
    /// Somebody asks for a block now.
    MakeBlock,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make a block on the head. Answered by [`Input::BlockExecuted`] or [`Input::BuildFailed`] before the next one.
    BuildBlock {
        /// Its time, to be raised above the parent's if need be.
        time_ms: u64,
    },
    /// Make a block final.
    Finalize {
        /// Which.
        hash: Hash,
    },
    /// Give [`Input::Tick`] at a time.
    SetTimer {
        /// When.
        at_ms: u64,
    },
}

/// A consensus engine.
pub trait Engine: Send {
    /// Takes an input at a time and returns what is to be done, in order.
    ///
    /// `now_ms` is the wall clock; it may jump either way, which delays nothing by more than an engine's own interval.
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect>;
}
