//! How a node runs and ends: on demand, asked to stop, asked whether it is well.

use serde_json::json;
use tenon_client::{Client, WaitUntil};
use tenon_e2e::{Node, Wallet, poll, transfer};
use tenon_types::Parameters;

async fn height(client: &Client) -> u32 {
    client.block(json!("best")).await.unwrap().height
}

#[tokio::test]
async fn on_demand_makes_a_block_when_there_is_something_to_include_and_only_then() {
    let node = Node::start(&["--tmp", "--on-demand"]);
    let client = node.client().await;
    let before = height(&client).await;
    let (alice, bob) = (Wallet::new("//Alice"), Wallet::new("//Bob"));
    for number in 1..=5 {
        let signed = alice.signed(&client, transfer(&bob.address, 1)).await;
        let receipt = client.submit_and_wait(&signed, WaitUntil::Included, 30_000).await.unwrap();
        assert_eq!(receipt.block_height, before + number, "one block for each transaction");
    }
    assert_eq!(height(&client).await, before + 5);
    client.mine(2).await.unwrap();
    assert_eq!(height(&client).await, before + 7);
}

#[tokio::test]
async fn the_last_transaction_of_an_on_demand_chain_becomes_final() {
    let node = Node::start(&["--tmp", "--on-demand"]);
    let client = node.client().await;
    let signed = Wallet::new("//Alice").signed(&client, transfer(&Wallet::new("//Bob").address, 1)).await;
    let receipt = client.submit_and_wait(&signed, WaitUntil::Finalized, 30_000).await.unwrap();
    assert!(receipt.finalized && receipt.error.is_none(), "{receipt:?}");
}

#[tokio::test]
async fn a_node_that_is_asked_to_stop_makes_final_what_it_made() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--base-path", folder.path().to_str().unwrap(), "--on-demand"];
    let node = Node::start(&arguments);
    let client = node.client().await;
    let (alice, bob) = (Wallet::new("//Alice"), Wallet::new("//Bob"));
    let mut receipts = Vec::new();
    for _ in 0..10 {
        let signed = alice.signed(&client, transfer(&bob.address, Parameters::COIN)).await;
        receipts.push(client.submit_and_wait(&signed, WaitUntil::Included, 30_000).await.unwrap());
    }
    drop(client);
    let ended = node.terminate();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.lines.last().map(String::as_str), Some(r#"{"status":"stopped"}"#), "{ended:?}");

    let node = Node::start(&arguments);
    let client = node.client().await;
    for receipt in &receipts {
        let again = client.receipt(&receipt.transaction.0).await.unwrap();
        assert!(again.finalized, "{again:?}");
        assert_eq!((again.block_hash, again.block_height), (receipt.block_hash, receipt.block_height));
    }
    assert_eq!(client.account(&bob.address).await.unwrap().data.free, 1_000_010 * Parameters::COIN);
}

#[test]
fn a_temporary_chain_leaves_nothing_behind_when_it_is_asked_to_stop() {
    let node = Node::quick();
    let kept = |scratch: &std::path::Path| {
        let names = std::fs::read_dir(scratch).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("tenon-dev-")).collect::<Vec<_>>()
    };
    assert_eq!(kept(&node.scratch()).len(), 1);
    let (ended, left) = node.terminate_and(kept);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_node_says_whether_it_lives_and_is_ready() {
    let node = Node::quick();
    let alive = node.http("GET", "/livez", b"");
    assert_eq!((alive.status, alive.body.trim()), (200, "ok"));
    let ready = node.http("GET", "/readyz", b"");
    assert_eq!((ready.status, ready.body.trim()), (200, "ready"));
    let verbose = node.http("GET", "/readyz?verbose", b"");
    assert!(verbose.body.contains("finalized") && verbose.body.contains("[+] state"), "{verbose:?}");
    assert_eq!(node.http("DELETE", "/livez", b"").status, 405);
}

#[tokio::test]
async fn blocks_are_made_at_the_interval_and_made_final_without_transactions_too() {
    let node = Node::start(&["--tmp", "--block-time-ms", "50"]);
    let client = node.client().await;
    poll::until_async("ten final blocks", || async {
        let (height, _) = client.finalized_head().await.unwrap();
        (height >= 10).then_some(())
    })
    .await;
    let (first, last) = (client.block(json!(1)).await.unwrap(), client.block(json!(10)).await.unwrap());
    assert!(last.transactions.is_empty() && last.time_ms - first.time_ms >= 8 * 50, "{first:?} {last:?}");
}
