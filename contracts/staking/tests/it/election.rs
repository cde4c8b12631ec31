//! Who is elected, when, and with which weight (BY-28, BY-44, BY-68): sets are fixed before their epoch begins, and
//! their hash is what headers state.

use crate::{
    COIN, EPOCH, MINIMUM, blocks, chain, chain_with, delegate, end_epoch, register, running, terms, validators,
};
use staking::{EpochStarted, Error, Terms};
use tenon_contract::Address;
use tenon_testkit::{account, alice, bob, charlie, dave, eve, ferdie};

#[test]
fn elects_the_heaviest_and_standbys_behind_them() {
    let (mut chain, staking) = chain();
    for (name, stake) in [("Alice", 2), ("Bob", 4), ("Charlie", 1), ("Dave", 3)] {
        register(&mut chain, staking, name, stake * MINIMUM);
    }
    delegate(&mut chain, staking, eve(), charlie(), 9 * MINIMUM);
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 1), [(charlie(), 10 * MINIMUM), (bob(), 4 * MINIMUM)]);
    let elected = chain.query(staking.elected()).expect("a query");
    let order: Vec<Address> = elected.seats.iter().map(|seat| seat.account).collect();
    assert_eq!(order, [charlie(), bob(), dave()]);
}

#[test]
fn prefers_the_lower_account_of_two_with_equal_weight() {
    let names = ["Alice", "Bob", "Charlie", "Dave"];
    let mut expected = names.map(account);
    expected.sort();
    for rotation in 0..names.len() {
        let (mut chain, staking) = chain();
        let mut order = names;
        order.rotate_left(rotation);
        for name in order {
            register(&mut chain, staking, name, MINIMUM);
        }
        end_epoch(&mut chain);
        let found = validators(&chain, staking, 1);
        assert_eq!(found, [(expected[0], MINIMUM), (expected[1], MINIMUM)]);
        let ranking = chain.query(staking.ranking(None, None)).expect("a query");
        assert_eq!(ranking.iter().map(|(who, _)| *who).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn has_vapors_numbers_of_nodes_and_blocks() {
    // Vapor's main net has 10 nodes, elected anew every 1,200 blocks.
    let (mut chain, staking) = chain_with(Terms { minimum_stake: COIN, ..Terms::default() }, 0);
    chain.check_invariants_every(100);
    for number in 0..12 {
        let name = format!("Node {number}");
        chain.set_coin(account(&format!("Node{number}")), 100 * COIN);
        let (bls_key, proof) = crate::key(&name);
        let call = staking.register(bls_key, proof, 0, String::new()).with_value((number + 1) * COIN);
        chain.from(account(&format!("Node{number}"))).call(call).expect_ok();
    }
    chain.advance_blocks(1_150);
    while chain.height() < 1_200 {
        blocks(&mut chain, 1);
    }
    assert_eq!(chain.query(staking.books()).expect("a query").epoch, 0);
    blocks(&mut chain, 1);
    assert_eq!(chain.query(staking.books()).expect("a query").epoch, 1);
    assert_eq!(validators(&chain, staking, 1).len(), 10);
    assert_eq!(chain.query(staking.elected()).expect("a query").seats.len(), 12);
}

#[test]
fn fixes_a_set_before_the_last_block_of_the_epoch_states_it() {
    let (mut chain, staking) = running();
    let hash = |chain: &tenon_testkit::TestChain, epoch| chain.query(staking.validators_hash(epoch));
    // Nine blocks of the epoch: the header of the tenth states the set.
    blocks(&mut chain, EPOCH - 1);
    let stated = chain.next_validators().expect("the last block states a set");
    assert_eq!(hash(&chain, 2).expect("a set").as_bytes(), &stated.0);
    // Whatever happens in the last block changes the next set no more.
    chain.set_seal(None, &[], &[alice(), alice(), alice()]);
    drop(chain.from(bob()).call(staking.withdraw_candidacy()));
    assert_eq!(hash(&chain, 2).expect("a set").as_bytes(), &stated.0);
    assert_eq!(validators(&chain, staking, 2), [(alice(), 3 * MINIMUM), (bob(), 2 * MINIMUM)]);
    assert_eq!(chain.validators(2).expect("a set"), chain.validators(1).expect("a set"));
    chain.set_seal(None, &[], &[]);
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 3), [(charlie(), MINIMUM)]);
}

#[test]
fn moves_a_standby_up_for_whoever_was_jailed() {
    let (mut chain, staking) = running();
    chain.set_seal(None, &[], &[alice(), alice(), alice()]);
    blocks(&mut chain, 1);
    chain.set_seal(None, &[], &[]);
    // Within the epoch consensus goes on with the set that it began with.
    assert_eq!(validators(&chain, staking, 1).len(), 2);
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 2), [(bob(), 2 * MINIMUM), (charlie(), MINIMUM)]);
}

#[test]
fn has_no_set_before_anybody_stands_or_for_epochs_that_are_far() {
    let (mut chain, staking) = chain();
    for epoch in [0, 1, 2, u64::MAX] {
        assert!(chain.query(staking.validators(epoch)).is_err());
    }
    blocks(&mut chain, EPOCH - 1);
    // Without a set the header states none, and the validators stay those that they are.
    assert_eq!(chain.next_validators(), None);
    end_epoch(&mut chain);
    let failure = chain.query(staking.validators_hash(1)).expect_err("there is no set");
    assert_eq!(failure.module_error::<Error>(), Some(Error::NoSet));
    // The first who stand are validators from the next epoch on.
    register(&mut chain, staking, "Alice", MINIMUM);
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 2), [(alice(), MINIMUM)]);
}

#[test]
fn keeps_sets_for_as_long_as_evidence_is_taken() {
    let (mut chain, staking) = chain_with(Terms { evidence_epochs: 2, ..terms() }, 0);
    register(&mut chain, staking, "Alice", MINIMUM);
    for _ in 0..5 {
        end_epoch(&mut chain);
    }
    let kept: Vec<bool> = (0..8).map(|epoch| chain.query(staking.validators(epoch)).is_ok()).collect();
    assert_eq!(kept, [false, false, false, true, true, true, true, false]);
}

#[test]
fn says_when_an_epoch_begins() {
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, ferdie(), bob(), COIN);
    blocks(&mut chain, EPOCH - 2);
    blocks(&mut chain, 1);
    let started = EpochStarted { epoch: 2, validators: 2, weight: 5 * MINIMUM };
    assert!(chain.hooks().iter().any(|hook| hook.has(&started)));
    assert_eq!(chain.query(staking.books()).expect("a query").epoch, 2);
}
