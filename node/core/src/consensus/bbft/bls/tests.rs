//! The collector's flows over real signatures, and whom the scheme blames.

use super::*;
use crate::consensus::bbft::{
    Certificate, Collected, Collector, Epoch, Evidence, Partial, Rejected, Statement, Validator, ValidatorIndex, View,
    Vote, signed_bytes,
};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};
use tenon_types::Hash;

const CHAIN: Hash = Hash([5; 32]);
/// The bit of a compressed point that says which of two y is meant.
const MINUS: u8 = 0x20;

static SECRETS: LazyLock<Vec<BlsSecretKey>> =
    LazyLock::new(|| (1..=7).map(|seed| BlsSecretKey::from_seed(&[seed; 32])).collect());

fn keys(count: usize) -> Vec<[u8; KEY_BYTES]> {
    SECRETS[..count].iter().map(|secret| secret.public_key().to_bytes()).collect()
}

fn set(keys: &[[u8; KEY_BYTES]]) -> ValidatorSet {
    let validator = |(index, key): (u8, &[u8; KEY_BYTES])| Validator {
        account: tenon_types::Address([index; 32]),
        bls_key: *key,
        weight: 1,
    };
    ValidatorSet::new((0..).zip(keys).map(validator).collect()).expect("keys of different validators")
}

fn observer(keys: &[[u8; KEY_BYTES]]) -> BlsScheme {
    BlsScheme::observer(&set(keys)).expect("points")
}

fn collector_of(chain: Hash, epoch: Epoch, keys: &[[u8; KEY_BYTES]]) -> Collector {
    Collector::new(chain, epoch, Arc::new(set(keys)), Arc::new(observer(keys)))
}

fn collector(validators: usize) -> Collector {
    collector_of(CHAIN, Epoch(1), &keys(validators))
}

fn notarize(digest: u8) -> Statement {
    Statement::notarize(View(1), Hash([digest; 32]))
}

fn vote(statement: Statement, signer: ValidatorIndex) -> Vote {
    let secret = &SECRETS[usize::from(signer)];
    let signature = secret.sign(&signed_bytes(CHAIN, Epoch(1), &statement));
    Vote { statement, signer, signature: Signature(signature.to_bytes()) }
}

fn bitmap(validators: usize, signers: &[ValidatorIndex]) -> Signers {
    let mut bitmap = Signers::none(validators);
    signers.iter().for_each(|signer| assert!(bitmap.insert(*signer)));
    bitmap
}

fn partial(statement: Statement, signers: &[ValidatorIndex]) -> Partial {
    let signatures: Vec<_> = signers.iter().map(|signer| vote(statement, *signer).signature).collect();
    let signature = observer(&keys(7)).sum(&signatures).expect("points");
    Partial { statement, signers: bitmap(7, signers), signature }
}

fn give(collector: &mut Collector, vote: &Vote) -> Collected {
    collector.vote(View(1), View(0), vote, vote.signer)
}

fn give_partial(collector: &mut Collector, partial: &Partial, sender: ValidatorIndex) -> Collected {
    collector.partial(View(1), View(0), partial, sender)
}

fn certificate(collected: Collected) -> Certificate {
    let Collected::Certificate(certificate) = collected else { panic!("{collected:?}") };
    certificate
}

fn minus<const N: usize>(mut point: [u8; N]) -> [u8; N] {
    point[0] ^= MINUS;
    point
}

#[test]
fn a_quorum_makes_a_certificate_that_holds_on_its_chain_and_in_its_epoch_alone() {
    let mut collector = collector(4);
    assert_eq!(give(&mut collector, &vote(notarize(1), 3)), Collected::Kept);
    assert_eq!(give(&mut collector, &vote(notarize(1), 0)), Collected::Kept);
    let right = certificate(give(&mut collector, &vote(notarize(1), 2)));
    assert_eq!(right.signers, bitmap(4, &[0, 2, 3]));
    assert!(collector.verify(&right));
    assert!(!collector_of(Hash([6; 32]), Epoch(1), &keys(4)).verify(&right), "another chain");
    assert!(!collector_of(CHAIN, Epoch(2), &keys(4)).verify(&right), "another epoch");
    let mut others = keys(4);
    others.swap(0, 1);
    assert!(!collector_of(CHAIN, Epoch(1), &others).verify(&right), "another set");
    let wrong = [
        Certificate { signers: bitmap(4, &[0, 1, 2]), ..right.clone() },
        Certificate { signers: bitmap(4, &[0, 1, 2, 3]), ..right.clone() },
        Certificate { signers: bitmap(9, &[0, 2, 3]), ..right.clone() },
        Certificate { statement: notarize(2), ..right.clone() },
        Certificate { statement: Statement::finalize(View(1), Hash([1; 32])), ..right.clone() },
        Certificate { signature: Signature(minus(right.signature.0)), ..right },
    ];
    assert!(wrong.iter().all(|certificate| !collector.verify(certificate)));
}

