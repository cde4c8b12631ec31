//! Random histories against a model in plain Rust, which keeps balances of ordered pairs and knows no module: the same
//! steps succeed, with the same fees and balances after each. With interest the model is in floating point.

use crate::{NET, YEAR_MS, amount, founded, village};
use std::collections::BTreeMap;
use tenon_contract::{Address, Call};
use tenon_testkit::{Plan, Random, TestChain, account, histories};
use trustlines::{FeePayer, LineTerms, NewNetwork, Rules, TrustlinesRef};

const NAMES: [&str; 6] = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"];
/// Who may freeze.
const FREEZER: usize = 5;
const PLAN: Plan = Plan { cases: 10, steps: 200 };

#[derive(Clone, Debug)]
enum Step {
    Agree(usize, u64, u64, Option<u64>),
    Lower(usize, u64),
    Freeze(usize, usize, bool),
    Close(usize, usize),
    Transfer(u64, Vec<usize>, u64, bool),
    Settle(usize, u64),
    Wait(u64),
}

/// One party's side of a line: what they give, and what the other owes them.
#[derive(Clone, Copy, Debug, Default)]
struct Side {
    given: i128,
    owed: i128,
}

#[derive(Clone, Copy, Debug)]
struct Shared {
    frozen: bool,
    expiry: u64,
}

/// What the module should do, with both sides of a line kept apart.
#[derive(Clone, Default)]
struct Model {
    sides: BTreeMap<(usize, usize), Side>,
    shared: BTreeMap<(usize, usize), Shared>,
    divisor: i128,
}

fn pair(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}

fn round_up(units: i128, divisor: i128) -> i128 {
    (units + divisor - 1).div_euclid(divisor)
}

impl Model {
    fn side(&self, who: usize, other: usize) -> Option<Side> {
        self.sides.get(&(who, other)).copied()
    }

    fn pay(&mut self, now: u64, (payer, payee): (usize, usize), units: i128) -> Option<()> {
        let (mine, theirs) = (self.side(payer, payee)?, self.side(payee, payer)?);
        let Shared { frozen, expiry } = self.shared[&pair(payer, payee)];
        let limit = if now >= expiry { 0 } else { theirs.given };
        if frozen || theirs.owed + units > limit {
            return None;
        }
        self.sides.insert((payer, payee), Side { owed: mine.owed - units, ..mine });
        self.sides.insert((payee, payer), Side { owed: theirs.owed + units, ..theirs });
        Some(())
    }

    /// The fee that a mediator takes for what comes by a hop.
    fn fee(&self, (payer, payee): (usize, usize), units: i128, divisor: i128) -> Option<i128> {
        let claim = self.side(payer, payee)?.owed.max(0);
        let imbalance = (units - claim).max(0);
        Some(if self.divisor == 0 { 0 } else { round_up(imbalance, divisor) })
    }

    fn transfer(&mut self, now: u64, by: usize, step: (u64, &[usize], u64, bool)) -> Option<u64> {
        let (value, path, max_fee, receiver_pays) = step;
        let stations: Vec<usize> = [&[by], path].concat();
        let hops: Vec<(usize, usize)> = stations.iter().copied().zip(stations.iter().copied().skip(1)).collect();
        let repeats = (1..stations.len()).any(|index| stations[..index].contains(&stations[index]));
        let ring = hops.len() >= 3 && stations.last() == stations.first();
        let inner = (1..stations.len() - 1).any(|index| stations[..index].contains(&stations[index]));
        if value == 0 || (repeats && (!ring || inner)) {
            return None;
        }
        let mut units = i128::from(value);
        let last = hops.len() - 1;
        if receiver_pays {
            for (index, hop) in hops.iter().enumerate() {
                let fee = if index == last { 0 } else { self.fee(*hop, units, self.divisor)? };
                self.pay(now, *hop, units)?;
                units -= fee;
            }
        } else {
            for (index, hop) in hops.iter().enumerate().rev() {
                units += if index == last { 0 } else { self.fee(*hop, units, self.divisor - 1)? };
                self.pay(now, *hop, units)?;
            }
        }
        let fees = u64::try_from((units - i128::from(value)).abs()).ok()?;
        (units > 0 && fees <= max_fee).then_some(fees)
    }

