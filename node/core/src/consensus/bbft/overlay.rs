//! The way of votes: up through super-nodes, which add them up and exchange the sums, and certificates down again.
//!
//! ```text
//! one level     node -> its super-node -> all super-nodes -> their nodes
//! two levels    node -> its relay -> the relay's super-node -> all super-nodes -> relays -> nodes
//! order         each node's super-nodes in the order of hash(epoch seed, view, node): the first is its own, then fallbacks
//! ```
//!
//! With M super-nodes of N validators a phase takes `N - M` messages up, `M (M - 1)` across and `N - M` down. One
//! super-node makes a star, N make all-to-all. It decides nothing: a false or silent super-node can only delay.

use super::{Schedule, Signers, ValidatorIndex, View};
use tenon_types::{Hash, blake2b_256};

/// Bytes of what is hashed for a node's order: seed, view, node and the one above.
const RANK_BYTES: usize = 32 + 8 + 2 + 2;

/// Who passes votes on in an epoch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overlay {
    validators: ValidatorIndex,
    supers: Vec<ValidatorIndex>,
    relays: Vec<ValidatorIndex>,
    seed: Hash,
}

impl Overlay {
    /// Makes the overlay of an epoch: its super-nodes, and the relays below them, which may be none.
    ///
    /// # Panics
    /// If a relay is a super-node or beyond the set.
    pub fn new(validators: ValidatorIndex, schedule: &Schedule, relays: &[ValidatorIndex], seed: Hash) -> Self {
        let supers = schedule.supers().to_vec();
        let fits = relays.iter().all(|relay| *relay < validators && !supers.contains(relay));
        assert!(fits, "relays {relays:?} of {validators} validators with super-nodes {supers:?}");
        Self { validators, supers, relays: relays.to_vec(), seed }
    }

    /// How many validators there are.
    pub fn validators(&self) -> ValidatorIndex {
        self.validators
    }

    /// The super-nodes.
    pub fn supers(&self) -> &[ValidatorIndex] {
        &self.supers
    }

    /// Whether somebody is a super-node.
    pub fn is_super(&self, node: ValidatorIndex) -> bool {
        self.supers.contains(&node)
    }

    /// Levels between a node and the super-nodes: 1, or 2 with relays.
    pub fn levels(&self) -> u64 {
        if self.relays.is_empty() { 1 } else { 2 }
    }

    /// Whether somebody adds up others' votes.
    pub fn adds_up(&self, node: ValidatorIndex) -> bool {
        self.is_super(node) || self.relays.contains(&node)
    }

