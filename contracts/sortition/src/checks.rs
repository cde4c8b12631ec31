//! What must hold in every state. Each check reads so many entries at most.

use crate::sortition::Sortition;
use core::ops::Bound;
use tenon_contract::money::Books;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries that one check reads.
pub(crate) const MAX_CHECKED_ENTRIES: u32 = 500;

impl Sortition {
    /// What is owed is the stakes of all members.
    pub(crate) fn check_books(&self) -> bool {
        let mut books = Books::of(self.owed.get(), MAX_CHECKED_ENTRIES);
        books.add_all(self.pools.iter(), |_, pool| pool.stake.checked_mul(pool.members.into()));
        books.balance()
    }

    /// Each lot of a pool that the height points to is its holder's, and is not free.
    pub(crate) fn check_slots(&self) -> bool {
        let pool = env().block_height().checked_rem(self.pool_count.get().saturating_add(1)).unwrap_or_default();
        let lots = self.slots.iter_within(&pool, Bound::Unbounded, Direction::Ascending);
        let mut lots = lots.limit(MAX_CHECKED_ENTRIES);
        lots.all(|((pool, number), slot)| {
            let member = self.members.get(&(pool, slot.broker));
            let is_held = member.is_some_and(|member| member.slot == number && member.from_period == slot.from_period);
            is_held && !self.free.contains(&(pool, number))
        })
    }
}
