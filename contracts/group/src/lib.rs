//! Groups of public keys that govern themselves. One instance, created with the chain, holds as many as people found.
//!
//! What a group is for is written beside its name: an admission system, a board, the keys of a treasury. Its members are
//! keys; others, such as a module for credit, ask who is a member and what the group has resolved.
//!
//! Rules that hold for every group:
//! - Adding a member takes the consent of all members. Removing one takes that of all others; what the one to be removed
//!   thinks does not matter. Giving a member another key takes the consent of all, that member included.
//! - A removal leaves at least three members, and no fewer than the threshold. So a group that has three once has three
//!   for ever. Before that it can add members and change their keys, but adopts no resolution.
//! - A resolution is a hash that the group stands behind. It takes the consent of all members, or of as many as the
//!   threshold says that was fixed at the founding. Taking it back takes the same; then the same members cannot adopt it
//!   again, so that what they signed before is worth nothing.
//! - A group has a version, which rises with each change of members and with nothing else. Whatever was proposed or signed
//!   for one version is void at every other: an approval of somebody who has left since, an old key, a member who has left
//!   and come back can do nothing with it. Those who adopt resolutions cannot void what is to decide about them.
//! - Consent is given in one of two ways: members approve a proposal by transactions of their own, until it expires; or
//!   they sign an order, and anybody hands it in with all signatures. What has all its consent takes effect at once.
//! - Nobody stands above a group: neither its founder nor the admin of other instances has any power in it.
//! - A member has at most 4 proposals at a time, so no member can take the place of others' proposals.
//!
//! Left out: replacing a lost key without its owner (a group of four or more removes that key, and adds another; one of
//! three cannot), votes with weights, and carrying out what was resolved.

#![no_std]

mod council;
mod error;
mod events;
mod types;

pub use self::group::*;
pub use error::Error;
pub use events::{
    ApprovalWithdrawn, Approved, Founded, KeyUpdated, MemberAdded, MemberRemoved, ProposalRemoved, Proposed, Rescinded,
    Resolved,
};
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, verify), upgrade = "admin")]
pub mod group {
    use crate::error::Error;
    use crate::events::{ApprovalWithdrawn, Approved, ProposalRemoved, Proposed};
    use crate::types::{
        Consent, DEFAULT_PROPOSAL_MS, Decision, GroupInfo, MAX_MEMBERS, MAX_PROPOSAL_MS, NewGroup, Order, Past,
        Proposal, Resolution, Roster, Standing, bit,
    };
    use core::ops::Bound;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns, and that one call removes.
    pub const MAX_PAGE: u32 = 100;
    /// Groups that one check of an invariant reads.
    pub const MAX_CHECKED_GROUPS: u64 = 20;
    /// Proposals of one group that it reads, the latest.
    pub const MAX_CHECKED_PROPOSALS: u32 = 256;

    /// What the instance keeps.
    #[storage]
    pub struct Group {
        /// The number of groups, which is the highest id.
        pub(crate) count: Value<u64>,
        /// Whether no further group is founded.
        pub(crate) closed: Value<bool>,
        /// What is said about a group.
        pub(crate) info: Map<u64, GroupInfo>,
        /// A group's members now.
        pub(crate) rosters: Map<u64, Roster>,
        /// The members of a group's past versions, the last 32 of them.
        pub(crate) past: OrderedMap<(u64, u64), Past>,
        /// Founders with their groups.
        pub(crate) by_founder: Set<(Address, u64)>,
        /// How many proposals a group has had.
        pub(crate) proposal_counts: Map<u64, u64>,
        /// Proposals by group and number.
        pub(crate) proposals: OrderedMap<(u64, u64), Proposal>,
        /// How many proposals are kept, by group and proposer.
        pub(crate) open: Map<(u64, Address), u32>,
        /// Resolutions by group and topic.
        pub(crate) resolutions: Map<(u64, Hash), Resolution>,
        /// At which version a resolution was taken back, by group and topic.
        pub(crate) rescinded: Map<(u64, Hash), u64>,
    }

    impl Group {
        /// Starts without groups. With `first`, it founds that group as number 1 for the deployer, and no other ever.
        #[init]
        pub fn init(&mut self, first: Option<NewGroup>) -> Result<(), Error> {
            if let Some(first) = first {
                self.add_group(first)?;
                self.closed.set(&true);
            }
            Ok(())
        }

        /// Founds a group and returns its id; the first is 1. The caller is the founder and the first member, and
        /// `others` are the further ones, at most 63.
        ///
        /// Optional: `threshold`, how many members adopt a resolution (default: all).
        #[call]
        pub fn found(
            &mut self,
            name: String,
            purpose: String,
            others: Vec<Address>,
            threshold: Option<u32>,
        ) -> Result<u64, Error> {
            ensure!(!self.closed.get(), Error::Closed);
            self.add_group(NewGroup { name, purpose, others, threshold })
        }

