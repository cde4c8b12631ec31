//! What is kept of a group, its past, its proposals and resolutions, and what its members sign.

use crate::error::Error;
use tenon_contract::prelude::*;
use tenon_contract::signed::message;
use tenon_contract::text::{is_line, is_name};

/// A member's signature. The member's address is the public key.
#[module_type]
pub use tenon_contract::signed::OwnerSignature;

/// Bytes of a name.
pub const MAX_NAME_BYTES: usize = 64;
/// Bytes of a purpose.
pub const MAX_PURPOSE_BYTES: usize = 256;
/// Members of a group.
pub const MAX_MEMBERS: usize = 64;
/// Members that a removal leaves, and that it takes to adopt a resolution.
pub const MIN_MEMBERS: usize = 3;
/// Proposals of one member that are kept at a time, expired and void ones included.
pub const MAX_OPEN_PROPOSALS: u32 = 4;
/// Past versions of a group whose members are kept. What was before stands in the events.
pub const MAX_PAST_VERSIONS: u64 = 32;
/// How long a proposal lasts that does not say it: 7 days.
pub const DEFAULT_PROPOSAL_MS: u64 = 7 * 24 * 3_600 * 1_000;
/// How long a proposal lasts at most: 90 days.
pub const MAX_PROPOSAL_MS: u64 = 90 * 24 * 3_600 * 1_000;

/// Names the purpose in the signed bytes.
const PURPOSE: &str = "tenon/group/decide";

/// Everything that a founder says about a group.
#[module_type]
pub struct NewGroup {
    /// Its name, for people.
    pub name: String,
    /// What it is for, such as `admission`.
    pub purpose: String,
    /// Its members beside the founder, at most 63.
    pub others: Vec<Address>,
    /// How many members adopt a resolution, from 1 to 64. Default: all.
    pub threshold: Option<u32>,
}

/// What is said about a group. Fixed for good when it is founded.
#[module_type]
pub struct GroupInfo {
    /// Its name, for people. Several groups may share one: only the number is unique.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Who founded it. It gives no power: the founder may have left.
    pub founder: Address,
    /// How many members adopt a resolution, if not all.
    pub threshold: Option<u32>,
}

/// Who is a member now.
#[module_type]
pub struct Roster {
    /// The group's version. It rises by one with each change of members.
    pub version: u64,
    /// In which block it became this one.
    pub since_height: u64,
    /// In which millisecond.
    pub since_ms: u64,
    /// The members' keys, in the order in which they came.
    pub members: Vec<Address>,
}

/// Who was a member at a version that is over.
#[module_type]
pub struct Past {
    /// In which block it began.
    pub since_height: u64,
    /// In which block the next one began.
    pub until_height: u64,
    /// The members' keys.
    pub members: Vec<Address>,
}

/// What a group can decide.
#[module_type]
pub enum Decision {
    /// Makes a key a member. All members must consent.
    Add {
        /// The new member's key.
        key: Address,
    } = 0,
    /// Ends a membership. All members but that one must consent.
    Remove {
        /// The member's key.
        member: Address,
    } = 1,
    /// Gives a member another key. All members must consent, that one too.
    Update {
        /// The key that the member has.
        member: Address,
        /// The key that takes its place.
        key: Address,
    } = 2,
    /// Adopts a resolution. As many members must consent as the group's threshold says. Not one that the same members
    /// took back.
    Resolve {
        /// The hash of what is resolved.
        topic: Hash,
    } = 3,
    /// Takes a resolution back. As many members must consent as the group's threshold says.
    Rescind {
        /// The hash of what was resolved.
        topic: Hash,
    } = 4,
}

/// A decision that waits for consent.
#[module_type]
pub struct Proposal {
    /// Who proposed it.
    pub proposer: Address,
    /// What is to be decided.
    pub decision: Decision,
    /// The version of the group for which it is good.
    pub version: u64,
    /// From which millisecond on it cannot be approved.
    pub until_ms: u64,
    /// Who approves: a bit for each member, the first one lowest.
    pub approvals: u64,
}

/// How far the consent to a proposal has come.
#[module_type]
pub struct Standing {
    /// Members who approve and whose consent counts.
    pub approved: Vec<Address>,
    /// Members whose consent would count.
    pub waiting: Vec<Address>,
    /// How many more must approve.
    pub missing: u32,
}

/// A resolution that a group has adopted and not taken back.
#[module_type]
pub struct Resolution {
    /// The version of the group that adopted it.
    pub version: u64,
    /// In which block.
    pub height: u64,
    /// In which millisecond.
    pub time_ms: u64,
}

