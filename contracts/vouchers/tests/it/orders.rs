//! Signed orders to redeem, as a gate takes them: good once, here, in time, and in the named redeemer's hands alone.

use crate::{UNITS, coffee, issue, issued, sign_bytes};
use tenon_contract::Address;
use tenon_crypto::{Keypair, Scheme};
use tenon_testkit::{TestChain, alice, bob, charlie, keypair, module_code};
use vouchers::{
    Error, MAX_ORDER_LIFETIME_MS, NewKind, OrderCancelled, OwnerSignature, RedeemOrder, Redeemed, VouchersRef,
};

/// Alice has issued 100 tickets, for which Bob stands at the gate. Charlie holds 10.
fn gate() -> (TestChain, VouchersRef) {
    let (mut chain, vouchers) = issued(NewKind { redeemer: Some(bob()), ..coffee() });
    chain.from(alice()).call(vouchers.transfer(1, charlie(), 10)).expect_ok();
    (chain, vouchers)
}

/// An order of Charlie's, for Bob, of one unit, for a minute.
pub(crate) fn order(chain: &TestChain, id: u64) -> RedeemOrder {
    let deadline_ms = chain.time_ms() + 60_000;
    let (holder, redeemer) = (charlie(), bob());
    RedeemOrder { kind: 1, holder, redeemer, units: 1, id, deadline_ms, reference: Some("row 5".into()) }
}

/// Charlie's signature over an order.
pub(crate) fn sign(chain: &TestChain, vouchers: VouchersRef, order: &RedeemOrder) -> OwnerSignature {
    let message = chain.query(vouchers.order_message(order.clone())).expect("a query");
    sign_bytes(&keypair("Charlie"), &message)
}

#[test]
fn redeems_by_the_holders_order() {
    let (mut chain, vouchers) = gate();
    let order = order(&chain, 7);
    let signature = sign(&chain, vouchers, &order);
    assert_eq!(chain.query(vouchers.used_order(charlie(), 7)), Ok(None));
    let outcome = chain.from(bob()).call(vouchers.redeem_order(order.clone(), signature));
    let reference = Some("row 5".into());
    assert!(outcome.has(&Redeemed { kind: 1, holder: charlie(), by: bob(), number: 1, units: 1, reference }));
    assert_eq!((outcome.emitted().len(), outcome.expect_ok()), (1, 1));
    assert_eq!(chain.query(vouchers.balance_of(1, charlie())), Ok(9));
    assert_eq!(chain.query(vouchers.used_order(charlie(), 7)), Ok(Some(order.deadline_ms)));
}

#[test]
fn takes_orders_that_are_signed_with_ed25519() {
    let (mut chain, vouchers) = gate();
    let keys = Keypair::from_suri(Scheme::Ed25519, "//Gate").expect("a plain name derives a key");
    let holder = Address::new(keys.account());
    chain.from(charlie()).call(vouchers.transfer(1, holder, 1)).expect_ok();
    let order = RedeemOrder { holder, ..order(&chain, 0) };
    let message = chain.query(vouchers.order_message(order.clone())).expect("a query");
    let signature = sign_bytes(&keys, &message);
    assert_eq!(chain.from(bob()).call(vouchers.redeem_order(order, signature)).expect_ok(), 1);
}

#[test]
fn takes_many_outstanding_orders_in_any_sequence() {
    let (mut chain, vouchers) = gate();
    let ids = [u64::MAX, 3, 0, 9, 1];
    let orders = ids.map(|id| order(&chain, id));
    let signed = orders.map(|order| (sign(&chain, vouchers, &order), order));
    for (number, (signature, order)) in (1..).zip(signed) {
        assert_eq!(chain.from(bob()).call(vouchers.redeem_order(order, signature)).expect_ok(), number);
    }
    assert_eq!(chain.query(vouchers.balance_of(1, charlie())), Ok(5));
}

