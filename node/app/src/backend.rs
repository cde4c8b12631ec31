//! What the RPC server asks of the node. It holds no behaviour: `crate::node` implements it, `crate::rpc` uses it.

use std::sync::Arc;
use tenon_core::consensus::bbft::{EpochProof, HeaderProof, LightProof, Validator};
use tenon_types::{Address, Amount, Block, BlockInfo, Event, Gas, Genesis, Hash, Header, Receipt, proof::Proof};
use tokio::sync::{broadcast, mpsc};

/// A block with what its execution gave.
#[derive(Clone, Debug)]
pub struct BlockEntry {
    /// Hash of the header.
    pub hash: Hash,
    /// The block.
    pub block: Block,
    /// What is ours in the header.
    pub info: BlockInfo,
    /// Hashes of the transactions, in order.
    pub transactions: Vec<Hash>,
    /// One receipt for each transaction.
    pub receipts: Vec<Receipt>,
    /// Receipts of the hooks that ran after the transactions, in order.
    pub hook_receipts: Vec<Receipt>,
    /// Gas used by the transactions.
    pub gas_used: Gas,
}

impl BlockEntry {
    /// Every receipt, in the order of the receipts' root: of transactions, then of hooks.
    pub fn all_receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.receipts.iter().chain(&self.hook_receipts)
    }
}

/// What happened to the chain's head.
#[derive(Clone, Debug)]
pub enum HeadEvent {
    /// A block was added at the head.
    Best(Arc<BlockEntry>),
    /// A block became final. Every block is announced, in order.
    Finalized(Arc<BlockEntry>),
}

/// What happened to a watched transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    /// It waits for earlier transactions of its sender.
    Future,
    /// It can be included.
    Ready,
    /// It is in a block, at an index.
    InBlock(Hash, u32),
    /// Its block is final.
    Finalized(Hash, u32),
    /// Another transaction with the same sender and nonce replaced it.
    Usurped(Hash),
    /// It can no longer be included.
    Invalid,
    /// It left the pool for lack of room or time.
    Dropped,
}

pub use tenon_core::{Refusal, RefusalKind};

/// What a transaction would look like to the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Tip for each million gas.
    pub priority: u64,
    /// The sender.
    pub sender: Address,
    /// Its nonce.
    pub nonce: u32,
    /// The sender's next nonce on chain.
    pub expected_nonce: u32,
    /// Blocks for which it stays valid.
    pub longevity: u64,
}

/// How a query, simulation or trace ended.
#[derive(Clone, Debug)]
pub struct Execution {
    /// 0, or the number of the error (`tenon_abi::HostError` or a module's).
    pub error: u32,
    /// The error as a receipt would carry it, that of the native coin included.
    pub dispatch_error: Option<tenon_types::DispatchError>,
    /// The output, or the error's data or message.
    pub output: Vec<u8>,
    /// Gas used.
    pub gas_used: Gas,
    /// The fee that a transaction doing the same would pay at the head's base fee, tip excluded.
    pub fee: Amount,
    /// The deposit locked (positive) or returned (negative).
    pub deposit: i128,
    /// What would have happened.
    pub events: Vec<Event>,
    /// Lines of the debug log and of panics, each with the depth of its call.
    pub logs: Vec<(u32, String)>,
    /// Changed state entries: key, old and new value. Empty for queries.
    pub changes: Vec<StateChange>,
}

/// A state entry that an execution changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// The key in the state.
    pub key: Vec<u8>,
    /// Before.
    pub old: Option<Vec<u8>>,
    /// After.
    pub new: Option<Vec<u8>>,
}

/// A proof of one entry, with the header that carries the root.
#[derive(Clone, Debug)]
pub struct ReadProof {
    /// Hash of the block whose header carries the root: the child of the block whose state is proven.
    pub anchor: Arc<BlockEntry>,
    /// The state proven is that after this block.
    pub at: Arc<BlockEntry>,
    /// For each key asked for: key, value, proof.
    pub entries: Vec<(Vec<u8>, Option<Vec<u8>>, Proof)>,
}

