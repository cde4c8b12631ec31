//! Networks of four validators as real processes, each in a network namespace of its own where the system lets us: what
//! is short enough for every run. `make net-test` runs the rest, with 7 and 10 validators too.

#![allow(clippy::print_stdout, reason = "what a test prints is shown when it fails")]

use tenon_e2e::net::{faults, people};

#[test]
fn nodes_that_are_killed_one_some_and_all_at_once_lose_nothing_final() {
    println!("{}", faults::kills(4, 1));
}

#[test]
fn a_cut_stops_those_who_are_cut_off_and_halves_stand_still_until_they_are_one() {
    println!("{}", faults::cuts(4));
}

#[test]
fn a_node_whose_data_was_deleted_rebuilds_from_its_peers() {
    println!("{}", faults::rebuild(4, 20));
}

#[test]
fn of_two_spends_of_the_same_on_different_nodes_one_is_final_everywhere() {
    println!("{}", people::conflicts(4));
}

#[test]
fn transactions_that_one_node_alone_has_come_to_the_others_in_pieces_of_its_block() {
    println!("{}", people::stranded(4));
}

#[test]
fn a_validator_is_added_and_removed_while_the_chain_runs() {
    println!("{}", people::elected(4));
}

#[test]
fn a_follower_syncs_and_serves_and_a_stranger_gets_nothing() {
    println!("{}", people::follower(4));
}
