//! What must hold on every node after whatever happened: one history, what was said to be final is in it exactly once,
//! and the coin adds up to the unit.

use super::load::Sent;
use super::network::{Net, funded};
use crate::calls::{ask, assets_hold, instance};
use crate::state::{accounts, supply, whole_state};
use crate::{Wallet, poll};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};
use tenon_api::json::BlockView;
use tenon_client::Client;
use tenon_types::{Address, Amount, Hash};

/// What a history held.
#[derive(Clone, Debug)]
pub struct History {
    /// Its last height that was compared.
    pub height: u64,
    /// Transactions in it.
    pub transactions: usize,
    /// Time from one block to the next in the mean, over its last blocks.
    pub mean_interval: Duration,
    /// Leaders' turns that gave no block, as far as times of blocks show: intervals above 1.5 of the usual one.
    pub missed: usize,
    /// The time that the last block states.
    pub last_time: SystemTime,
}

/// Blocks over which the mean interval is taken.
const BLOCKS_OF_MEAN: usize = 100;

/// Checks nodes against each other and against what clients were told. Nodes that rebuilt from a snapshot serve no old
/// blocks; they are compared from the first block on that they have.
///
/// # Panics
/// If something does not hold.
pub fn check(net: &Net, nodes: &[usize], sent: &Sent) -> History {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("an async runtime starts");
    let acknowledged = sent.acknowledged.iter().map(|one| one.block.0).max().unwrap_or_default();
    let target = net.top(nodes).max(acknowledged);
    net.wait_height(nodes, target);
    let mut longest: Option<Vec<BlockView>> = None;
    let mut histories = Vec::new();
    for number in nodes {
        let blocks = runtime.block_on(blocks(&net.node(*number).url(), target));
        assert!(!blocks.is_empty(), "node {number} has no block up to {target}");
        if longest.as_ref().is_none_or(|longest| longest.len() < blocks.len()) {
            longest = Some(blocks.clone());
        }
        histories.push((*number, blocks));
    }
    let longest = longest.expect("there are nodes");
    let by_height: BTreeMap<u32, &BlockView> = longest.iter().map(|block| (block.height, block)).collect();
    for (number, blocks) in &histories {
        for block in blocks {
            assert_eq!(Some(&block), by_height.get(&block.height), "node {number} at height {}", block.height);
        }
        runtime.block_on(state_holds(&net.node(*number).url(), blocks.last().expect("not empty"), sent));
    }
    let transactions = acknowledged_once(&longest, sent);
    let (mean_interval, missed) = pace(&longest);
    let last_ms = longest.last().map_or(0, |block| block.time_ms);
    let last_time = SystemTime::UNIX_EPOCH + Duration::from_millis(last_ms);
    History { height: target, transactions, mean_interval, missed, last_time }
}

/// Checks nodes against each other where none has the first block any more: whatever block several of them have is the
/// same, with the root of the state before it, and all of them have the last one.
///
/// # Panics
/// If something does not hold.
pub fn check_last(net: &Net, nodes: &[usize]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("an async runtime starts");
    let target = net.top(nodes);
    net.wait_height(nodes, target);
    let mut known: BTreeMap<u32, BlockView> = BTreeMap::new();
    for number in nodes {
        let blocks = runtime.block_on(blocks(&net.node(*number).url(), target));
        assert!(!blocks.is_empty(), "node {number} has no block {target}");
        for block in blocks {
            let before = known.entry(block.height).or_insert_with(|| block.clone());
            assert_eq!(*before, block, "node {number} at height {}", block.height);
        }
    }
}

