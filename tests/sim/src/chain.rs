//! The chain of a node: final blocks with their states, and the blocks above them that are here.

use crate::block::{Block, Body, MAX_BLOCK_TRANSACTIONS};
use crate::epoch::{Params, Plan};
use crate::ledger::{Packed, State};
use std::collections::BTreeMap;
use std::rc::Rc;
use tenon_core::consensus::bbft::{Candidate, MAX_VIEWS_AHEAD, Place, View};
use tenon_types::Hash;

/// Blocks that are not final.
pub(crate) const MAX_OPEN: usize = 512;

/// A final block.
#[derive(Clone)]
pub(crate) struct Final {
    pub(crate) block: Rc<Block>,
    pub(crate) state: Rc<State>,
}

/// A block that is not final.
struct Open {
    block: Rc<Block>,
    /// The state after it, once it was executed.
    state: Option<Rc<State>>,
    logged: bool,
}

/// What came of looking at a block.
#[derive(Clone)]
pub(crate) enum Verdict {
    /// It is valid, and this is the state after it.
    Valid(Rc<State>),
    /// It, or an ancestor, is not valid here.
    Invalid,
    /// This block is not here.
    Missing(Hash),
}

/// The blocks of a node.
pub(crate) struct Chain {
    finals: Vec<Final>,
    heights: BTreeMap<Hash, usize>,
    open: BTreeMap<Hash, Open>,
}

impl Chain {
    pub(crate) fn new(params: &Params) -> Self {
        let (block, state) = params.genesis();
        let heights = BTreeMap::from([(block.digest, 0)]);
        Self { finals: vec![Final { block, state: Rc::new(state) }], heights, open: BTreeMap::new() }
    }

    pub(crate) fn head(&self) -> &Final {
        self.finals.last().expect("genesis is final")
    }

    pub(crate) fn height(&self) -> u64 {
        self.head().block.body.height
    }

    pub(crate) fn finals(&self) -> &[Final] {
        &self.finals
    }

    pub(crate) fn is_final(&self, digest: &Hash) -> bool {
        self.heights.contains_key(digest)
    }

