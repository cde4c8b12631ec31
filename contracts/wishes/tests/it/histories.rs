//! Random histories against a model in plain Rust: what succeeds, and who gets what after each step.

use crate::{GOLD, RICH, TERMS, World, world};
use std::collections::BTreeMap;
use tenon_contract::{Address, Hash};
use tenon_testkit::{Plan, Random, account, histories};
use wishes::Currency;

const PLAN: Plan = Plan { cases: 10, steps: 250 };
/// Who wishes, and backs; all of them back, in gold too.
const PEOPLE: [&str; 3] = ["Alice", "Bob", "Charlie"];
/// Who publishes: the owners of the two streams.
const PUBLISHERS: [&str; 2] = ["Dave", "Eve"];

#[derive(Clone, Copy, Debug)]
enum Step {
    Wish { who: usize, in_gold: bool, lasts_ms: u64 },
    Back { who: usize, wish: u64, amount: u128 },
    Submit { publisher: usize, stream: usize, wish: u64 },
    Accept { who: usize, wish: u64, stream: usize },
    Collect { publisher: usize, wish: u64 },
    Refund { who: usize, wish: u64 },
    RemoveSubmission { who: usize, wish: u64, stream: usize },
    RemoveBacker { wish: u64, backer: usize },
    Clear { who: usize, wish: u64 },
    Wait { ms: u64 },
}

#[derive(Clone, Debug)]
struct Wish {
    by: usize,
    in_gold: bool,
    deadline: u64,
    held: u128,
    accepted: Option<usize>,
    is_gone: bool,
}

/// What the module should do, without its storage and its books.
#[derive(Clone, Debug, Default)]
struct Model {
    wishes: Vec<Wish>,
    backers: BTreeMap<(u64, usize), u128>,
    /// Streams have the numbers of their owners.
    submissions: BTreeMap<(u64, usize), usize>,
    /// What people have of the gold above what they began with, and what publishers have.
    gold: BTreeMap<usize, i128>,
    earned: BTreeMap<usize, u128>,
}

fn signed(amount: u128) -> i128 {
    i128::try_from(amount).expect("small")
}

impl Model {
    /// A wish that was not cleared.
    fn known(&mut self, wish: u64) -> Option<&mut Wish> {
        let index = usize::try_from(wish).expect("small").checked_sub(1)?;
        self.wishes.get_mut(index).filter(|wish| !wish.is_gone)
    }

    /// A wish that can be granted.
    fn standing(&mut self, wish: u64, now: u64) -> Option<&mut Wish> {
        self.known(wish).filter(|wish| wish.accepted.is_none() && now < wish.deadline)
    }

    fn is_over(&mut self, wish: u64, now: u64) -> bool {
        self.known(wish).is_none() || self.standing(wish, now).is_none()
    }

    fn apply(&mut self, now: u64, step: Step) -> bool {
        match step {
            Step::Wait { .. } => true,
            Step::Wish { who, in_gold, lasts_ms } => {
                let deadline = now + lasts_ms;
                self.wishes.push(Wish { by: who, in_gold, deadline, held: 0, accepted: None, is_gone: false });
                true
            }
            Step::Back { who, wish, amount } => {
                let Some(to) = self.standing(wish, now).filter(|_| amount > 0) else { return false };
                to.held += amount;
                let in_gold = to.in_gold;
                *self.backers.entry((wish, who)).or_default() += amount;
                *self.gold.entry(who).or_default() -= if in_gold { signed(amount) } else { 0 };
                true
            }
            Step::Submit { publisher, stream, wish } => {
                let is_free = !self.submissions.contains_key(&(wish, stream));
                let done = self.standing(wish, now).is_some() && publisher == stream && is_free;
                if done {
                    self.submissions.insert((wish, stream), publisher);
                }
                done
            }
            Step::Accept { who, wish, stream } => {
                let is_offered = self.submissions.contains_key(&(wish, stream));
                let Some(to) = self.standing(wish, now).filter(|to| to.by == who && is_offered) else { return false };
                to.accepted = Some(stream);
                self.submissions.remove(&(wish, stream));
                true
            }
            Step::RemoveSubmission { who, wish, stream } => {
                let may = self.is_over(wish, now) || who == stream + PEOPLE.len();
                may && self.submissions.remove(&(wish, stream)).is_some()
            }
            Step::RemoveBacker { wish, backer } => {
                let may = self.known(wish).is_none_or(|wish| wish.accepted.is_some());
                may && self.backers.remove(&(wish, backer)).is_some()
            }
            Step::Clear { who, wish } => {
                let is_over = self.is_over(wish, now);
                let Some(to) = self.known(wish) else { return false };
                let done = to.held == 0 && (is_over || to.by == who);
                to.is_gone |= done;
                done
            }
            Step::Collect { publisher, wish } => {
                let Some(to) = self.known(wish).filter(|to| to.accepted == Some(publisher)) else { return false };
                let (amount, in_gold) = (std::mem::take(&mut to.held), to.in_gold);
                *self.earned.entry(publisher).or_default() += if in_gold { amount } else { 0 };
                amount > 0
            }
            Step::Refund { who, wish } => {
                let is_late = self.known(wish).is_some_and(|to| to.accepted.is_none() && now >= to.deadline);
                let Some(amount) = self.backers.get(&(wish, who)).copied().filter(|_| is_late) else { return false };
                self.backers.remove(&(wish, who));
                let to = self.known(wish).expect("it is late");
                to.held -= amount;
                let in_gold = to.in_gold;
                *self.gold.entry(who).or_default() += if in_gold { signed(amount) } else { 0 };
                true
            }
        }
    }
}

fn index(random: &mut Random, of: usize) -> usize {
    usize::try_from(random.below(of as u64)).expect("small")
}

