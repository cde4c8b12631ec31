//! Dutch auctions: the first to pay the price of the moment gets the goods.

use crate::{BOTTLES, GOLD, HOUR_MS, RICH, WINE, market};
use auction::{Currency, Curve, Delivered, Error, Listed, Sold, State};
use tenon_contract::Call;
use tenon_contract::abi::HostError;
use tenon_testkit::{alice, bob, charlie, dave};

#[test]
fn the_first_buyer_gets_the_goods_at_once() {
    let mut market = market();
    let call = market.auction.sell_dutch(market.goods(), 1_000, 100, HOUR_MS, None, None, None, None, None);
    let listed = market.chain.from(alice()).call(call);
    let event = Listed { auction: 1, seller: alice(), goods: market.goods(), currency: Currency::Coin };
    assert!(listed.has(&event));
    assert_eq!(market.wine(market.auction.address()), BOTTLES, "the goods are in the auction's hands");
    let start = market.start_of(1);
    market.chain.set_time_ms(start + HOUR_MS / 2);
    assert_eq!(market.chain.query(market.auction.price_now(1)), Ok(550));
    let bought = market.chain.from(bob()).call(market.auction.buy(1, 550).with_value(550));
    assert!(bought.has(&Sold { auction: 1, seller: alice(), buyer: bob(), price: 550, cut: 0 }));
    assert!(bought.has(&Delivered { auction: 1, to: bob() }));
    assert_eq!(bought.expect_ok(), 550);
    assert_eq!((market.wine(bob()), market.wine(market.auction.address())), (BOTTLES, 0));
    assert_eq!((market.coin_credit(alice()), market.coin_held()), (550, 550), "the seller takes the money");
    let progress = market.info(1).progress;
    assert_eq!((progress.state, progress.closed_ms), (State::Sold, start + HOUR_MS / 2));
    assert_eq!(progress.best.map(|best| (best.bidder, best.price)), Some((bob(), 550)));
}

#[test]
fn of_two_buyers_in_a_row_the_second_pays_nothing() {
    let mut market = market();
    let auction = market.sell_dutch(None);
    market.chain.from(bob()).call(market.auction.buy(auction, 1_000).with_value(1_000)).expect_ok();
    let before = market.chain.coin(charlie());
    let late = market.chain.from(charlie()).call(market.auction.buy(auction, 1_000).with_value(1_000));
    late.expect_error(Error::Closed);
    assert_eq!(market.chain.coin(charlie()), before - late.fee, "only the fee is gone");
    assert_eq!(market.wine(bob()), BOTTLES);
}

#[test]
fn a_buyer_never_pays_more_than_the_stated_maximum() {
    let mut market = market();
    let auction = market.sell_dutch(None);
    let start = market.start_of(auction);
    // Whatever comes before in a block: only time and a sale change the price, and a buyer states a bound.
    market.chain.set_time_ms(start + HOUR_MS / 2);
    let buy = market.auction.buy(auction, 549).with_value(1_000);
    market.chain.from(bob()).call(buy.clone()).expect_error(Error::PriceAboveMaximum);
    market.chain.set_time_ms(start + HOUR_MS / 2 + 4_000);
    assert_eq!(market.chain.from(bob()).call(buy).expect_ok(), 549);
    assert_eq!(market.coin_credit(bob()), 451, "what was sent above the price waits for the buyer");
    assert_eq!(market.withdraw(bob(), Currency::Coin).expect_ok(), 451);
    assert_eq!(market.withdraw(alice(), Currency::Coin).expect_ok(), 549);
    assert_eq!(market.coin_held(), 0);
}

#[test]
fn too_little_money_buys_nothing() {
    let mut market = market();
    let auction = market.sell_dutch(None);
    let buy = |market: &mut crate::Market, value| {
        market.chain.from(bob()).call(market.auction.buy(auction, 2_000).with_value(value))
    };
    buy(&mut market, 0).expect_error(Error::Underpaid);
    let price = market.chain.query(market.auction.price_now(auction)).expect("a price");
    buy(&mut market, price - 1).expect_error(Error::Underpaid);
    assert_eq!((market.wine(bob()), market.coin_held()), (0, 0));
    assert_eq!(market.state(auction), State::Open);
}