        /// Proposes a decision, which the caller approves at once, and returns the proposal's number. Only members. It
        /// takes effect with the last consent that it needs, which may be this one.
        ///
        /// Optional: `until_ms`, from which millisecond on it cannot be approved, at most 90 days ahead (default: 7
        /// days).
        #[call]
        pub fn propose(&mut self, group: u64, decision: Decision, until_ms: Option<u64>) -> Result<u64, Error> {
            let (info, roster) = self.known(group)?;
            let (proposer, now_ms) = (env().caller(), env().block_time_ms());
            let approvals = bit(roster.place(&proposer).ok_or(Error::NotMember)?);
            let until_ms = until_ms.unwrap_or_else(|| now_ms.saturating_add(DEFAULT_PROPOSAL_MS));
            ensure!(until_ms > now_ms, Error::ExpiryPassed);
            ensure!(until_ms - now_ms <= MAX_PROPOSAL_MS, Error::ExpiryTooFar);
            let number = self.proposal_counts.get_or_default(&group) + 1;
            self.proposal_counts.set(&group, &number);
            emit(Proposed { group, proposal: number, by: proposer, decision: decision.clone(), until_ms });
            if roster.consents(&decision, info.threshold, approvals) {
                self.carry_out(group, &info, roster, &decision)?;
            } else {
                self.check(group, &info, &roster, &decision)?;
                let version = roster.version;
                self.keep(group, number, &Proposal { proposer, decision, version, until_ms, approvals })?;
            }
            Ok(number)
        }

        /// Approves a proposal and says whether it took effect. Only members, before it expires.
        #[call]
        pub fn approve(&mut self, group: u64, proposal: u64) -> Result<bool, Error> {
            let (info, roster) = self.known(group)?;
            let caller = env().caller();
            let own = bit(roster.place(&caller).ok_or(Error::NotMember)?);
            let mut open = self.open_proposal(group, proposal, &roster)?;
            ensure!(open.approvals & own == 0, Error::AlreadyApproved);
            open.approvals |= own;
            emit(Approved { group, proposal, by: caller });
            let enough = roster.consents(&open.decision, info.threshold, open.approvals);
            if enough {
                self.drop_proposal(group, proposal, open.proposer)?;
                self.carry_out(group, &info, roster, &open.decision)?;
            } else {
                self.proposals.set(&(group, proposal), &open);
            }
            Ok(enough)
        }

        /// Takes the caller's approval of a proposal back. One that nobody approves any more is removed.
        #[call]
        pub fn withdraw_approval(&mut self, group: u64, proposal: u64) -> Result<(), Error> {
            let roster = self.roster_of(group)?;
            let caller = env().caller();
            let own = bit(roster.place(&caller).ok_or(Error::NotMember)?);
            let mut open = self.open_proposal(group, proposal, &roster)?;
            ensure!(open.approvals & own != 0, Error::NotApproved);
            open.approvals &= !own;
            emit(ApprovalWithdrawn { group, proposal, by: caller });
            if open.approvals == 0 {
                self.drop_proposal(group, proposal, open.proposer)?;
                emit(ProposalRemoved { group, proposal });
            } else {
                self.proposals.set(&(group, proposal), &open);
            }
            Ok(())
        }

        /// Lets an order take effect to which members consent by their signatures. Anyone may hand it in, before its
        /// deadline.
        #[call]
        pub fn decide(&mut self, order: Order, consents: Vec<Consent>) -> Result<(), Error> {
            let (info, roster) = self.known(order.group)?;
            ensure!(order.version == roster.version, Error::OtherVersion);
            ensure!(env().block_time_ms() < order.deadline_ms, Error::OrderExpired);
            ensure!(consents.len() <= MAX_MEMBERS, Error::BatchTooLong);
            let approvals = roster.signers(&order, &consents)?;
            ensure!(roster.consents(&order.decision, info.threshold, approvals), Error::ConsentMissing);
            self.carry_out(order.group, &info, roster, &order.decision)
        }

        /// Removes proposals that have expired or are void, at most 100, and returns how many. Anyone may, and receives
        /// the deposit. Others in the list are passed over.
        #[call]
        pub fn sweep(&mut self, group: u64, proposals: Vec<u64>) -> Result<u32, Error> {
            ensure!(proposals.len() <= MAX_PAGE as usize, Error::BatchTooLong);
            self.remove_old(group, &proposals)
        }

        /// Forgets that resolutions were taken back, at most 100, where the group's members have changed since, and returns
        /// how many. Anyone may, and receives the deposit. Others in the list are passed over.
        #[call]
        pub fn sweep_rescinded(&mut self, group: u64, topics: Vec<Hash>) -> Result<u32, Error> {
            ensure!(topics.len() <= MAX_PAGE as usize, Error::BatchTooLong);
            self.forget_rescinded(group, &topics)
        }

        /// The number of groups; ids run from 1 to it.
        #[query]
        pub fn group_count(&self) -> u64 {
            self.count.get()
        }

