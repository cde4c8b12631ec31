//! Prints how many signatures a second are checked, singly and in batches: `cargo run -p tenon-crypto --example
//! signature_speed -- [threads]`.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures and prints")]

use std::time::Instant;

use tenon_crypto::{
    Keypair, Scheme, Signature,
    batch::{SignedItem, verify as verify_batch},
    verify,
};

/// How many signatures each measurement checks.
const COUNT: u32 = 8192;
/// The best of this many rounds is printed, since the machine does other things too.
const ROUNDS: usize = 5;

fn main() {
    let threads = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2);
    for scheme in Scheme::ALL {
        let signed: Vec<_> = (0..COUNT).map(|number| sign(scheme, number)).collect();
        let items: Vec<_> = signed
            .iter()
            .map(|(public, message, signature)| SignedItem {
                scheme,
                signature: signature.as_bytes(),
                public: *public,
                message,
            })
            .collect();
        report(scheme, "single", || {
            items.iter().all(|item| verify(scheme, item.signature, &item.public, item.message))
        });
        report(scheme, "batch, 1 thread", || verify_batch(&items, 1).into_iter().all(|good| good));
        report(scheme, &format!("batch, {threads} threads"), || {
            verify_batch(&items, threads).into_iter().all(|good| good)
        });
    }
}

/// A 144-byte message, as long as a transfer, from an account of its own.
fn sign(scheme: Scheme, number: u32) -> ([u8; 32], [u8; 144], Signature) {
    let mut seed = [1; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    let pair = Keypair::from_seed(scheme, &seed).expect("below the order of every group");
    let mut message = [2; 144];
    message[..4].copy_from_slice(&number.to_le_bytes());
    (pair.account(), message, pair.sign(&message))
}

fn report(scheme: Scheme, what: &str, check: impl Fn() -> bool) {
    let seconds = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            assert!(check(), "every signature is valid");
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    let count = f64::from(COUNT);
    println!("{scheme:8} {what:18} {:>9.0}/s {:6.2} us each", count / seconds, seconds * 1e6 / count);
}
