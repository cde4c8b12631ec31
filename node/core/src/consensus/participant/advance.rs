//! How blocks go on: checked, built upon, committed.

use super::blocks::{NoPath, State};
use super::faults::Fault;
use super::judge::{Judge, SealError};
use super::{Commit, MAX_WANTED, Participant, Request};
use crate::consensus::bbft::{Candidate, Input as Answer, Phase, View};
use crate::consensus::{BlockPlan, Effect, Finality};
use std::collections::BTreeSet;
use tenon_types::{Address, Hash};

/// How often a final block is checked again that the driver refused: a clock that is behind refuses what is of now.
const MAX_REFUSED: u32 = 60;
/// The time between.
const REFUSED_AGAIN_MS: u64 = 1_000;
/// The least time after which somebody is asked again for a block.
const MIN_WANT_AGAIN_MS: u64 = 100;

/// How far the way to a block is.
enum Way {
    /// A block is missing or being checked.
    Waits,
    /// All of it was executed.
    Whole(Vec<Hash>),
    /// This block on it breaks the rules.
    Refused(Hash),
    /// There is none.
    Off,
}

impl Participant {
    /// Looks again at all that waits for blocks.
    pub(super) fn reconsider(&mut self) {
        self.try_commit();
        self.try_judge();
        self.try_build();
    }

    /// Asks others for a block, again after a time, and for no more than so many.
    pub(super) fn want(&mut self, hash: Hash) {
        let now_ms = self.clock.now_ms();
        let may = match self.wanted.get(&hash) {
            Some(due_ms) => *due_ms <= now_ms,
            None => self.wanted.len() < MAX_WANTED,
        };
        if may {
            let wait_ms = self.rules.timing.delay_ms.max(MIN_WANT_AGAIN_MS);
            self.wanted.insert(hash, now_ms.saturating_add(wait_ms));
            self.effects.push(Effect::Want { hash });
        }
    }

    /// Has the blocks up to one executed, oldest first.
    fn way(&mut self, target: Hash) -> Way {
        let path = match self.blocks.path(target, &self.saved.head()) {
            Ok(path) => path,
            Err(NoPath::Off) => return Way::Off,
            Err(NoPath::Missing(hash)) => {
                self.want(hash);
                return Way::Waits;
            }
        };
        let mut whole = true;
        for hash in &path {
            let Some(open) = self.blocks.get_mut(hash) else { return Way::Off };
            match open.state {
                State::Pending => {}
                State::Refused => return Way::Refused(*hash),
                State::Asked => whole = false,
                State::Received => {
                    open.state = State::Asked;
                    whole = false;
                    self.effects.push(Effect::Validate { hash: *hash });
                }
            }
        }
        if whole { Way::Whole(path) } else { Way::Waits }
    }

    /// What the blocks from the head to one report, as far as they are here.
    fn reported(&self, target: Hash) -> BTreeSet<Fault> {
        let path = self.blocks.path(target, &self.saved.head()).unwrap_or_default();
        let open = path.iter().filter_map(|hash| self.blocks.get(hash));
        let evidence = open.flat_map(|open| &open.block.seal.evidence);
        evidence.map(|evidence| (evidence.epoch, evidence.offender)).collect()
    }

    // A proposal.

    pub(super) fn try_judge(&mut self) {
        let Some(candidate) = self.judging else { return };
        let hash = candidate.place.digest;
        if candidate.height <= self.saved.head().height {
            // It is final, or beside what is.
            self.judging = None;
            return;
        }
        let valid = match self.blocks.path(hash, &self.saved.head()) {
            Err(NoPath::Missing(missing)) => return self.want(missing),
            Err(NoPath::Off) => false,
            Ok(_) => match self.judge(&candidate) {
                Err(error) => {
                    self.counts.false_seals = self.counts.false_seals.saturating_add(1);
                    self.counts.last_false_seal = Some(error);
                    false
                }
                Ok(false) => false,
                Ok(true) => match self.way(hash) {
                    Way::Waits => return,
                    Way::Whole(_) => true,
                    Way::Refused(_) | Way::Off => false,
                },
            },
        };
        self.judging = None;
        self.answer(Answer::Validated { place: candidate.place, valid });
    }

    /// Whether a block is what was proposed, and its header says of the votes what all know.
    fn judge(&self, candidate: &Candidate) -> Result<bool, SealError> {
        let Some(open) = self.blocks.get(&candidate.place.digest) else { return Ok(false) };
        if open.block.candidate != *candidate {
            return Ok(false);
        }
        let judge = Judge {
            chain: self.rules.chain,
            epoch: self.rules.epoch_of(candidate.height),
            term: &self.term,
            previous: self.past.as_ref().map(|past| &past.term),
            reported: self.reported(candidate.parent.digest),
        };
        judge.check(&open.block).map(|()| true)
    }

    // A block of this node.

    pub(super) fn try_build(&mut self) {
        let Some((view, parent, empty)) = self.building else { return };
        let cur = self.replica.as_ref().map(|replica| replica.machine().record().cur);
        if cur != Some(view) {
            self.building = None;
            return;
        }
        match self.way(parent.place.digest) {
            Way::Waits => {}
            Way::Refused(_) | Way::Off => {
                self.building = None;
                self.answer(Answer::BuildFailed { view });
            }
            Way::Whole(_) => {
                self.building = None;
                match self.plan(view, &parent, empty) {
                    Some(plan) => {
                        self.requests.push_back(Some(Request { view, parent, plan: plan.clone() }));
                        self.effects.push(Effect::Build(plan));
                    }
                    None => self.answer(Answer::BuildFailed { view }),
                }
            }
        }
    }

