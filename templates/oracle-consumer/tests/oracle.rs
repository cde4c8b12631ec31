//! Tests of the oracle on the in-memory chain, with its real code and the module that delivers events. The invariant is
//! checked after every step.

use events::check::Primitives;
use events::format::{CONTENT_TEXT, ENCRYPTION_NONE, ORIGIN_ACCOUNT, SIGNATURE_SR25519, VERSION};
use events::{Currency, EventsRef, Terms};
use oracle_consumer::{Answer, Error, Event, MAX_AGE_MS, OracleRef, Origin, Reading, StreamId};
use tenon_contract::{Amount, Constructor, Hash};
use tenon_testkit::{Failure, Random, TestChain, account, alice, bob, charlie, keypair, module_code, rules};

/// What the form asks for. `tenon new` leaves it out of a project, which may ask for something else.
const PARAMETERS: [&str; 8] =
    ["stream", "sources", "quorum", "max_age_ms", "least", "most", "max_spread_bps", "registry"];
/// From which age on a value does not count.
const AGE_MS: u64 = 60_000;
/// What each delivery is paid.
const BOUNTY: Amount = 1_000_000_000_000;
/// The stream of the sources.
const STREAM: Hash = Hash::new([5; 32]);
const SALT: Hash = Hash::new([9; 32]);
/// The names of the sources.
const SOURCES: [&str; 3] = ["Dave", "Eve", "Ferdie"];

/// A subscribed oracle that takes 10 to 1,000 of two of three sources at least, at most a tenth apart.
struct World {
    chain: TestChain,
    events: EventsRef,
    oracle: OracleRef,
    subscription: u64,
}

fn sources() -> Vec<Origin> {
    SOURCES.map(|name| Origin::Account { address: account(name) }).to_vec()
}

fn chain() -> TestChain {
    let code = module_code(events::FOLDER);
    TestChain::with_modules(&[("events", &code, EventsRef::init())])
}

fn init(sources: Vec<Origin>, quorum: u8, age_ms: u64, least: u128, most: u128) -> Constructor {
    OracleRef::init(STREAM, sources, quorum, age_ms, least, most, Some(1_000), None)
}

fn world() -> World {
    let mut chain = chain();
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let oracle = OracleRef::at(chain.from(alice()).deploy(&code, init(sources(), 2, AGE_MS, 10, 1_000)));
    let end = chain.time_ms() + 10_000_000;
    let subscribe = oracle.subscribe(BOUNTY, end).with_value(100 * BOUNTY);
    let subscription = chain.from(alice()).call(subscribe).expect_ok();
    World { chain, events: EventsRef::at(TestChain::module_address("events")), oracle, subscription }
}

impl World {
    /// A source's event.
    fn event(&self, name: &str, timestamp_ms: u64, content: &str) -> Event {
        let pair = keypair(name);
        let event = Event {
            version: VERSION,
            stream: StreamId { module: TestChain::module_address("streams"), id: STREAM },
            partition: 0,
            timestamp_ms,
            content_type: CONTENT_TEXT,
            encryption_type: ENCRYPTION_NONE,
            content: content.as_bytes().to_vec(),
            origin_type: ORIGIN_ACCOUNT,
            origin: pair.account().to_vec(),
            signature_type: SIGNATURE_SR25519,
            signature: Vec::new(),
        };
        let message = event.message(&self.chain.chain_id());
        let signature = pair.sign(&Primitives::wrapped(&message)).as_bytes().to_vec();
        Event { signature, ..event }
    }

    /// Bob delivers an event, and the oracle takes it or not. Nothing if the module refuses it.
    fn deliver(&mut self, event: &Event) -> Option<bool> {
        let bytes = event.to_bytes();
        let query = self.events.delivery_commitment(bob(), self.subscription, bytes.clone(), SALT);
        let commitment = self.chain.query(query).expect("a query");
        self.chain.from(bob()).call(self.events.commit(commitment)).expect_ok();
        self.chain.from(bob()).call(self.events.deliver(self.subscription, bytes, SALT)).result.ok()
    }

    /// A source says a value of now.
    fn say(&mut self, name: &str, content: &str) -> bool {
        let event = self.event(name, self.chain.time_ms(), content);
        self.deliver(&event).expect("the module takes it")
    }

    fn value(&self) -> Result<u128, Failure> {
        self.chain.query(self.oracle.value()).map(|answer| answer.value)
    }

    fn refusal(&self) -> Option<Error> {
        self.value().err().and_then(|failure| failure.module_error())
    }
}

