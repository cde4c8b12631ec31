//! Lines agreed on with the other's signature: good once, here, in time, and in the named party's hands alone.

use crate::{NET, code, found, founded, line, order, sign, terms, village};
use tenon_contract::{Address, Call};
use tenon_crypto::{Keypair, Scheme};
use tenon_testkit::{TestChain, alice, bob, by, charlie, eve, keypair, rules};
use trustlines::{
    Error, LineOrder, LineSet, LineTerms, MAX_ORDER_LIFETIME_MS, MAX_SWEPT, OrderCancelled, OwnerSignature,
    TrustlinesRef,
};

/// Alice's order for Bob, and her signature.
fn signed(chain: &TestChain, trustlines: TrustlinesRef) -> (LineOrder, OwnerSignature) {
    let order = order(chain, alice(), bob(), 7);
    (order, sign(chain, trustlines, &keypair("Alice"), order))
}

fn hand_in(chain: &TestChain, trustlines: TrustlinesRef, order: LineOrder) -> Call<()> {
    trustlines.agree(order, sign(chain, trustlines, &keypair("Alice"), order))
}

#[test]
fn agrees_in_one_transaction_with_the_others_signature() {
    let (mut chain, trustlines) = founded(village());
    let (order, signature) = signed(&chain, trustlines);
    let outcome = chain.from(bob()).call(trustlines.agree(order, signature));
    assert!(outcome.has(&LineSet { network: NET, one: alice(), other: bob(), terms: order.terms }));
    assert_eq!(line(&chain, trustlines, alice(), bob()).terms, terms(100, 150));
    assert_eq!(chain.query(trustlines.used_order(alice(), 7)), Ok(Some(order.deadline_ms)));
}

#[test]
fn takes_orders_that_are_signed_with_ed25519() {
    let (mut chain, trustlines) = founded(village());
    let keys = Keypair::from_suri(Scheme::Ed25519, "//Village").expect("a plain name derives a key");
    let order = order(&chain, Address::new(keys.account()), bob(), 0);
    let signature = sign(&chain, trustlines, &keys, order);
    chain.from(bob()).call(trustlines.agree(order, signature)).expect_ok();
}

#[test]
fn takes_an_order_once() {
    let (mut chain, trustlines) = founded(village());
    let (order, signature) = signed(&chain, trustlines);
    chain.from(bob()).call(trustlines.agree(order, signature.clone())).expect_ok();
    // Alice gives less; the order does not raise it again. Nor does it open a line anew that was closed.
    chain.from(alice()).call(trustlines.lower(NET, bob(), 1)).expect_ok();
    chain.from(bob()).call(trustlines.agree(order, signature.clone())).expect_error(Error::OrderUsed);
    chain.from(alice()).call(trustlines.close(NET, alice(), bob())).expect_ok();
    chain.from(bob()).call(trustlines.agree(order, signature)).expect_error(Error::OrderUsed);
    let other = LineOrder { terms: terms(5, 5), ..order };
    let call = hand_in(&chain, trustlines, other);
    chain.from(bob()).call(call).expect_error(Error::OrderUsed);
}

#[test]
fn takes_orders_from_who_is_named_alone() {
    let (mut chain, trustlines) = founded(village());
    let (order, signature) = signed(&chain, trustlines);
    for who in [alice(), charlie()] {
        chain.from(who).call(trustlines.agree(order, signature.clone())).expect_error(Error::NotAddressed);
    }
    let renamed = LineOrder { other: charlie(), ..order };
    chain.from(charlie()).call(trustlines.agree(renamed, signature)).expect_error(Error::InvalidSignature);
}

#[test]
fn refuses_forged_and_changed_orders() {
    let (mut chain, trustlines) = founded(village());
    let second = found(&mut chain, trustlines, village());
    let (order, signature) = signed(&chain, trustlines);
    let rate = LineTerms { rate_given_bps: 1, ..order.terms };
    let changed = [
        LineOrder { network: second, ..order },
        LineOrder { proposer: charlie(), ..order },
        LineOrder { terms: terms(101, 150), ..order },
        LineOrder { terms: rate, ..order },
        LineOrder { number: 8, ..order },
        LineOrder { deadline_ms: order.deadline_ms + 1, ..order },
    ];
    for changed in changed {
        chain.from(bob()).call(trustlines.agree(changed, signature.clone())).expect_error(Error::InvalidSignature);
    }
    let bobs_own = sign(&chain, trustlines, &keypair("Bob"), order);
    let OwnerSignature::Sr25519(mut bytes) = signature else { panic!("these keys are sr25519") };
    let other_scheme = OwnerSignature::Ed25519(bytes);
    bytes[0] ^= 1;
    for forged in [bobs_own, other_scheme, OwnerSignature::Sr25519(bytes), OwnerSignature::Sr25519([0; 64])] {
        chain.from(bob()).call(trustlines.agree(order, forged)).expect_error(Error::InvalidSignature);
    }
    let nobody = LineOrder { proposer: Address::ZERO, ..order };
    let signed_by_nobody = OwnerSignature::Ed25519([0; 64]);
    chain.from(bob()).call(trustlines.agree(nobody, signed_by_nobody.clone())).expect_error(Error::ZeroAddress);
    let oneself = LineOrder { proposer: bob(), ..order };
    chain.from(bob()).call(trustlines.agree(oneself, signed_by_nobody)).expect_error(Error::SameParty);
    assert!(chain.query(trustlines.line_of(NET, alice(), bob())).is_err(), "nothing came of any of them");
    assert_eq!(chain.query(trustlines.used_order(alice(), 7)), Ok(None));
}

