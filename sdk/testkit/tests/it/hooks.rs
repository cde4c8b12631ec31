//! Hooks: what the host calls by itself, what it tells, what it issues, and what remains of a hook that fails.

use tenon_abi::HostError;
use tenon_contract::parity_scale_codec::Encode;
use tenon_contract::{Address, Amount};
use tenon_host::ValidatorsError;
use tenon_prober::{Error, Mood, ProberRef, Report, Seen, Shape, Validator};
use tenon_testkit::{Outcome, TestChain, Transaction, alice, bob, by, charlie, dave, module_code, rules};
use tenon_types::{
    BalancesEvent, Event, Evidence, MAX_HOOK_GAS, MAX_VALIDATORS, SystemEvent, Validator as ChainValidator, hook_id,
};

const REWARD: Amount = 1_000;

/// A chain with a prober, without hooks.
fn plain() -> (TestChain, ProberRef) {
    let mut chain = TestChain::new();
    let code = module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/prober"));
    let prober = ProberRef::at(chain.from(alice()).deploy(&code, ProberRef::init(20)));
    (chain, prober)
}

/// A chain that calls the prober's hooks.
fn hooked() -> (TestChain, ProberRef) {
    let (chain, prober) = plain();
    let mut chain = chain.with_hook(prober.address(), REWARD);
    chain.set_seal(Some(bob()), &[5, 1], &[charlie(), dave()]);
    (chain, prober)
}

fn report(height: u64) -> Report {
    Report { height, time_ms: 1, epoch: 2, leader: None, signers: vec![3], missed: vec![] }
}

fn code_of(outcome: &Outcome<Vec<u8>>) -> u32 {
    outcome.result.as_ref().err().map_or(0, |failure| failure.code)
}

#[test]
fn the_system_calls_as_the_host_would() {
    let (mut chain, prober) = plain();
    let (supply, pot, height) = (chain.supply(), chain.coin(Address::SYSTEM), chain.height());
    let outcome = chain.system(prober.end_block(report(7)).with_value(500));
    assert_eq!((outcome.fee, chain.height()), (0, height + 1));
    assert!(outcome.has(&Seen { who: Address::SYSTEM, number: 0, flag: true, shape: Shape::Empty }));
    assert_eq!(outcome.expect_ok(), 7);
    let told = chain.query(prober.told()).unwrap().unwrap();
    assert_eq!((told.caller, told.origin, told.value), (Address::SYSTEM, Address::SYSTEM, 500));
    assert_eq!(told.report, report(7));
    assert_eq!((chain.supply(), chain.coin(prober.address())), (supply + 500, 500));
    assert!(chain.coin(Address::SYSTEM) < pot, "the system pays the deposit");
    let after = chain.clone();
    chain.system(prober.count(1).with_value(1)).expect_host_error(HostError::NotPayable);
    chain.from(alice()).call(prober.set_mood(Some(Mood::Fail))).expect_ok();
    let coin = (chain.coin(Address::SYSTEM), chain.coin(prober.address()));
    chain.system(prober.end_block(report(8)).with_value(500)).expect_error(Error::Asked);
    assert_eq!(coin, (chain.coin(Address::SYSTEM), chain.coin(prober.address())));
    assert_eq!(chain.query(prober.told()), after.query(prober.told()));
}

#[test]
fn the_hook_of_the_blocks_end_is_told_of_the_block_and_rewarded() {
    let (chain, prober) = hooked();
    let mut chain = chain.with_epochs(4);
    let (supply, height, time_ms) = (chain.supply(), chain.height(), chain.time_ms());
    let outcome = chain.from(alice()).call(prober.count(2));
    let told = chain.query(prober.told()).unwrap().unwrap();
    let missed = vec![charlie(), dave()];
    let epoch = (height - 1) / 4;
    assert_eq!(told.report, Report { height, time_ms, epoch, leader: Some(bob()), signers: vec![5, 1], missed });
    assert_eq!((told.caller, told.origin, told.value), (Address::SYSTEM, Address::SYSTEM, REWARD));
    assert_eq!((chain.supply(), chain.coin(prober.address())), (supply - outcome.fee + REWARD, REWARD));
    let [hook] = chain.hooks() else { panic!("{} hooks", chain.hooks().len()) };
    let who = tenon_types::Address(*prober.address().as_bytes());
    assert!(hook.events.contains(&Event::Balances(BalancesEvent::Minted { who, amount: REWARD })));
    assert!(hook.gas_used > 0 && hook.fee == 0);
    chain.advance_blocks(5);
    assert_eq!(chain.coin(prober.address()), 6 * REWARD);
    let told = chain.query(prober.told()).unwrap().unwrap();
    assert_eq!((told.report.height, told.report.epoch), (height + 5, (height + 4) / 4));
}

#[test]
fn a_hook_that_fails_leaves_nothing_but_its_record() {
    for (mood, code) in [
        (Mood::Fail, tenon_abi::module_error_code(7)),
        (Mood::Panic, HostError::Panic.code()),
        (Mood::Spin, HostError::OutOfGas.code()),
    ] {
        let (mut without, prober) = plain();
        without.from(alice()).call(prober.set_mood(Some(mood))).expect_ok();
        let mut with = without.clone().with_hook(prober.address(), REWARD);
        with.tolerate_failing_hooks();
        let (one, other) = (with.from(alice()).call(prober.count(3)), without.from(alice()).call(prober.count(3)));
        assert_eq!(format!("{one:?}"), format!("{other:?}"), "the block's transaction takes effect");
        assert_eq!(with.digest(), without.digest(), "{mood:?} leaves something behind");
        let [hook] = with.hooks() else { panic!("no hook ran") };
        assert_eq!(code_of(hook), code, "{mood:?}");
        let [Event::System(SystemEvent::HookFailed { instance, hook: method, dispatch_error })] = &hook.events[..]
        else {
            panic!("{:?}", hook.events)
        };
        assert_eq!((instance.0, method.as_str()), (*prober.address().as_bytes(), "end_block"));
        assert_eq!(dispatch_error.code(), Some(code));
        assert!(hook.gas_used <= MAX_HOOK_GAS / 2);
    }
}

