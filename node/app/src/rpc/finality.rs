//! `finality_*`: what shows blocks and epochs to be final, and who validates.

use super::arguments::Arguments;
use super::context::Context;
use super::failure::Failure;
use crate::backend::EpochSet;
use parity_scale_codec::Encode;
use serde_json::{Value, json};
use tenon_api::errors;
use tenon_api::json::{Bytes, CertificateView, Decimal, EpochView, HeaderProofView, HexHash, ValidatorView};
use tenon_core::consensus::bbft::{Certificate, HeaderProof};
use tenon_types::{BlockNumber, Validator};

/// `finality_proof`.
pub(super) fn proof(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let height = match arguments.number(0)? {
        None => context.backend.finalized().block.header.number,
        Some(height) => BlockNumber::try_from(height).map_err(|_| {
            Failure::new(errors::UNKNOWN_BLOCK, format!("found height {height}"))
                .expected(format!("at most {}", BlockNumber::MAX))
        })?,
    };
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
