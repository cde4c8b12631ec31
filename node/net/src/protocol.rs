//! The names of the protocols. Each holds the genesis hash of the chain, so nodes of two chains have no protocol in common.

use crate::event::{Channel, Topic};
use libp2p::StreamProtocol;
use libp2p::gossipsub::IdentTopic;
use tenon_types::Hash;

/// The version of the wire format, at the end of each name.
const VERSION: u32 = 1;

/// The protocol of the one-way stream for `channel`: frames of a length (4 bytes, little-endian) and as many bytes.
pub fn channel_protocol(chain: Hash, channel: Channel) -> String {
    name(chain, channel.name())
}

/// The protocol of a request: one frame from who asks, then one from who answers.
pub fn request_protocol(chain: Hash) -> String {
    name(chain, "request")
}

pub(crate) fn name(chain: Hash, what: &str) -> String {
    let hash = chain.to_string();
    let hash = hash.trim_start_matches("0x");
    format!("/tenon/{hash}/{what}/{VERSION}")
}

pub(crate) fn stream(name: String) -> StreamProtocol {
    StreamProtocol::try_from_owned(name).expect("the name begins with a slash")
}

pub(crate) fn topic(chain: Hash, topic: Topic) -> IdentTopic {
    IdentTopic::new(name(chain, topic.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_the_whole_genesis_hash() {
        let name = channel_protocol(Hash([0xab; 32]), Channel::Blocks);
        assert_eq!(name, format!("/tenon/{}/blocks/1", "ab".repeat(32)));
        assert_ne!(request_protocol(Hash([1; 32])), request_protocol(Hash([2; 32])));
    }
}
