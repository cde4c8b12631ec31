//! The behaviours that OpenZeppelin's suites name for ERC-1155 and its supply, each with a test here or a reason why
//! there is none. The list of names is in `tests/vectors/oz_behaviours.json`; a name without either fails.

use crate::{UNITS, chain, coffee, issue, issued};
use tenon_contract::Address;
use tenon_testkit::{Outcome, TestChain, alice, bob, charlie, dave};
use vouchers::{Approval, Error, MintRight, NewKind, Transfer, UNLIMITED, VouchersRef};

const CASES: &str = include_str!("../../../../tests/vectors/oz_behaviours.json");

/// The suites, each with what its names begin with.
const SUITES: [(&str, &str); 2] = [
    ("test/token/ERC1155/ERC1155.behavior.js", "[shouldBehaveLikeERC1155] > like an ERC1155 > "),
    ("test/token/ERC1155/extensions/ERC1155Supply.test.js", "ERC1155Supply > "),
];

/// Names, or first parts of names, of what cannot happen here.
const REASONS: [(&str, &str); 8] = [
    ("balanceOfBatch > reverts when input arrays don't match up", "a list of pairs is one list"),
    ("safeBatchTransferFrom > reverts when ids array length doesn't match", "a batch is one list of transfers"),
    ("safeBatchTransferFrom > reverts when transferring from zero address", "a batch is of the caller's own units"),
    ("safeTransferFrom > to a receiver contract", "no receiver is called, so none can refuse"),
    ("safeTransferFrom > to a contract that does not implement", "no receiver is called, so none must implement it"),
    ("safeBatchTransferFrom > to a receiver contract", "no receiver is called, so none can refuse"),
    ("safeBatchTransferFrom > to a contract that does not implement", "no receiver is called"),
    ("safeBatchTransferFrom > when sending to a valid receiver", "no receiver is called, in batches neither"),
];

