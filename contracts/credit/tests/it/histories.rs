//! Random histories against a model in plain Rust: the same outcomes, the same outputs, and the invariants after each
//! step. Steps are of one owner each; orders of several are tested beside this.

use crate::{HELD, LONGEST_MS, PER_BLOCK, PER_DAY, act, credits, debt, founded, order, sign, step, value, village};
use credit::{CreditRef, DAY_MS, Element, Layer, NewOutput, Output};
use std::collections::BTreeMap;
use tenon_contract::Address;
use tenon_testkit::Plan;
use tenon_testkit::{Random, TestChain, account, ferdie, histories};

const PEOPLE: [&str; 3] = ["Alice", "Bob", "Charlie"];
/// How often a step is in each layer.
const LAYERS: [Layer; 7] = {
    use Layer::{Admin, Circulation, Debt};
    [Circulation, Circulation, Circulation, Circulation, Debt, Debt, Admin]
};

/// An output as the model keeps it. `expiry` is that of a debt, `kind` 0 value, 1 credit, 2 debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    layer: Layer,
    kind: u8,
    amount: i128,
    owner: Address,
    expiry: u64,
}

#[derive(Default)]
struct Model {
    outputs: BTreeMap<u64, Kept>,
    last: u64,
    fees: i128,
    granted: i128,
    on_day: (u64, i128),
}

fn kept(layer: Layer, new: &NewOutput, owner: Address) -> Kept {
    let (kind, expiry) = match &new.element {
        Element::Value => (0, 0),
        Element::Credit => (1, 0),
        Element::Debt(debt) => (2, debt.expires_at_ms),
    };
    Kept { layer, kind, amount: i128::try_from(new.amount).expect("small"), owner, expiry }
}

/// What a step adds up to.
#[derive(Default)]
struct Sums {
    net: i128,
    own_credit: i128,
    read_credit: i128,
    new_credit: i128,
    new_debt: i128,
}

impl Model {
    fn add(&mut self, output: Kept) {
        self.last += 1;
        self.outputs.insert(self.last, output);
    }

    fn bad_debt(&self, who: Address, now: u64, but: &[u64]) -> bool {
        let bad =
            |(id, kept): (&u64, &Kept)| kept.kind == 2 && kept.owner == who && now >= kept.expiry && !but.contains(id);
        self.outputs.iter().any(bad)
    }

    /// The sums of a step, if its inputs are the caller's to use.
    fn gather(&self, who: Address, layer: Layer, inputs: &[u64], now: u64) -> Option<Sums> {
        let mut sums = Sums::default();
        for (place, id) in inputs.iter().enumerate() {
            let input = self.outputs.get(id).filter(|_| !inputs[..place].contains(id))?;
            let is_read = input.layer > layer;
            let free = is_read && input.kind != 1 || input.kind == 2 && now >= input.expiry;
            if layer == Layer::Admin && input.layer != Layer::Admin || input.owner != who && !free {
                return None;
            }
            match (input.kind, is_read) {
                (0, false) => sums.net += input.amount,
                (2, false) => sums.net -= input.amount,
                (1, false) => sums.own_credit += input.amount,
                (1, true) => sums.read_credit += input.amount,
                _ => {}
            }
        }
        Some(sums)
    }

