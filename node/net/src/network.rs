//! The handle that the node holds: starts the network, gives orders to it, asks about it. No method waits, except
//! [`Network::stop`].

use crate::behaviour;
use crate::config::{MAX_COMMANDS, MAX_REQUEST, MAX_RESPONSE, NetworkConfig};
use crate::counters::Counters;
use crate::driver::{Command, Driver};
use crate::event::{Channel, GossipId, NetworkEvent, Offence, PeerInfo, RequestFailure, RequestId, Topic, Verdict};
use crate::key::PeerKey;
use crate::requests::Question;
use crate::shared::{Place, Shared};
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use std::collections::BTreeSet;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// How many notes of tasks to the driver may wait.
const MAX_REPORTS: usize = 1024;
/// How long [`Network::stop`] waits for the end.
const STOP_TIME: Duration = Duration::from_secs(10);

/// Why a network does not start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// An address is not well formed.
    #[error("`{text}` is no multiaddress for {purpose}: {cause}")]
    Address {
        /// What was given.
        text: String,
        /// What for.
        purpose: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: String,
        /// What is wrong.
        cause: String,
    },
    /// A part cannot be set up.
    #[error("cannot set up the network: {0}")]
    Setup(String),
}

/// A running network. Dropping it stops it without waiting.
pub struct Network {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    key: PeerKey,
    ended: Mutex<std::sync::mpsc::Receiver<()>>,
    driver: tokio::task::AbortHandle,
}

impl Network {
    /// Starts to listen and to dial. `events` gets everything that happens, from several tasks of `runtime` at once. It must
    /// return at once: true when it took the event, false when the node's queue is full and the event is dropped.
    /// What is dropped is counted; events about connections and ends of requests are offered again later.
    ///
    /// # Errors
    /// [`NetworkError`] when an address is not well formed or cannot be listened on.
    pub fn start(
        config: NetworkConfig,
        runtime: &Handle,
        events: impl Fn(NetworkEvent) -> bool + Send + Sync + 'static,
    ) -> Result<Self, NetworkError> {
        let key = config.secret.key();
        let addresses = Addresses::parse(&config)?;
        let (reports, reports_in) = mpsc::channel(MAX_REPORTS);
        let (commands, commands_in) = mpsc::channel(MAX_COMMANDS);
        let shared = Arc::new(Shared::new(config.limits.clone(), Box::new(events), reports));
        let _within = runtime.enter();
        let reserved = addresses.bootstrap.iter().map(|(key, _)| *key).collect::<BTreeSet<_>>();
        let mut swarm = behaviour::swarm(&config, reserved)?;
        for address in addresses.listen {
            let listening = swarm.listen_on(address.clone());
            listening
                .map_err(|error| NetworkError::Listen { address: address.to_string(), cause: format!("{error:?}") })?;
        }
        for address in addresses.external {
            swarm.add_external_address(address);
        }
        let driver = Driver::new(config, swarm, Arc::clone(&shared), commands_in, reports_in, addresses.bootstrap);
        let (ending, ended) = std::sync::mpsc::channel();
        let driver = runtime.spawn(async move {
            driver.run().await;
            // Nobody waits when the handle was dropped.
            let _dropped = ending.send(());
        });
        Ok(Self { shared, commands, key, ended: Mutex::new(ended), driver: driver.abort_handle() })
    }

    /// This node's key.
    pub const fn key(&self) -> PeerKey {
        self.key
    }

    /// Puts a message into the queue of each of the peers. When a queue is full its oldest message is dropped; for a peer
    /// that is not connected this one is, and so is one that is empty or longer than the channel allows. All are counted.
    pub fn send(&self, peers: &[PeerKey], channel: Channel, bytes: Arc<[u8]>) {
        let fits = fits(bytes.len(), channel.max_message(), channel.name());
        for peer in peers {
            let dropped = match self.shared.peer(peer) {
                Some(remote) if fits => remote.outgoing.put(channel, Arc::clone(&bytes)),
                _ => 1,
            };
            self.shared.counts.channel(channel).dropped_out.add(dropped as u64);
        }
    }

    /// Gossips a message to everybody. It does not come back as an event. One that is empty or longer than the topic allows
    /// is dropped and counted.
    pub fn publish(&self, topic: Topic, bytes: Vec<u8>) {
        let fits = fits(bytes.len(), topic.max_message(), topic.name());
        if !fits || !self.order(Command::Publish { topic, bytes }) {
            self.shared.counts.topic(topic).dropped_out.one();
        }
    }

    /// Says what a gossiped message is. Without a verdict it is not forwarded.
    pub fn judge(&self, id: GossipId, verdict: Verdict) {
        self.order(Command::Judge { id, verdict });
    }

    /// Asks a peer. The end comes as [`NetworkEvent::Response`], always and once, unless the network stops first.
    pub fn request(&self, peer: PeerKey, bytes: Vec<u8>, timeout: Duration) -> RequestId {
        let id = self.shared.new_request();
        if let Err(failure) = self.try_request(id, peer, bytes, timeout) {
            self.shared.finish(id, Err(failure));
        }
        id
    }

    /// Answers a peer's request. Does nothing when it does not wait any more. An answer that is empty or longer than
    /// 16 MiB is not sent, and the peer gets none.
    pub fn respond(&self, id: RequestId, bytes: Vec<u8>) {
        if fits(bytes.len(), MAX_RESPONSE, "answer") {
            self.shared.answer(id, bytes);
        } else {
            self.decline(id);
        }
    }

