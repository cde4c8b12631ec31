//! The rules of terms as functions: shares, vesting, the parts of a growing amount.

use crate::{PRICE, market};
use licence::terms::{Parts, share, vested};
use licence::{Currency, Fee, Mode, Terms};
use serde_json::Value;
use tenon_contract::{Address, Amount, Hash};
use tenon_testkit::Random;

const VECTORS: &str = include_str!("../../../../tests/vectors/oz_behaviours.json");

fn terms_of(broker_bps: u16, fee_bps: u16) -> Terms {
    Terms {
        price: PRICE,
        currency: Currency::Coin,
        mode: Mode::Time { period_ms: 1 },
        terms_hash: Hash::new([1; 32]),
        credential: None,
        royalty_bps: None,
        broker_bps: Some(broker_bps),
        fee: Some(Fee { receiver: Address::new([2; 32]), bps: fee_bps }),
        arbitration: None,
    }
}

#[test]
fn vests_as_the_published_samples_say() {
    let all: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let vesting = &all["vesting_linear"];
    let amount: Amount = vesting["amount"].as_str().and_then(|text| text.parse().ok()).expect("an amount");
    let duration = vesting["duration_s"].as_u64().expect("a duration");
    let samples = vesting["samples"].as_array().expect("samples");
    assert!(samples.len() > 10);
    for sample in samples {
        let point = sample[0].as_u64().expect("a point");
        let expected: Amount = sample[1].as_str().and_then(|text| text.parse().ok()).expect("an amount");
        // A sample's time is so many sixtieths of the duration.
        assert_eq!(vested(amount, point * duration, duration * 60), expected, "sample {point}");
    }
}

#[test]
fn vests_nothing_at_first_and_everything_in_the_end_without_overflow() {
    for amount in [0, 1, 7, PRICE, Amount::MAX] {
        assert_eq!((vested(amount, 0, 10), vested(amount, 10, 10), vested(amount, u64::MAX, 10)), (0, amount, amount));
        let mut before = 0;
        for elapsed in 0..=10 {
            let now = vested(amount, elapsed, 10);
            assert!(now >= before && now <= amount);
            before = now;
        }
    }
    assert_eq!((vested(10, 1, 3), vested(10, 2, 3)), (3, 6));
    assert_eq!(vested(Amount::MAX, u64::MAX - 1, u64::MAX), Amount::MAX - (1 << 64) - 1);
}

#[test]
fn shares_sum_to_the_price_to_the_unit() {
    let mut random = Random::new(93);
    for _ in 0..2_000 {
        let broker_bps = u16::try_from(random.below(10_001)).expect("small");
        let fee_bps = u16::try_from(random.below(u64::from(10_000 - broker_bps) + 1)).expect("small");
        let terms = terms_of(broker_bps, fee_bps);
        let amount = random.amount(10_000);
        let parts = terms.split(amount);
        assert_eq!(parts.sum(), amount);
        assert_eq!((parts.brokers, parts.fee), (share(amount, broker_bps), share(amount, fee_bps)));
        let floors = terms.floors(amount);
        assert!(amount - floors.sum() <= 2, "at most two units wait for the end: {floors:?} of {amount}");
        assert!(floors.seller <= parts.seller);
    }
    assert_eq!(terms_of(500, 250).split(999), Parts { seller: 926, brokers: 49, fee: 24 });
    assert_eq!(share(Amount::MAX, 10_000), Amount::MAX);
    assert_eq!(share(9_999, 1), 0);
}

#[test]
fn a_product_that_is_not_free_names_its_terms_of_use_and_its_shares_fit() {
    let mut market = market();
    let daily = market.daily();
    let bad_fee = Some(Fee { receiver: Address::ZERO, bps: 1 });
    let too_much = Some(Fee { receiver: Address::new([2; 32]), bps: 9_501 });
    let nowhere = Currency::Asset { module: Address::ZERO, asset: 1 };
    let cases = [
        (Terms { terms_hash: Hash::ZERO, ..daily.clone() }, licence::Error::NoTermsOfUse),
        (Terms { fee: bad_fee, ..daily.clone() }, licence::Error::InvalidShares),
        (Terms { fee: too_much, ..daily.clone() }, licence::Error::InvalidShares),
        (Terms { royalty_bps: Some(10_001), ..daily.clone() }, licence::Error::InvalidShares),
        (Terms { broker_bps: Some(u16::MAX), ..daily.clone() }, licence::Error::InvalidShares),
        (Terms { currency: nowhere, ..daily.clone() }, licence::Error::InvalidCurrency),
        (Terms { mode: Mode::Time { period_ms: 0 }, ..daily.clone() }, licence::Error::InvalidMode),
        (
            Terms { mode: Mode::Locked { period_ms: 1, events: 0, wait_ms: 0 }, ..daily.clone() },
            licence::Error::InvalidMode,
        ),
        (
            Terms { mode: Mode::PerEvent { valid_ms: 1, wait_ms: u64::MAX }, ..daily.clone() },
            licence::Error::InvalidMode,
        ),
    ];
    for (terms, expected) in cases {
        let call = market.publish_call(terms);
        market.chain.from(tenon_testkit::alice()).call(call).expect_error(expected);
    }
    let free = Terms { price: 0, terms_hash: Hash::ZERO, ..daily };
    assert_eq!(market.publish(free), 1);
}
