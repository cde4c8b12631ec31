//! Calls between instances: what a failed one undoes, what it costs, how deep they go, who may be entered again.

use tenon_abi::{HostError, limits};
use tenon_types::{Address, ModulesEvent, keys};

use crate::chain::{ALICE, BOB, COIN, Chain, GAS, NOBODY, call_of, called};
use crate::prober::{Op, Prober, SCRATCH, Script};

fn three() -> (Chain, Address, Address, Address) {
    let mut chain = Chain::new();
    let mut named = |name: &str| chain.deploy(&Prober { name: name.into(), ..Prober::default() });
    let (first, second, third) = (named("first"), named("second"), named("third"));
    (chain, first, second, third)
}

#[test]
fn a_failed_call_undoes_its_own_changes_alone() {
    let (mut chain, first, second, third) = three();
    let code_hash = chain.record(&third).code_hash;
    chain.modules(ALICE, call_of(&second, "pay", &Script::new(), 10 * COIN, GAS)).ok();
    let mut deepest = Script::new();
    deepest.set(b"deep", b"1").emit(b"deep").transient_set(b"t", b"deep");
    let mut inner = Script::new();
    inner.set(b"inner", b"1").remove(b"kept").transient_set(b"t", b"inner").emit(b"inner").send(&NOBODY, COIN);
    let (hash, amount) = (inner.data(&code_hash.0), inner.data(&0u128.to_le_bytes()));
    inner.host("instantiate", &[hash, 0, 0, amount, SCRATCH, 0, SCRATCH]);
    inner.call(&third, "run", &deepest).fail(3);
    let mut before = Script::new();
    before.set(b"kept", b"1").transient_set(b"t", b"before");
    let mut read = Script::new();
    read.transient_get(b"t").get(b"kept").get(b"inner").op(Op::Peek, &[SCRATCH]);
    let mut outer = Script::new();
    outer.set(b"outer", b"1").emit(b"outer").call(&second, "run", &before).call(&second, "run", &inner);
    outer.call(&second, "run", &read).host("return_data", &[SCRATCH, 64]);
    outer.op(Op::Peek, &[SCRATCH]).op(Op::Peek, &[SCRATCH + 8]).op(Op::Peek, &[SCRATCH + 16]);
    let instances = chain.module_state().len();
    let ran = chain.run(&first, &outer);
    assert_eq!(ran.error, 0);
    assert_eq!(called(ran.log[3]).0, tenon_abi::module_error_code(3));
    assert_eq!(ran.log[ran.log.len() - 3..], [6, 1, u64::MAX], "the transient value, kept and inner of the second");
    let emitted: Vec<Vec<u8>> = ran.receipt.events.iter().filter_map(emitted).collect();
    assert_eq!(emitted, [b"outer".to_vec()]);
    assert_eq!(chain.stored(&second, b"inner"), None);
    assert_eq!(chain.stored(&third, b"deep"), None);
    assert_eq!(chain.stored(&second, b"kept"), Some(b"1".to_vec()));
    assert_eq!(chain.account(&NOBODY).data.free, 0);
    assert_eq!(chain.account(&second).data.free, 10 * COIN);
    assert_eq!(chain.module_state().len(), instances + 2, "outer and kept, no instance");
}

fn emitted(event: &tenon_types::Event) -> Option<Vec<u8>> {
    match event {
        tenon_types::Event::Modules(ModulesEvent::Emitted { data, .. }) => Some(data.clone()),
        _ => None,
    }
}

