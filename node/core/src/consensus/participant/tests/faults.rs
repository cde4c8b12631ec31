//! Faults: found, told to the chain once, and believed only with proof. One's own stops the node.

use super::keys::{key, sign};
use super::world::{CALM, ROUGH, TIMING, World, endless, set};
use super::*;
use crate::consensus::Received;
use crate::consensus::bbft::{self, Epoch, Message, Phase, Statement, ValidatorIndex, Vote, signed_bytes};
use crate::consensus::participant::faults::to_report;
use crate::consensus::participant::tests::host::{Host, Plan, genesis};
use tenon_types::Evidence;

/// Two votes of a validator in one view that contradict each other.
fn contradiction(chain: Hash, term: &Term, signer: ValidatorIndex, phase: Phase, view: u64) -> bbft::Evidence {
    let key = term.set.get(signer).expect("a validator").bls_key;
    let vote = |digest: u8| {
        let statement = match (phase, digest) {
            (Phase::Notarize, _) => Statement::notarize(View(view), Hash([digest; 32])),
            (Phase::Nullify, 1) => Statement::nullify(View(view)),
            _ => Statement::finalize(View(view), Hash([digest; 32])),
        };
        let signature = sign(&key, &signed_bytes(chain, term.epoch, &statement));
        Vote { statement, signer, signature }
    };
    bbft::Evidence { first: vote(1), second: vote(2) }
}

/// What a block says of it.
pub(super) fn equivocation(chain: Hash, term: &Term, signer: ValidatorIndex, phase: Phase, view: u64) -> Evidence {
    to_report(term, &contradiction(chain, term, signer, phase, view)).expect("a validator")
}

/// The evidence of all final blocks.
fn reports(world: &World) -> Vec<(u64, Evidence)> {
    let blocks = world.finals[1..].iter().filter_map(|(header, _)| Received::of(header));
    let of = |block: Received| {
        let height = block.candidate.height;
        block.seal.evidence.into_iter().map(move |evidence| (height, evidence))
    };
    blocks.flat_map(of).collect()
}

#[test]
fn faults_have_the_numbers_that_staking_knows() {
    let world = World::new(1, endless(4, Supers::All), 1, CALM);
    let term = &world.host(0).participant.term;
    let kinds = [Phase::Notarize, Phase::Finalize, Phase::Nullify].map(|phase| {
        let evidence = equivocation(genesis().hash(), term, 2, phase, 5);
        assert_eq!((evidence.offender, evidence.epoch, evidence.view), (key(2), 0, 5));
        assert!(evidence.proof.len() <= tenon_types::MAX_EVIDENCE_BYTES);
        evidence.kind
    });
    assert_eq!(kinds, [0, 1, 2]);
}

#[test]
fn a_key_that_runs_twice_is_reported_once_and_both_stop() {
    let mut reported = 0;
    for seed in 0..12 {
        let weather = if seed % 2 == 0 { CALM } else { ROUGH };
        let mut world = World::new(seed, endless(4, Supers::All), 4, weather);
        let mut twin = Host::new(0, &world.plan, true, true);
        // What two nodes have heard of transactions differs; else they would say the same.
        twin.salt = 1_000;
        world.add(twin);
        world.run_for(20_000);
        let halts: Vec<_> = [0, 4].iter().filter_map(|at| world.host(*at).halted.as_deref()).collect();
        assert!(!halts.is_empty(), "seed {seed}\n{}", world.tell());
        assert!(halts.iter().all(|reason| reason.contains("another node runs with the same key")), "{halts:?}");
        for at in 1..4 {
            assert_eq!(world.host(at).halted, None, "seed {seed}");
            assert_eq!(world.host(at).participant.status().faults, 0, "what is on chain waits no more");
        }
        let found = reports(&world);
        assert!(found.len() == 1 && found[0].1.offender == key(0), "seed {seed}: {found:?}");
        assert!(world.finals.len() > 25, "seed {seed}: {} blocks", world.finals.len());
        reported += found.len();
    }
    assert_eq!(reported, 12);
}

