//! The load: many senders with an asset each can send, and what happens to their transfers.

use anyhow::{Context as _, ensure};
use parity_scale_codec::{Decode as _, Encode as _};
use serde_json::json;
use std::time::{Duration, Instant};
use tenon_client::{BulkSender, Client, Lifetime, WaitUntil, bulk_body, sign};
use tenon_crypto::{Keypair, Scheme};
use tenon_types::keys::named_address;
use tenon_types::{Address, BalancesCall, Call, ModulesCall, MultiAddress, Parameters, UtilityCall};
use tokio::sync::mpsc;

/// Accounts that send.
pub(crate) const SENDERS: usize = 240;
/// Accounts that receive.
pub(crate) const RECEIVERS: usize = 10_000;
/// Transfers in one request.
const BATCH: usize = 1_000;
/// Accounts funded in one transaction.
const FUNDED_AT_ONCE: usize = 40;
/// Gas limit of one transfer.
const GAS_LIMIT: u64 = 60_000;
/// What each sender holds of the asset.
const HOLDING: u128 = 1_000_000_000;
/// How long the last transfer may take to be final.
const PATIENCE: Duration = Duration::from_secs(120);

/// Transactions a second.
#[allow(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}

/// Senders and the asset that they send.
pub(crate) struct Load {
    client: Client,
    senders: Vec<Keypair>,
    receivers: Vec<Address>,
}

/// What was measured.
pub(crate) struct Report {
    accepted: Duration,
    finalized: Duration,
    blocks: u64,
}

impl Report {
    pub(crate) fn print(&self, name: &str, transfers: usize) {
        println!(
            "{name}: {transfers} transfers final and durable in {:.2} s = {:.0} a second, in {} blocks (all accepted after {:.2} s)",
            self.finalized.as_secs_f64(),
            rate(transfers, self.finalized),
            self.blocks,
            self.accepted.as_secs_f64()
        );
    }
}

fn to_module(method: &str, input: Vec<u8>) -> Call {
    let gas_limit = if method == "transfer" { GAS_LIMIT } else { 10_000_000 };
    Call::Modules(ModulesCall::call {
        instance: named_address("assets"),
        method: method.into(),
        input,
        value: 0,
        gas_limit,
    })
}

fn transfer(to: &Address, amount: u128) -> Call {
    to_module("transfer", (1u64, to, amount).encode())
}

impl Load {
    /// Issues the asset and funds the senders.
    pub(crate) async fn prepare(url: &str) -> anyhow::Result<Self> {
        let client = Client::connect(url).await?;
        let alice = Keypair::from_suri(Scheme::Sr25519, "//Alice")?;
        let supply = HOLDING * 1_000;
        let issue = (("Gold", "GOLD", 2u8, supply), [0u8; 7]).encode();
        submit(&client, &alice, to_module("issue", issue)).await?;
        let senders = (0..SENDERS)
            .map(|index| Keypair::from_suri(Scheme::Sr25519, &format!("//Alice//bench//{index}")))
            .collect::<Result<Vec<_>, _>>()?;
        for group in senders.chunks(FUNDED_AT_ONCE) {
            let fund = |pair: &Keypair| {
                let to = Address(pair.account());
                let coins = 100 * Parameters::COIN;
                [
                    Call::Balances(BalancesCall::transfer_allow_death { dest: MultiAddress::Id(to), value: coins }),
                    transfer(&to, HOLDING),
                ]
            };
            let calls = group.iter().flat_map(fund).collect();
            submit(&client, &alice, Call::Utility(UtilityCall::batch_all { calls })).await?;
        }
        let receivers = (0..RECEIVERS)
            .map(|index| Address(tenon_crypto::hash::blake2b_256(format!("receiver {index}").as_bytes())))
            .collect();
        Ok(Self { client, senders, receivers })
    }

    /// Signs transfers, in turn by every sender, whose nonces begin at `first_nonce`.
    pub(crate) fn sign(&self, transfers: usize, first_nonce: u32) -> anyhow::Result<Vec<Vec<u8>>> {
        Ok(self.sign_in(BATCH, transfers, first_nonce)?.into_iter().map(|(_, body)| body).collect())
    }

    /// The same in batches of some size, each with how many it has.
    pub(crate) fn sign_in(
        &self,
        batch: usize,
        transfers: usize,
        first_nonce: u32,
    ) -> anyhow::Result<Vec<(usize, Vec<u8>)>> {
        let mut batches = Vec::new();
        for start in (0..transfers).step_by(batch) {
            let signed: Vec<Vec<u8>> = (start..transfers.min(start + batch))
                .map(|index| self.signed(index, first_nonce))
                .collect::<anyhow::Result<_>>()?;
            batches.push((signed.len(), bulk_body(&signed)));
        }
        Ok(batches)
    }

