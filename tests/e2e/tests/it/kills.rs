//! A node that is killed with -9 at any moment, a hundred times under load, comes back with exactly the final state.
//!
//! After each kill the chain is walked from where the last walk ended, and a ledger is kept from its events alone. The
//! state that the node serves must be the ledger's, its root that of the header, and whatever was reported final before
//! the kill must be there, once.

use parity_scale_codec::{DecodeAll, Encode};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tenon_api::json::ReceiptView;
use tenon_client::{BulkSender, ChainIdentity, Client, Instance, WaitUntil, bulk_body, proof};
use tenon_e2e::calls::{asset, assets_hold, call_of, instance};
use tenon_e2e::state::{State, accounts, supply, whole_state};
use tenon_e2e::{Node, Seed, Starting, Wallet, transfer};
use tenon_host::tree::{MemoryPages, update};
use tenon_types::proof::{key_hash, value_hash};
use tenon_types::{
    Address, Amount, BalancesEvent, BlockNumber, Call, Event, EventRecord, Extrinsic, Hash, ModulesCall, Parameters,
    keys,
};

/// Kills in sum, those during the chain's creation and during starts included.
const KILLS: u64 = 100;
/// Kills while the chain is created.
const KILLS_AT_CREATION: u64 = 10;
/// Of the other kills, one in so many hits a node that is not ready yet.
const START_SHARE: u64 = 4;
/// The longest load between two kills, and the longest wait for a kill during a start, in milliseconds.
const MAX_LOAD_MS: u64 = 700;
const MAX_START_MS: u64 = 250;
/// Transactions that a sender has on their way at most.
const MAX_UNDER_WAY: u32 = 200;
/// Receivers of transfers.
const RECEIVERS: u64 = 24;
const SENDERS: [&str; 3] = ["//Alice", "//Bob", "//Charlie"];

/// What the chain said, block by block.
struct Ledger {
    hashes: Vec<Hash>,
    included: BTreeSet<Hash>,
    nonces: BTreeMap<Address, u32>,
    free: BTreeMap<Address, Amount>,
    burnt: Amount,
    initial_supply: Amount,
}

/// What was reported final while the node ran.
#[derive(Default)]
struct Reported {
    heads: Vec<(BlockNumber, Hash)>,
    receipts: Vec<ReceiptView>,
}

impl Ledger {
    async fn new(client: &Client) -> Self {
        let genesis = client.facts().identity.genesis;
        let state = whole_state(client, genesis).await;
        let free = accounts(&state).into_iter().map(|(address, account)| (address, account.data.free)).collect();
        Self {
            hashes: vec![genesis],
            included: BTreeSet::new(),
            nonces: BTreeMap::new(),
            free,
            burnt: 0,
            initial_supply: supply(&state),
        }
    }

    /// Takes in the final blocks since the last time.
    async fn walk(&mut self, client: &Client) {
        let (height, hash) = client.finalized_head().await.unwrap();
        let known = u32::try_from(self.hashes.len() - 1).unwrap();
        assert!(height >= known, "found final height {height}, and {known} was final before");
        assert_eq!(client.hash_at(known).await.unwrap(), self.hashes[known as usize], "a final block was replaced");
        for number in known + 1..=height {
            let block = client.block(json!(number)).await.unwrap();
            assert!(block.finalized, "{number}");
            assert_eq!(block.parent_hash.0, *self.hashes.last().unwrap(), "{number}");
            for transaction in &block.transactions {
                let extrinsic = Extrinsic::from_bytes(&transaction.raw.0).unwrap();
                let sender = extrinsic.signed.signer.address().unwrap();
                assert!(self.included.insert(transaction.hash.0), "{} is there twice", transaction.hash.0);
                let nonce = self.nonces.entry(sender).or_default();
                assert_eq!(extrinsic.signed.extra.nonce, *nonce, "{}", transaction.hash.0);
                *nonce += 1;
            }
            self.hashes.push(block.hash.0);
            if !block.transactions.is_empty() {
                let events = client.storage(&keys::pallet_prefix("System", "Events"), Some(&block.hash.0)).await;
                let events = Vec::<EventRecord>::decode_all(&mut &events.unwrap().unwrap()[..]).unwrap();
                events.iter().for_each(|record| self.take(&record.event));
            }
        }
        assert_eq!(*self.hashes.last().unwrap(), hash);
    }

