//! Random scripts for probers: any host function with any arguments, calls nested, instances created.

use proptest::prelude::*;
use tenon_types::Address;

use crate::chain::BOB;
use crate::prober::{Op, SCRATCH, Script};

/// A random command on three probers, nested to a depth.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Host(usize, Vec<u64>),
    Set(u8, u16),
    Get(u8),
    Remove(u8),
    Scan(u8, bool, u8, u16),
    Transient(u8, u8),
    Emit(u8),
    Send(usize, u64),
    Call(usize, u8, u64, u64, Vec<Self>),
    Create(u8, Vec<Self>),
    Op(u8, u64),
    Fail(u16),
}

const METHODS: [&str; 6] = ["run", "pay", "again", "look", "init", "holds"];

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let word = || {
        prop_oneof![
            0u64..70,
            Just(SCRATCH),
            Just(65_536),
            Just(u64::from(u32::MAX)),
            any::<u64>(),
            1_048_000u64..1_048_600
        ]
    };
    let leaf = prop_oneof![
        2 => (0usize..64, prop::collection::vec(word(), 9)).prop_map(|(index, words)| Step::Host(index, words)),
        4 => (0u8..5, 0u16..300).prop_map(|(key, length)| Step::Set(key, length)),
        3 => (0u8..5).prop_map(Step::Get),
        2 => (0u8..5).prop_map(Step::Remove),
        3 => (0u8..5, any::<bool>(), 0u8..6, 0u16..400).prop_map(|(s, d, l, c)| Step::Scan(s, d, l, c)),
        2 => (0u8..3, 0u8..9).prop_map(|(key, length)| Step::Transient(key, length)),
        2 => any::<u8>().prop_map(Step::Emit),
        2 => (0usize..4, 0u64..3_000_000_000_000).prop_map(|(to, amount)| Step::Send(to, amount)),
        1 => (0u8..11, prop_oneof![0u64..3_000, any::<u64>()]).prop_map(|(op, argument)| Step::Op(op, argument)),
        1 => any::<u16>().prop_map(Step::Fail),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let steps = || prop::collection::vec(inner.clone(), 0..6);
        prop_oneof![
            4 => (0usize..3, 0u8..6, prop_oneof![Just(0u64), 0u64..100], prop_oneof![Just(0u64), 10_000u64..400_000], steps())
                .prop_map(|(to, method, value, gas, steps)| Step::Call(to, method, value, gas, steps)),
            1 => (0u8..4, steps()).prop_map(|(salt, steps)| Step::Create(salt, steps)),
        ]
    })
}

/// The script of random steps. `code_hash` is what it instantiates.
pub(crate) fn script(steps: &[Step], instances: &[Address], code_hash: &tenon_types::Hash) -> Script {
    let mut out = Script::new();
    for step in steps {
        match step {
            Step::Host(index, words) => {
                let function = &tenon_abi::TABLE[index % tenon_abi::TABLE.len()];
                out.host(function.name, &words[..function.parameters.len()]);
            }
            Step::Set(key, length) => drop(out.set(&[*key], &vec![*key; usize::from(*length)]).bytes()),
            Step::Get(key) => drop(out.get(&[*key]).bytes()),
            Step::Remove(key) => drop(out.remove(&[*key]).bytes()),
            Step::Scan(start, descending, limit, capacity) => {
                let start = out.data(&[*start]);
                let arguments =
                    [start, 0, start, 1, u64::from(*descending), u64::from(*limit), SCRATCH, u64::from(*capacity)];
                out.host("storage_scan", &arguments).op(Op::Peek, &[SCRATCH]).op(Op::Peek, &[SCRATCH + 9]);
            }
            Step::Transient(key, length) => {
                out.transient_get(&[*key]).transient_set(&[*key], &vec![1; usize::from(*length)]);
            }
            Step::Emit(byte) => drop(out.emit(&[*byte]).bytes()),
            Step::Send(to, amount) => {
                let to = instances.get(*to).copied().unwrap_or(BOB);
                out.send(&to, u128::from(*amount));
            }
            Step::Call(to, method, value, gas, steps) => {
                let inner = script(steps, instances, code_hash);
                let method = METHODS[usize::from(*method)];
                out.call_with(&instances[*to], method, &inner, (u128::from(*value), *gas, *gas & 1));
                out.host("return_data", &[SCRATCH, 64]).op(Op::Peek, &[SCRATCH]).host("gas_left", &[]);
            }
            Step::Create(salt, steps) => {
                let input = script(steps, instances, code_hash).bytes();
                let (hash, data) = (out.data(&code_hash.0), out.data(&input));
                let (amount, salt) = (out.data(&[0; 16]), out.data(&[*salt; 32]));
                out.host("instantiate", &[hash, data, input.len() as u64, amount, salt, 1, SCRATCH]);
                out.host("gas_left", &[]);
            }
            Step::Op(op, argument) => {
                const OPS: [Op; 11] = [
                    Op::Trap,
                    Op::Divide,
                    Op::Load,
                    Op::Mismatch,
                    Op::Loop,
                    Op::Recurse,
                    Op::Grow,
                    Op::Fill,
                    Op::Peek,
                    Op::Count,
                    Op::Stop,
                ];
                out.op(OPS[usize::from(*op)], &[*argument, 1, *argument / 2]);
            }
            Step::Fail(number) => drop(out.fail(u64::from(*number)).bytes()),
        }
    }
    out
}