    /// Does not answer a peer's request: the stream is closed, and the peer sees [`RequestFailure::Closed`].
    pub fn decline(&self, id: RequestId) {
        self.shared.forget_answer(id);
    }

    /// Notes an offence of a peer. Enough of them end in a ban.
    pub fn punish(&self, peer: PeerKey, offence: Offence) {
        self.order(Command::Punish { peer, offence });
    }

    /// Dials an address, and keeps it in mind when it names the peer.
    ///
    /// # Errors
    /// [`NetworkError::Address`] when it is no multiaddress.
    pub fn connect(&self, address: &str) -> Result<(), NetworkError> {
        let address = parse(address, "a peer")?;
        self.order(Command::Connect { address });
        Ok(())
    }

    /// Ends the connections with a peer. It may come back.
    pub fn disconnect(&self, peer: PeerKey) {
        self.order(Command::Disconnect { peer });
    }

    /// Ends the connections with a peer and refuses it for the time of a ban.
    pub fn ban(&self, peer: PeerKey) {
        self.order(Command::Ban { peer });
    }

    /// Ends a ban and forgets the offences.
    pub fn unban(&self, peer: PeerKey) {
        self.order(Command::Unban { peer });
    }

    /// Replaces the list of a private chain. Peers that are no longer on it are disconnected; new ones may connect at once.
    pub fn allow(&self, allowed: Option<BTreeSet<PeerKey>>) {
        self.order(Command::Allow { allowed });
    }

    /// The connected peers, by key.
    pub fn peers(&self) -> Vec<PeerInfo> {
        self.shared.peers().iter().map(|remote| remote.info()).collect()
    }

    /// The addresses at which this node can be reached, each with its id at the end.
    pub fn addresses(&self) -> Vec<String> {
        self.shared.addresses()
    }

    /// What was counted since the start.
    pub fn counters(&self) -> Counters {
        self.shared.counts.copy()
    }

    /// Ends all connections and tasks, and waits until they are gone. Not to be called from a task of the runtime.
    pub fn stop(&self) {
        self.order(Command::Stop);
        let ended = self.ended.lock().expect("nothing panics while it waits for the end");
        if ended.recv_timeout(STOP_TIME) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!(target: "net", "the network did not stop in time");
        }
    }

    fn try_request(
        &self,
        id: RequestId,
        peer: PeerKey,
        bytes: Vec<u8>,
        timeout: Duration,
    ) -> Result<(), RequestFailure> {
        if !(1..=MAX_REQUEST).contains(&bytes.len()) {
            return Err(RequestFailure::TooLong);
        }
        let remote = self.shared.peer(&peer).ok_or(RequestFailure::NotConnected)?;
        let place = Place::take(&remote.requests_out, self.shared.limits.max_requests_out);
        let place = place.ok_or(RequestFailure::Busy)?;
        let deadline = tokio::time::Instant::now() + timeout;
        let question = Question { id, remote, bytes, deadline, place };
        if self.order(Command::Request(question)) { Ok(()) } else { Err(RequestFailure::Busy) }
    }

    /// Gives an order to the driver. Returns false when too many wait.
    fn order(&self, command: Command) -> bool {
        let is_taken = self.commands.try_send(command).is_ok();
        if !is_taken {
            self.shared.counts.commands_dropped.one();
        }
        is_taken
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Whether a message has an allowed length. The caller builds messages within the bounds, so one that does not is a fault.
fn fits(length: usize, max: usize, kind: &'static str) -> bool {
    let fits = (1..=max).contains(&length);
    if !fits {
        tracing::error!(target: "net", kind, length, max, "a message is not sent: its length is not allowed");
    }
    fits
}

/// The addresses of a configuration, parsed.
struct Addresses {
    listen: Vec<Multiaddr>,
    external: Vec<Multiaddr>,
    bootstrap: Vec<(PeerKey, Multiaddr)>,
}

impl Addresses {
    fn parse(config: &NetworkConfig) -> Result<Self, NetworkError> {
        let all =
            |texts: &[String], purpose| texts.iter().map(|text| parse(text, purpose)).collect::<Result<Vec<_>, _>>();
        let bootstrap = config.bootstrap.iter().map(|text| {
            let address = parse(text, "a bootstrap peer")?;
            let key = peer_of(&address).ok_or_else(|| NetworkError::Address {
                text: text.clone(),
                purpose: "a bootstrap peer",
                cause: "expected `/p2p/` and the id of an ed25519 key at its end".to_owned(),
            })?;
            Ok((key, address))
        });
        Ok(Self {
            listen: all(&config.listen, "listening")?,
            external: all(&config.external, "the outside")?,
            bootstrap: bootstrap.collect::<Result<_, _>>()?,
        })
    }
}

fn parse(text: &str, purpose: &'static str) -> Result<Multiaddr, NetworkError> {
    text.parse().map_err(|cause: libp2p::multiaddr::Error| NetworkError::Address {
        text: text.to_owned(),
        purpose,
        cause: cause.to_string(),
    })
}

/// The peer that an address ends with.
pub(crate) fn peer_of(address: &Multiaddr) -> Option<PeerKey> {
    match address.iter().last()? {
        Protocol::P2p(peer) => PeerKey::from_peer_id(peer).ok(),
        _ => None,
    }
}
