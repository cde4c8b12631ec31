//! `licence`: products of each mode are sold, licences are used, passed on, and end.

use crate::profile::Stage;
use crate::profile::people::DAY_MS;
use assets::AssetsRef;
use brokers::BrokersRef;
use licence::{
    Arbiter, Arbitration, Currency, FLAG_MS, Fee, Key, KeyKind, LicencesRef, Mode, NewProduct, Offer, Terms,
};
use streams::{Level, StreamsRef};
use tenon_contract::{Address, Amount, Call, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve};
use tenon_types::Parameters;

/// What a unit costs.
const PRICE: Amount = Parameters::COIN;
/// What each has of the asset that is paid with.
const GOLD: Amount = 1_000 * PRICE;
/// How long a round of the brokers lasts, and its windows.
const ROUND_MS: u64 = 300_000;
const WINDOW: u64 = 100_000;
/// The salt of reports.
const SALT: Hash = Hash::new([9; 32]);

/// What stands on the stage. Alice sells, Bob and Charlie read, Dave breaks, Eve gets a fee.
#[derive(Clone, Copy)]
struct Market {
    licence: LicencesRef,
    brokers: BrokersRef,
    stream: Hash,
    /// The asset that is paid with.
    gold: u64,
}

fn key(byte: u8) -> Key {
    Key { kind: KeyKind::X25519, bytes: vec![byte; 32] }
}

pub(super) fn scenario(stage: &mut Stage) {
    let market = Market::open(stage);
    let first = NewProduct { stream: market.stream, name: "Weather".into(), terms: market.daily() };
    stage.create("without a product", alice(), LicencesRef::init(None));
    stage.create("with its only product", alice(), LicencesRef::init(Some(first)));
    let daily = stage.measure("the first of a seller", alice(), market.publish(market.daily()));
    purchases(stage, market, daily);
    changes(stage, market, daily);
    counted(stage, market);
    queries(stage, market, daily);
    endings(stage, market, daily);
}

impl Market {
    fn open(stage: &mut Stage) -> Self {
        let at = TestChain::module_address;
        let assets = AssetsRef::at(at("assets"));
        let (licence, streams) = (LicencesRef::at(at("licence")), StreamsRef::at(at("streams")));
        let issue = assets.issue("Gold".into(), "GOLD".into(), 2, 9 * GOLD, None, None, None, None, None, None, None);
        let gold = stage.prepare(alice(), issue);
        for who in [bob(), charlie()] {
            stage.prepare(alice(), assets.transfer(gold, who, GOLD));
            stage.prepare(who, assets.approve(gold, licence.address(), 0, Amount::MAX, None));
        }
        let stream = stage.prepare(alice(), streams.create("Weather".into(), None, None, None));
        for level in [Level::Grant, Level::Subscribe] {
            stage.prepare(alice(), streams.grant(stream, licence.address(), level, None));
        }
        let brokers = BrokersRef::at(at("brokers"));
        let paid = brokers::Currency::Asset { module: at("assets"), asset: gold };
        let open = brokers.open(stream, ROUND_MS, WINDOW, WINDOW, None, Some(paid), None, None, None);
        stage.prepare(alice(), open);
        stage.prepare(alice(), brokers.designate(stream, dave()));
        stage.chain().advance_ms(ROUND_MS);
        Self { licence, brokers, stream, gold }
    }

    fn in_gold(&self) -> Currency {
        Currency::Asset { module: TestChain::module_address("assets"), asset: self.gold }
    }

    fn terms(&self, mode: Mode) -> Terms {
        let arbiter = Arbiter::Account(dave());
        Terms {
            price: PRICE,
            currency: self.in_gold(),
            mode,
            terms_hash: Hash::new([1; 32]),
            credential: None,
            royalty_bps: Some(1_000),
            broker_bps: Some(500),
            fee: Some(Fee { receiver: eve(), bps: 250 }),
            arbitration: Some(Arbitration { arbiter, stake: PRICE, penalty: PRICE, decision_ms: DAY_MS }),
        }
    }

    fn daily(&self) -> Terms {
        self.terms(Mode::Time { period_ms: DAY_MS })
    }

    fn publish(&self, terms: Terms) -> Call<u64> {
        self.licence.publish(self.stream, "Weather".into(), terms)
    }

    fn buy(&self, product: u64, units: u64) -> Call<u64> {
        self.licence.buy(product, 1, units, key(1), Amount::MAX, None)
    }

    /// Dave counts so many events by the end of the round that runs.
    fn count_to(&self, stage: &mut Stage, events: u64) {
        let (brokers, stream) = (self.brokers, self.stream);
        let round = stage.chain().query(brokers.round_of(stream, None)).expect("a query").expect("rounds run");
        let times = stage.chain().query(brokers.times(stream, round)).expect("the round exists");
        let rolling = Hash::new([7; 32]);
        let commitment = brokers.commitment(stream, round, dave(), events, rolling, SALT, None);
        let commitment = stage.chain().query(commitment).expect("a query");
        reach(stage, times.end_ms);
        stage.prepare(dave(), brokers.commit(stream, round, commitment));
        reach(stage, times.reveal_ms);
        stage.prepare(dave(), brokers.reveal(stream, round, events, rolling, SALT, None));
        reach(stage, times.settle_ms);
        stage.prepare(dave(), brokers.settle(stream, round));
    }
}