#[test]
fn a_callee_that_burns_everything_leaves_its_caller_a_share() {
    let (mut chain, first, second, _) = three();
    for op in [Op::Loop, Op::Trap, Op::Divide, Op::Load, Op::Mismatch] {
        let mut inner = Script::new();
        inner.set(b"a", b"b").op(op, &[]);
        let mut outer = Script::new();
        outer.call(&second, "run", &inner).host("gas_left", &[]).set(b"after", b"1");
        let ran = chain.run(&first, &outer);
        let expected = if op == Op::Loop { HostError::OutOfGas } else { HostError::Trap };
        assert_eq!((ran.error, called(ran.log[0])), (0, (expected.code(), 0)), "{op:?}");
        assert!(ran.log[1] < GAS / 64 && ran.log[1] > GAS / 64 - 50_000, "{op:?} left {}", ran.log[1]);
        // A limit bounds what it may burn.
        let mut outer = Script::new();
        outer.call_with(&second, "run", &inner, (0, 2_000_000, 0)).host("gas_left", &[]);
        let ran = chain.run(&first, &outer);
        assert!(ran.log[1] > GAS - 4_000_000, "{op:?} left {}", ran.log[1]);
    }
    // One that fails by itself, or at a limit of the host, gives back what it did not use.
    for (number, expected) in [(1, tenon_abi::module_error_code(1)), (1 << 20, HostError::LimitExceeded.code())] {
        let mut inner = Script::new();
        inner.fail(number);
        let mut outer = Script::new();
        outer.call(&second, "run", &inner).host("gas_left", &[]);
        let ran = chain.run(&first, &outer);
        assert_eq!(called(ran.log[0]).0, expected);
        assert!(ran.log[1] > GAS - 4_000_000);
    }
}

#[test]
fn an_instance_on_the_stack_is_not_entered_again() {
    let (mut chain, first, second, third) = three();
    let nothing = Script::new();
    let reentry = u64::from(HostError::Reentry.code());
    for method in ["run", "pay", "look"] {
        // Directly, through one other, through two, and read-only.
        let mut direct = Script::new();
        direct.call(&first, method, &nothing).call_with(&first, "look", &nothing, (0, 0, 1));
        let log = chain.run(&first, &direct).ok();
        assert_eq!(log.iter().map(|result| result >> 32).collect::<Vec<_>>(), [reentry, reentry], "{method}");
        let mut back = Script::new();
        back.call(&first, method, &nothing);
        let mut middle = Script::new();
        middle.call(&third, "run", &back).pass_on(8);
        let mut outer = Script::new();
        outer.call(&second, "run", &middle).pass_on(8);
        let log = chain.run(&first, &outer).ok();
        assert_eq!(log[0] >> 32, reentry, "{method} through two");
        let mut query = Script::new();
        query.call(&second, "look", &Script::new());
        let mut look_back = Script::new();
        look_back.call(&first, "look", &nothing);
        let mut outer = Script::new();
        outer.call_with(&second, "look", &look_back, (0, 0, 1)).pass_on(8);
        let log = chain.run(&first, &outer).ok();
        assert_eq!(log[0] >> 32, reentry, "through a query");
    }
}

#[test]
fn a_method_marked_reentrant_is_entered_again_and_sees_what_was_written() {
    let (mut chain, first, second, _) = three();
    let mut again = Script::new();
    again.get(b"a").set(b"a", b"again");
    let mut back = Script::new();
    back.call(&first, "again", &again).pass_on(16);
    let mut outer = Script::new();
    outer.set(b"a", b"outer").call(&second, "run", &back).get(b"a");
    let log = chain.run(&first, &outer).ok();
    assert_eq!((log[1] >> 32, log[2]), (0, 5));
    assert_eq!(chain.stored(&first, b"a"), Some(b"again".to_vec()));
    // If it fails then, only what it wrote is undone.
    let mut again = Script::new();
    again.set(b"a", b"undone").fail(1);
    let mut outer = Script::new();
    outer.set(b"a", b"first").call(&first, "again", &again).get(b"a");
    let log = chain.run(&first, &outer).ok();
    assert_eq!(log[2], 5);
    assert_eq!(chain.stored(&first, b"a"), Some(b"first".to_vec()));
}