#[test]
fn takes_an_order_once() {
    let (mut chain, vouchers) = gate();
    let order = order(&chain, 7);
    let signature = sign(&chain, vouchers, &order);
    chain.from(bob()).call(vouchers.redeem_order(order.clone(), signature.clone())).expect_ok();
    for _ in 0..2 {
        let again = chain.from(bob()).call(vouchers.redeem_order(order.clone(), signature.clone()));
        again.expect_error(Error::OrderUsed);
    }
    // Nor is another of the same number good, however it is signed.
    let other = RedeemOrder { units: 2, ..order };
    let signature = sign(&chain, vouchers, &other);
    chain.from(bob()).call(vouchers.redeem_order(other, signature)).expect_error(Error::OrderUsed);
    assert_eq!(chain.query(vouchers.balance_of(1, charlie())), Ok(9));
}

#[test]
fn takes_no_order_after_its_deadline_swept_or_not() {
    for (late_ms, accepted) in [(-1, true), (0, false), (1, false)] {
        let (mut chain, vouchers) = gate();
        let order = order(&chain, 7);
        let signature = sign(&chain, vouchers, &order);
        chain.set_time_ms(order.deadline_ms.checked_add_signed(late_ms).expect("in range"));
        let outcome = chain.from(bob()).call(vouchers.redeem_order(order.clone(), signature.clone()));
        if accepted {
            assert_eq!(outcome.expect_ok(), 1)
        } else {
            outcome.expect_error(Error::OrderExpired)
        }
        chain.from(alice()).call(vouchers.sweep_orders(vec![(charlie(), 7)])).expect_ok();
        let again = chain.from(bob()).call(vouchers.redeem_order(order, signature));
        again.expect_error(Error::OrderExpired);
    }
}

#[test]
fn takes_orders_from_the_redeemer_that_they_name_alone() {
    let (mut chain, vouchers) = gate();
    let named = order(&chain, 7);
    let signature = sign(&chain, vouchers, &named);
    for thief in [alice(), charlie()] {
        let stolen = chain.from(thief).call(vouchers.redeem_order(named.clone(), signature.clone()));
        stolen.expect_error(Error::NotRedeemer);
        let renamed = RedeemOrder { redeemer: thief, ..named.clone() };
        chain.from(thief).call(vouchers.redeem_order(renamed, signature.clone())).expect_error(Error::NotRedeemer);
    }
    // An order for another is not good at this gate, though its holder signed it.
    let others = RedeemOrder { redeemer: alice(), ..named };
    let signature = sign(&chain, vouchers, &others);
    chain.from(bob()).call(vouchers.redeem_order(others.clone(), signature.clone())).expect_error(Error::NotRedeemer);
    chain.from(alice()).call(vouchers.redeem_order(others, signature)).expect_error(Error::NotRedeemer);
}

#[test]
fn takes_no_orders_of_a_kind_without_redeemer() {
    let (mut chain, vouchers) = gate();
    chain.from(charlie()).call(issue(vouchers, coffee())).expect_ok();
    let order = RedeemOrder { kind: 2, ..order(&chain, 7) };
    let signature = sign(&chain, vouchers, &order);
    chain.from(bob()).call(vouchers.redeem_order(order.clone(), signature.clone())).expect_error(Error::NotRedeemer);
    let unknown = RedeemOrder { kind: 3, ..order };
    chain.from(bob()).call(vouchers.redeem_order(unknown, signature)).expect_error(Error::UnknownKind);
}

