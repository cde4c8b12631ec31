//! Goods of every standard: how they come, how they go, and who gets them if their module refuses.

use crate::{BOTTLES, HOUR_MS, market, salt};
use auction::{AuctionRef, Currency, Delivered, Error, Goods, House, State, Undelivered};
use collections::CollectionsRef;
use credentials::CredentialsRef;
use lots::{LotsRef, Requirement, Terms};
use policies::PoliciesRef;
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, ferdie, module_code};
use vouchers::{NewKind, VouchersRef};

const TOPIC: u32 = 7;

/// A chain with all kinds of goods. Alice has lot 1, item 1 of collection 1 and 10 vouchers of kind 1.
struct World {
    chain: TestChain,
    auction: AuctionRef,
    lots: LotsRef,
    collections: CollectionsRef,
    vouchers: VouchersRef,
    credentials: CredentialsRef,
}

impl World {
    fn new(house: Option<House>) -> Self {
        let code = |name: &str| module_code(&format!("{}/../{name}", env!("CARGO_MANIFEST_DIR")));
        let mut chain = TestChain::with_modules(&[
            ("credentials", &code("credentials"), CredentialsRef::init()),
            ("policies", &code("policies"), PoliciesRef::init()),
            ("lots", &code("lots"), LotsRef::init(None)),
            ("collections", &code("collections"), CollectionsRef::init(None)),
            ("vouchers", &code("vouchers"), VouchersRef::init(None)),
            ("auction", &code("auction"), AuctionRef::init(house)),
        ]);
        let at = TestChain::module_address;
        let (lots, collections) = (LotsRef::at(at("lots")), CollectionsRef::at(at("collections")));
        let vouchers = VouchersRef::at(at("vouchers"));
        for call in [
            lots.issue("Shares".into(), "SHR".into(), 0, None, None, None, None, None),
            lots.open_class(1, "Common".into(), None),
            lots.mint(1, 1, alice(), 500),
            collections.create("Art".into(), "ART".into(), None, None, None, None, None, None, None),
            collections.mint(1, alice(), None, None, None),
            vouchers.issue(
                "Coffee".into(),
                "CUP".into(),
                10,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
            ),
        ] {
            assert_eq!(chain.from(alice()).call(call).expect_ok(), 1);
        }
        let (auction, credentials) = (AuctionRef::at(at("auction")), CredentialsRef::at(at("credentials")));
        Self { chain, auction, lots, collections, vouchers, credentials }
    }

    fn lot(&self, lot: u64) -> Goods {
        Goods::Lot { module: self.lots.address(), lot }
    }

    fn item(&self, collection: u64, item: u64) -> Goods {
        Goods::Item { module: self.collections.address(), collection, item }
    }

    fn cups(&self, units: u64) -> Goods {
        Goods::Vouchers { module: self.vouchers.address(), kind: 1, units }
    }

    /// Lets the auctions take what Alice has.
    fn approve_all(&mut self) {
        let spender = self.auction.address();
        self.chain.from(alice()).call(self.lots.approve(1, spender, 0, 500)).expect_ok();
        self.chain.from(alice()).call(self.collections.approve(1, 1, Some(spender))).expect_ok();
        self.chain.from(alice()).call(self.vouchers.approve(1, spender, 0, 10, None)).expect_ok();
    }

    fn holds(&self, who: Address) -> (bool, bool, u64) {
        let lot = self.chain.query(self.lots.owner_of(1)).expect("a query") == Some(who);
        let item = self.chain.query(self.collections.owner_of(1, 1)).expect("a query") == Some(who);
        (lot, item, self.chain.query(self.vouchers.balance_of(1, who)).expect("a query"))
    }

    fn sell_dutch(&mut self, seller: Address, goods: Goods) -> Result<u64, Error> {
        let call = self.auction.sell_dutch(goods, 100, 100, HOUR_MS, None, None, None, None, None);
        let listed = self.chain.from(seller).call(call);
        listed.result.map_err(|failure| failure.module_error().expect("an error of the module"))
    }

    fn credit(&self, who: Address) -> u128 {
        self.chain.query(self.auction.credit_of(who, Currency::Coin)).expect("a query")
    }

    fn attest(&mut self, who: Address, identity: u8) {
        let call = self.credentials.attest(who, TOPIC, Hash::new([identity; 32]), None);
        self.chain.from(ferdie()).call(call).expect_ok();
    }

