//! Names of streams: which texts can be one, who gets one, and until when it is whose.
//!
//! A name is committed to before it is said: who sees it in the pool and wants it would have to commit first, and is too
//! late. Of names that look alike only one is given out.

use crate::error::Error;
use crate::events::{CommitmentRemoved, NameRegistered, NameReleased, NameRenewed};
use crate::streams::Streams;
use crate::types::{MAX_COMMITMENT_MS, MAX_YEARS, MIN_COMMITMENT_MS, NameRecord, YEAR_MS};
use tenon_contract::Wire;
use tenon_contract::prelude::*;

/// Bytes of the shortest name.
pub const MIN_REGISTERED_BYTES: usize = 3;
/// Bytes of the longest name.
pub const MAX_REGISTERED_BYTES: usize = 64;
/// Names the purpose in a commitment.
const COMMITMENT_PURPOSE: &str = "tenon/streams/name";

/// Whether a text can be a name: 3 to 64 of the characters a-z, 0-9, hyphen and dot, where the parts between dots begin
/// and end with a letter or digit and have no two hyphens in a row. So no name stands for characters beyond these, as
/// `xn--` does in names of the web.
pub fn is_canonical(name: &str) -> bool {
    let is_alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_part = |part: &[u8]| {
        part.first().is_some_and(is_alphanumeric)
            && part.last().is_some_and(is_alphanumeric)
            && part.iter().all(|byte| is_alphanumeric(byte) || *byte == b'-')
            && !part.windows(2).any(|pair| pair == b"--")
    };
    (MIN_REGISTERED_BYTES..=MAX_REGISTERED_BYTES).contains(&name.len())
        && name.as_bytes().split(|byte| *byte == b'.').all(is_part)
}

/// What a name looks like: names that look alike have one and the same. `0` looks like `o`, `1` like `l`, `m` like `rn`
/// and `w` like `vv`.
pub fn appearance(name: &str) -> String {
    let mut seen = String::with_capacity(2 * name.len());
    for character in name.chars() {
        match character {
            '0' => seen.push('o'),
            '1' => seen.push('l'),
            'm' => seen.push_str("rn"),
            'w' => seen.push_str("vv"),
            other => seen.push(other),
        }
    }
    seen
}

/// What somebody commits to: purpose, chain, instance, owner, name and salt. A commitment that somebody copies is good
/// for nobody else, and nowhere else.
pub(crate) fn commitment(owner: Address, name: &str, salt: Hash) -> Hash {
    let mut bytes = Vec::new();
    String::from(COMMITMENT_PURPOSE).put(&mut bytes);
    env().chain_id().put(&mut bytes);
    env().self_address().put(&mut bytes);
    (owner, String::from(name), salt).put(&mut bytes);
    crypto::blake2b_256(&bytes)
}

/// A text of any length as a place in a listing of names: what is longer than every name is cut, which no name stands
/// behind, so that it fits into a key.
pub(crate) fn shortened(mut name: String) -> String {
    name.truncate(name.floor_char_boundary(MAX_REGISTERED_BYTES));
    name
}

fn span_ms(years: u32) -> Result<u64, Error> {
    ensure!((1..=MAX_YEARS).contains(&years), Error::InvalidYears);
    Ok(u64::from(years) * YEAR_MS)
}

impl Streams {
    /// The record of a name, if it is somebody's. A name that only looks like it does not count.
    pub(crate) fn record(&self, name: &str) -> Option<NameRecord> {
        if !is_canonical(name) {
            return None;
        }
        let record = self.names.get(&appearance(name))?;
        (record.name == name).then_some(record)
    }

    /// The record of a name if the caller owns it and it has not expired.
    pub(crate) fn own_name(&self, name: &str) -> Result<NameRecord, Error> {
        let record = self.record(name).ok_or(Error::UnknownName)?;
        ensure!(record.owner == env().caller(), Error::NotNameOwner);
        ensure!(record.is_valid_at(env().block_time_ms()), Error::NameExpired);
        Ok(record)
    }

