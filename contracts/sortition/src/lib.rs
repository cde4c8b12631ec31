//! Sortition: brokers register with a stake, and lots say who of them serves a partition of a stream in a period.
//!
//! Rules:
//! - A pool has a stake, a period and a number of seats, which never change. Who pays the stake is in; of one stake
//!   there is one lot.
//! - In each period the next one's seed is made: in its first half brokers commit to values, in its second half they
//!   open them. The seed is the hash of all that was opened. So it is nobody's choice as long as one of them is honest,
//!   and nobody knows it before the last of them has opened.
//! - Only about 31 commit: those whom the seed of the running period selects. Who commits and does not open can be
//!   expelled by anyone, and the stake is nobody's from then on: that is what one more try at a seed costs.
//! - Who registers in a period is drawn for the second period after it at the earliest: before anybody has committed to
//!   what its seed is made of. So nobody can look for an address that a seed likes, and who leaves and comes back waits
//!   again.
//! - A draw for a partition puts all slots in an order by seed, stream and partition, and takes the first ones whose
//!   holders are in. Whoever leaves makes place for the next in that order and moves nobody else: so nobody gets more
//!   seats by leaving.
//! - A seed of fewer than three values is none: nobody is drawn then, and in that period all may commit.
//!
//! How likely it is that a fifth of the stakes has more than half of the seats is in the module's page.
//!
//! Left out: what those who are drawn do, and what they earn, which is the business of `brokers`; stakes of different
//! weight: whoever wants two lots pays two stakes.

#![no_std]

mod checks;
pub mod draw;
mod error;
mod events;
mod members;
mod seeds;
mod types;

pub use self::sortition::*;
pub use error::Error;
pub use events::{Committed, Dissolved, Expelled, Founded, Left, Opened, Registered};
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, hash), upgrade = "admin")]
pub mod sortition {
    use crate::error::Error;
    use crate::seeds;
    use crate::types::{Member, NewPool, Pool, Seed, Slot};
    use core::ops::Bound;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;

    /// What the instance keeps.
    #[storage]
    pub struct Sortition {
        /// The number of pools, which is the highest id.
        pub(crate) pool_count: Value<u64>,
        /// Whether no further pool is founded.
        pub(crate) closed: Value<bool>,
        /// Pools.
        pub(crate) pools: OrderedMap<u64, Pool>,
        /// Who is in a pool.
        pub(crate) members: Map<(u64, Address), Member>,
        /// The lots of a pool.
        pub(crate) slots: OrderedMap<(u64, u32), Slot>,
        /// Slots that were left, and go to who registers next.
        pub(crate) free: Set<(u64, u32)>,
        /// What seeds are made of, by pool and the period that they are for.
        pub(crate) seeds: Map<(u64, u64), Seed>,
        /// All stakes of those who are in.
        pub(crate) owed: Value<Amount>,
    }

    impl Sortition {
        /// Starts without pools, or with one that stays the only one.
        #[init]
        pub fn init(&mut self, first: Option<NewPool>) -> Result<(), Error> {
            if let Some(first) = first {
                self.add_pool(first)?;
                self.closed.set(&true);
            }
            Ok(())
        }

        /// Founds a pool and returns its number. A stake in coin is what a lot costs; a period has 10 seconds at least
        /// and 31 days at most; a partition has 1 to 31 seats.
        #[call]
        pub fn found(&mut self, stake: Amount, period_ms: u64, seats: u32) -> Result<u64, Error> {
            ensure!(!self.closed.get(), Error::Closed);
            self.add_pool(NewPool { stake, period_ms, seats })
        }

        /// Registers the caller with a stake, which is sent along, and returns the first period for which the caller
        /// can be drawn: the second after this one.
        #[call(payable)]
        pub fn register(&mut self, pool: u64) -> Result<u64, Error> {
            self.add_member(pool)
        }

        /// Takes the caller and the stake out of a pool, to another receiver if one is named. Not while a commitment of
        /// the caller waits to be opened.
        #[call]
        pub fn leave(&mut self, pool: u64, to: Option<Address>) -> Result<(), Error> {
            self.part(pool, to)
        }

        /// Commits to a value for the next period's seed: `commitment` is what the query of that name says. In the
        /// first half of a period, by those whom `may_commit` names, once.
        #[call]
        pub fn commit(&mut self, pool: u64, commitment: Hash) -> Result<(), Error> {
            self.seal(pool, commitment)
        }

