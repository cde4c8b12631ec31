//! Proof of work: a chain whose blocks anybody may make who finds a nonce, and a committee that makes them final.
//!
//! ```text
//! block      cheap checks -> work, once a header -> kept in the tree -> executed where its branch weighs most -> head
//! fork       most total work, first seen among equals; never across a final block; uncles count for nothing
//! orphan     its ancestors are asked for; few are kept, of one peer fewer
//! final      without a committee: what lies deeper than the window; with one: what it says
//! mining     a template on each new head, and anew when the pool changed; a nonce found is checked as anybody's block
//! shares     easier hashes over the same templates, by which a pool pays many small miners
//! committee  votes by BBFT on ballots, each naming a block that lies sigma deep and extends the last ballot's
//! ```
//!
//! Like every engine this has no clock, disk, network or hash function of its own: a work's hash takes 20 to 100 ms, so
//! that it is asked for, as executing is. The arithmetic of targets is [`tenon_types::work`].

mod chain;
mod desk;
mod error;
mod facts;
mod finalizer;
mod orphans;
mod rules;
mod saved;
mod shares;
mod tree;

#[cfg(test)]
mod tests;

pub use chain::{
    Effect, Input, MAX_CHECKING, MAX_CHECKING_OF_PEER, MAX_WANTED, Peer, TemplatePlan, WorkChain, WorkSetup, WorkStatus,
};
pub use desk::{
    MAX_NONCES, MAX_NONCES_CHECKING, MAX_TEMPLATES, NonceFound, NonceRefused, NonceTaken, RANGE, REFRESH_MS, RENEW_MS,
    WorkUnit,
};
pub use error::{Refusal, SealError, StartError};
pub use facts::{Facts, MAX_HEADER_BYTES, Past, WORK_ID, WorkSeal, check_shared, sealed, set_nonce, unsealed};
pub use finalizer::{Ballot, Finalizer, FinalizerEffect, FinalizerInput, FinalizerSetup, MAX_BALLOTS, WorkFinality};
pub use orphans::{MAX_ORPHANS, MAX_ORPHANS_OF_PEER};
pub use rules::{CommitteeRules, MAX_EPOCH, MAX_WINDOW, RulesError, WorkRules};
pub use shares::{MAX_EASIER, MAX_SHARES, MAX_WON, PoolRules, SharePool};
pub use tree::{MAX_INVALID, MAX_NODES};
