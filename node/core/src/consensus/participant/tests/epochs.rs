//! Epochs: validators come and go, and everybody goes on from the same block.

use super::host::{Host, Plan};
use super::keys::account;
use super::world::{CALM, ROUGH, TIMING, Weather, World, set};
use super::*;
use crate::consensus::Received;
use crate::consensus::bbft::{Epoch, Message, Phase};

const BLOCKS: u64 = 8;

/// 3 leaves and 4 joins; nobody is elected; then most change.
fn plan(supers: Supers) -> Plan {
    let sets = vec![
        Some(set(&[0, 1, 2, 3])),
        Some(set(&[0, 1, 2, 4])),
        None,
        Some(set(&[5, 4, 2, 1, 3])),
        Some(set(&[5, 3, 0, 6])),
    ];
    Plan { epoch_blocks: BLOCKS, timing: TIMING, supers, sets }
}

fn check_leaders(world: &World) {
    for (header, _) in &world.finals[1..] {
        let (height, block) = (u64::from(header.number), Received::of(header).expect("it has info"));
        let members = world.plan.set_of(world.plan.epoch_of(height));
        assert!(members.iter().any(|member| member.account == block.producer), "seed {}: {block:?}", world.seed);
        let is_first = (height - 1) % BLOCKS == 0;
        assert_eq!(block.candidate.parent.view == View(0), is_first, "view 0 is the last block of the epoch before");
        assert_eq!(block.seal.parent_signers.is_empty(), is_first, "nobody of the epoch signed it");
    }
}

#[test]
fn validators_join_and_leave_and_everybody_has_one_chain() {
    let mut joined = 0;
    for seed in 0..24 {
        let weather: Weather = if seed % 3 == 0 { CALM } else { ROUGH };
        let supers = [Supers::All, Supers::Sqrt][seed as usize % 2];
        let mut world = World::new(seed, plan(supers), 7, weather);
        world.run_to(5 * BLOCKS + 3, 300_000);
        world.no_node_halted();
        check_leaders(&world);
        let leads = |who: u8, epoch: u64| {
            let blocks = world.finals.iter().filter(|(header, _)| {
                let height = u64::from(header.number);
                height > 0 && world.plan.epoch_of(height) == epoch
            });
            blocks.filter_map(|(header, _)| Received::of(header)).any(|block| block.producer == account(who))
        };
        // With few super-nodes, not everybody leads within so few views.
        joined += u32::from(supers == Supers::All && leads(4, 1));
        for at in 0..7 {
            let status = world.host(at).participant.status();
            let member = [0, 3, 5, 6].contains(&at);
            let expected = if member { Part::Votes } else { Part::NotElected };
            assert_eq!((status.part, status.epoch.0 >= 5), (expected, true), "seed {seed}, node {at}");
        }
    }
    assert!(joined > 9, "who joined led blocks of its first epoch in {joined} of 12 runs");
}

#[test]
fn who_joins_votes_from_the_first_block_of_its_epoch() {
    // From height 9 on the votes of node 4 are needed, because 0 is silent.
    let mut world = World::new(11, plan(Supers::All), 5, CALM);
    while world.height() < BLOCKS {
        world.run_for(10);
    }
    world.cut = vec![0];
    let before = world.host(4).participant.status();
    while world.height() < 2 * BLOCKS - 1 {
        world.run_for(10);
        assert!(world.now_ms < 1_060_000, "{}", world.tell());
    }
    let after = world.host(4).participant.status();
    assert_eq!((after.part, after.seat, after.epoch.0), (Part::Votes, Some(3), 1), "before: {:?}", before.part);
    let first = Received::of(&world.finals[BLOCKS as usize + 1].0).expect("it has info");
    assert_eq!((first.seal.epoch, first.seal.parent_view), (1, 0));
    // Every certificate of the epoch needs three of {1, 2, 4}.
    let seals = world.finals[BLOCKS as usize + 4..2 * BLOCKS as usize].iter();
    assert!(seals.filter_map(|(header, _)| Received::of(header)).all(|block| block.seal.parent_signers == [0b1110]));
}

