//! What must hold in every state. A check is bounded, begins where the block's height points to and goes round, so that
//! a sequence of heights covers everything.

use crate::names::{appearance, is_canonical};
use crate::streams::Streams;
use crate::types::{Level, NameRecord};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// Entries of a container that one check reads.
pub const MAX_CHECKED_ENTRIES: u32 = 500;
/// The same, as an index.
const MAX_CHECKED: usize = MAX_CHECKED_ENTRIES as usize;
/// Spreads consecutive heights over all numbers: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// What names can begin with.
const BEGINNINGS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Bytes that the height points to, spread over all that keys begin with.
fn pointed_to() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&env().block_height().wrapping_mul(SPREAD).to_be_bytes());
    bytes
}

/// A text that the height points to, among the beginnings of names.
fn pointed_to_text() -> String {
    let [first, second, ..] = pointed_to();
    [first, second].map(|byte| char::from(BEGINNINGS[usize::from(byte) % BEGINNINGS.len()])).iter().collect()
}

impl Streams {
    /// Streams and the index of their owners agree.
    pub(crate) fn check_streams(&self) -> bool {
        let (start, limit) = (Hash::new(pointed_to()), MAX_CHECKED_ENTRIES);
        let behind = self.streams.iter_from(Bound::Included(&start), Direction::Ascending).limit(limit);
        let mut streams = behind.chain(self.streams.iter().limit(limit)).take(MAX_CHECKED);
        let streams_hold = streams.all(|(stream, state)| {
            let described = self.texts.get(&stream).is_some_and(|texts| texts.check().is_ok());
            described && state.is_sound() && self.by_owner.contains(&(state.owner, stream))
        });
        let start = (Address::new(pointed_to()), Hash::ZERO);
        let behind = self.by_owner.iter_from(Bound::Included(&start), Direction::Ascending).limit(limit);
        let all = self.by_owner.iter_from(Bound::Unbounded, Direction::Ascending).limit(limit);
        let mut owned = behind.chain(all).take(MAX_CHECKED);
        streams_hold
            && owned.all(|((owner, stream), ())| self.streams.get(&stream).is_some_and(|state| state.owner == owner))
    }

    /// Rights are somebody's, open to everybody only where they may be, and not ahead of their stream.
    pub(crate) fn check_rights(&self) -> bool {
        let (start, limit) = ((Hash::new(pointed_to()), None, Level::Edit), MAX_CHECKED_ENTRIES);
        let behind = self.rights.iter_from(Bound::Included(&start), Direction::Ascending).limit(limit);
        let mut rights = behind.chain(self.rights.iter().limit(limit)).take(MAX_CHECKED);
        rights.all(|((stream, who, level), right)| {
            let possible = who.map_or_else(|| level.can_be_public(), |who| !who.is_zero());
            let current = self.streams.get(&stream).is_none_or(|state| right.generation <= state.generation);
            possible && current && !right.by.is_zero()
        })
    }

    /// Names stand under what they look like, and they and the index of their owners agree.
    pub(crate) fn check_names(&self) -> bool {
        let (start, limit) = (pointed_to_text(), MAX_CHECKED_ENTRIES);
        let behind = self.names.iter_from(Bound::Included(&start), Direction::Ascending).limit(limit);
        let mut names = behind.chain(self.names.iter().limit(limit)).take(MAX_CHECKED);
        let names_hold = names.all(|(seen, NameRecord { name, owner, .. })| {
            is_canonical(&name) && appearance(&name) == seen && self.names_by_owner.contains(&(owner, name))
        });
        let start = (Address::new(pointed_to()), String::new());
        let behind = self.names_by_owner.iter_from(Bound::Included(&start), Direction::Ascending).limit(limit);
        let all = self.names_by_owner.iter_from(Bound::Unbounded, Direction::Ascending).limit(limit);
        let mut owned = behind.chain(all).take(MAX_CHECKED);
        names_hold && owned.all(|((owner, name), ())| self.record(&name).is_some_and(|record| record.owner == owner))
    }
}
