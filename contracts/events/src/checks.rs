//! What must hold in every state. A check is bounded, and what it looks at is chosen by the block's height.

use crate::events::Events;
use core::ops::Bound;
use tenon_contract::money::Books;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries of each kind that one check reads.
pub const MAX_CHECKED_ENTRIES: u32 = 1_000;
/// Spreads consecutive heights over all numbers: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Events {
    /// What is owed in a currency is the sum of credits and of the funds of subscriptions. The currency is chosen by the
    /// block's height. Where there are more entries than one check reads, their partial sum is not above it.
    pub(crate) fn check_books(&self) -> bool {
        let Some((key, mut books)) = Books::chosen(&self.owed, MAX_CHECKED_ENTRIES) else {
            return self.credits.first().is_none();
        };
        books.add_all(self.credits.iter_within(&key, Bound::Unbounded, Direction::Ascending), |_, amount| Some(amount));
        books.add_all(self.progress.iter(), |subscription, progress| {
            let is_paid_in = self.terms.get(&subscription).is_some_and(|terms| terms.currency.key() == key);
            Some(if is_paid_in { progress.funds } else { 0 })
        });
        books.balance()
    }

    /// Subscriptions have sound terms and stand in both indexes. A check begins at one that the height points to.
    pub(crate) fn check_subscriptions(&self) -> bool {
        let count = self.count.get();
        let start = env().block_height().wrapping_mul(SPREAD).checked_rem(count).unwrap_or_default();
        let behind = self.progress.iter_from(Bound::Included(&start), Direction::Ascending).limit(MAX_CHECKED_ENTRIES);
        let most = usize::try_from(MAX_CHECKED_ENTRIES).unwrap_or_default();
        let mut subscriptions = behind.chain(self.progress.iter().limit(MAX_CHECKED_ENTRIES)).take(most);
        subscriptions.all(|(subscription, progress)| {
            let Some(terms) = self.terms.get(&subscription) else { return false };
            let stream = terms.stream;
            subscription <= count
                && terms.check().is_ok()
                && self.by_owner.contains(&(progress.owner, subscription))
                && self.by_stream.contains(&(stream.module, stream.id, subscription))
        })
    }
}
