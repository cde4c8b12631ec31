//! Hostile peers: refused, punished, banned; the node goes on, and its memory is bounded.

use crate::hostile::Hostile;
use crate::support::{CHAIN, Node, config, eventually, key, runtime};
use futures::AsyncWriteExt;
use std::net::SocketAddr;
use std::time::Duration;
use tenon_net::{Channel, Limits, MAX_RESPONSE, NetworkEvent, RequestFailure, channel_protocol, request_protocol};

/// Bytes that look like anything: a simple generator, so that a failure can be repeated.
fn garbage(mut seed: u64, length: usize) -> Vec<u8> {
    let next = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        seed.to_be_bytes()[0]
    });
    next.take(length).collect()
}

/// An honest peer connects and is heard.
fn assert_alive(runtime: &tokio::runtime::Runtime, node: &Node, number: u8) {
    let honest = Node::start_knowing(runtime, number, &[node]);
    honest.wait_connected(node.key());
    honest.network.send(&[node.key()], Channel::Consensus, vec![9; 9].into());
    let heard = node.wait("message", |event| match event {
        NetworkEvent::Message { peer, bytes, .. } if *peer == key(number) => Some(bytes.clone()),
        _ => None,
    });
    assert_eq!(heard, [9; 9]);
}

#[test]
fn oversized_and_empty_frames_end_the_connection_and_twice_in_a_ban() {
    let (runtime, theirs) = (runtime(), runtime());
    let node = Node::start(&runtime, config(1));
    let too_long = u32::try_from(Channel::Consensus.max_message() + 1).expect("4 MiB").to_le_bytes();
    for (round, frame) in [too_long, [0; 4]].into_iter().enumerate() {
        let hostile = Hostile::connect(&theirs, 2, &node.address());
        node.wait_connected(hostile.key);
        hostile.write(Channel::Consensus, &frame);
        node.wait_disconnected(hostile.key);
        eventually("the offence is noted", || node.network.counters().offences == round as u64 + 1);
    }
    eventually("it is banned", || node.network.counters().bans == 1);
    let _again = Hostile::connect(&theirs, 2, &node.address());
    eventually("it is refused", || node.network.counters().refused > 0);
    assert_eq!(node.network.counters().channels[0].messages_in, 0);
    assert_alive(&runtime, &node, 3);
}

#[test]
fn garbage_on_every_channel_ends_in_a_ban() {
    let (runtime, theirs) = (runtime(), runtime());
    let node = Node::start(&runtime, config(1));
    for round in 0..2 {
        let hostile = Hostile::connect(&theirs, 2, &node.address());
        node.wait_connected(hostile.key);
        let mut bytes = garbage(round, 100_000);
        // The first length is surely too long; everything after it must never be looked at.
        bytes[..4].fill(0xff);
        hostile.write(Channel::ALL[usize::try_from(round).expect("small")], &bytes);
        node.wait_disconnected(hostile.key);
    }
    eventually("it is banned", || node.network.counters().bans == 1);
    assert!(node.drain().iter().all(|event| !matches!(event, NetworkEvent::Message { .. })));
    assert_alive(&runtime, &node, 3);
}

#[test]
fn garbage_to_the_other_protocols_does_no_harm() {
    let (runtime, theirs) = (runtime(), runtime());
    let node = Node::start(&runtime, config(1));
    let hostile = Hostile::connect(&theirs, 2, &node.address());
    node.wait_connected(hostile.key);
    let chain = CHAIN.to_string().trim_start_matches("0x").to_owned();
    let names = [
        format!("/tenon/{chain}/gossip/1/1.1.0"),
        format!("/tenon/{chain}/gossip/1/1.2.0"),
        format!("/tenon/{chain}/kad/1"),
        "/ipfs/ping/1.0.0".to_owned(),
        "/ipfs/id/1.0.0".to_owned(),
        "/ipfs/id/push/1.0.0".to_owned(),
        request_protocol(CHAIN),
    ];
    let mut opened = 0;
    for (seed, name) in (0..).zip(names) {
        let Ok(mut stream) = hostile.open(name) else { continue };
        opened += 1;
        let bytes = garbage(seed, 50_000);
        theirs.block_on(async {
            let _refused = tokio::time::timeout(Duration::from_secs(2), stream.write_all(&bytes)).await;
            let _refused = tokio::time::timeout(Duration::from_secs(2), stream.close()).await;
        });
    }
    assert!(opened >= 5, "{opened} of 7 protocols are known to the node");
    assert_alive(&runtime, &node, 3);
}

