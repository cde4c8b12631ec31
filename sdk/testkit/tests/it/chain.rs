//! The chain itself: blocks of several transactions, orders, copies, and many entries.

use std::time::Instant;
use tenon_prober::{Error, ProberRef};
use tenon_testkit::{
    Place, Plan, Random, TestChain, Transaction, alice, bob, by, charlie, histories, module_code, orders,
};

fn chain() -> (TestChain, ProberRef) {
    chain_that_counts_from(20)
}

fn chain_that_counts_from(count: u64) -> (TestChain, ProberRef) {
    let mut chain = TestChain::new();
    let code = module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/prober"));
    let prober = ProberRef::at(chain.from(alice()).deploy(&code, ProberRef::init(count)));
    (chain, prober)
}

fn panics(work: impl FnOnce()) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err()
}

#[test]
fn makes_one_block_of_several_transactions_in_the_order_given() {
    let (mut chain, prober) = chain();
    let height = chain.height();
    let block = [by(alice(), prober.count(1)), by(bob(), prober.fail()), by(alice(), prober.count(10))];
    let outcomes = chain.block(&block);
    assert_eq!(chain.height(), height + 1);
    outcomes[1].expect_error(Error::Asked);
    let counts: Vec<Option<u64>> =
        outcomes.into_iter().map(|outcome| outcome.is_ok().then(|| outcome.decoded().expect_ok())).collect();
    assert_eq!(counts, [Some(21), None, Some(31)]);
    assert_eq!(chain.nonce(bob()), 1);
}

#[test]
fn a_failure_in_a_block_has_a_trace_of_the_state_that_it_met() {
    let (mut chain, prober) = chain();
    let outcomes = chain.block(&[by(bob(), prober.count(8)), by(bob(), prober.subtract(1, 2))]);
    let failure = outcomes.into_iter().nth(1).map(|outcome| outcome.result.err()).unwrap().unwrap();
    assert!(failure.trace.iter().any(|line| line.contains("overflow")), "{failure}");
    chain.set_traces(false);
    assert!(chain.from(bob()).call(prober.fail()).result.unwrap_err().trace.is_empty());
}

#[test]
fn shows_every_order_of_a_block_with_outcomes_in_the_order_given() {
    let (chain, prober) = chain();
    let before = chain.digest();
    let block = [by(alice(), prober.count(1)), by(bob(), prober.count(10)), by(charlie(), prober.count(100))];
    let mut seen = Vec::new();
    chain.every_order(&block, |after, order, outcomes| {
        assert_eq!(after.query(prober.counter()), Ok(131));
        let counts: Vec<u64> = outcomes.iter().map(|outcome| outcome.clone().decoded().expect_ok()).collect();
        let first = order[0];
        assert_eq!(counts[first], 20 + [1, 10, 100][first]);
        seen.push(order.to_vec());
    });
    assert_eq!(seen, orders(3));
    assert_eq!((orders(0).len(), orders(1).len(), orders(5).len()), (1, 1, 120));
    assert_eq!(chain.digest(), before, "the chain itself stays");
}

#[test]
fn a_copy_goes_its_own_way_and_differences_are_found() {
    let (mut chain, prober) = chain();
    let mut copy = chain.clone();
    assert_eq!(chain.changes_since(&copy), []);
    copy.from(bob()).call(prober.count(1)).expect_ok();
    assert_eq!(chain.query(prober.counter()), Ok(20));
    assert_ne!(chain.digest(), copy.digest());
    let places: Vec<Place> = copy.changes_since(&chain).into_iter().map(|change| change.place).collect();
    assert_eq!(places, [Place::Storage(prober.address()), Place::Chain, Place::Account(bob())]);
    chain.from(bob()).call(prober.count(1)).expect_ok();
    assert_eq!((chain.digest(), chain.changes_since(&copy)), (copy.digest(), vec![]));
    let stored = chain.storage_of(prober.address());
    assert_eq!(stored, [(vec![255], 21u64.to_le_bytes().to_vec())]);
    assert_eq!(chain.stored_bytes(prober.address()), 9 + 256, "the entry and the host's own record");
    let price = &chain.environment().parameters;
    assert_eq!(chain.deposit_of(prober.address()), price.entry_deposit(9) + price.entry_deposit(256));
}

#[test]
fn checks_invariants_as_often_as_it_is_told() {
    let (mut chain, prober) = chain_that_counts_from(5);
    chain.check_invariants_every(3);
    for _ in 0..2 {
        chain.from(alice()).call(prober.count(4)).expect_ok();
    }
    assert_eq!(chain.query(prober.counter()), Ok(13), "the unlucky number was not looked at");
    chain.check_invariants_every(0);
    chain.from(alice()).call(prober.count(0)).expect_ok();
    assert!(panics(|| chain.check_invariants("a look")));
    chain.check_invariants_every(2);
    chain.from(alice()).call(prober.count(0)).expect_ok();
    assert!(panics(|| drop(chain.from(alice()).call(prober.count(0)))));
}

/// A transaction costs what it changes, not what the state holds: else this would take hours.
#[test]
fn a_hundred_thousand_entries_are_no_burden() {
    let (mut chain, prober) = chain();
    chain.set_traces(false);
    for group in 0..100 {
        let keys: Vec<(u8, u32)> = (0..1_000).map(|number| (group, number)).collect();
        chain.from(alice()).call(prober.fill(keys, 8)).expect_ok();
    }
    assert_eq!(chain.stored_entries(prober.address()), 100_001);
    let full = chain.clone();
    let block: Vec<Transaction> = (0..100).map(|_| by(bob(), prober.count(1))).collect();
    let start = Instant::now();
    histories(
        Plan { cases: 1, steps: 1_000 },
        |_| full.clone(),
        |chain, random: &mut Random| {
            if random.chance(10) {
                assert!(!chain.from(bob()).call(prober.fail()).is_ok());
            } else {
                chain.from(alice()).call(prober.count(1)).expect_ok();
            }
        },
    );
    chain.block(&block);
    let took = start.elapsed();
    assert!(took.as_secs() < 60, "1100 transactions took {took:?}");
    assert_eq!(full.changes_since(&chain).len(), 3);
}

#[test]
fn a_seed_decides_a_history() {
    let numbers = |seed| {
        let mut random = Random::new(seed);
        (0..1_000).map(|_| random.within(3, 9)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(1), numbers(1));
    assert_ne!(numbers(1), numbers(2));
    assert!((3..=9).all(|number| numbers(1).contains(&number)));
    // The first numbers of the generator from seed 0, from its reference implementation.
    assert_eq!(Random::new(0).next_u64(), 0xe220_a839_7b1d_cdaf);
}

#[test]
#[should_panic(expected = "at step 7")]
fn a_history_that_breaks_a_rule_ends_the_test() {
    histories(
        Plan { cases: 1, steps: 10 },
        |_| 0,
        |step, _| {
            *step += 1;
            assert!(*step < 7, "at step {step}");
        },
    );
}