    fn take(&mut self, event: &Event) {
        let Event::Balances(event) = event else { return };
        let mut add = |who: &Address, amount: Amount| *self.free.entry(*who).or_default() += amount;
        match event {
            BalancesEvent::Transfer { to, amount, .. } => add(to, *amount),
            BalancesEvent::DepositReturned { who, amount, .. } | BalancesEvent::Minted { who, amount } => {
                add(who, *amount);
            }
            _ => {}
        }
        let mut less = |who: &Address, amount: Amount| *self.free.get_mut(who).unwrap() -= amount;
        match event {
            BalancesEvent::Transfer { from, amount, .. } => less(from, *amount),
            BalancesEvent::DepositLocked { who, amount, .. } => less(who, *amount),
            BalancesEvent::FeePaid { who, burnt, tip } => {
                assert_eq!(*tip, 0);
                less(who, *burnt);
                self.burnt += burnt;
            }
            BalancesEvent::DustLost { account, amount } => {
                less(account, *amount);
                self.burnt += amount;
            }
            BalancesEvent::DepositReturned { .. } | BalancesEvent::Minted { .. } => {}
        }
    }

    /// Compares the state after the last block walked with the ledger, and its root with that of the next header.
    async fn check(&self, client: &Client, seed: &mut Seed) {
        let last = self.hashes.last().unwrap();
        let state = whole_state(client, *last).await;
        let found = accounts(&state);
        let free: BTreeMap<Address, Amount> = found.iter().map(|(address, info)| (*address, info.data.free)).collect();
        let expected: BTreeMap<Address, Amount> =
            self.free.iter().filter(|(_, free)| **free > 0).map(|(address, free)| (*address, *free)).collect();
        let free: BTreeMap<Address, Amount> = free.into_iter().filter(|(_, free)| *free > 0).collect();
        assert_eq!(free, expected, "balances after block {}", self.hashes.len() - 1);
        for (address, nonce) in &self.nonces {
            assert_eq!(found[address].nonce, *nonce, "{address}");
        }
        assert_eq!(supply(&state) + self.burnt, self.initial_supply, "the coin is neither made nor lost");

        let chosen = found.keys().nth(usize::try_from(seed.choose()).unwrap() % found.len()).unwrap();
        let anchored = tenon_e2e::poll::until_async("the next final header", || async {
            client.proof(&[keys::account(chosen), b"nothing".to_vec()], Some(last)).await.ok()
        });
        let proof = anchored.await;
        let proven = proof::check(&proof, None).unwrap();
        assert_eq!(proven.block, *last);
        assert_eq!(proven.entries[0].1, Some(found[chosen].encode()));
        assert_eq!(proven.entries[1].1, None);
        assert_eq!(root_of(&state), proven.state_root, "the root of the state");
    }

    /// What was reported final is what the chain holds.
    async fn holds(&self, client: &Client, reported: Reported) {
        for (height, hash) in reported.heads {
            assert_eq!(self.hashes.get(height as usize), Some(&hash), "block {height} was reported final");
        }
        for receipt in reported.receipts {
            assert!(self.included.contains(&receipt.transaction.0), "{receipt:?} was reported final");
            assert_eq!(client.receipt(&receipt.transaction.0).await.unwrap(), receipt);
        }
    }
}

/// The root of a state, computed from nothing.
pub(crate) fn root_of(state: &State) -> Hash {
    let mut leaves: Vec<_> = state.iter().map(|(key, value)| (key_hash(key), Some(value_hash(value)))).collect();
    leaves.sort_unstable();
    Hash(update(&MemoryPages::default(), [0; 32], &leaves, 1).unwrap().root)
}

/// Who sends what.
struct Load {
    chain: ChainIdentity,
    receivers: Vec<Address>,
    assets: Instance,
}

impl Load {
    fn call(&self, seed: &mut Seed) -> Call {
        let to = &self.receivers[usize::try_from(seed.choose()).unwrap() % self.receivers.len()];
        if seed.between(0, 7) > 0 {
            return transfer(to, Parameters::COIN / 1_000 + u128::from(seed.between(0, 1_000_000)));
        }
        let input = (1u64, to, u128::from(seed.between(1, 50))).encode();
        Call::Modules(ModulesCall::call {
            instance: self.assets.address,
            method: "transfer".into(),
            input,
            value: 0,
            gas_limit: 300_000,
        })
    }

    /// Sends batches until the node is gone.
    async fn send(&self, url: &str, name: &str, mut seed: Seed) {
        let wallet = Wallet::new(name);
        let Ok(client) = Client::connect(url).await else { return };
        let (Ok(mut bulk), Ok(mut next)) = (BulkSender::connect(url).await, client.nonce(&wallet.address).await) else {
            return;
        };
        loop {
            let count = u32::try_from(seed.between(1, 60)).unwrap();
            let batch: Vec<Vec<u8>> = (next..next + count)
                .map(|nonce| wallet.sign(self.call(&mut seed), &self.chain, nonce).to_bytes())
                .collect();
            let Ok(reply) = bulk.send(bulk_body(&batch)).await else { return };
            assert_eq!((reply.accepted, &reply.rejected[..]), (count, &[][..]), "{name} from nonce {next}");
            next += count;
            loop {
                let Ok(account) = client.account(&wallet.address).await else { return };
                if account.nonce + MAX_UNDER_WAY >= next {
                    break;
                }
            }
        }
    }
}

