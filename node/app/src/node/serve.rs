//! The node's answers to the RPC server.

use super::Node;
use super::chain::unavailable;
use super::driver::{Command, now_ms};
use super::intake::read_account;
use super::state::PagesAfter;
use crate::backend::{
    Backend, BlockEntry, EpochSet, EventAt, EventFilter, Execution, HeadEvent, ReadProof, Refusal, Shown, StateChange,
    StateView, TransactionStatus, Unavailable, Validity,
};
use parity_scale_codec::DecodeAll;
use std::sync::Arc;
use std::time::Duration;
use tenon_abi::HostError;
use tenon_core::consensus::bbft::{EpochProof, HeaderProof, LightProof};
use tenon_host::tree::prove;
use tenon_host::{Environment, QueryKind, Simulated, StateReader, query, simulate};
use tenon_store::{Direction, EventPosition, StoreError};
use tenon_types::proof::key_hash;
use tenon_types::{Address, Call, Gas, Genesis, Hash};
use tokio::sync::{broadcast, mpsc};

/// The most gas of a query.
const MAX_QUERY_GAS: Gas = 4_000_000_000;
/// How long a request for a block waits.
const MAX_BLOCK_WAIT: Duration = Duration::from_secs(10);

struct View(Arc<dyn StateReader>);

impl StateView for View {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key).map(|value| value.to_vec())
    }

    fn scan(&self, prefix: &[u8], start: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let start = (!start.is_empty()).then_some(start);
        let rows = self.0.scan(prefix, start, false, limit);
        rows.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
    }
}

impl Node {
    pub(super) fn environment_at(&self, at: &BlockEntry) -> Environment {
        self.chain.environment_after(at, now_ms(), self.producer)
    }

    fn anchor(&self, at: Option<&Hash>) -> Result<(Arc<BlockEntry>, Arc<BlockEntry>), Unavailable> {
        let finalized = self.chain.finalized();
        let height = match at {
            None => finalized.block.header.number.saturating_sub(1),
            Some(hash) => self.chain.block(hash).ok_or(Unavailable::UnknownBlock(*hash))?.block.header.number,
        };
        let next = height.checked_add(1).filter(|next| *next <= finalized.block.header.number);
        let at_height = |height| self.chain.hash_at(height).and_then(|hash| self.chain.block(&hash));
        let anchor = at_height(next.ok_or(Unavailable::NotAnchored)?).ok_or(Unavailable::NotAnchored)?;
        Ok((at_height(height).ok_or(Unavailable::NotAnchored)?, anchor))
    }
}

impl Node {
    fn event_at(&self, position: &EventPosition) -> Option<EventAt> {
        let height = u32::try_from(position.height).ok()?;
        let block = self.chain.block(&self.chain.hash_at(height)?)?;
        let mut left = usize::try_from(position.index).ok()?;
        for (transaction, receipt) in (0..).zip(block.all_receipts()) {
            if let Some(event) = receipt.events.get(left) {
                let (event, block) = (event.clone(), block.clone());
                return Some(EventAt { block, transaction, index: position.index, event });
            }
            left -= receipt.events.len();
        }
        None
    }
}

fn execution(simulated: Simulated) -> Execution {
    let error = if simulated.error == 0 && simulated.dispatch_error.is_some() {
        HostError::Internal.code()
    } else {
        simulated.error
    };
    Execution {
        error,
        dispatch_error: simulated.dispatch_error,
        output: simulated.output,
        gas_used: simulated.gas_used,
        fee: simulated.fee,
        deposit: simulated.deposit,
        events: simulated.events,
        logs: simulated.logs,
        changes: simulated
            .changes
            .into_iter()
            .map(|(key, old, new)| StateChange {
                key: key.to_vec(),
                old: old.map(|value| value.to_vec()),
                new: new.map(|value| value.to_vec()),
            })
            .collect(),
    }
}

impl Backend for Node {
    fn genesis(&self) -> &Genesis {
        &self.chain.genesis
    }

    fn genesis_hash(&self) -> Hash {
        self.chain.genesis_hash
    }

    fn is_development(&self) -> bool {
        self.connection.is_none()
    }

    fn best(&self) -> Arc<BlockEntry> {
        self.chain.best()
    }

    fn finalized(&self) -> Arc<BlockEntry> {
        self.chain.finalized()
    }

    fn block(&self, hash: &Hash) -> Option<Arc<BlockEntry>> {
        self.chain.block(hash)
    }

    fn hash_at(&self, height: u32) -> Option<Hash> {
        self.chain.hash_at(height)
    }

    fn transaction(&self, hash: &Hash) -> Option<(Hash, u32)> {
        self.chain.transaction(hash)
    }

    fn state(&self, at: &Hash) -> Result<Box<dyn StateView>, Unavailable> {
        self.chain.state_after(at).map(|(state, _)| Box::new(View(state)) as Box<dyn StateView>)
    }

