//! `wishes`: a wish with a hundred backers is granted, and another one is not, in coin and in an asset.

use crate::profile::Stage;
use assets::AssetsRef;
use streams::StreamsRef;
use tenon_contract::{Address, Amount, Call, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve};
use tenon_types::Parameters;
use wishes::{Currency, NewWish, WishesRef};

/// One coin.
const COIN: Amount = Parameters::COIN;
/// Backers whom the wish has besides.
const BACKERS: u8 = 100;
/// How long a wish stands.
const LIFE_MS: u64 = 86_400_000;
/// The terms of a wish.
const TERMS: Hash = Hash::new([4; 32]);
/// What is wished for.
const TEXT: &str = "Rain in Oslo, every minute, from at least ten roofs";

pub(super) fn scenario(stage: &mut Stage) {
    let at = TestChain::module_address;
    let (wishes, streams) = (WishesRef::at(at("wishes")), StreamsRef::at(at("streams")));
    let deadline_ms = stage.chain().time_ms() + LIFE_MS;
    let first = NewWish { text: TEXT.into(), terms_hash: TERMS, deadline_ms, acceptor: None, currency: None };
    stage.create("without a wish", alice(), WishesRef::init(None, None));
    stage.create("with a wish", alice(), WishesRef::init(Some(first), None));
    let wish = |currency| wishes.wish(TEXT.into(), TERMS, deadline_ms, None, currency);
    let rain = stage.measure("", alice(), wish(None));
    let back = |wish| wishes.back(wish, COIN).with_value(COIN);
    for byte in 1..=BACKERS {
        let who = Address::new([byte; 32]);
        stage.chain().set_coin(who, 100 * COIN);
        stage.prepare(who, back(rain));
    }
    stage.measure("in coin, the first time", bob(), back(rain));
    stage.measure("in coin, again", bob(), back(rain));
    let (silver, asset) = in_an_asset(stage, wishes, wish);
    let weather = stage.prepare(dave(), streams.create("Weather".into(), None, None, None));
    let other = stage.prepare(eve(), streams.create("Other".into(), None, None, None));
    stage.measure("", dave(), wishes.submit(rain, weather));
    stage.prepare(eve(), wishes.submit(rain, other));
    queries(stage, wishes, rain);
    stage.measure("", alice(), wishes.accept(rain, weather, dave()));
    stage.measure("in coin", dave(), wishes.collect(rain, None));
    stage.measure("", charlie(), wishes.remove_submission(rain, other));
    stage.measure("", charlie(), wishes.remove_backer(rain, bob()));
    stage.measure("", charlie(), wishes.clear(rain));
    stage.prepare(dave(), wishes.submit(asset, weather));
    stage.prepare(alice(), wishes.accept(asset, weather, dave()));
    stage.measure("in an asset", dave(), wishes.collect(asset, None));
    let late = stage.prepare(alice(), wish(None));
    stage.prepare(bob(), back(late));
    stage.chain().advance_ms(LIFE_MS);
    stage.measure("in coin", bob(), wishes.refund(late, None));
    stage.measure("in an asset", alice(), wishes.refund(silver, None));
}

/// Two wishes in an asset, both backed.
fn in_an_asset(stage: &mut Stage, wishes: WishesRef, wish: impl Fn(Option<Currency>) -> Call<u64>) -> (u64, u64) {
    let assets = AssetsRef::at(TestChain::module_address("assets"));
    let issue = assets.issue("Gold".into(), "GOLD".into(), 2, 1_000, None, None, None, None, None, None, None);
    let asset = stage.prepare(alice(), issue);
    let gold = Some(Currency::Asset { module: assets.address(), asset });
    stage.prepare(alice(), assets.approve(asset, wishes.address(), 0, 1_000, None));
    let (one, other) = (stage.prepare(alice(), wish(gold)), stage.prepare(alice(), wish(gold)));
    stage.measure("in an asset", alice(), wishes.back(one, 100));
    stage.prepare(alice(), wishes.back(other, 100));
    (one, other)
}

fn queries(stage: &mut Stage, wishes: WishesRef, rain: u64) {
    stage.ask("", bob(), wishes.wish_count());
    stage.ask("", bob(), wishes.wish_info(rain));
    stage.ask("three", bob(), wishes.wishes(None, None));
    stage.ask("", bob(), wishes.backing(rain, bob()));
    stage.ask("a page of 100", bob(), wishes.backers(rain, None, None));
    stage.ask("two", bob(), wishes.submissions(rain, None, None));
    stage.ask("", bob(), wishes.owed(Currency::Coin));
    stage.ask("", bob(), wishes.registry());
}
