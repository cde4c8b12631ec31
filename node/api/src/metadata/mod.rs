//! Metadata V14 and V15: what wallets and clients read to know this chain's calls, events, errors and storage.
//!
//! It is built from the types in `tenon-types` and nothing else, so it cannot disagree with what the chain encodes. Paths
//! by which clients recognize types are given in `paths`; the derived ones stay everywhere else. Version 16 is left out.

mod extrinsic;
mod pallets;
mod paths;
mod runtime_apis;

pub use runtime_apis::{
    InvalidTransaction, RuntimeDispatchInfo, TransactionValidity, TransactionValidityError, ValidTransaction,
};

use frame_metadata::{RuntimeMetadataPrefixed, v14, v15};
use parity_scale_codec::Encode;
use scale_info::meta_type;
use std::collections::BTreeMap;
use tenon_types::{Call, Event, Genesis};

/// The versions that are served.
pub const METADATA_VERSIONS: [u32; 2] = [14, 15];

/// Builds metadata of a version, encoded with its magic number, or nothing if the version is not served.
pub fn metadata(genesis: &Genesis, version: u32) -> Option<Vec<u8>> {
    match version {
        14 => Some(metadata_v14(genesis)),
        15 => Some(metadata_v15(genesis)),
        _ => None,
    }
}

fn metadata_v14(genesis: &Genesis) -> Vec<u8> {
    let pallets = pallets::all(genesis)
        .into_iter()
        .map(|pallet| v14::PalletMetadata {
            name: pallet.name,
            storage: pallet.storage,
            calls: pallet.calls,
            event: pallet.event,
            constants: pallet.constants,
            error: pallet.error,
            index: pallet.index,
        })
        .collect();
    let mut metadata = v14::RuntimeMetadataV14::new(pallets, extrinsic::v14(), meta_type::<extrinsic::Runtime>());
    paths::apply(&mut metadata.types);
    RuntimeMetadataPrefixed::from(metadata).encode()
}

fn metadata_v15(genesis: &Genesis) -> Vec<u8> {
    let mut metadata = v15::RuntimeMetadataV15::new(
        pallets::all(genesis),
        extrinsic::v15(),
        meta_type::<extrinsic::Runtime>(),
        runtime_apis::all(),
        v15::OuterEnums {
            call_enum_ty: meta_type::<Call>(),
            event_enum_ty: meta_type::<Event>(),
            error_enum_ty: meta_type::<pallets::RuntimeError>(),
        },
        v15::CustomMetadata { map: BTreeMap::new() },
    );
    paths::apply(&mut metadata.types);
    RuntimeMetadataPrefixed(frame_metadata::META_RESERVED, frame_metadata::RuntimeMetadata::V15(metadata)).encode()
}

#[cfg(test)]
mod tests;
