//! Blocks: budgets, stopping, determinism, and that every engine gives the same bytes.

use std::path::Path;
use std::sync::Arc;

use parity_scale_codec::Encode;
use proptest::prelude::*;
use tenon_host::{Diff, Executed, LayeredState, StateReader};
use tenon_types::{Address, AdminPolicy, Call, GenesisModule, ModulesCall, UtilityCall, keys};

use crate::chain::{ALICE, BOB, COIN, Chain, GAS, call_of, engines};
use crate::prober::{Op, Prober, Script};
use crate::random::{script, step};

/// Everything that a block gave, to be compared.
fn summary(executed: &Executed) -> impl PartialEq + std::fmt::Debug + use<> {
    (executed.included.clone(), executed.skipped.clone(), executed.changes.clone(), executed.gas_used, executed.budget)
}

fn run(instance: &Address, script: &Script, gas: u64) -> Call {
    Call::Modules(call_of(instance, "run", script, 0, gas))
}

#[test]
fn a_block_takes_no_more_gas_and_bytes_than_its_room() {
    let (mut chain, prober) = Chain::with_prober();
    let mut script = Script::new();
    script.op(Op::Loop, &[]);
    let nonce = chain.account(&ALICE).nonce;
    chain.environment.parameters.block_gas = 100_000_000;
    let candidates: Vec<_> =
        (0..5).map(|index| chain.prepare_with(ALICE, run(&prober, &script, 30_000_000), (nonce + index, 0))).collect();
    let executed = chain.execute(&candidates, &mut |_| false);
    assert_eq!((executed.included.len(), executed.skipped.len()), (3, 2));
    assert!(executed.gas_used > 90_000_000 && executed.gas_used <= 100_000_000);
    assert_eq!(executed.budget.gas, 100_000_000 - executed.gas_used);
    // What was not used is room for the next.
    let calm: Vec<_> = (0..5)
        .map(|index| chain.prepare_with(ALICE, run(&prober, &Script::new(), 60_000_000), (nonce + index, 0)))
        .collect();
    assert_eq!(chain.execute(&calm, &mut |_| false).included.len(), 5);
    chain.environment.parameters.block_bytes = candidates[0].bytes.len() as u32 * 2 + 1;
    let executed = chain.execute(&candidates, &mut |_| false);
    assert_eq!((executed.included.len(), executed.budget.bytes), (2, 1));
    assert!(matches!(executed.skipped[0], (2, tenon_host::Invalid::TooLong { room: 1, .. })));
}

#[test]
fn a_block_that_is_stopped_holds_what_was_done() {
    let (chain, prober) = Chain::with_prober();
    let nonce = chain.account(&ALICE).nonce;
    let mut script = Script::new();
    script.set(b"key", b"value");
    let candidates: Vec<_> =
        (0..5).map(|index| chain.prepare_with(ALICE, run(&prober, &script, GAS), (nonce + index, 0))).collect();
    let mut asked = Vec::new();
    let stopped = chain.execute(&candidates, &mut |gas| {
        asked.push(gas);
        asked.len() > 2
    });
    assert_eq!((stopped.included.len(), stopped.stopped_at, asked[0]), (2, 2, 0));
    let two = chain.execute(&candidates[..2], &mut |_| false);
    assert_eq!(two.stopped_at, 2);
    assert_eq!(summary(&two), summary(&stopped));
    let none = chain.execute(&candidates, &mut |_| true);
    assert!(none.included.is_empty() && none.changes.is_empty() && none.stopped_at == 0);
}

