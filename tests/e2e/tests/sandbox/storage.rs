//! An instance's own ordered key space: scans against a model, and nothing of anybody else's.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tenon_abi::{HostError, limits};
use tenon_types::Address;

use crate::chain::{ALICE, Chain, GAS, call_of};
use crate::prober::{Op, Prober, SCRATCH, Script};

/// A scan as a module asks for it.
#[derive(Clone, Debug)]
struct Scan {
    prefix: Vec<u8>,
    start: Vec<u8>,
    descending: bool,
    limit: u32,
    capacity: u32,
}

impl Scan {
    fn write(&self, script: &mut Script) {
        let (prefix, start) = (script.data(&self.prefix), script.data(&self.start));
        let lengths = (self.prefix.len() as u64, self.start.len() as u64);
        let (descending, limit) = (u64::from(self.descending), u64::from(self.limit));
        let capacity = u64::from(self.capacity);
        let arguments = [prefix, lengths.0, start, lengths.1, descending, limit, SCRATCH, capacity];
        script.host("storage_scan", &arguments);
    }

    /// What the table says.
    fn expected(&self, model: &BTreeMap<Vec<u8>, Vec<u8>>) -> (u64, Vec<u8>) {
        let mut entries: Vec<_> = model.iter().filter(|(key, _)| key.starts_with(&self.prefix)).collect();
        let start = [&self.prefix[..], &self.start].concat();
        if self.descending {
            entries.reverse();
        }
        entries
            .retain(|(key, _)| self.start.is_empty() || if self.descending { **key <= start } else { **key >= start });
        let mut bytes = Vec::new();
        let mut count = 0;
        for (key, value) in entries.into_iter().take(self.limit as usize) {
            let mut entry = ((key.len() - self.prefix.len()) as u32).to_le_bytes().to_vec();
            entry.extend(&key[self.prefix.len()..]);
            entry.extend((value.len() as u32).to_le_bytes());
            entry.extend(value);
            if bytes.len() + entry.len() > self.capacity as usize {
                if count == 0 {
                    return (entry.len() as u64, Vec::new());
                }
                break;
            }
            bytes.extend(entry);
            count += 1;
        }
        (count << 32 | bytes.len() as u64, bytes)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Set(Vec<u8>, Vec<u8>),
    Remove(Vec<u8>),
    /// Writes in a call that fails.
    Undone(Vec<u8>, Option<Vec<u8>>),
    Scan(Scan),
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![0u8..3, Just(255u8)], 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    let value = || prop::collection::vec(any::<u8>(), 0..20);
    prop_oneof![
        4 => (key(), value()).prop_map(|(key, value)| Step::Set(key, value)),
        2 => key().prop_map(Step::Remove),
        1 => (key(), prop::option::of(value())).prop_map(|(key, value)| Step::Undone(key, value)),
        3 => (key(), key(), any::<bool>(), 0u32..7, prop_oneof![0u32..40, Just(4_096)]).prop_map(
            |(prefix, start, descending, limit, capacity)| {
                Step::Scan(Scan { prefix, start, descending, limit, capacity })
            }
        ),
    ]
}

/// Runs the steps as transactions, `cut` of them in each, and compares every scan with the model.
fn check(chain: &mut Chain, instance: &Address, helper: &Address, steps: &[Step], cut: usize) {
    let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for steps in steps.chunks(cut) {
        let mut script = Script::new();
        let mut scans = Vec::new();
        let mut commands = 0;
        for step in steps {
            match step {
                Step::Set(key, value) => {
                    script.set(key, value);
                    model.insert(key.clone(), value.clone());
                }
                Step::Remove(key) => {
                    script.remove(key);
                    model.remove(key);
                }
                Step::Undone(key, value) => {
                    let mut undone = Script::new();
                    match value {
                        Some(value) => undone.set(key, value),
                        None => undone.remove(key),
                    };
                    undone.fail(1);
                    let mut back = Script::new();
                    back.call(instance, "again", &undone);
                    script.call(helper, "run", &back);
                }
                Step::Scan(scan) => {
                    scan.write(&mut script);
                    let (result, bytes) = scan.expected(&model);
                    scans.push((commands, scan.clone(), result));
                    commands += 1;
                    for at in (0..bytes.len()).step_by(8) {
                        script.op(Op::Peek, &[SCRATCH + at as u64]);
                        let mut word = [0; 8];
                        let part = &bytes[at..bytes.len().min(at + 8)];
                        word[..part.len()].copy_from_slice(part);
                        if part.len() == 8 {
                            scans.push((commands, scan.clone(), u64::from_le_bytes(word)));
                        }
                        commands += 1;
                    }
                    continue;
                }
            }
            commands += 1;
        }
        let log = chain.run(instance, &script).ok();
        for (command, scan, expected) in scans {
            assert_eq!(log[command], expected, "{scan:?} of {model:?}");
        }
    }
    chain.count_coin();
}

proptest! {
    #![proptest_config(crate::cases(150))]
    #[test]
    fn scans_give_what_an_ordered_map_gives(steps in prop::collection::vec(step(), 1..60), cut in 1usize..20) {
        let (mut chain, prober) = Chain::with_prober();
        let helper = chain.deploy(&Prober { name: "helper".into(), ..Prober::default() });
        check(&mut chain, &prober, &helper, &steps, cut);
    }
}

#[test]
fn no_key_reaches_the_entries_of_another_instance() {
    let mut chain = Chain::new();
    let code_hash = chain.upload(Prober::default().code());
    let instances: Vec<Address> = (0..3)
        .map(|_| Address(chain.instantiate(code_hash, None, &Script::new(), 0).output.try_into().unwrap()))
        .collect();
    for instance in &instances {
        let mut script = Script::new();
        script.set(b"", &instance.0).set(&[255; 256], &instance.0).set(b"key", &instance.0);
        chain.run(instance, &script).ok();
    }
    for instance in &instances {
        for descending in [false, true] {
            for start in [vec![], vec![0; 256], vec![255; 256]] {
                let scan = Scan { prefix: Vec::new(), start, descending, limit: 256, capacity: 8_192 };
                let own = [&b""[..], &[255; 256], b"key"].map(|key| (key.to_vec(), instance.0.to_vec()));
                let (expected, _) = scan.expected(&own.into());
                let mut script = Script::new();
                scan.write(&mut script);
                assert_eq!(chain.run(instance, &script).ok(), [expected], "{scan:?}");
            }
        }
        // Other instances' whole keys are just keys of one's own.
        for other in instances.iter().filter(|other| *other != instance) {
            let mut script = Script::new();
            script.get(&tenon_types::keys::storage(other, b"key")).get(&other.0);
            script.transient_get(&other.0);
            assert_eq!(chain.run(instance, &script).ok(), [u64::MAX; 3]);
        }
    }
}

#[test]
fn a_scan_pays_for_every_entry_and_byte_that_it_reads() {
    let (mut chain, prober) = Chain::with_prober();
    for part in 0..10u8 {
        let mut script = Script::new();
        let value = script.data(&[7; 50_000]);
        (0..10).for_each(|index| {
            let key = script.data(&[part, index]);
            script.host("storage_set", &[key, 2, value, 50_000]);
        });
        chain.run(&prober, &script).ok();
    }
    let scan = Scan { prefix: Vec::new(), start: Vec::new(), descending: false, limit: 256, capacity: 2_048 };
    let mut script = Script::new();
    scan.write(&mut script);
    let ran = chain.run(&prober, &script);
    assert_eq!(ran.log, [50_010]);
    assert!(ran.gas > 2 * 50_000, "the entry that did not fit was read: {}", ran.gas);
    assert!(ran.gas < 20 * 2 * 50_000, "and few beyond it: {}", ran.gas);
    let ran = chain.modules(ALICE, call_of(&prober, "run", &script, 0, 60_000));
    ran.refused(HostError::OutOfGas);
    let wide = Scan { capacity: 700_000, ..scan };
    let mut script = Script::new();
    wide.write(&mut script);
    let ran = chain.run(&prober, &script);
    assert_eq!(ran.log[0] >> 32, 13);
    assert!(ran.gas > 2 * 14 * 50_000, "thirteen and the one that did not fit: {}", ran.gas);
}

#[test]
fn what_a_failed_transaction_wrote_costs_no_later_scan_anything() {
    let (chain, prober) = Chain::with_prober();
    let mut writes = Script::new();
    (0..100u8).for_each(|key| {
        writes.set(&[1, key], b"value");
    });
    writes.fail(1);
    let scan = Scan { prefix: Vec::new(), start: Vec::new(), descending: false, limit: 10, capacity: 1_024 };
    let mut script = Script::new();
    scan.write(&mut script);
    let nonce = chain.account(&ALICE).nonce;
    let call = |script: &Script| tenon_types::Call::Modules(call_of(&prober, "run", script, 0, GAS));
    let alone = chain.execute(&[chain.prepare_with(ALICE, call(&script), (nonce, 0))], &mut |_| false);
    let block = [
        chain.prepare_with(ALICE, call(&writes), (nonce, 0)),
        chain.prepare_with(ALICE, call(&script), (nonce + 1, 0)),
    ];
    let after = chain.execute(&block, &mut |_| false);
    assert!(after.included[0].receipt.outcome.is_err());
    assert_eq!(after.included[1].receipt.gas_used, alone.included[0].receipt.gas_used);
    assert_eq!(after.changes.len(), alone.changes.len(), "nor is it among the changes");
}

#[test]
fn removed_entries_are_paid_for_by_scans_of_the_same_block() {
    let (mut chain, prober) = Chain::with_prober();
    let (mut writes, mut removes) = (Script::new(), Script::new());
    (0..200u8).for_each(|key| {
        writes.set(&[1, key], b"value");
        removes.remove(&[1, key]);
    });
    chain.run(&prober, &writes).ok();
    let scan = Scan { prefix: vec![1], start: Vec::new(), descending: true, limit: 1, capacity: 1_024 };
    scan.write(&mut removes);
    let ran = chain.run(&prober, &removes);
    assert_eq!(ran.log.last(), Some(&0));
    let mut script = Script::new();
    scan.write(&mut script);
    let later = chain.run(&prober, &script);
    assert_eq!(later.log, [0]);
    assert!(ran.gas > 200 * 4_000 + 200 * 1_000 + later.gas / 2);
    // With too little gas to look at all of them, the scan ends so.
    let mut short = Script::new();
    (0..200u8).for_each(|key| {
        short.set(&[1, key], b"value").remove(&[1, key]);
    });
    scan.write(&mut short);
    let all = chain.run(&prober, &short).gas;
    chain.modules(ALICE, call_of(&prober, "run", &short, 0, all - 100_000)).refused(HostError::OutOfGas);
}

#[test]
fn keys_and_values_reach_their_limits_and_no_further() {
    let (mut chain, prober) = Chain::with_prober();
    let key = vec![9; limits::MAX_KEY_BYTES as usize];
    let mut script = Script::new();
    let at = script.data(&key);
    script.host("storage_set", &[at, key.len() as u64, SCRATCH, u64::from(limits::MAX_VALUE_BYTES)]);
    script.get(&key).get(&key[1..]).remove(&key).remove(&key).get(&key);
    assert_eq!(chain.run(&prober, &script).ok(), [0, 65_536, u64::MAX, 1, 0, u64::MAX]);
    let mut script = Script::new();
    script.set(b"", b"").get(b"");
    assert_eq!(chain.run(&prober, &script).ok(), [0, 0], "an empty key and value are a key and a value");
}
