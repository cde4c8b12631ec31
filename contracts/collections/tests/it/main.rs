//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod attacks;
mod behaviours;
mod create;
mod histories;
mod listings;
mod notary;
mod policy;
mod rights;
mod uses;
mod x_rows;

use collections::{CollectionsRef, NewCollection};
use tenon_contract::{Address, Call, Hash};
use tenon_testkit::{TestChain, alice, module_code};

/// A chain with the module, as a genesis has it.
fn chain() -> (TestChain, CollectionsRef) {
    let code = code();
    let chain = TestChain::with_modules(&[("collections", &code, CollectionsRef::init(None))]);
    (chain, CollectionsRef::at(TestChain::module_address("collections")))
}

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

/// A collection with the default of everything.
fn plain() -> NewCollection {
    NewCollection {
        name: "Paintings".into(),
        symbol: "ART".into(),
        base_uri: None,
        kind: None,
        mint: None,
        cap: None,
        burnable: None,
        document_hash: None,
        policy: None,
    }
}

fn create(items: CollectionsRef, new: NewCollection) -> Call<u64> {
    let NewCollection { name, symbol, base_uri, kind, mint, cap, burnable, document_hash, policy } = new;
    items.create(name, symbol, base_uri, kind, mint, cap, burnable, document_hash, policy)
}

/// Issues the next item of collection 1.
fn mint(items: CollectionsRef, to: Address) -> Call<u64> {
    items.mint(1, to, None, None, None)
}

/// A chain on which Alice has created collection 1.
fn created(new: NewCollection) -> (TestChain, CollectionsRef) {
    let (mut chain, items) = chain();
    assert_eq!(chain.from(alice()).call(create(items, new)).expect_ok(), 1);
    (chain, items)
}

/// A chain on which Alice has created collection 1 and owns its item 1.
fn issued() -> (TestChain, CollectionsRef) {
    let (mut chain, items) = created(plain());
    assert_eq!(chain.from(alice()).call(mint(items, alice())).expect_ok(), 1);
    (chain, items)
}

fn owner(chain: &TestChain, items: CollectionsRef, item: u64) -> Option<Address> {
    chain.query(items.owner_of(1, item)).expect("a query without errors")
}

fn hash(byte: u8) -> Hash {
    Hash::new([byte; 32])
}
