//! What goes into synchronisation and what comes out.

use super::{BlocksAnswer, BlocksRequest};
use crate::wire::Status;
use std::fmt;
use tenon_types::BlockNumber;

/// The key of a peer's connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub [u8; 32]);

impl fmt::Debug for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// The number of a request to one peer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u64);

/// What a peer did that nobody honest does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Offence {
    /// Several times it had not got the blocks that it had announced.
    Empty,
    /// It sent other blocks than were asked for.
    WrongRange,
    /// It sent blocks of which one does not stand on the one before.
    Unlinked,
    /// It sent more than may be sent.
    Oversized,
    /// It sent bytes that are no block.
    Malformed,
    /// It sent a block, or a proof, that was refused.
    BadBlock,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// A connected peer says how far it is.
    Announced {
        /// Who.
        peer: Peer,
        /// How far.
        status: Status,
    },
    /// A peer is no longer connected.
    Gone {
        /// Who.
        peer: Peer,
    },
    /// A peer answered.
    Answered {
        /// Who.
        peer: Peer,
        /// Which request.
        id: RequestId,
        /// What it sent.
        answer: BlocksAnswer,
    },
    /// A request came to nothing: it could not be sent, or the answer could not be read.
    Failed {
        /// Who was asked.
        peer: Peer,
        /// Which request.
        id: RequestId,
    },
    /// The final block of this node is now at a height, by what was delivered or by consensus.
    Applied {
        /// The height.
        height: BlockNumber,
    },
    /// A delivered block was refused. All delivered blocks below it were applied, all above it are dropped.
    Refused {
        /// Its height.
        height: BlockNumber,
        /// Whether the block or its proof is wrong, which is its sender's fault. If not, it is tried again later.
        is_fault: bool,
    },
    /// The timer is due.
    Tick,
}

/// What is to be done, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Ask a peer for blocks. Answered by [`Input::Answered`] or [`Input::Failed`], or not at all.
    Request {
        /// Whom.
        peer: Peer,
        /// The request's number.
        id: RequestId,
        /// For what.
        request: BlocksRequest,
    },
    /// Check and apply blocks, the last of which the proof shows to be final. Answered by [`Input::Applied`], perhaps
    /// several times, or by [`Input::Refused`]. Where the first height does not follow on what was delivered before,
    /// whatever of that is still waiting is dropped first.
    Deliver {
        /// Who sent them.
        peer: Peer,
        /// The height of the first.
        first_height: BlockNumber,
        /// The encoded blocks: of rising heights, each standing on the one before.
        blocks: Vec<Vec<u8>>,
        /// What proves the last of them final.
        proof: Vec<u8>,
    },
    /// Think worse of a peer: it lied. It is asked nothing for a while.
    Punish {
        /// Whom.
        peer: Peer,
        /// Why.
        offence: Offence,
    },
    /// Give [`Input::Tick`] at a time. A new one replaces the last.
    SetTimer {
        /// When.
        at_ms: u64,
    },
}
