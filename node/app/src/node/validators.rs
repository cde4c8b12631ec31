//! The validators of a development chain under BBFT, all of them in this process. Their keys are derived from public
//! words: whoever knows this file can sign for them, so such a chain is for development alone.

use super::genesis::development_address;
use anyhow::Context as _;
use std::sync::Arc;
use tenon_core::consensus::bbft::{BlsScheme, Timing, Validator, ValidatorSet};
use tenon_core::consensus::{Committee, CommitteeSetup, Seat};
use tenon_crypto::bls::BlsSecretKey;
use tenon_types::{Genesis, Hash, blake2b_256};

/// The accounts of the validators, which receive the tips.
pub(crate) const DEVELOPMENT_VALIDATORS: [&str; 4] =
    ["//Alice//stash", "//Bob//stash", "//Charlie//stash", "//Dave//stash"];
/// The longest that a message takes, and the most that this grows to while views fail. Messages here take no time: what
/// takes some is making a block, during which no timer runs out.
const DELAY_MS: u64 = 500;
const MAX_DELAY_MS: u64 = 5_000;

/// The key that a development validator votes with.
fn development_key(suri: &str) -> BlsSecretKey {
    BlsSecretKey::from_seed(&blake2b_256(format!("tenon development validator {suri}").as_bytes()).0)
}

/// The validators, of equal weight.
pub(crate) fn development_set() -> ValidatorSet {
    let validator = |suri: &&str| Validator {
        account: development_address(suri),
        bls_key: development_key(suri).public_key().to_bytes(),
        weight: 1,
    };
    ValidatorSet::new(DEVELOPMENT_VALIDATORS.iter().map(validator).collect()).expect("four different ones are a set")
}

/// The committee of a development chain. It goes on from what was persisted, if anything was.
///
/// # Errors
/// If the chain has hooks, or what was persisted does not fit the chain.
pub(crate) fn development_committee(
    genesis: &Genesis,
    genesis_hash: Hash,
    last_final: (Hash, u64),
    interval_ms: u64,
    persisted: &[u8],
) -> anyhow::Result<Committee> {
    if let Some(staking) = genesis.parameters.hooks.staking {
        // The hooks would be told of validators whom nobody elected.
        anyhow::bail!(
            "found a chain whose validators are elected by {staking}, expected one without hooks for the four \
             development validators of BBFT"
        );
    }
    let set = Arc::new(development_set());
    let seat = |suri: &&str| -> anyhow::Result<Seat> {
        let scheme = BlsScheme::validator(&set, development_key(suri))?;
        Ok(Seat { scheme: Arc::new(scheme), votes: true })
    };
    let seats = DEVELOPMENT_VALIDATORS.iter().map(seat).collect::<anyhow::Result<Vec<_>>>()?;
    let timing = Timing { delay_ms: DELAY_MS, interval_ms, max_delay_ms: MAX_DELAY_MS };
    let setup = CommitteeSetup { chain: genesis_hash, set, seats, timing, last_final };
    let persisted = (!persisted.is_empty()).then_some(persisted);
    Committee::new(setup, persisted).context("the validators cannot go on")
}
