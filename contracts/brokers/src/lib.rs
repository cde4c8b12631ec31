//! Brokers: what the brokers of a data stream agree on, and what they are paid for it.
//!
//! Rules:
//! - Who may edit a stream opens its coordination, states the terms, and says who its brokers are. A change of brokers
//!   counts from the next round on. Whoever funds a pot trusts that choice.
//! - Time is cut into rounds of equal length. After a round its brokers commit to a report on it, then open it, then
//!   anyone settles the round. Both windows lie within the next round.
//! - A report says how many events the stream has had since its beginning, and the rolling hash of all of them.
//! - A commitment names chain, instance, stream, round and broker: copied it is good for nobody, and nobody can copy a
//!   report, as none is open before the time to commit is over.
//! - The threshold is of the brokers who are assigned, not of those who report, and rounded up. It is above one half, so
//!   two reports are never both agreed on.
//! - What enough of them agree on is the stream's progress: the count never falls. They share the round's reward in equal
//!   parts, rounded down; what is left stays in the pot. Whoever says something else, or nothing, gets nothing. If too few
//!   agree nobody is paid, and the reward stays in the pot.
//! - Rounds are settled in their order; rounds without reports need not be. Times are half-open, by the block's time.
//! - Who earned something finds it as a credit and takes it with `claim`: nobody's refusal holds up anybody else.
//! - What a round stored is removed when it is settled; who settles receives the deposit.
//! - A coordination that is stopped ends with the round that runs. What is left in its pot goes to the brokers of its last
//!   round. The progress stays, and the next coordination goes on from it.
//!
//! - Or who may edit the stream leaves it to lots: a pool of the module `sortition` says who the brokers are, anew in
//!   each of its periods, and nobody can name any as long as the coordination stands.
//!
//! Left out: the events, which are checked, counted and stored off chain; and slashing, as brokers deposit nothing.

#![no_std]

mod checks;
mod coordination;
mod error;
mod events;
mod lots;
mod money;
pub mod rolling;
mod rounds;
mod rules;
mod types;

pub use self::brokers::*;
pub use checks::MAX_CHECKED_ENTRIES;
pub use error::Error;
pub use events::{
    Agreed, Claimed, Closed, Committed, Credited, Designated, Drawn, Forgotten, Funded, NotAgreed, Opened, PoolChosen,
    Removed, Revealed, Stopped,
};
pub use rules::{each, needed};
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, call, hash), calls("*"), upgrade = "admin")]
pub mod brokers {
    use crate::error::Error;
    use crate::types::{
        CoordinationInfo, Currency, CurrencyKey, DEFAULT_THRESHOLD_BPS, Lots, Progress, Report, Reward, Round,
        RoundInfo, SHA2_256_CHAIN, Seat, Terms, Times,
    };
    use crate::{rolling, rounds, rules};
    use core::ops::Bound;
    use tenon_contract::money::holds_coin_owed;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;
    /// Bytes of an event that a query chains.
    pub const MAX_EVENT_BYTES: usize = 16_384;

    /// What the instance keeps.
    #[storage]
    pub struct Brokers {
        /// The registry of the streams, if it is not the chain's own.
        pub(crate) registry: Value<Address>,
        /// Terms by stream.
        pub(crate) terms: OrderedMap<Hash, Terms>,
        /// Brokers by stream, those included who left and whose last rounds are not settled.
        pub(crate) seats: Map<Hash, Vec<Seat>>,
        /// What waits for the brokers of a stream.
        pub(crate) pots: OrderedMap<Hash, Amount>,
        /// Rounds on which somebody reported and that are not settled.
        pub(crate) rounds: OrderedMap<(Hash, u64), Round>,
        /// What brokers committed to and have not opened, by stream, round and seat.
        pub(crate) commitments: Map<(Hash, u64, u8), Hash>,
        /// What was agreed on last.
        pub(crate) progress: Map<Hash, Progress>,
        /// The number of the next round of a stream whose coordination is closed.
        pub(crate) next_rounds: Map<Hash, u64>,
        /// Money that waits, by currency and owner.
        pub(crate) credits: OrderedMap<(CurrencyKey, Address), Amount>,
        /// All that this instance owes in a currency: pots and credits.
        pub(crate) owed: OrderedMap<CurrencyKey, Amount>,
        /// Which pool says who the brokers of a stream are, where they are not named.
        pub(crate) lots: Map<Hash, Lots>,
    }

