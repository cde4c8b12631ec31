//! the same call gives the same result on an independent engine.

use super::subject::{Sample, Subject};
use crate::block::Transaction;
use crate::chain::TestChain;
use std::sync::Arc;
use tenon_engine::{ReferenceEngine, on_engine_stack};

impl TestChain {
    /// A copy of this chain that runs modules on another engine, written independently of that which nodes run. It is
    /// slow.
    #[must_use]
    pub fn on_reference_engine(&self) -> Self {
        let mut other = self.clone();
        other.engine = Arc::new(ReferenceEngine);
        other
    }
}

/// runs each sample on both engines: result, gas, events and state must be the same.
///
/// # Panics
/// If something differs.
pub fn agrees_on_both_engines(subject: &Subject) {
    on_engine_stack(|| {
        for sample in &subject.samples {
            let label = subject.label(sample);
            let here = ended(sample, sample.quiet_chain(), &sample.transaction);
            let there = ended(sample, sample.quiet_chain().on_reference_engine(), &sample.transaction);
            assert_eq!(here, there, "X-06: {label} differs on the reference engine");
        }
    });
}

/// Everything that came of a call: how it ended, its gas and events, and what changed.
fn ended(sample: &Sample, mut chain: TestChain, transaction: &Transaction) -> String {
    if sample.is_query() {
        return format!("{:?}", chain.query_bytes(transaction));
    }
    chain.set_invariant_checks(false);
    let before = chain.clone();
    let outcome = chain.run(transaction);
    format!("{outcome:?} {:?}", chain.changes_since(&before))
}
