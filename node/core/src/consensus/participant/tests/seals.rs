//! What a header says of the votes has to be what all know: anything else is refused, and the chain goes on.

use super::faults::equivocation;
use super::keys::{QuickKeys, account, key, validator};
use super::world::{CALM, TIMING, World, endless};
use super::*;
use crate::consensus::Received;
use crate::consensus::bbft::{Epoch, Phase};
use crate::consensus::participant::judge::Judge;
use tenon_types::{Address, Evidence, MAX_EVIDENCE, MAX_MISSED, Seal};

const CHAIN: Hash = Hash([5; 32]);
const EPOCH_BLOCKS: u64 = 10;

fn rules() -> Rules {
    Rules {
        chain: CHAIN,
        epoch_blocks: EPOCH_BLOCKS,
        timing: TIMING,
        supers: Supers::All,
        latencies: BTreeMap::new(),
        keys: Box::new(QuickKeys(Some(key(0)))),
    }
}

fn term_of(epoch: u64) -> Term {
    let validators = (0..5).map(|who| validator(who, 1)).collect();
    let start = term::as_start(Hash([1; 32]), epoch * EPOCH_BLOCKS);
    rules().term(Epoch(epoch), start, Hash([1; 32]), validators).expect("a set")
}

/// A right block of epoch 2 in view 7 on one of view 4.
fn right() -> Received {
    let term = term_of(2);
    let place = Place { view: View(7), digest: Hash([3; 32]) };
    let parent = Place { view: View(4), digest: Hash([2; 32]) };
    let leader = term.leader(View(7)).expect("it is led");
    let seal = Seal {
        epoch: 2,
        view: 7,
        parent_view: 4,
        leader: Some(leader),
        parent_signers: vec![0b1_1101],
        missed: vec![term.leader(View(5)).expect("led"), term.leader(View(6)).expect("led")],
        evidence: vec![
            equivocation(CHAIN, &term, 3, Phase::Notarize, 2),
            equivocation(CHAIN, &term_of(1), 4, Phase::Finalize, 3),
        ],
    };
    Received { candidate: Candidate { place, parent, height: 24 }, producer: leader, seal, time_ms: 9, empty: false }
}

fn judge(change: impl FnOnce(&mut Received)) -> Result<(), SealError> {
    judge_after(&[], change)
}

fn judge_after(reported: &[(u64, u8)], change: impl FnOnce(&mut Received)) -> Result<(), SealError> {
    let mut block = right();
    change(&mut block);
    let (term, previous) = (term_of(2), term_of(1));
    let reported = reported.iter().map(|(epoch, who)| (*epoch, key(*who))).collect();
    let epoch = rules().epoch_of(block.candidate.height);
    Judge { chain: CHAIN, epoch, term: &term, previous: Some(&previous), reported }.check(&block)
}

#[test]
fn takes_what_all_know() {
    assert_eq!(judge(|_| {}), Ok(()));
    assert_eq!(judge(|block| block.seal.evidence.clear()), Ok(()));
    // The first block of an epoch stands on one that nobody of it signed.
    let first = |block: &mut Received| {
        block.candidate.parent.view = View(0);
        block.seal.missed = (1..7).map(|view| term_of(2).leader(View(view)).expect("led")).collect();
        block.seal.parent_signers.clear();
    };
    assert_eq!(judge(first), Ok(()));
    let beyond = |block: &mut Received| {
        (block.candidate.height, block.empty) = (31, true);
        block.seal.epoch = 3;
    };
    assert_eq!(judge(beyond), Ok(()), "above the epoch's end, empty, of the epoch of its height");
}

