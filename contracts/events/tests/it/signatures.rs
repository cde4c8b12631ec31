//! Signatures of events: of both schemes, over everything else, in one form, on one chain.

use crate::{address_of, client, ethereum_key, plain, signed, world};
use events::{Checked, Error, Event, Origin, StreamId};
use serde_json::Value;
use std::collections::BTreeSet;
use tenon_contract::{Address, Hash};
use tenon_crypto::{Keypair, Scheme, Signature};
use tenon_testkit::keypair;

const CHAIN: Hash = Hash::new([7; 32]);
const STREAM: StreamId = StreamId { module: Address::new([1; 32]), id: Hash::new([2; 32]) };
/// Signatures of Streamr's own clients, over payloads of theirs.
const VECTORS: &str = include_str!("../../../../tests/vectors/streamr.json");

fn samples() -> [(Keypair, Event); 2] {
    [ethereum_key(1), keypair("Bob")].map(|pair| {
        let event = signed(plain(STREAM, 1_704_972_511_765, "21.5"), &CHAIN, &pair);
        (pair, event)
    })
}

fn check(event: &Event) -> Result<Checked, Error> {
    client().check(&CHAIN, event)
}

/// The order of secp256k1 less a number, both with their highest byte first.
fn negated(number: &[u8]) -> Vec<u8> {
    let order = hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    let mut borrow = false;
    let mut digits: Vec<u8> = Vec::new();
    for (left, right) in order.iter().zip(number).rev() {
        let (once, first) = left.overflowing_sub(*right);
        let (twice, second) = once.overflowing_sub(u8::from(borrow));
        borrow = first || second;
        digits.insert(0, twice);
    }
    digits
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(digit).collect()
}

#[test]
fn accepts_both_schemes_and_names_the_account_of_the_key() {
    for (pair, event) in samples() {
        let checked = check(&event).expect("it is signed");
        assert_eq!(checked.publisher, Address::new(pair.account()));
        assert_eq!(checked.id, client().id(&CHAIN, &event));
    }
}

#[test]
fn covers_every_bit_of_every_field() {
    for (_, event) in samples() {
        let bytes = event.to_bytes();
        for bit in 0..8 * bytes.len() {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            let read = client().read(&CHAIN, &other);
            assert!(read.is_err(), "bit {} of byte {} is not covered", bit % 8, bit / 8);
        }
    }
}

#[test]
fn covers_each_field_by_itself() {
    for (_, event) in samples() {
        let stream = |module: u8, id: u8| StreamId { module: Address::new([module; 32]), id: Hash::new([id; 32]) };
        let changed = [
            Event { stream: stream(3, 2), ..event.clone() },
            Event { stream: stream(1, 3), ..event.clone() },
            Event { partition: 1, ..event.clone() },
            Event { timestamp_ms: event.timestamp_ms + 1, ..event.clone() },
            Event { content_type: 2, ..event.clone() },
            Event { encryption_type: 1, ..event.clone() },
            Event { content: b"21.6".to_vec(), ..event.clone() },
            Event { content: Vec::new(), ..event.clone() },
        ];
        for other in changed {
            assert_eq!(check(&other), Err(Error::WrongSignature));
        }
        assert_eq!(client().check(&Hash::new([8; 32]), &event), Err(Error::WrongSignature), "another chain");
    }
}

#[test]
fn takes_no_origin_for_another() {
    let [(_, ethereum), (_, account)] = samples();
    let other = Event { origin: address_of(&ethereum_key(2)).to_vec(), ..ethereum.clone() };
    assert_eq!(check(&other), Err(Error::WrongSignature));
    let other = Event { origin: keypair("Alice").account().to_vec(), ..account.clone() };
    assert_eq!(check(&other), Err(Error::WrongSignature));
    // For the zero address anyone can sign, as the key is the neutral element.
    let mut signature = [0; 64];
    signature[63] = 0x80;
    let zero = Event { origin: vec![0; 32], signature: signature.to_vec(), ..account.clone() };
    assert_eq!(check(&zero), Err(Error::WrongSignature));
    for event in [ethereum, account] {
        for number in (0..=u8::MAX).filter(|number| *number != event.origin_type) {
            let error = if (1..=2).contains(&number) { Error::WrongLength } else { Error::UnknownOriginType };
            assert_eq!(check(&Event { origin_type: number, ..event.clone() }), Err(error));
        }
        for number in (0..=u8::MAX).filter(|number| *number != event.signature_type) {
            let other = Event { signature_type: number, ..event.clone() };
            assert_eq!(check(&other), Err(Error::UnknownSignatureType));
        }
        for part in [event.signature.len() - 1, 0] {
            let short = Event { signature: event.signature[..part].to_vec(), ..event.clone() };
            assert_eq!(check(&short), Err(Error::WrongLength));
        }
        let long = Event { signature: [&event.signature[..], &[0]].concat(), ..event.clone() };
        assert_eq!(check(&long), Err(Error::WrongLength));
    }
}

