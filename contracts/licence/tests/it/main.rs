//! Tests of the module on the in-memory chain, with its real code and that of the modules around it. Invariants are
//! checked after every step.

mod course;
mod histories;
mod hostile;
mod products;
mod purchase;
mod resale;
mod terms;
mod x_rows;

use assets::{AssetsRef, UNLIMITED};
use brokers::BrokersRef;
use credentials::CredentialsRef;
use licence::{Arbiter, Arbitration, Currency, Fee, Key, KeyKind, Licence, LicencesRef, Mode, Terms};
use reputation::ReputationRef;
use std::sync::OnceLock;
use streams::{Level, StreamsRef};
use tenon_contract::{Address, Amount, Call, Hash};
use tenon_testkit::{Outcome, TestChain, account, alice, bob, charlie, dave, eve, ferdie, module_code};

/// The asset that is paid with.
const GOLD: u64 = 1;
/// What each has of it.
const RICH: Amount = 1_000_000;
/// A day in milliseconds, which is the period of most products.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// How long a round of the brokers lasts.
const ROUND_MS: u64 = 60_000;
/// How long they commit, and then open.
const WINDOW_MS: u64 = 10_000;
/// What a unit of most products costs.
const PRICE: Amount = 1_000;
/// What a flag costs.
const STAKE: Amount = 50;
/// How long the arbiter has.
const DECISION_MS: u64 = 3_600_000;

/// A chain with a stream of Alice's, which Dave broke for, and the module. Alice sells; Bob, Charlie and Ferdie may
/// buy; Eve gets the fee.
#[derive(Clone)]
struct Market {
    chain: TestChain,
    licence: LicencesRef,
    streams: StreamsRef,
    brokers: BrokersRef,
    assets: AssetsRef,
    credentials: CredentialsRef,
    reputation: ReputationRef,
    stream: Hash,
}

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

fn code_of(name: &str) -> Vec<u8> {
    module_code(&format!("{}/../{name}", env!("CARGO_MANIFEST_DIR")))
}

/// Who decides on flags.
fn judge() -> Address {
    account("Judge")
}

/// A key of a reader.
fn key(byte: u8) -> Key {
    Key { kind: KeyKind::X25519, bytes: vec![byte; 32] }
}

/// Builds the world once; each test has a copy.
fn market() -> Market {
    static MADE: OnceLock<Market> = OnceLock::new();
    MADE.get_or_init(build).clone()
}

fn build() -> Market {
    let at = TestChain::module_address;
    let chain = TestChain::with_modules(&[
        ("credentials", &code_of("credentials"), CredentialsRef::init()),
        ("assets", &code_of("assets"), AssetsRef::init(None)),
        ("streams", &code_of("streams"), StreamsRef::init()),
        ("brokers", &code_of("brokers"), BrokersRef::init(None)),
        ("reputation", &code_of("reputation"), ReputationRef::init()),
        ("licence", &code(), LicencesRef::init(None)),
    ]);
    let mut market = Market {
        chain,
        licence: LicencesRef::at(at("licence")),
        streams: StreamsRef::at(at("streams")),
        brokers: BrokersRef::at(at("brokers")),
        assets: AssetsRef::at(at("assets")),
        credentials: CredentialsRef::at(at("credentials")),
        reputation: ReputationRef::at(at("reputation")),
        stream: Hash::ZERO,
    };
    let issue =
        market.assets.issue("Gold".into(), "GOLD".into(), 0, RICH * 9, None, None, None, None, None, None, None);
    assert_eq!(market.chain.from(alice()).call(issue).expect_ok(), GOLD);
    for who in [bob(), charlie(), dave(), eve(), ferdie(), judge()] {
        market.chain.set_coin(who, 1_000_000_000_000_000_000);
        market.chain.from(alice()).call(market.assets.transfer(GOLD, who, RICH)).expect_ok();
    }
    for who in [alice(), bob(), charlie(), ferdie()] {
        market.approve(who);
    }
    market.stream = market.new_stream();
    let gold = brokers::Currency::Asset { module: at("assets"), asset: GOLD };
    let open = market.brokers.open(market.stream, ROUND_MS, WINDOW_MS, WINDOW_MS, None, Some(gold), None, None, None);
    market.chain.from(alice()).call(open).expect_ok();
    market.chain.from(alice()).call(market.brokers.designate(market.stream, dave())).expect_ok();
    market.chain.advance_ms(ROUND_MS);
    // From here on what is counted has a beginning.
    market.count_to(0);
    market
}

impl Market {
    fn approve(&mut self, who: Address) {
        for spender in [self.licence.address(), self.reputation.address()] {
            let call = self.assets.approve(GOLD, spender, 0, UNLIMITED, None);
            self.chain.from(who).call(call).expect_ok();
        }
    }

    /// A stream of Alice's, which the module may sell.
    fn new_stream(&mut self) -> Hash {
        let stream = self.chain.from(alice()).call(self.streams.create("Weather".into(), None, None, None)).expect_ok();
        for level in [Level::Grant, Level::Subscribe] {
            let call = self.streams.grant(stream, self.licence.address(), level, None);
            self.chain.from(alice()).call(call).expect_ok();
        }
        stream
    }

    /// Lets time pass until a moment, if it has not come yet.
    fn reach(&mut self, time_ms: u64) {
        self.chain.set_time_ms(time_ms.max(self.chain.time_ms()));
    }