#[test]
fn a_fault_of_the_last_epoch_is_reported_in_the_next() {
    let plan = Plan { epoch_blocks: 12, timing: TIMING, supers: Supers::All, sets: vec![Some(set(&[0, 1, 2, 3, 4]))] };
    let mut world = World::new(2, plan, 4, CALM);
    world.run_to(13, 30_000);
    let past = world.host(1).participant.past.as_ref().expect("an epoch is over").term.clone();
    assert_eq!(past.epoch, Epoch(0));
    // Node 4 is not there, and its key signed two blocks.
    let evidence = contradiction(genesis().hash(), &past, 4, Phase::Finalize, 3);
    let mut forged = evidence.clone();
    forged.second.signature.0[0] ^= 1;
    let now_ms = world.now_ms;
    for (evidence, waiting) in [(forged, 0), (evidence.clone(), 1), (evidence, 1)] {
        let message = Message::Evidence(Box::new(evidence));
        world.with(1, |host| host.give(now_ms, Input::Message { epoch: Epoch(0), from: 2, message }));
        assert_eq!(world.host(1).participant.status().faults, waiting);
    }
    world.run_for(5_000);
    world.no_node_halted();
    let found = reports(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    let (height, report) = &found[0];
    assert_eq!((report.kind, report.offender, report.epoch, report.view), (1, key(4), 0, 3));
    assert!((14..=24).contains(height), "{height}");
    let block = Received::of(&world.finals[*height as usize].0).expect("it has info");
    assert_eq!(block.producer, super::keys::account(1), "nobody else knew of it");
}

#[test]
fn faults_older_than_the_last_epoch_are_forgotten() {
    let plan = Plan { epoch_blocks: 5, timing: TIMING, supers: Supers::All, sets: vec![Some(set(&[0, 1, 2, 3]))] };
    let mut world = World::new(3, plan, 4, CALM);
    let old = world.host(1).participant.term.clone();
    world.run_to(17, 30_000);
    let chain = genesis().hash();
    world.host_mut(1).participant.faults.keep(equivocation(chain, &old, 2, Phase::Notarize, 1));
    world.run_for(4_000);
    world.no_node_halted();
    assert_eq!(world.host(1).participant.status().faults, 0);
    assert!(reports(&world).is_empty());
}

#[test]
fn a_proven_fault_outlives_a_stop_until_a_block_reports_it() {
    let plan = Plan { sets: vec![Some(set(&[0, 1, 2, 3, 4]))], ..endless(5, Supers::All) };
    let mut world = World::new(5, plan, 4, CALM);
    world.run_for(1_000);
    // Nothing can be decided, so that the fault waits. Node 4 is not there, and its key signed two blocks.
    world.cut = vec![0, 1, 2, 3];
    let term = world.host(1).participant.term.clone();
    let evidence = contradiction(genesis().hash(), &term, 4, Phase::Finalize, 900);
    let (now_ms, message) = (world.now_ms, Message::Evidence(Box::new(evidence)));
    world.with(1, |host| host.give(now_ms, Input::Message { epoch: Epoch(0), from: 2, message }));
    world.run_for(2_000);
    for _ in 0..2 {
        assert_eq!(world.host(1).participant.status().faults, 1);
        let dead = world.kill(1);
        world.revive(1, dead).expect("it goes on");
    }
    world.cut.clear();
    world.run_for(6_000);
    world.no_node_halted();
    let found = reports(&world);
    assert!(found.len() == 1 && found[0].1.offender == key(4), "{found:?}");
    assert_eq!(world.host(1).participant.status().faults, 0);
    let dead = world.kill(1);
    world.revive(1, dead).expect("it goes on");
    assert_eq!(world.host(1).participant.status().faults, 0, "it waits no more");
}

#[test]
fn evidence_against_oneself_in_a_block_halts_too() {
    let mut world = World::new(4, endless(4, Supers::All), 4, CALM);
    world.run_for(1_000);
    let term = world.host(1).participant.term.clone();
    let evidence = equivocation(genesis().hash(), &term, 3, Phase::Nullify, 900);
    // Only node 1 knows, and says so in its block.
    world.host_mut(1).participant.faults.keep(evidence);
    world.run_for(4_000);
    let reason = world.host(3).halted.as_deref().expect("its key contradicted itself");
    assert!(reason.contains("view 900 of epoch 0"), "{reason}");
    assert!((0..3).all(|at| world.host(at).halted.is_none()));
    assert_eq!(reports(&world).len(), 1);
    assert!(world.height() > 30);
}

#[test]
fn real_keys_vote_too() {
    use super::host::setup;
    use tenon_crypto::bls::BlsSecretKey;
    let secrets: Vec<BlsSecretKey> = (1..=4).map(|seed| BlsSecretKey::from_seed(&[seed; 32])).collect();
    let validator = |(who, secret): (u8, &BlsSecretKey)| bbft::Validator {
        bls_key: secret.public_key().to_bytes(),
        ..super::keys::validator(who, 1)
    };
    let members: Vec<_> = (0..).zip(&secrets).map(validator).collect();
    let plan = Plan { sets: vec![Some(members)], ..endless(4, Supers::All) };
    let disk = super::host::Disk { finals: vec![(genesis(), None)], ..Default::default() };
    let part = |secret: Option<BlsSecretKey>| {
        let (setup, _) = setup(&plan, &disk, None, false);
        let participant = Participant::new(ParticipantSetup { key: secret, ..setup }, None).expect("points");
        (participant.part(), participant.status().seat)
    };
    for (index, secret) in (0..).zip(&secrets) {
        assert_eq!(part(Some(secret.clone())), (Part::Votes, Some(index)));
    }
    assert_eq!(part(Some(BlsSecretKey::from_seed(&[9; 32]))), (Part::NotElected, None));
    assert_eq!(part(None), (Part::NoKey, None));
}
