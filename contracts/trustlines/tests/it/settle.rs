//! Debts that are settled outside the network, in coin or in an asset: both or neither, whatever the asset's module
//! does.

use crate::{NET, YEAR_MS, amount, balance, code, founded, line, terms, village};
use assets::AssetsRef;
use tenon_contract::abi::HostError;
use tenon_contract::{Address, Amount};
use tenon_testkit::hostile::{self, Behaviour, Target};
use tenon_testkit::{TestChain, alice, bob, by, charlie, eve, module_code, rules};
use trustlines::{Currency, Error, LineTerms, MAX_STANDING_MS, Offer, OfferRemoved, Offered, Settled, TrustlinesRef};

/// The asset with which debts are settled.
const GOLD: u64 = 1;
/// What Bob has of it.
const RICH: Amount = 10_000;
/// What Bob owes Alice.
const DEBT: u64 = 80;

/// A chain with assets, on which Bob owes Alice, and has gold that the module may take.
struct World {
    chain: TestChain,
    trustlines: TrustlinesRef,
    assets: AssetsRef,
}

fn world() -> World {
    world_at(0)
}

/// The same with interest on what Bob owes.
fn world_at(rate_given_bps: u16) -> World {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets");
    let chain = TestChain::with_modules(&[
        ("assets", &module_code(folder), AssetsRef::init(None)),
        ("trustlines", &code(), TrustlinesRef::init(None)),
    ]);
    let trustlines = TrustlinesRef::at(TestChain::module_address("trustlines"));
    let assets = AssetsRef::at(TestChain::module_address("assets"));
    let mut world = World { chain, trustlines, assets };
    let chain = &mut world.chain;
    crate::found(chain, trustlines, village());
    crate::agree(chain, trustlines, (alice(), bob()), LineTerms { rate_given_bps, ..terms(100, 150) });
    crate::pay(chain, trustlines, bob(), DEBT, &[alice()], 0).expect_ok();
    let issue = assets.issue("Gold".into(), "GOLD".into(), 0, RICH, None, None, None, None, None, None, None);
    assert_eq!(chain.from(bob()).call(issue).expect_ok(), GOLD);
    let approve = assets.approve(GOLD, trustlines.address(), 0, assets::UNLIMITED, None);
    chain.from(bob()).call(approve).expect_ok();
    world
}

impl World {
    fn gold(&self) -> Currency {
        Currency::Asset { module: self.assets.address(), asset: GOLD }
    }

    /// Alice offers Bob to take a price for some units.
    fn offer(&mut self, units: u64, currency: Currency, price: Amount) -> Offer {
        let call = self.trustlines.offer_settlement(NET, bob(), units, currency, price, None);
        self.chain.from(alice()).call(call).expect_ok();
        let offers = self.chain.query(self.trustlines.offers(NET, bob(), None, None)).expect("a query");
        assert_eq!(offers.iter().map(|(creditor, _)| *creditor).collect::<Vec<_>>(), [alice()]);
        offers[0].1
    }

    fn gold_of(&self, who: Address) -> Amount {
        self.chain.query(self.assets.balance_of(GOLD, who)).expect("a query")
    }

    fn debt(&self) -> i128 {
        balance(&self.chain, self.trustlines, alice(), bob())
    }
}

#[test]
fn settles_a_debt_in_coin() {
    let mut world = world();
    let offer = world.offer(50, Currency::Coin, 1_000);
    let before = world.chain.coin(alice());
    let call = world.trustlines.settle(NET, alice(), offer).with_value(1_000);
    let outcome = world.chain.from(bob()).call(call.clone());
    let balance = line(&world.chain, world.trustlines, bob(), alice()).exact_balance;
    let (creditor, debtor, currency) = (alice(), bob(), Currency::Coin);
    assert!(outcome.has(&Settled { network: NET, creditor, debtor, units: 50, currency, price: 1_000, balance }));
    outcome.expect_ok();
    assert_eq!((world.debt(), world.chain.coin(alice())), (30, before + 1_000));
    assert_eq!(world.chain.coin(world.trustlines.address()), 0, "nothing stays here");
    world.chain.from(bob()).call(call).expect_error(Error::UnknownOffer);
}

#[test]
fn settles_a_debt_in_an_asset() {
    let mut world = world();
    let gold = world.gold();
    let offer = world.offer(DEBT, gold, 500);
    world.chain.from(bob()).call(world.trustlines.settle(NET, alice(), offer)).expect_ok();
    assert_eq!((world.debt(), world.gold_of(alice()), world.gold_of(bob())), (0, 500, RICH - 500));
}

