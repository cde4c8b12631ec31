//! `state_call` and fee estimates: what clients ask of Substrate's runtime, answered by the node.

use super::arguments::Arguments;
use super::context::Context;
use super::failure::Failure;
use crate::backend::{Refusal, RefusalKind};
use parity_scale_codec::{Decode, Encode};
use serde_json::{Value, json};
use tenon_api::json::Bytes;
use tenon_api::{
    InvalidTransaction, METADATA_VERSIONS, RuntimeDispatchInfo, TransactionValidity, TransactionValidityError,
    ValidTransaction, errors,
};
use tenon_types::{AccountInfo, Address, DispatchClass, Extrinsic, Hash, Weight, keys};

/// `state_call`.
pub(super) fn call(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let method = arguments.required_text(0)?;
    let data = arguments.required_bytes(1)?;
    let at = arguments.hash(2)?;
    let answer = match method {
        "Core_version" => context.version.encode(),
        "Metadata_metadata" => context.metadata(14).unwrap_or_default().encode(),
        "Metadata_metadata_versions" => METADATA_VERSIONS.to_vec().encode(),
        "Metadata_metadata_at_version" => {
            let version = u32::decode(&mut &data[..]).map_err(|_| malformed(method, "a u32"))?;
            context.metadata(version).map(<[u8]>::to_vec).encode()
        }
        "AccountNonceApi_account_nonce" => account_nonce(context, at, &data)?.encode(),
        "TransactionPaymentApi_query_info" => {
            let (transaction, _) = split_end::<4>(&data).ok_or_else(|| malformed(method, "an extrinsic and a u32"))?;
            query_info(context, at, transaction)?.encode()
        }
        "TaggedTransactionQueue_validate_transaction" => {
            let expected = || malformed(method, "a source, an extrinsic and a block hash");
            let (start, _) = split_end::<32>(&data).ok_or_else(expected)?;
            let (_, transaction) = start.split_first().ok_or_else(expected)?;
            validate(context, transaction).encode()
        }
        _ => return Err(Failure::new(errors::UNKNOWN_RUNTIME_API, format!("found {method:?}"))),
    };
    Ok(json!(Bytes(answer)))
}

fn malformed(method: &str, expected: &str) -> Failure {
    Failure::new(errors::INVALID_PARAMS, format!("the data does not decode to the arguments of {method}"))
        .expected(expected)
}

fn split_end<const N: usize>(data: &[u8]) -> Option<(&[u8], &[u8])> {
    data.split_at_checked(data.len().checked_sub(N)?)
}

fn account_nonce(context: &Context, at: Option<Hash>, data: &[u8]) -> Result<u32, Failure> {
    let address =
        Address::decode(&mut &data[..]).map_err(|_| malformed("AccountNonceApi_account_nonce", "32 bytes"))?;
    let (_, state) = context.state(at)?;
    let record = state.get(&keys::account(&address)).and_then(|bytes| AccountInfo::decode(&mut &bytes[..]).ok());
    Ok(record.unwrap_or_default().nonce)
}

/// What a transaction would cost. Its signature is not looked at: wallets ask before they sign.
fn query_info(context: &Context, at: Option<Hash>, transaction: &[u8]) -> Result<RuntimeDispatchInfo, Failure> {
    let extrinsic =
        Extrinsic::from_bytes(transaction).map_err(|error| Failure::new(errors::BAD_FORMAT, error.to_string()))?;
    let Some(from) = extrinsic.signed.signer.address() else {
        return Err(Failure::new(errors::BAD_FORMAT, "the signer is not of the form `Id`"));
    };
    let block = context.block(at)?;
    let execution = context.backend.simulate(&block.hash, &from, &extrinsic.call.encode())?;
    Ok(RuntimeDispatchInfo {
        weight: Weight { ref_time: execution.gas_used, proof_size: 0 },
        class: DispatchClass::Normal,
        partial_fee: execution.fee,
    })
}

/// `payment_queryInfo`.
pub(super) fn query_info_json(context: &Context, arguments: &Arguments) -> Result<Value, Failure> {
    let info = query_info(context, arguments.hash(1)?, &arguments.required_bytes(0)?)?;
    Ok(json!({
        "weight": { "ref_time": info.weight.ref_time, "proof_size": info.weight.proof_size },
        "class": "normal",
        "partialFee": info.partial_fee.to_string(),
    }))
}

/// Whether the pool would take a transaction. A client that is told so broadcasts it and waits for ever if it is then
/// refused, so the checks are the pool's own.
fn validate(context: &Context, transaction: &[u8]) -> TransactionValidity {
    let validity = context.backend.validate(transaction).map_err(|refusal| invalid(&refusal))?;
    let tag = |nonce: u32| (validity.sender, nonce).encode();
    let requires = match validity.nonce.checked_sub(1) {
        Some(before) if validity.nonce > validity.expected_nonce => vec![tag(before)],
        _ => Vec::new(),
    };
    Ok(ValidTransaction {
        priority: validity.priority,
        requires,
        provides: vec![tag(validity.nonce)],
        longevity: validity.longevity,
        propagate: true,
    })
}

fn invalid(refusal: &Refusal) -> TransactionValidityError {
    /// Says "the pool has no room" where Substrate has no variant for it.
    const POOL: u8 = 1;
    TransactionValidityError::Invalid(match refusal.kind {
        RefusalKind::Malformed => InvalidTransaction::Call,
        RefusalKind::Stale => InvalidTransaction::Stale,
        RefusalKind::Future => InvalidTransaction::Future,
        RefusalKind::Payment => InvalidTransaction::Payment,
        RefusalKind::BadProof => InvalidTransaction::BadProof,
        RefusalKind::AncientBirthBlock => InvalidTransaction::AncientBirthBlock,
        RefusalKind::ExhaustsResources => InvalidTransaction::ExhaustsResources,
        RefusalKind::Pool => InvalidTransaction::Custom(POOL),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_transaction_reads_as_stale() {
        let refusal = Refusal { code: 1010, name: "Stale", message: String::new(), hint: "", kind: RefusalKind::Stale };
        let validity: TransactionValidity = Err(invalid(&refusal));
        assert_eq!(validity.encode(), [1, 0, 3]);
    }
}