    fn agree(&mut self, now: u64, (one, other): (usize, usize), given: u64, received: u64, expiry: u64) -> Option<()> {
        let (mine, theirs) = (self.side(one, other).unwrap_or_default(), self.side(other, one).unwrap_or_default());
        let (given, received) = (i128::from(given), i128::from(received));
        if one == other || expiry <= now || mine.owed > given || theirs.owed > received {
            return None;
        }
        let frozen = self.shared.get(&pair(one, other)).is_some_and(|shared| shared.frozen);
        self.sides.insert((one, other), Side { given, ..mine });
        self.sides.insert((other, one), Side { given: received, ..theirs });
        self.shared.insert(pair(one, other), Shared { frozen, expiry });
        Some(())
    }

    /// Makes a step at a time and says how it ends: with the fees, or not at all.
    fn apply(&mut self, now: u64, by: usize, step: &Step) -> Option<u64> {
        let mut changed = self.clone();
        let result = changed.try_apply(now, by, step);
        if result.is_some() {
            *self = changed;
        }
        result
    }

    fn try_apply(&mut self, now: u64, by: usize, step: &Step) -> Option<u64> {
        match step {
            Step::Wait(_) => {}
            Step::Transfer(value, path, max_fee, receiver_pays) => {
                return self.transfer(now, by, (*value, path, *max_fee, *receiver_pays));
            }
            Step::Agree(other, given, received, lasts) => {
                let expiry = lasts.map_or(u64::MAX, |lasts| now + lasts);
                self.agree(now, (by, *other), *given, *received, expiry)?;
            }
            Step::Lower(other, given) => {
                let (side, given) = (self.sides.get_mut(&(by, *other))?, i128::from(*given));
                let lower = given < side.given && side.owed <= given;
                lower.then(|| side.given = given)?;
            }
            Step::Freeze(one, other, frozen) => {
                let shared = self.shared.get_mut(&pair(*one, *other))?;
                (by == FREEZER && shared.frozen != *frozen).then(|| shared.frozen = *frozen)?;
            }
            Step::Close(one, other) => {
                let Shared { frozen, expiry } = *self.shared.get(&pair(*one, *other))?;
                let may = by == *one || by == *other || now >= expiry;
                (may && !frozen && self.side(*one, *other)?.owed == 0).then_some(())?;
                self.shared.remove(&pair(*one, *other));
                self.sides.remove(&(*one, *other));
                self.sides.remove(&(*other, *one));
            }
            Step::Settle(creditor, units) => {
                let units = i128::from(*units);
                let (mine, theirs) = (self.side(by, *creditor)?, self.side(*creditor, by)?);
                (units > 0 && theirs.owed >= units).then_some(())?;
                self.sides.insert((by, *creditor), Side { owed: mine.owed + units, ..mine });
                self.sides.insert((*creditor, by), Side { owed: theirs.owed - units, ..theirs });
            }
        }
        Some(0)
    }
}

fn below(random: &mut Random, length: usize) -> usize {
    let length = u64::try_from(length).expect("a length");
    usize::try_from(random.below(length)).expect("below a length")
}

struct World {
    chain: TestChain,
    trustlines: TrustlinesRef,
    people: [Address; NAMES.len()],
    model: Model,
}

impl World {
    /// A network with some fee, in which the last of the people may freeze.
    fn new(random: &mut Random, rate: u16) -> Self {
        let (people, fee_divisor) = (NAMES.map(account), *random.pick(&[0, 2, 3, 100]));
        let rules = Rules { fee_divisor, fixed_rate_bps: Some(rate), freezer: Some(people[FREEZER]) };
        let (chain, trustlines) = founded(NewNetwork { rules, ..village() });
        Self { chain, trustlines, people, model: Model { divisor: i128::from(fee_divisor), ..Model::default() } }
    }

    fn terms(&self, (given, received): (u64, u64), lasts: Option<u64>, rate: u16) -> LineTerms {
        // The proposal is accepted a block later.
        let expires_at_ms = lasts.map(|lasts| self.chain.time_ms() + lasts);
        LineTerms { given, received, rate_given_bps: rate, rate_received_bps: rate, expires_at_ms }
    }

