//! Draws on chain: each partition and period has one of its own, which anybody can work out again.

use crate::{SEATS, STREAM, brokers, world};
use sortition::Error;
use std::collections::BTreeSet;
use tenon_contract::Hash;

#[test]
fn each_partition_stream_and_period_has_a_draw_of_its_own() {
    let mut world = world();
    assert_eq!(world.next_period(), 3);
    let first: Vec<_> = (0..40).map(|partition| world.drawn(partition)).collect();
    for drawn in &first {
        assert_eq!(drawn.len(), usize::try_from(SEATS).expect("small"));
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len(), "nobody twice");
        assert!(drawn.iter().all(|who| brokers().contains(who)));
    }
    assert!(first.iter().collect::<BTreeSet<_>>().len() > 10, "partitions have different brokers");
    let other = |partition| world.sortition.drawn(1, Hash::new([8; 32]), partition, None);
    let other: Vec<_> =
        (0..40).map(|partition| world.chain.query(other(partition)).expect("there is a seed")).collect();
    assert_ne!(other, first);
    assert_eq!(world.next_period(), 4);
    let second: Vec<_> = (0..40).map(|partition| world.drawn(partition)).collect();
    assert_ne!(second, first);
    // The draw of a period that has passed is what it was, as long as its seed is kept.
    let before = |partition| world.chain.query(world.sortition.drawn(1, STREAM, partition, Some(3)));
    let again: Vec<_> = (0..40).map(|partition| before(partition).expect("it is kept")).collect();
    assert_eq!(again, first);
    let ahead = world.chain.query(world.sortition.drawn(1, STREAM, 0, Some(5)));
    assert_eq!(ahead.expect_err("it has not begun").module_error(), Some(Error::TooEarly));
}
