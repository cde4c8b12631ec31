//! Licences that pass from one holder to another.

use crate::{DAY_MS, Market, PRICE, RICH, ROUND_MS, key, market};
use licence::{Coverage, Currency, Error, FLAG_MS, Licence, Mode, Offer, Requirement, Resold, Terms};
use tenon_contract::{Address, Amount, Hash};
use tenon_testkit::{Outcome, alice, bob, by, charlie, eve, ferdie};

const OFFER: Offer = Offer { price: 600, to: None, until_ms: None };

impl Market {
    fn offer(&mut self, who: Address, licence: u64, offer: Option<Offer>) -> Outcome<()> {
        self.chain.from(who).call(self.licence.offer(licence, offer))
    }

    fn take(&mut self, who: Address, licence: u64, max_price: Amount) -> Outcome<Amount> {
        self.chain.from(who).call(self.licence.take(licence, key(8), max_price))
    }
}

fn offered(offer: Offer) -> (Market, u64) {
    let (mut market, licence) = Market::bought(Mode::Time { period_ms: DAY_MS }, 1);
    market.offer(bob(), licence, Some(offer)).expect_ok();
    (market, licence)
}

#[test]
fn rights_key_and_money_move_in_one_step() {
    let (mut market, licence) = offered(OFFER);
    assert_eq!(market.chain.query(market.licence.offered(licence)), Ok(Some(OFFER)));
    let (before, now) = (market.credit(alice()), market.chain.time_ms());
    let outcome = market.take(charlie(), licence, 600);
    let resold = Resold { licence, from: bob(), to: charlie(), price: 600, royalty: 60 };
    assert!(outcome.has(&resold));
    assert_eq!(outcome.expect_ok(), 600);
    assert_eq!((market.gold_of(charlie()), market.credit(bob())), (RICH - 600, 540));
    assert_eq!(market.credit(alice()) - before, 60);
    assert_eq!((market.has_access(bob()), market.may_subscribe(bob())), (false, false));
    assert_eq!((market.has_access(charlie()), market.may_subscribe(charlie())), (true, true));
    let licensed = market.get(licence);
    assert_eq!((licensed.holder, licensed.key, licensed.held_ms), (charlie(), key(8), now));
    assert_eq!(market.epoch(1), now, "who had the old key reads no new data");
    assert_eq!(market.chain.query(market.licence.offered(licence)), Ok(None));
    market.take(ferdie(), licence, 600).expect_error(Error::NotOffered);
    let end = licensed.end_ms;
    assert!(market.at(end - 1).may_subscribe(charlie()) && !market.at(end).may_subscribe(charlie()));
}

#[test]
fn a_licence_is_passed_on_only_as_its_holder_and_terms_say() {
    let (mut market, licence) = offered(Offer { to: Some(charlie()), ..OFFER });
    market.take(ferdie(), licence, 600).expect_error(Error::NotOffered);
    market.take(bob(), licence, 600).expect_error(Error::NotOffered);
    market.take(charlie(), licence, 599).expect_error(Error::PriceAboveMaximum);
    market.offer(charlie(), licence, Some(OFFER)).expect_error(Error::NotHolder);
    market.offer(charlie(), licence, None).expect_error(Error::NotHolder);
    market.offer(bob(), licence, None).expect_ok();
    market.offer(bob(), licence, None).expect_error(Error::NotOffered);
    market.take(charlie(), licence, 600).expect_error(Error::NotOffered);
    let terms = Terms { royalty_bps: None, ..market.daily() };
    let bound = market.publish(terms);
    let own = market.buy(bob(), bound, 1);
    market.offer(bob(), own, Some(OFFER)).expect_error(Error::NotForResale);
}

