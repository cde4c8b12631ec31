//! `reputation`: trades are counted, events are flagged, decided on and forgotten, and scores end.

use crate::profile::Stage;
use crate::profile::people::DAY_MS;
use assets::AssetsRef;
use licence::{Arbiter, Arbitration, FLAG_MS, Key, KeyKind, LicencesRef, Mode, Terms};
use reputation::{Currency, ReputationRef, WINDOW_MS};
use streams::{Level, StreamsRef};
use tenon_contract::{Amount, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve};
use tenon_types::Parameters;

/// What a licence costs, and a flag.
const PRICE: Amount = Parameters::COIN;
/// What Bob has of the asset that is paid with.
const GOLD: Amount = 1_000 * PRICE;

/// Bob's licences, in an asset and in coin. Alice sells, and Dave decides on flags.
struct Market {
    reputation: ReputationRef,
    gold: Currency,
    in_gold: u64,
    in_coin: u64,
}

pub(super) fn scenario(stage: &mut Stage) {
    stage.create("", alice(), ReputationRef::init());
    let market = open(stage);
    flags(stage, &market);
    trades(stage, &market);
    endings(stage, &market);
}

fn open(stage: &mut Stage) -> Market {
    let at = TestChain::module_address;
    let (assets, streams) = (AssetsRef::at(at("assets")), StreamsRef::at(at("streams")));
    let (licence, reputation) = (LicencesRef::at(at("licence")), ReputationRef::at(at("reputation")));
    let issue = assets.issue("Gold".into(), "GOLD".into(), 2, 9 * GOLD, None, None, None, None, None, None, None);
    let asset = stage.prepare(alice(), issue);
    stage.prepare(alice(), assets.transfer(asset, bob(), GOLD));
    for spender in [licence.address(), reputation.address()] {
        stage.prepare(bob(), assets.approve(asset, spender, 0, Amount::MAX, None));
    }
    let stream = stage.prepare(alice(), streams.create("Weather".into(), None, None, None));
    for level in [Level::Grant, Level::Subscribe] {
        stage.prepare(alice(), streams.grant(stream, licence.address(), level, None));
    }
    let gold = Currency::Asset { module: at("assets"), asset };
    let mut buy = |currency, value| {
        let arbitration =
            Arbitration { arbiter: Arbiter::Account(dave()), stake: PRICE, penalty: PRICE, decision_ms: DAY_MS };
        let terms = Terms {
            price: PRICE,
            currency,
            mode: Mode::Time { period_ms: 7 * DAY_MS },
            terms_hash: Hash::new([1; 32]),
            credential: None,
            royalty_bps: None,
            broker_bps: Some(500),
            fee: None,
            arbitration: Some(arbitration),
        };
        let product = stage.prepare(alice(), licence.publish(stream, "Weather".into(), terms));
        let key = Key { kind: KeyKind::X25519, bytes: vec![1; 32] };
        stage.prepare(bob(), licence.buy(product, 1, 1, key, PRICE, None).with_value(value))
    };
    let (in_gold, in_coin) = (buy(gold, 0), buy(Currency::Coin, PRICE));
    Market { reputation, gold, in_gold, in_coin }
}

/// Eve is a market of her own.
fn trades(stage: &mut Stage, market: &Market) {
    let count = |buyer| market.reputation.count_trade(alice(), buyer, market.gold, PRICE, PRICE / 20);
    stage.measure("the first of both", eve(), count(bob()));
    stage.measure("the first of a buyer", eve(), count(charlie()));
    stage.measure("", eve(), count(bob()));
    for _ in 0..12 {
        stage.chain().advance_ms(WINDOW_MS);
        stage.prepare(eve(), count(charlie()));
    }
    stage.measure("the buyer has twelve windows", eve(), count(charlie()));
    let reputation = market.reputation;
    stage.ask("", bob(), reputation.seller_score(alice(), market.gold, None));
    stage.ask("of twelve windows", bob(), reputation.buyer_score(charlie(), market.gold, Some(eve())));
}

fn flags(stage: &mut Stage, market: &Market) {
    let (reputation, event) = (market.reputation, |byte| Hash::new([byte; 32]));
    let now = stage.chain().time_ms();
    let flag = |byte, licence| reputation.flag(licence, event(byte), now, PRICE, None);
    stage.measure("in an asset, the first stake of all", bob(), flag(1, market.in_gold));
    stage.measure("in an asset", bob(), flag(2, market.in_gold));
    stage.measure("in coin", bob(), flag(1, market.in_coin).with_value(PRICE));
    stage.prepare(bob(), flag(3, market.in_gold));
    stage.measure("upheld", dave(), reputation.decide(market.in_gold, event(1), true, None));
    stage.measure("rejected", dave(), reputation.decide(market.in_gold, event(2), false, None));
    stage.ask("", dave(), reputation.flag_on(market.in_gold, event(3), None));
    stage.ask("", dave(), reputation.verdict(market.in_gold, event(3), true, None));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("", eve(), reputation.lapse(market.in_gold, event(3), None));
    stage.prepare(eve(), reputation.lapse(market.in_coin, event(1), None));
    stage.ask("", bob(), reputation.credit_of(bob(), market.gold));
    stage.ask("", bob(), reputation.owed(market.gold));
    stage.measure("an asset", bob(), reputation.withdraw(market.gold, None));
    stage.measure("coin", bob(), reputation.withdraw(Currency::Coin, Some(eve())));
}

fn endings(stage: &mut Stage, market: &Market) {
    let reputation = market.reputation;
    stage.chain().advance_ms(7 * DAY_MS + FLAG_MS);
    stage.measure("", eve(), reputation.remove_flag(market.in_gold, Hash::new([1; 32]), None));
    stage.chain().advance_ms(13 * WINDOW_MS);
    stage.measure("by anyone", eve(), reputation.remove_score(bob(), market.gold, None));
}
