//! Tests of the module on the in-memory chain, with its real code, and with the host calling its hooks at the end of
//! each block. Invariants are checked after every step.

mod candidacy;
mod delegation;
mod election;
mod faults;
mod histories;
mod rewards;
mod x_rows;

use staking::{Books, StakingRef, Terms, UnbondingInfo};
use tenon_contract::{Address, Call};
use tenon_crypto::bls::BlsSecretKey;
use tenon_testkit::{TestChain, account, alice, bob, module_code};

/// The coin's whole unit.
const COIN: u128 = 1_000_000_000_000;
/// The least stake of the tests' terms.
const MINIMUM: u128 = 100 * COIN;
/// Blocks of an epoch.
const EPOCH: u32 = 10;
/// Twenty days in milliseconds.
const DAYS_20: u64 = 1_728_000_000;
/// What each block issues, unless a test says otherwise.
const REWARD: u128 = 1_000_000;

/// Two validators, a standby, and short epochs.
fn terms() -> Terms {
    Terms {
        minimum_stake: MINIMUM,
        validators: 2,
        standbys: 1,
        epoch_blocks: EPOCH,
        missed_views: 3,
        missed_votes: 4,
        evidence_epochs: 50,
        producer_bp: 0,
        ..Terms::default()
    }
}

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

/// A chain whose blocks end with the module's hook. The host's purse for what hooks store has coin.
fn chain_with(terms: Terms, reward: u128) -> (TestChain, StakingRef) {
    let epoch = terms.epoch_blocks;
    let chain = TestChain::with_modules(&[("staking", &code(), StakingRef::init(Some(terms)))]);
    let instance = TestChain::module_address("staking");
    let mut chain = chain.with_hook(instance, reward).with_epochs(epoch);
    chain.set_coin(Address::SYSTEM, 1_000 * COIN);
    (chain, StakingRef::at(instance))
}

fn chain() -> (TestChain, StakingRef) {
    chain_with(terms(), REWARD)
}

/// The BLS key of a name, and the proof that its secret is known.
fn key(name: &str) -> ([u8; 96], [u8; 48]) {
    let mut seed = [7; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    let secret = BlsSecretKey::from_seed(&seed);
    (secret.public_key().to_bytes(), secret.prove_possession().to_bytes())
}

/// The call by which somebody becomes a candidate with the key of a name, without commission.
fn registration(staking: StakingRef, name: &str, stake: u128) -> Call<()> {
    let (bls_key, proof) = key(name);
    staking.register(bls_key, proof, 0, format!("{name}.example:30333")).with_value(stake)
}

fn register(chain: &mut TestChain, staking: StakingRef, name: &str, stake: u128) {
    chain.from(account(name)).call(registration(staking, name, stake)).expect_ok();
}

fn delegate(chain: &mut TestChain, staking: StakingRef, who: Address, candidate: Address, amount: u128) {
    chain.from(who).call(staking.delegate(candidate).with_value(amount)).expect_ok();
}

/// Makes empty blocks.
fn blocks(chain: &mut TestChain, count: u32) {
    for _ in 0..count {
        drop(chain.block(&[]));
    }
}

/// Makes blocks until the next one is the first of an epoch, at least one.
fn end_epoch(chain: &mut TestChain) {
    blocks(chain, 1);
    while chain.height() % u64::from(EPOCH) != 1 {
        blocks(chain, 1);
    }
}

/// Alice, Bob and Charlie stand with 300, 200 and 100 coins, and the first two of them are the validators.
fn running() -> (TestChain, StakingRef) {
    let (mut chain, staking) = chain();
    for (name, stake) in [("Alice", 3), ("Bob", 2), ("Charlie", 1)] {
        register(&mut chain, staking, name, stake * MINIMUM);
    }
    end_epoch(&mut chain);
    assert_eq!(validators(&chain, staking, 1), [(alice(), 3 * MINIMUM), (bob(), 2 * MINIMUM)]);
    (chain, staking)
}

/// The validators of an epoch and their weights.
fn validators(chain: &TestChain, staking: StakingRef, epoch: u64) -> Vec<(Address, u128)> {
    let set = chain.query(staking.validators(epoch)).expect("there is a set");
    set.into_iter().map(|validator| (validator.account, validator.weight)).collect()
}

fn books(chain: &TestChain, staking: StakingRef) -> Books {
    chain.query(staking.books()).expect("a query")
}

/// What the books say that the instance holds. The invariant says no more than that it is there.
fn held(books: &Books) -> u128 {
    books.bonded + books.unbonding + books.rewards + books.credits + books.remainder + books.doomed
}

fn unbondings(chain: &TestChain, staking: StakingRef, who: Address) -> Vec<UnbondingInfo> {
    chain.query(staking.unbondings(who, None, None)).expect("a query")
}

fn bound(chain: &TestChain, staking: StakingRef, candidate: Address, who: Address) -> u128 {
    chain.query(staking.delegation(candidate, who)).expect("a query").bound
}

/// Evidence that a name's key was used for contradictory votes.
fn evidence(staking: StakingRef, name: &str, epoch: u64) -> Call<()> {
    staking.report_evidence(0, key(name).0, epoch, 7, vec![1, 2, 3])
}
