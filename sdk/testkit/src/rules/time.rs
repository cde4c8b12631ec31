//! a time belongs to what begins at it.

use crate::block::Transaction;
use crate::chain::TestChain;

/// shows a copy of the chain one millisecond before a time, at it, and one after it; the offset is -1, 0 or 1.
///
/// # Panics
/// If the time has passed already.
#[track_caller]
pub fn at_boundary(chain: &TestChain, time_ms: u64, mut check: impl FnMut(&mut TestChain, i64)) {
    for offset in [-1, 0, 1] {
        let mut chain = chain.clone();
        chain.set_time_ms(time_ms.checked_add_signed(offset).expect("a time that is not at the end of all numbers"));
        check(&mut chain, offset);
    }
}

/// a transaction must fail just before a time, and succeed at it and after it.
///
/// # Panics
/// If it does not.
#[track_caller]
pub fn opens_at(chain: &TestChain, start_ms: u64, transaction: &Transaction) {
    succeeds_only(chain, start_ms, transaction, [false, true, true]);
}

/// a transaction must succeed just before a time, and fail at it and after it.
///
/// # Panics
/// If it does not.
#[track_caller]
pub fn closes_at(chain: &TestChain, end_ms: u64, transaction: &Transaction) {
    succeeds_only(chain, end_ms, transaction, [true, false, false]);
}

#[track_caller]
fn succeeds_only(chain: &TestChain, time_ms: u64, transaction: &Transaction, expected: [bool; 3]) {
    let mut found = Vec::new();
    at_boundary(chain, time_ms, |chain, _| found.push(chain.run(transaction).is_ok()));
    let method = &transaction.method;
    assert_eq!(found, expected, "X-16: `{method}` just before {time_ms}, at it, and after it: whether it succeeds");
}
