//! The safety record: what a validator must never forget, and the rules by which it votes.
//!
//! ```text
//! N(v,d)   iff v = cur, and nothing else was notarized at v or above
//! X(v)     iff v = cur, and nothing was finalized at v or above
//! F(v,d)   iff cur > v, and nothing was nullified at v or above, and nothing else was finalized at v or above
//! cur      only rises
//! ```
//!
//! The conditions on certificates (the parent's, the gap's, the one under F) are the machine's. Whoever votes writes the
//! record to disk, synced, before the vote is sent. It leaves out where it is written.

use super::{Epoch, Place, View};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use tenon_types::{Hash, blake2b_256};
use thiserror::Error;

/// The version of the record's form on disk.
const VERSION: u8 = 1;
/// Bytes of the checksum at the end.
const CHECKSUM_BYTES: usize = 32;

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The bytes are not those that were written: cut off, torn or damaged.
    #[error("safety record of {found} bytes does not match its checksum")]
    Torn {
        /// How many bytes there are.
        found: usize,
    },
    /// The bytes are whole, but of a form that is not known here.
    #[error("safety record has version {found:?}, expected {VERSION}")]
    Version {
        /// The version's byte.
        found: Option<u8>,
    },
}

/// What a validator must never forget. A place of view 0 stands for none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub struct Record {
    /// The epoch that the rest speaks of.
    pub epoch: Epoch,
    /// The view that it is in.
    pub cur: View,
    /// The highest N vote.
    pub max_n: Place,
    /// The highest X vote.
    pub max_x: View,
    /// The highest F vote.
    pub max_f: Place,
}

const NOWHERE: Place = Place { view: View(0), digest: Hash::ZERO };

impl Record {
    /// The record of who has not voted in an epoch.
    pub fn new(epoch: Epoch) -> Self {
        Self { epoch, cur: View(1), max_n: NOWHERE, max_x: View(0), max_f: NOWHERE }
    }

    /// Whether a candidate may be notarized; the same again may.
    pub fn may_notarize(&self, place: Place) -> bool {
        place.view == self.cur && (place.view > self.max_n.view || place == self.max_n)
    }

    /// Whether a view may be nullified; the same again may.
    pub fn may_nullify(&self, view: View) -> bool {
        view == self.cur && view > self.max_f.view
    }

    /// Whether a notarized candidate may be finalized. Again it may not: who sends a vote again takes it from here.
    pub fn may_finalize(&self, place: Place) -> bool {
        self.cur > place.view && place.view > self.max_x && place.view > self.max_f.view
    }

    /// Whether another record can be a later one of the same validator: nothing in it has fallen or changed in place.
    pub fn may_become(&self, later: &Self) -> bool {
        let rises = |mine: Place, theirs: Place| theirs.view > mine.view || theirs == mine;
        let within = self.cur <= later.cur
            && rises(self.max_n, later.max_n)
            && self.max_x <= later.max_x
            && rises(self.max_f, later.max_f);
        later.epoch > self.epoch || (later.epoch == self.epoch && within)
    }

    /// The form on disk: version, record, checksum.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        self.encode_to(&mut bytes);
        bytes.extend_from_slice(&blake2b_256(&bytes).0);
        bytes
    }

    /// Reads the form on disk.
    ///
    /// # Errors
    /// [`RecordError`], upon which the validator only observes until the next epoch.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        let torn = RecordError::Torn { found: bytes.len() };
        let (body, checksum) = bytes.split_at_checked(bytes.len().saturating_sub(CHECKSUM_BYTES)).ok_or(torn)?;
        if checksum != blake2b_256(body).0 {
            return Err(torn);
        }
        match body.split_first() {
            Some((&VERSION, mut record)) => Self::decode_all(&mut record).map_err(|_| torn),
            other => Err(RecordError::Version { found: other.map(|(version, _)| *version) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(view: u64, digest: u8) -> Place {
        Place { view: View(view), digest: Hash([digest; 32]) }
    }

    fn record() -> Record {
        Record { cur: View(5), max_n: place(5, 1), max_x: View(3), max_f: place(4, 2), ..Record::new(Epoch(7)) }
    }

    #[test]
    fn notarizes_once_in_the_current_view() {
        let record = record();
        assert!(record.may_notarize(place(5, 1)), "the same again");
        assert!(!record.may_notarize(place(5, 2)), "another");
        assert!(!record.may_notarize(place(4, 1)) && !record.may_notarize(place(6, 1)));
        assert!(Record { max_n: place(4, 1), ..record }.may_notarize(place(5, 2)));
    }

    #[test]
    fn never_nullifies_and_finalizes_one_view() {
        let record = record();
        assert!(record.may_nullify(View(5)) && !record.may_nullify(View(4)) && !record.may_nullify(View(6)));
        assert!(!Record { max_f: place(5, 1), ..record }.may_nullify(View(5)));
        assert!(!record.may_finalize(place(4, 3)), "finalized another there");
        assert!(!record.may_finalize(place(5, 1)), "still in that view");
        let later = Record { cur: View(6), ..record };
        assert!(later.may_finalize(place(5, 1)));
        assert!(!Record { max_x: View(5), ..later }.may_finalize(place(5, 1)), "nullified");
    }

    #[test]
    fn a_later_record_takes_nothing_back() {
        let record = record();
        assert!(record.may_become(&record));
        assert!(record.may_become(&Record { cur: View(6), max_x: View(5), ..record }));
        assert!(!record.may_become(&Record { cur: View(4), ..record }));
        assert!(!record.may_become(&Record { max_n: place(5, 9), ..record }));
        assert!(!record.may_become(&Record { max_x: View(2), ..record }));
        assert!(!record.may_become(&Record { max_f: place(3, 2), ..record }));
        assert!(record.may_become(&Record::new(Epoch(8))));
        assert!(!record.may_become(&Record::new(Epoch(6))));
    }

    #[test]
    fn refuses_every_torn_or_changed_record() {
        let bytes = record().to_bytes();
        assert_eq!(Record::from_bytes(&bytes), Ok(record()));
        for length in 0..bytes.len() {
            assert_eq!(Record::from_bytes(&bytes[..length]), Err(RecordError::Torn { found: length }));
        }
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(Record::from_bytes(&other).is_err(), "bit {bit}");
        }
        let mut other = vec![9; 40];
        other.extend_from_slice(&blake2b_256(&[9; 40]).0);
        assert_eq!(Record::from_bytes(&other), Err(RecordError::Version { found: Some(9) }));
    }
}
