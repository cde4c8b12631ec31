//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod consent;
mod histories;
mod lines;
mod settle;
mod statistics;
mod transfers;
mod vectors;
mod x_rows;

use tenon_contract::{Address, Amount};
use tenon_crypto::{Keypair, Signature};
use tenon_testkit::{Outcome, TestChain, alice, bob, charlie, dave, eve, module_code};
use trustlines::{LineInfo, LineOrder, LineTerms, NewNetwork, OwnerSignature, Rules, TrustlinesRef};

/// The network of most tests.
const NET: u64 = 1;
/// A year of 365 days.
const YEAR_MS: u64 = 31_536_000_000;
/// The people of the vectors, in their order.
const PEOPLE: [fn() -> Address; 5] = [alice, bob, charlie, dave, eve];

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

/// A network with fees of a hundredth, and rates that parties agree on.
fn village() -> NewNetwork {
    let rules = Rules { fee_divisor: 100, fixed_rate_bps: None, freezer: None };
    NewNetwork { name: "Village".to_owned(), decimals: 2, rules }
}

/// A chain with the module, as a genesis has it.
fn chain() -> (TestChain, TrustlinesRef) {
    let chain = TestChain::with_modules(&[("trustlines", &code(), TrustlinesRef::init(None))]);
    (chain, TrustlinesRef::at(TestChain::module_address("trustlines")))
}

fn found(chain: &mut TestChain, trustlines: TrustlinesRef, new: NewNetwork) -> u64 {
    let NewNetwork { name, decimals, rules: Rules { fee_divisor, fixed_rate_bps, freezer } } = new;
    let call = trustlines.found(name, decimals, Some(fee_divisor), fixed_rate_bps, freezer);
    chain.from(alice()).call(call).expect_ok()
}

/// A chain on which Alice has founded a network.
fn founded(new: NewNetwork) -> (TestChain, TrustlinesRef) {
    let (mut chain, trustlines) = chain();
    assert_eq!(found(&mut chain, trustlines, new), NET);
    (chain, trustlines)
}

/// Terms without interest and expiry.
const fn terms(given: u64, received: u64) -> LineTerms {
    LineTerms { given, received, rate_given_bps: 0, rate_received_bps: 0, expires_at_ms: None }
}

/// Two agree on terms, which are as the first sees them.
fn agree(chain: &mut TestChain, trustlines: TrustlinesRef, (one, other): (Address, Address), terms: LineTerms) {
    chain.from(one).call(trustlines.propose(NET, other, terms, None)).expect_ok();
    chain.from(other).call(trustlines.accept(NET, one, terms)).expect_ok();
}

/// The network of the vectors: lines from Alice over Bob, Charlie and Dave to Eve, and from Eve to Alice.
fn lined(new: NewNetwork) -> (TestChain, TrustlinesRef) {
    let (mut chain, trustlines) = founded(new);
    let lines = [
        (alice(), bob(), 100, 150),
        (bob(), charlie(), 200, 250),
        (charlie(), dave(), 300, 350),
        (dave(), eve(), 400, 450),
        (alice(), eve(), 500, 550),
    ];
    for (one, other, given, received) in lines {
        agree(&mut chain, trustlines, (one, other), terms(given, received));
    }
    (chain, trustlines)
}

/// A chain on which Alice gives Bob 100 and he gives her 150, on other terms besides.
fn pair(change: impl FnOnce(&mut LineTerms, u64)) -> (TestChain, TrustlinesRef) {
    let (mut chain, trustlines) = founded(village());
    let mut terms = terms(100, 150);
    change(&mut terms, chain.time_ms());
    agree(&mut chain, trustlines, (alice(), bob()), terms);
    (chain, trustlines)
}

fn pay(
    chain: &mut TestChain,
    trustlines: TrustlinesRef,
    from: Address,
    value: u64,
    path: &[Address],
    max_fee: u64,
) -> Outcome<u64> {
    chain.from(from).call(trustlines.transfer(NET, value, path.to_vec(), Some(max_fee), None, None))
}

fn line(chain: &TestChain, trustlines: TrustlinesRef, who: Address, other: Address) -> LineInfo {
    chain.query(trustlines.line_of(NET, who, other)).expect("the line exists")
}

/// What the other owes somebody, in whole units.
fn balance(chain: &TestChain, trustlines: TrustlinesRef, who: Address, other: Address) -> i128 {
    line(chain, trustlines, who, other).balance
}

/// An order of somebody's for another, for a minute.
fn order(chain: &TestChain, proposer: Address, other: Address, number: u64) -> LineOrder {
    let deadline_ms = chain.time_ms() + 60_000;
    LineOrder { network: NET, proposer, other, terms: terms(100, 150), number, deadline_ms }
}

/// Signs an order, as a wallet does.
fn sign(chain: &TestChain, trustlines: TrustlinesRef, keys: &Keypair, order: LineOrder) -> OwnerSignature {
    let message = chain.query(trustlines.order_message(order)).expect("a query");
    match keys.sign(&message) {
        Signature::Sr25519(signature) => OwnerSignature::Sr25519(signature),
        Signature::Ed25519(signature) => OwnerSignature::Ed25519(signature),
        Signature::Secp256k1(_) => panic!("the module knows no such signatures"),
    }
}

/// Units as an amount of the coin or of an asset.
fn amount(units: i128) -> Amount {
    Amount::try_from(units).expect("not below zero")
}
