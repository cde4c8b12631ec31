//! What people do with a network: join it, follow it, be kept out of it, spend twice, and wait for what they sent. Each
//! scenario ends with [`check`]; it returns its figures in words.

use super::check::{check, included, latency};
use super::load::{Load, Sent};
use super::network::{FUNDED, Net, Plan, funded};
use super::node::{NetNode, Role};
use crate::{Seed, Wallet, transfer};
use std::time::Duration;
use tenon_client::Client;
use tenon_types::{Call, Parameters, SystemCall};

/// What ST-36 allows from sending to the word that it is final.
const SECONDS_LEVEL: Duration = Duration::from_secs(5);
/// Pairs of transactions that spend the same.
const PAIRS: usize = FUNDED;
/// Transactions that each of the funded sends to a node that nobody hears, and bytes of each: together they are enough
/// to be sent in pieces.
const STRANDED: u32 = 3;
const STRANDED_BYTES: usize = 40_000;
/// Blocks of a short epoch.
const EPOCH_BLOCKS: u32 = 20;

/// Of two transactions that spend the same, sent to different nodes at the same time, exactly one is final everywhere.
pub fn conflicts(count: usize) -> String {
    let net = Net::started(Plan { validators: count, ..Plan::default() });
    let all = net.numbers();
    net.wait_height(&all, 3);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an async runtime starts");
    let (mut first_won, mut spent) = (0, Vec::new());
    for pair in 0..PAIRS {
        let (one, other) = (1 + pair % count, 1 + (pair + 1 + pair / count) % count);
        let (one, other) = if one == other { (one, 1 + one % count) } else { (one, other) };
        spent.push(runtime.block_on(conflict(&net, pair, one, other)));
    }
    net.advance(&all, 3);
    for (first, second) in spent {
        let mut winners = Vec::new();
        for number in &all {
            let found = runtime.block_on(async {
                let client = Client::connect(&net.node(*number).url()).await.expect("a node that runs answers");
                let receipt = async |hash| client.receipt(&hash).await.ok().filter(|receipt| receipt.finalized);
                (receipt(first).await.is_some(), receipt(second).await.is_some())
            });
            assert!(found.0 != found.1, "node {number} has {found:?} of {first} and {second}, expected one of them");
            winners.push(found.0);
        }
        assert!(winners.iter().all(|winner| *winner == winners[0]), "nodes differ: {winners:?}");
        first_won += usize::from(winners[0]);
    }
    let history = check(&net, &all, &Sent::default());
    assert_eq!(history.transactions, PAIRS, "one of each pair");
    format!("{PAIRS} pairs, the first of them won {first_won} times")
}

/// Sends two transactions that spend all that an account has to two nodes, and waits until one is final.
async fn conflict(net: &Net, pair: usize, one: usize, other: usize) -> (tenon_types::Hash, tenon_types::Hash) {
    let connect = async |number| Client::connect(&net.node(number).url()).await.expect("a node that runs answers");
    let (left, right) = (connect(one).await, connect(other).await);
    let wallet = Wallet::new(&funded(pair));
    let chain = left.facts().identity;
    let spend = |to: &str| {
        let to = Wallet::new(&format!("{}//{to}", funded(pair))).address;
        wallet.sign(transfer(&to, 900_000 * Parameters::COIN), &chain, 0)
    };
    let (first, second) = (spend("left"), spend("right"));
    let sent = tokio::join!(left.submit(&first), right.submit(&second));
    assert!(sent.0.is_ok() || sent.1.is_ok(), "one of two is taken: {sent:?}");
    let hashes = (first.hash(), second.hash());
    tokio::select! {
        _ = included(&left, &hashes.0) => {}
        _ = included(&right, &hashes.1) => {}
    }
    hashes
}

/// A node without a key that votes follows the chain from its first block, serves it, and takes transactions; one that
/// nobody allows has no peer and no block.
pub fn follower(count: usize) -> String {
    let mut seed = Seed::announced();
    let mut net = Net::new(Plan { validators: count, followers: 1, strangers: 1, ..Plan::default() });
    let all = net.with_role(Role::Validator);
    let (follower, stranger) = (net.with_role(Role::Follower)[0], net.with_role(Role::Stranger)[0]);
    net.start(&all);
    net.wait_height(&all, 20);
    net.start(&[follower, stranger]);
    net.wait_height(&[follower], net.top(&all));
    assert_eq!(net.node(follower).figure("tenon_votes_now"), Some(0));
    let load = Load::start(&net, &[follower], 2, &mut seed);
    load.wait_more(10);
    net.advance(&all, 10);
    assert_eq!(net.node(stranger).height(), Some(0), "{}", net.node(stranger).log());
    assert_eq!(net.node(stranger).figure("tenon_peers"), Some(0));
    let sent = load.finish();
    let history = check(&net, &[&all[..], &[follower]].concat(), &sent);
    format!("{} blocks followed, {} transactions sent to the follower", history.height, sent.acknowledged.len())
}

