//! Who stands: the stake, keys, the list, and how a candidacy ends (BY-67, BY-70, BY-72).

use crate::{COIN, DAYS_20, MINIMUM, books, chain, chain_with, delegate, end_epoch, held, key, register};
use crate::{evidence, registration, running, terms, unbondings, validators};
use staking::{CommissionAnnounced, Error, Left, MAX_CANDIDATES, Registered, Status, Terms};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, by, charlie, dave, eve, ferdie, rules};

#[test]
fn takes_the_least_stake_and_nothing_below_it() {
    let (mut chain, staking) = chain();
    let before = chain.coin(alice());
    let outcome = chain.from(alice()).call(registration(staking, "Alice", MINIMUM - 1));
    outcome.expect_error(Error::StakeTooSmall);
    assert_eq!(chain.coin(alice()), before - outcome.fee);
    let outcome = chain.from(alice()).call(registration(staking, "Alice", MINIMUM));
    let endpoint = "Alice.example:30333".to_owned();
    assert!(outcome.has(&Registered { candidate: alice(), stake: MINIMUM, commission_bp: 0, endpoint }));
    assert_eq!(books(&chain, staking).bonded, MINIMUM);
    assert!(chain.coin(alice()) < before - MINIMUM);
}

#[test]
fn begins_with_the_stated_defaults() {
    let found = Terms::default();
    // Vapor's main net: 10 nodes, a vote round of 1,200 blocks of half a second, votes pending for 20 days.
    assert_eq!((found.validators, found.epoch_blocks, found.unbonding_ms), (10, 1_200, DAYS_20));
    let (chain, staking) = chain_with(found.clone(), 0);
    assert_eq!(chain.query(staking.terms()), Ok(found));
}

#[test]
fn refuses_terms_outside_their_bounds() {
    let bad = [
        Terms { minimum_stake: 0, ..terms() },
        Terms { validators: 0, ..terms() },
        Terms { validators: 101, ..terms() },
        Terms { standbys: 101, ..terms() },
        Terms { epoch_blocks: 0, ..terms() },
        Terms { evidence_epochs: 0, ..terms() },
        Terms { unbonding_ms: 0, ..terms() },
        Terms { jail_ms: u64::MAX, ..terms() },
        Terms { missed_views: 0, ..terms() },
        Terms { missed_votes: 0, ..terms() },
        Terms { producer_bp: 10_001, ..terms() },
        Terms { downtime_bp: 10_001, ..terms() },
    ];
    for terms in bad {
        let (mut chain, _) = chain();
        let outcome = chain.from(alice()).try_deploy(&crate::code(), staking::StakingRef::init(Some(terms)));
        outcome.expect_error(Error::InvalidTerms);
    }
}

#[test]
fn locks_the_stake_while_somebody_stands() {
    let (mut chain, staking) = running();
    for amount in [None, Some(1)] {
        chain.from(alice()).call(staking.undelegate(alice(), amount)).expect_error(Error::StakeLocked);
        chain.from(alice()).call(staking.redelegate(alice(), bob(), amount)).expect_error(Error::StakeLocked);
    }
    chain.from(alice()).call(registration(staking, "Alice", MINIMUM)).expect_error(Error::AlreadyCandidate);
}

#[test]
fn returns_the_stake_at_day_20_and_not_a_millisecond_before() {
    let (mut chain, staking) = running();
    let end = chain.time_ms() + DAYS_20;
    let outcome = chain.from(alice()).call(staking.withdraw_candidacy());
    assert!(outcome.has(&Left { candidate: alice(), status: Status::Withdrawn }));
    chain.from(alice()).call(staking.withdraw_candidacy()).expect_error(Error::NotCandidate);
    chain.from(eve()).call(staking.withdraw(alice(), alice())).expect_error(Error::NotLiquid);
    rules::opens_at(&chain, end, &by(eve(), staking.withdraw(alice(), alice())));
    // Nobody needs to do anything: the end of the block pays.
    rules::at_boundary(&chain, end, |chain, offset| {
        let before = chain.coin(alice());
        crate::blocks(chain, 1);
        let paid = chain.coin(alice()) - before;
        assert_eq!(paid, if offset < 0 { 0 } else { 3 * MINIMUM }, "{offset}");
    });
}

#[test]
fn serves_until_the_set_changes_and_then_makes_way() {
    let (mut chain, staking) = running();
    chain.from(alice()).call(staking.withdraw_candidacy()).expect_ok();
    assert_eq!(validators(&chain, staking, 1).len(), 2);
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 2), [(bob(), 2 * MINIMUM), (charlie(), MINIMUM)]);
}

