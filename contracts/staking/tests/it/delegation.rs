//! Coin that others bind (BY-44, BY-47, BY-73, BY-75, BY-76, BY-77): how it is bound, how it gets free, and what others
//! cannot do about it.

use crate::{COIN, DAYS_20, MINIMUM, blocks, books, bound, chain_with, delegate, end_epoch, held, running, terms};
use crate::{register, unbondings, validators};
use staking::{Delegated, Error, MAX_PAYOUTS, StakingRef, Terms, Unbonded, UnbondingInfo};
use tenon_contract::Address;
use tenon_contract::abi::HostError;
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Plan, TestChain, alice, bob, by, charlie, dave, eve, ferdie, histories};

#[test]
fn binds_coin_that_then_cannot_be_spent() {
    let (mut chain, staking) = running();
    let before = chain.coin(dave());
    let outcome = chain.from(dave()).call(staking.delegate(alice()).with_value(before / 2));
    assert!(outcome.has(&Delegated { candidate: alice(), who: dave(), amount: before / 2 }));
    assert_eq!(bound(&chain, staking, alice(), dave()), before / 2);
    // What is bound is no coin of Dave's any more, to whomever he tries to send it.
    let again = staking.delegate(bob()).with_value(before / 2 + COIN);
    assert!(!chain.from(dave()).call(again).is_ok());
    chain.from(dave()).call(staking.delegate(alice())).expect_error(Error::ZeroAmount);
    chain.from(dave()).call(staking.delegate(eve()).with_value(COIN)).expect_error(Error::UnknownCandidate);
    assert_eq!(chain.coin(staking.address()), held(&books(&chain, staking)));
}

#[test]
fn follows_the_white_papers_rule_of_unbonding() {
    let text = include_str!("../../../../tests/vectors/unbonding.json");
    let vectors: serde_json::Value = serde_json::from_str(text).expect("the vectors are JSON");
    let checks = vectors["unbonding"]["checks"].as_array().expect("there are checks");
    assert_eq!(vectors["unbonding"]["seconds"].as_u64().map(|seconds| seconds * 1_000), Some(DAYS_20));
    assert_eq!(checks.len(), 2);
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, dave(), alice(), 5 * COIN);
    let started = chain.time_ms();
    chain.from(dave()).call(staking.undelegate(alice(), None)).expect_ok();
    for check in checks {
        let mut chain = chain.clone();
        let before = chain.coin(dave());
        let seconds = check["t"].as_u64().expect("a time");
        chain.set_time_ms(started + 1_000 * seconds);
        let spendable = check["spendable"].as_bool().expect("whether it can be spent");
        // It counts as liquid without anything having happened,
        assert_eq!(unbondings(&chain, staking, dave())[0].liquid, spendable);
        // and the block that is made anyhow pays it out.
        blocks(&mut chain, 1);
        assert_eq!(chain.coin(dave()) - before, if spendable { 5 * COIN } else { 0 });
        assert_eq!(unbondings(&chain, staking, dave()).is_empty(), spendable);
    }
}

#[test]
fn pays_out_to_the_millisecond() {
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, dave(), alice(), COIN);
    let end = chain.time_ms() + DAYS_20;
    chain.from(dave()).call(staking.undelegate(alice(), None)).expect_ok();
    rules::at_boundary(&chain, end, |chain, offset| {
        blocks(chain, 1);
        assert_eq!(unbondings(chain, staking, dave()).is_empty(), offset >= 0, "{offset}");
    });
    rules::opens_at(&chain, end, &by(eve(), staking.withdraw(dave(), alice())));
    chain.set_time_ms(end);
    let outcome = chain.from(eve()).call(staking.withdraw(dave(), alice()));
    assert!(outcome.has(&Unbonded { candidate: alice(), who: dave(), amount: COIN, taken: 0, to: None }));
    chain.from(eve()).call(staking.withdraw(dave(), alice())).expect_error(Error::NotUnbonding);
}

#[test]
fn refuses_a_second_unbonding_from_the_same_node() {
    let (mut chain, staking) = running();
    for candidate in [alice(), bob()] {
        delegate(&mut chain, staking, dave(), candidate, 10 * COIN);
    }
    assert_eq!(chain.from(dave()).call(staking.undelegate(alice(), Some(COIN))).expect_ok(), COIN);
    let end = chain.time_ms() - 1_000 + DAYS_20;
    for amount in [None, Some(1)] {
        chain.from(dave()).call(staking.undelegate(alice(), amount)).expect_error(Error::UnbondingOpen);
        chain.from(dave()).call(staking.redelegate(alice(), charlie(), amount)).expect_error(Error::UnbondingOpen);
    }
    chain.from(dave()).call(staking.undelegate(bob(), Some(COIN))).expect_ok();
    // What is due is paid at the end of a block, so a transaction of that block is still refused.
    chain.set_time_ms(end);
    chain.from(dave()).call(staking.undelegate(alice(), None)).expect_error(Error::UnbondingOpen);
    chain.from(dave()).call(staking.undelegate(alice(), None)).expect_ok();
}

