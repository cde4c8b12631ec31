//! Who pays what: fees, tips, deposits, accounts that begin and end. Every block of these tests is counted.

use proptest::prelude::*;
use tenon_abi::HostError;
use tenon_host::Invalid;
use tenon_types::{
    Address, AdminPolicy, Amount, BalancesCall, BalancesError, Call, DispatchError, GenesisModule, ModulesCall,
    MultiAddress, Parameters, UtilityCall, intrinsic_gas, keys, max_gas,
};

use crate::chain::{ALICE, BOB, COIN, Chain, FUNDS, GAS, NOBODY, PRODUCER, call_of};
use crate::prober::{Op, Script};

const fn transfer(dest: Address, value: Amount) -> Call {
    Call::Balances(BalancesCall::transfer_allow_death { dest: MultiAddress::Id(dest), value })
}

const fn keep_alive(dest: Address, value: Amount) -> Call {
    Call::Balances(BalancesCall::transfer_keep_alive { dest: MultiAddress::Id(dest), value })
}

const fn all(dest: Address, keep_alive: bool) -> Call {
    Call::Balances(BalancesCall::transfer_all { dest: MultiAddress::Id(dest), keep_alive })
}

const fn batch(calls: Vec<Call>) -> Call {
    Call::Utility(UtilityCall::batch_all { calls })
}

#[test]
fn the_fee_is_burnt_the_rest_comes_back_and_the_tip_goes_to_the_producer() {
    let (mut chain, prober) = Chain::with_prober();
    for (script, fails) in [
        (Script::new(), false),
        (
            {
                let mut s = Script::new();
                s.fail(1);
                s
            },
            true,
        ),
    ] {
        let (before, supply, producer) = (chain.account(&ALICE), chain.supply(), chain.account(&PRODUCER).data.free);
        let call = Call::Modules(call_of(&prober, "run", &script, 0, GAS));
        let prepared = chain.prepare_with(ALICE, call.clone(), (before.nonce, COIN));
        let length = prepared.bytes.len();
        let executed = chain.block(&[prepared]);
        let receipt = &executed.included[0].receipt;
        assert_eq!(receipt.outcome.is_err(), fails);
        let parameters = &chain.environment.parameters;
        let (least, most) =
            (intrinsic_gas(&call, length, parameters).unwrap(), max_gas(&call, length, parameters).unwrap());
        assert!(receipt.gas_used > least && receipt.gas_used < most);
        assert_eq!(receipt.burnt, Parameters::gas_fee(receipt.gas_used, chain.environment.base_fee));
        let after = chain.account(&ALICE);
        assert_eq!(after.nonce, before.nonce + 1);
        assert_eq!(before.data.free - after.data.free, receipt.burnt + COIN);
        assert_eq!((supply - chain.supply(), receipt.tip), (receipt.burnt, COIN));
        assert_eq!(chain.account(&PRODUCER).data.free - producer, COIN);
    }
}

#[test]
fn a_tip_too_small_for_a_new_account_is_burnt() {
    let mut chain = Chain::new();
    let supply = chain.supply();
    let prepared = chain.prepare_with(ALICE, transfer(BOB, 1), (0, 5));
    let executed = chain.block(&[prepared]);
    assert_eq!(supply - chain.supply(), executed.included[0].receipt.burnt + 5);
    assert_eq!(chain.account(&PRODUCER).data.free, 0);
}

