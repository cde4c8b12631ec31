//! `state_getReadProof` and `tenon_getProof`: values with what shows them to be in the state.

use super::arguments::Arguments;
use super::context::Context;
use super::failure::Failure;
use super::limits::MAX_KEYS;
use crate::backend::ReadProof;
use parity_scale_codec::Encode;
use serde_json::{Value, json};
use tenon_api::json::{Bytes, HexHash, ProofEntry, ProofView};

fn prove(context: &Context, arguments: &Arguments) -> Result<ReadProof, Failure> {
    let keys = arguments.bytes_list(0, MAX_KEYS)?.unwrap_or_default();
    Ok(context.backend.prove(&keys, arguments.hash(1)?.as_ref())?)
}

/// `state_getReadProof`: each item of `proof` is the proof of the key in the same place.
pub(super) fn read_proof(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let proof = prove(context, arguments)?;
    let items: Vec<Bytes> = proof.entries.iter().map(|(_, _, proof)| Bytes(proof.encode())).collect();
    Ok(json!({ "at": proof.at.hash.to_string(), "proof": items }))
}

/// `tenon_getProof`.
pub(super) fn get_proof(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let proof = prove(context, arguments)?;
    let (at, anchor) = (&proof.at.block.header, &proof.anchor.block.header);
    let entries = proof
        .entries
        .iter()
        .map(|(key, value, proof)| ProofEntry {
            key: Bytes(key.clone()),
            value: value.clone().map(Bytes),
            proof: Bytes(proof.encode()),
        })
        .collect();
    Ok(json!(ProofView {
        genesis_hash: HexHash(context.backend.genesis_hash()),
        block_hash: HexHash(proof.at.hash),
        block_height: at.number,
        header: Bytes(at.encode()),
        anchor_hash: HexHash(proof.anchor.hash),
        anchor_header: Bytes(anchor.encode()),
        state_root: HexHash(anchor.state_root),
        entries,
    }))
}
