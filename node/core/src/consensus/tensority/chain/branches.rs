//! Which branch is followed: executed where it weighs more than the head's, adopted, made final.

use super::{Effect, MAX_RECENT, WorkChain};
use crate::consensus::tensority::tree::{Node, State};
use tenon_types::Hash;
use tenon_types::work::Work;

impl WorkChain {
    /// Follows the best branch as far as it is executed, and has the next block of it executed.
    pub(super) fn advance(&mut self) {
        while !self.halted && self.executing.is_none() {
            let base = self.base();
            let head = self.tree.head();
            let target = self.tree.best(&base, self.known_final(), self.most_height());
            if target == head {
                break;
            }
            let (_, on) = self.tree.way(head, target);
            let unexecuted = on.iter().position(|hash| !self.is_executed(hash));
            let whole = on.get(..unexecuted.unwrap_or(on.len())).unwrap_or_default();
            // A part of the branch can weigh more than the head's already.
            let must = !self.tree.descends(&head, &base);
            let least = self.tree.total_of(&head).unwrap_or_default();
            let heavier = |hash: &&Hash| if must { self.tree.descends(hash, &base) } else { self.weight(hash) > least };
            if let Some(next) = whole.last().filter(heavier).copied() {
                self.adopt(next);
                continue;
            }
            let Some(hash) = unexecuted.and_then(|at| on.get(at)).copied() else { break };
            self.executing = Some(hash);
            self.effects.push(Effect::Execute { hash });
        }
    }

    /// On what every branch has to stand: what the committee made final, or else may make final next, or else the root.
    fn base(&self) -> Hash {
        let known = |hash: &Hash| self.tree.get(hash).is_some_and(|node| node.state > State::Checking);
        let required = self.required.filter(known);
        required.or(self.preferred.filter(known)).unwrap_or(self.tree.root().hash)
    }

    /// The highest final height that a block may state and be followed.
    fn known_final(&self) -> u64 {
        if self.rules.committee.is_some() { self.tree.root_height() } else { u64::MAX }
    }

    /// How high a head may be: a committee that is silent for too long stops the chain.
    pub(super) fn most_height(&self) -> u64 {
        match self.rules.committee {
            Some(_) => self.tree.root_height().saturating_add(self.rules.max_open()),
            None => u64::MAX,
        }
    }

    fn weight(&self, hash: &Hash) -> Work {
        self.tree.total_of(hash).unwrap_or_default()
    }

    fn is_executed(&self, hash: &Hash) -> bool {
        self.tree.get(hash).is_some_and(|node| node.state == State::Executed)
    }

    pub(super) fn executed(&mut self, hash: Hash, valid: bool) {
        if self.executing == Some(hash) {
            self.executing = None;
        }
        // One that was dropped meanwhile matters no more.
        if self.tree.get(&hash).is_some_and(|node| node.state == State::Worked) {
            if valid {
                self.tree.set_state(&hash, State::Executed);
            } else if let Some(required) = self.required.filter(|required| self.tree.descends(required, &hash)) {
                return self.halt(format!(
                    "found block {hash} to break the rules, expected a valid one: the committee made {required} final, \
                     which stands on it; this node's program or state differs from the others'"
                ));
            } else {
                self.refuse_branch(hash);
            }
        }
        self.advance();
    }

    fn adopt(&mut self, head: Hash) {
        let (retracted, adopted) = self.tree.way(self.tree.head(), head);
        let depth = u64::try_from(retracted.len()).unwrap_or(u64::MAX);
        if depth > 0 {
            self.counts.reorganizations = self.counts.reorganizations.saturating_add(1);
            self.counts.deepest = self.counts.deepest.max(depth);
        }
        self.tree.set_head(head);
        self.unsaved = true;
        self.effects.push(Effect::NewHead { retracted, adopted });
        self.effects.push(Effect::Publish { hash: head });
        for id in self.desk.clear() {
            self.effects.push(Effect::DropTemplate { id });
        }
        self.finalize_what_may();
    }

    fn finalize_what_may(&mut self) {
        let head = self.tree.head();
        if let Some(required) = self.required {
            if self.tree.descends(&head, &required) {
                self.required = None;
                self.finalize(required);
            }
        } else if self.rules.committee.is_none() {
            let deep = self.tree.head_height().saturating_sub(self.rules.window);
            if deep > self.tree.root_height()
                && let Some(hash) = self.tree.ancestor_hash(&head, deep)
            {
                self.finalize(hash);
            }
        }
    }

    /// Makes a block of the head's branch final, and drops what does not descend from it.
    fn finalize(&mut self, hash: Hash) {
        let (line, beside) = self.tree.finalize(hash);
        for facts in line {
            let hash = facts.hash;
            self.recent.push_back(facts);
            self.effects.push(Effect::Finalize { hash });
            if self.pool.as_ref().is_some_and(|pool| pool.has_won(&hash)) {
                self.effects.push(Effect::Won { hash });
            }
        }
        while self.recent.len() > MAX_RECENT {
            self.recent.pop_front();
        }
        for Node { facts, .. } in beside {
            let hash = facts.hash;
            self.executing.take_if(|executing| *executing == hash);
            if let Some(pool) = &mut self.pool {
                pool.lose(&hash);
            }
            self.effects.push(Effect::Discard { hash });
        }
        for hash in self.orphans.take_up_to(self.tree.root_height().saturating_add(1)) {
            self.effects.push(Effect::Discard { hash });
        }
        self.preferred = self.preferred.filter(|hash| self.tree.get(hash).is_some());
        self.unsaved = true;
    }

    // The committee.

    pub(super) fn made_final(&mut self, hash: Hash, height: u64) {
        let root_height = self.tree.root_height();
        if height <= root_height {
            if let Some(found) = self.tree.final_at(height).filter(|found| *found != hash) {
                self.halt(format!(
                    "found block {found} final at height {height}, expected {hash}, as the committee says"
                ));
            }
            return;
        }
        let known = self.required.and_then(|required| self.tree.height_of(&required));
        if known.is_some_and(|known| known >= height) {
            return;
        }
        self.required = Some(hash);
        if self.tree.get(&hash).is_none() {
            if self.tree.invalid(&hash).is_some() {
                return self.halt(format!(
                    "found block {hash} to break the rules, expected none that the committee made final"
                ));
            }
            return self.want(hash, None);
        }
        self.finalize_what_may();
        self.advance();
    }

    pub(super) fn prefer(&mut self, hash: Hash) {
        self.preferred = Some(hash);
        if self.tree.get(&hash).is_none() && hash != self.tree.root().hash && self.tree.invalid(&hash).is_none() {
            self.want(hash, None);
        }
        self.advance();
    }
}