#[test]
fn an_offer_holds_before_its_end_and_not_beyond_that_of_the_licence() {
    let (mut market, licence) = Market::bought(Mode::Time { period_ms: DAY_MS }, 1);
    let until = market.chain.time_ms() + 5_000;
    market.offer(bob(), licence, Some(Offer { until_ms: Some(until), ..OFFER })).expect_ok();
    assert!(market.at(until - 1).take(charlie(), licence, 600).is_ok());
    market.at(until).take(charlie(), licence, 600).expect_error(Error::TooLate);
    let past = Offer { until_ms: Some(market.chain.time_ms()), ..OFFER };
    market.offer(bob(), licence, Some(past)).expect_error(Error::TooLate);
    market.offer(bob(), licence, Some(OFFER)).expect_ok();
    let end = market.get(licence).end_ms;
    assert!(market.at(end - 1).take(charlie(), licence, 600).is_ok());
    market.at(end).take(charlie(), licence, 600).expect_error(Error::Over);
    market.at(end).offer(bob(), licence, Some(OFFER)).expect_error(Error::Over);
}

#[test]
fn who_takes_a_licence_needs_what_a_buyer_needs() {
    let mut market = market();
    let (issuer, topic) = (ferdie(), 7);
    let terms = Terms { credential: Some(Requirement { issuer, topic }), ..market.daily() };
    let product = market.publish(terms);
    let attest = |who| market.credentials.attest(who, topic, Hash::new([5; 32]), None);
    let (for_bob, for_charlie) = (attest(bob()), attest(charlie()));
    market.chain.from(issuer).call(for_bob).expect_ok();
    let licence = market.buy(bob(), product, 1);
    market.offer(bob(), licence, Some(OFFER)).expect_ok();
    market.take(charlie(), licence, 600).expect_error(Error::NotEligible);
    assert_eq!(market.gold_of(charlie()), RICH);
    market.chain.from(issuer).call(for_charlie).expect_ok();
    market.take(charlie(), licence, 600).expect_ok();
}

#[test]
fn what_is_held_for_a_licence_goes_along() {
    let (mut market, licence) = Market::bought(Mode::Vesting { period_ms: 1_000_000 }, 1);
    market.offer(bob(), licence, Some(OFFER)).expect_ok();
    let start = market.get(licence).start_ms;
    market.reach(start + 400_000);
    market.take(charlie(), licence, 600).expect_ok();
    assert_eq!(market.get(licence).settled, 400, "what Bob used is settled as his");
    assert_eq!(market.credit(bob()), 540);
    market.cancel(bob(), licence).expect_error(Error::NotParty);
    market.reach(start + 500_000);
    market.cancel(charlie(), licence).expect_ok();
    assert_eq!(market.credit(charlie()), 500);
    let gold = market.gold();
    let score = |who| market.chain.query(market.reputation.buyer_score(who, gold, None)).expect("a query");
    assert_eq!((score(bob()), score(charlie())), (400, 100 + 60));
}

#[test]
fn a_licence_whose_events_are_used_up_is_not_taken() {
    let mut market = market();
    let terms = market.terms(Mode::Count { valid_ms: 100 * ROUND_MS });
    let product = market.publish(terms);
    let licence = market.buy(bob(), product, 5);
    market.offer(bob(), licence, Some(OFFER)).expect_ok();
    market.count_to(5);
    market.take(charlie(), licence, 600).expect_error(Error::Over);
    assert_eq!(market.gold_of(charlie()), RICH);
}

#[test]
fn who_offers_cannot_raise_the_price_before_who_takes() {
    let (market, licence) = offered(OFFER);
    let dear = Offer { price: 900, ..OFFER };
    let calls = [
        by(bob(), market.licence.offer(licence, Some(dear))),
        by(charlie(), market.licence.take(licence, key(8), 600)),
        by(ferdie(), market.licence.take(licence, key(7), 900)),
    ];
    market.chain.every_order(&calls, |chain, order, _| {
        let gold = |who| chain.query(market.assets.balance_of(crate::GOLD, who)).expect("a query");
        let (charlie_paid, ferdie_paid) = (RICH - gold(charlie()), RICH - gold(ferdie()));
        assert!(charlie_paid == 0 || charlie_paid == 600, "{order:?}");
        assert!((charlie_paid == 0) != (ferdie_paid == 0), "one of them has it: {order:?}");
    });
}

