//! What must hold in every state. A check reads a bounded part, and consecutive heights cover all.

use crate::collections::Collections;
use crate::types::{CollectionInfo, NOTARISED, Supply};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Items that one check of an invariant reads.
pub const MAX_CHECKED_ITEMS: u32 = 1_000;

impl Collections {
    /// Checks collections, beginning at the one that the height points to, as long as their items fit into one check.
    /// Of a larger collection a part is checked, which moves on when its turn comes again.
    pub(crate) fn check_collections(&self) -> bool {
        let collections = self.count.get() + 1;
        let (turn, first) = (env().block_height() / collections, env().block_height() % collections);
        let mut left = u64::from(MAX_CHECKED_ITEMS);
        for step in 0..collections {
            let collection = (first + step) % collections;
            // An instance for one collection has no collection 0.
            let Some(info) = self.info.get(&collection) else {
                if collection == NOTARISED { continue } else { return false }
            };
            let supply = self.supply.get_or_default(&collection);
            let fits = supply.items < left;
            if !fits && step > 0 {
                break;
            }
            let within = supply.items <= supply.highest && info.cap.is_none_or(|cap| supply.items <= cap);
            let right = if fits {
                self.check_whole(collection, &info, &supply)
            } else {
                self.check_part(collection, turn, &supply)
            };
            if !within || !right {
                return false;
            }
            left = left.saturating_sub(supply.items + 1);
        }
        true
    }

    /// The items are as many as counted, and exactly those that their owners' indexes and counts say. As each entry
    /// of an index names an item of that owner, and there are as many entries as items, each item has one entry.
    fn check_whole(&self, collection: u64, info: &CollectionInfo, supply: &Supply) -> bool {
        let mut items = 0;
        for ((_, item), state) in self.items.iter_within(&collection, Bound::Unbounded, Direction::Ascending) {
            items += 1;
            let known = (1..=supply.highest).contains(&item) && !state.owner.is_zero();
            if items > supply.items || !known || state.restricted != info.restricted {
                return false;
            }
        }
        let mut held_in_all = 0;
        for ((_, owner), held) in self.held.iter_within(&collection, Bound::Unbounded, Direction::Ascending) {
            held_in_all += held;
            if held == 0 || held_in_all > items || !self.check_index(collection, owner, held) {
                return false;
            }
        }
        items == supply.items && held_in_all == items
    }

    fn check_index(&self, collection: u64, owner: Address, held: u64) -> bool {
        let mut indexed = 0;
        for ((_, _, item), ()) in
            self.by_owner.iter_within(&(owner, collection), Bound::Unbounded, Direction::Ascending)
        {
            indexed += 1;
            let is_owner = self.items.get(&(collection, item)).is_some_and(|state| state.owner == owner);
            if indexed > held || !is_owner {
                return false;
            }
        }
        indexed == held
    }

    /// Each item of a part of the ids stands in its owner's index.
    fn check_part(&self, collection: u64, turn: u64, supply: &Supply) -> bool {
        let start = turn.wrapping_mul(u64::from(MAX_CHECKED_ITEMS)) % supply.highest.max(1);
        let from = (collection, start);
        self.items
            .iter_within(&collection, Bound::Included(&from), Direction::Ascending)
            .limit(MAX_CHECKED_ITEMS)
            .all(|((_, item), state)| self.by_owner.contains(&(state.owner, collection, item)))
    }

    /// Each notarised item, of a part of them, carries a hash whose notarisation names that item; none is gone.
    pub(crate) fn check_notarised(&self) -> bool {
        let supply = self.supply.get_or_default(&NOTARISED);
        let start = env().block_height().wrapping_mul(u64::from(MAX_CHECKED_ITEMS)) % supply.highest.max(1);
        let last = start.saturating_add(u64::from(MAX_CHECKED_ITEMS)).min(supply.highest);
        supply.items == supply.highest
            && (start + 1..=last).all(|item| {
                let hash = self.details.get(&(NOTARISED, item)).and_then(|details| details.metadata_hash);
                hash.and_then(|hash| self.notarised.get(&hash)).is_some_and(|record| record.item == item)
            })
    }
}
