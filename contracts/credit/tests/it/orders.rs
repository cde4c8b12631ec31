//! Signed orders: what several owners agree to, good once, here, in time, and as it was signed.

use crate::{
    ALICES, BOBS, DEBT_MS, HELD, code, credits, debt, founded, grant, order, output, sign, step, value, village,
};
use credit::{CreditRef, Error, Layer, MAX_ORDER_LIFETIME_MS, Order, OwnerSignature, Recorded, Witness};
use tenon_contract::Address;
use tenon_crypto::{Keypair, Scheme, Signature};
use tenon_testkit::{TestChain, alice, bob, by, dave, eve, rules};

/// Eve asks the agent Dave for 50 of his credit.
fn application() -> (TestChain, CreditRef, Order) {
    let (mut chain, credit) = founded(village());
    let agents = grant(&mut chain, credit, 500, dave());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let outputs = [value(50, eve()), debt(50, eve(), expires_at_ms), credits(450, dave())];
    let order = order(&chain, &[step(Layer::Circulation, &[agents], &outputs)]);
    (chain, credit, order)
}

#[test]
fn lets_either_hand_in_what_user_and_agent_agreed() {
    for sender in [eve(), dave(), bob()] {
        let (mut chain, credit, order) = application();
        let both = ["Eve", "Dave"].map(|who| sign(&chain, credit, who, &order)).to_vec();
        chain.from(sender).call(credit.submit(order, both, vec![], false)).expect_ok();
    }
    // Who hands it in may agree by it, and signs nothing then.
    for (sender, other) in [(eve(), "Dave"), (dave(), "Eve")] {
        let (mut chain, credit, order) = application();
        let others = vec![sign(&chain, credit, other, &order)];
        let silent = chain.from(sender).call(credit.submit(order.clone(), others.clone(), vec![], false));
        assert!(!silent.is_ok());
        chain.from(sender).call(credit.submit(order, others, vec![], true)).expect_ok();
    }
}

#[test]
fn lets_nobody_change_what_was_signed() {
    let (mut chain, credit, order) = application();
    let both = ["Eve", "Dave"].map(|who| sign(&chain, credit, who, &order)).to_vec();
    let mut outputs = order.clone();
    outputs.steps[0].outputs[0] = value(50, bob());
    let mut inputs = order.clone();
    inputs.steps[0].inputs.push(BOBS);
    let mut layer = order.clone();
    layer.steps[0].layer = Layer::Debt;
    let changed = [
        outputs,
        inputs,
        layer,
        Order { valid_until_ms: order.valid_until_ms + 1, ..order.clone() },
        Order { valid_from_ms: order.valid_from_ms - 1, ..order.clone() },
    ];
    for changed in changed {
        let outcome = chain.from(bob()).call(credit.submit(changed, both.clone(), vec![], false));
        outcome.expect_error(Error::InvalidSignature);
    }
    let OwnerSignature::Sr25519(bytes) = both[0].signature else { panic!("an sr25519 signature") };
    let disguised = Witness { who: eve(), signature: OwnerSignature::Ed25519(bytes) };
    let outcome = chain.from(bob()).call(credit.submit(order.clone(), vec![disguised], vec![], false));
    outcome.expect_error(Error::InvalidSignature);
    let nobody = Witness { who: Address::ZERO, ..both[0].clone() };
    let outcome = chain.from(bob()).call(credit.submit(order, vec![nobody], vec![], false));
    outcome.expect_error(Error::InvalidSignature);
}

#[test]
fn has_one_id_whoever_signs() {
    let (mut chain, credit, order) = application();
    let id = chain.query(credit.order_id(order.clone())).expect("a query");
    for _ in 0..2 {
        // sr25519 signatures differ each time.
        let both = ["Eve", "Dave"].map(|who| sign(&chain, credit, who, &order)).to_vec();
        let outcome = chain.clone().from(bob()).call(credit.submit(order.clone(), both, vec![], false));
        let spent = order.steps[0].inputs.clone();
        assert!(outcome.has(&Recorded { network: 1, order: id, spent, granted: 0, fee: 0 }));
    }
    let daves = vec![sign(&chain, credit, "Dave", &order)];
    let outcome = chain.from(eve()).call(credit.submit(order.clone(), daves, vec![], true));
    assert!(outcome.has(&Recorded { network: 1, order: id, spent: order.steps[0].inputs.clone(), granted: 0, fee: 0 }));
}

#[test]
fn is_good_once_on_one_chain_and_at_one_instance() {
    let (mut chain, credit, order) = application();
    let other = CreditRef::at(chain.from(alice()).deploy(&code(), CreditRef::init(Some(village()))));
    let both = ["Eve", "Dave"].map(|who| sign(&chain, credit, who, &order)).to_vec();
    rules::refuses_replay(
        &chain,
        &by(bob(), credit.submit(order.clone(), both.clone(), vec![], false)),
        Some(other.address()),
    );
    let elsewhere = chain.from(bob()).call(other.submit(order, both, vec![], false));
    elsewhere.expect_error(Error::InvalidSignature);
}

