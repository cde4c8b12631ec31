//! How a price becomes the seller's: events that are counted, time that passes, events that are promised.

use crate::{Market, PRICE, RICH, ROUND_MS, market};
use licence::{Currency, Error, Mode, Refunded, Terms};
use streams::Level;
use tenon_testkit::{alice, bob, by, charlie, dave, eve, ferdie, rules};

/// How long licences last here: ten rounds and a bit.
const LONG_MS: u64 = 10 * ROUND_MS + 7;

#[test]
fn a_licence_for_events_ends_with_the_last_of_them() {
    let mut market = market();
    market.count_to(40);
    let terms = market.terms(Mode::Count { valid_ms: LONG_MS });
    let product = market.publish(terms);
    let licence = market.buy(bob(), product, 10);
    assert_eq!(market.gold_of(bob()), RICH - 10 * PRICE);
    assert_eq!(market.split(), [9_250, 500, 250, 0], "paid at once");
    market.count_to(49);
    assert!(market.has_access(bob()), "9 of 10");
    market.count_to(50);
    assert!(!market.has_access(bob()), "10 of 10");
    assert_eq!(market.key_of(licence), None);
    assert!(market.may_subscribe(bob()), "the registry learns it when somebody settles");
    let now = market.chain.time_ms();
    assert_eq!(market.settle(licence), 0);
    assert!(!market.may_subscribe(bob()));
    assert_eq!((market.get(licence).end_ms, market.epoch(product)), (now, now));
    market.close(eve(), licence).expect_ok();
    assert_eq!(market.split(), [9_250, 500, 250, 0]);
}

#[test]
fn a_licence_for_events_ends_with_its_time_too_and_can_be_extended() {
    let (mut market, licence) = Market::bought(Mode::Count { valid_ms: LONG_MS }, 10);
    let end = market.get(licence).end_ms;
    assert!(market.at(end - 1).has_access(bob()) && !market.at(end).has_access(bob()));
    market.count_to(9);
    let now = market.chain.time_ms();
    let extend = market.licence.extend(licence, 5, 5 * PRICE);
    assert_eq!(market.chain.from(bob()).call(extend.clone()).expect_ok(), now + LONG_MS);
    market.count_to(14);
    assert!(market.has_access(bob()));
    market.count_to(15);
    assert!(!market.has_access(bob()));
    market.chain.from(bob()).call(extend).expect_error(Error::Over);
}

#[test]
fn a_vesting_price_is_released_evenly_and_split_when_it_is_cancelled() {
    let (market, licence) = Market::bought(Mode::Vesting { period_ms: 5_000_000 }, 2);
    let start = market.get(licence).start_ms;
    assert_eq!(market.split(), [0; 4]);
    for (after, due) in [(1_000, 0), (4_999, 0), (5_000, 1), (5_001, 1), (9_994_999, 1_998), (9_995_000, 1_999)] {
        assert_eq!(market.at(start + after).settle(licence), due, "{after} ms after the start");
    }
    let mut over = market.at(start + 10_000_000);
    assert_eq!(over.settle(licence), 2_000);
    assert_eq!(over.split(), [1_850, 100, 50, 0]);
    assert_eq!(over.settle(licence), 0, "no more");
    let cancelled_ms = start + 5_002_500;
    market.at(cancelled_ms).cancel(charlie(), licence).expect_error(Error::NotParty);
    let mut half = market.at(cancelled_ms);
    let cancelled = half.cancel(bob(), licence);
    assert!(cancelled.has(&Refunded { licence, holder: bob(), amount: 1_000 }));
    assert_eq!(half.split(), [925, 50, 25, 1_000]);
    assert!(!half.has_access(bob()) && !half.may_subscribe(bob()));
    assert_eq!(half.epoch(1), cancelled_ms);
    half.cancel(bob(), licence).expect_error(Error::Over);
    half.close(bob(), licence).expect_ok();
    let mut by_seller = market.at(start + 2_500_000);
    by_seller.cancel(alice(), licence).expect_ok();
    assert_eq!(by_seller.split(), [463, 25, 12, 1_500], "what is left over of the shares is the seller's");
}

