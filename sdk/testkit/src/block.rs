//! Blocks of several transactions, in an order that the test chooses, or in every order.

use crate::chain::{GAS_LIMIT, TestChain, address};
use crate::outcome::Outcome;
use tenon_contract::{Address, Amount, Call};
use tenon_types::{Call as ChainCall, ModulesCall};

/// Transactions that are tried in every order: 120 orders.
pub const MAX_REORDERED: usize = 5;

/// A call that an account makes, as a value: what blocks and rules are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Who signs.
    pub who: Address,
    /// Whom it calls.
    pub instance: Address,
    /// Which method.
    pub method: String,
    /// The encoded arguments.
    pub input: Vec<u8>,
    /// The native coin that goes with it.
    pub value: Amount,
    /// The most gas of the method.
    pub gas_limit: u64,
}

impl Transaction {
    /// An account's call.
    pub fn new<R>(who: Address, call: Call<R>) -> Self {
        let gas_limit = if call.gas == 0 { GAS_LIMIT } else { call.gas };
        Self {
            who,
            instance: call.address,
            method: call.method.to_owned(),
            input: call.input,
            value: call.value,
            gas_limit,
        }
    }

    /// The same from somebody else.
    #[must_use]
    pub fn signed_by(&self, who: Address) -> Self {
        Self { who, ..self.clone() }
    }

    /// The same to another instance.
    #[must_use]
    pub fn to(&self, instance: Address) -> Self {
        Self { instance, ..self.clone() }
    }

    /// The same with other arguments.
    #[must_use]
    pub fn with_input(&self, input: Vec<u8>) -> Self {
        Self { input, ..self.clone() }
    }

    /// The same with another amount of the native coin.
    #[must_use]
    pub fn with_value(&self, value: Amount) -> Self {
        Self { value, ..self.clone() }
    }

    /// The same with another limit of gas.
    #[must_use]
    pub fn with_gas(&self, gas_limit: u64) -> Self {
        Self { gas_limit, ..self.clone() }
    }

    /// As the chain has it.
    pub(crate) fn call(&self) -> ChainCall {
        ChainCall::Modules(ModulesCall::call {
            instance: address(self.instance),
            method: self.method.clone(),
            input: self.input.clone(),
            value: self.value,
            gas_limit: self.gas_limit,
        })
    }
}

/// An account's call, to be put in a block.
pub fn by<R>(who: Address, call: Call<R>) -> Transaction {
    Transaction::new(who, call)
}

impl TestChain {
    /// Makes one block of transactions in the order given, and tells how each ended.
    ///
    /// # Panics
    /// If an invariant does not hold afterwards, or a transaction may not stand in a block.
    #[track_caller]
    pub fn block(&mut self, transactions: &[Transaction]) -> Vec<Outcome<Vec<u8>>> {
        let calls: Vec<_> = transactions.iter().map(|transaction| (transaction.who, transaction.call())).collect();
        self.make_block(&calls)
    }

    /// Makes a block of one transaction.
    ///
    /// # Panics
    /// As [`TestChain::block`].
    #[track_caller]
    pub fn run(&mut self, transaction: &Transaction) -> Outcome<Vec<u8>> {
        self.make_block(&[(transaction.who, transaction.call())]).pop().expect("a block of one transaction")
    }

    /// Makes one block of the transactions in each order, on a copy of this chain for each, and shows what came of it.
    /// The outcomes are in the order in which the transactions are given, the order tells their places in the block.
    ///
    /// # Panics
    /// If there are more than [`MAX_REORDERED`], and as [`TestChain::block`].
    #[track_caller]
    pub fn every_order(
        &self,
        transactions: &[Transaction],
        mut check: impl FnMut(&mut Self, &[usize], &[Outcome<Vec<u8>>]),
    ) {
        for order in orders(transactions.len()) {
            let mut chain = self.clone();
            let block: Vec<_> = order.iter().map(|index| transactions[*index].clone()).collect();
            let mut outcomes: Vec<_> = order.iter().zip(chain.block(&block)).collect();
            outcomes.sort_by_key(|(index, _)| **index);
            let outcomes: Vec<_> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
            check(&mut chain, &order, &outcomes);
        }
    }
}

/// Every order of so many things, that in which they are given first.
///
/// # Panics
/// If there are more than [`MAX_REORDERED`].
pub fn orders(count: usize) -> Vec<Vec<usize>> {
    assert!(count <= MAX_REORDERED, "{count} things have too many orders, expected at most {MAX_REORDERED}");
    let mut orders = vec![Vec::new()];
    for _ in 0..count {
        let longer = |order: Vec<usize>| {
            let left = (0..count).filter(|next| !order.contains(next)).collect::<Vec<_>>();
            left.into_iter().map(move |next| [order.clone(), vec![next]].concat())
        };
        orders = orders.into_iter().flat_map(longer).collect();
    }
    orders
}
