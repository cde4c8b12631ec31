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

/// makes so many transactions, each of which may depend on the chain before it, on both engines: how each ends,
/// and the whole state afterwards, must be the same.
///
/// # Panics
/// If something differs.
pub fn agrees_in_a_history(chain: &TestChain, steps: u32, mut next: impl FnMut(&TestChain) -> Transaction + Send) {
    on_engine_stack(|| {
        let mut there = chain.on_reference_engine();
        there.set_invariant_checks(false);
        compare(chain.clone(), there, steps, &mut next);
    });
}

fn compare(mut here: TestChain, mut there: TestChain, steps: u32, next: &mut dyn FnMut(&TestChain) -> Transaction) {
    for step in 1..=steps {
        let transaction = next(&here);
        let (one, other) = (here.run(&transaction), there.run(&transaction));
        let method = &transaction.method;
        assert_eq!(format!("{one:?}"), format!("{other:?}"), "X-06: `{method}` differs in step {step}");
        let (one, other) = (here.hooks(), there.hooks());
        assert_eq!(format!("{one:?}"), format!("{other:?}"), "X-06: the hooks differ in step {step}");
    }
    assert_eq!(here.digest(), there.digest(), "X-06: the states differ after {steps} steps");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{alice, by, module_code};
    use tenon_contract::{Call, Constructor};

    fn chain() -> (TestChain, Transaction) {
        let mut chain = TestChain::new();
        let code = module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/prober"));
        let prober = chain.from(alice()).deploy(&code, Constructor::new(&5u64));
        (chain, by(alice(), Call::<()>::new(prober, "surroundings", Vec::new(), false)))
    }

    #[test]
    fn passes_two_engines_that_do_the_same() {
        let (chain, transaction) = chain();
        agrees_in_a_history(&chain, 3, |_| transaction.clone());
    }

    #[test]
    #[should_panic(expected = "X-06: `surroundings` differs in step 1")]
    fn finds_a_result_that_differs() {
        let (chain, transaction) = chain();
        compare(chain.clone(), chain.elsewhere(), 3, &mut |_| transaction.clone());
    }

    #[test]
    #[should_panic(expected = "X-06: the states differ")]
    fn finds_a_state_that_differs() {
        let (chain, _) = chain();
        let mut other = chain.clone();
        other.set_coin(alice(), 1);
        compare(chain, other, 0, &mut |_| panic!("no step is made"));
    }
}