fn step(model: &Model, random: &mut Random) -> Step {
    let wish = random.within(1, model.wishes.len().max(1) as u64);
    let (who, stream) = (index(random, PEOPLE.len()), index(random, PUBLISHERS.len()));
    let maker = model.wishes.get(usize::try_from(wish - 1).expect("small")).map_or(0, |wish| wish.by);
    match random.below(30) {
        0..=1 => Step::Wish { who, in_gold: random.chance(50), lasts_ms: random.within(2_000, 40_000) },
        2..=9 => Step::Back { who, wish, amount: u128::from(random.below(200)) },
        10..=13 => {
            let publisher = if random.chance(10) { index(random, PUBLISHERS.len()) } else { stream };
            Step::Submit { publisher, stream, wish }
        }
        14..=16 => Step::Accept { who: if random.chance(20) { who } else { maker }, wish, stream },
        17..=18 => Step::Collect { publisher: stream, wish },
        19..=22 => Step::Refund { who, wish },
        23 => Step::RemoveSubmission { who: index(random, PEOPLE.len() + PUBLISHERS.len()), wish, stream },
        24 => Step::RemoveBacker { wish, backer: who },
        25..=26 => Step::Clear { who, wish },
        _ => Step::Wait { ms: random.below(9_000) },
    }
}

fn person(index: usize) -> Address {
    account(PEOPLE.get(index).or_else(|| PUBLISHERS.get(index.wrapping_sub(PEOPLE.len()))).expect("a name"))
}

fn publisher(index: usize) -> Address {
    account(PUBLISHERS[index])
}

fn stream_of(world: &World, index: usize) -> Hash {
    [world.weather, world.traffic][index]
}

fn perform(world: &mut World, model: &Model, step: Step) -> bool {
    let wishes = world.wishes;
    let is_golden = |wish: u64| {
        let index = usize::try_from(wish).expect("small").checked_sub(1);
        index.and_then(|index| model.wishes.get(index)).is_some_and(|wish| wish.in_gold)
    };
    match step {
        Step::Wait { ms } => {
            world.chain.advance_ms(ms);
            true
        }
        Step::Wish { who, in_gold, lasts_ms } => {
            let (deadline, currency) = (world.chain.time_ms() + lasts_ms, in_gold.then(|| world.gold()));
            let call = wishes.wish("Rain".into(), TERMS, deadline, None, currency);
            world.by(person(who), call).result.is_ok()
        }
        Step::Back { who, wish, amount } => {
            let value = if is_golden(wish) { 0 } else { amount };
            world.by(person(who), wishes.back(wish, amount).with_value(value)).result.is_ok()
        }
        Step::Submit { publisher: who, stream, wish } => {
            let stream = stream_of(world, stream);
            world.submit(publisher(who), wish, stream).result.is_ok()
        }
        Step::Accept { who, wish, stream } => {
            let call = wishes.accept(wish, stream_of(world, stream), publisher(stream));
            world.by(person(who), call).result.is_ok()
        }
        Step::Collect { publisher: who, wish } => world.collect(publisher(who), wish).result.is_ok(),
        Step::Refund { who, wish } => world.refund(person(who), wish).result.is_ok(),
        Step::RemoveSubmission { who, wish, stream } => {
            let call = wishes.remove_submission(wish, stream_of(world, stream));
            world.by(person(who), call).result.is_ok()
        }
        Step::RemoveBacker { wish, backer } => {
            world.by(person(0), wishes.remove_backer(wish, person(backer))).result.is_ok()
        }
        Step::Clear { who, wish } => world.by(person(who), wishes.clear(wish)).result.is_ok(),
    }
}

fn compare(world: &World, model: &Model, begun: &[u128]) {
    let held = |in_gold| model.wishes.iter().filter(|wish| wish.in_gold == in_gold).map(|wish| wish.held).sum::<u128>();
    assert_eq!((world.owed(Currency::Coin), world.owed(world.gold())), (held(false), held(true)));
    assert_eq!(world.chain.coin(world.wishes.address()), held(false));
    assert_eq!(world.gold_of(world.wishes.address()), held(true));
    for (index, begun) in begun.iter().enumerate() {
        let change = signed(world.gold_of(person(index))) - signed(*begun);
        assert_eq!(change, model.gold.get(&index).copied().unwrap_or_default(), "gold of {}", PEOPLE[index]);
    }
    for index in 0..PUBLISHERS.len() {
        assert_eq!(world.gold_of(publisher(index)), model.earned.get(&index).copied().unwrap_or_default());
    }
    for ((wish, who), amount) in &model.backers {
        assert_eq!(world.backing(*wish, person(*who)), *amount);
    }
    let known = model.wishes.iter().zip(1..).filter(|(wish, _)| !wish.is_gone).map(|(_, number)| number);
    assert_eq!(world.chain.query(world.wishes.wishes(None, None)), Ok(known.take(100).collect::<Vec<u64>>()));
}

#[test]
fn agrees_with_the_model_in_any_history() {
    let setup = |_: &mut Random| {
        let world = world();
        let begun: Vec<u128> = (0..PEOPLE.len()).map(|index| world.gold_of(person(index))).collect();
        assert!(begun.iter().all(|begun| *begun >= RICH) && GOLD == 1);
        (world, Model::default(), begun)
    };
    histories(PLAN, setup, |(world, model, begun), random| {
        let step = step(model, random);
        let now = world.chain.time_ms();
        let mut after = model.clone();
        let expected = after.apply(now, step);
        assert_eq!(perform(world, model, step), expected, "{step:?} at {now} with {model:?}");
        if expected {
            *model = after;
        }
        compare(world, model, begun);
    });
}
