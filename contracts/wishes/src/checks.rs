//! What must hold in every state. Each check reads so many entries at most.

use crate::types::Progress;
use crate::wishes::Wishes;
use core::ops::Bound;
use tenon_contract::money::Books;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries of a container that one check reads.
pub const MAX_CHECKED_ENTRIES: u32 = 1_000;

impl Wishes {
    /// What is owed in one of the currencies, which the height chooses, is the sum of what is held for its wishes. Where
    /// there are more wishes than are read, their sum is not above it.
    pub(crate) fn check_books(&self) -> bool {
        let Some((key, mut books)) = Books::chosen(&self.owed, MAX_CHECKED_ENTRIES) else {
            let mut all = self.progress.iter().limit(MAX_CHECKED_ENTRIES);
            return all.all(|(_, progress)| progress.held == 0);
        };
        books.add_all(self.progress.iter(), |wish, progress| {
            let is_paid_in = self.terms.get(&wish).is_some_and(|terms| terms.currency.key() == key);
            Some(if is_paid_in { progress.held } else { 0 })
        });
        books.balance()
    }

    /// What is held for a wish that was not granted is the sum of what its backers put in. The wish is chosen by the
    /// height. Where there are more backers than are read, their sum is not above it.
    pub(crate) fn check_backers(&self) -> bool {
        let Some(last) = self.progress.last().map(|(wish, _)| wish) else { return true };
        let Some(chosen) = env().block_height().checked_rem(last.saturating_add(1)) else { return true };
        let from = self.progress.iter_from(Bound::Included(&chosen), Direction::Ascending).limit(1).next();
        let Some((wish, Progress { held, accepted: None })) = from else { return true };
        let mut books = Books::of(held, MAX_CHECKED_ENTRIES);
        let backers = self.backers.iter_within(&wish, Bound::Unbounded, Direction::Ascending);
        books.add_all(backers, |_, amount| Some(amount));
        books.balance()
    }
}