#[test]
fn a_vesting_price_loses_no_unit_however_often_it_is_settled() {
    let mut market = market();
    let terms = Terms { price: 1_003, ..market.terms(Mode::Vesting { period_ms: 100_000 }) };
    let product = market.publish(terms.clone());
    let licence = market.buy(bob(), product, 1);
    let (start, mut sum) = (market.get(licence).start_ms, 0);
    for step in 1..=99 {
        market.reach(start + step * 1_000);
        sum += market.settle(licence);
        let [seller, brokers, fee, _] = market.split();
        assert!(sum - (seller + brokers + fee) <= 2, "at most two units wait for the end");
    }
    market.reach(start + 100_000);
    sum += market.settle(licence);
    assert_eq!(sum, 1_003);
    let parts = terms.split(1_003);
    assert_eq!(market.split(), [parts.seller, parts.brokers, parts.fee, 0], "as if it was settled once");
}

/// A licence that promises ten events, and when it ends.
fn locked(wait_ms: u64) -> (Market, u64, u64) {
    let mut market = market();
    market.count_to(100);
    let terms = market.terms(Mode::Locked { period_ms: LONG_MS, events: 5, wait_ms });
    let product = market.publish(terms);
    let licence = market.buy(bob(), product, 2);
    let bought = market.get(licence);
    assert_eq!((bought.first_event, bought.events), (100, 10));
    let end = bought.end_ms;
    assert_eq!(end, bought.start_ms + 2 * LONG_MS);
    (market, licence, end)
}

#[test]
fn a_locked_price_is_released_with_the_last_promised_event() {
    let (mut market, licence, end) = locked(0);
    market.count_to(109);
    assert_eq!((market.settle(licence), market.split()), (0, [0; 4]), "one short");
    market.count_to(110);
    assert_eq!(market.settle(licence), 2 * PRICE);
    assert_eq!(market.split(), [1_850, 100, 50, 0]);
    assert!(market.has_access(bob()), "the licence goes on");
    market.cancel(alice(), licence).expect_error(Error::NotCancellable);
    market.reach(end);
    assert_eq!(market.settle(licence), 0);
    market.close(eve(), licence).expect_ok();
    assert_eq!(market.split(), [1_850, 100, 50, 0], "release excludes refund");
}

#[test]
fn a_locked_price_goes_back_at_the_end_if_events_are_missing() {
    let (mut market, licence, end) = locked(0);
    market.count_to(109);
    market.at(end - 1).close(eve(), licence).expect_error(Error::NotOver);
    assert_eq!(market.at(end - 1).settle(licence), 0);
    let mut over = market.at(end);
    assert_eq!(over.settle(licence), 0);
    assert_eq!(over.split(), [0, 0, 0, 2 * PRICE]);
    // Whatever is agreed later: refund excludes release.
    over.count_to(200);
    assert_eq!(over.settle(licence), 0);
    over.close(eve(), licence).expect_ok();
    assert_eq!(over.split(), [0, 0, 0, 2 * PRICE]);
}

#[test]
fn brokers_have_time_to_agree_on_what_was_before_the_end() {
    let (mut market, licence, end) = locked(5 * ROUND_MS);
    // The round that runs when the licence is about to end reaches beyond it: its events are no proof.
    let (mut before, mut beyond) = (market.clone(), market.clone());
    before.reach(end - 2 * ROUND_MS);
    let agreed = before.count_to(110);
    assert!(agreed <= end);
    before.reach(end);
    assert_eq!(before.settle(licence), 2 * PRICE, "agreed on before the end, settled after it");
    beyond.reach(end - 1);
    let agreed = beyond.count_to(110);
    assert!(agreed > end);
    assert_eq!(beyond.settle(licence), 0);
    assert_eq!(beyond.split(), [0, 0, 0, 2 * PRICE]);
    // Without any agreement the buyer waits for so long and no longer.
    let wait = end + 5 * ROUND_MS;
    let mut early = market.at(wait - 1);
    assert_eq!((early.settle(licence), early.credit(bob())), (0, 0));
    market.at(wait - 1).close(bob(), licence).expect_error(Error::NotOver);
    market.reach(wait);
    market.close(bob(), licence).expect_ok();
    assert_eq!(market.split(), [0, 0, 0, 2 * PRICE]);
}

