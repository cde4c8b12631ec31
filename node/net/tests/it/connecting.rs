//! Who connects with whom.

use crate::support::{Node, key, runtime};

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