    pub(crate) fn open_count(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn get(&self, digest: &Hash) -> Option<&Rc<Block>> {
        let open = self.open.get(digest).map(|open| &open.block);
        open.or_else(|| self.heights.get(digest).and_then(|height| self.finals.get(*height)).map(|found| &found.block))
    }

    /// Keeps a block of the epoch that may become final, unless there are too many. Which views those are is told by
    /// the current one; one that was asked for may be of any.
    pub(crate) fn insert(&mut self, block: &Rc<Block>, plan: &Plan, cur: View, wanted: bool) -> bool {
        let body = &block.body;
        let stale = body.epoch != plan.epoch || body.height <= self.height();
        let far = body.view.0 > cur.0.saturating_add(MAX_VIEWS_AHEAD) || self.open.len() >= MAX_OPEN / 2;
        if stale || (far && !wanted) || self.open.len() >= MAX_OPEN || self.heights.contains_key(&block.digest) {
            return false;
        }
        let open = Open { block: Rc::clone(block), state: None, logged: false };
        self.open.entry(block.digest).or_insert(open);
        true
    }

    /// Notes that a block is in the log, and tells whether it was not.
    pub(crate) fn log(&mut self, digest: &Hash) -> bool {
        self.open.get_mut(digest).is_some_and(|open| !std::mem::replace(&mut open.logged, true))
    }

    /// The blocks from the head, which is left out, to one that is here.
    pub(crate) fn path_to(&self, digest: &Hash) -> Result<Vec<Rc<Block>>, Verdict> {
        let mut path = Vec::new();
        let mut below = *digest;
        while below != self.head().block.digest {
            if self.heights.contains_key(&below) || path.len() > MAX_OPEN {
                return Err(Verdict::Invalid);
            }
            let open = self.open.get(&below).ok_or(Verdict::Missing(below))?;
            path.push(Rc::clone(&open.block));
            below = open.block.body.parent.digest;
        }
        path.reverse();
        Ok(path)
    }

    /// Executes a block and what it is built upon, as far as that was not done.
    pub(crate) fn execute(&mut self, params: &Params, plan: &Plan, digest: &Hash) -> Verdict {
        let head = self.head();
        if head.block.digest == *digest {
            return Verdict::Valid(Rc::clone(&head.state));
        }
        if let Some(state) = self.open.get(digest).and_then(|open| open.state.as_ref()) {
            return Verdict::Valid(Rc::clone(state));
        }
        let path = match self.path_to(digest) {
            Ok(path) => path,
            Err(verdict) => return verdict,
        };
        let (mut parent, mut state) = (Rc::clone(&self.head().block), Rc::clone(&self.head().state));
        for block in path {
            let Some(open) = self.open.get_mut(&block.digest) else { return Verdict::Missing(block.digest) };
            state = match open.state.take() {
                Some(known) => known,
                None => match check(params, plan, &block, &parent, &state) {
                    Some(found) => Rc::new(found),
                    None => return Verdict::Invalid,
                },
            };
            open.state = Some(Rc::clone(&state));
            parent = block;
        }
        Verdict::Valid(state)
    }

    /// Makes a block on one that was executed, of transactions that come in the order in which they are tried.
    pub(crate) fn build(
        &mut self,
        params: &Params,
        plan: &Plan,
        (view, parent, salt): (View, Candidate, u64),
        transactions: impl Iterator<Item = Rc<Packed>>,
    ) -> Option<Rc<Block>> {
        let Verdict::Valid(state) = self.execute(params, plan, &parent.place.digest) else { return None };
        let mut state = State::clone(&state);
        let included: Vec<_> = transactions
            .filter(|packed| state.apply(&packed.transaction).is_some())
            .take(MAX_BLOCK_TRANSACTIONS)
            .collect();
        let height = parent.height.checked_add(1)?;
        let body = Body {
            epoch: plan.epoch,
            view,
            parent: parent.place,
            height,
            transactions: included,
            state: state.hash(),
            next_set: (height == plan.last_height).then_some(plan.next_hash),
            salt,
        };
        let block = Rc::new(Block::new(body));
        let open = Open { block: Rc::clone(&block), state: Some(Rc::new(state)), logged: false };
        self.open.insert(block.digest, open);
        Some(block)
    }

    /// Makes the block above the head final. It was executed.
    pub(crate) fn finalize(&mut self, block: &Rc<Block>) -> Option<&Final> {
        let state = self.open.remove(&block.digest)?.state?;
        assert_eq!(block.body.parent.digest, self.head().block.digest, "final blocks follow each other");
        self.heights.insert(block.digest, self.finals.len());
        self.finals.push(Final { block: Rc::clone(block), state });
        self.finals.last()
    }

    /// Forgets what cannot become final any more.
    pub(crate) fn prune(&mut self, plan: &Plan) {
        let head = &self.finals.last().expect("genesis is final").block.body;
        let (epoch, view) = (head.epoch, head.view);
        let current = plan.epoch;
        self.open
            .retain(|_, open| open.block.body.epoch == current && (epoch < current || open.block.body.view > view));
    }
}

/// The state after a block, if it is valid on its parent.
fn check(params: &Params, plan: &Plan, block: &Block, parent: &Block, state: &State) -> Option<State> {
    let body = &block.body;
    let view = if parent.digest == plan.start.place.digest { View(0) } else { parent.body.view };
    let follows = body.parent == Place { view, digest: parent.digest }
        && body.view > view
        && body.height == parent.body.height.checked_add(1)?
        && body.epoch == plan.epoch;
    let commits = body.next_set == (body.height == plan.last_height).then_some(plan.next_hash);
    let beyond = body.height > plan.last_height && !body.transactions.is_empty();
    if !follows || !commits || beyond || body.transactions.len() > MAX_BLOCK_TRANSACTIONS {
        return None;
    }
    let mut state = state.clone();
    for packed in &body.transactions {
        if !packed.transaction.is_authentic(params.seed) {
            return None;
        }
        state.apply(&packed.transaction)?;
    }
    (state.hash() == body.state).then_some(state)
}
