//! Products: who offers them, how they are found, and how they are removed.

use crate::{DAY_MS, Market, PRICE, code, market};
use licence::{Currency, Error, LicencesRef, Mode, NewProduct, ProductInfo, Terms};
use streams::Level;
use tenon_contract::Address;
use tenon_testkit::{alice, bob, charlie, eve};

#[test]
fn products_are_found_by_number_seller_and_stream_page_by_page() {
    let mut market = market();
    let terms = market.daily();
    for _ in 0..5 {
        market.publish(terms.clone());
    }
    market.stream = market.new_stream();
    let other = market.publish(terms.clone());
    let licence = market.licence;
    let query = |after, limit| market.chain.query(licence.products(after, limit)).expect("a query");
    let numbers = |page: Vec<(u64, licence::Product)>| page.into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(numbers(query(None, None)), vec![1, 2, 3, 4, 5, 6]);
    assert_eq!(numbers(query(Some(2), Some(2))), vec![3, 4]);
    assert_eq!(numbers(query(Some(u64::MAX), Some(0))), Vec::<u64>::new());
    let on = |after| market.chain.query(licence.products_on(market.stream, after, None)).expect("a query");
    assert_eq!((on(None), on(Some(other))), (vec![other], vec![]));
    let of = |who, after| market.chain.query(licence.products_of(who, after, Some(4))).expect("a query");
    assert_eq!((of(alice(), Some(1)), of(bob(), None)), (vec![2, 3, 4, 5], vec![]));
    let ProductInfo { product, terms: found, licences } =
        market.chain.query(licence.product(other)).expect("the product exists");
    assert_eq!((product.seller, product.stream, product.version, product.on_sale), (alice(), market.stream, 1, true));
    assert_eq!((found, licences), (terms, 0));
}

#[test]
fn who_neither_owns_a_stream_nor_may_grant_sells_nothing() {
    let mut market = market();
    let terms = market.daily();
    let call = market.publish_call(terms.clone());
    market.chain.from(bob()).call(call.clone()).expect_error(Error::NotStreamSeller);
    let grant = market.streams.grant(market.stream, bob(), Level::Grant, None);
    market.chain.from(alice()).call(grant).expect_ok();
    let product = market.chain.from(bob()).call(call).expect_ok();
    assert!(market.try_buy(charlie(), product, 1).is_ok());
    assert_eq!(market.credit(bob()), 925);
    let revoke = market.streams.revoke(market.stream, bob(), Level::Grant);
    market.chain.from(alice()).call(revoke).expect_ok();
    market.try_buy(charlie(), product, 1).expect_error(Error::NotStreamSeller);
    for name in ["", "a\nb", &"x".repeat(65)] {
        let call = market.licence.publish(market.stream, name.into(), terms.clone());
        market.chain.from(alice()).call(call).expect_error(Error::InvalidName);
    }
}

#[test]
fn terms_are_removed_when_nobody_has_a_licence_of_them() {
    let (mut market, licence) = Market::bought(Mode::Time { period_ms: DAY_MS }, 1);
    let revise = market.licence.revise(1, market.daily());
    market.chain.from(alice()).call(revise).expect_ok();
    let remove = |version| market.licence.remove_terms(1, version);
    let (old, new) = (remove(1), remove(2));
    market.chain.from(eve()).call(old.clone()).expect_error(Error::TermsInUse);
    market.chain.from(eve()).call(new.clone()).expect_error(Error::NotSeller);
    market.chain.from(alice()).call(new.clone()).expect_error(Error::TermsInUse);
    let stop = market.licence.set_on_sale(1, false);
    market.chain.from(alice()).call(stop).expect_ok();
    market.chain.from(alice()).call(new.clone()).expect_error(Error::TermsInUse);
    market.chain.advance_ms(DAY_MS);
    market.close(eve(), licence).expect_ok();
    market.chain.from(alice()).call(new.clone()).expect_error(Error::TermsInUse);
    let fund = market.licence.fund_brokers(1, market.gold());
    market.chain.from(eve()).call(fund).expect_ok();
    market.chain.from(alice()).call(new.clone()).expect_ok();
    market.chain.from(alice()).call(new).expect_error(Error::UnknownVersion);
    assert_eq!(market.chain.query(market.licence.products(None, None)), Ok(vec![]));
    // What is left of the product is an older version, which anybody removes.
    market.chain.from(eve()).call(old).expect_ok();
    let revise = market.licence.revise(1, market.daily());
    market.chain.from(alice()).call(revise).expect_error(Error::UnknownProduct);
}

#[test]
fn an_instance_of_ones_own_sells_one_product_alone() {
    let mut market = market();
    let terms = Terms { currency: Currency::Coin, fee: None, broker_bps: None, ..market.daily() };
    let first = NewProduct { stream: market.stream, name: "Weather".into(), terms: terms.clone() };
    let stranger = market.chain.from(bob()).try_deploy(&code(), LicencesRef::init(Some(first.clone())));
    stranger.expect_error(Error::NotStreamSeller);
    let own = LicencesRef::at(market.chain.from(alice()).deploy(&code(), LicencesRef::init(Some(first))));
    let again = own.publish(market.stream, "Weather".into(), terms);
    market.chain.from(alice()).call(again).expect_error(Error::Closed);
    let buy = own.buy(1, 1, 1, crate::key(1), PRICE, None).with_value(PRICE);
    market.chain.from(bob()).call(buy.clone()).expect_error(Error::StreamRefused);
    for level in [Level::Grant, Level::Subscribe] {
        let grant = market.streams.grant(market.stream, own.address(), level, None);
        market.chain.from(alice()).call(grant).expect_ok();
    }
    market.chain.from(bob()).call(buy).expect_ok();
    assert_eq!(market.chain.query(own.has_access(market.stream, bob())), Ok(true));
    assert_eq!(market.chain.query(own.credit_of(alice(), Currency::Coin)), Ok(PRICE));
    let before = market.chain.coin(eve());
    let withdraw = own.withdraw(Currency::Coin, Some(eve()));
    assert_eq!(market.chain.from(alice()).call(withdraw.clone()).expect_ok(), PRICE);
    assert_eq!(market.chain.coin(eve()) - before, PRICE);
    market.chain.from(alice()).call(withdraw).expect_error(Error::NothingToWithdraw);
    for to in [Address::ZERO, own.address()] {
        let withdraw = own.withdraw(Currency::Coin, Some(to));
        market.chain.from(alice()).call(withdraw).expect_error(Error::InvalidReceiver);
    }
}
