//! What the SDK promises a module's author, checked with a module that uses all of it.

use tenon_contract::abi::HostError;
use tenon_contract::{Address, Event, Hash};
use tenon_crypto::{Keypair, Scheme};
use tenon_prober::{Color, Error, Point, ProberRef, Seen, Shape};
use tenon_testkit::{TestChain, alice, bob, keypair, module_code};
use tenon_types::interface::{Interface, Manifest, MethodMode};

fn code() -> Vec<u8> {
    module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/prober"))
}

fn chain() -> (TestChain, ProberRef) {
    let mut chain = TestChain::new();
    let prober = ProberRef::at(chain.from(alice()).deploy(&code(), ProberRef::init(5)));
    (chain, prober)
}

#[test]
fn lists_an_ordered_map_from_any_bound_in_both_directions() {
    let (mut chain, prober) = chain();
    // More than a page of entries, with keys that begin or end in 0x00 and 0xff.
    let mut keys: Vec<(u8, u32)> = (0..40).map(|index| (1, index * 7)).collect();
    keys.extend([(0, 0), (0, u32::MAX), (1, u32::MAX), (2, 0), (2, 255), (2, 256), (255, u32::MAX)]);
    keys.sort_unstable();
    chain.from(alice()).call(prober.fill(keys.clone(), 300)).expect_ok();
    assert_eq!(chain.query(prober.ends()), Ok(Some([keys[0], keys[keys.len() - 1]])));
    let bounds: Vec<Option<(u8, u32)>> =
        [None, Some((1, 8)), Some((2, 1))].into_iter().chain(keys.iter().copied().map(Some).step_by(5)).collect();
    for group in [None, Some(1), Some(2), Some(9)] {
        for from in
            bounds.iter().copied().filter(|from| group.is_none_or(|group| from.is_none_or(|key| key.0 == group)))
        {
            for (included, descending, limit) in [
                (true, false, 100),
                (false, false, 100),
                (true, true, 100),
                (false, true, 100),
                (false, true, 3),
                (true, false, 0),
            ] {
                let within = |key: &(u8, u32)| {
                    let after = from.is_none_or(|from| if descending { *key < from } else { *key > from });
                    group.is_none_or(|group| key.0 == group) && (after || (included && from == Some(*key)))
                };
                let mut expected: Vec<_> = keys.iter().copied().filter(within).collect();
                if descending {
                    expected.reverse();
                }
                expected.truncate(limit as usize);
                let found = chain.query(prober.list(group, from, included, descending, limit));
                assert_eq!(found, Ok(expected), "{group:?} {from:?} {included} {descending} {limit}");
            }
        }
    }
}

#[test]
fn lists_values_larger_than_a_page() {
    let (mut chain, prober) = chain();
    let keys = vec![(1, 1), (1, 2), (1, 3)];
    chain.from(alice()).call(prober.fill(keys.clone(), 20_000)).expect_ok();
    assert_eq!(chain.query(prober.list(None, None, true, false, 10)), Ok(keys.clone()));
    assert_eq!(chain.query(prober.list(None, None, true, true, 10)), Ok(keys.into_iter().rev().collect()));
}

#[test]
fn reads_what_containers_were_given() {
    let (mut chain, prober) = chain();
    let outcome = chain.from(alice()).call(prober.containers("a\0b".into(), Point { x: -3, y: 9 }));
    assert_eq!(outcome.expect_ok(), (Some(-5), true, true, Some(-5), 6));
    assert_eq!(chain.stored_entries(prober.address()), 1);
    for _ in 0..2 {
        let outcome = chain.from(alice()).call(prober.transient(vec![1, 2, 3]));
        assert_eq!(outcome.expect_ok(), Some(vec![1, 2, 3]), "nothing is left of the transaction before");
    }
}

#[test]
fn shows_a_method_its_surroundings() {
    let (mut chain, prober) = chain();
    let (height, time_ms) = (chain.height(), chain.time_ms());
    let seen = chain.from(bob()).call(prober.surroundings().with_value(10_000_000_000)).expect_ok();
    assert_eq!((seen.caller, seen.origin, seen.self_address), (bob(), bob(), prober.address()));
    assert_eq!((seen.value, seen.block_height, seen.block_time_ms), (10_000_000_000, height, time_ms));
    assert!(seen.has_gas && seen.chain_id == chain.chain_id());
    let unpaid = chain.from(bob()).call(prober.count(1).with_value(10_000_000_000));
    unpaid.expect_host_error(HostError::NotPayable);
}

