//! `events`: a weather station publishes, brokers deliver to a contract, and the subscription ends.

use crate::profile::Stage;
use events::check::Primitives;
use events::format::{
    CONTENT_TEXT, ENCRYPTION_NONE, ORIGIN_ACCOUNT, ORIGIN_ETHEREUM, SIGNATURE_ETHEREUM, SIGNATURE_SR25519, VERSION,
};
use events::{COMMITMENT_MS, Currency, Event, EventsRef, Order, Origin, Publishers, StreamId, Terms};
use streams::{Level, StreamsRef};
use tenon_contract::{Address, Amount, Hash};
use tenon_crypto::{Keypair, PublicKey, Scheme, ethereum};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, hostile, keypair};

/// What each delivery is paid: a thousandth of a coin, so that the first withdrawal makes no account too small.
const BOUNTY: Amount = 1_000_000_000;
/// How old events may be.
const MAX_AGE_MS: u64 = 60_000;
/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;
/// Subscriptions to one stream.
const SUBSCRIPTIONS: u64 = 100;
/// The salt of commitments.
const SALT: Hash = Hash::new([9; 32]);

/// What stands on the stage: a stream of Alice's, in which Bob publishes by both kinds of keys.
struct Station {
    events: EventsRef,
    stream: StreamId,
    consumer: Address,
    ethereum: Keypair,
}

pub(super) fn scenario(stage: &mut Stage) {
    let station = Station::open(stage);
    let any = station.terms(Publishers::Stream, Order::Any);
    let of_listed = vec![Origin::Account { address: bob() }, Origin::Ethereum { address: station.address() }];
    let rising = station.terms(Publishers::Origins(of_listed), Order::Rising);
    for _ in 1..SUBSCRIPTIONS {
        station.subscribe(stage, "", any.clone());
    }
    let any = station.subscribe(stage, "whoever may publish, in coin", any);
    let rising = station.subscribe(stage, "of listed origins, in coin", rising);
    deliveries(stage, &station, any, rising);
    queries(stage, &station, any);
    ends(stage, &station, any);
}

impl Station {
    fn open(stage: &mut Stage) -> Self {
        let at = TestChain::module_address;
        let (events, streams) = (EventsRef::at(at("events")), StreamsRef::at(at("streams")));
        let id = stage.prepare(alice(), streams.create("Weather".into(), None, None, Some(16)));
        let ethereum = Keypair::from_suri(Scheme::Secp256k1, "//Bob").expect("a plain name derives a key");
        for publisher in [bob(), Address::new(ethereum.account())] {
            stage.prepare(alice(), streams.grant(id, publisher, Level::Publish, None));
        }
        let consumer = hostile::deploy(stage.chain()).address();
        stage.chain().advance_ms(MAX_AGE_MS);
        Self { events, stream: StreamId { module: at("streams"), id }, consumer, ethereum }
    }

    fn address(&self) -> [u8; 20] {
        let PublicKey::Secp256k1(key) = self.ethereum.public() else { panic!("a key of Ethereum") };
        ethereum::address(&key).expect("a key")
    }

    fn terms(&self, publishers: Publishers, order: Order) -> Terms {
        Terms {
            stream: self.stream,
            partition: None,
            publishers,
            order,
            max_age_ms: MAX_AGE_MS,
            consumer: self.consumer,
            callback_gas: 100_000,
            currency: Currency::Coin,
            bounty: BOUNTY,
        }
    }

    fn subscribe(&self, stage: &mut Stage, case: &'static str, terms: Terms) -> u64 {
        let end = stage.chain().time_ms() + DAY_MS;
        let call = self.events.subscribe(terms, 100 * BOUNTY, end, None).with_value(100 * BOUNTY);
        if case.is_empty() { stage.prepare(alice(), call) } else { stage.measure(case, alice(), call) }
    }

