//! How licences are bought, extended and end.

use crate::{DAY_MS, Market, PRICE, RICH, key, market};
use licence::{Currency, Error, Key, KeyKind, MAX_LICENCES, MAX_TERM_MS, Mode, Purchased, Reader, Requirement, Terms};
use streams::Level;
use tenon_contract::{Amount, Hash};
use tenon_testkit::{alice, bob, by, charlie, dave, eve, ferdie};

#[test]
fn a_purchase_pays_and_grants_in_one_step() {
    let mut market = market();
    let terms = market.daily();
    let product = market.publish(terms);
    assert!(!market.has_access(bob()) && !market.may_subscribe(bob()));
    let now = market.chain.time_ms();
    let outcome = market.try_buy(bob(), product, 3);
    let receipt = Purchased {
        licence: 1,
        product,
        holder: bob(),
        version: 1,
        terms_hash: Hash::new([1; 32]),
        units: 3,
        paid: 3 * PRICE,
        currency: market.gold(),
        end_ms: now + 3 * DAY_MS,
        key: key(1),
    };
    assert!(outcome.has(&receipt), "the receipt has the hash of the terms");
    assert_eq!(outcome.expect_ok(), 1);
    assert_eq!(market.gold_of(bob()), RICH - 3 * PRICE);
    assert_eq!(market.split(), [2_775, 150, 75, 0]);
    assert!(market.has_access(bob()) && market.may_subscribe(bob()) && !market.has_access(charlie()));
    assert_eq!(market.key_of(1), Some(key(1)));
    let rights = market.chain.query(market.streams.rights_of(market.stream, bob())).expect("a query");
    assert_eq!(rights, vec![(Level::Subscribe, Some(now + 3 * DAY_MS))]);
}

#[test]
fn access_holds_before_the_end_and_not_at_it() {
    let mut market = market();
    let terms = market.daily();
    let product = market.publish(terms);
    assert!(!market.has_access(bob()), "before");
    let licence = market.buy(bob(), product, 1);
    let end = market.get(licence).end_ms;
    for (time, holds) in [(market.chain.time_ms(), true), (end - 1, true), (end, false), (end + 1, false)] {
        let then = market.at(time);
        assert_eq!((then.has_access(bob()), then.may_subscribe(bob())), (holds, holds), "at {time} of {end}");
        assert_eq!(then.key_of(licence), holds.then(|| key(1)));
        let readers = then.chain.query(then.licence.readers(product, None, None)).expect("a query");
        let reader = Reader { licence, holder: bob(), key: key(1), end_ms: end };
        assert_eq!(readers, if holds { vec![reader] } else { vec![] });
        assert_eq!(then.epoch(product), if holds { 0 } else { end }, "the publisher takes another key at the end");
    }
}

#[test]
fn an_extension_goes_on_from_the_old_end() {
    let (mut market, licence) = Market::bought(Mode::Time { period_ms: DAY_MS }, 1);
    let end = market.get(licence).end_ms;
    market.reach(end - 5_000);
    let extend = market.licence.extend(licence, 2, 2 * PRICE);
    market.chain.from(charlie()).call(extend.clone()).expect_error(Error::NotHolder);
    let later = market.clone();
    assert_eq!(market.chain.from(bob()).call(extend.clone()).expect_ok(), end + 2 * DAY_MS);
    assert_eq!(market.gold_of(bob()), RICH - 3 * PRICE);
    let at = |time| market.at(time).may_subscribe(bob()) && market.at(time).has_access(bob());
    assert!(at(end) && at(end + 2 * DAY_MS - 1) && !at(end + 2 * DAY_MS));
    // At the end itself it is over: another one is bought.
    later.at(end).chain.from(bob()).call(extend.clone()).expect_error(Error::Over);
    assert!(later.at(end - 1).chain.from(bob()).call(extend).is_ok());
}

#[test]
fn an_extension_is_bounded_like_a_purchase() {
    let (mut market, licence) = Market::bought(Mode::Time { period_ms: DAY_MS }, 1);
    let extend = |units, max| market.licence.extend(licence, units, max);
    let calls = [
        (extend(0, Amount::MAX), Error::InvalidUnits),
        (extend(MAX_TERM_MS / DAY_MS, Amount::MAX), Error::InvalidUnits),
        (extend(u64::MAX, Amount::MAX), Error::InvalidUnits),
        (extend(2, 2 * PRICE - 1), Error::PriceAboveMaximum),
        (extend(1, PRICE).with_value(PRICE), Error::CoinNotWanted),
    ];
    for (call, expected) in calls {
        market.chain.from(bob()).call(call).expect_error(expected);
    }
    let revise = market.licence.revise(1, market.daily());
    market.chain.from(alice()).call(revise).expect_ok();
    let extend = market.licence.extend(licence, 1, PRICE);
    market.chain.from(bob()).call(extend).expect_error(Error::VersionChanged);
}

