//! Sums of BLS signatures and keys: bitmaps, liars, many claims at once.

use proptest::{collection::vec, prelude::*, sample::subsequence};
use tenon_crypto::bls::{
    BlsAggregate, BlsClaim, BlsKeys, BlsKeysError, BlsPointError, BlsPublicKey, BlsSecretKey, BlsSignature,
    MAX_EQUATION, MAX_KEYS, find_invalid, verify_claims,
};

use crate::bls::{minus, secret};

/// How many keys the random cases have.
const COUNT: usize = 21;

fn secrets() -> Vec<BlsSecretKey> {
    (0..COUNT).map(|number| secret(u16::try_from(number).expect("few"))).collect()
}

fn keys(secrets: &[BlsSecretKey]) -> BlsKeys {
    let publics: Vec<_> = secrets.iter().map(BlsSecretKey::public_key).collect();
    BlsKeys::new(&publics).expect("few keys")
}

fn bitmap(members: &[usize]) -> Vec<u8> {
    let mut bitmap = vec![0; COUNT.div_ceil(8)];
    members.iter().for_each(|member| bitmap[member / 8] |= 1 << (member % 8));
    bitmap
}

fn signed(secrets: &[BlsSecretKey], members: &[usize], message: &[u8]) -> BlsAggregate {
    let votes: Vec<_> = members.iter().map(|member| secrets[*member].sign(message)).collect();
    votes.iter().collect()
}

/// The sum of two points, as one signature.
fn sum(left: &BlsSignature, right: &BlsSignature) -> BlsSignature {
    let sum: BlsAggregate = [left, right].into_iter().collect();
    BlsSignature::from_bytes(&sum.to_bytes()).expect("they do not cancel")
}

/// One point less another, as one signature.
fn difference(left: &BlsSignature, right: &BlsSignature) -> BlsSignature {
    let mut rest = BlsAggregate::from(*left);
    rest.remove(right);
    BlsSignature::from_bytes(&rest.to_bytes()).expect("they are not equal")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_aggregate_verifies_for_its_signers_and_message_alone(
        members in subsequence((0..COUNT).collect::<Vec<_>>(), 1..=COUNT), flipped in 0..COUNT,
    ) {
        let secrets = secrets();
        let keys = keys(&secrets);
        let aggregate = signed(&secrets, &members, b"block");
        let signers = members.len();
        prop_assert_eq!(keys.verify(b"block", &bitmap(&members), &aggregate), Ok(()));
        let decoded = BlsAggregate::from_bytes(&aggregate.to_bytes()).expect("a valid sum");
        prop_assert_eq!(decoded, aggregate);
        prop_assert_eq!(keys.verify(b"block", &bitmap(&members), &decoded), Ok(()));
        let other = keys.verify(b"clock", &bitmap(&members), &aggregate);
        prop_assert_eq!(other, Err(BlsKeysError::Aggregate { signers }));
        let mut changed = bitmap(&members);
        changed[flipped / 8] ^= 1 << (flipped % 8);
        prop_assert!(keys.verify(b"block", &changed, &aggregate).is_err());
    }

    #[test]
    fn votes_come_and_go(
        first in subsequence((0..COUNT).collect::<Vec<_>>(), 1..=COUNT),
        second in subsequence((0..COUNT).collect::<Vec<_>>(), 0..=COUNT),
    ) {
        let secrets = secrets();
        let second: Vec<_> = second.into_iter().filter(|member| !first.contains(member)).collect();
        let (one, two) = (signed(&secrets, &first, b"block"), signed(&secrets, &second, b"block"));
        let mut both = one;
        both.merge(&two);
        let members = [&first[..], &second].concat();
        prop_assert_eq!(both, signed(&secrets, &members, b"block"));
        prop_assert_eq!(keys(&secrets).verify(b"block", &bitmap(&members), &both), Ok(()));
        let mut rest = both;
        rest.separate(&two);
        prop_assert_eq!(rest, one);
        for member in &second {
            both.remove(&secrets[*member].sign(b"block"));
        }
        prop_assert_eq!(both, one);
        for member in &first {
            both.remove(&secrets[*member].sign(b"block"));
        }
        prop_assert_eq!(both, BlsAggregate::empty());
    }

    #[test]
    fn names_every_liar_and_nobody_else(liars in subsequence((0..COUNT).collect::<Vec<_>>(), 0..=6), kinds: [u8; 6]) {
        let secrets = secrets();
        let mut votes: Vec<_> =
            secrets.iter().map(|secret| (secret.public_key(), secret.sign(b"block"))).collect();
        for (liar, kind) in liars.iter().zip(kinds) {
            votes[*liar].1 = match kind % 4 {
                0 => secrets[*liar].sign(b"other"),
                1 => secret(999).sign(b"block"),
                2 => secrets[(*liar + 1) % COUNT].sign(b"block"),
                _ => secrets[*liar].prove_possession(),
            };
        }
        let single: Vec<_> =
            (0..COUNT).filter(|index| !votes[*index].0.verify(b"block", &votes[*index].1)).collect();
        prop_assert_eq!(&single, &liars);
        prop_assert_eq!(find_invalid(b"block", &votes), liars);
    }

    #[test]
    fn claims_hold_together_if_each_holds(bad in vec(0..9_usize, 0..2), count in 1..9_usize) {
        let secrets = secrets();
        let keys = keys(&secrets);
        let claims: Vec<_> = (0..count).map(|index| {
            let message = [b"block ", &[u8::try_from(index % 3).expect("few")][..]].concat();
            let members: Vec<_> = (index..COUNT).collect();
            let key = keys.sum(&bitmap(&members)).expect("a sum");
            let said = if bad.contains(&index) { b"another".to_vec() } else { message.clone() };
            (message, key, signed(&secrets, &members, &said))
        }).collect();
        let claims: Vec<_> = claims
            .iter()
            .map(|(message, key, aggregate)| BlsClaim { message, key: *key, aggregate: *aggregate })
            .collect();
        let each = claims.iter().all(|claim| claim.aggregate.verify(claim.message, &claim.key));
        prop_assert_eq!(verify_claims(&claims), each);
        prop_assert_eq!(verify_claims(&claims), bad.iter().all(|bad| *bad >= count));
    }
}

