//! A disk with a log: what is appended is certain only after a sync. A crash drops, tears and reorders the rest.
//!
//! The log ends at the first entry that is not whole: so an entry that survived behind a lost one is lost too. The
//! safety record in an entry is kept as its real bytes with their checksum, and can be damaged where it lies.

use crate::block::Block;
use crate::faults::{Fault, Tally};
use crate::random::Random;
use std::rc::Rc;
use tenon_core::consensus::bbft::{Certificate, Epoch, Record};

/// What a node writes.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// It takes part in this epoch from now on.
    Epoch(Epoch),
    /// The safety record, and the certificates that came with it.
    Record { bytes: Vec<u8>, certificates: Vec<Certificate> },
    /// A block that may become final.
    Block(Rc<Block>),
    /// These blocks are final, and what proves the last of them.
    Final { blocks: Vec<Rc<Block>>, proof: Proof },
}

/// What proves that a block is final: a certificate of it, or of a descendant in the same epoch.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) certificate: Certificate,
    /// The blocks above, up to the one that the certificate names.
    pub(crate) descendants: Vec<Rc<Block>>,
}

/// Why a write failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DiskError {
    /// There is no room.
    Full,
    /// The device says no.
    Sync,
}

/// What became of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Whole,
    Torn,
    Lost,
}

/// The disk of a node. It outlives the node's crashes.
#[derive(Default)]
pub(crate) struct Disk {
    entries: Vec<Entry>,
    synced: usize,
    pub(crate) full: bool,
    pub(crate) fails_next_sync: bool,
}

impl Disk {
    pub(crate) fn append(&mut self, entry: Entry) -> Result<(), DiskError> {
        if self.full {
            return Err(DiskError::Full);
        }
        self.entries.push(entry);
        Ok(())
    }

    pub(crate) fn sync(&mut self) -> Result<(), DiskError> {
        if std::mem::take(&mut self.fails_next_sync) {
            return Err(DiskError::Sync);
        }
        self.synced = self.entries.len();
        Ok(())
    }

    /// Loses power: each unsynced entry is kept, torn or lost on its own, and the log ends at the first that is not
    /// whole.
    pub(crate) fn crash(&mut self, random: &mut Random, tally: &mut Tally) {
        let unsynced = self.entries.len().saturating_sub(self.synced);
        let fates: Vec<Fate> = (0..unsynced)
            .map(|_| match random.below(4) {
                0 => Fate::Torn,
                1 => Fate::Lost,
                _ => Fate::Whole,
            })
            .collect();
        let kept = fates.iter().position(|fate| *fate != Fate::Whole).unwrap_or(unsynced);
        for fate in &fates {
            match fate {
                Fate::Whole => {}
                Fate::Torn => tally.count(Fault::TornWrite),
                Fate::Lost => tally.count(Fault::LostWrite),
            }
        }
        if fates.iter().skip(kept).any(|fate| *fate == Fate::Whole) {
            tally.count(Fault::ReorderedWrite);
        }
        self.entries.truncate(self.synced.saturating_add(kept));
        self.synced = self.entries.len();
    }

    /// Damages the last safety record, synced or not: cuts it off or flips a bit.
    pub(crate) fn damage_record(&mut self, random: &mut Random) -> bool {
        let last = self.entries.iter_mut().rev().find_map(|entry| match entry {
            Entry::Record { bytes, .. } if !bytes.is_empty() => Some(bytes),
            _ => None,
        });
        let Some(bytes) = last else { return false };
        match random.below(3) {
            0 => bytes.clear(),
            1 => bytes.truncate(random.index(bytes.len())),
            _ => {
                let at = random.index(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
        true
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last safety record that is certain, unless it is damaged.
    pub(crate) fn synced_record(&self) -> Option<Record> {
        let synced = self.entries.iter().take(self.synced);
        synced.rev().find_map(|entry| match entry {
            Entry::Record { bytes, .. } => Some(Record::from_bytes(bytes).ok()),
            _ => None,
        })?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(entries: u64, synced: bool) -> Disk {
        let mut disk = Disk::default();
        for epoch in 0..entries {
            assert_eq!(disk.append(Entry::Epoch(Epoch(epoch))), Ok(()));
        }
        if synced {
            assert_eq!(disk.sync(), Ok(()));
        }
        disk
    }

    #[test]
    fn a_crash_keeps_all_that_was_synced_and_a_prefix_of_the_rest() {
        let (mut random, mut tally) = (Random::new(3), Tally::default());
        let mut lengths = [0; 6];
        for _ in 0..1_000 {
            let mut disk = disk(3, true);
            (3..5).for_each(|epoch| assert_eq!(disk.append(Entry::Epoch(Epoch(epoch))), Ok(())));
            disk.crash(&mut random, &mut tally);
            let left = disk.entries().iter().enumerate();
            assert!(
                left.map(|(at, entry)| (at as u64, entry))
                    .all(|(at, entry)| matches!(entry, Entry::Epoch(epoch) if epoch.0 == at))
            );
            lengths[disk.entries().len()] += 1;
        }
        assert!(lengths[..3] == [0; 3] && lengths[3..].iter().all(|count| *count > 100), "{lengths:?}");
        assert!([Fault::TornWrite, Fault::LostWrite, Fault::ReorderedWrite].iter().all(|fault| tally.of(*fault) > 0));
    }

    #[test]
    fn a_full_disk_takes_nothing_and_a_failed_sync_makes_nothing_certain() {
        let mut disk = disk(1, false);
        disk.full = true;
        assert_eq!(disk.append(Entry::Epoch(Epoch(1))), Err(DiskError::Full));
        disk.fails_next_sync = true;
        assert_eq!(disk.sync(), Err(DiskError::Sync));
        assert_eq!(disk.synced, 0);
        assert_eq!(disk.sync(), Ok(()));
    }

    #[test]
    fn a_damaged_record_is_never_taken_for_one() {
        let mut random = Random::new(4);
        for _ in 0..300 {
            let mut disk = Disk::default();
            let bytes = Record::new(Epoch(3)).to_bytes();
            assert_eq!(disk.append(Entry::Record { bytes, certificates: Vec::new() }), Ok(()));
            assert_eq!(disk.sync(), Ok(()));
            assert_eq!(disk.synced_record(), Some(Record::new(Epoch(3))));
            assert!(disk.damage_record(&mut random));
            assert_eq!(disk.synced_record(), None);
        }
    }
}
