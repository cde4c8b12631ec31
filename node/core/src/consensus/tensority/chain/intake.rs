//! How blocks come in: cheap checks, orphans, the check of the work.

use super::{
    Effect, MAX_ASKED, MAX_CHECKING, MAX_CHECKING_OF_PEER, MAX_LOCATOR, MAX_WANTED, Peer, WANT_AGAIN_MS, WANT_MORE_MS,
    Wanted, WorkChain,
};
use crate::consensus::tensority::tree::{MAX_NODES, Node, State};
use crate::consensus::tensority::{Facts, Refusal};
use tenon_types::Hash;

impl WorkChain {
    pub(super) fn block(&mut self, facts: Facts, from: Option<Peer>) {
        if let Err(reason) = self.take(facts, from) {
            self.refuse(facts.hash, from, reason);
        }
    }

    fn take(&mut self, facts: Facts, from: Option<Peer>) -> Result<(), Refusal> {
        let Facts { hash, parent, .. } = facts;
        let known = self.tree.get(&hash).is_some() || self.orphans.contains(&hash);
        if known || self.tree.final_height_of(&hash).is_some() {
            return Err(Refusal::Known(hash));
        }
        if let Some(fault) = self.tree.invalid(&hash).or(self.tree.invalid(&parent)) {
            return Err(Refusal::of_descendant(hash, fault));
        }
        if facts.bytes > self.max_block_bytes {
            return Err(Refusal::TooLarge { found: facts.bytes, max: self.max_block_bytes });
        }
        if let Some((height, expected)) =
            self.checkpoint.filter(|(height, expected)| facts.height == *height && hash != *expected)
        {
            return Err(Refusal::Checkpoint { height, found: hash, expected });
        }
        if self.validators.contains(&facts.producer) {
            return Err(Refusal::ProducerVotes(facts.producer));
        }
        let max = self.clock.wall_ms().saturating_add(self.rules.max_ahead_ms);
        if facts.time_ms > max {
            return Err(Refusal::TimeAhead { found: facts.time_ms, max });
        }
        let final_height = self.tree.root_height();
        if self.tree.height_of(&parent).is_none() {
            if let Some(fork) = self.tree.final_height_of(&parent) {
                return Err(Refusal::Deep { fork, final_height });
            }
            if facts.height <= final_height.saturating_add(1) {
                return Err(Refusal::BelowFinal { found: facts.height, final_height });
            }
            self.keep_orphan(facts, from);
            self.want(self.orphans.missing(&facts), from);
            return Ok(());
        }
        self.check_header(&facts)?;
        if self.tree.get(&parent).is_some_and(|node| node.state == State::Checking) {
            self.keep_orphan(facts, from);
            return Ok(());
        }
        self.check_room(&facts, from)?;
        let seed =
            self.tree.seed(&parent, &self.rules).expect("a block of the tree has all ancestors that rules look at");
        self.tree.insert(facts, State::Checking, from);
        self.wanted.remove(&hash);
        self.effects.push(Effect::CheckWork { hash, seed });
        Ok(())
    }

    /// What a header must say after its ancestors, which are here.
    pub(super) fn check_header(&self, facts: &Facts) -> Result<(), Refusal> {
        let (parent, seal) = (&facts.parent, &facts.seal);
        let expected = self.tree.height_of(parent).unwrap_or_default().saturating_add(1);
        if facts.height != expected {
            return Err(Refusal::Height { found: facts.height, expected });
        }
        let bits = self.tree.demanded_bits(parent, &self.rules);
        let bits = bits.expect("a block of the tree has all ancestors that rules look at");
        if seal.bits != bits {
            return Err(Refusal::WrongBits { found: seal.bits, expected: bits });
        }
        let median = self.tree.median_ms(parent).unwrap_or_default();
        if facts.time_ms <= median {
            return Err(Refusal::TimeLow { found: facts.time_ms, median });
        }
        let min = self.tree.stated_final(parent);
        let height = if self.rules.committee.is_some() { facts.height } else { 1 };
        if seal.finalized < min || seal.finalized >= height {
            return Err(Refusal::FinalHeight { found: seal.finalized, min, height });
        }
        let Some(committee) = &self.rules.committee else { return Ok(()) };
        let found = facts.height.saturating_sub(seal.finalized);
        if found > committee.max_gap && !facts.empty {
            return Err(Refusal::NotEmpty { found, max: committee.max_gap });
        }
        Ok(())
    }

    fn check_room(&mut self, facts: &Facts, from: Option<Peer>) -> Result<(), Refusal> {
        let checking = || self.tree.nodes().filter(|node| node.state == State::Checking);
        let (all, own) = (checking().count(), checking().filter(|node| node.from == from).count());
        if all >= MAX_CHECKING {
            return Err(Refusal::Busy { what: "works being checked", found: all, max: MAX_CHECKING });
        }
        if from.is_some() && own >= MAX_CHECKING_OF_PEER {
            return Err(Refusal::Busy {
                what: "works of one peer being checked",
                found: own,
                max: MAX_CHECKING_OF_PEER,
            });
        }
        self.make_room(facts)
    }

    /// Drops the branch with the least work if there are too many blocks, unless this one has less.
    pub(super) fn make_room(&mut self, facts: &Facts) -> Result<(), Refusal> {
        if self.tree.len() < MAX_NODES {
            return Ok(());
        }
        let full = Refusal::Busy { what: "blocks", found: self.tree.len(), max: MAX_NODES };
        let target = facts.seal.bits.target().map_err(|_| full.clone())?;
        let total = self.tree.total_of(&facts.parent).unwrap_or_default().plus(target.work());
        let weakest = self.tree.weakest_leaf().filter(|leaf| leaf.total < total && leaf.facts.hash != facts.parent);
        let weakest = weakest.map(|leaf| leaf.facts.hash).ok_or(full)?;
        self.drop_branch(&weakest);
        Ok(())
    }

