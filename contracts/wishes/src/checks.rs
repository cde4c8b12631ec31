//! What must hold in every state. Each check reads so many entries at most.

use crate::types::{CurrencyKey, Progress};
use crate::wishes::Wishes;
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries of a container that one check reads.
pub const MAX_CHECKED_ENTRIES: u32 = 1_000;
/// Currencies among which a check chooses.
const MAX_CHECKED_CURRENCIES: u32 = 100;

impl Wishes {
    /// The instance holds the coin that it owes.
    pub(crate) fn check_coin(&self) -> bool {
        coin::balance(&env().self_address()) >= self.owed.get_or_default(&CurrencyKey::None)
    }

    /// What is owed in one of the currencies, which the height chooses, is the sum of what is held for its wishes. Where
    /// there are more wishes than are read, their sum is not above it.
    pub(crate) fn check_books(&self) -> bool {
        let owed = self.owed.page(None, MAX_CHECKED_CURRENCIES);
        let count = u64::try_from(owed.len()).unwrap_or_default();
        let Some(chosen) = env().block_height().checked_rem(count) else {
            let mut all = self.progress.iter().limit(MAX_CHECKED_ENTRIES);
            return all.all(|(_, progress)| progress.held == 0);
        };
        let Some((key, owed)) = owed.get(usize::try_from(chosen).unwrap_or_default()) else { return false };
        let (mut sum, mut read) = (Some(0), 0);
        for (wish, progress) in self.progress.iter().limit(MAX_CHECKED_ENTRIES) {
            read += 1;
            let is_paid_in = self.terms.get(&wish).is_some_and(|terms| terms.currency.key() == *key);
            let held = if is_paid_in { progress.held } else { 0 };
            sum = sum.and_then(|sum: Amount| sum.checked_add(held));
        }
        sum.is_some_and(|sum| sum == *owed || read == MAX_CHECKED_ENTRIES && sum < *owed)
    }

    /// What is held for a wish that was not granted is the sum of what its backers put in. The wish is chosen by the
    /// height. Where there are more backers than are read, their sum is not above it.
    pub(crate) fn check_backers(&self) -> bool {
        let Some(last) = self.progress.last().map(|(wish, _)| wish) else { return true };
        let Some(chosen) = env().block_height().checked_rem(last.saturating_add(1)) else { return true };
        let from = self.progress.iter_from(Bound::Included(&chosen), Direction::Ascending).limit(1).next();
        let Some((wish, Progress { held, accepted: None })) = from else { return true };
        let backers = self.backers.iter_within(&wish, Bound::Unbounded, Direction::Ascending);
        let (mut sum, mut read) = (Some(0), 0);
        for (_, amount) in backers.limit(MAX_CHECKED_ENTRIES) {
            read += 1;
            sum = sum.and_then(|sum: Amount| sum.checked_add(amount));
        }
        sum.is_some_and(|sum| sum == held || read == MAX_CHECKED_ENTRIES && sum < held)
    }
}
