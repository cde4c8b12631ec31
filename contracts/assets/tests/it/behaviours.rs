//! The behaviours that OpenZeppelin's suites name for ERC-20, its cap and its burning, each with a test here. The
//! list of names is in `tests/vectors/oz_behaviours.json`; a name without a test fails.

use crate::{SUPPLY, Terms, chain, issue, issued};
use assets::{Approval, AssetsRef, Error, MintRight, Transfer, UNLIMITED};
use tenon_contract::Address;
use tenon_testkit::{Outcome, TestChain, alice, bob, charlie};

const CASES: &str = include_str!("../../../../tests/vectors/oz_behaviours.json");

/// The suites whose rules hold here. Pausing does not exist: nobody can freeze. Permits are in `permits`.
const SUITES: [&str; 3] = [
    "test/token/ERC20/ERC20.behavior.js",
    "test/token/ERC20/extensions/ERC20Capped.test.js",
    "test/token/ERC20/extensions/ERC20Burnable.test.js",
];

macro_rules! behaviours {
    ($($name:literal => $test:ident $body:block)*) => {
        $(#[test] fn $test() $body)*

        #[test]
        fn every_named_behaviour_has_a_test() {
            let covered = [$($name),*];
            let all: serde_json::Value = serde_json::from_str(CASES).expect("the vectors are JSON");
            for suite in SUITES {
                for case in all["case_names"][suite].as_array().expect("the suite is listed") {
                    let case = case.as_str().expect("a name");
                    assert!(covered.iter().any(|name| case.ends_with(name)), "no test for: {case}");
                }
            }
        }
    };
}

fn transferred(outcome: &Outcome<()>, from: Option<Address>, to: Option<Address>, amount: u128) {
    assert!(outcome.has(&Transfer { asset: 1, from, to, amount }), "{:?}", outcome.emitted());
    assert_eq!(outcome.count_of::<Transfer>(), 1);
}

fn balance(chain: &TestChain, assets: AssetsRef, who: Address) -> u128 {
    chain.query(assets.balance_of(1, who)).expect("a query without errors")
}

fn allowance(chain: &TestChain, assets: AssetsRef) -> u128 {
    chain.query(assets.allowance(1, alice(), bob())).expect("a query without errors")
}

/// Alice has 100 and lets Bob take `allowed`.
fn approved(allowed: u128) -> (TestChain, AssetsRef) {
    let (mut chain, assets) = issued(Terms::default());
    chain.from(alice()).call(assets.approve(1, bob(), 0, allowed, None)).expect_ok();
    (chain, assets)
}

/// Alice, whose balance is `has`, approves 100 for Bob who had `before`.
fn approves(has: u128, before: u128) {
    let (mut chain, assets) = issued(Terms::default());
    chain.from(alice()).call(assets.transfer(1, charlie(), SUPPLY - has)).expect_ok();
    chain.from(alice()).call(assets.approve(1, bob(), 0, before, None)).expect_ok();
    let outcome = chain.from(alice()).call(assets.approve(1, bob(), before, SUPPLY, None));
    let event = Approval { asset: 1, owner: alice(), spender: bob(), amount: SUPPLY, expires_at_ms: None };
    assert!(outcome.has(&event));
    assert_eq!(allowance(&chain, assets), SUPPLY);
}

fn capped(supply: u128) -> (TestChain, AssetsRef) {
    let (mut chain, assets) = chain();
    let terms = Terms { cap: Some(1_000), mint: Some(MintRight::Owner), ..Terms::default() };
    chain.from(alice()).call(issue(assets, supply, terms)).expect_ok();
    (chain, assets)
}

behaviours! {
    "total supply: returns the total token value" => states_the_supply {
        let (chain, assets) = issued(Terms::default());
        assert_eq!(chain.query(assets.total_supply(1)), Ok(SUPPLY));
    }
    "returns zero when the requested account has no tokens" => states_no_balance_as_zero {
        let (chain, assets) = issued(Terms::default());
        assert_eq!(balance(&chain, assets, bob()), 0);
    }
    "returns the total token value when the requested account has some tokens" => states_a_balance {
        let (chain, assets) = issued(Terms::default());
        assert_eq!(balance(&chain, assets, alice()), SUPPLY);
    }
    "when the token owner has enough balance > transfers the requested value" => transfers_what_was_allowed {
        let (mut chain, assets) = approved(SUPPLY);
        chain.from(bob()).call(assets.transfer_from(1, alice(), charlie(), SUPPLY)).expect_ok();
        assert_eq!((balance(&chain, assets, alice()), balance(&chain, assets, charlie())), (0, SUPPLY));
    }
    "when the token owner has enough balance > decreases the spender allowance" => uses_up_an_allowance {
        let (mut chain, assets) = approved(SUPPLY);
        chain.from(bob()).call(assets.transfer_from(1, alice(), charlie(), 30)).expect_ok();
        assert_eq!(allowance(&chain, assets), 70);
    }
    "when the token owner has enough balance > emits a transfer event" => tells_an_allowed_transfer {
        let (mut chain, assets) = approved(SUPPLY);
        let outcome = chain.from(bob()).call(assets.transfer_from(1, alice(), charlie(), SUPPLY));
        transferred(&outcome, Some(alice()), Some(charlie()), SUPPLY);
    }
    // Older versions told the rest of an allowance, newer ones do not: the transfer's event says it all.
    "when the token owner has enough balance > emits an approval event" => leaves_the_rest_to_be_queried {
        let (mut chain, assets) = approved(SUPPLY);
        assert_eq!(chain.from(bob()).call(assets.transfer_from(1, alice(), charlie(), 1)).count_of::<Approval>(), 0);
        assert_eq!(allowance(&chain, assets), SUPPLY - 1);
    }
    "when the token owner has enough balance > does not emit an approval event" => tells_no_approval_on_use {
        let (mut chain, assets) = approved(SUPPLY);
        let outcome = chain.from(bob()).call(assets.transfer_from(1, alice(), charlie(), SUPPLY));
        assert_eq!((outcome.emitted().len(), outcome.count_of::<Approval>()), (1, 0));
    }
    "enough allowance > reverts when the token owner does not have enough balance" => refuses_more_than_the_owner_has {
        let (mut chain, assets) = approved(SUPPLY);
        chain.from(alice()).call(assets.transfer(1, charlie(), 1)).expect_ok();
        let outcome = chain.from(bob()).call(assets.transfer_from(1, alice(), charlie(), SUPPLY));
        outcome.expect_error(Error::InsufficientBalance);
        assert_eq!(allowance(&chain, assets), SUPPLY);
    }
    "not have enough allowance > reverts when the token owner has enough balance" => refuses_more_than_was_allowed {
        let (mut chain, assets) = approved(SUPPLY - 1);
        let outcome = chain.from(bob()).call(assets.transfer_from(1, alice(), charlie(), SUPPLY));
        outcome.expect_error(Error::InsufficientAllowance);
    }
    "not have enough allowance > reverts when the token owner does not have enough balance" => refuses_lacking_both {
        let (mut chain, assets) = approved(SUPPLY - 1);
        chain.from(alice()).call(assets.transfer(1, charlie(), 2)).expect_ok();
        let outcome = chain.from(bob()).call(assets.transfer_from(1, alice(), charlie(), SUPPLY));
        outcome.expect_error(Error::InsufficientAllowance);
    }
    "unlimited allowance > does not decrease the spender allowance" => keeps_an_unlimited_allowance {
        let (mut chain, assets) = approved(UNLIMITED);
        chain.from(bob()).call(assets.transfer_from(1, alice(), charlie(), 1)).expect_ok();
        assert_eq!(allowance(&chain, assets), UNLIMITED);
    }
    "unlimited allowance > does not emit an approval event" => tells_no_approval_of_unlimited_use {
        let (mut chain, assets) = approved(UNLIMITED);
        let outcome = chain.from(bob()).call(assets.transfer_from(1, alice(), charlie(), 1));
        assert_eq!((outcome.count_of::<Transfer>(), outcome.count_of::<Approval>()), (1, 0));
    }
    "transfer from > when the token owner is not the zero address > reverts when the recipient is the zero address"
        => refuses_an_allowed_transfer_to_nobody {
        let (mut chain, assets) = approved(SUPPLY);
        let outcome = chain.from(bob()).call(assets.transfer_from(1, alice(), Address::ZERO, 1));
        outcome.expect_error(Error::ZeroAddress);
    }
    "transfer from > reverts when the token owner is the zero address" => refuses_to_take_from_nobody {
        let (mut chain, assets) = approved(SUPPLY);
        let outcome = chain.from(bob()).call(assets.transfer_from(1, Address::ZERO, charlie(), 0));
        outcome.expect_error(Error::ZeroAddress);
    }
    "reverts when the sender does not have enough balance" => refuses_more_than_the_sender_has {
        let (mut chain, assets) = issued(Terms::default());
        chain.from(alice()).call(assets.transfer(1, bob(), SUPPLY + 1)).expect_error(Error::InsufficientBalance);
        assert_eq!(balance(&chain, assets, bob()), 0);
    }
    "when the sender transfers all balance > transfers the requested value" => transfers_all {
        let (mut chain, assets) = issued(Terms::default());
        let entries = chain.stored_entries(assets.address());
        chain.from(alice()).call(assets.transfer(1, bob(), SUPPLY)).expect_ok();
        assert_eq!((balance(&chain, assets, alice()), balance(&chain, assets, bob())), (0, SUPPLY));
        assert_eq!(chain.stored_entries(assets.address()), entries, "the empty balance is not stored");
    }
    "when the sender transfers all balance > emits a transfer event" => tells_a_transfer {
        let (mut chain, assets) = issued(Terms::default());
        let outcome = chain.from(alice()).call(assets.transfer(1, bob(), SUPPLY));
        transferred(&outcome, Some(alice()), Some(bob()), SUPPLY);
    }
    "when the sender transfers zero tokens > transfers the requested value" => transfers_nothing {
        let (mut chain, assets) = issued(Terms::default());
        chain.from(charlie()).call(assets.transfer(1, bob(), 0)).expect_ok();
        assert_eq!((balance(&chain, assets, alice()), balance(&chain, assets, bob())), (SUPPLY, 0));
    }
    "when the sender transfers zero tokens > emits a transfer event" => tells_a_transfer_of_nothing {
        let (mut chain, assets) = issued(Terms::default());
        let outcome = chain.from(alice()).call(assets.transfer(1, bob(), 0));
        transferred(&outcome, Some(alice()), Some(bob()), 0);
    }
    "[shouldBehaveLikeERC20Transfer] > reverts when the recipient is the zero address" => refuses_a_transfer_to_nobody {
        let (mut chain, assets) = issued(Terms::default());
        chain.from(alice()).call(assets.transfer(1, Address::ZERO, 1)).expect_error(Error::ZeroAddress);
    }
    "when the sender has enough balance > emits an approval event" => tells_an_approval { approves(SUPPLY, 0); }
    "when the sender has enough balance > approves the requested value when there was no approved value before"
        => approves_for_the_first_time { approves(SUPPLY, 0); }
    "when the sender has enough balance > approves the requested value and replaces the previous one when the spender had an approved value"
        => replaces_an_approval { approves(SUPPLY, 1); }
    "when the sender does not have enough balance > emits an approval event" => tells_an_approval_without_cover {
        approves(SUPPLY - 1, 0);
    }
    "when the sender does not have enough balance > approves the requested value when there was no approved value before"
        => approves_without_cover { approves(0, 0); }
    "when the sender does not have enough balance > approves the requested value and replaces the previous one when the spender had an approved value"
        => replaces_an_approval_without_cover { approves(0, 1); }
    "[shouldBehaveLikeERC20Approve] > reverts when the spender is the zero address" => refuses_to_approve_nobody {
        let (mut chain, assets) = issued(Terms::default());
        let outcome = chain.from(alice()).call(assets.approve(1, Address::ZERO, 0, 1, None));
        outcome.expect_error(Error::ZeroAddress);
    }
    "ERC20Capped > requires a non-zero cap" => refuses_a_cap_of_zero {
        let (mut chain, assets) = chain();
        let terms = Terms { cap: Some(0), ..Terms::default() };
        chain.from(alice()).call(issue(assets, 0, terms)).expect_error(Error::ZeroCap);
    }
    "capped token > starts with the correct cap" => states_the_cap {
        let (chain, assets) = capped(0);
        assert_eq!(chain.query(assets.info(1)).map(|info| info.cap), Ok(Some(1_000)));
    }
    "capped token > mints when value is less than cap" => mints_below_the_cap {
        let (mut chain, assets) = capped(0);
        chain.from(alice()).call(assets.mint(1, bob(), 999)).expect_ok();
        assert_eq!(chain.query(assets.total_supply(1)), Ok(999));
    }
    "capped token > fails to mint if the value exceeds the cap" => refuses_to_mint_past_the_cap {
        let (mut chain, assets) = capped(999);
        chain.from(alice()).call(assets.mint(1, bob(), 2)).expect_error(Error::CapExceeded);
    }
    "capped token > fails to mint after cap is reached" => refuses_to_mint_at_the_cap {
        let (mut chain, assets) = capped(1_000);
        chain.from(alice()).call(assets.mint(1, bob(), 1)).expect_error(Error::CapExceeded);
    }
    "burn > reverts if not enough balance" => refuses_to_burn_more_than_is_there {
        let (mut chain, assets) = issued(Terms::default());
        chain.from(alice()).call(assets.burn(1, SUPPLY + 1)).expect_error(Error::InsufficientBalance);
    }
    "burn > on success > burns the requested value" => burns {
        let (mut chain, assets) = issued(Terms::default());
        chain.from(alice()).call(assets.burn(1, 40)).expect_ok();
        assert_eq!((balance(&chain, assets, alice()), chain.query(assets.total_supply(1))), (60, Ok(60)));
    }
    "burn > on success > emits a transfer event" => tells_a_burn {
        let (mut chain, assets) = issued(Terms::default());
        let outcome = chain.from(alice()).call(assets.burn(1, 40));
        transferred(&outcome, Some(alice()), None, 40);
    }
    "burnFrom > reverts > if not enough balance" => refuses_to_burn_more_than_the_owner_has {
        let (mut chain, assets) = approved(SUPPLY + 1);
        let outcome = chain.from(bob()).call(assets.burn_from(1, alice(), SUPPLY + 1));
        outcome.expect_error(Error::InsufficientBalance);
    }
    "burnFrom > reverts > if not enough allowance" => refuses_to_burn_more_than_was_allowed {
        let (mut chain, assets) = approved(SUPPLY - 1);
        let outcome = chain.from(bob()).call(assets.burn_from(1, alice(), SUPPLY));
        outcome.expect_error(Error::InsufficientAllowance);
    }
    "burnFrom > on success > burns the requested value" => burns_what_was_allowed {
        let (mut chain, assets) = approved(SUPPLY);
        chain.from(bob()).call(assets.burn_from(1, alice(), 60)).expect_ok();
        assert_eq!((balance(&chain, assets, alice()), chain.query(assets.total_supply(1))), (40, Ok(40)));
    }
    "burnFrom > on success > decrements allowance" => uses_up_an_allowance_by_burning {
        let (mut chain, assets) = approved(SUPPLY);
        chain.from(bob()).call(assets.burn_from(1, alice(), 60)).expect_ok();
        assert_eq!(allowance(&chain, assets), 40);
    }
    "burnFrom > on success > emits a transfer event" => tells_an_allowed_burn {
        let (mut chain, assets) = approved(SUPPLY);
        let outcome = chain.from(bob()).call(assets.burn_from(1, alice(), 60));
        transferred(&outcome, Some(alice()), None, 60);
    }
}
