//! Prints how long signing and checking BLS votes takes, beside one sr25519 signature: `cargo run -p tenon-crypto
//! --example bls_speed`.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures and prints")]

use std::{hint::black_box, time::Instant};

use tenon_crypto::{
    Keypair, Scheme, Signature,
    bls::{
        BlsAggregate, BlsClaim, BlsKeys, BlsPublicKey, BlsSecretKey, BlsSignature, find_invalid, verify_claims,
        verify_possession,
    },
    verify_sr25519,
};

/// What is voted on: about as long as a vote.
const MESSAGE: [u8; 80] = [7; 80];
/// The best of this many rounds is printed, since the machine does other things too.
const ROUNDS: u32 = 200;

fn main() {
    single();
    for signers in [4, 21, 100] {
        committee(signers);
    }
}

fn single() {
    let pair = Keypair::from_seed(Scheme::Sr25519, &[1; 32]).expect("any seed");
    let Signature::Sr25519(signature) = pair.sign(&MESSAGE) else { panic!("a signature of the scheme") };
    report("sr25519: sign", 1, || {
        black_box(pair.sign(&MESSAGE));
    });
    report("sr25519: verify", 1, || assert!(verify_sr25519(&signature, &pair.account(), &MESSAGE)));
    let secret = BlsSecretKey::from_seed(&[1; 32]);
    let (public, vote, proof) = (secret.public_key(), secret.sign(&MESSAGE), secret.prove_possession().to_bytes());
    let key = public.to_bytes();
    report("bls: sign", 1, || {
        black_box(secret.sign(&MESSAGE));
    });
    report("bls: verify", 1, || assert!(public.verify(&MESSAGE, &vote)));
    let bytes = vote.to_bytes();
    report("bls: decode a signature", 1, || assert!(BlsSignature::from_bytes(&bytes).is_ok()));
    report("bls: decode a public key", 1, || assert!(BlsPublicKey::from_bytes(&key).is_ok()));
    report("bls: verify possession, decoding both", 1, || assert!(verify_possession(&key, &proof)));
}

fn committee(signers: u16) {
    let secrets: Vec<_> = (0..signers)
        .map(|number| {
            let mut seed = [3; 32];
            seed[..2].copy_from_slice(&number.to_le_bytes());
            BlsSecretKey::from_seed(&seed)
        })
        .collect();
    let publics: Vec<_> = secrets.iter().map(BlsSecretKey::public_key).collect();
    let keys = BlsKeys::new(&publics).expect("few keys");
    let mut votes: Vec<_> = secrets.iter().map(|secret| (secret.public_key(), secret.sign(&MESSAGE))).collect();
    // Those that are absent are spread evenly, which prepared sums of keys help least with.
    let sum = |absent: u16| {
        let members = (0..signers).filter(|signer| signer % 3 != 2 || signer / 3 >= absent);
        let mut bitmap = vec![0_u8; keys.bitmap_bytes()];
        members.clone().for_each(|signer| bitmap[usize::from(signer / 8)] |= 1 << (signer % 8));
        let aggregate: BlsAggregate = members.map(|signer| &votes[usize::from(signer)].1).collect();
        // As it arrives in a certificate.
        (bitmap, BlsAggregate::from_bytes(&aggregate.to_bytes()).expect("a valid sum"))
    };
    let (all, sum_of_all) = sum(0);
    let absent = (signers - 1) / 3;
    let (quorum, sum_of_quorum) = sum(absent);
    report(&format!("bls: aggregate of {signers} of {signers}, verify"), 1, || {
        assert!(keys.verify(&MESSAGE, &all, &sum_of_all).is_ok());
    });
    report(&format!("bls: aggregate of {} of {signers}, verify", signers - absent), 1, || {
        assert!(keys.verify(&MESSAGE, &quorum, &sum_of_quorum).is_ok());
    });
    report(&format!("bls: add up {signers} signatures"), 1, || {
        black_box(votes.iter().map(|(_, vote)| vote).collect::<BlsAggregate>());
    });
    let claim = BlsClaim { message: &MESSAGE, key: keys.sum(&all).expect("a sum"), aggregate: sum_of_all };
    let claims = vec![claim; 32];
    report(&format!("bls: 32 aggregates of {signers} in one batch, each"), 32, || assert!(verify_claims(&claims)));
    let liar = usize::from(signers / 3);
    votes[liar].1 = secrets[liar].sign(b"another message");
    report(&format!("bls: find 1 liar among {signers}"), 1, || assert_eq!(find_invalid(&MESSAGE, &votes), [liar]));
}

fn report(what: &str, items: u32, check: impl Fn()) {
    let seconds = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            check();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    println!("{what:48} {:>9.1} us", seconds * 1e6 / f64::from(items));
}
