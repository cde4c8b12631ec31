//! Random histories against a model in plain Rust: what succeeds, what is agreed on, and who gets what after each step.

use crate::{SALT, World, bare, broker, rolling};
use brokers::{Currency, Reward};
use std::collections::BTreeMap;
use tenon_contract::Call;
use tenon_testkit::{Plan, Random, alice, bob, eve, histories};

const PLAN: Plan = Plan { cases: 8, steps: 600 };
/// Brokers who come and go.
const BROKERS: usize = 4;
const INTERVAL_MS: u64 = 24_000;
const COMMIT_MS: u64 = 11_000;
const REVEAL_MS: u64 = 11_000;
const THRESHOLD_BPS: u16 = 6_000;
const REWARD: u128 = 100;

#[derive(Clone, Copy, Debug)]
enum Step {
    Open { ahead_ms: u64 },
    Designate { number: usize, by_editor: bool },
    Remove { number: usize, by_editor: bool },
    Commit { number: usize, round: u64, events: u64, byte: u8 },
    Reveal { number: usize, round: u64, events: u64, byte: u8 },
    Settle { round: u64 },
    Fund { amount: u128 },
    Claim { number: usize },
    Stop { by_editor: bool },
    Close,
    Wait { ms: u64 },
}

#[derive(Clone, Copy, Debug)]
struct Seat {
    number: usize,
    from: u64,
    until: u64,
}

#[derive(Clone, Copy, Debug)]
struct Made {
    events: u64,
    byte: u8,
    is_open: bool,
}

/// What the module should do, without its storage, its sets of bits and its arithmetic.
#[derive(Clone, Debug, Default)]
struct Model {
    is_open: bool,
    start: u64,
    first: u64,
    end: Option<u64>,
    seats: Vec<Seat>,
    rounds: BTreeMap<u64, BTreeMap<usize, Made>>,
    pot: u128,
    credits: [u128; BROKERS],
    opener: u128,
    progress: Option<(u64, u64, u8)>,
    next: u64,
}

impl Model {
    fn next_round(&self, now: u64) -> u64 {
        if now < self.start { self.first } else { self.first + (now - self.start) / INTERVAL_MS + 1 }
    }

    /// The end of a round, if it is one.
    fn end_of(&self, round: u64) -> Option<u64> {
        let is_one = self.is_open && round >= self.first && self.end.is_none_or(|end| round < end);
        is_one.then(|| self.start + (round - self.first + 1) * INTERVAL_MS)
    }

    fn assigned(&self, round: u64) -> Vec<usize> {
        let seats = self.seats.iter().filter(|seat| seat.from <= round && round < seat.until);
        seats.map(|seat| seat.number).collect()
    }

    fn goes_on(&self, events: u64, byte: u8) -> bool {
        self.progress.is_none_or(|(_, before, same)| events > before || (events, byte) == (before, same))
    }

    fn apply(&mut self, now: u64, step: Step) -> bool {
        let next = self.next_round(now);
        match step {
            Step::Wait { .. } => true,
            Step::Open { ahead_ms } => {
                let done = !self.is_open;
                if done {
                    (self.is_open, self.start, self.first, self.end) = (true, now + ahead_ms, self.next, None);
                    self.seats.clear();
                }
                done
            }
            Step::Designate { number, by_editor } => {
                let stands = |seat: &Seat| seat.number == number && seat.until == u64::MAX;
                let done = self.is_open && self.end.is_none() && by_editor && !self.seats.iter().any(stands);
                if done {
                    match self.seats.iter_mut().find(|seat| seat.number == number && seat.until == next) {
                        Some(seat) => seat.until = u64::MAX,
                        None => self.seats.push(Seat { number, from: next, until: u64::MAX }),
                    }
                }
                done
            }
            Step::Remove { number, .. } => {
                let stands = |seat: &&mut Seat| seat.number == number && seat.until == u64::MAX;
                if !self.is_open || self.end.is_some() {
                    return false;
                }
                let Some(seat) = self.seats.iter_mut().find(stands) else { return false };
                seat.until = next;
                self.seats.retain(|seat| seat.from < seat.until);
                true
            }
            Step::Fund { amount } => {
                let done = self.is_open && amount > 0;
                self.pot += if done { amount } else { 0 };
                done
            }
            Step::Claim { number } => std::mem::take(&mut self.credits[number]) > 0,
            Step::Stop { by_editor } => {
                let done = self.is_open && self.end.is_none() && by_editor;
                self.end = if done { Some(next) } else { self.end };
                done
            }
            Step::Close => self.close(now),
            Step::Commit { .. } | Step::Reveal { .. } | Step::Settle { .. } => self.apply_to_round(now, step),
        }
    }