    impl Brokers {
        /// Starts without coordinations. Optional: `registry`, an instance of `streams` (default the chain's own).
        #[init]
        pub fn init(&mut self, registry: Option<Address>) {
            if let Some(registry) = registry {
                self.registry.set(&registry);
            }
        }

        /// Opens the coordination of a stream: by who may edit it. A round lasts `interval_ms`; after it brokers commit
        /// for `commit_ms` and open their reports for `reveal_ms`, both within one round.
        ///
        /// Optional: `reward` of a round (default nothing), `currency` (default the coin),
        /// `threshold_bps` of the assigned brokers (default 9000), `start_ms` of the first round (default now),
        /// `algorithm` of the rolling hash (default 1, SHA-256).
        #[call]
        #[allow(clippy::too_many_arguments, reason = "one transaction states everything about the coordination")]
        pub fn open(
            &mut self,
            stream: Hash,
            interval_ms: u64,
            commit_ms: u64,
            reveal_ms: u64,
            reward: Option<Reward>,
            currency: Option<Currency>,
            threshold_bps: Option<u16>,
            start_ms: Option<u64>,
            algorithm: Option<u16>,
        ) -> Result<(), Error> {
            let stated = Terms {
                opener: env().caller(),
                start_ms: start_ms.unwrap_or_else(|| env().block_time_ms()),
                first_round: 0,
                end_round: None,
                interval_ms,
                commit_ms,
                reveal_ms,
                threshold_bps: threshold_bps.unwrap_or(DEFAULT_THRESHOLD_BPS),
                algorithm: algorithm.unwrap_or(SHA2_256_CHAIN),
                currency: currency.unwrap_or(Currency::Coin),
                reward: reward.unwrap_or(Reward::Amount(0)),
            };
            self.begin(stream, stated)
        }

        /// Lets an account report on a stream from the next round on: by who may edit the stream.
        #[call]
        pub fn designate(&mut self, stream: Hash, broker: Address) -> Result<(), Error> {
            self.seat(stream, broker)
        }

        /// Lets an account report on a stream no more from the next round on: by who may edit the stream, or by itself.
        #[call]
        pub fn remove(&mut self, stream: Hash, broker: Address) -> Result<(), Error> {
            self.unseat(stream, broker)
        }

        /// Leaves it to lots who the brokers of a stream are, as long as it is coordinated: to a pool of the module
        /// `sortition`. By who may edit the stream. Those who were named leave with the round that runs, and brokers
        /// are drawn from the second period of the pool after this one on.
        #[call]
        pub fn choose_pool(&mut self, stream: Hash, pool: u64) -> Result<(), Error> {
            self.choose_pool_of(stream, pool)
        }

        /// Lets those report on a stream from the next round on who are drawn in the period of its pool that runs: by
        /// anyone, once in a period.
        #[call]
        pub fn draw(&mut self, stream: Hash) -> Result<(), Error> {
            self.seat_drawn(stream)
        }

        /// Commits to a report on a round that has ended: `commitment` is what the query of that name says. Only its
        /// brokers, once.
        #[call]
        pub fn commit(&mut self, stream: Hash, round: u64, commitment: Hash) -> Result<(), Error> {
            self.note_commitment(stream, round, commitment)
        }

        /// Opens the report that the caller committed to: so many events since the stream's beginning, and their rolling
        /// hash. Optional: `algorithm` (default 1).
        #[call]
        pub fn reveal(
            &mut self,
            stream: Hash,
            round: u64,
            events: u64,
            rolling_hash: Hash,
            salt: Hash,
            algorithm: Option<u16>,
        ) -> Result<(), Error> {
            let algorithm = algorithm.unwrap_or(SHA2_256_CHAIN);
            self.open_report(stream, round, Report { algorithm, events, rolling_hash }, salt)
        }

        /// Settles a round: what enough of its brokers agree on is the stream's progress, and they are paid. By anyone,
        /// after its windows and after the rounds before it, who receives the deposit of what is removed.
        #[call]
        pub fn settle(&mut self, stream: Hash, round: u64) -> Result<(), Error> {
            self.conclude(stream, round)
        }

