//! Each host function of the table: what it refuses, what it charges, who may use it.

use tenon_abi::{Capabilities, Capability, HostError, HostFunction, Mode, TABLE, limits};
use tenon_types::Hash;

use crate::chain::{ALICE, Chain, GAS, call_of};
use crate::prober::{MEMORY, Op, Prober, SCRATCH, Script, all_capabilities};

/// Functions that end the call themselves.
const ENDING: [&str; 3] = ["fail", "panic", "bad_input"];

/// Arguments that a function works with: pointers into untouched memory, small lengths.
fn plain(function: &HostFunction) -> Vec<u64> {
    let plain = |name: &&str| match *name {
        "capacity" => 64,
        "topic_count" => 1,
        "limit" => 4,
        "number" => 7,
        "descending" | "gas_limit" | "flags" | "admin" => 0,
        name if is_length(name) => 8,
        _ => SCRATCH,
    };
    function.parameter_names.iter().map(plain).collect()
}

fn is_length(name: &str) -> bool {
    name.ends_with("length") || name == "topic_count" || name == "limit"
}

fn is_pointer(name: &str) -> bool {
    !is_length(name) && !["capacity", "number", "descending", "gas_limit", "flags", "admin"].contains(&name)
}

/// The error of a script of one call.
fn error(chain: &Chain, instance: &tenon_types::Address, function: &HostFunction, arguments: &[u64]) -> u32 {
    let mut script = Script::new();
    script.host(function.name, arguments);
    let call = tenon_types::Call::Modules(call_of(instance, "run", &script, 0, GAS));
    let simulated = chain.simulate(&ALICE, &call);
    assert!(simulated.gas_used > function.base_gas, "{} charged {}", function.name, simulated.gas_used);
    simulated.error
}

#[test]
fn every_function_refuses_pointers_outside_the_memory() {
    let (chain, prober) = Chain::with_prober();
    for function in TABLE {
        let names = function.parameter_names.iter().enumerate().filter(|(_, name)| is_pointer(name));
        for (index, name) in names {
            for pointer in [u64::from(u32::MAX), u64::from(u32::MAX) - 7, MEMORY, MEMORY - 1] {
                // What is written only on success is not reached by a call that fails before.
                let on_success = function.name.starts_with("secp256k1_recover")
                    || ["instantiate", "code_hash"].contains(&function.name);
                if on_success && *name == "out" {
                    continue;
                }
                let mut arguments = plain(function);
                *arguments.get_mut(index).unwrap() = pointer;
                let found = error(&chain, &prober, function, &arguments);
                let absent = ["storage_get", "transient_get"].contains(&function.name) && *name == "out";
                let expected = if absent { 0 } else { HostError::MemoryAccess.code() };
                assert_eq!(found, expected, "{} {name} {pointer:#x}", function.name);
            }
        }
    }
}

#[test]
fn every_function_refuses_lengths_over_their_limits() {
    let (chain, prober) = Chain::with_prober();
    for function in TABLE {
        let names = function.parameter_names.iter().enumerate().filter(|(_, name)| is_length(name));
        for (index, name) in names {
            let most = match (function.name, *name) {
                (_, "key_length" | "prefix_length" | "start_length") => limits::MAX_KEY_BYTES,
                (_, "method_length") => limits::MAX_METHOD_BYTES,
                (_, "topic_count") => limits::MAX_TOPICS,
                (_, "limit") => limits::MAX_SCAN_ENTRIES,
                ("output", _) => limits::MAX_OUTPUT_BYTES,
                ("fail" | "panic" | "bad_input", _) => limits::MAX_ERROR_BYTES,
                ("storage_set" | "transient_set", _) => limits::MAX_VALUE_BYTES,
                ("emit", _) => limits::MAX_EVENT_BYTES,
                ("debug_log", _) => limits::MAX_LOG_BYTES,
                ("call" | "instantiate" | "upgrade", _) => limits::MAX_INPUT_BYTES,
                _ => limits::MAX_CRYPTO_BYTES,
            };
            for (length, over) in [(most, false), (most + 1, true), (u32::MAX, true), (0, false)] {
                let mut arguments = plain(function);
                *arguments.get_mut(index).unwrap() = u64::from(length);
                let found = error(&chain, &prober, function, &arguments);
                let what = format!("{} {name} {length}", function.name);
                assert_eq!(found == HostError::LimitExceeded.code(), over, "{what}: {found}");
                assert!(
                    over || ![HostError::Trap.code(), HostError::Internal.code()].contains(&found),
                    "{what}: {found}"
                );
            }
        }
    }
}

