//! What this module calls of assets: the few methods that every module of BAP-01 has.

use tenon_contract::parity_scale_codec::Encode;
use tenon_contract::prelude::*;

/// What somebody holds of an asset.
pub(crate) fn balance_of(module: Address, asset: u64, owner: Address) -> Call<Amount> {
    Call::new(module, "balance_of", (asset, owner).encode(), true)
}

/// Sends an amount of an asset.
pub(crate) fn transfer(module: Address, asset: u64, to: Address, amount: Amount) -> Call<()> {
    Call::new(module, "transfer", (asset, to, amount).encode(), false)
}

/// Sends an amount of an asset that its owner approved.
pub(crate) fn transfer_from(module: Address, asset: u64, from: Address, to: Address, amount: Amount) -> Call<()> {
    Call::new(module, "transfer_from", (asset, from, to, amount).encode(), false)
}
