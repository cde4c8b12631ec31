//! Who may do what with a stream: the rules below the methods.

use crate::error::Error;
use crate::events::{RightGranted, RightRemoved, RightRevoked};
use crate::streams::Streams;
use crate::types::{Level, Right, RightInfo, StreamState, end_ms};
use tenon_contract::prelude::*;

impl Streams {
    pub(crate) fn known(&self, stream: Hash) -> Result<StreamState, Error> {
        self.streams.get(&stream).ok_or(Error::UnknownStream)
    }

    /// The stream if the caller owns it.
    pub(crate) fn owned_by_caller(&self, stream: Hash) -> Result<StreamState, Error> {
        let state = self.known(stream)?;
        ensure!(state.owner == env().caller(), Error::NotOwner);
        Ok(state)
    }

    /// The stream if the caller has a right on it.
    pub(crate) fn allowed(&self, stream: Hash, level: Level) -> Result<StreamState, Error> {
        let state = self.known(stream)?;
        ensure!(self.allows(stream, &state, env().caller(), level), Error::NotAllowed);
        Ok(state)
    }

    /// Whether an account may do something now: as the owner, by a right of its own, or as everybody.
    pub(crate) fn allows(&self, stream: Hash, state: &StreamState, who: Address, level: Level) -> bool {
        let everybody = || level.can_be_public() && self.right(stream, state, None, level).is_some();
        !who.is_zero() && (state.owner == who || self.right(stream, state, Some(who), level).is_some() || everybody())
    }

    /// A right that is good now.
    pub(crate) fn right(&self, stream: Hash, state: &StreamState, who: Option<Address>, level: Level) -> Option<Right> {
        let right = self.rights.get(&(stream, who, level))?;
        right.holds(state, env().block_time_ms()).then_some(right)
    }

    /// How far the caller may give and take a right: until what they may grant at all ends, and what they hold
    /// themselves. What everybody has counts for nobody.
    fn reach_ms(&self, stream: Hash, state: &StreamState, level: Level) -> Result<u64, Error> {
        let caller = env().caller();
        if state.owner == caller {
            return Ok(u64::MAX);
        }
        let grant = self.right(stream, state, Some(caller), Level::Grant).ok_or(Error::NotAllowed)?;
        let held = self.right(stream, state, Some(caller), level).ok_or(Error::NotHeld)?;
        Ok(grant.end_ms().min(held.end_ms()))
    }

    /// Gives a right, or lets it end later than it would.
    pub(crate) fn give(
        &mut self,
        stream: Hash,
        who: Option<Address>,
        level: Level,
        expires_at_ms: Option<u64>,
    ) -> Result<(), Error> {
        let state = self.known(stream)?;
        ensure!(who != Some(Address::ZERO), Error::ZeroAddress);
        let (end, by) = (end_ms(expires_at_ms), env().caller());
        ensure!(end <= self.reach_ms(stream, &state, level)?, Error::BeyondOwnRight);
        ensure!(end > env().block_time_ms(), Error::ExpiryPassed);
        let held = self.right(stream, &state, who, level);
        ensure!(held.is_none_or(|held| held.end_ms() <= end), Error::HasLonger);
        let right = Right { generation: state.generation, expires_at_ms, by };
        self.rights.set(&(stream, who, level), &right);
        emit(RightGranted { stream, who, by, level, expires_at_ms });
        Ok(())
    }

    /// Takes a right back, or gives up one's own.
    pub(crate) fn take_back(&mut self, stream: Hash, who: Option<Address>, level: Level) -> Result<(), Error> {
        let state = self.known(stream)?;
        let by = env().caller();
        let reach = if who == Some(by) { u64::MAX } else { self.reach_ms(stream, &state, level)? };
        let right = self.right(stream, &state, who, level).ok_or(Error::NotGranted)?;
        ensure!(right.end_ms() <= reach, Error::BeyondOwnRight);
        self.rights.remove(&(stream, who, level));
        emit(RightRevoked { stream, who, by, level });
        Ok(())
    }

    /// Removes a right that is void.
    pub(crate) fn clear(&mut self, stream: Hash, who: Option<Address>, level: Level) -> Result<(), Error> {
        let right = self.rights.get(&(stream, who, level)).ok_or(Error::NotGranted)?;
        ensure!(self.has_lapsed(stream, &right), Error::NotLapsed);
        self.rights.remove(&(stream, who, level));
        emit(RightRemoved { stream, who, level });
        Ok(())
    }

    fn has_lapsed(&self, stream: Hash, right: &Right) -> bool {
        self.streams.get(&stream).is_none_or(|state| !right.holds(&state, env().block_time_ms()))
    }

    /// A page of rights as they are listed.
    pub(crate) fn list(&self, stream: Hash, after: Option<(Option<Address>, Level)>, limit: u32) -> Vec<RightInfo> {
        let after = after.map(|(who, level)| (stream, who, level));
        let page = self.rights.page_within(&stream, after.as_ref(), limit);
        let info = |((_, who, level), right): ((Hash, Option<Address>, Level), Right)| {
            let Right { expires_at_ms, by, .. } = right;
            RightInfo { who, level, expires_at_ms, by, lapsed: self.has_lapsed(stream, &right) }
        };
        page.into_iter().map(info).collect()
    }
}