    fn apply_to_round(&mut self, now: u64, step: Step) -> bool {
        match step {
            Step::Commit { number, round, events, byte } => {
                let in_time = self.end_of(round).is_some_and(|end| (end..end + COMMIT_MS).contains(&now));
                if !in_time || !self.assigned(round).contains(&number) {
                    return false;
                }
                let made = self.rounds.entry(round).or_default();
                let done = !made.contains_key(&number);
                if done {
                    made.insert(number, Made { events, byte, is_open: false });
                }
                done
            }
            Step::Reveal { number, round, events, byte } => {
                let opens = self.end_of(round).map(|end| end + COMMIT_MS);
                let in_time = opens.is_some_and(|opens| (opens..opens + REVEAL_MS).contains(&now));
                let follows = self.goes_on(events, byte);
                if !in_time || !follows || !self.assigned(round).contains(&number) {
                    return false;
                }
                let Some(made) = self.rounds.get_mut(&round).and_then(|made| made.get_mut(&number)) else {
                    return false;
                };
                let done = !made.is_open && (made.events, made.byte) == (events, byte);
                made.is_open |= done;
                done
            }
            Step::Settle { round } => {
                let over = self.end_of(round).map(|end| end + COMMIT_MS + REVEAL_MS);
                let is_first = self.rounds.keys().next() == Some(&round);
                let done = is_first && over.is_some_and(|over| now >= over);
                if done {
                    self.settle(round);
                }
                done
            }
            _ => false,
        }
    }

    fn settle(&mut self, round: u64) {
        let made = self.rounds.remove(&round).expect("it is open");
        let assigned = self.assigned(round).len();
        let mut counts: BTreeMap<(u64, u8), Vec<usize>> = BTreeMap::new();
        for (number, made) in made.iter().filter(|(_, made)| made.is_open) {
            counts.entry((made.events, made.byte)).or_default().push(*number);
        }
        // More than half of all: there can be one only.
        let enough = |agreed: usize| agreed * 10_000 >= assigned * usize::from(THRESHOLD_BPS);
        let agreed = counts.into_iter().find(|(_, agreed)| enough(agreed.len()));
        let Some(((events, byte), agreed)) = agreed else { return };
        if !self.goes_on(events, byte) {
            return;
        }
        self.progress = Some((round, events, byte));
        let each = self.pot.min(REWARD) / agreed.len() as u128;
        for number in agreed {
            self.pot -= each;
            self.credits[number] += each;
        }
    }

    fn close(&mut self, now: u64) -> bool {
        let Some(end) = self.end.filter(|_| self.is_open && self.rounds.is_empty()) else { return false };
        let last = end.checked_sub(1).filter(|last| *last >= self.first);
        let over = last.and_then(|last| self.end_of(last)).map_or(0, |end| end + COMMIT_MS + REVEAL_MS);
        if now < over {
            return false;
        }
        let brokers = last.map(|last| self.assigned(last)).unwrap_or_default();
        let each = self.pot.checked_div(brokers.len() as u128).unwrap_or_default();
        for number in brokers {
            self.pot -= each;
            self.credits[number] += each;
        }
        self.opener += std::mem::take(&mut self.pot);
        (self.is_open, self.next) = (false, end);
        true
    }
}

/// A report as an honest broker would make it, or now and then something else.
fn report(model: &Model, random: &mut Random, round: u64) -> (u64, u8) {
    let events = 3 * round + 5;
    match random.below(12) {
        0 => (events.saturating_sub(random.below(9)), 1),
        1 => (events, 2),
        2 => (model.progress.map_or(0, |(_, events, _)| events), 1),
        _ => (events, 1),
    }
}

fn step(model: &Model, random: &mut Random, now: u64) -> Step {
    let number = usize::try_from(random.below(BROKERS as u64)).expect("small");
    let by_editor = !random.chance(10);
    let ended = model.next_round(now).saturating_sub(2);
    let round = if random.chance(10) { random.below(ended + 3) } else { ended };
    let in_round = now.saturating_sub(model.start) % INTERVAL_MS;
    let commits = in_round < COMMIT_MS && !random.chance(10);
    match random.below(40) {
        0 => Step::Open { ahead_ms: random.below(2) * 7_000 },
        1..=3 => Step::Designate { number, by_editor },
        4 => Step::Remove { number, by_editor },
        5..=28 if commits => {
            let (events, byte) = report(model, random, round);
            Step::Commit { number, round, events, byte }
        }
        5..=28 => {
            let made = model.rounds.get(&round).and_then(|made| made.get(&number));
            let known = made.filter(|_| !random.chance(10)).map(|made| (made.events, made.byte));
            let (events, byte) = known.unwrap_or_else(|| report(model, random, round));
            Step::Reveal { number, round, events, byte }
        }
        29..=30 => Step::Settle { round: *model.rounds.keys().next().filter(|_| !random.chance(20)).unwrap_or(&round) },
        31 => Step::Fund { amount: u128::from(random.below(400)) },
        32 => Step::Claim { number },
        33 if random.chance(20) => Step::Stop { by_editor },
        34 => Step::Close,
        _ => Step::Wait { ms: random.below(4_000) },
    }
}