#[test]
fn an_asset_pays_as_well_as_the_coin() {
    let mut market = market();
    let gold = market.gold();
    let auction = market.sell_dutch(Some(gold));
    let start = market.start_of(auction);
    market.chain.set_time_ms(start + HOUR_MS * 2);
    let with_coin = market.chain.from(bob()).call(market.auction.buy(auction, 100).with_value(1));
    with_coin.expect_error(Error::CoinNotWanted);
    assert_eq!(market.chain.from(bob()).call(market.auction.buy(auction, 100)).expect_ok(), 100);
    assert_eq!((market.gold_of(bob()), market.credit(alice(), gold), market.coin_held()), (RICH - 100, 100, 0));
    let before = market.gold_of(alice());
    assert_eq!(market.withdraw(alice(), gold).expect_ok(), 100);
    assert_eq!(market.gold_of(alice()), before + 100);
}

#[test]
fn an_asset_that_was_not_approved_buys_nothing() {
    let mut market = market();
    let gold = market.gold();
    let auction = market.sell_dutch(Some(gold));
    let revoke = market.assets.approve(GOLD, market.auction.address(), u128::MAX, 0, None);
    market.chain.from(bob()).call(revoke).expect_ok();
    let refused = market.chain.from(bob()).call(market.auction.buy(auction, 1_000));
    refused.expect_error(Error::PaymentRefused);
    assert_eq!((market.gold_of(bob()), market.wine(bob())), (RICH, 0));
    assert_eq!(market.state(auction), State::Open);
}

#[test]
fn the_price_stays_at_the_floor_until_the_end() {
    let mut market = market();
    let start = market.chain.time_ms() + 60_000;
    let end = start + HOUR_MS * 3;
    let sell = |market: &crate::Market| {
        market.auction.sell_dutch(market.goods(), 1_000, 100, HOUR_MS, None, None, Some(start), Some(end), None)
    };
    for auction in 1..=5 {
        let call = sell(&market);
        assert_eq!(market.chain.from(alice()).call(call).expect_ok(), auction);
    }
    let prices = [start - 1, start, start + 1, start + HOUR_MS - 1, start + HOUR_MS, end, u64::MAX]
        .map(|time| market.chain.query(market.auction.price_at(1, time)).expect("a price"));
    assert_eq!(prices, [1_000, 1_000, 1_000, 101, 100, 100, 100]);
    let mut buy = |auction, time| {
        market.reach(time);
        market.chain.from(bob()).call(market.auction.buy(auction, 1_000).with_value(1_000))
    };
    // Each call is a block, and a block takes a second.
    buy(1, start - 1).expect_error(Error::TooEarly);
    assert_eq!(buy(2, start + 999).expect_ok(), 1_000);
    assert_eq!(buy(3, end - 1).expect_ok(), 100);
    buy(4, end + 999).expect_error(Error::TooLate);
}

#[test]
fn times_are_half_open() {
    let bounds = [
        (true, -1, Err(Error::TooEarly)),
        (true, 0, Ok(9)),
        (true, 1, Ok(9)),
        (false, -1, Ok(9)),
        (false, 0, Err(Error::TooLate)),
        (false, 1, Err(Error::TooLate)),
    ];
    for (at_start, offset, expected) in bounds {
        let mut market = market();
        let (start, end) = (market.chain.time_ms() + 5_000, market.chain.time_ms() + 9_000);
        let sell = market.auction.sell_dutch(market.goods(), 9, 9, 1, None, None, Some(start), Some(end), None);
        let auction = market.chain.from(alice()).call(sell).expect_ok();
        let bound = if at_start { start } else { end };
        market.chain.set_time_ms(bound.checked_add_signed(offset).expect("small"));
        let bought = market.chain.from(bob()).call(market.auction.buy(auction, 9).with_value(9));
        let found = bought.result.map_err(|failure| failure.module_error().expect("an error of the module"));
        assert_eq!(found, expected, "start {at_start}, {offset}");
    }
}