        /// Puts money into a stream's pot: the coin that is sent along, or an asset that the caller has approved. By
        /// anyone. What arrives is what counts.
        #[call(payable)]
        pub fn fund(&mut self, stream: Hash, currency: Currency, amount: Amount) -> Result<(), Error> {
            self.fill(stream, currency, amount)
        }

        /// Takes all that waits for the caller in a currency, or sends it to another receiver, and returns how much it
        /// is.
        #[call]
        pub fn claim(&mut self, currency: Currency, to: Option<Address>) -> Result<Amount, Error> {
            self.pay_out(currency, to)
        }

        /// Lets a coordination end with the round that runs: by who may edit the stream, or by anyone if it is gone.
        #[call]
        pub fn stop(&mut self, stream: Hash) -> Result<(), Error> {
            self.halt(stream)
        }

        /// Removes a coordination that was stopped and whose rounds are over and settled: by anyone, who receives the
        /// deposit. What is left in the pot goes to the brokers of its last round in equal parts, and the rest of that,
        /// or all if there was none, to who opened it.
        #[call]
        pub fn close(&mut self, stream: Hash) -> Result<(), Error> {
            self.end(stream)
        }

        /// Removes what was agreed on about a stream that is gone, 366 days after that: by anyone, who receives the
        /// deposit.
        #[call]
        pub fn forget(&mut self, stream: Hash) -> Result<(), Error> {
            self.forget_stream(stream)
        }

        /// The registry of the streams.
        #[query]
        pub fn registry(&self) -> Address {
            self.registry_address()
        }

        /// Everything about the coordination of a stream.
        #[query]
        pub fn coordination(&self, stream: Hash) -> Result<CoordinationInfo, Error> {
            let terms = self.coordinated(stream)?;
            let (pot, progress) = (self.pots.get_or_default(&stream), self.progress.get(&stream));
            Ok(CoordinationInfo { terms, pot, progress })
        }

        /// Streams that are coordinated, by id, after `after`. At most 100.
        #[query]
        pub fn coordinations(&self, after: Option<Hash>, limit: Option<u32>) -> Vec<Hash> {
            self.terms.page(after.as_ref(), page_size(limit)).into_iter().map(|(stream, _)| stream).collect()
        }

        /// What the brokers of a stream agreed on last. Nothing if they never did.
        #[query]
        pub fn progress(&self, stream: Hash) -> Option<Progress> {
            self.progress.get(&stream)
        }

        /// The round of a stream in which a time lies; nothing if there is none. Without a time the round of now.
        #[query]
        pub fn round_of(&self, stream: Hash, time_ms: Option<u64>) -> Result<Option<u64>, Error> {
            let time_ms = time_ms.unwrap_or_else(|| env().block_time_ms());
            Ok(self.coordinated(stream)?.round_at(time_ms))
        }

        /// The times of a round.
        #[query]
        pub fn times(&self, stream: Hash, round: u64) -> Result<Times, Error> {
            self.coordinated(stream)?.times(round).ok_or(Error::UnknownRound)
        }

        /// The brokers who report on a round of a stream. Known until the rounds up to it are settled and over.
        #[query]
        pub fn brokers(&self, stream: Hash, round: u64) -> Result<Vec<Address>, Error> {
            self.coordinated(stream)?;
            let seats = self.seats.get_or_default(&stream).into_iter();
            Ok(seats.filter(|seat| seat.is_assigned(round)).map(|seat| seat.broker).collect())
        }

        /// Which pool says who the brokers of a stream are, and after which of its periods. Nothing where they are
        /// named.
        #[query]
        pub fn lots(&self, stream: Hash) -> Option<Lots> {
            self.lots.get(&stream)
        }

        /// How far a round has come that somebody reported on and that is not settled.
        #[query]
        pub fn round(&self, stream: Hash, round: u64) -> Result<RoundInfo, Error> {
            let terms = self.coordinated(stream)?;
            let state = self.rounds.get(&(stream, round)).ok_or(Error::NothingToSettle)?;
            let seats = self.seats.get_or_default(&stream);
            let assigned = seats.iter().filter(|seat| seat.is_assigned(round)).count();
            let assigned = u32::try_from(assigned).unwrap_or_default();
            let needed = rules::needed(assigned, terms.threshold_bps);
            let reports = state.tallies.iter().map(|tally| (tally.report, tally.count())).collect();
            Ok(RoundInfo { assigned, needed, committed: state.committed.count_ones(), reports })
        }

