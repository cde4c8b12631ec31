//! What faults cost (BY-45, BY-71, BY-77, X-21): who is down is jailed, who contradicts himself is removed, and coin
//! that has left since does not escape.

use crate::{
    COIN, DAYS_20, MINIMUM, blocks, books, bound, delegate, end_epoch, evidence, held, key, register, running,
};
use crate::{chain_with, registration, terms, unbondings, validators};
use staking::{Attendance, Down, Error, Slashed, StakingRef, Status, Terms};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, by, charlie, dave, eve, ferdie, rules};

fn status(chain: &TestChain, staking: StakingRef, who: Address) -> Status {
    chain.query(staking.candidate(who)).expect("a candidate").state.status
}

/// Makes a block that reports failures and signers.
fn report(chain: &mut TestChain, signers: &[u8], missed: &[Address]) {
    chain.set_seal(None, signers, missed);
    blocks(chain, 1);
    chain.set_seal(None, &[], &[]);
}

#[test]
fn jails_a_leader_whose_views_fail_too_often() {
    let (mut chain, staking) = running();
    report(&mut chain, &[], &[alice(), alice(), eve()]);
    assert_eq!(status(&chain, staking, alice()), Status::Active);
    report(&mut chain, &[], &[bob(), alice()]);
    let taken = 3 * MINIMUM / 1_000;
    assert!(chain.hooks()[0].has(&Down { candidate: alice(), epoch: 1, taken }));
    assert_eq!((status(&chain, staking, alice()), status(&chain, staking, bob())), (Status::Jailed, Status::Active));
    let after = books(&chain, staking);
    assert_eq!((after.burnt, after.bonded, after.weight), (taken, 6 * MINIMUM - taken, 2 * MINIMUM));
    assert_eq!(chain.coin(Address::ZERO), taken);
    assert_eq!(chain.query(staking.attendance()).expect("a query")[0], Attendance { views: 3, votes: 0 });
    // It costs once, and nobody loses twice for the same epoch.
    report(&mut chain, &[], &[alice(), alice(), alice(), alice()]);
    assert_eq!(books(&chain, staking).burnt, taken);
    assert_eq!(chain.coin(staking.address()), held(&books(&chain, staking)));
}

#[test]
fn jails_a_validator_whose_vote_is_missing_too_often() {
    let (mut chain, staking) = running();
    // The first block of an epoch says who voted in the one before.
    report(&mut chain, &[0b01], &[]);
    for _ in 0..3 {
        report(&mut chain, &[0b01], &[]);
    }
    assert_eq!(chain.query(staking.attendance()).expect("a query")[1], Attendance { views: 0, votes: 3 });
    assert_eq!(status(&chain, staking, bob()), Status::Active);
    report(&mut chain, &[0b01], &[]);
    assert_eq!((status(&chain, staking, alice()), status(&chain, staking, bob())), (Status::Active, Status::Jailed));
}

#[test]
fn forgets_attendance_with_the_epoch_and_forgives_who_is_nearly_too_often_away() {
    let (mut chain, staking) = running();
    report(&mut chain, &[], &[alice(), alice()]);
    end_epoch(&mut chain);
    report(&mut chain, &[], &[alice(), alice()]);
    assert_eq!(status(&chain, staking, alice()), Status::Active);
}

#[test]
fn lets_a_jailed_candidate_back_when_the_time_has_passed_and_the_stake_suffices() {
    let (mut chain, staking) = running();
    chain.from(alice()).call(staking.unjail()).expect_error(Error::NotJailed);
    let jailed_at = chain.time_ms();
    report(&mut chain, &[], &[alice(), alice(), alice(), bob(), bob(), bob()]);
    chain.from(alice()).call(staking.unjail()).expect_error(Error::StillJailed);
    let end = jailed_at + terms().jail_ms;
    rules::opens_at(&chain, end, &by(alice(), staking.unjail()));
    chain.set_time_ms(end);
    chain.from(alice()).call(staking.unjail()).expect_ok();
    assert_eq!(status(&chain, staking, alice()), Status::Active);
    chain.from(eve()).call(staking.unjail()).expect_error(Error::UnknownCandidate);
}

#[test]
fn keeps_out_whose_stake_fell_below_the_least_until_more_comes() {
    let (mut chain, staking) = chain_with(Terms { downtime_bp: 5_000, ..terms() }, 0);
    register(&mut chain, staking, "Alice", MINIMUM);
    end_epoch(&mut chain);
    report(&mut chain, &[], &[alice(), alice(), alice()]);
    chain.advance_ms(terms().jail_ms);
    chain.from(alice()).call(staking.unjail()).expect_error(Error::StakeTooSmall);
    delegate(&mut chain, staking, alice(), alice(), MINIMUM / 2 - 1);
    chain.from(alice()).call(staking.unjail()).expect_error(Error::StakeTooSmall);
    delegate(&mut chain, staking, alice(), alice(), 1);
    chain.from(alice()).call(staking.unjail()).expect_ok();
}