    /// Alice sells lot 2, which only whom Ferdie knows may hold, by an English auction for an hour.
    fn sell_restricted(&mut self) -> u64 {
        let credential = Some(Requirement { issuer: ferdie(), topic: TOPIC });
        let policy = Some(Terms { credential, holder_limit: None, freezer: None });
        self.attest(alice(), 1);
        self.attest(self.auction.address(), 9);
        let issue = self.lots.issue("Private".into(), "PRV".into(), 0, None, None, None, None, policy);
        assert_eq!(self.chain.from(alice()).call(issue).expect_ok(), 2);
        self.chain.from(alice()).call(self.lots.open_class(2, "Common".into(), None)).expect_ok();
        assert_eq!(self.chain.from(alice()).call(self.lots.mint(2, 1, alice(), 70)).expect_ok(), 2);
        self.chain.from(alice()).call(self.lots.approve(2, self.auction.address(), 0, 70)).expect_ok();
        let goods = self.lot(2);
        let call = self.auction.sell_english(goods, 100, HOUR_MS, None, None, Some(1), None, Some(0));
        self.chain.from(alice()).call(call).expect_ok()
    }

    fn owner_of_restricted(&self) -> Option<Address> {
        self.chain.query(self.lots.owner_of(2)).expect("a query")
    }

    fn settle_after_an_hour(&mut self, auction: u64) -> tenon_testkit::Outcome<()> {
        self.chain.advance_ms(HOUR_MS);
        self.chain.from(dave()).call(self.auction.settle(auction))
    }
}

#[test]
fn goods_of_every_standard_are_issued_traded_and_settled() {
    let mut world = World::new(None);
    world.approve_all();
    for (auction, goods) in (1..).zip([world.lot(1), world.item(1, 1), world.cups(10)]) {
        assert_eq!(world.sell_dutch(alice(), goods), Ok(auction));
        assert_eq!(world.chain.query(world.auction.auction(auction)).map(|info| info.terms.goods), Ok(goods));
    }
    assert_eq!(world.holds(world.auction.address()), (true, true, 10), "the goods are in the auction's hands");
    for auction in 1..=3 {
        world.chain.from(bob()).call(world.auction.buy(auction, 100).with_value(100)).expect_ok();
    }
    assert_eq!((world.holds(bob()), world.holds(alice())), ((true, true, 10), (false, false, 0)));
    assert_eq!(world.chain.from(alice()).call(world.auction.withdraw(Currency::Coin, None)).expect_ok(), 300);
}

#[test]
fn a_unique_item_is_sold_by_each_kind_of_auction() {
    let mut world = World::new(None);
    let approve = |world: &mut World, owner| {
        let call = world.collections.approve(1, 1, Some(world.auction.address()));
        world.chain.from(owner).call(call).expect_ok();
    };
    let goods = world.item(1, 1);
    approve(&mut world, alice());
    let dutch = world.sell_dutch(alice(), goods).expect("listed");
    world.chain.from(bob()).call(world.auction.buy(dutch, 100).with_value(100)).expect_ok();
    approve(&mut world, bob());
    let call = world.auction.sell_english(goods, 100, HOUR_MS, None, None, None, None, None);
    let english = world.chain.from(bob()).call(call).expect_ok();
    world.chain.from(charlie()).call(world.auction.bid(english, 150).with_value(150)).expect_ok();
    world.settle_after_an_hour(english).expect_ok();
    approve(&mut world, charlie());
    let call = world.auction.sell_sealed(goods, 100, 10, HOUR_MS, HOUR_MS, None, None, None);
    let sealed = world.chain.from(charlie()).call(call).expect_ok();
    let hash = world.chain.query(world.auction.sealed_bid(sealed, dave(), 170, salt(1))).expect("a query");
    world.chain.from(dave()).call(world.auction.commit(sealed, hash, 170).with_value(170)).expect_ok();
    world.chain.advance_ms(HOUR_MS);
    world.chain.from(dave()).call(world.auction.reveal(sealed, 170, salt(1))).expect_ok();
    world.settle_after_an_hour(sealed).expect_ok();
    assert!(world.holds(dave()).1);
    assert_eq!([alice(), bob(), charlie(), dave()].map(|who| world.credit(who)), [100, 150, 100, 70]);
}

