//! What lies under a final header, checked and said.

use super::state;
use super::trust::refused;
use crate::cli::output::{Failure, table};
use parity_scale_codec::DecodeAll;
use serde_json::{Value as Json, json};
use tenon_api::json::{Bytes, HexHash};
use tenon_client::ClientError;
use tenon_core::consensus::bbft::LightError;
use tenon_types::proof::{Commitments, Inclusion, Part};
use tenon_types::{Header, Receipt, blake2b_256};

/// Checks what lies under a final header. Returns what the header commits to in which it lies, and says it to people and,
/// in `json`, to programs.
pub(super) fn describe(header: &Header, bytes: &Bytes, json: &mut Json) -> Result<(Commitments, String), Failure> {
    let refuse = |error: LightError| refused(&error);
    let trusted = Commitments::of(header).ok_or_else(|| refuse(LightError::Info { block: header.hash() }))?;
    let inclusion = Inclusion::from_bytes(&bytes.0).map_err(|error| refuse(error.into()))?;
    let under = inclusion.check(&trusted).map_err(|error| refuse(error.into()))?;
    let below = trusted.number.saturating_sub(under.number);
    let path = inclusion.ancestor.as_ref().map_or(0, |ancestor| ancestor.proof.path.len());
    let place = format!("block {} {}, {below} below the final one by {path} hashes", under.number, under.hash);
    let mut rows = vec![("lies under", place)];
    json["under"] = json!({ "height": under.number, "hash": HexHash(under.hash), "time_ms": under.time_ms });
    match &inclusion.part {
        Part::Header => {}
        Part::Transaction { bytes, .. } => {
            let hash = blake2b_256(bytes);
            rows.push(("transaction", format!("{hash}, {} bytes", bytes.len())));
            json["transaction"] = json!({ "hash": HexHash(hash), "bytes": Bytes(bytes.clone()) });
        }
        Part::Receipt { bytes, .. } => {
            let receipt = Receipt::decode_all(&mut &bytes[..])
                .map_err(|error| ClientError::Proof(format!("found a receipt that does not decode: {error}")))?;
            let (outcome, events) = (receipt.outcome.map_or("failed", |()| "succeeded"), receipt.events.len());
            let of = under.number.saturating_sub(1);
            rows.push(("receipt", format!("transaction {} of block {of} {outcome}", receipt.transaction)));
            rows.push(("events", events.to_string()));
            json["receipt"] = json!({
                "transaction": HexHash(receipt.transaction),
                "height": of,
                "succeeded": receipt.outcome.is_ok(),
                "gas_used": receipt.gas_used,
                "events": events,
                "bytes": Bytes(bytes.clone()),
            });
        }
        Part::Entry { key, value, .. } => {
            let (text, entry) = state::describe(key, value.as_deref());
            rows.push(("entry", text));
            json["entries"] = json!([entry]);
        }
    }
    Ok((under, table(rows)))
}