#[test]
fn removes_who_contradicts_himself_once_and_for_all() {
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, dave(), alice(), MINIMUM);
    let outcome = chain.system(evidence(staking, "Alice", 1));
    // Five percent of the 300 coins that stood in the set, though there are 400 now.
    let taken = 15 * COIN;
    let proof = tenon_contract::Hash::new(tenon_crypto::hash::blake2b_256(&[1, 2, 3]));
    assert!(outcome.has(&Slashed { candidate: alice(), kind: 0, epoch: 1, view: 7, proof, taken }));
    assert_eq!(status(&chain, staking, alice()), Status::Removed);
    // The own stake is on its way, with its part of the loss; so could be Dave's.
    let own = unbondings(&chain, staking, alice());
    assert_eq!(own[0].amount, (4 * MINIMUM - taken) * 3 / 4);
    assert_eq!(bound(&chain, staking, alice(), dave()), (4 * MINIMUM - taken) / 4);
    for epoch in [0, 1] {
        let outcome = chain.system(evidence(staking, "Alice", epoch));
        outcome.expect_error(if epoch == 0 { Error::NoSet } else { Error::AlreadyRemoved });
    }
    let other = staking.report_evidence(4, key("Alice").0, 1, 9, vec![4]);
    chain.system(other).expect_error(Error::AlreadyRemoved);
    chain.from(alice()).call(registration(staking, "Second", MINIMUM)).expect_error(Error::AlreadyRemoved);
    chain.from(alice()).call(staking.unjail()).expect_error(Error::NotJailed);
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 2), [(bob(), 2 * MINIMUM), (charlie(), MINIMUM)]);
    let now = books(&chain, staking);
    assert_eq!((now.burnt, chain.coin(staking.address())), (taken, held(&now)));
}

#[test]
fn refuses_evidence_that_names_nobody_or_proves_nothing() {
    let (mut chain, staking) = running();
    let with = |key, epoch, proof: &[u8]| staking.report_evidence(0, key, epoch, 7, proof.to_vec());
    let alices = key("Alice").0;
    let mut flipped = alices;
    flipped[0] ^= 1;
    let before = books(&chain, staking);
    for (call, error) in [
        (with(flipped, 1, &[1]), Error::NotValidator),
        (with(key("Charlie").0, 1, &[1]), Error::NotValidator),
        (with(alices, 2, &[1]), Error::NoSet),
        (with(alices, u64::MAX, &[1]), Error::NoSet),
        (with(alices, 1, &[]), Error::InvalidProof),
        (with(alices, 1, &[1; 4_097]), Error::InvalidProof),
    ] {
        chain.system(call).expect_error(error);
    }
    assert_eq!(books(&chain, staking), before);
    chain.system(with(alices, 1, &[1; 4_096])).expect_ok();
}

#[test]
fn takes_the_part_of_coin_that_is_on_its_way() {
    let (mut chain, staking) = running();
    for who in [dave(), eve(), ferdie()] {
        delegate(&mut chain, staking, who, alice(), MINIMUM);
    }
    end_epoch(&mut chain);
    end_epoch(&mut chain);
    // Dave leaves before the set of epoch 5 is elected, Eve and Ferdie after it.
    chain.from(dave()).call(staking.undelegate(alice(), None)).expect_ok();
    end_epoch(&mut chain);
    chain.from(eve()).call(staking.undelegate(alice(), None)).expect_ok();
    chain.from(ferdie()).call(staking.redelegate(alice(), bob(), None)).expect_ok();
    end_epoch(&mut chain);
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 5)[0], (alice(), 5 * MINIMUM));
    chain.system(evidence(staking, "Alice", 5)).expect_ok();
    let amount = |chain: &TestChain, who| unbondings(chain, staking, who)[0].amount;
    let part = MINIMUM / 20;
    assert_eq!(amount(&chain, dave()), MINIMUM);
    assert_eq!((amount(&chain, eve()), amount(&chain, ferdie())), (MINIMUM - part, MINIMUM - part));
    assert_eq!(amount(&chain, alice()), 3 * (MINIMUM - part));
    let before = [dave(), eve(), alice()].map(|who| chain.coin(who));
    chain.advance_ms(DAYS_20);
    blocks(&mut chain, 1);
    let after = [dave(), eve(), alice()].map(|who| chain.coin(who));
    assert_eq!(
        after.iter().zip(before).map(|(after, before)| after - before).collect::<Vec<_>>(),
        [MINIMUM, MINIMUM - part, 3 * (MINIMUM - part)]
    );
    // What moves to Bob arrives with what is left of it. All of them together lost five percent of the weight.
    assert_eq!(bound(&chain, staking, bob(), ferdie()), MINIMUM - part);
    assert_eq!(books(&chain, staking).burnt, 5 * part);
}

