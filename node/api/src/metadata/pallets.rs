//! The four pallets that clients see: storage, calls, events, errors and constants.

use crate::version::RuntimeVersion;
use frame_metadata::v14::{
    PalletCallMetadata, PalletConstantMetadata, PalletErrorMetadata, PalletEventMetadata, PalletStorageMetadata,
    StorageEntryMetadata, StorageEntryModifier, StorageEntryType, StorageHasher,
};
use frame_metadata::v15::PalletMetadata;
use parity_scale_codec::Encode;
use scale_info::{MetaType, TypeInfo, meta_type};
use tenon_types::{
    AccountInfo, Address, Amount, BalancesCall, BalancesError, BalancesEvent, Digest, EventRecord, Genesis, Hash,
    ModulesCall, ModulesError, ModulesEvent, SystemCall, SystemEvent, UtilityCall, UtilityEvent,
};

/// The errors of all pallets, by pallet.
#[derive(TypeInfo)]
#[allow(dead_code, reason = "described, never made")]
pub(super) enum RuntimeError {
    /// Of the native coin.
    #[codec(index = 1)]
    Balances(BalancesError),
    /// Of modules.
    #[codec(index = 3)]
    Modules(ModulesError),
}

pub(super) fn all(genesis: &Genesis) -> Vec<PalletMetadata> {
    vec![system(genesis), balances(genesis), utility(), modules()]
}

fn system(genesis: &Genesis) -> PalletMetadata {
    let version = RuntimeVersion::of(genesis);
    PalletMetadata {
        name: "System",
        storage: Some(PalletStorageMetadata { prefix: "System", entries: system_storage() }),
        calls: Some(meta_type::<SystemCall>().into()),
        event: Some(PalletEventMetadata { ty: meta_type::<SystemEvent>() }),
        constants: vec![
            constant("Version", &version, "The version of the rules and of the transaction format."),
            constant("SS58Prefix", &genesis.ss58_prefix, "The prefix of addresses."),
            constant(
                "BlockHashCount",
                &genesis.parameters.checkpoint_window,
                "Blocks for which a block's hash may be a mortal transaction's checkpoint.",
            ),
        ],
        error: None,
        index: 0,
        docs: vec!["Accounts, and what blocks and transactions have in common."],
    }
}

fn system_storage() -> Vec<StorageEntryMetadata> {
    let hashed = |hasher, key, value| StorageEntryType::Map { hashers: vec![hasher], key, value };
    let map = |ty, default, name, docs| entry(name, StorageEntryModifier::Default, ty, default, docs);
    vec![
        map(
            hashed(StorageHasher::Blake2_128Concat, meta_type::<Address>(), meta_type::<AccountInfo>()),
            AccountInfo::default().encode(),
            "Account",
            "Accounts: nonce and native coin.",
        ),
        map(
            hashed(StorageHasher::Twox64Concat, meta_type::<u32>(), meta_type::<Hash>()),
            Hash::ZERO.encode(),
            "BlockHash",
            "Hashes of blocks by height.",
        ),
        plain::<u32>("Number", &0, "The height."),
        plain::<Digest>("Digest", &Digest::default(), "The digest of the block's header."),
        plain::<Vec<EventRecord>>("Events", &Vec::new(), "What happened in the block."),
    ]
}

fn balances(genesis: &Genesis) -> PalletMetadata {
    PalletMetadata {
        name: "Balances",
        storage: None,
        calls: Some(meta_type::<BalancesCall>().into()),
        event: Some(PalletEventMetadata { ty: meta_type::<BalancesEvent>() }),
        constants: vec![constant::<Amount>(
            "ExistentialDeposit",
            &genesis.parameters.existential_deposit,
            "The least amount of an account.",
        )],
        error: Some(PalletErrorMetadata { ty: meta_type::<BalancesError>() }),
        index: 1,
        docs: vec!["The native coin."],
    }
}

fn utility() -> PalletMetadata {
    PalletMetadata {
        name: "Utility",
        storage: None,
        calls: Some(meta_type::<UtilityCall>().into()),
        event: Some(PalletEventMetadata { ty: meta_type::<UtilityEvent>() }),
        constants: Vec::new(),
        error: None,
        index: 2,
        docs: vec!["Batches: all calls take effect, or none."],
    }
}

fn modules() -> PalletMetadata {
    PalletMetadata {
        name: "Modules",
        storage: None,
        calls: Some(PalletCallMetadata { ty: meta_type::<ModulesCall>() }),
        event: Some(PalletEventMetadata { ty: meta_type::<ModulesEvent>() }),
        constants: Vec::new(),
        error: Some(PalletErrorMetadata { ty: meta_type::<ModulesError>() }),
        index: 3,
        docs: vec!["Sandboxed modules: code, instances and calls of their methods."],
    }
}

fn constant<T: Encode + TypeInfo + 'static>(
    name: &'static str,
    value: &T,
    docs: &'static str,
) -> PalletConstantMetadata {
    PalletConstantMetadata { name, ty: meta_type::<T>(), value: value.encode(), docs: vec![docs] }
}

fn plain<T: Encode + TypeInfo + 'static>(name: &'static str, default: &T, docs: &'static str) -> StorageEntryMetadata {
    let ty: MetaType = meta_type::<T>();
    entry(name, StorageEntryModifier::Default, StorageEntryType::Plain(ty), default.encode(), docs)
}

fn entry(
    name: &'static str,
    modifier: StorageEntryModifier,
    ty: StorageEntryType,
    default: Vec<u8>,
    docs: &'static str,
) -> StorageEntryMetadata {
    StorageEntryMetadata { name, modifier, ty, default, docs: vec![docs] }
}