#[test]
fn lets_a_debtor_settle_what_is_below_one_unit_too() {
    let mut world = world_at(1_000);
    world.chain.advance_ms(YEAR_MS);
    assert_eq!(world.debt(), 88, "80 with 10 percent for a year");
    let gold = world.gold();
    let offer = world.offer(90, gold, 90);
    world.chain.from(bob()).call(world.trustlines.settle(NET, alice(), offer)).expect_error(Error::AboveDebt);
    let offer = world.offer(89, gold, 89);
    world.chain.from(bob()).call(world.trustlines.settle(NET, alice(), offer)).expect_ok();
    let info = line(&world.chain, world.trustlines, bob(), alice());
    assert!(info.balance == 0 && info.exact_balance > 0);
    world.chain.from(bob()).call(world.trustlines.close(NET, alice(), bob())).expect_ok();
}

#[test]
fn a_creditor_can_let_a_debtor_off() {
    let mut world = world();
    let offer = world.offer(30, Currency::Coin, 0);
    world.chain.from(bob()).call(world.trustlines.settle(NET, alice(), offer)).expect_ok();
    assert_eq!(world.debt(), 50);
}

#[test]
fn settles_nothing_without_the_creditors_offer() {
    let mut world = world();
    let until_ms = world.chain.time_ms() + 60_000;
    let own = Offer { units: DEBT, currency: Currency::Coin, price: 0, until_ms };
    world.chain.from(bob()).call(world.trustlines.settle(NET, alice(), own)).expect_error(Error::UnknownOffer);
    let offer = world.offer(50, Currency::Coin, 1_000);
    let changed = [
        Offer { units: 51, ..offer },
        Offer { currency: world.gold(), ..offer },
        Offer { price: 999, ..offer },
        Offer { until_ms: offer.until_ms + 1, ..offer },
    ];
    for changed in changed {
        let call = world.trustlines.settle(NET, alice(), changed).with_value(1_000);
        world.chain.from(bob()).call(call).expect_error(Error::OtherOffer);
    }
    // Nobody else takes it, and a creditor who owes takes nothing off what they owe.
    let call = world.trustlines.settle(NET, alice(), offer).with_value(1_000);
    world.chain.from(charlie()).call(call).expect_error(Error::UnknownOffer);
    let by_debtor = world.trustlines.offer_settlement(NET, alice(), 5, Currency::Coin, 0, None);
    world.chain.from(bob()).call(by_debtor).expect_ok();
    let (_, offer) = world.chain.query(world.trustlines.offers(NET, alice(), None, None)).expect("a query")[0];
    world.chain.from(alice()).call(world.trustlines.settle(NET, bob(), offer)).expect_error(Error::AboveDebt);
    assert_eq!(world.debt(), i128::from(DEBT));
}

#[test]
fn a_price_that_does_not_come_whole_settles_nothing() {
    let mut world = world();
    let offer = world.offer(50, Currency::Coin, 1_000);
    for value in [0, 999, 1_001] {
        let call = world.trustlines.settle(NET, alice(), offer).with_value(value);
        world.chain.from(bob()).call(call).expect_error(Error::WrongPayment);
    }
    let gold = world.gold();
    let offer = world.offer(50, gold, RICH + 1);
    let call = world.trustlines.settle(NET, alice(), offer);
    world.chain.from(bob()).call(call.clone().with_value(1)).expect_error(Error::WrongPayment);
    world.chain.from(bob()).call(call).expect_error(Error::PaymentRefused);
    assert_eq!((world.debt(), world.gold_of(bob())), (i128::from(DEBT), RICH));
    assert_eq!(amount(world.debt()), Amount::from(DEBT));
}

#[test]
fn what_arrives_is_what_counts() {
    let mut world = world();
    let module = hostile::deploy(&mut world.chain);
    world.chain.from(hostile::director()).call(module.give(5, bob(), RICH)).expect_ok();
    let currency = Currency::Asset { module: module.address(), asset: 5 };
    let offer = world.offer(50, currency, 500);
    let settle = || world.trustlines.settle(NET, alice(), offer);
    for (behaviour, error) in [
        (Behaviour::TakeFee, Error::Underpaid),
        (Behaviour::Pretend, Error::Underpaid),
        (Behaviour::Lie(7), Error::Underpaid),
        (Behaviour::Refuse, Error::PaymentRefused),
        (Behaviour::Panic, Error::PaymentRefused),
    ] {
        hostile::behave(&mut world.chain, module, behaviour);
        world.chain.from(bob()).call(settle()).expect_error(error);
        assert_eq!(world.debt(), i128::from(DEBT));
    }
    hostile::behave(&mut world.chain, module, Behaviour::Honest);
    world.chain.from(bob()).call(settle()).expect_ok();
    assert_eq!(world.debt(), i128::from(DEBT) - 50);
}

