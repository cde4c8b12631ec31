//! Catching up with the chain: final blocks from several peers at once, given to the driver in order.
//!
//! ```text
//! upon somebody being far enough ahead, or ahead for long: begin; upon nobody being ahead: rest
//! upon a hole in the window      ask the best peer for blocks, up to one that it can prove final
//! upon an answer                 see that it is what was asked for; hold it; deliver what comes next, in order, so many
//!                                ranges at once; the driver checks and applies them, in stages side by side if it likes
//! upon applied                   the window slides
//! upon a refused block           all below is kept; who sent it is punished; the rest is asked again, of others
//! upon a slow or silent peer     ask another; it is asked less, and nothing for a while
//! upon a lie                     other blocks, too many, no blocks: the peer is left aside for long
//! ```
//!
//! ```text
//! state   the machine            window   delivered, held, asked      peers   whom to ask
//! check   what can be seen of an answer                               serve   answering others
//! snapshot   a state instead of blocks, for a node that is far behind
//! ```
//!
//! What is held is bounded in ranges and bytes: answers have room kept for them before they are asked for. Nothing here
//! knows signatures or state. One honest peer that stays connected is enough.

mod check;
mod limits;
mod message;
mod peers;
mod rate;
mod serve;
pub mod snapshot;
mod state;
#[cfg(test)]
mod tests;
mod types;
mod window;

pub use limits::{MAX_EMPTY, MAX_RANGES, MAX_REQUESTS, MAX_SYNC_PEERS, SyncRules};
pub use message::{BlocksAnswer, BlocksRequest, MAX_ANSWER_BLOCKS, MAX_ANSWER_BYTES, MAX_FINALITY_BYTES};
pub use peers::PeerProgress;
pub use serve::{BlockReader, serve};
pub use state::{Progress, Sync};
pub use types::{Effect, Input, Offence, Peer, RequestId};