#[test]
fn errors_that_cancel_between_claims_do_not_pass() {
    let (one, two, noise) = (secret(1), secret(2), secret(3).sign(b"noise"));
    let (raised, lowered) = (sum(&one.sign(b"a"), &noise), difference(&two.sign(b"b"), &noise));
    let claim = |message, secret: &BlsSecretKey, signature: BlsSignature| BlsClaim {
        message,
        key: secret.public_key(),
        aggregate: signature.into(),
    };
    let (left, right): (&[u8], &[u8]) = (b"a", b"b");
    assert!(!verify_claims(&[claim(left, &one, raised), claim(right, &two, lowered)]));
    assert!(!verify_claims(&[claim(right, &two, lowered), claim(left, &one, raised)]));
    assert!(verify_claims(&[claim(left, &one, one.sign(left)), claim(right, &two, two.sign(right))]));
    // Signatures that changed places add up to the same sum.
    assert!(!verify_claims(&[claim(left, &one, two.sign(right)), claim(right, &two, one.sign(left))]));
}

#[test]
fn claims_beyond_one_equation_are_all_checked() {
    let secret = secret(1);
    let good = BlsClaim { message: b"block", key: secret.public_key(), aggregate: secret.sign(b"block").into() };
    let mut claims = vec![good; MAX_EQUATION + 2];
    assert!(verify_claims(&claims));
    let last = claims.last_mut().expect("many");
    last.message = b"clock";
    assert!(!verify_claims(&claims));
    let empty = BlsClaim { aggregate: BlsAggregate::empty(), ..good };
    assert!(!verify_claims(&[good, empty]) && !verify_claims(&[empty]));
    assert!(verify_claims(&[]));
}

