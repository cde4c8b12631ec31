//! A peer that does what it likes: made of libp2p alone, with another implementation of streams, it speaks the wire format
//! of the network without its code.

use crate::support::{CHAIN, DEADLINE};
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Stream, StreamProtocol, SwarmBuilder, identity, noise, tcp, yamux};
use libp2p_stream::{Behaviour, Control, OpenStreamError};
use tenon_net::{Channel, PeerKey, channel_protocol, request_protocol};
use tokio::runtime::Runtime;

/// A hostile peer, connected.
pub(crate) struct Hostile<'a> {
    runtime: &'a Runtime,
    control: Control,
    target: libp2p::PeerId,
    pub(crate) key: PeerKey,
}

impl<'a> Hostile<'a> {
    /// Connects to a node. What the node sends is never read.
    pub(crate) fn connect(runtime: &'a Runtime, number: u8, address: &str) -> Self {
        let keypair = identity::Keypair::ed25519_from_bytes([number; 32]).expect("a seed");
        let (established, connected) = std::sync::mpsc::channel();
        let (control, target) = {
            let _within = runtime.enter();
            Self::spawn(runtime, keypair, address, move || {
                let _test_ended = established.send(());
            })
        };
        connected.recv_timeout(DEADLINE).expect("it connects");
        Self { runtime, control, target, key: crate::support::key(number) }
    }

    /// Starts the swarm, which calls `established` for each connection.
    fn spawn(
        runtime: &Runtime,
        keypair: identity::Keypair,
        address: &str,
        established: impl Fn() + Send + 'static,
    ) -> (Control, libp2p::PeerId) {
        let mut swarm = SwarmBuilder::with_existing_identity(keypair)
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
            .expect("noise needs no configuration")
            .with_behaviour(|_| Behaviour::new())
            .expect("it cannot fail")
            .with_swarm_config(|swarm| swarm.with_idle_connection_timeout(DEADLINE * 4))
            .build();
        let mut control = swarm.behaviour().new_control();
        for channel in Channel::ALL {
            let mut streams = control.accept(name(channel_protocol(CHAIN, channel))).expect("accepted once");
            runtime.spawn(async move {
                let mut held = Vec::new();
                while let Some(stream) = streams.next().await {
                    held.push(stream);
                }
            });
        }
        let address: Multiaddr = address.parse().expect("an address");
        let Some(libp2p::multiaddr::Protocol::P2p(target)) = address.iter().last() else { panic!("an id at the end") };
        swarm.dial(address).expect("it dials");
        runtime.spawn(async move {
            loop {
                if let SwarmEvent::ConnectionEstablished { .. } = swarm.select_next_some().await {
                    established();
                }
            }
        });
        (control, target)
    }

    /// Connects on a runtime that runs only within `block_on`, so that afterwards nothing is read from the socket, as from a
    /// process that is stopped. The caller runs it until the node knows of the peer.
    pub(crate) fn connect_and_freeze(runtime: &'a Runtime, number: u8, node: &crate::support::Node) -> Self {
        let address = node.address();
        let keypair = identity::Keypair::ed25519_from_bytes([number; 32]).expect("a seed");
        let (control, target) = {
            let _within = runtime.enter();
            Self::spawn(runtime, keypair, &address, || ())
        };
        let key = crate::support::key(number);
        runtime.block_on(async {
            while !node.network.peers().iter().any(|peer| peer.key == key) {
                tokio::task::yield_now().await;
            }
        });
        Self { runtime, control, target, key }
    }

    /// Opens a stream.
    pub(crate) fn open(&self, protocol: String) -> Result<Stream, OpenStreamError> {
        let mut control = self.control.clone();
        self.runtime.block_on(control.open_stream(self.target, name(protocol)))
    }

    /// Opens the stream of a channel and writes these bytes, as many as the node takes.
    pub(crate) fn write(&self, channel: Channel, bytes: &[u8]) {
        let Ok(mut stream) = self.open(channel_protocol(CHAIN, channel)) else { return };
        self.runtime.block_on(async {
            let _refused = stream.write_all(bytes).await;
            let _refused = stream.flush().await;
            // Held open until the node closes it.
            let mut rest = [0; 1];
            let _closed = tokio::time::timeout(DEADLINE, stream.read(&mut rest)).await;
        });
    }

    /// Answers every request with these bytes, frame and all.
    pub(crate) fn answer_with(&self, bytes: Vec<u8>) {
        let mut streams = self.control.clone().accept(name(request_protocol(CHAIN))).expect("accepted once");
        self.runtime.spawn(async move {
            while let Some((_, mut stream)) = streams.next().await {
                let mut question = [0; 5];
                let _read = stream.read_exact(&mut question).await;
                let _refused = stream.write_all(&bytes).await;
                let _refused = stream.close().await;
            }
        });
    }
}

fn name(protocol: String) -> StreamProtocol {
    StreamProtocol::try_from_owned(protocol).expect("it begins with a slash")
}