/// A validator is added while the chain runs, votes, is rebuilt after its data was deleted and votes again, and leaves.
pub fn elected(count: usize) -> String {
    let plan = Plan { validators: count, candidates: 1, epoch_blocks: Some(EPOCH_BLOCKS), ..Plan::default() };
    let mut net = Net::started(plan);
    let all = net.with_role(Role::Validator);
    let added = net.with_role(Role::Candidate)[0];
    net.wait_height(&all, 1);
    all.iter().for_each(|number| net.register(*number, 1));
    let registered = net.top(&all);
    net.register(added, added);
    net.wait_figure(added, "tenon_votes_now", |votes| votes == 1);
    let voted = net.top(&all);
    net.wait_figure(added, "tenon_validators", |validators| validators == count as u64 + 1);
    net.advance(&net.numbers(), 5);

    net.kill(&[added]);
    std::fs::remove_dir_all(net.node(added).folder.join("chain")).expect("a chain can be removed");
    net.start(&[added]);
    net.wait_height(&[added], net.top(&all));
    net.wait_figure(added, "tenon_votes_now", |votes| votes == 1);
    let again = net.top(&all);

    let owner = NetNode::owner(added);
    net.cli(added).done(&["call", "staking", "withdraw_candidacy", "--from", &owner]);
    net.wait_figure(added, "tenon_votes_now", |votes| votes == 0);
    net.wait_figure(1, "tenon_validators", |validators| validators == count as u64);
    let left = net.top(&all);
    net.advance(&net.numbers(), 5);
    check(&net, &all, &Sent::default());
    format!(
        "registered at {registered}, voted from {voted}, again from {again} after its data was lost, left by {left}"
    )
}

/// Transactions that only one node has, because it was cut off when they came: once it leads, the others get its block in
/// pieces from each other.
pub fn stranded(count: usize) -> String {
    const PIECES: &str = r#"tenon_messages_total{kind="shard",direction="in"}"#;
    let net = Net::started(Plan { validators: count, ..Plan::default() });
    let all = net.numbers();
    let others = &all[1..];
    net.wait_height(&all, 3);
    net.node(1).order("cut");
    net.wait_figure(1, "tenon_peers", |peers| peers == 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an async runtime starts");
    let sent = runtime.block_on(strand(&net));
    net.advance(others, 3);
    net.node(1).order("heal");
    for number in &all {
        runtime.block_on(async {
            let client = Client::connect(&net.node(*number).url()).await.expect("a node that runs answers");
            for hash in &sent {
                included(&client, hash).await;
            }
        });
    }
    let history = check(&net, &all, &Sent::default());
    assert_eq!(history.transactions, sent.len());
    let pieces: Vec<u64> = others.iter().map(|number| net.node(*number).figure(PIECES).unwrap_or_default()).collect();
    // Whoever gets a piece from the leader sends it on: everybody has one from each, but for those that were late.
    assert!(pieces.iter().sum::<u64>() > 0, "nobody had a piece of a block");
    format!("{} transactions of {STRANDED_BYTES} bytes; pieces that came to the others: {pieces:?}", sent.len())
}

/// Sends large transactions to the first node alone.
async fn strand(net: &Net) -> Vec<tenon_types::Hash> {
    let client = Client::connect(&net.node(1).url()).await.expect("a node that runs answers");
    let mut sent = Vec::new();
    for (number, nonce) in (0..FUNDED).flat_map(|number| (0..STRANDED).map(move |nonce| (number, nonce))) {
        let call = Call::System(SystemCall::remark { remark: vec![7; STRANDED_BYTES] });
        let signed = Wallet::new(&funded(number)).sign(call, &client.facts().identity, nonce);
        client.submit(&signed).await.expect("a node takes transactions though nobody hears it");
        sent.push(signed.hash());
    }
    sent
}

/// What was sent is final within seconds, and blocks come evenly.
pub fn pace(count: usize, blocks: u64) -> String {
    let mut seed = Seed::announced();
    let net = Net::started(Plan { validators: count, ..Plan::default() });
    let all = net.numbers();
    net.wait_height(&all, 10);
    let load = Load::start(&net, &all, 4, &mut seed);
    net.advance(&all, blocks);
    let sent = load.finish();
    let history = check(&net, &all, &sent);
    let most = latency(&sent, 95).expect("something was sent");
    let figures = format!(
        "{count} validators, {} transactions: final within {most:?} (p95), {:?} (p50); the last 100 intervals {:?} in \
         the mean, {} of them long",
        sent.acknowledged.len(),
        latency(&sent, 50).unwrap_or_default(),
        history.mean_interval,
        history.missed
    );
    assert!(most <= SECONDS_LEVEL, "expected at most {SECONDS_LEVEL:?}: {figures}");
    figures
}
