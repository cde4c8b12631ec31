//! Questions to one node, and their answers.

use super::codec::{Reader, Wire, WireError, write_list};
use super::snapshot::{MAX_EPOCH_PROOFS, MAX_OFFERS, PieceRequest};
use crate::consensus::bbft::{Epoch, MAX_PROOF_BYTES};
use crate::relay::{MAX_BLOCK_BYTES, PartAnswer, PartRequest};
use crate::sync::snapshot::{MAX_PIECE_BYTES, Offer};
use crate::sync::{BlocksAnswer, BlocksRequest};
use parity_scale_codec::Encode;
use tenon_types::{BlockNumber, Hash};

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Final blocks in a row.
    Blocks(BlocksRequest),
    /// A block, which need not be final.
    Block {
        /// Its hash.
        hash: Hash,
    },
    /// Transactions of a block, which need not be final.
    Parts(PartRequest),
    /// Which snapshots the node has.
    Snapshots,
    /// A piece of a snapshot.
    Piece(PieceRequest),
    /// What shows that the block of a height is final.
    Header {
        /// The height.
        height: BlockNumber,
    },
    /// What shows that epochs in a row are over.
    Epochs {
        /// The first.
        first: Epoch,
    },
}

/// An answer, of the same kind as its question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The blocks with what proves the last one final; none if the node has not got them.
    Blocks(BlocksAnswer),
    /// The encoded block, if the node has it.
    Block(Option<Vec<u8>>),
    /// The transactions; fewer than were asked for, or none, if the node has not got the block or they do not fit.
    Parts(PartAnswer),
    /// The snapshots.
    Snapshots(Vec<Offer>),
    /// The piece, if the node has it.
    Piece(Option<Vec<u8>>),
    /// The encoded [`crate::consensus::bbft::HeaderProof`], if the node has it.
    Header(Option<Vec<u8>>),
    /// Each an encoded [`crate::consensus::bbft::EpochProof`], from the first that was asked for on; none if the node
    /// has not got that.
    Epochs(Vec<Vec<u8>>),
    /// This block's transactions: too many were asked for, and it comes in shards instead.
    Shards(Hash),
}

impl Answer {
    /// Whether it is of the question's kind.
    pub fn answers(&self, request: &Request) -> bool {
        match (self, request) {
            (Self::Blocks(_), Request::Blocks(_)) | (Self::Block(_), Request::Block { .. }) => true,
            (Self::Parts(answer), Request::Parts(request)) => answer.block == request.block,
            (Self::Shards(block), Request::Parts(request)) => *block == request.block,
            (Self::Snapshots(_), Request::Snapshots)
            | (Self::Piece(_), Request::Piece(_))
            | (Self::Header(_), Request::Header { .. })
            | (Self::Epochs(_), Request::Epochs { .. }) => true,
            _ => false,
        }
    }
}

impl Wire for Request {
    const WHAT: &'static str = "request";
    const MAX_BYTES: usize = 1 << 20;

    fn write(&self, output: &mut Vec<u8>) {
        match self {
            Self::Blocks(request) => {
                output.push(0);
                request.write(output);
            }
            Self::Block { hash } => {
                output.push(1);
                hash.encode_to(output);
            }
            Self::Parts(request) => {
                output.push(2);
                request.write(output);
            }
            Self::Snapshots => output.push(3),
            Self::Piece(request) => {
                output.push(4);
                request.write(output);
            }
            Self::Header { height } => {
                output.push(5);
                height.encode_to(output);
            }
            Self::Epochs { first } => {
                output.push(6);
                first.encode_to(output);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        match reader.value::<u8>("kind of a request")? {
            0 => Ok(Self::Blocks(BlocksRequest::read(reader)?)),
            1 => Ok(Self::Block { hash: reader.value("hash of a block")? }),
            2 => Ok(Self::Parts(PartRequest::read(reader)?)),
            3 => Ok(Self::Snapshots),
            4 => Ok(Self::Piece(PieceRequest::read(reader)?)),
            5 => Ok(Self::Header { height: reader.value("height")? }),
            6 => Ok(Self::Epochs { first: reader.value("epoch")? }),
            found => Err(WireError::OutOfRange { what: "kind of a request", found: found.into(), bound: 7 }),
        }
    }
}

impl Wire for Answer {
    const WHAT: &'static str = "answer";

    fn write(&self, output: &mut Vec<u8>) {
        match self {
            Self::Blocks(answer) => {
                output.push(0);
                answer.write(output);
            }
            Self::Block(block) => {
                output.push(1);
                block.encode_to(output);
            }
            Self::Parts(answer) => {
                output.push(2);
                answer.write(output);
            }
            Self::Snapshots(offers) => {
                output.push(3);
                write_list(offers, output, Wire::write);
            }
            Self::Piece(piece) => {
                output.push(4);
                piece.encode_to(output);
            }
            Self::Header(proof) => {
                output.push(5);
                proof.encode_to(output);
            }
            Self::Epochs(proofs) => {
                output.push(6);
                write_list(proofs, output, |proof, output| proof.encode_to(output));
            }
            Self::Shards(block) => {
                output.push(7);
                block.encode_to(output);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        match reader.value::<u8>("kind of an answer")? {
            0 => Ok(Self::Blocks(BlocksAnswer::read(reader)?)),
            1 => optional(reader, "block", "mark of a block", MAX_BLOCK_BYTES).map(Self::Block),
            2 => Ok(Self::Parts(PartAnswer::read(reader)?)),
            3 => Ok(Self::Snapshots(reader.list("snapshots", MAX_OFFERS, Offer::read)?)),
            4 => optional(reader, "piece", "mark of a piece", MAX_PIECE_BYTES).map(Self::Piece),
            5 => optional(reader, "proof of a header", "mark of a proof", MAX_PROOF_BYTES).map(Self::Header),
            6 => {
                let proof = |reader: &mut Reader<'_>| reader.bytes("proof of an epoch", MAX_PROOF_BYTES);
                Ok(Self::Epochs(reader.list("proofs of epochs", MAX_EPOCH_PROOFS, proof)?))
            }
            7 => Ok(Self::Shards(reader.value("hash of a block")?)),
            found => Err(WireError::OutOfRange { what: "kind of an answer", found: found.into(), bound: 8 }),
        }
    }
}

/// Reads bytes that are there if the mark before them says so.
fn optional(
    reader: &mut Reader<'_>,
    what: &'static str,
    mark: &'static str,
    max: usize,
) -> Result<Option<Vec<u8>>, WireError> {
    if reader.value(mark)? { reader.bytes(what, max).map(Some) } else { Ok(None) }
}
