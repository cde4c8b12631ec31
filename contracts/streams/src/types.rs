//! What is kept of a stream, a right and a name.

use crate::error::Error;
use tenon_contract::prelude::*;
use tenon_contract::text::{is_line, is_name};

/// Bytes of a stream's name.
pub const MAX_NAME_BYTES: usize = 64;
/// Bytes of a stream's description.
pub const MAX_DESCRIPTION_BYTES: usize = 512;
/// Bytes of a stream's metadata.
pub const MAX_METADATA_BYTES: usize = 2_048;
/// Partitions of a stream.
pub const MAX_PARTITIONS: u16 = 1_000;
/// Partitions of a network.
pub const MAX_NETWORK_PARTITIONS: u32 = 65_536;
/// Bytes of a partition key.
pub const MAX_KEY_BYTES: usize = 256;
/// Years for which a name is registered, and that it may be ahead of the present.
pub const MAX_YEARS: u32 = 10;
/// A year of 365 days in milliseconds.
pub const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1_000;
/// How long after its end a name is kept for its owner: 30 days.
pub const GRACE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// How old a commitment must be: ten seconds, longer than a transaction that can be seen needs to be included.
pub const MIN_COMMITMENT_MS: u64 = 10_000;
/// From which age on a commitment is void: a day.
pub const MAX_COMMITMENT_MS: u64 = 24 * 60 * 60 * 1_000;

/// What a right on a stream allows.
#[module_type]
pub enum Level {
    /// To change the stream's name, description and metadata.
    Edit = 0,
    /// To delete the stream.
    Delete = 1,
    /// To publish events in the stream.
    Publish = 2,
    /// To read the stream's events.
    Subscribe = 3,
    /// To grant and revoke what one holds oneself.
    Grant = 4,
}

/// What decides about a stream.
#[module_type]
#[derive(Copy)]
pub struct StreamState {
    /// Who owns it.
    pub owner: Address,
    /// Into how many partitions its events are spread. It never changes.
    pub partitions: u16,
    /// How often all rights were revoked at once: a right from before is void.
    pub generation: u32,
}

/// What a stream says of itself.
#[module_type]
pub struct Texts {
    /// Its name, for people. Several streams may share one: only the id is unique.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Anything for programs, such as a schema in JSON.
    pub metadata: String,
}

/// Everything about a stream.
#[module_type]
pub struct StreamInfo {
    /// Who owns it.
    pub owner: Address,
    /// Its name, for people.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Anything for programs, such as a schema in JSON.
    pub metadata: String,
    /// Into how many partitions its events are spread.
    pub partitions: u16,
    /// To whom its ownership was offered.
    pub proposed_owner: Option<Address>,
}

/// A right as it is stored, by stream, account (nothing is everybody) and level.
#[module_type]
#[derive(Copy)]
pub struct Right {
    /// The stream's generation when it was granted.
    pub generation: u32,
    /// From which millisecond on it is void.
    pub expires_at_ms: Option<u64>,
    /// Who granted it.
    pub by: Address,
}

/// A right as it is listed.
#[module_type]
pub struct RightInfo {
    /// Who has it; nothing is everybody.
    pub who: Option<Address>,
    /// What it allows.
    pub level: Level,
    /// From which millisecond on it is void.
    pub expires_at_ms: Option<u64>,
    /// Who granted it.
    pub by: Address,
    /// Whether it is void already: it expired, all rights were revoked since, or the stream is gone.
    pub lapsed: bool,
}

/// A name.
#[module_type]
pub struct NameRecord {
    /// The name as it was registered.
    pub name: String,
    /// Whose it is.
    pub owner: Address,
    /// Which stream it stands for.
    pub stream: Hash,
    /// From which millisecond on it stands for nothing.
    pub expires_at_ms: u64,
}

impl Level {
    /// Whether everybody can have it.
    pub(crate) const fn can_be_public(self) -> bool {
        matches!(self, Self::Publish | Self::Subscribe)
    }
}

impl StreamState {
    /// Whether it is one that could have been created.
    pub(crate) fn is_sound(&self) -> bool {
        !self.owner.is_zero() && (1..=MAX_PARTITIONS).contains(&self.partitions)
    }
}

impl Texts {
    /// Checks what somebody gave.
    pub(crate) fn check(&self) -> Result<(), Error> {
        ensure!(is_name(&self.name, MAX_NAME_BYTES), Error::InvalidName);
        ensure!(is_line(&self.description, MAX_DESCRIPTION_BYTES), Error::InvalidDescription);
        ensure!(is_line(&self.metadata, MAX_METADATA_BYTES), Error::InvalidMetadata);
        Ok(())
    }
}

impl Right {
    /// The first millisecond in which it is void; what never expires ends with all time.
    pub(crate) fn end_ms(&self) -> u64 {
        end_ms(self.expires_at_ms)
    }

    /// Whether it is good in a millisecond. That in which it expires is excluded.
    pub(crate) fn holds(&self, state: &StreamState, now_ms: u64) -> bool {
        self.generation == state.generation && now_ms < self.end_ms()
    }
}

/// The first millisecond after a span; a span without an end ends with all time.
pub(crate) fn end_ms(expires_at_ms: Option<u64>) -> u64 {
    expires_at_ms.unwrap_or(u64::MAX)
}

impl NameRecord {
    /// Whether it stands for its stream in a millisecond. That in which it expires is excluded.
    pub(crate) const fn is_valid_at(&self, now_ms: u64) -> bool {
        now_ms < self.expires_at_ms
    }

    /// Whether it is anybody's again. The millisecond in which the grace ends is included.
    pub(crate) const fn is_free_at(&self, now_ms: u64) -> bool {
        now_ms >= self.expires_at_ms.saturating_add(GRACE_MS)
    }
}