/// The validators of an epoch.
#[derive(Clone, Debug)]
pub struct EpochSet {
    /// The epoch.
    pub epoch: u64,
    /// The block from which it starts.
    pub start: Arc<BlockEntry>,
    /// The time of the block from which the first epoch of these validators starts.
    pub since_ms: u64,
    /// The validators, by their indices.
    pub validators: Vec<Validator>,
}

/// An event of an instance, with where it happened.
#[derive(Clone, Debug)]
pub struct EventAt {
    /// Its block.
    pub block: Arc<BlockEntry>,
    /// Its transaction's index in the block; hooks count on from there.
    pub transaction: u32,
    /// Its index among all events of the block.
    pub index: u32,
    /// The event.
    pub event: Event,
}

impl EventAt {
    /// The hash of its transaction; of a hook's event, what its receipt has in that place.
    pub fn transaction_hash(&self) -> Hash {
        let place = usize::try_from(self.transaction).unwrap_or(usize::MAX);
        self.block.all_receipts().nth(place).map_or(Hash::ZERO, |receipt| receipt.transaction)
    }
}

/// Which events of an instance are asked for.
#[derive(Clone, Debug)]
pub struct EventFilter {
    /// The instance.
    pub instance: Address,
    /// A topic that the events have, if one is asked for.
    pub topic: Option<Hash>,
    /// The final heights, both ends included.
    pub heights: std::ops::RangeInclusive<u32>,
    /// Newest first.
    pub descending: bool,
    /// The most events.
    pub limit: usize,
}

/// What is to be shown under the last final header.
#[derive(Clone, Debug)]
pub enum Shown {
    /// The header at a height.
    Header(u32),
    /// A header that this node may have pruned.
    Known(Box<Header>),
    /// A transaction, by its hash.
    Transaction(Hash),
    /// The receipt of a transaction, by the transaction's hash.
    Receipt(Hash),
    /// An entry of the state.
    Entry {
        /// The key.
        key: Vec<u8>,
        /// The block after which it is shown; the newest that can be proven if absent.
        at: Option<Hash>,
    },
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// No block of this hash.
    UnknownBlock(Hash),
    /// The state of this height was pruned; it is kept from a height on.
    Pruned {
        /// Asked for.
        height: u64,
        /// The earliest kept.
        from: u64,
    },
    /// The next block, which will carry the root, does not exist yet.
    NotAnchored,
    /// No votes show it: what was asked for.
    Unproven(String),
    /// The node is stopping or failed.
    Stopped(String),
}

/// Read access to the state after a block.
pub trait StateView: Send {
    /// The value under a key.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;
    /// Entries whose key begins with `prefix`, from `start` on (a whole key, included; empty for the first).
    fn scan(&self, prefix: &[u8], start: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)>;
}