    /// Gives a name to the caller, who committed to it before.
    pub(crate) fn register(&mut self, name: String, stream: Hash, years: u32, salt: Hash) -> Result<(), Error> {
        ensure!(is_canonical(&name), Error::NameNotCanonical);
        let (owner, now) = (env().caller(), env().block_time_ms());
        let expires_at_ms = now + span_ms(years)?;
        self.known(stream)?;
        let made = self.commitments.take(&(owner, commitment(owner, &name, salt))).ok_or(Error::UnknownCommitment)?;
        ensure!(now - made >= MIN_COMMITMENT_MS, Error::CommitmentTooYoung);
        ensure!(now - made < MAX_COMMITMENT_MS, Error::CommitmentLapsed);
        let appearance = appearance(&name);
        if let Some(before) = self.names.get(&appearance) {
            ensure!(before.is_free_at(now), Error::NameTaken);
            self.forget(before);
        }
        let record = NameRecord { name, owner, stream, expires_at_ms };
        self.names.set(&appearance, &record);
        let NameRecord { name, .. } = record;
        self.names_by_owner.insert(&(owner, name.clone()));
        emit(NameRegistered { owner, stream, name, expires_at_ms });
        Ok(())
    }

    /// Lets a name of the caller expire later, counted from when it would have expired.
    pub(crate) fn renew(&mut self, name: &str, years: u32) -> Result<(), Error> {
        let mut record = self.record(name).ok_or(Error::UnknownName)?;
        let now = env().block_time_ms();
        ensure!(record.owner == env().caller(), Error::NotNameOwner);
        ensure!(!record.is_free_at(now), Error::NameExpired);
        record.expires_at_ms += span_ms(years)?;
        ensure!(record.expires_at_ms - now <= u64::from(MAX_YEARS) * YEAR_MS, Error::TermTooLong);
        self.names.set(&appearance(name), &record);
        let NameRecord { name, owner, expires_at_ms, .. } = record;
        emit(NameRenewed { owner, name, expires_at_ms });
        Ok(())
    }

    /// Makes a name nobody's: by its owner, or after its grace by anyone.
    pub(crate) fn release(&mut self, name: &str) -> Result<(), Error> {
        let record = self.record(name).ok_or(Error::UnknownName)?;
        ensure!(record.owner == env().caller() || record.is_free_at(env().block_time_ms()), Error::NotNameOwner);
        self.forget(record);
        Ok(())
    }

    fn forget(&mut self, record: NameRecord) {
        let NameRecord { name, owner, .. } = record;
        self.names.remove(&appearance(&name));
        self.names_by_owner.remove(&(owner, name.clone()));
        emit(NameReleased { owner, name });
    }

    /// Removes a commitment: by who made it, or by anyone once it is void.
    pub(crate) fn forget_commitment(&mut self, by: Address, commitment: Hash) -> Result<(), Error> {
        let made = self.commitments.take(&(by, commitment)).ok_or(Error::UnknownCommitment)?;
        let lapsed = env().block_time_ms() - made >= MAX_COMMITMENT_MS;
        ensure!(by == env().caller() || lapsed, Error::CommitmentStands);
        emit(CommitmentRemoved { by, commitment });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_lower_case_letters_digits_hyphens_and_dots_in_places() {
        let longest = "a".repeat(MAX_REGISTERED_BYTES);
        for name in ["abc", "a.b", "123", "weather.oslo", "a-b.c-d", "0-0", &longest] {
            assert!(is_canonical(name), "{name:?}");
        }
        let longer = "a".repeat(MAX_REGISTERED_BYTES + 1);
        let refused = [
            "",
            "ab",
            ".",
            "...",
            "a..b",
            ".ab",
            "ab.",
            "-ab",
            "ab-",
            "a.-b",
            "a-.b",
            "a--b",
            "xn--80ak6aa92e",
            "Abc",
            "a_b",
            "a b",
            "a\0b",
            "abc\n",
            "a/b",
            "ärger",
            "wеather",
            "ａｂｃ",
            "a\u{200b}bc",
            "abc\u{301}",
            &longer,
        ];
        for name in refused {
            assert!(!is_canonical(name), "{name:?}");
        }
    }

    #[test]
    fn sees_names_that_look_alike_as_one() {
        for (one, other) in [("google", "g00gle"), ("label", "1abe1"), ("modern", "rnodern"), ("wave", "vvave")] {
            assert_eq!(appearance(one), appearance(other));
        }
        assert_eq!(appearance("vvv"), appearance("wv"));
        assert_eq!(appearance("wv"), appearance("vw"));
        for (one, other) in [("abc", "abd"), ("a-b", "a.b"), ("a2", "az"), ("corn", "con")] {
            assert_ne!(appearance(one), appearance(other));
        }
        assert_eq!(appearance(&"m".repeat(MAX_REGISTERED_BYTES)).len(), 2 * MAX_REGISTERED_BYTES);
    }
}