#[test]
fn emits_topics_and_data_as_documented() {
    let (mut chain, prober) = chain();
    let shape = Shape::Box { from: Point { x: 1, y: 2 }, to: Point { x: -1, y: 3 } };
    let outcome = chain.from(alice()).call(prober.see(bob(), 77, true, shape.clone()));
    assert!(outcome.has(&Seen { who: bob(), number: 77, flag: true, shape }));
    let [event] = outcome.emitted().try_into().expect("one event");
    assert_eq!(event.topics[0], Seen::SIGNATURE_TOPIC);
    assert_eq!(event.topics[0], tenon_crypto::hash::blake2b_256(b"Seen(address,u32,bool,Shape)"));
    assert_eq!((event.topics[1], event.topics[2][0], event.topics[3][0]), (*bob().as_bytes(), 77, 1));
    assert_eq!(event.data, [2, 1, 0, 2, 0xff, 0xff, 3]);
}

#[test]
fn traces_a_panic_to_its_line_and_undoes_it() {
    let (mut chain, prober) = chain();
    let outcome = chain.from(alice()).call(prober.panic("now".into()));
    outcome.expect_host_error(HostError::Panic);
    let failure = outcome.result.expect_err("a panic");
    let line = failure.trace.iter().find(|line| line.contains("asked to: now")).expect("the message");
    assert!(line.contains(" at tenon-prober/src/lib.rs:"), "{line}");
    assert_eq!(chain.query(prober.counter()), Ok(5));
}

#[test]
fn never_wraps_a_number() {
    let (mut chain, prober) = chain();
    assert_eq!(chain.from(alice()).call(prober.subtract(5, 3)).expect_ok(), 2);
    let outcome = chain.from(alice()).call(prober.subtract(3, 5));
    outcome.expect_host_error(HostError::Panic);
    let failure = outcome.result.expect_err("a panic");
    assert!(failure.to_string().contains("attempt to subtract with overflow at tenon-prober/src/lib.rs:"), "{failure}");
}

#[test]
fn ends_a_module_that_runs_out_of_memory_with_an_error() {
    let (mut chain, prober) = chain();
    let outcome = chain.from(alice()).call(prober.exhaust_memory());
    assert!(outcome.result.is_err());
    assert_eq!(chain.query(prober.counter()), Ok(5));
}

#[test]
fn calls_other_instances_and_sees_their_errors() {
    let (mut chain, prober) = chain();
    let other = ProberRef::at(chain.from(alice()).deploy(&code(), ProberRef::init(100)));
    assert_eq!(chain.from(bob()).call(prober.relay(other.address(), 11)).expect_ok(), 111);
    assert_eq!(chain.from(bob()).call(prober.observe_failure(other.address())).expect_ok(), (111, 111));
    chain.from(bob()).call(prober.fail()).expect_error(Error::Asked);
    let nobody = chain.from(bob()).call(prober.relay(Address::new([9; 32]), 1));
    nobody.expect_host_error(HostError::Panic);
    assert!(nobody.result.expect_err("no instance").to_string().contains("calling `count` failed: InstanceNotFound"));
}

#[test]
fn enters_itself_only_where_marked() {
    let (mut chain, prober) = chain();
    assert_eq!(chain.from(bob()).call(prober.reenter()).expect_ok(), HostError::Reentry.code());
    assert_eq!(chain.from(bob()).call(prober.relay(prober.address(), 2)).expect_ok(), 7);
}

#[test]
fn sends_coin_and_hears_why_not() {
    let (mut chain, prober) = chain();
    let coin = 1_000_000_000_000;
    let before = chain.coin(bob());
    let sent = chain.from(alice()).call(prober.pay(bob(), coin).with_value(3 * coin));
    assert_eq!(sent.expect_ok(), (0, 2 * coin));
    assert_eq!(chain.coin(bob()), before + coin);
    let over = chain.from(alice()).call(prober.pay(bob(), 9 * coin));
    assert_eq!(over.expect_ok(), (HostError::InsufficientBalance.code(), 2 * coin));
}