#[test]
fn refuses_every_false_seal() {
    let found = judge(|block| block.seal.missed = vec![Address::ZERO; MAX_MISSED + 1]);
    assert!(matches!(found, Err(SealError::Bound { max: MAX_MISSED, .. })), "{found:?}");
    let one = right().seal.evidence[0].clone();
    let found = judge(|block| block.seal.evidence = vec![one; MAX_EVIDENCE + 1]);
    assert!(matches!(found, Err(SealError::Bound { max: MAX_EVIDENCE, .. })), "{found:?}");
    for epoch in [0, 1, 3, u64::MAX] {
        let found = judge(|block| block.seal.epoch = epoch);
        assert_eq!(found, Err(SealError::Epoch { found: epoch, expected: Epoch(2) }));
    }
    for leader in [None, Some(Address::ZERO), Some(account(1))] {
        let found = judge(|block| block.seal.leader = leader);
        assert!(matches!(found, Err(SealError::Leader { view: View(7), .. })), "{found:?}");
    }
    let found = judge(|block| block.producer = account(1));
    assert!(matches!(found, Err(SealError::Producer { found, .. }) if found == account(1)), "{found:?}");
    let changes: [fn(&mut Vec<Address>); 5] = [
        |missed| missed.clear(),
        |missed| missed.reverse(),
        |missed| missed.truncate(1),
        |missed| missed.push(account(1)),
        |missed| missed[0] = account(4),
    ];
    for change in changes {
        let found = judge(|block| change(&mut block.seal.missed));
        assert!(matches!(found, Err(SealError::Missed { expected: 2, .. })), "{found:?}");
    }
    for signers in [vec![], vec![0b1_1111, 0], vec![0b11_1111], vec![0; 64]] {
        let found = judge(|block| block.seal.parent_signers = signers.clone());
        assert!(matches!(found, Err(SealError::Signers { expected: 1, .. })), "{signers:?}: {found:?}");
    }
    for signers in [0, 0b111, 0b1_0011] {
        let found = judge(|block| block.seal.parent_signers = vec![signers]);
        assert!(matches!(found, Err(SealError::Quorum { expected: 4, .. })), "{found:?}");
    }
    let signed_start = |block: &mut Received| {
        block.candidate.parent.view = View(0);
        block.seal.missed = (1..7).map(|view| term_of(2).leader(View(view)).expect("led")).collect();
    };
    assert_eq!(judge(signed_start), Err(SealError::Signers { found: 1, expected: 0 }));
    let beyond = |block: &mut Received| {
        block.candidate.height = 31;
        block.seal.epoch = 3;
    };
    assert_eq!(judge(beyond), Err(SealError::NotEmpty { found: 31, expected: 30 }));
}

#[test]
fn refuses_every_false_evidence() {
    let found = |change: &dyn Fn(&mut Vec<Evidence>)| match judge(|block| change(&mut block.seal.evidence)) {
        Err(SealError::Evidence { index, source }) => (index, source),
        other => panic!("{other:?}"),
    };
    let (_, error) = found(&|list| list[0].proof.truncate(50));
    assert_eq!(error, EvidenceError::Proof { found: 50 });
    let (_, error) = found(&|list| list[0].proof.push(0));
    assert!(matches!(error, EvidenceError::Proof { .. }));
    for epoch in [0, 3, u64::MAX] {
        assert_eq!(found(&|list| list[0].epoch = epoch), (0, EvidenceError::Epoch { found: epoch, expected: 2 }));
    }
    for kind in [1, 2, 3, 255] {
        assert_eq!(found(&|list| list[0].kind = kind), (0, EvidenceError::Kind { found: kind, expected: 0 }));
    }
    assert_eq!(found(&|list| list[1].view = 8), (1, EvidenceError::View { found: 8, expected: 3 }));
    assert_eq!(found(&|list| list[0].offender = key(1)), (0, EvidenceError::Offender { signer: 3 }));
    assert_eq!(found(&|list| list[0].offender = [9; 96]), (0, EvidenceError::Offender { signer: 3 }));
    // Signed in another epoch, or not by who is said to have.
    assert_eq!(found(&|list| list[0].epoch = 1), (0, EvidenceError::Unproven { signer: 3 }));
    let flip = |list: &mut Vec<Evidence>| {
        let last = list[0].proof.len() - 1;
        list[0].proof[last - 20] ^= 1;
    };
    assert_eq!(found(&flip), (0, EvidenceError::Unproven { signer: 3 }));
    let other_chain =
        |list: &mut Vec<Evidence>| list[0] = equivocation(Hash([6; 32]), &term_of(2), 3, Phase::Notarize, 2);
    assert_eq!(found(&other_chain), (0, EvidenceError::Unproven { signer: 3 }));
    assert_eq!(found(&|list| list.push(list[1].clone())), (2, EvidenceError::Again { signer: 4 }));
    let another = |list: &mut Vec<Evidence>| list.push(equivocation(CHAIN, &term_of(2), 3, Phase::Finalize, 6));
    assert_eq!(found(&another), (2, EvidenceError::Again { signer: 3 }), "once for an epoch, whatever it did");
    let found = judge_after(&[(1, 4)], |_| {});
    assert_eq!(found, Err(SealError::Evidence { index: 1, source: EvidenceError::Again { signer: 4 } }));
    assert_eq!(judge_after(&[(1, 3), (2, 4)], |_| {}), Ok(()), "another epoch is another fault");
}

