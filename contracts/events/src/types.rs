//! What is kept of a subscription and of a commitment.

use crate::error::Error;
use crate::format::{ORIGIN_ACCOUNT, ORIGIN_ETHEREUM};
#[module_type]
pub use tenon_contract::money::Currency;
pub(crate) use tenon_contract::money::CurrencyKey;
use tenon_contract::prelude::*;

#[module_type]
pub use crate::format::Event;
#[module_type]
pub use crate::format::StreamId;

/// Origins that a subscription names.
pub const MAX_ORIGINS: usize = 32;
/// The oldest that a subscription lets events be: 30 days.
pub const MAX_AGE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// How long a subscription lasts at most: ten years of 365 days.
pub const MAX_TERM_MS: u64 = 10 * 365 * 24 * 60 * 60 * 1_000;
/// The least gas of a consumer's call.
pub const MIN_CALLBACK_GAS: u64 = 10_000;
/// The most gas of a consumer's call.
pub const MAX_CALLBACK_GAS: u64 = 50_000_000;
/// How long a commitment can be used, and how long before its end a subscription is cancelled: ten minutes.
pub const COMMITMENT_MS: u64 = 10 * 60 * 1_000;
/// Bytes of an event that is delivered.
pub const MAX_DELIVERED_BYTES: usize = 32 * 1_024;

/// Who publishes.
#[module_type]
#[derive(Copy)]
pub enum Origin {
    /// The holder of a secp256k1 key, by the address that Ethereum gives it.
    Ethereum {
        /// That address.
        address: [u8; 20],
    } = 0,
    /// An account of this chain with an sr25519 key.
    Account {
        /// Its address, which is the key.
        address: Address,
    } = 1,
}

/// Whose events a subscription takes.
#[module_type]
pub enum Publishers {
    /// Theirs who may publish in the stream now: the stream's registry is asked for each event.
    Stream = 0,
    /// Theirs who are listed here, whatever the registry says.
    Origins(Vec<Origin>) = 1,
}

/// Which events a subscription takes, of those that it has not had.
#[module_type]
pub enum Order {
    /// Any.
    Any = 0,
    /// Those whose time is after that of every one it had of the same publisher in the same partition.
    Rising = 1,
}

/// What a subscriber wants, fixed for good.
#[module_type]
pub struct Terms {
    /// Of which stream.
    pub stream: StreamId,
    /// Of which partition of it; nothing is all.
    pub partition: Option<u16>,
    /// Of whom.
    pub publishers: Publishers,
    /// Which of their events.
    pub order: Order,
    /// From which age on an event is too old, in milliseconds.
    pub max_age_ms: u64,
    /// The instance that gets them, by its call `on_event`.
    pub consumer: Address,
    /// The gas that this call gets.
    pub callback_gas: u64,
    /// What is paid with.
    pub currency: Currency,
    /// What is paid to who delivers an event first.
    pub bounty: Amount,
}

/// What becomes of a subscription.
#[module_type]
#[derive(Copy)]
pub struct Progress {
    /// Who made it, may cancel it, and receives what is left.
    pub owner: Address,
    /// What is left to pay bounties with.
    pub funds: Amount,
    /// How many events were delivered.
    pub delivered: u64,
    /// From which millisecond on it has ended.
    pub ends_at_ms: u64,
}

/// Everything about a subscription.
#[module_type]
pub struct SubscriptionInfo {
    /// What the subscriber wants.
    pub terms: Terms,
    /// What became of it.
    pub progress: Progress,
}

/// When somebody committed to a delivery.
#[module_type]
#[derive(Copy)]
pub struct Commitment {
    /// The block's height.
    pub height: u64,
    /// The block's time.
    pub time_ms: u64,
}

/// What the signature of an event shows.
#[module_type]
#[derive(Copy)]
pub struct Checked {
    /// The event's id: equal for all that differ in the signature alone.
    pub id: Hash,
    /// The account of the publisher's key on this chain, which rights in a stream are granted to.
    pub publisher: Address,
}

impl Origin {
    /// The origin of an event, if it is of a type that can be checked.
    ///
    /// # Errors
    /// `UnknownOriginType`, or `WrongLength` if it has another length than its type.
    pub fn of(event: &Event) -> Result<Self, Error> {
        let origin = event.origin.as_slice();
        match event.origin_type {
            ORIGIN_ETHEREUM => {
                let address = origin.try_into().map_err(|_| Error::WrongLength)?;
                Ok(Self::Ethereum { address })
            }
            ORIGIN_ACCOUNT => {
                let key: [u8; 32] = origin.try_into().map_err(|_| Error::WrongLength)?;
                Ok(Self::Account { address: Address::new(key) })
            }
            _ => Err(Error::UnknownOriginType),
        }
    }
}

impl Publishers {
    /// Checks what somebody gave.
    fn check(&self) -> Result<(), Error> {
        let Self::Origins(origins) = self else { return Ok(()) };
        ensure!((1..=MAX_ORIGINS).contains(&origins.len()), Error::InvalidOrigins);
        let is_first = |(index, origin): (usize, &Origin)| !origins.iter().take(index).any(|other| other == origin);
        ensure!(origins.iter().enumerate().all(is_first), Error::InvalidOrigins);
        Ok(())
    }
}

impl Terms {
    /// Checks what somebody gave, apart from who the consumer is.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.publishers.check()?;
        ensure!(self.currency.is_valid(), Error::InvalidCurrency);
        ensure!((1..=MAX_AGE_MS).contains(&self.max_age_ms), Error::InvalidAge);
        ensure!((MIN_CALLBACK_GAS..=MAX_CALLBACK_GAS).contains(&self.callback_gas), Error::InvalidCallbackGas);
        Ok(())
    }
}

impl Commitment {
    /// Whether it can be used no longer. The millisecond in which it lapses is included.
    pub(crate) const fn has_lapsed(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.time_ms) >= COMMITMENT_MS
    }
}
