//! What validators send each other on direct streams.

use super::codec::{Reader, Wire, WireError};
use super::gossip::{Status, TransactionBatch};
use crate::consensus::bbft::{Epoch, MAX_CERTIFICATES, Message, View};
use crate::relay::{CompactBlock, Shard};
use parity_scale_codec::Encode;

/// A message of consensus, perhaps with the block that it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consensus {
    /// The epoch.
    pub epoch: Epoch,
    /// The message.
    pub message: Message,
    /// The proposal's block, from which who has its transactions rebuilds it.
    pub block: Option<CompactBlock>,
}

/// A piece of a block, and which proposal it is of, so that it is known who may send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardMessage {
    /// The epoch.
    pub epoch: Epoch,
    /// The view.
    pub view: View,
    /// The piece.
    pub shard: Shard,
}

/// A message between two validators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// Of consensus.
    Consensus(Box<Consensus>),
    /// A piece of a block.
    Shard(Box<ShardMessage>),
    /// Transactions, straight to who leads next.
    Transactions(TransactionBatch),
    /// How far the sender is. Nobody passes it on: it is each peer's own word.
    Status(Status),
}

impl Envelope {
    /// Its kind, for counters.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Consensus(consensus) => consensus.message.kind(),
            Self::Shard(_) => "shard",
            Self::Transactions(_) => "transactions",
            Self::Status(_) => "status",
        }
    }
}

impl Wire for Consensus {
    const WHAT: &'static str = "message of consensus";

    fn write(&self, output: &mut Vec<u8>) {
        self.epoch.encode_to(output);
        self.message.encode_to(output);
        output.push(u8::from(self.block.is_some()));
        if let Some(block) = &self.block {
            block.write(output);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let epoch = reader.value("epoch")?;
        // A certificate has more bytes than it takes in memory, so that its list may be bounded once it is read.
        let message: Message = reader.value(Self::WHAT)?;
        if !message.is_bounded() {
            let found = match &message {
                Message::Proposal(proposal) => proposal.justification.len(),
                Message::Certificates(certificates) => certificates.len(),
                _ => usize::MAX,
            };
            return Err(WireError::TooMany { what: "certificates", found, max: MAX_CERTIFICATES });
        }
        let block = if reader.value("mark of a block")? { Some(CompactBlock::read(reader)?) } else { None };
        Ok(Self { epoch, message, block })
    }
}

impl Wire for ShardMessage {
    const WHAT: &'static str = "message with a shard";

    fn write(&self, output: &mut Vec<u8>) {
        self.epoch.encode_to(output);
        self.view.encode_to(output);
        self.shard.write(output);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { epoch: reader.value("epoch")?, view: reader.value("view")?, shard: Shard::read(reader)? })
    }
}

impl Wire for Envelope {
    const WHAT: &'static str = "envelope";

    fn write(&self, output: &mut Vec<u8>) {
        match self {
            Self::Consensus(consensus) => {
                output.push(0);
                consensus.write(output);
            }
            Self::Shard(shard) => {
                output.push(1);
                shard.write(output);
            }
            Self::Transactions(batch) => {
                output.push(2);
                batch.write(output);
            }
            Self::Status(status) => {
                output.push(3);
                status.write(output);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        match reader.value::<u8>("kind of an envelope")? {
            0 => Ok(Self::Consensus(Box::new(Consensus::read(reader)?))),
            1 => Ok(Self::Shard(Box::new(ShardMessage::read(reader)?))),
            2 => Ok(Self::Transactions(TransactionBatch::read(reader)?)),
            3 => Ok(Self::Status(Status::read(reader)?)),
            found => Err(WireError::OutOfRange { what: "kind of an envelope", found: found.into(), bound: 4 }),
        }
    }
}
