//! Every bound of the server, so that no client can make the node use more than it should.

use std::time::Duration;

/// Connections at once, unless the configuration says otherwise.
pub(super) const MAX_CONNECTIONS: u32 = 512;
/// Bytes of a JSON-RPC request: a transaction of the largest size in hex, with room.
pub(super) const MAX_REQUEST_BYTES: u32 = 4 * 1024 * 1024;
/// Bytes of a JSON-RPC answer: a full block in hex, with room.
pub(super) const MAX_RESPONSE_BYTES: u32 = 64 * 1024 * 1024;
/// Subscriptions of one connection.
pub(super) const MAX_SUBSCRIPTIONS_PER_CONNECTION: u32 = 1_024;
/// Requests of one JSON-RPC batch.
pub(super) const MAX_BATCH_REQUESTS: u32 = 256;
/// Messages that wait for a slow client before its subscriptions pause.
pub(super) const MAX_WAITING_MESSAGES: u32 = 256;
/// How long a subscription waits for room before it is closed.
pub(super) const SLOW_CLIENT_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a `POST /v1/tx` body.
pub(super) const MAX_BULK_BYTES: usize = 32 * 1024 * 1024;
/// Transactions of a `POST /v1/tx` body.
pub(super) const MAX_BULK_TRANSACTIONS: usize = 200_000;
/// `POST /v1/tx` bodies held in memory at once.
pub(super) const MAX_BULK_REQUESTS: usize = 8;
/// Keys of one request for storage, proofs or a storage subscription.
pub(super) const MAX_KEYS: usize = 1_000;
/// Heights of one request for block hashes.
pub(super) const MAX_HEIGHTS: usize = 1_000;
/// Instances in one list.
pub(super) const MAX_INSTANCES: usize = 10_000;
/// Blocks that one `dev_mine` makes.
pub(super) const MAX_MINED_BLOCKS: u64 = 1_000;
/// Gas of a query or simulation that names no limit.
pub(super) const DEFAULT_QUERY_GAS: u64 = 1_000_000_000;
/// Most gas of a query or simulation.
pub(super) const MAX_QUERY_GAS: u64 = 4_000_000_000;
/// How long `tx_submitAndWait` waits if not told.
pub(super) const DEFAULT_WAIT: Duration = Duration::from_secs(60);
/// How long `tx_submitAndWait` may be told to wait.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(600);
/// Interfaces of modules kept decoded.
pub(super) const MAX_CACHED_INTERFACES: usize = 256;
/// The least time between the notifications that a transaction is in a block and that the block is final: a client was
/// seen to skip the first if they come closer together.
pub(super) const IN_BLOCK_BEFORE_FINALIZED: Duration = Duration::from_millis(60);
/// Events that one answer lists, unless it is said otherwise, and at most.
pub(super) const DEFAULT_EVENTS: u64 = 100;
/// The most events that one answer lists.
pub(super) const MAX_EVENTS: u64 = 1_000;
