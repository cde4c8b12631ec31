//! How groups come to be, decide and change: what the methods have in common.

use crate::error::Error;
use crate::events::{Founded, KeyUpdated, MemberAdded, MemberRemoved, ProposalRemoved, Rescinded, Resolved};
use crate::group::{Group, MAX_CHECKED_PROPOSALS};
use crate::types::{
    Decision, GroupInfo, MAX_MEMBERS, MAX_OPEN_PROPOSALS, MAX_PAST_VERSIONS, MIN_MEMBERS, NewGroup, Past, Proposal,
    Resolution, Roster,
};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

impl Group {
    /// Founds a group for the caller.
    pub(crate) fn add_group(&mut self, new: NewGroup) -> Result<u64, Error> {
        let founder = env().caller();
        let (info, members) = new.split(founder)?;
        let group = self.count.update(|count| count + 1);
        let (since_height, since_ms) = (env().block_height(), env().block_time_ms());
        self.info.set(&group, &info);
        self.rosters.set(&group, &Roster { version: 1, since_height, since_ms, members: members.clone() });
        self.by_founder.insert(&(founder, group));
        emit(Founded { group, founder, name: info.name, members, threshold: info.threshold });
        Ok(group)
    }

    pub(crate) fn roster_of(&self, group: u64) -> Result<Roster, Error> {
        self.rosters.get(&group).ok_or(Error::UnknownGroup)
    }

    pub(crate) fn known(&self, group: u64) -> Result<(GroupInfo, Roster), Error> {
        let info = self.info.get(&group).ok_or(Error::UnknownGroup)?;
        Ok((info, self.roster_of(group)?))
    }

    /// Whether the group, as it is now, can decide this at all.
    pub(crate) fn check(
        &self,
        group: u64,
        info: &GroupInfo,
        roster: &Roster,
        decision: &Decision,
    ) -> Result<(), Error> {
        let count = roster.members.len();
        match decision {
            Decision::Add { key } => {
                check_new(roster, key)?;
                ensure!(count < MAX_MEMBERS, Error::TooManyMembers);
            }
            Decision::Remove { member } => {
                ensure!(roster.place(member).is_some(), Error::UnknownMember);
                ensure!(count > info.least_members(), Error::TooFewMembers);
            }
            Decision::Update { member, key } => {
                ensure!(roster.place(member).is_some(), Error::UnknownMember);
                check_new(roster, key)?;
            }
            Decision::Resolve { topic } => {
                ensure!(!topic.is_zero(), Error::ZeroTopic);
                ensure!(count >= MIN_MEMBERS, Error::TooFewMembers);
                ensure!(!self.resolutions.contains(&(group, *topic)), Error::AlreadyResolved);
                // What was signed to adopt it before must not adopt it again.
                let same_members = self.rescinded.get(&(group, *topic)) == Some(roster.version);
                ensure!(!same_members, Error::RescindedBefore);
            }
            Decision::Rescind { topic } => {
                ensure!(self.resolutions.contains(&(group, *topic)), Error::NotResolved);
            }
        }
        Ok(())
    }

    /// Lets a decision take effect that has all the consent that it needs.
    pub(crate) fn carry_out(
        &mut self,
        group: u64,
        info: &GroupInfo,
        mut roster: Roster,
        decision: &Decision,
    ) -> Result<(), Error> {
        self.check(group, info, &roster, decision)?;
        let before = roster.clone();
        match *decision {
            Decision::Add { key } => {
                roster.members.push(key);
                let version = self.change(group, before, roster);
                emit(MemberAdded { group, key, version });
            }
            Decision::Remove { member } => {
                roster.members.retain(|key| *key != member);
                let version = self.change(group, before, roster);
                emit(MemberRemoved { group, key: member, version });
            }
            Decision::Update { member, key } => {
                for held in roster.members.iter_mut().filter(|held| **held == member) {
                    *held = key;
                }
                let version = self.change(group, before, roster);
                emit(KeyUpdated { group, old: member, new: key, version });
            }
            Decision::Resolve { topic } => {
                let (version, height, time_ms) = (roster.version, env().block_height(), env().block_time_ms());
                self.resolutions.set(&(group, topic), &Resolution { version, height, time_ms });
                self.rescinded.remove(&(group, topic));
                emit(Resolved { group, topic, version });
            }
            Decision::Rescind { topic } => {
                self.resolutions.remove(&(group, topic));
                self.rescinded.set(&(group, topic), &roster.version);
                emit(Rescinded { group, topic, version: roster.version });
            }
        }
        Ok(())
    }