#[test]
fn terms_that_change_are_seen_by_later_purchases_alone() {
    let mut market = market();
    let terms = market.daily();
    let product = market.publish(terms.clone());
    let first = market.buy(bob(), product, 1);
    let dearer = Terms { price: 5 * PRICE, terms_hash: Hash::new([2; 32]), ..terms.clone() };
    let revise = market.licence.revise(product, dearer.clone());
    market.chain.from(bob()).call(revise.clone()).expect_error(Error::NotSeller);
    assert_eq!(market.chain.from(alice()).call(revise).expect_ok(), 2);
    market.try_buy(charlie(), product, 1).expect_error(Error::VersionChanged);
    let buy = market.licence.buy(product, 2, 1, key(2), 5 * PRICE, None);
    let second = market.chain.from(charlie()).call(buy).expect_ok();
    assert_eq!((market.get(first).version, market.get(second).version), (1, 2));
    assert_eq!(market.chain.query(market.licence.terms(product, 1)), Ok(terms));
    assert_eq!(market.chain.query(market.licence.terms(product, 2)), Ok(dearer));
    assert_eq!(market.gold_of(charlie()), RICH - 5 * PRICE);
}

#[test]
fn nobody_pays_more_than_they_say_in_whatever_order() {
    let mut market = market();
    let terms = market.daily();
    let product = market.publish(terms.clone());
    let dearer = Terms { price: 9 * PRICE, ..terms };
    let calls = [
        by(alice(), market.licence.revise(product, dearer)),
        by(bob(), market.licence.buy(product, 1, 1, key(1), PRICE, None)),
        by(charlie(), market.licence.buy(product, 2, 1, key(2), PRICE, None)),
    ];
    let gold = |chain: &tenon_testkit::TestChain, who| {
        chain.query(market.assets.balance_of(crate::GOLD, who)).expect("a query")
    };
    market.chain.every_order(&calls, |chain, order, outcomes| {
        let [revised, bought] = [0, 1].map(|call| order.iter().position(|index| *index == call).expect("it is there"));
        assert_eq!(outcomes[bought].is_ok(), bought < revised, "{order:?}");
        assert_eq!(gold(chain, bob()), if bought < revised { RICH - PRICE } else { RICH });
        assert_eq!(gold(chain, charlie()), RICH, "the second version is dearer than Charlie would pay");
    });
}

#[test]
fn a_purchase_that_cannot_be_whole_moves_nothing() {
    let mut market = market();
    let terms = market.daily();
    let product = market.publish(terms.clone());
    let coin = market.publish(Terms { currency: Currency::Coin, ..terms });
    let no_key = Key { kind: KeyKind::Other, bytes: vec![] };
    let long_key = Key { kind: KeyKind::Other, bytes: vec![1; 65] };
    let buy = |product, version, units, key, max| market.licence.buy(product, version, units, key, max, None);
    let deadline = Some(market.chain.time_ms());
    let calls = [
        (buy(9, 1, 1, key(1), PRICE), Error::UnknownProduct),
        (buy(product, 2, 1, key(1), PRICE), Error::VersionChanged),
        (buy(product, 1, 0, key(1), PRICE), Error::InvalidUnits),
        (buy(product, 1, MAX_TERM_MS / DAY_MS + 1, key(1), Amount::MAX), Error::InvalidUnits),
        (buy(product, 1, 2, key(1), 2 * PRICE - 1), Error::PriceAboveMaximum),
        (buy(product, 1, 1, no_key, PRICE), Error::InvalidKey),
        (buy(product, 1, 1, long_key, PRICE), Error::InvalidKey),
        (buy(product, 1, 1, key(1), PRICE).with_value(1), Error::CoinNotWanted),
        (buy(product, 1, 1_001, key(1), Amount::MAX), Error::PaymentRefused),
        (buy(coin, 1, 1, key(1), PRICE), Error::WrongValue),
        (buy(coin, 1, 1, key(1), PRICE).with_value(PRICE + 1), Error::WrongValue),
        (buy(coin, 1, 1, key(1), PRICE).with_value(PRICE - 1), Error::WrongValue),
        (market.licence.buy(product, 1, 1, key(1), PRICE, deadline), Error::TooLate),
    ];
    for (call, expected) in calls {
        let mut copy = market.clone();
        copy.chain.from(bob()).call(call).expect_error(expected);
        assert_eq!((copy.gold_of(bob()), copy.find(1), copy.may_subscribe(bob())), (RICH, None, false));
        assert_eq!(copy.split(), [0; 4]);
    }
    let exact = buy(coin, 1, 1, key(1), PRICE).with_value(PRICE);
    assert!(market.chain.from(bob()).call(exact).is_ok());
    let just_in_time = market.licence.buy(product, 1, 1, key(1), PRICE, Some(market.chain.time_ms() + 1));
    assert!(market.chain.from(charlie()).call(just_in_time).is_ok());
}