fn perform(world: &mut World, step: Step) -> bool {
    let (brokers, stream) = (world.brokers, world.stream);
    let editor = |by_editor| if by_editor { alice() } else { bob() };
    let run = |world: &mut World, who, call: Call<()>| world.by(who, call).result.is_ok();
    match step {
        Step::Wait { ms } => {
            world.chain.advance_ms(ms);
            true
        }
        Step::Open { ahead_ms } => {
            let (start, reward) = (Some(world.chain.time_ms() + ahead_ms), Some(Reward::Amount(REWARD)));
            let threshold = Some(THRESHOLD_BPS);
            let call = brokers.open(stream, INTERVAL_MS, COMMIT_MS, REVEAL_MS, reward, None, threshold, start, None);
            run(world, alice(), call)
        }
        Step::Designate { number, by_editor } => {
            run(world, editor(by_editor), brokers.designate(stream, broker(number)))
        }
        Step::Remove { number, by_editor } => {
            let who = if by_editor { alice() } else { broker(number) };
            run(world, who, brokers.remove(stream, broker(number)))
        }
        Step::Commit { number, round, events, byte } => {
            let commit = world.commit_call(broker(number), round, events, rolling(byte));
            world.chain.run(&commit).is_ok()
        }
        Step::Reveal { number, round, events, byte } => {
            run(world, broker(number), brokers.reveal(stream, round, events, rolling(byte), SALT, None))
        }
        Step::Settle { round } => run(world, eve(), brokers.settle(stream, round)),
        Step::Fund { amount } => run(world, alice(), brokers.fund(stream, Currency::Coin, amount).with_value(amount)),
        Step::Claim { number } => world.by(broker(number), brokers.claim(Currency::Coin, None)).result.is_ok(),
        Step::Stop { by_editor } => run(world, editor(by_editor), brokers.stop(stream)),
        Step::Close => run(world, eve(), brokers.close(stream)),
    }
}

fn compare(world: &World, model: &Model) {
    let progress = world.progress().map(|progress| (progress.round, progress.events, progress.rolling_hash));
    assert_eq!(progress, model.progress.map(|(round, events, byte)| (round, events, rolling(byte))));
    assert_eq!(world.credits(0..BROKERS), model.credits);
    let ask = |call| world.chain.query(call).expect("a query");
    assert_eq!(ask(world.brokers.credit_of(alice(), Currency::Coin)), model.opener);
    let owed = model.pot + model.opener + model.credits.iter().sum::<u128>();
    assert_eq!(ask(world.brokers.owed(Currency::Coin)), owed);
    assert_eq!(world.chain.coin(world.brokers.address()), owed);
    let open = world.chain.query(world.brokers.open_rounds(world.stream, None, None)).expect("a query");
    assert_eq!(open, model.rounds.keys().copied().collect::<Vec<_>>());
    if model.is_open {
        assert_eq!(world.pot(), model.pot);
    }
}

#[test]
fn agrees_with_the_model_in_any_history() {
    let setup = |_: &mut Random| {
        let mut world = bare();
        (0..BROKERS).for_each(|number| world.chain.set_coin(broker(number), crate::PLENTY));
        (world, Model::default())
    };
    histories(PLAN, setup, |(world, model), random| {
        let now = world.chain.time_ms();
        let step = step(model, random, now);
        let mut after = model.clone();
        let expected = after.apply(now, step);
        let found = perform(world, step);
        assert_eq!(found, expected, "{step:?} at {now} with {model:?}");
        if expected {
            *model = after;
        }
        compare(world, model);
    });
}

#[test]
fn histories_reach_agreement_and_its_failure() {
    // The model alone, so that it is known to go where a history should.
    let (mut model, mut random, mut now) = (Model::default(), Random::new(7), 1_000_000);
    let (mut settled, mut closed) = (0, 0);
    let mut rounds = std::collections::BTreeSet::new();
    for _ in 0..20_000 {
        let step = step(&model, &mut random, now);
        let mut after = model.clone();
        if after.apply(now, step) {
            settled += u32::from(matches!(step, Step::Settle { .. }));
            closed += u32::from(matches!(step, Step::Close));
            model = after;
            rounds.extend(model.progress.map(|(round, ..)| round));
        }
        now += if let Step::Wait { ms } = step { ms } else { 1_000 };
    }
    let agreed = rounds.len();
    assert!(settled > 200 && agreed > 50 && closed > 10, "{settled} settled, {agreed} agreed on, {closed} closed");
    assert!(usize::try_from(settled).expect("small") > agreed + 50, "not all are agreed on");
}
