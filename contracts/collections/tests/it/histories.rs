//! Random histories against a model in plain Rust: the same errors, owners, uses and counts, and the invariants after
//! each step.

use crate::behaviours::CASES;
use crate::{chain, create, plain};
use collections::{CollectionsRef, Error, MAX_USE_MS, NewCollection, Supply};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tenon_contract::Address;
use tenon_testkit::{Outcome, TestChain, account};

/// The rules that OpenZeppelin's specification proves of ERC-721, and a test of each: here, or in the file named.
const RULES: [(&str, &str, &str); 19] = [
    ("number of owned tokens is the sum of all balances", HERE, HISTORY),
    ("balanceOf is the number of tokens owned", HERE, HISTORY),
    ("owner of a token must have some balance", HERE, HISTORY),
    ("balance of address(0) is 0", BEHAVIOURS, "counts_nothing_for_nobody"),
    ("address(0) has no authorized operator", BEHAVIOURS, "refuses_nobody_as_operator"),
    (
        "tokens that do not exist are not owned and not approved",
        BEHAVIOURS,
        "knows_no_approval_for_what_was_not_issued",
    ),
    (
        "unsafeOwnerOf and unsafeGetApproved don't revert + ownerOf and getApproved revert if token does not exist",
        BEHAVIOURS,
        "states_no_owner_of_what_was_not_issued",
    ),
    ("total supply can only change through mint and burn", HERE, HISTORY),
    (
        "balanceOf can only change through mint, burn or transfers. balanceOf cannot change by more than 1.",
        HERE,
        HISTORY,
    ),
    ("ownership can only change through mint, burn or transfers.", HERE, HISTORY),
    ("token approval can only change through approve or transfers (implicitly).", HERE, HISTORY),
    ("approval for all tokens can only change through isApprovedForAll.", HERE, HISTORY),
    ("transferFrom behavior and side effects", HERE, HISTORY),
    ("safeTransferFrom behavior and side effects", include_str!("attacks.rs"), "calls_no_receiver"),
    ("mint behavior and side effects", HERE, HISTORY),
    ("safeMint behavior and side effects", include_str!("attacks.rs"), "calls_no_receiver"),
    ("burn behavior and side effects", HERE, HISTORY),
    ("approve behavior and side effects", HERE, HISTORY),
    ("setApprovalForAll behavior and side effects", HERE, HISTORY),
];
const BEHAVIOURS: &str = include_str!("behaviours.rs");
const HERE: &str = include_str!("histories.rs");
const HISTORY: &str = "agrees_with_the_model_in_any_history";

const PEOPLE: [&str; 3] = ["Alice", "Bob", "Charlie"];
/// Collection 1 has a cap and its items can be burnt; collection 2 has neither.
const CAP: u64 = 3;

/// An item: its collection and id.
type Id = (u64, u64);