/// What members sign to decide in one transaction.
#[module_type]
pub struct Order {
    /// Which group.
    pub group: u64,
    /// The version of the group for which it is good, and for no other.
    pub version: u64,
    /// What is decided.
    pub decision: Decision,
    /// From which millisecond on it is void.
    pub deadline_ms: u64,
}

/// A member's consent to an order.
#[module_type]
pub struct Consent {
    /// The member's key.
    pub member: Address,
    /// The member's signature over the order's message.
    pub signature: OwnerSignature,
}

impl NewGroup {
    /// Checks what the founder says, and takes it apart.
    pub(crate) fn split(self, founder: Address) -> Result<(GroupInfo, Vec<Address>), Error> {
        ensure!(is_name(&self.name, MAX_NAME_BYTES), Error::InvalidName);
        ensure!(is_line(&self.purpose, MAX_PURPOSE_BYTES), Error::InvalidPurpose);
        let possible = |threshold: u32| threshold > 0 && threshold as usize <= MAX_MEMBERS;
        ensure!(self.threshold.is_none_or(possible), Error::InvalidThreshold);
        ensure!(self.others.len() < MAX_MEMBERS, Error::TooManyMembers);
        let mut members = vec![founder];
        for key in self.others {
            ensure!(!key.is_zero(), Error::ZeroAddress);
            ensure!(!members.contains(&key), Error::AlreadyMember);
            members.push(key);
        }
        let Self { name, purpose, threshold, .. } = self;
        Ok((GroupInfo { name, purpose, founder, threshold }, members))
    }
}

impl GroupInfo {
    /// How many members a removal must leave.
    pub(crate) fn least_members(&self) -> usize {
        self.threshold.map_or(MIN_MEMBERS, |threshold| MIN_MEMBERS.max(threshold as usize))
    }
}

/// The bit of the member at a place.
pub(crate) const fn bit(place: usize) -> u64 {
    1 << place
}

impl Roster {
    /// The place of a member.
    pub(crate) fn place(&self, key: &Address) -> Option<usize> {
        self.members.iter().position(|member| member == key)
    }

    /// Whose consent counts for a decision, as bits, and how many of them must consent.
    pub(crate) fn quorum(&self, decision: &Decision, threshold: Option<u32>) -> (u64, u32) {
        let all = u64::MAX >> (MAX_MEMBERS - self.members.len());
        let counted = match decision {
            Decision::Remove { member } => self.place(member).map_or(all, |place| all & !bit(place)),
            _ => all,
        };
        let needed = match decision {
            Decision::Resolve { .. } | Decision::Rescind { .. } => threshold,
            _ => None,
        };
        (counted, needed.unwrap_or(counted.count_ones()))
    }

    /// Whether these approvals suffice for a decision.
    pub(crate) fn consents(&self, decision: &Decision, threshold: Option<u32>, approvals: u64) -> bool {
        let (counted, needed) = self.quorum(decision, threshold);
        (approvals & counted).count_ones() >= needed
    }

    /// Members whose bits are set.
    pub(crate) fn named(&self, bits: u64) -> Vec<Address> {
        let of_bit = |(place, member): (usize, &Address)| (bits & bit(place) != 0).then_some(*member);
        self.members.iter().enumerate().filter_map(of_bit).collect()
    }

    /// Who consents to an order, as bits.
    pub(crate) fn signers(&self, order: &Order, consents: &[Consent]) -> Result<u64, Error> {
        let message = order.message();
        let mut signers = 0;
        for Consent { member, signature } in consents {
            let place = self.place(member).ok_or(Error::NotMember)?;
            ensure!(signers & bit(place) == 0, Error::DuplicateConsent);
            ensure!(signature.is_valid(member, &message), Error::InvalidSignature);
            signers |= bit(place);
        }
        Ok(signers)
    }

    /// Whether a group can have this roster.
    pub(crate) fn is_sound(&self) -> bool {
        let distinct = |(place, key): (usize, &Address)| !key.is_zero() && !self.members[..place].contains(key);
        let few = (1..=MAX_MEMBERS).contains(&self.members.len());
        self.version > 0 && few && self.members.iter().enumerate().all(distinct)
    }
}

impl Order {
    /// What is signed: purpose, chain, instance and order, so that it is good nowhere else.
    pub(crate) fn message(&self) -> Vec<u8> {
        message(PURPOSE, self)
    }
}
