//! Requests: answered, declined, late, too long, too many.

use crate::support::{Node, config, key, runtime};
use std::time::Duration;
use tenon_net::{Limits, MAX_REQUEST, MAX_RESPONSE, NetworkEvent, RequestFailure, RequestId};

const LONG: Duration = Duration::from_secs(20);

fn asked(node: &Node) -> (RequestId, Vec<u8>) {
    node.wait("request", |event| match event {
        NetworkEvent::Request { id, bytes, .. } => Some((*id, bytes.clone())),
        _ => None,
    })
}

fn end(node: &Node, wanted: RequestId) -> Result<Vec<u8>, RequestFailure> {
    node.wait("response", |event| match event {
        NetworkEvent::Response { id, result } if *id == wanted => Some(result.clone()),
        _ => None,
    })
}

#[test]
fn answers_come_to_their_requests_in_whatever_order() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    second.wait_connected(key(1));
    let ids: Vec<RequestId> = (1..=20).map(|byte| second.network.request(key(1), vec![byte; 10], LONG)).collect();
    let mut questions: Vec<_> = ids.iter().map(|_| asked(&first)).collect();
    questions.sort_by_key(|(_, bytes)| std::cmp::Reverse(bytes[0]));
    for (id, bytes) in questions {
        first.network.respond(id, vec![bytes[0]; usize::from(bytes[0]) * 10_000]);
    }
    for (byte, id) in (1..=20_u8).zip(ids) {
        assert_eq!(end(&second, id), Ok(vec![byte; usize::from(byte) * 10_000]));
    }
}

#[test]
fn a_request_ends_once_when_declined_late_too_long_or_to_nobody() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    second.wait_connected(key(1));
    let declined = second.network.request(key(1), vec![1], LONG);
    first.network.decline(asked(&first).0);
    assert_eq!(end(&second, declined), Err(RequestFailure::Closed));
    let late = second.network.request(key(1), vec![2], Duration::from_millis(300));
    let (question, _) = asked(&first);
    assert_eq!(end(&second, late), Err(RequestFailure::Timeout));
    first.network.respond(question, vec![2]);
    let long = second.network.request(key(1), vec![3; MAX_REQUEST + 1], LONG);
    assert_eq!(end(&second, long), Err(RequestFailure::TooLong));
    let nobody = second.network.request(key(9), vec![4], LONG);
    assert_eq!(end(&second, nobody), Err(RequestFailure::NotConnected));
    let answer_too_long = second.network.request(key(1), vec![5], LONG);
    first.network.respond(asked(&first).0, vec![0; MAX_RESPONSE + 1]);
    assert_eq!(end(&second, answer_too_long), Err(RequestFailure::Closed));
    let longest = second.network.request(key(1), vec![6; MAX_REQUEST], LONG);
    first.network.respond(asked(&first).0, vec![6; MAX_RESPONSE]);
    assert_eq!(end(&second, longest).map(|bytes| bytes.len()), Ok(MAX_RESPONSE));
    let more = second.drain().into_iter().filter(|event| matches!(event, NetworkEvent::Response { .. })).count();
    assert_eq!(more, 0, "each request ended once");
}

#[test]
fn more_requests_than_allowed_end_at_once_and_places_are_given_back() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let mut settings = config(2);
    settings.bootstrap = vec![first.address()];
    settings.limits = Limits { max_requests_out: 3, ..Limits::default() };
    let second = Node::start(&runtime, settings);
    second.wait_connected(key(1));
    let ids: Vec<RequestId> = (0..4).map(|_| second.network.request(key(1), vec![1], LONG)).collect();
    assert_eq!(end(&second, ids[3]), Err(RequestFailure::Busy));
    for id in &ids[..3] {
        first.network.respond(asked(&first).0, vec![1]);
        let _any_order = id;
    }
    for id in &ids[..3] {
        assert_eq!(end(&second, *id), Ok(vec![1]));
    }
    let again = second.network.request(key(1), vec![1], LONG);
    first.network.respond(asked(&first).0, vec![2]);
    assert_eq!(end(&second, again), Ok(vec![2]));
}

#[test]
fn requests_under_way_end_when_the_peer_goes() {
    let runtime = runtime();
    let first = Node::start(&runtime, config(1));
    let second = Node::start_knowing(&runtime, 2, &[&first]);
    second.wait_connected(key(1));
    let id = second.network.request(key(1), vec![1], LONG);
    asked(&first);
    first.network.stop();
    assert_eq!(end(&second, id), Err(RequestFailure::Closed));
    second.wait_disconnected(key(1));
}
