//! Random histories against a model in plain Rust: the same lots, and the invariants after each step. Asset 1 is free,
//! asset 2 has a policy: two identities at most, and what the policies module counts is what people hold.

use crate::{COMMON, PREFERRED, Rights, code, issue_with_classes};
use credentials::CredentialsRef;
use lots::{LotsRef, Requirement, Terms, UNLIMITED};
use policies::PoliciesRef;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, account, module_code};

const PEOPLE: [&str; 4] = ["Alice", "Bob", "Charlie", "Dave"];
/// Whose credential states which identity: Alice and Bob are one person.
const IDENTITIES: [u8; 4] = [1, 1, 2, 3];
const HOLDER_LIMIT: usize = 2;
const CLASSES: [(u64, u64); 4] = [(1, COMMON), (1, PREFERRED), (2, COMMON), (2, PREFERRED)];

#[derive(Clone, Debug)]
enum Step {
    Mint { class: usize, to: usize, value: u128 },
    Split { by: usize, lot: u64, amount: u128 },
    Merge { by: usize, from: u64, into: u64 },
    Transfer { by: usize, lot: u64, to: usize },
    TransferValue { by: usize, from: u64, into: u64, amount: u128 },
    TransferValueTo { by: usize, from: u64, to: usize, amount: u128 },
    Burn { by: usize, lot: u64, amount: u128 },
    Approve { by: usize, lot: u64, operator: usize, amount: u128 },
    SetOperator { by: usize, operator: usize, approved: bool },
}

/// A step before it is known which lots there are. Most draws fit them, so that most steps succeed.
#[derive(Clone, Debug)]
struct Draw {
    kind: usize,
    class: usize,
    by: usize,
    to: usize,
    lot: u64,
    into: u64,
    amount: u128,
    /// The owner of the lot acts, whoever `by` is.
    owner_acts: bool,
    /// The numbers stand for lots that exist, and the second for one that may take from the first.
    fits: bool,
    /// The amount is all that the lot is worth.
    whole: bool,
}

fn draw() -> impl Strategy<Value = Draw> {
    let amount = prop_oneof![8 => 0..60u128, 1 => Just(u128::MAX), 1 => any::<u128>()];
    let people = (0..PEOPLE.len(), 0..PEOPLE.len());
    let often = prop::bool::weighted;
    let numbers = (0..16usize, 0..CLASSES.len(), people, 0..24u64, 0..24u64, amount);
    (numbers, often(0.7), often(0.9), often(0.2)).prop_map(|(numbers, owner_acts, fits, whole)| {
        let (kind, class, (by, to), lot, into, amount) = numbers;
        Draw { kind, class, by, to, lot, into, amount, owner_acts, fits, whole }
    })
}

impl Draw {
    fn step(self, model: &Model) -> Step {
        let ids: Vec<u64> = model.lots.keys().copied().collect();
        let lot = choose(&ids, self.lot).filter(|_| self.fits).unwrap_or(self.lot);
        let found = model.lots.get(&lot);
        let merges = matches!(self.kind, 3 | 4);
        let alike = |lot: &Lot, other: &Lot| lot.class == other.class && (!merges || lot.owner == other.owner);
        let fits = |id: &&u64| found.is_some_and(|found| **id != lot && alike(found, &model.lots[id]));
        let fitting: Vec<u64> = ids.iter().filter(fits).copied().collect();
        let into = choose(&fitting, self.into).filter(|_| self.fits).unwrap_or(self.into);
        let by = found.filter(|_| self.owner_acts).map_or(self.by, |found| found.owner);
        let amount = found.filter(|_| self.whole).map_or(self.amount, |found| found.value);
        let (to, operator, from) = (self.to, self.to, lot);
        match self.kind {
            0 => Step::Mint { class: self.class, to, value: amount },
            1 | 2 => Step::Split { by, lot, amount },
            3 | 4 => Step::Merge { by, from, into },
            5 | 6 => Step::Transfer { by, lot, to },
            7..=9 => Step::TransferValue { by, from, into, amount },
            10 | 11 => Step::TransferValueTo { by, from, to, amount },
            12 => Step::Burn { by, lot, amount },
            13 | 14 => Step::Approve { by, lot, operator, amount },
            _ => Step::SetOperator { by: self.by, operator, approved: self.fits },
        }
    }
}

fn choose(ids: &[u64], index: u64) -> Option<u64> {
    let index = usize::try_from(index).ok()?.checked_rem(ids.len())?;
    ids.get(index).copied()
}

#[derive(Clone, Debug, PartialEq)]
struct Lot {
    class: (u64, u64),
    owner: usize,
    value: u128,
    parent: Option<u64>,
    allowances: BTreeMap<usize, u128>,
}

/// What the module should do, without its storage, indices and totals.
#[derive(Clone, Default)]
struct Model {
    lots: BTreeMap<u64, Lot>,
    last: u64,
    operators: BTreeSet<(usize, usize)>,
}

