//! Machines with one rule broken, which exploration must catch: a check that never fails would show nothing.

use super::{Machine, Place, Record, View};

/// A rule that is broken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Flaw {
    /// Finalizes a view that it nullified.
    FinalizeAfterNullify,
    /// Notarizes without the nullification of the views between a candidate and its parent.
    IgnoreGaps,
    /// Notarizes two candidates in one view.
    NotarizeTwice,
    /// Does not write down which view it nullified, and finalizes it after a restart.
    LoseNullified,
}

impl Machine {
    /// Breaks a rule.
    pub(crate) fn with_flaw(mut self, flaw: Option<Flaw>) -> Self {
        self.flaw = flaw;
        self
    }

    pub(super) fn gaps_matter(&self) -> bool {
        self.flaw != Some(Flaw::IgnoreGaps)
    }

    pub(super) fn notarizes_twice(&self) -> bool {
        self.flaw == Some(Flaw::NotarizeTwice)
    }

    pub(super) fn finalizes_nullified(&self, place: Place) -> bool {
        let unaware = Record { max_x: View(0), ..self.record };
        self.flaw == Some(Flaw::FinalizeAfterNullify) && unaware.may_finalize(place)
    }

    pub(super) fn persisted(&self) -> Record {
        match self.flaw {
            Some(Flaw::LoseNullified) => Record { max_x: View(0), ..self.record },
            _ => self.record,
        }
    }
}
