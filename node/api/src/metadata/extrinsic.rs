//! The transaction format in metadata: types that exist only to be described. The chain's own are in `tenon-types`.

#![allow(dead_code, reason = "these types are described, never made")]

use frame_metadata::{v14, v15};
use parity_scale_codec::Compact;
use scale_info::build::Fields;
use scale_info::{MetaType, Path, Type, TypeInfo, TypeParameter, meta_type};
use tenon_types::{Amount, Call, Hash, MultiAddress, Signature};

/// The version of the transaction format.
const EXTRINSIC_VERSION: u8 = 4;

/// What the metadata calls the runtime.
#[derive(TypeInfo)]
pub(super) struct Runtime;

/// For how long a transaction is valid; [`super::paths`] adds the other 254 variants.
#[derive(TypeInfo)]
pub(super) enum Era {
    /// Valid until the nonce is used.
    Immortal,
    /// Valid for a number of blocks.
    Mortal1(u8),
}

/// Whether a metadata hash was signed.
#[derive(TypeInfo)]
pub(super) enum Mode {
    /// None was.
    Disabled,
    /// Not accepted by this chain.
    Enabled,
}

/// The nine standard extensions, of which these four travel with a transaction.
#[derive(TypeInfo)]
pub(super) struct Extra(Era, Compact<u32>, Compact<Amount>, Mode);

pub(super) struct UncheckedExtrinsic;

impl TypeInfo for UncheckedExtrinsic {
    type Identity = Self;

    fn type_info() -> Type {
        Type::builder()
            .path(Path::new("UncheckedExtrinsic", "sp_runtime::generic::unchecked_extrinsic"))
            .type_params([
                TypeParameter::new("Address", Some(meta_type::<MultiAddress>())),
                TypeParameter::new("Call", Some(meta_type::<Call>())),
                TypeParameter::new("Signature", Some(meta_type::<Signature>())),
                TypeParameter::new("Extra", Some(meta_type::<Extra>())),
            ])
            .composite(Fields::unnamed().field(|field| field.ty::<Vec<u8>>()))
    }
}

/// Identifier, what travels, and what is signed beside it, in the order of the bytes.
fn extensions() -> [(&'static str, MetaType, MetaType); 9] {
    let nothing = meta_type::<()>;
    [
        ("CheckNonZeroSender", nothing(), nothing()),
        ("CheckSpecVersion", nothing(), meta_type::<u32>()),
        ("CheckTxVersion", nothing(), meta_type::<u32>()),
        ("CheckGenesis", nothing(), meta_type::<Hash>()),
        ("CheckMortality", meta_type::<Era>(), meta_type::<Hash>()),
        ("CheckNonce", meta_type::<Compact<u32>>(), nothing()),
        ("CheckWeight", nothing(), nothing()),
        ("ChargeTransactionPayment", meta_type::<Compact<Amount>>(), nothing()),
        ("CheckMetadataHash", meta_type::<Mode>(), meta_type::<Option<[u8; 32]>>()),
    ]
}

pub(super) fn v14() -> v14::ExtrinsicMetadata {
    v14::ExtrinsicMetadata {
        ty: meta_type::<UncheckedExtrinsic>(),
        version: EXTRINSIC_VERSION,
        signed_extensions: extensions()
            .into_iter()
            .map(|(identifier, ty, additional_signed)| v14::SignedExtensionMetadata {
                identifier,
                ty,
                additional_signed,
            })
            .collect(),
    }
}

pub(super) fn v15() -> v15::ExtrinsicMetadata {
    v15::ExtrinsicMetadata {
        version: EXTRINSIC_VERSION,
        address_ty: meta_type::<MultiAddress>(),
        call_ty: meta_type::<Call>(),
        signature_ty: meta_type::<Signature>(),
        extra_ty: meta_type::<Extra>(),
        signed_extensions: extensions()
            .into_iter()
            .map(|(identifier, ty, additional_signed)| v15::SignedExtensionMetadata {
                identifier,
                ty,
                additional_signed,
            })
            .collect(),
    }
}