    /// An event of now, signed by Bob: as an account, or as an address of Ethereum.
    fn event(&self, stage: &mut Stage, is_ethereum: bool) -> Event {
        let (chain, timestamp_ms) = (stage.chain().chain_id(), stage.chain().time_ms());
        let account = keypair("Bob");
        let (origin_type, origin, signature_type) = if is_ethereum {
            (ORIGIN_ETHEREUM, self.address().to_vec(), SIGNATURE_ETHEREUM)
        } else {
            (ORIGIN_ACCOUNT, account.account().to_vec(), SIGNATURE_SR25519)
        };
        let event = Event {
            version: VERSION,
            stream: self.stream,
            partition: 7,
            timestamp_ms,
            content_type: CONTENT_TEXT,
            encryption_type: ENCRYPTION_NONE,
            content: b"21.5".to_vec(),
            origin_type,
            origin,
            signature_type,
            signature: Vec::new(),
        };
        let message = event.message(&chain);
        let signature = if is_ethereum {
            self.ethereum.sign_ethereum(&message).expect("a key of Ethereum").to_vec()
        } else {
            account.sign(&Primitives::wrapped(&message)).as_bytes().to_vec()
        };
        Event { signature, ..event }
    }

    fn commit(&self, stage: &mut Stage, who: Address, subscription: u64, event: &Event) -> Hash {
        stage.prepare(who, self.events.delivery_commitment(who, subscription, event.to_bytes(), SALT))
    }
}

fn deliveries(stage: &mut Stage, station: &Station, any: u64, rising: u64) {
    let events = station.events;
    let cases = [
        (any, false, "signed by sr25519, whoever may publish"),
        (any, true, "signed by secp256k1, whoever may publish"),
        (rising, false, "signed by sr25519, of a listed origin"),
        (rising, true, "signed by secp256k1, of a listed origin"),
    ];
    for (subscription, is_ethereum, case) in cases {
        let event = station.event(stage, is_ethereum);
        let commitment = station.commit(stage, charlie(), subscription, &event);
        stage.prepare(charlie(), events.commit(commitment));
        stage.measure(case, charlie(), events.deliver(subscription, event.to_bytes(), SALT));
    }
    stage.measure("coin", charlie(), events.withdraw(Currency::Coin, None));
    stage.measure("", dave(), events.top_up(any, BOUNTY).with_value(BOUNTY));
}

fn queries(stage: &mut Stage, station: &Station, any: u64) {
    let events = station.events;
    let event = station.event(stage, false);
    let bytes = event.to_bytes();
    let commitment = stage.ask("", bob(), events.delivery_commitment(dave(), any, bytes.clone(), SALT));
    stage.measure("", dave(), events.commit(commitment));
    stage.ask("", bob(), events.commitment(dave(), commitment));
    stage.ask("", bob(), events.message(event.clone()));
    stage.ask("", bob(), events.encode_event(event));
    stage.ask("signed by sr25519", bob(), events.check_event(bytes.clone()));
    let other = station.event(stage, true).to_bytes();
    stage.ask("signed by secp256k1", bob(), events.check_event(other));
    stage.ask("no", bob(), events.was_delivered(any, bytes));
    stage.ask("", bob(), events.subscription_count());
    stage.ask("", bob(), events.subscription(any));
    stage.ask("a page of 100", bob(), events.subscriptions_of(alice(), None, None));
    stage.ask("a page of 100", bob(), events.subscriptions_to(station.stream, None, None));
    stage.ask("", bob(), events.credit_of(charlie(), Currency::Coin));
    stage.ask("", bob(), events.owed(Currency::Coin));
    stage.chain().advance_ms(COMMITMENT_MS);
    stage.measure("by anyone", bob(), events.remove_commitment(dave(), commitment));
}

fn ends(stage: &mut Stage, station: &Station, any: u64) {
    let events = station.events;
    stage.measure("two notes", bob(), events.prune(any, None));
    stage.measure("", alice(), events.cancel(any));
    stage.chain().advance_ms(COMMITMENT_MS);
    stage.measure("", bob(), events.close(any));
}
