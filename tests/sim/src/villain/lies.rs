//! The messages that a faulty validator makes: second proposals and votes, false sums, forged certificates, garbage.

use super::{Habit, Mail, Moment, Villain, sealed, spoken_of};
use crate::block::{Block, Wire};
use crate::faults::Fault;
use crate::ledger::{Deed, Packed, Transaction};
use parity_scale_codec::{DecodeAll, Encode};
use std::rc::Rc;
use tenon_core::consensus::bbft::{
    Certificate, Epoch, Evidence, Message, Partial, Phase, Proposal, SIGNATURE_BYTES, Signature, Signers, Statement,
    Vote,
};
use tenon_types::Hash;

/// Bytes of a message that are read at most.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

impl Villain {
    /// Another proposal of one's own view, for some of those to whom the true one goes.
    pub(super) fn other_proposal(
        &mut self,
        to: u8,
        proposal: &Proposal,
        block: &Rc<Block>,
        moment: &mut Moment,
    ) -> Option<Wire> {
        let other = if self.has(Habit::Equivocate) && !to.is_multiple_of(2) {
            moment.tally.count(Fault::Equivocation);
            // Each of the others gets the same, so that it may well be notarized.
            sealed(block, |body| body.salt = !body.salt)
        } else if self.has(Habit::Invalid) && !block.body.view.0.is_multiple_of(3) {
            moment.tally.count(Fault::InvalidBlock);
            self.other_block(block, Some(moment))
        } else {
            return None;
        };
        let statement = Statement::notarize(other.body.view, other.digest);
        let signature = self.sign(moment.plan.epoch, &statement, moment)?;
        let proposal =
            Proposal { candidate: other.candidate(), signature, justification: proposal.justification.clone() };
        let message = Message::Proposal(Box::new(proposal));
        Some(Wire::Consensus { epoch: moment.plan.epoch, message, block: Some(Rc::new(other)) })
    }

    /// A block that is not valid where this one is.
    pub(super) fn other_block(&mut self, block: &Block, moment: Option<&Moment>) -> Block {
        let kind = block.body.view.0 % 6;
        let epoch_end = moment.map_or(0, |moment| moment.plan.last_height);
        sealed(block, |body| match kind {
            0 => body.state = Hash([9; 32]),
            1 => body.height += 1,
            2 => {
                // Spends what is another's.
                let forged = Transaction { account: 1, nonce: 0, deed: Deed::Transfer { to: 2, amount: 5 }, tag: 1 };
                body.transactions.push(Rc::new(Packed::new(forged)));
            }
            3 => body.next_set = Some(Hash([8; 32])),
            4 => body.parent.digest = Hash([6; 32]),
            _ if body.height < epoch_end => body.parent.view.0 += 1,
            _ => {
                let first = body.transactions.first().cloned();
                body.transactions.extend(first);
                body.salt ^= 1;
                body.state = Hash([5; 32]);
            }
        })
    }

    /// A vote that contradicts one's own.
    pub(super) fn second_vote(&mut self, epoch: Epoch, vote: &Vote, moment: &mut Moment) -> Option<Wire> {
        let me = moment.plan.index_of(self.identity)?;
        if vote.signer != me || epoch != moment.plan.epoch {
            return None;
        }
        let view = vote.statement.view;
        let other = Hash([u8::try_from(self.random.below(3)).unwrap_or(0) + 1; 32]);
        let statement = match vote.statement.phase {
            Phase::Notarize => Statement::notarize(view, other),
            Phase::Finalize if self.random.chance(500) => Statement::finalize(view, other),
            Phase::Finalize => Statement::nullify(view),
            Phase::Nullify => Statement::finalize(view, other),
        };
        let signature = self.sign(epoch, &statement, moment)?;
        moment.tally.count(Fault::DoubleVote);
        let message = Message::Vote(Vote { statement, signer: vote.signer, signature });
        Some(Wire::Consensus { epoch, message, block: None })
    }

