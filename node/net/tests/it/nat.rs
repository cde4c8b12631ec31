//! A node that nobody can dial is reached through a relay, and takes part in gossip.

use crate::support::{Node, config, eventually, key, runtime};
use tenon_net::{Channel, NetworkEvent, Topic, Verdict};

#[test]
fn a_node_behind_nat_publishes_and_subscribes_through_a_relay() {
    let runtime = runtime();
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    let address = format!("/ip4/127.0.0.1/tcp/{}", port.expect("a free port").port());
    let mut settings = config(1);
    settings.listen = vec![address.clone()];
    settings.external = vec![address];
    settings.relay_server = true;
    let relay = Node::start(&runtime, settings);
    // Neither of the two listens, so neither can dial the other: only the relay can be dialled.
    let hidden = |number: u8, known: Vec<String>| {
        let mut settings = config(number);
        settings.listen = Vec::new();
        settings.nat = true;
        settings.bootstrap = known;
        Node::start(&runtime, settings)
    };
    let first = hidden(2, vec![relay.address()]);
    let circuit = first.wait("an address through the relay", |event| match event {
        NetworkEvent::Listening { address } if address.contains("p2p-circuit") => Some(address.clone()),
        _ => None,
    });
    let second = hidden(3, vec![circuit]);
    second.wait_connected(key(2));
    first.wait_connected(key(3));
    second.network.send(&[key(2)], Channel::Blocks, vec![4; 100_000].into());
    let heard = first.wait("message", |event| match event {
        NetworkEvent::Message { peer, bytes, .. } if *peer == key(3) => Some(bytes.clone()),
        _ => None,
    });
    assert_eq!(heard, vec![4; 100_000]);
    for (from, to, text) in [(&first, &second, b"out"), (&second, &first, b"in!")] {
        eventually("somebody is subscribed", || {
            from.network.publish(Topic::Transactions, text.to_vec());
            to.drain().into_iter().any(|event| match event {
                NetworkEvent::Gossip { id, bytes, .. } => {
                    to.network.judge(id, Verdict::Accept);
                    bytes == text
                }
                _ => false,
            })
        });
    }
}