    /// Carries out a step, if it is to succeed, and says whether it is.
    fn act(&mut self, who: Address, layer: Layer, inputs: &[u64], outputs: &[Kept], now: u64) -> bool {
        let Some(mut sums) = self.gather(who, layer, inputs, now) else { return false };
        for new in outputs {
            let fits = match layer {
                Layer::Circulation => true,
                Layer::Debt => new.kind != 1,
                Layer::Admin => new.kind == 1,
            };
            let owes = new.kind != 2 || new.owner == who && new.expiry > now && new.expiry <= now + LONGEST_MS;
            if new.amount == 0 || !fits || !owes {
                return false;
            }
            match new.kind {
                0 => sums.net -= new.amount,
                1 => sums.new_credit += new.amount,
                _ => {
                    sums.net += new.amount;
                    sums.new_debt += new.amount;
                }
            }
        }
        let used = sums.new_credit + sums.new_debt;
        let balanced = sums.net >= 0 && used <= sums.own_credit + sums.read_credit;
        let granted = (used - sums.own_credit).max(0);
        let today = if self.on_day.0 == now / DAY_MS { self.on_day.1 } else { 0 };
        let limits = [PER_BLOCK, PER_DAY].map(|limit| i128::try_from(limit).expect("small"));
        let allowed = granted <= limits[0] && granted + today <= limits[1];
        let spent: Vec<u64> = inputs.iter().copied().filter(|id| self.outputs[id].layer <= layer).collect();
        let own = |id: &u64| self.outputs[id].owner == who;
        let moves = spent.iter().any(|id| own(id) && self.outputs[id].kind != 2);
        let mut debts = spent.iter().filter(|id| self.outputs[id].kind == 2).peekable();
        let clears = debts.peek().is_some() && debts.all(own);
        let returns = outputs.iter().all(|new| new.kind == 0 && new.owner == who);
        let repays = clears && returns && sums.net == 0;
        let lends = inputs.iter().any(|id| self.outputs[id].kind == 1 && self.outputs[id].layer > layer);
        let runs = (moves && !repays || lends) && self.bad_debt(who, now, &spent);
        if inputs.is_empty() || !balanced || !allowed || runs {
            return false;
        }
        self.granted += granted;
        if granted > 0 {
            self.on_day = (now / DAY_MS, today + granted);
        }
        self.fees += sums.net;
        self.outputs.retain(|id, _| !spent.contains(id));
        outputs.iter().for_each(|new| self.add(*new));
        true
    }

    fn sum(&self, kind: u8) -> i128 {
        let of_kind = self.outputs.values().filter(|kept| kept.kind == kind && kept.layer != Layer::Admin);
        of_kind.map(|kept| kept.amount).sum()
    }
}

struct World {
    chain: TestChain,
    credit: CreditRef,
    model: Model,
}

fn setup(_: &mut Random) -> World {
    let (chain, credit) = founded(village());
    let mut model = Model::default();
    for number in 0..16 {
        let (layer, owner) = (Layer::Admin, account(PEOPLE[0]));
        model.add(Kept { layer, kind: 1, amount: 1 << number, owner, expiry: 0 });
    }
    for who in PEOPLE {
        let (layer, owner, amount) = (Layer::Circulation, account(who), i128::try_from(HELD).expect("small"));
        model.add(Kept { layer, kind: 0, amount, owner, expiry: 0 });
    }
    World { chain, credit, model }
}

/// Inputs that somebody may use, mostly.
fn some_inputs(model: &Model, who: Address, random: &mut Random) -> Vec<u64> {
    let likely: Vec<u64> = model.outputs.iter().filter(|(_, kept)| kept.owner == who).map(|(id, _)| *id).collect();
    let any: Vec<u64> = model.outputs.keys().copied().collect();
    let count = random.within(1, 4);
    let mut inputs: Vec<u64> = (0..count)
        .map(|_| if likely.is_empty() || random.chance(10) { *random.pick(&any) } else { *random.pick(&likely) })
        .collect();
    if random.chance(90) {
        inputs.sort_unstable();
        inputs.dedup();
    }
    inputs
}

/// Outputs that balance, mostly.
fn some_outputs(world: &World, who: Address, layer: Layer, inputs: &[u64], random: &mut Random) -> Vec<NewOutput> {
    let now = world.chain.time_ms();
    let Some(sums) = world.model.gather(who, layer, inputs, now) else { return vec![value(1, who)] };
    let positive = |amount: i128| u64::try_from(amount.max(0)).expect("small");
    let excess = u64::from(random.chance(5));
    let limit = positive(sums.own_credit + sums.read_credit).min(u64::try_from(PER_BLOCK).expect("small")) + excess;
    let (lent, passed) = match random.below(4) {
        0 => (random.below(limit + 1), 0),
        1 => (0, random.below(limit + 1)),
        2 => (excess * limit, limit),
        _ => (limit / 2, limit / 3),
    };
    let to = account(random.pick::<&str>(&PEOPLE));
    let mut outputs = Vec::new();
    let cash = positive(sums.net + i128::from(lent));
    let fee = if random.chance(70) { 0 } else { random.below(3) };
    let first = random.below(cash + 1);
    for (amount, owner) in [(first, to), (cash.saturating_sub(first + fee), who)] {
        if amount > 0 && layer != Layer::Admin {
            outputs.push(value(amount.into(), owner));
        }
    }
    if lent > 0 && layer != Layer::Admin {
        outputs.push(debt(lent.into(), who, now + random.below(40_000)));
    }
    if passed > 0 && layer != Layer::Debt {
        outputs.push(credits(passed.into(), to));
    }
    if random.chance(5) {
        outputs.push(value(random.below(2).into(), who));
    }
    outputs
}