#[test]
fn spends_something_so_that_a_grant_is_not_repeated() {
    let (mut chain, credit) = founded(village());
    let bare = order(&chain, &[step(Layer::Circulation, &[1], &[credits(1, bob())])]);
    let witness = sign(&chain, credit, "Alice", &bare);
    let outcome = chain.from(bob()).call(credit.submit(bare, vec![witness], vec![], false));
    outcome.expect_error(Error::NothingSpent);
    let outputs = [credits(1, bob()), value(HELD, alice())];
    let spending = order(&chain, &[step(Layer::Circulation, &[1, ALICES], &outputs)]);
    let witness = sign(&chain, credit, "Alice", &spending);
    chain.from(bob()).call(credit.submit(spending.clone(), vec![witness.clone()], vec![], false)).expect_ok();
    let again = chain.from(bob()).call(credit.submit(spending, vec![witness], vec![], false));
    again.expect_error(Error::UnknownOutput);
}

#[test]
fn is_good_in_its_window_of_a_day_at_most() {
    let (mut chain, credit) = founded(village());
    chain.advance_ms(1_000_000);
    let now = chain.time_ms();
    let cases = [
        (now, now + 1, None),
        (now + 1, now + 2, Some(Error::OrderNotYetValid)),
        (now - 1, now, Some(Error::OrderExpired)),
        (0, 0, Some(Error::OrderExpired)),
        (u64::MAX, 0, Some(Error::OrderNotYetValid)),
        (now, now + MAX_ORDER_LIFETIME_MS, None),
        (now - 1, now + MAX_ORDER_LIFETIME_MS, Some(Error::OrderTooLong)),
        (0, u64::MAX, Some(Error::OrderTooLong)),
    ];
    for (valid_from_ms, valid_until_ms, expected) in cases {
        let steps = [step(Layer::Circulation, &[BOBS], &[value(HELD, eve())])];
        let order = Order { valid_from_ms, valid_until_ms, ..order(&chain, &steps) };
        let witness = sign(&chain, credit, "Bob", &order);
        let outcome = chain.clone().from(eve()).call(credit.submit(order, vec![witness], vec![], false));
        match expected {
            None => assert_eq!(outcome.expect_ok().len(), 1),
            Some(error) => outcome.expect_error(error),
        }
    }
}

#[test]
fn uses_nothing_of_a_carrier_who_does_not_consent() {
    let (mut chain, credit) = founded(village());
    let trap = order(&chain, &[step(Layer::Circulation, &[ALICES, BOBS], &[value(2 * HELD, eve())])]);
    let witness = sign(&chain, credit, "Alice", &trap);
    let outcome = chain.from(bob()).call(credit.submit(trap, vec![witness], vec![], false));
    outcome.expect_error(Error::NotAuthorised);
    assert!(output(&chain, credit, BOBS).is_some());
}

#[test]
fn takes_signatures_of_ed25519_keys() {
    let (mut chain, credit) = founded(village());
    let keys = Keypair::from_suri(Scheme::Ed25519, "//Purse").expect("a plain name derives a key");
    let who = Address::new(keys.account());
    let made = chain.from(bob()).call(crate::pay(credit, &[BOBS], &[value(HELD, who)])).expect_ok();
    let order = order(&chain, &[step(Layer::Circulation, &made, &[value(HELD, eve())])]);
    let message = chain.query(credit.order_message(order.clone())).expect("a query");
    let Signature::Ed25519(signature) = keys.sign(&message) else { panic!("an ed25519 key") };
    let witness = Witness { who, signature: OwnerSignature::Ed25519(signature) };
    chain.from(eve()).call(credit.submit(order, vec![witness], vec![], false)).expect_ok();
}

#[test]
fn uses_each_output_in_one_step_and_none_that_it_makes_itself() {
    let (mut chain, credit) = founded(village());
    let pay = |id, to| step(Layer::Circulation, &[id], &[value(HELD, to)]);
    let next = chain.query(credit.statistics(1)).expect("a query").outputs + 1;
    let cases = [
        (vec![pay(BOBS, eve()), pay(BOBS, dave())], Error::NamedTwice),
        (vec![pay(BOBS, bob()), pay(next, eve())], Error::UnknownOutput),
    ];
    for (steps, error) in cases {
        let order = order(&chain, &steps);
        chain.from(bob()).call(credit.submit(order, vec![], vec![], true)).expect_error(error);
    }
    let grants = |id| step(Layer::Circulation, &[id], &[credits(1, bob())]);
    let most = [pay(ALICES, alice()), grants(1), grants(2), grants(3)];
    assert_eq!(most.len(), credit::MAX_STEPS);
    let order = order(&chain, &most);
    assert_eq!(chain.from(alice()).call(credit.submit(order, vec![], vec![], true)).expect_ok().len(), 4);
    assert_eq!(chain.query(credit.statistics(1)).expect("a query").granted, 3);
}
