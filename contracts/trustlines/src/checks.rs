//! What must hold in every state. A check is bounded: it takes the network that the block's height points to, begins at
//! a line that the height points to as well and goes round, so that a sequence of heights covers everything.

use crate::ledger::{key, seen};
use crate::trustlines::Trustlines;
use crate::types::{Line, Rules, Totals};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries that one check reads.
pub const MAX_CHECKED_ENTRIES: u32 = 500;
/// Spreads consecutive heights over all numbers: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Trustlines {
    /// The network whose turn it is, if there is one.
    fn chosen(&self) -> Option<u64> {
        env().block_height().checked_rem(self.count.get()).map(|index| index + 1)
    }

    /// Lines are possible under their network's rules, and stand under both of their parties and their expiry.
    pub(crate) fn check_lines(&self) -> bool {
        let Some(network) = self.chosen() else { return true };
        let Some(rules) = self.rules.get(&network) else { return false };
        let mut start = [0; 32];
        start[..8].copy_from_slice(&env().block_height().wrapping_mul(SPREAD).to_be_bytes());
        let start = (network, Address::new(start), Address::ZERO);
        let mut left = MAX_CHECKED_ENTRIES;
        for from in [Bound::Included(&start), Bound::Unbounded] {
            for ((_, low, high), line) in self.lines.iter_within(&network, from, Direction::Ascending).limit(left) {
                left -= 1;
                if !self.is_in_order(network, &rules, low, high, &line) {
                    return false;
                }
            }
        }
        true
    }

    fn is_in_order(&self, network: u64, rules: &Rules, low: Address, high: Address, line: &Line) -> bool {
        let is_listed = |expiry: u64| self.expiring.contains(&(network, expiry, low, high));
        low < high
            && line.is_sound(rules)
            && self.neighbours.contains(&(network, low, high))
            && self.neighbours.contains(&(network, high, low))
            && line.terms.expires_at_ms.is_none_or(is_listed)
    }

    /// What everybody is owed, each by each neighbour, comes to nothing over all.
    pub(crate) fn check_positions(&self) -> bool {
        let Some(network) = self.chosen() else { return true };
        let neighbours = self.neighbours.iter_within(&network, Bound::Unbounded, Direction::Ascending);
        // A sum of 128 bits that goes round: what is nothing over all is nothing in it.
        let (mut read, mut sum, mut is_whole) = (0, 0_i128, true);
        for ((_, who, other), ()) in neighbours.limit(MAX_CHECKED_ENTRIES) {
            read += 1;
            let line = self.lines.get(&key(network, who, other));
            is_whole &= line.is_some();
            sum = sum.wrapping_add(line.map_or(0, |line| seen(line, who, other).balance));
        }
        let lines = self.totals.get_or_default(&network).lines;
        is_whole && (read == MAX_CHECKED_ENTRIES || (sum == 0 && u64::from(read) == 2 * lines))
    }

    /// A network's sums are those of its lines. Where there are more than one check reads, theirs are not above them.
    pub(crate) fn check_totals(&self) -> bool {
        let Some(network) = self.chosen() else { return true };
        let totals = self.totals.get_or_default(&network);
        let mut counted = Totals::default();
        let lines = self.lines.iter_within(&network, Bound::Unbounded, Direction::Ascending);
        lines.limit(MAX_CHECKED_ENTRIES).for_each(|(_, line)| counted.replace(None, Some(&line)));
        let within = counted.given <= totals.given && counted.owed <= totals.owed;
        counted == totals || (counted.lines == u64::from(MAX_CHECKED_ENTRIES) && totals.lines > counted.lines && within)
    }
}
