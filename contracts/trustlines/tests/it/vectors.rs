//! The cases of `credit_trustlines.json`, every one: transfers on the chain, interest by the pure function and on the
//! chain, and the invariants, each with the tests that show it.

use crate::{NET, PEOPLE, YEAR_MS, agree, balance, founded, lined, terms, village};
use serde_json::Value;
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob};
use trustlines::interest::{FRACTION_BITS, MAX_DEBT, UNIT, grown};
use trustlines::{FeePayer, LineTerms, TrustlinesRef};

/// The milliseconds of a second, in which the vectors count.
const SECOND_MS: u64 = 1_000;
/// Parts of a unit that the vectors write out.
const MICRO: u128 = 1_000_000;
/// The invariants of the vectors, each with the test that shows it.
const INVARIANTS: [(&str, &str); 4] = [
    ("sum over users of net position (in one network) = 0 always", "agrees_with_the_model_in_any_history"),
    ("no transfer raises any trustline above its line", "refuses_more_than_is_given_on_any_hop"),
    ("a line can close only at balance 0", "closes_only_when_nothing_is_owed"),
    ("frozen line: no transfer", "passes_no_transfer_while_frozen"),
];

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/credit_trustlines.json"))
        .expect("the vectors are JSON")
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_else(|| panic!("{name} is a list"))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is a number"))
}

fn person(value: &Value) -> Address {
    PEOPLE[usize::try_from(number(value)).expect("an index")]()
}

/// A chain with the lines that the vectors state.
fn world(vectors: &Value) -> (TestChain, TrustlinesRef) {
    let (mut chain, trustlines) = founded(village());
    for line in list(vectors, "credit_lines") {
        let parties = (person(&line["a"]), person(&line["b"]));
        let terms = terms(number(&line["a_gives_b"]), number(&line["b_gives_a"]));
        agree(&mut chain, trustlines, parties, terms);
    }
    (chain, trustlines)
}

#[test]
fn every_transfer_of_the_vectors_ends_so_on_the_chain() {
    let vectors = vectors();
    let cases = list(&vectors, "transfers");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let name = &case["name"];
        let (mut chain, trustlines) = world(&vectors);
        for step in list(case, "ops") {
            let path: Vec<Address> = list(step, "path").iter().map(person).collect();
            let fee_payer = match step["mode"].as_str() {
                Some("sender_pays") => FeePayer::Sender,
                Some("receiver_pays") => FeePayer::Receiver,
                other => panic!("{name}: the mode {other:?}"),
            };
            let (value, max_fee) = (number(&step["value"]), Some(number(&step["max_fee"])));
            let call = trustlines.transfer(NET, value, path[1..].to_vec(), max_fee, Some(fee_payer), None);
            let accepted = chain.from(path[0]).call(call).is_ok();
            assert_eq!(Some(accepted), step["accepted"].as_bool(), "{name}");
        }
        for expected in list(case, "expect_balance") {
            let found = balance(&chain, trustlines, person(&expected[0]), person(&expected[1]));
            assert_eq!(Some(found), expected[2].as_i64().map(i128::from), "{name}: {expected}");
        }
    }
}

#[test]
fn the_lines_of_the_tests_are_those_of_the_vectors() {
    let (vectors, (theirs, trustlines), (ours, _)) = (vectors(), world(&vectors()), lined(village()));
    assert_eq!(list(&vectors, "credit_lines").len(), 5);
    let lines = |chain: &TestChain| chain.query(trustlines.lines(NET, None, None)).expect("a query");
    assert_eq!(lines(&theirs), lines(&ours));
}

/// A decimal number in millionths.
fn millionths(text: &str) -> i128 {
    let (whole, part) = text.split_once('.').expect("the vectors write a point");
    assert_eq!(part.len(), 6, "{text}");
    format!("{whole}{part}").parse().expect("a number")
}

/// What a balance grows to by the module's function, in millionths, rounded down.
fn grown_millionths(balance: i128, rates: (u16, u16), times: (u64, u64)) -> i128 {
    let rate = if balance > 0 { rates.0 } else { rates.1 };
    let debt = grown(balance.unsigned_abs() << FRACTION_BITS, rate, times.0, times.1).expect("a debt grows");
    let whole = (debt >> FRACTION_BITS) * MICRO;
    let part = ((debt & (UNIT - 1)) * MICRO) >> FRACTION_BITS;
    i128::try_from(whole + part).expect("it fits") * balance.signum()
}

#[test]
fn every_interest_of_the_vectors_is_found_to_the_last_digit() {
    let vectors = vectors();
    let rows = list(&vectors["interest"], "rows");
    assert_eq!(rows.len(), 7);
    for row in rows {
        let balance: i128 = row[0].as_str().and_then(|text| text.parse().ok()).expect("a balance");
        let [from, to, given, received] = [1, 2, 3, 4].map(|column| number(&row[column]));
        let rates = [given, received].map(|rate| u16::try_from(rate).expect("a rate"));
        let found = grown_millionths(balance, (rates[0], rates[1]), (from * SECOND_MS, to * SECOND_MS));
        let expected = millionths(row[5].as_str().expect("a balance"));
        // The vectors allow a whole unit; this asks for their last digit. What is clamped keeps its part of a unit.
        let clamped = expected.unsigned_abs() == u128::from(u64::MAX) * MICRO;
        let most = if clamped { i128::try_from(MICRO).expect("small") } else { 1 };
        assert!((found - expected).abs() <= most, "{row}: found {found}, expected {expected}");
    }
}

