//! The check of many signatures at once, on several threads.
//!
//! Sr25519 and Ed25519 signatures are checked in batches, by one equation for all of a scheme: with random weights `z`,
//! the sum of `z (s B - R - c A)` is zero if, and but for a chance of 2^-128 only if, each summand is. A batch that
//! fails is halved until the bad signatures are found, so the verdict on each item is that of [`crate::verify()`].
//!
//! The weights come from a hash of the whole batch, `s` included. schnorrkel's own deterministic batches leave `s` out:
//! there, whoever signs two items can shift both `s` so that the errors cancel, and nodes that batch differently would
//! disagree. Leaves out batches of ecdsa, which has no such equation.

use std::{sync::Mutex, thread};

use crate::{
    Scheme,
    rng::HashRng,
    verify::{SUBSTRATE_CONTEXT, is_weak, verify as verify_single},
};

/// The most signatures in one equation; beyond, the gain is small and a failure costs more.
pub const MAX_BATCH: usize = 1024;
/// The fewest items worth a thread of their own.
pub const MIN_BATCH: usize = 32;
/// The most threads used, whatever the caller says.
pub const MAX_THREADS: usize = 256;
/// Below this many signatures, single checks are no slower than halving further.
const MIN_EQUATION: usize = 8;
/// How many equations may fail in one batch before the rest is checked singly. One bad signature costs eight; a flood of
/// them thereby costs at most about twice what single checks would.
const MAX_FAILURES: usize = 16;

/// A message, and who is said to have signed it.
#[derive(Clone, Copy, Debug)]
pub struct SignedItem<'a> {
    /// The scheme.
    pub scheme: Scheme,
    /// The signature; one of another length than its scheme's is invalid.
    pub signature: &'a [u8],
    /// The signer's account: the public key, or for secp256k1 its BLAKE2b-256.
    pub public: [u8; 32],
    /// What was signed, after [`crate::signing_message`] where it is a transaction's payload.
    pub message: &'a [u8],
}

/// Checks every item, on up to `threads` threads (zero counts as one), and returns a verdict for each, in order.
///
/// # Panics
/// Where the system cannot start a thread.
#[must_use]
pub fn verify(items: &[SignedItem<'_>], threads: usize) -> Vec<bool> {
    let threads = threads.clamp(1, MAX_THREADS);
    let size = items.len().div_ceil(threads).clamp(MIN_BATCH, MAX_BATCH);
    let helpers = threads.min(items.len().div_ceil(size)).saturating_sub(1);
    let mut verdicts = vec![false; items.len()];
    let work = Mutex::new(items.chunks(size).zip(verdicts.chunks_mut(size)));
    let drain = || {
        loop {
            // Bound here so that the lock is released before the long part.
            let next = work.lock().expect("no thread panics while it holds the lock").next();
            let Some((items, verdicts)) = next else { break };
            verify_batch(items, verdicts);
        }
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(drain);
        }
        drain();
    });
    verdicts
}

/// An item whose scheme has an equation for many.
trait Candidate: Sized {
    /// Returns where the verdict belongs.
    fn index(&self) -> usize;

    /// Checks the item alone, as [`crate::verify()`] does.
    fn holds(&self) -> bool;

    /// Checks all items by one equation.
    fn all_hold(candidates: &[Self]) -> bool;
}

