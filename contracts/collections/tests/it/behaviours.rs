//! The behaviours that OpenZeppelin's suite names for ERC-721, its listing and its metadata: each with a test here, or
//! with a reason why there is nothing to test. The names are in `tests/vectors/oz_behaviours.json`.

use crate::{created, mint, owner, plain};
use collections::{Approval, CollectionsRef, Error, ItemInfo, NewCollection, OperatorSet, Supply, Transfer};
use tenon_contract::Address;
use tenon_testkit::{Outcome, TestChain, alice, bob, charlie, dave, eve};

pub(crate) const CASES: &str = include_str!("../../../../tests/vectors/oz_behaviours.json");
const SUITE: &str = "test/token/ERC721/ERC721.behavior.js";
/// The suite's two items, and one that is never issued.
const FIRST: u64 = 5_042;
const SECOND: u64 = 79_217;
const MISSING: u64 = 4_242;

/// Parts of names of which nothing exists here, and why.
const REASONS: [(&str, &str); 6] = [
    ("to a valid receiver contract", "a receiver is not called: it could refuse, or act on a state that is half done"),
    ("via ${fnName}", "a receiver is not called, so that nothing that it does can hold a transfer up"),
    ("safe mint", "a receiver is not called: `mint` is the only way to issue"),
    ("is not authorized for the token id > does not revert", "an internal function without checks is not exported"),
    ("function exists", "the typed client of these tests has the functions, or they would not compile"),
    (
        "setApprovalForAll > when the owner is address zero",
        "the owner is the caller, and the zero address calls nothing",
    ),
];

