//! Modules that mean harm: they end with a number and a bounded cost, and the process goes on.

use std::time::Instant;

use tenon_abi::{ABI_SECTION, HostError, MANIFEST_SECTION, limits, section};
use tenon_types::ModulesCall;

use crate::chain::{ALICE, Chain, GAS, call_of, too_long};
use crate::prober::{Op, Prober, SCRATCH, Script, entry, method, text, with_section};

#[test]
fn raw_traps_cost_all_gas_and_undo_everything() {
    let (mut chain, prober) = Chain::with_prober();
    let before = chain.module_state();
    let recurse = (Op::Recurse, HostError::StackOverflow);
    let traps = [Op::Trap, Op::Divide, Op::Load, Op::Mismatch].map(|op| (op, HostError::Trap));
    for (op, expected) in traps.into_iter().chain([recurse, (Op::Loop, HostError::OutOfGas)]) {
        let mut script = Script::new();
        script.set(b"key", b"value").emit(b"event").op(op, &[u64::from(u32::MAX)]);
        let start = Instant::now();
        let ran = chain.run(&prober, &script);
        ran.refused(expected);
        assert_eq!((ran.gas, ran.output.len()), (GAS, 0), "{op:?}");
        assert!(start.elapsed().as_secs() < 20, "{op:?} took {:?}", start.elapsed());
        assert_eq!(chain.module_state(), before, "{op:?}");
        chain.run(&prober, &Script::new()).ok();
    }
}

#[test]
fn memory_grows_to_the_manifest_and_is_paid_for() {
    let (mut chain, prober) = Chain::with_prober();
    let mut script = Script::new();
    script.op(Op::Grow, &[3]).op(Op::Grow, &[1]).op(Op::Grow, &[1]).op(Op::Grow, &[0]);
    assert_eq!(chain.run(&prober, &script).ok(), [16, 19, u64::MAX, 20]);
    for pages in [5, 65_535, u64::from(u32::MAX)] {
        let mut script = Script::new();
        script.op(Op::Grow, &[pages]);
        let ran = chain.run(&prober, &script);
        assert!(ran.error == HostError::OutOfGas.code() || ran.log == [u64::MAX], "{pages}: {}", ran.error);
    }
    let mut script = Script::new();
    script.op(Op::Fill, &[SCRATCH, 1, u64::from(u32::MAX)]);
    let ran = chain.run(&prober, &script);
    assert!([HostError::OutOfGas.code(), HostError::Trap.code()].contains(&ran.error), "{}", ran.error);
    assert_eq!(ran.gas, GAS);
}

#[test]
fn too_little_gas_ends_any_script_at_every_point() {
    let (mut chain, prober) = Chain::with_prober();
    let other = chain.deploy(&Prober { name: "other".into(), ..Prober::default() });
    let mut inner = Script::new();
    inner.set(b"inner", b"value").op(Op::Count, &[100]).emit(b"inner");
    let mut script = Script::new();
    script.set(b"outer", b"value").call(&other, "run", &inner).get(b"outer").emit(b"outer");
    let before = chain.module_state();
    let mut fork = chain.clone();
    let all = fork.run(&prober, &script).gas;
    for limit in (0..all).step_by(977) {
        let mut fork = chain.clone();
        let ran = fork.modules(ALICE, call_of(&prober, "run", &script, 0, limit));
        if ran.error == 0 {
            // The callee alone may have run out.
            assert!(
                ran.log.iter().any(|result| result >> 32 == u64::from(HostError::OutOfGas.code())),
                "{limit} of {all}"
            );
            continue;
        }
        ran.refused(HostError::OutOfGas);
        assert_eq!(ran.gas, limit);
        assert_eq!(fork.module_state(), before);
    }
    let ran = chain.modules(ALICE, call_of(&prober, "run", &script, 0, all * 65 / 64));
    assert_eq!((ran.error, ran.gas), (0, all));
}

