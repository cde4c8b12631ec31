//! `auction`: one item after the other is sold by each kind of auction, paid in coin and in an asset; then goods of the
//! other standards.

use crate::profile::Stage;
use crate::profile::people::{DAY_MS, restrict};
use assets::AssetsRef;
use auction::{AuctionRef, Currency, Curve, Goods, House};
use collections::CollectionsRef;
use lots::LotsRef;
use tenon_contract::{Address, Amount, Call, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave};
use tenon_types::Parameters;
use vouchers::VouchersRef;

/// One coin.
const COIN: Amount = Parameters::COIN;
/// What each bidder holds of the asset that is paid with.
const GOLD: Amount = 1_000_000_000;

/// What stands on the stage. Alice sells, Bob and Charlie bid, Dave looks on.
#[derive(Clone, Copy)]
struct Market {
    auction: AuctionRef,
    assets: AssetsRef,
    collections: CollectionsRef,
    /// The asset that is paid with.
    gold: u64,
    /// The collection that items are sold of.
    art: u64,
}

pub(super) fn scenario(stage: &mut Stage) {
    let house = House { collection: None, cut_bps: 250, receiver: dave(), currency: None };
    stage.create("without a house", alice(), AuctionRef::init(None));
    stage.create("with a house", alice(), AuctionRef::init(Some(house)));
    let market = Market::open(stage);
    dutch(stage, market);
    english(stage, market);
    sealed(stage, market);
    other_goods(stage, market);
    undelivered(stage, market);
    queries(stage, market);
}

impl Market {
    fn open(stage: &mut Stage) -> Self {
        let at = TestChain::module_address;
        let market = Self {
            auction: AuctionRef::at(at("auction")),
            assets: AssetsRef::at(at("assets")),
            collections: CollectionsRef::at(at("collections")),
            gold: 1,
            art: 1,
        };
        let gold = market.issue("Gold");
        stage.prepare(alice(), gold);
        for bidder in [bob(), charlie()] {
            stage.prepare(alice(), market.assets.transfer(market.gold, bidder, GOLD));
            stage.prepare(bidder, market.assets.approve(market.gold, at("auction"), 0, Amount::MAX, None));
        }
        let art = market.collections.create("Art".into(), "ART".into(), None, None, None, None, None, None, None);
        stage.prepare(alice(), art);
        stage.prepare(alice(), market.collections.set_operator(None, at("auction"), true));
        market
    }

    /// A plain asset of the seller.
    fn issue(&self, name: &str) -> Call<u64> {
        let (name, symbol) = (name.to_owned(), "GOLD".to_owned());
        self.assets.issue(name, symbol, 2, 10 * GOLD, None, None, None, None, None, None, None)
    }

    /// A new item of the seller.
    fn item(&self, stage: &mut Stage) -> Goods {
        let item = stage.prepare(alice(), self.collections.mint(self.art, alice(), None, None, None));
        Goods::Item { module: TestChain::module_address("collections"), collection: self.art, item }
    }

    fn in_gold(&self) -> Option<Currency> {
        Some(Currency::Asset { module: TestChain::module_address("assets"), asset: self.gold })
    }

    /// An offer at a falling price.
    fn falling(&self, goods: Goods, curve: Option<Curve>, currency: Option<Currency>) -> Call<u64> {
        let prices = if currency.is_some() { [1_000_000, 10_000] } else { [10 * COIN, COIN] };
        self.auction.sell_dutch(goods, prices[0], prices[1], DAY_MS, curve, currency, None, None, None)
    }

    /// An offer for rising bids.
    fn rising(&self, goods: Goods, currency: Option<Currency>) -> Call<u64> {
        let reserve = if currency.is_some() { 10_000 } else { COIN };
        self.auction.sell_english(goods, reserve, DAY_MS, currency, None, None, None, None)
    }
}

