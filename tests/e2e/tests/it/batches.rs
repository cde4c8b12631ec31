//! Batches take effect whole or not at all.

use serde_json::json;
use tenon_client::Client;
use tenon_e2e::calls::{Ending, ask, asset, assets_hold, call_of, instance};
use tenon_e2e::{Node, Wallet, transfer};
use tenon_types::{Call, Parameters, UtilityCall};

const GAS: u64 = 1_000_000;

fn all(calls: Vec<Call>) -> Call {
    Call::Utility(UtilityCall::batch_all { calls })
}

async fn free(client: &Client, wallet: &Wallet) -> u128 {
    client.account(&wallet.address).await.unwrap().data.free
}

#[tokio::test]
async fn a_batch_whose_second_call_fails_undoes_the_first() {
    let node = Node::quick();
    let client = node.client().await;
    let assets = instance(&client, "assets").await;
    let (alice, dora) = (Wallet::new("//Alice"), Wallet::new("//Dora"));
    assert_eq!(alice.send(&client, call_of(&assets, "issue", &asset(1_000), GAS)).await.error, None);
    let give = |amount: u128| {
        let to = tenon_client::format_address(&dora.address, 42);
        call_of(&assets, "transfer", &json!({ "asset": 1, "to": to, "amount": amount.to_string() }), GAS)
    };
    let coin = transfer(&dora.address, Parameters::COIN);
    let much = transfer(&dora.address, 5_000_000 * Parameters::COIN);
    let of_dora = || async {
        let owner = json!({ "asset": 1, "owner": tenon_client::format_address(&dora.address, 42) });
        (ask(&client, &assets, "balance_of", &owner).await, free(&client, &dora).await)
    };
    let failing = [
        vec![coin.clone(), much.clone()],
        vec![give(10), give(2_000)],
        vec![give(10), coin.clone(), much.clone()],
        vec![coin.clone(), give(10), give(2_000)],
        vec![all(vec![coin.clone(), give(10)]), give(2_000)],
        vec![coin.clone(), all(vec![give(10), give(2_000)])],
    ];
    for calls in failing {
        let (before, nonce) = (free(&client, &alice).await, client.account(&alice.address).await.unwrap().nonce);
        let ending: Ending = alice.send(&client, all(calls.clone())).await;
        assert!(ending.error.is_some(), "{calls:?}: {ending:?}");
        assert_eq!(of_dora().await, (json!("0"), 0), "{calls:?}");
        assert_eq!(free(&client, &alice).await, before - ending.fee, "{calls:?}");
        assert_eq!(client.account(&alice.address).await.unwrap().nonce, nonce + 1);
    }
    let ending = alice.send(&client, all(vec![coin, give(10), give(20)])).await;
    assert_eq!(ending.error, None);
    assert_eq!(of_dora().await, (json!("30"), Parameters::COIN));
    assert!(assets_hold(&client, &assets).await);
}
