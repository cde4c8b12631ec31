//! How gossip is set up, and which messages wait for the node's verdict.
//!
//! Messages carry no author, number or signature: the id is the hash of topic and content, so that the same batch from two
//! sides is one message, and nothing is signed twice. What is forwarded was judged by the node first.

use crate::config::MAX_UNJUDGED;
use crate::event::{GossipId, Topic};
use crate::protocol;
use libp2p::PeerId;
use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, Message, MessageAuthenticity, MessageId, PeerScoreParams, PeerScoreThresholds, TopicHash,
    ValidationMode,
};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tenon_types::{Hash, blake2b_256};

/// What the frame of gossip may add to a message.
const MAX_ENVELOPE: usize = 4 << 10;
/// How many messages and pieces of control wait for one peer.
const MAX_QUEUE: usize = 128;
/// How many messages one transmission may hold.
const MAX_MESSAGES_AT_ONCE: usize = 64;
/// How many control entries one transmission may hold.
const MAX_CONTROL: usize = 2000;
/// The longest control part of a transmission, in bytes: as many ids of 32 bytes as are announced, and their frames.
const MAX_CONTROL_BYTES: usize = 128 << 10;
/// How long an id is remembered, so that a message goes around once.
const DUPLICATES_TIME: Duration = Duration::from_secs(120);
/// How long a message may wait in a queue before it is not worth sending.
const QUEUE_TIME: Duration = Duration::from_secs(3);
/// How often the mesh is mended and ids are announced.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// The id of a message: the hash of the topic's name, a zero and the content.
pub(crate) fn id(topic: &TopicHash, content: &[u8]) -> GossipId {
    let name = topic.as_str().as_bytes();
    let mut bytes = Vec::with_capacity(name.len() + 1 + content.len());
    bytes.extend_from_slice(name);
    bytes.push(0);
    bytes.extend_from_slice(content);
    GossipId(blake2b_256(&bytes).0)
}

/// The gossip of a chain, subscribed to all topics.
///
/// # Errors
/// Text that says which setting does not fit.
pub(crate) fn behaviour(chain: Hash) -> Result<Behaviour, String> {
    let mut config = ConfigBuilder::default();
    config
        .protocol_id_prefix(protocol::name(chain, "gossip"))
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message: &Message| MessageId(id(&message.topic, &message.data).0.to_vec()))
        .max_transmit_size(Topic::Transactions.max_message() + MAX_ENVELOPE)
        .heartbeat_interval(HEARTBEAT)
        .heartbeat_initial_delay(HEARTBEAT)
        .mesh_n_low(6)
        .mesh_n(8)
        .mesh_n_high(12)
        .mesh_outbound_min(3)
        .history_length(10)
        .history_gossip(6)
        .duplicate_cache_time(DUPLICATES_TIME)
        .flood_publish(true)
        .connection_handler_queue_len(MAX_QUEUE)
        .publish_queue_duration(QUEUE_TIME)
        .forward_queue_duration(QUEUE_TIME)
        .max_publish_messages(MAX_MESSAGES_AT_ONCE)
        .max_control_messages_sent(MAX_CONTROL)
        .max_control_message_size(MAX_CONTROL_BYTES)
        .idontwant_message_size_threshold(4 << 10)
        .idontwant_on_publish(true);
    let config = config.build().map_err(|error| error.to_string())?;
    let mut behaviour = Behaviour::new(MessageAuthenticity::Anonymous, config)?;
    behaviour.with_peer_score(score_params(), thresholds())?;
    for topic in Topic::ALL {
        behaviour.subscribe(&protocol::topic(chain, topic)).map_err(|error| error.to_string())?;
    }
    Ok(behaviour)
}

/// Peers are scored by the node's own score, and for broken gossip promises; not by their address, which all nodes of
/// one machine share.
fn score_params() -> PeerScoreParams {
    PeerScoreParams {
        app_specific_weight: 1.0,
        ip_colocation_factor_weight: 0.0,
        slow_peer_weight: 0.0,
        behaviour_penalty_weight: -1.0,
        behaviour_penalty_threshold: 20.0,
        behaviour_penalty_decay: 0.9,
        ..PeerScoreParams::default()
    }
}

fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: -40.0,
        publish_threshold: -60.0,
        graylist_threshold: -80.0,
        ..PeerScoreThresholds::default()
    }
}

/// Which messages wait for the node's verdict, and who sent them.
#[derive(Debug, Default)]
pub(crate) struct Unjudged {
    sources: BTreeMap<GossipId, PeerId>,
    order: VecDeque<GossipId>,
}

impl Unjudged {
    /// Notes a message. Returns the oldest one when too many wait: it is not to be forwarded any more.
    pub(crate) fn add(&mut self, id: GossipId, source: PeerId) -> Option<(GossipId, PeerId)> {
        if self.sources.insert(id, source).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() <= MAX_UNJUDGED {
            return None;
        }
        let oldest = self.order.pop_front()?;
        self.sources.remove(&oldest).map(|source| (oldest, source))
    }

    /// Takes out the message that is judged, and says who sent it.
    pub(crate) fn take(&mut self, id: &GossipId) -> Option<PeerId> {
        let source = self.sources.remove(id)?;
        // Verdicts come nearly in order, so this looks at few.
        if let Some(index) = self.order.iter().position(|other| other == id) {
            self.order.remove(index);
        }
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_fit_together() {
        assert!(behaviour(Hash([1; 32])).is_ok());
    }

    #[test]
    fn the_id_depends_on_topic_and_content_alone() {
        let topics = [1, 2].map(|byte| protocol::topic(Hash([byte; 32]), Topic::Transactions).hash());
        assert_eq!(id(&topics[0], b"batch"), id(&topics[0], b"batch"));
        assert_ne!(id(&topics[0], b"batch"), id(&topics[1], b"batch"));
        assert_ne!(id(&topics[0], b"batch"), id(&topics[0], b"other"));
    }

    #[test]
    fn the_oldest_message_makes_room_when_too_many_wait() {
        let mut unjudged = Unjudged::default();
        let id = |index: usize| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&(index as u64).to_le_bytes());
            GossipId(id)
        };
        let peer = PeerId::random();
        for index in 0..MAX_UNJUDGED {
            assert_eq!(unjudged.add(id(index), peer), None);
        }
        assert_eq!(unjudged.take(&id(1)), Some(peer));
        assert_eq!(unjudged.take(&id(1)), None, "judged once");
        assert_eq!(unjudged.add(id(MAX_UNJUDGED), peer), None);
        assert_eq!(unjudged.add(id(MAX_UNJUDGED + 1), peer), Some((id(0), peer)));
    }
}