impl Model {
    fn supply(&self, asset: u64) -> u128 {
        self.lots.values().filter(|lot| lot.class.0 == asset).map(|lot| lot.value).sum()
    }

    fn controls(&self, by: usize, owner: usize) -> bool {
        by == owner || self.operators.contains(&(owner, by))
    }

    /// Takes an amount out of a lot, by right or allowance.
    fn take(&mut self, by: usize, id: u64, amount: u128) -> Option<Lot> {
        let owner = self.lots.get(&id)?.owner;
        let controls = self.controls(by, owner);
        let lot = self.lots.get_mut(&id)?;
        if !controls {
            let allowed = lot.allowances.get(&by).copied().unwrap_or_default();
            let rest = allowed.checked_sub(amount)?;
            if allowed != UNLIMITED {
                lot.allowances.insert(by, rest);
            }
        }
        lot.value = lot.value.checked_sub(amount).filter(|_| amount > 0)?;
        let taken = lot.clone();
        if taken.value == 0 {
            self.lots.remove(&id);
        }
        Some(taken)
    }

    fn put(&mut self, class: (u64, u64), owner: usize, value: u128, parent: Option<u64>) {
        self.last += 1;
        self.lots.insert(self.last, Lot { class, owner, value, parent, allowances: BTreeMap::new() });
    }

    fn give(&mut self, taken: &Lot, into: u64, amount: u128) -> Option<()> {
        let to = self.lots.get_mut(&into).filter(|to| to.class == taken.class)?;
        to.value += amount;
        Some(())
    }

    fn within_the_limit(&self) -> bool {
        let restricted = self.lots.values().filter(|lot| lot.class.0 == 2);
        restricted.map(|lot| IDENTITIES[lot.owner]).collect::<BTreeSet<_>>().len() <= HOLDER_LIMIT
    }

    /// Makes a step on a copy and keeps it if it should succeed.
    fn apply(&mut self, step: &Step) -> bool {
        let mut next = self.clone();
        let done = next.attempt(step).is_some() && next.within_the_limit();
        if done {
            *self = next;
        }
        done
    }

    fn attempt(&mut self, step: &Step) -> Option<()> {
        match *step {
            Step::Mint { class, to, value } => {
                let class = CLASSES[class];
                self.supply(class.0).checked_add(value).filter(|_| value > 0)?;
                self.put(class, to, value, None);
            }
            Step::Split { by, lot, amount } => {
                let found = self.lots.get(&lot).filter(|lot| lot.value != amount)?.clone();
                self.controls(by, found.owner).then_some(())?;
                self.take(by, lot, amount)?;
                self.put(found.class, found.owner, amount, Some(lot));
            }
            Step::Merge { by, from, into } => {
                let merged = self.lots.get(&from)?.clone();
                let same = self.lots.get(&into)?.owner == merged.owner && from != into;
                (same && self.controls(by, merged.owner)).then_some(())?;
                self.take(by, from, merged.value)?;
                self.give(&merged, into, merged.value)?;
            }
            Step::Transfer { by, lot, to } => {
                let mut moved = self.lots.get(&lot)?.clone();
                self.take(by, lot, moved.value)?;
                moved.owner = to;
                moved.allowances.clear();
                self.lots.insert(lot, moved);
            }
            Step::TransferValue { by, from, into, amount } => {
                (from != into).then_some(())?;
                let taken = self.take(by, from, amount)?;
                self.give(&taken, into, amount)?;
            }
            Step::TransferValueTo { by, from, to, amount } => {
                let taken = self.take(by, from, amount)?;
                self.put(taken.class, to, amount, Some(from));
            }
            Step::Burn { by, lot, amount } => {
                self.take(by, lot, amount)?;
            }
            Step::Approve { by, lot, operator, amount } => {
                let found = self.lots.get(&lot)?;
                self.controls(by, found.owner).then_some(())?;
                self.lots.get_mut(&lot)?.allowances.insert(operator, amount);
            }
            Step::SetOperator { by, operator, approved: true } => {
                self.operators.insert((by, operator));
            }
            Step::SetOperator { by, operator, approved: false } => {
                self.operators.remove(&(by, operator));
            }
        }
        Some(())
    }
}

fn allowance(lot: &lots::Lot, operator: Address) -> u128 {
    lot.approvals.iter().find(|given| given.operator == operator).map_or(0, |given| given.amount)
}

struct World {
    chain: TestChain,
    lots: LotsRef,
    policies: PoliciesRef,
    people: [Address; 4],
}

