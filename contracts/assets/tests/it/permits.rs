//! Signed approvals: what the permit suites of ERC-20 and EIP-712 demand, with this chain's keys and encoding.

use crate::{Terms, issued};
use assets::{Approval, AssetsRef, Error, OwnerSignature, Permit};
use tenon_contract::Address;
use tenon_testkit::{TestChain, account, alice, bob, charlie, keypair};

/// The suite's names, each of which has a test below.
const CASES: [(&str, &str); 6] = [
    ("initial nonce is 0", "counts_permits_from_zero"),
    ("domain separator", "is_good_on_one_chain_and_instance_only"),
    ("accepts owner signature", "accepts_the_owners_signature_from_anyone"),
    ("rejects reused signature", "refuses_a_permit_that_was_used"),
    ("rejects other signature", "refuses_signatures_of_others_and_of_other_permits"),
    ("rejects expired permit", "ends_at_its_deadline"),
];

#[test]
fn every_named_case_has_a_test() {
    let all: serde_json::Value = serde_json::from_str(include_str!("../../../../tests/vectors/oz_behaviours.json"))
        .expect("the vectors are JSON");
    let suite = &all["case_names"]["test/token/ERC20/extensions/ERC20Permit.test.js"];
    for case in suite.as_array().expect("the suite is listed") {
        let case = case.as_str().expect("a name");
        let (_, test) = CASES.iter().find(|(name, _)| case.ends_with(name)).expect("a test for the case");
        assert!(include_str!("permits.rs").contains(&format!("fn {test}()")), "{case}");
    }
}

pub(crate) fn permit(chain: &TestChain) -> Permit {
    let deadline_ms = chain.time_ms() + 60_000;
    let (owner, spender) = (alice(), bob());
    Permit { asset: 1, owner, spender, current: 0, new: 42, expires_at_ms: None, number: 0, deadline_ms }
}

pub(crate) fn sign(chain: &TestChain, assets: AssetsRef, who: &str, permit: &Permit) -> OwnerSignature {
    let message = chain.query(assets.permit_message(permit.clone())).expect("a query");
    let tenon_crypto::Signature::Sr25519(signature) = keypair(who).sign(&message) else { panic!("an sr25519 key") };
    OwnerSignature::Sr25519(signature)
}

#[test]
fn counts_permits_from_zero() {
    let (chain, assets) = issued(Terms::default());
    assert_eq!(chain.query(assets.permit_number(alice())), Ok(0));
}

#[test]
fn accepts_the_owners_signature_from_anyone() {
    let (mut chain, assets) = issued(Terms::default());
    let permit = permit(&chain);
    let signature = sign(&chain, assets, "Alice", &permit);
    let outcome = chain.from(charlie()).call(assets.permit(permit, signature));
    let event = Approval { asset: 1, owner: alice(), spender: bob(), amount: 42, expires_at_ms: None };
    assert!(outcome.has(&event));
    chain.from(bob()).call(assets.transfer_from(1, alice(), bob(), 42)).expect_ok();
    assert_eq!(chain.query(assets.permit_number(alice())), Ok(1));
}

#[test]
fn refuses_a_permit_that_was_used() {
    let (mut chain, assets) = issued(Terms::default());
    let permit = permit(&chain);
    let signature = sign(&chain, assets, "Alice", &permit);
    chain.from(bob()).call(assets.permit(permit.clone(), signature.clone())).expect_ok();
    chain.from(bob()).call(assets.transfer_from(1, alice(), bob(), 42)).expect_ok();
    chain.from(bob()).call(assets.permit(permit.clone(), signature.clone())).expect_error(Error::PermitNumber);
    let renumbered = Permit { number: 1, ..permit };
    chain.from(bob()).call(assets.permit(renumbered, signature)).expect_error(Error::InvalidSignature);
}

#[test]
fn refuses_signatures_of_others_and_of_other_permits() {
    let (mut chain, assets) = issued(Terms::default());
    let permit = permit(&chain);
    let others = sign(&chain, assets, "Charlie", &permit);
    chain.from(bob()).call(assets.permit(permit.clone(), others)).expect_error(Error::InvalidSignature);
    let signature = sign(&chain, assets, "Alice", &permit);
    let changed = [
        Permit { new: 43, ..permit.clone() },
        Permit { spender: account("Dave"), ..permit.clone() },
        Permit { deadline_ms: permit.deadline_ms + 1, ..permit.clone() },
        Permit { expires_at_ms: Some(u64::MAX), ..permit.clone() },
        Permit { owner: bob(), ..permit.clone() },
    ];
    for permit in changed {
        chain.from(bob()).call(assets.permit(permit, signature.clone())).expect_error(Error::InvalidSignature);
    }
    let OwnerSignature::Sr25519(bytes) = signature else { panic!("an sr25519 signature") };
    let disguised = OwnerSignature::Ed25519(bytes);
    chain.from(bob()).call(assets.permit(permit.clone(), disguised.clone())).expect_error(Error::InvalidSignature);
    let nobodys = Permit { owner: Address::ZERO, ..permit };
    chain.from(bob()).call(assets.permit(nobodys, disguised)).expect_error(Error::ZeroAddress);
}

#[test]
fn ends_at_its_deadline() {
    for (late_ms, accepted) in [(0, false), (1, false)].into_iter().chain([(-1, true)]) {
        let (mut chain, assets) = issued(Terms::default());
        let permit = permit(&chain);
        let signature = sign(&chain, assets, "Alice", &permit);
        chain.set_time_ms(permit.deadline_ms.checked_add_signed(late_ms).expect("in range"));
        let outcome = chain.from(bob()).call(assets.permit(permit, signature));
        if accepted { outcome.expect_ok() } else { outcome.expect_error(Error::PermitExpired) }
    }
}

#[test]
fn is_good_on_one_chain_and_instance_only() {
    let (mut chain, assets) = issued(Terms::default());
    let code = tenon_testkit::module_code(env!("CARGO_MANIFEST_DIR"));
    let other = AssetsRef::at(chain.from(alice()).deploy(&code, AssetsRef::init(None)));
    chain.from(alice()).call(crate::issue(other, 100, Terms::default())).expect_ok();
    let permit = permit(&chain);
    let signature = sign(&chain, assets, "Alice", &permit);
    chain.from(bob()).call(other.permit(permit.clone(), signature)).expect_error(Error::InvalidSignature);
    // The message names the chain: on another one the same bytes are another message.
    let message = chain.query(assets.permit_message(permit)).expect("a query");
    let domain = [chain.chain_id().as_ref(), assets.address().as_ref()].concat();
    assert!(message.windows(domain.len()).any(|bytes| bytes == domain));
}
