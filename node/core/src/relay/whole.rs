//! The block itself: its bounds, its root, its bytes.

use super::RelayError;
use crate::rules::MAX_BLOCK_TRANSACTIONS;
use crate::wire::{Reader, Wire, WireError, write_list};
use parity_scale_codec::Encode;
use tenon_types::{Block, Hash, Header, MAX_EXTRINSIC_BYTES, extrinsics_root};

/// Bytes of an encoded block, whatever a chain's parameters say.
pub const MAX_BLOCK_BYTES: usize = 16 << 20;

/// Checks that transactions are those of a header.
///
/// # Errors
/// [`RelayError::Root`], and [`RelayError::TooMany`] or [`RelayError::TooLong`] before anything is hashed.
pub fn check_body(header: &Header, body: &[Vec<u8>]) -> Result<(), RelayError> {
    if body.len() > MAX_BLOCK_TRANSACTIONS {
        return Err(RelayError::TooMany { found: body.len(), max: MAX_BLOCK_TRANSACTIONS });
    }
    let found = body.iter().fold(0_usize, |sum, transaction| sum.saturating_add(transaction.len()));
    if found > MAX_BLOCK_BYTES {
        return Err(RelayError::TooLong { found, max: MAX_BLOCK_BYTES });
    }
    let (found, expected) = (extrinsics_root(body), header.extrinsics_root);
    if found == expected { Ok(()) } else { Err(RelayError::Root { found, expected }) }
}

/// Reads a block that was asked for by its hash.
///
/// # Errors
/// [`RelayError`] if the bytes are no block, or another one, or its transactions are not those of its header.
pub fn read_block(expected: Hash, bytes: &[u8]) -> Result<Block, RelayError> {
    let block = Block::from_bytes(bytes)?;
    let found = block.header.hash();
    if found != expected {
        return Err(RelayError::Block { found, expected });
    }
    check_body(&block.header, &block.extrinsics)?;
    Ok(block)
}

impl Wire for Block {
    const WHAT: &'static str = "block";
    const MAX_BYTES: usize = MAX_BLOCK_BYTES;

    fn write(&self, output: &mut Vec<u8>) {
        self.header.encode_to(output);
        write_list(&self.extrinsics, output, |transaction, output| transaction.encode_to(output));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let header = reader.header()?;
        let transaction = |reader: &mut Reader<'_>| reader.bytes("transaction", MAX_EXTRINSIC_BYTES);
        Ok(Self { header, extrinsics: reader.list("transactions", MAX_BLOCK_TRANSACTIONS, transaction)? })
    }
}
