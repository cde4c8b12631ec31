//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod behaviours;
mod extensions;
mod histories;
mod issue;
mod mirror;
mod permit_vectors;
mod permits;
mod policy;
mod regulated;
mod rights;
mod x_rows;

use assets::{AssetsRef, BurnRight, Kind, MintRight};
use tenon_contract::Call;
use tenon_testkit::{TestChain, alice, module_code};

/// What most tests issue: 100 to Alice, as the suites of others do.
const SUPPLY: u128 = 100;

/// A chain with the module, as a genesis has it.
fn chain() -> (TestChain, AssetsRef) {
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let chain = TestChain::with_modules(&[("assets", &code, AssetsRef::init(None))]);
    (chain, AssetsRef::at(TestChain::module_address("assets")))
}

/// What an issuer may leave out.
#[derive(Clone, Default)]
struct Terms {
    kind: Option<Kind>,
    cap: Option<u128>,
    mint: Option<MintRight>,
    burn: Option<BurnRight>,
}

fn issue(assets: AssetsRef, supply: u128, terms: Terms) -> Call<u64> {
    let Terms { kind, cap, mint, burn } = terms;
    assets.issue("Gold".into(), "GOLD".into(), 2, supply, kind, cap, mint, burn, None, None, None)
}

/// A chain on which Alice has issued asset 1.
fn issued(terms: Terms) -> (TestChain, AssetsRef) {
    let (mut chain, assets) = chain();
    assert_eq!(chain.from(alice()).call(issue(assets, SUPPLY, terms)).expect_ok(), 1);
    (chain, assets)
}
