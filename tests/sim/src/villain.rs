//! Validators that lie. Beneath each runs an honest node, so that it always knows what the others are about; what it
//! sends is dropped, changed or answered by more, as its habits have it.
//!
//! A habit may use the validator's own key and everything that it ever received, and nothing else.

mod habit;
mod lies;

pub(crate) use habit::Habit;

use crate::block::{Block, Wire};
use crate::epoch::{Params, Plan};
use crate::faults::{Fault, Tally};
use crate::random::Random;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use tenon_core::consensus::bbft::{Epoch, Message, Phase, Scheme, Signature, Statement, ValidatorIndex, signed_bytes};

/// Messages that are remembered to be sent again.
const MAX_REMEMBERED: usize = 64;
/// Statements that were signed because they were heard of.
const MAX_SIGNED: usize = 4_096;
/// How long somebody who is silent now and then is so.
const SILENCE_MS: u64 = 1_500;

/// A validator that lies.
pub(crate) struct Villain {
    pub(crate) identity: u8,
    pub(crate) habits: Vec<Habit>,
    random: Random,
    remembered: VecDeque<Rc<Wire>>,
    signed: BTreeSet<(Epoch, Statement)>,
}

/// What a villain knows of the moment.
pub(crate) struct Moment<'a> {
    pub(crate) params: &'a Params,
    pub(crate) plan: &'a Plan,
    pub(crate) now_ms: u64,
    pub(crate) tally: &'a mut Tally,
}

/// Messages, each with who it is for.
pub(crate) type Mail = Vec<(u8, Rc<Wire>)>;

impl Villain {
    pub(crate) fn new(identity: u8, habits: Vec<Habit>, random: Random) -> Self {
        Self { identity, habits, random, remembered: VecDeque::new(), signed: BTreeSet::new() }
    }

    fn has(&self, habit: Habit) -> bool {
        self.habits.contains(&habit)
    }

    /// What becomes of what its node sends.
    pub(crate) fn twist(&mut self, mail: Mail, moment: &mut Moment) -> Mail {
        let mut sent = Mail::new();
        for (to, wire) in mail {
            let quiet = self.has(Habit::Silent) && (moment.now_ms / SILENCE_MS).is_multiple_of(2);
            let certificates = matches!(&*wire, Wire::Consensus { message: Message::Certificates(_), .. });
            if quiet {
                moment.tally.count(Fault::Silence);
            } else if certificates && self.has(Habit::Withhold) {
                moment.tally.count(Fault::Withheld);
            } else {
                self.pass_on(to, wire, moment, &mut sent);
            }
        }
        sent
    }

    fn pass_on(&mut self, to: u8, wire: Rc<Wire>, moment: &mut Moment, sent: &mut Mail) {
        let changed = match &*wire {
            Wire::Consensus { epoch, message: Message::Proposal(proposal), block: Some(block) } => {
                let mine = moment.plan.index_of(self.identity) == Some(moment.plan.schedule.leader(block.body.view));
                let current = *epoch == moment.plan.epoch && mine;
                if current { self.other_proposal(to, proposal, block, moment) } else { None }
            }
            Wire::Consensus { epoch, message: Message::Vote(vote), .. } => {
                let second = self.has(Habit::DoubleVote) && self.random.chance(500);
                second.then(|| self.second_vote(*epoch, vote, moment)).flatten()
            }
            Wire::Consensus { epoch, message: Message::Partial(partial), .. } => {
                let lie = self.has(Habit::FalseSum) && self.random.chance(500);
                lie.then(|| self.false_sum(*epoch, partial, moment))
            }
            Wire::Final { epoch, blocks, certificate } if self.has(Habit::FalseSync) => {
                Some(self.false_sync(*epoch, blocks, certificate, moment))
            }
            Wire::Block(block) if self.has(Habit::FalseSync) => {
                moment.tally.count(Fault::FalseSync);
                Some(Wire::Block(Rc::new(self.other_block(block, None))))
            }
            _ => None,
        };
        let both = matches!(&*wire, Wire::Consensus { message: Message::Vote(_), .. });
        match changed {
            Some(other) => {
                sent.push((to, Rc::new(other)));
                if both && self.random.chance(500) {
                    sent.push((to, wire));
                }
            }
            None => sent.push((to, wire)),
        }
    }

