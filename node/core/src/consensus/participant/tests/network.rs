//! The same chain everywhere, whatever the network does.

use super::world::{CALM, ROUGH, World, endless};
use super::*;
use crate::consensus::Received;

/// The signers of each block's parent, and its missed leaders.
fn seals(world: &World) -> Vec<tenon_types::Seal> {
    world.finals[1..].iter().map(|(header, _)| Received::of(header).expect("it has info").seal).collect()
}

#[test]
fn blocks_come_at_the_interval_and_every_leader_has_its_turn() {
    for (validators, supers) in [(4, Supers::All), (4, Supers::Sqrt), (7, Supers::One), (7, Supers::Number(3))] {
        let mut world = World::new(1, endless(validators, supers), validators, CALM);
        world.run_for(20_000);
        world.no_node_halted();
        assert!(world.least_height() > 120, "{} blocks of {validators} with {supers:?}", world.least_height());
        let seals = seals(&world);
        let failed: Vec<_> = seals.iter().filter(|seal| !seal.missed.is_empty() || !seal.evidence.is_empty()).collect();
        assert!(failed.is_empty(), "{validators} with {supers:?}: {failed:?}");
        assert!(seals[1..].iter().all(|seal| seal.parent_signers.iter().any(|byte| *byte != 0)));
        let leaders: BTreeSet<_> = seals.iter().filter_map(|seal| seal.leader).collect();
        assert!(leaders.len() >= usize::from(validators), "{} lead with {supers:?}", leaders.len());
        let status = world.host(0).participant.status();
        assert_eq!((status.part, status.seat, status.failed_views, status.false_seals), (Part::Votes, Some(0), 0, 0));
        assert!(status.record.is_some_and(|record| record.max_f.view.0 > 100) && status.open_views <= 2);
    }
}

#[test]
fn a_rough_network_makes_one_chain() {
    for seed in 0..40 {
        let validators = if seed % 2 == 0 { 4 } else { 7 };
        let supers = [Supers::All, Supers::Sqrt, Supers::One][seed as usize % 3];
        let mut world = World::new(seed, endless(validators, supers), validators, ROUGH);
        world.run_to(25, 120_000);
        world.no_node_halted();
        let statuses: Vec<_> = (0..usize::from(validators)).map(|at| world.host(at).participant.status()).collect();
        assert!(statuses.iter().all(|status| status.false_seals == 0), "seed {seed}: {statuses:?}");
    }
}

#[test]
fn a_minority_that_is_cut_off_catches_up() {
    for seed in 0..10 {
        let mut world = World::new(seed, endless(4, Supers::All), 4, CALM);
        world.run_for(2_000);
        world.cut = vec![3];
        world.run_for(8_000);
        assert!(world.height() > 30 && world.host(3).final_height < 25, "seed {seed}: {}", world.height());
        world.cut.clear();
        let reached = world.height() + 20;
        world.run_to(reached, 10_000);
        assert_eq!(world.host(3).participant.part(), Part::Votes);
        // Its votes count again.
        world.cut = vec![1];
        world.run_for(4_000);
        assert!(world.height() > reached + 10, "seed {seed}: {} after {reached}\n{}", world.height(), world.tell());
        world.no_node_halted();
    }
}

#[test]
fn without_a_quorum_nothing_is_final_and_with_one_it_goes_on() {
    let mut world = World::new(5, endless(4, Supers::Sqrt), 4, CALM);
    world.run_for(3_000);
    world.cut = vec![0, 2];
    world.run_for(500);
    let before = world.height();
    world.run_for(20_000);
    assert_eq!(world.height(), before);
    world.cut.clear();
    world.run_to(before + 20, 20_000);
    world.no_node_halted();
}

#[test]
fn clocks_that_jump_do_not_stop_the_chain() {
    let mut world = World::new(6, endless(4, Supers::All), 4, CALM);
    for (length_ms, jump_ms) in [(3_000_u64, 50_000_i64), (3_000, -40_000), (3_000, 3_600_000), (3_000, -1)] {
        world.run_for(length_ms);
        let before = world.height();
        // One node's wall clock alone, then everybody's: the world's time only goes on.
        for at in 0..2 {
            let wall_ms = world.now_ms.saturating_add_signed(jump_ms);
            world.with(at, |host| host.give(wall_ms, Input::PoolChanged { has_ready: true }));
        }
        world.run_to(before + 15, 15_000);
    }
    world.no_node_halted();
}
