//! The light client on the command line: fetches what leads from a trusted epoch to a header, and checks it, which
//! needs no node.

use super::trust::{client_of, now_ms, refused, view_of};
use super::{expect_chain, files, inclusion, patiently, state};
use crate::cli::output::{Failure, Kind, Report, table};
use parity_scale_codec::Encode;
use serde_json::{Value as Json, json};
use std::path::Path;
use tenon_api::errors::NO_FINALITY_PROOF;
use tenon_api::json::{Bytes, HeaderProofView, HexHash, InclusionView, LightProofView, ProofView, TrustView};
use tenon_client::{Client, ClientError, proof};
use tenon_core::consensus::bbft::{EpochProof, HeaderProof, LightClient};
use tenon_types::BlockNumber;

/// Epochs over which one proof leads.
const MAX_EPOCHS: u64 = 65_536;

/// Prints what leads from a trusted epoch to a header; checked before.
pub(super) async fn prove(client: &Client, trust: &TrustView, height: BlockNumber) -> Result<Report, Failure> {
    let mut light = begin(client, trust)?;
    let epochs = go_on(client, &mut light, height).await?;
    let finality = fetch_header(client, height).await?;
    let genesis_hash = trust.epoch.genesis_hash;
    checked(&LightProofView { genesis_hash, epochs, finality, inclusion: None, state: None }, trust)
}

/// Prints what leads from a trusted epoch to the last final header, to what lies under it, and to entries of the state
/// whose root stands there; checked before.
pub(super) async fn prove_under(
    client: &Client,
    trust: &TrustView,
    wanted: &[Json],
    state: Option<ProofView>,
) -> Result<Report, Failure> {
    let mut light = begin(client, trust)?;
    let shown: InclusionView =
        patiently(NO_FINALITY_PROOF.code, async || client.ask("finality_prove", wanted.to_vec()).await).await?;
    let epochs = go_on(client, &mut light, shown.finality.height).await?;
    let (genesis_hash, inclusion) = (trust.epoch.genesis_hash, Some(shown.inclusion));
    checked(&LightProofView { genesis_hash, epochs, finality: shown.finality, inclusion, state }, trust)
}

fn checked(proof: &LightProofView, trust: &TrustView) -> Result<Report, Failure> {
    check(proof, trust, now_ms())?;
    Ok(Report::new(files::pretty(proof), json!(proof)))
}

/// Follows the chain to the epoch of a height, checks the header there, and moves the file of trust on.
pub(super) async fn follow(client: &Client, path: &Path, to: Option<BlockNumber>) -> Result<Report, Failure> {
    let trust = files::read_trust(path)?;
    let mut light = begin(client, &trust)?;
    let height = match to {
        Some(height) => height,
        None => client.finalized_head().await?.0,
    };
    let epochs = go_on(client, &mut light, height).await?;
    let finality = fetch_header(client, height).await?;
    let (mut rows, mut json) = describe(&light, &finality, epochs.len(), now_ms())?;
    files::write_trust(path, &view_of(&light, &trust))?;
    rows.push_str(&format!("\n  written  {}", path.display()));
    json["checkpoint"] = json!(path.display().to_string());
    Ok(Report::new(format!("the block is final\n{rows}"), json))
}

/// Checks what [`prove`] printed, at this time of the caller's clock.
pub(super) fn check(proof: &LightProofView, trust: &TrustView, now_ms: u64) -> Result<Report, Failure> {
    expect_chain(proof.genesis_hash.0, trust.epoch.genesis_hash.0)?;
    let mut light = client_of(trust)?;
    for bytes in &proof.epochs {
        advance(&mut light, bytes, now_ms)?;
    }
    let (rows, mut json) = describe(&light, &proof.finality, proof.epochs.len(), now_ms)?;
    let mut text = format!("the proof holds\n{rows}");
    let header = read_header(&proof.finality)?.header;
    let mut under = header.hash();
    if let Some(bytes) = &proof.inclusion {
        let (found, lines) = inclusion::describe(&header, bytes, &mut json)?;
        under = found.hash;
        text.push_str(&format!("\n{lines}"));
    }
    if let Some(state) = &proof.state {
        let proven = proof::check(state, Some(&under))?;
        let (lines, entries) = state::describe_all(&proven);
        text.push_str(&format!("\n  state after block {} {}\n{lines}", proven.height, proven.block));
        json["state_root"] = json!(proven.state_root.to_string());
        json["entries"] = json!(entries);
    }
    json["valid"] = json!(true);
    Ok(Report::new(text, json))
}