/// The node, as the RPC server sees it. Blocking calls are short; callers run them off the async threads.
pub trait Backend: Send + Sync + 'static {
    /// What the chain began with.
    fn genesis(&self) -> &Genesis;
    /// Hash of block 0.
    fn genesis_hash(&self) -> Hash;
    /// Whether this is a development chain.
    fn is_development(&self) -> bool;
    /// The head.
    fn best(&self) -> Arc<BlockEntry>;
    /// The last final block.
    fn finalized(&self) -> Arc<BlockEntry>;
    /// A block by its hash.
    fn block(&self, hash: &Hash) -> Option<Arc<BlockEntry>>;
    /// The hash of the block at a height.
    fn hash_at(&self, height: u32) -> Option<Hash>;
    /// The block and index of a transaction.
    fn transaction(&self, hash: &Hash) -> Option<(Hash, u32)>;
    /// The state after a block.
    ///
    /// # Errors
    /// [`Unavailable`] if the block is unknown or its state pruned.
    fn state(&self, at: &Hash) -> Result<Box<dyn StateView>, Unavailable>;
    /// Proofs for keys, at the newest final state whose root a final header carries.
    ///
    /// # Errors
    /// [`Unavailable`] if there is no such header yet, or `at` is no such block.
    fn prove(&self, keys: &[Vec<u8>], at: Option<&Hash>) -> Result<ReadProof, Unavailable>;
    /// Checks a transaction as the pool would, without adding it.
    ///
    /// # Errors
    /// [`Refusal`] with the reason.
    fn validate(&self, transaction: &[u8]) -> Result<Validity, Refusal>;
    /// Adds a transaction to the pool. Statuses are sent to `watcher` until the transaction is final or gone.
    ///
    /// # Errors
    /// [`Refusal`] with the reason.
    fn submit(
        &self,
        transaction: Vec<u8>,
        watcher: Option<mpsc::UnboundedSender<TransactionStatus>>,
    ) -> Result<Hash, Refusal>;
    /// Adds many transactions, with their signatures checked in batches. One result for each.
    fn submit_batch(&self, transactions: Vec<Vec<u8>>) -> Vec<Result<Hash, Refusal>>;
    /// The sender's next nonce, transactions in the pool counted.
    fn next_nonce(&self, address: &Address) -> u32;
    /// Transactions in the pool, in the order in which they would be included.
    fn pending(&self) -> Vec<Vec<u8>>;
    /// Runs a query of an instance on the state after a block.
    ///
    /// # Errors
    /// [`Unavailable`] if that state is not to be had.
    fn query(
        &self,
        at: &Hash,
        instance: &Address,
        method: &str,
        input: &[u8],
        gas_limit: Gas,
    ) -> Result<Execution, Unavailable>;
    /// Runs a call (SCALE-encoded `tenon_types::Call`) as a transaction of an account on the state after a block, and undoes it.
    ///
    /// # Errors
    /// [`Unavailable`] if that state is not to be had.
    fn simulate(&self, at: &Hash, from: &Address, call: &[u8]) -> Result<Execution, Unavailable>;
    /// Events of an instance in final blocks that are kept.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn events(&self, filter: &EventFilter) -> Result<Vec<EventAt>, Unavailable>;
    /// What is kept beside a final block to show that it is final: SCALE bytes of a
    /// [`tenon_core::consensus::bbft::FinalityProof`]; nothing if the proof of a later block shows it.
    fn justification(&self, height: u32) -> Option<Vec<u8>>;
    /// Shows that the block at a height is final, by its own certificate or by that of a block above it.
    ///
    /// # Errors
    /// [`Unavailable`] if it is not final or pruned, or nobody voted.
    fn header_proof(&self, height: u32) -> Result<HeaderProof, Unavailable>;
    /// Shows that an epoch is over.
    ///
    /// # Errors
    /// [`Unavailable`] if it is not over, or what shows it is pruned.
    fn epoch_proof(&self, epoch: u64) -> Result<EpochProof, Unavailable>;
    /// Shows something under the last final header, by the certificate of that and the accumulator in it.
    ///
    /// # Errors
    /// [`Unavailable`] if it does not lie there, was pruned, or nobody voted.
    fn light_proof(&self, shown: &Shown) -> Result<LightProof, Unavailable>;
    /// The validators of an epoch whose first block may be made.
    ///
    /// # Errors
    /// [`Unavailable`] if the block before its first one is not final or pruned, or nobody votes.
    fn validators(&self, epoch: u64) -> Result<EpochSet, Unavailable>;
    /// Announces heads.
    fn heads(&self) -> broadcast::Receiver<HeadEvent>;
    /// Makes a block now. Development chains only; returns its hash.
    ///
    /// # Errors
    /// [`Unavailable`] if the node is stopping.
    fn make_block(&self) -> Result<Hash, Unavailable>;
}
