//! What a node does for its replica: writes, sends, makes and checks blocks, and makes blocks final.

use super::{MAX_CONSIDERED, Node, Out, Stop};
use crate::block::{Block, Wire};
use crate::chain::Verdict;
use crate::disk::{Entry, Proof};
use crate::ledger::Packed;
use crate::oracle::Note;
use std::rc::Rc;
use tenon_core::consensus::bbft::{
    Action, Candidate, Certificate, Event, Input as Answer, Message, Record, Replica, Saved, Statement, ValidatorIndex,
};
use tenon_core::pool::Included;

impl Node {
    pub(super) fn perform(&mut self, action: Action) -> Result<(), Stop> {
        match action {
            Action::Persist(saved) => return self.persist(saved),
            Action::Send { to, message } => self.send_all(&to, message),
            Action::Build { view, parent, empty } => {
                self.building = Some((view, parent, empty));
                self.try_build();
            }
            Action::Validate(candidate) => {
                self.waiting = Some(candidate);
                self.validate_waiting();
            }
            Action::Fetch(place) => self.fetch(place),
            Action::Commit { candidate, certificate } => {
                self.pending = Some((candidate, certificate));
                return self.try_commit();
            }
            Action::EpochEnded => self.ended = true,
            Action::SetTimer { at_ms } => {
                self.timer_at = Some(at_ms);
                self.out.push(Out::Timer(at_ms));
            }
            Action::Report(evidence) => {
                let (epoch, view) = (self.plan.epoch, evidence.first.statement.view);
                if let Some(offender) = self.plan.member(evidence.first.signer) {
                    self.out.push(Out::Note(Note::Report { offender, epoch, view }));
                }
            }
            Action::Conflict { held, found } => {
                let text = format!("{held:?} and {found:?} in epoch {}", self.plan.epoch);
                self.out.push(Out::Note(Note::Conflict { text }));
            }
        }
        Ok(())
    }

    fn append(&mut self, entry: Entry) -> Result<(), Stop> {
        self.disk.append(entry).map_err(Stop::Disk)
    }

    fn sync_disk(&mut self) -> Result<(), Stop> {
        if self.params.careless {
            return Ok(());
        }
        self.disk.sync().map_err(Stop::Disk)
    }

    /// Writes the safety record. Who cannot vote in the epoch writes none: it would look like one that never voted.
    fn persist(&mut self, saved: Saved) -> Result<(), Stop> {
        if self.me.is_none() {
            return Ok(());
        }
        self.log_candidate(&saved.record)?;
        self.append(Entry::Record { bytes: saved.record.to_bytes(), certificates: saved.certificates })?;
        self.point()?;
        self.sync_disk()?;
        let before = self.last_record.replace(saved.record);
        self.out.push(Out::Note(Note::Record { before, after: saved.record }));
        self.point()
    }

    /// Who notarizes a block has it on disk, in the same sync as the vote.
    fn log_candidate(&mut self, record: &Record) -> Result<(), Stop> {
        let digest = record.max_n.digest;
        let block = self.chain.get(&digest).filter(|_| !self.chain.is_final(&digest)).cloned();
        match block {
            Some(block) if self.chain.log(&digest) => self.append(Entry::Block(block)),
            _ => Ok(()),
        }
    }

    fn send_all(&mut self, to: &[ValidatorIndex], message: Message) {
        let epoch = self.plan.epoch;
        let mut block = None;
        let mut said: Option<Statement> = None;
        match &message {
            Message::Proposal(proposal) => {
                let place = proposal.candidate.place;
                block = self.chain.get(&place.digest).cloned();
                if block.is_none() {
                    return;
                }
                let leads = self.me == Some(self.plan.schedule.leader(place.view));
                said = leads.then(|| Statement::notarize(place.view, place.digest));
            }
            Message::Vote(vote) if self.me == Some(vote.signer) => said = Some(vote.statement),
            Message::Partial(partial) => {
                let mine = self.me.is_some_and(|me| partial.signers.contains(me));
                said = mine.then_some(partial.statement);
            }
            _ => {}
        }
        if let Some(statement) = said {
            self.out.push(Out::Note(Note::Said { epoch, statement }));
        }
        let wire = Rc::new(Wire::Consensus { epoch, message, block });
        for index in to {
            if let Some(to) = self.plan.member(*index) {
                self.out.push(Out::Send { to, wire: Rc::clone(&wire) });
            }
        }
    }

