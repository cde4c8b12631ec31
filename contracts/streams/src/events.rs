//! What the module tells the world.

use crate::types::Level;
use tenon_contract::prelude::*;

/// A stream was created.
#[event]
pub struct Created {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who owns it.
    #[topic]
    pub owner: Address,
    /// Its name, for people.
    pub name: String,
    /// Into how many partitions its events are spread.
    pub partitions: u16,
}

/// What a stream says of itself was changed.
#[event]
pub struct Edited {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who changed it.
    #[topic]
    pub by: Address,
}

/// The ownership of a stream was offered to somebody.
#[event]
pub struct OwnerProposed {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// To whom.
    #[topic]
    pub to: Address,
}

/// A stream has another owner.
#[event]
pub struct OwnerChanged {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who owned it.
    #[topic]
    pub from: Address,
    /// Who owns it.
    #[topic]
    pub to: Address,
}

/// A stream was deleted, and every right on it has ended. Its id never returns.
#[event]
pub struct Deleted {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who deleted it.
    #[topic]
    pub by: Address,
}

/// Somebody, or everybody, has a right on a stream.
#[event]
pub struct RightGranted {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who has it; nothing is everybody.
    #[topic]
    pub who: Option<Address>,
    /// Who granted it.
    #[topic]
    pub by: Address,
    /// What it allows.
    pub level: Level,
    /// From which millisecond on it is void.
    pub expires_at_ms: Option<u64>,
}

/// A right was taken back, or given up.
#[event]
pub struct RightRevoked {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who had it; nothing is everybody.
    #[topic]
    pub who: Option<Address>,
    /// Who took it back.
    #[topic]
    pub by: Address,
    /// What it allowed.
    pub level: Level,
}

/// Every right on a stream has ended, those of everybody too. The owner stays.
#[event]
pub struct AllRevoked {
    /// Which stream.
    #[topic]
    pub stream: Hash,
}

/// A right that was void was removed.
#[event]
pub struct RightRemoved {
    /// Which stream.
    #[topic]
    pub stream: Hash,
    /// Who had it; nothing is everybody.
    #[topic]
    pub who: Option<Address>,
    /// What it allowed.
    pub level: Level,
}

/// Somebody committed to a name that nobody sees yet.
#[event]
pub struct NameCommitted {
    /// Who.
    #[topic]
    pub by: Address,
    /// To what.
    #[topic]
    pub commitment: Hash,
}

/// A commitment was removed without being used.
#[event]
pub struct CommitmentRemoved {
    /// Who made it.
    #[topic]
    pub by: Address,
    /// To what.
    #[topic]
    pub commitment: Hash,
}

/// Somebody has a name.
#[event]
pub struct NameRegistered {
    /// Who.
    #[topic]
    pub owner: Address,
    /// Which stream it stands for.
    #[topic]
    pub stream: Hash,
    /// The name.
    pub name: String,
    /// From which millisecond on it stands for nothing.
    pub expires_at_ms: u64,
}

/// A name expires later than it would have.
#[event]
pub struct NameRenewed {
    /// Whose name.
    #[topic]
    pub owner: Address,
    /// The name.
    pub name: String,
    /// From which millisecond on it stands for nothing.
    pub expires_at_ms: u64,
}

/// A name stands for another stream.
#[event]
pub struct NamePointed {
    /// Whose name.
    #[topic]
    pub owner: Address,
    /// Which stream it stands for.
    #[topic]
    pub stream: Hash,
    /// The name.
    pub name: String,
}

/// A name has another owner. What it stands for stays.
#[event]
pub struct NameTransferred {
    /// Whose it was.
    #[topic]
    pub from: Address,
    /// Whose it is.
    #[topic]
    pub to: Address,
    /// The name.
    pub name: String,
}

/// A name is nobody's.
#[event]
pub struct NameReleased {
    /// Whose it was.
    #[topic]
    pub owner: Address,
    /// The name.
    pub name: String,
}
