//! How a node that is behind gets what is final: it asks, and takes only what a certificate of its epoch proves.

use super::{Node, POLL_MS, STALL_MS, Stop};
use crate::block::{Block, Wire};
use std::rc::Rc;
use tenon_core::consensus::bbft::{Certificate, Epoch, Event, Message, Phase, Scheme, signed_bytes};

/// Final blocks in one answer. An epoch has fewer.
pub(crate) const MAX_FINAL_BLOCKS: usize = 128;

impl Node {
    /// Asks again for what is still missing.
    pub(super) fn poll(&mut self) -> Result<(), Stop> {
        self.wanted.clear();
        self.reconsider()?;
        let wait_ms = if self.me.is_some() { STALL_MS } else { POLL_MS };
        let stalled = self.now_ms.saturating_sub(self.last_final_ms) >= wait_ms || self.now_ms < self.last_final_ms;
        if stalled {
            self.some_others(2).into_iter().for_each(|to| self.ask(to));
        }
        Ok(())
    }

    pub(super) fn ask(&mut self, to: u8) {
        self.last_asked_ms = self.now_ms;
        let wire = Wire::Behind { epoch: self.plan.epoch, height: self.chain.height() };
        self.send(to, wire);
    }

    /// Answers who is behind with the blocks of their epoch.
    pub(super) fn serve(&mut self, to: u8, epoch: Epoch, height: u64) {
        let Some(proof) = self.proofs.get(&epoch) else { return };
        let above = self.chain.finals().iter().skip(usize::try_from(height).unwrap_or(usize::MAX).saturating_add(1));
        let own = above.map(|found| &found.block).filter(|block| block.body.epoch == epoch).take(MAX_FINAL_BLOCKS);
        let mut blocks: Vec<Rc<Block>> = own.cloned().collect();
        if blocks.is_empty() {
            return;
        }
        blocks.extend(proof.descendants.iter().cloned());
        let certificate = proof.certificate.clone();
        self.send(to, Wire::Final { epoch, blocks, certificate });
    }

    pub(super) fn on_final(
        &mut self,
        from: u8,
        epoch: Epoch,
        blocks: &[Rc<Block>],
        certificate: Certificate,
    ) -> Result<(), Stop> {
        if epoch != self.plan.epoch {
            return Ok(());
        }
        if !self.proves(blocks, &certificate) {
            self.refused.unproven += 1;
            return Ok(());
        }
        let cur = self.replica.machine().record().cur;
        for block in blocks {
            self.chain.insert(block, &self.plan, cur, true);
        }
        self.reconsider()?;
        let other = (0..).zip(&self.plan.members).find(|(index, _)| Some(*index) != self.me);
        let sender = self.plan.index_of(from).or(other.map(|(index, _)| index)).unwrap_or(0);
        let before = self.chain.height();
        self.feed(Event::Message { from: sender, message: Message::Certificates(vec![certificate]) })?;
        self.reconsider()?;
        if self.ended && self.chain.height() > before {
            self.enter_next_if_ended()?;
            self.ask(from);
        }
        Ok(())
    }

    /// Whether a certificate of this epoch finalizes the last of some blocks that follow each other.
    fn proves(&self, blocks: &[Rc<Block>], certificate: &Certificate) -> bool {
        let statement = &certificate.statement;
        let follows = blocks.windows(2).all(|pair| match pair {
            [one, next] => next.body.parent.digest == one.digest,
            _ => false,
        });
        let named = blocks.last().is_some_and(|last| last.digest == statement.digest);
        let within = blocks.len() <= MAX_FINAL_BLOCKS * 2 && blocks.iter().all(|one| one.body.epoch == self.plan.epoch);
        let message = signed_bytes(self.params.chain(), self.plan.epoch, statement);
        follows
            && named
            && within
            && statement.phase == Phase::Finalize
            && statement.is_well_formed()
            && certificate.signers.fits(self.plan.set.len())
            && self.plan.set.is_quorum(&certificate.signers)
            && self.plan.keys(&self.params, None).verify(&message, &certificate.signers, &certificate.signature)
    }
}
