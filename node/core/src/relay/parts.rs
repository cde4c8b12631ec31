//! Asking for transactions of a block by their places, and answering.

use crate::rules::MAX_BLOCK_TRANSACTIONS;
use crate::wire::{Reader, Wire, WireError, write_list, write_places};
use parity_scale_codec::Encode;
use tenon_types::{Hash, MAX_EXTRINSIC_BYTES};

/// Bytes of transactions in one answer. Who asked for more asks again for the rest.
pub const MAX_PART_BYTES: usize = 4 << 20;

/// Asks for transactions of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartRequest {
    /// The block's hash.
    pub block: Hash,
    /// The places, each above the one before.
    pub places: Vec<u32>,
}

/// Transactions of a block: those of the first places that were asked for, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartAnswer {
    /// The block's hash.
    pub block: Hash,
    /// The transactions, length prefixes included. None if the block is not known.
    pub transactions: Vec<Vec<u8>>,
}

impl PartRequest {
    /// Answers from a block's transactions, as far as the answer may be long: up to the first that does not fit or that
    /// the block has not got.
    pub fn answer(&self, body: &[Vec<u8>]) -> PartAnswer {
        let mut left = MAX_PART_BYTES;
        let fits = |transaction: &&Vec<u8>| match left.checked_sub(transaction.len()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        let of_place = |place: &u32| usize::try_from(*place).ok().and_then(|place| body.get(place));
        let transactions = self.places.iter().map_while(of_place).take_while(fits).cloned().collect();
        PartAnswer { block: self.block, transactions }
    }
}

impl Wire for PartRequest {
    const WHAT: &'static str = "request for transactions";

    fn write(&self, output: &mut Vec<u8>) {
        self.block.encode_to(output);
        write_places(self.places.iter().copied(), output);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let block = reader.value("hash of a block")?;
        Ok(Self { block, places: reader.places("transactions asked for", MAX_BLOCK_TRANSACTIONS)? })
    }
}

impl Wire for PartAnswer {
    const WHAT: &'static str = "answer with transactions";

    fn write(&self, output: &mut Vec<u8>) {
        self.block.encode_to(output);
        write_list(&self.transactions, output, |transaction, output| transaction.encode_to(output));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let block = reader.value("hash of a block")?;
        let transaction = |reader: &mut Reader<'_>| reader.bytes("transaction", MAX_EXTRINSIC_BYTES);
        Ok(Self { block, transactions: reader.list("transactions", MAX_BLOCK_TRANSACTIONS, transaction)? })
    }
}
