//! Transactions that must not be: refused by the pool with a number, or included and failed with one. After all of them a
//! good transfer succeeds, and the node holds hardly more memory.

use parity_scale_codec::{Compact, Encode};
use serde_json::{Value as Json, json};
use tenon_client::{ChainIdentity, Client, ClientError, Lifetime, bulk_body, sign};
use tenon_e2e::calls::{asset, assets_hold, call_of, instance};
use tenon_e2e::{Node, Seed, Wallet, poll, transfer};
use tenon_types::{
    Address, AdminPolicy, Call, Extrinsic, Hash, ModulesCall, MultiAddress, Parameters, Signature, SystemCall,
    UtilityCall,
};

/// Sends bytes that the node must refuse, and returns number and name; message and hint are there.
async fn refused(client: &Client, bytes: &[u8]) -> (i32, String) {
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match client.request("tx_submit", vec![json!(format!("0x{hex}"))]).await {
        Err(ClientError::Refused { code, name, message, hint }) => {
            println!("{code} {name}: {message} | {hint}");
            assert!(!message.is_empty() && !hint.is_empty(), "{code} {name} {message:?} {hint:?}");
            (code, name)
        }
        other => panic!("expected a refusal, found {other:?}"),
    }
}

async fn refusal_of(client: &Client, extrinsic: &Extrinsic) -> (i32, String) {
    refused(client, &extrinsic.to_bytes()).await
}

fn is(found: &(i32, String), code: i32, name: &str) {
    assert_eq!((found.0, found.1.as_str()), (code, name));
}

async fn still_works(client: &Client) {
    let (eve, bob) = (Wallet::new("//Eve"), Wallet::new("//Bob"));
    let before = client.account(&bob.address).await.unwrap().data.free;
    let ending = eve.send(client, transfer(&bob.address, Parameters::COIN)).await;
    assert_eq!(ending.error, None);
    assert_eq!(client.account(&bob.address).await.unwrap().data.free, before + Parameters::COIN);
}

#[tokio::test]
async fn wrong_nonce_chain_signature_and_era_are_refused_by_number() {
    let node = Node::quick();
    let client = node.client().await;
    let (alice, bob) = (Wallet::new("//Alice"), Wallet::new("//Bob"));
    let chain = client.facts().identity;
    let call = |value| transfer(&bob.address, value);
    assert_eq!(alice.send(&client, call(1)).await.error, None);

    is(&refusal_of(&client, &alice.sign(call(2), &chain, 0)).await, 1010, "Stale");
    is(&refusal_of(&client, &alice.sign(call(2), &chain, 1 + 65_537)).await, 1010, "NonceTooFarAhead");
    is(&refusal_of(&client, &alice.sign(call(2), &chain, u32::MAX)).await, 1010, "NonceTooFarAhead");

    let other_genesis = ChainIdentity { genesis: Hash([7; 32]), ..chain };
    is(&refusal_of(&client, &alice.sign(call(2), &other_genesis, 1)).await, 1010, "BadSignature");
    let other_version = ChainIdentity { spec_version: chain.spec_version + 1, ..chain };
    is(&refusal_of(&client, &alice.sign(call(2), &other_version, 1)).await, 1010, "BadSignature");
    let other_format = ChainIdentity { transaction_version: chain.transaction_version + 1, ..chain };
    is(&refusal_of(&client, &alice.sign(call(2), &other_format, 1)).await, 1010, "BadSignature");

    let good = alice.sign(call(2), &chain, 1);
    let mut forged = good.clone();
    forged.signed.signer = MultiAddress::Id(Wallet::new("//Charlie").address);
    forged.signed.extra.nonce = 0;
    is(&refusal_of(&client, &forged).await, 1010, "BadSignature");
    let mut changed = good.clone();
    changed.call = call(1_000_000);
    is(&refusal_of(&client, &changed).await, 1010, "BadSignature");
    let Signature::Sr25519(mut bytes) = good.signed.signature else { panic!("the wallet signs by sr25519") };
    bytes[10] ^= 1;
    changed = good.clone();
    changed.signed.signature = Signature::Sr25519(bytes);
    is(&refusal_of(&client, &changed).await, 1010, "BadSignature");
    changed.signed.signature = Signature::Ed25519(bytes);
    is(&refusal_of(&client, &changed).await, 1010, "BadSignature");
    changed = good.clone();
    changed.signed.signer = MultiAddress::Address32(alice.address.0);
    let found = refusal_of(&client, &changed).await;
    assert_eq!(found.1, "SignerForm", "{found:?}");
    changed = good.clone();
    changed.signed.extra.metadata_mode = 1;
    assert_ne!(refusal_of(&client, &changed).await.1, "");

    // An era of four blocks that is over, and one that has not begun.
    let (height, checkpoint) = client.finalized_head().await.unwrap();
    let birth = Lifetime::birth(4, height);
    let checkpoint = if birth == height { checkpoint } else { client.hash_at(birth).await.unwrap() };
    let lifetime = Lifetime::Mortal { period: 4, height, checkpoint };
    let expired = sign(&alice.pair, call(3), &chain, 1, 0, lifetime);
    poll::until_async("the era's end", || async {
        (client.finalized_head().await.unwrap().0 > height + 4).then_some(())
    })
    .await;
    let found = refusal_of(&client, &expired).await;
    assert!(found.0 == 1010 && ["BadSignature", "AncientBirthBlock"].contains(&found.1.as_str()), "{found:?}");
    let lifetime = Lifetime::Mortal { period: 65_536, height: 60_000, checkpoint: Hash([3; 32]) };
    is(&refusal_of(&client, &sign(&alice.pair, call(3), &chain, 1, 0, lifetime)).await, 1010, "AncientBirthBlock");
    still_works(&client).await;
}