        /// What is said about a group: name, purpose, founder and threshold.
        #[query]
        pub fn info(&self, group: u64) -> Result<GroupInfo, Error> {
            self.info.get(&group).ok_or(Error::UnknownGroup)
        }

        /// Groups of a founder by id, after `after`. At most 100.
        #[query]
        pub fn founded_by(&self, founder: Address, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let after = after.map(|group| (founder, group));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let listing = self.by_founder.iter_within(&founder, from, Direction::Ascending);
            listing.limit(limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)).map(|((_, group), ())| group).collect()
        }

        /// A group's members and version, and since when.
        #[query]
        pub fn roster(&self, group: u64) -> Result<Roster, Error> {
            self.roster_of(group)
        }

        /// A group's version, for which members sign.
        #[query]
        pub fn version(&self, group: u64) -> Result<u64, Error> {
            self.roster_of(group).map(|roster| roster.version)
        }

        /// A group's members, in the order in which they came.
        #[query]
        pub fn members(&self, group: u64) -> Result<Vec<Address>, Error> {
            self.roster_of(group).map(|roster| roster.members)
        }

        /// Whether somebody is a member of a group now.
        #[query]
        pub fn is_member(&self, group: u64, who: Address) -> bool {
            self.rosters.get(&group).is_some_and(|roster| roster.place(&who).is_some())
        }

        /// A group's members at a version: this one, or one of the last 32 before it.
        #[query]
        pub fn members_at(&self, group: u64, version: u64) -> Option<Vec<Address>> {
            let roster = self.rosters.get(&group)?;
            if version == roster.version {
                return Some(roster.members);
            }
            self.past.get(&(group, version)).map(|past| past.members)
        }

        /// A group's members when a block had ended, or so far if it is this one. Nothing if the group did not exist, the
        /// block is still to come, or more than 32 versions have come since.
        #[query]
        pub fn members_at_height(&self, group: u64, height: u64) -> Option<Vec<Address>> {
            let roster = self.rosters.get(&group)?;
            if height >= roster.since_height {
                return (height <= env().block_height()).then_some(roster.members);
            }
            let mut past = self.past.iter_within(&group, Bound::Unbounded, Direction::Descending);
            let within = |past: &Past| past.since_height <= height && height < past.until_height;
            past.find_map(|(_, past)| within(&past).then_some(past.members))
        }

        /// Whether a group has adopted a resolution and not taken it back.
        #[query]
        pub fn approved(&self, group: u64, topic: Hash) -> bool {
            self.resolutions.contains(&(group, topic))
        }

        /// At which version a group took a resolution back that it has not adopted again. At that version it cannot.
        #[query]
        pub fn rescinded(&self, group: u64, topic: Hash) -> Option<u64> {
            self.rescinded.get(&(group, topic))
        }

        /// When a group adopted a resolution that it has not taken back.
        #[query]
        pub fn resolution(&self, group: u64, topic: Hash) -> Option<Resolution> {
            self.resolutions.get(&(group, topic))
        }

        /// A proposal that was not removed.
        #[query]
        pub fn proposal(&self, group: u64, proposal: u64) -> Option<Proposal> {
            self.proposals.get(&(group, proposal))
        }

        /// Proposals of a group by number, after `after`, those that have expired or are void too. At most 100.
        #[query]
        pub fn proposals(&self, group: u64, after: Option<u64>, limit: Option<u32>) -> Vec<(u64, Proposal)> {
            let after = after.map(|proposal| (group, proposal));
            let page = self.proposals.page_within(&group, after.as_ref(), limit.unwrap_or(MAX_PAGE).min(MAX_PAGE));
            page.into_iter().map(|((_, number), proposal)| (number, proposal)).collect()
        }

        /// Who has approved a proposal that is open, who may still, and how many must.
        #[query]
        pub fn standing(&self, group: u64, proposal: u64) -> Result<Standing, Error> {
            let (info, roster) = self.known(group)?;
            let open = self.open_proposal(group, proposal, &roster)?;
            let (counted, needed) = roster.quorum(&open.decision, info.threshold);
            let given = open.approvals & counted;
            let missing = needed.saturating_sub(given.count_ones());
            Ok(Standing { approved: roster.named(given), waiting: roster.named(counted & !given), missing })
        }

        /// The bytes that members sign to consent to an order, with the wrapping that wallets put around bytes.
        #[query]
        pub fn order_message(&self, order: Order) -> Vec<u8> {
            order.message()
        }

        /// Each group has 1 to 64 members that differ and are not zero, its past is without a gap as far as it is kept,
        /// and each proposal was made by a member who has at most 4, is approved by somebody, and waits for consent.
        ///
        /// One check reads at most 20 groups and 256 proposals of each, beginning at the one that the block's height points to and going round, so
        /// that consecutive heights cover all.
        #[invariant]
        pub fn groups_are_sound(&self) -> bool {
            let count = self.count.get();
            let first = env().block_height() % count.max(1);
            (0..count.min(MAX_CHECKED_GROUPS)).all(|step| self.is_sound((first + step) % count + 1))
        }
    }
}
