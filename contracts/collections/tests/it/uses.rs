//! The use of an item apart from owning it: granted until a time, kept by its user, ended without a transaction.

use crate::{issued, owner};
use collections::{Approval, CollectionsRef, Error, MAX_USE_MS, UseChanged, UseRight};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Alice has granted Bob the use of her item for a day, until the time that is returned.
fn granted(transferable: bool) -> (TestChain, CollectionsRef, u64) {
    let (mut chain, items) = issued();
    let until_ms = chain.time_ms() + DAY_MS;
    chain.from(alice()).call(items.grant_use(1, 1, bob(), until_ms, Some(transferable))).expect_ok();
    (chain, items, until_ms)
}

fn user(chain: &TestChain, items: CollectionsRef) -> Option<Address> {
    chain.query(items.user_of(1, 1)).expect("a query without errors")
}

#[test]
fn separates_the_use_from_owning() {
    let (mut chain, items) = issued();
    assert_eq!(user(&chain, items), Some(alice()));
    let until_ms = chain.time_ms() + DAY_MS;
    let outcome = chain.from(alice()).call(items.grant_use(1, 1, bob(), until_ms, None));
    assert!(outcome.has(&UseChanged { collection: 1, item: 1, user: Some(bob()), until_ms }));
    assert_eq!((user(&chain, items), owner(&chain, items, 1)), (Some(bob()), Some(alice())));
    let right = UseRight { user: bob(), until_ms, transferable: false };
    assert_eq!(chain.query(items.use_of(1, 1)), Ok(Some(right.clone())));
    assert_eq!(chain.query(items.item(1, 1)).expect("it exists").use_right, Some(right));
    chain.from(bob()).call(items.transfer(1, 1, bob())).expect_error(Error::NotItemOwner);
    chain.from(bob()).call(items.burn(1, 1)).expect_error(Error::NotApproved);
}

#[test]
fn returns_the_use_at_its_end_without_a_transaction() {
    let (mut chain, items, until_ms) = granted(false);
    for (late_ms, expected) in [(-1, bob()), (0, alice()), (1, alice())] {
        chain.set_time_ms(until_ms.checked_add_signed(late_ms).expect("in range"));
        assert_eq!(user(&chain, items), Some(expected), "{late_ms}");
        assert_eq!(chain.query(items.use_of(1, 1)).expect("a query").is_some(), expected == bob());
    }
}

#[test]
fn lets_no_owner_cut_a_use_short() {
    let (mut chain, items, until_ms) = granted(false);
    chain.from(alice()).call(items.set_operator(None, dave(), true)).expect_ok();
    chain.from(alice()).call(items.approve(1, 1, Some(charlie()))).expect_ok();
    for who in [alice(), charlie(), dave()] {
        for (user, until_ms) in [(alice(), until_ms - 1), (bob(), chain.time_ms() + 5_000), (bob(), until_ms + 1)] {
            chain.from(who).call(items.grant_use(1, 1, user, until_ms, None)).expect_error(Error::InUse);
        }
        chain.from(who).call(items.give_back_use(1, 1)).expect_error(Error::NotUser);
        chain.from(who).call(items.pass_use(1, 1, who)).expect_error(Error::NotUser);
        chain.from(who).call(items.burn(1, 1)).expect_error(Error::InUse);
    }
    assert_eq!(chain.query(items.use_of(1, 1)).expect("a query").map(|right| right.until_ms), Some(until_ms));
}

#[test]
fn keeps_a_running_use_when_the_item_is_sold() {
    let (mut chain, items, until_ms) = granted(false);
    chain.from(alice()).call(items.transfer(1, 1, charlie())).expect_ok();
    chain.from(charlie()).call(items.transfer(1, 1, dave())).expect_ok();
    assert_eq!((user(&chain, items), owner(&chain, items, 1)), (Some(bob()), Some(dave())));
    chain.from(dave()).call(items.grant_use(1, 1, eve(), until_ms, None)).expect_error(Error::InUse);
    chain.from(dave()).call(items.burn(1, 1)).expect_error(Error::InUse);
    chain.set_time_ms(until_ms);
    assert_eq!(user(&chain, items), Some(dave()));
    chain.from(dave()).call(items.grant_use(1, 1, eve(), until_ms + DAY_MS, None)).expect_ok();
    assert_eq!(user(&chain, items), Some(eve()));
}

#[test]
fn gives_the_use_back_early_by_its_user_alone() {
    let (mut chain, items, _) = granted(false);
    chain.from(eve()).call(items.give_back_use(1, 1)).expect_error(Error::NotUser);
    let now = chain.time_ms();
    let outcome = chain.from(bob()).call(items.give_back_use(1, 1));
    assert!(outcome.has(&UseChanged { collection: 1, item: 1, user: None, until_ms: now }));
    assert_eq!(user(&chain, items), Some(alice()));
    chain.from(bob()).call(items.give_back_use(1, 1)).expect_error(Error::NotUser);
    chain.from(alice()).call(items.burn(1, 1)).expect_ok();
}

#[test]
fn lets_anyone_clear_a_use_that_has_ended() {
    for (late_ms, cleared) in [(-1, false), (0, true), (1, true)] {
        let (mut chain, items, until_ms) = granted(false);
        let entries = chain.stored_entries(items.address());
        chain.set_time_ms(until_ms.checked_add_signed(late_ms).expect("in range"));
        let outcome = chain.from(eve()).call(items.give_back_use(1, 1));
        if cleared {
            outcome.expect_ok()
        } else {
            outcome.expect_error(Error::NotUser)
        }
        assert_eq!(chain.stored_entries(items.address()), entries - usize::from(cleared));
    }
}

