//! Gossip between the node and the swarm: what comes is handed to the node for its verdict, what the node publishes goes out.

use super::Driver;
use crate::event::{GossipId, NetworkEvent, Offence, Topic, Verdict};
use crate::key::PeerKey;
use crate::protocol;
use crate::shared::Allowance;
use libp2p::PeerId;
use libp2p::gossipsub::{Event, Message, MessageAcceptance, MessageId, PublishError};

impl Driver {
    pub(super) fn publish(&mut self, topic: Topic, bytes: Vec<u8>) {
        let length = bytes.len();
        let count = self.shared.counts.topic(topic);
        match self.swarm.behaviour_mut().gossip.publish(protocol::topic(self.chain, topic), bytes) {
            Ok(_) => count.sent(length),
            // What others have already passed on needs no second round.
            Err(PublishError::Duplicate) => {}
            Err(error) => {
                count.dropped_out.one();
                tracing::debug!(target: "net", %topic, %error, "gossip is not sent");
            }
        }
    }

    pub(super) fn judge(&mut self, id: GossipId, verdict: Verdict) {
        let Some(source) = self.unjudged.take(&id) else { return };
        self.report(id, source, verdict);
        if let (Verdict::Reject, Ok(key)) = (verdict, PeerKey::from_peer_id(source)) {
            self.punish(key, Offence::InvalidGossip);
        }
    }

    fn report(&mut self, id: GossipId, source: PeerId, verdict: Verdict) {
        let acceptance = match verdict {
            Verdict::Accept => MessageAcceptance::Accept,
            Verdict::Reject => MessageAcceptance::Reject,
            Verdict::Ignore => MessageAcceptance::Ignore,
        };
        let id = MessageId(id.0.to_vec());
        self.swarm.behaviour_mut().gossip.report_message_validation_result(&id, &source, acceptance);
    }

    pub(super) fn on_gossip(&mut self, event: Event) {
        match event {
            Event::Message { propagation_source, message_id, message } => {
                self.on_message(propagation_source, &message_id, message);
            }
            Event::SlowPeer { peer_id, .. } => tracing::debug!(target: "net", peer = %peer_id, "slow in gossip"),
            Event::Subscribed { .. } | Event::Unsubscribed { .. } | Event::GossipsubNotSupported { .. } => {}
        }
    }

    fn on_message(&mut self, source: PeerId, id: &MessageId, message: Message) {
        let Ok(id) = <[u8; 32]>::try_from(id.0.as_slice()).map(GossipId) else { return };
        let Ok(key) = PeerKey::from_peer_id(source) else { return };
        let Some(topic) =
            Topic::ALL.into_iter().find(|topic| protocol::topic(self.chain, *topic).hash() == message.topic)
        else {
            return self.report(id, source, Verdict::Ignore);
        };
        let bytes = message.data;
        self.shared.counts.topic(topic).received(bytes.len());
        if bytes.is_empty() || bytes.len() > topic.max_message() {
            let offence = if bytes.is_empty() { Offence::Malformed } else { Offence::Oversized };
            self.report(id, source, Verdict::Reject);
            return self.punish(key, offence);
        }
        let allowance = self.peers.get(&key).map(|peer| peer.remote.charge(bytes.len()));
        if let Some(Allowance::Exceeded { is_offence, .. }) = allowance {
            self.report(id, source, Verdict::Ignore);
            if is_offence {
                self.punish(key, Offence::Flood);
            }
            return;
        }
        if let Some((oldest, source)) = self.unjudged.add(id, source) {
            self.report(oldest, source, Verdict::Ignore);
        }
        if !self.shared.emit(NetworkEvent::Gossip { peer: key, topic, id, bytes }) {
            self.shared.counts.topic(topic).dropped_in.one();
            self.judge(id, Verdict::Ignore);
        }
    }
}