fn verify_batch(items: &[SignedItem<'_>], verdicts: &mut [bool]) {
    debug_assert_eq!(items.len(), verdicts.len());
    let mut sr25519 = Vec::new();
    let mut ed25519 = Vec::new();
    for (index, (item, verdict)) in items.iter().zip(verdicts.iter_mut()).enumerate() {
        match item.scheme {
            Scheme::Sr25519 => sr25519.extend(Sr25519::decode(index, item)),
            Scheme::Ed25519 => ed25519.extend(Ed25519::decode(index, item)),
            Scheme::Secp256k1 => {
                *verdict = verify_single(item.scheme, item.signature, &item.public, item.message);
            }
        }
    }
    settle(&sr25519, &mut 0, verdicts);
    settle(&ed25519, &mut 0, verdicts);
}

/// Writes the verdict on each candidate, halving what fails. The depth is at most that of [`MAX_BATCH`] halved.
fn settle<C: Candidate>(candidates: &[C], failures: &mut usize, verdicts: &mut [bool]) {
    if candidates.len() < MIN_EQUATION || *failures >= MAX_FAILURES {
        for candidate in candidates {
            verdicts[candidate.index()] = candidate.holds();
        }
    } else if C::all_hold(candidates) {
        for candidate in candidates {
            verdicts[candidate.index()] = true;
        }
    } else {
        *failures += 1;
        let (left, right) = candidates.split_at(candidates.len() / 2);
        settle(left, failures, verdicts);
        settle(right, failures, verdicts);
    }
}

/// Makes the generator of an equation's weights out of everything that the equation is about.
fn weights<'a>(items: impl Iterator<Item = &'a SignedItem<'a>>) -> HashRng {
    let mut seed = blake3::Hasher::new_derive_key("tenon signature batch weights");
    for item in items {
        // Signature and key have fixed lengths; the message's length keeps neighbours apart.
        seed.update(item.signature);
        seed.update(&item.public);
        seed.update(&(item.message.len() as u64).to_le_bytes());
        seed.update(item.message);
    }
    HashRng::new(&seed)
}

/// An sr25519 item whose signature and key have been decoded.
struct Sr25519<'a> {
    index: usize,
    item: &'a SignedItem<'a>,
    signature: schnorrkel::Signature,
    public: schnorrkel::PublicKey,
}

impl<'a> Sr25519<'a> {
    /// Refuses what [`crate::verify()`] refuses before it comes to the equation.
    fn decode(index: usize, item: &'a SignedItem<'a>) -> Option<Self> {
        if is_weak(&item.public) {
            return None;
        }
        let signature = schnorrkel::Signature::from_bytes(item.signature).ok()?;
        let public = schnorrkel::PublicKey::from_bytes(&item.public).ok()?;
        Some(Self { index, item, signature, public })
    }
}

impl Candidate for Sr25519<'_> {
    fn index(&self) -> usize {
        self.index
    }

    fn holds(&self) -> bool {
        self.public.verify(SUBSTRATE_CONTEXT.bytes(self.item.message), &self.signature).is_ok()
    }

    fn all_hold(candidates: &[Self]) -> bool {
        let signatures: Vec<_> = candidates.iter().map(|candidate| candidate.signature).collect();
        let publics: Vec<_> = candidates.iter().map(|candidate| candidate.public).collect();
        let transcripts = candidates.iter().map(|candidate| SUBSTRATE_CONTEXT.bytes(candidate.item.message));
        let rng = weights(candidates.iter().map(|candidate| candidate.item));
        schnorrkel::verify_batch_rng(transcripts, &signatures, &publics, false, rng).is_ok()
    }
}

/// An Ed25519 item with its challenge computed. ZIP-215 lets batches and single checks agree on every signature.
struct Ed25519<'a> {
    index: usize,
    item: &'a SignedItem<'a>,
    challenged: ed25519_zebra::batch::Item,
}

impl<'a> Ed25519<'a> {
    /// Refuses what [`crate::verify()`] refuses before it comes to the equation.
    fn decode(index: usize, item: &'a SignedItem<'a>) -> Option<Self> {
        if is_weak(&item.public) {
            return None;
        }
        let signature = ed25519_zebra::Signature::from_slice(item.signature).ok()?;
        let public = ed25519_zebra::VerificationKeyBytes::from(item.public);
        Some(Self { index, item, challenged: (public, signature, item.message).into() })
    }
}

impl Candidate for Ed25519<'_> {
    fn index(&self) -> usize {
        self.index
    }

    fn holds(&self) -> bool {
        self.challenged.clone().verify_single().is_ok()
    }

    fn all_hold(candidates: &[Self]) -> bool {
        let mut verifier = ed25519_zebra::batch::Verifier::new();
        for candidate in candidates {
            verifier.queue(candidate.challenged.clone());
        }
        verifier.verify(weights(candidates.iter().map(|candidate| candidate.item))).is_ok()
    }
}
