//! Whoever sends much, or anything at all, does not fill the memory, stop the chain or make anybody panic.

use super::host::header_of;
use super::keys::Random;
use super::world::{CALM, World, endless, receive};
use super::*;
use crate::consensus::Received;
use crate::consensus::bbft::{
    self, Epoch, Message, Partial, Phase, Proposal, SIGNATURE_BYTES, Signature, Signers, Statement, Vote,
};
use tenon_types::Seal;

fn statement(random: &mut Random, cur: u64) -> Statement {
    let view = View(cur.saturating_sub(3) + random.below(80));
    let digest = Hash([random.below(4) as u8; 32]);
    match random.below(4) {
        0 => Statement::notarize(view, digest),
        1 => Statement::finalize(view, digest),
        2 => Statement::nullify(view),
        _ => Statement { view: View(random.below(u64::MAX)), phase: Phase::Nullify, digest },
    }
}

fn vote(random: &mut Random, cur: u64) -> Vote {
    let signature = Signature([random.below(3) as u8; SIGNATURE_BYTES]);
    Vote { statement: statement(random, cur), signer: random.below(6) as u16, signature }
}

fn anything(random: &mut Random, cur: u64) -> Message {
    let mut signers = Signers::none(4 + random.below(20) as usize);
    (0..4).for_each(|index| assert!(signers.insert(index)));
    let signature = Signature([random.below(3) as u8; SIGNATURE_BYTES]);
    let certificate = Certificate { statement: statement(random, cur), signers: signers.clone(), signature };
    match random.below(7) {
        0 => Message::Vote(vote(random, cur)),
        1 => Message::Partial(Partial { statement: statement(random, cur), signers, signature }),
        2 => Message::Certificates(vec![certificate; random.below(300) as usize]),
        3 => Message::Request { first: View(random.below(cur + 9)), last: View(random.below(u64::MAX)) },
        4 => Message::Ask { view: View(random.below(cur + 90)) },
        5 => Message::Evidence(Box::new(bbft::Evidence { first: vote(random, cur), second: vote(random, cur) })),
        _ => {
            let place = Place { view: View(random.below(cur + 90)), digest: Hash([random.below(250) as u8; 32]) };
            let parent = Place { view: View(random.below(cur + 90)), digest: Hash([random.below(250) as u8; 32]) };
            let candidate = Candidate { place, parent, height: random.below(u64::MAX) };
            let justification = vec![certificate; random.below(300) as usize];
            Message::Proposal(Box::new(Proposal { candidate, signature, justification }))
        }
    }
}

fn check_bounds(participant: &Participant) {
    let status = participant.status();
    assert!(status.open_blocks <= MAX_OPEN && status.wanted_blocks <= MAX_WANTED && status.faults <= MAX_FAULTS_KEPT);
    assert!(participant.fetching.len() <= MAX_FETCHING && participant.queue.len() <= 1 + MAX_FETCHING);
    assert!(participant.requests.len() <= 4, "{} requests", participant.requests.len());
}

#[test]
fn anything_at_all_is_taken_without_panic_and_the_chain_goes_on() {
    for seed in 0..6 {
        let mut world = World::new(seed, endless(4, Supers::All), 4, CALM);
        let mut random = Random::new(seed + 1_000);
        for _ in 0..60 {
            world.run_for(150);
            for _ in 0..60 {
                let at = random.below(3) as usize;
                let now_ms = world.now_ms;
                let cur = world.host(at).participant.status().view.0;
                let message = anything(&mut random, cur);
                // Node 3 is the liar: nobody believes it after a few wrong signatures.
                let epoch = Epoch(if random.percent(90) { 0 } else { random.below(3) });
                world.with(at, |host| host.give(now_ms, Input::Message { epoch, from: 3, message }));
                check_bounds(&world.host(at).participant);
            }
        }
        world.no_node_halted();
        assert!(world.height() > 30, "seed {seed}: {}", world.height());
    }
}

#[test]
fn blocks_that_nobody_asked_for_do_not_fill_the_memory() {
    let mut world = World::new(7, endless(4, Supers::All), 4, CALM);
    world.run_for(2_000);
    let mut random = Random::new(7);
    for round in 0..6_000_u64 {
        let now_ms = world.now_ms;
        let cur = world.host(1).participant.status().view.0;
        let parent = world.host(1).head().clone();
        let seal = Seal { view: random.below(cur + 200), parent_view: random.below(cur + 1), ..Seal::default() };
        let header = header_of(&parent, random.below(4) as u8, now_ms, seal, round << 8 | 1);
        world.with(1, |host| receive(host, now_ms, header));
        let participant = &world.host(1).participant;
        check_bounds(participant);
        let open: Vec<Received> = participant.blocks.pending();
        assert!(open.len() <= 4, "nothing of it is executed");
        assert!(world.host(1).received.len() <= MAX_OPEN, "the driver keeps no more");
        if round % 100 == 0 {
            world.run_for(60);
        }
    }
    world.no_node_halted();
    let before = world.height();
    world.run_to(before + 20, 20_000);
    assert!(world.host(1).participant.status().blocks_dropped > 3_000);
    assert_eq!(world.host(1).participant.part(), Part::Votes);
}

#[test]
fn a_block_that_was_dropped_in_a_flood_is_asked_for() {
    let mut world = World::new(8, endless(4, Supers::All), 4, CALM);
    world.run_for(2_000);
    for round in 0..400_u64 {
        let now_ms = world.now_ms;
        let cur = world.host(1).participant.status().view.0;
        let parent = world.host(1).head().clone();
        // All places of the views to come are taken.
        for view in cur..cur + 4 {
            for salt in 0..6 {
                let seal = Seal { view, ..Seal::default() };
                let header = header_of(&parent, 2, now_ms, seal, (round * 8 + salt) << 8 | 1);
                world.with(1, |host| receive(host, now_ms, header));
            }
        }
        world.run_for(20);
    }
    world.no_node_halted();
    assert!(world.least_height() > 40, "{}\n{}", world.least_height(), world.tell());
    let failed = world.host(0).participant.status().failed_views;
    assert!(failed < world.height() / 4, "{failed} views failed");
}

#[test]
fn what_is_wanted_is_asked_for_again_and_bounded() {
    let mut world = World::new(9, endless(4, Supers::All), 4, CALM);
    world.run_for(1_000);
    let now_ms = world.now_ms;
    let participant = &mut world.host_mut(2).participant;
    for at in 0..1_000_u64 {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&at.to_le_bytes());
        participant.want(Hash(bytes));
    }
    let asked = |effects: &[Effect]| effects.iter().filter(|effect| matches!(effect, Effect::Want { .. })).count();
    assert_eq!(asked(&participant.handle(now_ms, Input::Tick)), MAX_WANTED);
    assert_eq!(participant.status().wanted_blocks, MAX_WANTED);
    // Nobody needs them: they are not asked for again.
    let effects = participant.handle(now_ms + 500, Input::Tick);
    assert_eq!((asked(&effects), participant.status().wanted_blocks), (0, 0));
}
