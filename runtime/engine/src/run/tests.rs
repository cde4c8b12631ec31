//! The sandbox's lessons, each on native code, portable code and the interpreter, which must agree.

use std::fmt::Write;

use tenon_abi::limits::{MAX_CALL_DEPTH, MAX_STACK_BYTES};

use super::*;
use crate::testing::{Everywhere, Note, TestHost, module};

const GAS: u64 = 10_000_000;

fn everywhere(text: &str) -> Everywhere {
    Everywhere::new(&module(&format!("(module {text} (memory (export \"memory\") 1 4))")))
}

fn end_of(text: &str, gas: u64) -> (End, u64) {
    let result = everywhere(text).run("call.f", gas, MAX_STACK_BYTES, &TestHost::default());
    (result.end, result.gas_left)
}

const STACK_OVERFLOW: End = End::Trapped(Trap::Host(HostError::StackOverflow));

#[test]
fn raw_traps_and_empty_meters_take_all_gas() {
    for body in [
        "unreachable",
        "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
        "(drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))",
        "(drop (i32.load (i32.const -4)))",
        "(drop (i32.load offset=4294967295 (i32.const -1)))",
        "(i64.store (i32.const 65535) (i64.const 0))",
        "(memory.fill (i32.const 65536) (i32.const 0) (i32.const 1))",
    ] {
        let text = format!("(func (export \"call.f\") {body})");
        assert_eq!(end_of(&text, GAS), (End::Trapped(Trap::Host(HostError::Trap)), 0), "{body}");
    }
    let indirect = r#"(type $t (func)) (type $u (func (param i32)))
        (table 2 funcref) (elem (i32.const 0) func 0)
        (func (param i32)) (func (export "call.f") (call_indirect (type $t) (i32.const 0)))"#;
    assert_eq!(end_of(indirect, GAS), (End::Trapped(Trap::Host(HostError::Trap)), 0));
    let forever = r#"(func (export "call.f") (loop (br 0)))"#;
    assert_eq!(end_of(forever, GAS), (End::Trapped(Trap::OutOfGas), 0));
}

#[test]
fn recursion_ends_with_an_error_and_not_with_the_process() {
    let direct = r#"(func $f (export "call.f") (call $f))"#;
    assert_eq!(end_of(direct, u64::MAX), (STACK_OVERFLOW, 0));
    let indirect = r#"(table 1 funcref) (elem (i32.const 0) func $f) (type $t (func))
        (func $f (export "call.f") (call_indirect (type $t) (i32.const 0)))"#;
    assert_eq!(end_of(indirect, u64::MAX), (STACK_OVERFLOW, 0));
}

/// A function that keeps as many values alive at once as a compiler can be made to.
fn hungry(values: u32) -> String {
    let mut before = String::new();
    let mut after = String::new();
    for value in 0..values {
        // Values that do not change in the loop, so a compiler computes them once before it and keeps them all.
        write!(before, "(local.set 1 (i64.xor (local.get 1) (i64.mul (local.get 0) (i64.const {}))))", value + 3)
            .unwrap();
        write!(after, "(local.set 1 (i64.add (local.get 1) (i64.mul (local.get 0) (i64.const {}))))", value + 3)
            .unwrap();
    }
    format!(
        r#"(func $f (param i64) (result i64) (local i64)
            (loop {before}
                (local.set 1 (i64.add (local.get 1) (call $f (i64.add (local.get 0) (local.get 1)))))
                {after}
                (br_if 0 (i64.eqz (local.get 1))))
            (local.get 1))
        (func (export "call.f") (drop (call $f (i64.const 7))))"#
    )
}