#[test]
fn buffers_may_not_leave_the_memory_whatever_is_written() {
    let (chain, prober) = Chain::with_prober();
    for function in TABLE {
        let Some(index) = function.parameter_names.iter().position(|name| *name == "capacity") else { continue };
        if ["storage_get", "transient_get"].contains(&function.name) {
            continue;
        }
        for capacity in [u64::from(u32::MAX), MEMORY - SCRATCH + 1] {
            let mut arguments = plain(function);
            *arguments.get_mut(index).unwrap() = capacity;
            let found = error(&chain, &prober, function, &arguments);
            assert_eq!(found, HostError::MemoryAccess.code(), "{} {capacity:#x}", function.name);
        }
        let mut arguments = plain(function);
        *arguments.get_mut(index).unwrap() = 0;
        assert_eq!(error(&chain, &prober, function, &arguments), 0, "{} without room", function.name);
    }
}

#[test]
fn stored_values_are_read_into_buffers_inside_the_memory_alone() {
    let (mut chain, prober) = Chain::with_prober();
    let mut script = Script::new();
    script.set(b"key", b"value").transient_set(b"key", b"value");
    chain.run(&prober, &script).ok();
    for capacity in [u64::from(u32::MAX), MEMORY - SCRATCH + 1] {
        let mut script = Script::new();
        let key = script.data(b"key");
        script.host("storage_get", &[key, 3, SCRATCH, capacity]);
        chain.run(&prober, &script).refused(HostError::MemoryAccess);
    }
}

#[test]
fn a_charge_comes_before_the_work_and_for_every_byte() {
    let (mut chain, prober) = Chain::with_prober();
    let lengths: [(&str, u64); 6] = [
        ("output", 100_000),
        ("storage_set", 60_000),
        ("transient_set", 60_000),
        ("emit", 16_000),
        ("sha3_256", 100_000),
        ("sr25519_verify", 100_000),
    ];
    for (name, length) in lengths {
        let function = tenon_abi::find_host_function(name).unwrap();
        let index = function.parameter_names.iter().rposition(|name| is_length(name)).unwrap();
        let gas = |chain: &mut Chain, length| {
            let mut arguments = plain(function);
            *arguments.get_mut(index).unwrap() = length;
            let mut script = Script::new();
            script.host(name, &arguments);
            let ran = chain.run(&prober, &script);
            assert_eq!(ran.error, 0, "{name} {length}");
            ran.gas
        };
        let (none, all) = (gas(&mut chain, 0), gas(&mut chain, length));
        assert_eq!(all - none, length * function.byte_gas, "{name}");
        let mut arguments = plain(function);
        *arguments.get_mut(index).unwrap() = length;
        let mut script = Script::new();
        script.host(name, &arguments);
        let limit = all - 1;
        let ran = chain.modules(ALICE, call_of(&prober, "run", &script, 0, limit));
        assert!(ran.error == HostError::OutOfGas.code() && ran.gas == limit, "{name}: {} {}", ran.error, ran.gas);
    }
}

#[test]
fn a_value_costs_its_bytes_however_little_of_it_is_copied() {
    let (mut chain, prober) = Chain::with_prober();
    let mut script = Script::new();
    script.set(b"key", &vec![1; 60_000]);
    chain.run(&prober, &script).ok();
    let mut script = Script::new();
    let key = script.data(b"key");
    script.host("storage_get", &[key, 3, SCRATCH, 0]);
    let ran = chain.run(&prober, &script);
    assert!(ran.gas > 120_000, "{}", ran.gas);
    assert_eq!(ran.ok(), [60_000]);
}