#[test]
fn garbage_input_and_output_are_only_bytes() {
    let (mut chain, prober) = Chain::with_prober();
    for input in [vec![0xff; 8], vec![0xff; 4_096], vec![0], (0..=255).collect::<Vec<u8>>()] {
        let call = ModulesCall::call { instance: prober, method: "run".into(), input, value: 0, gas_limit: GAS };
        let ran = chain.modules(ALICE, call);
        assert!([0, HostError::Trap.code(), HostError::OutOfGas.code()].contains(&ran.error), "{}", ran.error);
    }
    let mut script = Script::new();
    script.op(Op::Fill, &[SCRATCH, 0xff, u64::from(limits::MAX_OUTPUT_BYTES)]);
    script.host("output", &[SCRATCH, u64::from(limits::MAX_OUTPUT_BYTES)]).op(Op::Stop, &[]);
    let ran = chain.run(&prober, &script);
    assert_eq!((ran.error, ran.output), (0, vec![0xff; limits::MAX_OUTPUT_BYTES as usize]));
}

#[test]
fn input_over_the_limit_is_refused_everywhere() {
    let (mut chain, prober) = Chain::with_prober();
    let code_hash = chain.record(&prober).code_hash;
    let input = too_long();
    let calls = [
        ModulesCall::call { instance: prober, method: "run".into(), input: input.clone(), value: 0, gas_limit: GAS },
        ModulesCall::instantiate {
            code_hash,
            input: input.clone(),
            value: 0,
            salt: tenon_types::Hash([0x77; 32]),
            admin: tenon_types::AdminPolicy::Nobody,
            capabilities: None,
            gas_limit: GAS,
        },
        ModulesCall::upgrade { instance: prober, code_hash, input, gas_limit: GAS },
    ];
    for call in calls {
        chain.modules(ALICE, call).refused(HostError::LimitExceeded);
    }
}

/// A module from the text format with both sections and methods for some exports.
fn module(text_format: &str, exports: &[&str]) -> Vec<u8> {
    let code = wat::parse_str(text_format).unwrap();
    let manifest = [entry(section::NAME, &text("odd")), entry(section::CAPABILITIES, &0u32.to_le_bytes())].concat();
    let methods: Vec<u8> = exports.iter().flat_map(|export| method(export, 0)).collect();
    with_section(with_section(code, MANIFEST_SECTION, &manifest), ABI_SECTION, &methods)
}