#[test]
fn refuses_signatures_of_others_and_of_other_orders() {
    let (mut chain, vouchers) = gate();
    chain.from(alice()).call(issue(vouchers, NewKind { redeemer: Some(bob()), ..coffee() })).expect_ok();
    let order = order(&chain, 7);
    let message = chain.query(vouchers.order_message(order.clone())).expect("a query");
    let others = sign_bytes(&keypair("Bob"), &message);
    chain.from(bob()).call(vouchers.redeem_order(order.clone(), others)).expect_error(Error::InvalidSignature);
    let signature = sign(&chain, vouchers, &order);
    let changed = [
        RedeemOrder { kind: 2, ..order.clone() },
        RedeemOrder { holder: alice(), ..order.clone() },
        RedeemOrder { units: 2, ..order.clone() },
        RedeemOrder { id: 8, ..order.clone() },
        RedeemOrder { deadline_ms: order.deadline_ms + 1, ..order.clone() },
        RedeemOrder { reference: None, ..order.clone() },
    ];
    for order in changed {
        let outcome = chain.from(bob()).call(vouchers.redeem_order(order, signature.clone()));
        outcome.expect_error(Error::InvalidSignature);
    }
    let OwnerSignature::Sr25519(bytes) = signature else { panic!("an sr25519 signature") };
    let disguised = OwnerSignature::Ed25519(bytes);
    let outcome = chain.from(bob()).call(vouchers.redeem_order(order.clone(), disguised.clone()));
    outcome.expect_error(Error::InvalidSignature);
    let nobodys = RedeemOrder { holder: Address::ZERO, ..order };
    chain.from(bob()).call(vouchers.redeem_order(nobodys, disguised)).expect_error(Error::ZeroAddress);
    assert_eq!(chain.query(vouchers.redeemed_units(1)), Ok(0));
}

#[test]
fn is_good_on_one_chain_and_instance_only() {
    let (mut chain, vouchers) = gate();
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let new = NewKind { redeemer: Some(bob()), ..coffee() };
    let other = VouchersRef::at(chain.from(charlie()).deploy(&code, VouchersRef::init(Some(new))));
    let order = order(&chain, 7);
    let signature = sign(&chain, vouchers, &order);
    let elsewhere = chain.from(bob()).call(other.redeem_order(order.clone(), signature));
    elsewhere.expect_error(Error::InvalidSignature);
    // The same order, signed for a chain with another genesis.
    let mut message = chain.query(vouchers.order_message(order.clone())).expect("a query");
    let id: [u8; 32] = chain.chain_id().into();
    let at = message.windows(id.len()).position(|bytes| bytes == id).expect("the message names the chain");
    message[at] ^= 1;
    let foreign = sign_bytes(&keypair("Charlie"), &message);
    chain.from(bob()).call(vouchers.redeem_order(order.clone(), foreign)).expect_error(Error::InvalidSignature);
    message[at] ^= 1;
    let home = sign_bytes(&keypair("Charlie"), &message);
    chain.from(bob()).call(vouchers.redeem_order(order, home)).expect_ok();
}

#[test]
fn leaves_an_order_unused_that_cannot_be_redeemed_yet() {
    let (mut chain, vouchers) = gate();
    let order = RedeemOrder { units: 11, ..order(&chain, 7) };
    let signature = sign(&chain, vouchers, &order);
    let outcome = chain.from(bob()).call(vouchers.redeem_order(order.clone(), signature.clone()));
    outcome.expect_error(Error::InsufficientUnits);
    chain.from(alice()).call(vouchers.transfer(1, charlie(), 1)).expect_ok();
    assert_eq!(chain.from(bob()).call(vouchers.redeem_order(order, signature)).expect_ok(), 1);
    assert_eq!(chain.query(vouchers.balance_of(1, charlie())), Ok(0));
}

#[test]
fn holds_orders_to_the_rules_of_redeeming() {
    let (mut chain, vouchers) = gate();
    let start = chain.time_ms() + 50_000;
    let new = NewKind { redeemer: Some(bob()), valid_from_ms: Some(start), ..coffee() };
    chain.from(charlie()).call(issue(vouchers, new)).expect_ok();
    let cases = [
        (RedeemOrder { units: 0, ..order(&chain, 1) }, Error::ZeroUnits),
        (RedeemOrder { units: u64::MAX, ..order(&chain, 2) }, Error::InsufficientUnits),
        (RedeemOrder { reference: Some("r".repeat(129)), ..order(&chain, 3) }, Error::InvalidReference),
        (RedeemOrder { kind: 2, ..order(&chain, 4) }, Error::NotYetValid),
        (RedeemOrder { deadline_ms: u64::MAX, ..order(&chain, 5) }, Error::OrderTooLong),
    ];
    for (order, error) in cases {
        let signature = sign(&chain, vouchers, &order);
        chain.from(bob()).call(vouchers.redeem_order(order, signature)).expect_error(error);
    }
    assert_eq!(chain.query(vouchers.balance_of(1, alice())), Ok(UNITS - 10));
}