#[test]
fn ends_without_a_buyer_and_gives_the_goods_back() {
    let mut market = market();
    let start = market.chain.time_ms();
    let sell = market.auction.sell_dutch(market.goods(), 9, 9, HOUR_MS, None, None, None, Some(start + HOUR_MS), None);
    let before = market.wine(alice());
    let auction = market.chain.from(alice()).call(sell).expect_ok();
    market.chain.set_time_ms(start + HOUR_MS - 1);
    market.settle(auction).expect_error(Error::TooEarly);
    market.reach(start + HOUR_MS);
    market.settle(auction).expect_ok();
    assert_eq!((market.state(auction), market.wine(alice())), (State::Unsold, before));
    market.settle(auction).expect_error(Error::Closed);
    // Without an end there is nothing to settle: the seller may cancel.
    let endless = market.sell_dutch(None);
    market.chain.advance_ms(HOUR_MS * 1_000);
    market.settle(endless).expect_error(Error::TooEarly);
}

#[test]
fn the_seller_may_cancel_until_the_goods_are_sold() {
    let mut market = market();
    let before = market.wine(alice());
    let (first, second) = (market.sell_dutch(None), market.sell_dutch(None));
    market.chain.from(bob()).call(market.auction.cancel(first)).expect_error(Error::NotSeller);
    market.chain.from(alice()).call(market.auction.cancel(first)).expect_ok();
    assert_eq!((market.state(first), market.wine(alice())), (State::Cancelled, before - BOTTLES));
    market.chain.from(alice()).call(market.auction.cancel(first)).expect_error(Error::Closed);
    market.chain.from(bob()).call(market.auction.buy(first, 1_000).with_value(1_000)).expect_error(Error::Closed);
    market.chain.from(bob()).call(market.auction.buy(second, 1_000).with_value(1_000)).expect_ok();
    market.chain.from(alice()).call(market.auction.cancel(second)).expect_error(Error::Closed);
}

#[test]
fn a_floor_of_zero_must_be_asked_for() {
    let mut market = market();
    let sell = |market: &crate::Market, start_price, floor, allowed| {
        market.auction.sell_dutch(market.goods(), start_price, floor, HOUR_MS, None, None, None, None, allowed)
    };
    for (start_price, floor, allowed) in [(9, 0, None), (9, 0, Some(false)), (0, 0, Some(true))] {
        let call = sell(&market, start_price, floor, allowed);
        market.chain.from(alice()).call(call).expect_error(Error::ZeroPrice);
    }
    let call = sell(&market, 9, 0, Some(true));
    let auction = market.chain.from(alice()).call(call).expect_ok();
    market.chain.advance_ms(HOUR_MS);
    assert_eq!(market.chain.from(bob()).call(market.auction.buy(auction, 0)).expect_ok(), 0);
    assert_eq!((market.wine(bob()), market.coin_credit(alice())), (BOTTLES, 0));
}

#[test]
fn refuses_terms_that_make_no_sense() {
    let mut market = market();
    let now = market.chain.time_ms() + 100_000;
    market.chain.set_time_ms(now);
    let year = auction::MAX_DURATION_MS;
    let stairs = |step_ms, cut| Some(Curve::Stairs { step_ms, cut });
    let halves = |half_life_ms| Some(Curve::Exponential { half_life_ms });
    let terms = [
        (99, HOUR_MS, None, None, None, Error::InvalidPrices),
        (100, 0, None, None, None, Error::InvalidTimes),
        (100, year + 1, None, None, None, Error::InvalidTimes),
        (100, u64::MAX, None, None, None, Error::InvalidTimes),
        (100, HOUR_MS, None, Some(now - 1), None, Error::InvalidTimes),
        (100, HOUR_MS, None, Some(now + year + 1_000_000), None, Error::InvalidTimes),
        (100, HOUR_MS, None, Some(u64::MAX), None, Error::InvalidTimes),
        (100, HOUR_MS, None, Some(now + 50_000), Some(now + 50_000), Error::InvalidTimes),
        (100, HOUR_MS, stairs(0, 1), None, None, Error::InvalidCurve),
        (100, HOUR_MS, stairs(1, 1), None, None, Error::InvalidCurve),
        (100, HOUR_MS, stairs(1_000, 0), None, None, Error::InvalidCurve),
        (100, HOUR_MS, stairs(1_000, 1_000_000_000_000), None, None, Error::InvalidCurve),
        (100, HOUR_MS, halves(0), None, None, Error::InvalidCurve),
        (100, HOUR_MS, halves(year + 1), None, None, Error::InvalidCurve),
    ];
    for (start_price, duration, curve, start, end, error) in terms {
        let goods = market.goods();
        let call = market.auction.sell_dutch(goods, start_price, 100, duration, curve, None, start, end, None);
        let outcome = market.chain.from(alice()).call(call);
        outcome.expect_error(error);
    }
    assert_eq!(market.chain.query(market.auction.auction_count()), Ok(0));
    assert_eq!(market.wine(market.auction.address()), 0);
}