#[tokio::test]
async fn a_transaction_ahead_of_its_nonce_waits_for_the_one_before_it() {
    let node = Node::quick();
    let client = node.client().await;
    let (alice, bob) = (Wallet::new("//Alice"), Wallet::new("//Bob"));
    let chain = client.facts().identity;
    let later = client.submit(&alice.sign(transfer(&bob.address, 2), &chain, 1)).await.unwrap();
    is(&refusal_of(&client, &alice.sign(transfer(&bob.address, 2), &chain, 1)).await, 1013, "AlreadyPooled");
    is(&refusal_of(&client, &alice.sign(transfer(&bob.address, 3), &chain, 1)).await, 1014, "Underpriced");
    assert!(client.receipt(&later).await.is_err());
    client.submit(&alice.sign(transfer(&bob.address, 1), &chain, 0)).await.unwrap();
    let receipt = poll::until_async("both", || async { client.receipt(&later).await.ok() }).await;
    assert_eq!(receipt.status, "success");
    assert_eq!(client.account(&alice.address).await.unwrap().nonce, 2);
    is(&refusal_of(&client, &alice.sign(transfer(&bob.address, 2), &chain, 1)).await, 1012, "AlreadyIncluded");
}

#[tokio::test]
async fn who_cannot_pay_is_told_what_is_missing() {
    let node = Node::quick();
    let client = node.client().await;
    let assets = instance(&client, "assets").await;
    let (alice, poor, unknown) = (Wallet::new("//Alice"), Wallet::new("//Poor"), Wallet::new("//Unknown"));
    let chain = client.facts().identity;
    is(&refusal_of(&client, &unknown.sign(transfer(&alice.address, 1), &chain, 0)).await, 1010, "Payment");
    let existential = Parameters::DEVELOPMENT.existential_deposit;
    assert_eq!(alice.send(&client, transfer(&poor.address, existential)).await.error, None);
    is(&refusal_of(&client, &poor.sign(transfer(&alice.address, 1), &chain, 0)).await, 1010, "Payment");
    // Enough for any fee here, and not for the deposit of what issuing stores.
    assert_eq!(alice.send(&client, transfer(&poor.address, 500_000_000)).await.error, None);
    let ending = poor.send(&client, call_of(&assets, "issue", &asset(5), 250_000)).await;
    assert!(["DepositTooSmall", "BelowExistentialDeposit"].contains(&ending.failed()), "{ending:?}");
    let ending = poor.send(&client, transfer(&alice.address, 10 * existential)).await;
    assert!(ending.error.is_some(), "{ending:?}");
    println!("{ending:?}");
    let account = client.account(&poor.address).await.unwrap();
    assert!(account.nonce == 2 && account.data.free >= existential, "{account:?}");
    assert!(client.account(&unknown.address).await.unwrap().providers == 0);
    let dust = alice.send(&client, transfer(&unknown.address, existential - 1)).await;
    assert!(["ExistentialDeposit", "BelowMinimum"].contains(&dust.failed()), "{dust:?}");
    still_works(&client).await;
}