#[test]
fn keeps_a_number_for_a_year_at_most() {
    for (ahead_ms, accepted) in [(0, true), (1, false)] {
        let (mut chain, vouchers) = gate();
        let order = RedeemOrder { deadline_ms: chain.time_ms() + MAX_ORDER_LIFETIME_MS + ahead_ms, ..order(&chain, 1) };
        let signature = sign(&chain, vouchers, &order);
        let outcome = chain.from(bob()).call(vouchers.redeem_order(order, signature));
        if accepted { assert_eq!(outcome.expect_ok(), 1) } else { outcome.expect_error(Error::OrderTooLong) }
    }
}

#[test]
fn lets_anyone_sweep_used_orders_after_their_deadline_for_the_deposit() {
    let (mut chain, vouchers) = gate();
    let order = order(&chain, 7);
    let signature = sign(&chain, vouchers, &order);
    chain.from(bob()).call(vouchers.redeem_order(order.clone(), signature)).expect_ok();
    let entries = chain.stored_entries(vouchers.address());
    let list = vec![(charlie(), 7), (charlie(), 8), (bob(), 7), (charlie(), 7)];
    chain.set_time_ms(order.deadline_ms - 1);
    assert_eq!(chain.from(alice()).call(vouchers.sweep_orders(list.clone())).expect_ok(), 0);
    assert_eq!(chain.stored_entries(vouchers.address()), entries);
    let before = chain.coin(alice());
    let outcome = chain.from(alice()).call(vouchers.sweep_orders(list));
    let fee = outcome.fee;
    assert_eq!(outcome.expect_ok(), 1);
    assert_eq!(chain.stored_entries(vouchers.address()), entries - 1);
    assert!(chain.coin(alice()) + fee > before, "the deposit came back");
}

#[test]
fn frees_a_number_with_the_deadline_of_its_order() {
    let (mut chain, vouchers) = gate();
    let first = order(&chain, 7);
    let signature = sign(&chain, vouchers, &first);
    chain.from(bob()).call(vouchers.redeem_order(first.clone(), signature)).expect_ok();
    let second = RedeemOrder { deadline_ms: first.deadline_ms + 60_000, ..first.clone() };
    let signature = sign(&chain, vouchers, &second);
    let early = chain.from(bob()).call(vouchers.redeem_order(second.clone(), signature.clone()));
    early.expect_error(Error::OrderUsed);
    chain.set_time_ms(first.deadline_ms);
    chain.from(bob()).call(vouchers.redeem_order(second.clone(), signature.clone())).expect_ok();
    chain.from(bob()).call(vouchers.redeem_order(second, signature)).expect_error(Error::OrderUsed);
}

#[test]
fn lets_the_holder_cancel_an_order() {
    let (mut chain, vouchers) = gate();
    let order = order(&chain, 7);
    let signature = sign(&chain, vouchers, &order);
    for other in [alice(), bob()] {
        chain.from(other).call(vouchers.cancel_order(order.clone())).expect_error(Error::NotHolder);
    }
    let outcome = chain.from(charlie()).call(vouchers.cancel_order(order.clone()));
    assert!(outcome.has(&OrderCancelled { holder: charlie(), id: 7 }));
    chain.from(bob()).call(vouchers.redeem_order(order.clone(), signature)).expect_error(Error::OrderUsed);
    chain.from(charlie()).call(vouchers.cancel_order(order.clone())).expect_error(Error::OrderUsed);
    chain.set_time_ms(order.deadline_ms);
    chain.from(charlie()).call(vouchers.cancel_order(order)).expect_error(Error::OrderExpired);
    // Also one that is presented long after: its number is kept until then, at the holder's own cost.
    let long = RedeemOrder { deadline_ms: u64::MAX, ..self::order(&chain, 8) };
    chain.from(charlie()).call(vouchers.cancel_order(long)).expect_ok();
    assert_eq!(chain.query(vouchers.used_order(charlie(), 8)), Ok(Some(u64::MAX)));
}