#[test]
fn liars_whose_errors_cancel_leave_a_valid_sum_and_are_named_once_it_is_not() {
    let (noise, secrets) = (secret(999).sign(b"noise"), secrets());
    let mut votes: Vec<(BlsPublicKey, BlsSignature)> =
        secrets.iter().map(|secret| (secret.public_key(), secret.sign(b"block"))).collect();
    votes[3].1 = sum(&votes[3].1, &noise);
    votes[17].1 = difference(&votes[17].1, &noise);
    assert!(find_invalid(b"block", &votes).is_empty());
    let aggregate: BlsAggregate = votes.iter().map(|(_, signature)| signature).collect();
    let everybody: Vec<_> = (0..COUNT).collect();
    assert_eq!(keys(&secrets).verify(b"block", &bitmap(&everybody), &aggregate), Ok(()));
    // A third error brings all three to light.
    votes[4].1 = secrets[4].sign(b"other");
    assert_eq!(find_invalid(b"block", &votes), [3, 4, 17]);
    assert_eq!(find_invalid(b"block", &votes[..4]), [3]);
}

#[test]
fn honest_votes_of_keys_that_cancel_are_not_named() {
    let one = secret(1);
    let vote = one.sign(b"block");
    let mut opposite = BlsAggregate::empty();
    opposite.remove(&vote);
    let opposite = BlsSignature::from_bytes(&opposite.to_bytes()).expect("minus a signature is a point");
    let votes = [(one.public_key(), vote), (minus(&one.public_key()), opposite)];
    assert!(votes.iter().all(|(key, signature)| key.verify(b"block", signature)));
    assert!(find_invalid(b"block", &votes).is_empty());
    assert_eq!(find_invalid(b"block", &[votes[0], (votes[1].0, vote)]), [1]);
    assert!(find_invalid(b"block", &[]).is_empty());
    let keys = BlsKeys::new(&[votes[0].0, votes[1].0]).expect("two keys");
    let both: BlsAggregate = votes.iter().map(|(_, signature)| signature).collect();
    assert_eq!(keys.verify(b"block", &[0b11], &both), Err(BlsKeysError::Cancelled { signers: 2 }));
}

#[test]
fn refuses_bitmaps_that_are_not_the_only_encoding_of_their_signers() {
    let secrets = secrets();
    let keys = keys(&secrets);
    assert_eq!((keys.len(), keys.bitmap_bytes()), (21, 3));
    let length = |found| Err(BlsKeysError::BitmapLength { found, expected: 3 });
    assert_eq!(keys.sum(&[1, 0]), length(2));
    assert_eq!(keys.sum(&[1, 0, 0, 0]), length(4));
    assert_eq!(keys.sum(&[1, 0, 0x20]), Err(BlsKeysError::BitmapRest { found: 21, expected: 21 }));
    assert_eq!(keys.sum(&[1, 0, 0xa0]), Err(BlsKeysError::BitmapRest { found: 23, expected: 21 }));
    assert_eq!(keys.sum(&[0, 0, 0]), Err(BlsKeysError::NoSigner));
    assert_eq!(keys.sum(&[0, 0, 0x10]), Ok(secrets[20].public_key()));
    let error = keys.sum(&[1, 0, 0x20]).expect_err("a bit too many").to_string();
    assert_eq!(error, "found bit 21 set, expected none from 21 on");
}

#[test]
fn refuses_sets_of_no_key_or_too_many() {
    let key = secret(1).public_key();
    assert_eq!(BlsKeys::new(&[]).err(), Some(BlsKeysError::Count { found: 0 }));
    assert_eq!(BlsKeys::new(&vec![key; MAX_KEYS + 1]).err(), Some(BlsKeysError::Count { found: MAX_KEYS + 1 }));
    assert_eq!(BlsKeys::new(&vec![key; MAX_KEYS]).map(|keys| keys.len()), Ok(MAX_KEYS));
}

#[test]
fn an_empty_sum_verifies_for_nobody_and_cannot_be_decoded() {
    let empty = BlsAggregate::default();
    assert!(!empty.verify(b"block", &secret(1).public_key()));
    let error: BlsPointError = BlsAggregate::from_bytes(&empty.to_bytes()).expect_err("infinity");
    assert_eq!(error.fault, tenon_crypto::bls::PointFault::Infinity);
}