#[test]
fn a_function_that_writes_is_refused_in_queries_and_read_only_calls() {
    let (mut chain, prober) = Chain::with_prober();
    let other = chain.deploy(&Prober { name: "other".into(), ..Prober::default() });
    for function in TABLE {
        if ENDING.contains(&function.name) || function.name == "call" {
            continue;
        }
        let mut script = Script::new();
        script.host(function.name, &plain(function));
        let expected = if function.mode == Mode::Write { HostError::ReadOnly.code() } else { 0 };
        assert_eq!(chain.query(&prober, "look", &script).error, expected, "{} in a query", function.name);
        let mut outer = Script::new();
        outer.call_with(&other, "look", &script, (0, 0, 1));
        let ran = chain.run(&prober, &outer);
        assert_eq!(ran.log[0] >> 32, u64::from(expected), "{} in a read-only call", function.name);
        let ran = chain.modules(ALICE, call_of(&prober, "look", &script, 0, GAS));
        assert_eq!(ran.error, expected, "{} in a query that a transaction runs", function.name);
    }
}

#[test]
fn a_read_only_call_enters_no_method_that_writes_and_sends_no_coin() {
    let (mut chain, prober) = Chain::with_prober();
    let other = chain.deploy(&Prober { name: "other".into(), ..Prober::default() });
    let mut script = Script::new();
    script.call_with(&other, "run", &Script::new(), (0, 0, 1)).call_with(&other, "look", &Script::new(), (1, 0, 1));
    script.call_with(&other, "look", &Script::new(), (1, 0, 0));
    let log = chain.run(&prober, &script).ok();
    let errors: Vec<u64> = log.iter().map(|result| result >> 32).collect();
    let not_payable = u64::from(HostError::NotPayable.code());
    assert_eq!(errors, [u64::from(HostError::MethodNotFound.code()), not_payable, not_payable]);
    // Read-only holds for all below: the callee of a query cannot write by calling a third.
    let third = chain.deploy(&Prober { name: "third".into(), ..Prober::default() });
    let (mut write, mut middle) = (Script::new(), Script::new());
    write.set(b"a", b"b");
    middle.call(&third, "run", &write).pass_on(0);
    let mut outer = Script::new();
    outer.call_with(&other, "look", &middle, (0, 0, 1));
    chain.run(&prober, &outer).ok();
    assert_eq!(chain.stored(&third, b"a"), None);
    let mut flags = Script::new();
    flags.call_with(&other, "look", &Script::new(), (0, 0, 2));
    chain.run(&prober, &flags).refused(HostError::LimitExceeded);
}

#[test]
fn an_import_outside_the_manifest_is_refused_at_upload() {
    let mut chain = Chain::new();
    for function in TABLE {
        let Some(capability) = function.capability else { continue };
        let fewer = all_capabilities().bits() & !(capability as u32);
        // The code imports everything; the manifest is one that asks for less.
        let all = Prober::default().code();
        let manifest = Prober { capabilities: all_capabilities().bits(), ..Prober::default() };
        let bits = [&manifest.capabilities.to_le_bytes()[..]].concat();
        let header = crate::prober::entry(tenon_abi::section::CAPABILITIES, &bits);
        let at = all.windows(header.len()).position(|window| window == header).unwrap();
        let mut code = all;
        code[at + header.len() - 4..at + header.len()].copy_from_slice(&fewer.to_le_bytes());
        let ran = chain.modules(ALICE, tenon_types::ModulesCall::upload { code });
        ran.refused(HostError::InvalidCode);
    }
}

#[test]
fn a_capability_that_was_not_granted_is_refused_at_run_time() {
    let mut chain = Chain::new();
    let code_hash = chain.upload(Prober::default().code());
    for capability in Capability::ALL {
        let bits = all_capabilities().bits() & !(capability as u32);
        let ran = chain.instantiate(code_hash, Some(bits), &Script::new(), 0);
        let instance = tenon_types::Address(ran.output.try_into().unwrap());
        for function in TABLE.iter().filter(|function| function.capability == Some(capability)) {
            let found = error(&chain, &instance, function, &plain(function));
            assert_eq!(found, HostError::CapabilityDenied.code(), "{}", function.name);
        }
    }
    let wide = Capabilities::from_bits(0xff).unwrap().bits() | 0x100;
    chain.instantiate(code_hash, Some(wide), &Script::new(), 0).refused(HostError::CapabilityDenied);
    let narrow_code = chain.upload(Prober { capabilities: 1, ..Prober::default() }.code());
    chain.instantiate(narrow_code, Some(3), &Script::new(), 0).refused(HostError::CapabilityDenied);
}

