//! Questions for a snapshot, and for the proofs by which a node comes to trust one.
//!
//! ```text
//! snapshots   which ones a node has: height, root, depth
//! piece       a manifest, an anchor or the rows of a part, of the snapshot at a height
//! header      what shows that the block of a height is final
//! epochs      what shows that epochs are over, and who validates next: several in a row
//! ```
//!
//! Pieces and proofs are bytes here: whoever asked reads them with what it knows. It leaves out that.

use super::codec::{Reader, Wire, WireError};
use crate::sync::snapshot::{Offer, Piece};
use parity_scale_codec::Encode;
use tenon_types::BlockNumber;
use tenon_types::proof::MAX_PART_DEPTH;

/// Snapshots that one node tells of. It keeps two.
pub const MAX_OFFERS: usize = 8;
/// Proofs of epochs in one answer.
pub const MAX_EPOCH_PROOFS: usize = 64;
/// Parts at the greatest depth.
const MAX_PARTS: u32 = 1 << MAX_PART_DEPTH;

/// Asks for a piece of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceRequest {
    /// The height of the snapshot.
    pub height: BlockNumber,
    /// Which piece.
    pub piece: Piece,
}

impl Wire for PieceRequest {
    const WHAT: &'static str = "request for a piece of a snapshot";
    const MAX_BYTES: usize = 9;

    fn write(&self, output: &mut Vec<u8>) {
        self.height.encode_to(output);
        match self.piece {
            Piece::Manifest => output.push(0),
            Piece::Anchor => output.push(1),
            Piece::Part(part) => {
                output.push(2);
                part.encode_to(output);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let height = reader.value("height")?;
        let piece = match reader.value::<u8>("kind of a piece")? {
            0 => Piece::Manifest,
            1 => Piece::Anchor,
            2 => Piece::Part(below("part", reader.value("part")?, MAX_PARTS)?),
            found => return Err(WireError::OutOfRange { what: "kind of a piece", found: found.into(), bound: 3 }),
        };
        Ok(Self { height, piece })
    }
}

impl Wire for Offer {
    const WHAT: &'static str = "snapshot that a node has";
    const MAX_BYTES: usize = 37;

    fn write(&self, output: &mut Vec<u8>) {
        self.height.encode_to(output);
        self.root.encode_to(output);
        self.depth.encode_to(output);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let (height, root) = (reader.value("height")?, reader.value("root")?);
        let depth: u8 = reader.value("depth")?;
        below("depth", depth.into(), u32::from(MAX_PART_DEPTH).saturating_add(1))?;
        Ok(Self { height, root, depth })
    }
}

fn below(what: &'static str, found: u32, bound: u32) -> Result<u32, WireError> {
    if found < bound {
        Ok(found)
    } else {
        Err(WireError::OutOfRange { what, found: found.into(), bound: bound.into() })
    }
}