#[test]
fn a_failed_transaction_leaves_its_fee_and_nonce_alone() {
    let (mut chain, prober) = Chain::with_prober();
    let mut writes = Script::new();
    writes.set(b"key", b"value").transient_set(b"t", b"value").emit(b"event");
    let mut fails = writes.clone();
    fails.fail(1);
    let mut traps = writes.clone();
    traps.op(Op::Trap, &[]);
    let call = |script: &Script| Call::Modules(call_of(&prober, "run", script, 0, GAS));
    let failing = [
        call(&fails),
        call(&traps),
        transfer(NOBODY, FUNDS * 3),
        transfer(NOBODY, 1),
        keep_alive(BOB, FUNDS - COIN / 10_000),
        batch(vec![transfer(NOBODY, COIN), call(&writes), call(&fails)]),
        batch(vec![call(&writes), batch(vec![call(&writes), transfer(NOBODY, COIN), transfer(NOBODY, FUNDS * 2)])]),
        batch(vec![batch(vec![call(&writes)]), Call::Modules(ModulesCall::retire { instance: NOBODY })]),
        batch(vec![
            Call::Modules(ModulesCall::upload {
                code: crate::prober::Prober { setup: false, ..Default::default() }.code(),
            }),
            call(&traps),
        ]),
    ];
    for call in failing {
        let (modules, alice, bob) = (chain.module_state(), chain.account(&ALICE), chain.account(&BOB));
        let receipt = chain.send(ALICE, call);
        assert!(receipt.outcome.is_err());
        assert_eq!(receipt.events.len(), 2, "the fee and the failure: {:?}", receipt.events);
        assert_eq!((chain.module_state(), chain.account(&BOB)), (modules, bob));
        assert_eq!(chain.account(&NOBODY).providers, 0);
        let after = chain.account(&ALICE);
        assert_eq!((after.nonce, after.data.free), (alice.nonce + 1, alice.data.free - receipt.burnt));
    }
    let receipt = chain.send(ALICE, batch(vec![transfer(NOBODY, COIN), batch(vec![call(&writes)]), call(&writes)]));
    assert_eq!(receipt.outcome, Ok(()));
    assert_eq!(chain.stored(&prober, b"key"), Some(b"value".to_vec()));
}

#[test]
fn transactions_that_may_not_stand_are_skipped_with_the_reason() {
    let (mut chain, prober) = Chain::with_prober();
    let nonce = chain.account(&ALICE).nonce;
    let call = |gas| Call::Modules(call_of(&prober, "run", &Script::new(), 0, gas));
    let poor = chain.prepare_with(NOBODY, transfer(BOB, 1), (0, 0));
    let candidates = [
        chain.prepare_with(ALICE, transfer(BOB, 1), (nonce + 1, 0)),
        chain.prepare_with(ALICE, transfer(BOB, 1), (nonce, 0)),
        chain.prepare_with(ALICE, transfer(BOB, 1), (nonce, 0)),
        poor,
        chain.prepare_with(ALICE, call(u64::MAX), (nonce + 1, 0)),
        chain.prepare_with(ALICE, call(4_000_000_000), (nonce + 1, 0)),
        chain.prepare_with(ALICE, transfer(BOB, 1), (nonce + 1, Amount::MAX)),
        chain.prepare_with(ALICE, transfer(BOB, 1), (nonce + 1, FUNDS)),
        chain.prepare_with(ALICE, transfer(BOB, 1), (nonce + 1, 0)),
    ];
    let executed = chain.block(&candidates);
    let included: Vec<usize> = executed.included.iter().map(|included| included.candidate).collect();
    assert_eq!(included, [1, 8]);
    let reasons: Vec<(usize, Invalid)> = executed.skipped.clone();
    assert!(matches!(reasons[0], (0, Invalid::Future { found, expected }) if found == nonce + 1 && expected == nonce));
    assert!(matches!(reasons[1], (2, Invalid::Stale { found, expected }) if found == nonce && expected == nonce + 1));
    assert!(matches!(reasons[2], (3, Invalid::Payment { .. })));
    assert!(matches!(reasons[3], (4, Invalid::ExhaustsResources { .. })));
    assert!(matches!(reasons[4], (5, Invalid::ExhaustsResources { .. })));
    assert!(matches!(reasons[5], (6, Invalid::Payment { .. })));
    assert!(matches!(reasons[6], (7, Invalid::Payment { .. })));
    assert_eq!(chain.account(&NOBODY), tenon_types::AccountInfo::default());
}

