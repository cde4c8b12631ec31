//! The whole state of a small chain, read entry by entry, and the coin in it.

use parity_scale_codec::DecodeAll;
use serde_json::json;
use std::collections::BTreeMap;
use tenon_client::Client;
use tenon_types::{AccountInfo, Address, Amount, Hash, InstanceRecord, ModuleRecord, keys};

/// Entries of one request.
const PAGE: usize = 1_000;

/// Every entry of a state.
pub type State = BTreeMap<Vec<u8>, Vec<u8>>;

/// Reads every entry of the state after a block.
///
/// # Panics
/// If the node does not answer.
pub async fn whole_state(client: &Client, at: Hash) -> State {
    let (mut state, mut after) = (State::new(), None::<String>);
    let at = at.to_string();
    loop {
        let params = vec![json!("0x"), json!(PAGE), json!(after), json!(at)];
        let keys: Vec<String> = client.ask("state_getKeysPaged", params).await.expect("the keys of a state");
        let Some(last) = keys.last() else { return state };
        after = Some(last.clone());
        let sets = client.request("state_queryStorageAt", vec![json!(keys), json!(at)]).await;
        let sets = sets.expect("the values of a state");
        let changes = sets[0]["changes"].as_array().expect("one set of values");
        assert_eq!(changes.len(), keys.len());
        for change in changes {
            let value = change[1].as_str().unwrap_or_else(|| panic!("a key without a value: {change}"));
            state.insert(bytes(change[0].as_str().unwrap_or_default()), bytes(value));
        }
    }
}

fn bytes(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("0x").unwrap_or_else(|| panic!("{text:?} is not hex"));
    assert!(digits.len().is_multiple_of(2), "{text:?}");
    let byte = |index| u8::from_str_radix(&digits[index..index + 2], 16).expect("hex digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// The accounts of a state.
///
/// # Panics
/// If one does not decode.
pub fn accounts(state: &State) -> BTreeMap<Address, AccountInfo> {
    let of_prefix = state.iter().filter(|(key, _)| key.starts_with(&keys::ACCOUNT_PREFIX));
    let decoded = of_prefix.map(|(key, value)| {
        let address = key.last_chunk::<32>().expect("an account's key ends with its address");
        (Address(*address), decode::<AccountInfo>(value))
    });
    decoded.collect()
}

/// All of the native coin in a state: what accounts hold, and the deposits locked for what is stored.
///
/// # Panics
/// If the supply that the chain keeps is another.
pub fn supply(state: &State) -> Amount {
    let held: Amount = accounts(state).values().map(|account| account.data.free + account.data.reserved).sum();
    let with = |prefix: Vec<u8>| state.iter().filter(move |(key, _)| key.starts_with(&prefix)).map(|(_, value)| value);
    let instances: Amount = with(keys::instances()).map(|value| decode::<InstanceRecord>(value).deposit).sum();
    let codes: Amount = with(keys::modules()).map(|value| decode::<ModuleRecord>(value).deposit).sum();
    let sum = held + instances + codes;
    let recorded: Amount = decode(state.get(&keys::chain("supply")).expect("the chain keeps its supply"));
    assert_eq!(recorded, sum, "the supply that the chain keeps, and what is there");
    sum
}

fn decode<T: DecodeAll>(bytes: &[u8]) -> T {
    T::decode_all(&mut &bytes[..]).unwrap_or_else(|error| panic!("a record of the state does not decode: {error}"))
}