    /// Makes the block that the replica asked for once what it is built upon is here: to give up at once would ask nobody
    /// for it, and validators who each lack another ancestor would never go on.
    pub(super) fn try_build(&mut self) {
        let Some((view, parent, empty)) = self.building else { return };
        if self.replica.machine().record().cur != view {
            self.building = None;
            return;
        }
        if let Verdict::Missing(digest) = self.chain.execute(&self.params, &self.plan, &parent.place.digest) {
            return self.want(digest);
        }
        self.building = None;
        let ready: Vec<Rc<Packed>> = if empty {
            Vec::new()
        } else {
            let best = self.pool.best().take(MAX_CONSIDERED);
            best.filter_map(|checked| Packed::from_pool(checked).map(Rc::new)).collect()
        };
        let salt = self.random.next();
        let built = self.chain.build(&self.params, &self.plan, (view, parent, salt), ready.into_iter());
        let answer = match built {
            Some(block) => Answer::Built(block.candidate()),
            None => Answer::BuildFailed { view },
        };
        self.out.push(Out::Answer(answer));
    }

    /// Makes the block that the replica committed final, with its ancestors, once all of them are here.
    pub(super) fn try_commit(&mut self) -> Result<(), Stop> {
        let Some((candidate, certificate)) = self.pending.clone() else { return Ok(()) };
        let digest = candidate.place.digest;
        if self.chain.is_final(&digest) {
            self.pending = None;
            return Ok(());
        }
        match self.chain.execute(&self.params, &self.plan, &digest) {
            Verdict::Missing(missing) => {
                self.want(missing);
                return Ok(());
            }
            Verdict::Invalid => {
                let text = format!("{certificate:?} finalizes a block that is not valid");
                self.out.push(Out::Note(Note::Conflict { text }));
                return Ok(());
            }
            Verdict::Valid(_) => {}
        }
        let Ok(blocks) = self.chain.path_to(&digest) else { return Ok(()) };
        let proof = Proof { descendants: self.descendants(&certificate, candidate), certificate };
        self.append(Entry::Final { blocks: blocks.clone(), proof: proof.clone() })?;
        self.pending = None;
        self.last_final_ms = self.now_ms;
        self.proofs.insert(self.plan.epoch, proof);
        self.adopt(&blocks);
        Ok(())
    }

    /// The blocks above the epoch's last one, up to the one that its certificate names.
    fn descendants(&self, certificate: &Certificate, candidate: Candidate) -> Vec<Rc<Block>> {
        let mut above = Vec::new();
        let mut digest = certificate.statement.digest;
        while digest != candidate.place.digest {
            let Some(block) = self.chain.get(&digest).filter(|block| block.body.height > candidate.height) else {
                break;
            };
            above.push(Rc::clone(block));
            digest = block.body.parent.digest;
        }
        above.reverse();
        above
    }

    fn adopt(&mut self, blocks: &[Rc<Block>]) {
        for block in blocks {
            let Some(found) = self.chain.finalize(block) else { continue };
            let (state, total) = (found.state.hash(), found.state.total());
            let included: Vec<Included> = block.body.transactions.iter().map(|packed| included(packed)).collect();
            self.pool.on_block(&included, u32::try_from(block.body.height).unwrap_or(u32::MAX));
            self.out.push(Out::Note(Note::Final { block: Rc::clone(block), state, total }));
        }
        self.chain.prune(&self.plan);
    }

    /// Writes that the node takes part in an epoch, which stands for a record without votes.
    pub(super) fn log_epoch_if_new(&mut self) -> Result<(), Stop> {
        let logged = self.disk.entries().iter().rev().find_map(|entry| match entry {
            Entry::Epoch(epoch) => Some(*epoch),
            _ => None,
        });
        if logged == Some(self.plan.epoch) {
            return Ok(());
        }
        self.append(Entry::Epoch(self.plan.epoch))?;
        self.point()?;
        self.sync_disk()
    }

    /// Begins the next epoch once the last one's blocks are all final here.
    pub(super) fn enter_next_if_ended(&mut self) -> Result<(), Stop> {
        while self.ended && self.pending.is_none() {
            let last = self.chain.head();
            let plan = self.plan.after(&self.params, &last.block, &last.state);
            self.me = plan.index_of(self.identity);
            let replica = Replica::new(plan.setup(&self.params, self.me), None);
            let plan = std::mem::replace(&mut self.plan, plan);
            let old = std::mem::replace(&mut self.replica, replica);
            self.earlier = super::add(self.earlier, old.refusals());
            self.previous = Some((plan, old));
            self.ended = false;
            self.waiting = None;
            self.building = None;
            self.timer_at = None;
            self.fetching.clear();
            self.wanted.clear();
            self.chain.prune(&self.plan);
            self.out.push(Out::Note(Note::Epoch(self.plan.epoch)));
            self.log_epoch_if_new()?;
            self.feed(Event::Start)?;
        }
        Ok(())
    }
}

fn included(packed: &Packed) -> Included {
    Included { sender: packed.sender(), nonce: packed.transaction.nonce, hash: packed.hash }
}
