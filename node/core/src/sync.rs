//! Catching up with the chain: final blocks from several peers at once, given to the driver in order.

mod message;

pub use message::{BlocksAnswer, BlocksRequest, MAX_ANSWER_BLOCKS, MAX_ANSWER_BYTES, MAX_FINALITY_BYTES};
