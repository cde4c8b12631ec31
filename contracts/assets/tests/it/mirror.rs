//! Random histories, failures among them, after each step of which the policies' mirror equals the ledger. The
//! invariants of all modules are checked as well.

use crate::regulated::{Regulated, TOPIC, freezer, registrar, share, verified};
use proptest::prelude::*;
use tenon_contract::Address;
use tenon_testkit::account;

const PEOPLE: [&str; 4] = ["Alice", "Bob", "Charlie", "Dave"];
/// The assets with a policy. Asset 3 has none.
const RESTRICTED: [u64; 2] = [1, 2];

#[derive(Clone, Debug)]
enum Step {
    Transfer { asset: u64, from: usize, to: usize, amount: u128 },
    Batch { asset: u64, from: usize, to: (usize, usize), amount: u128 },
    TransferFrom { asset: u64, spender: usize, from: usize, to: usize, amount: u128 },
    Mint { asset: u64, to: usize, amount: u128 },
    Burn { asset: u64, by: usize, amount: u128 },
    Attest { who: usize, number: u8 },
    Revoke { who: usize },
    Freeze { who: usize },
    Unfreeze { who: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (asset, who, amount) = (1..=3u64, 0..PEOPLE.len(), prop_oneof![9 => 0..8u128, 1 => any::<u128>()]);
    prop_oneof![
        6 => (asset.clone(), who.clone(), who.clone(), amount.clone())
            .prop_map(|(asset, from, to, amount)| Step::Transfer { asset, from, to, amount }),
        1 => (asset.clone(), who.clone(), (who.clone(), who.clone()), amount.clone())
            .prop_map(|(asset, from, to, amount)| Step::Batch { asset, from, to, amount }),
        2 => (asset.clone(), who.clone(), who.clone(), who.clone(), amount.clone())
            .prop_map(|(asset, spender, from, to, amount)| Step::TransferFrom { asset, spender, from, to, amount }),
        2 => (asset.clone(), who.clone(), amount.clone()).prop_map(|(asset, to, amount)| Step::Mint { asset, to, amount }),
        2 => (asset, who.clone(), amount).prop_map(|(asset, by, amount)| Step::Burn { asset, by, amount }),
        2 => (who.clone(), 1..4u8).prop_map(|(who, number)| Step::Attest { who, number }),
        1 => who.clone().prop_map(|who| Step::Revoke { who }),
        1 => who.clone().prop_map(|who| Step::Freeze { who }),
        1 => who.prop_map(|who| Step::Unfreeze { who }),
    ]
}

/// Makes a step and says whether it succeeded.
fn perform(world: &mut Regulated, people: &[Address], step: &Step) -> bool {
    let (assets, policies, credentials) = (world.assets, world.policies, world.credentials);
    let who = |index: usize| people[index];
    let (sender, call) = match *step {
        Step::Transfer { asset, from, to, amount } => (who(from), assets.transfer(asset, who(to), amount)),
        Step::Batch { asset, from, to, amount } => {
            (who(from), assets.transfer_batch(asset, vec![(who(to.0), amount), (who(to.1), 1)]))
        }
        Step::TransferFrom { asset, spender, from, to, amount } => {
            let current = world.chain.query(assets.allowance(asset, who(from), who(spender))).expect("a query");
            let approve = assets.approve(asset, who(spender), current, 5, None);
            world.chain.from(who(from)).call(approve).expect_ok();
            (who(spender), assets.transfer_from(asset, who(from), who(to), amount))
        }
        Step::Mint { asset, to, amount } => (who(0), assets.mint(asset, who(to), amount)),
        Step::Burn { asset, by, amount } => (who(by), assets.burn(asset, amount)),
        Step::Attest { who: subject, number } => {
            (registrar(), credentials.attest(who(subject), TOPIC, crate::regulated::identity(number), None))
        }
        Step::Revoke { who: subject } => (registrar(), credentials.revoke(who(subject), TOPIC)),
        Step::Freeze { who: named } => (freezer(), policies.freeze(assets.address(), 2, who(named))),
        Step::Unfreeze { who: named } => (freezer(), policies.unfreeze(assets.address(), 2, who(named))),
    };
    world.chain.from(sender).call(call).result.is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn mirrors_the_ledger_in_any_history(steps in prop::collection::vec(step(), 1..50)) {
        let people = PEOPLE.map(account);
        let mut world = Regulated::new();
        for (number, who) in (1..).zip(&people[..3]) {
            world.attest(*who, number);
        }
        for policy in [Some(verified(Some(2), None)), Some(verified(None, Some(freezer()))), None] {
            world.issue(people[0], share(20, policy)).expect_ok();
        }
        for step in steps {
            let foretold = match step {
                Step::Transfer { asset, from, to, amount } if RESTRICTED.contains(&asset) => {
                    let module = world.assets.address();
                    let (from, to) = (Some(people[from]), Some(people[to]));
                    let refused = world.policies.refusal(module, asset, from, to, amount);
                    Some(world.chain.query(refused).expect("a query").is_none())
                }
                _ => None,
            };
            let done = perform(&mut world, &people, &step);
            // What the policy refuses fails; what fails beside that lacks the balance.
            prop_assert!(!done || foretold != Some(false), "{:?}", step);
            for asset in RESTRICTED {
                world.assert_mirrored(asset);
            }
            prop_assert!(world.count(1) <= 2);
            prop_assert_eq!(world.count(3), 0);
        }
    }
}
