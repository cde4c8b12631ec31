//! Upload, instantiate, upgrade, retire: who may, when, and both steps or none.

use tenon_abi::{Capability, HostError};
use tenon_types::{Address, AdminPolicy, Call, Hash, ModulesCall, UtilityCall, keys};

use crate::chain::{ALICE, BOB, COIN, Chain, GAS, NOBODY};
use crate::prober::{Prober, SCRATCH, Script, all_capabilities};

const DAY_MS: u64 = 86_400_000;

fn second_version() -> Prober {
    Prober { name: "second".into(), ..Prober::default() }
}

fn upgrade(instance: Address, code_hash: Hash, script: &Script) -> ModulesCall {
    ModulesCall::upgrade { instance, code_hash, input: script.bytes(), gas_limit: GAS }
}

const fn owned(owner: Address, delay_ms: u64) -> AdminPolicy {
    AdminPolicy::Owner { owner, delay_ms }
}

#[test]
fn code_is_stored_once_and_paid_for_once() {
    let mut chain = Chain::new();
    let code = Prober::default().code();
    let before = chain.account(&ALICE).data.free;
    let first = chain.modules(ALICE, ModulesCall::upload { code: code.clone() });
    let deposit = before - chain.account(&ALICE).data.free - first.receipt.burnt;
    assert_eq!(deposit, chain.environment.parameters.entry_deposit(code.len() as u64));
    let before = chain.account(&BOB).data.free;
    let again = chain.modules(BOB, ModulesCall::upload { code });
    assert_eq!((again.error, &again.output), (0, &first.output));
    assert_eq!(before - chain.account(&BOB).data.free, again.receipt.burnt);
}

#[test]
fn an_address_holds_one_instance_for_ever() {
    let mut chain = Chain::new();
    let code_hash = chain.upload(Prober::default().code());
    let call = |code_hash| ModulesCall::instantiate {
        code_hash,
        input: Script::new().bytes(),
        value: 0,
        salt: Hash([1; 32]),
        admin: owned(ALICE, 0),
        capabilities: None,
        gas_limit: GAS,
    };
    let instance = Address(chain.modules(ALICE, call(code_hash)).output.try_into().unwrap());
    assert_eq!(instance, keys::instance_address(&ALICE, &code_hash, &Hash([1; 32])));
    chain.modules(ALICE, call(code_hash)).refused(HostError::InstanceExists);
    let by_bob = chain.modules(BOB, call(code_hash));
    assert!(by_bob.error == 0 && by_bob.output != instance.0, "another creator, another address");
    chain.modules(ALICE, ModulesCall::retire { instance }).ok();
    chain.modules(ALICE, call(code_hash)).refused(HostError::InstanceExists);
    chain.modules(ALICE, call(Hash([9; 32]))).refused(HostError::CodeNotFound);
}

#[test]
fn a_constructor_that_fails_leaves_no_instance() {
    let mut chain = Chain::new();
    let code_hash = chain.upload(Prober::default().code());
    let before = chain.module_state();
    let mut script = Script::new();
    script.set(b"a", b"b").fail(4);
    let ran = chain.instantiate(code_hash, None, &script, COIN);
    assert_eq!(ran.error, tenon_abi::module_error_code(4));
    assert_eq!(chain.module_state(), before);
    // The same from inside a module.
    let factory = chain.deploy(&second_version());
    let before = chain.module_state();
    let mut outer = Script::new();
    let input = script.bytes();
    let (hash, data, amount) = (outer.data(&code_hash.0), outer.data(&input), outer.data(&0u128.to_le_bytes()));
    let salt = outer.data(&[5; 32]);
    outer.host("instantiate", &[hash, data, input.len() as u64, amount, salt, 1, SCRATCH]);
    let log = chain.run(&factory, &outer).ok();
    assert_eq!(log, [u64::from(tenon_abi::module_error_code(4))]);
    assert_eq!(chain.module_state(), before);
}