impl World {
    fn new() -> Self {
        let neighbour = |path| module_code(path);
        let mut chain = TestChain::with_modules(&[
            ("credentials", &neighbour(concat!(env!("CARGO_MANIFEST_DIR"), "/../credentials")), CredentialsRef::init()),
            ("policies", &neighbour(concat!(env!("CARGO_MANIFEST_DIR"), "/../policies")), PoliciesRef::init()),
            ("lots", &code(), LotsRef::init(None)),
        ]);
        let [lots, policies, credentials] = ["lots", "policies", "credentials"].map(TestChain::module_address);
        let (lots, people) = (LotsRef::at(lots), PEOPLE.map(account));
        for (who, identity) in people.into_iter().zip(IDENTITIES) {
            let call = CredentialsRef::at(credentials).attest(who, 0, Hash::new([identity; 32]), None);
            chain.from(people[0]).call(call).expect_ok();
        }
        let credential = Some(Requirement { issuer: people[0], topic: 0 });
        let policy = Some(Terms { credential, holder_limit: Some(2), freezer: None });
        issue_with_classes(&mut chain, lots, Rights::default());
        issue_with_classes(&mut chain, lots, Rights { policy, ..Rights::default() });
        Self { chain, lots, policies: PoliciesRef::at(policies), people }
    }

    fn perform(&mut self, step: &Step) -> bool {
        let Self { chain, lots, people, .. } = self;
        let who = |index: usize| people[index];
        match *step {
            Step::Mint { class, to, value } => {
                let (asset, class) = CLASSES[class];
                chain.from(who(0)).call(lots.mint(asset, class, who(to), value)).result.is_ok()
            }
            Step::Split { by, lot, amount } => chain.from(who(by)).call(lots.split(lot, amount)).result.is_ok(),
            Step::Merge { by, from, into } => chain.from(who(by)).call(lots.merge(from, into)).result.is_ok(),
            Step::Transfer { by, lot, to } => chain.from(who(by)).call(lots.transfer_lot(lot, who(to))).result.is_ok(),
            Step::TransferValue { by, from, into, amount } => {
                let call = lots.transfer_value(from, into, amount);
                chain.from(who(by)).call(call).result.is_ok()
            }
            Step::TransferValueTo { by, from, to, amount } => {
                let call = lots.transfer_value_to(from, who(to), amount);
                chain.from(who(by)).call(call).result.is_ok()
            }
            Step::Burn { by, lot, amount } => chain.from(who(by)).call(lots.burn(lot, amount)).result.is_ok(),
            Step::Approve { by, lot, operator, amount } => {
                let current = chain.query(lots.allowance(lot, who(operator))).expect("a query");
                let call = lots.approve(lot, who(operator), current, amount);
                chain.from(who(by)).call(call).result.is_ok()
            }
            Step::SetOperator { by, operator, approved } => {
                chain.from(who(by)).call(lots.set_operator(who(operator), approved)).result.is_ok()
            }
        }
    }

    /// Compares everything that can be asked.
    fn agrees_with(&self, model: &Model) -> Result<(), TestCaseError> {
        let Self { chain, lots, policies, people } = self;
        for id in 1..=model.last {
            let found = chain.query(lots.lot(id)).ok().map(|lot| Lot {
                class: (lot.asset, lot.class),
                owner: people.iter().position(|who| *who == lot.owner).expect("one of the people"),
                value: lot.value,
                parent: lot.parent,
                allowances: (0..PEOPLE.len()).map(|who| (who, allowance(&lot, people[who]))).collect(),
            });
            let expected = model.lots.get(&id).cloned().map(|lot| {
                let allowed = |who| lot.allowances.get(&who).copied().unwrap_or_default();
                Lot { allowances: (0..PEOPLE.len()).map(|who| (who, allowed(who))).collect(), ..lot }
            });
            prop_assert_eq!(found, expected);
        }
        for (asset, class) in CLASSES {
            let of_class: Vec<_> = model.lots.iter().filter(|(_, lot)| lot.class == (asset, class)).collect();
            let supply = of_class.iter().map(|(_, lot)| lot.value).sum::<u128>();
            prop_assert_eq!(chain.query(lots.class_supply(asset, class)), Ok(supply));
            let ids: Vec<_> = of_class.iter().map(|(id, _)| **id).collect();
            prop_assert_eq!(chain.query(lots.lots_of_class(asset, class, None, None)), Ok(ids));
        }
        for (index, who) in people.iter().enumerate() {
            let own = || model.lots.iter().filter(|(_, lot)| lot.owner == index);
            prop_assert_eq!(chain.query(lots.lots_of(*who, None, None)), Ok(own().map(|(id, _)| *id).collect()));
            let mirrored = chain.query(policies.held(lots.address(), 2, *who)).expect("a query");
            let restricted: u128 = own().filter(|(_, lot)| lot.class.0 == 2).map(|(_, lot)| lot.value).sum();
            prop_assert_eq!(mirrored.map_or(0, |held| held.amount), restricted);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_model_in_any_history(draws in prop::collection::vec(draw(), 1..60)) {
        let (mut world, mut model) = (World::new(), Model::default());
        // Of asset 2 Charlie has one class and Dave the other: the limit is reached.
        for class in 0..CLASSES.len() {
            let step = Step::Mint { class, to: class, value: 100 };
            prop_assert!(world.perform(&step) && model.apply(&step));
        }
        for draw in draws {
            let step = draw.step(&model);
            prop_assert_eq!(world.perform(&step), model.apply(&step), "{:?}", step);
        }
        world.agrees_with(&model)?;
    }
}
