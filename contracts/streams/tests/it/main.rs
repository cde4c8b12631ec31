//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod histories;
mod names;
mod partitions;
mod registry;
mod rights;
mod x_rows;

use streams::{Level, MIN_COMMITMENT_MS, StreamsRef};
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, alice, module_code};

/// Every level.
const LEVELS: [Level; 5] = [Level::Edit, Level::Delete, Level::Publish, Level::Subscribe, Level::Grant];
/// The salt of commitments.
const SALT: Hash = Hash::new([9; 32]);
/// Somebody without coin.
const NOBODY: Address = Address::new([8; 32]);

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

/// A chain with the module, as a genesis has it.
fn chain() -> (TestChain, StreamsRef) {
    let chain = TestChain::with_modules(&[("streams", &code(), StreamsRef::init())]);
    (chain, StreamsRef::at(TestChain::module_address("streams")))
}

fn create(chain: &mut TestChain, streams: StreamsRef, owner: Address, partitions: u16) -> Hash {
    let call = streams.create("Weather".into(), Some("Oslo".into()), Some("{}".into()), Some(partitions));
    chain.from(owner).call(call).expect_ok()
}

/// A chain on which Alice has created a stream of four partitions.
fn created() -> (TestChain, StreamsRef, Hash) {
    let (mut chain, streams) = chain();
    let stream = create(&mut chain, streams, alice(), 4);
    (chain, streams, stream)
}

/// The same, and the time of the next block.
fn created_at() -> (TestChain, StreamsRef, Hash, u64) {
    let (chain, streams, stream) = created();
    let now = chain.time_ms();
    (chain, streams, stream, now)
}

fn may(chain: &TestChain, streams: StreamsRef, stream: Hash, who: Address, level: Level) -> bool {
    chain.query(streams.may(stream, who, level)).expect("the stream exists")
}

fn commit(chain: &mut TestChain, streams: StreamsRef, who: Address, name: &str) {
    let commitment = chain.query(streams.name_commitment(who, name.into(), SALT)).expect("a query");
    chain.from(who).call(streams.commit_name(commitment)).expect_ok();
}

/// Commits to a name, waits, and registers it.
fn register(chain: &mut TestChain, streams: StreamsRef, who: Address, name: &str, stream: Hash, years: u32) {
    commit(chain, streams, who, name);
    chain.advance_ms(MIN_COMMITMENT_MS);
    chain.from(who).call(streams.register_name(name.into(), stream, years, SALT)).expect_ok();
}