        /// The rounds of a stream that were reported on and wait to be settled, after `after`. At most 100.
        #[query]
        pub fn open_rounds(&self, stream: Hash, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let after = after.map(|round| (stream, round));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let rounds = self.rounds.iter_within(&stream, from, Direction::Ascending);
            rounds.limit(page_size(limit)).map(|((_, round), _)| round).collect()
        }

        /// What a broker opened of a round that is not settled.
        #[query]
        pub fn report(&self, stream: Hash, round: u64, broker: Address) -> Option<Report> {
            let seats = self.seats.get_or_default(&stream);
            let seat = seats.iter().find(|seat| seat.broker == broker && seat.is_assigned(round))?;
            let tallies = self.rounds.get(&(stream, round))?.tallies;
            tallies.iter().find(|tally| tally.seats & seat.bit() != 0).map(|tally| tally.report)
        }

        /// What the brokers who agree would share if a round of a stream were settled now.
        #[query]
        pub fn reward(&self, stream: Hash) -> Result<Amount, Error> {
            Ok(self.coordinated(stream)?.reward.of(self.pots.get_or_default(&stream)))
        }

        /// The hash that a broker commits to. Ask a node that you trust, as it learns the report. Optional: `algorithm`
        /// (default 1).
        #[query]
        #[allow(clippy::too_many_arguments, reason = "a commitment names all of it")]
        pub fn commitment(
            &self,
            stream: Hash,
            round: u64,
            broker: Address,
            events: u64,
            rolling_hash: Hash,
            salt: Hash,
            algorithm: Option<u16>,
        ) -> Hash {
            let algorithm = algorithm.unwrap_or(SHA2_256_CHAIN);
            rounds::commitment_hash(stream, round, broker, Report { algorithm, events, rolling_hash }, salt)
        }

        /// The rolling hash of a stream without events.
        #[query]
        pub fn chain_start(&self, stream: Hash) -> Hash {
            rolling::start(crypto::sha2_256, &stream)
        }

        /// The rolling hash with one event more. Clients and brokers work it out in the same way.
        #[query]
        pub fn chain_next(&self, chain: Hash, event: Vec<u8>) -> Result<Hash, Error> {
            ensure!(event.len() <= MAX_EVENT_BYTES, Error::EventTooLong);
            Ok(rolling::next(crypto::sha2_256, &chain, &event))
        }

        /// The money that waits for somebody.
        #[query]
        pub fn credit_of(&self, who: Address, currency: Currency) -> Amount {
            self.credits.get_or_default(&(currency.key(), who))
        }

        /// All that this instance owes in a currency: pots and credits.
        #[query]
        pub fn owed(&self, currency: Currency) -> Amount {
            self.owed.get_or_default(&currency.key())
        }

        /// The instance holds at least the coin that it owes.
        #[invariant]
        pub fn coin_covers_what_is_owed(&self) -> bool {
            holds_coin_owed(&self.owed)
        }

        /// What is owed in a currency is the sum of its pots and credits.
        ///
        /// One check takes one of the first 100 currencies, by the block's height, and reads at most 500 entries of each
        /// kind. Where there are more, their partial sum is not above what is owed.
        #[invariant]
        pub fn books_add_up(&self) -> bool {
            self.check_books()
        }

        /// A stream has at most 64 seats, each with a number of its own, and nobody has two in one round. A check reads
        /// at most 500 streams, beginning where the block's height points to and going round.
        #[invariant]
        pub fn seats_are_sound(&self) -> bool {
            self.check_seats()
        }

        /// Reports were committed to before, by brokers who are assigned, once each. A check reads at most 500 rounds.
        #[invariant]
        pub fn rounds_are_possible(&self) -> bool {
            self.check_rounds()
        }
    }

    fn page_size(limit: Option<u32>) -> u32 {
        limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)
    }
}
