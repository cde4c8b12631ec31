//! The paths and type parameters by which clients recognize well-known types, or by which people know them. Paths are
//! free except where `docs` on the wire shell says otherwise; what is not listed keeps the path that it derives.

use scale_info::form::PortableForm;
use scale_info::{Field, Path, PortableRegistry, Type, TypeDef, TypeParameter, Variant};

/// Derived path, and the path that clients know.
const PATHS: &[(&str, &str)] = &[
    ("tenon_api::metadata::extrinsic::Era", "sp_runtime::generic::era::Era"),
    ("tenon_api::metadata::extrinsic::Mode", "frame_metadata_hash_extension::Mode"),
    ("tenon_api::metadata::extrinsic::Extra", "tenon_runtime::Extra"),
    ("tenon_api::metadata::extrinsic::Runtime", "tenon_runtime::Runtime"),
    ("tenon_api::metadata::pallets::RuntimeError", "tenon_runtime::RuntimeError"),
    (
        "tenon_api::metadata::runtime_apis::RuntimeDispatchInfo",
        "pallet_transaction_payment::types::RuntimeDispatchInfo",
    ),
    (
        "tenon_api::metadata::runtime_apis::TransactionValidityError",
        "sp_runtime::transaction_validity::TransactionValidityError",
    ),
    ("tenon_api::metadata::runtime_apis::InvalidTransaction", "sp_runtime::transaction_validity::InvalidTransaction"),
    ("tenon_api::metadata::runtime_apis::UnknownTransaction", "sp_runtime::transaction_validity::UnknownTransaction"),
    ("tenon_api::metadata::runtime_apis::ValidTransaction", "sp_runtime::transaction_validity::ValidTransaction"),
    ("tenon_api::metadata::runtime_apis::TransactionSource", "sp_runtime::transaction_validity::TransactionSource"),
    ("tenon_api::version::RuntimeVersion", "sp_version::RuntimeVersion"),
    ("tenon_types::account::AccountInfo", "frame_system::AccountInfo"),
    ("tenon_types::account::AccountData", "pallet_balances::types::AccountData"),
    ("tenon_types::block::Digest", "sp_runtime::generic::digest::Digest"),
    ("tenon_types::block::DigestItem", "sp_runtime::generic::digest::DigestItem"),
    ("tenon_types::dispatch::Weight", "sp_weights::weight_v2::Weight"),
    ("tenon_types::dispatch::DispatchClass", "frame_support::dispatch::DispatchClass"),
    ("tenon_types::dispatch::Pays", "frame_support::dispatch::Pays"),
    ("tenon_types::dispatch::DispatchInfo", "frame_support::dispatch::DispatchInfo"),
    ("tenon_types::dispatch::TokenError", "sp_runtime::TokenError"),
    ("tenon_types::dispatch::describe::ModuleError", "sp_runtime::ModuleError"),
    ("tenon_types::dispatch::BalancesError", "pallet_balances::pallet::Error"),
    ("tenon_types::event::EventRecord", "frame_system::EventRecord"),
    ("tenon_types::event::Phase", "frame_system::Phase"),
    ("tenon_types::event::Event", "tenon_runtime::RuntimeEvent"),
    ("tenon_types::event::SystemEvent", "frame_system::pallet::Event"),
    ("tenon_types::event::BalancesEvent", "pallet_balances::pallet::Event"),
    ("tenon_types::event::UtilityEvent", "pallet_utility::pallet::Event"),
    ("tenon_types::event::ModulesEvent", "tenon_modules::pallet::Event"),
    ("tenon_types::module::AdminPolicy", "tenon_modules::types::AdminPolicy"),
    ("tenon_types::transaction::Call", "tenon_runtime::RuntimeCall"),
    ("tenon_types::transaction::SystemCall", "frame_system::pallet::Call"),
    ("tenon_types::transaction::BalancesCall", "pallet_balances::pallet::Call"),
    ("tenon_types::transaction::UtilityCall", "pallet_utility::pallet::Call"),
    ("tenon_types::transaction::ModulesCall", "tenon_modules::pallet::Call"),
    ("tenon_types::transaction::MultiAddress", "sp_runtime::multiaddress::MultiAddress"),
    // With three variants it is exactly the type that clients put in its place.
    ("tenon_types::transaction::Signature", "sp_runtime::MultiSignature"),
];

/// Gives the types of a registry the paths and parameters that clients know.
pub(super) fn apply(registry: &mut PortableRegistry) {
    for entry in &mut registry.types {
        let derived = entry.ty.path.to_string();
        if let Some((_, known)) = PATHS.iter().find(|(from, _)| *from == derived) {
            entry.ty.path = Path::from_segments_unchecked(known.split("::").map(String::from));
        }
    }
    let find = |path: &str| registry.types.iter().find(|entry| entry.ty.path.to_string() == path).map(|entry| entry.id);
    let (account, event, hash) =
        (find("sp_core::crypto::AccountId32"), find("tenon_runtime::RuntimeEvent"), find("primitive_types::H256"));
    let unit = registry.types.iter().find(|entry| is_unit(&entry.ty)).map(|entry| entry.id);
    for entry in &mut registry.types {
        match entry.ty.path.to_string().as_str() {
            "sp_runtime::multiaddress::MultiAddress" => {
                entry.ty.type_params = vec![parameter("AccountId", account), parameter("AccountIndex", unit)];
            }
            "frame_system::EventRecord" => {
                entry.ty.type_params = vec![parameter("E", event), parameter("T", hash)];
            }
            "sp_runtime::generic::era::Era" => complete_era(&mut entry.ty),
            _ => {}
        }
    }
}

fn is_unit(ty: &Type<PortableForm>) -> bool {
    matches!(&ty.type_def, TypeDef::Tuple(tuple) if tuple.fields.is_empty())
}

fn parameter(name: &str, ty: Option<u32>) -> TypeParameter<PortableForm> {
    TypeParameter::new_portable(name.into(), ty.map(Into::into))
}

/// An era is one byte, or two of which the first is not 0: 255 variants with a byte each.
fn complete_era(ty: &mut Type<PortableForm>) {
    if let TypeDef::Variant(definition) = &mut ty.type_def {
        let byte: Vec<Field<PortableForm>> =
            definition.variants.get(1).map(|variant| variant.fields.clone()).unwrap_or_default();
        for variant in &mut definition.variants {
            variant.docs.clear();
        }
        definition.variants.extend((2..=u8::MAX).map(|index| Variant {
            name: format!("Mortal{index}"),
            fields: byte.clone(),
            index,
            docs: Vec::new(),
        }));
    }
}