#[test]
fn passes_a_use_on_only_if_it_was_granted_so() {
    let (mut chain, items, until_ms) = granted(false);
    chain.from(bob()).call(items.pass_use(1, 1, charlie())).expect_error(Error::UseNotTransferable);
    let (mut chain, items, _) = granted(true);
    chain.from(bob()).call(items.pass_use(1, 1, Address::ZERO)).expect_error(Error::ZeroAddress);
    let outcome = chain.from(bob()).call(items.pass_use(1, 1, charlie()));
    assert!(outcome.has(&UseChanged { collection: 1, item: 1, user: Some(charlie()), until_ms }));
    assert_eq!(user(&chain, items), Some(charlie()));
    chain.from(bob()).call(items.pass_use(1, 1, bob())).expect_error(Error::NotUser);
    chain.from(bob()).call(items.give_back_use(1, 1)).expect_error(Error::NotUser);
    chain.from(charlie()).call(items.pass_use(1, 1, dave())).expect_ok();
    assert_eq!((user(&chain, items), owner(&chain, items, 1)), (Some(dave()), Some(alice())));
}

#[test]
fn passes_nothing_on_after_the_end() {
    for (late_ms, passed) in [(-1, true), (0, false), (1, false)] {
        let (mut chain, items, until_ms) = granted(true);
        chain.set_time_ms(until_ms.checked_add_signed(late_ms).expect("in range"));
        let outcome = chain.from(bob()).call(items.pass_use(1, 1, charlie()));
        if passed { outcome.expect_ok() } else { outcome.expect_error(Error::NotUser) }
    }
}

#[test]
fn burns_an_item_only_when_nobody_has_its_use() {
    for (late_ms, burnt) in [(-1, false), (0, true), (1, true)] {
        let (mut chain, items, until_ms) = granted(false);
        chain.set_time_ms(until_ms.checked_add_signed(late_ms).expect("in range"));
        let outcome = chain.from(alice()).call(items.burn(1, 1));
        if burnt {
            outcome.expect_ok()
        } else {
            outcome.expect_error(Error::InUse)
        }
        // The block of the transaction that was refused was the last in which Bob had the use.
        assert_eq!(user(&chain, items), (!burnt).then(alice));
    }
}

#[test]
fn bounds_how_long_a_use_lasts() {
    type End = fn(u64) -> u64;
    let cases: [(End, Option<Error>); 8] = [
        (|_| 0, Some(Error::UseEndPassed)),
        (|now| now - 1, Some(Error::UseEndPassed)),
        (|now| now, Some(Error::UseEndPassed)),
        (|now| now + 1, None),
        (|now| now + MAX_USE_MS - 1, None),
        (|now| now + MAX_USE_MS, None),
        (|now| now + MAX_USE_MS + 1, Some(Error::UseTooLong)),
        (|_| u64::MAX, Some(Error::UseTooLong)),
    ];
    for (end, error) in cases {
        let (mut chain, items) = issued();
        let until_ms = end(chain.time_ms());
        let outcome = chain.from(alice()).call(items.grant_use(1, 1, bob(), until_ms, None));
        match error {
            Some(error) => outcome.expect_error(error),
            None => outcome.expect_ok(),
        }
    }
}

#[test]
fn grants_a_use_by_owner_operator_or_the_approved_alone() {
    let (mut chain, items) = issued();
    let until_ms = chain.time_ms() + DAY_MS;
    let grant = |user| items.grant_use(1, 1, user, until_ms, None);
    chain.from(eve()).call(grant(eve())).expect_error(Error::NotApproved);
    chain.from(alice()).call(grant(Address::ZERO)).expect_error(Error::ZeroAddress);
    chain.from(alice()).call(items.grant_use(1, 9, bob(), until_ms, None)).expect_error(Error::UnknownItem);
    chain.from(alice()).call(items.set_operator(Some(1), dave(), true)).expect_ok();
    chain.from(dave()).call(grant(bob())).expect_ok();
    chain.from(bob()).call(items.give_back_use(1, 1)).expect_ok();
    chain.from(alice()).call(items.approve(1, 1, Some(charlie()))).expect_ok();
    chain.from(charlie()).call(grant(bob())).expect_ok();
    assert_eq!(user(&chain, items), Some(bob()));
}

/// Who was approved to sell an item may count on what it is worth: a grant of its use ends the approval.
#[test]
fn ends_an_approval_when_the_use_is_granted() {
    let (mut chain, items) = issued();
    chain.from(alice()).call(items.approve(1, 1, Some(charlie()))).expect_ok();
    let until_ms = chain.time_ms() + DAY_MS;
    let outcome = chain.from(alice()).call(items.grant_use(1, 1, alice(), until_ms, None));
    assert!(outcome.has(&Approval { collection: 1, owner: alice(), spender: None, item: 1 }));
    let sale = chain.from(charlie()).call(items.transfer_from(1, 1, alice(), bob()));
    sale.expect_error(Error::NotApproved);
    assert_eq!(owner(&chain, items, 1), Some(alice()));
}