#[test]
fn accounts_begin_with_the_existential_deposit_and_end_below_it() {
    let mut chain = Chain::new();
    let least = chain.environment.parameters.existential_deposit;
    let error = |error: BalancesError| Err(DispatchError::from(error));
    assert_eq!(chain.send(ALICE, transfer(NOBODY, least - 1)).outcome, error(BalancesError::ExistentialDeposit));
    assert_eq!(chain.send(ALICE, transfer(NOBODY, 0)).outcome, Ok(()));
    assert_eq!(chain.account(&NOBODY), tenon_types::AccountInfo::default(), "nothing moved, nobody began");
    assert_eq!(chain.send(ALICE, transfer(NOBODY, least)).outcome, Ok(()));
    assert_eq!(chain.account(&NOBODY).providers, 1);
    assert_eq!(chain.send(ALICE, transfer(NOBODY, 1)).outcome, Ok(()));
    assert_eq!(chain.send(ALICE, transfer(NOBODY, COIN)).outcome, Ok(()));
    assert_eq!(chain.send(NOBODY, all(ALICE, true)).outcome, Ok(()));
    let rest = chain.account(&NOBODY).data.free;
    assert!(rest >= least && rest < 2 * least, "what the fee's hold left: {rest}");
    assert_eq!(chain.send(ALICE, transfer(NOBODY, COIN)).outcome, Ok(()));
    let free = chain.account(&NOBODY).data.free;
    assert!(chain.send(NOBODY, keep_alive(ALICE, free - least / 2)).outcome.is_err());
    assert_eq!(chain.send(NOBODY, all(ALICE, false)).outcome, Ok(()));
    let ended = chain.account(&NOBODY);
    assert_eq!((ended.providers, ended.data.free, ended.nonce), (0, 0, 3), "the nonce stays");
    // So what was signed for the ended account cannot be replayed when it begins again.
    chain.send(ALICE, transfer(NOBODY, COIN));
    let replay = chain.prepare_with(NOBODY, all(ALICE, false), (2, 0));
    assert!(matches!(chain.block(&[replay]).skipped[..], [(0, Invalid::Stale { found: 2, expected: 3 })]));
    // To itself: nothing moves.
    let before = chain.account(&ALICE).data.free;
    let receipt = chain.send(ALICE, transfer(ALICE, FUNDS / 2));
    assert_eq!(before - chain.account(&ALICE).data.free, receipt.burnt);
    assert_eq!(chain.send(ALICE, transfer(ALICE, FUNDS * 2)).outcome, error(BalancesError::InsufficientBalance));
    let other = Call::Balances(BalancesCall::transfer_allow_death { dest: MultiAddress::Raw(vec![1]), value: COIN });
    assert_eq!(chain.send(ALICE, other).outcome, error(BalancesError::UnknownAddress));
}

#[test]
fn an_account_that_sends_all_pays_its_fee_first() {
    let mut chain = Chain::new();
    for keep in [true, false] {
        let bob = chain.account(&BOB).data.free;
        let receipt = chain.send(BOB, all(ALICE, keep));
        assert_eq!(receipt.outcome, Ok(()));
        assert!(receipt.burnt > 0 && chain.account(&BOB).data.free < bob);
        chain.send(ALICE, transfer(BOB, COIN));
    }
}

#[test]
fn a_deposit_is_locked_for_bytes_and_returned_for_them() {
    let (mut chain, prober) = Chain::with_prober();
    let parameters = chain.environment.parameters.clone();
    let base = chain.record(&prober);
    assert_eq!(base.deposit, parameters.entry_deposit(256));
    let steps: [(&[u8], Option<&[u8]>); 7] = [
        (b"one", Some(b"value")),
        (b"two", Some(&[7; 1_000])),
        (b"one", Some(b"longer value")),
        (b"one", Some(b"")),
        (b"two", None),
        (b"two", None),
        (b"one", None),
    ];
    let mut model = std::collections::BTreeMap::new();
    for (key, value) in steps {
        let mut script = Script::new();
        match value {
            Some(value) => {
                model.insert(key, value);
                script.set(key, value)
            }
            None => {
                model.remove(key);
                script.remove(key)
            }
        };
        let (before, locked) = (chain.account(&ALICE).data.free, chain.record(&prober).deposit);
        let ran = chain.run(&prober, &script);
        assert_eq!(ran.error, 0);
        let bytes: usize = model.iter().map(|(key, value)| key.len() + value.len()).sum();
        let expected = base.deposit
            + parameters.deposit_per_entry * model.len() as Amount
            + parameters.deposit_per_byte * bytes as Amount;
        let record = chain.record(&prober);
        assert_eq!((record.deposit, record.stored_bytes), (expected, base.stored_bytes + bytes as u64));
        let paid = before + locked - chain.account(&ALICE).data.free - ran.receipt.burnt;
        assert_eq!(paid, expected);
    }
    assert_eq!(chain.record(&prober), base);
}