#[derive(Clone, Debug)]
enum Step {
    Mint { collection: u64, by: usize, to: usize, item: Option<u64> },
    Transfer { id: Id, by: usize, to: usize },
    TransferFrom { id: Id, by: usize, from: usize, to: usize },
    Approve { id: Id, by: usize, spender: Option<usize> },
    SetOperator { collection: Option<u64>, by: usize, operator: usize, allowed: bool },
    Burn { id: Id, by: usize },
    GrantUse { id: Id, by: usize, user: usize, lasts_ms: u64, transferable: bool },
    PassUse { id: Id, by: usize, to: usize },
    GiveBackUse { id: Id, by: usize },
    Wait { ms: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..PEOPLE.len();
    let id = || (1..=2u64, 1..=3u64);
    // Blocks are a second apart, so whole seconds meet the very end of a use.
    let lasts =
        prop_oneof![4 => (0..20u64).prop_map(|seconds| seconds * 1_000), 1 => (MAX_USE_MS - 1)..=(MAX_USE_MS + 1)];
    prop_oneof![
        4 => (1..=2u64, prop_oneof![3 => Just(0), 1 => who()], who(), prop::option::weighted(0.3, 0..6u64))
            .prop_map(|(collection, by, to, item)| Step::Mint { collection, by, to, item }),
        4 => (id(), who(), who()).prop_map(|(id, by, to)| Step::Transfer { id, by, to }),
        4 => (id(), who(), who(), who()).prop_map(|(id, by, from, to)| Step::TransferFrom { id, by, from, to }),
        3 => (id(), who(), prop::option::of(who())).prop_map(|(id, by, spender)| Step::Approve { id, by, spender }),
        1 => (prop::option::of(1..=3u64), who(), who(), any::<bool>()).prop_map(
            |(collection, by, operator, allowed)| Step::SetOperator { collection, by, operator, allowed }
        ),
        1 => (id(), who()).prop_map(|(id, by)| Step::Burn { id, by }),
        4 => (id(), who(), who(), lasts, any::<bool>()).prop_map(
            |(id, by, user, lasts_ms, transferable)| Step::GrantUse { id, by, user, lasts_ms, transferable }
        ),
        2 => (id(), who(), who()).prop_map(|(id, by, to)| Step::PassUse { id, by, to }),
        3 => (id(), who()).prop_map(|(id, by)| Step::GiveBackUse { id, by }),
        2 => (0..8u64).prop_map(|seconds| Step::Wait { ms: seconds * 1_000 }),
    ]
}

#[derive(Clone, Debug)]
struct Use {
    user: usize,
    until_ms: u64,
    transferable: bool,
}

#[derive(Clone, Debug)]
struct Item {
    owner: usize,
    approved: Option<usize>,
    granted: Option<Use>,
}

impl Item {
    fn use_at(&self, now: u64) -> Option<&Use> {
        self.granted.as_ref().filter(|granted| now < granted.until_ms)
    }
}

/// What the module should do, without its storage.
#[derive(Default)]
struct Model {
    items: BTreeMap<Id, Item>,
    highest: BTreeMap<u64, u64>,
    operators: BTreeSet<(usize, Option<u64>, usize)>,
}

impl Model {
    fn count(&self, collection: u64) -> u64 {
        self.items.keys().filter(|(of, _)| *of == collection).count() as u64
    }

    fn held(&self, collection: u64, who: usize) -> Vec<u64> {
        let held = self.items.iter().filter(|((of, _), item)| *of == collection && item.owner == who);
        held.map(|((_, id), _)| *id).collect()
    }

    fn item(&mut self, id: Id) -> Result<&mut Item, Error> {
        self.items.get_mut(&id).ok_or(Error::UnknownItem)
    }

    fn operates(&self, collection: u64, owner: usize, who: usize) -> bool {
        [Some(collection), None].iter().any(|within| self.operators.contains(&(owner, *within, who)))
    }

    fn movable(&self, id: Id, by: usize) -> Result<Item, Error> {
        let item = self.items.get(&id).ok_or(Error::UnknownItem)?;
        let may = item.owner == by || item.approved == Some(by) || self.operates(id.0, item.owner, by);
        if may { Ok(item.clone()) } else { Err(Error::NotApproved) }
    }

    fn mint(&mut self, collection: u64, by: usize, to: usize, chosen: Option<u64>) -> Result<(), Error> {
        let highest = self.highest.get(&collection).copied().unwrap_or_default();
        let item = chosen.unwrap_or(highest + 1);
        if by != 0 {
            return Err(Error::MintNotAllowed);
        }
        if item <= highest {
            return Err(Error::IdUsed);
        }
        if collection == 1 && self.count(1) == CAP {
            return Err(Error::CapReached);
        }
        self.highest.insert(collection, item);
        self.items.insert((collection, item), Item { owner: to, approved: None, granted: None });
        Ok(())
    }

    fn send(&mut self, id: Id, to: usize) -> Result<(), Error> {
        let item = self.item(id)?;
        (item.owner, item.approved) = (to, None);
        Ok(())
    }