fn dutch(stage: &mut Stage, market: Market) {
    let auction = market.auction;
    let goods = market.item(stage);
    let first = stage.measure("an item, the first of a seller", alice(), market.falling(goods, None, None));
    stage.chain().advance_ms(DAY_MS / 3);
    stage.ask("linear", bob(), auction.price_now(first));
    let buy = |id| auction.buy(id, 10 * COIN).with_value(10 * COIN);
    stage.measure("an item, in coin, linear", bob(), buy(first));
    let curves = [
        (Curve::Stairs { step_ms: 60_000, cut: 1_000_000_000 }, "an item, in coin, stairs of a minute", "stairs"),
        (Curve::Exponential { half_life_ms: DAY_MS / 4 }, "an item, in coin, exponential", "exponential"),
    ];
    for (curve, case, price) in curves {
        let goods = market.item(stage);
        let id = stage.prepare(alice(), market.falling(goods, Some(curve), None));
        stage.chain().advance_ms(DAY_MS / 3);
        stage.ask(price, bob(), auction.price_now(id));
        stage.measure(case, bob(), buy(id));
    }
    let goods = market.item(stage);
    let id = stage.measure("an item, for an asset", alice(), market.falling(goods, None, market.in_gold()));
    stage.chain().advance_ms(DAY_MS / 3);
    stage.measure("an item, in an asset, linear", bob(), auction.buy(id, 1_000_000));
    let goods = market.item(stage);
    let id = stage.prepare(alice(), market.falling(goods, None, None));
    stage.measure("an item", alice(), auction.cancel(id));
    stage.measure("coin", alice(), auction.withdraw(Currency::Coin, None));
    let gold = market.in_gold().expect("an asset");
    stage.ask("", alice(), auction.credit_of(alice(), gold));
    stage.ask("", alice(), auction.owed(gold));
    stage.measure("an asset", alice(), auction.withdraw(gold, None));
}

fn english(stage: &mut Stage, market: Market) {
    let auction = market.auction;
    let goods = market.item(stage);
    let id = stage.measure("an item", alice(), market.rising(goods, None));
    let bid = |amount: Amount, value: Amount| auction.bid(id, amount).with_value(value);
    stage.measure("in coin, the first", bob(), bid(COIN, COIN));
    stage.ask("", charlie(), auction.min_bid(id));
    stage.measure("in coin, above another's", charlie(), bid(2 * COIN, 2 * COIN));
    stage.measure("in coin, above one's own", charlie(), bid(3 * COIN, COIN));
    stage.chain().advance_ms(DAY_MS - 10_000);
    stage.measure("in coin, above another's, late", bob(), bid(4 * COIN, 4 * COIN));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("English, an item, sold for coin", dave(), auction.settle(id));

    let goods = market.item(stage);
    let id = stage.prepare(alice(), market.rising(goods, market.in_gold()));
    stage.measure("in an asset, the first", bob(), auction.bid(id, 10_000));
    stage.measure("in an asset, above another's", charlie(), auction.bid(id, 20_000));
    stage.measure("in an asset, above one's own", charlie(), auction.bid(id, 30_000));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("English, an item, sold for an asset", dave(), auction.settle(id));

    let goods = market.item(stage);
    let id = stage.prepare(alice(), market.rising(goods, None));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("English, an item, not sold", dave(), auction.settle(id));
}

fn sealed(stage: &mut Stage, market: Market) {
    let auction = market.auction;
    let goods = market.item(stage);
    let sell = auction.sell_sealed(goods, COIN, COIN / 2, DAY_MS, DAY_MS, None, None, None);
    let id = stage.measure("an item", alice(), sell);
    let salt = Hash::new([5; 32]);
    let bids = [(bob(), 3, "the first, in coin"), (charlie(), 2, "a further one, in coin"), (dave(), 4, "")];
    for (bidder, price, case) in bids {
        let hash = stage.ask("", bidder, auction.sealed_bid(id, bidder, price * COIN, salt));
        let commit = auction.commit(id, hash, 5 * COIN).with_value(5 * COIN);
        if case.is_empty() { stage.prepare(bidder, commit) } else { stage.measure(case, bidder, commit) }
    }
    stage.ask("", bob(), auction.commitment(id, bob()));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("not the best so far", charlie(), auction.reveal(id, 2 * COIN, salt));
    stage.measure("the best so far", bob(), auction.reveal(id, 3 * COIN, salt));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("", charlie(), auction.forfeit(id, dave()));
    stage.measure("sealed, an item, sold for coin", charlie(), auction.settle(id));
}