#[test]
fn the_seller_alone_opens_a_lock_and_gives_all_back() {
    let (mut market, licence, _) = locked(0);
    market.count_to(105);
    market.cancel(bob(), licence).expect_error(Error::NotCancellable);
    market.cancel(alice(), licence).expect_ok();
    assert_eq!(market.split(), [0, 0, 0, 2 * PRICE]);
    assert!(!market.has_access(bob()));
}

#[test]
fn a_seller_who_has_kept_a_promise_cannot_cut_the_reader_off() {
    let (mut market, licence, end) = locked(0);
    market.count_to(110);
    // Nobody has settled yet: the price is the seller's by now, and the rest of the time is the reader's.
    market.cancel(alice(), licence).expect_error(Error::NotCancellable);
    assert_eq!(market.settle(licence), 2 * PRICE);
    assert!(market.at(end - 1).has_access(bob()) && market.at(end - 1).may_subscribe(bob()));
}

/// A licence for at most ten events, each paid for when it was counted.
fn per_event() -> (Market, u64, u64) {
    let mut market = market();
    market.count_to(7);
    let terms = market.terms(Mode::PerEvent { valid_ms: LONG_MS, wait_ms: 5 * ROUND_MS });
    let product = market.publish(terms);
    let licence = market.buy(bob(), product, 10);
    let end = market.get(licence).end_ms;
    (market, licence, end)
}

#[test]
fn each_counted_event_is_paid_for_up_to_the_deposit() {
    let (mut market, licence, _) = per_event();
    assert_eq!(market.gold_of(bob()), RICH - 10 * PRICE);
    assert_eq!((market.settle(licence), market.split()), (0, [0; 4]));
    market.count_to(10);
    assert_eq!(market.settle(licence), 3 * PRICE, "three events");
    assert_eq!(market.split(), [2_775, 150, 75, 0]);
    assert_eq!(market.settle(licence), 0, "and not twice");
    let mut all = market.clone();
    all.count_to(16);
    assert!(all.has_access(bob()), "9 of 10");
    assert_eq!(all.settle(licence), 6 * PRICE);
    all.count_to(17);
    assert!(!all.has_access(bob()), "10 of 10");
    assert_eq!(all.settle(licence), PRICE);
    assert_eq!(all.split(), [9_250, 500, 250, 0]);
    assert!(!all.may_subscribe(bob()));
    market.count_to(5_000);
    assert_eq!(market.settle(licence), 7 * PRICE, "no more than the deposit");
    assert_eq!(market.split(), [9_250, 500, 250, 0]);
    market.close(eve(), licence).expect_ok();
}

#[test]
fn what_was_not_used_of_a_deposit_goes_back_at_the_end() {
    let (mut market, licence, end) = per_event();
    market.reach(end - 1);
    let agreed = market.count_to(11);
    assert!(agreed > end && !market.has_access(bob()));
    assert_eq!(market.settle(licence), 4 * PRICE, "the round in which it ends counts whole");
    assert_eq!(market.split(), [3_700, 200, 100, 6 * PRICE]);
    let (market, licence, end) = per_event();
    let mut early = market.at(end + 5 * ROUND_MS - 1);
    assert_eq!((early.settle(licence), early.credit(bob())), (0, 0), "the brokers may still agree");
    let mut late = market.at(end + 5 * ROUND_MS);
    assert_eq!((late.settle(licence), late.credit(bob())), (0, 10 * PRICE));
}