#[test]
fn skipped_candidates_change_nothing_of_the_block() {
    let (chain, prober) = Chain::with_prober();
    let nonce = chain.account(&ALICE).nonce;
    let mut script = Script::new();
    script.set(b"key", b"value").emit(b"event");
    let good: Vec<_> =
        (0..4).map(|index| chain.prepare_with(ALICE, run(&prober, &script, GAS), (nonce + index, 0))).collect();
    let bad = chain.prepare_with(BOB, run(&prober, &script, GAS), (9, 0));
    let mixed = [&bad, &good[0], &bad, &good[1], &bad, &bad, &good[2], &good[3], &bad].map(Clone::clone);
    let (alone, among) = (chain.execute(&good, &mut |_| false), chain.execute(&mixed, &mut |_| false));
    assert_eq!(alone.changes, among.changes);
    let receipts =
        |executed: &Executed| -> Vec<_> { executed.included.iter().map(|included| included.receipt.clone()).collect() };
    assert_eq!(receipts(&alone), receipts(&among));
    assert!(among.changes.is_sorted_by(|left, right| left.0 < right.0));
    assert_eq!(among.skipped.len(), 5);
}

/// Chains on every engine in the same state, with three probers that hold coin.
fn same_chains() -> (Vec<(&'static str, Chain)>, Vec<Address>, tenon_types::Hash) {
    let mut instances = Vec::new();
    let mut hash = tenon_types::Hash([0; 32]);
    let chains = engines().into_iter().map(|(name, engine)| {
        let mut chain = Chain::on(engine, Vec::new());
        hash = chain.upload(Prober::default().code());
        instances = (0..3)
            .map(|_| Address(chain.instantiate(hash, None, &Script::new(), 5 * COIN).output.try_into().unwrap()))
            .collect();
        (name, chain)
    });
    (chains.collect(), instances, hash)
}

proptest! {
    #![proptest_config(crate::cases(60))]
    #[test]
    fn every_engine_gives_the_same_blocks(
        blocks in prop::collection::vec(prop::collection::vec((prop::collection::vec(step(), 0..12), 0usize..3, any::<bool>()), 1..8), 1..4),
    ) {
        let (mut chains, instances, hash) = same_chains();
        for block in &blocks {
            let mut expected = None;
            for (name, chain) in &mut chains {
                let nonce = chain.account(&ALICE).nonce;
                let candidates: Vec<_> = block.iter().enumerate().map(|(index, (steps, to, batched))| {
                    let mut call = run(&instances[*to], &script(steps, &instances, &hash), 20_000_000);
                    if *batched {
                        call = Call::Utility(UtilityCall::batch_all { calls: vec![call.clone(), call] });
                    }
                    chain.prepare_with(ALICE, call, (nonce + index as u32, 1_000_000_000))
                }).collect();
                let again = summary(&chain.execute(&candidates, &mut |_| false));
                let executed = chain.block(&candidates);
                let internal = tenon_types::DispatchError::from(tenon_abi::HostError::Internal);
                prop_assert!(executed.included.iter().all(|included| included.receipt.outcome != Err(internal)));
                let found = summary(&executed);
                prop_assert_eq!(&again, &found, "{} twice", name);
                match &expected {
                    None => expected = Some(found),
                    Some(expected) => prop_assert_eq!(expected, &found, "{}", name),
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(crate::cases(40))]
    #[test]
    fn blocks_over_layers_are_those_over_one_state(
        blocks in prop::collection::vec(prop::collection::vec((prop::collection::vec(step(), 0..8), 0usize..3), 1..5), 1..5),
    ) {
        let (mut chains, instances, hash) = same_chains();
        let (_, mut chain) = chains.swap_remove(0);
        let base: Arc<dyn StateReader> = chain.state.clone();
        let mut layers: Vec<Arc<Diff>> = Vec::new();
        for block in &blocks {
            let nonce = chain.account(&ALICE).nonce;
            let candidates: Vec<_> = block.iter().enumerate().map(|(index, (steps, to))| {
                let call = run(&instances[*to], &script(steps, &instances, &hash), 20_000_000);
                chain.prepare_with(ALICE, call, (nonce + index as u32, 0))
            }).collect();
            let layered = LayeredState::new(layers.clone(), base.clone());
            let found = summary(&chain.execute_on(Arc::new(layered), &candidates, &mut |_| false));
            let executed = chain.block(&candidates);
            prop_assert_eq!(found, summary(&executed));
            layers.insert(0, Arc::new(Diff::new(executed.changes)));
        }
    }

    #[test]
    fn a_simulation_is_what_the_transaction_then_does(steps in prop::collection::vec(step(), 0..10), to in 0usize..3) {
        let (mut chains, instances, hash) = same_chains();
        let (_, mut chain) = chains.swap_remove(0);
        let call = run(&instances[to], &script(&steps, &instances, &hash), 20_000_000);
        let simulated = chain.simulate(&ALICE, &call);
        let before = (chain.state.clone(), chain.account(&ALICE).data.free);
        let receipt = chain.send(ALICE, call);
        prop_assert_eq!(simulated.dispatch_error, receipt.outcome.err());
        prop_assert_eq!(&simulated.output, &receipt.output);
        prop_assert!(simulated.gas_used.abs_diff(receipt.gas_used) < 2_000, "the length of a signature alone");
        prop_assert_eq!(&simulated.events[..], &receipt.events[..receipt.events.len() - 2]);
        for (key, _, after) in &simulated.changes {
            let account = key.starts_with(&keys::ACCOUNT_PREFIX);
            prop_assert!(account || chain.state.get(key) == after.as_ref(), "{key:?}");
        }
        let received: u128 = receipt.events.iter().map(|event| match event {
            tenon_types::Event::Balances(tenon_types::BalancesEvent::Transfer { to, amount, .. }) if *to == ALICE => *amount,
            _ => 0,
        }).sum();
        let paid = i128::try_from(before.1).unwrap() - i128::try_from(chain.account(&ALICE).data.free).unwrap();
        prop_assert_eq!(paid, i128::try_from(receipt.burnt).unwrap() + simulated.deposit - i128::try_from(received).unwrap());
    }
}

fn assets() -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let executable = std::env::current_exe().unwrap();
    let target = executable.ancestors().nth(3).unwrap().join("modules");
    tenon_build::build_module_if_changed(&root.join("contracts/assets"), &target).unwrap().wasm
}

#[test]
fn every_engine_gives_the_same_blocks_of_the_assets_module() {
    let code = assets();
    let module =
        || GenesisModule { name: "assets".into(), code: code.clone(), input: vec![0], admin: AdminPolicy::Nobody };
    let assets = keys::named_address("assets");
    let call = |method: &str, input: Vec<u8>| {
        Call::Modules(ModulesCall::call { instance: assets, method: method.into(), input, value: 0, gas_limit: GAS })
    };
    let mut first: Option<Vec<_>> = None;
    for (name, engine) in engines() {
        let mut chain = Chain::on(engine, vec![module()]);
        let mut found = Vec::new();
        for round in 0..6u32 {
            let nonce = chain.account(&ALICE).nonce;
            let (gold, symbol) = (format!("Gold {round}"), "GOLD");
            let calls = [
                call("issue", (gold, symbol, 2u8, 1_000_000u128, [0u8; 7]).encode()),
                call("transfer", (1u64, BOB.0, u128::from(round) * 400_000).encode()),
                call("transfer", (1u64, BOB.0, 5u128).encode()),
                call("approve", (1u64, BOB.0, u128::from(round > 1) * 7, 7u128, None::<u64>).encode()),
                call("burn", (u64::from(round), 3u128).encode()),
                call("issue", vec![round as u8; 40]),
                call("transfer", Vec::new()),
                call("none", Vec::new()),
                call("balance_of", (1u64, ALICE.0).encode()),
            ];
            let candidates: Vec<_> = calls
                .into_iter()
                .enumerate()
                .map(|(index, call)| chain.prepare_with(ALICE, call, (nonce + index as u32, 0)))
                .collect();
            let executed = chain.block(&candidates);
            assert_eq!(executed.included[0].receipt.outcome, Ok(()), "issue");
            found.push(summary(&executed));
        }
        match &first {
            None => first = Some(found),
            Some(first) => assert!(*first == found, "{name}"),
        }
    }
}