#[test]
fn blocks_with_false_seals_do_not_become_final_and_the_chain_goes_on() {
    let lies: [fn(&mut Seal, &mut u8); 7] = [
        |seal, _| seal.epoch = 1,
        |seal, _| seal.leader = Some(account(2)),
        |_, producer| *producer = 2,
        |seal, _| seal.missed.push(account(1)),
        |seal, _| seal.parent_signers = vec![0b11],
        |seal, _| seal.parent_signers = vec![0xff],
        |seal, _| seal.evidence.push(Evidence { kind: 0, offender: key(1), epoch: 0, view: 1, proof: vec![1, 2, 3] }),
    ];
    for (seed, lie) in lies.into_iter().enumerate() {
        let mut world = World::new(seed as u64, endless(4, Supers::All), 4, CALM);
        world.host_mut(0).lie = Some(lie);
        world.run_for(15_000);
        world.no_node_halted();
        assert!(world.least_height() > 20, "lie {seed}: {}", world.least_height());
        let blocks = world.finals[1..].iter().filter_map(|(header, _)| Received::of(header));
        assert!(blocks.clone().all(|block| block.seal.leader != Some(account(0)) && block.producer != account(0)));
        assert!(blocks.filter(|block| block.seal.missed == [account(0)]).count() > 5);
        for at in 1..4 {
            let status = world.host(at).participant.status();
            assert!(status.false_seals > 3 && status.last_false_seal.is_some(), "lie {seed}: {status:?}");
        }
    }
}

#[test]
fn a_proposal_that_differs_from_its_block_is_dropped() {
    let lies: [fn(&mut Seal, &mut u8); 2] = [|seal, _| seal.view += 1, |seal, _| seal.parent_view = 0];
    for (seed, lie) in lies.into_iter().enumerate() {
        let mut world = World::new(seed as u64, endless(4, Supers::All), 4, CALM);
        world.host_mut(0).lie = Some(lie);
        world.run_for(15_000);
        world.no_node_halted();
        assert!(world.least_height() > 20);
        let mut blocks = world.finals[3..].iter().filter_map(|(header, _)| Received::of(header));
        assert!(blocks.all(|block| block.producer != account(0)));
        assert!((1..4).all(|at| world.host(at).participant.status().messages_dropped > 3));
    }
}

#[test]
fn a_block_that_the_driver_refuses_is_passed_over() {
    let mut world = World::new(21, endless(4, Supers::All), 4, CALM);
    // Its first byte is 13.
    world.host_mut(0).poison = true;
    world.run_for(15_000);
    world.no_node_halted();
    assert!(world.least_height() > 20);
    let mut blocks = world.finals[1..].iter().filter_map(|(header, _)| Received::of(header));
    assert!(blocks.all(|block| block.producer != account(0)));
}

/// In how many of these blocks each validator is named as one that voted for the parent.
fn named(world: &World, validators: u8, heights: std::ops::Range<usize>) -> Vec<u32> {
    let mut named = vec![0; usize::from(validators)];
    for (header, _) in &world.finals[heights] {
        let seal = Received::of(header).expect("it has info").seal;
        for (who, count) in named.iter_mut().enumerate() {
            *count += u32::from(seal.parent_signers[who / 8] >> (who % 8) & 1);
        }
    }
    named
}

#[test]
fn who_is_far_from_the_others_and_votes_is_named_though_certificates_do_without_them() {
    for validators in [4, 7] {
        for (supers, by_ms) in [Supers::One, Supers::Sqrt, Supers::All].into_iter().zip([15, 25, 15]) {
            let mut world = World::new(3, endless(validators, supers), validators, CALM);
            let far = usize::from(validators) - 1;
            world.far = Some((far, by_ms));
            world.run_to(70, 60_000);
            let counts = named(&world, validators, 10..70);
            eprintln!("{validators} validators, {supers:?}, {by_ms} ms further: {counts:?} of 60");
            assert!(counts.iter().all(|count| *count > 50), "{counts:?} of 60, {supers:?} of {validators}, {by_ms} ms");
        }
    }
}

#[test]
fn who_does_not_vote_is_not_named() {
    for supers in [Supers::One, Supers::Sqrt, Supers::All] {
        let mut world = World::new(4, endless(4, supers), 4, CALM);
        world.run_to(5, 10_000);
        world.cut = vec![3];
        let from = world.height() as usize + 5;
        world.run_for(20_000);
        let counts = named(&world, 4, from..world.finals.len());
        assert!(counts[3] == 0 && counts[..3].iter().all(|count| *count > 20), "{supers:?}: {counts:?}");
    }
}
