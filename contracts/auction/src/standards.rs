//! What an auction calls of other modules: the few methods that every module of a standard has. They are written down
//! here and not taken from one module's crate, as any module of the standard will do. Those of divisible assets (BAP-01)
//! are the SDK's, see `tenon_contract::money`.

use tenon_contract::parity_scale_codec::Encode;
use tenon_contract::prelude::*;

/// Who owns a lot (BAP-02).
pub(crate) fn owner_of_lot(module: Address, lot: u64) -> Call<Option<Address>> {
    query(module, "owner_of", &lot)
}

/// Sends a whole lot, of the caller or approved.
pub(crate) fn transfer_lot(module: Address, lot: u64, to: Address) -> Call<()> {
    call(module, "transfer_lot", &(lot, to))
}

/// Who owns an item (BAP-03).
pub(crate) fn owner_of_item(module: Address, collection: u64, item: u64) -> Call<Option<Address>> {
    query(module, "owner_of", &(collection, item))
}

/// Sends an item.
pub(crate) fn transfer_item(module: Address, collection: u64, item: u64, to: Address) -> Call<()> {
    call(module, "transfer", &(collection, item, to))
}

/// Sends an item that its owner approved.
pub(crate) fn transfer_item_from(module: Address, collection: u64, item: u64, from: Address, to: Address) -> Call<()> {
    call(module, "transfer_from", &(collection, item, from, to))
}

/// How many vouchers of a kind somebody holds (BAP-04).
pub(crate) fn voucher_balance_of(module: Address, kind: u64, owner: Address) -> Call<u64> {
    query(module, "balance_of", &(kind, owner))
}

/// Sends vouchers.
pub(crate) fn transfer_vouchers(module: Address, kind: u64, to: Address, units: u64) -> Call<()> {
    call(module, "transfer", &(kind, to, units))
}

/// Sends vouchers that their owner approved.
pub(crate) fn transfer_vouchers_from(module: Address, kind: u64, from: Address, to: Address, units: u64) -> Call<()> {
    call(module, "transfer_from", &(kind, from, to, units))
}

fn call(module: Address, method: &'static str, arguments: &impl Encode) -> Call<()> {
    Call::new(module, method, arguments.encode(), false)
}

fn query<R>(module: Address, method: &'static str, arguments: &impl Encode) -> Call<R> {
    Call::new(module, method, arguments.encode(), true)
}