#[test]
fn coin_cannot_be_sent_along_without_the_capability() {
    let mut chain = Chain::new();
    let code_hash = chain.upload(Prober::default().code());
    let bits = all_capabilities().bits() & !(Capability::Coin as u32);
    let ran = chain.instantiate(code_hash, Some(bits), &Script::new(), 1_000);
    let instance = tenon_types::Address(ran.output.try_into().unwrap());
    let other = chain.deploy(&Prober { name: "other".into(), ..Prober::default() });
    let mut script = Script::new();
    script.call_with(&other, "pay", &Script::new(), (1, 0, 0));
    chain.run(&instance, &script).refused(HostError::CapabilityDenied);
    let mut script = Script::new();
    let (hash, amount) = (script.data(&code_hash.0), script.data(&1u128.to_le_bytes()));
    script.host("instantiate", &[hash, 0, 0, amount, SCRATCH, 0, SCRATCH]);
    chain.run(&instance, &script).refused(HostError::CapabilityDenied);
}

#[test]
fn context_tells_who_where_and_when() {
    let (mut chain, prober) = Chain::with_prober();
    let other = chain.deploy(&Prober { name: "other".into(), ..Prober::default() });
    let mut inner = Script::new();
    for (index, name) in ["caller", "origin", "self_address", "chain_id", "value"].into_iter().enumerate() {
        inner.host(name, &[SCRATCH + 32 * index as u64]);
    }
    inner.host("block_height", &[]).host("block_time_ms", &[]).host("output", &[SCRATCH, 144]).op(Op::Stop, &[]);
    let mut outer = Script::new();
    outer.call_with(&other, "pay", &inner, (5, 0, 0)).pass_on(144);
    let ran = chain.modules(ALICE, call_of(&prober, "pay", &outer, 1_000, GAS));
    let expected = [&prober.0[..], &ALICE.0, &other.0, &[7; 32], &5u128.to_le_bytes()].concat();
    assert_eq!((ran.error, ran.output), (0, expected));
    let mut script = Script::new();
    script.host("block_height", &[]).host("block_time_ms", &[]).host("gas_left", &[]);
    let (height, time) = (u64::from(chain.environment.height), chain.environment.time_ms);
    let log = chain.run(&prober, &script).ok();
    assert_eq!(log[..2], [height, time]);
    assert!(log[2] < GAS && log[2] > GAS - 1_000_000, "{}", log[2]);
}

