//! Random histories against a model in plain Rust: the same balances, and the invariant after each step.

use crate::chain;
use assets::{AssetsRef, BurnRight, MintRight};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tenon_contract::Address;
use tenon_testkit::{TestChain, account};

const PEOPLE: [&str; 4] = ["Alice", "Bob", "Charlie", "Dave"];

#[derive(Clone, Debug)]
enum Step {
    Transfer { asset: u64, from: usize, to: usize, amount: u128 },
    Approve { asset: u64, owner: usize, spender: usize, amount: u128 },
    TransferFrom { asset: u64, spender: usize, from: usize, to: usize, amount: u128 },
    Mint { asset: u64, by: usize, to: usize, amount: u128 },
    Burn { asset: u64, by: usize, amount: u128 },
}

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![8 => 0..200u128, 1 => Just(u128::MAX), 1 => any::<u128>()]
}

fn step() -> impl Strategy<Value = Step> {
    let (asset, who) = (1..=2u64, 0..PEOPLE.len());
    prop_oneof![
        4 => (asset.clone(), who.clone(), who.clone(), amount())
            .prop_map(|(asset, from, to, amount)| Step::Transfer { asset, from, to, amount }),
        1 => (asset.clone(), who.clone(), who.clone(), amount())
            .prop_map(|(asset, owner, spender, amount)| Step::Approve { asset, owner, spender, amount }),
        2 => (asset.clone(), who.clone(), who.clone(), who.clone(), amount())
            .prop_map(|(asset, spender, from, to, amount)| Step::TransferFrom { asset, spender, from, to, amount }),
        1 => (asset.clone(), who.clone(), who.clone(), amount())
            .prop_map(|(asset, by, to, amount)| Step::Mint { asset, by, to, amount }),
        1 => (asset, who, amount()).prop_map(|(asset, by, amount)| Step::Burn { asset, by, amount }),
    ]
}

/// What the module should do, without its storage and its arithmetic.
#[derive(Default)]
struct Model {
    balances: BTreeMap<(u64, usize), u128>,
    allowances: BTreeMap<(u64, usize, usize), u128>,
}

impl Model {
    fn balance(&self, asset: u64, who: usize) -> u128 {
        self.balances.get(&(asset, who)).copied().unwrap_or_default()
    }

    fn supply(&self, asset: u64) -> u128 {
        (0..PEOPLE.len()).map(|who| self.balance(asset, who)).sum()
    }

    fn shift(&mut self, asset: u64, from: usize, to: usize, amount: u128) -> bool {
        let Some(rest) = self.balance(asset, from).checked_sub(amount) else { return false };
        self.balances.insert((asset, from), rest);
        *self.balances.entry((asset, to)).or_default() += amount;
        true
    }

    /// Makes a step and says whether it should succeed. Asset 1 is Alice's to mint, up to 5000; asset 2 is fixed.
    fn apply(&mut self, step: &Step) -> bool {
        match *step {
            Step::Transfer { asset, from, to, amount } => self.shift(asset, from, to, amount),
            Step::Approve { asset, owner, spender, amount } => {
                self.allowances.insert((asset, owner, spender), amount);
                true
            }
            Step::TransferFrom { asset, spender, from, to, amount } => {
                let allowed = self.allowances.get(&(asset, from, spender)).copied().unwrap_or_default();
                if allowed < amount || !self.shift(asset, from, to, amount) {
                    return false;
                }
                if allowed != u128::MAX {
                    self.allowances.insert((asset, from, spender), allowed - amount);
                }
                true
            }
            Step::Mint { asset, by, to, amount } => {
                let fits = self.supply(asset).checked_add(amount).is_some_and(|supply| supply <= 5_000);
                let allowed = asset == 1 && by == 0 && fits;
                if allowed {
                    *self.balances.entry((asset, to)).or_default() += amount;
                }
                allowed
            }
            Step::Burn { asset, by, amount } => {
                let Some(rest) = self.balance(asset, by).checked_sub(amount) else { return false };
                self.balances.insert((asset, by), rest);
                true
            }
        }
    }
}

fn perform(chain: &mut TestChain, assets: AssetsRef, people: &[Address], step: &Step) -> bool {
    let who = |index: usize| people[index];
    match *step {
        Step::Transfer { asset, from, to, amount } => {
            chain.from(who(from)).call(assets.transfer(asset, who(to), amount)).result.is_ok()
        }
        Step::Approve { asset, owner, spender, amount } => {
            let current = chain.query(assets.allowance(asset, who(owner), who(spender))).expect("a query");
            chain.from(who(owner)).call(assets.approve(asset, who(spender), current, amount, None)).result.is_ok()
        }
        Step::TransferFrom { asset, spender, from, to, amount } => {
            chain.from(who(spender)).call(assets.transfer_from(asset, who(from), who(to), amount)).result.is_ok()
        }
        Step::Mint { asset, by, to, amount } => {
            chain.from(who(by)).call(assets.mint(asset, who(to), amount)).result.is_ok()
        }
        Step::Burn { asset, by, amount } => chain.from(who(by)).call(assets.burn(asset, amount)).result.is_ok(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_model_in_any_history(steps in prop::collection::vec(step(), 1..40)) {
        let (mut chain, assets) = chain();
        let people = PEOPLE.map(account);
        let mut model = Model::default();
        let rights = [(MintRight::Owner, Some(5_000)), (MintRight::Nobody, None)];
        for (asset, (mint, cap)) in (1..).zip(rights) {
            let (name, symbol) = ("Gold".to_owned(), "GOLD".to_owned());
            let call = assets.issue(name, symbol, 2, 1_000, None, cap, Some(mint), Some(BurnRight::Holder), None, None, None);
            prop_assert_eq!(chain.from(people[0]).call(call).expect_ok(), asset);
            model.balances.insert((asset, 0), 1_000);
        }
        for step in steps {
            prop_assert_eq!(perform(&mut chain, assets, &people, &step), model.apply(&step), "{:?}", step);
            for asset in 1..=2 {
                prop_assert_eq!(chain.query(assets.total_supply(asset)), Ok(model.supply(asset)));
            }
        }
        for ((asset, who), balance) in model.balances {
            prop_assert_eq!(chain.query(assets.balance_of(asset, people[who])), Ok(balance));
        }
    }
}
