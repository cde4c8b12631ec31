//! The transaction pool: a data structure without I/O. Checked transactions go in, notices about them come out.
//!
//! ```text
//! order      each account's transactions go by nonce: those that follow its next nonce without a gap are ready, the
//!            rest are future; the best head of all accounts comes first: by tip per gas, then by arrival
//! price      a transaction with a nonce already held must offer a share more tip per gas, and then takes its place
//! room       bounded in count, bytes and by account. When full, the worst tail of all accounts makes room for what
//!            is better: future before ready, then the lowest price that the tail's account offers (a tail cannot be
//!            included before its cheapest predecessor, so its own tip does not protect the others), then the newest.
//!            Only tails leave, so eviction makes no gap
//! age        a transaction leaves when its era ends, or after a number of blocks
//! ```
//!
//! Every operation costs O(log n) for each transaction that it adds, removes or gives a new status. Nothing depends on
//! the order of a hash map: maps are ordered, so equal inputs give equal outputs and no key can be chosen to collide.
//!
//! It leaves out whether a transaction is valid ([`crate::rules`]) and what its account can pay for in sum: who cannot
//! pay is found when the block is built, and [`Pool::on_invalid`] takes it out.

mod account;
mod best;
mod entry;
mod error;
mod evict;
mod limits;
mod prices;
mod remembered;
mod slots;
mod state;
#[cfg(test)]
mod tests;

pub use best::{Best, Budget, MAX_SKIPPED_SENDERS};
pub use entry::{Checked, Included, Notice, Price, Status};
pub use error::PoolError;
pub use evict::MAX_EVICTIONS;
pub use limits::PoolLimits;
pub use remembered::MAX_REMEMBERED;
pub use state::{Known, Pool};