#[test]
fn unbinds_no_more_than_is_bound() {
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, dave(), alice(), COIN);
    let call = |amount| staking.undelegate(alice(), amount);
    chain.from(dave()).call(call(Some(0))).expect_error(Error::ZeroAmount);
    chain.from(dave()).call(call(Some(COIN + 1))).expect_error(Error::NotBound);
    chain.from(eve()).call(call(None)).expect_error(Error::NotBound);
    chain.from(dave()).call(staking.undelegate(eve(), None)).expect_error(Error::UnknownCandidate);
    assert_eq!(chain.from(dave()).call(call(Some(COIN))).expect_ok(), COIN);
    chain.from(dave()).call(call(None)).expect_error(Error::UnbondingOpen);
}

#[test]
fn binds_anew_after_twenty_days_and_not_before() {
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, dave(), alice(), 10 * COIN);
    chain.from(dave()).call(staking.redelegate(alice(), alice(), None)).expect_error(Error::SameCandidate);
    chain.from(dave()).call(staking.redelegate(alice(), eve(), None)).expect_error(Error::UnknownCandidate);
    let end = chain.time_ms() + DAYS_20;
    chain.from(dave()).call(staking.redelegate(alice(), bob(), None)).expect_ok();
    assert_eq!((bound(&chain, staking, alice(), dave()), bound(&chain, staking, bob(), dave())), (0, 0));
    let way = UnbondingInfo { candidate: alice(), amount: 10 * COIN, end_ms: end, to: Some(bob()), liquid: false };
    assert_eq!(unbondings(&chain, staking, dave()), [way]);
    let before = chain.coin(dave());
    rules::at_boundary(&chain, end, |chain, offset| {
        blocks(chain, 1);
        let arrived = if offset < 0 { 0 } else { 10 * COIN };
        assert_eq!(bound(chain, staking, bob(), dave()), arrived, "{offset}");
        assert_eq!(chain.coin(dave()), before);
    });
    // If nobody stands there any more, the coin is liquid.
    chain.from(bob()).call(staking.withdraw_candidacy()).expect_ok();
    chain.set_time_ms(end);
    blocks(&mut chain, 1);
    assert_eq!(chain.coin(dave()), before + 10 * COIN);
}

#[test]
fn moves_weight_at_the_boundaries_of_epochs_alone() {
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, dave(), charlie(), 4 * MINIMUM);
    let old = [(alice(), 3 * MINIMUM), (bob(), 2 * MINIMUM)];
    let new = [(charlie(), 5 * MINIMUM), (alice(), 3 * MINIMUM)];
    assert_eq!(validators(&chain, staking, 1), old);
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 2), old);
    chain.from(dave()).call(staking.undelegate(charlie(), None)).expect_ok();
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 3), new);
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 4), old);
}

#[test]
fn lets_coin_wait_for_who_cannot_receive_it() {
    let (mut chain, staking) = running();
    let minimum = chain.environment().parameters.existential_deposit;
    let poor = Address::new([3; 32]);
    chain.set_coin(poor, 10 * COIN);
    delegate(&mut chain, staking, poor, alice(), minimum / 2);
    delegate(&mut chain, staking, dave(), alice(), COIN);
    for who in [poor, dave()] {
        chain.from(who).call(staking.undelegate(alice(), None)).expect_ok();
    }
    // The account ends: whoever sends it less than the least that an account has is refused.
    chain.set_coin(poor, 0);
    chain.advance_ms(DAYS_20);
    let before = chain.coin(dave());
    blocks(&mut chain, 1);
    assert_eq!(chain.coin(dave()), before + COIN);
    assert_eq!(chain.query(staking.credit_of(poor)), Ok(minimum / 2));
    assert_eq!(books(&chain, staking).credits, minimum / 2);
    chain.set_coin(poor, 10 * COIN);
    assert_eq!(chain.from(poor).call(staking.claim(bob())).expect_ok(), minimum / 2);
    assert_eq!(books(&chain, staking).credits, 0);
    chain.from(poor).call(staking.claim(bob())).expect_error(Error::NothingToClaim);
}

#[test]
fn pays_out_a_bounded_number_in_each_block_in_the_order_of_time() {
    let (mut chain, staking) = running();
    let person = |number: u32| Address::new([u8::try_from(number + 1).expect("few"); 32]);
    let many = 2 * MAX_PAYOUTS + 3;
    for number in 0..many {
        chain.set_coin(person(number), 10 * COIN);
        delegate(&mut chain, staking, person(number), alice(), COIN);
        chain.from(person(number)).call(staking.undelegate(alice(), None)).expect_ok();
    }
    chain.advance_ms(DAYS_20);
    let open = |chain: &TestChain| chain.query(staking.candidate(alice())).expect("a candidate").state.open;
    let mut left = Vec::new();
    for _ in 0..4 {
        left.push(open(&chain));
        blocks(&mut chain, 1);
    }
    let step = u64::from(MAX_PAYOUTS);
    assert_eq!(left, [2 * step + 3, step + 3, 3, 0]);
}