    /// Begins a group's next version and returns its number.
    fn change(&mut self, group: u64, before: Roster, mut next: Roster) -> u64 {
        next.version = before.version + 1;
        (next.since_height, next.since_ms) = (env().block_height(), env().block_time_ms());
        let Roster { version, since_height, members, .. } = before;
        self.past.set(&(group, version), &Past { since_height, until_height: next.since_height, members });
        if let Some(oldest) = version.checked_sub(MAX_PAST_VERSIONS) {
            self.past.remove(&(group, oldest));
        }
        self.rosters.set(&group, &next);
        next.version
    }

    /// A proposal that can be approved now.
    pub(crate) fn open_proposal(&self, group: u64, number: u64, roster: &Roster) -> Result<Proposal, Error> {
        let proposal = self.proposals.get(&(group, number)).ok_or(Error::UnknownProposal)?;
        ensure!(proposal.version == roster.version, Error::ProposalVoid);
        ensure!(env().block_time_ms() < proposal.until_ms, Error::ProposalExpired);
        Ok(proposal)
    }

    /// Keeps a proposal, if its proposer has not too many already.
    pub(crate) fn keep(&mut self, group: u64, number: u64, proposal: &Proposal) -> Result<(), Error> {
        let one_more = |open: u32| if open < MAX_OPEN_PROPOSALS { Ok(open + 1) } else { Err(Error::TooManyProposals) };
        self.open.try_update(&(group, proposal.proposer), one_more)?;
        self.proposals.set(&(group, number), proposal);
        Ok(())
    }

    /// Forgets a proposal. Its proposer may make another one.
    pub(crate) fn drop_proposal(&mut self, group: u64, number: u64, proposer: Address) -> Result<(), Error> {
        self.proposals.remove(&(group, number));
        self.open.try_update(&(group, proposer), |open: u32| Ok::<_, Error>(open - 1))?;
        Ok(())
    }

    pub(crate) fn remove_old(&mut self, group: u64, numbers: &[u64]) -> Result<u32, Error> {
        let (version, now_ms) = (self.roster_of(group)?.version, env().block_time_ms());
        let mut removed = 0;
        for number in numbers {
            let found = self.proposals.get(&(group, *number));
            let old = |proposal: &Proposal| proposal.version != version || now_ms >= proposal.until_ms;
            if let Some(proposal) = found.filter(old) {
                self.drop_proposal(group, *number, proposal.proposer)?;
                emit(ProposalRemoved { group, proposal: *number });
                removed += 1;
            }
        }
        Ok(removed)
    }

    pub(crate) fn forget_rescinded(&mut self, group: u64, topics: &[Hash]) -> Result<u32, Error> {
        let version = self.roster_of(group)?.version;
        let mut forgotten = 0;
        for topic in topics {
            if self.rescinded.get(&(group, *topic)).is_some_and(|rescinded| rescinded != version) {
                self.rescinded.remove(&(group, *topic));
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// Whether a group is as groups can be, with its past and its proposals.
    pub(crate) fn is_sound(&self, group: u64) -> bool {
        let (Some(info), Some(roster)) = (self.info.get(&group), self.rosters.get(&group)) else { return false };
        let mut next = (roster.version, roster.since_height);
        for ((_, version), past) in self.past.iter_within(&group, Bound::Unbounded, Direction::Descending) {
            let fits = version + 1 == next.0 && past.until_height == next.1 && past.since_height <= past.until_height;
            let kept = roster.version - version <= MAX_PAST_VERSIONS;
            if !fits || !kept || past.members.is_empty() {
                return false;
            }
            next = (version, past.since_height);
        }
        let whole = next.0 == 1 || roster.version - next.0 == MAX_PAST_VERSIONS;
        let made = self.proposal_counts.get_or_default(&group);
        let listing = self.proposals.iter_within(&group, Bound::Unbounded, Direction::Descending);
        let mut proposals = listing.limit(MAX_CHECKED_PROPOSALS);
        let proposals_hold = proposals.all(|((_, number), proposal)| {
            let Proposal { decision, version, approvals, .. } = &proposal;
            let open = self.open.get_or_default(&(group, proposal.proposer));
            let waits = || {
                let within = roster.named(*approvals).len() == approvals.count_ones() as usize;
                within && !roster.consents(decision, info.threshold, *approvals)
            };
            let counted = number <= made && (1..=MAX_OPEN_PROPOSALS).contains(&open);
            counted && *approvals != 0 && *version <= roster.version && (*version < roster.version || waits())
        });
        roster.is_sound() && whole && proposals_hold
    }
}

fn check_new(roster: &Roster, key: &Address) -> Result<(), Error> {
    ensure!(!key.is_zero(), Error::ZeroAddress);
    ensure!(roster.place(key).is_none(), Error::AlreadyMember);
    Ok(())
}
