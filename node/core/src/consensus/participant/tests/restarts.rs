//! Stops at every point, with what is on disk kept, damaged or lost.

use super::host::{Disk, Host, Packet, Plan, genesis, setup};
use super::keys::QuickKeys;
use super::world::{CALM, ROUGH, TIMING, World, endless, set};
use super::*;
use crate::consensus::bbft::{Message, Phase};
use crate::consensus::participant::saved::Saved as SavedState;

fn epochs(blocks: u64) -> Plan {
    Plan { epoch_blocks: blocks, timing: TIMING, supers: Supers::All, sets: vec![Some(set(&[0, 1, 2, 3]))] }
}

/// Votes that a validator of the first set sent since the tap was opened.
fn own_votes(world: &World, who: u16) -> usize {
    world.tap.iter().filter(|packet| is_vote_of(packet, who)).count()
}

fn is_vote_of(packet: &Packet, who: u16) -> bool {
    match &packet.message {
        Message::Vote(vote) => vote.signer == who,
        Message::Partial(partial) => partial.signers.contains(who),
        _ => false,
    }
}

#[test]
fn a_crash_after_any_effect_loses_nothing_and_the_node_votes_again() {
    for crash_at in (1..140).step_by(2) {
        let mut world = World::new(crash_at, epochs(6), 4, CALM);
        world.run_for(900);
        world.host_mut(1).effects_left = Some(crash_at as usize);
        world.run_for(2_500);
        let dead = world.kill(1);
        world.run_for(crash_at % 7 * 200);
        world.revive(1, dead).unwrap_or_else(|error| panic!("crash at {crash_at}: {error}"));
        // Without another one its votes are needed.
        world.run_for(1_500);
        world.cut = vec![2];
        let before = world.height();
        world.run_for(6_000);
        world.no_node_halted();
        assert!(
            world.height() > before + 8,
            "crash at {crash_at}: {} after {before}\n{}",
            world.height(),
            world.tell()
        );
        assert_eq!(world.host(1).participant.part(), Part::Votes, "crash at {crash_at}");
    }
}

#[test]
fn all_crash_at_once_again_and_again() {
    for seed in 0..12 {
        let mut world = World::new(seed, epochs(5), 4, ROUGH);
        for _ in 0..25 {
            for at in 0..4 {
                let left = 5 + world.random.below(120) as usize;
                world.host_mut(at).effects_left = Some(left);
            }
            world.run_for(700);
            let dead: Vec<_> = (0..4).map(|at| world.kill(at)).collect();
            for (at, dead) in dead.into_iter().enumerate() {
                world.revive(at, dead).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            }
        }
        let before = world.height();
        world.run_to(before + 12, 60_000);
        world.no_node_halted();
    }
}

#[test]
fn who_lost_its_record_observes_until_an_epoch_that_began_later() {
    for (round, damaged) in [(0, false), (1, true), (2, false), (3, true)] {
        let mut world = World::new(round, epochs(20), 4, CALM);
        world.run_for(1_000);
        let mut dead = world.kill(3);
        dead.disk.bytes = dead.disk.bytes.filter(|_| damaged).map(|mut bytes| {
            let at = bytes.len() / 2;
            bytes[at] ^= 1;
            bytes
        });
        world.revive(3, dead).expect("it goes on");
        (world.taps, world.cut) = (true, vec![]);
        world.run_for(400);
        let status = world.host(3).participant.status();
        assert_eq!((status.part, status.seat, status.epoch.0), (Part::NoRecord, Some(3), 0));
        assert_eq!(own_votes(&world, 3), 0, "it only observes");
        // It follows by messages, and a restart does not make it forget that it forgot.
        let dead = world.kill(3);
        world.revive(3, dead).expect("it goes on");
        assert_eq!(world.host(3).participant.part(), Part::NoRecord);
        world.run_for(300);
        assert!(world.host(3).participant.term.epoch.0 > 0 || own_votes(&world, 3) == 0);
        world.run_to(45, 30_000);
        assert_eq!(world.host(3).participant.part(), Part::Votes);
        assert!(own_votes(&world, 3) > 10);
        world.no_node_halted();
    }
}