#[test]
fn cancelling_does_not_escape_what_was_read() {
    let (mut market, licence, _) = per_event();
    market.cancel(charlie(), licence).expect_error(Error::NotParty);
    market.cancel(bob(), licence).expect_ok();
    assert!(!market.has_access(bob()) && !market.may_subscribe(bob()));
    assert_eq!(market.split(), [0; 4], "the round that runs is not agreed on yet");
    market.close(bob(), licence).expect_error(Error::NotOver);
    market.count_to(9);
    assert_eq!(market.settle(licence), 2 * PRICE);
    assert_eq!(market.split(), [1_850, 100, 50, 8 * PRICE]);
    market.close(eve(), licence).expect_ok();
}

#[test]
fn who_takes_the_reading_away_is_not_paid_for_what_comes() {
    let (mut market, licence, _) = per_event();
    market.count_to(9);
    market.cancel(alice(), licence).expect_ok();
    assert_eq!(market.split(), [1_850, 100, 50, 8 * PRICE], "two events, and the rest at once");
    market.count_to(17);
    assert_eq!(market.settle(licence), 0);
    assert_eq!(market.split(), [1_850, 100, 50, 8 * PRICE]);
}

#[test]
fn events_long_after_the_end_are_nobodys_to_pay() {
    let (mut market, licence, end) = per_event();
    market.count_to(9);
    assert_eq!(market.settle(licence), 2 * PRICE);
    let wait = end + 5 * ROUND_MS;
    // Nobody settles; the brokers agree on a time up to the end and the wait, or beyond it.
    let (mut within, mut beyond) = (market.at(wait - ROUND_MS - 1), market.at(wait - 1));
    assert!(within.count_to(12) <= wait);
    assert_eq!(within.settle(licence), 3 * PRICE);
    assert_eq!(within.credit(bob()), 5 * PRICE);
    assert!(beyond.count_to(5_000) > wait);
    assert_eq!(beyond.settle(licence), 0, "how many were before the end nobody can tell");
    assert_eq!(beyond.split(), [1_850, 100, 50, 8 * PRICE], "what was settled stays");
}

#[test]
fn events_before_the_purchase_are_not_counted_against_the_buyer() {
    let modes = [
        Mode::Count { valid_ms: LONG_MS },
        Mode::Locked { period_ms: LONG_MS, events: 5, wait_ms: 0 },
        Mode::PerEvent { valid_ms: LONG_MS, wait_ms: ROUND_MS },
    ];
    for mode in modes {
        let mut market = market();
        let agreed = market.count_to(1_000);
        let terms = market.terms(mode);
        let product = market.publish(terms.clone());
        let buy = by(bob(), market.buy_call(product, 1));
        // The round after the one that was agreed on is over and settled by then, and there is a round to spare.
        rules::closes_at(&market.chain, agreed + 3 * ROUND_MS, &buy);
        let mut behind = market.at(agreed + 3 * ROUND_MS);
        behind.chain.run(&buy).expect_error(Error::BrokersBehind);
        behind.count_to(2_000);
        let licence = behind.buy(bob(), product, 1);
        assert_eq!(behind.get(licence).first_event, 2_000, "{mode:?}");
        // Brokers who never agreed on anything cannot say where to begin.
        market.stream = market.new_stream();
        let fresh = market.publish(terms);
        market.try_buy(bob(), fresh, 1).expect_error(Error::BrokersBehind);
    }
}

#[test]
fn nothing_is_counted_where_the_brokers_have_stopped() {
    let mut market = market();
    let terms = market.terms(Mode::PerEvent { valid_ms: LONG_MS, wait_ms: ROUND_MS });
    let product = market.publish(terms);
    market.chain.from(alice()).call(market.brokers.stop(market.stream)).expect_ok();
    market.chain.advance_ms(2 * ROUND_MS);
    market.chain.from(alice()).call(market.brokers.close(market.stream)).expect_ok();
    market.try_buy(bob(), product, 1).expect_error(Error::BrokersBehind);
}

