//! Consensus engines: what decides when a block is made and which one is final.
//!
//! ```text
//! upon receiving an input at a time, an engine returns effects in order; the driver performs them in that order
//! the driver keeps one timer: a new one replaces the last, and gives `Tick` when it is due
//! ```
//!
//! An engine has no clock, network or disk. A new one is a folder beside `dev`, and a name in the node's settings.

pub mod bbft;
mod clock;
mod committee;
mod dev;
mod engine;
mod finality;
mod participant;
pub mod tensority;

pub use committee::{Committee, CommitteeError, CommitteeSetup, Seat};
pub use dev::{DevEngine, DevMode, MAX_REQUESTS, MAX_UNFINALIZED};
pub use engine::{BlockPlan, Effect, Engine, Finality, Input, Received};
pub use finality::FINALITY_GAP_MS;
pub use participant::{
    EvidenceError, LastFinal, MAX_FAULTS_KEPT, MAX_OPEN, MAX_WANTED, Part, Participant, ParticipantError,
    ParticipantSetup, ParticipantStatus, SealError, Supers,
};