#[test]
fn what_was_not_approved_is_not_listed() {
    let mut world = World::new(None);
    let all = [world.lot(1), world.item(1, 1), world.cups(10)];
    for goods in all {
        assert_eq!(world.sell_dutch(alice(), goods), Err(Error::GoodsRefused));
    }
    world.approve_all();
    // An approval that was taken back is none.
    let spender = world.auction.address();
    world.chain.from(alice()).call(world.lots.approve(1, spender, 500, 499)).expect_ok();
    world.chain.from(alice()).call(world.collections.approve(1, 1, None)).expect_ok();
    world.chain.from(alice()).call(world.vouchers.approve(1, spender, 10, 9, None)).expect_ok();
    for goods in all {
        assert_eq!(world.sell_dutch(alice(), goods), Err(Error::GoodsRefused));
    }
    assert_eq!(world.holds(alice()), (true, true, 10));
}

#[test]
fn nobody_lists_what_another_approved() {
    let mut world = World::new(None);
    world.approve_all();
    for goods in [world.lot(1), world.item(1, 1)] {
        assert_eq!(world.sell_dutch(bob(), goods), Err(Error::NotGoodsOwner));
    }
    let cups = world.cups(10);
    assert_eq!(world.sell_dutch(bob(), cups), Err(Error::GoodsRefused));
    for goods in [world.lot(99), world.item(1, 99), world.item(99, 1)] {
        assert_eq!(world.sell_dutch(alice(), goods), Err(Error::NotGoodsOwner));
    }
    // Nor what is for sale already.
    for goods in [world.lot(1), world.item(1, 1)] {
        world.sell_dutch(alice(), goods).expect("listed");
        assert_eq!(world.sell_dutch(alice(), goods), Err(Error::NotGoodsOwner));
    }
}

#[test]
fn goods_that_only_their_issuer_may_send_are_not_listed() {
    let mut world = World::new(None);
    let ticket = NewKind {
        name: "Ticket".into(),
        symbol: "TKT".into(),
        units: 5,
        cap: None,
        mint: None,
        burn: None,
        redeemer: None,
        valid_from_ms: None,
        valid_until_ms: None,
        transferable: Some(false),
        document_hash: None,
        face: None,
        policy: None,
    };
    let code = module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/../vouchers"));
    let tickets = VouchersRef::at(world.chain.from(alice()).deploy(&code, VouchersRef::init(Some(ticket))));
    let held = world.auction.address();
    world.chain.from(alice()).call(tickets.approve(1, held, 0, 5, None)).expect_ok();
    let goods = Goods::Vouchers { module: tickets.address(), kind: 1, units: 5 };
    assert_eq!(world.sell_dutch(alice(), goods), Err(Error::GoodsRefused));
    let english = world.auction.sell_english(goods, 100, HOUR_MS, None, None, None, None, None);
    world.chain.from(alice()).call(english).expect_error(Error::GoodsRefused);
    let sealed = world.auction.sell_sealed(goods, 100, 10, HOUR_MS, HOUR_MS, None, None, None);
    world.chain.from(alice()).call(sealed).expect_error(Error::GoodsRefused);
    let units = |who| world.chain.query(tickets.balance_of(1, who));
    assert_eq!((units(alice()), units(held)), (Ok(5), Ok(0)), "nothing moved");
    assert_eq!(world.chain.query(tickets.allowance(1, alice(), held)), Ok(5));
    assert_eq!(world.chain.query(world.auction.auction_count()), Ok(0));
}

#[test]
fn nothing_is_no_goods() {
    let mut world = World::new(None);
    world.approve_all();
    let none = world.cups(0);
    assert_eq!(world.sell_dutch(alice(), none), Err(Error::NoGoods));
    let many = world.cups(u64::MAX);
    assert_eq!(world.sell_dutch(alice(), many), Err(Error::GoodsRefused));
    let nowhere = Goods::Lot { module: Address::ZERO, lot: 1 };
    assert_eq!(world.sell_dutch(alice(), nowhere), Err(Error::GoodsRefused));
    let itself = Goods::Lot { module: world.auction.address(), lot: 1 };
    assert_eq!(world.sell_dutch(alice(), itself), Err(Error::GoodsRefused));
    let mut market = market();
    for (amount, error) in [(0, Error::NoGoods), (u128::MAX, Error::GoodsRefused)] {
        let goods = Goods::Amount { module: market.assets.address(), asset: crate::WINE, amount };
        let call = market.auction.sell_dutch(goods, 9, 9, 9, None, None, None, None, None);
        market.chain.from(alice()).call(call).expect_error(error);
    }
}