/// Writes down final heads until the node is gone.
async fn watch_heads(url: &str, heads: &mut Vec<(BlockNumber, Hash)>) {
    let Ok(client) = Client::connect(url).await else { return };
    while let Ok(head) = client.finalized_head().await {
        if heads.last() != Some(&head) {
            heads.push(head);
        }
    }
}

/// Sends transactions one after the other, each when the last is final, until the node is gone.
async fn watch_receipts(url: &str, receipts: &mut Vec<ReceiptView>) {
    let Ok(client) = Client::connect(url).await else { return };
    let (ferdie, alice) = (Wallet::new("//Ferdie"), Wallet::new("//Alice"));
    loop {
        let Ok(nonce) = client.nonce(&ferdie.address).await else { return };
        let signed = ferdie.sign(transfer(&alice.address, 1), &client.facts().identity, nonce);
        let Ok(receipt) = client.submit_and_wait(&signed, WaitUntil::Finalized, 30_000).await else { return };
        receipts.push(receipt);
    }
}

/// Runs the node under load for a time, kills it, and returns what it reported.
async fn run_and_kill(node: Node, load: &Load, seed: &mut Seed) -> Reported {
    let mut reported = Reported::default();
    let seeds: Vec<Seed> = SENDERS.iter().map(|_| seed.another()).collect();
    let url = node.url.clone();
    let everything = async {
        let senders = SENDERS.iter().zip(seeds).map(|(name, seed)| load.send(&url, name, seed)).collect::<Vec<_>>();
        let [first, second, third] = <[_; 3]>::try_from(senders).unwrap_or_else(|_| panic!("three senders"));
        let heads = watch_heads(&url, &mut reported.heads);
        tokio::join!(first, second, third, heads, watch_receipts(&url, &mut reported.receipts))
    };
    let time = Duration::from_millis(seed.between(20, MAX_LOAD_MS));
    assert!(tokio::time::timeout(time, everything).await.is_err(), "the node ended by itself: {}", node.log());
    node.kill();
    reported
}

async fn prepare(node: &Node) -> (Ledger, Load) {
    let client = node.client().await;
    let assets = instance(&client, "assets").await;
    let ledger = Ledger::new(&client).await;
    let alice = Wallet::new("//Alice");
    let issued = alice.send(&client, call_of(&assets, "issue", &asset(1_000_000_000), 1_000_000)).await;
    assert_eq!(issued.error, None);
    for name in &SENDERS[1..] {
        let to = tenon_client::format_address(&Wallet::new(name).address, 42);
        let arguments = json!({ "asset": 1, "to": to, "amount": "300000000" });
        assert_eq!(alice.send(&client, call_of(&assets, "transfer", &arguments, 1_000_000)).await.error, None);
    }
    let receivers = (0..RECEIVERS).map(|number| Wallet::new(&format!("//Receiver//{number}")).address).collect();
    let chain = client.facts().identity;
    (ledger, Load { chain, receivers, assets })
}

#[tokio::test]
async fn a_hundred_kills_under_load_lose_nothing_final() {
    let mut seed = Seed::announced();
    let began = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--base-path", folder.path().to_str().unwrap(), "--block-time-ms", "40"];
    for _ in 0..KILLS_AT_CREATION {
        Starting::new(&arguments).kill_after(Duration::from_millis(seed.between(0, MAX_START_MS)));
    }
    let mut node = Node::start(&arguments);
    let (mut ledger, load) = prepare(&node).await;
    let (mut reports, mut starts_ms) = (0, Vec::<Json>::new());
    for kill in KILLS_AT_CREATION..KILLS {
        if seed.between(1, START_SHARE) == 1 {
            drop(node.kill());
            Starting::new(&arguments).kill_after(Duration::from_millis(seed.between(0, MAX_START_MS)));
            node = Node::start(&arguments);
        }
        let reported = run_and_kill(node, &load, &mut seed).await;
        reports += reported.receipts.len();
        node = Node::start(&arguments);
        starts_ms.push(node.ready["started_ms"].clone());
        let client = node.client().await;
        ledger.walk(&client).await;
        ledger.holds(&client, reported).await;
        ledger.check(&client, &mut seed).await;
        assert!(assets_hold(&client, &load.assets).await, "after kill {kill}");
    }
    node.terminate();
    println!(
        "{} blocks, {} transactions, {reports} receipts reported final before a kill, {:?}; starts in ms: {starts_ms:?}",
        ledger.hashes.len(),
        ledger.included.len(),
        began.elapsed()
    );
    assert!(ledger.included.len() > 1_000 && reports > 10, "there was load");
}
