//! Random histories against a model in plain Rust: who holds how much, who counts as whom, and what is refused. The
//! invariant is checked after each step.

use crate::{ASSET, TOPIC, World, holder, identity, issuer, ledger, stranger, verified};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tenon_testkit::bob;

/// Addresses of the histories.
const ADDRESSES: u16 = 5;
/// Identities that may hold the asset.
const LIMIT: u32 = 2;

#[derive(Clone, Debug)]
enum Step {
    Move { from: Option<u16>, to: Option<u16>, amount: u128 },
    Attest { who: u16, number: u16 },
    Revoke { who: u16 },
    Freeze { who: u16 },
    Unfreeze { who: u16 },
    Recount { who: u16 },
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..ADDRESSES;
    let side = prop_oneof![1 => Just(None), 3 => (0..ADDRESSES).prop_map(Some)];
    prop_oneof![
        8 => (side.clone(), side, 0..4u128).prop_map(|(from, to, amount)| Step::Move { from, to, amount }),
        3 => (who.clone(), 1..4u16).prop_map(|(who, number)| Step::Attest { who, number }),
        1 => who.clone().prop_map(|who| Step::Revoke { who }),
        1 => who.clone().prop_map(|who| Step::Freeze { who }),
        1 => who.clone().prop_map(|who| Step::Unfreeze { who }),
        1 => who.prop_map(|who| Step::Recount { who }),
    ]
}

/// What the module should know, as sets and sums that are counted anew each time.
#[derive(Clone, Default)]
struct Model {
    credentials: BTreeMap<u16, u16>,
    frozen: BTreeSet<u16>,
    /// Amount and identity by address.
    held: BTreeMap<u16, (u128, u16)>,
}

impl Model {
    fn holders(&self) -> u32 {
        let identities: BTreeSet<_> = self.held.values().map(|(_, number)| number).collect();
        u32::try_from(identities.len()).expect("few")
    }

    /// The state after a step, if it is allowed.
    fn after(&self, step: &Step) -> Option<Self> {
        let mut next = self.clone();
        match *step {
            Step::Move { from, to, amount } => {
                if from.iter().chain(&to).any(|who| self.frozen.contains(who)) {
                    return None;
                }
                if from != to {
                    if let Some(from) = from.filter(|_| amount > 0) {
                        let (before, number) = next.held.remove(&from)?;
                        let rest = before.checked_sub(amount)?;
                        if rest > 0 {
                            next.held.insert(from, (rest, number));
                        }
                    }
                    if let Some(to) = to {
                        next.receive(to, amount)?;
                    }
                }
            }
            Step::Attest { who, number } => drop(next.credentials.insert(who, number)),
            Step::Revoke { who } => drop(next.credentials.remove(&who)?),
            Step::Freeze { who } => next.frozen.insert(who).then_some(())?,
            Step::Unfreeze { who } => next.frozen.remove(&who).then_some(())?,
            Step::Recount { who } => {
                next.held.get(&who)?;
                next.receive(who, 0)?;
            }
        }
        (next.holders() <= LIMIT).then_some(next)
    }

    fn receive(&mut self, to: u16, amount: u128) -> Option<()> {
        let number = *self.credentials.get(&to)?;
        let (before, _) = self.held.get(&to).copied().unwrap_or_default();
        if before + amount > 0 {
            self.held.insert(to, (before + amount, number));
        }
        Some(())
    }
}

fn perform(world: &mut World, step: &Step) -> bool {
    let (policies, credentials) = (world.policies, world.credentials);
    match *step {
        Step::Move { from, to, amount } => {
            let (from, to) = (from.map(holder), to.map(holder));
            let said = world.refusal(from, to, amount);
            let done = world.by_ledger(policies.moved(ASSET, from, to, amount)).result;
            let number = |code| tenon_contract::abi::module_error_number(code).map(u32::from);
            assert_eq!(said, done.as_ref().err().and_then(|failure| number(failure.code)), "the query foretells");
            done.is_ok()
        }
        Step::Attest { who, number } => {
            let call = credentials.attest(holder(who), TOPIC, identity(number), None);
            world.chain.from(issuer()).call(call).result.is_ok()
        }
        Step::Revoke { who } => world.chain.from(issuer()).call(credentials.revoke(holder(who), TOPIC)).result.is_ok(),
        Step::Freeze { who } => {
            world.chain.from(bob()).call(policies.freeze(ledger(), ASSET, holder(who))).result.is_ok()
        }
        Step::Unfreeze { who } => {
            world.chain.from(bob()).call(policies.unfreeze(ledger(), ASSET, holder(who))).result.is_ok()
        }
        Step::Recount { who } => {
            world.chain.from(stranger()).call(policies.recount(ledger(), ASSET, holder(who))).result.is_ok()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_model_in_any_history(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::with(verified(Some(LIMIT), Some(bob())));
        let mut model = Model::default();
        for who in 0..3 {
            world.attest(holder(who), who + 1);
            model.credentials.insert(who, who + 1);
        }
        for step in steps {
            let next = model.after(&step);
            prop_assert_eq!(perform(&mut world, &step), next.is_some(), "{:?}", step);
            model = next.unwrap_or(model);
            prop_assert_eq!(world.count(), model.holders());
            let listed = world.chain.query(world.policies.holders(ledger(), ASSET, None, None)).expect("a query");
            let found: BTreeMap<_, _> = listed.into_iter().map(|(who, held)| (who, (held.amount, held.identity))).collect();
            let expected: BTreeMap<_, _> =
                model.held.iter().map(|(who, (amount, number))| (holder(*who), (*amount, identity(*number)))).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
