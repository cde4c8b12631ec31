//! an upgrade keeps what there was.

use super::subject::Subject;
use crate::accounts::account;
use crate::chain::{TestChain, address};
use parity_scale_codec::Encode;
use tenon_engine::on_engine_stack;
use tenon_types::{AdminPolicy, keys};

/// replaces the code by the same under another hash, with what each sample's chain has stored. Storage must stay
/// as it is, byte for byte; every query must answer and every call end as before.
///
/// # Panics
/// If something is not as it was, or the module cannot be upgraded.
pub fn survives_upgrade(subject: &Subject) {
    on_engine_stack(|| {
        for sample in &subject.samples {
            let label = subject.label(sample);
            let chain = sample.quiet_chain();
            let mut upgraded = chain.clone();
            upgrade(&mut upgraded, subject);
            let stored = |chain: &TestChain| chain.storage_of(subject.instance);
            assert_eq!(stored(&upgraded), stored(&chain), "X-24: an upgrade changes what {} stores", subject.name);
            // As much later as the upgrade took.
            let mut before = sample.clone();
            before.chain.advance_blocks(u32::try_from(upgraded.height() - chain.height()).expect("a few blocks"));
            let after = super::Sample { chain: upgraded, ..sample.clone() };
            let (expected, found) = (before.ends(&sample.transaction), after.ends(&sample.transaction));
            assert_eq!(found, expected, "X-24: {label} ends otherwise after an upgrade");
        }
    });
}

/// Replaces an instance's code by the same with an empty section more, whoever its admin is.
fn upgrade(chain: &mut TestChain, subject: &Subject) {
    let admin = account("Upgrader");
    chain.set_coin(admin, 1_000_000_000_000_000);
    let mut record = chain.record(subject.instance);
    record.admin = AdminPolicy::Owner { owner: address(admin), delay_ms: 0 };
    chain.state.set(keys::instance(&address(subject.instance)).into(), Some(record.encode().into()));
    // A custom section of one byte, which is its empty name.
    let later = [subject.code.as_slice(), &[0, 1, 0]].concat();
    chain.from(admin).upgrade(subject.instance, &later, Vec::new()).expect_ok();
}
