//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod approvals;
mod atomicity;
mod histories;
mod issue;
mod limits;
mod policy;
mod rights;
mod rules;
mod values;

use lots::{BurnRight, LotsRef, MintRight, Terms};
use tenon_contract::{Address, Call};
use tenon_testkit::{TestChain, alice, module_code};

/// The class of ordinary shares in most tests.
const COMMON: u64 = 1;
/// The class of shares with other rights.
const PREFERRED: u64 = 2;

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

/// A chain with the module, as a genesis has it, but without the modules that policies need.
fn chain() -> (TestChain, LotsRef) {
    let chain = TestChain::with_modules(&[("lots", &code(), LotsRef::init(None))]);
    (chain, LotsRef::at(TestChain::module_address("lots")))
}

/// What an issuer may leave out.
#[derive(Clone, Default)]
struct Rights {
    mint: Option<MintRight>,
    burn: Option<BurnRight>,
    policy: Option<Terms>,
}

fn issue(lots: LotsRef, rights: Rights) -> Call<u64> {
    let Rights { mint, burn, policy } = rights;
    lots.issue("Acme Shares".into(), "ACME".into(), 0, None, mint, burn, None, policy)
}

/// Alice issues the next asset, with two classes.
fn issue_with_classes(chain: &mut TestChain, lots: LotsRef, rights: Rights) -> u64 {
    let asset = chain.from(alice()).call(issue(lots, rights)).expect_ok();
    for (class, name) in [(COMMON, "Common"), (PREFERRED, "Preferred")] {
        let opened = chain.from(alice()).call(lots.open_class(asset, name.into(), None)).expect_ok();
        assert_eq!(opened, class);
    }
    asset
}

/// A chain on which Alice has issued asset 1, with two classes and no lots.
fn issued(rights: Rights) -> (TestChain, LotsRef) {
    let (mut chain, lots) = chain();
    assert_eq!(issue_with_classes(&mut chain, lots, rights), 1);
    (chain, lots)
}

/// The same, and Alice has given lots of asset 1 to people: owner, class, value. The first lot is 1.
fn with_lots(given: &[(Address, u64, u128)]) -> (TestChain, LotsRef) {
    let (mut chain, lots) = issued(Rights::default());
    for (id, (owner, class, value)) in (1..).zip(given) {
        assert_eq!(chain.from(alice()).call(lots.mint(1, *class, *owner, *value)).expect_ok(), id);
    }
    (chain, lots)
}

/// Owner and value of a lot, if it exists.
fn state(chain: &TestChain, lots: LotsRef, lot: u64) -> Option<(Address, u128)> {
    let owner = chain.query(lots.owner_of(lot)).expect("a query without errors");
    let value = chain.query(lots.value_of(lot)).expect("a query without errors");
    assert_eq!(owner.is_some(), value > 0, "a lot that exists is worth something");
    owner.map(|owner| (owner, value))
}