#[test]
fn a_stream_that_lets_nobody_in_takes_no_money() {
    let mut market = market();
    let terms = market.daily();
    let product = market.publish(terms.clone());
    for level in [Level::Grant, Level::Subscribe] {
        let mut copy = market.clone();
        let revoke = copy.streams.revoke(copy.stream, copy.licence.address(), level);
        copy.chain.from(alice()).call(revoke).expect_ok();
        copy.try_buy(bob(), product, 1).expect_error(Error::StreamRefused);
        assert_eq!(copy.gold_of(bob()), RICH);
    }
    // The module's own right ends before the licence would.
    let mut copy = market.clone();
    let revoke = copy.streams.revoke(copy.stream, copy.licence.address(), Level::Subscribe);
    copy.chain.from(alice()).call(revoke).expect_ok();
    let short = Some(copy.chain.time_ms() + DAY_MS / 2);
    let grant = copy.streams.grant(copy.stream, copy.licence.address(), Level::Subscribe, short);
    copy.chain.from(alice()).call(grant).expect_ok();
    copy.try_buy(bob(), product, 1).expect_error(Error::StreamRefused);
    // The stream has another owner, for whom nobody sells.
    let mut copy = market.clone();
    copy.chain.from(alice()).call(copy.streams.propose_owner(copy.stream, dave())).expect_ok();
    copy.chain.from(dave()).call(copy.streams.accept_owner(copy.stream)).expect_ok();
    copy.try_buy(bob(), product, 1).expect_error(Error::NotStreamSeller);
    let delete = market.streams.delete(market.stream);
    market.chain.from(alice()).call(delete).expect_ok();
    market.try_buy(bob(), product, 1).expect_error(Error::NotStreamSeller);
    let call = market.publish_call(terms);
    market.chain.from(alice()).call(call).expect_error(Error::NotStreamSeller);
}

#[test]
fn a_credential_is_asked_for_where_the_terms_say_so() {
    let mut market = market();
    let (issuer, topic) = (ferdie(), 7);
    let terms = market.daily();
    let open = market.publish(terms.clone());
    let closed = market.publish(Terms { credential: Some(Requirement { issuer, topic }), ..terms.clone() });
    let nobody = Requirement { issuer: tenon_contract::Address::ZERO, topic };
    let call = market.publish_call(Terms { credential: Some(nobody), ..terms });
    market.chain.from(alice()).call(call).expect_error(Error::InvalidCredential);
    market.try_buy(bob(), closed, 1).expect_error(Error::NotEligible);
    assert_eq!(market.gold_of(bob()), RICH);
    let end = market.chain.time_ms() + DAY_MS;
    let attest = market.credentials.attest(bob(), topic, Hash::new([5; 32]), Some(end));
    market.chain.from(issuer).call(attest).expect_ok();
    let (early, late) = (market.at(end - 1), market.at(end));
    for (mut then, expected) in [(early, true), (late, false)] {
        assert_eq!(then.try_buy(bob(), closed, 1).is_ok(), expected, "before and at the credential's end");
    }
    let licence = market.buy(bob(), closed, 1);
    market.chain.from(issuer).call(market.credentials.revoke(bob(), topic)).expect_ok();
    market.try_buy(bob(), closed, 1).expect_error(Error::NotEligible);
    let extend = market.licence.extend(licence, 1, PRICE);
    market.chain.from(bob()).call(extend).expect_error(Error::NotEligible);
    assert!(market.has_access(bob()), "what was bought stays");
    assert!(market.try_buy(charlie(), open, 1).is_ok(), "others need none");
}