#[test]
fn nobody_re_enters() {
    let mut world = world();
    let module = hostile::deploy(&mut world.chain);
    world.chain.from(hostile::director()).call(module.give(5, bob(), RICH)).expect_ok();
    let currency = Currency::Asset { module: module.address(), asset: 5 };
    let call = world.trustlines.transfer(NET, 1, vec![bob()], None, None, None);
    let close = world.trustlines.close(NET, alice(), bob());
    let query = world.trustlines.statistics(NET);
    let targets = [(call.method, call.input), (close.method, close.input), (query.method, query.input)];
    for (method, input) in targets {
        let offer = world.offer(1, currency, 5);
        let target = Target { address: world.trustlines.address(), method: method.to_owned(), input, value: 0 };
        hostile::behave(&mut world.chain, module, Behaviour::CallBack(target));
        world.chain.from(bob()).call(world.trustlines.settle(NET, alice(), offer)).expect_ok();
        let answers = world.chain.query(module.answers()).expect("a query");
        assert_eq!(answers, [HostError::Reentry.code()], "{method}");
    }
    assert_eq!(world.debt(), i128::from(DEBT) - 3);
}

#[test]
fn an_offer_lapses_and_can_be_removed() {
    let mut world = world();
    let until_ms = world.chain.time_ms() + 5_000;
    let call = world.trustlines.offer_settlement(NET, bob(), 5, Currency::Coin, 7, Some(until_ms));
    let offer = Offer { units: 5, currency: Currency::Coin, price: 7, until_ms };
    let outcome = world.chain.from(alice()).call(call);
    assert!(outcome.has(&Offered { network: NET, creditor: alice(), debtor: bob(), offer }));
    let settle = world.trustlines.settle(NET, alice(), offer).with_value(7);
    rules::closes_at(&world.chain, until_ms, &by(bob(), settle.clone()));
    let remove = || world.trustlines.remove_offer(NET, alice(), bob());
    rules::opens_at(&world.chain, until_ms, &by(eve(), remove()));
    for who in [alice(), bob()] {
        let mut chain = world.chain.clone();
        assert!(chain.from(who).call(remove()).has(&OfferRemoved { network: NET, creditor: alice(), debtor: bob() }));
        chain.from(who).call(remove()).expect_error(Error::UnknownOffer);
    }
    world.chain.set_time_ms(until_ms);
    world.chain.from(bob()).call(settle).expect_error(Error::Lapsed);
}

#[test]
fn refuses_offers_that_cannot_be() {
    let mut world = world();
    let trustlines = world.trustlines;
    let nowhere = Currency::Asset { module: Address::ZERO, asset: 1 };
    let now = world.chain.time_ms();
    for (network, debtor, units, currency, until, error) in [
        (9, bob(), 1, Currency::Coin, None, Error::UnknownNetwork),
        (NET, alice(), 1, Currency::Coin, None, Error::SameParty),
        (NET, Address::ZERO, 1, Currency::Coin, None, Error::ZeroAddress),
        (NET, bob(), 0, Currency::Coin, None, Error::InvalidOffer),
        (NET, bob(), 1, nowhere, None, Error::InvalidOffer),
        (NET, bob(), 1, Currency::Coin, Some(now), Error::ExpiryPassed),
        (NET, bob(), 1, Currency::Coin, Some(now + 2 * MAX_STANDING_MS), Error::StandsTooLong),
    ] {
        let call = trustlines.offer_settlement(network, debtor, units, currency, 1, until);
        world.chain.from(alice()).call(call).expect_error(error);
    }
    // An offer to somebody without a line is good for nothing.
    let call = trustlines.offer_settlement(NET, charlie(), 1, Currency::Coin, 0, None);
    world.chain.from(alice()).call(call).expect_ok();
    let (_, offer) = world.chain.query(trustlines.offers(NET, charlie(), None, None)).expect("a query")[0];
    world.chain.from(charlie()).call(trustlines.settle(NET, alice(), offer)).expect_error(Error::UnknownLine);
}

#[test]
fn a_frozen_debt_can_be_settled() {
    let (mut chain, trustlines) = founded(trustlines::NewNetwork {
        rules: trustlines::Rules { freezer: Some(eve()), ..village().rules },
        ..village()
    });
    crate::agree(&mut chain, trustlines, (alice(), bob()), terms(100, 150));
    crate::pay(&mut chain, trustlines, bob(), DEBT, &[alice()], 0).expect_ok();
    chain.from(eve()).call(trustlines.freeze(NET, alice(), bob(), true)).expect_ok();
    let call = trustlines.offer_settlement(NET, bob(), DEBT, Currency::Coin, 5, None);
    chain.from(alice()).call(call).expect_ok();
    let (_, offer) = chain.query(trustlines.offers(NET, bob(), None, None)).expect("a query")[0];
    chain.from(bob()).call(trustlines.settle(NET, alice(), offer).with_value(5)).expect_ok();
    assert_eq!(balance(&chain, trustlines, alice(), bob()), 0);
}
