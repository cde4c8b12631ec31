//! Who leads which view, and who the super-nodes are.
//!
//! Super-nodes lead in turn: `leader(v) = super[v mod M]`. That alone would stop a chain whose super-nodes are all down
//! (with M = 1, one), so after every [`ROUNDS`] rounds of them one view is led by another validator, in turn.

use super::ValidatorIndex;
use super::View;

/// Rounds of the super-nodes before another validator leads a view.
pub const ROUNDS: u64 = 4;

/// Who leads which view of an epoch.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Schedule {
    supers: Vec<ValidatorIndex>,
    others: Vec<ValidatorIndex>,
}

impl Schedule {
    /// Makes the schedule of so many validators, of whom these are super-nodes, in their order.
    ///
    /// # Panics
    /// If there are no super-nodes, or one twice, or one beyond the set.
    pub fn new(validators: ValidatorIndex, supers: &[ValidatorIndex]) -> Self {
        let others: Vec<_> = (0..validators).filter(|index| !supers.contains(index)).collect();
        let whole = others.len().checked_add(supers.len()) == Some(usize::from(validators));
        assert!(!supers.is_empty() && whole, "{supers:?} are no super-nodes of {validators} validators");
        Self { supers: supers.to_vec(), others }
    }

    /// The schedule in which everybody leads in turn.
    pub fn all(validators: ValidatorIndex) -> Self {
        Self::new(validators, &(0..validators).collect::<Vec<_>>())
    }

    /// The super-nodes in their order.
    pub fn supers(&self) -> &[ValidatorIndex] {
        &self.supers
    }

    /// Who leads a view.
    pub fn leader(&self, view: View) -> ValidatorIndex {
        let supers = self.supers.len() as u64;
        let turns = supers.saturating_mul(ROUNDS);
        let cycle = if self.others.is_empty() { turns } else { turns.saturating_add(1) };
        let (round, turn) = (view.0.checked_div(cycle).unwrap_or(0), view.0.checked_rem(cycle).unwrap_or(0));
        let found = if turn < turns { at(&self.supers, turn) } else { at(&self.others, round) };
        found.expect("a schedule has super-nodes, and others where a cycle is longer than their turns")
    }
}

/// The element at a place, counted round and round.
fn at(list: &[ValidatorIndex], place: u64) -> Option<ValidatorIndex> {
    let index = place.checked_rem(list.len() as u64)?;
    list.get(usize::try_from(index).ok()?).copied()
}

/// What is known of a validator when super-nodes are chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The stake that elected it.
    pub weight: u128,
    /// The median of what the others measured to it, in milliseconds, as agreed on chain; 0 if nobody measured.
    pub latency_ms: u32,
}

/// Chooses so many super-nodes: those with the most stake for each millisecond of latency, equal ones by index. Latency
/// counts from [`LATENCY_FLOOR_MS`] up, so that a claim to be at once everywhere wins nothing.
///
/// # Panics
/// If there are more validators than an index can tell.
pub fn choose_supers(standings: &[Standing], count: usize) -> Vec<ValidatorIndex> {
    let score = |standing: &Standing| {
        let latency_ms = u128::from(standing.latency_ms.max(LATENCY_FLOOR_MS));
        standing.weight.checked_div(latency_ms).expect("the floor is above zero")
    };
    let indexed = standings.iter().enumerate().map(|(index, standing)| {
        let index = ValidatorIndex::try_from(index).expect("a set has at most MAX_VALIDATORS");
        (std::cmp::Reverse(score(standing)), index)
    });
    let mut order: Vec<_> = indexed.collect();
    order.sort_unstable();
    order.into_iter().map(|(_, index)| index).take(count.max(1)).collect()
}

/// The latency below which nobody is preferred, in milliseconds.
pub const LATENCY_FLOOR_MS: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supers_lead_in_turn() {
        let schedule = Schedule::all(4);
        let leaders: Vec<_> = (0..9).map(|view| schedule.leader(View(view))).collect();
        assert_eq!(leaders, [0, 1, 2, 3, 0, 1, 2, 3, 0]);
    }

    #[test]
    fn others_lead_after_rounds_of_supers() {
        let schedule = Schedule::new(4, &[2]);
        let leaders: Vec<_> = (0..15).map(|view| schedule.leader(View(view))).collect();
        assert_eq!(leaders, [2, 2, 2, 2, 0, 2, 2, 2, 2, 1, 2, 2, 2, 2, 3]);
        let schedule = Schedule::new(3, &[1, 0]);
        let leaders: Vec<_> = (0..10).map(|view| schedule.leader(View(view))).collect();
        assert_eq!(leaders, [1, 0, 1, 0, 1, 0, 1, 0, 2, 1]);
    }

    #[test]
    fn supers_are_chosen_by_stake_for_latency_and_ties_by_index() {
        let standing = |weight, latency_ms| Standing { weight, latency_ms };
        let standings = [standing(100, 50), standing(300, 50), standing(300, 100), standing(100, 0), standing(100, 20)];
        assert_eq!(choose_supers(&standings, 5), [1, 3, 4, 2, 0]);
        assert_eq!(choose_supers(&standings, 2), [1, 3]);
        assert_eq!(choose_supers(&standings, 0), [1], "at least one");
    }

    #[test]
    #[should_panic(expected = "no super-nodes of 4")]
    fn refuses_a_super_node_beyond_the_set() {
        let _ = Schedule::new(4, &[4]);
    }
}
