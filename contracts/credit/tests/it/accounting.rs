//! The cases of the vectors, each by the pure sums and on the chain; and the sums at the ends of their range.

use crate::{ALICES, DEBT_MS, act, credits, debt, founded, grant, pay, sources, value, village};
use credit::{CreditRef, Debt, Element, Error, Layer, NewOutput, Recorded, Sums, circulating};
use proptest::prelude::*;
use serde_json::Value;
use tenon_contract::{Address, Amount};
use tenon_testkit::{TestChain, alice};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/whitepaper_rules.json")).expect("the vectors are JSON")
}

fn amount_of(part: &Value) -> Amount {
    Amount::from(part["amount"].as_u64().expect("an amount"))
}

fn layer_of(name: &Value) -> Layer {
    match name.as_str().expect("a layer") {
        "flow" => Layer::Circulation,
        "debt" => Layer::Debt,
        "admin" => Layer::Admin,
        other => panic!("the layer {other}"),
    }
}

fn element_of(part: &Value) -> Element {
    match part["kind"].as_str().expect("a kind") {
        "value" => Element::Value,
        "credit" => Element::Credit,
        "debt" => Element::Debt(Debt { debtor: Address::ZERO, expires_at_ms: 0, renormaliser: None }),
        other => panic!("the kind {other}"),
    }
}

fn parts<'a>(case: &'a Value, side: &str) -> &'a [Value] {
    case[side].as_array().expect("a list")
}

fn sums_of(case: &Value) -> Sums {
    let mut sums = Sums::default();
    for part in parts(case, "in") {
        let (step, from) = (layer_of(&case["layer"]), layer_of(&part["layer"]));
        sums.add_input(step, from, &element_of(part), amount_of(part)).expect("small numbers");
    }
    for part in parts(case, "out") {
        sums.add_output(&element_of(part), amount_of(part)).expect("small numbers");
    }
    sums
}

/// The first principle that a case says is broken, in the order in which the module looks at them.
fn expected_error(expect: &Value) -> Option<Error> {
    let broken = |name: &str| expect[name] == Value::Bool(false);
    let first = [
        ("credit_not_created", Error::CreditCreated),
        ("credit_principle", Error::DebtWithoutCredit),
        ("value_principle", Error::ValueCreated),
    ];
    let found = first.into_iter().find(|(name, _)| broken(name)).map(|(_, error)| error);
    assert_eq!(found.is_none(), expect["valid"] == Value::Bool(true));
    found
}

#[test]
fn every_case_of_the_vectors_ends_as_it_says() {
    let vectors = vectors();
    let cases = vectors["valuecyber_accounting"]["cases"].as_array().expect("cases");
    assert!(cases.len() >= 10);
    for case in cases {
        let (sums, expect) = (sums_of(case), &case["expect"]);
        let name = &case["name"];
        match sums.fee() {
            Ok(fee) => assert_eq!(i128::try_from(fee).ok(), expect["fee"].as_i64().map(i128::from), "{name}"),
            Err(error) => {
                assert_eq!(error, Error::ValueCreated, "{name}");
                assert!(expect["fee"].as_i64().is_some_and(|fee| fee < 0), "{name}");
            }
        }
        assert_eq!(Some(sums.debt_out), expect["net_debt"].as_u64().map(Amount::from), "{name}");
        let net_credit = sums.net_credit().expect("no case creates credit");
        assert_eq!(Some(net_credit), expect["net_credit"].as_u64().map(Amount::from), "{name}");
        assert_eq!(sums.check().err(), expected_error(expect), "{name}");
    }
}

/// Alice's next output of value, from which amounts are split off.
struct Purse {
    id: u64,
    rest: Amount,
}

impl Purse {
    fn split(&mut self, chain: &mut TestChain, credit: CreditRef, amount: Amount) -> u64 {
        self.rest -= amount;
        let outputs = [value(amount, alice()), value(self.rest, alice())];
        let made = chain.from(alice()).call(pay(credit, &[self.id], &outputs)).expect_ok();
        self.id = made[1];
        made[0]
    }

    /// Makes an output as an input of a case is.
    fn provide(&mut self, chain: &mut TestChain, credit: CreditRef, part: &Value) -> u64 {
        let amount = amount_of(part);
        match (element_of(part), layer_of(&part["layer"])) {
            (Element::Value, Layer::Circulation) => self.split(chain, credit, amount),
            (Element::Credit, Layer::Circulation) => grant(chain, credit, amount, alice()),
            (Element::Credit, Layer::Admin) => sources(amount)[0],
            (Element::Debt(_), Layer::Circulation) => crate::borrow(chain, credit, amount, alice()).1,
            other => panic!("no case has {other:?}"),
        }
    }
}

#[test]
fn every_case_of_the_vectors_ends_so_on_the_chain() {
    let vectors = vectors();
    for case in vectors["valuecyber_accounting"]["cases"].as_array().expect("cases") {
        let (mut chain, credit) = founded(village());
        let mut purse = Purse { id: ALICES, rest: crate::HELD };
        let inputs: Vec<u64> = parts(case, "in").iter().map(|part| purse.provide(&mut chain, credit, part)).collect();
        let expires_at_ms = chain.time_ms() + DEBT_MS;
        let made = |part: &Value| match element_of(part) {
            Element::Value => value(amount_of(part), alice()),
            Element::Credit => credits(amount_of(part), alice()),
            Element::Debt(_) => debt(amount_of(part), alice(), expires_at_ms),
        };
        let outputs: Vec<NewOutput> = parts(case, "out").iter().map(made).collect();
        let before = chain.query(credit.statistics(1)).expect("a query");
        let outcome = chain.from(alice()).call(act(credit, layer_of(&case["layer"]), &inputs, &outputs));
        let after = chain.query(credit.statistics(1)).expect("a query");
        match expected_error(&case["expect"]) {
            // Without inputs there is nothing that could cover anything.
            Some(_) if inputs.is_empty() => outcome.expect_error(Error::EmptyStep),
            Some(error) => outcome.expect_error(error),
            None => {
                assert_eq!(outcome.count_of::<Recorded>(), 1);
                outcome.expect_ok();
                assert_eq!(Some(after.fees - before.fees), case["expect"]["fee"].as_u64().map(Amount::from));
            }
        }
    }
}

