//! How transactions come in: decoded, checked against the head, signatures in batches and once each, into the pool.

use super::chain::Chain;
use crate::backend::{TransactionStatus, Validity};
use parity_scale_codec::Decode;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tenon_core::Refusal;
use tenon_core::pool::{Budget, Checked, Included, Notice, Pool, PoolLimits, Status};
use tenon_core::rules::{self, Candidate, Head, Invalid, Unverified};
use tenon_crypto::Scheme;
use tenon_crypto::batch::{self, SignedItem};
use tenon_host::{Prepared, StateReader};
use tenon_types::{AccountInfo, Address, Hash, Signature, keys, next_base_fee};
use tokio::sync::mpsc;

/// Threads that check signatures.
const SIGNATURE_THREADS: usize = 2;
/// Watched transactions at once.
const MAX_WATCHED: usize = 100_000;

type Watcher = mpsc::UnboundedSender<TransactionStatus>;

/// The pool, and who waits for its transactions.
pub(crate) struct Intake {
    chain: Arc<Chain>,
    pool: Mutex<Pool>,
    watchers: Mutex<HashMap<Hash, Vec<Watcher>>>,
}

/// What a transaction is checked against.
struct Against {
    state: Arc<dyn StateReader>,
    height: u32,
    base_fee: u128,
    checkpoints: BTreeMap<u32, Option<Hash>>,
    accounts: BTreeMap<Address, AccountInfo>,
}

impl Against {
    fn account(&mut self, address: &Address) -> AccountInfo {
        let state = &self.state;
        *self.accounts.entry(*address).or_insert_with(|| read_account(state.as_ref(), address))
    }
}

/// The account of an address; an empty one if there is none.
pub(crate) fn read_account(state: &dyn StateReader, address: &Address) -> AccountInfo {
    let bytes = state.get(&keys::account(address));
    bytes.and_then(|bytes| AccountInfo::decode(&mut &bytes[..]).ok()).unwrap_or_default()
}

impl Intake {
    pub(crate) fn new(chain: Arc<Chain>) -> Self {
        Self { chain, pool: Mutex::new(Pool::new(PoolLimits::default())), watchers: Mutex::default() }
    }

    pub(crate) fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn against(&self) -> Against {
        let best = self.chain.best();
        Against {
            state: self.chain.head_state(),
            height: best.block.header.number,
            base_fee: next_base_fee(&self.chain.genesis.parameters, best.info.base_fee, best.gas_used),
            checkpoints: BTreeMap::new(),
            accounts: BTreeMap::new(),
        }
    }

    /// Checks everything but the signature.
    fn check(&self, bytes: &[u8], against: &mut Against) -> Result<Unverified, Refusal> {
        let candidate = Candidate::decode(bytes.into())?;
        let (sender, nonce) = (candidate.sender, candidate.extrinsic.signed.extra.nonce);
        let committed = {
            let pool = self.pool();
            pool.refuse_known(&candidate.hash)?;
            pool.committed(&sender, nonce)
        };
        let account = against.account(&sender);
        let head = Head {
            parameters: &self.chain.genesis.parameters,
            genesis: self.chain.genesis_hash,
            height: against.height,
            base_fee: against.base_fee,
        };
        let checkpoints = &mut against.checkpoints;
        let checkpoint = |height| *checkpoints.entry(height).or_insert_with(|| self.chain.hash_at(height));
        Ok(rules::validity(candidate, &account, committed, &head, checkpoint)?)
    }

    fn bad_signature(&self, checked: &Checked) -> Refusal {
        let (sender, nonce, genesis) = (checked.sender, checked.nonce, self.chain.genesis_hash);
        Invalid::BadSignature { sender, nonce, genesis }.into()
    }

    /// What the pool would say of a transaction.
    pub(crate) fn validate(&self, bytes: &[u8]) -> Result<Validity, Refusal> {
        let mut against = self.against();
        let unverified = self.check(bytes, &mut against)?;
        let checked = &unverified.checked;
        if !verify(std::slice::from_ref(&unverified)).first().copied().unwrap_or(false) {
            return Err(self.bad_signature(checked));
        }
        Ok(Validity {
            priority: checked.price(),
            sender: checked.sender,
            nonce: checked.nonce,
            expected_nonce: against.account(&checked.sender).nonce,
            longevity: u64::from(checked.valid_until.saturating_sub(against.height)),
        })
    }

    /// Takes in transactions; one result for each, in order.
    pub(crate) fn submit(&self, transactions: &[Vec<u8>]) -> Vec<Result<Hash, Refusal>> {
        let mut against = self.against();
        let mut results = Vec::with_capacity(transactions.len());
        let mut unverified = Vec::with_capacity(transactions.len());
        for bytes in transactions {
            match self.check(bytes, &mut against) {
                Ok(one) => {
                    results.push(Ok(one.checked.hash));
                    unverified.push((results.len() - 1, one));
                }
                Err(refusal) => results.push(Err(refusal)),
            }
        }
        let (indices, unverified): (Vec<usize>, Vec<Unverified>) = unverified.into_iter().unzip();
        let good = verify(&unverified);
        let mut notices = Vec::new();
        {
            let mut pool = self.pool();
            for ((index, one), good) in indices.into_iter().zip(unverified).zip(good) {
                let result = if good {
                    let nonce = against.account(&one.checked.sender).nonce;
                    let hash = one.checked.hash;
                    pool.add(one.checked, nonce, against.height).map_err(Refusal::from).map(|new| {
                        notices.extend(new);
                        hash
                    })
                } else {
                    Err(self.bad_signature(&one.checked))
                };
                if let Some(slot) = results.get_mut(index) {
                    *slot = result;
                }
            }
        }
        self.tell(&notices);
        if let Some(metrics) = self.chain.metrics() {
            for result in &results {
                match result {
                    Ok(_) => {
                        metrics.accepted.inc();
                    }
                    Err(refusal) => metrics.refused(refusal.name),
                }
            }
        }
        results
    }

