//! Prices over time: the vectors, and what holds for every curve.

use auction::curve::{CUT_PARTS, MAX_STEPS, price_at};
use auction::{Curve, Dutch, House, MAX_DURATION_MS};
use proptest::prelude::*;
use serde_json::Value;
use tenon_contract::{Address, Amount};

const VECTORS: &str = include_str!("../../../../tests/vectors/dutch_auction.json");

fn rows(section: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    all[section]["rows"].as_array().expect("the section has rows").clone()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn whole(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

/// A decimal number times a power of ten, rounded down.
fn scaled(decimal: &str, power: i32) -> Amount {
    let (digits, exponent) = decimal.split_once('E').unwrap_or((decimal, "0"));
    let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
    let shift = power + exponent.parse::<i32>().expect("an exponent") - i32::try_from(behind.len()).expect("short");
    let all = format!("{before}{behind}");
    let digits = if shift >= 0 {
        all + &"0".repeat(shift.unsigned_abs() as usize)
    } else {
        all[..all.len().saturating_sub(shift.unsigned_abs() as usize)].to_owned()
    };
    if digits.is_empty() { 0 } else { digits.parse().expect("an amount") }
}

fn stairs(start_price: Amount, cut: u64, step_ms: u64, duration_ms: u64) -> Dutch {
    Dutch { start_price, floor_price: 0, duration_ms, curve: Curve::Stairs { step_ms, cut }, end_ms: None }
}

fn exponential(start_price: Amount, half_life_ms: u64, duration_ms: u64) -> Dutch {
    Dutch { start_price, floor_price: 0, duration_ms, curve: Curve::Exponential { half_life_ms }, end_ms: None }
}

/// The price is the exact one rounded up, or one unit below that: the exact one rounded down is given.
fn assert_within_a_unit(price: Amount, rounded_down: Amount) {
    assert!(price == rounded_down || price == rounded_down + 1, "{price} is not within a unit of {rounded_down}");
}

#[test]
fn falls_linearly_as_the_vectors_say() {
    for row in rows("linear") {
        let [start, floor] = [0, 1].map(|column| text(&row[column]).parse().expect("an amount"));
        let [from, to, now] = [2, 3, 4].map(|column| whole(&row[column]));
        let dutch = Dutch {
            start_price: start,
            floor_price: floor,
            duration_ms: to - from,
            curve: Curve::Linear,
            end_ms: None,
        };
        assert_eq!(price_at(&dutch, from, now).to_string(), text(&row[5]), "{row}");
    }
}

#[test]
fn falls_in_stairs_as_the_vectors_say() {
    for row in rows("stairs_exponential") {
        let power = if text(&row[0]).starts_with("0.") { 30 } else { 18 };
        let cut = u64::try_from(scaled(text(&row[1]), 12)).expect("a share");
        let dutch = stairs(scaled(text(&row[0]), power), cut, whole(&row[2]) * 1_000, 1_000_000);
        let price = price_at(&dutch, 5, 5 + whole(&row[3]) * 1_000);
        assert_within_a_unit(price, scaled(text(&row[4]), power));
    }
}

#[test]
fn halves_as_the_vectors_say() {
    for row in rows("half_life") {
        let kept = u64::try_from(scaled(text(&row[1]), 12)).expect("a share");
        let (top, seconds) = (scaled(text(&row[0]), 18), whole(&row[2]));
        let expected = scaled(text(&row[3]), 18);
        let by_steps = price_at(&stairs(top, CUT_PARTS - kept, 1_000, 10_000_000), 0, seconds * 1_000);
        assert_within_a_unit(by_steps, expected);
        // The share of a second stands for a half-life of about 900 s: within 0.001, as the vectors' note says.
        let by_half_life = price_at(&exponential(top, 900_000, 10_000_000), 0, seconds * 1_000);
        assert!(by_half_life.abs_diff(expected) <= 10u128.pow(15), "{row}");
        assert_eq!(by_half_life, top >> (seconds / 900));
    }
}

#[test]
fn halves_exactly_and_rounds_up() {
    let dutch = exponential(7, 10, 1_000);
    let prices = [0, 10, 20, 30, 40, 999].map(|elapsed| price_at(&dutch, 0, elapsed));
    assert_eq!(prices, [7, 4, 2, 1, 1, 1]);
    assert_eq!(price_at(&dutch, 0, 1_000), 0, "the floor");
}

#[test]
fn takes_the_root_of_two_between_two_halves() {
    // 10^30 / sqrt(2), by the digits of the root.
    let price = price_at(&exponential(10u128.pow(30), 2, 100), 0, 1);
    assert_within_a_unit(price, 707_106_781_186_547_524_400_844_362_104);
}

#[test]
fn holds_the_highest_amount() {
    let top = Amount::MAX;
    assert_eq!(price_at(&stairs(top, 1, 1, 1_000), 0, 0), top);
    assert_eq!(price_at(&exponential(top, 1_000, 100_000), 0, 1_000), (top >> 1) + 1);
    assert_eq!(price_at(&stairs(top, CUT_PARTS / 2, 1, 1_000), 0, 1), (top >> 1) + 1);
    let ends = [CUT_PARTS - 1, 1].map(|cut| price_at(&stairs(top, cut, 1, MAX_STEPS - 1), 0, MAX_STEPS - 2));
    assert!(ends[0] == 1 && ends[1] < top && ends[1] > top / 1_000_000 * 999_998);
}

#[test]
fn splits_a_price_as_the_vectors_say() {
    for row in rows("auctioneer_cut") {
        let house = House {
            collection: None,
            cut_bps: u16::try_from(whole(&row[1])).expect("basis points"),
            receiver: Address::ZERO,
            currency: None,
        };
        let price = Amount::from(whole(&row[0]));
        let cut = house.cut(price);
        assert_eq!((cut.to_string().as_str(), (price - cut).to_string().as_str()), (text(&row[2]), text(&row[3])));
    }
}

fn curve() -> impl Strategy<Value = (Curve, u64)> {
    let duration = 1..=MAX_DURATION_MS;
    prop_oneof![
        duration.clone().prop_map(|duration| (Curve::Linear, duration)),
        (1..CUT_PARTS, 1..MAX_STEPS, 1..=30_000u64)
            .prop_map(|(cut, steps, step_ms)| (Curve::Stairs { step_ms, cut }, steps * step_ms)),
        // The slowest stairs that there are.
        (1..10u64, 1..MAX_STEPS).prop_map(|(cut, steps)| (Curve::Stairs { step_ms: 1, cut }, steps)),
        (1..=MAX_DURATION_MS, duration)
            .prop_map(|(half_life_ms, duration)| (Curve::Exponential { half_life_ms }, duration)),
    ]
}

fn price() -> impl Strategy<Value = Amount> {
    prop_oneof![any::<Amount>(), 0..=1_000_000u128, Just(Amount::MAX)].prop_map(|price| price.max(1))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn never_rises_and_stays_between_first_price_and_floor(
        (curve, duration_ms) in curve(),
        (a, b) in (price(), price()),
        (at, later) in (any::<u64>(), prop_oneof![Just(1), 1..100_000u64, any::<u64>()]),
    ) {
        let dutch = Dutch { start_price: a.max(b), floor_price: a.min(b), duration_ms, curve, end_ms: None };
        let first = at % (duration_ms + 2);
        let [early, late] = [first, first.saturating_add(later)].map(|time| price_at(&dutch, 0, time));
        prop_assert!(late <= early, "{} then {}", early, late);
        prop_assert!(dutch.floor_price <= late && early <= dutch.start_price);
        prop_assert_eq!(price_at(&dutch, 0, duration_ms), dutch.floor_price);
        prop_assert_eq!(price_at(&dutch, duration_ms, 0), dutch.start_price);
    }

    #[test]
    fn two_half_lives_are_stairs_of_a_half(start in price(), count in 0..130u64) {
        let halved = price_at(&exponential(start, 1_000, MAX_DURATION_MS), 0, count * 1_000);
        let stepped = price_at(&stairs(start, CUT_PARTS / 2, 1_000, 1_000_000), 0, count * 1_000);
        prop_assert_eq!(halved, stepped);
        let exact = start.checked_shr(u32::try_from(count).expect("small")).unwrap_or(0);
        let is_exact = exact.checked_shl(u32::try_from(count).expect("small")) == Some(start);
        prop_assert_eq!(halved, if is_exact { exact } else { exact + 1 });
    }
}
