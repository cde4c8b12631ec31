//! The check of many signatures at once, on several threads.
//!
//! Sr25519 signatures are checked in batches, by one equation for all of them: with random weights `z`, the sum of
//! `z (s B - R - c A)` is zero if, and but for a chance of 2^-128 only if, each summand is. A batch that fails is
//! halved until the bad signatures are found, so the verdict on each item is that of [`crate::verify`].
//!
//! The weights come from a hash of the whole batch, `s` included. schnorrkel's own deterministic batches leave `s` out:
//! there, whoever signs two items can shift both `s` so that the errors cancel, and nodes that batch differently would
//! disagree. Leaves out batches of the other schemes, which are checked one at a time.

use std::{sync::Mutex, thread};

use crate::{
    Scheme,
    rng::HashRng,
    verify::{SUBSTRATE_CONTEXT, is_weak, verify as verify_single},
};

/// The most signatures in one equation; beyond, the gain is small and a failure costs more.
pub const MAX_BATCH: usize = 512;
/// The fewest items worth a thread of their own.
pub const MIN_BATCH: usize = 32;
/// The most threads used, whatever the caller says.
pub const MAX_THREADS: usize = 256;
/// Below this many signatures, single checks are no slower than halving further.
const MIN_EQUATION: usize = 8;
/// How many equations may fail in one batch before the rest is checked singly. One bad signature costs six; a flood of
/// them thereby costs at most about three times what single checks would.
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

/// An sr25519 item whose signature and key have been decoded.
struct Candidate<'a> {
    index: usize,
    signature: schnorrkel::Signature,
    public: schnorrkel::PublicKey,
    item: &'a SignedItem<'a>,
}

fn verify_batch(items: &[SignedItem<'_>], verdicts: &mut [bool]) {
    debug_assert_eq!(items.len(), verdicts.len());
    let mut candidates = Vec::with_capacity(items.len());
    for (index, (item, verdict)) in items.iter().zip(verdicts.iter_mut()).enumerate() {
        if item.scheme == Scheme::Sr25519 {
            candidates.extend(decode(index, item));
        } else {
            *verdict = verify_single(item.scheme, item.signature, &item.public, item.message);
        }
    }
    let mut failures = 0;
    settle(&candidates, &mut failures, verdicts);
}

/// Decodes what [`crate::verify_sr25519`] decodes, and refuses what it refuses.
fn decode<'a>(index: usize, item: &'a SignedItem<'a>) -> Option<Candidate<'a>> {
    if is_weak(&item.public) {
        return None;
    }
    let signature = schnorrkel::Signature::from_bytes(item.signature).ok()?;
    let public = schnorrkel::PublicKey::from_bytes(&item.public).ok()?;
    Some(Candidate { index, signature, public, item })
}

/// Writes the verdict on each candidate, halving what fails. The depth is at most that of [`MAX_BATCH`] halved.
fn settle(candidates: &[Candidate<'_>], failures: &mut usize, verdicts: &mut [bool]) {
    if candidates.len() < MIN_EQUATION || *failures >= MAX_FAILURES {
        for candidate in candidates {
            let transcript = SUBSTRATE_CONTEXT.bytes(candidate.item.message);
            verdicts[candidate.index] = candidate.public.verify(transcript, &candidate.signature).is_ok();
        }
    } else if equation_holds(candidates) {
        for candidate in candidates {
            verdicts[candidate.index] = true;
        }
    } else {
        *failures += 1;
        let (left, right) = candidates.split_at(candidates.len() / 2);
        settle(left, failures, verdicts);
        settle(right, failures, verdicts);
    }
}

fn equation_holds(candidates: &[Candidate<'_>]) -> bool {
    let mut seed = blake3::Hasher::new_derive_key("tenon sr25519 batch weights");
    for Candidate { item, .. } in candidates {
        // Signature and key have fixed lengths; the message's length keeps neighbours apart.
        seed.update(item.signature);
        seed.update(&item.public);
        seed.update(&(item.message.len() as u64).to_le_bytes());
        seed.update(item.message);
    }
    let signatures: Vec<_> = candidates.iter().map(|candidate| candidate.signature).collect();
    let publics: Vec<_> = candidates.iter().map(|candidate| candidate.public).collect();
    let transcripts = candidates.iter().map(|candidate| SUBSTRATE_CONTEXT.bytes(candidate.item.message));
    schnorrkel::verify_batch_rng(transcripts, &signatures, &publics, false, HashRng::new(&seed)).is_ok()
}
