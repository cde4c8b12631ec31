//! A value from outside the chain, by the signed events of several sources.
//!
//! - The oracle subscribes in the protocol module `events`, which checks each event: its signature, its age, and that it
//!   is newer than the one before of its source. Anyone delivers, and is paid there.
//! - A source's event says a whole number in decimal digits. What is no number, or outside the bounds, is refused, and the
//!   value before stays until it is too old.
//! - The answer is the median of the fresh values of a quorum of sources. If there are too few, or they are too far
//!   apart, there is an error in its place and never an old value.
//! - Settings never change. The owner can subscribe again when the subscription has ended, and has no other power.

#![no_std]

mod types;

pub use oracle::*;
pub use types::{Answer, Event, MAX_AGE_MS, MAX_DIGITS, MAX_SOURCES, Origin, Reading, Settings, StreamId};

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, call), calls("events"), upgrade = "admin")]
pub mod oracle {
    use crate::types::{Answer, Event, Origin, Reading, Settings, StreamId};
    use events::{Currency, EventsRef, Order, Publishers, Terms};
    use tenon_contract::prelude::*;

    /// The module that delivers events.
    const EVENTS: Address = Address::of_module("events");
    /// The registry of streams, unless another is named.
    const STREAMS: Address = Address::of_module("streams");
    /// Gas that `on_event` gets: twice what it needs with the longest list of sources.
    pub const CALLBACK_GAS: u64 = 200_000;

    /// What the instance keeps.
    #[storage]
    pub struct Oracle {
        /// What is fixed.
        settings: Value<Settings>,
        /// The subscription that is listened to.
        subscription: Value<u64>,
        /// The last value of each source, by its place in the list.
        readings: Map<u8, Reading>,
    }

    /// A source has a new value.
    #[event]
    pub struct Updated {
        /// The source's place in the list.
        #[topic]
        pub source: u8,
        /// The value.
        pub value: u128,
        /// When it was published.
        pub timestamp_ms: u64,
    }

    /// Why a method failed.
    #[error]
    pub enum Error {
        /// The caller is not the owner.
        NotOwner = 1,
        /// There are 1 to 15 sources, each once.
        InvalidSources = 2,
        /// A quorum is 1 to as many sources as there are.
        InvalidQuorum = 3,
        /// Values may be at most from 1 millisecond to 30 days old.
        InvalidAge = 4,
        /// The least value is above zero, and not above the greatest.
        InvalidBounds = 5,
        /// The subscription has not ended yet.
        StillSubscribed = 6,
        /// The module `events` refused the subscription.
        SubscriptionRefused = 7,
        /// Only the module `events` brings events.
        NotEvents = 8,
        /// The event is of another subscription.
        OtherSubscription = 9,
        /// The event is of nobody on the list.
        UnknownSource = 10,
        /// The event says no whole number in at most 39 decimal digits.
        NotANumber = 11,
        /// The value is outside what a source can mean.
        OutOfBounds = 12,
        /// Fewer sources than the quorum have a value that is not too old.
        NoQuorum = 13,
        /// The sources' values are too far apart.
        Conflicting = 14,
    }

    impl Oracle {
        /// Creates the oracle. The caller owns it.
        ///
        /// Optional: `max_spread_bps` (default none), `registry` (default the protocol module `streams`).
        #[init]
        #[allow(clippy::too_many_arguments, reason = "the constructor states everything about the oracle")]
        pub fn init(
            &mut self,
            stream: Hash,
            sources: Vec<Origin>,
            quorum: u8,
            max_age_ms: u64,
            least: u128,
            most: u128,
            max_spread_bps: Option<u16>,
            registry: Option<Address>,
        ) -> Result<(), Error> {
            let stream = StreamId { module: registry.unwrap_or(STREAMS), id: stream };
            let owner = env().caller();
            let settings = Settings { owner, stream, sources, quorum, max_age_ms, least, most, max_spread_bps };
            settings.check()?;
            self.settings.set(&settings);
            Ok(())
        }

        /// Subscribes to the sources' events and returns the subscription's id in the module `events`. The coin that comes
        /// with the call pays the bounties; what is left in the end waits there for the owner, who can cancel there too.
        #[call(payable)]
        pub fn subscribe(&mut self, bounty: Amount, expires_at_ms: u64) -> Result<u64, Error> {
            let settings = self.settings();
            ensure!(settings.owner == env().caller(), Error::NotOwner);
            let events = EventsRef::at(EVENTS);
            if let Some(before) = self.subscription.load()
                && let Ok(before) = events.subscription(before).try_invoke()
            {
                ensure!(before.progress.ends_at_ms <= env().block_time_ms(), Error::StillSubscribed);
            }
            let terms = Terms {
                stream: settings.stream,
                partition: None,
                publishers: Publishers::Origins(settings.sources),
                order: Order::Rising,
                max_age_ms: settings.max_age_ms,
                consumer: env().self_address(),
                callback_gas: CALLBACK_GAS,
                currency: Currency::Coin,
                bounty,
            };
            let funds = env().value();
            let call = events.subscribe(terms, funds, expires_at_ms, Some(settings.owner)).with_value(funds);
            let subscription = call.try_invoke().map_err(|_| Error::SubscriptionRefused)?;
            self.subscription.set(&subscription);
            Ok(subscription)
        }

        /// Takes an event that the module `events` has checked.
        #[call]
        pub fn on_event(&mut self, subscription: u64, event: Event) -> Result<(), Error> {
            ensure!(env().caller() == EVENTS, Error::NotEvents);
            ensure!(self.subscription.load() == Some(subscription), Error::OtherSubscription);
            let settings = self.settings();
            let source = settings.source(&event)?;
            let (value, timestamp_ms) = (settings.value(&event)?, event.timestamp_ms);
            self.readings.set(&source, &Reading { value, timestamp_ms });
            emit(Updated { source, value, timestamp_ms });
            Ok(())
        }

        /// The median of the sources' fresh values. An error if there are too few, or they are too far apart: whoever asks
        /// decides what to do then, and never gets an old value.
        #[query]
        pub fn value(&self) -> Result<Answer, Error> {
            let settings = self.settings();
            let count = u8::try_from(settings.sources.len()).expect("at most 15");
            let readings = (0..count).filter_map(|source| self.readings.get(&source));
            settings.answer(readings, env().block_time_ms())
        }

        /// The last value of a source, by its place in the list, however old.
        #[query]
        pub fn reading(&self, source: u8) -> Option<Reading> {
            self.readings.get(&source)
        }

        /// What is fixed.
        #[query]
        pub fn settings(&self) -> Settings {
            self.settings.expect("the settings")
        }

        /// The subscription that is listened to.
        #[query]
        pub fn subscription(&self) -> Option<u64> {
            self.subscription.load()
        }

        /// Every value is within the bounds.
        #[invariant]
        pub fn values_are_within_bounds(&self) -> bool {
            let settings = self.settings();
            let count = u8::try_from(settings.sources.len()).expect("at most 15");
            let mut readings = (0..count).filter_map(|source| self.readings.get(&source));
            settings.check().is_ok()
                && readings.all(|reading| (settings.least..=settings.most).contains(&reading.value))
        }
    }
}