fn act_somehow(world: &mut World, random: &mut Random) {
    let who = account(random.pick::<&str>(&PEOPLE));
    let layer = *random.pick(&LAYERS);
    let inputs = some_inputs(&world.model, who, random);
    let outputs = some_outputs(world, who, layer, &inputs, random);
    let kept: Vec<Kept> = outputs.iter().map(|new| kept(layer, new, new_owner(new))).collect();
    let expected = world.model.act(who, layer, &inputs, &kept, world.chain.time_ms());
    let outcome = world.chain.from(who).call(act(world.credit, layer, &inputs, &outputs));
    assert_eq!(outcome.is_ok(), expected, "{layer:?} {inputs:?} {outputs:?}: {:?}", outcome.result.err());
}

fn new_owner(new: &NewOutput) -> Address {
    let credit::Lock::Key(owner) = new.lock else { panic!("histories have keys alone") };
    owner
}

/// Somebody signs away an output of value; whoever has the order reports it against any debt.
fn report(world: &mut World, random: &mut Random) {
    let name = *random.pick(&PEOPLE);
    let (who, now) = (account(name), world.chain.time_ms());
    let model = &mut world.model;
    let own = |(id, kept): (&u64, &Kept)| (kept.owner == who && kept.kind == 0).then_some((*id, *kept));
    let Some((id, moved)) = model.outputs.iter().find_map(own) else { return };
    let debts: Vec<(u64, Kept)> =
        model.outputs.iter().filter(|(_, kept)| kept.kind == 2).map(|(id, kept)| (*id, *kept)).collect();
    if debts.is_empty() {
        return;
    }
    let (named, owed) = *random.pick(&debts);
    let amount = u128::try_from(moved.amount).expect("positive");
    let flight = order(&world.chain, &[step(moved.layer, &[id], &[value(amount, ferdie())])]);
    let witness = sign(&world.chain, world.credit, name, &flight);
    let outcome = world.chain.from(ferdie()).call(world.credit.penalise(named, flight, vec![witness], vec![]));
    let offence = owed.owner == who && now >= owed.expiry;
    assert_eq!(outcome.is_ok(), offence, "{:?}", outcome.result.err());
    if offence {
        model.outputs.remove(&id);
        let reward = moved.amount / 10;
        model.fees += moved.amount - reward;
        if reward > 0 {
            model.add(Kept { amount: reward, owner: ferdie(), ..moved });
        }
    }
}

fn collect(world: &mut World) {
    let outcome = world.chain.from(ferdie()).call(world.credit.collect_fees(1));
    assert_eq!(outcome.is_ok(), world.model.fees > 0);
    let amount = std::mem::take(&mut world.model.fees);
    if amount > 0 {
        world.model.add(Kept { layer: Layer::Debt, kind: 0, amount, owner: ferdie(), expiry: 0 });
    }
}

/// Whether sums and outputs are those of the model.
fn compare(world: &World) {
    let (model, credit) = (&world.model, world.credit);
    let totals = world.chain.query(credit.statistics(1)).expect("a query");
    let found = [totals.value, totals.credit, totals.debt, totals.fees, totals.granted];
    let expected = [model.sum(0), model.sum(1), model.sum(2), model.fees, model.granted];
    assert_eq!(found.map(|sum| i128::try_from(sum).expect("small")), expected);
    let constant = i128::try_from(3 * HELD).expect("small");
    assert_eq!(model.sum(0) + model.fees - model.sum(2), constant);
    for (id, kept) in &model.outputs {
        let Output { layer, amount, lock, .. } = crate::output(&world.chain, credit, *id).expect("the model has it");
        assert_eq!((layer, i128::try_from(amount), lock), (kept.layer, Ok(kept.amount), credit::Lock::Key(kept.owner)));
    }
}

#[test]
fn agrees_with_the_model_in_any_history() {
    histories(Plan { cases: 12, steps: 120 }, setup, |world, random| {
        match random.below(20) {
            0 => collect(world),
            1 | 2 => report(world, random),
            3 => world.chain.advance_ms(random.below(20_000)),
            4 if random.chance(20) => world.chain.advance_ms(DAY_MS),
            _ => act_somehow(world, random),
        }
        compare(world);
    });
}