    /// What this leader decides about a block; absent without the certificate of its parent.
    fn plan(&mut self, view: View, parent: &Candidate, empty: bool) -> Option<BlockPlan> {
        let signers = self.signers_of(parent);
        if parent.place.view > View(0) && signers.is_empty() {
            return None;
        }
        let evidence = if empty { Vec::new() } else { self.faults.for_block(&self.reported(parent.place.digest)) };
        Some(BlockPlan {
            parent: parent.place.digest,
            time_ms: self.clock.wall_ms(),
            producer: self.own_account()?,
            parent_signers: signers,
            view: view.0,
            parent_view: parent.place.view.0,
            missed: self.term.missed(parent.place.view, view),
            evidence,
            empty,
        })
    }

    fn own_account(&self) -> Option<Address> {
        self.term.account(self.term.seat?)
    }

    /// Who signed the best certificate of a block that is held: one that makes it final, or else the one that notarizes
    /// it; and everybody else of whom a vote for it came. Nobody signed the block on which an epoch begins.
    fn signers_of(&mut self, parent: &Candidate) -> Vec<u8> {
        let view = parent.place.view;
        if view == View(0) {
            return Vec::new();
        }
        let machine = self.replica.as_ref().map(|replica| replica.machine());
        let held = machine.map(|machine| machine.certificates(view, view, 3)).unwrap_or_default();
        let of = |phase| held.iter().find(|certificate| certificate.statement.phase == phase);
        let committed = self.saved.committed.as_ref();
        let last = committed.filter(|(candidate, _)| candidate == parent).map(|(_, certificate)| certificate);
        let best = of(Phase::Finalize).or(last).or_else(|| of(Phase::Notarize));
        let Some(mut signers) = best.map(|certificate| certificate.signers.clone()) else { return Vec::new() };
        if let Some(replica) = &mut self.replica {
            replica.add_voters(parent.place, &mut signers);
        }
        signers.as_bytes().to_vec()
    }

    // What is final.

    pub(super) fn try_commit(&mut self) {
        let (head, now_ms) = (self.saved.head(), self.clock.now_ms());
        let Some(commit) = &self.commit else { return };
        if commit.candidate.height <= head.height {
            self.commit = None;
            return;
        }
        if commit.again_ms.is_some_and(|at_ms| at_ms > now_ms) {
            return;
        }
        let (candidate, target) = (commit.candidate, commit.certificate.statement.digest);
        match self.way(target) {
            Way::Waits => {}
            Way::Off => self.halt(format!("found {candidate:?} final, expected a descendant of {head:?}")),
            Way::Refused(hash) => self.commit_later(hash),
            Way::Whole(path) => {
                if let Some(commit) = self.commit.take() {
                    self.adopt(&path, commit);
                }
            }
        }
    }

    /// Checks a final block once more in a while.
    fn commit_later(&mut self, refused: Hash) {
        let now_ms = self.clock.now_ms();
        let Some(commit) = &mut self.commit else { return };
        commit.refused = commit.refused.saturating_add(1);
        commit.again_ms = Some(now_ms.saturating_add(REFUSED_AGAIN_MS));
        let (certificate, count) = (commit.certificate.clone(), commit.refused);
        if count > MAX_REFUSED {
            return self.halt(format!(
                "found {certificate:?} over block {refused}, which breaks the rules here, expected a valid block: this \
                 node's program, state or clock differs from the others'"
            ));
        }
        if let Some(open) = self.blocks.get_mut(&refused) {
            open.state = State::Received;
        }
    }

    /// Makes the blocks of a path the chain, up to the one that is final; those beyond are a part of its proof.
    fn adopt(&mut self, path: &[Hash], commit: Commit) {
        let Commit { candidate, certificate, .. } = commit;
        let open: Vec<_> = path.iter().filter_map(|hash| self.blocks.remove(hash)).collect();
        let (line, beyond): (Vec<_>, Vec<_>) =
            open.into_iter().map(|open| open.block).partition(|block| block.candidate.height <= candidate.height);
        let descendants: Vec<Hash> = beyond.iter().map(|block| block.candidate.place.digest).collect();
        self.saved.beyond.extend(beyond.into_iter().map(|block| block.candidate));
        self.saved.commit(candidate, certificate.clone());
        self.unsaved = true;
        self.fetching.retain(|place| place.view > candidate.place.view);
        for block in line {
            let place = block.candidate.place;
            let failed = place.view.0.saturating_sub(block.candidate.parent.view.next().0);
            self.counts.failed_views = self.counts.failed_views.saturating_add(failed);
            self.saved.head_ms = block.time_ms;
            self.faults.adopted(&block.seal.evidence);
            let own = self.rules.keys.public();
            if let Some(found) = block.seal.evidence.iter().find(|evidence| Some(evidence.offender) == own) {
                self.halt_as_twin(crate::consensus::bbft::Epoch(found.epoch), View(found.view));
            }
            // The certificate of the newest is the proof of all.
            let finality = (place == candidate.place)
                .then(|| Finality { certificate: certificate.clone(), descendants: descendants.clone() });
            for old in self.saved.adopt(place.digest, finality.clone()) {
                self.discard(old);
            }
            self.announce(place.digest, finality);
        }
        for hash in self.blocks.prune(&candidate) {
            self.discard(hash);
        }
    }

    pub(super) fn announce(&mut self, hash: Hash, finality: Option<Finality>) {
        self.effects.push(Effect::Adopt { hash });
        self.unfinalized.announce(self.clock.now_ms(), hash, finality);
    }
}
