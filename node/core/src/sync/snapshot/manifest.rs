//! What a snapshot consists of: the hashes of its parts, which give the root.

use super::{MAX_MANIFEST_BYTES, SnapshotError, Target};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use tenon_types::BlockNumber;
use tenon_types::proof::{PartHash, TreeHash, decode_part, verify_part, verify_parts};

/// The hashes of all parts of a state.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Manifest {
    /// The height after whose block the state was so.
    pub height: BlockNumber,
    /// Root of the state.
    pub root: TreeHash,
    /// The depth at which the state's tree is cut.
    pub depth: u8,
    /// The hash of each part.
    pub parts: Vec<PartHash>,
}

impl Manifest {
    /// Reads a manifest and checks that its parts are those of the target's state.
    ///
    /// # Errors
    /// [`SnapshotError`] for the first thing that is not so.
    pub fn from_bytes(target: &Target, bytes: &[u8]) -> Result<Self, SnapshotError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            let (what, found, max) = ("manifest", bytes.len(), MAX_MANIFEST_BYTES);
            return Err(SnapshotError::TooLong { what, found, max });
        }
        let malformed = SnapshotError::Malformed { what: "manifest", bytes: bytes.len() };
        let manifest = Self::decode_all(&mut &*bytes).map_err(|_| malformed.clone())?;
        if manifest.encode() != bytes {
            return Err(malformed);
        }
        if (manifest.height, manifest.root) != (target.height, target.root) {
            return Err(SnapshotError::Other { found: manifest.height, expected: target.height });
        }
        verify_parts(&manifest.root, manifest.depth, &manifest.parts)?;
        Ok(manifest)
    }

    /// Checks that bytes are the rows of a part, all of them and no other.
    ///
    /// # Errors
    /// [`SnapshotError::Part`].
    pub fn check_part(&self, part: u32, bytes: &[u8]) -> Result<(), SnapshotError> {
        let rows = decode_part(bytes)?;
        Ok(verify_part(part, self.depth, &self.hash_of(part), &rows)?)
    }

    /// The parts that have rows.
    pub fn occupied(&self) -> impl Iterator<Item = u32> {
        (0_u32..).zip(&self.parts).filter(|(_, hash)| **hash != PartHash::Empty).map(|(part, _)| part)
    }

    /// The hash of a part. One that does not exist is refused by what compares it.
    fn hash_of(&self, part: u32) -> PartHash {
        let hash = usize::try_from(part).ok().and_then(|part| self.parts.get(part));
        hash.copied().unwrap_or(PartHash::Empty)
    }
}
