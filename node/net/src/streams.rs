//! Opens and accepts the node's own streams on a connection: one for each channel, and one for each request.
//!
//! A behaviour of ours and not `libp2p-stream`, which drops a stream that comes while another is being taken, chooses
//! among connections at random, dials by itself, and keeps a sender for each connection that ever was.

use crate::event::{Channel, RequestId};
use crate::protocol;
use futures::future::{Ready, ready};
use libp2p::core::transport::PortUse;
use libp2p::core::{Endpoint, UpgradeInfo};
use libp2p::swarm::handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    NotifyHandler, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{InboundUpgrade, Multiaddr, OutboundUpgrade, PeerId, Stream, StreamProtocol};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;
use tenon_types::Hash;

/// How long the negotiation of a stream may take.
const NEGOTIATION_TIME: Duration = Duration::from_secs(10);
/// How many streams of a connection may wait to be handed over.
const MAX_WAITING: usize = 64;

/// What a stream of this node's making is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Channel(Channel),
    Request(RequestId),
}

/// What a stream that a peer opened is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Channel(Channel),
    Request,
}

/// What happened on a connection.
#[derive(Debug)]
pub(crate) enum StreamEvent {
    /// A stream that this node asked for is there.
    Opened { purpose: Purpose, stream: Stream },
    /// It could not be opened; `is_foreign` when the peer does not know the protocol.
    Failed { purpose: Purpose, is_foreign: bool },
    /// The peer opened a stream.
    Accepted { kind: Kind, stream: Stream },
}

/// Opens and accepts streams on all connections.
pub(crate) struct Streams {
    protocols: Protocols,
    queue: VecDeque<ToSwarm<(PeerId, ConnectionId, StreamEvent), Purpose>>,
}

#[derive(Clone)]
struct Protocols {
    channels: [StreamProtocol; Channel::COUNT],
    request: StreamProtocol,
}

impl Streams {
    pub(crate) fn new(chain: Hash) -> Self {
        let channels = Channel::ALL.map(|channel| protocol::stream(protocol::channel_protocol(chain, channel)));
        let request = protocol::stream(protocol::request_protocol(chain));
        Self { protocols: Protocols { channels, request }, queue: VecDeque::new() }
    }

    /// Asks for a stream. The driver asks for one of each channel, and bounds the requests.
    pub(crate) fn open(&mut self, peer: PeerId, connection: ConnectionId, purpose: Purpose) {
        let handler = NotifyHandler::One(connection);
        self.queue.push_back(ToSwarm::NotifyHandler { peer_id: peer, handler, event: purpose });
    }

    fn handler(&self) -> Handler {
        Handler { protocols: self.protocols.clone(), wanted: VecDeque::new(), events: VecDeque::new() }
    }
}

impl NetworkBehaviour for Streams {
    type ConnectionHandler = Handler;
    type ToSwarm = (PeerId, ConnectionId, StreamEvent);

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn on_swarm_event(&mut self, _: FromSwarm) {}

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, event: THandlerOutEvent<Self>) {
        self.queue.push_back(ToSwarm::GenerateEvent((peer, connection, event)));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.queue.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The streams of one connection.
pub(crate) struct Handler {
    protocols: Protocols,
    wanted: VecDeque<Purpose>,
    events: VecDeque<StreamEvent>,
}

impl Handler {
    fn push(&mut self, event: StreamEvent) {
        // The connection's task takes events at once; more than this wait only when the peer opens streams in floods.
        if self.events.len() < MAX_WAITING {
            self.events.push_back(event);
        }
    }

    fn kind(&self, protocol: &StreamProtocol) -> Kind {
        let channel = Channel::ALL.into_iter().find(|channel| self.protocols.channels[channel.index()] == *protocol);
        channel.map_or(Kind::Request, Kind::Channel)
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Purpose;
    type ToBehaviour = StreamEvent;
    type InboundProtocol = Upgrade;
    type OutboundProtocol = Upgrade;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Purpose;

    fn listen_protocol(&self) -> SubstreamProtocol<Upgrade> {
        let protocols = self.protocols.channels.iter().chain([&self.protocols.request]).cloned().collect();
        SubstreamProtocol::new(Upgrade { protocols }, ()).with_timeout(NEGOTIATION_TIME)
    }

    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn on_behaviour_event(&mut self, purpose: Purpose) {
        self.wanted.push_back(purpose);
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<Upgrade, Upgrade, (), Purpose>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: (stream, protocol), ..
            }) => {
                let kind = self.kind(&protocol);
                self.push(StreamEvent::Accepted { kind, stream });
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol: (stream, _), info }) => {
                self.events.push_back(StreamEvent::Opened { purpose: info, stream });
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                let is_foreign = matches!(error, StreamUpgradeError::NegotiationFailed);
                self.events.push_back(StreamEvent::Failed { purpose: info, is_foreign });
            }
            _ => {}
        }
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Upgrade, Purpose, StreamEvent>> {
        if let Some(event) = self.events.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(event));
        }
        let Some(purpose) = self.wanted.pop_front() else { return Poll::Pending };
        let protocol = match purpose {
            Purpose::Channel(channel) => self.protocols.channels[channel.index()].clone(),
            Purpose::Request(_) => self.protocols.request.clone(),
        };
        let upgrade = Upgrade { protocols: vec![protocol] };
        let protocol = SubstreamProtocol::new(upgrade, purpose).with_timeout(NEGOTIATION_TIME);
        Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol })
    }
}

/// Hands over the raw stream of whichever protocol was agreed on.
pub(crate) struct Upgrade {
    protocols: Vec<StreamProtocol>,
}

impl UpgradeInfo for Upgrade {
    type Info = StreamProtocol;
    type InfoIter = std::vec::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.protocols.clone().into_iter()
    }
}

impl InboundUpgrade<Stream> for Upgrade {
    type Output = (Stream, StreamProtocol);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Self::Error>>;

    fn upgrade_inbound(self, stream: Stream, protocol: StreamProtocol) -> Self::Future {
        ready(Ok((stream, protocol)))
    }
}

impl OutboundUpgrade<Stream> for Upgrade {
    type Output = (Stream, StreamProtocol);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Self::Error>>;

    fn upgrade_outbound(self, stream: Stream, protocol: StreamProtocol) -> Self::Future {
        ready(Ok((stream, protocol)))
    }
}
