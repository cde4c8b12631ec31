//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod consumers;
mod deliveries;
mod format;
mod histories;
mod money;
mod signatures;
mod subscriptions;
mod x_rows;

use events::check::Primitives;
use events::format::{
    CONTENT_TEXT, ENCRYPTION_NONE, ORIGIN_ACCOUNT, ORIGIN_ETHEREUM, SIGNATURE_ETHEREUM, SIGNATURE_SR25519, VERSION,
};
use events::{Currency, Event, EventsRef, Order, Publishers, StreamId, SubscriptionInfo, Terms};
use streams::{Level, StreamsRef};
use tenon_contract::{Address, Amount, Hash};
use tenon_crypto::{Keypair, PublicKey, Scheme, ethereum};
use tenon_testkit::hostile::{self, HostileRef};
use tenon_testkit::{Outcome, TestChain, Transaction, alice, bob, by, keypair, module_code};

/// The salt of commitments.
const SALT: Hash = Hash::new([9; 32]);
/// What each delivery is paid.
const BOUNTY: Amount = 1_000_000_000_000;
/// What a subscription has to pay with: three bounties, and a bit that pays none.
const FUNDS: Amount = 3 * BOUNTY + 7;
/// How old events may be.
const MAX_AGE_MS: u64 = 60_000;
/// How long subscriptions last.
const TERM_MS: u64 = 10_000_000;

fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

fn code_of(folder: &str) -> Vec<u8> {
    module_code(&format!("{}/../{folder}", env!("CARGO_MANIFEST_DIR")))
}

/// The functions of a client.
fn client() -> Primitives {
    Primitives {
        blake2b_256: |bytes| Hash::new(tenon_crypto::hash::blake2b_256(bytes)),
        keccak_256: |bytes| Hash::new(tenon_crypto::hash::keccak_256(bytes)),
        secp256k1_recover_uncompressed: |signature, digest| {
            tenon_crypto::recover_secp256k1_uncompressed(signature, digest.as_bytes())
        },
        sr25519_verify: tenon_crypto::verify_sr25519,
    }
}

/// The key of Ethereum that belongs to a number.
fn ethereum_key(number: u8) -> Keypair {
    Keypair::from_seed(Scheme::Secp256k1, &[number; 32]).expect("the number is within the range")
}

fn address_of(pair: &Keypair) -> [u8; 20] {
    let PublicKey::Secp256k1(key) = pair.public() else { panic!("a key of Ethereum") };
    ethereum::address(&key).expect("a key")
}

/// An event that is not signed yet.
fn plain(stream: StreamId, timestamp_ms: u64, content: &str) -> Event {
    Event {
        version: VERSION,
        stream,
        partition: 0,
        timestamp_ms,
        content_type: CONTENT_TEXT,
        encryption_type: ENCRYPTION_NONE,
        content: content.as_bytes().to_vec(),
        origin_type: 0,
        origin: Vec::new(),
        signature_type: 0,
        signature: Vec::new(),
    }
}

/// The same, published and signed by a key for a chain.
fn signed(event: Event, chain: &Hash, pair: &Keypair) -> Event {
    if pair.scheme() == Scheme::Secp256k1 {
        let origin = address_of(pair).to_vec();
        let event = Event { origin_type: ORIGIN_ETHEREUM, origin, signature_type: SIGNATURE_ETHEREUM, ..event };
        let signature = pair.sign_ethereum(&event.message(chain)).expect("a key of Ethereum").to_vec();
        return Event { signature, ..event };
    }
    let origin = pair.account().to_vec();
    let event = Event { origin_type: ORIGIN_ACCOUNT, origin, signature_type: SIGNATURE_SR25519, ..event };
    let signature = pair.sign(&Primitives::wrapped(&event.message(chain))).as_bytes().to_vec();
    Event { signature, ..event }
}

/// Alice's stream of four partitions, in which Bob and the first key of Ethereum may publish; and a consumer that does
/// what a test tells it to.
#[derive(Clone)]
struct World {
    chain: TestChain,
    events: EventsRef,
    streams: StreamsRef,
    stream: StreamId,
    consumer: HostileRef,
}