    fn burn(&mut self, id: Id, by: usize, now: u64) -> Result<(), Error> {
        let item = self.movable(id, by)?;
        if id.0 != 1 {
            return Err(Error::BurnNotAllowed);
        }
        if item.use_at(now).is_some() {
            return Err(Error::InUse);
        }
        self.items.remove(&id);
        Ok(())
    }

    fn grant(&mut self, id: Id, by: usize, granted: Use, now: u64) -> Result<(), Error> {
        let item = self.movable(id, by)?;
        match granted.until_ms {
            end if end <= now => Err(Error::UseEndPassed),
            end if end > now + MAX_USE_MS => Err(Error::UseTooLong),
            _ if item.use_at(now).is_some() => Err(Error::InUse),
            _ => {
                let item = self.item(id)?;
                (item.granted, item.approved) = (Some(granted), None);
                Ok(())
            }
        }
    }

    /// Makes a step at a time and says how it should end.
    fn apply(&mut self, step: &Step, now: u64) -> Result<(), Error> {
        match *step {
            Step::Mint { collection, by, to, item } => self.mint(collection, by, to, item),
            Step::Transfer { id, by, to } => match self.item(id)?.owner == by {
                true => self.send(id, to),
                false => Err(Error::NotItemOwner),
            },
            Step::TransferFrom { id, by, from, to } => match self.movable(id, by)?.owner == from {
                true => self.send(id, to),
                false => Err(Error::NotItemOwner),
            },
            Step::Approve { id, by, spender } => {
                let owner = self.item(id)?.owner;
                if owner != by && !self.operates(id.0, owner, by) {
                    return Err(Error::NotApproved);
                }
                self.item(id)?.approved = spender;
                Ok(())
            }
            Step::SetOperator { collection: Some(3), .. } => Err(Error::UnknownCollection),
            Step::SetOperator { collection, by, operator, allowed: true } => {
                self.operators.insert((by, collection, operator));
                Ok(())
            }
            Step::SetOperator { collection, by, operator, allowed: false } => {
                self.operators.remove(&(by, collection, operator));
                Ok(())
            }
            Step::Burn { id, by } => self.burn(id, by, now),
            Step::GrantUse { id, by, user, lasts_ms, transferable } => {
                self.grant(id, by, Use { user, until_ms: now + lasts_ms, transferable }, now)
            }
            Step::PassUse { id, by, to } => {
                let granted = self.item(id).map_err(|_| Error::NotUser)?.granted.as_mut();
                let running = granted.filter(|granted| granted.user == by && now < granted.until_ms);
                let running = running.ok_or(Error::NotUser)?;
                if !running.transferable {
                    return Err(Error::UseNotTransferable);
                }
                running.user = to;
                Ok(())
            }
            Step::GiveBackUse { id, by } => {
                let item = self.item(id).map_err(|_| Error::NotUser)?;
                let granted = item.granted.take_if(|granted| granted.user == by || granted.until_ms <= now);
                granted.map(drop).ok_or(Error::NotUser)
            }
            Step::Wait { .. } => Ok(()),
        }
    }
}

fn ended<R>(outcome: Outcome<R>) -> Result<(), Error> {
    let error = |failure: tenon_testkit::Failure| failure.module_error().unwrap_or_else(|| panic!("{failure}"));
    outcome.result.map(drop).map_err(error)
}

fn perform(chain: &mut TestChain, items: CollectionsRef, people: &[Address], step: &Step) -> Result<(), Error> {
    let who = |index: usize| people[index];
    match *step {
        Step::Mint { collection, by, to, item } => {
            ended(chain.from(who(by)).call(items.mint(collection, who(to), item, None, None)))
        }
        Step::Transfer { id, by, to } => ended(chain.from(who(by)).call(items.transfer(id.0, id.1, who(to)))),
        Step::TransferFrom { id, by, from, to } => {
            ended(chain.from(who(by)).call(items.transfer_from(id.0, id.1, who(from), who(to))))
        }
        Step::Approve { id, by, spender } => {
            ended(chain.from(who(by)).call(items.approve(id.0, id.1, spender.map(who))))
        }
        Step::SetOperator { collection, by, operator, allowed } => {
            ended(chain.from(who(by)).call(items.set_operator(collection, who(operator), allowed)))
        }
        Step::Burn { id, by } => ended(chain.from(who(by)).call(items.burn(id.0, id.1))),
        Step::GrantUse { id, by, user, lasts_ms, transferable } => {
            let until_ms = chain.time_ms() + lasts_ms;
            ended(chain.from(who(by)).call(items.grant_use(id.0, id.1, who(user), until_ms, Some(transferable))))
        }
        Step::PassUse { id, by, to } => ended(chain.from(who(by)).call(items.pass_use(id.0, id.1, who(to)))),
        Step::GiveBackUse { id, by } => ended(chain.from(who(by)).call(items.give_back_use(id.0, id.1))),
        Step::Wait { ms } => {
            chain.advance_ms(ms);
            Ok(())
        }
    }
}

fn compare(chain: &TestChain, items: CollectionsRef, people: &[Address], model: &Model) {
    let now = chain.time_ms();
    for collection in 1..=2 {
        let highest = model.highest.get(&collection).copied().unwrap_or_default();
        assert_eq!(chain.query(items.supply(collection)), Ok(Supply { items: model.count(collection), highest }));
        for (index, who) in people.iter().enumerate() {
            let held = model.held(collection, index);
            assert_eq!(chain.query(items.balance_of(collection, *who)), Ok(held.len() as u64));
            assert_eq!(chain.query(items.items_of(collection, *who, None, None)), Ok(held));
        }
    }
    for (owner, by) in people.iter().enumerate() {
        for (operator, who) in people.iter().enumerate() {
            let operates = chain.query(items.is_operator(1, *by, *who));
            assert_eq!(operates, Ok(model.operates(1, owner, operator)));
        }
    }
    for ((collection, id), item) in &model.items {
        let found = chain.query(items.item(*collection, *id)).expect("it exists");
        assert_eq!((found.owner, found.approved), (people[item.owner], item.approved.map(|who| people[who])));
        let user = item.use_at(now).map_or(item.owner, |granted| granted.user);
        assert_eq!(chain.query(items.user_of(*collection, *id)), Ok(Some(people[user])));
    }
}

#[test]
fn every_formal_rule_has_a_test() {
    let all: serde_json::Value = serde_json::from_str(CASES).expect("the vectors are JSON");
    let rules = all["formal_invariants"]["fv/specs/ERC721.spec"].as_array().expect("the specification is listed");
    assert_eq!(rules.len(), RULES.len());
    for rule in rules {
        let found = RULES.iter().find(|(name, ..)| rule.as_str() == Some(name));
        let (_, file, test) = found.unwrap_or_else(|| panic!("no test for: {rule}"));
        assert!(file.contains(test), "{test}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_model_in_any_history(steps in prop::collection::vec(step(), 1..80)) {
        let (mut chain, items) = chain();
        let people = PEOPLE.map(account);
        for (cap, burnable) in [(Some(CAP), true), (None, false)] {
            let new = NewCollection { cap, burnable: Some(burnable), ..plain() };
            chain.from(people[0]).call(create(items, new)).expect_ok();
        }
        let mut model = Model::default();
        let first = [(1, 0), (1, 1), (2, 0), (2, 2)];
        let first = first.map(|(collection, to)| Step::Mint { collection, by: 0, to, item: None });
        for step in first.into_iter().chain(steps) {
            let expected = model.apply(&step, chain.time_ms());
            prop_assert_eq!(perform(&mut chain, items, &people, &step), expected, "{:?}", step);
            compare(&chain, items, &people, &model);
        }
    }
}