    /// To whom a node's votes go, the first choice first. Empty for a super-node, whose sums go to all others.
    pub fn uplinks(&self, view: View, node: ValidatorIndex) -> Vec<ValidatorIndex> {
        let above = self.above(node);
        // The order of one needs no hash.
        if above.len() < 2 {
            return above.to_vec();
        }
        let mut order: Vec<_> = above.iter().map(|up| (self.rank(view, node, *up), *up)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, up)| up).collect()
    }

    /// The first of [`Self::uplinks`].
    fn first_uplink(&self, view: View, node: ValidatorIndex) -> Option<ValidatorIndex> {
        match self.above(node) {
            [] => None,
            [only] => Some(*only),
            above => above.iter().copied().min_by_key(|up| (self.rank(view, node, *up), *up)),
        }
    }

    /// Who may pass a node's votes on.
    fn above(&self, node: ValidatorIndex) -> &[ValidatorIndex] {
        match (self.is_super(node), self.relays.is_empty() || self.relays.contains(&node)) {
            (true, _) => &[],
            (false, true) => &self.supers,
            (false, false) => &self.relays,
        }
    }

    fn rank(&self, view: View, node: ValidatorIndex, up: ValidatorIndex) -> [u8; 32] {
        let mut bytes = [0; RANK_BYTES];
        let parts = [&self.seed.0[..], &view.0.to_le_bytes(), &node.to_le_bytes(), &up.to_le_bytes()];
        bytes.iter_mut().zip(parts.into_iter().flatten()).for_each(|(byte, part)| *byte = *part);
        blake2b_256(&bytes).0
    }

    /// Whose first choice a node is.
    pub fn children(&self, view: View, node: ValidatorIndex) -> Vec<ValidatorIndex> {
        if !self.adds_up(node) {
            return Vec::new();
        }
        (0..self.validators).filter(|child| self.first_uplink(view, *child) == Some(node)).collect()
    }

    /// A node, and everybody whose votes reach it by first choices.
    pub fn subtree(&self, view: View, node: ValidatorIndex) -> Signers {
        self.below(view, node).1
    }

    /// Whose first choice a node is, and the node with everybody whose votes reach it by first choices.
    pub fn below(&self, view: View, node: ValidatorIndex) -> (Vec<ValidatorIndex>, Signers) {
        let mut within = Signers::none(usize::from(self.validators));
        within.insert(node);
        let children = self.children(view, node);
        for child in &children {
            within.insert(*child);
            self.children(view, *child).into_iter().for_each(|grandchild| {
                within.insert(grandchild);
            });
        }
        (children, within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(validators: ValidatorIndex, supers: &[ValidatorIndex], relays: &[ValidatorIndex]) -> Overlay {
        Overlay::new(validators, &Schedule::new(validators, supers), relays, Hash([7; 32]))
    }

    #[test]
    fn everybody_is_below_exactly_one_super_node_in_each_view() {
        let overlays =
            [overlay(10, &[3, 0, 9], &[]), overlay(27, &[0, 1, 2], &[3, 4, 5, 6, 7, 8]), overlay(4, &[2], &[])];
        for overlay in overlays {
            for view in (1..20).map(View) {
                let mut all = Signers::none(usize::from(overlay.validators()));
                for node in overlay.supers() {
                    let subtree = overlay.subtree(view, *node);
                    assert!(all.is_disjoint(&subtree));
                    all.extend(&subtree);
                }
                assert_eq!(all.count(), usize::from(overlay.validators()));
            }
        }
    }

    #[test]
    fn orders_change_with_view_node_and_seed() {
        let one = overlay(30, &[0, 1, 2, 3, 4], &[]);
        let other = Overlay::new(30, &Schedule::new(30, &[0, 1, 2, 3, 4]), &[], Hash([8; 32]));
        let firsts =
            |overlay: &Overlay, view| -> Vec<_> { (5..30).map(|node| overlay.uplinks(View(view), node)).collect() };
        assert_eq!(firsts(&one, 1), firsts(&one, 1));
        assert_ne!(firsts(&one, 1), firsts(&one, 2));
        assert_ne!(firsts(&one, 1), firsts(&other, 1));
        assert_ne!(one.uplinks(View(1), 5), one.uplinks(View(1), 6));
        for order in firsts(&one, 1) {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4], "each once");
        }
    }

    #[test]
    fn the_first_choice_is_the_first_of_the_order_of_hashes() {
        let overlay = overlay(27, &[0, 1, 2], &[3, 4, 5, 6, 7, 8]);
        for view in (1..9).map(View) {
            for node in 0..27 {
                let uplinks = overlay.uplinks(view, node);
                assert_eq!(overlay.first_uplink(view, node), uplinks.first().copied());
                let hashed = |up: &ValidatorIndex| {
                    let parts = [&[7; 32][..], &view.0.to_le_bytes(), &node.to_le_bytes(), &up.to_le_bytes()];
                    blake2b_256(&parts.concat()).0
                };
                assert!(uplinks.is_sorted_by_key(hashed), "{uplinks:?}");
                let children = overlay.children(view, node);
                assert_eq!(overlay.below(view, node).0, children);
                assert!(children.iter().all(|child| overlay.uplinks(view, *child).first() == Some(&node)));
            }
        }
    }

    #[test]
    fn one_super_node_makes_a_star_and_all_make_a_mesh() {
        let star = overlay(7, &[4], &[]);
        assert_eq!(star.children(View(3), 4), [0, 1, 2, 3, 5, 6]);
        let mesh = overlay(4, &[0, 1, 2, 3], &[]);
        assert!((0..4).all(|node| mesh.uplinks(View(3), node).is_empty() && mesh.children(View(3), node).is_empty()));
    }

    #[test]
    fn nodes_reach_super_nodes_through_relays() {
        let overlay = overlay(27, &[0, 1, 2], &[3, 4, 5, 6, 7, 8]);
        assert!((9..27).all(|node| (3..9).contains(&overlay.uplinks(View(1), node)[0])));
        assert!((3..9).all(|relay| (0..3).contains(&overlay.uplinks(View(1), relay)[0])));
        assert!(overlay.children(View(1), 20).is_empty());
    }
}