#[test]
fn takes_a_key_once_and_only_from_who_has_its_secret() {
    let (mut chain, staking) = chain();
    let ((mine, proof), (others, foreign)) = (key("Alice"), key("Bob"));
    let with = |bls_key, proof| staking.register(bls_key, proof, 0, String::new()).with_value(MINIMUM);
    let mut flipped = proof;
    flipped[47] ^= 1;
    for (bls_key, proof) in [(mine, foreign), (others, proof), (mine, flipped), (mine, [0; 48]), ([0; 96], proof)] {
        chain.from(alice()).call(with(bls_key, proof)).expect_error(Error::InvalidPossession);
    }
    chain.from(alice()).call(with(mine, proof)).expect_ok();
    chain.from(bob()).call(with(mine, proof)).expect_error(Error::KeyTaken);
    chain.from(bob()).call(with(others, foreign)).expect_ok();
    chain.from(bob()).call(staking.set_key(mine, proof)).expect_error(Error::KeyTaken);
    chain.from(eve()).call(staking.set_key(mine, proof)).expect_error(Error::UnknownCandidate);
    chain.from(bob()).call(staking.set_key(key("Eve").0, foreign)).expect_error(Error::InvalidPossession);
}

/// A proof names no account, so that whoever sees it can hand it in first. That costs its owner nothing but another
/// key, and puts the thief's stake into the hands of who has the secret.
#[test]
fn loses_nothing_to_whoever_copies_a_proof_but_the_key() {
    let (mut chain, staking) = chain();
    let ((seen, proof), (fresh, other)) = (key("Alice"), key("Fresh"));
    let with = |bls_key, proof| staking.register(bls_key, proof, 0, String::new()).with_value(MINIMUM);
    chain.from(eve()).call(with(seen, proof)).expect_ok();
    chain.from(alice()).call(with(seen, proof)).expect_error(Error::KeyTaken);
    assert_eq!(books(&chain, staking).bonded, MINIMUM);
    chain.from(alice()).call(with(fresh, other)).expect_ok();
    end_epoch(&mut chain);
    assert!(validators(&chain, staking, 1).contains(&(eve(), MINIMUM)));
    // Only Alice can sign with that key: she contradicts herself, and the thief pays for it.
    chain.system(evidence(staking, "Alice", 1)).expect_ok();
    assert_eq!(chain.query(staking.candidate(eve())).expect("a candidate").state.status, Status::Removed);
    assert_eq!(books(&chain, staking).burnt, MINIMUM / 20);
    assert_eq!(chain.query(staking.candidate(alice())).expect("a candidate").own_stake, MINIMUM);
}

#[test]
fn votes_with_another_key_from_the_next_election_on() {
    let (mut chain, staking) = running();
    let (second, proof) = key("Second");
    chain.from(alice()).call(staking.set_key(second, proof)).expect_ok();
    let keys = |chain: &TestChain, epoch| {
        let set = chain.query(staking.validators(epoch)).expect("a set");
        set.iter().find(|validator| validator.account == alice()).map(|validator| validator.bls_key)
    };
    // Those of the next epoch were elected before.
    assert_eq!(keys(&chain, 1), Some(key("Alice").0));
    end_epoch(&mut chain);
    assert_eq!(keys(&chain, 2), Some(key("Alice").0));
    end_epoch(&mut chain);
    assert_eq!(keys(&chain, 3), Some(second));
    // Nobody is found under the old key in a set that has the new one, and others may take it.
    chain.system(crate::evidence(staking, "Alice", 3)).expect_error(Error::NotValidator);
    let (old, proof) = key("Alice");
    let call = staking.register(old, proof, 0, String::new()).with_value(MINIMUM);
    chain.from(dave()).call(call).expect_ok();
    chain.system(crate::evidence(staking, "Alice", 2)).expect_ok();
    let removed = chain.query(staking.candidate(alice())).expect("a candidate");
    assert_eq!(removed.state.status, Status::Removed);
}

#[test]
fn announces_a_commission_before_it_counts() {
    let (mut chain, staking) = running();
    let call = |points| staking.set_commission(points);
    chain.from(alice()).call(call(10_001)).expect_error(Error::InvalidCommission);
    let from_ms = chain.time_ms() + terms().commission_delay_ms;
    let outcome = chain.from(alice()).call(call(5_000));
    assert!(outcome.has(&CommissionAnnounced { candidate: alice(), commission_bp: 5_000, from_ms }));
    let now = |chain: &TestChain| chain.query(staking.candidate(alice())).expect("a candidate").state.commission_bp;
    chain.set_time_ms(from_ms - 10_000);
    // The last block of this epoch is before the time, that of the next one is not.
    end_epoch(&mut chain);
    assert_eq!(now(&chain), 0);
    end_epoch(&mut chain);
    assert_eq!(now(&chain), 5_000);
}

