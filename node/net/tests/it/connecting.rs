//! Who connects with whom, who is refused, and who comes back.

use crate::support::{CHAIN, Node, config, eventually, key, runtime};
use std::collections::BTreeSet;

use tenon_net::{Channel, Limits, Network, NetworkConfig, NetworkError, NetworkEvent, NodeSecret, Offence};
use tenon_types::Hash;

#[test]
fn two_nodes_connect_by_bootstrap_and_find_a_third_through_each_other() {
    let runtime = runtime();
    let first = Node::start_knowing(&runtime, 1, &[]);
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    let third = Node::start_knowing(&runtime, 3, &[&first]);
    first.wait_connected(key(2));
    first.wait_connected(key(3));
    second.wait_connected(key(1));
    second.wait_connected(key(3));
    third.wait_connected(key(1));
    third.wait_connected(key(2));
}

#[test]
fn two_nodes_that_dial_each_other_at_once_keep_one_connection() {
    let runtime = runtime();
    let nodes: Vec<Node> = (1..=6).map(|number| Node::start(&runtime, config(number))).collect();
    for node in &nodes {
        for other in nodes.iter().filter(|other| other.key() != node.key()) {
            node.network.connect(&other.address()).expect("an address");
        }
    }
    for node in &nodes {
        nodes.iter().filter(|other| other.key() != node.key()).for_each(|other| node.wait_connected(other.key()));
    }
    for node in &nodes {
        for other in nodes.iter().filter(|other| other.key() != node.key()) {
            // Messages may be lost on a connection that is given up, so the same is sent until it comes.
            eventually("a message gets through", || {
                node.network.send(&[other.key()], Channel::Consensus, vec![1].into());
                other.drain().iter().any(|event| matches!(event, NetworkEvent::Message { .. }))
            });
        }
        assert_eq!(node.network.peers().len(), 5);
    }
}

#[test]
fn a_private_chain_refuses_whoever_is_not_on_its_list() {
    let runtime = runtime();
    let mut settings = config(1);
    settings.allowed = Some(BTreeSet::from([key(1), key(2)]));
    let private = Node::start(&runtime, settings);
    let stranger = Node::start_knowing(&runtime, 3, &[&private]);
    let member = Node::start_knowing(&runtime, 2, &[&private]);
    private.wait_connected(key(2));
    eventually("the stranger is refused", || private.network.counters().refused > 0);
    member.wait_connected(key(1));
    assert_eq!(private.network.peers().len(), 1);
    assert!(stranger.drain().iter().all(|event| !matches!(event, NetworkEvent::Connected { .. })));
    // The list changes at run time, both ways.
    private.network.allow(Some(BTreeSet::from([key(1), key(3)])));
    private.wait_disconnected(key(2));
    private.wait_connected(key(3));
}

#[test]
fn a_node_of_another_chain_is_refused_and_the_node_never_hears_of_it() {
    let runtime = runtime();
    let ours = Node::start(&runtime, config(1));
    let mut foreign = NetworkConfig::new(Hash([0xee; 32]), NodeSecret::from_bytes([2; 32]));
    foreign.bootstrap = vec![ours.address()];
    let foreign = Node::start(&runtime, foreign);
    // Whoever finds out first closes the connection.
    eventually("one refuses", || ours.network.counters().refused + foreign.network.counters().refused > 0);
    for node in [&ours, &foreign] {
        assert!(node.network.peers().is_empty());
        assert!(node.drain().iter().all(|event| !matches!(event, NetworkEvent::Connected { .. })));
    }
    let same = Node::start_knowing(&runtime, 3, &[&ours]);
    same.wait_connected(key(1));
}

#[test]
fn a_peer_that_restarts_is_connected_again() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    second.wait_connected(key(1));
    let address = first.address();
    first.network.stop();
    drop(first);
    second.wait_disconnected(key(1));
    let mut settings = config(1);
    settings.listen = vec![address.split("/p2p/").next().expect("the first part").to_owned()];
    let first = Node::start(&runtime, settings);
    second.wait_connected(key(1));
    first.wait_connected(key(2));
    second.network.send(&[key(1)], Channel::Blocks, vec![5].into());
    first.wait("message", |event| matches!(event, NetworkEvent::Message { .. }).then_some(()));
}