    /// Draws a step. Most draws fit what there is, so that many steps succeed.
    fn draw(&self, random: &mut Random) -> (usize, Step) {
        let (by, other) = (below(random, NAMES.len()), below(random, NAMES.len()));
        let known: Vec<(usize, usize)> = self.model.sides.keys().copied().collect();
        let (one, two) = if known.is_empty() { (by, other) } else { *random.pick(&known) };
        match random.below(40) {
            0..=9 => {
                let lasts = random.chance(30).then(|| 20_000 + random.below(400_000));
                (by, Step::Agree(other, random.below(1_000), random.below(1_000), lasts))
            }
            10 | 11 => (one, Step::Lower(two, random.below(900))),
            12 => (if random.chance(80) { FREEZER } else { by }, Step::Freeze(one, two, random.chance(50))),
            13 | 14 => (if random.chance(70) { one } else { by }, Step::Close(one, two)),
            15..=17 => (one, Step::Settle(two, random.below(300))),
            18 => (by, Step::Wait(random.below(100_000))),
            _ => self.draw_transfer(one, random),
        }
    }

    /// A walk along lines that there are; at times over one that there is not, or in a ring.
    fn draw_transfer(&self, from: usize, random: &mut Random) -> (usize, Step) {
        let mut path: Vec<usize> = Vec::new();
        let length = 1 + below(random, 5);
        while path.len() < length {
            let at = path.last().copied().unwrap_or(from);
            let ways: Vec<usize> = self
                .model
                .sides
                .keys()
                .filter(|(who, to)| *who == at && !path.contains(to))
                .map(|(_, to)| *to)
                .collect();
            let next =
                if ways.is_empty() || random.chance(3) { below(random, NAMES.len()) } else { *random.pick(&ways) };
            path.push(next);
            if next == from {
                break;
            }
        }
        let value = if random.chance(5) { random.below(3) } else { random.below(400) };
        (from, Step::Transfer(value, path, random.below(60), random.chance(40)))
    }

    fn call(&mut self, by: usize, step: &Step) -> Option<Call<()>> {
        let (trustlines, people) = (self.trustlines, self.people);
        match *step {
            Step::Agree(other, given, received, lasts) => {
                let terms = self.terms((given, received), lasts, 0);
                let propose = trustlines.propose(NET, people[other], terms, None);
                self.chain.from(people[by]).call(propose).is_ok().then(|| trustlines.accept(NET, people[by], terms))
            }
            Step::Lower(other, given) => Some(trustlines.lower(NET, people[other], given)),
            Step::Freeze(one, other, frozen) => Some(trustlines.freeze(NET, people[one], people[other], frozen)),
            Step::Close(one, other) => Some(trustlines.close(NET, people[one], people[other])),
            Step::Settle(creditor, units) => {
                let offer = trustlines.offer_settlement(NET, people[by], units, trustlines::Currency::Coin, 3, None);
                self.chain.from(people[creditor]).call(offer).is_ok().then_some(())?;
                let offers = self.chain.query(trustlines.offers(NET, people[by], None, None)).expect("a query");
                let (_, offer) = offers.into_iter().find(|(who, _)| *who == people[creditor]).expect("it was made");
                Some(trustlines.settle(NET, people[creditor], offer).with_value(3))
            }
            Step::Transfer(..) | Step::Wait(_) => None,
        }
    }

    /// Makes a step on the chain: the fees, or nothing if it fails.
    fn act(&mut self, by: usize, step: &Step) -> Option<u64> {
        match step {
            Step::Wait(ms) => {
                self.chain.advance_ms(*ms);
                Some(0)
            }
            Step::Transfer(value, path, max_fee, receiver_pays) => {
                let fee_payer = if *receiver_pays { FeePayer::Receiver } else { FeePayer::Sender };
                let path = path.iter().map(|who| self.people[*who]).collect();
                let call = self.trustlines.transfer(NET, *value, path, Some(*max_fee), Some(fee_payer), None);
                self.chain.from(self.people[by]).call(call).result.ok()
            }
            Step::Agree(other, ..) => {
                let call = self.call(by, step)?;
                self.chain.from(self.people[*other]).call(call).is_ok().then_some(0)
            }
            _ => {
                let call = self.call(by, step)?;
                self.chain.from(self.people[by]).call(call).is_ok().then_some(0)
            }
        }
    }

