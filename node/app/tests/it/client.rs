//! The Rust client against a real node: what the command line does not use.

use crate::program::Node;
use serde_json::json;
use tenon_client::{Client, Lifetime, MethodMode, WaitUntil, parse_address, sign};
use tenon_crypto::{Keypair, Scheme};
use tenon_types::{Address, BalancesCall, Call, MultiAddress};

const TRANSFERS: u32 = 300;

fn transfer(to: Address) -> Call {
    Call::Balances(BalancesCall::transfer_allow_death { dest: MultiAddress::Id(to), value: 1 })
}

#[tokio::test]
async fn a_batch_is_taken_as_a_whole_and_each_refusal_names_its_transaction() {
    let node = Node::start(&["--tmp", "--block-time-ms", "50"]);
    let client = Client::connect(node.url()).await.unwrap();
    let pair = Keypair::from_suri(Scheme::Sr25519, "//Alice").unwrap();
    let bob = parse_address("//Bob", &tenon_client::no_names).unwrap();
    let identity = &client.facts().identity;
    let mut batch: Vec<Vec<u8>> = (0..TRANSFERS)
        .map(|nonce| sign(&pair, transfer(bob), identity, nonce, 0, Lifetime::Immortal).to_bytes())
        .collect();
    batch.push(vec![1, 2, 3]);
    let reply = client.submit_bulk(&batch).await.unwrap();
    assert_eq!((reply.accepted, reply.rejected.len()), (TRANSFERS, 1));
    assert_eq!(reply.rejected[0].index, TRANSFERS);
    assert!(!reply.rejected[0].hint.is_empty());
    let last = sign(&pair, transfer(bob), identity, TRANSFERS, 0, Lifetime::Immortal);
    let receipt = client.submit_and_wait(&last, WaitUntil::Finalized, 30_000).await.unwrap();
    assert!(receipt.finalized && receipt.error.is_none());
    assert_eq!(client.account(&Address(pair.account())).await.unwrap().nonce, TRANSFERS + 1);
}

#[tokio::test]
async fn both_transports_give_the_same_answers() {
    let node = Node::start(&["--tmp", "--on-demand"]);
    let http = node.ready["http"].as_str().unwrap();
    let mut answers = Vec::new();
    for url in [node.url(), http] {
        let client = Client::connect(url).await.unwrap();
        let assets = client.instance("assets").await.unwrap();
        let method = assets.method(MethodMode::Query, "asset_count").unwrap();
        let input = assets.encode(method, json!({}).as_object().unwrap()).unwrap();
        let answer = client.query(&assets.address, &method.name, &input, None, None).await.unwrap();
        answers.push((assets.code_hash, assets.decode_result(method, &answer.output.0).unwrap()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].1, json!("0"));
}
