//! What a move changes, worked out before anything is written.

use crate::types::Held;
use tenon_contract::prelude::*;

/// How many addresses count as one identity, before the move and after it.
pub(crate) struct Count {
    /// Whose.
    pub(crate) identity: Hash,
    /// How many before.
    pub(crate) before: u32,
    /// How many after.
    pub(crate) after: u32,
}

/// The changes of one move. An identity stands in it once, so that a seat that one address leaves and another takes in
/// the same move is no change.
#[derive(Default)]
pub(crate) struct Plan {
    /// What addresses hold from now on.
    pub(crate) held: Vec<(Address, Held)>,
    /// How many addresses count as an identity.
    pub(crate) counts: Vec<Count>,
}

impl Plan {
    /// Lets one address fewer count as an identity. `before` reads how many there are.
    pub(crate) fn leave(&mut self, identity: Hash, before: impl FnOnce() -> u32) {
        self.count(identity, before).after -= 1;
    }

    /// Lets one address more count as an identity.
    pub(crate) fn join(&mut self, identity: Hash, before: impl FnOnce() -> u32) {
        self.count(identity, before).after += 1;
    }

    fn count(&mut self, identity: Hash, before: impl FnOnce() -> u32) -> &mut Count {
        let known = self.counts.iter().position(|count| count.identity == identity);
        let index = known.unwrap_or_else(|| {
            let before = before();
            self.counts.push(Count { identity, before, after: before });
            self.counts.len() - 1
        });
        &mut self.counts[index]
    }

    /// The number of identities that hold the asset afterwards.
    pub(crate) fn holders(&self, before: u32) -> u32 {
        let joined = self.counts.iter().filter(|count| count.before == 0 && count.after > 0).count();
        let left = self.counts.iter().filter(|count| count.before > 0 && count.after == 0).count();
        // At most three identities stand in a plan.
        before + u32::try_from(joined).unwrap_or(u32::MAX) - u32::try_from(left).unwrap_or(u32::MAX)
    }
}
