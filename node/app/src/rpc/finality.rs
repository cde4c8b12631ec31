//! `finality_*`: what shows blocks and epochs to be final, and who validates.

use super::arguments::Arguments;
use super::context::Context;
use super::failure::Failure;
use crate::backend::{EpochSet, Shown};
use parity_scale_codec::{DecodeAll, Encode};
use serde_json::{Value, json};
use tenon_api::errors;
use tenon_api::json::{
    Bytes, CertificateView, Decimal, EpochView, HeaderProofView, HexHash, InclusionView, ValidatorView,
};
use tenon_core::consensus::bbft::{Certificate, HeaderProof};
use tenon_types::{BlockNumber, Header, Validator};

/// `finality_proof`.
pub(super) fn proof(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let height = height_at(arguments, 0)?.unwrap_or_else(|| context.backend.finalized().block.header.number);
    Ok(json!(view(&context.backend.header_proof(height)?)))
}

fn view(proof: &HeaderProof) -> HeaderProofView {
    let HeaderProof { header, descendants, certificate } = proof;
    let Certificate { statement, signers, signature } = certificate;
    HeaderProofView {
        height: header.number,
        hash: HexHash(header.hash()),
        header: Bytes(header.encode()),
        certificate: CertificateView {
            epoch: header.info().map(|info| info.seal.epoch).unwrap_or_default(),
            view: statement.view.0,
            block: HexHash(statement.digest),
            signers: signers.iter().collect(),
            signature: Bytes(signature.0.to_vec()),
        },
        descendants: descendants.iter().map(|header| Bytes(header.encode())).collect(),
        bytes: Bytes(proof.to_bytes()),
    }
}

fn height_at(arguments: &Arguments, index: usize) -> Result<Option<BlockNumber>, Failure> {
    let Some(height) = arguments.number(index)? else { return Ok(None) };
    BlockNumber::try_from(height).map(Some).map_err(|_| {
        let found = Failure::new(errors::UNKNOWN_BLOCK, format!("found height {height}"));
        found.expected(format!("at most {}", BlockNumber::MAX))
    })
}

/// `finality_prove`.
pub(super) fn prove(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let shown = match arguments.required_text(0)? {
        "header" => Shown::Header(height_at(arguments, 1)?.ok_or_else(|| arguments.invalid(1, "it is missing"))?),
        "known" => {
            let bytes = arguments.required_bytes(1)?;
            let header = Header::decode_all(&mut &bytes[..]);
            let header = header.map_err(|error| arguments.invalid(1, &format!("it is no header: {error}")))?;
            Shown::Known(Box::new(header))
        }
        "transaction" => Shown::Transaction(arguments.required_hash(1)?),
        "receipt" => Shown::Receipt(arguments.required_hash(1)?),
        "entry" => Shown::Entry { key: arguments.required_bytes(1)?, at: arguments.hash(2)? },
        other => {
            let expected = "header, known, transaction, receipt or entry";
            return Err(arguments.invalid(0, &format!("found {other:?}, expected {expected}")));
        }
    };
    let proof = context.backend.light_proof(&shown)?;
    let header = proof.inclusion.ancestor.as_ref().map_or(&proof.finality.header, |ancestor| &ancestor.header);
    Ok(json!(InclusionView {
        finality: view(&proof.finality),
        height: header.number,
        hash: HexHash(header.hash()),
        inclusion: Bytes(proof.inclusion.encode()),
        bytes: Bytes(proof.to_bytes()),
    }))
}

/// `finality_epochProof`.
pub(super) fn epoch_proof(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let epoch = arguments.number(0)?.unwrap_or_default();
    Ok(json!(Bytes(context.backend.epoch_proof(epoch)?.to_bytes())))
}

/// `finality_validators`.
pub(super) fn validators(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let hooks = &context.backend.genesis().parameters.hooks;
    let next = context.backend.finalized().block.header.number.saturating_add(1);
    let epoch = arguments.number(0)?.unwrap_or_else(|| hooks.epoch(next));
    let EpochSet { epoch, start, since_ms, validators } = context.backend.validators(epoch)?;
    let shown = |validator: &Validator| ValidatorView {
        account: context.show(&validator.account),
        bls_key: Bytes(validator.bls_key.to_vec()),
        weight: Decimal(validator.weight),
    };
    Ok(json!(EpochView {
        genesis_hash: HexHash(context.backend.genesis_hash()),
        epoch_blocks: hooks.epoch_blocks,
        epoch,
        start: HexHash(start.hash),
        start_ms: start.info.time_ms,
        since_ms,
        validators_hash: HexHash(Validator::set_hash(&validators.encode())),
        validators: validators.iter().map(shown).collect(),
    }))
}