#[test]
fn a_module_deploys_and_upgrades_what_it_administers() {
    let mut chain = Chain::new();
    let code_hash = chain.upload(Prober::default().code());
    let next = chain.upload(second_version().code());
    let factory = chain.deploy(&Prober { name: "factory".into(), ..Prober::default() });
    let mut init = Script::new();
    init.set(b"made", b"1");
    let mut script = Script::new();
    let input = init.bytes();
    let (hash, data, amount) = (script.data(&code_hash.0), script.data(&input), script.data(&0u128.to_le_bytes()));
    let (salt, new) = (script.data(&[5; 32]), script.data(&next.0));
    let create = [hash, data, input.len() as u64, amount, salt, 1, SCRATCH];
    script.host("instantiate", &create).host("instantiate", &create);
    script.host("upgrade", &[SCRATCH, new, 0, 0]).host("code_hash", &[SCRATCH, SCRATCH + 32]);
    script.host("code_hash", &[SCRATCH + 64, SCRATCH + 32]);
    let log = chain.run(&factory, &script).ok();
    assert_eq!(log, [0, u64::from(HostError::InstanceExists.code()), 0, 1, 0]);
    let made = keys::instance_address(&factory, &code_hash, &Hash([5; 32]));
    assert_eq!((chain.record(&made).code_hash, chain.stored(&made, b"made")), (next, Some(b"1".to_vec())));
    assert_eq!(chain.record(&made).history, [(chain.environment.height - 1, code_hash)]);
    // Nobody else may, not even the account behind it.
    chain.modules(ALICE, upgrade(made, code_hash, &Script::new())).refused(HostError::NotAdmin);
    // An instance cannot replace its own code while it runs.
    chain.modules(ALICE, ModulesCall::set_admin { instance: factory, admin: owned(factory, 0) }).ok();
    let mut itself = Script::new();
    let (address, new) = (itself.data(&factory.0), itself.data(&next.0));
    itself.host("upgrade", &[address, new, 0, 0]);
    assert_eq!(chain.run(&factory, &itself).ok(), [u64::from(HostError::Reentry.code())]);
}

#[test]
fn an_upgrade_and_its_migration_are_one_step() {
    let (mut chain, prober) = Chain::with_prober();
    let old = chain.record(&prober).code_hash;
    let next = chain.upload(second_version().code());
    let mut bad = Script::new();
    bad.set(b"migrated", b"1").fail(1);
    let before = chain.module_state();
    assert_eq!(chain.modules(ALICE, upgrade(prober, next, &bad)).error, tenon_abi::module_error_code(1));
    assert_eq!(chain.module_state(), before);
    let mut good = Script::new();
    good.set(b"migrated", b"1");
    chain.modules(ALICE, upgrade(prober, next, &good)).ok();
    assert_eq!((chain.record(&prober).code_hash, chain.stored(&prober, b"migrated")), (next, Some(b"1".to_vec())));
    assert_eq!(chain.record(&prober).history, [(chain.environment.height - 1, old)]);
    chain.modules(ALICE, upgrade(prober, Hash([3; 32]), &good)).refused(HostError::CodeNotFound);
    chain.modules(BOB, upgrade(prober, old, &good)).refused(HostError::NotAdmin);
    chain.modules(ALICE, upgrade(NOBODY, old, &good)).refused(HostError::InstanceNotFound);
    // Arguments for a `migrate` that the code does not have.
    let without = chain.upload(Prober { setup: false, ..second_version() }.code());
    chain.modules(ALICE, upgrade(prober, without, &good)).refused(HostError::MethodNotFound);
    let call = ModulesCall::upgrade { instance: prober, code_hash: without, input: Vec::new(), gas_limit: 0 };
    chain.modules(ALICE, call).ok();
}

#[test]
fn an_upgrade_never_widens_what_an_instance_may_do() {
    let mut chain = Chain::new();
    let narrow = all_capabilities().bits() & !(Capability::Coin as u32);
    let first = chain.upload(Prober::default().code());
    let second = chain.upload(second_version().code());
    let less = chain.upload(Prober { capabilities: Capability::Storage as u32, ..Prober::default() }.code());
    let ran = chain.instantiate(first, Some(narrow), &Script::new(), 0);
    let instance = Address(ran.output.try_into().unwrap());
    chain.modules(ALICE, upgrade(instance, second, &Script::new())).ok();
    assert_eq!(chain.record(&instance).capabilities, narrow);
    let mut script = Script::new();
    script.send(&BOB, 0);
    chain.run(&instance, &script).refused(HostError::CapabilityDenied);
    chain.modules(ALICE, upgrade(instance, less, &Script::new())).ok();
    chain.modules(ALICE, upgrade(instance, second, &Script::new())).ok();
    assert_eq!(chain.record(&instance).capabilities, Capability::Storage as u32);
}

