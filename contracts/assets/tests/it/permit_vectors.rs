//! The rule of the permit vectors, on this chain's signing: each permit is signed apart, a signature is good for its own
//! alone, and everything that the vectors want refused is refused.

use crate::permits::{permit, sign};
use crate::{Terms, issued};
use assets::{Error, OwnerSignature, Permit};
use std::collections::BTreeSet;
use tenon_contract::Address;
use tenon_contract::parity_scale_codec::Encode;
use tenon_crypto::{Keypair, Scheme, Signature};
use tenon_testkit::bob;

const VECTORS: &str = include_str!("../../../../tests/vectors/eip712_permit.json");

/// What the vectors want refused, each with the test that refuses it, here or among the permits.
const REFUSED: [(&str, &str); 6] = [
    ("nonce reused", "refuses_a_permit_that_was_used"),
    ("deadline passed", "ends_at_its_deadline"),
    ("signer != owner", "refuses_signatures_of_others_and_of_other_permits"),
    ("owner = zero address", "refuses_signatures_of_others_and_of_other_permits"),
    ("another chain id or contract", "is_good_on_one_chain_and_instance_only"),
    ("high-s or wrong v", "refuses_other_forms_of_a_signature"),
];

/// The order of the group in which ed25519 signs, from the low byte on.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn vectors() -> serde_json::Value {
    serde_json::from_str(VECTORS).expect("the vectors are JSON")
}

#[test]
fn every_refusal_of_the_vectors_has_a_test() {
    let all = vectors();
    let here = [include_str!("permits.rs"), include_str!("permit_vectors.rs")].concat();
    for name in all["must_reject"].as_array().expect("a list") {
        let (_, test) = REFUSED.iter().find(|(refused, _)| name == refused).expect("a test for the refusal");
        assert!(here.contains(&format!("fn {test}()")), "{name}");
    }
}

#[test]
fn signs_each_permit_of_the_vectors_apart() {
    let (mut chain, assets) = issued(Terms::default());
    let all = vectors();
    let rows = all["permit_cases"]["rows"].as_array().expect("a list");
    let number = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
    let spender = |row: &serde_json::Value| {
        let text = row["spender"].as_str().expect("hexadecimal digits");
        let mut bytes = [0; 32];
        for (index, byte) in bytes[12..].iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).expect("two digits");
        }
        Address::new(bytes)
    };
    let permits: Vec<Permit> = rows
        .iter()
        .map(|row| Permit {
            spender: spender(row),
            new: number(&row["value"]).map(u128::from).expect("an amount"),
            number: row["nonce"].as_u64().expect("a number"),
            // Seconds there, and the highest number for never.
            deadline_ms: number(&row["deadline"]).map_or(u64::MAX, |seconds| seconds * 1_000),
            ..permit(&chain)
        })
        .collect();
    let messages: BTreeSet<_> =
        permits.iter().map(|permit| chain.query(assets.permit_message(permit.clone())).expect("a query")).collect();
    assert_eq!(messages.len(), rows.len());
    let signatures: Vec<_> = permits.iter().map(|permit| sign(&chain, assets, "Alice", permit)).collect();
    for (index, permit) in permits.iter().enumerate() {
        for (other, signature) in signatures.iter().enumerate().filter(|(other, _)| *other != index) {
            let outcome = chain.from(bob()).call(assets.permit(permit.clone(), signature.clone()));
            assert!(outcome.result.is_err(), "permit {index} with the signature of {other}");
        }
    }
    chain.from(bob()).call(assets.permit(permits[0].clone(), signatures[0].clone())).expect_ok();
    assert_eq!(chain.query(assets.allowance(1, permits[0].owner, permits[0].spender)), Ok(42));
    let second = Permit { current: 42, ..permits[1].clone() };
    let signature = sign(&chain, assets, "Alice", &second);
    chain.from(bob()).call(assets.permit(second, signature)).expect_ok();
    let late = chain.from(bob()).call(assets.permit(permits[3].clone(), signatures[3].clone()));
    late.expect_error(Error::PermitExpired);
}

#[test]
fn refuses_other_forms_of_a_signature() {
    let (mut chain, assets) = issued(Terms::default());
    let keys = Keypair::from_suri(Scheme::Ed25519, "//Alice").expect("a plain name derives a key");
    let owner = Address::new(keys.account());
    let permit = Permit { owner, ..permit(&chain) };
    let message = chain.query(assets.permit_message(permit.clone())).expect("a query");
    let Signature::Ed25519(good) = keys.sign(&message) else { panic!("an ed25519 key") };
    // The same number once around the group: another form of the same signature.
    let mut high = good;
    let mut carry = 0;
    for (byte, add) in high[32..].iter_mut().zip(GROUP_ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    for wrong in [OwnerSignature::Ed25519(high), OwnerSignature::Sr25519(good), OwnerSignature::Ed25519([0; 64])] {
        chain.from(bob()).call(assets.permit(permit.clone(), wrong)).expect_error(Error::InvalidSignature);
    }
    chain.from(bob()).call(assets.permit(permit, OwnerSignature::Ed25519(good))).expect_ok();
    assert_eq!(chain.query(assets.allowance(1, owner, bob())), Ok(42));
    // An sr25519 signature without the mark that tells it from ed25519.
    let permit = crate::permits::permit(&chain);
    let OwnerSignature::Sr25519(mut bytes) = sign(&chain, assets, "Alice", &permit) else { panic!("an sr25519 key") };
    bytes[63] &= 0x7f;
    let unmarked = OwnerSignature::Sr25519(bytes);
    chain.from(bob()).call(assets.permit(permit, unmarked)).expect_error(Error::InvalidSignature);
}

#[test]
fn signs_purpose_chain_instance_and_permit_in_the_wrapping_of_wallets() {
    let (chain, assets) = issued(Terms::default());
    let permit = permit(&chain);
    let purpose = b"tenon/assets/permit";
    let length = u8::try_from(purpose.len() * 4).expect("a short text");
    let (chain_id, instance) = (chain.chain_id(), assets.address());
    let body = permit.encode();
    let parts: [&[u8]; 7] =
        [b"<Bytes>", &[length], purpose, chain_id.as_bytes(), instance.as_bytes(), &body, b"</Bytes>"];
    assert_eq!(chain.query(assets.permit_message(permit)), Ok(parts.concat()));
}