#[test]
fn a_free_product_is_bought_for_nothing() {
    let mut market = market();
    for currency in [Currency::Coin, market.gold()] {
        let terms = Terms { price: 0, currency, ..market.daily() };
        let product = market.publish(terms);
        let outcome = market.chain.from(charlie()).call(market.licence.buy(product, 1, 30, key(3), 0, None));
        assert!(outcome.is_ok());
    }
    assert_eq!((market.gold_of(charlie()), market.split()), (RICH, [0; 4]));
    assert!(market.may_subscribe(charlie()));
}

#[test]
fn nothing_is_sold_that_is_not_on_sale() {
    let (mut market, licence) = Market::bought(Mode::Time { period_ms: DAY_MS }, 1);
    let change = |on_sale| market.licence.set_on_sale(1, on_sale);
    let (stop, start) = (change(false), change(true));
    market.chain.from(bob()).call(stop.clone()).expect_error(Error::NotSeller);
    market.chain.from(alice()).call(stop).expect_ok();
    market.try_buy(charlie(), 1, 1).expect_error(Error::NotOnSale);
    let extend = market.licence.extend(licence, 1, PRICE);
    market.chain.from(bob()).call(extend).expect_error(Error::NotOnSale);
    assert!(market.has_access(bob()), "what was bought stays");
    market.chain.from(alice()).call(start).expect_ok();
    assert!(market.try_buy(charlie(), 1, 1).is_ok());
}

#[test]
fn a_key_is_replaced_by_its_holder_and_the_epoch_rises() {
    let (mut market, licence) = Market::bought(Mode::Time { period_ms: DAY_MS }, 1);
    let replace = market.licence.set_key(licence, key(9));
    market.chain.from(charlie()).call(replace.clone()).expect_error(Error::NotHolder);
    let now = market.chain.time_ms();
    assert_eq!(market.epoch(1), 0);
    market.chain.from(bob()).call(replace.clone()).expect_ok();
    assert_eq!((market.key_of(licence), market.epoch(1)), (Some(key(9)), now));
    let end = market.get(licence).end_ms;
    market.at(end).chain.from(bob()).call(replace).expect_error(Error::Over);
}

#[test]
fn a_licence_that_is_over_is_closed_by_anybody() {
    let (mut market, licence) = Market::bought(Mode::Time { period_ms: DAY_MS }, 1);
    let end = market.get(licence).end_ms;
    market.close(bob(), licence).expect_error(Error::NotOver);
    market.at(end - 1).close(eve(), licence).expect_error(Error::NotOver);
    let mut over = market.at(end);
    over.close(eve(), licence).expect_ok();
    assert_eq!((over.find(licence), over.epoch(1)), (None, end), "the epoch stays");
    over.close(eve(), licence).expect_error(Error::UnknownLicence);
    let of_bob = over.chain.query(over.licence.licences_of(bob(), None, None)).expect("a query");
    assert_eq!(of_bob, vec![]);
}

#[test]
fn a_reader_has_so_many_licences_of_a_stream() {
    let mut market = market();
    let terms = market.daily();
    let product = market.publish(terms);
    for _ in 0..MAX_LICENCES {
        market.buy(bob(), product, 1);
    }
    market.try_buy(bob(), product, 1).expect_error(Error::TooManyLicences);
    let end = market.get(1).end_ms;
    market.reach(end);
    market.try_buy(bob(), product, 1).expect_error(Error::TooManyLicences);
    market.close(eve(), 1).expect_ok();
    assert!(market.try_buy(bob(), product, 1).is_ok());
}

#[test]
fn a_longer_right_of_the_readers_own_stays() {
    let mut market = market();
    let grant = market.streams.grant(market.stream, bob(), Level::Subscribe, None);
    market.chain.from(alice()).call(grant).expect_ok();
    let terms = market.terms(Mode::Vesting { period_ms: DAY_MS });
    let product = market.publish(terms);
    let licence = market.buy(bob(), product, 1);
    market.cancel(bob(), licence).expect_ok();
    assert!(!market.has_access(bob()) && market.may_subscribe(bob()), "the owner's grant is not the module's to take");
}
