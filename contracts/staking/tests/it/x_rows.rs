//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it. Hooks
//! come from the host alone, so they are called by it here, and not by the ends of blocks.

use crate::{COIN, DAYS_20, EPOCH, MINIMUM, code, delegate, key, register, registration, terms};
use staking::{BlockReport, MAX_VALIDATORS, StakingRef, Terms};
use tenon_contract::{Address, Call};
use tenon_testkit::{Outcome, Subject, TestChain, account, alice, bob, by, charlie, dave, eve, ferdie, rules};

/// The most gas of a hook, as a chain's parameters have it by default.
const HOOK_GAS: u64 = 500_000_000;

fn still_chain(terms: Terms) -> (TestChain, StakingRef) {
    let mut chain = TestChain::with_modules(&[("staking", &code(), StakingRef::init(Some(terms)))]);
    chain.set_coin(Address::SYSTEM, 1_000 * COIN);
    (chain, StakingRef::at(TestChain::module_address("staking")))
}

fn end_block(chain: &TestChain, staking: StakingRef, leader: Option<Address>, missed: Vec<Address>) -> Call<()> {
    let (height, time_ms) = (chain.height(), chain.time_ms());
    let report = BlockReport { height, time_ms, epoch: 0, leader, signers: Vec::new(), missed };
    staking.end_block(report).with_value(11_000_000)
}

/// Goes to the end of an epoch: its last blocks end with the hook.
fn turn(chain: &mut TestChain, staking: StakingRef, epoch: u32) -> Outcome<()> {
    let last = u64::from(epoch) * u64::from(EPOCH);
    while chain.height() + 1 < last {
        chain.advance_blocks(1);
    }
    let call = end_block(chain, staking, None, Vec::new());
    chain.system(call).expect_ok();
    let call = end_block(chain, staking, None, Vec::new());
    chain.system(call)
}

/// Alice, Bob and Charlie are validators, of whom Charlie is jailed. Dave's coin is bound to Alice, a part of Eve's is
/// on its way from her. Rewards have been given out.
fn world() -> (TestChain, StakingRef) {
    let (mut chain, staking) = still_chain(Terms { validators: 3, ..terms() });
    for name in ["Alice", "Bob", "Charlie"] {
        register(&mut chain, staking, name, 2 * MINIMUM);
    }
    delegate(&mut chain, staking, dave(), alice(), MINIMUM);
    delegate(&mut chain, staking, eve(), alice(), MINIMUM);
    turn(&mut chain, staking, 1).expect_ok();
    let call = end_block(&chain, staking, Some(alice()), vec![charlie(), charlie(), charlie()]);
    chain.system(call).expect_ok();
    let call = end_block(&chain, staking, Some(alice()), Vec::new());
    chain.system(call).expect_ok();
    chain.from(eve()).call(staking.undelegate(alice(), Some(COIN))).expect_ok();
    (chain, staking)
}

/// The same, without anybody being bound to Ferdie, who has withdrawn and was paid out.
fn over() -> (TestChain, StakingRef) {
    let (mut chain, staking) = world();
    register(&mut chain, staking, "Ferdie", MINIMUM);
    chain.from(ferdie()).call(staking.withdraw_candidacy()).expect_ok();
    chain.advance_ms(DAYS_20);
    chain.from(eve()).call(staking.withdraw(ferdie(), ferdie())).expect_ok();
    (chain, staking)
}

fn subject() -> Subject {
    let (chain, staking) = world();
    let (over, _) = over();
    let mut late = chain.clone();
    late.advance_ms(DAYS_20);
    let (bls_key, proof) = key("Fresh");
    let calls = Subject::new(staking.address(), &code())
        .call(&chain, eve(), registration(staking, "Eve", MINIMUM))
        .call(&chain, alice(), staking.set_key(bls_key, proof))
        .call(&chain, alice(), staking.set_endpoint("node.example".into()))
        .call(&chain, alice(), staking.set_commission(500))
        .call(&chain, alice(), staking.withdraw_candidacy())
        .call(&late, charlie(), staking.unjail())
        .call(&over, eve(), staking.clear_candidate(ferdie()))
        .call(&chain, ferdie(), staking.delegate(alice()).with_value(COIN))
        .call(&chain, dave(), staking.undelegate(alice(), Some(COIN)))
        .call(&chain, dave(), staking.redelegate(alice(), bob(), Some(COIN)))
        .call(&late, ferdie(), staking.withdraw(eve(), alice()))
        .call(&chain, dave(), staking.claim(alice()));
    calls
        .query(&chain, staking.terms())
        .query(&chain, staking.epoch_blocks())
        .query(&chain, staking.books())
        .query(&chain, staking.candidate(alice()))
        .query(&chain, staking.ranking(Some((alice(), MINIMUM)), Some(5)))
        .query(&chain, staking.validators(1))
        .query(&chain, staking.validators_hash(1))
        .query(&chain, staking.elected())
        .query(&chain, staking.attendance())
        .query(&chain, staking.delegation(alice(), dave()))
        .query(&chain, staking.delegations(alice(), Some(Address::ZERO), Some(5)))
        .query(&chain, staking.unbondings(eve(), Some(Address::ZERO), Some(5)))
        .query(&chain, staking.credit_of(dave()))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    // Only the host may call these: `does_the_same_on_both_engines` tries them.
    subject.assert_complete(&["end_block", "report_evidence"]);
    subject.check();
}