#[test]
fn displaces_the_least_of_a_full_list() {
    let (mut chain, staking) = chain();
    chain.check_invariants_every(0);
    let person = |number: u32| {
        let mut bytes = [9; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        Address::new(bytes)
    };
    let enter = |chain: &mut TestChain, number: u32, stake: u128| {
        chain.set_coin(person(number), 10 * MINIMUM);
        chain.from(person(number)).call(registration(staking, &format!("person {number}"), stake))
    };
    for number in 0..MAX_CANDIDATES {
        enter(&mut chain, number, MINIMUM + u128::from(number)).expect_ok();
    }
    enter(&mut chain, MAX_CANDIDATES, MINIMUM).expect_error(Error::ListFull);
    let outcome = enter(&mut chain, MAX_CANDIDATES, MINIMUM + 1);
    assert!(outcome.has(&Left { candidate: person(0), status: Status::Withdrawn }));
    outcome.expect_ok();
    chain.check_invariants("the list was full");
    assert_eq!(books(&chain, staking).listed, MAX_CANDIDATES);
    assert_eq!(unbondings(&chain, staking, person(0))[0].amount, MINIMUM);
    let first = chain.query(staking.ranking(None, Some(2))).expect("a query");
    let heaviest = [399, 398].map(|number| (person(number), MINIMUM + u128::from(number)));
    assert_eq!(first, heaviest);
    let next = chain.query(staking.ranking(Some(first[0]), Some(1))).expect("a query");
    assert_eq!(next, heaviest[1..]);
}

#[test]
fn comes_back_when_the_old_stake_was_paid_out() {
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, dave(), alice(), COIN);
    chain.from(alice()).call(staking.withdraw_candidacy()).expect_ok();
    let again = registration(staking, "Second", MINIMUM);
    chain.from(alice()).call(again.clone()).expect_error(Error::UnbondingOpen);
    chain.from(dave()).call(staking.delegate(alice()).with_value(COIN)).expect_error(Error::NotCandidate);
    chain.advance_ms(DAYS_20);
    crate::blocks(&mut chain, 1);
    chain.from(alice()).call(again).expect_ok();
    let info = chain.query(staking.candidate(alice())).expect("a candidate");
    assert_eq!((info.state.bonded, info.own_stake), (MINIMUM + COIN, MINIMUM));
    // The old key is anybody's who has its secret.
    let (old, proof) = key("Alice");
    chain.from(eve()).call(staking.register(old, proof, 0, String::new()).with_value(MINIMUM)).expect_ok();
}

#[test]
fn clears_a_candidate_when_everything_was_paid_back() {
    let (mut chain, staking) = running();
    let entries = chain.stored_entries(staking.address());
    register(&mut chain, staking, "Dave", MINIMUM);
    delegate(&mut chain, staking, eve(), dave(), COIN);
    let clear = || staking.clear_candidate(dave());
    chain.from(ferdie()).call(clear()).expect_error(Error::NotOver);
    chain.from(dave()).call(staking.withdraw_candidacy()).expect_ok();
    chain.from(ferdie()).call(clear()).expect_error(Error::NotOver);
    chain.advance_ms(DAYS_20);
    crate::blocks(&mut chain, 1);
    chain.from(ferdie()).call(clear()).expect_error(Error::NotOver);
    chain.from(eve()).call(staking.undelegate(dave(), None)).expect_ok();
    chain.from(ferdie()).call(clear()).expect_error(Error::NotOver);
    chain.advance_ms(DAYS_20);
    crate::blocks(&mut chain, 1);
    chain.from(ferdie()).call(clear()).expect_ok();
    chain.from(ferdie()).call(clear()).expect_error(Error::UnknownCandidate);
    // The sets of two epochs, and who was elected, may have come to be meanwhile.
    let kept = chain.stored_entries(staking.address());
    assert!(kept <= entries + 2, "{kept} entries, {entries} before");
    assert_eq!(chain.coin(staking.address()), held(&books(&chain, staking)));
    register(&mut chain, staking, "Dave", MINIMUM);
}

#[test]
fn says_where_a_candidate_is_found() {
    let (mut chain, staking) = running();
    chain.from(alice()).call(staking.set_endpoint("node.example".into())).expect_ok();
    let info = chain.query(staking.candidate(alice())).expect("a candidate");
    assert_eq!(info.profile.endpoint, "node.example");
    for bad in ["a\nb".to_owned(), "a".repeat(129)] {
        chain.from(alice()).call(staking.set_endpoint(bad)).expect_error(Error::InvalidEndpoint);
    }
    chain.from(eve()).call(staking.set_endpoint(String::new())).expect_error(Error::UnknownCandidate);
}
