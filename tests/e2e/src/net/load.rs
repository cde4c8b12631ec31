//! Load on a network: clients that send signed transactions to all of its nodes, one after the other, each until it is
//! final, and remember what they were told. One that gets no answer sends the very same transaction to another node.

use super::network::{FUNDED, Net, funded};
use crate::calls::{asset, call_of, instance};
use crate::{Seed, Wallet, poll, transfer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tenon_api::json::ReceiptView;
use tenon_client::{ChainIdentity, Client, Instance, WaitUntil};
use tenon_types::{Address, Amount, Call, Extrinsic, Hash, Parameters};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a node may take to take a connection, and to make a transaction final.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
const FINAL_WITHIN: Duration = Duration::from_secs(8);
/// How long a transaction may take in sum, over all nodes.
const GIVE_UP_AFTER: Duration = Duration::from_secs(180);
/// Receivers of each client's transfers.
const RECEIVERS: u64 = 5;

/// A transaction that a node said is final.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// Its hash.
    pub hash: Hash,
    /// Height and hash of its block.
    pub block: (u64, Hash),
    /// The receiver and how much of the coin it got, if it was a transfer of the coin.
    pub moved: Option<(Address, Amount)>,
    /// From sending to the node's word that it is final, if the first node that was asked said so.
    pub latency: Option<Duration>,
}

/// What was sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// All that was sent; each was said to be final.
    pub acknowledged: Vec<Acknowledged>,
    /// Units of the asset that were transferred by the module.
    pub units: u128,
}

/// Clients that send.
pub struct Load {
    runtime: Runtime,
    stop: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Sent>>,
}

impl Load {
    /// Starts clients that send to these nodes.
    ///
    /// # Panics
    /// If there are more clients than funded keys, or no node answers.
    pub fn start(net: &Net, nodes: &[usize], clients: usize, seed: &mut Seed) -> Self {
        assert!(clients <= FUNDED, "found {clients} clients, expected at most {FUNDED}");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("an async runtime starts");
        let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let urls: Vec<String> = nodes.iter().map(|number| net.node(*number).url()).collect();
        let start = |number: usize| {
            let sender = Sender::new(number, urls.clone(), seed.another(), count.clone());
            runtime.spawn(sender.run(stop.clone()))
        };
        let clients = (0..clients).map(start).collect();
        Self { runtime, stop, count, clients }
    }

    /// How many transactions are final so far.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until so many more transactions are final.
    ///
    /// # Panics
    /// If they are not in time.
    pub fn wait_more(&self, more: usize) {
        let wanted = self.count() + more;
        let look = || (self.count() >= wanted).then_some(());
        let told = || format!("found {}", self.count());
        poll::until_within(&format!("{wanted} final transactions"), GIVE_UP_AFTER, look, told);
    }

    /// Has clients finish what they are at, and returns what was sent.
    ///
    /// # Panics
    /// If a transaction is not final in time.
    pub fn finish(self) -> Sent {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Sent::default();
        for client in self.clients {
            let sent = self.runtime.block_on(client).unwrap_or_else(|error| panic!("a client: {error}"));
            all.acknowledged.extend(sent.acknowledged);
            all.units += sent.units;
        }
        all
    }
}

/// A client.
struct Sender {
    number: usize,
    wallet: Wallet,
    nodes: Vec<Option<Client>>,
    urls: Vec<String>,
    next: usize,
    seed: Seed,
    nonce: u32,
    count: Arc<AtomicUsize>,
    sent: Sent,
}

impl Sender {
    fn new(number: usize, urls: Vec<String>, seed: Seed, count: Arc<AtomicUsize>) -> Self {
        let (nodes, next) = (urls.iter().map(|_| None).collect(), number % urls.len());
        let wallet = Wallet::new(&funded(number));
        Self { number, wallet, nodes, urls, next, seed, nonce: 0, count, sent: Sent::default() }
    }

