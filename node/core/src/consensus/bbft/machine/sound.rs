//! The rules that exploration breaks on purpose, as they are.
//!
//! Tests compile `flaw` instead, which breaks one of them when asked to. Nothing but tests can.

use super::{Machine, Place, Record};

impl Machine {
    /// Whether a proposal must show that every view between it and its parent is nullified.
    #[expect(clippy::unused_self, reason = "its other form, in tests, depends on the machine")]
    pub(super) const fn gaps_matter(&self) -> bool {
        true
    }

    /// Whether a second candidate of a view may be notarized.
    #[expect(clippy::unused_self, reason = "its other form, in tests, depends on the machine")]
    pub(super) const fn notarizes_twice(&self) -> bool {
        false
    }

    /// Whether a view that was nullified may be finalized.
    #[expect(clippy::unused_self, reason = "its other form, in tests, depends on the machine")]
    pub(super) const fn finalizes_nullified(&self, _: Place) -> bool {
        false
    }

    /// The record as it is written.
    pub(super) const fn persisted(&self) -> Record {
        self.record
    }
}