    /// A copy in which it is a time.
    fn at(&self, time_ms: u64) -> Self {
        let mut copy = self.clone();
        copy.chain.set_time_ms(time_ms);
        copy
    }

    /// Dave reports that so many events were published before the end of the round that runs, and everybody agrees.
    /// Returns that end.
    fn count_to(&mut self, events: u64) -> u64 {
        let (stream, salt) = (self.stream, Hash::new([3; 32]));
        let round = self.chain.query(self.brokers.round_of(stream, None)).expect("a query").expect("rounds run");
        let times = self.chain.query(self.brokers.times(stream, round)).expect("the round exists");
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&events.to_be_bytes());
        let rolling = Hash::new(bytes);
        let commitment = self.brokers.commitment(stream, round, dave(), events, rolling, salt, None);
        let commitment = self.chain.query(commitment).expect("a query");
        self.reach(times.end_ms);
        self.chain.from(dave()).call(self.brokers.commit(stream, round, commitment)).expect_ok();
        self.reach(times.reveal_ms);
        let reveal = self.brokers.reveal(stream, round, events, rolling, salt, None);
        self.chain.from(dave()).call(reveal).expect_ok();
        self.reach(times.settle_ms);
        self.chain.from(dave()).call(self.brokers.settle(stream, round)).expect_ok();
        times.end_ms
    }

    fn gold(&self) -> Currency {
        Currency::Asset { module: self.assets.address(), asset: GOLD }
    }

    /// Terms of a mode: 1000 gold a unit, of which the brokers get 5 percent and Eve 2.5.
    fn terms(&self, mode: Mode) -> Terms {
        Terms {
            price: PRICE,
            currency: self.gold(),
            mode,
            terms_hash: Hash::new([1; 32]),
            credential: None,
            royalty_bps: Some(1_000),
            broker_bps: Some(500),
            fee: Some(Fee { receiver: eve(), bps: 250 }),
            arbitration: None,
        }
    }

    /// Terms of a product of days, with an arbiter.
    fn daily(&self) -> Terms {
        self.terms(Mode::Time { period_ms: DAY_MS })
    }

    fn arbitration(&self) -> Arbitration {
        let arbiter = Arbiter::Account(judge());
        Arbitration { arbiter, stake: STAKE, penalty: 600, decision_ms: DECISION_MS }
    }

    fn publish_call(&self, terms: Terms) -> Call<u64> {
        self.licence.publish(self.stream, "Weather".into(), terms)
    }

    fn publish(&mut self, terms: Terms) -> u64 {
        let call = self.publish_call(terms);
        self.chain.from(alice()).call(call).expect_ok()
    }

    fn buy_call(&self, product: u64, units: u64) -> Call<u64> {
        self.licence.buy(product, 1, units, key(1), Amount::MAX, None)
    }

    fn try_buy(&mut self, who: Address, product: u64, units: u64) -> Outcome<u64> {
        let call = self.buy_call(product, units);
        self.chain.from(who).call(call)
    }

    fn buy(&mut self, who: Address, product: u64, units: u64) -> u64 {
        self.try_buy(who, product, units).expect_ok()
    }

    /// A product of a mode, of which Bob has a licence for so many units.
    fn bought(mode: Mode, units: u64) -> (Self, u64) {
        let mut market = market();
        let terms = market.terms(mode);
        let product = market.publish(terms);
        let licence = market.buy(bob(), product, units);
        (market, licence)
    }

    fn find(&self, licence: u64) -> Option<Licence> {
        self.chain.query(self.licence.licence(licence)).expect("a query")
    }

    fn get(&self, licence: u64) -> Licence {
        self.find(licence).expect("the licence is there")
    }

    fn settle(&mut self, licence: u64) -> Amount {
        self.chain.from(ferdie()).call(self.licence.settle(licence)).expect_ok()
    }

    fn cancel(&mut self, who: Address, licence: u64) -> Outcome<()> {
        self.chain.from(who).call(self.licence.cancel(licence))
    }

    fn close(&mut self, who: Address, licence: u64) -> Outcome<()> {
        self.chain.from(who).call(self.licence.close(licence))
    }

    fn gold_of(&self, who: Address) -> Amount {
        self.chain.query(self.assets.balance_of(GOLD, who)).expect("a query")
    }

    fn credit(&self, who: Address) -> Amount {
        self.chain.query(self.licence.credit_of(who, self.gold())).expect("a query")
    }

    /// What waits for the brokers of a product.
    fn pool(&self, product: u64) -> Amount {
        self.chain.query(self.licence.broker_share(product, self.gold())).expect("a query")
    }

    /// What waits for Alice, the brokers and Eve of product 1, and for Bob.
    fn split(&self) -> [Amount; 4] {
        [self.credit(alice()), self.pool(1), self.credit(eve()), self.credit(bob())]
    }

    fn has_access(&self, who: Address) -> bool {
        self.chain.query(self.licence.has_access(self.stream, who)).expect("a query")
    }

    /// Whether the registry of streams lets somebody read.
    fn may_subscribe(&self, who: Address) -> bool {
        self.chain.query(self.streams.may(self.stream, who, Level::Subscribe)).expect("the stream exists")
    }

    fn key_of(&self, licence: u64) -> Option<Key> {
        self.chain.query(self.licence.key_of(licence)).expect("a query")
    }

    fn epoch(&self, product: u64) -> u64 {
        self.chain.query(self.licence.key_epoch(product)).expect("a query")
    }
}
