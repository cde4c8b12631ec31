//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod granting;
mod histories;
mod hostile;
mod refunds;
mod x_rows;

use assets::{AssetsRef, UNLIMITED};
use streams::StreamsRef;
use tenon_contract::parity_scale_codec::Decode;
use tenon_contract::{Address, Amount, Call, Hash};
use tenon_testkit::{Outcome, TestChain, alice, bob, charlie, dave, eve, module_code};
use wishes::{Currency, WishInfo, WishesRef};

/// How long a wish stands.
const LIFE_MS: u64 = 3_600_000;
/// The asset that some bounties are paid in.
const GOLD: u64 = 1;
/// What each person has of it.
const RICH: Amount = 1_000_000;
/// The terms of every wish.
const TERMS: Hash = Hash::new([4; 32]);

/// A chain with assets, streams and wishes. Alice wishes, Dave and Eve have streams; everybody has gold.
#[derive(Clone)]
struct World {
    chain: TestChain,
    wishes: WishesRef,
    streams: StreamsRef,
    assets: AssetsRef,
    /// The stream of Dave.
    weather: Hash,
    /// The stream of Eve.
    traffic: Hash,
}

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

fn code_of(name: &str) -> Vec<u8> {
    module_code(&format!("{}/../{name}", env!("CARGO_MANIFEST_DIR")))
}

fn world() -> World {
    let chain = TestChain::with_modules(&[
        ("assets", &code_of("assets"), AssetsRef::init(None)),
        ("streams", &code_of("streams"), StreamsRef::init()),
        ("wishes", &code(), WishesRef::init(None, None)),
    ]);
    let at = TestChain::module_address;
    let (assets, streams, wishes) = (AssetsRef::at(at("assets")), StreamsRef::at(at("streams")), at("wishes"));
    let wishes = WishesRef::at(wishes);
    let mut world = World { chain, wishes, streams, assets, weather: Hash::ZERO, traffic: Hash::ZERO };
    let issue = assets.issue("GOLD".into(), "GOLD".into(), 0, 4 * RICH, None, None, None, None, None, None, None);
    assert_eq!(world.by(alice(), issue).expect_ok(), GOLD);
    for who in [alice(), bob(), charlie()] {
        if who != alice() {
            world.by(alice(), assets.transfer(GOLD, who, RICH)).expect_ok();
        }
        world.by(who, assets.approve(GOLD, wishes.address(), 0, UNLIMITED, None)).expect_ok();
    }
    world.weather = world.by(dave(), streams.create("Weather".into(), None, None, None)).expect_ok();
    world.traffic = world.by(eve(), streams.create("Traffic".into(), None, None, None)).expect_ok();
    world
}

/// The same, with a wish of Alice for coin: its number and its deadline.
fn wished() -> (World, u64, u64) {
    let mut world = world();
    let deadline = world.chain.time_ms() + LIFE_MS;
    let wish = world.wish(None);
    (world, wish, deadline)
}

impl World {
    fn by<R: Decode>(&mut self, who: Address, call: Call<R>) -> Outcome<R> {
        self.chain.from(who).call(call)
    }

    fn gold(&self) -> Currency {
        Currency::Asset { module: self.assets.address(), asset: GOLD }
    }

    /// A wish of Alice, who accepts herself.
    fn wish(&mut self, currency: Option<Currency>) -> u64 {
        let deadline = self.chain.time_ms() + LIFE_MS;
        let call = self.wishes.wish("Rain in Oslo".into(), TERMS, deadline, None, currency);
        self.by(alice(), call).expect_ok()
    }

    fn info(&self, wish: u64) -> WishInfo {
        self.chain.query(self.wishes.wish_info(wish)).expect("the wish exists")
    }

    /// A call that adds to a bounty, with the coin if it is paid in coin.
    fn back_call(&self, wish: u64, amount: Amount) -> Call<()> {
        let is_coin = self.info(wish).terms.currency == Currency::Coin;
        self.wishes.back(wish, amount).with_value(if is_coin { amount } else { 0 })
    }

    fn back(&mut self, who: Address, wish: u64, amount: Amount) -> Outcome<()> {
        let call = self.back_call(wish, amount);
        self.by(who, call)
    }

    fn submit(&mut self, who: Address, wish: u64, stream: Hash) -> Outcome<()> {
        let call = self.wishes.submit(wish, stream);
        self.by(who, call)
    }

    /// Alice accepts a stream.
    fn accept(&mut self, wish: u64, stream: Hash, publisher: Address) -> Outcome<()> {
        let call = self.wishes.accept(wish, stream, publisher);
        self.by(alice(), call)
    }

    fn collect(&mut self, who: Address, wish: u64) -> Outcome<Amount> {
        let call = self.wishes.collect(wish, None);
        self.by(who, call)
    }

    fn refund(&mut self, who: Address, wish: u64) -> Outcome<Amount> {
        let call = self.wishes.refund(wish, None);
        self.by(who, call)
    }

    fn backing(&self, wish: u64, who: Address) -> Amount {
        self.chain.query(self.wishes.backing(wish, who)).expect("a query")
    }

    fn owed(&self, currency: Currency) -> Amount {
        self.chain.query(self.wishes.owed(currency)).expect("a query")
    }

    fn gold_of(&self, who: Address) -> Amount {
        self.chain.query(self.assets.balance_of(GOLD, who)).expect("a query")
    }
}