#[test]
fn refuses_kinds_and_curves_that_do_not_exist() {
    let mut market = market();
    let call = market.auction.sell_dutch(market.goods(), 9, 9, 9, Some(Curve::Linear), None, None, None, None);
    let candle = Call::<u64>::new(call.address, "sell_candle", call.input.clone(), false);
    market.chain.from(alice()).call(candle).expect_host_error(HostError::MethodNotFound);
    let mut unknown = call;
    // Goods 57, prices 32, duration 8, then the option and the curve's number.
    assert_eq!(unknown.input.get(97..99), Some([1, 0].as_slice()));
    if let Some(curve) = unknown.input.get_mut(98) {
        *curve = 3;
    }
    market.chain.from(alice()).call(unknown).expect_host_error(HostError::BadInput);
}

#[test]
fn each_kind_has_its_own_methods() {
    let mut market = market();
    let (dutch, english, sealed) = (market.sell_dutch(None), market.sell_english(None), market.sell_sealed(None));
    for auction in [english, sealed] {
        market.chain.from(bob()).call(market.auction.buy(auction, 1)).expect_error(Error::WrongKind);
        assert!(market.chain.query(market.auction.price_now(auction)).is_err());
    }
    for auction in [dutch, sealed] {
        market.bid(bob(), auction, 1).expect_error(Error::WrongKind);
        assert!(market.chain.query(market.auction.min_bid(auction)).is_err());
    }
    for auction in [dutch, english] {
        market.commit(bob(), auction, 1, 1).expect_error(Error::WrongKind);
        market.reveal(bob(), auction, 1).expect_error(Error::WrongKind);
        market.chain.from(dave()).call(market.auction.forfeit(auction, bob())).expect_error(Error::WrongKind);
    }
    let unknown = 99;
    market.chain.from(bob()).call(market.auction.buy(unknown, 1)).expect_error(Error::UnknownAuction);
    market.chain.from(bob()).call(market.auction.bid(unknown, 1)).expect_error(Error::UnknownAuction);
    market.chain.from(bob()).call(market.auction.cancel(0)).expect_error(Error::UnknownAuction);
    market.settle(unknown).expect_error(Error::UnknownAuction);
    market.chain.from(bob()).call(market.auction.collect(unknown, None)).expect_error(Error::UnknownAuction);
}

#[test]
fn a_listing_without_approval_moves_nothing() {
    let mut market = market();
    let revoke = market.assets.approve(WINE, market.auction.address(), u128::MAX, 0, None);
    market.chain.from(alice()).call(revoke).expect_ok();
    let before = market.wine(alice());
    let call = market.auction.sell_dutch(market.goods(), 9, 9, 9, None, None, None, None, None);
    market.chain.from(alice()).call(call.clone()).expect_error(Error::GoodsRefused);
    // Bob has no wine, whatever Alice approved for herself.
    market.approve(WINE, alice());
    market.chain.from(bob()).call(call).expect_error(Error::GoodsRefused);
    assert_eq!((market.wine(alice()), market.wine(market.auction.address())), (before, 0));
    let stored = market.chain.query(market.auction.open_auctions(None, None)).expect("a query");
    assert!(stored.is_empty());
}

#[test]
fn lists_auctions_page_by_page() {
    let mut market = market();
    for _ in 0..3 {
        market.sell_dutch(None);
    }
    market.chain.from(alice()).call(market.auction.cancel(2)).expect_ok();
    let open = |after, limit| market.chain.query(market.auction.open_auctions(after, limit)).expect("a query");
    assert_eq!((open(None, None), open(Some(1), Some(9)), open(None, Some(1))), (vec![1, 3], vec![3], vec![1]));
    let of = |who, after, limit| market.chain.query(market.auction.auctions_of(who, after, limit)).expect("a query");
    assert_eq!(
        (of(alice(), None, None), of(alice(), Some(1), Some(1)), of(bob(), None, None)),
        (vec![1, 2, 3], vec![2], vec![])
    );
    assert_eq!(market.chain.query(market.auction.auction_count()), Ok(3));
}
