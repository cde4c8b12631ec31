//! The transport: methods, subscriptions, HTTP paths, limits and errors, against a node of a few lines.

mod double;
mod finality;
mod storage;

use super::{RpcConfig, RpcError, RpcServer, handlers, serve, transactions};
use crate::backend::Backend;
use double::Double;
use jsonrpsee::core::ClientError;
use jsonrpsee::core::client::{ClientT, Subscription, SubscriptionClientT};
use jsonrpsee::rpc_params;
use jsonrpsee::ws_client::{WsClient, WsClientBuilder};
use parity_scale_codec::{Decode, Encode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_api::json::{BatchReply, ReceiptView};
use tenon_api::methods::{self, Kind};
use tenon_types::{
    Address, BalancesCall, Call, Era, EventRecord, Extra, Extrinsic, MultiAddress, Signature, SignedPart, blake2b_256,
    keys,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ALICE: Address = Address([1; 32]);
const BOB: Address = Address([2; 32]);

struct Fixture {
    node: Arc<Double>,
    server: RpcServer,
    client: WsClient,
}

async fn fixture() -> Fixture {
    let node = Arc::new(Double::new(&[ALICE, BOB]));
    let server = serve(Arc::<Double>::clone(&node), RpcConfig::new(local(0))).await.unwrap();
    let client = WsClientBuilder::default().build(format!("ws://{}", server.local_addr)).await.unwrap();
    Fixture { node, server, client }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn transfer(nonce: u32) -> Vec<u8> {
    let extra = Extra { era: Era::Immortal, nonce, tip: 0, metadata_mode: 0 };
    let signed = SignedPart { signer: MultiAddress::Id(ALICE), signature: Signature::Sr25519([0; 64]), extra };
    let call = Call::Balances(BalancesCall::transfer_keep_alive { dest: MultiAddress::Id(BOB), value: 5 });
    Extrinsic { signed, call }.to_bytes()
}

fn hexed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

impl Fixture {
    async fn ask(&self, method: &str, params: Value) -> Value {
        self.try_ask(method, params).await.unwrap()
    }

    async fn try_ask(&self, method: &str, params: Value) -> Result<Value, ClientError> {
        let mut list = jsonrpsee::core::params::ArrayParams::new();
        for value in params.as_array().unwrap() {
            list.insert(value).unwrap();
        }
        self.client.request(method, list).await
    }

    async fn refused(&self, method: &str, params: Value) -> (i32, Value) {
        match self.try_ask(method, params).await {
            Err(ClientError::Call(error)) => {
                let data = error.data().map(|data| serde_json::from_str(data.get()).unwrap()).unwrap_or_default();
                (error.code(), data)
            }
            other => panic!("expected an error, found {other:?}"),
        }
    }

    async fn subscribe(&self, name: &str, end: &str) -> Subscription<Value> {
        self.client.subscribe(name, rpc_params![], end).await.unwrap()
    }

    /// Sends one HTTP request as it stands; returns the status line with the headers, and the body.
    async fn http(&self, head: &str, body: &[u8]) -> (String, String) {
        let mut stream = tokio::net::TcpStream::connect(self.server.local_addr).await.unwrap();
        let request =
            format!("{head}\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.into(), body.into())
    }
}

#[test]
fn every_method_of_the_table_has_a_handler() {
    for method in methods::all().filter(|method| method.kind == Kind::Call) {
        let found = handlers::find(method.name).is_some() || method.name == transactions::SUBMIT_AND_WAIT;
        assert!(found, "{}", method.name);
    }
}

#[tokio::test]
async fn lists_exactly_what_it_serves() {
    let fixture = fixture().await;
    let listed = fixture.ask("rpc_methods", json!([])).await;
    let names: Vec<&str> = listed["methods"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let node: Arc<dyn Backend> = Arc::<Double>::clone(&fixture.node);
    let module = super::server::module(super::context::Context::new(node)).unwrap();
    let mut served: Vec<&str> = module.method_names().collect();
    served.sort_unstable();
    assert_eq!(names, served);
    let document = fixture.ask("rpc.discover", json!([])).await;
    assert_eq!(document["openrpc"], "1.3.2");
}

#[tokio::test]
async fn a_watched_transaction_is_ready_then_in_a_block_then_final() {
    let fixture = fixture().await;
    let mut updates: Subscription<Value> = fixture
        .client
        .subscribe("author_submitAndWatchExtrinsic", rpc_params![hexed(&transfer(0))], "author_unwatchExtrinsic")
        .await
        .unwrap();
    assert_eq!(updates.next().await.unwrap().unwrap(), "ready");
    let in_block = updates.next().await.unwrap().unwrap();
    let since = Instant::now();
    let finalized = updates.next().await.unwrap().unwrap();
    assert!(since.elapsed() >= Duration::from_millis(45), "clients skip the first if they come together");
    assert_eq!(in_block["inBlock"], finalized["finalized"]);
    assert_eq!(in_block["inBlock"], fixture.node.best().hash.to_string());
}

#[tokio::test]
async fn events_are_served_where_clients_look() {
    let fixture = fixture().await;
    let receipt = fixture.ask("tx_submitAndWait", json!([hexed(&transfer(0)), "finalized", 5_000])).await;
    let receipt: ReceiptView = serde_json::from_value(receipt).unwrap();
    assert_eq!((receipt.status.as_str(), receipt.block_height, receipt.fee.0), ("success", 1, 6));
    assert_eq!(receipt.events[0].name, "Transfer");
    let key = keys::pallet_prefix("System", "Events");
    let block = receipt.block_hash.0.to_string();
    let events = fixture.ask("state_getStorage", json!([hexed(&key), block])).await;
    let bytes = hex::decode(&events.as_str().unwrap()[2..]).unwrap();
    let records = Vec::<EventRecord>::decode(&mut &bytes[..]).unwrap();
    assert_eq!(records.len(), 2);
    let listed = fixture.ask("state_queryStorageAt", json!([[hexed(&key)], block])).await;
    assert_eq!(listed[0]["changes"][0][1], events);
    let again = fixture.ask("tx_receipt", json!([blake2b_256(&transfer(0)).to_string()])).await;
    assert_eq!(again["block_height"], 1);
    let shown = fixture.ask("block_get", json!([1])).await;
    assert_eq!(shown["transactions"][0]["call"]["call"], "transfer_keep_alive");
    assert_eq!(shown["transactions"][0]["call"]["arguments"]["value"], "5");
}

#[tokio::test]
async fn a_slow_subscriber_misses_no_final_head() {
    let fixture = fixture().await;
    let mut heads = fixture.subscribe("chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads").await;
    for _ in 0..100 {
        fixture.node.make_block().unwrap();
    }
    for expected in 0..=100 {
        let head = heads.next().await.unwrap().unwrap();
        assert_eq!(head["number"], format!("{expected:#x}"));
    }
}

#[tokio::test]
async fn storage_is_notified_when_it_changes() {
    let fixture = fixture().await;
    let key = hexed(&keys::account(&ALICE));
    let mut changes: Subscription<Value> = fixture
        .client
        .subscribe("state_subscribeStorage", rpc_params![[key]], "state_unsubscribeStorage")
        .await
        .unwrap();
    let first = changes.next().await.unwrap().unwrap();
    fixture.node.make_block().unwrap();
    fixture.node.submit(transfer(0), None).unwrap();
    let second = changes.next().await.unwrap().unwrap();
    assert_ne!(first["changes"], second["changes"]);
}

#[tokio::test]
async fn refusals_carry_number_name_cause_and_hint() {
    let fixture = fixture().await;
    fixture.node.submit(transfer(0), None).unwrap();
    let (code, data) = fixture.refused("author_submitExtrinsic", json!([hexed(&transfer(0))])).await;
    assert_eq!(code, 1010);
    assert_eq!(data, json!({ "name": "Refused", "cause": "found nonce 0, expected 1", "hint": "a hint" }));
    let (code, _) = fixture.refused("author_submitExtrinsic", json!(["0x00"])).await;
    assert_eq!(code, 1001);
    let (code, data) = fixture.refused("module_show", json!(["nothing"])).await;
    assert_eq!((code, data["name"].as_str().unwrap()), (2005, "UnknownModule"));
    let (code, _) = fixture.refused("no_such_method", json!([])).await;
    assert_eq!(code, -32601);
    let (code, data) = fixture.refused("state_getStorage", json!([])).await;
    assert_eq!((code, data["expected"].as_str().unwrap()), (-32602, "state_getStorage(key, at?)"));
    let unknown = hexed(&[5; 32]);
    assert_eq!(fixture.refused("state_getStorage", json!(["0x00", unknown])).await.0, 2001);
    assert_eq!(fixture.refused("state_getReadProof", json!([["0x00"]])).await.0, 2003);
    let watched = fixture
        .client
        .subscribe::<Value, _>("author_submitAndWatchExtrinsic", rpc_params!["0x00"], "author_unwatchExtrinsic")
        .await;
    assert!(matches!(watched, Err(ClientError::Call(error)) if error.code() == 1001));
}

#[tokio::test]
async fn runtime_calls_answer_as_declared() {
    let fixture = fixture().await;
    let call = |method: &str, data: Vec<u8>| fixture.ask("state_call", json!([method, hex::encode(data)]));
    assert_eq!(call("Metadata_metadata_versions", vec![]).await, hexed(&vec![14u32, 15].encode()));
    assert_eq!(call("Metadata_metadata_at_version", 99u32.encode()).await, "0x00");
    assert_eq!(call("AccountNonceApi_account_nonce", ALICE.encode()).await, "0x00000000");
    let mut data = transfer(0);
    100u32.encode_to(&mut data);
    // Compact gas 9, compact 0, class, fee 8 in 16 bytes.
    assert_eq!(call("TransactionPaymentApi_query_info", data).await, format!("0x240000{:032x}", 8u128 << 120));
    let mut data = vec![2];
    data.extend_from_slice(&transfer(0));
    data.extend_from_slice(&[0; 32]);
    assert_eq!(&call("TaggedTransactionQueue_validate_transaction", data.clone()).await.as_str().unwrap()[..4], "0x00");
    fixture.node.submit(transfer(0), None).unwrap();
    assert_eq!(call("TaggedTransactionQueue_validate_transaction", data).await, "0x010003");
    assert_eq!(fixture.refused("state_call", json!(["No_such", "0x"])).await.0, 2011);
}

#[tokio::test]
async fn health_paths_answer_beside_json_rpc() {
    let fixture = fixture().await;
    assert!(fixture.http("GET /livez HTTP/1.1", b"").await.0.starts_with("HTTP/1.1 200"));
    let (head, body) = fixture.http("GET /readyz?verbose HTTP/1.1", b"").await;
    assert!(head.starts_with("HTTP/1.1 200") && body.contains("[+] state"), "{head} {body}");
    assert!(fixture.http("PUT /livez HTTP/1.1", b"").await.0.starts_with("HTTP/1.1 405"));
    let request = br#"{"jsonrpc":"2.0","id":1,"method":"system_chain","params":[]}"#;
    let (head, body) = fixture
        .http("POST / HTTP/1.1\r\ncontent-type: application/json\r\norigin: http://localhost:3000", request)
        .await;
    assert!(body.contains("\"Double\""), "{body}");
    assert!(head.contains("access-control-allow-origin: http://localhost:3000"), "{head}");
    let (head, _) = fixture.http("GET /livez HTTP/1.1\r\norigin: https://elsewhere.example", b"").await;
    assert!(!head.contains("access-control"), "{head}");
}

#[tokio::test]
async fn a_bulk_of_transactions_is_taken_and_each_refusal_named() {
    let fixture = fixture().await;
    let list = vec![transfer(0), transfer(1), transfer(0), vec![1, 2]];
    let head = "POST /v1/tx HTTP/1.1\r\ncontent-type: application/octet-stream";
    let (_, body) = fixture.http(head, &list.encode()).await;
    let reply: BatchReply = serde_json::from_str(&body).unwrap();
    assert_eq!(reply.accepted, 2);
    let refused: Vec<(u32, i32)> = reply.rejected.iter().map(|it| (it.index, it.code)).collect();
    assert_eq!(refused, [(2, 1010), (3, 1001)]);
    let (head, body) = fixture.http(head, &[0xff; 100]).await;
    assert!(head.starts_with("HTTP/1.1 400") && body.contains("\"hint\""), "{head} {body}");
}

#[tokio::test]
async fn too_much_at_once_is_refused() {
    let fixture = fixture().await;
    let keys: Vec<String> = (0..1_001).map(|_| "0x00".into()).collect();
    assert_eq!(fixture.refused("state_queryStorageAt", json!([keys])).await.0, 2012);
    assert_eq!(fixture.refused("state_getKeysPaged", json!(["0x", 5_000])).await.0, 2012);
    assert_eq!(fixture.refused("dev_mine", json!([1_000_000])).await.0, 2012);
    assert_eq!(fixture.ask("dev_mine", json!([3])).await.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn keys_are_paged_in_order_without_repeats() {
    let fixture = fixture().await;
    let prefix = hexed(&keys::ACCOUNT_PREFIX);
    let first = fixture.ask("state_getKeysPaged", json!([prefix, 1])).await;
    let second = fixture.ask("state_getKeysPaged", json!([prefix, 1, first[0]])).await;
    assert!(first[0].as_str() < second[0].as_str());
    assert_eq!(fixture.ask("state_getKeysPaged", json!([prefix, 1, second[0]])).await, json!([]));
}

#[tokio::test]
async fn a_port_in_use_is_a_numbered_error_with_a_hint() {
    let fixture = fixture().await;
    let node = Arc::<Double>::clone(&fixture.node);
    let error = serve(node, RpcConfig::new(fixture.server.local_addr)).await.unwrap_err();
    assert!(matches!(error, RpcError::Listen { .. }));
    assert!(error.to_string().contains("error 2014") && error.to_string().contains("--port"), "{error}");
}

#[tokio::test]
async fn stopping_frees_the_port() {
    let Fixture { node, server, client } = fixture().await;
    let address = server.local_addr;
    drop(client);
    server.stop().await;
    serve(node, RpcConfig::new(address)).await.unwrap();
}