    async fn run(mut self, stop: Arc<AtomicBool>) -> Sent {
        let chain = self.chain().await;
        let assets = if self.number == 0 { Some(self.issue(&chain).await) } else { None };
        while !stop.load(Ordering::Relaxed) {
            let number = self.seed.between(1, RECEIVERS);
            let to = Wallet::new(&format!("{}//{number}", funded(self.number))).address;
            match &assets {
                Some(assets) if self.nonce.is_multiple_of(2) => {
                    let units = u128::from(self.seed.between(1, 50));
                    let to = tenon_client::format_address(&to, 42);
                    let arguments = serde_json::json!({ "asset": 1, "to": to, "amount": units.to_string() });
                    self.send(call_of(assets, "transfer", &arguments, 1_000_000), None, &chain).await;
                    self.sent.units += units;
                }
                _ => {
                    let value = Parameters::COIN / 1_000 + u128::from(self.seed.between(0, 1_000_000));
                    self.send(transfer(&to, value), Some((to, value)), &chain).await;
                }
            }
        }
        self.sent
    }

    /// Issues the asset that this client transfers.
    async fn issue(&mut self, chain: &ChainIdentity) -> Instance {
        let assets = loop {
            if let Some(client) = self.client().await {
                break instance(client, "assets").await;
            }
        };
        self.send(call_of(&assets, "issue", &asset(1_000_000_000), 1_000_000), None, chain).await;
        assets
    }

    async fn chain(&mut self) -> ChainIdentity {
        loop {
            if let Some(client) = self.client().await {
                return client.facts().identity;
            }
        }
    }

    /// Signs a call and has it made final.
    async fn send(&mut self, call: Call, moved: Option<(Address, Amount)>, chain: &ChainIdentity) {
        let signed = self.wallet.sign(call, chain, self.nonce);
        let began = Instant::now();
        let mut tries = 0;
        let receipt = loop {
            if let Some(receipt) = self.attempt(&signed).await {
                break receipt;
            }
            tries += 1;
            let waited = began.elapsed();
            assert!(waited < GIVE_UP_AFTER, "nonce {} of {} is not final: {waited:?}", self.nonce, funded(self.number));
        };
        assert_eq!(receipt.error, None, "{receipt:?}");
        let latency = (tries == 0).then(|| began.elapsed());
        let block = (u64::from(receipt.block_height), receipt.block_hash.0);
        self.sent.acknowledged.push(Acknowledged { hash: receipt.transaction.0, block, moved, latency });
        self.count.fetch_add(1, Ordering::Relaxed);
        self.nonce += 1;
    }

    /// Gives a transaction to the next node. Returns its receipt once it is final.
    async fn attempt(&mut self, signed: &Extrinsic) -> Option<ReceiptView> {
        self.next = (self.next + 1) % self.urls.len();
        let client = self.client().await?;
        let patience_ms = u64::try_from(FINAL_WITHIN.as_millis()).unwrap_or(u64::MAX);
        let answer = timeout(2 * FINAL_WITHIN, client.submit_and_wait(signed, WaitUntil::Finalized, patience_ms)).await;
        let found = match answer {
            Ok(Ok(receipt)) => Some(receipt),
            // It may be final by another node's doing.
            Ok(Err(_)) => timeout(CONNECT_WITHIN, client.receipt(&signed.hash())).await.ok().and_then(Result::ok),
            Err(_) => None,
        };
        let found = found.filter(|receipt| receipt.finalized);
        if found.is_none() {
            self.nodes[self.next] = None;
            poll::pause().await;
        }
        found
    }

    /// A connection to the next node; to another one the next time, if there is none.
    async fn client(&mut self) -> Option<&Client> {
        if self.nodes[self.next].is_none() {
            let found = timeout(CONNECT_WITHIN, Client::connect(&self.urls[self.next])).await.ok();
            self.nodes[self.next] = found.and_then(Result::ok);
        }
        if self.nodes[self.next].is_none() {
            poll::pause().await;
            self.next = (self.next + 1) % self.urls.len();
            return None;
        }
        self.nodes[self.next].as_ref()
    }
}