#[test]
fn who_has_no_key_follows() {
    for seed in 0..5 {
        let mut world = World::new(seed, plan(Supers::Sqrt), 7, ROUGH);
        let follower = Host::new(40, &world.plan, false, false);
        world.add(follower);
        world.run_to(4 * BLOCKS + 2, 300_000);
        let status = world.host(7).participant.status();
        assert_eq!((status.part, status.seat, status.view), (Part::NoKey, None, View(0)));
        assert!(status.open_blocks == 0 && world.host(7).sent.is_empty());
    }
}

#[test]
fn messages_of_later_epochs_are_not_taken_and_those_of_the_last_are_answered() {
    let mut world = World::new(3, plan(Supers::All), 7, CALM);
    world.run_to(BLOCKS + 2, 20_000);
    let now_ms = world.now_ms;
    let host = world.host_mut(0);
    let ask = Message::Ask { view: View(1) };
    let of = |epoch| Input::Message { epoch: Epoch(epoch), from: 2, message: ask.clone() };
    let sent = |effects: &[Effect]| effects.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
    for epoch in [2, 3, u64::MAX] {
        assert_eq!(sent(&host.participant.handle(now_ms, of(epoch))), 0);
    }
    let effects = host.participant.handle(now_ms, of(0));
    let farewell = effects.iter().find_map(|effect| match effect {
        Effect::Send { epoch, to, message: Message::Certificates(list) } => {
            Some((epoch.0, to.clone(), list.iter().any(|one| one.statement.phase == Phase::Finalize)))
        }
        _ => None,
    });
    assert_eq!(farewell, Some((0, vec![2], true)));
    assert_eq!(sent(&host.participant.handle(now_ms, of(0))), 0, "not again at once");
    assert!(host.participant.status().messages_dropped >= 3);
}

#[test]
fn a_set_that_is_none_halts_with_a_reason() {
    let mut broken = plan(Supers::All);
    broken.sets[1] = Some(vec![super::keys::validator(1, 0)]);
    let mut world = World::new(4, broken, 4, CALM);
    world.run_for(5_000);
    for at in 0..4 {
        assert_eq!(world.host(at).height(), BLOCKS);
        let reason = world.host(at).halted.as_deref().expect("it cannot go on");
        assert!(reason.contains("validators of epoch 1") && reason.contains("has no weight"), "{reason}");
        assert_eq!(world.host(at).participant.part(), Part::Halted);
    }
}

#[test]
fn an_epoch_may_end_by_the_proof_of_a_later_block_and_stops_lose_nothing_of_it() {
    for seed in 0..8 {
        let mut world = World::new(seed, plan(Supers::All), 5, CALM);
        while world.height() < BLOCKS - 3 {
            world.run_for(10);
        }
        // Blocks are notarized on and on, and nothing is final.
        world.mute = Some(Phase::Finalize);
        world.run_for(1_500);
        assert!(world.height() < BLOCKS, "seed {seed}: {}", world.height());
        let empty = |host: &Host| host.pending.values().filter(|header| header.extrinsics_root == Hash::ZERO).count();
        assert!(empty(world.host(1)) > 0, "seed {seed}: blocks above the epoch's last are empty");
        world.mute = None;
        world.run_for(seed * 60);
        if seed % 2 == 1 {
            let dead: Vec<_> = (0..4).map(|at| world.kill(at)).collect();
            for (at, dead) in dead.into_iter().enumerate() {
                world.revive(at, dead).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            }
        }
        world.run_to(2 * BLOCKS + 2, 60_000);
        world.no_node_halted();
        check_leaders(&world);
        let proof = world.finals[BLOCKS as usize].1.as_ref().expect("the last block of an epoch has a proof");
        assert!(!proof.descendants.is_empty(), "seed {seed}");
        let own = world.finals[2 * BLOCKS as usize].1.as_ref().expect("the last block of an epoch has a proof");
        assert!(own.descendants.is_empty(), "seed {seed}");
    }
}