/// The final blocks of a node up to a height, as far back as it has them, without what differs between nodes.
async fn blocks(url: &str, target: u64) -> Vec<BlockView> {
    let client = Client::connect(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    let mut blocks = Vec::new();
    for height in (1..=target).rev() {
        let Ok(block) = client.block(json!(height)).await else { break };
        assert!(block.finalized, "{url}: block {height} is not final, and {target} is");
        if let Some(child) = blocks.last() {
            let child: &BlockView = child;
            assert_eq!(child.parent_hash, block.hash, "{url}: the parent of block {}", child.height);
        }
        blocks.push(block);
    }
    blocks.reverse();
    blocks
}

/// Every transaction that was said to be final is in the block that was named, and none is there twice.
fn acknowledged_once(blocks: &[BlockView], sent: &Sent) -> usize {
    let mut found: BTreeMap<Hash, (u64, Hash)> = BTreeMap::new();
    for block in blocks {
        for transaction in &block.transactions {
            let place = (u64::from(block.height), block.hash.0);
            let before = found.insert(transaction.hash.0, place);
            assert_eq!(before, None, "{} is there twice", transaction.hash.0);
        }
    }
    assert_eq!(blocks.first().map(|block| block.height), Some(1), "one node has every block");
    for one in &sent.acknowledged {
        assert_eq!(found.get(&one.hash), Some(&one.block), "{} was said to be final", one.hash);
    }
    let distinct: BTreeSet<Hash> = sent.acknowledged.iter().map(|one| one.hash).collect();
    assert_eq!(distinct.len(), sent.acknowledged.len(), "a client was told of each of its transactions once");
    found.len()
}

/// The state after a block: the supply is what is there, receivers have what was sent, the asset's supply is there.
async fn state_holds(url: &str, last: &BlockView, sent: &Sent) {
    let client = Client::connect(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    let state = whole_state(&client, last.hash.0).await;
    assert!(supply(&state) > 0, "{url}: the supply");
    let mut expected: BTreeMap<Address, Amount> = BTreeMap::new();
    for (to, amount) in sent.acknowledged.iter().filter_map(|one| one.moved) {
        *expected.entry(to).or_default() += amount;
    }
    let accounts = accounts(&state);
    for (address, amount) in expected {
        assert_eq!(accounts.get(&address).map(|account| account.data.free), Some(amount), "{url}: {address}");
    }
    if sent.units > 0 {
        let assets = instance(&client, "assets").await;
        assert!(assets_hold(&client, &assets).await, "{url}: the asset's supply is the sum of its balances");
        let issuer = tenon_client::format_address(&Wallet::new(&funded(0)).address, 42);
        let answer = ask(&client, &assets, "balance_of", &json!({ "asset": 1, "owner": issuer })).await;
        let left = 1_000_000_000 - sent.units;
        assert_eq!(answer.to_string().trim_matches('"'), left.to_string(), "{url}: what the issuer has left");
    }
}

/// The mean interval of the last blocks, and how many intervals were long.
fn pace(blocks: &[BlockView]) -> (Duration, usize) {
    let last = &blocks[blocks.len().saturating_sub(BLOCKS_OF_MEAN + 1)..];
    let (Some(first), Some(end)) = (last.first(), last.last()) else { return (Duration::ZERO, 0) };
    let intervals = u64::try_from(last.len().saturating_sub(1)).unwrap_or(1).max(1);
    let mean = Duration::from_millis(end.time_ms.saturating_sub(first.time_ms) / intervals);
    let long = last.windows(2).filter(|pair| pair[1].time_ms.saturating_sub(pair[0].time_ms) > 750).count();
    (mean, long)
}

/// The time within which `percent` of the transactions were final, of those that the first node that was asked made so.
pub fn latency(sent: &Sent, percent: usize) -> Option<Duration> {
    let mut found: Vec<Duration> = sent.acknowledged.iter().filter_map(|one| one.latency).collect();
    found.sort_unstable();
    let index = (found.len() * percent).div_ceil(100).checked_sub(1)?;
    found.get(index).copied()
}

/// Waits until a node tells of a transaction as final, and returns its block.
///
/// # Panics
/// If it does not in time.
pub async fn included(client: &Client, hash: &Hash) -> (u32, Hash) {
    poll::until_async("a final receipt", || async {
        let receipt = client.receipt(hash).await.ok().filter(|receipt| receipt.finalized)?;
        Some((receipt.block_height, receipt.block_hash.0))
    })
    .await
}