#[test]
fn goods_of_one_standard_are_not_taken_for_those_of_another() {
    let mut world = World::new(None);
    world.approve_all();
    let (lots, collections, vouchers) = (world.lots.address(), world.collections.address(), world.vouchers.address());
    for module in [lots, collections, vouchers] {
        let wrong = [
            Goods::Amount { module, asset: 1, amount: 1 },
            Goods::Lot { module, lot: 1 },
            Goods::Item { module, collection: 1, item: 1 },
            Goods::Vouchers { module, kind: 1, units: 1 },
        ];
        let right = [(1, lots), (2, collections), (3, vouchers)];
        for (index, goods) in wrong.into_iter().enumerate() {
            if right.contains(&(index, module)) {
                continue;
            }
            let call = world.auction.sell_dutch(goods, 9, 9, 9, None, None, None, None, None);
            assert!(world.chain.from(alice()).call(call).result.is_err(), "{goods:?}");
        }
    }
    assert_eq!(world.holds(alice()), (true, true, 10));
}

#[test]
fn an_earlier_approval_does_not_reach_into_the_auctions_hands() {
    let mut world = World::new(None);
    world.approve_all();
    world.chain.from(alice()).call(world.lots.approve(1, bob(), 0, 500)).expect_ok();
    world.chain.from(alice()).call(world.lots.set_operator(bob(), true)).expect_ok();
    world.chain.from(alice()).call(world.collections.set_operator(Some(1), bob(), true)).expect_ok();
    world.chain.from(alice()).call(world.vouchers.approve(1, bob(), 0, 10, None)).expect_ok();
    for goods in [world.lot(1), world.item(1, 1), world.cups(10)] {
        world.sell_dutch(alice(), goods).expect("listed");
    }
    let held = world.auction.address();
    assert!(world.chain.from(bob()).call(world.lots.transfer_lot(1, bob())).result.is_err());
    assert!(world.chain.from(bob()).call(world.lots.transfer_value_to(1, bob(), 1)).result.is_err());
    assert!(world.chain.from(bob()).call(world.collections.transfer_from(1, 1, held, bob())).result.is_err());
    assert!(world.chain.from(bob()).call(world.vouchers.transfer_from(1, held, bob(), 1)).result.is_err());
    assert_eq!(world.holds(held), (true, true, 10));
}

#[test]
fn a_house_sells_of_the_collection_that_it_is_bound_to_alone() {
    let collection = Some((TestChain::module_address("collections"), 1));
    let mut world = World::new(Some(House { collection, cut_bps: 100, receiver: eve(), currency: None }));
    world.approve_all();
    let second = world.collections.create("More".into(), "MORE".into(), None, None, None, None, None, None, None);
    assert_eq!(world.chain.from(alice()).call(second).expect_ok(), 2);
    world.chain.from(alice()).call(world.collections.mint(2, alice(), None, None, None)).expect_ok();
    let spender = Some(world.auction.address());
    world.chain.from(alice()).call(world.collections.approve(2, 1, spender)).expect_ok();
    for goods in [world.item(2, 1), world.lot(1), world.cups(1)] {
        assert_eq!(world.sell_dutch(alice(), goods), Err(Error::WrongCollection));
    }
    let goods = world.item(1, 1);
    let auction = world.sell_dutch(alice(), goods).expect("listed");
    world.chain.from(bob()).call(world.auction.buy(auction, 100).with_value(100)).expect_ok();
    assert_eq!((world.credit(alice()), world.credit(eve())), (99, 1));
}

#[test]
fn a_buyer_whom_the_goods_refuse_pays_nothing() {
    let mut world = World::new(None);
    let english = world.sell_restricted();
    world.chain.from(alice()).call(world.auction.cancel(english)).expect_ok();
    world.chain.from(alice()).call(world.lots.approve(2, world.auction.address(), 0, 70)).expect_ok();
    let goods = world.lot(2);
    let auction = world.sell_dutch(alice(), goods).expect("listed");
    let refused = world.chain.from(bob()).call(world.auction.buy(auction, 100).with_value(100));
    refused.expect_error(Error::DeliveryRefused);
    assert_eq!((world.credit(alice()), world.chain.coin(world.auction.address())), (0, 0));
    world.attest(bob(), 2);
    world.chain.from(bob()).call(world.auction.buy(auction, 100).with_value(100)).expect_ok();
    assert_eq!(world.owner_of_restricted(), Some(bob()));
}

