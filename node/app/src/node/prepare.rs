//! The transactions of a block that others made: decoded, checked as far as that needs no account, and their signatures
//! checked in batches. What the pool has was checked when it came in.

use super::intake::{Intake, verify};
use tenon_core::rules::{Candidate, Head, Unverified, standing};
use tenon_host::Prepared;
use tenon_types::{Block, BlockNumber, Hash};

/// Prepares the transactions of a block. `head` is its parent, `hash_at` gives the hash of an ancestor by its height.
///
/// # Errors
/// What is wrong with the first that may not stand in the block.
pub(crate) fn prepare(
    block: &Block,
    intake: &Intake,
    head: &Head<'_>,
    hash_at: &dyn Fn(BlockNumber) -> Option<Hash>,
) -> Result<Vec<Prepared>, String> {
    let height = block.header.number;
    let mut prepared = Vec::with_capacity(block.extrinsics.len());
    let mut unverified: Vec<(usize, Unverified)> = Vec::new();
    for (index, bytes) in block.extrinsics.iter().enumerate() {
        let wrong = |error: &dyn std::fmt::Display| format!("transaction {index} of block {height}: {error}");
        let hash = tenon_types::blake2b_256(bytes);
        // One that is over at this height was checked for others.
        if let Some(known) = intake.pool().get(&hash).filter(|known| height < known.valid_until).cloned() {
            let (bytes, extrinsic) = (known.bytes.clone(), known.extrinsic.clone());
            prepared.push(Prepared { hash, bytes, extrinsic, sender: known.sender });
            continue;
        }
        let candidate = Candidate::decode(bytes.as_slice().into()).map_err(|error| wrong(&error))?;
        let one = Prepared {
            hash,
            bytes: candidate.bytes.clone(),
            extrinsic: candidate.extrinsic.clone(),
            sender: candidate.sender,
        };
        prepared.push(one);
        unverified.push((index, standing(candidate, head, hash_at).map_err(|error| wrong(&error))?));
    }
    let (indices, unverified): (Vec<usize>, Vec<Unverified>) = unverified.into_iter().unzip();
    let good = verify(&unverified);
    match indices.iter().zip(&good).find(|(_, good)| !**good) {
        Some((index, _)) => Err(format!("transaction {index} of block {height}: its signature is wrong")),
        None => Ok(prepared),
    }
}