#[test]
fn code_that_says_so_is_never_replaced() {
    let mut chain = Chain::new();
    let fixed = chain.deploy(&Prober { upgradable: false, ..Prober::default() });
    let next = chain.upload(second_version().code());
    chain.modules(ALICE, upgrade(fixed, next, &Script::new())).refused(HostError::NotAdmin);
}

#[test]
fn nobody_administers_what_nobody_owns() {
    let (mut chain, prober) = Chain::with_prober();
    let next = chain.upload(second_version().code());
    let give_up = ModulesCall::set_admin { instance: prober, admin: AdminPolicy::Nobody };
    let calls = [
        give_up.clone(),
        ModulesCall::retire { instance: prober },
        upgrade(prober, next, &Script::new()),
        ModulesCall::announce_upgrade { instance: prober, code_hash: next },
        ModulesCall::set_admin { instance: prober, admin: owned(BOB, 0) },
    ];
    for call in &calls {
        chain.modules(BOB, call.clone()).refused(HostError::NotAdmin);
    }
    chain.modules(ALICE, give_up).ok();
    for call in calls {
        chain.modules(ALICE, call).refused(HostError::NotAdmin);
    }
    chain.run(&prober, &Script::new()).ok();
}

#[test]
fn a_time_lock_holds_until_its_moment_and_cannot_be_shortened() {
    let (mut chain, prober) = Chain::with_prober();
    let next = chain.upload(second_version().code());
    let other = chain.upload(Prober { name: "other".into(), ..Prober::default() }.code());
    chain.modules(ALICE, ModulesCall::set_admin { instance: prober, admin: owned(ALICE, DAY_MS) }).ok();
    let locked = |chain: &mut Chain, code_hash| {
        chain.modules(ALICE, upgrade(prober, code_hash, &Script::new())).refused(HostError::TimeLocked);
    };
    locked(&mut chain, next);
    // The lock is a promise to users: its owner cannot lift it, for itself or for a friend.
    for admin in [owned(ALICE, 0), owned(ALICE, DAY_MS - 1), owned(BOB, 0)] {
        chain.modules(ALICE, ModulesCall::set_admin { instance: prober, admin }).refused(HostError::TimeLocked);
    }
    let announced_at = chain.environment.time_ms;
    chain.modules(ALICE, ModulesCall::announce_upgrade { instance: prober, code_hash: next }).ok();
    locked(&mut chain, next);
    chain.environment.time_ms = announced_at + DAY_MS - 1;
    locked(&mut chain, next);
    chain.environment.time_ms = announced_at + DAY_MS;
    let mut bad = Script::new();
    bad.fail(1);
    let mut fork = chain.clone();
    locked(&mut fork, other);
    fork.environment.time_ms = announced_at + DAY_MS;
    assert_eq!(fork.modules(ALICE, upgrade(prober, next, &bad)).error, tenon_abi::module_error_code(1));
    fork.modules(ALICE, upgrade(prober, next, &Script::new())).ok();
    locked(&mut fork, next);
    // Another announcement begins the wait again, and so does another owner.
    chain.modules(ALICE, ModulesCall::announce_upgrade { instance: prober, code_hash: other }).ok();
    locked(&mut chain, next);
    chain.modules(ALICE, ModulesCall::set_admin { instance: prober, admin: owned(BOB, DAY_MS) }).ok();
    assert_eq!(chain.record(&prober).announced, None);
    chain.modules(BOB, ModulesCall::set_admin { instance: prober, admin: AdminPolicy::Nobody }).ok();
}