#[test]
fn who_lost_everything_does_not_vote_in_an_epoch_that_began_before() {
    let mut world = World::new(8, epochs(30), 4, CALM);
    world.run_to(40, 20_000);
    let dead = world.kill(2);
    world.taps = true;
    world.revive(2, super::world::host_disk::Dead { disk: empty(), ..dead }).expect("it begins at genesis");
    assert_eq!(world.host(2).participant.part(), Part::Votes, "as far as it knows the chain is new");
    world.run_to(45, 20_000);
    let status = world.host(2).participant.status();
    assert_eq!((status.part, status.epoch.0), (Part::NoRecord, 1), "the epoch ran before");
    assert!(world.tap.iter().all(|packet| packet.epoch.0 == 0 || !is_vote_of(packet, 2)));
    world.run_to(70, 20_000);
    assert_eq!(world.host(2).participant.part(), Part::Votes);
    world.no_node_halted();
}

fn empty() -> Disk {
    Disk { finals: vec![(genesis(), None)], ..Disk::default() }
}

#[test]
fn what_the_operator_knows_lets_a_key_vote_at_once() {
    let mut world = World::new(9, endless(4, Supers::All), 4, CALM);
    world.run_for(2_000);
    let dead = world.kill(1);
    let disk = Disk { bytes: None, ..dead.disk };
    let begin = |fresh, disk: &Disk| Host::boot(1, &world.plan, true, fresh, disk.clone()).expect("it goes on");
    assert_eq!(begin(false, &disk).participant.part(), Part::NoRecord);
    assert_eq!(begin(true, &disk).participant.part(), Part::Votes);
    let torn = Disk { bytes: Some(vec![1, 2, 3]), ..disk.clone() };
    assert_eq!(begin(true, &torn).participant.part(), Part::NoRecord, "there was a record, so the key has voted");
    let torn = Disk { bytes: Some(Vec::new()), ..empty() };
    assert_eq!(begin(false, &torn).participant.part(), Part::NoRecord);
}

#[test]
fn another_key_has_no_record_here() {
    let mut world = World::new(10, endless(4, Supers::All), 4, CALM);
    world.run_for(2_000);
    let dead = world.kill(1);
    let begin = |who: Option<u8>, fresh| {
        let (setup, _) = setup(&world.plan, &dead.disk, None, fresh);
        let keys = QuickKeys(who.map(super::keys::key));
        Participant::with(setup, Box::new(keys), dead.disk.bytes.as_deref()).expect("it goes on").part()
    };
    assert_eq!(begin(Some(1), false), Part::Votes);
    assert_eq!(begin(Some(2), false), Part::NoRecord);
    assert_eq!(begin(Some(2), true), Part::Votes);
    assert_eq!(begin(None, false), Part::NoKey);
    assert_eq!(begin(Some(77), false), Part::NotElected);
}

#[test]
fn refuses_what_it_cannot_go_on_from() {
    let mut world = World::new(12, endless(4, Supers::All), 4, CALM);
    world.run_for(3_000);
    world.host_mut(0).flush();
    let disk = world.kill(0).disk;
    let bytes = disk.bytes.clone().expect("written");
    let begin = |change: &dyn Fn(&mut ParticipantSetup)| {
        let (mut setup, keys) = setup(&world.plan, &disk, Some(super::keys::key(0)), false);
        change(&mut setup);
        Participant::with(setup, Box::new(keys), Some(&bytes)).err()
    };
    assert!(begin(&|_| {}).is_none());
    let other = Hash([7; 32]);
    let error = begin(&|setup| setup.chain = other);
    assert!(matches!(error, Some(ParticipantError::OtherChain { expected, .. }) if expected == other), "{error:?}");
    let error = begin(&|setup| setup.last_final.candidate.place.digest = other);
    assert!(matches!(error, Some(ParticipantError::OtherHistory { found, .. }) if found == other), "{error:?}");
    let ahead = |setup: &mut ParticipantSetup| {
        setup.last_final.candidate.place.digest = other;
        setup.last_final.candidate.height += 100;
        setup.last_final.certificate = None;
    };
    let error = begin(&ahead);
    assert!(matches!(error, Some(ParticipantError::Unproven { found, .. }) if found == other), "{error:?}");
    for length in 0..bytes.len() {
        assert!(SavedState::from_bytes(&bytes[..length]).is_none());
    }
    let step = bytes.len() * 8 / 500 + 1;
    for bit in (0..bytes.len() * 8).step_by(step) {
        let mut other = bytes.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(SavedState::from_bytes(&other).is_none(), "bit {bit}");
    }
}

