//! Small miners' work combined: easier hashes over one node's templates are counted, and what a block earns is paid in
//! proportion to the work in the last of them.
//!
//! ```text
//! share     a hash that meets a target so many times easier than the block's; it counts as much work as it takes
//! window    the last shares, however many blocks were found among them: leaving after a block was found wins nothing
//! won       upon a block: who has how much of the window's work, written down
//! paid      once the block is final: floor(amount * work / whole) to each; what is left over goes to the next block's
//! ```
//!
//! It leaves out moving money: who runs the pool pays from what the block earned.

use parity_scale_codec::{Decode, Encode};
use std::collections::{BTreeMap, VecDeque};
use tenon_types::work::{Target, Work};
use tenon_types::{Address, Amount, Hash};

/// Shares that are counted.
pub const MAX_SHARES: usize = 8_192;
/// Blocks that were won and are not final yet.
pub const MAX_WON: usize = 256;
/// How much easier a share may be.
pub const MAX_EASIER: u64 = 1 << 32;

/// The rules of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolRules {
    /// How many times easier a share is than a block; from 1 to [`MAX_EASIER`].
    pub easier: u64,
    /// How many shares are counted; from 1 to [`MAX_SHARES`].
    pub window: usize,
}

/// Whose work counts, and what is to be paid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Books {
    /// Oldest first.
    shares: VecDeque<(Address, Work)>,
    /// Blocks that were won and are not final yet, oldest first, with the work of each miner.
    won: VecDeque<(Hash, Vec<(Address, Work)>)>,
    /// What the last payment left over.
    carried: Amount,
}

/// Miners who are paid together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharePool {
    rules: PoolRules,
    books: Books,
}

impl SharePool {
    /// A pool that goes on from its books.
    pub(super) fn new(rules: PoolRules, mut books: Books) -> Self {
        let rules = PoolRules { easier: rules.easier.clamp(1, MAX_EASIER), window: rules.window.clamp(1, MAX_SHARES) };
        books.shares.drain(..books.shares.len().saturating_sub(rules.window));
        Self { rules, books }
    }

    /// A pool without shares.
    pub fn begin(rules: PoolRules) -> Self {
        Self::new(rules, Books::default())
    }

    pub(super) fn books(&self) -> &Books {
        &self.books
    }

    /// What a share has to meet while a block has to meet this.
    pub fn share_target(&self, block: Target) -> Target {
        block.easier(self.rules.easier)
    }

    /// Counts a share. Who hands it in has checked its hash, and that it is no other one again.
    pub fn credit(&mut self, miner: Address, share: Target) {
        self.books.shares.push_back((miner, share.work()));
        while self.books.shares.len() > self.rules.window {
            self.books.shares.pop_front();
        }
    }

    /// The work of each miner among the shares that count.
    pub fn standing(&self) -> BTreeMap<Address, Work> {
        let mut standing = BTreeMap::new();
        for (miner, work) in &self.books.shares {
            let sum: &mut Work = standing.entry(*miner).or_default();
            *sum = sum.plus(*work);
        }
        standing
    }

    /// Writes down who has to be paid for a block that was found. Of too many, the oldest is given up.
    pub fn win(&mut self, block: Hash) {
        if self.books.won.len() >= MAX_WON {
            self.books.won.pop_front();
        }
        let standing = self.standing().into_iter().collect();
        self.books.won.push_back((block, standing));
    }

    /// Whether a block is one of theirs that is not paid for yet.
    pub fn has_won(&self, block: &Hash) -> bool {
        self.books.won.iter().any(|(won, _)| won == block)
    }

    /// Forgets a block that is no part of the chain.
    pub fn lose(&mut self, block: &Hash) {
        self.books.won.retain(|(won, _)| won != block);
    }

    /// What is left over and will be paid with the next block.
    pub fn carried(&self) -> Amount {
        self.books.carried
    }

    /// Divides what a block earned, and what was left over before, by work. All of it is paid or carried: the sum of the
    /// payments and [`Self::carried`] afterwards is the amount and [`Self::carried`] before. Absent for a block that was not
    /// won, or that was paid for.
    pub fn pay(&mut self, block: &Hash, earned: Amount) -> Option<Vec<(Address, Amount)>> {
        let at = self.books.won.iter().position(|(won, _)| won == block)?;
        let (_, standing) = self.books.won.remove(at)?;
        let whole = standing.iter().fold(Work::ZERO, |sum, (_, work)| sum.plus(*work));
        let amount = earned.saturating_add(self.books.carried);
        let share = |(miner, work): (Address, Work)| Some((miner, work.share(amount, whole)?));
        let payments: Vec<(Address, Amount)> =
            standing.into_iter().filter_map(share).filter(|(_, paid)| *paid > 0).collect();
        let paid = payments.iter().fold(0, |sum: Amount, (_, paid)| sum.saturating_add(*paid));
        self.books.carried = amount.saturating_sub(paid);
        Some(payments)
    }
}