#[test]
fn takes_nothing_twice_that_was_signed() {
    let (mut chain, trustlines) = founded(village());
    let own = TrustlinesRef::at(chain.from(eve()).deploy(&code(), TrustlinesRef::init(Some(village()))));
    let (order, signature) = signed(&chain, trustlines);
    rules::refuses_replay(&chain, &by(bob(), trustlines.agree(order, signature)), Some(own.address()));
}

#[test]
fn takes_no_order_after_its_deadline_swept_or_not() {
    let (mut chain, trustlines) = founded(village());
    let (order, signature) = signed(&chain, trustlines);
    rules::closes_at(&chain, order.deadline_ms, &by(bob(), trustlines.agree(order, signature.clone())));
    chain.from(bob()).call(trustlines.agree(order, signature.clone())).expect_ok();
    let sweep = || trustlines.sweep_orders(vec![(alice(), 7), (alice(), 8)]);
    assert_eq!(chain.from(eve()).call(sweep()).expect_ok(), 0, "too early");
    chain.set_time_ms(order.deadline_ms);
    assert_eq!(chain.from(eve()).call(sweep()).expect_ok(), 1);
    chain.from(bob()).call(trustlines.agree(order, signature)).expect_error(Error::OrderExpired);
    let many = vec![(alice(), 7); MAX_SWEPT + 1];
    chain.from(eve()).call(trustlines.sweep_orders(many)).expect_error(Error::TooMany);
}

#[test]
fn refuses_orders_for_longer_than_a_day() {
    let (chain, trustlines) = founded(village());
    let deadline_ms = chain.time_ms() + MAX_ORDER_LIFETIME_MS;
    for (deadline_ms, good) in [(deadline_ms + 1, false), (deadline_ms, true), (u64::MAX, false)] {
        let order = LineOrder { deadline_ms, ..order(&chain, alice(), bob(), deadline_ms) };
        let call = hand_in(&chain, trustlines, order);
        let mut copy = chain.clone();
        let outcome = copy.from(bob()).call(call);
        if good { outcome.expect_ok() } else { outcome.expect_error(Error::OrderTooLong) }
    }
}

#[test]
fn a_signer_takes_an_order_back() {
    let (mut chain, trustlines) = founded(village());
    let (order, signature) = signed(&chain, trustlines);
    chain.from(bob()).call(trustlines.cancel_order(order)).expect_error(Error::NotSigner);
    let outcome = chain.from(alice()).call(trustlines.cancel_order(order));
    assert!(outcome.has(&OrderCancelled { signer: alice(), number: 7 }));
    chain.from(alice()).call(trustlines.cancel_order(order)).expect_error(Error::OrderUsed);
    chain.from(bob()).call(trustlines.agree(order, signature)).expect_error(Error::OrderUsed);
    chain.set_time_ms(order.deadline_ms);
    chain.from(alice()).call(trustlines.cancel_order(order)).expect_error(Error::OrderExpired);
}

#[test]
fn an_order_is_bound_to_what_the_rules_ask_for() {
    let (mut chain, trustlines) = founded(village());
    let rate = LineTerms { rate_given_bps: 32_768, ..terms(1, 1) };
    let ended = LineTerms { expires_at_ms: Some(chain.time_ms()), ..terms(1, 1) };
    for (number, terms, network, error) in [
        (1, rate, NET, Error::InvalidRate),
        (2, ended, NET, Error::ExpiryPassed),
        (3, terms(1, 1), NET + 1, Error::UnknownNetwork),
    ] {
        let order = LineOrder { terms, network, ..order(&chain, alice(), bob(), number) };
        let call = hand_in(&chain, trustlines, order);
        chain.from(bob()).call(call).expect_error(error);
        assert_eq!(chain.query(trustlines.used_order(alice(), number)), Ok(None), "the number is not used up");
    }
}
