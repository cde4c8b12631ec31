//! Gossip: everybody gets a message once, and only after each node on the way has accepted it.

use crate::support::{Node, eventually, key, runtime};
use std::collections::BTreeMap;
use tenon_net::{GossipId, NetworkEvent, PeerKey, Topic, Verdict};
use tokio::runtime::Runtime;

/// So many nodes, each connected with all others.
fn mesh(runtime: &Runtime, count: u8) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for number in 1..=count {
        let node = Node::start_knowing(runtime, number, &nodes.iter().collect::<Vec<_>>());
        nodes.push(node);
    }
    for node in &nodes {
        (1..=count).map(key).filter(|other| *other != node.key()).for_each(|other| node.wait_connected(other));
    }
    nodes
}

/// Publishes until somebody takes it: subscriptions arrive shortly after the connection.
fn publish(node: &Node, topic: Topic, bytes: &[u8]) {
    eventually("somebody is subscribed", || {
        let before = node.network.counters().topics[topic as usize];
        node.network.publish(topic, bytes.to_vec());
        let mut after = before;
        while after == before {
            after = node.network.counters().topics[topic as usize];
            std::thread::yield_now();
        }
        after.messages_out > before.messages_out
    });
}

fn gossip(node: &Node) -> (PeerKey, GossipId, Vec<u8>) {
    node.wait("gossip", |event| match event {
        NetworkEvent::Gossip { peer, id, bytes, .. } => Some((*peer, *id, bytes.clone())),
        _ => None,
    })
}

#[test]
fn gossip_reaches_all_of_six_nodes_once() {
    let runtime = runtime();
    let nodes = mesh(&runtime, 6);
    let batches: Vec<Vec<u8>> = (0..30_u8).map(|byte| vec![byte; 2000]).collect();
    let mut rest = batches.iter();
    publish(&nodes[0], Topic::Transactions, rest.next().expect("thirty"));
    rest.for_each(|batch| publish(&nodes[0], Topic::Transactions, batch));
    for node in &nodes[1..] {
        let mut got = BTreeMap::new();
        for _ in &batches {
            let (_, id, bytes) = gossip(node);
            node.network.judge(id, Verdict::Accept);
            assert_eq!(got.insert(id, bytes), None, "twice");
        }
        let got: Vec<Vec<u8>> = {
            let mut all: Vec<_> = got.into_values().collect();
            all.sort();
            all
        };
        assert_eq!(got, batches);
    }
    for node in &nodes {
        let more = node.drain().into_iter().filter(|event| matches!(event, NetworkEvent::Gossip { .. })).count();
        assert_eq!(more, 0, "none comes twice, and none comes back");
    }
}

#[test]
fn what_nobody_accepted_is_not_passed_on() {
    let runtime = runtime();
    let mut settings = crate::support::config(1);
    // The last finds the first too, which refuses it: all goes through the middle.
    settings.allowed = Some([key(2)].into());
    let first = Node::start(&runtime, settings);
    let middle = Node::start_knowing(&runtime, 2, &[&first]);
    first.wait_connected(key(2));
    let mut settings = crate::support::config(3);
    settings.bootstrap = vec![middle.address()];
    let last = Node::start(&runtime, settings);
    last.wait_connected(key(2));
    publish(&first, Topic::Announcements, b"ignored");
    let (_, id, _) = gossip(&middle);
    middle.network.judge(id, Verdict::Ignore);
    publish(&first, Topic::Announcements, b"accepted");
    let (_, id, bytes) = gossip(&middle);
    assert_eq!(bytes, b"accepted");
    middle.network.judge(id, Verdict::Accept);
    let (from, _, bytes) = gossip(&last);
    assert_eq!((from, bytes.as_slice()), (key(2), b"accepted".as_slice()));
}

#[test]
fn who_passes_on_what_is_rejected_is_punished_and_in_the_end_banned() {
    let runtime = runtime();
    let first = Node::start_knowing(&runtime, 1, &[]);
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    first.wait_connected(key(2));
    second.wait_connected(key(1));
    for round in 1..=4 {
        publish(&first, Topic::Transactions, &[round; 100]);
        let (from, id, _) = gossip(&second);
        assert_eq!(from, key(1));
        second.network.judge(id, Verdict::Reject);
        second.network.judge(id, Verdict::Reject);
        if round == 1 {
            eventually("the score falls", || second.network.peers().iter().any(|peer| peer.score == -25));
        }
    }
    second.wait_disconnected(key(1));
    assert_eq!((second.network.counters().bans, second.network.counters().offences), (1, 4));
}