#[test]
fn code_that_breaks_a_rule_is_refused_and_leaves_nothing() {
    let memory = r#"(memory (export "memory") 1)"#;
    let good = module(&format!(r#"(module {memory} (func (export "call.a")))"#), &["call.a"]);
    let with = |body: &str, exports: &[&str]| module(&format!("(module {memory} {body})"), exports);
    let locals = "(local i32) ".repeat(2_000);
    let nested = format!("{}{}", "(block ".repeat(400), ")".repeat(400));
    let many = "(func) ".repeat(5_000);
    let import = r#"(import "tenon" "gas_left" (func $gas (result i64)))"#;
    let mut twice = good.clone();
    twice = with_section(twice, MANIFEST_SECTION, &[]);
    let mut cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("text", b"(module)".to_vec()),
        ("no sections", wat::parse_str(format!("(module {memory})")).unwrap()),
        ("two manifests", twice),
        ("a method without export", with("", &["call.a"])),
        ("an export without method", with(r#"(func (export "call.a"))"#, &[])),
        ("an export with a parameter", with(r#"(func (export "call.a") (param i32))"#, &["call.a"])),
        ("an export with a result", with(r#"(func (export "call.a") (result i32) (i32.const 1))"#, &["call.a"])),
        ("a method twice", with(r#"(func (export "call.a"))"#, &["call.a", "call.a"])),
        ("a start function", with("(func $s) (start $s)", &[])),
        ("floats", with("(func (drop (f32.const 1)))", &[])),
        ("many locals", with(&format!("(func {locals})"), &[])),
        ("deep nesting", with(&format!("(func {nested})"), &[])),
        ("many functions", with(&many, &[])),
        ("two memories", module(r#"(module (memory (export "memory") 1) (memory 1))"#, &[])),
        ("a large memory", module(r#"(module (memory (export "memory") 1000))"#, &[])),
        ("a large table", with("(table 100000 funcref)", &[])),
        ("a growing table", with("(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 9))))", &[])),
        ("data outside", with(r#"(data (i32.const 65535) "ab")"#, &[])),
        ("elements outside", with("(func $f) (table 1 1 funcref) (elem (i32.const 1) $f)", &[])),
        ("an unknown import", module(&format!(r#"(module (import "tenon" "rob" (func)) {memory})"#), &[])),
        (
            "another module's import",
            module(&format!(r#"(module (import "env" "gas_left" (func (result i64))) {memory})"#), &[]),
        ),
        ("an import of another type", module(&format!(r#"(module (import "tenon" "gas_left" (func)) {memory})"#), &[])),
        (
            "an imported memory",
            module(r#"(module (import "tenon" "memory" (memory 1)) (export "memory" (memory 0)))"#, &[]),
        ),
        (
            "a host function exported",
            module(&format!(r#"(module {import} {memory} (export "call.a" (func $gas)))"#), &["call.a"]),
        ),
        ("no memory", module("(module)", &[])),
        ("the counter's export", with(r#"(global (export "tenon.gas") (mut i64) (i64.const 0))"#, &[])),
        ("too many bytes", with_section(good.clone(), "junk", &vec![0; limits::MAX_CODE_BYTES as usize])),
    ];
    for end in [4, 8, 20, good.len() / 2, good.len() - 1] {
        cases.push(("cut", good[..end].to_vec()));
    }
    let mut chain = Chain::new();
    let before = chain.module_state();
    for (name, code) in cases {
        let start = Instant::now();
        let ran = chain.modules(ALICE, ModulesCall::upload { code });
        assert_eq!(ran.error, HostError::InvalidCode.code(), "{name}");
        assert!(start.elapsed().as_secs() < 10, "{name} took {:?}", start.elapsed());
        assert_eq!(chain.module_state(), before, "{name}");
    }
    chain.upload(good);
}

#[test]
fn a_module_without_methods_can_only_be_looked_at() {
    let mut chain = Chain::new();
    let code_hash = chain.upload(module(r#"(module (memory (export "memory") 1))"#, &[]));
    let nothing = ModulesCall::instantiate {
        code_hash,
        input: Vec::new(),
        value: 0,
        salt: tenon_types::Hash([1; 32]),
        admin: tenon_types::AdminPolicy::Nobody,
        capabilities: None,
        gas_limit: GAS,
    };
    let ran = chain.modules(ALICE, nothing);
    assert_eq!(ran.error, 0);
    let instance = tenon_types::Address(ran.output.try_into().unwrap());
    chain.modules(ALICE, call_of(&instance, "run", &Script::new(), 0, GAS)).refused(HostError::MethodNotFound);
    // Arguments or coin for a constructor that is not there are refused, not swallowed.
    for (input, value) in [(vec![1], 0), (Vec::new(), 1)] {
        let call = ModulesCall::instantiate {
            code_hash,
            input,
            value,
            salt: tenon_types::Hash([2; 32]),
            admin: tenon_types::AdminPolicy::Nobody,
            capabilities: None,
            gas_limit: GAS,
        };
        chain.modules(ALICE, call).refused(HostError::MethodNotFound);
    }
}

#[test]
fn what_a_transaction_may_hold_in_transient_storage_is_bounded() {
    let (mut chain, prober) = Chain::with_prober();
    let mut script = Script::new();
    let key = script.data(b"key");
    (0..200).for_each(|_| {
        script.host("transient_set", &[key, 3, SCRATCH, u64::from(limits::MAX_VALUE_BYTES)]);
    });
    let ran = chain.modules(ALICE, call_of(&prober, "run", &script, 0, GAS));
    ran.refused(HostError::LimitExceeded);
}