    /// Takes in one transaction and has its statuses sent to a watcher.
    pub(crate) fn submit_watched(&self, bytes: Vec<u8>, watcher: Option<Watcher>) -> Result<Hash, Refusal> {
        let hash = tenon_types::blake2b_256(&bytes);
        // Watching begins before the pool can tell anything.
        if let Some(watcher) = &watcher {
            let mut watchers = self.watchers();
            if watchers.len() < MAX_WATCHED {
                watchers.entry(hash).or_default().push(watcher.clone());
            }
        }
        let result = self.submit(&[bytes]).pop().unwrap_or(Ok(hash));
        if let (Err(_), Some(watcher)) = (&result, &watcher) {
            let mut watchers = self.watchers();
            if let Some(waiting) = watchers.get_mut(&hash) {
                waiting.retain(|other| !other.same_channel(watcher));
                if waiting.is_empty() {
                    watchers.remove(&hash);
                }
            }
        }
        result
    }

    fn watchers(&self) -> MutexGuard<'_, HashMap<Hash, Vec<Watcher>>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The best transactions for a block, without those of blocks before that are not the head yet.
    pub(crate) fn plan(&self, budget: Budget, before: &HashSet<Hash>) -> Vec<Prepared> {
        let planned = self.pool().plan(budget, |hash| before.contains(hash));
        let prepared = |one: Arc<Checked>| Prepared {
            hash: one.hash,
            bytes: one.bytes.clone(),
            extrinsic: one.extrinsic.clone(),
            sender: one.sender,
        };
        planned.into_iter().map(prepared).collect()
    }

    /// Takes note of a new head: what it includes, and candidates that turned out invalid.
    pub(crate) fn on_block(&self, included: &[Included], invalid: &[Hash], height: u32, block: Hash) {
        let notices = {
            let mut pool = self.pool();
            let mut notices = pool.on_block(included, height);
            invalid.iter().for_each(|hash| notices.extend(pool.on_invalid(hash)));
            notices
        };
        self.tell(&notices);
        self.tell_included(
            included.iter().map(|one| one.hash),
            |index| TransactionStatus::InBlock(block, index),
            false,
        );
    }

    /// Takes note that a block is final.
    pub(crate) fn on_finalized(&self, transactions: &[Hash], block: Hash) {
        let status = |index| TransactionStatus::Finalized(block, index);
        self.tell_included(transactions.iter().copied(), status, true);
    }

    fn tell_included(&self, hashes: impl Iterator<Item = Hash>, status: impl Fn(u32) -> TransactionStatus, last: bool) {
        let mut watchers = self.watchers();
        if watchers.is_empty() {
            return;
        }
        for (index, hash) in (0..).zip(hashes) {
            if let Some(waiting) = watchers.get(&hash) {
                waiting.iter().for_each(|watcher| drop(watcher.send(status(index))));
                if last {
                    watchers.remove(&hash);
                }
            }
        }
    }

    fn tell(&self, notices: &[Notice]) {
        let mut watchers = self.watchers();
        if watchers.is_empty() {
            return;
        }
        for notice in notices {
            let (status, last) = match notice.status {
                Status::Ready => (TransactionStatus::Ready, false),
                Status::Future => (TransactionStatus::Future, false),
                Status::Usurped(hash) => (TransactionStatus::Usurped(hash), true),
                Status::Invalid => (TransactionStatus::Invalid, true),
                Status::Dropped => (TransactionStatus::Dropped, true),
            };
            let Some(waiting) = watchers.get(&notice.hash) else { continue };
            waiting.iter().for_each(|watcher| drop(watcher.send(status.clone())));
            if last {
                watchers.remove(&notice.hash);
            }
        }
    }
}

/// Whether each signature is right.
pub(super) fn verify(unverified: &[Unverified]) -> Vec<bool> {
    let items: Vec<SignedItem<'_>> = unverified
        .iter()
        .map(|one| {
            let (scheme, signature): (_, &[u8]) = match &one.signature {
                Signature::Ed25519(bytes) => (Scheme::Ed25519, bytes),
                Signature::Sr25519(bytes) => (Scheme::Sr25519, bytes),
                Signature::Ecdsa(bytes) => (Scheme::Secp256k1, bytes),
            };
            SignedItem { scheme, signature, public: one.checked.sender.0, message: &one.message }
        })
        .collect();
    batch::verify(&items, SIGNATURE_THREADS)
}
