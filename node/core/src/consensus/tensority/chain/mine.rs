//! Templates, nonces, and paying who found them together.

use super::{Effect, TemplatePlan, WorkChain};
use crate::consensus::tensority::desk::{NonceFound, NonceRefused, NonceTaken, Template, WorkUnit};
use crate::consensus::tensority::tree::{MAX_NODES, State};
use crate::consensus::tensority::{Facts, WorkSeal};
use parity_scale_codec::Encode;
use tenon_types::{Address, Amount, Hash, Header};

impl WorkChain {
    /// Work for a miner, with a range of nonces of its own; absent where this node makes no blocks, or has no template yet.
    pub fn work(&mut self) -> Option<WorkUnit> {
        let pool = self.pool.as_ref();
        self.desk.unit(|block| pool.map(|pool| pool.share_target(block)))
    }

    /// Validators make no blocks: for one of them nobody does.
    pub(super) fn produce(&mut self, producer: Option<Address>) {
        let producer = producer.filter(|producer| !self.validators.contains(producer));
        self.desk.set_producer(producer);
        for id in self.desk.clear() {
            self.effects.push(Effect::DropTemplate { id });
        }
    }

    pub(super) fn want_template(&mut self) {
        let now_ms = self.clock.now_ms();
        let Some(producer) = self.desk.producer().filter(|_| self.desk.is_due(now_ms) && !self.halted) else { return };
        let head = self.tree.head();
        let height = self.tree.head_height().saturating_add(1);
        let (bits, median) = (self.tree.demanded_bits(&head, &self.rules), self.tree.median_ms(&head));
        let Some((bits, median)) = bits.zip(median).filter(|_| height <= self.most_height()) else {
            return self.desk.later(now_ms);
        };
        let finalized = if self.rules.committee.is_some() { self.tree.root_height() } else { 0 };
        let gap = height.saturating_sub(finalized);
        let plan = TemplatePlan {
            id: self.desk.next_id(),
            parent: head,
            time_ms: self.clock.wall_ms().max(median.saturating_add(1)),
            producer,
            seal: WorkSeal { bits, finalized, nonce: 0 },
            empty: self.rules.committee.is_some_and(|committee| gap > committee.max_gap),
        };
        self.desk.make(plan);
        self.effects.push(Effect::MakeTemplate(plan));
    }

    /// Offers a template to miners, if it is what was asked for and its block would be taken here.
    pub(super) fn template_made(&mut self, id: u64, header: &Header, bytes: u64) {
        let now_ms = self.clock.now_ms();
        let asked = self.desk.made(id);
        let right = |plan: TemplatePlan| {
            let facts = Facts::of(header, bytes).ok()?;
            let as_planned = facts.parent == plan.parent && facts.seal == plan.seal && facts.producer == plan.producer;
            let fits = as_planned && (facts.empty || !plan.empty) && bytes <= self.max_block_bytes;
            (fits && self.check_header(&facts).is_ok()).then_some(facts)
        };
        let Some(plan) = asked else {
            return self.effects.push(Effect::DropTemplate { id });
        };
        let template = right(plan).and_then(|facts| {
            let seed = self.tree.seed(&facts.parent, &self.rules)?;
            let target = facts.seal.bits.target().ok()?;
            Some(Template::new(facts, header.encode(), seed, target, now_ms))
        });
        let Some(template) = template else {
            self.desk.later(now_ms);
            return self.effects.push(Effect::DropTemplate { id });
        };
        if let Some(old) = self.desk.offer(id, template) {
            self.effects.push(Effect::DropTemplate { id: old });
        }
    }

    pub(super) fn nonce(&mut self, found: NonceFound) {
        match self.desk.take(found) {
            Ok((hash, seed)) => self.effects.push(Effect::CheckWork { hash, seed }),
            Err(refused) => self.answer(found.request, Err(refused)),
        }
    }

    fn answer(&mut self, request: u64, answer: Result<NonceTaken, NonceRefused>) {
        self.effects.push(Effect::Answer { request, answer });
    }

    /// Takes a block or a share that a nonce makes.
    pub(super) fn nonce_checked(&mut self, hash: Hash, digest: Hash) {
        let Some(found) = self.desk.checked(&hash) else { return };
        let Some(template) = self.desk.get(found.template) else {
            return self.answer(found.request, Err(NonceRefused::Stale { found: found.template }));
        };
        let target = template.target;
        let facts = template.facts_with(found.nonce, hash);
        let is_block = target.is_met_by(&digest);
        if is_block && self.make_room(&facts).is_err() {
            let busy = NonceRefused::Busy { what: "blocks", found: self.tree.len(), max: MAX_NODES };
            return self.answer(found.request, Err(busy));
        }
        let pool = self.pool.as_mut().zip(found.miner);
        let share_target = pool.as_ref().map(|(pool, _)| pool.share_target(target));
        let expected = share_target.unwrap_or(target);
        if !expected.is_met_by(&digest) {
            return self.answer(found.request, Err(NonceRefused::AboveTarget { found: digest, expected }));
        }
        if let Some((pool, miner)) = pool {
            pool.credit(miner, expected);
            self.unsaved = true;
            if is_block {
                pool.win(hash);
            }
        }
        if !is_block {
            return self.answer(found.request, Ok(NonceTaken::Share));
        }
        self.effects.push(Effect::Seal { id: found.template, nonce: found.nonce, hash });
        self.tree.insert(facts, State::Executed, None);
        self.unsaved = true;
        self.answer(found.request, Ok(NonceTaken::Block(hash)));
        self.advance();
    }

    pub(super) fn reward(&mut self, hash: &Hash, amount: Amount) {
        if let Some(payments) = self.pool.as_mut().and_then(|pool| pool.pay(hash, amount)) {
            self.unsaved = true;
            self.effects.push(Effect::Pay { hash: *hash, payments });
        }
    }
}