#[test]
#[should_panic(expected = "a hook failed")]
fn a_hook_that_fails_ends_a_test_that_does_not_expect_it() {
    let (chain, prober) = plain();
    let mut chain = chain.with_hook(prober.address(), 0);
    drop(chain.from(alice()).call(prober.set_mood(Some(Mood::Fail))));
}

#[test]
fn the_system_pays_for_what_hooks_store_and_gets_it_back() {
    let (mut chain, prober) = hooked();
    chain.advance_blocks(1);
    let pot = chain.coin(Address::SYSTEM);
    let locked = chain.deposit_of(prober.address());
    let fill = |mood| by(alice(), prober.set_mood(mood));
    chain.block(&[fill(Some(Mood::Hoard))]);
    let price = &chain.environment().parameters;
    let deposit = price.entry_deposit(1_000);
    let paid = pot - chain.coin(Address::SYSTEM);
    assert!(paid > deposit && paid < deposit + deposit / 4, "{paid}: the entry and its key");
    assert!(chain.deposit_of(prober.address()) >= locked + paid);
    chain.block(&[fill(Some(Mood::Clear))]);
    assert_eq!(chain.coin(Address::SYSTEM), pot);
    chain.set_coin(Address::SYSTEM, chain.environment().parameters.existential_deposit);
    chain.tolerate_failing_hooks();
    let supply = chain.supply();
    let outcomes = chain.block(&[fill(Some(Mood::Hoard))]);
    assert_eq!(code_of(&chain.hooks()[0]), HostError::DepositTooSmall.code());
    assert_eq!(chain.supply() + outcomes[0].fee, supply, "nothing is issued");
}

#[test]
fn evidence_comes_before_the_blocks_end_and_each_hook_stands_alone() {
    let (mut chain, prober) = hooked();
    chain.tolerate_failing_hooks();
    let evidence = |view| Evidence { kind: 3, offender: [2; 96], epoch: 5, view, proof: vec![0; 7] };
    [10, 9, 20].into_iter().for_each(|view| chain.add_evidence(evidence(view)));
    chain.advance_blocks(1);
    let ends: Vec<u32> = chain.hooks().iter().map(code_of).collect();
    assert_eq!(ends, [0, tenon_abi::module_error_code(7), 0, 0]);
    assert_eq!(chain.query(prober.counter()), Ok(20 + 2 * (3 + 2 + 5 + 7) + 10 + 20));
    chain.advance_blocks(1);
    assert_eq!(chain.hooks().len(), 1, "evidence is given once");
}

#[test]
#[should_panic(expected = "comes from the system's address")]
fn no_transaction_comes_from_the_system() {
    let (mut chain, prober) = plain();
    drop(chain.from(Address::SYSTEM).call(prober.count(1)));
}

#[test]
fn asks_for_validators_and_commits_to_them_at_the_end_of_an_epoch() {
    let (chain, prober) = hooked();
    let mut chain = chain.with_epochs(10);
    assert!(matches!(plain().0.validators(1), Err(ValidatorsError::NoInstance)));
    let failed = chain.validators(1).unwrap_err();
    assert!(matches!(&failed, ValidatorsError::Failed { .. }) && failed.to_string().contains("0x"), "{failed}");
    let one = Validator { account: bob(), bls_key: [4; 96], weight: 9 };
    let set = vec![one.clone(); 3].encode();
    chain.from(alice()).call(prober.set_validators(1, one.clone(), 3)).expect_ok();
    assert_eq!(chain.validators(1), Ok(set.clone()));
    let read = ChainValidator::read_set(&set).unwrap();
    assert_eq!((read.len(), read[2].weight, read[2].bls_key), (3, 9, [4; 96]));
    chain.advance_blocks(u32::try_from(10 - chain.height()).unwrap());
    assert_eq!(chain.next_validators(), Some(ChainValidator::set_hash(&set)));
    let many = u32::try_from(MAX_VALIDATORS).unwrap() + 1;
    chain.from(alice()).call(prober.set_validators(1, one, many)).expect_ok();
    assert!(matches!(chain.validators(1), Err(ValidatorsError::Malformed { .. })));
    assert_eq!((chain.height(), chain.next_validators()), (11, None), "not the last block of an epoch");
    chain.advance_blocks(9);
    assert_eq!((chain.height(), chain.next_validators()), (20, None), "no set for epoch 2");
}

#[test]
fn blocks_with_hooks_are_the_same_again_and_on_another_engine() {
    let (chain, prober) = hooked();
    let moods = [None, Some(Mood::Hoard), Some(Mood::Clear)];
    let step = |chain: &TestChain| -> Transaction {
        let height = usize::try_from(chain.height()).unwrap();
        if height.is_multiple_of(2) {
            by(bob(), prober.count(1))
        } else {
            by(alice(), prober.set_mood(moods[height % 3]))
        }
    };
    rules::agrees_in_a_history(&chain, 12, step);
    let (mut one, mut other) = (chain.clone(), chain);
    for _ in 0..12 {
        let transaction = step(&one);
        drop((one.run(&transaction), other.run(&transaction)));
    }
    assert_eq!(one.digest(), other.digest());
    assert_ne!(hook_id("end_block"), hook_id("report_evidence"));
}
