//! Who may count and cover what: each market stands for itself, and the chain's own for what was paid.

use crate::{DAY_MS, DECISION_MS, EVENT, Market, PENALTY, PRICE, STAKE, code_of, judge, key, market};
use licence::{Arbiter, Currency, LicencesRef, NewProduct, Terms};
use reputation::{Error, FlagState, SellerScore};
use tenon_contract::{Address, Amount};
use tenon_testkit::hostile::{self, Behaviour, Target};
use tenon_testkit::{TestChain, alice, bob, by, charlie, eve};

impl Market {
    fn scored(&self, place: Option<Address>) -> (SellerScore, Amount) {
        let seller = self.reputation.seller_score(alice(), self.gold(), place);
        let buyer = self.reputation.buyer_score(bob(), self.gold(), place);
        (self.chain.query(seller).expect("a query"), self.chain.query(buyer).expect("a query"))
    }
}

/// A trade of Alice's and Bob's that somebody makes up.
fn forged(market: &Market) -> tenon_contract::Call<()> {
    market.reputation.count_trade(alice(), bob(), market.gold(), 1_000_000, 0)
}

#[test]
fn a_made_up_trade_stands_under_who_made_it_up() {
    let mut market = market();
    for who in [alice(), bob(), eve()] {
        let call = forged(&market);
        market.chain.from(who).call(call).expect_ok();
        let (seller, buyer) = market.scored(Some(who));
        assert_eq!((seller.settled, buyer), (1_000_000, 1_000_000), "for whoever believes them");
    }
    let honest = (SellerScore::default(), 0);
    let licence = TestChain::module_address("licence");
    assert_eq!((market.scored(None), market.scored(Some(licence))), (honest, honest));
}

#[test]
fn an_instance_counts_under_its_own_address_also_in_the_midst_of_a_purchase() {
    let mut market = market();
    let module = hostile::deploy(&mut market.chain);
    market.chain.from(hostile::director()).call(module.give(5, bob(), 10 * PRICE)).expect_ok();
    let currency = Currency::Asset { module: module.address(), asset: 5 };
    let terms = Terms { currency, ..market.daily() };
    let product = market.publish(terms);
    let call = forged(&market);
    let target = Target { address: call.address, method: call.method.into(), input: call.input, value: 0 };
    hostile::behave(&mut market.chain, module, Behaviour::CallBack(target));
    drop(market.chain.run(&by(bob(), market.buy_call(product, 1))));
    assert_eq!(market.scored(None), (SellerScore::default(), 0));
    assert_eq!(market.scored(Some(module.address())).0.settled, 1_000_000);
}

#[test]
fn what_is_no_trade_counts_for_nobody() {
    let mut market = market();
    let (gold, nowhere) = (market.gold(), Currency::Asset { module: Address::ZERO, asset: 1 });
    let reputation = market.reputation;
    let count = |buyer, currency, amount, shared| reputation.count_trade(alice(), buyer, currency, amount, shared);
    market.chain.from(eve()).call(count(alice(), gold, 7, 1)).expect_ok();
    market.chain.from(eve()).call(count(bob(), gold, 0, 0)).expect_ok();
    assert_eq!(market.scored(Some(eve())), (SellerScore::default(), 0));
    market.chain.from(eve()).call(count(bob(), nowhere, 7, 1)).expect_error(Error::InvalidCurrency);
    // A score that can grow no more stays at its largest.
    for _ in 0..2 {
        market.chain.from(eve()).call(count(bob(), gold, Amount::MAX, Amount::MAX)).expect_ok();
    }
    let (seller, buyer) = market.scored(Some(eve()));
    assert_eq!((seller.settled, seller.shared, buyer), (Amount::MAX, Amount::MAX, Amount::MAX));
}

/// An instance of Alice's own that sells one product, with Bob's licence of it; and the same of the chain's own.
fn own() -> (Market, LicencesRef) {
    let (mut market, licence) = Market::with_arbiter(Arbiter::Account(judge()));
    let terms = Terms { arbitration: Some(market.arbitration()), ..market.daily() };
    let first = NewProduct { stream: market.stream, name: "Weather".into(), terms };
    let code = code_of("licence");
    let own = LicencesRef::at(market.chain.from(alice()).deploy(&code, LicencesRef::init(Some(first))));
    market.let_sell(own.address());
    let approve = market.assets.approve(crate::GOLD, own.address(), 0, Amount::MAX, None);
    market.chain.from(bob()).call(approve).expect_ok();
    let bought = market.chain.from(bob()).call(own.buy(1, 1, 3, key(1), Amount::MAX, None)).expect_ok();
    assert_eq!((licence, bought), (1, 1), "both have the same number");
    (market, own)
}

#[test]
fn an_instance_of_ones_own_has_scores_and_flags_of_its_own() {
    let (mut market, own) = own();
    let place = Some(own.address());
    assert_eq!((market.scored(None).0.settled, market.scored(place).0.settled), (2 * PRICE, 3 * PRICE));
    assert_eq!((market.scored(None).1, market.scored(place).1), (2 * PRICE, 3 * PRICE));
    let (now, reputation) = (market.chain.time_ms(), market.reputation);
    market.flag(bob(), 1, now).expect_ok();
    let flag = reputation.flag(1, EVENT, now, STAKE, place);
    market.chain.from(charlie()).call(flag.clone()).expect_error(Error::NotHolder);
    market.chain.from(bob()).call(flag.clone()).expect_ok();
    market.chain.from(bob()).call(flag).expect_error(Error::AlreadyFlagged);
    let topic = |place| market.chain.query(reputation.verdict(1, EVENT, true, place)).expect("a query");
    assert_ne!(topic(None), topic(place), "what is resolved for one is worth nothing for the other");
    market.chain.from(judge()).call(reputation.decide(1, EVENT, true, place)).expect_ok();
    assert_eq!((market.scored(None).0.penalty, market.scored(place).0.penalty), (0, PENALTY));
    let state = |place| {
        let flag = market.chain.query(reputation.flag_on(1, EVENT, place)).expect("a query");
        flag.expect("it was raised").state
    };
    assert_eq!((state(None), state(place)), (FlagState::Open, FlagState::Upheld));
    assert_eq!((market.stakes(bob()), market.gold_of(reputation.address())), (STAKE, 2 * STAKE));
    // Each is cleaned up when its own licence is closed.
    market.chain.advance_ms(3 * DAY_MS + DECISION_MS);
    let remove = reputation.remove_flag(1, EVENT, place);
    market.close(bob(), 1).expect_ok();
    market.chain.from(eve()).call(remove.clone()).expect_error(Error::FlagStands);
    market.chain.from(bob()).call(own.close(1)).expect_ok();
    market.chain.from(eve()).call(remove).expect_ok();
    market.lapse(1).expect_ok();
    market.chain.from(eve()).call(reputation.remove_flag(1, EVENT, None)).expect_ok();
}

#[test]
fn what_is_no_market_covers_nothing() {
    let (mut market, licence) = Market::with_arbiter(Arbiter::Account(judge()));
    let now = market.chain.time_ms();
    let module = hostile::deploy(&mut market.chain);
    for place in [module.address(), market.assets.address(), eve(), Address::ZERO] {
        let flag = market.reputation.flag(licence, EVENT, now, STAKE, Some(place));
        market.chain.from(bob()).call(flag).expect_error(Error::MarketFailed);
    }
    market.flag(bob(), licence + 1, now).expect_error(Error::UnknownLicence);
    assert_eq!(market.gold_of(market.reputation.address()), 0);
}
