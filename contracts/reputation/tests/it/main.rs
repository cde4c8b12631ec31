//! Tests of the module on the in-memory chain, with its real code and that of the modules around it. Invariants are
//! checked after every step.

mod flags;
mod histories;
mod hostile;
mod markets;
mod scores;
mod x_rows;

use assets::{AssetsRef, UNLIMITED};
use brokers::BrokersRef;
use credentials::CredentialsRef;
use group::GroupRef;
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
/// What a unit of most products costs.
const PRICE: Amount = 1_000;
/// What a flag costs.
const STAKE: Amount = 50;
/// By how much an upheld flag lowers a score.
const PENALTY: Amount = 600;
/// How long the arbiter has.
const DECISION_MS: u64 = 3_600_000;
/// The event that is flagged.
const EVENT: Hash = Hash::new([4; 32]);

/// A chain with a stream of Alice's, of which she sells licences. Bob, Charlie and Ferdie may buy; Eve gets the fee.
#[derive(Clone)]
struct Market {
    chain: TestChain,
    reputation: ReputationRef,
    licence: LicencesRef,
    streams: StreamsRef,
    assets: AssetsRef,
    group: GroupRef,
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
        ("group", &code_of("group"), GroupRef::init(None)),
        ("brokers", &code_of("brokers"), BrokersRef::init(None)),
        ("reputation", &code(), ReputationRef::init()),
        ("licence", &code_of("licence"), LicencesRef::init(None)),
    ]);
    let mut market = Market {
        chain,
        reputation: ReputationRef::at(at("reputation")),
        licence: LicencesRef::at(at("licence")),
        streams: StreamsRef::at(at("streams")),
        assets: AssetsRef::at(at("assets")),
        group: GroupRef::at(at("group")),
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
        for spender in [market.licence.address(), market.reputation.address()] {
            let call = market.assets.approve(GOLD, spender, 0, UNLIMITED, None);
            market.chain.from(who).call(call).expect_ok();
        }
    }
    let create = market.streams.create("Weather".into(), None, None, None);
    market.stream = market.chain.from(alice()).call(create).expect_ok();
    market.let_sell(market.licence.address());
    market
}

impl Market {
    /// Lets an instance sell licences of Alice's stream.
    fn let_sell(&mut self, instance: Address) {
        for level in [Level::Grant, Level::Subscribe] {
            let call = self.streams.grant(self.stream, instance, level, None);
            self.chain.from(alice()).call(call).expect_ok();
        }
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

    fn daily(&self) -> Terms {
        self.terms(Mode::Time { period_ms: DAY_MS })
    }

    fn arbitration(&self) -> Arbitration {
        let arbiter = Arbiter::Account(judge());
        Arbitration { arbiter, stake: STAKE, penalty: PENALTY, decision_ms: DECISION_MS }
    }

    /// A product with an arbiter, and Bob's licence of it for two days.
    fn with_arbiter(arbiter: Arbiter) -> (Self, u64) {
        let mut market = market();
        let arbitration = Arbitration { arbiter, ..market.arbitration() };
        let terms = Terms { arbitration: Some(arbitration), ..market.daily() };
        let product = market.publish(terms);
        let licence = market.buy(bob(), product, 2);
        (market, licence)
    }

    /// A licence of Bob's under which he has flagged an event of now.
    fn flagged() -> (Self, u64) {
        let (mut market, licence) = Self::with_arbiter(Arbiter::Account(judge()));
        let now = market.chain.time_ms();
        market.flag(bob(), licence, now).expect_ok();
        (market, licence)
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

    fn buy(&mut self, who: Address, product: u64, units: u64) -> u64 {
        let call = self.buy_call(product, units);
        self.chain.from(who).call(call).expect_ok()
    }

    fn get(&self, licence: u64) -> Licence {
        self.chain.query(self.licence.licence(licence)).expect("a query").expect("the licence is there")
    }

    fn cancel(&mut self, who: Address, licence: u64) -> Outcome<()> {
        self.chain.from(who).call(self.licence.cancel(licence))
    }

    fn close(&mut self, who: Address, licence: u64) -> Outcome<()> {
        self.chain.from(who).call(self.licence.close(licence))
    }

    fn flag_call(&self, licence: u64, event: Hash, event_ms: u64) -> Call<()> {
        self.reputation.flag(licence, event, event_ms, STAKE, None)
    }

    fn flag(&mut self, who: Address, licence: u64, event_ms: u64) -> Outcome<()> {
        let call = self.flag_call(licence, EVENT, event_ms);
        self.chain.from(who).call(call)
    }

    fn decide(&mut self, who: Address, licence: u64, is_upheld: bool) -> Outcome<()> {
        self.chain.from(who).call(self.reputation.decide(licence, EVENT, is_upheld, None))
    }

    fn lapse(&mut self, licence: u64) -> Outcome<()> {
        self.chain.from(ferdie()).call(self.reputation.lapse(licence, EVENT, None))
    }

    fn gold_of(&self, who: Address) -> Amount {
        self.chain.query(self.assets.balance_of(GOLD, who)).expect("a query")
    }

    /// What waits for somebody of the sale of licences.
    fn sales(&self, who: Address) -> Amount {
        self.chain.query(self.licence.credit_of(who, self.gold())).expect("a query")
    }

    /// What waits for somebody of the stakes of flags.
    fn stakes(&self, who: Address) -> Amount {
        self.chain.query(self.reputation.credit_of(who, self.gold())).expect("a query")
    }
}