fn world() -> World {
    let modules = [
        ("assets", code_of("assets"), assets::AssetsRef::init(None)),
        ("streams", code_of("streams"), StreamsRef::init()),
        ("events", code(), EventsRef::init()),
    ];
    let modules: Vec<_> = modules.iter().map(|(name, code, init)| (*name, &**code, init.clone())).collect();
    let mut chain = TestChain::with_modules(&modules);
    let at = TestChain::module_address;
    let (events, streams) = (EventsRef::at(at("events")), StreamsRef::at(at("streams")));
    let id = chain.from(alice()).call(streams.create("Weather".into(), None, None, Some(4))).expect_ok();
    for publisher in [bob(), Address::new(ethereum_key(1).account())] {
        chain.from(alice()).call(streams.grant(id, publisher, Level::Publish, None)).expect_ok();
    }
    let consumer = hostile::deploy(&mut chain);
    chain.advance_ms(MAX_AGE_MS);
    World { chain, events, streams, stream: StreamId { module: streams.address(), id }, consumer }
}

/// The same with a subscription of Alice's to any event, which has the id 1.
fn subscribed() -> World {
    let mut world = world();
    let terms = world.terms();
    world.subscribe(terms).expect_ok();
    world
}

impl World {
    /// Terms that take any event of who may publish.
    fn terms(&self) -> Terms {
        Terms {
            stream: self.stream,
            partition: None,
            publishers: Publishers::Stream,
            order: Order::Any,
            max_age_ms: MAX_AGE_MS,
            consumer: self.consumer.address(),
            callback_gas: 1_000_000,
            currency: Currency::Coin,
            bounty: BOUNTY,
        }
    }

    /// Alice subscribes for coin.
    fn subscribe(&mut self, terms: Terms) -> Outcome<u64> {
        let end = self.chain.time_ms() + TERM_MS;
        self.chain.from(alice()).call(self.events.subscribe(terms, FUNDS, end, None).with_value(FUNDS))
    }

    /// An event of now.
    fn event(&self, pair: &Keypair, content: &str) -> Event {
        self.event_of(pair, self.chain.time_ms(), content)
    }

    fn event_of(&self, pair: &Keypair, timestamp_ms: u64, content: &str) -> Event {
        signed(plain(self.stream, timestamp_ms, content), &self.chain.chain_id(), pair)
    }

    /// An event of Bob's.
    fn news(&self, content: &str) -> Event {
        self.event(&keypair("Bob"), content)
    }

    fn commit(&mut self, who: Address, subscription: u64, event: &[u8]) -> Outcome<()> {
        let query = self.events.delivery_commitment(who, subscription, event.to_vec(), SALT);
        let commitment = self.chain.query(query).expect("a query");
        self.chain.from(who).call(self.events.commit(commitment))
    }

    /// The delivery of an event to which its deliverer has committed.
    fn delivery(&self, who: Address, subscription: u64, event: &Event) -> Transaction {
        by(who, self.events.deliver(subscription, event.to_bytes(), SALT))
    }

    /// Commits to an event and delivers it in the next block.
    fn deliver(&mut self, who: Address, subscription: u64, event: &Event) -> Outcome<bool> {
        self.deliver_bytes(who, subscription, event.to_bytes())
    }

    fn deliver_bytes(&mut self, who: Address, subscription: u64, event: Vec<u8>) -> Outcome<bool> {
        self.commit(who, subscription, &event).expect_ok();
        self.chain.from(who).call(self.events.deliver(subscription, event, SALT))
    }

    fn info(&self, subscription: u64) -> SubscriptionInfo {
        self.chain.query(self.events.subscription(subscription)).expect("the subscription is there")
    }

    fn credit(&self, who: Address) -> Amount {
        self.chain.query(self.events.credit_of(who, Currency::Coin)).expect("a query")
    }

    /// How often the consumer was called.
    fn called(&self) -> u64 {
        self.chain.query(self.consumer.times_called()).expect("a query")
    }
}