#[test]
fn who_cannot_lock_the_deposit_writes_nothing() {
    let (mut chain, prober) = Chain::with_prober();
    chain.send(ALICE, transfer(NOBODY, COIN));
    let mut script = Script::new();
    let key = script.data(b"key");
    script.host("storage_set", &[key, 3, crate::prober::SCRATCH, 65_536]);
    (0..20u8).for_each(|index| {
        let key = script.data(&[index]);
        script.host("storage_set", &[key, 1, crate::prober::SCRATCH, 65_536]);
    });
    let before = chain.module_state();
    let ran = chain.modules(NOBODY, call_of(&prober, "run", &script, 0, GAS));
    ran.refused(HostError::DepositTooSmall);
    assert!(ran.gas > 10_000_000 && ran.output.is_empty());
    assert_eq!(chain.module_state(), before);
    // The same for code: the fee can be paid, and half of the deposit.
    let poor = Address([0x55; 32]);
    let code = crate::prober::Prober { setup: false, ..Default::default() }.code();
    let parameters = chain.environment.parameters.clone();
    let deposit = parameters.entry_deposit(code.len() as u64);
    let upload = Call::Modules(ModulesCall::upload { code });
    let length = chain.prepare(poor, upload.clone()).bytes.len();
    let fee = Parameters::gas_fee(max_gas(&upload, length, &parameters).unwrap(), chain.environment.base_fee);
    chain.send(ALICE, transfer(poor, fee + parameters.existential_deposit + deposit / 2));
    let receipt = chain.send(poor, upload.clone());
    assert_eq!(receipt.outcome, Err(HostError::DepositTooSmall.into()));
    assert_eq!(chain.module_state(), before);
    chain.send(ALICE, transfer(poor, fee + deposit - deposit / 2));
    assert_eq!(chain.send(poor, upload).outcome, Ok(()));
    assert_eq!(chain.account(&poor).data.free, parameters.existential_deposit);
}

#[test]
fn entries_that_move_between_instances_need_no_more_than_the_difference() {
    let mut chain = Chain::new();
    let mut made: Vec<Address> = (0..2)
        .map(|index| chain.deploy(&crate::prober::Prober { name: format!("n{index}"), ..Default::default() }))
        .collect();
    made.sort();
    let mut fill = Script::new();
    let key = fill.data(b"key");
    fill.host("storage_set", &[key, 3, crate::prober::SCRATCH, 60_000]);
    let mut empty = Script::new();
    empty.remove(b"key");
    chain.run(&made[1], &fill).ok();
    // Bob has the fee and little more. He moves the entry to the instance that comes first in order, in one batch.
    let fee = Parameters::gas_fee(500_000_000, chain.environment.base_fee);
    let rest = chain.account(&BOB).data.free - fee - COIN / 100;
    chain.send(BOB, transfer(ALICE, rest));
    let call = |instance: &Address, script: &Script| Call::Modules(call_of(instance, "run", script, 0, GAS));
    let receipt = chain.send(BOB, batch(vec![call(&made[0], &fill), call(&made[1], &empty)]));
    assert_eq!(receipt.outcome, Ok(()));
}

#[test]
fn what_genesis_stores_has_its_deposit_too() {
    let mut init = Script::new();
    init.set(b"genesis", &[7; 100]);
    let module = GenesisModule {
        name: "prober".into(),
        code: crate::prober::Prober::default().code(),
        input: init.bytes(),
        admin: AdminPolicy::Nobody,
    };
    let [(_, engine), ..] = crate::chain::engines();
    let mut chain = Chain::on(engine, vec![module]);
    let prober = keys::named_address("prober");
    let empty = chain.environment.parameters.entry_deposit(256);
    let entry = |bytes| chain.environment.parameters.entry_deposit(bytes);
    let (first, second) = (entry(107), entry(1_003));
    assert_eq!((chain.record(&prober).deposit, chain.record(&prober).stored_bytes), (empty + first, 256 + 107));
    // So whoever removes it takes nothing that others locked.
    let mut own = Script::new();
    own.set(b"own", &[7; 1_000]);
    chain.run(&prober, &own).ok();
    let mut remove = Script::new();
    remove.remove(b"genesis");
    chain.modules(BOB, call_of(&prober, "run", &remove, 0, GAS)).ok();
    assert_eq!(chain.record(&prober).deposit, empty + second);
    let mut remove = Script::new();
    remove.remove(b"own");
    chain.run(&prober, &remove).ok();
    assert_eq!((chain.record(&prober).deposit, chain.record(&prober).stored_bytes), (empty, 256));
}

#[derive(Clone, Debug)]
enum Act {
    Write { instance: usize, key: u8, length: u16, fails: bool },
    Remove { instance: usize, key: u8 },
    Pay { instance: usize, amount: u64 },
    Spend { instance: usize, to: usize, amount: u64 },
    Transfer { to: usize, amount: u64 },
    All { to: usize },
    Batch(Vec<Self>),
}

