//! Random histories against a model in plain Rust: who is paid what, which deliveries are refused, and the invariants
//! after each step.

use crate::{World, world};
use events::{COMMITMENT_MS, Currency, Event, Order, Terms};
use std::collections::{BTreeMap, BTreeSet};
use tenon_contract::{Address, Amount};
use tenon_testkit::{Plan, Random, alice, bob, charlie, dave, histories, keypair};

/// How old events may be. Each call takes a second.
const MAX_AGE_MS: u64 = 40_000;
/// What a delivery is paid.
const BOUNTY: Amount = 5;

/// A subscription as it should be.
struct Subscription {
    order: Order,
    funds: Amount,
    end: u64,
    closed: bool,
    seen: BTreeSet<Vec<u8>>,
    newest: Option<u64>,
}

/// What the module should know.
#[derive(Default)]
struct Model {
    subscriptions: Vec<Subscription>,
    credits: BTreeMap<Address, Amount>,
    /// Height and time of commitments, by deliverer, subscription and event.
    commitments: BTreeMap<(Address, u64, Vec<u8>), (u64, u64)>,
    published: Vec<Event>,
}

struct Played {
    world: World,
    model: Model,
}

impl Model {
    fn running(&mut self, id: u64, now: u64) -> Option<&mut Subscription> {
        let index = usize::try_from(id.checked_sub(1)?).ok()?;
        self.subscriptions.get_mut(index).filter(|subscription| !subscription.closed && now < subscription.end)
    }

    /// Whether a delivery succeeds, and what it changes.
    fn deliver(&mut self, who: Address, id: u64, event: &Event, height: u64, now: u64) -> bool {
        let key = (who, id, event.to_bytes());
        let Some((made_at, made_ms)) = self.commitments.get(&key).copied() else { return false };
        let in_time = height > made_at && now - made_ms < COMMITMENT_MS;
        let fresh = event.timestamp_ms <= now && now - event.timestamp_ms < MAX_AGE_MS;
        let Some(subscription) = self.running(id, now) else { return false };
        let new = match subscription.order {
            Order::Any => !subscription.seen.contains(&key.2),
            Order::Rising => subscription.newest.is_none_or(|newest| newest < event.timestamp_ms),
        };
        if !in_time || !fresh || !new || subscription.funds < BOUNTY {
            return false;
        }
        subscription.funds -= BOUNTY;
        subscription.seen.insert(key.2.clone());
        subscription.newest = Some(event.timestamp_ms);
        *self.credits.entry(who).or_default() += BOUNTY;
        self.commitments.remove(&key);
        true
    }
}

impl Played {
    fn step(&mut self, random: &mut Random) {
        let people = [alice(), bob(), charlie(), dave()];
        let (who, id) = (*random.pick(&people), random.within(1, 4));
        match random.below(16) {
            0 => self.subscribe(random),
            1 => self.top_up(id),
            2 => self.cancel(id),
            3 => self.close(id),
            4..=5 => self.publish(random),
            6..=8 => self.commit(who, id, random),
            9..=13 => self.deliver(random),
            14 => self.withdraw(who),
            _ => self.world.chain.advance_ms(random.below(60_000)),
        }
        let owed: Amount = self.model.credits.values().sum::<Amount>()
            + self.model.subscriptions.iter().map(|subscription| subscription.funds).sum::<Amount>();
        assert_eq!(self.world.chain.query(self.world.events.owed(Currency::Coin)), Ok(owed));
        assert_eq!(self.world.chain.coin(self.world.events.address()), owed);
    }

    fn subscribe(&mut self, random: &mut Random) {
        let order = if random.chance(50) { Order::Any } else { Order::Rising };
        let (now, funds) = (self.world.chain.time_ms(), 20_000_000_000 + Amount::from(random.below(30)));
        let end = now + random.within(1, 1_000_000);
        let terms = Terms { order, max_age_ms: MAX_AGE_MS, bounty: BOUNTY, ..self.world.terms() };
        let call = self.world.events.subscribe(terms, funds, end, None).with_value(funds);
        self.world.chain.from(alice()).call(call).expect_ok();
        let (closed, seen, newest) = (false, BTreeSet::new(), None);
        self.model.subscriptions.push(Subscription { order, funds, end, closed, seen, newest });
    }

    fn top_up(&mut self, id: u64) {
        let now = self.world.chain.time_ms();
        let found = self.world.chain.from(bob()).call(self.world.events.top_up(id, 3).with_value(3)).is_ok();
        let running = self.model.running(id, now);
        assert_eq!(found, running.is_some());
        if let Some(subscription) = running {
            subscription.funds += 3;
        }
    }

    fn cancel(&mut self, id: u64) {
        let now = self.world.chain.time_ms();
        let found = self.world.chain.from(alice()).call(self.world.events.cancel(id)).is_ok();
        let running = self.model.running(id, now);
        assert_eq!(found, running.is_some());
        if let Some(subscription) = running {
            subscription.end = subscription.end.min(now + COMMITMENT_MS);
        }
    }

    fn close(&mut self, id: u64) {
        let now = self.world.chain.time_ms();
        let found = self.world.chain.from(dave()).call(self.world.events.close(id)).is_ok();
        let index = usize::try_from(id - 1).expect("small");
        let over = self.model.subscriptions.get_mut(index).filter(|of| !of.closed && now >= of.end);
        assert_eq!(found, over.is_some());
        if let Some(subscription) = over {
            subscription.closed = true;
            *self.model.credits.entry(alice()).or_default() += std::mem::take(&mut subscription.funds);
        }
    }

    fn publish(&mut self, random: &mut Random) {
        let time = (self.world.chain.time_ms() + 5_000).saturating_sub(random.below(20_000));
        let event = self.world.event_of(&keypair("Bob"), time, &random.below(3).to_string());
        self.model.published.push(event);
    }

    fn commit(&mut self, who: Address, id: u64, random: &mut Random) {
        if self.model.published.is_empty() {
            return;
        }
        let event = random.pick(&self.model.published).to_bytes();
        let (height, now) = (self.world.chain.height(), self.world.chain.time_ms());
        let found = self.world.commit(who, id, &event).is_ok();
        let key = (who, id, event);
        assert_eq!(found, !self.model.commitments.contains_key(&key));
        self.model.commitments.entry(key).or_insert((height, now));
    }

    fn deliver(&mut self, random: &mut Random) {
        let keys: Vec<_> = self.model.commitments.keys().cloned().collect();
        if keys.is_empty() {
            return;
        }
        let (who, id, bytes) = random.pick(&keys).clone();
        let who = if random.chance(90) { who } else { alice() };
        let event = Event::decode(&bytes).expect("it was published");
        let (height, now) = (self.world.chain.height(), self.world.chain.time_ms());
        let found = self.world.chain.run(&self.world.delivery(who, id, &event)).is_ok();
        assert_eq!(found, self.model.deliver(who, id, &event, height, now));
    }

    fn withdraw(&mut self, who: Address) {
        let waits = self.model.credits.remove(&who).filter(|amount| *amount > 0);
        let found = self.world.chain.from(who).call(self.world.events.withdraw(Currency::Coin, None)).result.ok();
        assert_eq!(found, waits);
    }
}

#[test]
fn agrees_with_the_model_in_any_history() {
    let setup = |_: &mut Random| Played { world: world(), model: Model::default() };
    histories(Plan { cases: 8, steps: 300 }, setup, |played, random| played.step(random));
}
