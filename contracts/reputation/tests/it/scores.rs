//! Reputation: what was settled in trades, in each currency and role.

use crate::{DAY_MS, Market, PRICE, RICH, market};
use licence::{Currency, Mode, Terms};
use reputation::{Error, SCORE_WINDOWS, ScoreRemoved, SellerScore, TradeCounted, WINDOW_MS};
use tenon_contract::Address;
use tenon_testkit::{alice, bob, charlie, eve};

impl Market {
    fn seller_score(&self, currency: Currency) -> SellerScore {
        self.chain.query(self.reputation.seller_score(alice(), currency, None)).expect("a query")
    }

    fn buyer_score(&self, who: Address) -> u128 {
        self.chain.query(self.reputation.buyer_score(who, self.gold(), None)).expect("a query")
    }
}

#[test]
fn a_score_is_the_sum_of_settled_trades_in_each_role_and_currency() {
    let mut market = market();
    let terms = market.daily();
    let gold = market.publish(terms.clone());
    let coin = market.publish(Terms { currency: Currency::Coin, ..terms });
    market.buy(bob(), gold, 2);
    market.buy(bob(), gold, 3);
    market.buy(charlie(), gold, 1);
    let buy = market.buy_call(coin, 1).with_value(PRICE);
    let bought = market.chain.from(bob()).call(buy);
    assert!(bought.has(&TradeCounted {
        seller: alice(),
        buyer: bob(),
        market: market.licence.address(),
        currency: Currency::Coin,
        amount: PRICE,
        shared: 75,
    }));
    bought.expect_ok();
    let of_gold = market.seller_score(market.gold());
    assert_eq!(of_gold, SellerScore { settled: 6 * PRICE, shared: 450, penalty: 0, upheld: 0 });
    assert_eq!(market.seller_score(Currency::Coin).settled, PRICE);
    assert_eq!((market.buyer_score(bob()), market.buyer_score(charlie())), (5 * PRICE, PRICE));
    assert_eq!(market.buyer_score(alice()), 0);
}

#[test]
fn what_goes_back_counts_for_nobody() {
    let mut market = market();
    let terms = market.terms(Mode::Vesting { period_ms: 1_000_000 });
    let product = market.publish(terms);
    let licence = market.buy(bob(), product, 1);
    let start = market.get(licence).start_ms;
    assert_eq!((market.seller_score(market.gold()).settled, market.buyer_score(bob())), (0, 0));
    market.reach(start + 250_000);
    market.cancel(bob(), licence).expect_ok();
    assert_eq!((market.seller_score(market.gold()).settled, market.buyer_score(bob())), (250, 250));
}

#[test]
fn a_buyers_score_ends_with_its_twelfth_window_and_no_balance_changes() {
    let mut market = market();
    let terms = market.terms(Mode::Time { period_ms: 40 * DAY_MS });
    let product = market.publish(terms);
    let window = market.chain.time_ms() / WINDOW_MS;
    market.buy(bob(), product, 1);
    market.reach((window + 1) * WINDOW_MS);
    market.buy(bob(), product, 2);
    let (first_end, second_end) = ((window + SCORE_WINDOWS) * WINDOW_MS, (window + 1 + SCORE_WINDOWS) * WINDOW_MS);
    let (gold, seller) = (market.gold_of(bob()), market.seller_score(market.gold()));
    let expected = [
        (first_end - 1, 3 * PRICE),
        (first_end, 2 * PRICE),
        (first_end + 1, 2 * PRICE),
        (second_end - 1, 2 * PRICE),
        (second_end, 0),
    ];
    for (time, score) in expected {
        let then = market.at(time);
        assert_eq!((then.buyer_score(bob()), then.gold_of(bob())), (score, gold), "at {time}");
        assert_eq!(then.seller_score(then.gold()), seller, "a seller's score stays");
    }
    let remove = market.reputation.remove_score(bob(), market.gold(), None);
    market.at(second_end - 1).chain.from(eve()).call(remove.clone()).expect_error(Error::ScoreStands);
    let mut over = market.at(second_end);
    let removed = over.chain.from(eve()).call(remove.clone());
    assert!(removed.has(&ScoreRemoved { who: bob(), market: over.licence.address(), currency: over.gold() }));
    removed.expect_ok();
    over.chain.from(eve()).call(remove).expect_error(Error::ScoreStands);
}

#[test]
fn a_score_of_many_windows_stays_small() {
    let mut market = market();
    let terms = market.terms(Mode::Time { period_ms: DAY_MS });
    let product = market.publish(terms);
    let stored = |market: &Market| market.chain.stored_bytes(market.reputation.address());
    let mut bytes = Vec::new();
    for _ in 0..16 {
        let next = (market.chain.time_ms() / WINDOW_MS + 1) * WINDOW_MS;
        market.reach(next);
        let licence = market.buy(bob(), product, 1);
        market.chain.advance_ms(DAY_MS);
        market.close(bob(), licence).expect_ok();
        bytes.push(stored(&market));
    }
    assert_eq!(market.buyer_score(bob()), 12 * PRICE);
    assert_eq!(bytes[13], bytes[15], "after twelve windows the oldest goes when a new one comes: {bytes:?}");
}

#[test]
fn a_score_of_ones_own_making_costs_at_least_the_shares() {
    let mut market = market();
    let terms = market.daily();
    let product = market.publish(terms);
    // With oneself it counts for nobody; with another of one's own accounts the shares of brokers and fee are gone.
    market.buy(alice(), product, 10);
    assert_eq!((market.seller_score(market.gold()), market.buyer_score(alice())), (SellerScore::default(), 0));
    let own =
        |market: &Market| [alice(), bob()].map(|who| market.gold_of(who) + market.sales(who)).iter().sum::<u128>();
    let before = own(&market);
    for round in 1..=20 {
        let licence = market.buy(bob(), product, 1);
        let SellerScore { settled, shared, .. } = market.seller_score(market.gold());
        assert_eq!((settled, shared), (round * PRICE, round * 75));
        assert_eq!(before - own(&market), shared, "what the score says it cost is what it cost");
        market.chain.advance_ms(DAY_MS);
        market.close(bob(), licence).expect_ok();
    }
    assert!(market.gold_of(bob()) < RICH);
}