#[test]
fn refuses_the_other_form_of_an_ecdsa_signature() {
    let [(_, event), _] = samples();
    let mut twin = event.signature.clone();
    twin.splice(32..64, negated(&event.signature[32..64]));
    for recovery in [27, 28] {
        twin[64] = recovery;
        assert_eq!(check(&Event { signature: twin.clone(), ..event.clone() }), Err(Error::WrongSignature));
    }
    for recovery in (0..=u8::MAX).filter(|recovery| *recovery != event.signature[64]) {
        let mut other = event.signature.clone();
        other[64] = recovery;
        assert_eq!(check(&Event { signature: other, ..event.clone() }), Err(Error::WrongSignature), "{recovery}");
    }
    for part in [0..32, 32..64] {
        for fill in [0, 0xff] {
            let mut other = event.signature.clone();
            other[part.clone()].fill(fill);
            assert_eq!(check(&Event { signature: other, ..event.clone() }), Err(Error::WrongSignature));
        }
    }
}

#[test]
fn recovers_the_signers_of_the_vectors() {
    let all: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let rows = all["signatures"].as_array().expect("there are rows");
    let mut valid = 0;
    for row in rows {
        let bytes = |name: &str| hex(row[name].as_str().expect("text"));
        let (digest, mut signature) = (client().digest(&bytes("payload_hex")), bytes("signature"));
        assert_eq!(digest.as_bytes().to_vec(), bytes("payload_keccak_eip191"));
        signature[64] -= 27;
        let recover = client().secp256k1_recover_uncompressed;
        let key = recover(&signature.try_into().expect("65 bytes"), &digest).expect("a key");
        let address = client().ethereum_address(&key);
        let is_signer = address.to_vec() == bytes("signer");
        assert_eq!(row["valid"].as_bool(), Some(is_signer), "{}", row["note"]);
        valid += u32::from(is_signer);
    }
    assert_eq!((rows.len(), valid), (3, 2));
}

#[test]
fn signs_the_message_of_the_vectors_without_its_ambiguity() {
    let all: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let message = &all["messages"][0];
    let content = message["content_utf8"].as_str().expect("text");
    let timestamp_ms = message["timestamp"].as_u64().expect("a number");
    let event = signed(plain(STREAM, timestamp_ms, content), &CHAIN, &ethereum_key(1));
    assert!(check(&event).is_ok());
    // Fields that are joined without lengths say the same when a byte moves from one to the next. Here they do not.
    let moved = Event { content: content.as_bytes()[1..].to_vec(), ..event.clone() };
    assert_ne!(moved.message(&CHAIN), event.message(&CHAIN));
    assert_eq!(check(&moved), Err(Error::WrongSignature));
}

#[test]
fn finds_address_and_account_of_many_keys() {
    let mut parities = BTreeSet::new();
    for number in 1..=100 {
        let pair = ethereum_key(number);
        let Signature::Secp256k1(signature) = pair.sign(&[number]) else { panic!("a key of Ethereum") };
        let digest = (client().blake2b_256)(&[number]);
        let key = (client().secp256k1_recover_uncompressed)(&signature, &digest).expect("a key");
        assert_eq!(client().ethereum_address(&key), address_of(&pair));
        assert_eq!(client().account(&key), Address::new(pair.account()));
        parities.insert(key[63] & 1);
        let mut other = key;
        other[63] ^= 1;
        assert_ne!(client().ethereum_address(&other), address_of(&pair));
        assert_ne!(client().account(&other), Address::new(pair.account()));
    }
    assert_eq!(parities.len(), 2, "keys of both parities");
}

#[test]
fn agrees_in_client_and_contract() {
    let world = world();
    let chain = world.chain.chain_id();
    for pair in [ethereum_key(1), ethereum_key(2), keypair("Bob")] {
        let event = world.event(&pair, "21.5");
        let ours = client().check(&chain, &event).expect("it is signed");
        let unsigned = Event { signature: Vec::new(), ..event.clone() };
        let message = world.chain.query(world.events.message(unsigned)).expect("a query");
        let signature = match pair.scheme() {
            Scheme::Secp256k1 => pair.sign_ethereum(&message).expect("a key of Ethereum").to_vec(),
            _ => pair.sign(&message).as_bytes().to_vec(),
        };
        assert_eq!(signature, event.signature);
        assert_eq!(world.chain.query(world.events.encode_event(event.clone())), Ok(event.to_bytes()));
        assert_eq!(world.chain.query(world.events.check_event(event.to_bytes())), Ok(ours));
        let other = Event { partition: 1, ..event };
        let found = world.chain.query(world.events.check_event(other.to_bytes())).expect_err("it is not signed");
        assert_eq!(found.module_error::<Error>(), Some(Error::WrongSignature));
    }
}

#[test]
fn is_the_same_event_whatever_its_signature() {
    for (pair, event) in samples() {
        let other = Event { signature: vec![1; 64], ..event.clone() };
        assert_eq!(client().id(&CHAIN, &other), client().id(&CHAIN, &event));
        assert_ne!(client().id(&Hash::new([8; 32]), &event), client().id(&CHAIN, &event), "another chain");
        let origin = match pair.scheme() {
            Scheme::Secp256k1 => Origin::Ethereum { address: address_of(&pair) },
            _ => Origin::Account { address: Address::new(pair.account()) },
        };
        assert_eq!(Origin::of(&event), Ok(origin));
    }
}
