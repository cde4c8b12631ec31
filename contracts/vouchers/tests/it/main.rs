//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod behaviours;
mod histories;
mod issue;
mod orders;
mod packets;
mod policy;
mod redeem;
mod rights;
mod rules;
mod units;

use tenon_contract::Call;
use tenon_crypto::{Keypair, Signature};
use tenon_testkit::{TestChain, alice, module_code};
use vouchers::{NewKind, OwnerSignature, VouchersRef};

/// What most tests issue: 100 to Alice, as the suites of others do.
const UNITS: u64 = 100;

/// The module's code.
fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

/// A chain with the module, as a genesis has it.
fn chain() -> (TestChain, VouchersRef) {
    let code = code();
    let chain = TestChain::with_modules(&[("vouchers", &code, VouchersRef::init(None))]);
    (chain, VouchersRef::at(TestChain::module_address("vouchers")))
}

/// What most tests issue, unless they say otherwise.
fn coffee() -> NewKind {
    NewKind {
        name: "Coffee".into(),
        symbol: "CUP".into(),
        units: UNITS,
        cap: None,
        mint: None,
        burn: None,
        redeemer: None,
        valid_from_ms: None,
        valid_until_ms: None,
        transferable: None,
        document_hash: None,
        face: None,
        policy: None,
    }
}

fn issue(vouchers: VouchersRef, new: NewKind) -> Call<u64> {
    vouchers.issue(
        new.name,
        new.symbol,
        new.units,
        new.cap,
        new.mint,
        new.burn,
        new.redeemer,
        new.valid_from_ms,
        new.valid_until_ms,
        new.transferable,
        new.document_hash,
        new.face,
        new.policy,
    )
}

/// A chain on which Alice has issued kind 1.
fn issued(new: NewKind) -> (TestChain, VouchersRef) {
    let (mut chain, vouchers) = chain();
    assert_eq!(chain.from(alice()).call(issue(vouchers, new)).expect_ok(), 1);
    (chain, vouchers)
}

/// Signs what is handed in, as a wallet does.
fn sign_bytes(keys: &Keypair, message: &[u8]) -> OwnerSignature {
    match keys.sign(message) {
        Signature::Sr25519(signature) => OwnerSignature::Sr25519(signature),
        Signature::Ed25519(signature) => OwnerSignature::Ed25519(signature),
        Signature::Secp256k1(_) => panic!("the module knows no such signatures"),
    }
}
