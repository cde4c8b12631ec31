//! what others store costs nobody else anything, and who stores pays until it is taken away.

use crate::block::Transaction;
use crate::chain::TestChain;
use tenon_contract::Address;
use tenon_engine::on_engine_stack;

/// How much is stored before costs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dust {
    /// Entries at first.
    pub few: u64,
    /// Entries in the end.
    pub many: u64,
    /// By how much of a hundred the gas may grow, as longer numbers have more bytes.
    pub percent: u64,
}

impl Dust {
    /// From a thousand entries, which fill every page of a listing, to a hundred thousand; and two percent.
    pub const HUNDRED_THOUSAND: Self = Self { few: 1_000, many: 100_000, percent: 2 };
}

/// compares the gas of calls (and queries) when there are few entries, and when there are many. `grow` adds the
/// entries with numbers of a range; the operations may differ with the chain, such as in an identifier, but must be as
/// many.
///
/// # Panics
/// If one costs more than it did, or fails.
pub fn is_unmoved_by_dust(
    chain: &TestChain,
    dust: Dust,
    mut grow: impl FnMut(&mut TestChain, std::ops::Range<u64>) + Send,
    operations: impl Fn(&TestChain) -> Vec<Transaction> + Sync,
) {
    on_engine_stack(|| {
        let mut chain = chain.clone();
        chain.check_invariants_every(0);
        grow(&mut chain, 0..dust.few);
        let few = costs(&chain, &operations(&chain));
        grow(&mut chain, dust.few..dust.many);
        let many = costs(&chain, &operations(&chain));
        chain.check_invariants("the dust was stored");
        assert_eq!(few.len(), many.len(), "X-13: other operations with many entries");
        for ((method, cheap), (_, dear)) in few.into_iter().zip(many) {
            let most = cheap + cheap * dust.percent / 100;
            let Dust { few, many, .. } = dust;
            assert!(dear <= most, "X-13: `{method}` costs {cheap} gas with {few} entries and {dear} with {many}");
        }
    });
}

fn costs(chain: &TestChain, operations: &[Transaction]) -> Vec<(String, u64)> {
    let cost = |operation: &Transaction| {
        let outcome = chain.clone().run(operation);
        let gas = outcome.method_gas;
        if let Err(failure) = outcome.result {
            panic!("X-13: `{}` fails among dust: {failure}", operation.method);
        }
        (operation.method.clone(), gas)
    };
    operations.iter().map(cost).collect()
}

/// what the first transactions store must lock a deposit of who sends them, and the second ones must bring the
/// instance back to the bytes and the deposit that it had, and pay the deposit to who cleans up.
///
/// # Panics
/// If nothing is locked, or not all comes back.
#[track_caller]
pub fn returns_deposits(chain: &TestChain, instance: Address, store: &[Transaction], clean: &[Transaction]) {
    let mut chain = chain.clone();
    let stored =
        |chain: &TestChain| (chain.stored_entries(instance), chain.stored_bytes(instance), chain.deposit_of(instance));
    let before = stored(&chain);
    let paid = spend(&mut chain, store);
    let locked = chain.deposit_of(instance).saturating_sub(before.2);
    assert!(locked > 0, "X-14: nothing is locked for what is stored");
    assert_eq!(paid, i128::try_from(locked).unwrap_or(i128::MAX), "X-14: the deposit is not what the callers paid");
    let paid = spend(&mut chain, clean);
    assert_eq!(stored(&chain), before, "X-14: entries, bytes and deposit are not what they were");
    assert_eq!(paid, -i128::try_from(locked).unwrap_or(i128::MAX), "X-14: who cleans up does not get the deposit");
}

/// Runs transactions and returns what they cost their senders beside fees.
#[track_caller]
fn spend(chain: &mut TestChain, transactions: &[Transaction]) -> i128 {
    let mut spent = 0;
    for transaction in transactions {
        let before = chain.coin(transaction.who);
        let outcome = chain.run(transaction);
        let fee = outcome.fee;
        outcome.expect_ok();
        let signed = |amount: u128| i128::try_from(amount).expect("no account holds so much");
        spent += signed(before) - signed(chain.coin(transaction.who)) - signed(fee);
    }
    spent
}
