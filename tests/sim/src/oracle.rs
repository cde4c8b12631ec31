//! The invariants: what must be so at every step, whatever the network, the disks and the faulty do.
//!
//! ```text
//! one chain      no two final blocks at a height, the same state at the same height, balances conserved
//! once           no transaction in two final blocks
//! no guilt       nobody honest says two things that contradict each other, and nobody convicts them
//! records        what is persisted never takes back what was; nothing is said that is not on disk
//! no conflict    no two certificates contradict each other
//! ```

use crate::block::Block;
use std::collections::BTreeMap;
use std::rc::Rc;
use tenon_core::consensus::bbft::{Epoch, Phase, Record, Statement, View};
use tenon_types::Hash;

/// What a node did, for the invariants.
pub(crate) enum Note {
    /// A block is final here.
    Final { block: Rc<Block>, state: Hash, total: u64 },
    /// A safety record is certain to be on disk.
    Record { before: Option<Record>, after: Record },
    /// Its own word goes out.
    Said { epoch: Epoch, statement: Statement },
    /// It convicts somebody.
    Report { offender: u8, epoch: Epoch, view: View },
    /// It found a contradiction between certificates.
    Conflict { text: String },
    /// Something that is always so of a node is not.
    Broken { text: String },
    /// It entered an epoch.
    Epoch(Epoch),
}

/// What a participant is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Follows the protocol; may crash and lose what is not synced.
    Honest,
    /// Does whatever it likes.
    Faulty,
    /// Follows the protocol on two nodes at once.
    Twin,
}

/// What a participant said of a view.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Said {
    notarized: Option<Hash>,
    nullified: bool,
    finalized: Option<Hash>,
}

/// Watches all nodes.
pub(crate) struct Oracle {
    roles: Vec<Role>,
    total: u64,
    /// The final blocks by height, with the states after them.
    finals: Vec<(Hash, Hash)>,
    /// The height of each final transaction.
    included: BTreeMap<Hash, u64>,
    said: Vec<BTreeMap<(Epoch, View), Said>>,
    pub(crate) convicted: u64,
    pub(crate) epoch: Epoch,
    pub(crate) violation: Option<String>,
}

impl Oracle {
    pub(crate) fn new(roles: Vec<Role>, genesis: (Hash, Hash), total: u64) -> Self {
        let said = roles.iter().map(|_| BTreeMap::new()).collect();
        Self {
            roles,
            total,
            finals: vec![genesis],
            included: BTreeMap::new(),
            said,
            convicted: 0,
            epoch: Epoch(0),
            violation: None,
        }
    }

    pub(crate) fn role(&self, identity: u8) -> Role {
        self.roles.get(usize::from(identity)).copied().unwrap_or(Role::Faulty)
    }

    /// The greatest height that is final anywhere.
    pub(crate) fn height(&self) -> u64 {
        (self.finals.len() as u64).saturating_sub(1)
    }

    /// How many transactions are final.
    pub(crate) fn included(&self) -> &BTreeMap<Hash, u64> {
        &self.included
    }

    pub(crate) fn violate(&mut self, text: String) {
        self.violation.get_or_insert(text);
    }

    /// Takes note of what a node did. What a faulty one does, breaks nothing.
    pub(crate) fn take(&mut self, identity: u8, note: &Note) {
        let role = self.role(identity);
        if role == Role::Faulty {
            return;
        }
        match note {
            Note::Final { block, state, total } => self.on_final(identity, block, *state, *total),
            Note::Record { before, after } => {
                if let Some(before) = before.filter(|before| !before.may_become(after)) {
                    self.violate(format!("the record of {identity} fell from {before:?} to {after:?}"));
                }
                if role == Role::Honest {
                    self.on_record(identity, after);
                }
            }
            Note::Said { epoch, statement } if role == Role::Honest => self.on_said(identity, *epoch, statement),
            Note::Said { .. } => {}
            Note::Report { offender, epoch, view } => {
                self.convicted += 1;
                if self.role(*offender) == Role::Honest {
                    self.violate(format!("{identity} convicts honest {offender} of epoch {epoch}, view {view}"));
                }
            }
            Note::Conflict { text } => self.violate(format!("{identity} holds {text}")),
            Note::Broken { text } => self.violate(format!("{identity} has {text}")),
            Note::Epoch(epoch) => self.epoch = self.epoch.max(*epoch),
        }
    }

