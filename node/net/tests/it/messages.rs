//! Direct messages: they arrive, in order, the urgent ones first, and nobody waits for a slow peer.

use crate::support::{Node, config, eventually, key, message, runtime};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tenon_net::{Channel, Limits, Network, NetworkEvent, PeerKey};

/// The bytes of the next message on a channel.
fn next(node: &Node, from: PeerKey, wanted: Channel) -> Vec<u8> {
    node.wait("message", |event| match event {
        NetworkEvent::Message { peer, channel, bytes } if *peer == from && *channel == wanted => Some(bytes.clone()),
        _ => None,
    })
}

#[test]
fn messages_of_each_channel_arrive_in_order_whatever_their_length() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    first.wait_connected(key(2));
    second.wait_connected(key(1));
    let lengths = [1, 70_000, 3, 1_000_000, 16_000, 2];
    for round in 0..20_u8 {
        for channel in Channel::ALL {
            second.network.send(&[key(1)], channel, message(round, lengths[usize::from(round) % lengths.len()]));
        }
    }
    for channel in Channel::ALL {
        for round in 0..20_u8 {
            let bytes = next(&first, key(2), channel);
            assert_eq!(bytes, vec![round; lengths[usize::from(round) % lengths.len()]], "{channel} {round}");
        }
    }
    for channel in Channel::ALL {
        let sent = second.network.counters().channels[channel as usize];
        assert_eq!((sent.messages_out, sent.dropped_out), (20, 0));
        assert_eq!(first.network.counters().channels[channel as usize].bytes_in, sent.bytes_out);
    }
}

#[test]
fn the_longest_messages_pass_over_tcp_and_quic() {
    let runtime = runtime();
    for listen in ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"] {
        let mut settings = config(1);
        settings.listen = vec![listen.to_owned()];
        let first = Node::start(&runtime, settings);
        let second = Node::start_knowing(&runtime, 2, &[&first]);
        second.wait_connected(key(1));
        for channel in Channel::ALL {
            second.network.send(&[key(1)], channel, message(7, channel.max_message()));
            assert_eq!(next(&first, key(2), channel).len(), channel.max_message(), "{listen} {channel}");
        }
    }
}

#[test]
fn votes_overtake_blocks_that_wait() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    second.wait_connected(key(1));
    for _ in 0..40 {
        second.network.send(&[key(1)], Channel::Blocks, message(1, 1 << 20));
    }
    second.network.send(&[key(1)], Channel::Consensus, message(2, 100));
    let mut blocks_before = 0;
    first.wait("the vote", |event| match event {
        NetworkEvent::Message { channel: Channel::Blocks, .. } => {
            blocks_before += 1;
            None
        }
        NetworkEvent::Message { channel: Channel::Consensus, .. } => Some(()),
        _ => None,
    });
    assert!(blocks_before < 20, "{blocks_before} of 40 blocks came before the vote");
}

/// A node whose function does not return while the gate is shut, so that it reads nothing.
struct Slow {
    _network: Network,
    shut: Arc<(Mutex<bool>, Condvar)>,
}

impl Slow {
    fn start(runtime: &tokio::runtime::Runtime, number: u8, bootstrap: String) -> Self {
        let mut settings = config(number);
        settings.bootstrap = vec![bootstrap];
        let shut = Arc::new((Mutex::new(true), Condvar::new()));
        let gate = Arc::clone(&shut);
        let network = Network::start(settings, runtime.handle(), move |event| {
            if matches!(event, NetworkEvent::Message { .. }) {
                let is_shut = gate.0.lock().expect("no panic");
                drop(gate.1.wait_while(is_shut, |is_shut| *is_shut).expect("no panic"));
            }
            true
        });
        Self { _network: network.expect("it starts"), shut }
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        *self.shut.0.lock().expect("no panic") = false;
        self.shut.1.notify_all();
    }
}

#[test]
fn a_peer_that_does_not_read_holds_up_nobody_and_is_dropped() {
    let (fast_runtime, slow_runtime) = (runtime(), runtime());
    let mut settings = config(1);
    settings.limits = Limits { max_stall: Duration::from_secs(2), ..Limits::default() };
    let sender = Node::start(&fast_runtime, settings);
    let mut settings = config(2);
    settings.bootstrap = vec![sender.address()];
    settings.limits = Limits { bytes_burst: 1 << 30, ..Limits::default() };
    let fast = Node::start(&fast_runtime, settings);
    let _slow = Slow::start(&slow_runtime, 3, sender.address());
    sender.wait_connected(key(2));
    sender.wait_connected(key(3));
    for index in 0..200 {
        sender.network.send(&[key(2), key(3)], Channel::Blocks, message(index, 1 << 20));
        assert_eq!(next(&fast, key(1), Channel::Blocks)[0], index, "the fast peer gets all");
    }
    let dropped = sender.network.counters().channels[Channel::Blocks as usize].dropped_out;
    assert!(dropped > 50, "{dropped} blocks for the slow peer were dropped");
    let queued = sender.network.peers().into_iter().map(|peer| peer.queued).max().unwrap_or(0);
    assert!(queued <= (48 << 20) + (1 << 20), "{queued} bytes wait");
    sender.wait_disconnected(key(3));
}

#[test]
fn messages_to_nobody_and_messages_that_find_a_full_queue_are_counted() {
    let runtime = runtime();
    let first = Node::start_with_queue(&runtime, config(1), 3);
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    second.wait_connected(key(1));
    second.network.send(&[key(9)], Channel::Consensus, message(1, 1));
    assert_eq!(second.network.counters().channels[0].dropped_out, 1);
    for _ in 0..50 {
        second.network.send(&[key(1)], Channel::Consensus, message(1, 1));
    }
    eventually("all messages are counted", || first.network.counters().channels[0].messages_in == 50);
    assert!(first.network.counters().channels[0].dropped_in >= 40);
    // The news of the connection waits for room, and comes.
    first.wait_connected(key(2));
}