#[test]
fn sending_coin_calls_nobody() {
    let (mut chain, first, second, _) = three();
    chain.modules(ALICE, call_of(&first, "pay", &Script::new(), COIN, GAS)).ok();
    let mut script = Script::new();
    script.send(&second, 5).send(&first, 7).send(&second, COIN).send(&NOBODY, 1);
    let log = chain.run(&first, &script).ok();
    let (poor, dust) = (HostError::InsufficientBalance.code(), HostError::BelowExistentialDeposit.code());
    assert_eq!(log, [0, 0, u64::from(poor), u64::from(dust)]);
    assert_eq!(chain.account(&second).data.free, 5);
    // All of it may leave an instance, which goes on.
    let mut script = Script::new();
    script.send(&BOB, COIN - 5);
    assert_eq!(chain.run(&first, &script).ok(), [0]);
    assert_eq!((chain.account(&first).data.free, chain.account(&first).sufficients), (0, 1));
    chain.run(&first, &Script::new()).ok();
}

#[test]
fn nested_calls_end_at_the_limit() {
    let (mut chain, first, second, _) = three();
    let mut script = Script::new();
    script.op(Op::Count, &[1]);
    // `again` may be entered again, so two instances nest as deep as they are let.
    for depth in 0..=u64::from(limits::MAX_CALL_DEPTH) {
        let mut outer = Script::new();
        let target = if depth % 2 == 0 { &first } else { &second };
        outer.call(target, "again", &script);
        if depth != 1 {
            outer.pass_on(8);
        }
        script = outer;
    }
    let ran = chain.run(&first, &script);
    assert_eq!(ran.error, 0);
    assert_eq!(called(ran.log[0]), (HostError::StackOverflow.code(), 0), "what the innermost saw is passed on");
}

#[test]
fn recursion_inside_a_module_ends_at_the_limit_at_any_depth_of_calls() {
    let (mut chain, first, second, _) = three();
    let mut deep = Script::new();
    deep.op(Op::Recurse, &[100_000_000]);
    let ran = chain.run(&first, &deep);
    ran.refused(HostError::StackOverflow);
    assert_eq!(ran.gas, GAS, "a raw trap costs all");
    let mut script = deep.clone();
    for depth in 0..u64::from(limits::MAX_CALL_DEPTH) - 2 {
        let mut outer = Script::new();
        let target = if depth % 2 == 0 { &first } else { &second };
        outer.call(target, "again", &script);
        script = outer;
    }
    let ran = chain.run(&first, &script);
    assert_eq!(ran.error, 0);
    // What is left of the stack is shared by nested calls: each may use what its caller does not.
    let mut shallow = Script::new();
    shallow.op(Op::Recurse, &[2_000]);
    assert_eq!(chain.run(&first, &shallow).ok(), [2_000]);
}

#[test]
fn only_targets_of_the_manifest_are_called() {
    let mut chain = Chain::new();
    let other = chain.deploy(&Prober { name: "other".into(), ..Prober::default() });
    let third = chain.deploy(&Prober { name: "third".into(), ..Prober::default() });
    let mut script = Script::new();
    script.call(&other, "run", &Script::new());
    let mut to_third = Script::new();
    to_third.call(&third, "run", &Script::new());
    for (targets, may) in [
        (vec![], false),
        (vec!["*".to_owned()], true),
        (vec![other.to_string()], true),
        (vec![third.to_string()], false),
        (vec!["other".to_owned()], false),
        (vec!["**".to_owned(), String::new()], false),
        (vec![third.to_string(), other.to_string()], true),
    ] {
        let caller = chain.deploy(&Prober { call_targets: targets.clone(), ..Prober::default() });
        let ran = chain.run(&caller, &script);
        let expected = if may { 0 } else { HostError::CapabilityDenied.code() };
        assert_eq!(ran.error, expected, "{targets:?}");
    }
    // A name means the protocol module of genesis, not an instance whose manifest says so.
    let named = keys::named_address("assets");
    let caller = chain.deploy(&Prober { call_targets: vec!["assets".into()], ..Prober::default() });
    let mut script = Script::new();
    script.call(&named, "run", &Script::new());
    let log = chain.run(&caller, &script).ok();
    assert_eq!(called(log[0]).0, HostError::InstanceNotFound.code());
    chain.run(&caller, &to_third).refused(HostError::CapabilityDenied);
}

