//! Who voted too late for a certificate. A header names them too: else whoever is far from the others looks as if down.
//!
//! ```text
//! vote       upon an F vote from below that came after C_F: as soon as all below have voted, and at the latest d/2 after
//!            it, the next leader is sent C_F with these votes in it, unless it has proposed
//! wider      upon a certificate of what is certified here, by who leads next: its signers are noted, if they are right
//! block      the leader names everybody who is known to it to have voted for the parent
//! ```
//!
//! Nothing is decided by it, and it costs at most a message of each super-node and relay a block.

use super::{Action, Certificate, Message, Replica, Signers, Statement};
use crate::consensus::bbft::{Phase, Place};

impl Replica {
    /// Adds to the signers of a block's certificate everybody else who is known here to have voted for it.
    pub fn add_voters(&mut self, place: Place, signers: &mut Signers) {
        let known = self.known_voters(place);
        signers.extend(&known);
        let digest = place.digest;
        for statement in [Statement::finalize(place.view, digest), Statement::notarize(place.view, digest)] {
            if let Some((more, _)) = self.collector.sum_beyond(&statement, signers) {
                signers.extend(&more);
            }
        }
    }

    /// The signers of all certificates of a block that were checked here.
    fn known_voters(&self, place: Place) -> Signers {
        let mut voters = Signers::none(usize::from(self.overlay.validators()));
        self.certificates_of(place).iter().for_each(|certificate| voters.extend(&certificate.signers));
        let wider = self.wider.as_ref().filter(|(statement, _)| names(statement, place));
        wider.into_iter().for_each(|(_, signers)| voters.extend(signers));
        voters
    }

    /// The certificates that are held of a block.
    fn certificates_of(&self, place: Place) -> Vec<Certificate> {
        let mut held = self.machine.certificates(place.view, place.view, 3);
        held.extend(self.last_final.clone());
        held.retain(|certificate| names(&certificate.statement, place));
        held
    }

    /// Tells the next leader of votes from below that came after their certificate: at once if all below have voted, or if
    /// it is time, and else when it is.
    pub(super) fn pass_late_on(&mut self, statement: Statement, due: bool, actions: &mut Vec<Action>) {
        let Some(me) = self.me.filter(|me| self.overlay.adds_up(*me)) else { return };
        let leader = self.machine.rules().schedule.leader(self.view);
        let proposed = self.proposals.contains_key(&self.view);
        if statement.phase != Phase::Finalize || leader == me || proposed {
            return;
        }
        let place = Place { view: statement.view, digest: statement.digest };
        let held = self.certificates_of(place).into_iter().find(|certificate| certificate.statement == statement);
        let Some(certificate) = held else { return };
        let (_, subtree) = self.below(statement.view);
        let mut heard = self.collector.heard(&statement, &subtree);
        heard.extend(&certificate.signers);
        if !due && !heard.is_superset(&subtree) {
            let at_ms = self.now_ms.saturating_add((self.half_delay_ms() / 2).max(1));
            let waits = self.late.is_some_and(|(waiting, _)| waiting == statement);
            self.late = self.late.filter(|_| waits).or(Some((statement, at_ms)));
            return;
        }
        self.late = None;
        if let Some(wide) = self.collector.widen(&certificate) {
            self.send(vec![leader], Message::Certificates(vec![wide]), actions);
        }
    }

    /// Notes who else signed what is final here, if this node leads next. Returns whether they did, as far as it matters.
    pub(super) fn take_wider(&mut self, certificate: &Certificate) -> bool {
        let Certificate { statement, signers, .. } = certificate;
        let leads = self.me == Some(self.machine.rules().schedule.leader(self.view));
        if !leads || statement.phase != Phase::Finalize {
            return true;
        }
        let place = Place { view: statement.view, digest: statement.digest };
        if self.certificates_of(place).iter().all(|held| held.statement != *statement) {
            return true;
        }
        let mut known = self.known_voters(place);
        if known.is_superset(signers) {
            return true;
        }
        if !self.collector.verify(certificate) {
            return false;
        }
        known.extend(signers);
        self.wider = Some((*statement, known));
        true
    }
}

fn names(statement: &Statement, place: Place) -> bool {
    statement.view == place.view && statement.digest == place.digest
}
