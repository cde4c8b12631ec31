//! a failed call leaves no trace in the state but its fee and nonce. The whole state is compared, entry by entry.

use parity_scale_codec::Encode;
use serde_json::json;
use tenon_e2e::calls::{asset, call_of, instance};
use tenon_e2e::state::{State, accounts, supply, whole_state};
use tenon_e2e::{Node, Wallet, transfer};
use tenon_types::{Address, AdminPolicy, Call, Hash, ModulesCall, Parameters, UtilityCall, keys};

/// Entries that differ, by their keys.
fn changed(before: &State, after: &State) -> Vec<Vec<u8>> {
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    keys.filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}

fn failing_calls(assets: &tenon_client::Instance, code: Vec<u8>) -> Vec<Call> {
    let call = |method: &str, input: Vec<u8>, value, gas_limit| {
        Call::Modules(ModulesCall::call { instance: assets.address, method: method.into(), input, value, gas_limit })
    };
    let bob = Wallet::new("//Bob").address;
    let give = |amount: u128, gas| call("transfer", (1u64, bob, amount).encode(), 0, gas);
    let coin = |coins| transfer(&bob, coins * Parameters::COIN);
    let batch = |calls| Call::Utility(UtilityCall::batch_all { calls });
    let upload = Call::Modules(ModulesCall::upload { code: code.clone() });
    let instantiate = Call::Modules(ModulesCall::instantiate {
        code_hash: tenon_types::blake2b_256(&code),
        input: vec![1, 2, 3],
        value: 0,
        salt: Hash::ZERO,
        admin: AdminPolicy::Nobody,
        capabilities: None,
        gas_limit: 1_000_000,
    });
    vec![
        give(5_000, 1_000_000),
        // Out of gas at one moment or another, up to just before the end.
        give(5, 1_000),
        give(5, 5_000),
        give(5, 8_000),
        call("transfer", vec![1], 0, 1_000_000),
        call("nothing", vec![], 0, 1_000_000),
        call("transfer", (1u64, bob, 1u128).encode(), Parameters::COIN, 1_000_000),
        call("transfer_batch", (1u64, vec![(bob, 5u128), (Address([7; 32]), 5), (bob, 5_000)]).encode(), 0, 10_000_000),
        call_of(assets, "issue", &json!({ "name": "", "symbol": "", "decimals": 99, "supply": "1" }), 1_000_000),
        coin(5_000_000),
        batch(vec![coin(1), give(5, 1_000_000), coin(5_000_000)]),
        batch(vec![call_of(assets, "issue", &asset(5), 1_000_000), give(5_000, 1_000_000)]),
        Call::Modules(ModulesCall::upload { code: b"garbage".to_vec() }),
        batch(vec![upload, instantiate, coin(5_000_000)]),
        Call::Modules(ModulesCall::retire { instance: assets.address }),
    ]
}

#[tokio::test]
async fn a_failed_call_leaves_no_trace_but_fee_and_nonce() {
    let node = Node::start(&["--tmp", "--on-demand"]);
    let client = node.client().await;
    let assets = instance(&client, "assets").await;
    let alice = Wallet::new("//Alice");
    assert_eq!(alice.send(&client, call_of(&assets, "issue", &asset(1_000), 1_000_000)).await.error, None);
    let mut code = client.code(&assets.code_hash).await.unwrap();
    // Another module of the same making: a custom section makes its hash another.
    code.extend([0, 3, 1, b'x', 1]);
    let head = client.mine(1).await.unwrap()[0];
    let mut before = whole_state(&client, head).await;
    for call in failing_calls(&assets, code) {
        let ending = alice.send(&client, call.clone()).await;
        assert!(ending.error.is_some(), "{call:?}");
        let after = whole_state(&client, client.hash_at(ending.height).await.unwrap()).await;
        let what = format!("{:?} of {}", ending, format!("{call:?}").chars().take(200).collect::<String>());
        // The fee leaves the account and, being burnt, the supply.
        assert_eq!(changed(&before, &after), [keys::chain("supply"), keys::account(&alice.address)], "{what}");
        let account = |state: &State| accounts(state)[&alice.address];
        let mut expected = account(&before);
        expected.nonce += 1;
        expected.data.free -= ending.fee;
        assert_eq!(account(&after), expected, "{what}");
        assert_eq!(supply(&after), supply(&before) - ending.fee, "the fee is burnt: {what}");
        before = after;
    }
}