#[test]
fn answers_with_the_median_of_a_quorum() {
    let mut world = world();
    assert_eq!(world.refusal(), Some(Error::NoQuorum));
    let first = world.chain.time_ms();
    let event = world.event("Dave", first, "500");
    assert_eq!(world.deliver(&event), Some(true));
    assert_eq!(world.refusal(), Some(Error::NoQuorum), "one of two");
    assert!(world.say("Eve", "520"));
    let two = Answer { value: 500, timestamp_ms: first, sources: 2 };
    assert_eq!(world.chain.query(world.oracle.value()), Ok(two), "of two the lower");
    assert!(world.say("Ferdie", "510"));
    let three = Answer { value: 510, timestamp_ms: first, sources: 3 };
    assert_eq!(world.chain.query(world.oracle.value()), Ok(three));
    assert!(world.say("Dave", "530"));
    assert_eq!(world.value(), Ok(520));
}

#[test]
fn gives_an_error_in_place_of_a_stale_value() {
    let mut world = world();
    let time = world.chain.time_ms();
    for name in ["Dave", "Eve"] {
        let event = world.event(name, time, "500");
        assert_eq!(world.deliver(&event), Some(true));
    }
    rules::at_boundary(&world.chain, time + AGE_MS, |chain, offset| {
        let found = chain.query(world.oracle.value()).map(|answer| answer.value);
        let refusal = found.as_ref().err().and_then(Failure::module_error);
        let expected = if offset < 0 { None } else { Some(Error::NoQuorum) };
        assert_eq!(refusal, expected, "{offset}");
    });
    // One second late is late for the module too.
    let late = world.event("Ferdie", time, "500");
    world.chain.set_time_ms(time + AGE_MS + 1_000);
    assert_eq!(world.deliver(&late), None);
    // A fresh value of one does not make the old one of another count.
    assert!(world.say("Dave", "500"));
    assert_eq!(world.refusal(), Some(Error::NoQuorum));
    assert!(world.say("Ferdie", "500"));
    assert_eq!(world.value(), Ok(500));
}

#[test]
fn refuses_values_that_no_source_can_mean() {
    let mut world = world();
    for name in SOURCES {
        assert!(world.say(name, "500"));
    }
    let refused = [
        "",
        "0",
        "9",
        "1001",
        "-500",
        "+500",
        "5e2",
        "500.0",
        " 500",
        "0x1f",
        "340282366920938463463374607431768211456",
        "0000000000000000000000000000000000000500",
        "NaN",
    ];
    for text in refused {
        assert!(!world.say("Dave", text), "{text:?}");
        assert_eq!(world.value(), Ok(500), "{text:?}");
    }
    for text in ["10", "1000"] {
        assert!(world.say("Dave", text), "{text}");
    }
    let secret =
        Event { encryption_type: 1, signature: Vec::new(), ..world.event("Dave", world.chain.time_ms(), "500") };
    let message = Primitives::wrapped(&secret.message(&world.chain.chain_id()));
    let secret = Event { signature: keypair("Dave").sign(&message).as_bytes().to_vec(), ..secret };
    assert_eq!(world.deliver(&secret), Some(false));
    // Who delivered is paid for what the oracle did not like too.
    let paid = world.chain.query(world.events.credit_of(bob(), Currency::Coin)).expect("a query");
    assert_eq!(paid, BOUNTY * (3 + 13 + 2 + 1));
}

#[test]
fn says_so_when_sources_conflict() {
    let mut world = world();
    assert!(world.say("Dave", "500"));
    assert!(world.say("Eve", "550"));
    assert_eq!(world.value(), Ok(500), "a tenth apart is not too far");
    assert!(world.say("Eve", "551"));
    assert_eq!(world.refusal(), Some(Error::Conflicting));
    assert!(world.say("Eve", "500"));
    assert!(world.say("Ferdie", "900"));
    assert_eq!(world.refusal(), Some(Error::Conflicting), "one that is far off is enough");
}

#[test]
fn listens_to_its_sources_alone_and_never_goes_back() {
    let mut world = world();
    let stranger = world.event("Charlie", world.chain.time_ms(), "500");
    assert_eq!(world.deliver(&stranger), None);
    let time = world.chain.time_ms();
    let (new, old) = (world.event("Dave", time, "500"), world.event("Dave", time - 1, "600"));
    assert_eq!(world.deliver(&new), Some(true));
    assert_eq!(world.deliver(&old), None);
    assert_eq!(world.chain.query(world.oracle.reading(0)), Ok(Some(Reading { value: 500, timestamp_ms: time })));
    assert_eq!(world.chain.query(world.oracle.reading(1)), Ok(None));
    // Nobody but the module brings events, and of no other subscription.
    let direct = world.oracle.on_event(world.subscription, new.clone());
    world.chain.from(alice()).call(direct).expect_error(Error::NotEvents);
    let terms = world.chain.query(world.events.subscription(world.subscription)).expect("a query").terms;
    let end = world.chain.time_ms() + 1_000_000;
    let other = world.events.subscribe(Terms { bounty: 0, ..terms }, 0, end, None);
    world.subscription = world.chain.from(charlie()).call(other).expect_ok();
    assert_eq!(world.deliver(&new), Some(false));
}