#[test]
fn a_retired_instance_answers_queries_alone() {
    let (mut chain, prober) = Chain::with_prober();
    let other = chain.deploy(&second_version());
    let mut script = Script::new();
    script.set(b"a", b"kept");
    chain.run(&prober, &script).ok();
    chain.modules(BOB, ModulesCall::retire { instance: prober }).refused(HostError::NotAdmin);
    chain.modules(ALICE, ModulesCall::retire { instance: prober }).ok();
    chain.run(&prober, &script).refused(HostError::Retired);
    let next = chain.record(&other).code_hash;
    chain.modules(ALICE, upgrade(prober, next, &Script::new())).refused(HostError::Retired);
    let mut read = Script::new();
    read.get(b"a");
    assert_eq!(chain.query(&prober, "look", &read).output, 4u64.to_le_bytes());
    let mut outer = Script::new();
    outer.call(&prober, "run", &script).call(&prober, "look", &read);
    let log = chain.run(&other, &outer).ok();
    assert_eq!([log[0] >> 32, log[1] >> 32], [u64::from(HostError::Retired.code()), 0]);
}

#[test]
fn the_history_of_an_instance_is_bounded() {
    let (mut chain, prober) = Chain::with_prober();
    let versions = [chain.record(&prober).code_hash, chain.upload(second_version().code())];
    for step in 1..=tenon_types::MAX_UPGRADES_KEPT + 3 {
        chain.modules(ALICE, upgrade(prober, versions[step % 2], &Script::new())).ok();
    }
    let record = chain.record(&prober);
    assert_eq!(record.history.len(), tenon_types::MAX_UPGRADES_KEPT);
    assert_eq!(record.history.last(), Some(&(chain.environment.height - 1, versions[0])));
}

#[test]
fn an_upgrade_inside_a_call_that_fails_never_was() {
    let (mut chain, admin) = Chain::with_prober();
    let managed = chain.deploy(&second_version());
    let less = chain.upload(Prober { capabilities: Capability::Upgrade as u32, ..Prober::default() }.code());
    chain.modules(ALICE, ModulesCall::set_admin { instance: managed, admin: owned(admin, 0) }).ok();
    let mut inner = Script::new();
    let (address, code) = (inner.data(&managed.0), inner.data(&less.0));
    let mut write = Script::new();
    write.set(b"key", b"value");
    // After the upgrade the code has no storage; after the failure it has it again, in the same transaction.
    inner.host("upgrade", &[address, code, 0, 0]).call(&managed, "run", &write);
    let log = chain.clone().run(&admin, &inner).ok();
    assert_eq!(log, [0, u64::from(HostError::Trap.code()) << 32]);
    inner.fail(9);
    let mut outer = Script::new();
    outer.call(&managed, "run", &write).call(&admin, "again", &inner).call(&managed, "run", &write);
    let before = chain.record(&managed);
    let log = chain.run(&admin, &outer).ok();
    let errors: Vec<u64> = log.iter().map(|result| result >> 32).collect();
    assert_eq!(errors, [0, u64::from(tenon_abi::module_error_code(9)), 0]);
    let after = chain.record(&managed);
    assert_eq!(
        (after.code_hash, after.capabilities, after.history),
        (before.code_hash, before.capabilities, before.history)
    );
}

#[test]
fn code_of_a_failed_batch_is_not_there_on_any_engine() {
    for (name, engine) in crate::chain::engines() {
        let mut chain = Chain::on(engine, Vec::new());
        let code = Prober::default().code();
        let code_hash = tenon_types::blake2b_256(&code);
        let create = |salt| ModulesCall::instantiate {
            code_hash,
            input: Script::new().bytes(),
            value: 0,
            salt: Hash([salt; 32]),
            admin: AdminPolicy::Nobody,
            capabilities: None,
            gas_limit: GAS,
        };
        let retire = ModulesCall::retire { instance: NOBODY };
        let batch = |calls: Vec<ModulesCall>| {
            let calls = calls.into_iter().map(Call::Modules).collect();
            Call::Utility(UtilityCall::batch_all { calls })
        };
        let upload = ModulesCall::upload { code };
        let before = chain.module_state();
        let receipt = chain.send(ALICE, batch(vec![upload.clone(), create(1), retire]));
        assert_eq!(receipt.outcome, Err(HostError::InstanceNotFound.into()), "{name}");
        assert_eq!(chain.module_state(), before, "{name}");
        chain.modules(ALICE, create(1)).refused(HostError::CodeNotFound);
        let receipt = chain.send(ALICE, batch(vec![upload, create(1), create(2)]));
        assert_eq!(receipt.outcome, Ok(()), "{name}");
        let made = Address(receipt.output.try_into().unwrap());
        chain.run(&made, &Script::new()).ok();
    }
}