#[test]
fn a_winner_whom_the_goods_refuse_names_another_receiver() {
    let mut world = World::new(None);
    let auction = world.sell_restricted();
    world.chain.from(bob()).call(world.auction.bid(auction, 100).with_value(100)).expect_ok();
    let settled = world.settle_after_an_hour(auction);
    assert!(settled.has(&Undelivered { auction, claimant: bob() }));
    assert_eq!(world.credit(alice()), 100, "the seller is paid all the same");
    let info = world.chain.query(world.auction.auction(auction)).expect("a query");
    assert_eq!((info.progress.state, info.progress.claimant), (State::Sold, Some(bob())));
    let collect = |to| world.auction.collect(auction, to);
    let (own, nobody, itself) = (collect(None), collect(Some(Address::ZERO)), collect(Some(world.auction.address())));
    let known = collect(Some(charlie()));
    world.chain.from(bob()).call(own.clone()).expect_error(Error::DeliveryRefused);
    world.chain.from(bob()).call(nobody).expect_error(Error::InvalidReceiver);
    world.chain.from(bob()).call(itself).expect_error(Error::InvalidReceiver);
    world.attest(charlie(), 3);
    world.chain.from(charlie()).call(own).expect_error(Error::NothingToCollect);
    world.chain.from(dave()).call(world.auction.settle(auction)).expect_error(Error::Closed);
    let collected = world.chain.from(bob()).call(known.clone());
    assert!(collected.has(&Delivered { auction, to: charlie() }));
    assert_eq!(world.owner_of_restricted(), Some(charlie()));
    world.chain.from(bob()).call(known).expect_error(Error::NothingToCollect);
}

#[test]
fn a_seller_whom_the_goods_refuse_collects_them_later() {
    let mut world = World::new(None);
    let auction = world.sell_restricted();
    world.chain.from(ferdie()).call(world.credentials.revoke(alice(), TOPIC)).expect_ok();
    world.settle_after_an_hour(auction).expect_ok();
    let info = world.chain.query(world.auction.auction(auction)).expect("a query");
    assert_eq!((info.progress.state, info.progress.claimant), (State::Unsold, Some(alice())));
    world.attest(alice(), 1);
    world.chain.from(alice()).call(world.auction.collect(auction, None)).expect_ok();
    assert_eq!(world.owner_of_restricted(), Some(alice()));
}

#[test]
fn who_settles_cannot_make_the_delivery_fail_by_giving_little_gas() {
    let mut market = market();
    let auction = market.sell_english(None);
    market.bid(bob(), auction, 100).expect_ok();
    market.chain.advance_ms(HOUR_MS);
    let settle = market.auction.settle(auction);
    let (mut gas, mut refusals) = (20_000, 0);
    loop {
        let settled = market.chain.from(dave()).with_gas(gas).call(settle.clone());
        let Err(failure) = settled.result else { break };
        refusals += u32::from(failure.module_error() == Some(Error::TooLittleGas));
        assert_eq!(market.state(auction), State::Open, "nothing is settled with {gas}");
        gas += 1_000;
    }
    assert!(refusals > 0 && gas < 300_000, "{refusals} refusals, then {gas}");
    assert_eq!(market.info(auction).progress.claimant, None);
    assert_eq!(market.wine(bob()), BOTTLES);
}

#[test]
fn an_upgrade_keeps_what_is_for_sale_and_owed() {
    let mut market = market();
    let own = AuctionRef::at(market.chain.from(eve()).deploy(&crate::code(), AuctionRef::init(None)));
    market.auction = own;
    market.approve(crate::WINE, alice());
    let (first, second) = (market.sell_english(None), market.sell_dutch(None));
    market.bid(bob(), first, 100).expect_ok();
    market.bid(charlie(), first, 200).expect_ok();
    let before = (market.info(first), market.info(second));
    market.chain.from(bob()).upgrade(own.address(), &crate::code(), Vec::new()).result.expect_err("Bob is no admin");
    market.chain.from(eve()).upgrade(own.address(), &crate::code(), Vec::new()).expect_ok();
    assert_eq!((market.info(first), market.info(second)), before);
    market.chain.advance_ms(HOUR_MS);
    market.settle(first).expect_ok();
    market.chain.from(bob()).call(own.buy(second, 100).with_value(100)).expect_ok();
    assert_eq!((market.wine(charlie()), market.wine(bob())), (BOTTLES, BOTTLES));
    assert_eq!([alice(), bob(), charlie()].map(|who| market.coin_credit(who)), [300, 100, 0]);
}
