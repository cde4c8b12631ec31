//! What the module tells the world.

use crate::types::Decision;
use tenon_contract::prelude::*;

/// A group was founded. Its version is 1.
#[event]
pub struct Founded {
    /// Which group.
    #[topic]
    pub group: u64,
    /// By whom, who is the first member.
    #[topic]
    pub founder: Address,
    /// What people call it.
    pub name: String,
    /// Its members.
    pub members: Vec<Address>,
    /// How many members adopt a resolution, if not all.
    pub threshold: Option<u32>,
}

/// A member proposed a decision, and approves it.
#[event]
pub struct Proposed {
    /// Which group.
    #[topic]
    pub group: u64,
    /// The proposal's number within the group.
    #[topic]
    pub proposal: u64,
    /// Who.
    #[topic]
    pub by: Address,
    /// What.
    pub decision: Decision,
    /// From which millisecond on it cannot be approved.
    pub until_ms: u64,
}

/// A member approved a proposal.
#[event]
pub struct Approved {
    /// Which group.
    #[topic]
    pub group: u64,
    /// Which proposal.
    #[topic]
    pub proposal: u64,
    /// Who.
    #[topic]
    pub by: Address,
}

/// A member took an approval back.
#[event]
pub struct ApprovalWithdrawn {
    /// Which group.
    #[topic]
    pub group: u64,
    /// Which proposal.
    #[topic]
    pub proposal: u64,
    /// Who.
    #[topic]
    pub by: Address,
}

/// A proposal was removed that did not take effect.
#[event]
pub struct ProposalRemoved {
    /// Which group.
    #[topic]
    pub group: u64,
    /// Which proposal.
    #[topic]
    pub proposal: u64,
}

/// A group has a new member.
#[event]
pub struct MemberAdded {
    /// Which group.
    #[topic]
    pub group: u64,
    /// The member's key.
    #[topic]
    pub key: Address,
    /// The group's version from now on.
    pub version: u64,
}

/// Somebody is no member of a group any more.
#[event]
pub struct MemberRemoved {
    /// Which group.
    #[topic]
    pub group: u64,
    /// The member's key.
    #[topic]
    pub key: Address,
    /// The group's version from now on.
    pub version: u64,
}

/// A member has another key.
#[event]
pub struct KeyUpdated {
    /// Which group.
    #[topic]
    pub group: u64,
    /// The key that is good no longer.
    #[topic]
    pub old: Address,
    /// The key that takes its place.
    #[topic]
    pub new: Address,
    /// The group's version from now on.
    pub version: u64,
}

/// A group adopted a resolution.
#[event]
pub struct Resolved {
    /// Which group.
    #[topic]
    pub group: u64,
    /// On what.
    #[topic]
    pub topic: Hash,
    /// The version of the group that adopted it.
    pub version: u64,
}

/// A group took a resolution back.
#[event]
pub struct Rescinded {
    /// Which group.
    #[topic]
    pub group: u64,
    /// On what.
    #[topic]
    pub topic: Hash,
    /// The version of the group that took it back.
    pub version: u64,
}