    fn on_final(&mut self, identity: u8, block: &Block, state: Hash, total: u64) {
        let height = block.body.height;
        if total != self.total || state != block.body.state {
            self.violate(format!("{identity} has coin of {total} at height {height}, expected {}", self.total));
        }
        let known = usize::try_from(height).ok().and_then(|height| self.finals.get(height)).copied();
        match known {
            Some(known) if known == (block.digest, state) => {}
            Some((digest, _)) => {
                let found = block.digest;
                self.violate(format!("{identity} has block {found} final at height {height}, others {digest}"));
            }
            None if height == self.height() + 1 => {
                self.finals.push((block.digest, state));
                for packed in &block.body.transactions {
                    if let Some(first) = self.included.insert(packed.hash, height) {
                        self.violate(format!("transaction {} is final at heights {first} and {height}", packed.hash));
                    }
                }
            }
            None => self.violate(format!("{identity} went from height {} to {height}", self.height())),
        }
    }

    /// Takes in what a record says was said.
    pub(crate) fn on_record(&mut self, identity: u8, record: &Record) {
        let mut statements = Vec::with_capacity(3);
        if record.max_n.view > View(0) {
            statements.push(Statement::notarize(record.max_n.view, record.max_n.digest));
        }
        if record.max_x > View(0) {
            statements.push(Statement::nullify(record.max_x));
        }
        if record.max_f.view > View(0) {
            statements.push(Statement::finalize(record.max_f.view, record.max_f.digest));
        }
        for statement in statements {
            let Some(said) = self.said.get_mut(usize::from(identity)) else { return };
            let said = said.entry((record.epoch, statement.view)).or_default();
            let digest = Some(statement.digest);
            let contradicts = match statement.phase {
                Phase::Notarize => said.notarized.replace(statement.digest).is_some_and(|old| Some(old) != digest),
                Phase::Nullify => std::mem::replace(&mut said.nullified, true) && said.finalized.is_some(),
                Phase::Finalize => {
                    let changed = said.finalized.replace(statement.digest).is_some_and(|old| Some(old) != digest);
                    changed || said.nullified
                }
            } || (said.nullified && said.finalized.is_some());
            if contradicts {
                self.violate(format!(
                    "honest {identity} contradicts itself by {statement:?} in epoch {}",
                    record.epoch
                ));
            }
        }
    }

    fn on_said(&mut self, identity: u8, epoch: Epoch, statement: &Statement) {
        let said = self.said.get(usize::from(identity)).and_then(|said| said.get(&(epoch, statement.view)));
        let said = said.copied().unwrap_or_default();
        let covered = match statement.phase {
            Phase::Notarize => said.notarized == Some(statement.digest),
            Phase::Nullify => said.nullified,
            Phase::Finalize => said.finalized == Some(statement.digest),
        };
        if !covered {
            self.violate(format!("{identity} sends {statement:?} in epoch {epoch}, which is not on its disk"));
        }
    }