#[test]
fn hashes_are_those_of_the_standards() {
    let (mut chain, prober) = Chain::with_prober();
    let mut script = Script::new();
    let data = script.data(b"abc");
    let known = [
        ("blake2b_256", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
        ("blake3_256", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
        ("sha2_256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("sha3_256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        ("keccak_256", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        ("sm3_256", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    ];
    for (index, (name, _)) in known.iter().enumerate() {
        script.host(name, &[data, 3, SCRATCH + 32 * index as u64]);
    }
    script.host("output", &[SCRATCH, 32 * known.len() as u64]).op(Op::Stop, &[]);
    let output = chain.run(&prober, &script).output;
    for ((name, digest), found) in known.iter().zip(output.as_chunks::<32>().0) {
        assert_eq!(Hash(*found).to_string(), format!("0x{digest}"), "{name}");
    }
}

#[test]
fn failing_costs_the_gas_used_and_carries_its_data() {
    let (mut chain, prober) = Chain::with_prober();
    for (name, number, expected) in [
        ("fail", Some(7u64), tenon_abi::module_error_code(7)),
        ("fail", Some(65_535), tenon_abi::module_error_code(65_535)),
        ("panic", None, HostError::Panic.code()),
        ("bad_input", None, HostError::BadInput.code()),
    ] {
        let mut script = Script::new();
        let data = script.data(b"why");
        let arguments: Vec<u64> = number.into_iter().chain([data, 3]).collect();
        script.host(name, &arguments);
        let ran = chain.run(&prober, &script);
        assert_eq!((ran.error, &ran.output[..]), (expected, &b"why"[..]), "{name}");
        assert!(ran.gas < 1_000_000, "{name} used {}", ran.gas);
    }
    let mut script = Script::new();
    script.fail(65_536);
    chain.run(&prober, &script).refused(HostError::LimitExceeded);
}

#[test]
fn a_transaction_emits_no_more_events_than_the_limit() {
    let (mut chain, prober) = Chain::with_prober();
    let mut script = Script::new();
    (0..limits::MAX_EVENTS).for_each(|_| {
        script.host("emit", &[0, 0, 0, 0]);
    });
    let ran = chain.run(&prober, &script);
    assert_eq!(ran.error, 0);
    script.host("emit", &[0, 0, 0, 0]);
    chain.run(&prober, &script).refused(HostError::LimitExceeded);
}

#[test]
fn signatures_verify_for_their_message_and_key_alone() {
    use tenon_crypto::{Keypair, Scheme, Signature};
    let (mut chain, prober) = Chain::with_prober();
    for (name, scheme) in [("sr25519_verify", Scheme::Sr25519), ("ed25519_verify", Scheme::Ed25519)] {
        let pair = Keypair::from_seed(scheme, &[3; 32]).unwrap();
        let (Signature::Sr25519(signature) | Signature::Ed25519(signature)) = pair.sign(b"message") else {
            panic!("a signature of the scheme");
        };
        let mut wrong = signature;
        wrong[40] ^= 1;
        let mut script = Script::new();
        let (good, bad) = (script.data(&signature), script.data(&wrong));
        let (key, other, message) = (script.data(&pair.account()), script.data(&[8; 32]), script.data(b"messages"));
        for arguments in
            [[good, key, message, 7], [good, key, message, 8], [bad, key, message, 7], [good, other, message, 7]]
        {
            script.host(name, &arguments);
        }
        assert_eq!(chain.run(&prober, &script).ok(), [1, 0, 0, 0], "{name}");
    }
    let pair = Keypair::from_seed(Scheme::Secp256k1, &[3; 32]).unwrap();
    let Signature::Secp256k1(signature) = pair.sign(b"message") else { panic!("a signature of the scheme") };
    let mut script = Script::new();
    let (good, none) = (script.data(&signature), script.data(&[0; 65]));
    let digest = script.data(&tenon_types::blake2b_256(b"message").0);
    script.host("secp256k1_recover", &[good, digest, SCRATCH]).host("secp256k1_recover", &[none, digest, SCRATCH + 64]);
    let log = chain.run(&prober, &script).ok();
    script.host("output", &[SCRATCH, 33]).op(Op::Stop, &[]);
    assert_eq!((&log[..], &chain.run(&prober, &script).output[..]), (&[1, 0][..], pair.public().as_bytes()));
    let mut script = Script::new();
    let (good, none) = (script.data(&signature), script.data(&[0; 65]));
    let digest = script.data(&tenon_types::blake2b_256(b"message").0);
    for (signature, out) in [(good, SCRATCH), (none, SCRATCH + 64)] {
        script.host("secp256k1_recover_uncompressed", &[signature, digest, out]);
    }
    let log = chain.run(&prober, &script).ok();
    script.host("output", &[SCRATCH, 64]).op(Op::Stop, &[]);
    let both = chain.run(&prober, &script).output;
    let tenon_crypto::PublicKey::Secp256k1(key) = pair.public() else { panic!("a key of the scheme") };
    let address = tenon_crypto::ethereum::address(&key).unwrap();
    assert_eq!((&log[..], &tenon_crypto::hash::keccak_256(&both)[12..]), (&[1, 0][..], &address[..]));
}

#[test]
fn possession_of_a_bls_key_is_proven_by_its_own_proof_alone() {
    use tenon_crypto::bls::BlsSecretKey;
    let (mut chain, prober) = Chain::with_prober();
    let (alice, bob) = (BlsSecretKey::from_seed(&[1; 32]), BlsSecretKey::from_seed(&[2; 32]));
    let key = alice.public_key().to_bytes();
    let vote = alice.sign(&key);
    let mut script = Script::new();
    let (key, other) = (script.data(&key), script.data(&bob.public_key().to_bytes()));
    let (proof, vote) = (script.data(&alice.prove_possession().to_bytes()), script.data(&vote.to_bytes()));
    let (no_key, no_proof) = (script.data(&[0; 96]), script.data(&[0xff; 48]));
    for arguments in [[key, proof], [other, proof], [key, vote], [no_key, proof], [key, no_proof]] {
        script.host("bls_verify_possession", &arguments);
    }
    assert_eq!(chain.run(&prober, &script).ok(), [1, 0, 0, 0, 0]);
}