/// A light client for the chain that the node serves.
fn begin(client: &Client, trust: &TrustView) -> Result<LightClient, Failure> {
    expect_chain(client.facts().identity.genesis, trust.epoch.genesis_hash.0)?;
    client_of(trust)
}

/// Goes on to the epoch of a height, and returns the proofs that led there.
async fn go_on(client: &Client, light: &mut LightClient, height: BlockNumber) -> Result<Vec<Bytes>, Failure> {
    let (first, blocks) = (light.epoch().0, u64::from(light.rules().epoch_blocks));
    let target = u64::from(height).saturating_sub(1).checked_div(blocks).unwrap_or_default();
    if target.saturating_sub(first) > MAX_EPOCHS {
        let text = format!("found epoch {target}, expected at most {MAX_EPOCHS} after {first}");
        return Err(Failure::new(Kind::Usage, text, "go on in several steps, or take a later checkpoint"));
    }
    let mut proofs = Vec::new();
    for epoch in first..target {
        let params = || vec![json!(epoch)];
        let bytes: Bytes =
            patiently(NO_FINALITY_PROOF.code, async || client.ask("finality_epochProof", params()).await).await?;
        advance(light, &bytes, now_ms())?;
        proofs.push(bytes);
    }
    Ok(proofs)
}

fn advance(light: &mut LightClient, bytes: &Bytes, now_ms: u64) -> Result<(), Failure> {
    EpochProof::from_bytes(&bytes.0).and_then(|proof| light.advance(&proof, now_ms)).map_err(|error| refused(&error))
}

async fn fetch_header(client: &Client, height: BlockNumber) -> Result<HeaderProofView, Failure> {
    let params = || vec![json!(height)];
    patiently(NO_FINALITY_PROOF.code, async || client.ask("finality_proof", params()).await).await
}

fn read_header(finality: &HeaderProofView) -> Result<HeaderProof, Failure> {
    let proof = HeaderProof::from_bytes(&finality.bytes.0).map_err(|error| refused(&error))?;
    let (found, expected) = (proof.header.hash(), finality.hash.0);
    if found != expected || proof.header.encode() != finality.header.0 || proof.header.number != finality.height {
        return Err(ClientError::Proof(format!("found header {found} in the bytes, expected {expected}")).into());
    }
    Ok(proof)
}

/// Checks a header and says what was shown.
fn describe(
    light: &LightClient,
    finality: &HeaderProofView,
    epochs: usize,
    now_ms: u64,
) -> Result<(String, Json), Failure> {
    let proof = read_header(finality)?;
    let header = light.check_header(&proof, now_ms).map_err(|error| refused(&error))?;
    let (set, certificate) = (light.set(), &proof.certificate);
    let (signers, weight) = (certificate.signers.count(), set.weight_of(&certificate.signers));
    let checkpoint = light.checkpoint();
    let until = checkpoint.since_ms.checked_add(light.rules().trust_period_ms);
    let rows = table([
        ("block", format!("{} {}", header.header.number, header.hash)),
        ("epoch", format!("{}, {epochs} after the trusted one", light.epoch())),
        ("votes", format!("{signers} of {} validators, {weight} of {} by weight", set.len(), set.total())),
        ("view", certificate.statement.view.to_string()),
        ("descendants", proof.descendants.len().to_string()),
        ("trusted", until.map_or_else(|| "without end".into(), |until| format!("until {until} ms"))),
    ]);
    let json = json!({
        "block": { "height": header.header.number, "hash": HexHash(header.hash), "time_ms": header.info.time_ms },
        "genesis": HexHash(light.rules().chain),
        "epoch": light.epoch().0,
        "epochs_followed": epochs,
        "signers": signers,
        "validators": set.len(),
        "weight": weight.to_string(),
        "total_weight": set.total().to_string(),
        "view": certificate.statement.view.0,
        "descendants": proof.descendants.len(),
        "trusted_until_ms": until,
    });
    Ok((rows, json))
}