        /// Opens the value that the caller committed to, in the second half of the same period.
        #[call]
        pub fn open(&mut self, pool: u64, value: Hash) -> Result<(), Error> {
            self.unseal(pool, value)
        }

        /// Takes somebody out of a pool who did not open in time: by anyone, who receives the deposit. The stake is
        /// nobody's any more.
        #[call]
        pub fn expel(&mut self, pool: u64, broker: Address) -> Result<(), Error> {
            self.cast_out(pool, broker)
        }

        /// Removes what the seed of a period was made of that is over: by anyone, who receives the deposit.
        #[call]
        pub fn forget(&mut self, pool: u64, period: u64) -> Result<(), Error> {
            self.forget_seed(pool, period)
        }

        /// Removes a pool in which nobody is: by who founded it. Of lots that were left it removes 100, and says
        /// whether the pool is gone with them.
        #[call]
        pub fn dissolve(&mut self, pool: u64) -> Result<bool, Error> {
            self.remove_pool(pool)
        }

        /// A pool.
        #[query]
        pub fn pool(&self, pool: u64) -> Result<Pool, Error> {
            self.known(pool)
        }

        /// Pools by number, after `after`. At most 100.
        #[query]
        pub fn pools(&self, after: Option<u64>, limit: Option<u32>) -> Vec<(u64, Pool)> {
            self.pools.page(after.as_ref(), page_size(limit))
        }

        /// Somebody's membership.
        #[query]
        pub fn member(&self, pool: u64, who: Address) -> Option<Member> {
            self.members.get(&(pool, who))
        }

        /// The lots of a pool by number, after `after`. At most 100.
        #[query]
        pub fn slots(&self, pool: u64, after: Option<u32>, limit: Option<u32>) -> Vec<(u32, Slot)> {
            let after = after.map(|slot| (pool, slot));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let found = self.slots.iter_within(&pool, from, Direction::Ascending);
            found.limit(page_size(limit)).map(|((_, number), slot)| (number, slot)).collect()
        }

        /// The period of a pool that runs.
        #[query]
        pub fn period_of(&self, pool: u64) -> Result<u64, Error> {
            Ok(self.known(pool)?.now().period)
        }

        /// Whether somebody may commit to a value for the next period's seed, in this period.
        #[query]
        pub fn may_commit(&self, pool: u64, who: Address) -> Result<bool, Error> {
            self.is_selected(pool, who)
        }

        /// The seed of a period that has begun.
        #[query]
        pub fn seed(&self, pool: u64, period: u64) -> Result<Hash, Error> {
            self.seed_of(pool, period).map(|(seed, _)| seed)
        }

        /// Who serves a partition of a stream, or of whatever else a hash names, in a period that has begun; in this
        /// one if none is named. Fewer than there are seats where too few are in.
        #[query]
        pub fn drawn(
            &self,
            pool: u64,
            stream: Hash,
            partition: u16,
            period: Option<u64>,
        ) -> Result<Vec<Address>, Error> {
            self.draw_for(pool, stream, partition, period)
        }

        /// The hash that somebody commits to. Ask a node that you trust, as it learns the value.
        #[query]
        pub fn commitment(&self, pool: u64, period: u64, who: Address, value: Hash) -> Hash {
            seeds::commitment_hash(pool, period, who, value)
        }

        /// All stakes of those who are in.
        #[query]
        pub fn owed(&self) -> Amount {
            self.owed.get()
        }

        /// The instance holds at least the stakes of all who are in.
        #[invariant]
        pub fn coin_covers_what_is_owed(&self) -> bool {
            coin::balance(&env().self_address()) >= self.owed.get()
        }

        /// What is owed is the stakes of all members of all pools. Of more than 500 pools the first are not above it.
        #[invariant]
        pub fn books_add_up(&self) -> bool {
            self.check_books()
        }

        /// Each lot is its holder's, and no lot that was left has a holder. One check reads at most 500 of a pool that
        /// the block's height points to.
        #[invariant]
        pub fn lots_are_held(&self) -> bool {
            self.check_slots()
        }
    }

    fn page_size(limit: Option<u32>) -> u32 {
        limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)
    }
}
