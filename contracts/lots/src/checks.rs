//! What the invariants read. Each check is bounded and begins where the block's height points to, so that a sequence
//! of heights covers everything.

use crate::lots::{Lots, MAX_CHECKED_LOTS};
use crate::types::{AssetInfo, Lot};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Spreads consecutive heights over all numbers: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Lots {
    /// Whether each supply is the sum of its lots, as far as the check reads.
    pub(crate) fn supplies_hold(&self) -> bool {
        let count = self.asset_count.get();
        if count == 0 {
            return self.lots.first().is_none();
        }
        let height = env().block_height();
        let mut left = MAX_CHECKED_LOTS;
        for step in 0..count {
            if left == 0 {
                break;
            }
            left -= 1;
            let asset = (height % count + step) % count + 1;
            let from_class = if step == 0 { height / count } else { 0 };
            if !self.asset_holds(asset, from_class, &mut left) {
                return false;
            }
        }
        true
    }

    /// Checks the classes of an asset from one on. The totals can be compared where all classes were read.
    fn asset_holds(&self, asset: u64, from_class: u64, left: &mut u32) -> bool {
        let Some(AssetInfo { restricted, .. }) = self.info.get(&asset) else { return false };
        let totals = self.totals.get_or_default(&asset);
        let from_class = from_class % totals.classes.max(1) + 1;
        let (mut lots, mut value): (u64, Amount) = (0, 0);
        let first = (asset, from_class);
        for ((_, class), supply) in self.supplies.iter_within(&asset, Bound::Included(&first), Direction::Ascending) {
            let Some((count, sum)) = self.sum_of_class((asset, class, restricted), left) else { return false };
            if *left == 0 {
                return sum <= supply;
            }
            *left -= 1;
            let Some(next) = value.checked_add(supply) else { return false };
            (lots, value) = (lots + count, next);
            if sum != supply || supply == 0 {
                return false;
            }
        }
        from_class > 1 || (lots == totals.lots && value == totals.supply)
    }

    /// Number and value of the lots of a class, or nothing if one of them is not what its index says.
    fn sum_of_class(&self, kind: (u64, u64, bool), left: &mut u32) -> Option<(u64, Amount)> {
        let (mut count, mut sum): (u64, Amount) = (0, 0);
        let (asset, class, _) = kind;
        let index = self.by_class.iter_within(&(asset, class), Bound::Unbounded, Direction::Ascending).limit(*left);
        for ((_, _, id), ()) in index {
            *left -= 1;
            let lot = self.lots.get(&id).filter(|lot| (lot.asset, lot.class, lot.restricted) == kind)?;
            count += 1;
            sum = sum.checked_add(lot.value)?;
        }
        Some((count, sum))
    }

    /// Whether lots and indices agree, as far as the check reads.
    pub(crate) fn indices_hold(&self) -> bool {
        let (height, last) = (env().block_height(), self.last_lot.get());
        let first_lot = height.wrapping_mul(u64::from(MAX_CHECKED_LOTS)) % last.max(1);
        let limit = MAX_CHECKED_LOTS as usize;
        let behind = self.lots.iter_from(Bound::Excluded(&first_lot), Direction::Ascending).limit(MAX_CHECKED_LOTS);
        let lots_hold = behind.chain(self.lots.iter()).take(limit).all(|(id, lot)| {
            let Lot { asset, class, owner, .. } = lot;
            let listed = self.by_owner.contains(&(owner, id)) && self.by_class.contains(&(asset, class, id));
            listed && id <= last && lot.is_sound()
        });
        let mut first_owner = [0; 32];
        first_owner[..8].copy_from_slice(&height.wrapping_mul(SPREAD).to_be_bytes());
        let first = (Address::new(first_owner), 0);
        let behind = self.by_owner.iter_from(Bound::Included(&first), Direction::Ascending).limit(MAX_CHECKED_LOTS);
        let all = self.by_owner.iter_from(Bound::Unbounded, Direction::Ascending);
        let mut owners = behind.chain(all).take(limit);
        lots_hold && owners.all(|((owner, id), ())| self.lots.get(&id).is_some_and(|lot| lot.owner == owner))
    }
}
