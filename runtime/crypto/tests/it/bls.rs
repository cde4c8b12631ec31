//! One BLS key and one signature: known answers, refused encodings, possession.

use proptest::prelude::*;
use tenon_crypto::bls::{
    BlsKeys, BlsPart, BlsPointError, BlsPublicKey, BlsSecretKey, BlsSignature, MESSAGE_TAG, POSSESSION_TAG, PointFault,
    verify_possession,
};

use crate::{bytes, text, vectors};

/// The flag of an encoding that says which of two points with one x is meant.
pub(crate) const SIGN_FLAG: u8 = 0x20;

/// The key of a number.
pub(crate) fn secret(number: u16) -> BlsSecretKey {
    let mut seed = [9; 32];
    seed[..2].copy_from_slice(&number.to_le_bytes());
    BlsSecretKey::from_seed(&seed)
}

/// Minus a key: whoever holds the secret of one holds that of the other.
pub(crate) fn minus(key: &BlsPublicKey) -> BlsPublicKey {
    let mut bytes = key.to_bytes();
    bytes[0] ^= SIGN_FLAG;
    BlsPublicKey::from_bytes(&bytes).expect("the other y is on the curve and in the subgroup too")
}

fn array<const N: usize>(value: &serde_json::Value) -> [u8; N] {
    bytes(value).try_into().expect("bytes of the right number")
}

fn rows<'a>(all: &'a serde_json::Value, name: &str) -> &'a [serde_json::Value] {
    all[name].as_array().expect("rows")
}

#[test]
fn agrees_with_known_answers() {
    let all = vectors("bls12381.json");
    assert_eq!(text(&all["message_tag"]).as_bytes(), MESSAGE_TAG);
    assert_eq!(text(&all["possession_tag"]).as_bytes(), POSSESSION_TAG);
    let keys = rows(&all, "keys");
    for row in keys {
        let secret = BlsSecretKey::from_seed(&array(&row[0]));
        let public = BlsPublicKey::from_bytes(&array(&row[2])).expect("a valid key");
        assert_eq!(secret.public_key(), public);
        assert_eq!(secret.public_key().to_bytes(), array(&row[2]));
        assert_eq!(secret.prove_possession().to_bytes(), array(&row[3]));
        assert!(verify_possession(&array(&row[2]), &array(&row[3])));
        let message = bytes(&row[4]);
        assert_eq!(secret.sign(&message).to_bytes(), array(&row[5]));
        let signature = BlsSignature::from_bytes(&array(&row[5])).expect("a valid signature");
        assert!(public.verify(&message, &signature));
    }
    assert_eq!(keys.len(), 8);
}

#[test]
fn aggregates_agree_with_known_answers() {
    let all = vectors("bls12381.json");
    let secrets: Vec<_> = rows(&all, "keys").iter().map(|row| BlsSecretKey::from_seed(&array(&row[0]))).collect();
    let publics: Vec<_> = secrets.iter().map(BlsSecretKey::public_key).collect();
    let keys = BlsKeys::new(&publics).expect("few keys");
    for row in rows(&all, "aggregates") {
        let message = bytes(&row[1]);
        let members: Vec<usize> = serde_json::from_value(row[0].clone()).expect("indices");
        let bitmap = [members.iter().fold(0_u8, |bits, member| bits | 1 << member)];
        let votes: Vec<_> = members.iter().map(|member| secrets[*member].sign(&message)).collect();
        let aggregate = votes.iter().collect::<tenon_crypto::bls::BlsAggregate>();
        assert_eq!(aggregate.to_bytes(), array(&row[2]));
        assert_eq!(keys.sum(&bitmap).map(|key| key.to_bytes()), Ok(array(&row[3])));
        assert_eq!(keys.verify(&message, &bitmap, &aggregate), Ok(()));
    }
}