#[test]
fn hashes_and_verifies_through_the_host() {
    let (chain, prober) = chain();
    let data = b"abc".to_vec();
    let expected = [
        tenon_crypto::hash::blake2b_256(&data),
        tenon_crypto::hash::blake3_256(&data),
        tenon_crypto::hash::sha2_256(&data),
        tenon_crypto::hash::sha3_256(&data),
        tenon_crypto::hash::keccak_256(&data),
        tenon_crypto::hash::sm3_256(&data),
    ];
    assert_eq!(chain.query(prober.hashes(data.clone())), Ok(expected.map(Hash::new)));
    let alice_keys = keypair("Alice");
    let tenon_crypto::Signature::Sr25519(signature) = alice_keys.sign(&data) else { panic!("an sr25519 key") };
    assert_eq!(chain.query(prober.verifies(signature, alice_keys.account(), data.clone())), Ok(true));
    assert_eq!(chain.query(prober.verifies(signature, *bob().as_bytes(), data)), Ok(false));
    let ferdie = Keypair::from_seed(Scheme::Secp256k1, &[6; 32]).expect("a secret");
    let digest = Hash::new(tenon_crypto::hash::blake2b_256(b"abc"));
    let tenon_crypto::Signature::Secp256k1(mut signature) = ferdie.sign(b"abc") else { panic!("a secp256k1 key") };
    let compressed = tenon_crypto::recover_secp256k1(&signature, digest.as_bytes()).expect("a key");
    assert_eq!(compressed, ferdie.public().as_bytes());
    let both = tenon_crypto::recover_secp256k1_uncompressed(&signature, digest.as_bytes()).expect("a key");
    assert_eq!((both[..32].to_vec(), both[63] & 1), (compressed[1..].to_vec(), compressed[0] & 1));
    assert_eq!(chain.query(prober.recovers(signature, digest)), Ok((Some(compressed), Some(both))));
    signature[64] = 4;
    assert_eq!(chain.query(prober.recovers(signature, digest)), Ok((None, None)));
    let secret = tenon_crypto::bls::BlsSecretKey::from_seed(&[1; 32]);
    let (key, proof) = (secret.public_key().to_bytes(), secret.prove_possession().to_bytes());
    assert_eq!(chain.query(prober.possesses(key, proof)), Ok(true));
    assert_eq!(chain.query(prober.possesses(key, secret.sign(&key).to_bytes())), Ok(false));
}

#[test]
fn upgrades_with_a_migration() {
    let (mut chain, prober) = chain();
    chain.from(alice()).upgrade(prober.address(), &code(), 40u64.to_le_bytes().to_vec()).expect_ok();
    assert_eq!(chain.query(prober.counter()), Ok(40));
    let stranger = chain.from(bob()).upgrade(prober.address(), &code(), 1u64.to_le_bytes().to_vec());
    stranger.expect_host_error(HostError::NotAdmin);
}

#[test]
#[should_panic(expected = "invariant `is_not_unlucky`")]
fn ends_a_test_whose_step_breaks_an_invariant() {
    let (mut chain, prober) = chain();
    let _ = chain.from(alice()).call(prober.count(8));
}

#[test]
fn describes_the_module_in_its_sections() {
    let code = code();
    let interface = Interface::of_code(&code).expect("readable");
    let list = interface.method(MethodMode::Query, "list").expect("listed");
    let arguments: Vec<_> = list.arguments.iter().map(|field| format!("{}: {}", field.name, field.ty)).collect();
    assert_eq!(
        arguments,
        ["group: option<u8>", "from: option<(u8,u32)>", "included: bool", "descending: bool", "limit: u32"]
    );
    assert_eq!(list.result.to_string(), "vec<(u8,u32)>");
    assert!(list.doc.starts_with("Lists keys, of one group or all"));
    let surroundings = interface.method(MethodMode::Call, "surroundings").expect("listed");
    assert!(surroundings.payable && !surroundings.reentrant);
    assert!(interface.method(MethodMode::Call, "count").is_some_and(|method| method.reentrant));
    let failing = interface.method(MethodMode::Call, "fail").expect("listed");
    assert_eq!(failing.result.to_string(), "()");
    let numbers: Vec<_> = interface.errors.iter().map(|error| (error.number, error.name.as_str())).collect();
    let of_payments = [(301, "WrongValue"), (302, "CoinNotWanted"), (303, "Refused")];
    assert_eq!(numbers, [&[(7, "Asked"), (300, "Callee")], &of_payments[..]].concat());
    let storage: Vec<_> = interface
        .storage
        .iter()
        .map(|field| (field.name.as_str(), field.container.as_str(), field.prefix.as_slice()))
        .collect();
    assert_eq!(
        storage,
        [
            ("entries", "ordered_map", &[0][..]),
            ("names", "map", &[1]),
            ("members", "set", &[2]),
            ("told", "value", &[3]),
            ("mood", "value", &[4]),
            ("validators", "map", &[5]),
            ("owed", "ordered_map", &[6]),
            ("credits", "ordered_map", &[7]),
            ("counter", "value", &[255])
        ]
    );
    assert_eq!(interface.storage[2].key.to_string(), "(Color,Point)");
    let types: Vec<_> = interface.types.iter().map(|named| named.name.as_str()).collect();
    assert_eq!(types, ["Color", "Currency", "Mood", "Point", "Report", "Shape", "Surroundings", "Told", "Validator"]);
    let manifest = Manifest::of_code(&code).expect("readable");
    assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("tenon-prober", env!("CARGO_PKG_VERSION")));
    assert!(manifest.upgradable && manifest.source_hash.is_some() && manifest.build_image.starts_with("rustc "));
    assert_eq!((manifest.memory_pages, manifest.call_targets), (Some(16), vec!["*".to_owned()]));
    let _ = Color::Red;
}