#[test]
fn a_store_that_lacks_synced_blocks_waits_for_them_and_then_votes() {
    for seed in 0..10 {
        let mut world = World::new(seed, epochs(9), 4, CALM);
        world.run_for(1_000);
        world.cut = vec![3];
        world.run_for(5_000);
        world.cut.clear();
        world.run_for(2_000);
        let dead = world.kill(3);
        // The store of another has less than what was synced, and the record more.
        let mut disk = dead.disk.clone();
        let head = SavedState::from_bytes(disk.bytes.as_deref().expect("written")).expect("whole").head();
        disk.finals.truncate(5);
        disk.kept.clear();
        assert!(head.height > 20);
        world.revive(3, super::world::host_disk::Dead { disk, ..dead }).expect("it waits");
        assert_eq!(world.host(3).participant.part(), Part::Behind);
        assert!(world.host(3).participant.awaited().is_empty());
        let reached = world.height() + 5;
        world.run_to(reached, 30_000);
        assert_eq!(world.host(3).participant.part(), Part::Votes, "seed {seed}");
        world.no_node_halted();
    }
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let mut world = World::new(13, endless(4, Supers::All), 4, CALM);
    world.run_for(10_000);
    let (blocks, writes) = (world.height(), world.host(0).persists);
    assert!(writes <= blocks * 4, "{writes} writes for {blocks} blocks");
    world.cut = vec![0, 1, 2, 3];
    world.run_for(3_000);
    let before = world.host(0).persists;
    world.run_for(60_000);
    assert_eq!(world.host(0).persists, before, "it says the same again and again");
}

#[test]
fn leaders_who_each_lack_another_ancestor_ask_for_it_and_propose_in_their_turn() {
    for seed in 0..8 {
        let mut world = World::new(seed, endless(4, Supers::All), 4, CALM);
        world.run_for(1_000);
        // Blocks are notarized and none becomes final, so that there are ancestors to lack.
        world.mute = Some(Phase::Finalize);
        world.run_for(1_500);
        let head = (0..4).map(|at| world.host(at).height()).max().expect("four");
        let open = world.host(0).participant.blocks.pending();
        let above: Vec<Hash> = open
            .iter()
            .filter(|block| block.candidate.height > head)
            .map(|block| block.candidate.place.digest)
            .collect();
        assert!(above.len() > 6, "seed {seed}: {} open blocks", above.len());
        for (at, lost) in above.iter().enumerate().take(4) {
            let host = world.host_mut(at);
            let known = host.participant.blocks.remove(lost).is_some() && host.pending.remove(lost).is_some();
            assert!(known, "seed {seed}: node {at} had every notarized block");
        }
        let view = world.host(0).participant.status().view;
        world.run_for(3_000);
        let machine = world.host(0).participant.replica.as_ref().expect("it has a seat").machine();
        let since = machine.certificates(view, View(u64::MAX), 1_000);
        let of = |phase| since.iter().filter(|certificate| certificate.statement.phase == phase).count();
        let counts = (of(Phase::Notarize), of(Phase::Nullify));
        assert!(counts.0 > 8 && counts.1 == 0, "seed {seed}: {counts:?}\n{}", world.tell());
        world.mute = None;
        world.run_to(head + 20, 10_000);
        world.no_node_halted();
    }
}