#[test]
fn refuses_encodings_of_what_is_no_point_of_the_group() {
    let all = vectors("bls12381.json");
    let expected = |row: &serde_json::Value, part| {
        let fault = match text(&row[2]) {
            "encoding" => PointFault::Encoding,
            "curve" => PointFault::NotOnCurve,
            "subgroup" => PointFault::NotInSubgroup,
            "infinity" => PointFault::Infinity,
            other => panic!("the vectors name a fault {other}"),
        };
        Some(BlsPointError { part, fault })
    };
    let (signatures, publics) = (rows(&all, "bad_signatures"), rows(&all, "bad_public_keys"));
    let good = secret(1);
    for row in signatures {
        let found = BlsSignature::from_bytes(&array(&row[1])).err();
        assert_eq!(found, expected(row, BlsPart::Signature), "{}", row[0]);
        assert!(!verify_possession(&good.public_key().to_bytes(), &array(&row[1])), "{}", row[0]);
    }
    for row in publics {
        let found = BlsPublicKey::from_bytes(&array(&row[1])).err();
        assert_eq!(found, expected(row, BlsPart::PublicKey), "{}", row[0]);
        assert!(!verify_possession(&array(&row[1]), &good.prove_possession().to_bytes()), "{}", row[0]);
    }
    assert_eq!((signatures.len(), publics.len()), (11, 12));
}

#[test]
fn errors_say_what_was_found_and_what_was_expected() {
    let error = BlsSignature::from_bytes(&[0; 48]).expect_err("no encoding is all zero");
    assert_eq!(
        error.to_string(),
        "bls signature: found an encoding that is not canonical, expected a compressed point of the subgroup of prime \
         order other than infinity"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn verifies_for_its_message_and_key_alone(
        number in any::<u16>(), other in any::<u16>(), message: Vec<u8>, bit in 0..48 * 8_usize,
    ) {
        let (pair, signature) = (secret(number), secret(number).sign(&message));
        let public = BlsPublicKey::from_bytes(&pair.public_key().to_bytes()).expect("its own encoding");
        prop_assert!(public.verify(&message, &signature));
        prop_assert!(public.verify_possession(&pair.prove_possession()));
        prop_assert!(!public.verify(&[&message[..], b"x"].concat(), &signature));
        prop_assert_eq!(secret(other).public_key().verify(&message, &signature), other == number);
        let mut harmed = signature.to_bytes();
        harmed[bit / 8] ^= 1 << (bit % 8);
        let passes = BlsSignature::from_bytes(&harmed).is_ok_and(|harmed| public.verify(&message, &harmed));
        prop_assert!(!passes);
    }
}

#[test]
fn a_vote_is_no_proof_and_a_proof_is_no_vote() {
    let pair = secret(1);
    let key = pair.public_key();
    let vote = pair.sign(&key.to_bytes());
    assert!(key.verify(&key.to_bytes(), &vote));
    assert!(!key.verify_possession(&vote));
    assert!(!key.verify(&key.to_bytes(), &pair.prove_possession()));
    assert!(!secret(2).public_key().verify_possession(&pair.prove_possession()));
}

#[test]
fn a_key_made_out_of_the_keys_of_others_cannot_prove_possession() {
    let (honest, liar) = (secret(1), secret(2));
    let difference = BlsKeys::new(&[liar.public_key(), minus(&honest.public_key())]).expect("two keys");
    let rogue = difference.sum(&[0b11]).expect("the keys do not cancel");
    // Without possession the attack works: the liar alone signs for both.
    let keys = BlsKeys::new(&[honest.public_key(), rogue]).expect("two keys");
    let forged = liar.sign(b"all to me").into();
    assert_eq!(keys.verify(b"all to me", &[0b11], &forged), Ok(()));
    // None of the proofs that the liar can make or put together is one for that key.
    let mut difference = tenon_crypto::bls::BlsAggregate::from(liar.prove_possession());
    difference.remove(&honest.prove_possession());
    let difference = difference.to_bytes();
    let own = liar.prove_possession().to_bytes();
    for proof in [own, honest.prove_possession().to_bytes(), difference, liar.sign(&rogue.to_bytes()).to_bytes()] {
        assert!(!verify_possession(&rogue.to_bytes(), &proof));
    }
}

#[test]
fn a_secret_key_does_not_show_itself() {
    let all = vectors("bls12381.json");
    let row = &rows(&all, "keys")[0];
    let shown = format!("{:?}", BlsSecretKey::from_seed(&array(&row[0])));
    assert!(shown.contains(text(&row[2])) && !shown.contains(text(&row[1])), "{shown}");
}
