//! Size and gas. That gas does not grow with what others hold is in `rules`.

use crate::{COMMON, code, with_lots};
use tenon_contract::abi::find_host_function;
use tenon_testkit::{alice, bob};

/// What the host charges for the calls that handing a lot on cannot do without.
fn host_gas_of_a_transfer() -> u64 {
    const LOT_KEY_BYTES: u64 = 1 + 8;
    const LOT_BYTES: u64 = 8 + 8 + 32 + 16 + 1 + 1 + 1;
    const INDEX_BYTES: u64 = 1 + 32 + 8;
    let price = |name: &str, bytes: u64| {
        let function = find_host_function(name).expect("the table has it");
        function.base_gas + bytes * function.byte_gas
    };
    let lot = price("storage_get", LOT_KEY_BYTES + LOT_BYTES) + price("storage_set", LOT_KEY_BYTES + LOT_BYTES);
    let index = price("storage_remove", INDEX_BYTES) + price("storage_set", INDEX_BYTES);
    price("input", 8 + 32) + price("caller", 0) + lot + index + price("emit", 4 * 32 + 16)
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 58 * 1024;
    /// Gas of a transfer beside what the host charges for its calls.
    const MAX_OWN_GAS: u64 = 10_000;
    let (mut chain, lots) = with_lots(&[(alice(), COMMON, 10)]);
    let found = chain.from(alice()).call(lots.transfer_lot(1, bob())).method_gas;
    let (host, size) = (host_gas_of_a_transfer(), code().len());
    let report = format!("{size} bytes; {found} gas to hand a lot on, host {host}");
    assert!(size <= MAX_WASM_BYTES && found <= host + MAX_OWN_GAS, "{report}");
}
