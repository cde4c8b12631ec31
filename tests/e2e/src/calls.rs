//! Calls of modules' methods from names and JSON, and sending them with a wallet.

use crate::Wallet;
use serde_json::{Value as Json, json};
use tenon_client::{Client, Instance, MethodMode, WaitUntil};
use tenon_types::{BlockNumber, Call, Gas, Hash};

/// How long a transaction may wait for its block, in milliseconds.
const WAIT_MS: u64 = 30_000;

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its hash.
    pub hash: Hash,
    /// Height of its block.
    pub height: BlockNumber,
    /// Number and name of its error, if it failed.
    pub error: Option<(u32, String)>,
    /// What was burnt as its fee.
    pub fee: u128,
    /// The gas that was paid for.
    pub gas: Gas,
}

impl Ending {
    /// The name of its error.
    pub fn failed(&self) -> &str {
        self.error.as_ref().map_or("", |(_, name)| name)
    }
}

/// An instance with its interface.
///
/// # Panics
/// If there is none of this name.
pub async fn instance(client: &Client, name: &str) -> Instance {
    client.instance(name).await.unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A call of a method with named arguments.
///
/// # Panics
/// If the interface has no such method or arguments.
pub fn call_of(instance: &Instance, method: &str, arguments: &Json, gas: Gas) -> Call {
    let method = instance.method(MethodMode::Call, method).unwrap_or_else(|error| panic!("{error}"));
    let arguments = arguments.as_object().expect("arguments have names");
    let input = instance.encode(method, arguments).unwrap_or_else(|error| panic!("{}: {error}", method.name));
    instance.call(method, input, 0, gas)
}

/// The answer of a query.
///
/// # Panics
/// If it fails.
pub async fn ask(client: &Client, instance: &Instance, method: &str, arguments: &Json) -> Json {
    let method = instance.method(MethodMode::Query, method).unwrap_or_else(|error| panic!("{error}"));
    let arguments = arguments.as_object().expect("arguments have names");
    let input = instance.encode(method, arguments).unwrap_or_else(|error| panic!("{}: {error}", method.name));
    let answer = client.query(&instance.address, &method.name, &input, None, None).await;
    let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", method.name));
    assert!(answer.error.is_none(), "{}: {answer:?}", method.name);
    instance.decode_result(method, &answer.output.0).unwrap_or_else(|error| panic!("{}: {error}", method.name))
}

/// Whether the sum of balances is the supply, as the module `assets` checks it.
///
/// # Panics
/// If the check itself fails.
pub async fn assets_hold(client: &Client, assets: &Instance) -> bool {
    let answer = client.query(&assets.address, "invariant.supply_is_sum_of_balances", &[], None, None).await;
    let answer = answer.unwrap_or_else(|error| panic!("the invariant: {error}"));
    assert!(answer.error.is_none(), "the invariant: {answer:?}");
    answer.output.0 == [1]
}

/// Arguments of `assets.issue` for a fixed supply.
pub fn asset(supply: u128) -> Json {
    json!({ "name": "Gold", "symbol": "GOLD", "decimals": 2, "supply": supply.to_string() })
}

impl Wallet {
    /// Signs a call with the next nonce, sends it and waits for its block.
    ///
    /// # Panics
    /// If the pool refuses it, or no block includes it in time.
    pub async fn send(&self, client: &Client, call: Call) -> Ending {
        let signed = self.signed(client, call).await;
        let receipt = client.submit_and_wait(&signed, WaitUntil::Included, WAIT_MS).await;
        let receipt = receipt.unwrap_or_else(|error| panic!("{error} ({})", error.hint()));
        Ending {
            hash: receipt.transaction.0,
            height: receipt.block_height,
            error: receipt.error.map(|error| (error.number, error.name)),
            fee: receipt.fee.0,
            gas: receipt.gas_used,
        }
    }
}