    fn agrees(&self) {
        let mut sum = 0;
        let mut owed = 0;
        for who in 0..NAMES.len() {
            let page = self.chain.query(self.trustlines.neighbours(NET, self.people[who], None, None));
            let page = page.expect("a query");
            let expected = self.model.sides.keys().filter(|(one, _)| *one == who).count();
            assert_eq!(page.len(), expected, "neighbours of {who}");
            for (address, info) in page {
                let other = self.people.iter().position(|person| *person == address).expect("one of them");
                let side = self.model.side(who, other).expect("the model has it");
                assert_eq!((info.balance, i128::from(info.terms.given)), (side.owed, side.given), "{who} and {other}");
                sum += info.exact_balance;
                owed += info.balance.max(0);
            }
        }
        assert_eq!(sum, 0, "what people are owed less what they owe");
        let totals = self.chain.query(self.trustlines.statistics(NET)).expect("a query");
        assert_eq!((totals.owed, totals.lines), (amount(owed), u64::try_from(self.model.shared.len()).expect("few")));
    }
}

#[test]
fn agrees_with_the_model_in_any_history() {
    histories(
        PLAN,
        |random| World::new(random, 0),
        |world, random| {
            let (by, step) = world.draw(random);
            // An expiry counts from here, also where an agreement takes two blocks.
            let now = world.chain.time_ms();
            let found = world.act(by, &step);
            let expected = world.model.apply(now, by, &step);
            assert_eq!(found, expected, "{by} {step:?} at {now}");
            world.agrees();
        },
    );
}

/// By how much a debt grows from one time to another.
fn factor(rate_bps: u16, from_ms: u64, to_ms: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "the model is not exact anyway")]
    let years = (to_ms - from_ms) as f64 / YEAR_MS as f64;
    (f64::from(rate_bps) / 10_000.0 * years).exp()
}

#[test]
fn keeps_every_sum_and_grows_as_the_model_says_in_any_history() {
    const RATE: u16 = 2_000;
    let plan = Plan { cases: 4, steps: 150 };
    let setup = |random: &mut Random| {
        let mut world = World::new(random, RATE);
        for (one, other) in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)] {
            let terms = world.terms((1_000_000, 1_000_000), None, RATE);
            let (one, other) = (world.people[one], world.people[other]);
            crate::agree(&mut world.chain, world.trustlines, (one, other), terms);
        }
        (world, BTreeMap::<(usize, usize), (f64, u64)>::new())
    };
    histories(plan, setup, |(world, balances), random| {
        if random.chance(30) {
            world.chain.advance_ms(random.below(YEAR_MS / 20));
        }
        let at = below(random, 5);
        let (forward, hops) = (random.chance(50), 1 + below(random, 4));
        let station = |hop: usize| if forward { (at + hop) % 5 } else { (at + 5 - hop) % 5 };
        let path = (1..=hops).map(|hop| world.people[station(hop)]).collect();
        let value = random.within(1, 5_000);
        let now = world.chain.time_ms();
        let call = world.trustlines.transfer(NET, value, path, Some(u64::MAX), None, None);
        let outcome = world.chain.from(world.people[at]).call(call);
        let moved: Vec<(usize, usize)> = (0..hops).map(|hop| (station(hop), station(hop + 1))).collect();
        if outcome.is_ok() {
            let passed = outcome.emitted().len();
            assert_eq!(passed, hops + 1, "each hop, and the whole");
        }
        for (payer, payee) in moved {
            let info = crate::line(&world.chain, world.trustlines, world.people[payer], world.people[payee]);
            #[allow(clippy::cast_precision_loss, reason = "the model is not exact anyway")]
            let found = info.exact_balance as f64 / trustlines::interest::UNIT as f64;
            let (before, since) = balances.get(&(payer, payee)).copied().unwrap_or((0.0, now));
            let asked = world.chain.time_ms();
            let grown = before * factor(RATE, since, now);
            let paid = grown - found / factor(RATE, now, asked);
            // Whole units, no fewer than the value, and no more than the value with its highest fees.
            assert!((paid - paid.round()).abs() < 1e-3, "{paid} is no whole number: {before} became {grown}");
            assert!(!outcome.is_ok() || paid.round() >= f64::from(u32::try_from(value).expect("small")), "{paid}");
            assert!(outcome.is_ok() || paid.round() == 0.0, "{paid} though the transfer failed");
            balances.insert((payer, payee), (found, asked));
            balances.insert((payee, payer), (-found, asked));
        }
        let all = world.chain.query(world.trustlines.lines(NET, None, None)).expect("a query");
        assert_eq!(all.len(), 5);
    });
}