macro_rules! behaviours {
    ($($name:literal => $test:ident $body:block)*) => {
        $(#[test] fn $test() $body)*

        #[test]
        fn every_named_behaviour_has_a_test_or_a_reason() {
            let covered = [$($name),*];
            let all: serde_json::Value = serde_json::from_str(CASES).expect("the vectors are JSON");
            let cases = all["case_names"][SUITE].as_array().expect("the suite is listed");
            assert_eq!(cases.len(), 84);
            for case in cases {
                let case = case.as_str().expect("a name");
                let tested = covered.iter().any(|name| case.ends_with(name));
                let reasoned = REASONS.iter().any(|(part, _)| case.contains(part));
                assert!(tested != reasoned, "one of a test and a reason, found {tested} and {reasoned}: {case}");
            }
            for name in covered {
                let used = cases.iter().any(|case| case.as_str().is_some_and(|case| case.ends_with(name)));
                assert!(used, "no such name: {name}");
            }
            for (part, _) in REASONS {
                let used = cases.iter().any(|case| case.as_str().is_some_and(|case| case.contains(part)));
                assert!(used, "no name has this part: {part}");
            }
        }
    };
}

/// Alice has both items, Bob is approved for the first, Charlie is Alice's operator.
fn two_items() -> (TestChain, CollectionsRef) {
    let (mut chain, items) = created(plain());
    for item in [FIRST, SECOND] {
        let minted = chain.from(alice()).call(items.mint(1, alice(), Some(item), None, None));
        assert_eq!(minted.expect_ok(), item);
    }
    chain.from(alice()).call(items.approve(1, FIRST, Some(bob()))).expect_ok();
    chain.from(alice()).call(items.set_operator(Some(1), charlie(), true)).expect_ok();
    (chain, items)
}

/// Sends Alice's first item in each way that may move it, and looks at each.
fn each_way(to: Address, check: impl Fn(&TestChain, CollectionsRef, &Outcome<()>)) {
    for way in 0..4 {
        let (mut chain, items) = two_items();
        let outcome = match way {
            0 => chain.from(alice()).call(items.transfer(1, FIRST, to)),
            1 => chain.from(alice()).call(items.transfer_from(1, FIRST, alice(), to)),
            2 => chain.from(bob()).call(items.transfer_from(1, FIRST, alice(), to)),
            _ => chain.from(charlie()).call(items.transfer_from(1, FIRST, alice(), to)),
        };
        assert!(outcome.result.is_ok(), "way {way}: {:?}", outcome.result);
        check(&chain, items, &outcome);
    }
}

fn info(chain: &TestChain, items: CollectionsRef, item: u64) -> ItemInfo {
    chain.query(items.item(1, item)).expect("the item exists")
}

fn balance(chain: &TestChain, items: CollectionsRef, who: Address) -> u64 {
    chain.query(items.balance_of(1, who)).expect("a query without errors")
}

fn list(chain: &TestChain, items: CollectionsRef, who: Address) -> Vec<u64> {
    chain.query(items.items_of(1, who, None, None)).expect("a query without errors")
}

fn all(chain: &TestChain, items: CollectionsRef) -> Vec<u64> {
    let page = chain.query(items.items(1, None, None)).expect("a query without errors");
    page.into_iter().map(|(item, _)| item).collect()
}

fn unknown(chain: &TestChain, items: CollectionsRef, item: u64) {
    let failure = chain.query(items.item(1, item)).expect_err("there is none");
    assert_eq!(failure.module_error(), Some(Error::UnknownItem));
}

fn operator(chain: &TestChain, items: CollectionsRef, who: Address) -> bool {
    chain.query(items.is_operator(1, alice(), who)).expect("a query without errors")
}

/// Alice sets Dave as operator, who was `before`.
fn sets_operator(before: Option<bool>) {
    let (mut chain, items) = two_items();
    if let Some(before) = before {
        chain.from(alice()).call(items.set_operator(Some(1), dave(), before)).expect_ok();
        assert_eq!(operator(&chain, items, dave()), before);
    }
    let outcome = chain.from(alice()).call(items.set_operator(Some(1), dave(), true));
    let event = OperatorSet { owner: alice(), operator: dave(), collection: Some(1), allowed: true };
    assert!(outcome.has(&event) && outcome.emitted().len() == 1);
    assert!(operator(&chain, items, dave()));
    chain.from(dave()).call(items.transfer_from(1, SECOND, alice(), eve())).expect_ok();
}

behaviours! {
    "returns the amount of tokens owned by the given address" => counts_what_somebody_has {
        let (chain, items) = two_items();
        assert_eq!(balance(&chain, items, alice()), 2);
    }
    "when the given address does not own any tokens > returns 0" => counts_nothing_as_zero {
        let (chain, items) = two_items();
        assert_eq!(balance(&chain, items, dave()), 0);
    }
    // There it fails; here it is answered: nobody has nothing.
    "when querying the zero address > throws" => counts_nothing_for_nobody {
        let (chain, items) = two_items();
        assert_eq!(balance(&chain, items, Address::ZERO), 0);
        assert!(list(&chain, items, Address::ZERO).is_empty());
    }
    "returns the owner of the given token ID" => states_the_owner {
        let (chain, items) = two_items();
        assert_eq!((owner(&chain, items, FIRST), owner(&chain, items, SECOND)), (Some(alice()), Some(alice())));
    }
    // There it fails; here `owner_of` answers nobody and `item` fails.
    "when the given token ID was not tracked by this token > reverts" => states_no_owner_of_what_was_not_issued {
        let (chain, items) = two_items();
        assert_eq!(owner(&chain, items, MISSING), None);
        unknown(&chain, items, MISSING);
    }
    "transfers the ownership of the given token ID to the given address" => hands_the_ownership_over {
        each_way(dave(), |chain, items, _| assert_eq!(owner(chain, items, FIRST), Some(dave())));
    }
    "transfers > emits a Transfer event" => tells_a_transfer {
        each_way(dave(), |_, _, outcome| {
            let event = Transfer { collection: 1, from: Some(alice()), to: Some(dave()), item: FIRST };
            assert!(outcome.has(&event));
        });
    }
    "transfers > clears the approval for the token ID with no event" => ends_the_approval_without_an_event {
        each_way(dave(), |chain, items, outcome| {
            assert_eq!(info(chain, items, FIRST).approved, None);
            assert_eq!((outcome.emitted().len(), outcome.count_of::<Approval>()), (1, 0));
        });
    }
    "transfers > adjusts owners balances" => moves_one_from_count_to_count {
        each_way(dave(), |chain, items, _| {
            assert_eq!((balance(chain, items, alice()), balance(chain, items, dave())), (1, 1));
        });
    }
    "transfers > adjusts owners tokens by index" => moves_an_item_from_list_to_list {
        each_way(dave(), |chain, items, _| {
            assert_eq!((list(chain, items, alice()), list(chain, items, dave())), (vec![SECOND], vec![FIRST]));
        });
    }
    "when sent to the owner > keeps ownership of the token" => stays_with_an_owner_who_sends_to_themselves {
        each_way(alice(), |chain, items, _| assert_eq!(owner(chain, items, FIRST), Some(alice())));
    }
    "when sent to the owner > clears the approval for the token ID" => ends_the_approval_when_sent_to_the_owner {
        each_way(alice(), |chain, items, _| assert_eq!(info(chain, items, FIRST).approved, None));
    }
    "when sent to the owner > emits only a transfer event" => tells_a_transfer_to_the_owner {
        each_way(alice(), |_, _, outcome| {
            let event = Transfer { collection: 1, from: Some(alice()), to: Some(alice()), item: FIRST };
            assert!(outcome.has(&event) && outcome.emitted().len() == 1);
        });
    }
    "when sent to the owner > keeps the owner balance" => keeps_the_count_when_sent_to_the_owner {
        each_way(alice(), |chain, items, _| assert_eq!(balance(chain, items, alice()), 2));
    }
    "when sent to the owner > keeps same tokens by index" => keeps_the_list_when_sent_to_the_owner {
        each_way(alice(), |chain, items, _| assert_eq!(list(chain, items, alice()), [FIRST, SECOND]));
    }
    "when the address of the previous owner is incorrect > reverts" => refuses_to_take_from_whom_does_not_own_it {
        let (mut chain, items) = two_items();
        for who in [alice(), bob(), charlie()] {
            let outcome = chain.from(who).call(items.transfer_from(1, FIRST, eve(), dave()));
            outcome.expect_error(Error::NotItemOwner);
        }
    }
    "when the sender is not authorized for the token id > reverts" => refuses_whom_nobody_approved {
        let (mut chain, items) = two_items();
        chain.from(eve()).call(items.transfer_from(1, FIRST, alice(), eve())).expect_error(Error::NotApproved);
        chain.from(eve()).call(items.transfer(1, FIRST, eve())).expect_error(Error::NotItemOwner);
        // Bob is approved for the first item alone, and moves it as Alice's, not as his own.
        chain.from(bob()).call(items.transfer_from(1, SECOND, alice(), bob())).expect_error(Error::NotApproved);
        chain.from(bob()).call(items.transfer(1, FIRST, bob())).expect_error(Error::NotItemOwner);
        assert_eq!(balance(&chain, items, alice()), 2);
    }
    "transfers > when the given token ID does not exist > reverts" => refuses_to_move_what_was_not_issued {
        let (mut chain, items) = two_items();
        for who in [alice(), bob(), charlie()] {
            let outcome = chain.from(who).call(items.transfer_from(1, MISSING, alice(), dave()));
            outcome.expect_error(Error::UnknownItem);
        }
        chain.from(alice()).call(items.transfer(1, MISSING, dave())).expect_error(Error::UnknownItem);
    }
    "when the address to transfer the token to is the zero address > reverts" => refuses_a_transfer_to_nobody {
        let (mut chain, items) = two_items();
        let zero = Address::ZERO;
        chain.from(alice()).call(items.transfer(1, FIRST, zero)).expect_error(Error::ZeroAddress);
        for who in [alice(), bob(), charlie()] {
            let outcome = chain.from(who).call(items.transfer_from(1, FIRST, alice(), zero));
            outcome.expect_error(Error::ZeroAddress);
        }
    }
    "approve > clears approval for the token" => ends_an_approval {
        let (mut chain, items) = two_items();
        let outcome = chain.from(alice()).call(items.approve(1, FIRST, None));
        assert!(outcome.has(&Approval { collection: 1, owner: alice(), spender: None, item: FIRST }));
        assert_eq!(info(&chain, items, FIRST).approved, None);
        chain.from(bob()).call(items.transfer_from(1, FIRST, alice(), bob())).expect_error(Error::NotApproved);
    }
    "approve > sets the approval for the target address" => approves {
        for before in [None, Some(bob()), Some(dave())] {
            let (mut chain, items) = two_items();
            chain.from(alice()).call(items.approve(1, FIRST, before)).expect_ok();
            chain.from(alice()).call(items.approve(1, FIRST, Some(dave()))).expect_ok();
            assert_eq!(info(&chain, items, FIRST).approved, Some(dave()));
            let bobs = chain.from(bob()).call(items.transfer_from(1, FIRST, alice(), bob()));
            bobs.expect_error(Error::NotApproved);
            chain.from(dave()).call(items.transfer_from(1, FIRST, alice(), dave())).expect_ok();
        }
    }
    "approve > emits an approval event" => tells_an_approval_by_owner_or_operator {
        for who in [alice(), charlie()] {
            let (mut chain, items) = two_items();
            let outcome = chain.from(who).call(items.approve(1, SECOND, Some(dave())));
            let event = Approval { collection: 1, owner: alice(), spender: Some(dave()), item: SECOND };
            assert!(outcome.has(&event) && outcome.emitted().len() == 1);
        }
    }
    "approve > when the sender does not own the given token ID > reverts" => refuses_approvals_by_others {
        let (mut chain, items) = two_items();
        chain.from(eve()).call(items.approve(1, FIRST, Some(eve()))).expect_error(Error::NotApproved);
    }
    "approve > when the sender is approved for the given token ID > reverts" => refuses_approvals_by_the_approved {
        let (mut chain, items) = two_items();
        chain.from(bob()).call(items.approve(1, FIRST, Some(eve()))).expect_error(Error::NotApproved);
    }
    "approve > when the given token ID does not exist > reverts" => refuses_to_approve_what_was_not_issued {
        let (mut chain, items) = two_items();
        chain.from(alice()).call(items.approve(1, MISSING, Some(bob()))).expect_error(Error::UnknownItem);
    }
    "when there is no operator approval set by the sender > approves the operator" => sets_a_first_operator {
        sets_operator(None);
    }
    "when there is no operator approval set by the sender > emits an approval event" => tells_a_first_operator {
        sets_operator(None);
    }
    "when the operator was set as not approved > approves the operator" => sets_an_operator_again {
        sets_operator(Some(false));
    }
    "when the operator was set as not approved > emits an approval event" => tells_an_operator_again {
        sets_operator(Some(false));
    }
    "when the operator was set as not approved > can unset the operator approval" => ends_an_operator {
        let (mut chain, items) = two_items();
        let entries = chain.stored_entries(items.address());
        chain.from(alice()).call(items.set_operator(Some(1), dave(), false)).expect_ok();
        chain.from(alice()).call(items.set_operator(Some(1), dave(), true)).expect_ok();
        let outcome = chain.from(alice()).call(items.set_operator(Some(1), dave(), false));
        let event = OperatorSet { owner: alice(), operator: dave(), collection: Some(1), allowed: false };
        assert!(outcome.has(&event) && !operator(&chain, items, dave()));
        chain.from(dave()).call(items.transfer_from(1, FIRST, alice(), dave())).expect_error(Error::NotApproved);
        assert_eq!(chain.stored_entries(items.address()), entries, "an ended right is not stored");
    }
    "when the operator was already approved > keeps the approval to the given address" => keeps_an_operator {
        sets_operator(Some(true));
    }
    "when the operator was already approved > emits an approval event" => tells_an_operator_that_was_one {
        sets_operator(Some(true));
    }
    "when the operator is address zero > reverts" => refuses_nobody_as_operator {
        let (mut chain, items) = two_items();
        for collection in [Some(1), None] {
            let outcome = chain.from(alice()).call(items.set_operator(collection, Address::ZERO, true));
            outcome.expect_error(Error::ZeroAddress);
        }
    }
    "getApproved > when token is not minted > reverts" => knows_no_approval_for_what_was_not_issued {
        let (chain, items) = two_items();
        unknown(&chain, items, MISSING);
        assert_eq!(chain.query(items.can_move(1, MISSING, alice())), Ok(false));
    }
    "should return the zero address" => states_that_nobody_is_approved {
        let (chain, items) = two_items();
        assert_eq!(info(&chain, items, SECOND).approved, None);
    }
    "when account has been approved > returns approved account" => states_who_is_approved {
        let (chain, items) = two_items();
        assert_eq!(info(&chain, items, FIRST).approved, Some(bob()));
        let may = |who| chain.query(items.can_move(1, FIRST, who)).expect("a query without errors");
        assert_eq!([alice(), bob(), charlie(), dave()].map(may), [true, true, true, false]);
    }
    "_mint(address, uint256) > reverts with a null destination address" => refuses_to_issue_to_nobody {
        let (mut chain, items) = two_items();
        chain.from(alice()).call(mint(items, Address::ZERO)).expect_error(Error::ZeroAddress);
        assert_eq!(all(&chain, items), [FIRST, SECOND]);
    }
    "_mint(address, uint256) > with minted token > emits a Transfer event" => tells_an_issue {
        let (mut chain, items) = created(plain());
        let outcome = chain.from(alice()).call(items.mint(1, bob(), Some(FIRST), None, None));
        assert!(outcome.has(&Transfer { collection: 1, from: None, to: Some(bob()), item: FIRST }));
        assert_eq!(outcome.emitted().len(), 1);
    }
    "with minted token > creates the token" => issues_an_item {
        let (mut chain, items) = created(plain());
        chain.from(alice()).call(items.mint(1, bob(), Some(FIRST), None, None)).expect_ok();
        assert_eq!((balance(&chain, items, bob()), owner(&chain, items, FIRST)), (1, Some(bob())));
    }
    "with minted token > reverts when adding a token id that already exists" => refuses_to_issue_an_id_twice {
        let (mut chain, items) = two_items();
        for item in [FIRST, SECOND] {
            let outcome = chain.from(alice()).call(items.mint(1, bob(), Some(item), None, None));
            outcome.expect_error(Error::IdUsed);
        }
    }
    "_burn > reverts when burning a non-existent token id" => refuses_to_burn_what_was_not_issued {
        let (mut chain, items) = two_items();
        chain.from(alice()).call(items.burn(1, MISSING)).expect_error(Error::UnknownItem);
    }
    "with burnt token > emits a Transfer event" => tells_a_burn {
        for who in [alice(), bob(), charlie()] {
            let (mut chain, items) = two_items();
            let outcome = chain.from(who).call(items.burn(1, FIRST));
            assert!(outcome.has(&Transfer { collection: 1, from: Some(alice()), to: None, item: FIRST }));
            assert_eq!(outcome.emitted().len(), 1);
        }
    }
    "with burnt token > deletes the token" => burns {
        let (mut chain, items) = two_items();
        chain.from(alice()).call(items.burn(1, FIRST)).expect_ok();
        assert_eq!((balance(&chain, items, alice()), owner(&chain, items, FIRST)), (1, None));
        unknown(&chain, items, FIRST);
    }
    "with burnt token > reverts when burning a token id that has been deleted" => refuses_to_burn_twice {
        let (mut chain, items) = two_items();
        chain.from(alice()).call(items.burn(1, FIRST)).expect_ok();
        chain.from(alice()).call(items.burn(1, FIRST)).expect_error(Error::UnknownItem);
    }
    "totalSupply > returns total token supply" => states_how_many_items_there_are {
        let (chain, items) = two_items();
        assert_eq!(chain.query(items.supply(1)), Ok(Supply { items: 2, highest: SECOND }));
    }
    "returns the token ID placed at the given index" => lists_what_somebody_has_in_order {
        let (chain, items) = two_items();
        assert_eq!(chain.query(items.items_of(1, alice(), None, Some(1))), Ok(vec![FIRST]));
        assert_eq!(chain.query(items.items_of(1, alice(), Some(FIRST), Some(1))), Ok(vec![SECOND]));
    }
    // There it fails; here a page beyond the end is empty.
    "when the index is greater than or equal to the total tokens owned by the given address > reverts"
        => lists_nothing_beyond_the_end {
        let (chain, items) = two_items();
        assert_eq!(chain.query(items.items_of(1, alice(), Some(SECOND), None)), Ok(vec![]));
    }
    "when the given address does not own any token > reverts" => lists_nothing_of_whom_has_nothing {
        let (chain, items) = two_items();
        assert!(list(&chain, items, dave()).is_empty());
    }
    "returns correct token IDs for target" => lists_all_for_who_received_all {
        let (mut chain, items) = two_items();
        for item in [SECOND, FIRST] {
            chain.from(alice()).call(items.transfer(1, item, dave())).expect_ok();
        }
        assert_eq!(list(&chain, items, dave()), [FIRST, SECOND]);
    }
    "returns empty collection for original owner" => lists_nothing_for_who_sent_all {
        let (mut chain, items) = two_items();
        for item in [FIRST, SECOND] {
            chain.from(alice()).call(items.transfer(1, item, dave())).expect_ok();
        }
        assert_eq!((list(&chain, items, alice()), balance(&chain, items, alice())), (vec![], 0));
    }
    "tokenByIndex > returns all tokens" => lists_all_items {
        let (chain, items) = two_items();
        assert_eq!(all(&chain, items), [FIRST, SECOND]);
    }
    "reverts if index is greater than supply" => lists_nothing_beyond_the_last_item {
        let (chain, items) = two_items();
        assert_eq!(chain.query(items.items(1, Some(SECOND), None)), Ok(vec![]));
    }
    "returns all tokens after burning token ${tokenId} and minting new tokens" => lists_all_after_burns_and_issues {
        for burnt in [FIRST, SECOND] {
            let (mut chain, items) = two_items();
            chain.from(alice()).call(items.burn(1, burnt)).expect_ok();
            let new = [SECOND + 1, SECOND + 300].map(|item| {
                chain.from(alice()).call(items.mint(1, dave(), Some(item), None, None)).expect_ok()
            });
            let left = FIRST + SECOND - burnt;
            assert_eq!(all(&chain, items), [left, new[0], new[1]]);
        }
    }
    "with minted token > adjusts owner tokens by index" => lists_an_issued_item_with_its_owner {
        let (mut chain, items) = created(plain());
        chain.from(alice()).call(items.mint(1, bob(), Some(FIRST), None, None)).expect_ok();
        assert_eq!(list(&chain, items, bob()), [FIRST]);
    }
    "with minted token > adjusts all tokens list" => lists_an_issued_item {
        let (mut chain, items) = created(plain());
        chain.from(alice()).call(items.mint(1, bob(), Some(FIRST), None, None)).expect_ok();
        assert_eq!(chain.query(items.items(1, None, None)), Ok(vec![(FIRST, bob())]));
    }
    "removes that token from the token list of the owner" => lists_a_burnt_item_with_nobody {
        let (mut chain, items) = two_items();
        chain.from(alice()).call(items.burn(1, FIRST)).expect_ok();
        assert_eq!(list(&chain, items, alice()), [SECOND]);
    }
    "with burnt token > adjusts all tokens list" => lists_a_burnt_item_no_more {
        let (mut chain, items) = two_items();
        chain.from(alice()).call(items.burn(1, FIRST)).expect_ok();
        assert_eq!(all(&chain, items), [SECOND]);
    }
    "with burnt token > burns all tokens" => burns_all_items {
        let (mut chain, items) = created(plain());
        let entries = chain.stored_entries(items.address());
        for _ in 0..2 {
            mint_one(&mut chain, items);
        }
        for item in [1, 2] {
            chain.from(alice()).call(items.burn(1, item)).expect_ok();
        }
        assert_eq!(chain.query(items.supply(1)), Ok(Supply { items: 0, highest: 2 }));
        assert_eq!(chain.stored_entries(items.address()), entries + 1, "the count of ids alone remains");
    }
    "metadata > has a name" => has_a_name {
        let (chain, items) = two_items();
        assert_eq!(chain.query(items.info(1)).expect("it exists").name, "Paintings");
    }
    "metadata > has a symbol" => has_a_symbol {
        let (chain, items) = two_items();
        assert_eq!(chain.query(items.info(1)).expect("it exists").symbol, "ART");
    }
    "token URI > return empty string by default" => has_no_uri_by_default {
        let (chain, items) = two_items();
        assert_eq!(info(&chain, items, FIRST).uri, "");
    }
    "token URI > reverts when queried for non existent token id" => has_no_uri_for_what_was_not_issued {
        let (chain, items) = two_items();
        unknown(&chain, items, MISSING);
    }
}

fn mint_one(chain: &mut TestChain, items: CollectionsRef) {
    let call = items.mint(1, alice(), None, Some(crate::hash(1)), Some("ipfs://one".into()));
    chain.from(alice()).call(call).expect_ok();
}

#[test]
fn joins_the_uris_of_collection_and_item() {
    let cases =
        [(None, None, ""), (None, Some("a/7"), "a/7"), (Some("x:/"), None, "x:/1"), (Some("x:/"), Some("a"), "x:/a")];
    for (base, own, expected) in cases {
        let new = NewCollection { base_uri: base.map(String::from), ..plain() };
        let (mut chain, items) = created(new);
        chain.from(alice()).call(items.mint(1, alice(), None, None, own.map(String::from))).expect_ok();
        assert_eq!(info(&chain, items, 1).uri, expected);
    }
}