#[test]
fn machines_buy_derive_and_resell_with_nothing_but_calls_and_queries() {
    let mut market = market();
    let terms = market.daily();
    market.publish(terms);
    // Bob's machine finds what there is on the stream, and buys at the price that it reads.
    let found = market.chain.query(market.licence.products_on(market.stream, None, None)).expect("a query");
    let info = market.chain.query(market.licence.product(found[0])).expect("a product");
    assert!(info.product.on_sale);
    let buy = market.licence.buy(found[0], info.product.version, 1, key(1), info.terms.price, None);
    let licence = market.chain.from(bob()).call(buy).expect_ok();
    assert!(market.has_access(bob()));
    // It refines what it reads into a stream of its own, sells that, and passes its licence on.
    let refined = market.chain.from(bob()).call(market.streams.create("Refined".into(), None, None, None)).expect_ok();
    for level in [streams::Level::Grant, streams::Level::Subscribe] {
        let grant = market.streams.grant(refined, market.licence.address(), level, None);
        market.chain.from(bob()).call(grant).expect_ok();
    }
    let terms = Terms { price: 50, currency: Currency::Coin, ..market.daily() };
    let publish = market.licence.publish(refined, "Refined".into(), terms);
    let product = market.chain.from(bob()).call(publish).expect_ok();
    let buy = market.licence.buy(product, 1, 1, key(2), 50, None).with_value(50);
    market.chain.from(eve()).call(buy).expect_ok();
    assert_eq!(market.chain.query(market.licence.has_access(refined, eve())), Ok(true));
    market.offer(bob(), licence, Some(OFFER)).expect_ok();
    market.take(charlie(), licence, 600).expect_ok();
    let withdraw = market.licence.withdraw(market.gold(), None);
    assert_eq!(market.chain.from(bob()).call(withdraw).expect_ok(), 540);
    assert_eq!(market.gold_of(bob()), RICH - PRICE + 540);
}

#[test]
fn a_licence_covers_what_its_holder_could_read() {
    let mut market = market();
    let rules = Some(market.arbitration());
    let terms = Terms { arbitration: rules, ..market.daily() };
    let product = market.publish(terms);
    let licence = market.buy(bob(), product, 1);
    let Licence { start_ms, end_ms, .. } = market.get(licence);
    let covered = |market: &Market| market.chain.query(market.licence.coverage(licence)).expect("a query");
    let (seller, currency, until_ms) = (alice(), market.gold(), end_ms + FLAG_MS);
    let first = Coverage { holder: bob(), seller, currency, rules, from_ms: start_ms, end_ms, until_ms };
    assert_eq!(covered(&market), Some(first));
    // New terms are for later purchases, and the next holder answers for what comes from then on.
    let revise = market.licence.revise(product, market.daily());
    market.chain.from(alice()).call(revise).expect_ok();
    market.offer(bob(), licence, Some(OFFER)).expect_ok();
    market.reach(start_ms + 60_000);
    market.take(charlie(), licence, 600).expect_ok();
    let second = Coverage { holder: charlie(), from_ms: start_ms + 60_000, ..first };
    assert_eq!(covered(&market), Some(second));
    let unflagged = market.chain.from(bob()).call(market.licence.buy(product, 2, 1, key(1), Amount::MAX, None));
    let unflagged = unflagged.expect_ok();
    let rules = market.chain.query(market.licence.coverage(unflagged)).expect("a query").expect("it runs").rules;
    assert_eq!(rules, None);
    market.reach(until_ms);
    assert_eq!(covered(&market), Some(second), "as long as it is not closed");
    market.close(eve(), licence).expect_ok();
    assert_eq!(covered(&market), None);
}