#[test]
fn what_is_paid_at_once_cannot_be_cancelled() {
    for mode in [Mode::Time { period_ms: LONG_MS }, Mode::Count { valid_ms: LONG_MS }] {
        let (mut market, licence) = Market::bought(mode, 1);
        for who in [alice(), bob()] {
            market.cancel(who, licence).expect_error(Error::NotCancellable);
        }
    }
    for mode in [Mode::Vesting { period_ms: LONG_MS }, Mode::PerEvent { valid_ms: LONG_MS, wait_ms: 0 }] {
        let (mut market, licence) = Market::bought(mode, 1);
        let extend = market.licence.extend(licence, 1, PRICE);
        market.chain.from(bob()).call(extend).expect_error(Error::NotExtendable);
    }
}

#[test]
fn a_cancelled_licence_leaves_the_others_of_its_holder() {
    let mut market = market();
    let terms = market.terms(Mode::Vesting { period_ms: LONG_MS });
    let product = market.publish(terms);
    let (short, long) = (market.buy(bob(), product, 1), market.buy(bob(), product, 2));
    market.cancel(bob(), long).expect_ok();
    let end = market.get(short).end_ms;
    assert!(
        market.has_access(bob()) && market.at(end - 1).may_subscribe(bob()) && !market.at(end).may_subscribe(bob())
    );
    market.cancel(bob(), short).expect_ok();
    assert!(!market.has_access(bob()) && !market.may_subscribe(bob()));
}

#[test]
fn a_seller_who_locks_the_module_out_holds_up_no_refund() {
    let mut market = market();
    let terms = market.terms(Mode::Vesting { period_ms: LONG_MS });
    let product = market.publish(terms);
    let (first, second) = (market.buy(bob(), product, 1), market.buy(bob(), product, 2));
    let mut gone = market.clone();
    let revoke = market.streams.revoke(market.stream, market.licence.address(), Level::Grant);
    market.chain.from(alice()).call(revoke).expect_ok();
    let delete = gone.streams.delete(gone.stream);
    gone.chain.from(alice()).call(delete).expect_ok();
    for market in [&mut market, &mut gone] {
        for licence in [first, second] {
            market.cancel(bob(), licence).expect_ok();
            market.close(bob(), licence).expect_ok();
        }
        assert!(market.credit(bob()) > 2_950, "hardly any time has passed");
    }
}

#[test]
fn brokers_get_their_share_from_the_pot_of_the_stream() {
    let (mut market, _) = Market::bought(Mode::Time { period_ms: LONG_MS }, 10);
    let pot = |market: &Market| {
        let info = market.chain.query(market.brokers.coordination(market.stream)).expect("it is coordinated");
        info.pot
    };
    assert_eq!((market.pool(1), pot(&market)), (500, 0));
    let fund = market.licence.fund_brokers(1, market.gold());
    assert_eq!(market.chain.from(ferdie()).call(fund.clone()).expect_ok(), 500);
    assert_eq!((market.pool(1), pot(&market)), (0, 500));
    market.chain.from(ferdie()).call(fund).expect_error(Error::NothingToWithdraw);
    assert_eq!(market.gold_of(market.licence.address()), 9_500);
}

#[test]
fn a_share_that_the_brokers_do_not_take_waits() {
    let mut market = market();
    let terms = Terms { currency: Currency::Coin, ..market.terms(Mode::Time { period_ms: LONG_MS }) };
    let product = market.publish(terms);
    let buy = market.buy_call(product, 1).with_value(PRICE);
    market.chain.from(bob()).call(buy).expect_ok();
    // The coordination pays in gold.
    let fund = market.licence.fund_brokers(product, Currency::Coin);
    market.chain.from(dave()).call(fund.clone()).expect_error(Error::BrokersRefused);
    let waits = market.licence.broker_share(product, Currency::Coin);
    assert_eq!(market.chain.query(waits), Ok(50));
    let seller = |market: &Market| market.chain.query(market.licence.credit_of(alice(), Currency::Coin));
    assert_eq!(seller(&market), Ok(925));
    let delete = market.streams.delete(market.stream);
    market.chain.from(alice()).call(delete).expect_ok();
    market.chain.from(dave()).call(fund).expect_ok();
    assert_eq!(seller(&market), Ok(975), "without a stream there are no brokers");
}