fn reach(stage: &mut Stage, time_ms: u64) {
    let now = stage.chain().time_ms();
    stage.chain().set_time_ms(time_ms.max(now));
}

fn purchases(stage: &mut Stage, market: Market, daily: u64) {
    let licence = market.licence;
    stage.measure("in an asset, the first of all", bob(), market.buy(daily, 30));
    stage.measure("in an asset", charlie(), market.buy(daily, 30));
    stage.measure("in an asset, another of a holder", bob(), market.buy(daily, 60));
    let coin = Terms { currency: Currency::Coin, ..market.daily() };
    let coin = stage.prepare(alice(), market.publish(coin));
    stage.prepare(bob(), market.buy(coin, 1).with_value(PRICE));
    stage.measure("in coin", charlie(), market.buy(coin, 1).with_value(PRICE));
    let free = stage.prepare(alice(), market.publish(Terms { price: 0, ..market.daily() }));
    stage.measure("for nothing", charlie(), market.buy(free, 1));
    stage.measure("by periods", bob(), licence.extend(1, 30, Amount::MAX));
    stage.measure("", bob(), licence.set_key(1, key(2)));
    stage.measure("an asset", dave(), licence.fund_brokers(daily, market.in_gold()));
    stage.measure("an asset", alice(), licence.withdraw(market.in_gold(), None));
    stage.measure("coin", alice(), licence.withdraw(Currency::Coin, Some(eve())));
}

fn changes(stage: &mut Stage, market: Market, daily: u64) {
    let licence = market.licence;
    let offer = Offer { price: PRICE, to: None, until_ms: None };
    stage.measure("", charlie(), licence.offer(2, Some(offer)));
    stage.ask("", eve(), licence.offered(2));
    stage.measure("in an asset", bob(), licence.take(2, key(3), PRICE));
    stage.measure("", alice(), licence.revise(daily, market.daily()));
    stage.measure("", alice(), licence.set_on_sale(daily, false));
    stage.prepare(alice(), licence.set_on_sale(daily, true));
}

fn counted(stage: &mut Stage, market: Market) {
    let licence = market.licence;
    let vesting = stage.prepare(alice(), market.publish(market.terms(Mode::Vesting { period_ms: DAY_MS })));
    let mode = Mode::PerEvent { valid_ms: 30 * DAY_MS, wait_ms: ROUND_MS };
    let per_event = stage.prepare(alice(), market.publish(market.terms(mode)));
    market.count_to(stage, 0);
    let time = stage.measure("that vests", charlie(), market.buy(vesting, 10));
    let events = stage.measure("that is counted", charlie(), market.buy(per_event, 10));
    market.count_to(stage, 4);
    stage.measure("vesting", eve(), licence.settle(time));
    stage.measure("per event", eve(), licence.settle(events));
    market.count_to(stage, 20);
    stage.measure("per event, the last", eve(), licence.settle(events));
    stage.measure("vesting", charlie(), licence.cancel(time));
    stage.measure("", charlie(), licence.close(time));
}

fn queries(stage: &mut Stage, market: Market, daily: u64) {
    let licence = market.licence;
    let free = Terms { price: 0, arbitration: None, ..market.daily() };
    let free = stage.prepare(alice(), market.publish(free));
    for byte in 1..=100 {
        let reader = Address::new([byte; 32]);
        stage.chain().set_coin(reader, 1_000 * PRICE);
        stage.prepare(reader, market.buy(free, 1));
    }
    stage.ask("", bob(), licence.product(daily));
    stage.ask("", bob(), licence.terms(daily, 1));
    stage.ask("all of six", bob(), licence.products(None, None));
    stage.ask("all of six", bob(), licence.products_of(alice(), None, None));
    stage.ask("all of six", bob(), licence.products_on(market.stream, None, None));
    stage.ask("", bob(), licence.licence(1));
    stage.ask("four", bob(), licence.licences_of(bob(), None, None));
    stage.ask("yes", bob(), licence.has_access(market.stream, bob()));
    stage.ask("no", bob(), licence.has_access(market.stream, eve()));
    stage.ask("", bob(), licence.key_of(1));
    stage.ask("a page of 100", bob(), licence.readers(free, None, None));
    stage.ask("", bob(), licence.key_epoch(daily));
    stage.ask("", bob(), licence.coverage(1));
    stage.ask("", bob(), licence.credit_of(alice(), market.in_gold()));
    stage.ask("", bob(), licence.broker_share(daily, market.in_gold()));
    stage.ask("", bob(), licence.owed(market.in_gold()));
}

fn endings(stage: &mut Stage, market: Market, daily: u64) {
    let licence = market.licence;
    stage.chain().advance_ms(365 * DAY_MS + FLAG_MS);
    for id in [1, 2, 3] {
        stage.measure("by anyone", eve(), licence.close(id));
    }
    stage.measure("older", eve(), licence.remove_terms(daily, 1));
}
