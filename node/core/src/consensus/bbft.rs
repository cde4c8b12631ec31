//! BBFT: the side chain's consensus. Final blocks by votes of weighted validators, safe while less than a third of the
//! weight is faulty, whatever the network does.
//!
//! ```text
//! machine    one epoch's state machine: what to vote for, when to go on, what is final; no clock, no signatures
//! record     what a validator must never forget, and the conditions under which it votes
//! held       certificates and candidates above the last final block
//! schedule   who leads which view, who the super-nodes are
//! timing     how long each timer is
//! ```
//!
//! The safety rules are those of a propose, notarize, finalize or nullify protocol in views; the super-nodes only carry
//! votes, so that none of them can hurt safety. `docs/src/consensus.md` has the protocol and the argument. Here is no
//! I/O, and nothing that executes blocks: a candidate's validity is asked of the driver.

#[cfg(test)]
mod explore;
mod held;
mod machine;
mod record;
mod schedule;
mod timing;
mod types;

pub use machine::{
    Effect, EpochRules, Input, MAX_BACKOFF, MAX_UNFINALIZED_VIEWS, MAX_VIEWS_AHEAD, Machine, Saved, Timer,
};
pub use record::{Record, RecordError};
pub use schedule::{LATENCY_FLOOR_MS, ROUNDS, Schedule, Standing, choose_supers};
pub use timing::Timing;
pub use types::{
    Candidate, Certificate, Epoch, MAX_VALIDATORS, Phase, Place, SIGNATURE_BYTES, Signature, Signers, Statement,
    ValidatorIndex, View, quorum_weight,
};