#[test]
fn a_long_list_of_targets_makes_no_call_slow() {
    let mut chain = Chain::new();
    let other = chain.deploy(&Prober { name: "other".into(), ..Prober::default() });
    let mut targets: Vec<String> = (0..500).map(|index| format!("n{index}")).collect();
    targets.push(other.to_string());
    let code = Prober { call_targets: targets, ..Prober::default() }.code();
    if chain.modules(ALICE, tenon_types::ModulesCall::upload { code: code.clone() }).error != 0 {
        return;
    }
    let ran = chain.instantiate(tenon_types::blake2b_256(&code), None, &Script::new(), 0);
    let caller = Address(ran.output.try_into().unwrap());
    let (mut script, nothing) = (Script::new(), Script::new());
    (0..300).for_each(|_| {
        script.call(&other, "none", &nothing);
    });
    let start = std::time::Instant::now();
    assert_eq!(chain.run(&caller, &script).ok().len(), 300);
    assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
}

#[test]
fn calls_to_what_does_not_exist_have_numbers() {
    let (mut chain, first, second, _) = three();
    let mut script = Script::new();
    let long = "m".repeat(64);
    script.call(&NOBODY, "run", &Script::new()).call(&second, "none", &Script::new());
    script.call(&second, "", &Script::new()).call(&second, &long, &Script::new());
    script.call(&second, "tick", &Script::new()).call(&second, "holds", &Script::new());
    let log = chain.run(&first, &script).ok();
    let errors: Vec<u32> = log.iter().map(|result| called(*result).0).collect();
    let (instance, method) = (HostError::InstanceNotFound.code(), HostError::MethodNotFound.code());
    assert_eq!(errors, [instance, method, method, method, method, method]);
    for name in ["init", "migrate", "call.run", "run\0", "\u{1f980}"] {
        chain.modules(ALICE, call_of(&first, name, &Script::new(), 0, GAS)).refused(HostError::MethodNotFound);
    }
    chain.modules(ALICE, call_of(&NOBODY, "run", &Script::new(), 0, GAS)).refused(HostError::InstanceNotFound);
    chain.modules(ALICE, call_of(&first, "run", &Script::new(), 1, GAS)).refused(HostError::NotPayable);
}

#[test]
fn transient_storage_ends_with_the_transaction() {
    let (mut chain, first, second, _) = three();
    let mut script = Script::new();
    script.transient_set(b"t", b"one").transient_get(b"t").transient_set(b"t", b"").transient_get(b"t");
    script.transient_set(b"t", b"two!").transient_get(b"t");
    assert_eq!(chain.run(&first, &script).ok(), [0, 3, 0, u64::MAX, 0, 4]);
    let mut script = Script::new();
    script.transient_get(b"t");
    let mut other = Script::new();
    other.call(&second, "run", &script).pass_on(8);
    assert_eq!(chain.run(&first, &script).ok(), [u64::MAX]);
    // Two transactions of one block.
    let mut set = Script::new();
    set.transient_set(b"t", b"one");
    let nonce = chain.account(&ALICE).nonce;
    let call = |script: &Script| tenon_types::Call::Modules(call_of(&first, "run", script, 0, GAS));
    let block =
        [chain.prepare_with(ALICE, call(&set), (nonce, 0)), chain.prepare_with(ALICE, call(&script), (nonce + 1, 0))];
    let executed = chain.block(&block);
    assert_eq!(executed.included[1].receipt.output, u64::MAX.to_le_bytes());
}