    fn signed(&self, index: usize, first_nonce: u32) -> anyhow::Result<Vec<u8>> {
        let nonce = first_nonce + u32::try_from(index / SENDERS)?;
        let pair = self.senders.get(index % SENDERS).context("a sender")?;
        let to = self.receivers.get(index.wrapping_mul(7_919) % RECEIVERS).context("a receiver")?;
        Ok(sign(pair, transfer(to, 1), &self.client.facts().identity, nonce, 0, Lifetime::Immortal).to_bytes())
    }

    /// Sends batches that are ready, and waits until all is final.
    pub(crate) async fn run(&self, batches: Vec<Vec<u8>>, transfers: usize) -> anyhow::Result<Report> {
        let (sender, queue) = mpsc::channel(2);
        let feed = tokio::spawn(async move {
            for batch in batches {
                if sender.send(batch).await.is_err() {
                    return;
                }
            }
        });
        let report = self.drain(queue, transfers).await;
        feed.await?;
        report
    }

    /// Signs on one thread while another sends, and waits until all is final.
    pub(crate) async fn sign_and_run(&self, transfers: usize) -> anyhow::Result<Report> {
        let first_nonce = self.next_nonce().await?;
        let (sender, queue) = mpsc::channel(2);
        std::thread::scope(|scope| {
            scope.spawn(move || -> anyhow::Result<()> {
                for start in (0..transfers).step_by(BATCH) {
                    let batch = (start..transfers.min(start + BATCH))
                        .map(|index| self.signed(index, first_nonce))
                        .collect::<anyhow::Result<Vec<_>>>()?;
                    sender.blocking_send(bulk_body(&batch))?;
                }
                Ok(())
            });
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.drain(queue, transfers)))
        })
    }

    async fn next_nonce(&self) -> anyhow::Result<u32> {
        let last = self.senders.first().context("a sender")?;
        Ok(self.client.nonce(&Address(last.account())).await?)
    }

    async fn drain(&self, mut queue: mpsc::Receiver<Vec<u8>>, transfers: usize) -> anyhow::Result<Report> {
        let mut bulk = BulkSender::connect(self.client.url()).await?;
        let (first_height, _) = self.client.finalized_head().await?;
        let nonce_before = self.total_nonce().await?;
        let began = Instant::now();
        while let Some(body) = queue.recv().await {
            let reply = bulk.send(body).await?;
            ensure!(reply.rejected.is_empty(), "refused: {:?}", reply.rejected.first());
        }
        let accepted = began.elapsed();
        while self.total_nonce().await? < nonce_before + transfers {
            ensure!(began.elapsed() < PATIENCE, "not final after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let finalized = began.elapsed();
        let (height, _) = self.client.finalized_head().await?;
        Ok(Report { accepted, finalized, blocks: u64::from(height - first_height) })
    }

    /// Transactions of all senders that are final, asked in one request.
    pub(crate) async fn total_nonce(&self) -> anyhow::Result<usize> {
        let (_, head) = self.client.finalized_head().await?;
        let key = |pair: &Keypair| format!("0x{}", hex::encode(tenon_types::keys::account(&Address(pair.account()))));
        let keys: Vec<String> = self.senders.iter().map(key).collect();
        let sets: serde_json::Value =
            self.client.request("state_queryStorageAt", vec![json!(keys), json!(head.to_string())]).await?;
        let changes =
            sets.pointer("/0/changes").and_then(serde_json::Value::as_array).context("a storage change set")?;
        let nonce = |change: &serde_json::Value| -> Option<usize> {
            let bytes = hex::decode(change.get(1)?.as_str()?.strip_prefix("0x")?).ok()?;
            usize::try_from(tenon_types::AccountInfo::decode(&mut &bytes[..]).ok()?.nonce).ok()
        };
        Ok(changes.iter().filter_map(nonce).sum())
    }

    /// Checks that nothing was lost or made.
    pub(crate) async fn check(&self, transfers: usize) -> anyhow::Result<()> {
        let mut sum = 0u128;
        let (_, head) = self.client.finalized_head().await?;
        for to in &self.receivers {
            let input = (1u64, to).encode();
            let view = self.client.query(&named_address("assets"), "balance_of", &input, Some(&head), None).await?;
            sum += u128::decode(&mut &view.output.0[..])?;
        }
        ensure!(sum == transfers as u128, "receivers hold {sum}, expected {transfers}");
        Ok(())
    }
}

async fn submit(client: &Client, pair: &Keypair, call: Call) -> anyhow::Result<()> {
    let transaction = client.sign(pair, call, 0).await?;
    let receipt = client.submit_and_wait(&transaction, WaitUntil::Finalized, 30_000).await?;
    ensure!(receipt.error.is_none(), "setup failed: {:?}", receipt.error);
    Ok(())
}