    /// Checks a chain at the end: all that was ever final up to its height is in it, once.
    pub(crate) fn check_chain<'a>(&mut self, identity: u8, height: u64, blocks: impl Iterator<Item = &'a Rc<Block>>) {
        let mut found: BTreeMap<Hash, u64> = BTreeMap::new();
        for block in blocks {
            for packed in &block.body.transactions {
                if found.insert(packed.hash, block.body.height).is_some() {
                    self.violate(format!("the chain of {identity} has {} twice", packed.hash));
                }
            }
        }
        let missing = self.included.iter().find(|(hash, at)| **at <= height && found.get(*hash) != Some(*at));
        if let Some((hash, at)) = missing {
            let text = format!("the chain of {identity} lacks {hash}, which was final at height {at}");
            self.violate(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_core::consensus::bbft::Place;

    fn oracle() -> Oracle {
        let roles = vec![Role::Honest, Role::Faulty, Role::Twin];
        Oracle::new(roles, (Hash([1; 32]), Hash([2; 32])), 10)
    }

    fn place(view: u64, digest: u8) -> Place {
        Place { view: View(view), digest: Hash([digest; 32]) }
    }

    fn violation(notes: Vec<(u8, Note)>) -> Option<String> {
        let mut oracle = oracle();
        notes.iter().for_each(|(identity, note)| oracle.take(*identity, note));
        oracle.violation
    }

    fn record(max_n: Place, max_x: u64, max_f: Place) -> Note {
        let after = Record { cur: View(9), max_n, max_x: View(max_x), max_f, ..Record::new(Epoch(0)) };
        Note::Record { before: None, after }
    }

    #[test]
    fn notices_who_contradicts_themselves_in_any_order() {
        let none = place(0, 0);
        let honest = |notes: Vec<Note>| violation(notes.into_iter().map(|note| (0, note)).collect());
        assert!(honest(vec![record(place(5, 1), 0, none), record(place(5, 2), 0, none)]).is_some());
        assert!(honest(vec![record(none, 5, none), record(none, 6, place(5, 1))]).is_some());
        assert!(honest(vec![record(none, 0, place(5, 1)), record(none, 5, none)]).is_some());
        assert!(honest(vec![record(none, 0, place(5, 1)), record(none, 0, place(5, 2))]).is_some());
        assert_eq!(honest(vec![record(place(5, 1), 5, none), record(place(6, 2), 5, place(6, 2))]), None);
    }

    #[test]
    fn notices_words_that_are_not_on_disk_records_that_fall_and_wrong_convictions() {
        let statement = Statement::nullify(View(5));
        let said = || Note::Said { epoch: Epoch(0), statement };
        assert!(violation(vec![(0, said())]).is_some());
        assert_eq!(violation(vec![(0, record(place(0, 0), 5, place(0, 0))), (0, said())]), None);
        assert_eq!(violation(vec![(1, said()), (2, said())]), None, "of who is faulty nothing is known");
        let (high, low) = (Record { cur: View(5), ..Record::new(Epoch(0)) }, Record::new(Epoch(0)));
        assert!(violation(vec![(0, Note::Record { before: Some(high), after: low })]).is_some());
        let report = |offender| Note::Report { offender, epoch: Epoch(0), view: View(1) };
        assert!(violation(vec![(0, report(0))]).is_some());
        assert_eq!(violation(vec![(0, report(1)), (0, report(2))]), None);
    }

    #[test]
    fn notices_two_blocks_at_a_height_gaps_lost_coin_and_a_transaction_twice() {
        use crate::block::Body;
        use crate::ledger::{Deed, Packed, Transaction};
        let packed = Rc::new(Packed::new(Transaction::signed(1, 0, 0, Deed::Transfer { to: 1, amount: 1 })));
        let block = |height, salt, with: bool| {
            let transactions = if with { vec![Rc::clone(&packed)] } else { Vec::new() };
            let (epoch, view, parent, state) = (Epoch(0), View(height), place(0, 0), Hash([3; 32]));
            let body = Body { epoch, view, parent, height, transactions, state, next_set: None, salt };
            Rc::new(Block::new(body))
        };
        let last = |block, total| Note::Final { block, state: Hash([3; 32]), total };
        assert_eq!(violation(vec![(0, last(block(1, 0, true), 10)), (2, last(block(1, 0, true), 10))]), None);
        assert!(violation(vec![(0, last(block(1, 0, true), 10)), (2, last(block(1, 1, true), 10))]).is_some());
        assert!(violation(vec![(0, last(block(2, 0, true), 10))]).is_some());
        assert!(violation(vec![(0, last(block(1, 0, true), 9))]).is_some());
        assert!(violation(vec![(0, last(block(1, 0, true), 10)), (0, last(block(2, 0, true), 10))]).is_some());
        let mut oracle = oracle();
        oracle.take(0, &last(block(1, 0, true), 10));
        oracle.check_chain(0, 1, [block(1, 0, true)].iter());
        assert_eq!(oracle.violation, None);
        oracle.check_chain(0, 1, [block(1, 0, false)].iter());
        assert!(oracle.violation.is_some());
    }
}