fn act() -> impl Strategy<Value = Act> {
    let amount =
        || prop_oneof![0u64..2_000, any::<u64>().prop_map(|n| n % (3 * COIN as u64)), Just(COIN as u64 / 1_000)];
    let leaf = prop_oneof![
        4 => (0usize..3, 0u8..6, 0u16..2_000, any::<bool>())
            .prop_map(|(instance, key, length, fails)| Act::Write { instance, key, length, fails }),
        3 => (0usize..3, 0u8..6).prop_map(|(instance, key)| Act::Remove { instance, key }),
        2 => (0usize..3, amount()).prop_map(|(instance, amount)| Act::Pay { instance, amount }),
        2 => (0usize..3, 0usize..6, amount()).prop_map(|(instance, to, amount)| Act::Spend { instance, to, amount }),
        2 => (0usize..6, amount()).prop_map(|(to, amount)| Act::Transfer { to, amount }),
        1 => (0usize..6).prop_map(|to| Act::All { to }),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Act::Batch))
}

/// The transaction of an act. `instances` and `accounts` are those that it may touch.
fn call(act: &Act, instances: &[Address], accounts: &[Address]) -> Call {
    let run =
        |instance: usize, script: &Script| Call::Modules(call_of(&instances[instance], "run", script, 0, 2_000_000));
    match act {
        Act::Write { instance, key, length, fails } => {
            let mut script = Script::new();
            script.set(&[*key], &vec![7; usize::from(*length)]);
            if *fails {
                script.fail(1);
            }
            run(*instance, &script)
        }
        Act::Remove { instance, key } => {
            let mut script = Script::new();
            script.remove(&[*key]);
            run(*instance, &script)
        }
        Act::Pay { instance, amount } => {
            let amount = Amount::from(*amount);
            Call::Modules(call_of(&instances[*instance], "pay", &Script::new(), amount, 2_000_000))
        }
        Act::Spend { instance, to, amount } => {
            let mut script = Script::new();
            script.send(&accounts[*to], Amount::from(*amount));
            run(*instance, &script)
        }
        Act::Transfer { to, amount } => transfer(accounts[*to], Amount::from(*amount)),
        Act::All { to } => all(accounts[*to], to % 2 == 0),
        Act::Batch(acts) => batch(acts.iter().map(|act| call(act, instances, accounts)).collect()),
    }
}

proptest! {
    #![proptest_config(crate::cases(60))]
    #[test]
    fn no_history_makes_or_loses_coin(acts in prop::collection::vec((0usize..4, act(), 0u64..2_000_000_000), 1..80)) {
        let mut chain = Chain::new();
        let code_hash = chain.upload(crate::prober::Prober::default().code());
        let instances: Vec<Address> = (0..3)
            .map(|_| Address(chain.instantiate(code_hash, None, &Script::new(), 0).output.try_into().unwrap()))
            .collect();
        let poor = [Address([0x31; 32]), Address([0x32; 32])];
        let carol = Address([0xca; 32]);
        chain.send(ALICE, transfer(carol, 100 * COIN));
        poor.iter().for_each(|poor| drop(chain.send(ALICE, transfer(*poor, 3 * COIN))));
        let senders = [ALICE, BOB, poor[0], poor[1]];
        let accounts = [ALICE, poor[0], poor[1], NOBODY, instances[0], PRODUCER];
        for block in acts.chunks(5) {
            let mut nonces = std::collections::BTreeMap::new();
            let candidates: Vec<_> = block.iter().map(|(sender, act, tip)| {
                let sender = senders[*sender];
                let nonce = nonces.entry(sender).or_insert_with(|| chain.account(&sender).nonce);
                *nonce += 1;
                chain.prepare_with(sender, call(act, &instances, &accounts), (*nonce - 1, Amount::from(*tip)))
            }).collect();
            chain.block(&candidates);
        }
        // Whoever removes everything gets every deposit back.
        for instance in &instances {
            let mut script = Script::new();
            (0..6u8).for_each(|key| { script.remove(&[key]); });
            chain.modules(carol, call_of(instance, "run", &script, 0, GAS)).ok();
            let record = chain.record(instance);
            prop_assert_eq!(record.deposit, chain.environment.parameters.entry_deposit(256));
            prop_assert_eq!(record.stored_bytes, 256);
        }
    }
}