#[test]
fn the_depth_counter_always_ends_before_the_native_stack() {
    let locals = "i64 ".repeat(1_000);
    let parameters = "i64 ".repeat(32);
    let arguments = (0..32).fold(String::new(), |mut all, index| {
        let _ = write!(all, "(i64.add (local.get {index}) (i64.const {index}))");
        all
    });
    let wide = format!(
        r#"(func $f (param {parameters}) (result i64 i64 i64 i64) (call $f {arguments}))
        (func (export "call.f") (call $f {}) drop drop drop drop)"#,
        "(i64.const 1)".repeat(32)
    );
    let many = format!(r#"(func $f (export "call.f") (local {locals}) (call $f))"#);
    for text in [hungry(1), hungry(10), hungry(100), hungry(1_000), hungry(2_000), wide, many] {
        assert_eq!(end_of(&text, u64::MAX), (STACK_OVERFLOW, 0));
    }
}

#[test]
fn the_most_work_that_a_compiler_may_be_given_still_compiles() {
    // Locals that are set before thousands of loops and read after them, close to MAX_COMPILE_WORK.
    let locals = "i64 ".repeat(500);
    let (mut set, mut read) = (String::new(), String::new());
    for local in 1..=500 {
        write!(set, "(local.set {local} (i64.extend_i32_u (local.get 0)))").unwrap();
        write!(read, "(i64.store (i32.const 0) (local.get {local}))").unwrap();
    }
    let loops = "(loop (br_if 0 (local.get 0)))".repeat(4_100);
    let text = format!(
        r#"(func $f (param i32) (local {locals}) {set} {loops} {read})
        (func (export "call.f") (call $f (i32.const 0)))"#
    );
    assert_eq!(end_of(&text, GAS).0, End::Returned);
}

#[test]
fn nested_calls_share_one_stack_and_one_meter() {
    let text = r#"(import "tenon" "call" (func $call (param i32 i32 i32 i32 i32 i32 i64 i32) (result i64)))
        (func $deep (param i32)
            (if (local.get 0)
                (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
                (else (drop (call $call
                    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                    (i64.const 0) (i32.const 0))))))
        (func (export "call.f") (call $deep (i32.const 200)))"#;
    let everywhere = everywhere(text);
    let result = everywhere.run("call.f", GAS, MAX_STACK_BYTES, &TestHost::default());
    assert_eq!(result.end, End::Returned);
    assert_eq!(result.notes.len(), usize::try_from(MAX_CALL_DEPTH - 1).unwrap());
    // With less stack an inner frame ends, and the frames outside it go on.
    let little = everywhere.run("call.f", GAS, 100_000, &TestHost::default());
    assert_eq!(little.end, End::Returned);
    assert!(little.notes.len() < result.notes.len());
    assert!(matches!(little.notes.first(), Some(Note::Nested(_, STACK_OVERFLOW, 0))));
}

/// What a row of the table costs before anything else.
fn base_of(name: &str) -> u64 {
    tenon_abi::find_host_function(name).expect("the table has the row").base_gas
}

#[test]
fn an_ordinary_error_keeps_the_gas_that_is_left() {
    let text = r#"(import "tenon" "fail" (func $fail (param i32 i32 i32)))
        (func (export "call.f") (call $fail (i32.const 3) (i32.const 0) (i32.const 0)) unreachable)"#;
    let result = everywhere(text).run("call.f", GAS, MAX_STACK_BYTES, &TestHost::default());
    assert_eq!(result.end, End::Trapped(Trap::Ended));
    assert_eq!(result.notes, [Note::Failed(3)]);
    // Three constants, the call, `unreachable`, the charge, the depth check, and the row's base.
    assert_eq!(GAS - result.gas_left, 3 + 8 + 1 + 2 + 4 + base_of("fail"));
}

#[test]
fn a_host_function_charges_before_it_works() {
    let text = r#"(import "tenon" "storage_set" (func $set (param i32 i32 i32 i32)))
        (func (export "call.f") (call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 10)))"#;
    let everywhere = everywhere(text);
    let code_gas = 4 + 8 + 2 + 4;
    let base = base_of("storage_set");
    let full = code_gas + base + 11 * 10;
    let rich = everywhere.run("call.f", full, MAX_STACK_BYTES, &TestHost::default());
    assert_eq!((rich.end, rich.gas_left, rich.storage.len()), (End::Returned, 0, 1));
    for gas in [full - 1, code_gas + base, code_gas + base - 1, code_gas, code_gas - 1, 0] {
        let poor = everywhere.run("call.f", gas, MAX_STACK_BYTES, &TestHost::default());
        assert_eq!((poor.end, poor.gas_left, poor.storage.len()), (End::Trapped(Trap::OutOfGas), 0, 0), "{gas}");
    }
}

#[test]
fn a_host_panic_costs_its_frame_and_nothing_else() {
    let text = r#"(import "tenon" "caller" (func $caller (param i32)))
        (func (export "call.f") (call $caller (i32.const 0)))
        (func (export "call.g") nop)"#;
    let everywhere = everywhere(text);
    let result = everywhere.run("call.f", GAS, MAX_STACK_BYTES, &TestHost::default());
    assert_eq!((result.end, result.gas_left), (End::Trapped(Trap::Host(HostError::Internal)), 0));
    assert_eq!(everywhere.run("call.g", GAS, MAX_STACK_BYTES, &TestHost::default()).end, End::Returned);
}

#[test]
fn a_row_that_is_denied_ends_the_call_after_its_base() {
    let text = r#"(import "tenon" "block_height" (func $height (result i64)))
        (func (export "call.f") (drop (call $height)))"#;
    let host = TestHost { denied: Some("block_height"), ..TestHost::default() };
    let result = everywhere(text).run("call.f", GAS, MAX_STACK_BYTES, &host);
    assert_eq!(result.end, End::Trapped(Trap::Host(HostError::CapabilityDenied)));
    assert_eq!(GAS - result.gas_left, 8 + 1 + 2 + 4 + base_of("block_height"));
}

#[test]
fn pointers_outside_the_memory_end_the_call() {
    for (pointer, length) in [(65_536, 1), (-1, 2), (65_535, 2)] {
        let text = format!(
            r#"(import "tenon" "debug_log" (func $log (param i32 i32)))
            (func (export "call.f") (call $log (i32.const {pointer}) (i32.const {length})))"#
        );
        assert_eq!(end_of(&text, GAS).0, End::Trapped(Trap::MemoryAccess));
    }
}

#[test]
fn a_missing_export_costs_nothing() {
    let everywhere = everywhere("(func (export \"call.f\"))");
    for export in ["call.g", "memory", "tenon.gas", "query.f", ""] {
        let result = everywhere.run(export, GAS, MAX_STACK_BYTES, &TestHost::default());
        assert_eq!((result.end, result.gas_left), (End::Trapped(Trap::Host(HostError::MethodNotFound)), GAS));
    }
}

#[test]
fn nothing_of_an_instance_outlives_its_call() {
    // It traps if it finds anything of an earlier call in a global, in the table, or anywhere in its memory, then
    // fills all of them.
    let text = r#"(global $g (mut i32) (i32.const 1)) (table 2 funcref) (elem $e func 0)
        (func (export "call.f") (local $i i32)
            (if (i32.ne (global.get $g) (i32.const 1)) (then unreachable))
            (global.set $g (i32.const 2))
            (if (i32.ne (memory.size) (i32.const 1)) (then unreachable))
            (drop (memory.grow (i32.const 3)))
            (loop
                (if (i64.ne (i64.load (local.get $i)) (i64.const 0)) (then unreachable))
                (i64.store (local.get $i) (i64.const -1))
                (local.set $i (i32.add (local.get $i) (i32.const 512)))
                (br_if 0 (i32.lt_u (local.get $i) (i32.const 262144))))
            (table.init $e (i32.const 1) (i32.const 0) (i32.const 1)))"#;
    let everywhere = everywhere(text);
    for _ in 0..3 {
        assert_eq!(everywhere.run("call.f", GAS, MAX_STACK_BYTES, &TestHost::default()).end, End::Returned);
    }
}

#[test]
fn segments_are_paid_for_when_an_instance_is_made() {
    let text = format!(r#"(data (i32.const 0) "{}") (func (export "call.f"))"#, "a".repeat(4_000));
    assert_eq!(end_of(&text, 1_000), (End::Returned, 0));
    assert_eq!(end_of(&text, 999), (End::Trapped(Trap::OutOfGas), 0));
}

#[test]
fn pages_that_a_slot_does_not_keep_are_paid_for_when_an_instance_is_made() {
    for (pages, gas) in [(1, 0), (2, 0), (4, 2 * crate::weights::MEMORY_PAGE_GAS)] {
        let code = module(&format!(r#"(module (memory (export "memory") {pages}) (func (export "call.f")))"#));
        let result = Everywhere::new(&code).run("call.f", GAS, MAX_STACK_BYTES, &TestHost::default());
        assert_eq!(GAS - result.gas_left, gas);
    }
}

#[test]
fn more_transactions_than_slots_wait_for_each_other() {
    let everywhere = everywhere(r#"(func (export "call.f") (loop (br 0)))"#);
    let program = &everywhere.native;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let outcome = program.run("call.f", 10_000, MAX_STACK_BYTES, TestHost::default());
                    assert_eq!(outcome.end, End::Trapped(Trap::OutOfGas));
                }
            });
        }
    });
}