fn other_goods(stage: &mut Stage, market: Market) {
    let at = TestChain::module_address;
    let (house, buy) = (at("auction"), |id| market.auction.buy(id, 10 * COIN).with_value(10 * COIN));
    let silver = stage.prepare(alice(), market.issue("Silver"));
    stage.prepare(alice(), market.assets.approve(silver, house, 0, 1_000, None));
    let goods = Goods::Amount { module: at("assets"), asset: silver, amount: 1_000 };
    let id = stage.measure("an amount", alice(), market.falling(goods, None, None));
    stage.measure("an amount, in coin, linear", bob(), buy(id));

    let lots = LotsRef::at(at("lots"));
    let issue = lots.issue("Shares".into(), "SHARE".into(), 0, None, None, None, None, None);
    let shares = stage.prepare(alice(), issue);
    stage.prepare(alice(), lots.open_class(shares, "Ordinary".into(), None));
    let lot = stage.prepare(alice(), lots.mint(shares, 1, alice(), 100));
    stage.prepare(alice(), lots.approve(lot, house, 0, 100));
    let goods = Goods::Lot { module: at("lots"), lot };
    let id = stage.measure("a lot", alice(), market.falling(goods, None, None));
    stage.measure("a lot, in coin, linear", bob(), buy(id));

    let vouchers = VouchersRef::at(at("vouchers"));
    let (name, symbol) = ("Tickets".to_owned(), "TICKET".to_owned());
    let issue = vouchers.issue(name, symbol, 100, None, None, None, None, None, None, None, None, None, None);
    let kind = stage.prepare(alice(), issue);
    stage.prepare(alice(), vouchers.approve(kind, house, 0, 10, None));
    let goods = Goods::Vouchers { module: at("vouchers"), kind, units: 10 };
    let id = stage.measure("vouchers", alice(), market.falling(goods, None, None));
    stage.measure("vouchers, in coin, linear", bob(), buy(id));
}

/// A buyer who may not receive the goods names a receiver who may.
fn undelivered(stage: &mut Stage, market: Market) {
    let at = TestChain::module_address;
    let terms = restrict(stage, &[alice(), bob(), at("auction")]);
    let collections = market.collections;
    let create = collections.create("Seats".into(), "SEAT".into(), None, None, None, None, None, None, Some(terms));
    let seats = stage.prepare(alice(), create);
    let item = stage.prepare(alice(), collections.mint(seats, alice(), None, None, None));
    let goods = Goods::Item { module: at("collections"), collection: seats, item };
    let id = stage.measure("an item under a policy", alice(), market.rising(goods, None));
    stage.prepare(charlie(), market.auction.bid(id, COIN).with_value(COIN));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("English, an item that its buyer may not receive", dave(), market.auction.settle(id));
    let to: Option<Address> = Some(bob());
    stage.measure("an item under a policy", charlie(), market.auction.collect(id, to));
}

fn queries(stage: &mut Stage, market: Market) {
    let auction = market.auction;
    for _ in 0..100 {
        let goods = market.item(stage);
        stage.prepare(alice(), market.falling(goods, None, None));
    }
    let time_ms = stage.chain().time_ms();
    let last = stage.ask("", bob(), auction.auction_count());
    stage.ask("", bob(), auction.auction(last));
    stage.ask("linear", bob(), auction.price_at(last, time_ms));
    stage.ask("", bob(), auction.house());
    stage.ask("a page of 100", bob(), auction.open_auctions(None, None));
    stage.ask("a page of 100", bob(), auction.auctions_of(alice(), None, None));
}
