//! What must hold in every state. A check is bounded, and what it looks at is chosen by the block's height.

use crate::events::Events;
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Currencies among which a check chooses.
const MAX_CHECKED_CURRENCIES: u32 = 100;
/// Entries of each kind that one check reads.
pub const MAX_CHECKED_ENTRIES: u32 = 1_000;
/// Spreads consecutive heights over all numbers: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Events {
    /// What is owed in a currency is the sum of credits and of the funds of subscriptions. The currency is chosen by the
    /// block's height. Where there are more entries than one check reads, their partial sum is not above it.
    pub(crate) fn check_books(&self) -> bool {
        let owed = self.owed.page(None, MAX_CHECKED_CURRENCIES);
        let count = u64::try_from(owed.len()).unwrap_or_default();
        let Some(chosen) = env().block_height().checked_rem(count) else { return self.credits.first().is_none() };
        let chosen = usize::try_from(chosen).unwrap_or_default();
        let Some((key, owed)) = owed.get(chosen) else { return false };
        let (mut sum, mut is_partial) = (Some(0), false);
        let mut read = 0;
        let credits = self.credits.iter_within(key, Bound::Unbounded, Direction::Ascending);
        for (_, amount) in credits.limit(MAX_CHECKED_ENTRIES) {
            read += 1;
            sum = sum.and_then(|sum: Amount| sum.checked_add(amount));
        }
        is_partial |= read == MAX_CHECKED_ENTRIES;
        read = 0;
        for (subscription, progress) in self.progress.iter().limit(MAX_CHECKED_ENTRIES) {
            read += 1;
            if self.terms.get(&subscription).is_some_and(|terms| terms.currency.key() == *key) {
                sum = sum.and_then(|sum| sum.checked_add(progress.funds));
            }
        }
        is_partial |= read == MAX_CHECKED_ENTRIES;
        sum.is_some_and(|sum| sum == *owed || is_partial && sum < *owed)
    }

    /// The instance holds the coin that it owes.
    pub(crate) fn check_coin(&self) -> bool {
        coin::balance(&env().self_address()) >= self.owed.get_or_default(&None)
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