    fn prove(&self, keys: &[Vec<u8>], at: Option<&Hash>) -> Result<ReadProof, Unavailable> {
        let (at, anchor) = self.anchor(at)?;
        let height = u64::from(at.block.header.number);
        let state = self.chain.store.state_at(height).map_err(|error| unavailable(height, &error))?;
        let pages = PagesAfter { store: self.chain.store.clone(), height };
        let root = anchor.block.header.state_root.0;
        let entries = keys
            .iter()
            .map(|key| {
                let value = state.get(key).map_err(|error| unavailable(height, &error))?;
                let proof =
                    prove(&pages, root, &key_hash(key)).map_err(|error| Unavailable::Stopped(error.to_string()))?;
                Ok((key.clone(), value, proof))
            })
            .collect::<Result<_, Unavailable>>()?;
        Ok(ReadProof { anchor, at, entries })
    }

    fn validate(&self, transaction: &[u8]) -> Result<Validity, Refusal> {
        self.intake.validate(transaction)
    }

    fn submit(
        &self,
        transaction: Vec<u8>,
        watcher: Option<mpsc::UnboundedSender<TransactionStatus>>,
    ) -> Result<Hash, Refusal> {
        let shared = self.connection.is_some().then(|| transaction.clone());
        let result = self.intake.submit_watched(transaction, watcher);
        if let (Some(connection), Some(bytes), Ok(_)) = (&self.connection, shared, &result) {
            connection.share(vec![bytes]);
        }
        self.tell(Command::PoolChanged);
        result
    }

    fn submit_batch(&self, transactions: Vec<Vec<u8>>) -> Vec<Result<Hash, Refusal>> {
        let results = self.intake.submit(&transactions);
        if let Some(connection) = &self.connection {
            let taken = transactions.into_iter().zip(&results).filter(|(_, result)| result.is_ok());
            connection.share(taken.map(|(bytes, _)| bytes).collect());
        }
        self.tell(Command::PoolChanged);
        results
    }

    fn next_nonce(&self, address: &Address) -> u32 {
        let nonce = read_account(self.chain.head_state().as_ref(), address).nonce;
        self.intake.pool().next_nonce(address, nonce)
    }

    fn pending(&self) -> Vec<Vec<u8>> {
        self.intake.pool().pending().iter().map(|one| one.bytes.to_vec()).collect()
    }

    fn query(
        &self,
        at: &Hash,
        instance: &Address,
        method: &str,
        input: &[u8],
        gas_limit: Gas,
    ) -> Result<Execution, Unavailable> {
        let (state, at) = self.chain.state_after(at)?;
        let gas = if gas_limit == 0 { MAX_QUERY_GAS } else { gas_limit.min(MAX_QUERY_GAS) };
        let (kind, name) = match method.strip_prefix("invariant.") {
            Some(name) => (QueryKind::Invariant, name),
            None => (QueryKind::Query, method),
        };
        let (environment, engine) = (self.environment_at(&at), self.engine.clone());
        Ok(execution(query(state, &environment, engine, (kind, instance, name), input, gas)))
    }

    fn simulate(&self, at: &Hash, from: &Address, call: &[u8]) -> Result<Execution, Unavailable> {
        let (state, at) = self.chain.state_after(at)?;
        let Ok(call) = Call::decode_all(&mut &call[..]) else {
            let error = HostError::BadInput.code();
            let output = b"the call does not decode".to_vec();
            return Ok(execution(Simulated { error, output, ..Simulated::default() }));
        };
        Ok(execution(simulate(state, &self.environment_at(&at), self.engine.clone(), from, &call)))
    }

    fn events(&self, filter: &EventFilter) -> Result<Vec<EventAt>, Unavailable> {
        let key = [&filter.instance.0[..], filter.topic.as_ref().map_or(&[][..], |topic| &topic.0)].concat();
        let heights = u64::from(*filter.heights.start())..=u64::from(*filter.heights.end());
        let direction = if filter.descending { Direction::Descending } else { Direction::Ascending };
        let unreadable = |error: StoreError| Unavailable::Stopped(error.to_string());
        let found = self.chain.store.events(&key, heights, direction, filter.limit).map_err(unreadable)?;
        Ok(found.iter().filter_map(|position| self.event_at(position)).collect())
    }

    fn justification(&self, height: u32) -> Option<Vec<u8>> {
        self.chain.store.proof(u64::from(height)).ok().flatten()
    }

    fn header_proof(&self, height: u32) -> Result<HeaderProof, Unavailable> {
        self.find_header_proof(height)
    }

    fn epoch_proof(&self, epoch: u64) -> Result<EpochProof, Unavailable> {
        self.find_epoch_proof(epoch)
    }

    fn light_proof(&self, shown: &Shown) -> Result<LightProof, Unavailable> {
        self.find_light_proof(shown)
    }

    fn validators(&self, epoch: u64) -> Result<EpochSet, Unavailable> {
        self.find_validators(epoch)
    }

    fn heads(&self) -> broadcast::Receiver<HeadEvent> {
        self.chain.subscribe()
    }

    fn make_block(&self) -> Result<Hash, Unavailable> {
        let (reply, made) = std::sync::mpsc::channel();
        self.tell(Command::MakeBlock(reply));
        let stopped = || Unavailable::Stopped(self.chain.failure().unwrap_or("the node is stopping").to_string());
        made.recv_timeout(MAX_BLOCK_WAIT).map_err(|_| stopped())
    }
}