#[test]
fn lets_its_owner_subscribe_again_when_the_subscription_has_ended() {
    let mut world = world();
    let end = world.chain.time_ms() + 10_000_000;
    let subscribe = |world: &World| world.oracle.subscribe(BOUNTY, end).with_value(BOUNTY);
    let call = subscribe(&world);
    world.chain.from(bob()).call(call.clone()).expect_error(Error::NotOwner);
    world.chain.from(alice()).call(call.clone()).expect_error(Error::StillSubscribed);
    // The owner of the oracle owns its subscription, and what is left of it.
    world.chain.from(alice()).call(world.events.cancel(world.subscription)).expect_ok();
    world.chain.advance_ms(events::COMMITMENT_MS);
    world.chain.from(bob()).call(world.events.close(world.subscription)).expect_ok();
    assert_eq!(world.chain.query(world.events.credit_of(alice(), Currency::Coin)), Ok(100 * BOUNTY));
    let past = world.oracle.subscribe(BOUNTY, 0).with_value(BOUNTY);
    world.chain.from(alice()).call(past).expect_error(Error::SubscriptionRefused);
    assert_eq!(world.chain.from(alice()).call(call).expect_ok(), world.subscription + 1);
    assert_eq!(world.chain.query(world.oracle.subscription()), Ok(Some(world.subscription + 1)));
}

#[test]
fn refuses_settings_that_mislead() {
    let mut chain = chain();
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let twice = vec![Origin::Account { address: bob() }; 2];
    let many = (0..16).map(|number| Origin::Ethereum { address: [number; 20] }).collect::<Vec<_>>();
    let refused = [
        (init(Vec::new(), 1, AGE_MS, 1, 2), Error::InvalidSources),
        (init(twice, 1, AGE_MS, 1, 2), Error::InvalidSources),
        (init(many.clone(), 1, AGE_MS, 1, 2), Error::InvalidSources),
        (init(sources(), 0, AGE_MS, 1, 2), Error::InvalidQuorum),
        (init(sources(), 4, AGE_MS, 1, 2), Error::InvalidQuorum),
        (init(sources(), 1, 0, 1, 2), Error::InvalidAge),
        (init(sources(), 1, MAX_AGE_MS + 1, 1, 2), Error::InvalidAge),
        (init(sources(), 1, AGE_MS, 0, 2), Error::InvalidBounds),
        (init(sources(), 1, AGE_MS, 3, 2), Error::InvalidBounds),
    ];
    for (constructor, error) in refused {
        chain.from(alice()).try_deploy(&code, constructor).expect_error(error);
    }
    let most = init(many[..15].to_vec(), 15, MAX_AGE_MS, 1, u128::MAX);
    chain.from(alice()).try_deploy(&code, most).expect_ok();
}

#[test]
fn finds_the_median_that_a_sorted_list_has() {
    let mut random = Random::new(15);
    let names: Vec<String> = (0..15).map(|number| format!("Source{number}")).collect();
    let mut chain = chain();
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let all = names.iter().map(|name| Origin::Account { address: account(name) }).collect();
    let constructor = OracleRef::init(STREAM, all, 1, AGE_MS, 1, 1_000_000, None, None);
    let oracle = OracleRef::at(chain.from(alice()).deploy(&code, constructor));
    let end = chain.time_ms() + 10_000_000;
    let subscription = chain.from(alice()).call(oracle.subscribe(0, end)).expect_ok();
    let mut world = World { chain, events: EventsRef::at(TestChain::module_address("events")), oracle, subscription };
    let mut values = Vec::new();
    for name in &names {
        let value = u128::from(random.within(1, 1_000_000));
        assert!(world.say(name, &value.to_string()), "also the last of fifteen has enough gas");
        values.push(value);
        values.sort_unstable();
        assert_eq!(world.value(), Ok(values[(values.len() - 1) / 2]));
    }
}

#[test]
fn asks_for_what_the_constructor_takes() {
    let Ok(template) = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/template.toml")) else { return };
    let mut names: Vec<_> = template
        .split("[[parameter]]")
        .skip(1)
        .filter_map(|parameter| parameter.split("name = \"").nth(1)?.split('"').next())
        .collect();
    let mut expected = PARAMETERS;
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn stays_within_its_size() {
    /// Bytes that go on chain.
    const MAX_WASM_BYTES: usize = 32 * 1024;
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    assert!(code.len() <= MAX_WASM_BYTES, "{} bytes", code.len());
}
