//! What the module tells the world.

use crate::types::Status;
use tenon_contract::prelude::*;

/// Somebody stands as a candidate, for the first time or again.
#[event]
pub struct Registered {
    /// Who.
    #[topic]
    pub candidate: Address,
    /// The stake that came along.
    pub stake: Amount,
    /// In basis points.
    pub commission_bp: u16,
    /// Where it is found.
    pub endpoint: String,
}

/// A candidate will vote with another key, in sets that are elected from now on.
#[event]
pub struct KeyChanged {
    /// Who.
    #[topic]
    pub candidate: Address,
    /// The new key.
    pub bls_key: [u8; 96],
}

/// A candidate is found elsewhere.
#[event]
pub struct EndpointChanged {
    /// Who.
    #[topic]
    pub candidate: Address,
    /// Where.
    pub endpoint: String,
}

/// A candidate will take another commission.
#[event]
pub struct CommissionAnnounced {
    /// Who.
    #[topic]
    pub candidate: Address,
    /// In basis points.
    pub commission_bp: u16,
    /// From the first epoch on that begins at or after this millisecond.
    pub from_ms: u64,
}

/// A candidate stands no longer: it withdrew or was displaced, was down, or was removed.
#[event]
pub struct Left {
    /// Who.
    #[topic]
    pub candidate: Address,
    /// What it is now.
    pub status: Status,
}

/// A candidate that was jailed stands again.
#[event]
pub struct Unjailed {
    /// Who.
    #[topic]
    pub candidate: Address,
}

/// Nothing is kept of a candidate any more.
#[event]
pub struct Cleared {
    /// Who.
    #[topic]
    pub candidate: Address,
}

/// Coin was bound to a candidate.
#[event]
pub struct Delegated {
    /// To whom.
    #[topic]
    pub candidate: Address,
    /// Whose coin.
    #[topic]
    pub who: Address,
    /// How much.
    pub amount: Amount,
}

/// Coin is on its way from a candidate.
#[event]
pub struct UnbondingStarted {
    /// From whom.
    #[topic]
    pub candidate: Address,
    /// Whose coin.
    #[topic]
    pub who: Address,
    /// How much.
    pub amount: Amount,
    /// From which millisecond on it is liquid, or bound anew.
    pub end_ms: u64,
    /// To whom it is bound then.
    pub to: Option<Address>,
}

/// Coin has left a candidate.
#[event]
pub struct Unbonded {
    /// From whom.
    #[topic]
    pub candidate: Address,
    /// Whose coin.
    #[topic]
    pub who: Address,
    /// What arrived.
    pub amount: Amount,
    /// What a fault took.
    pub taken: Amount,
    /// To whom it is bound now; nothing if it is liquid.
    pub to: Option<Address>,
}

/// Coin could not be sent and waits to be claimed.
#[event]
pub struct Credited {
    /// For whom.
    #[topic]
    pub who: Address,
    /// How much.
    pub amount: Amount,
}

/// Rewards, and coin that waited, were claimed.
#[event]
pub struct Claimed {
    /// Of which candidate.
    #[topic]
    pub candidate: Address,
    /// By whom.
    #[topic]
    pub who: Address,
    /// How much.
    pub amount: Amount,
}

/// A fault was punished.
#[event]
pub struct Slashed {
    /// Whose fault.
    #[topic]
    pub candidate: Address,
    /// Which rule was broken, by the number that consensus gives it.
    pub kind: u8,
    /// In which epoch.
    pub epoch: u64,
    /// In which view.
    pub view: u64,
    /// The hash of the proof.
    pub proof: Hash,
    /// What was taken at once. Coin on its way loses its part when it arrives.
    pub taken: Amount,
}

/// A validator was down too often and lost a part of its pool.
#[event]
pub struct Down {
    /// Who.
    #[topic]
    pub candidate: Address,
    /// In which epoch.
    pub epoch: u64,
    /// What was taken.
    pub taken: Amount,
}

/// An epoch begins with the next block.
#[event]
pub struct EpochStarted {
    /// Which.
    pub epoch: u64,
    /// Its number of validators.
    pub validators: u32,
    /// The weight that is rewarded.
    pub weight: Amount,
}
