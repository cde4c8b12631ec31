//! The file of trust: an epoch with its validators, as JSON, and the light client that begins there.

use super::files;
use crate::cli::output::{Failure, Kind, Report};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};
use tenon_api::json::{Bytes, Decimal, EpochView, HexHash, TrustView, ValidatorView};
use tenon_client::{Client, ClientError, format_address};
use tenon_core::consensus::bbft::{Checkpoint, Epoch, KEY_BYTES, LightClient, LightError, LightRules, Validator};
use tenon_crypto::ss58;
use tenon_types::Address;

/// For how long a set is trusted unless it is said otherwise: the shipped staking keeps stake bound for 20 days.
const TRUST_DAYS: u32 = 14;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Prints a file of trust, as the node says: whoever uses it believes this node.
pub(super) async fn fetch(client: &Client, epoch: Option<u64>, trust_days: Option<u32>) -> Result<Report, Failure> {
    let epoch: EpochView = client.ask("finality_validators", vec![json!(epoch)]).await?;
    let unbounded = trust_days.is_none() && epoch.epoch_blocks == 0;
    let days = u64::from(trust_days.unwrap_or(TRUST_DAYS));
    let trust_period_ms = (!unbounded).then(|| days.saturating_mul(DAY_MS));
    let trust = TrustView { trust_period_ms, epoch };
    // What cannot be used is not written.
    client_of(&trust)?;
    Ok(Report::new(files::pretty(&trust), json!(trust)))
}

/// The light client that begins where a file says.
pub(super) fn client_of(trust: &TrustView) -> Result<LightClient, Failure> {
    let epoch = &trust.epoch;
    let rules = LightRules {
        chain: epoch.genesis_hash.0,
        epoch_blocks: epoch.epoch_blocks,
        trust_period_ms: trust.trust_period_ms.unwrap_or(u64::MAX),
    };
    let validators = epoch.validators.iter().map(read_validator).collect::<Result<Vec<_>, _>>()?;
    let checkpoint = Checkpoint {
        epoch: Epoch(epoch.epoch),
        start: epoch.start.0,
        start_ms: epoch.start_ms,
        since_ms: epoch.since_ms,
        validators,
    };
    let light = LightClient::new(rules, checkpoint).map_err(|error| refused(&error))?;
    let (found, expected) = (light.set().hash(), epoch.validators_hash.0);
    if found != expected {
        return Err(unreadable(format!("the validators' hash is {found}, expected {expected} as the file says")));
    }
    Ok(light)
}

/// What a client trusts now, as a file. Addresses are written as in the file before it.
pub(super) fn view_of(light: &LightClient, before: &TrustView) -> TrustView {
    let written = before.epoch.validators.first().and_then(|validator| ss58::decode(&validator.account).ok());
    let prefix = written.map_or(0, |(_, prefix)| prefix);
    let Checkpoint { epoch, start, start_ms, since_ms, validators } = light.checkpoint();
    let shown = |validator: &Validator| ValidatorView {
        account: format_address(&validator.account, prefix),
        bls_key: Bytes(validator.bls_key.to_vec()),
        weight: Decimal(validator.weight),
    };
    TrustView {
        trust_period_ms: before.trust_period_ms,
        epoch: EpochView {
            genesis_hash: before.epoch.genesis_hash,
            epoch_blocks: before.epoch.epoch_blocks,
            epoch: epoch.0,
            start: HexHash(start),
            start_ms,
            since_ms,
            validators_hash: HexHash(light.set().hash()),
            validators: validators.iter().map(shown).collect(),
        },
    }
}

fn read_validator(view: &ValidatorView) -> Result<Validator, Failure> {
    let account = ss58::decode(&view.account);
    let (account, _) = account.map_err(|error| unreadable(format!("account {:?}: {error}", view.account)))?;
    let found = view.bls_key.0.len();
    let bls_key = view.bls_key.0.clone().try_into();
    let bls_key =
        bls_key.map_err(|_| unreadable(format!("a key of {found} bytes, expected {KEY_BYTES}: {}", view.account)))?;
    Ok(Validator { account: Address(account), bls_key, weight: view.weight.0 })
}

fn unreadable(found: String) -> Failure {
    let text = format!("found no good checkpoint, expected what `tenon proof checkpoint` prints: {found}");
    Failure::new(Kind::File, text, "take the file again from somebody you trust")
}

/// What a light client refuses.
pub(super) fn refused(error: &LightError) -> Failure {
    let failure = Failure::from(ClientError::Proof(format!("{error} (rule {} of light clients)", error.code())));
    Failure { hint: error.hint().into(), ..failure }
}

/// The clock by which trust ends.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