#[tokio::test]
async fn calls_that_cannot_be_end_with_their_numbers() {
    let node = Node::quick();
    let client = node.client().await;
    let assets = instance(&client, "assets").await;
    let alice = Wallet::new("//Alice");
    assert_eq!(alice.send(&client, call_of(&assets, "issue", &asset(1_000), 1_000_000)).await.error, None);
    let call = |instance: Address, method: &str, input: Vec<u8>, value, gas_limit| {
        Call::Modules(ModulesCall::call { instance, method: method.into(), input, value, gas_limit })
    };
    let transfer_input = (1u64, alice.address, 1u128).encode();
    let gas = 1_000_000;
    let nowhere = Address([9; 32]);
    let admin = AdminPolicy::Nobody;
    let upgrade =
        ModulesCall::upgrade { instance: assets.address, code_hash: assets.code_hash, input: vec![], gas_limit: gas };
    let instantiate = ModulesCall::instantiate {
        code_hash: Hash([1; 32]),
        input: vec![],
        value: 0,
        salt: Hash::ZERO,
        admin,
        capabilities: None,
        gas_limit: gas,
    };
    let cases = [
        (call(assets.address, "transfer", transfer_input.clone(), 0, 3_000), 1, "OutOfGas"),
        (call(assets.address, "transfer", transfer_input.clone(), 0, 0), 1, "OutOfGas"),
        (call(assets.address, "no_such_method", vec![], 0, gas), 5, "MethodNotFound"),
        (call(assets.address, "", vec![], 0, gas), 5, "MethodNotFound"),
        (call(nowhere, "transfer", vec![], 0, gas), 6, "InstanceNotFound"),
        (call(alice.address, "transfer", vec![], 0, gas), 6, "InstanceNotFound"),
        (call(assets.address, "transfer", vec![], 0, gas), 11, "BadInput"),
        (call(assets.address, "transfer", vec![0xff; 100], 0, gas), 11, "BadInput"),
        (call(assets.address, "transfer", [&transfer_input[..], &[0]].concat(), 0, gas), 11, "BadInput"),
        (call(assets.address, "transfer", transfer_input.clone(), Parameters::COIN, gas), 12, "NotPayable"),
        (call(assets.address, "transfer", (2u64, nowhere, 1u128).encode(), 0, gas), 65_537, "UnknownAsset"),
        (call(assets.address, "transfer", (1u64, nowhere, 1_001u128).encode(), 0, gas), 65_538, "InsufficientBalance"),
        (Call::Modules(instantiate), 15, "CodeNotFound"),
        (Call::Modules(upgrade), 17, "NotAdmin"),
        (Call::Modules(ModulesCall::retire { instance: assets.address }), 17, "NotAdmin"),
        (Call::Modules(ModulesCall::retire { instance: nowhere }), 6, "InstanceNotFound"),
    ];
    let mut wrong = Vec::new();
    for (case, number, name) in cases {
        let ending = alice.send(&client, case.clone()).await;
        if ending.error != Some((number, name.to_string())) || ending.fee == 0 {
            wrong.push(format!("{case:?}: found {ending:?}, expected {number} {name}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let too_much = call(assets.address, "transfer", transfer_input, 0, 5_000_000_000);
    is(&refusal_of(&client, &alice.signed(&client, too_much).await).await, 1010, "ExhaustsGas");
    assert!(assets_hold(&client, &assets).await);
    still_works(&client).await;
}

#[tokio::test]
async fn bytes_that_are_no_transaction_are_refused_by_number() {
    let node = Node::quick();
    let client = node.client().await;
    let mut seed = Seed::announced();
    let alice = Wallet::new("//Alice");
    let good = alice.signed(&client, transfer(&alice.address, 1)).await.to_bytes();
    let body = &good[2..];
    let prefixed = |body: &[u8]| body.to_vec().encode();
    let mut cases: Vec<Vec<u8>> = vec![
        vec![],
        vec![0],
        vec![0xff; 40],
        [&good[..], &[0]].concat(),
        prefixed(&[body, &[0]].concat()),
        prefixed(&[&[0x04], &body[1..]].concat()),
        prefixed(&[&[0x85], &body[1..]].concat()),
        body.to_vec(),
        // A length in a longer form than it needs.
        [&[2 + ((u8::try_from(body.len() & 63).unwrap()) << 2), u8::try_from(body.len() >> 6).unwrap(), 0, 0], body]
            .concat(),
        Compact(u32::MAX).encode(),
        [Compact(1u32 << 30).encode(), vec![0x84; 64]].concat(),
    ];
    assert_eq!(prefixed(body), good);
    cases.extend((0..good.len()).step_by(7).map(|length| good[..length].to_vec()));
    for _ in 0..50 {
        let length = seed.between(1, 300);
        cases.push((0..length).map(|_| seed.choose().to_le_bytes()[0]).collect());
    }
    // Lists inside that lie about their length.
    let lying =
        [&[0x84, 0][..], &alice.address.0, &[1], &[0; 64], &[0, 0, 0, 0], &[2, 2, 0xfe, 0xff, 0xff, 0xff]].concat();
    cases.push(prefixed(&lying));
    for case in &cases {
        is(&refused(&client, case).await, 1001, "Malformed");
    }
    let remark = |bytes: usize| Call::System(SystemCall::remark { remark: vec![1; bytes] });
    is(&refusal_of(&client, &alice.signed(&client, remark(1024 * 1024)).await).await, 1001, "Malformed");
    assert_eq!(alice.send(&client, remark(1024 * 1024 - 300)).await.error, None);
    let nested = (0..40).fold(remark(1), |inner, _| Call::Utility(UtilityCall::batch_all { calls: vec![inner] }));
    is(&refusal_of(&client, &alice.signed(&client, nested).await).await, 1001, "Malformed");
    let many = Call::Utility(UtilityCall::batch_all { calls: vec![remark(1); 1_001] });
    is(&refusal_of(&client, &alice.signed(&client, many).await).await, 1001, "Malformed");
    still_works(&client).await;
}

#[tokio::test]
async fn floods_of_garbage_do_not_grow_the_node() {
    let node = Node::quick();
    let client = node.client().await;
    still_works(&client).await;
    let alice = Wallet::new("//Alice");
    let chain = client.facts().identity;
    let mut forged = alice.sign(transfer(&alice.address, 1), &chain, 5);
    forged.signed.signature = Signature::Sr25519([7; 64]);
    let garbage: Vec<Vec<u8>> = (0..20_000u32).map(|index| index.to_le_bytes().repeat(30)).collect();
    let forged: Vec<Vec<u8>> = vec![forged.to_bytes(); 2_000];
    let bodies = [bulk_body(&garbage), bulk_body(&forged)];
    let before = node.memory_kib();
    for round in 0..10 {
        for body in &bodies {
            let answer = node.http("POST", "/v1/tx", body);
            let reply: Json = serde_json::from_str(&answer.body).unwrap();
            assert_eq!((answer.status, &reply["accepted"]), (200, &json!(0)), "round {round}");
        }
        // Lengths that lie, a list without an end, more than fits, more transactions than may be.
        for (body, status) in [
            (Compact(100_000u32).encode(), 400),
            (Compact(u32::MAX).encode(), 400),
            (b"{}".to_vec(), 400),
            (vec![0; 33 * 1024 * 1024], 413),
            (bulk_body(&vec![[0u8; 1]; 200_001]), 400),
        ] {
            let answer = node.http("POST", "/v1/tx", &body);
            assert_eq!(answer.status, status, "{} bytes: {answer:?}", body.len());
            let error: Json = serde_json::from_str(&answer.body).unwrap();
            assert!(error["code"].as_i64().is_some() && error["data"]["hint"].as_str().is_some(), "{error}");
        }
    }
    let after = node.memory_kib();
    println!("memory: {before} KiB before, {after} KiB after");
    assert!(after < before + 256 * 1024, "from {before} to {after} KiB");
    still_works(&client).await;
}

#[tokio::test]
async fn a_bulk_request_takes_the_good_and_names_the_bad() {
    let node = Node::quick();
    let client = node.client().await;
    let alice = Wallet::new("//Alice");
    let chain = client.facts().identity;
    let sign = |nonce| alice.sign(transfer(&alice.address, 1), &chain, nonce).to_bytes();
    let mut bad = sign(1);
    bad[60] ^= 1;
    let reply = client.submit_bulk(&[sign(0), bad, b"none".to_vec(), sign(1), sign(0)]).await.unwrap();
    let named: Vec<(u32, i32, &str)> =
        reply.rejected.iter().map(|one| (one.index, one.code, one.name.as_str())).collect();
    assert_eq!(reply.accepted, 2, "{reply:?}");
    assert_eq!(named, [(1, 1010, "BadSignature"), (2, 1001, "Malformed"), (4, 1013, "AlreadyPooled")]);
    assert!(reply.rejected.iter().all(|one| !one.message.is_empty() && !one.hint.is_empty()), "{reply:?}");
    poll::until_async("both", || async { (alice.nonce(&client).await == 2).then_some(()) }).await;
}

#[tokio::test]
async fn requests_that_are_none_are_answered_by_number() {
    let node = Node::quick();
    let client = node.client().await;
    let post = |body: &str| {
        let answer = node.http("POST", "/", body.as_bytes());
        println!("{answer:?}");
        serde_json::from_str::<Json>(&answer.body).map_or(Json::Null, |json| json["error"]["code"].clone())
    };
    assert_eq!(post("{"), -32700);
    assert_eq!(post(r#"{"jsonrpc":"2.0","id":1,"method":"no_such","params":[]}"#), -32601);
    assert_eq!(post(r#"{"jsonrpc":"2.0","id":1,"method":"tx_submit","params":[]}"#), -32602);
    assert_eq!(post(r#"{"jsonrpc":"2.0","id":1,"method":"tx_submit","params":["0xzz"]}"#), -32602);
    assert_eq!(post(r#"{"jsonrpc":"2.0","id":1,"method":"tx_submit","params":[7]}"#), -32602);
    assert_eq!(post(r#"{"jsonrpc":"2.0","id":1,"method":"dev_mine","params":[100000]}"#), 2012);
    assert_eq!(post(r#"{"jsonrpc":"2.0","id":1,"method":"state_getKeysPaged","params":["0x",100000]}"#), 2012);
    assert_eq!(post(r#"{"jsonrpc":"2.0","id":1,"method":"module_show","params":["nobody"]}"#), 2005);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tx_submit","params":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_ne!(post(&deep), 0);
    let long = node.http("POST", "/", &vec![b' '; 5 * 1024 * 1024]);
    assert!(long.status == 413 || long.body.contains("error"), "{long:?}");
    still_works(&client).await;
}