macro_rules! behaviours {
    ($($name:literal => $test:ident $body:block)*) => {
        $(#[test] fn $test() $body)*

        #[test]
        fn every_named_behaviour_has_a_test_or_a_reason() {
            let covered = [$($name),*];
            let all: serde_json::Value = serde_json::from_str(CASES).expect("the vectors are JSON");
            for (suite, start) in SUITES {
                for case in all["case_names"][suite].as_array().expect("the suite is listed") {
                    let case = case.as_str().expect("a name").strip_prefix(start).expect("the suite's first part");
                    let shown = covered.iter().any(|name| case.starts_with(name));
                    let cannot_happen = REASONS.iter().any(|(name, _)| case.starts_with(name));
                    assert!(shown != cannot_happen, "no test or reason for: {case}");
                }
            }
        }
    };
}

/// Alice holds 100 of kind 1 and 60 of kind 2; Bob is allowed what is said of kind 1.
fn two_kinds(allowed: u64) -> (TestChain, VouchersRef) {
    let (mut chain, vouchers) = issued(coffee());
    chain.from(alice()).call(issue(vouchers, NewKind { units: 60, ..coffee() })).expect_ok();
    chain.from(alice()).call(vouchers.approve(1, bob(), 0, allowed, None)).expect_ok();
    (chain, vouchers)
}

fn units(chain: &TestChain, vouchers: VouchersRef, kind: u64, who: Address) -> u64 {
    chain.query(vouchers.balance_of(kind, who)).expect("a query without errors")
}

fn balances(chain: &TestChain, vouchers: VouchersRef, pairs: &[(u64, Address)]) -> Vec<u64> {
    chain.query(vouchers.balances_of(pairs.to_vec())).expect("a short list")
}

fn batch() -> Vec<(u64, Address, u64)> {
    vec![(1, charlie(), 30), (2, charlie(), 60)]
}

/// Alice sends 30 of kind 1 and all 60 of kind 2 to Charlie.
fn after_batch() -> (TestChain, VouchersRef, Outcome<()>) {
    let (mut chain, vouchers) = two_kinds(0);
    let outcome = chain.from(alice()).call(vouchers.transfer_batch(batch()));
    (chain, vouchers, outcome)
}

fn mintable() -> NewKind {
    NewKind { units: 0, mint: Some(MintRight::Owner), ..coffee() }
}

/// Kinds 1 and 2, of which Alice has minted 100 and 60 for Bob.
fn minted() -> (TestChain, VouchersRef) {
    let (mut chain, vouchers) = issued(mintable());
    chain.from(alice()).call(issue(vouchers, mintable())).expect_ok();
    for (kind, units) in [(1, UNITS), (2, 60)] {
        chain.from(alice()).call(vouchers.mint(kind, bob(), units)).expect_ok();
    }
    (chain, vouchers)
}

fn burnt() -> (TestChain, VouchersRef) {
    let (mut chain, vouchers) = minted();
    for (kind, units) in [(1, UNITS), (2, 60)] {
        chain.from(bob()).call(vouchers.burn(kind, units)).expect_ok();
    }
    (chain, vouchers)
}

fn total(chain: &TestChain, vouchers: VouchersRef, kind: u64) -> u64 {
    chain.query(vouchers.total_units(kind)).expect("the kind exists")
}

behaviours! {
    "balanceOf > should return 0 when queried about the zero address" => states_nothing_of_nobody {
        let (chain, vouchers) = issued(coffee());
        assert_eq!(units(&chain, vouchers, 1, Address::ZERO), 0);
    }
    "balanceOf > when accounts don't own tokens > returns zero for given addresses" => states_no_units_as_zero {
        let (chain, vouchers) = issued(coffee());
        assert_eq!((units(&chain, vouchers, 1, bob()), units(&chain, vouchers, 2, alice())), (0, 0));
    }
    "balanceOf > when accounts own some tokens > returns the amount of tokens owned by the given addresses"
        => states_units {
        let (chain, vouchers) = two_kinds(0);
        assert_eq!((units(&chain, vouchers, 1, alice()), units(&chain, vouchers, 2, alice())), (UNITS, 60));
    }
    "balanceOfBatch > should return 0 as the balance when one of the addresses is the zero address"
        => states_nothing_of_nobody_in_a_list {
        let (chain, vouchers) = two_kinds(0);
        assert_eq!(balances(&chain, vouchers, &[(1, alice()), (1, Address::ZERO)]), [UNITS, 0]);
    }
    "balanceOfBatch > when accounts don't own tokens > returns zeros for each account" => states_zeros_in_a_list {
        let (chain, vouchers) = two_kinds(0);
        assert_eq!(balances(&chain, vouchers, &[(1, bob()), (2, charlie()), (9, alice())]), [0, 0, 0]);
    }
    "balanceOfBatch > when accounts own some tokens > returns amounts owned by each account in order passed"
        => states_a_list_in_its_order {
        let (chain, vouchers, _) = after_batch();
        let pairs = [(2, charlie()), (1, charlie()), (2, alice()), (1, alice())];
        assert_eq!(balances(&chain, vouchers, &pairs), [60, 30, 0, 70]);
    }
    "balanceOfBatch > when accounts own some tokens > returns multiple times the balance of the same address when asked"
        => states_the_same_twice {
        let (chain, vouchers) = two_kinds(0);
        assert_eq!(balances(&chain, vouchers, &[(1, alice()), (2, alice()), (1, alice())]), [UNITS, 60, UNITS]);
    }
    // One allowance without limit takes the place of an approval for all, for one kind at a time.
    "setApprovalForAll > sets approval status which can be queried via isApprovedForAll" => approves_without_limit {
        let (mut chain, vouchers) = two_kinds(UNLIMITED);
        chain.from(bob()).call(vouchers.transfer_from(1, alice(), bob(), 1)).expect_ok();
        assert_eq!(chain.query(vouchers.allowance(1, alice(), bob())), Ok(UNLIMITED));
        assert_eq!(chain.query(vouchers.allowance(2, alice(), bob())), Ok(0));
    }
    "setApprovalForAll > emits an ApprovalForAll log" => tells_an_approval {
        let (mut chain, vouchers) = issued(coffee());
        let outcome = chain.from(alice()).call(vouchers.approve(1, bob(), 0, UNLIMITED, Some(u64::MAX)));
        let (owner, spender) = (alice(), bob());
        assert!(outcome.has(&Approval { kind: 1, owner, spender, units: UNLIMITED, expires_at_ms: Some(u64::MAX) }));
    }
    "setApprovalForAll > can unset approval for an operator" => ends_an_approval {
        let (mut chain, vouchers) = two_kinds(UNLIMITED);
        chain.from(alice()).call(vouchers.approve(1, bob(), UNLIMITED, 0, None)).expect_ok();
        let refused = chain.from(bob()).call(vouchers.transfer_from(1, alice(), bob(), 1));
        refused.expect_error(Error::InsufficientAllowance);
    }
    "setApprovalForAll > reverts if attempting to approve zero address as an operator" => refuses_to_approve_nobody {
        let (mut chain, vouchers) = issued(coffee());
        let outcome = chain.from(alice()).call(vouchers.approve(1, Address::ZERO, 0, 1, None));
        outcome.expect_error(Error::ZeroAddress);
    }
    "safeTransferFrom > reverts when transferring more than balance" => refuses_more_than_the_balance {
        let (mut chain, vouchers) = two_kinds(UNLIMITED);
        let outcome = chain.from(alice()).call(vouchers.transfer(1, bob(), UNITS + 1));
        outcome.expect_error(Error::InsufficientUnits);
        let outcome = chain.from(bob()).call(vouchers.transfer_from(1, alice(), bob(), UNITS + 1));
        outcome.expect_error(Error::InsufficientUnits);
        let outcome = chain.from(alice()).call(vouchers.transfer(1, bob(), u64::MAX));
        outcome.expect_error(Error::InsufficientUnits);
        assert_eq!(units(&chain, vouchers, 1, alice()), UNITS);
    }
    "safeTransferFrom > reverts when transferring from zero address" => refuses_to_take_from_nobody {
        let (mut chain, vouchers) = issued(coffee());
        for units in [0, 1] {
            let outcome = chain.from(alice()).call(vouchers.transfer_from(1, Address::ZERO, bob(), units));
            outcome.expect_error(Error::ZeroAddress);
        }
    }
    "safeTransferFrom > reverts when transferring to zero address" => refuses_to_send_to_nobody {
        let (mut chain, vouchers) = two_kinds(5);
        chain.from(alice()).call(vouchers.transfer(1, Address::ZERO, 1)).expect_error(Error::ZeroAddress);
        let outcome = chain.from(bob()).call(vouchers.transfer_from(1, alice(), Address::ZERO, 1));
        outcome.expect_error(Error::ZeroAddress);
    }
    "safeTransferFrom > [transferWasSuccessful] > debits transferred balance from sender" => debits_the_sender {
        let (mut chain, vouchers) = issued(coffee());
        let entries = chain.stored_entries(vouchers.address());
        chain.from(alice()).call(vouchers.transfer(1, bob(), UNITS)).expect_ok();
        assert_eq!(units(&chain, vouchers, 1, alice()), 0);
        assert_eq!(chain.stored_entries(vouchers.address()), entries, "the empty balance is not stored");
    }
    "safeTransferFrom > [transferWasSuccessful] > credits transferred balance to receiver" => credits_the_receiver {
        let (mut chain, vouchers) = issued(coffee());
        for _ in 0..2 {
            chain.from(alice()).call(vouchers.transfer(1, bob(), 40)).expect_ok();
        }
        assert_eq!(units(&chain, vouchers, 1, bob()), 80);
    }
    "safeTransferFrom > [transferWasSuccessful] > emits a TransferSingle log" => tells_a_transfer {
        let (mut chain, vouchers) = issued(coffee());
        let outcome = chain.from(alice()).call(vouchers.transfer(1, bob(), 40));
        assert!(outcome.has(&Transfer { kind: 1, from: Some(alice()), to: Some(bob()), units: 40 }));
        assert_eq!(outcome.emitted().len(), 1);
    }
    "safeTransferFrom > when called by the holder > preserves existing balances which are not transferred by holder"
        => leaves_other_kinds_alone {
        let (mut chain, vouchers) = two_kinds(0);
        chain.from(alice()).call(vouchers.transfer(1, bob(), 40)).expect_ok();
        assert_eq!((units(&chain, vouchers, 2, alice()), units(&chain, vouchers, 2, bob())), (60, 0));
    }
    "safeTransferFrom > when called by an operator on behalf of the holder > when operator is not approved by holder"
        => refuses_an_operator_who_was_not_allowed {
        let (mut chain, vouchers) = two_kinds(0);
        let outcome = chain.from(bob()).call(vouchers.transfer_from(1, alice(), charlie(), 1));
        outcome.expect_error(Error::InsufficientAllowance);
    }
    "safeTransferFrom > when called by an operator on behalf of the holder > when operator is approved by holder"
        => leaves_the_operators_units_alone {
        let (mut chain, vouchers) = two_kinds(10);
        chain.from(alice()).call(vouchers.transfer(1, bob(), 20)).expect_ok();
        chain.from(bob()).call(vouchers.transfer_from(1, alice(), charlie(), 10)).expect_ok();
        assert_eq!((units(&chain, vouchers, 1, bob()), units(&chain, vouchers, 1, charlie())), (20, 10));
        assert_eq!(chain.query(vouchers.allowance(1, alice(), bob())), Ok(0));
    }
    "safeTransferFrom > when sending to a valid receiver" => credits_an_instance_like_anybody {
        let (mut chain, vouchers) = issued(coffee());
        let outcome = chain.from(alice()).call(vouchers.transfer(1, vouchers.address(), 40));
        assert_eq!(outcome.emitted().len(), 1);
        assert_eq!(units(&chain, vouchers, 1, vouchers.address()), 40);
    }
    "safeBatchTransferFrom > reverts when transferring value more than any of balances"
        => refuses_a_batch_of_which_one_is_too_much {
        let (mut chain, vouchers) = two_kinds(0);
        let outcome = chain.from(alice()).call(vouchers.transfer_batch(vec![(1, bob(), 1), (2, bob(), 61)]));
        outcome.expect_error(Error::InsufficientUnits);
        assert_eq!(balances(&chain, vouchers, &[(1, bob()), (1, alice()), (2, alice())]), [0, UNITS, 60]);
    }
    "safeBatchTransferFrom > reverts when transferring to zero address" => refuses_a_batch_to_nobody {
        let (mut chain, vouchers) = two_kinds(0);
        let outcome = chain.from(alice()).call(vouchers.transfer_batch(vec![(1, bob(), 1), (2, Address::ZERO, 1)]));
        outcome.expect_error(Error::ZeroAddress);
    }
    "safeBatchTransferFrom > [batchTransferWasSuccessful] > debits transferred balances from sender"
        => debits_a_batch {
        let (chain, vouchers, _) = after_batch();
        assert_eq!(balances(&chain, vouchers, &[(1, alice()), (2, alice())]), [70, 0]);
    }
    "safeBatchTransferFrom > [batchTransferWasSuccessful] > credits transferred balances to receiver"
        => credits_a_batch {
        let (chain, vouchers, _) = after_batch();
        assert_eq!(balances(&chain, vouchers, &[(1, charlie()), (2, charlie())]), [30, 60]);
    }
    "safeBatchTransferFrom > [batchTransferWasSuccessful] > emits a TransferBatch log" => tells_each_part_of_a_batch {
        let (_, _, outcome) = after_batch();
        for (kind, to, units) in batch() {
            assert!(outcome.has(&Transfer { kind, from: Some(alice()), to: Some(to), units }));
        }
        assert_eq!(outcome.emitted().len(), 2);
    }
    // Who was allowed to take makes a transfer for each part.
    "safeBatchTransferFrom > when called by an operator on behalf of the holder > when operator is not approved"
        => allows_each_kind_apart {
        let (mut chain, vouchers) = two_kinds(UNLIMITED);
        let outcome = chain.from(bob()).call(vouchers.transfer_from(2, alice(), charlie(), 1));
        outcome.expect_error(Error::InsufficientAllowance);
    }
    "safeBatchTransferFrom > when called by an operator on behalf of the holder > when operator is approved"
        => leaves_the_operators_units_alone_for_each_kind {
        let (mut chain, vouchers) = two_kinds(10);
        chain.from(alice()).call(vouchers.approve(2, bob(), 0, 10, None)).expect_ok();
        chain.from(alice()).call(vouchers.transfer_batch(vec![(1, bob(), 3), (2, bob(), 4)])).expect_ok();
        for kind in 1..=2 {
            chain.from(bob()).call(vouchers.transfer_from(kind, alice(), dave(), 10)).expect_ok();
        }
        assert_eq!(balances(&chain, vouchers, &[(1, bob()), (2, bob()), (1, dave()), (2, dave())]), [3, 4, 10, 10]);
    }
    "before mint > exist" => knows_no_kind_before_it_is_issued {
        let (chain, vouchers) = chain();
        let failure = chain.query(vouchers.total_units(1)).expect_err("there is none");
        assert_eq!((failure.module_error(), chain.query(vouchers.kind_count())), (Some(Error::UnknownKind), Ok(0)));
    }
    "before mint > totalSupply" => counts_nothing_before_minting {
        let (chain, vouchers) = issued(mintable());
        assert_eq!(total(&chain, vouchers, 1), 0);
    }
    "after mint > single > exist" => knows_a_kind_from_its_issue_on {
        let (chain, vouchers) = issued(mintable());
        assert_eq!((chain.query(vouchers.kind_count()), chain.query(vouchers.info(1)).is_ok()), (Ok(1), true));
    }
    "after mint > single > totalSupply" => counts_what_was_minted {
        let (chain, vouchers) = minted();
        assert_eq!(total(&chain, vouchers, 1), UNITS);
    }
    "after mint > batch > exist" => knows_each_kind {
        let (chain, vouchers) = minted();
        assert_eq!(chain.query(vouchers.kind_count()), Ok(2));
    }
    "after mint > batch > totalSupply" => counts_each_kind_apart {
        let (chain, vouchers) = minted();
        assert_eq!((total(&chain, vouchers, 1), total(&chain, vouchers, 2)), (UNITS, 60));
    }
    // There a kind ceases to exist with its last unit. Here it was issued, with its rules, and stays.
    "after burn > single > exist" => keeps_a_kind_without_units {
        let (chain, vouchers) = burnt();
        assert!(chain.query(vouchers.info(1)).is_ok());
    }
    "after burn > single > totalSupply" => counts_what_was_burnt_no_more {
        let (chain, vouchers) = burnt();
        assert_eq!(total(&chain, vouchers, 1), 0);
    }
    "after burn > batch > exist" => keeps_each_kind_without_units {
        let (chain, vouchers) = burnt();
        assert_eq!(chain.query(vouchers.kind_count()), Ok(2));
    }
    "after burn > batch > totalSupply" => counts_what_was_burnt_of_each_kind_no_more {
        let (chain, vouchers) = burnt();
        assert_eq!((total(&chain, vouchers, 1), total(&chain, vouchers, 2)), (0, 0));
    }
    "other > supply unaffected by no-op" => counts_the_same_after_transfers_of_nothing {
        let (mut chain, vouchers) = minted();
        let entries = chain.stored_entries(vouchers.address());
        chain.from(charlie()).call(vouchers.transfer(1, dave(), 0)).expect_ok();
        chain.from(charlie()).call(vouchers.transfer_from(1, bob(), dave(), 0)).expect_ok();
        chain.from(charlie()).call(vouchers.burn(1, 0)).expect_ok();
        chain.from(bob()).call(vouchers.transfer(1, bob(), UNITS)).expect_ok();
        assert_eq!((total(&chain, vouchers, 1), units(&chain, vouchers, 1, bob())), (UNITS, UNITS));
        assert_eq!(chain.stored_entries(vouchers.address()), entries);
    }
}
