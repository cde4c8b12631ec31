//! Blocks: transactions in order, a budget of gas and bytes, and what remains when they are done.
//!
//! The serial executor is the reference. A parallel one fills the same trait and must give the same bytes.

use crate::coin;
use crate::dispatch;
use crate::environment::Environment;
use crate::execution::Execution;
use crate::hooks;
use crate::interface::{Engine, Host};
use crate::overlay::Overlay;
use crate::state::{Changes, StateReader};
use std::sync::Arc;
use tenon_types::{Address, Amount, Extrinsic, Gas, Hash, Receipt};

/// A transaction that was decoded and whose signature was checked.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Its hash.
    pub hash: Hash,
    /// Its bytes, length prefix included.
    pub bytes: Arc<[u8]>,
    /// What it says.
    pub extrinsic: Arc<Extrinsic>,
    /// Who signed it.
    pub sender: Address,
}

/// Why a transaction may not stand in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The nonce was used.
    #[error("nonce {found} was used, expected {expected}")]
    Stale {
        /// The transaction's.
        found: u32,
        /// The account's.
        expected: u32,
    },
    /// The nonce lies ahead.
    #[error("nonce {found} lies ahead, expected {expected}")]
    Future {
        /// The transaction's.
        found: u32,
        /// The account's.
        expected: u32,
    },
    /// It comes from the system, which has no key.
    #[error("transaction comes from the system's address, expected an account")]
    System,
    /// The fee cannot be paid.
    #[error("fee and existential deposit need {needed}, the account can spend {found}")]
    Payment {
        /// Fee for the most gas, tip, and existential deposit.
        needed: Amount,
        /// What may be spent.
        found: Amount,
    },
    /// The most gas that it may use does not fit.
    #[error("transaction may use {found} gas, room for {room}")]
    ExhaustsResources {
        /// The most gas.
        found: Gas,
        /// What is left of the block's.
        room: Gas,
    },
    /// Its bytes do not fit.
    #[error("transaction has {found} bytes, room for {room}")]
    TooLong {
        /// Its bytes.
        found: usize,
        /// What is left of the block's.
        room: usize,
    },
}

/// What is left of a block's room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockBudget {
    /// Gas.
    pub gas: Gas,
    /// Bytes of transactions.
    pub bytes: usize,
}

/// A transaction that stands in the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    /// Its index among the candidates.
    pub candidate: usize,
    /// How it ended.
    pub receipt: Receipt,
}

/// What executing a block gave.
#[derive(Debug)]
pub struct Executed {
    /// The transactions of the block, in order.
    pub included: Vec<Included>,
    /// Candidates that may not stand in this block, by index. A block from elsewhere with any of them is invalid.
    pub skipped: Vec<(usize, Invalid)>,
    /// Candidates that were not looked at, because `stop` said so: those from this index on.
    pub stopped_at: usize,
    /// How the hooks ended that ran after the transactions, in order. They are part of the block's receipts, not of its gas.
    pub system: Vec<Receipt>,
    /// Changed state entries, in the order of their keys.
    pub changes: Changes,
    /// Gas used.
    pub gas_used: Gas,
    /// Room that is left.
    pub budget: BlockBudget,
}

/// Executes blocks.
pub trait Executor: Send + Sync {
    /// Executes candidates in order on a state. `stop` is asked before each, with the gas used so far; a block from
    /// elsewhere is executed with one that never stops.
    fn execute(
        &self,
        base: Arc<dyn StateReader>,
        environment: &Environment,
        candidates: &[Prepared],
        stop: &mut dyn FnMut(Gas) -> bool,
    ) -> Executed;
}

/// One transaction after the other.
pub struct SerialExecutor {
    engine: Arc<dyn Engine>,
}

impl SerialExecutor {
    /// Executes with an engine.
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        Self { engine }
    }
}

impl Executor for SerialExecutor {
    fn execute(
        &self,
        base: Arc<dyn StateReader>,
        environment: &Environment,
        candidates: &[Prepared],
        stop: &mut dyn FnMut(Gas) -> bool,
    ) -> Executed {
        let execution = Execution::new(Overlay::new(base), Arc::new(environment.clone()), self.engine.clone());
        let mut host = Host::new(execution);
        let block_bytes = usize::try_from(environment.parameters.block_bytes).unwrap_or(usize::MAX);
        let mut executed = Executed {
            included: Vec::with_capacity(candidates.len()),
            skipped: Vec::new(),
            stopped_at: candidates.len(),
            system: Vec::new(),
            changes: Vec::new(),
            gas_used: 0,
            budget: BlockBudget { gas: environment.parameters.block_gas, bytes: block_bytes },
        };
        for (candidate, transaction) in candidates.iter().enumerate() {
            if stop(executed.gas_used) {
                executed.stopped_at = candidate;
                break;
            }
            match apply(&mut host, transaction, &mut executed.budget) {
                Ok(receipt) => {
                    executed.gas_used = executed.gas_used.saturating_add(receipt.gas_used);
                    executed.included.push(Included { candidate, receipt });
                }
                Err(invalid) => executed.skipped.push((candidate, invalid)),
            }
        }
        (executed.system, executed.changes) = close(host, &executed.included);
        executed
    }
}

fn apply(host: &mut Host, transaction: &Prepared, budget: &mut BlockBudget) -> Result<Receipt, Invalid> {
    let found = transaction.bytes.len();
    let bytes = budget.bytes.checked_sub(found).ok_or(Invalid::TooLong { found, room: budget.bytes })?;
    let receipt = dispatch::apply(host, transaction, budget.gas)?;
    budget.bytes = bytes;
    budget.gas = budget.gas.saturating_sub(receipt.gas_used);
    Ok(receipt)
}

/// Ends a block: fees and tips, then hooks.
fn close(mut host: Host, included: &[Included]) -> (Vec<Receipt>, Changes) {
    settle_fees(host.state(), included);
    let system = hooks::run_hooks(&mut host);
    (system, host.into_state().overlay.into_changes())
}

/// Burns the fees and pays the tips of a block, once for all its transactions.
fn settle_fees(state: &mut Execution, included: &[Included]) {
    let sum = |part: fn(&Receipt) -> Amount| {
        included.iter().map(|included| part(&included.receipt)).fold(0, Amount::saturating_add)
    };
    let (burnt, tips) = (sum(|receipt| receipt.burnt), sum(|receipt| receipt.tip));
    state.overlay.commit();
    if burnt > 0 {
        coin::burn(&mut state.overlay, burnt);
    }
    let (producer, minimum) = (state.environment.producer, state.environment.parameters.existential_deposit);
    coin::deposit(&mut state.overlay, &mut Vec::new(), &producer, tips, minimum);
}