#[test]
fn loses_no_more_than_was_exposed_however_much_came_later() {
    let (mut chain, staking) = running();
    // Four times the weight of the set comes later; half of that leaves again.
    delegate(&mut chain, staking, dave(), alice(), 6 * MINIMUM);
    delegate(&mut chain, staking, eve(), alice(), 6 * MINIMUM);
    chain.from(dave()).call(staking.undelegate(alice(), None)).expect_ok();
    chain.system(evidence(staking, "Alice", 1)).expect_ok();
    let lost_on_its_way = 6 * MINIMUM - unbondings(&chain, staking, dave())[0].amount;
    let lost_at_once = books(&chain, staking).burnt;
    assert_eq!(lost_on_its_way + lost_at_once, 15 * COIN);
    // What leaves after the slashing has lost its part already.
    let left = bound(&chain, staking, alice(), eve());
    assert_eq!(chain.from(eve()).call(staking.undelegate(alice(), None)).expect_ok(), left);
    assert_eq!(unbondings(&chain, staking, eve())[0].amount, left);
}

#[test]
fn hops_from_candidate_to_candidate_do_not_shorten_the_exposure() {
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, dave(), alice(), MINIMUM);
    end_epoch(&mut chain);
    end_epoch(&mut chain);
    let fixed_at = chain.query(staking.elected()).expect("a query").fixed_at_ms;
    chain.from(dave()).call(staking.redelegate(alice(), bob(), None)).expect_ok();
    // The hop to the third is not possible before the coin has arrived at the second,
    chain.from(dave()).call(staking.redelegate(bob(), charlie(), None)).expect_error(Error::NotBound);
    chain.from(dave()).call(staking.redelegate(alice(), charlie(), None)).expect_error(Error::UnbondingOpen);
    end_epoch(&mut chain);
    end_epoch(&mut chain);
    // and by then evidence against the first is too old: it is taken as long as all that left is on its way.
    let last = fixed_at + DAYS_20 - 1;
    let epoch = 4;
    assert_eq!(validators(&chain, staking, epoch)[0], (alice(), 4 * MINIMUM));
    let mut in_time = chain.clone();
    in_time.set_time_ms(last);
    in_time.system(evidence(staking, "Alice", epoch)).expect_ok();
    assert_eq!(unbondings(&in_time, staking, dave())[0].amount, MINIMUM - MINIMUM / 20);
    chain.set_time_ms(last + 1);
    chain.system(evidence(staking, "Alice", epoch)).expect_error(Error::EvidenceTooOld);
}

#[test]
fn punishes_who_has_withdrawn_meanwhile() {
    let (mut chain, staking) = running();
    chain.from(alice()).call(staking.withdraw_candidacy()).expect_ok();
    chain.system(evidence(staking, "Alice", 1)).expect_ok();
    assert_eq!(unbondings(&chain, staking, alice())[0].amount, 3 * MINIMUM - 15 * COIN);
    assert_eq!(status(&chain, staking, alice()), Status::Removed);
    chain.advance_ms(DAYS_20);
    blocks(&mut chain, 1);
    assert_eq!((books(&chain, staking).burnt, books(&chain, staking).unbonding), (15 * COIN, 0));
    // Nothing is bound any more: the record can go, and who was removed can begin anew.
    chain.from(eve()).call(staking.clear_candidate(alice())).expect_ok();
    chain.from(alice()).call(registration(staking, "Alice", MINIMUM)).expect_ok();
}

#[test]
fn costs_by_the_kind_of_the_fault() {
    for (kind, points) in [(0, 500), (1, 500), (2, 500), (3, 1_000), (4, 1_000), (255, 1_000)] {
        let (mut chain, staking) = running();
        chain.system(staking.report_evidence(kind, key("Alice").0, 1, 1, vec![1])).expect_ok();
        assert_eq!(books(&chain, staking).burnt, 3 * MINIMUM * points / 10_000);
    }
}

#[test]
fn takes_everything_if_the_terms_say_so() {
    let (mut chain, staking) = chain_with(Terms { equivocation_bp: 10_000, ..terms() }, 0);
    register(&mut chain, staking, "Alice", MINIMUM);
    delegate(&mut chain, staking, dave(), alice(), MINIMUM);
    end_epoch(&mut chain);
    chain.system(evidence(staking, "Alice", 1)).expect_ok();
    assert_eq!((books(&chain, staking).bonded, bound(&chain, staking, alice(), dave())), (0, 0));
    assert_eq!(unbondings(&chain, staking, alice()), []);
    assert_eq!(chain.from(dave()).call(staking.undelegate(alice(), None)).expect_ok(), 0);
    end_epoch(&mut chain);
    chain.from(eve()).call(staking.clear_candidate(alice())).expect_ok();
}
