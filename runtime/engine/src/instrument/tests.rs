//! Gas by hand-calculated numbers, and the depth counter on every way out of a function.

use tenon_abi::HostError;
use tenon_abi::limits::MAX_STACK_BYTES;
use tenon_host::{End, Trap};

use super::*;
use crate::testing::{Everywhere, TestHost, module};
use crate::weights::{DEPTH_GAS, MEMORY_PAGE_GAS};

const GAS: u64 = 1_000_000;

/// Gas that `call.f` of a module takes on every engine.
fn gas_of(text: &str) -> u64 {
    let code = module(&format!("(module (memory (export \"memory\") 1 4) {text})"));
    let result = Everywhere::new(&code).run("call.f", GAS, MAX_STACK_BYTES, &TestHost::default());
    assert_eq!(result.end, End::Returned, "{text}");
    GAS - result.gas_left
}

#[test]
fn a_straight_line_costs_its_instructions_and_one_charge() {
    assert_eq!(gas_of(r#"(func (export "call.f"))"#), 0);
    assert_eq!(gas_of(r#"(func (export "call.f") (drop (i32.add (i32.const 1) (i32.const 2))))"#), STRETCH + 4);
    // Eight locals to clear cost two.
    assert_eq!(gas_of(r#"(func (export "call.f") (local i64 i64 i64 i64 i32 i32 i32 i32) nop)"#), STRETCH + 2 + 1);
}

const STRETCH: u64 = crate::weights::STRETCH_GAS;

#[test]
fn a_loop_costs_each_round() {
    let text = r#"(func (export "call.f") (local $i i32)
        (local.set $i (i32.const 10))
        (loop (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))"#;
    // Before: const, set, loop. Each round: get, const, sub, tee, br_if (2).
    assert_eq!(gas_of(text), (3 + STRETCH) + 10 * (6 + STRETCH));
}

#[test]
fn each_target_of_a_table_pays_for_its_own_stretch() {
    let text = |index: u32| {
        format!(
            r#"(func (export "call.f")
                (block (block (br_table 0 1 (i32.const {index}))) (drop (i32.const 9))))"#
        )
    };
    let head = 1 + 6 + STRETCH;
    assert_eq!(gas_of(&text(0)), head + 2 + STRETCH);
    assert_eq!(gas_of(&text(1)), head);
    assert_eq!(gas_of(&text(77)), head);
}

#[test]
fn arms_of_an_if_are_paid_apart() {
    let text = |condition: u32| {
        format!(r#"(func (export "call.f") (if (i32.const {condition}) (then nop) (else nop nop nop)) nop)"#)
    };
    let (head, tail) = (1 + 2 + STRETCH, 1 + STRETCH);
    assert_eq!(gas_of(&text(1)), head + (1 + STRETCH) + tail);
    assert_eq!(gas_of(&text(0)), head + (3 + STRETCH) + tail);
}

#[test]
fn an_early_return_pays_no_more_than_it_ran() {
    let text = |condition: u32| {
        format!(
            r#"(func $g) (func (export "call.f")
                (call $g) (if (i32.const {condition}) (then (return))) (drop (i32.const 1)))"#
        )
    };
    let head = 8 + 1 + 2 + STRETCH + DEPTH_GAS;
    assert_eq!(gas_of(&text(1)), head + 2 + STRETCH);
    assert_eq!(gas_of(&text(0)), head + 2 + STRETCH);
}

#[test]
fn several_results_pass_through_the_wrapping() {
    let text = r#"(func $g)
        (func $two (param i32) (result i32 i64)
            (call $g)
            (if (local.get 0) (then (return (i32.const 5) (i64.const 6))))
            (block (result i32 i64) (i32.const 7) (i64.const 8) (br 1)))
        (func (export "call.f")
            (drop (call $two (i32.const 1))) (if (i32.ne (i32.const 5)) (then unreachable))
            (drop (call $two (i32.const 0))) (if (i32.ne (i32.const 7)) (then unreachable)))"#;
    let first = 8 + 1 + 2 + STRETCH + DEPTH_GAS;
    let two = [first + (1 + 1 + 2 + STRETCH), first + (1 + 1 + 2 + STRETCH)];
    let caller = (1 + 8 + 1 + 1 + 1 + 2 + STRETCH + DEPTH_GAS) + (1 + 8 + 1 + 1 + 1 + 2 + STRETCH);
    assert_eq!(gas_of(text), caller + two[0] + two[1]);
}

#[test]
fn sized_instructions_cost_their_size_at_run_time() {
    let fill = r#"(func (export "call.f") (memory.fill (i32.const 0) (i32.const 1) (i32.const 1000)))"#;
    assert_eq!(gas_of(fill), 3 + 40 + STRETCH + 250);
    let copy = r#"(func (export "call.f") (memory.copy (i32.const 0) (i32.const 1) (i32.const 400)))"#;
    assert_eq!(gas_of(copy), 3 + 40 + STRETCH + 100);
    let grow = r#"(func (export "call.f") (drop (memory.grow (i32.const 2))))"#;
    assert_eq!(gas_of(grow), 1 + 1_000 + 1 + STRETCH + 2 * MEMORY_PAGE_GAS);
    let table = r#"(table 8 funcref) (elem $e func 0 0 0 0)
        (func (export "call.f") (table.init $e (i32.const 0) (i32.const 0) (i32.const 4)))"#;
    // The passive segment's entries are paid for when the instance is made as well.
    assert_eq!(gas_of(table), 3 + 80 + STRETCH + 4 * TABLE_ENTRY_GAS + 4 * TABLE_ENTRY_GAS);
}

#[test]
fn what_a_bulk_operation_costs_is_charged_before_it_runs() {
    let code = module(
        r#"(module (memory (export "memory") 1)
            (func (export "call.f") (memory.fill (i32.const 0) (i32.const 1) (i32.const -1))))"#,
    );
    // The operation would trap. Without the gas for it, it does not get so far.
    let everywhere = Everywhere::new(&code);
    let poor = everywhere.run("call.f", GAS, MAX_STACK_BYTES, &TestHost::default());
    assert_eq!(poor.end, End::Trapped(Trap::OutOfGas));
    let rich = everywhere.run("call.f", u64::MAX, MAX_STACK_BYTES, &TestHost::default());
    assert_eq!(rich.end, End::Trapped(Trap::Host(HostError::Trap)));
}

#[test]
fn code_that_cannot_run_is_free_and_left_out() {
    let text = r#"(func (export "call.f")
        (block (br 0) (drop (i64.div_u (i64.const 1) (i64.const 0))) (loop (br 0)))
        nop
        (return)
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))"#;
    assert_eq!(gas_of(text), (2 + STRETCH) + (1 + 2 + STRETCH));
}

#[test]
fn the_stack_counter_is_restored_on_every_way_out() {
    // A hundred thousand calls of a function with four ways out, on a stack that holds a few frames.
    let code = module(
        r#"(module (memory (export "memory") 1)
            (func $leaf)
            (func $g (param i32) (result i32)
                (call $leaf)
                (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 4))) (then (return (i32.const 1))))
                (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 3))) (then (br 1 (i32.const 1))))
                (block (result i32)
                    (br_table 0 1 (i32.const 1) (i32.rem_u (local.get 0) (i32.const 2)))))
            (func (export "call.f") (local $i i32)
                (local.set $i (i32.const 100000))
                (loop
                    (drop (call $g (local.get $i)))
                    (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))"#,
    );
    let result = Everywhere::new(&code).run("call.f", 100_000_000, 1_000, &TestHost::default());
    assert_eq!(result.end, End::Returned);
}

#[test]
fn instrumenting_twice_gives_the_same_bytes() {
    let code = module(
        r#"(module (memory (export "memory") 1) (data (i32.const 0) "abc")
            (func (export "call.f") (loop (br_if 0 (i32.const 0)))))"#,
    );
    assert_eq!(instrument(&code, 4).unwrap(), instrument(&code, 4).unwrap());
}