    /// A sum with somebody more in it, or with another signature.
    pub(super) fn false_sum(&mut self, epoch: Epoch, partial: &Partial, moment: &mut Moment) -> Wire {
        moment.tally.count(Fault::FalseSum);
        let mut partial = partial.clone();
        if self.random.chance(500) {
            let index = self.other_index(moment);
            partial.signers.insert(index);
        }
        if let Some(byte) = partial.signature.0.get_mut(self.random.index(8)) {
            *byte = byte.wrapping_add(1);
        }
        Wire::Consensus { epoch, message: Message::Partial(partial), block: None }
    }

    pub(super) fn false_sync(
        &mut self,
        epoch: Epoch,
        blocks: &[Rc<Block>],
        certificate: &Certificate,
        moment: &mut Moment,
    ) -> Wire {
        moment.tally.count(Fault::FalseSync);
        let (mut blocks, mut certificate) = (blocks.to_vec(), certificate.clone());
        match self.random.below(3) {
            0 => {
                // A block of its own at the end, and a certificate that says so.
                if let Some(last) = blocks.pop() {
                    let other = sealed(&last, |body| body.salt ^= 7);
                    certificate.statement.digest = other.digest;
                    blocks.push(Rc::new(other));
                }
            }
            1 => blocks.reverse(),
            _ => certificate.signature = Signature([1; SIGNATURE_BYTES]),
        }
        Wire::Final { epoch, blocks, certificate }
    }

    /// A certificate of what was said, or of the contrary, that nobody signed.
    pub(super) fn forge(&mut self, wire: &Wire, moment: &mut Moment, sent: &mut Mail) {
        let Some((epoch, mut statement)) = spoken_of(wire) else { return };
        if self.random.chance(500) {
            statement = match statement.phase {
                Phase::Nullify => Statement::finalize(statement.view, Hash([4; 32])),
                _ => Statement::nullify(statement.view),
            };
        }
        let mut signers = Signers::none(moment.plan.members.len());
        (0..moment.plan.members.len()).for_each(|index| {
            signers.insert(u16::try_from(index).unwrap_or(0));
        });
        let own = self.sign(epoch, &statement, moment);
        let signature = own.unwrap_or(Signature([2; SIGNATURE_BYTES]));
        let certificate = Certificate { statement, signers, signature };
        moment.tally.count(Fault::ForgedCertificate);
        let message = Message::Certificates(vec![certificate]);
        let wire = Rc::new(Wire::Consensus { epoch, message, block: None });
        for to in moment.plan.members.clone() {
            sent.push((to, Rc::clone(&wire)));
        }
    }

    /// Evidence against somebody, of a true vote and one that they did not give.
    pub(super) fn accuse(&mut self, wire: &Wire, moment: &mut Moment, sent: &mut Mail) {
        let Wire::Consensus { epoch, message: Message::Vote(vote), .. } = wire else { return };
        let statement = match vote.statement.phase {
            Phase::Notarize => Statement::notarize(vote.statement.view, Hash([3; 32])),
            Phase::Finalize => Statement::nullify(vote.statement.view),
            Phase::Nullify => Statement::finalize(vote.statement.view, Hash([3; 32])),
        };
        let signature = self.sign(*epoch, &statement, moment).unwrap_or(vote.signature);
        let second = Vote { statement, signer: vote.signer, signature };
        moment.tally.count(Fault::FalseEvidence);
        let message = Message::Evidence(Box::new(Evidence { first: vote.clone(), second }));
        let to = self.somebody(moment);
        sent.push((to, Rc::new(Wire::Consensus { epoch: *epoch, message, block: None })));
    }

    /// What the bytes of a message decode to once some of them were changed.
    pub(super) fn send_garbage(&mut self, wire: &Wire, moment: &mut Moment, sent: &mut Mail) {
        let Wire::Consensus { epoch, message, block } = wire else { return };
        let mut bytes = message.encode();
        for _ in 0..=self.random.below(3) {
            let at = self.random.index(bytes.len());
            match self.random.below(3) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes.insert(at, 0xff),
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.random.below(8);
                    }
                }
            }
        }
        moment.tally.count(Fault::Garbage);
        if bytes.len() > MAX_MESSAGE_BYTES {
            return;
        }
        if let Ok(message) = Message::decode_all(&mut bytes.as_slice()) {
            let to = self.somebody(moment);
            sent.push((to, Rc::new(Wire::Consensus { epoch: *epoch, message, block: block.clone() })));
        }
    }
}