#[test]
fn interest_of_the_vectors_accrues_on_the_chain() {
    let vectors = vectors();
    for row in list(&vectors["interest"], "rows") {
        let balance: i128 = row[0].as_str().and_then(|text| text.parse().ok()).expect("a balance");
        let [from, to, given, received] = [1, 2, 3, 4].map(|column| number(&row[column]));
        let rates = [given, received].map(|rate| u16::try_from(rate).expect("a rate"));
        let (mut chain, trustlines) = founded(village());
        let terms = LineTerms {
            given: u64::MAX,
            received: u64::MAX,
            rate_given_bps: rates[0],
            rate_received_bps: rates[1],
            expires_at_ms: None,
        };
        agree(&mut chain, trustlines, (alice(), bob()), terms);
        let (debtor, creditor) = if balance > 0 { (bob(), alice()) } else { (alice(), bob()) };
        let value = u64::try_from(balance.unsigned_abs()).expect("the vectors have 64 bits");
        crate::pay(&mut chain, trustlines, debtor, value, &[creditor], 0).expect_ok();
        chain.advance_ms((to - from) * SECOND_MS);
        let found = crate::balance(&chain, trustlines, alice(), bob());
        // Some milliseconds more pass by the blocks in between: a ten-millionth of a year at most.
        let expected = millionths(row[5].as_str().expect("a balance")) / i128::try_from(MICRO).expect("small");
        let most = 1 + expected.abs() / 1_000_000;
        assert!((found - expected).abs() <= most, "{row}: found {found}, expected {expected}");
    }
}

#[test]
fn refuses_an_end_before_the_start_and_a_debt_that_is_too_large() {
    assert_eq!(grown(UNIT, 100, 1, 0), None);
    assert_eq!(grown(UNIT, 0, 1, 0), None);
    assert_eq!(grown(MAX_DEBT + 1, 100, 0, 1), None);
    assert_eq!(grown(MAX_DEBT, 0, 0, u64::MAX), Some(MAX_DEBT));
    assert_eq!(grown(MAX_DEBT, 1, 0, u64::MAX), Some(MAX_DEBT));
    assert_eq!(grown(0, u16::MAX, 0, u64::MAX), Some(0));
    assert_eq!(grown(1, u16::MAX, 0, u64::MAX), Some(MAX_DEBT));
}

#[test]
fn touching_a_line_often_changes_nothing_that_anybody_sees() {
    const STEPS: u64 = 100_000;
    let at_once = grown(1_000 * UNIT, 500, 0, YEAR_MS).expect("a debt grows");
    let step = |debt, number| {
        let (from, to) = (YEAR_MS * number / STEPS, YEAR_MS * (number + 1) / STEPS);
        grown(debt, 500, from, to).expect("a debt grows")
    };
    let in_steps = (0..STEPS).fold(1_000 * UNIT, step);
    assert!(in_steps <= at_once && at_once - in_steps <= 2 * u128::from(STEPS), "{in_steps} and {at_once}");
    assert!(at_once - in_steps < UNIT / 1_000_000);
}

/// A debt by another way: the product of many small steps of `1 + x/n + (x/n)^2/2`, in floating point.
fn by_steps(units: f64, rate_bps: u16, elapsed_ms: u64) -> f64 {
    const STEPS: i32 = 1 << 20;
    #[allow(clippy::cast_precision_loss, reason = "the other way is not exact anyway")]
    let years = elapsed_ms as f64 / YEAR_MS as f64;
    let small = f64::from(rate_bps) / 10_000.0 * years / f64::from(STEPS);
    units * (1.0 + small + small * small / 2.0 + small * small * small / 6.0).powi(STEPS)
}

#[test]
fn grows_as_another_way_of_working_it_out_says() {
    let mut random = tenon_testkit::Random::new(7);
    for _ in 0..2_000 {
        let units = random.within(1, 1 << 40);
        let rate = u16::try_from(random.within(1, 32_767)).expect("a rate");
        let elapsed = random.below(YEAR_MS * 4);
        let found = grown(u128::from(units) << FRACTION_BITS, rate, 0, elapsed).expect("a debt grows");
        #[allow(clippy::cast_precision_loss, reason = "the other way is not exact anyway")]
        let (found, expected) = (found as f64 / UNIT as f64, by_steps(units as f64, rate, elapsed));
        let clamped = found >= 18_446_744_073_709_551_615.0 && expected >= found;
        assert!(
            clamped || (found / expected - 1.0).abs() < 1e-7,
            "{units} at {rate} for {elapsed}: {found}, {expected}"
        );
    }
}

#[test]
fn every_invariant_of_the_vectors_has_a_test() {
    let vectors = vectors();
    let stated: Vec<&str> = list(&vectors, "invariants").iter().filter_map(Value::as_str).collect();
    assert_eq!(stated, INVARIANTS.map(|(invariant, _)| invariant));
    let sources = [include_str!("histories.rs"), include_str!("transfers.rs"), include_str!("lines.rs")].concat();
    for (_, test) in INVARIANTS {
        assert!(sources.contains(&format!("fn {test}()")), "{test}");
    }
}
