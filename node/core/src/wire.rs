//! What nodes send each other, byte by byte: SCALE, canonical, every list and length bounded before it is read.
//!
//! ```text
//! codec      reading and writing with bounds; what does not re-encode to the same bytes is refused
//! envelope   straight from one to another: consensus, shards of blocks, transactions, how far a node is
//! gossip     to everybody: where a validator is found, batches of transactions
//! request    a question and its answer: ranges of blocks, a block, parts of a block
//! snapshot   the same for snapshots of the state, and for the proofs that lead to one
//! ```
//!
//! It leaves out who a message is from and of which chain: connections are authenticated and belong to one chain (its
//! genesis hash is part of the protocols' names). It leaves out framing as well: a message is a whole run of bytes.

mod codec;
mod envelope;
mod gossip;
mod request;
mod snapshot;
#[cfg(test)]
mod tests;

pub use codec::{MAX_HEADER_BYTES, MAX_MESSAGE_BYTES, Reader, Wire, WireError};
pub(crate) use codec::{write_length, write_list, write_places};
pub use envelope::{Consensus, Envelope, ShardMessage};
pub use gossip::{
    MAX_ADDRESS_BYTES, MAX_ADDRESSES, MAX_BATCH_BYTES, MAX_BATCH_TRANSACTIONS, Status, TransactionBatch,
    ValidatorRecord,
};
pub use request::{Answer, Request};
pub use snapshot::{MAX_EPOCH_PROOFS, MAX_OFFERS, PieceRequest};