    fn keep_orphan(&mut self, facts: Facts, from: Option<Peer>) {
        self.wanted.remove(&facts.hash);
        if let Some(gone) = self.orphans.insert(facts, from) {
            self.effects.push(Effect::Discard { hash: gone });
        }
    }

    fn refuse(&mut self, hash: Hash, from: Option<Peer>, reason: Refusal) {
        if matches!(reason, Refusal::Deep { .. }) {
            self.counts.deep_forks = self.counts.deep_forks.saturating_add(1);
        }
        if matches!(reason, Refusal::Known(_)) {
            // Its body is here, and stays.
            return;
        }
        self.counts.refused = self.counts.refused.saturating_add(1);
        if reason.is_final() {
            self.forget(hash, reason.is_fault());
        }
        self.effects.push(Effect::Discard { hash });
        self.effects.push(Effect::Refused { hash, from, reason });
    }

    /// Remembers a block that this chain cannot have. Orphans on it are gone, too.
    fn forget(&mut self, hash: Hash, fault: bool) {
        let mut gone = vec![hash];
        while let Some(hash) = gone.pop() {
            self.tree.remember_invalid(hash, fault);
            self.wanted.remove(&hash);
            if self.required == Some(hash) {
                self.halt(format!(
                    "found block {hash} refused, expected one that may stand: the committee made it final"
                ));
            }
            for (child, from) in self.orphans.take_children(&hash) {
                gone.push(child.hash);
                self.effects.push(Effect::Discard { hash: child.hash });
                let reason = Refusal::of_descendant(child.hash, fault);
                self.effects.push(Effect::Refused { hash: child.hash, from, reason });
            }
        }
    }

    // The work.

    pub(super) fn work_checked(&mut self, hash: Hash, digest: Hash) {
        if self.desk.is_checking(&hash) {
            return self.nonce_checked(hash, digest);
        }
        let Some(Node { facts, from, .. }) = self.tree.get(&hash).filter(|node| node.state == State::Checking).copied()
        else {
            return;
        };
        let bits = facts.seal.bits;
        if !bits.target().is_ok_and(|target| target.is_met_by(&digest)) {
            self.tree.remove(&hash);
            return self.refuse(hash, from, Refusal::ForgedWork { hash, found: digest, bits });
        }
        self.tree.set_state(&hash, State::Worked);
        self.unsaved = true;
        self.want_more();
        for (child, from) in self.orphans.take_children(&hash) {
            self.block(child, from);
        }
        self.advance();
    }

    /// Takes a block out that was found to break a rule, and all that stands on it.
    pub(super) fn refuse_branch(&mut self, hash: Hash) {
        for Node { facts, from, .. } in self.tree.remove(&hash) {
            let own = facts.hash == hash;
            let reason = if own { Refusal::Execution(hash) } else { Refusal::Invalid(facts.hash) };
            self.refuse(facts.hash, from, reason);
        }
        self.unsaved = true;
    }

    fn drop_branch(&mut self, hash: &Hash) {
        for node in self.tree.remove(hash) {
            self.effects.push(Effect::Discard { hash: node.facts.hash });
        }
    }

    // What is missing.

    pub(super) fn want(&mut self, hash: Hash, from: Option<Peer>) {
        let urgent = [self.required, self.preferred].contains(&Some(hash));
        if urgent && self.wanted.len() >= MAX_WANTED {
            // Strays may have filled it.
            self.wanted.pop_first();
        }
        if !self.wanted.contains_key(&hash) && self.wanted.len() < MAX_WANTED {
            let due_ms = self.clock.now_ms().saturating_add(WANT_AGAIN_MS);
            self.wanted.insert(hash, Wanted { from, asked: 1, due_ms });
            self.effects.push(Effect::Want { hash, from, locator: self.tree.locator(MAX_LOCATOR) });
        }
    }

    /// Asks soon for what is still missing: what was asked for comes.
    fn want_more(&mut self) {
        let soon_ms = self.clock.now_ms().saturating_add(WANT_MORE_MS);
        for wanted in self.wanted.values_mut() {
            (wanted.asked, wanted.due_ms) = (0, wanted.due_ms.min(soon_ms));
        }
    }

    pub(super) fn tick(&mut self) {
        self.timer_ms = None;
        let now_ms = self.clock.now_ms();
        let due: Vec<Hash> =
            self.wanted.iter().filter(|(_, wanted)| wanted.due_ms <= now_ms).map(|(hash, _)| *hash).collect();
        for hash in due {
            let Some(mut wanted) = self.wanted.remove(&hash) else { continue };
            let required = [self.required, self.preferred].contains(&Some(hash));
            if !required && !self.orphans.wait_for(&hash) {
                continue;
            }
            if !required && wanted.asked >= MAX_ASKED {
                self.drop_waiting(hash);
                continue;
            }
            wanted.asked = wanted.asked.saturating_add(1);
            wanted.due_ms = now_ms.saturating_add(WANT_AGAIN_MS);
            self.wanted.insert(hash, wanted);
            // Who did not answer is not asked alone again.
            let from = wanted.from.filter(|_| wanted.asked <= 2);
            self.effects.push(Effect::Want { hash, from, locator: self.tree.locator(MAX_LOCATOR) });
        }
    }

    fn drop_waiting(&mut self, hash: Hash) {
        let mut gone = vec![hash];
        while let Some(hash) = gone.pop() {
            for (child, _) in self.orphans.take_children(&hash) {
                gone.push(child.hash);
                self.effects.push(Effect::Discard { hash: child.hash });
            }
        }
    }
}