#[test]
fn a_bootstrap_peer_that_starts_later_is_found() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let address = first.address();
    first.network.stop();
    drop(first);
    let mut settings = config(2);
    settings.bootstrap = vec![address.clone()];
    let second = Node::start(&runtime, settings);
    eventually("some dials fail", || second.network.counters().dials_failed >= 2);
    let mut settings = config(1);
    settings.listen = vec![address.split("/p2p/").next().expect("the first part").to_owned()];
    let first = Node::start(&runtime, settings);
    second.wait_connected(key(1));
    first.wait_connected(key(2));
}

#[test]
fn offences_that_the_node_reports_end_in_a_ban_until_it_is_lifted() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    first.wait_connected(key(2));
    for _ in 0..3 {
        first.network.punish(key(2), Offence::InvalidMessage);
    }
    eventually("the score is shown", || first.network.peers().iter().any(|peer| peer.score == -75));
    first.network.punish(key(2), Offence::InvalidMessage);
    first.wait_disconnected(key(2));
    second.wait_disconnected(key(1));
    eventually("the banned node is refused", || first.network.counters().refused > 0);
    assert_eq!(first.network.counters().bans, 1);
    first.network.unban(key(2));
    first.wait_connected(key(2));
}

#[test]
fn a_node_takes_no_more_peers_than_allowed_and_no_more_from_one_address() {
    let runtime = runtime();
    for limits in [Limits { max_peers: 2, ..Limits::default() }, Limits { max_per_ip: 2, ..Limits::default() }] {
        let mut settings = config(1);
        settings.limits = limits;
        let full = Node::start(&runtime, settings);
        let others: Vec<Node> = (2..=6).map(|number| Node::start_knowing(&runtime, number, &[&full])).collect();
        eventually("some are refused", || full.network.counters().refused >= 3);
        assert!(full.network.peers().len() <= 2, "{:?}", full.network.peers());
        drop(others);
    }
}

#[test]
fn round_trips_are_measured_and_peers_are_described() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    second.wait_connected(key(1));
    let ms = second.wait("round trip", |event| match event {
        NetworkEvent::RoundTrip { ms, .. } => Some(*ms),
        _ => None,
    });
    assert!((1..10_000).contains(&ms), "{ms}");
    let peers = second.network.peers();
    assert_eq!(peers.len(), 1);
    assert_eq!((peers[0].key, peers[0].outbound, peers[0].score, peers[0].queued), (key(1), true, 0, 0));
    assert!(first.address().starts_with(&peers[0].addresses[0].split("/p2p/").next().expect("a part").to_owned()));
    assert!(peers[0].round_trip_ms.is_some());
}

#[test]
fn stop_ends_everything() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    second.wait_connected(key(1));
    let listening = first.address();
    let port: u16 = listening.split('/').nth(4).and_then(|port| port.parse().ok()).expect("a port");
    first.network.stop();
    second.wait_disconnected(key(1));
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens any more");
    assert_eq!(first.network.counters().channels[0].messages_in, 0, "the handle still answers");
}

#[test]
fn bad_addresses_are_refused_with_what_was_expected() {
    let runtime = runtime();
    let start = |change: fn(&mut NetworkConfig)| {
        let mut settings = NetworkConfig::new(CHAIN, NodeSecret::from_bytes([1; 32]));
        change(&mut settings);
        match Network::start(settings, runtime.handle(), |_| true) {
            Ok(_) => panic!("it started"),
            Err(error) => error,
        }
    };
    let error = start(|settings| settings.listen = vec!["localhost:1".to_owned()]);
    assert!(matches!(error, NetworkError::Address { purpose: "listening", .. }), "{error}");
    let error = start(|settings| settings.bootstrap = vec!["/ip4/127.0.0.1/tcp/1".to_owned()]);
    assert!(error.to_string().contains("expected `/p2p/`"), "{error}");
    let error = start(|settings| settings.listen = vec!["/ip4/127.0.0.1/sctp/1".to_owned()]);
    assert!(matches!(error, NetworkError::Listen { .. }), "{error}");
}