#[test]
fn gives_owners_of_coin_and_candidates_these_powers_and_no_others() {
    let subject = subject();
    let stranger = account("Zoe");
    let of_a_candidate = ["claim", "set_commission", "set_endpoint", "set_key", "withdraw_candidacy"];
    rules::has_only_these_powers(&subject, alice(), stranger, &of_a_candidate);
    let of_the_jailed = ["set_commission", "set_endpoint", "set_key", "unjail", "withdraw_candidacy"];
    rules::has_only_these_powers(&subject, charlie(), stranger, &of_the_jailed);
    rules::has_only_these_powers(&subject, dave(), stranger, &["claim", "redelegate", "undelegate"]);
    // Whoever creates a chain, or is nobody in it, has no power over it.
    rules::has_only_these_powers(&subject, ferdie(), stranger, &[]);
}

#[test]
fn does_the_same_on_both_engines() {
    let run = |mut chain: TestChain, staking: StakingRef| {
        let mut gas = Vec::new();
        for missed in [vec![bob(); 3], Vec::new()] {
            let call = end_block(&chain, staking, Some(alice()), missed);
            gas.push(chain.system(call).gas_used);
        }
        gas.push(chain.system(crate::evidence(staking, "Alice", 1)).gas_used);
        gas.push(turn(&mut chain, staking, 2).gas_used);
        chain.advance_ms(DAYS_20);
        gas.push(turn(&mut chain, staking, 3).gas_used);
        (gas, chain.digest())
    };
    let (chain, staking) = world();
    let (found, expected) = (run(chain.on_reference_engine(), staking), run(chain, staking));
    assert_eq!(found, expected);
}

#[test]
fn hooks_that_fail_leave_no_trace() {
    let (chain, staking) = world();
    for call in [
        crate::evidence(staking, "Dave", 1),
        crate::evidence(staking, "Alice", 9),
        end_block(&chain, staking, None, Vec::new()).with_gas(30_000),
        crate::evidence(staking, "Alice", 1).with_gas(60_000),
    ] {
        let mut after = chain.clone();
        assert!(!after.system(call).is_ok());
        assert_eq!(after.digest(), chain.digest());
    }
}

#[test]
fn takes_effect_whatever_the_order_of_a_block() {
    let (chain, staking) = world();
    let block = [
        by(alice(), staking.withdraw_candidacy()),
        by(ferdie(), staking.delegate(alice()).with_value(COIN)),
        by(dave(), staking.redelegate(alice(), bob(), None)),
        by(dave(), staking.claim(alice())),
    ];
    chain.every_order(&block, |chain, order, outcomes| {
        let joins = order.iter().position(|place| *place == 1) < order.iter().position(|place| *place == 0);
        assert_eq!(outcomes.iter().map(Outcome::is_ok).collect::<Vec<_>>(), [true, joins, true, true]);
        let claimed = outcomes[3].clone().decoded::<u128>().expect_ok();
        // Three blocks of 11,000,000: what Dave's quarter of the pool earned does not depend on the order.
        let again = chain.query(staking.delegation(alice(), dave())).expect("a query");
        assert_eq!((again.claimable, again.bound, claimed > 0), (0, 0, true));
    });
}

#[test]
fn returns_the_deposit_of_what_is_cleaned_up() {
    let (mut chain, staking) = still_chain(Terms { unbonding_ms: 1, ..terms() });
    register(&mut chain, staking, "Alice", MINIMUM);
    delegate(&mut chain, staking, dave(), alice(), MINIMUM);
    let store = [by(dave(), staking.undelegate(alice(), Some(COIN)))];
    let clean = [by(eve(), staking.withdraw(dave(), alice()))];
    // What arrives is Dave's own coin; what Eve gets is the deposit.
    rules::returns_deposits(&chain, staking.address(), &store, &clean);
    let before = (chain.stored_entries(staking.address()), chain.deposit_of(staking.address()));
    register(&mut chain, staking, "Bob", MINIMUM);
    assert!(chain.deposit_of(staking.address()) > before.1);
    chain.from(bob()).call(staking.withdraw_candidacy()).expect_ok();
    chain.from(eve()).call(staking.withdraw(bob(), bob())).expect_ok();
    chain.from(eve()).call(staking.clear_candidate(bob())).expect_ok();
    assert_eq!((chain.stored_entries(staking.address()), chain.deposit_of(staking.address())), before);
}

#[test]
fn stays_within_its_size_and_the_gas_of_a_hook() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 88 * 1024;
    let most = Terms { validators: MAX_VALIDATORS, standbys: 100, ..terms() };
    let (mut chain, staking) = still_chain(most);
    chain.check_invariants_every(0);
    for number in 0..200u8 {
        let who = Address::new([number + 1; 32]);
        chain.set_coin(who, 10 * MINIMUM);
        chain.from(who).call(registration(staking, &format!("person {number}"), MINIMUM)).expect_ok();
    }
    turn(&mut chain, staking, 21).expect_ok();
    let dearest = turn(&mut chain, staking, 22).gas_used;
    let call = end_block(&chain, staking, Some(Address::new([1; 32])), Vec::new());
    let plain = chain.system(call).gas_used;
    let everybody = (0..64u8).map(|number| Address::new([number + 1; 32])).collect();
    let call = end_block(&chain, staking, None, everybody);
    let missing = chain.system(call).gas_used;
    let size = code().len();
    let report = format!("{size} bytes; {plain} gas a block, {missing} with 64 failures, {dearest} as an epoch ends");
    assert!(size <= MAX_WASM_BYTES && plain.max(missing).max(dearest) <= HOOK_GAS / 10, "{report}");
    chain.check_invariants("the hooks");
}
