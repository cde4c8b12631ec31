//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod curves;
mod dutch;
mod english;
mod goods;
mod histories;
mod hostile;
mod money;
mod rules;
mod sealed;
mod x_rows;

use assets::{AssetsRef, UNLIMITED};
use auction::{AuctionInfo, AuctionRef, Currency, Goods, House, State};
use tenon_contract::{Address, Amount, Call, Hash};
use tenon_testkit::{Outcome, TestChain, alice, bob, charlie, dave, module_code};

/// The asset that is sold.
const WINE: u64 = 1;
/// The asset that is paid with.
const GOLD: u64 = 2;
/// What each auction sells of it.
const BOTTLES: Amount = 10;
/// What Alice has of both, and each of the others of the money.
const RICH: Amount = 1_000_000;
/// An hour, which most auctions last.
const HOUR_MS: u64 = 3_600_000;

/// A chain with assets and auctions. Alice sells; she and the others may pay.
struct Market {
    chain: TestChain,
    auction: AuctionRef,
    assets: AssetsRef,
}

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

fn assets_code() -> Vec<u8> {
    module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets"))
}

fn market() -> Market {
    market_of(None)
}

fn market_of(house: Option<House>) -> Market {
    let chain = TestChain::with_modules(&[
        ("assets", &assets_code(), AssetsRef::init(None)),
        ("auction", &code(), AuctionRef::init(house)),
    ]);
    let auction = AuctionRef::at(TestChain::module_address("auction"));
    let assets = AssetsRef::at(TestChain::module_address("assets"));
    let mut market = Market { chain, auction, assets };
    for (asset, name) in [(WINE, "WINE"), (GOLD, "GOLD")] {
        assert_eq!(market.chain.from(alice()).call(issue(assets, name, RICH * 4)).expect_ok(), asset);
    }
    for who in [bob(), charlie(), dave()] {
        market.chain.from(alice()).call(assets.transfer(GOLD, who, RICH)).expect_ok();
        market.approve(GOLD, who);
    }
    market.approve(WINE, alice());
    market
}

fn issue(assets: AssetsRef, name: &str, supply: Amount) -> Call<u64> {
    assets.issue(name.into(), name.into(), 0, supply, None, None, None, None, None, None, None)
}

fn salt(byte: u8) -> Hash {
    Hash::new([byte; 32])
}

impl Market {
    fn approve(&mut self, asset: u64, who: Address) {
        let call = self.assets.approve(asset, self.auction.address(), 0, UNLIMITED, None);
        self.chain.from(who).call(call).expect_ok();
    }

    /// Lets time pass until a moment, if it has not come yet.
    fn reach(&mut self, time_ms: u64) {
        self.chain.set_time_ms(time_ms.max(self.chain.time_ms()));
    }

    fn goods(&self) -> Goods {
        Goods::Amount { module: self.assets.address(), asset: WINE, amount: BOTTLES }
    }

    fn gold(&self) -> Currency {
        Currency::Asset { module: self.assets.address(), asset: GOLD }
    }

    /// Alice sells by a Dutch auction from 1000 to 100 in an hour.
    fn sell_dutch(&mut self, currency: Option<Currency>) -> u64 {
        let call = self.auction.sell_dutch(self.goods(), 1_000, 100, HOUR_MS, None, currency, None, None, None);
        self.chain.from(alice()).call(call).expect_ok()
    }

    /// Alice sells by an English auction from 100 on, for an hour, in steps of 10 or 10 percent, extended by a minute.
    fn sell_english(&mut self, currency: Option<Currency>) -> u64 {
        let call =
            self.auction.sell_english(self.goods(), 100, HOUR_MS, currency, None, Some(10), Some(1_000), Some(60_000));
        self.chain.from(alice()).call(call).expect_ok()
    }

    /// Alice sells by sealed bids: from 100 on, a bond of 20, deposits from 150, an hour to commit and one to reveal.
    fn sell_sealed(&mut self, currency: Option<Currency>) -> u64 {
        let call = self.auction.sell_sealed(self.goods(), 100, 20, HOUR_MS, HOUR_MS, Some(150), currency, None);
        self.chain.from(alice()).call(call).expect_ok()
    }

    fn info(&self, auction: u64) -> AuctionInfo {
        self.chain.query(self.auction.auction(auction)).expect("the auction exists")
    }

    fn state(&self, auction: u64) -> State {
        self.info(auction).progress.state
    }

    fn start_of(&self, auction: u64) -> u64 {
        self.info(auction).terms.start_ms
    }

    fn end_of(&self, auction: u64) -> u64 {
        self.info(auction).end_ms.expect("the auction ends")
    }

    fn wine(&self, who: Address) -> Amount {
        self.chain.query(self.assets.balance_of(WINE, who)).expect("a query")
    }

    fn gold_of(&self, who: Address) -> Amount {
        self.chain.query(self.assets.balance_of(GOLD, who)).expect("a query")
    }

    /// The coin that the auctions hold.
    fn coin_held(&self) -> Amount {
        self.chain.coin(self.auction.address())
    }

    fn credit(&self, who: Address, currency: Currency) -> Amount {
        self.chain.query(self.auction.credit_of(who, currency)).expect("a query")
    }

    fn coin_credit(&self, who: Address) -> Amount {
        self.credit(who, Currency::Coin)
    }

    fn bid(&mut self, who: Address, auction: u64, amount: Amount) -> Outcome<()> {
        let call = self.auction.bid(auction, amount);
        let call = if self.info(auction).terms.currency == Currency::Coin { call.with_value(amount) } else { call };
        self.chain.from(who).call(call)
    }

    fn settle(&mut self, auction: u64) -> Outcome<()> {
        self.chain.from(dave()).call(self.auction.settle(auction))
    }

    fn commit(&mut self, who: Address, auction: u64, price: Amount, deposit: Amount) -> Outcome<()> {
        let hash = self.chain.query(self.auction.sealed_bid(auction, who, price, salt(1))).expect("a query");
        let call = self.auction.commit(auction, hash, deposit);
        let call = if self.info(auction).terms.currency == Currency::Coin { call.with_value(deposit) } else { call };
        self.chain.from(who).call(call)
    }

    fn reveal(&mut self, who: Address, auction: u64, price: Amount) -> Outcome<()> {
        self.chain.from(who).call(self.auction.reveal(auction, price, salt(1)))
    }

    fn withdraw(&mut self, who: Address, currency: Currency) -> Outcome<Amount> {
        self.chain.from(who).call(self.auction.withdraw(currency, None))
    }
}