    /// What it sends because of something that it received.
    pub(crate) fn react(&mut self, wire: &Rc<Wire>, moment: &mut Moment) -> Mail {
        if self.remembered.len() >= MAX_REMEMBERED {
            self.remembered.pop_front();
        }
        self.remembered.push_back(Rc::clone(wire));
        let mut sent = Mail::new();
        if self.has(Habit::SignAll) {
            self.sign_all(wire, moment, &mut sent);
        }
        if self.has(Habit::Replay) && self.random.chance(150) {
            let at = self.random.index(self.remembered.len());
            if let Some(old) = self.remembered.get(at).cloned() {
                moment.tally.count(Fault::Replay);
                sent.push((self.somebody(moment), old));
            }
        }
        if self.has(Habit::Garbage) && self.random.chance(150) {
            self.send_garbage(wire, moment, &mut sent);
        }
        if self.has(Habit::Forge) && self.random.chance(100) {
            self.forge(wire, moment, &mut sent);
        }
        if self.has(Habit::Accuse) && self.random.chance(100) {
            self.accuse(wire, moment, &mut sent);
        }
        sent
    }

    fn somebody(&mut self, moment: &Moment) -> u8 {
        self.random.pick(&moment.plan.members).unwrap_or(0)
    }

    /// Somebody else's index, or a villain's own where there is nobody else.
    fn other_index(&mut self, moment: &Moment) -> ValidatorIndex {
        let index = self.random.index(moment.plan.members.len());
        ValidatorIndex::try_from(index).unwrap_or(0)
    }

    fn sign(&self, epoch: Epoch, statement: &Statement, moment: &Moment) -> Option<Signature> {
        let me = moment.plan.index_of(self.identity).filter(|_| epoch == moment.plan.epoch)?;
        let keys = moment.plan.keys(moment.params, Some(me));
        Some(keys.sign(&signed_bytes(moment.params.chain(), epoch, statement)))
    }

    /// Signs whatever it hears of, and sends each word to some.
    fn sign_all(&mut self, wire: &Wire, moment: &mut Moment, sent: &mut Mail) {
        let Some((epoch, statement)) = spoken_of(wire).filter(|(epoch, _)| *epoch == moment.plan.epoch) else { return };
        let (view, digest) = (statement.view, statement.digest);
        let mut words = vec![Statement::nullify(view)];
        if statement.phase != Phase::Nullify {
            words.extend([Statement::notarize(view, digest), Statement::finalize(view, digest)]);
        }
        for word in words.into_iter().filter(Statement::is_well_formed) {
            if self.signed.len() >= MAX_SIGNED {
                self.signed.pop_first();
            }
            if !self.signed.insert((epoch, word)) {
                continue;
            }
            let Some(signature) = self.sign(epoch, &word, moment) else { return };
            let Some(signer) = moment.plan.index_of(self.identity) else { return };
            moment.tally.count(Fault::SignedAll);
            let vote = tenon_core::consensus::bbft::Vote { statement: word, signer, signature };
            let wire = Rc::new(Wire::Consensus { epoch, message: Message::Vote(vote), block: None });
            for to in moment.plan.members.clone() {
                if self.random.chance(700) {
                    sent.push((to, Rc::clone(&wire)));
                }
            }
        }
    }
}

/// The statement that a message is about.
fn spoken_of(wire: &Wire) -> Option<(Epoch, Statement)> {
    let Wire::Consensus { epoch, message, .. } = wire else { return None };
    let statement = match message {
        Message::Proposal(proposal) => {
            Statement::notarize(proposal.candidate.place.view, proposal.candidate.place.digest)
        }
        Message::Vote(vote) => vote.statement,
        Message::Partial(partial) => partial.statement,
        Message::Certificates(list) => list.last()?.statement,
        _ => return None,
    };
    Some((*epoch, statement))
}

/// A block that says something else.
fn sealed(block: &Block, change: impl FnOnce(&mut crate::block::Body)) -> Block {
    let mut body = block.body.clone();
    change(&mut body);
    Block::new(body)
}