#[test]
fn false_votes_and_sums_are_found_and_the_rest_decides() {
    let mut collector = collector(7);
    let false_sum = Partial { signature: vote(notarize(1), 0).signature, ..partial(notarize(1), &[3, 4]) };
    let no_point = Vote { signature: Signature([9; SIGNATURE_BYTES]), ..vote(notarize(1), 2) };
    let another = Vote { signature: vote(notarize(2), 1).signature, ..vote(notarize(1), 1) };
    assert_eq!(give_partial(&mut collector, &false_sum, 3), Collected::Kept);
    assert_eq!(give(&mut collector, &no_point), Collected::Kept);
    assert_eq!(give(&mut collector, &another), Collected::Kept);
    assert_eq!(give_partial(&mut collector, &partial(notarize(1), &[5, 6]), 5), Collected::Kept, "6 of 7, half false");
    let all = bitmap(7, &[0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(collector.heard(&notarize(1), &all), bitmap(7, &[5, 6]), "what is false was dropped");
    assert_eq!(give(&mut collector, &vote(notarize(1), 2)), Collected::Kept, "a right one may follow a false one");
    assert_eq!(give(&mut collector, &vote(notarize(1), 1)), Collected::Kept);
    let right = certificate(give(&mut collector, &vote(notarize(1), 0)));
    assert_eq!(right.signers, bitmap(7, &[0, 1, 2, 5, 6]));
    assert!(collector.verify(&right));
}

#[test]
fn two_votes_of_one_view_are_evidence_and_a_forged_one_is_not() {
    let mut collector = collector(4);
    give(&mut collector, &vote(notarize(1), 2));
    let forged = Vote { signature: vote(notarize(2), 1).signature, ..vote(notarize(2), 2) };
    assert_eq!(give(&mut collector, &forged), Collected::Rejected(Rejected::Sender));
    let Collected::Evidence(evidence) = give(&mut collector, &vote(notarize(2), 2)) else { panic!("two digests") };
    assert!(collector.verify_evidence(&evidence));
    assert!(!collector.verify_evidence(&Evidence { second: forged, ..*evidence }));
}

#[test]
fn refuses_a_set_with_a_key_that_is_no_point() {
    let mut keys = keys(4);
    keys[2] = [7; KEY_BYTES];
    let Err(BlsSchemeError::Key { index, account, source }) = BlsScheme::observer(&set(&keys)) else {
        panic!("no point")
    };
    assert_eq!((index, account), (2, tenon_types::Address([2; 32])));
    let error = BlsSchemeError::Key { index, account, source }.to_string();
    assert!(error.starts_with("validator 2, 0x0202") && error.contains("expected a compressed point"), "{error}");
    let infinity = {
        let mut bytes = [0; KEY_BYTES];
        bytes[0] = 0xc0;
        bytes
    };
    keys[2] = infinity;
    assert!(matches!(BlsScheme::observer(&set(&keys)), Err(BlsSchemeError::Key { index: 2, .. })));
}

#[test]
fn signs_as_a_validator_of_the_set_alone() {
    let set = set(&keys(4));
    let scheme = BlsScheme::validator(&set, SECRETS[3].clone()).expect("a validator");
    let message = signed_bytes(CHAIN, Epoch(1), &notarize(1));
    assert_eq!(scheme.sign(&message), vote(notarize(1), 3).signature);
    assert!(scheme.verify(&message, &bitmap(4, &[3]), &scheme.sign(&message)));
    let stranger = BlsScheme::validator(&set, SECRETS[4].clone()).err();
    let found = Box::new(SECRETS[4].public_key());
    assert_eq!(stranger, Some(BlsSchemeError::Stranger { found, validators: 4 }));
}

#[test]
fn everybody_refuses_what_an_observer_signs() {
    let scheme = observer(&keys(4));
    let message = signed_bytes(CHAIN, Epoch(1), &notarize(1));
    let signature = scheme.sign(&message);
    assert!((0..4).all(|signer| !scheme.verify(&message, &bitmap(4, &[signer]), &signature)));
    assert_eq!(scheme.sum(&[signature]), None);
    assert_eq!(scheme.find_invalid(&message, &[(bitmap(4, &[0]), signature)]), [0]);
}

#[test]
fn an_empty_bitmap_proves_nothing() {
    let scheme = observer(&keys(4));
    assert_eq!(scheme.sum(&[]), Some(INFINITY), "the sum of nothing is infinity");
    assert!(!scheme.verify(b"message", &bitmap(4, &[]), &INFINITY));
    assert!(!scheme.verify(b"message", &bitmap(4, &[0, 1]), &INFINITY));
    assert_eq!(scheme.find_invalid(b"message", &[(bitmap(4, &[]), INFINITY), (bitmap(4, &[1]), INFINITY)]), [0, 1]);
}

#[test]
fn keys_that_cancel_stop_no_collector_and_get_nobody_blamed() {
    let mut keys = keys(7);
    keys[1] = minus(keys[0]);
    let opposite = Vote { signature: Signature(minus(vote(notarize(1), 0).signature.0)), ..vote(notarize(1), 1) };
    // A super-node below which the two are, and nobody else has voted yet.
    let mut supernode = collector_of(CHAIN, Epoch(1), &keys);
    assert_eq!(give(&mut supernode, &vote(notarize(1), 0)), Collected::Kept);
    assert_eq!(give(&mut supernode, &opposite), Collected::Kept);
    let sum = supernode.sum_of(&notarize(1), &bitmap(7, &[0, 1, 2])).expect("two voted");
    assert_eq!((&sum.signers, sum.signature), (&bitmap(7, &[0, 1]), INFINITY));
    let mut other = collector_of(CHAIN, Epoch(1), &keys);
    assert_eq!(give_partial(&mut other, &sum, 2), Collected::Kept);
    // A wrong part makes the other look at each of them.
    let wrong = Partial { signature: vote(notarize(2), 6).signature, ..partial(notarize(1), &[6]) };
    give_partial(&mut other, &wrong, 6);
    give(&mut other, &vote(notarize(1), 3));
    give(&mut other, &vote(notarize(1), 4));
    let right = certificate(give(&mut other, &vote(notarize(1), 5)));
    assert_eq!(right.signers, bitmap(7, &[0, 1, 3, 4, 5]));
    assert!(other.verify(&right));
    let message = signed_bytes(CHAIN, Epoch(1), &notarize(1));
    let scheme = observer(&keys);
    assert!(!scheme.verify(&message, &bitmap(7, &[0, 1]), &vote(notarize(1), 0).signature), "a point for infinity");
    assert!(!scheme.verify(&message, &bitmap(7, &[0]), &INFINITY), "infinity for a key");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Splits validators into parts, makes some wrong, and compares with checking each part by itself.
    #[test]
    fn finds_what_checking_each_part_finds(
        owners in proptest::collection::vec(0_usize..5, 7),
        faults in proptest::collection::vec(0_u8..6, 5),
    ) {
        let scheme = observer(&keys(7));
        let message = signed_bytes(CHAIN, Epoch(1), &notarize(1));
        let mut sums = Vec::new();
        for (part, fault) in faults.iter().enumerate() {
            let signers: Vec<u16> = (0..7).filter(|index| owners[usize::from(*index)] == part).collect();
            let Some(first) = signers.first() else { continue };
            let right = partial(notarize(1), &signers);
            let signature = match fault {
                0 => partial(notarize(2), &signers).signature,
                1 => Signature([*fault; SIGNATURE_BYTES]),
                2 => INFINITY,
                3 => vote(notarize(1), (first + 1) % 7).signature,
                _ => right.signature,
            };
            sums.push((right.signers, signature));
        }
        let wrong: Vec<usize> =
            (0..sums.len()).filter(|place| !scheme.verify(&message, &sums[*place].0, &sums[*place].1)).collect();
        prop_assert_eq!(scheme.find_invalid(&message, &sums), wrong);
    }
}