#[test]
fn sources_make_up_every_amount_of_the_vectors() {
    let vectors = vectors();
    let units = vectors["valuecyber_credit_source"]["admin_layer_units"].as_array().expect("units");
    let (chain, credit) = founded(village());
    let found = chain.query(credit.outputs(1, None, Some(16))).expect("a query");
    assert_eq!(found.len(), units.len());
    for ((_, source), unit) in found.iter().zip(units) {
        assert_eq!((source.layer, Some(source.amount)), (Layer::Admin, unit.as_u64().map(Amount::from)));
    }
    let sum: Amount = found.iter().map(|(_, source)| source.amount).sum();
    assert_eq!(Some(sum), vectors["valuecyber_credit_source"]["max_combined"].as_u64().map(Amount::from));
}

#[test]
fn circulating_value_is_that_of_the_vectors() {
    for case in vectors()["valuecyber_supply"]["cases"].as_array().expect("cases") {
        let number = |name: &str| Amount::from(case[name].as_u64().expect("a number"));
        let found = circulating(number("total_value"), number("locked"), number("debt"));
        assert_eq!(found, Some(number("circulating")));
    }
    assert_eq!(circulating(5, 6, 0), None);
    assert_eq!(circulating(Amount::MAX, 0, 1), None);
}

#[test]
fn sums_do_not_wrap() {
    for edge in [1 << 63, 1 << 64, 1 << 127, Amount::MAX] {
        let mut sums = Sums { value_in: edge, ..Sums::default() };
        sums.add_output(&Element::Value, edge).expect("as much as went in");
        assert_eq!(sums.check(), Ok(0));
        let more = sums.add_output(&Element::Value, 1).and_then(|()| sums.check());
        let expected = if edge == Amount::MAX { Error::AmountOverflow } else { Error::ValueCreated };
        assert_eq!(more, Err(expected));
    }
    let full = Sums { value_in: Amount::MAX, debt_out: 1, credit_in: 1, ..Sums::default() };
    assert_eq!(full.check(), Err(Error::AmountOverflow));
    let owing = Sums { value_out: Amount::MAX, debt_in: 1, ..Sums::default() };
    assert_eq!(owing.check(), Err(Error::AmountOverflow));
    let granted = Sums { credit_out: Amount::MAX, debt_out: 1, ..Sums::default() };
    assert_eq!(granted.granted(), Err(Error::AmountOverflow));
    let mut twice = Sums::default();
    let mut add = || twice.add_input(Layer::Circulation, Layer::Admin, &Element::Credit, Amount::MAX);
    assert_eq!((add(), add()), (Ok(()), Err(Error::AmountOverflow)));
}

#[test]
fn counts_value_and_debt_of_higher_layers_as_nothing() {
    let debt = Element::Debt(Debt { debtor: Address::ZERO, expires_at_ms: 0, renormaliser: None });
    for element in [Element::Value, debt] {
        let mut sums = Sums::default();
        sums.add_input(Layer::Circulation, Layer::Debt, &element, 7).expect("a small number");
        assert_eq!(sums, Sums::default());
    }
}

proptest! {
    #[test]
    fn what_balances_keeps_value_less_debt_and_makes_no_credit(
        ins in prop::collection::vec((0..3u8, 0..3u8, 0..50u64), 0..6),
        outs in prop::collection::vec((0..3u8, 0..50u64), 0..6),
    ) {
        let element = |kind: u8| match kind {
            0 => Element::Value,
            1 => Element::Credit,
            _ => Element::Debt(Debt { debtor: Address::ZERO, expires_at_ms: 0, renormaliser: None }),
        };
        let layers = [Layer::Circulation, Layer::Debt, Layer::Admin];
        let mut sums = Sums::default();
        // By a plain signed count: value, credit below the administration, credit that is read, debt.
        let (mut net, mut own, mut read, mut created, mut owed) = (0i128, 0i128, 0i128, 0i128, 0i128);
        for (kind, layer, amount) in ins {
            let layer = layers[usize::from(layer)];
            sums.add_input(Layer::Circulation, layer, &element(kind), amount.into()).expect("small");
            match (kind, layer) {
                (0, Layer::Circulation) => net += i128::from(amount),
                (2, Layer::Circulation) => net -= i128::from(amount),
                (1, Layer::Circulation) => own += i128::from(amount),
                (1, _) => read += i128::from(amount),
                _ => {}
            }
        }
        for (kind, amount) in outs {
            sums.add_output(&element(kind), amount.into()).expect("small");
            match kind {
                0 => net -= i128::from(amount),
                1 => created += i128::from(amount),
                _ => {
                    net += i128::from(amount);
                    owed += i128::from(amount);
                }
            }
        }
        let holds = net >= 0 && created <= own + read && owed <= own + read - created;
        prop_assert_eq!(sums.check().is_ok(), holds);
        if holds {
            prop_assert_eq!(sums.check().ok().and_then(|fee| i128::try_from(fee).ok()), Some(net));
            let granted = sums.granted().expect("small");
            prop_assert_eq!(i128::try_from(granted).ok(), Some((created + owed - own).max(0)));
        }
    }
}