#[test]
fn a_flood_of_messages_ends_in_a_ban_and_a_bounded_number_is_read() {
    let (runtime, theirs) = (runtime(), runtime());
    let mut settings = config(1);
    settings.limits = Limits { messages_per_second: 500, messages_burst: 1000, ..Limits::default() };
    let node = Node::start(&runtime, settings);
    let hostile = Hostile::connect(&theirs, 2, &node.address());
    node.wait_connected(hostile.key);
    hostile.write(Channel::Transactions, &[1, 0, 0, 0, 7].repeat(1_000_000));
    node.wait_disconnected(hostile.key);
    let counters = node.network.counters();
    assert_eq!(counters.bans, 1);
    let read = counters.channels[Channel::Transactions as usize].messages_in;
    assert!((1000..20_000).contains(&read), "{read} of a million messages were read");
    assert_alive(&runtime, &node, 3);
}

#[test]
fn a_flood_of_streams_ends_in_a_ban() {
    let (runtime, theirs) = (runtime(), runtime());
    let node = Node::start(&runtime, config(1));
    let hostile = Hostile::connect(&theirs, 2, &node.address());
    node.wait_connected(hostile.key);
    let mut held = Vec::new();
    for _ in 0..200 {
        match hostile.open(request_protocol(CHAIN)) {
            Ok(stream) => held.push(stream),
            Err(_) => break,
        }
    }
    node.wait_disconnected(hostile.key);
    assert_eq!(node.network.counters().bans, 1);
    assert_alive(&runtime, &node, 3);
}

#[test]
fn a_peer_that_is_frozen_is_dropped_within_seconds_though_it_cannot_be_told() {
    let runtime = runtime();
    let theirs = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut settings = config(1);
    settings.limits = Limits { max_stall: Duration::from_secs(1), ..Limits::default() };
    let node = Node::start(&runtime, settings);
    let frozen = Hostile::connect_and_freeze(&theirs, 2, &node);
    node.wait_connected(frozen.key);
    for _ in 0..48 {
        node.network.send(&[frozen.key], Channel::Blocks, vec![1; 1 << 20].into());
    }
    let start = std::time::Instant::now();
    node.wait_disconnected(frozen.key);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert!(node.network.peers().is_empty());
    assert_eq!(node.network.counters().offences, 1);
}

#[test]
fn a_second_stream_of_a_channel_is_an_offence() {
    let (runtime, theirs) = (runtime(), runtime());
    let node = Node::start(&runtime, config(1));
    let hostile = Hostile::connect(&theirs, 2, &node.address());
    node.wait_connected(hostile.key);
    let first = hostile.open(channel_protocol(CHAIN, Channel::Blocks));
    let second = hostile.open(channel_protocol(CHAIN, Channel::Blocks));
    assert!(first.is_ok() && second.is_ok());
    eventually("it is noted", || node.network.peers().iter().any(|peer| peer.score == -20));
}

#[test]
fn an_answer_that_is_too_long_or_empty_fails_the_request_and_is_an_offence() {
    let (runtime, theirs) = (runtime(), runtime());
    let node = Node::start(&runtime, config(1));
    let too_long = u32::try_from(MAX_RESPONSE + 1).expect("16 MiB").to_le_bytes();
    for (number, frame) in [(2, too_long), (3, [0; 4])] {
        let hostile = Hostile::connect(&theirs, number, &node.address());
        hostile.answer_with(frame.to_vec());
        node.wait_connected(hostile.key);
        let id = node.network.request(hostile.key, vec![1], Duration::from_secs(20));
        let result = node.wait("response", |event| match event {
            NetworkEvent::Response { id: found, result } if *found == id => Some(result.clone()),
            _ => None,
        });
        assert_eq!(result, Err(RequestFailure::BadResponse));
        eventually("it is noted", || {
            node.network.peers().iter().any(|peer| peer.key == key(number) && peer.score == -25)
        });
    }
}

#[test]
fn a_flood_of_connections_from_one_address_is_cut_off_and_others_still_get_in() {
    let (runtime, theirs) = (runtime(), runtime());
    let mut settings = config(1);
    settings.limits = Limits { max_per_ip: 8, max_new_per_ip: 20, ..Limits::default() };
    let node = Node::start(&runtime, settings);
    let address = node.address();
    let port: u16 = address.split('/').nth(4).and_then(|port| port.parse().ok()).expect("a port");
    let target = SocketAddr::from(([127, 0, 0, 1], port));
    let held = theirs.block_on(async {
        let mut held = Vec::new();
        for round in 0..300 {
            let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
            socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).expect("all of 127/8 is this machine");
            if let Ok(mut stream) = socket.connect(target).await {
                let _refused = tokio::io::AsyncWriteExt::write_all(&mut stream, &garbage(round, 500)).await;
                held.push(stream);
            }
        }
        held
    });
    eventually("most are refused", || node.network.counters().refused >= 250);
    assert!(node.network.peers().is_empty());
    assert_alive(&runtime, &node, 3);
    drop(held);
}
