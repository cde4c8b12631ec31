//! Questions to one node, and their answers.

use super::codec::{Reader, Wire, WireError};
use crate::relay::{MAX_BLOCK_BYTES, PartAnswer, PartRequest};
use crate::sync::{BlocksAnswer, BlocksRequest};
use parity_scale_codec::Encode;
use tenon_types::Hash;

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
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        match reader.value::<u8>("kind of a request")? {
            0 => Ok(Self::Blocks(BlocksRequest::read(reader)?)),
            1 => Ok(Self::Block { hash: reader.value("hash of a block")? }),
            2 => Ok(Self::Parts(PartRequest::read(reader)?)),
            found => Err(WireError::OutOfRange { what: "kind of a request", found: found.into(), bound: 3 }),
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
            Self::Shards(block) => {
                output.push(3);
                block.encode_to(output);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        match reader.value::<u8>("kind of an answer")? {
            0 => Ok(Self::Blocks(BlocksAnswer::read(reader)?)),
            1 if reader.value("mark of a block")? => reader.bytes("block", MAX_BLOCK_BYTES).map(Some).map(Self::Block),
            1 => Ok(Self::Block(None)),
            2 => Ok(Self::Parts(PartAnswer::read(reader)?)),
            3 => Ok(Self::Shards(reader.value("hash of a block")?)),
            found => Err(WireError::OutOfRange { what: "kind of an answer", found: found.into(), bound: 4 }),
        }
    }
}
