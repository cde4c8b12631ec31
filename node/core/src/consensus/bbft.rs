//! BBFT: the side chain's consensus. Final blocks by votes of weighted validators, safe while less than a third of the
//! weight is faulty, whatever the network does.
//!
//! ```text
//! machine    one epoch's state machine: what to vote for, when to go on, what is final; no clock, no signatures
//! record     what a validator must never forget, and the conditions under which it votes
//! held       certificates and candidates above the last final block
//! validators the set of an epoch          schedule   who leads, who the super-nodes are
//! signed     the bytes that votes sign    collector  votes and sums into certificates, evidence
//! overlay    the way of votes             message    what is sent
//! replica    all of it together, in time  timing     how long each timer is
//! bls        signatures that add up       light      who follows by one certificate an epoch
//! ```
//!
//! The safety rules are those of a propose, notarize, finalize or nullify protocol in views; the super-nodes only carry
//! votes, so that none of them can hurt safety. `docs/src/consensus.md` has the protocol and the argument. Here is no
//! I/O, and nothing that executes blocks: a candidate's validity is asked of the driver.

mod bls;
mod collector;
#[cfg(test)]
mod explore;
mod held;
mod light;
mod machine;
mod message;
mod overlay;
mod record;
mod replica;
mod schedule;
mod signed;
#[cfg(test)]
pub(crate) mod testing;
mod timing;
mod types;
mod validators;

pub use bls::{BlsScheme, BlsSchemeError};
pub use collector::{Collected, Collector, Evidence, MAX_FAULTS, MAX_ROUNDS, Partial, Rejected, Vote, contradict};
pub use light::{
    Checkpoint, EpochProof, FinalHeader, FinalityProof, HeaderProof, LightClient, LightError, LightProof, LightRules,
    MAX_DESCENDANTS, MAX_LIGHT_CLIENT_BYTES, MAX_PROOF_BYTES,
};
pub use machine::{
    Effect, EpochRules, Input, MAX_BACKOFF, MAX_UNFINALIZED_VIEWS, MAX_VIEWS_AHEAD, Machine, Saved, Timer,
};
pub use message::{MAX_CERTIFICATES, Message, Proposal};
pub use overlay::Overlay;
pub use record::{Record, RecordError};
pub use replica::{Action, Event, Refusals, Replica, Restored, Setup};
pub use schedule::{LATENCY_FLOOR_MS, ROUNDS, Schedule, Standing, choose_supers};
pub use signed::{SIGNED_BYTES, Scheme, signed_bytes};
pub use tenon_types::{MAX_VALIDATORS, Validator};
pub use timing::Timing;
pub use types::{
    Candidate, Certificate, Epoch, Phase, Place, SIGNATURE_BYTES, Signature, Signers, Statement, ValidatorIndex, View,
    quorum_weight,
};
pub use validators::{KEY_BYTES, ValidatorSet, ValidatorsError};