#[test]
fn shares_of_a_pool_that_lost_coin_are_worth_less_for_all_and_gain_nobody_anything() {
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, dave(), alice(), 7 * COIN);
    chain.set_seal(None, &[], &[alice(), alice(), alice()]);
    blocks(&mut chain, 1);
    chain.set_seal(None, &[], &[]);
    let after = bound(&chain, staking, alice(), dave());
    // A thousandth of what stood in the set, which Dave's coin came after, and the whole pool bears.
    let taken = 3 * MINIMUM / 1_000;
    assert_eq!(books(&chain, staking).burnt, taken);
    assert_eq!(after, 7 * COIN - 7 * COIN * taken / (3 * MINIMUM + 7 * COIN) - 1);
    let worth = |chain: &TestChain| {
        let on_its_way: u128 = unbondings(chain, staking, ferdie()).iter().map(|way| way.amount).sum();
        bound(chain, staking, alice(), ferdie()) + on_its_way
    };
    for amount in [1, 2, 3, 999, 1_000_000_007] {
        let mut chain = chain.clone();
        delegate(&mut chain, staking, ferdie(), alice(), amount);
        assert!(worth(&chain) <= amount);
        drop(chain.from(ferdie()).call(staking.undelegate(alice(), None)));
        assert!(worth(&chain) <= amount);
    }
    let half = after / 2;
    assert_eq!(chain.from(dave()).call(staking.undelegate(alice(), Some(half))).expect_ok(), half);
}

/// Alice is the only validator, with as much of Dave's coin as of hers, in an epoch that lasts. What is unbound is
/// liquid at once, so that nothing but the arithmetic keeps Eve from joining and leaving.
fn quick() -> (TestChain, StakingRef) {
    const LONG: u32 = 20_000;
    let (mut chain, staking) = chain_with(Terms { unbonding_ms: 1, epoch_blocks: LONG, ..terms() }, 0);
    register(&mut chain, staking, "Alice", MINIMUM);
    delegate(&mut chain, staking, dave(), alice(), MINIMUM);
    chain.check_invariants_every(500);
    chain.advance_blocks(LONG);
    (chain.with_hook(staking.address(), 1_000_003), staking)
}

#[test]
fn cycles_of_joining_and_leaving_earn_no_more_than_staying() {
    let plan = Plan { cases: 1, steps: 10_000 };
    histories(
        plan,
        |_| (quick(), 0u32),
        |((chain, staking), step), _| {
            *step += 1;
            if *step % 2 == 1 {
                delegate(chain, *staking, eve(), alice(), MINIMUM);
                return;
            }
            assert_eq!(chain.from(eve()).call(staking.undelegate(alice(), None)).expect_ok(), MINIMUM);
            let reward = |who| chain.query(staking.delegation(alice(), who)).expect("a query").claimable;
            let (stayer, jumper) = (reward(dave()), reward(eve()));
            // She was there in every second block, with others less to share with in between.
            assert!(jumper > 0 && 2 * jumper <= stayer, "{jumper} against {stayer}");
        },
    );
}

#[test]
fn costs_the_same_among_a_hundred_thousand_delegations() {
    let (mut chain, staking) = running();
    delegate(&mut chain, staking, dave(), alice(), COIN);
    delegate(&mut chain, staking, eve(), alice(), COIN);
    chain.from(eve()).call(staking.undelegate(alice(), Some(COIN / 2))).expect_ok();
    let operations = [
        by(dave(), staking.delegate(alice()).with_value(COIN)),
        by(dave(), staking.undelegate(alice(), Some(COIN / 2))),
        by(dave(), staking.redelegate(alice(), bob(), None)),
        by(dave(), staking.claim(alice())),
        by(alice(), staking.claim(alice())),
        by(alice(), staking.withdraw_candidacy()),
    ];
    let grow = |chain: &mut TestChain, numbers: std::ops::Range<u64>| {
        for number in numbers {
            let mut bytes = [0xaa; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            let who = Address::new(bytes);
            chain.set_coin(who, 10 * COIN);
            let mut block = vec![by(who, staking.delegate(alice()).with_value(COIN / 100))];
            if number % 10 == 0 {
                block.push(by(who, staking.undelegate(alice(), Some(COIN / 200))));
            }
            assert!(chain.block(&block).iter().all(tenon_testkit::Outcome::is_ok));
        }
    };
    rules::is_unmoved_by_dust(&chain, Dust::HUNDRED_THOUSAND, grow, |_| operations.to_vec());
}

#[test]
fn says_what_the_host_says_when_coin_is_missing() {
    let (mut chain, staking) = running();
    let call = staking.delegate(alice()).with_value(u128::MAX);
    chain.from(dave()).call(call).expect_host_error(HostError::InsufficientBalance);
}
