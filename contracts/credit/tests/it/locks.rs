//! Locks of several and of hash and time, on value, credit and debt; and debts that come into standard form later.

use crate::{
    BOBS, DEBT_MS, HELD, SOURCE_1024, act, borrow, credits, debt, founded, grant, order, output, pay, sign, sources,
    step, value, village,
};
use credit::{
    CreditRef, Debt, Element, Error, HashTime, Layer, Lock, MAX_MEMBERS, NewNetwork, NewOutput, Several, Step,
};
use tenon_contract::{Address, Amount, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve};

const SECRET: &[u8] = b"a secret of thirty-two bytes....";

fn several(members: &[Address], threshold: u8) -> Lock {
    Lock::Several(Several { members: members.to_vec(), threshold })
}

/// Dave claims with the secret before the time, Bob gets it back from then on.
fn hash_time(refund_at_ms: u64) -> Lock {
    let hash = Hash::new(tenon_crypto::hash::sha2_256(SECRET));
    Lock::HashTime(HashTime { hash, claimant: dave(), refund: bob(), refund_at_ms })
}

#[test]
fn needs_as_many_members_as_the_lock_says() {
    let large = several(&[alice(), bob(), charlie()], 2);
    let new = NewNetwork { large_sources: Some(large), small_count: 4, ..village() };
    let (mut chain, credit) = founded(new);
    // Alice alone grants from the small sources, and not from the large ones.
    chain.from(alice()).call(pay(credit, &[4], &[credits(8, dave())])).expect_ok();
    let call = pay(credit, &[5], &[credits(16, dave())]);
    chain.from(alice()).call(call).expect_error(Error::NotAuthorised);
    let granted = step(Layer::Circulation, &[5, BOBS], &[credits(16, dave()), value(HELD, bob())]);
    let order = order(&chain, &[granted]);
    let [alices, bobs, daves] = ["Alice", "Bob", "Dave"].map(|who| sign(&chain, credit, who, &order));
    for few in [vec![bobs.clone()], vec![bobs.clone(), bobs.clone()], vec![bobs.clone(), daves]] {
        let outcome = chain.from(eve()).call(credit.submit(order.clone(), few, vec![], false));
        outcome.expect_error(Error::NotAuthorised);
    }
    chain.from(eve()).call(credit.submit(order, vec![alices, bobs], vec![], false)).expect_ok();
}

#[test]
fn refuses_locks_that_nobody_opens_or_that_count_one_twice() {
    let (mut chain, credit) = founded(village());
    let many: Vec<Address> =
        (1..=MAX_MEMBERS + 1).map(|number| Address::new([u8::try_from(number).expect("few"); 32])).collect();
    let hash_time = |claimant, refund| Lock::HashTime(HashTime { hash: Hash::ZERO, claimant, refund, refund_at_ms: 0 });
    let cases = [
        (several(&[], 0), Error::InvalidLock),
        // One alone is a key, which an expired debt binds.
        (several(&[bob()], 1), Error::InvalidLock),
        (several(&[bob(), alice()], 0), Error::InvalidLock),
        (several(&[bob(), alice()], 3), Error::InvalidLock),
        (several(&[bob(), alice(), bob()], 2), Error::InvalidLock),
        (several(&many, 1), Error::InvalidLock),
        (several(&[bob(), Address::ZERO], 1), Error::ZeroAddress),
        (Lock::Key(Address::ZERO), Error::ZeroAddress),
        (hash_time(Address::ZERO, bob()), Error::ZeroAddress),
        (hash_time(bob(), Address::ZERO), Error::ZeroAddress),
    ];
    for (lock, error) in cases {
        let made = NewOutput { element: Element::Value, amount: HELD, lock };
        chain.from(bob()).call(pay(credit, &[BOBS], &[made])).expect_error(error);
    }
    let most = NewOutput { element: Element::Value, amount: HELD, lock: several(&many[..MAX_MEMBERS], 16) };
    chain.from(bob()).call(pay(credit, &[BOBS], &[most])).expect_ok();
}

/// Puts value, credit or a debt of Bob's behind the lock.
fn locked(chain: &mut TestChain, credit: CreditRef, kind: u8, amount: Amount, refund_at_ms: u64) -> (u64, Element) {
    let lock = hash_time(refund_at_ms);
    let (inputs, element, rest) = match kind {
        0 => (vec![BOBS], Element::Value, vec![value(HELD - amount, bob())]),
        1 => (vec![grant(chain, credit, amount, bob())], Element::Credit, vec![]),
        _ => {
            let expires_at_ms = chain.time_ms() + 100 * DEBT_MS;
            let owed = Debt { debtor: bob(), expires_at_ms, renormaliser: Some(alice()) };
            (vec![grant(chain, credit, amount, bob())], Element::Debt(owed), vec![value(amount, bob())])
        }
    };
    let made = [&[NewOutput { element: element.clone(), amount, lock }][..], &rest].concat();
    (chain.from(bob()).call(pay(credit, &inputs, &made)).expect_ok()[0], element)
}

#[test]
fn opens_a_lock_of_hash_and_time_alike_for_value_credit_and_debt() {
    for kind in 0..3 {
        let (mut chain, credit) = founded(village());
        let end = chain.time_ms() + 1_000_000;
        let (id, element) = locked(&mut chain, credit, kind, 100, end);
        // A debt is taken over with value that covers it; the others are simply taken.
        let take = |chain: &mut TestChain, who: Address| -> Step {
            match element {
                Element::Value => step(Layer::Circulation, &[id], &[value(100, who)]),
                Element::Credit => step(Layer::Circulation, &[id], &[credits(100, who)]),
                Element::Debt(_) => {
                    let given = chain.from(alice()).call(pay(credit, &sources(100), &[credits(100, who)])).expect_ok();
                    let expires_at_ms = chain.time_ms() + DEBT_MS;
                    step(Layer::Circulation, &[id, given[0]], &[debt(100, who, expires_at_ms)])
                }
            }
        };
        let claim = take(&mut chain, dave());
        let back = take(&mut chain, bob());
        let act = |step: &Step, secret: Option<&[u8]>| {
            let Step { layer, inputs, outputs } = step.clone();
            credit.act(1, layer, inputs, outputs, secret.map(<[u8]>::to_vec))
        };
        chain.from(dave()).call(act(&claim, None)).expect_error(Error::NotAuthorised);
        chain.from(dave()).call(act(&claim, Some(b"another"))).expect_error(Error::NotAuthorised);
        chain.from(bob()).call(act(&back, Some(SECRET))).expect_error(Error::NotAuthorised);
        chain.set_time_ms(end - 1);
        chain.clone().from(bob()).call(act(&back, None)).expect_error(Error::NotAuthorised);
        chain.clone().from(dave()).call(act(&claim, Some(SECRET))).expect_ok();
        chain.set_time_ms(end);
        chain.clone().from(dave()).call(act(&claim, Some(SECRET))).expect_error(Error::NotAuthorised);
        chain.from(bob()).call(act(&back, None)).expect_ok();
    }
}

/// Bob and Charlie owe together what Bob answers for; Alice may bring it into standard form.
fn joint_debt() -> (TestChain, CreditRef, u64, u64) {
    let (mut chain, credit) = founded(village());
    let given = grant(&mut chain, credit, 100, bob());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let element = Element::Debt(Debt { debtor: bob(), expires_at_ms, renormaliser: Some(alice()) });
    let owed = NewOutput { element, amount: 100, lock: several(&[bob(), charlie()], 2) };
    let made = chain.from(bob()).call(pay(credit, &[given], &[owed, value(100, bob())])).expect_ok();
    (chain, credit, made[0], expires_at_ms)
}

#[test]
fn renormalises_a_debt_with_another_credit_alone() {
    for late in [false, true] {
        let (mut chain, credit, owed, expires_at_ms) = joint_debt();
        if late {
            chain.advance_ms(DEBT_MS);
        }
        // As long as it is in another form no penalty reaches its debtor, though it is a bad debt.
        assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(false));
        let bad = chain.query(credit.bad_debts(1, chain.time_ms(), None, None)).expect("a query");
        assert_eq!(bad.len(), usize::from(late));
        let plain = [debt(100, bob(), expires_at_ms)];
        let bare = act(credit, Layer::Debt, &[owed], &plain);
        chain.from(alice()).call(bare).expect_error(Error::DebtWithoutCredit);
        let inputs = [&[owed][..], &sources(100)].concat();
        for changed in
            [debt(99, bob(), expires_at_ms), debt(100, bob(), expires_at_ms + 1), debt(100, charlie(), expires_at_ms)]
        {
            let call = act(credit, Layer::Debt, &inputs, &[changed]);
            chain.from(alice()).call(call).expect_error(Error::DebtorNotAsked);
        }
        let call = act(credit, Layer::Debt, &inputs, &plain);
        chain.from(charlie()).call(call.clone()).expect_error(Error::NotAuthorised);
        let made = chain.from(alice()).call(call).expect_ok();
        assert!(output(&chain, credit, made[0]).is_some_and(|output| output.lock == Lock::Key(bob())));
        chain.advance_ms(DEBT_MS);
        assert_eq!(chain.query(credit.is_frozen(1, bob())), Ok(true));
    }
}

#[test]
fn makes_no_second_debt_of_one_that_is_renormalised() {
    let (mut chain, credit, owed, expires_at_ms) = joint_debt();
    let inputs = [&[owed][..], &sources(200)].concat();
    let twice = [debt(100, bob(), expires_at_ms), debt(100, bob(), expires_at_ms), value(100, alice())];
    chain.from(alice()).call(act(credit, Layer::Debt, &inputs, &twice)).expect_error(Error::DebtorNotAsked);
    // Nor does the renormaliser use the debt for anything else before it has expired.
    let cleared = act(credit, Layer::Circulation, &[owed, crate::ALICES], &[value(HELD - 100, alice())]);
    chain.from(alice()).call(cleared.clone()).expect_error(Error::NotAuthorised);
    chain.advance_ms(DEBT_MS);
    chain.from(alice()).call(cleared).expect_ok();
}

/// A debt of Bob's of 100 behind a lock; Alice may bring it into standard form.
fn owed_behind(chain: &mut TestChain, credit: CreditRef, lock: Lock, expires_at_ms: u64) -> u64 {
    let given = grant(chain, credit, 100, bob());
    let element = Element::Debt(Debt { debtor: bob(), expires_at_ms, renormaliser: Some(alice()) });
    let owed = NewOutput { element, amount: 100, lock };
    chain.from(bob()).call(pay(credit, &[given], &[owed, value(100, bob())])).expect_ok()[0]
}

#[test]
fn lets_a_renormaliser_who_opens_the_lock_do_either() {
    let (mut chain, credit) = founded(village());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let either = several(&[alice(), charlie()], 1);
    let owed = owed_behind(&mut chain, credit, either, expires_at_ms);
    let given = grant(&mut chain, credit, 100, charlie());
    let plain = debt(100, bob(), expires_at_ms);
    // Charlie opens it and is not the renormaliser.
    for layer in [Layer::Circulation, Layer::Debt] {
        let without = act(credit, layer, &[owed, given], std::slice::from_ref(&plain));
        chain.from(charlie()).call(without).expect_error(Error::DebtorNotAsked);
    }
    let cleared = pay(credit, &[owed, crate::ALICES], &[value(HELD - 100, alice())]);
    chain.clone().from(alice()).call(cleared).expect_ok();
    let twice = [plain.clone(), plain.clone(), value(100, alice())];
    let twice = act(credit, Layer::Debt, &[&[owed][..], &sources(200)].concat(), &twice);
    chain.from(alice()).call(twice).expect_error(Error::DebtorNotAsked);
    let inputs = [&[owed][..], &sources(100)].concat();
    let made = chain.from(alice()).call(act(credit, Layer::Debt, &inputs, &[plain])).expect_ok();
    assert!(output(&chain, credit, made[0]).is_some_and(|output| output.lock == Lock::Key(bob())));
}

#[test]
fn renormalises_the_one_of_two_alike_that_may_not_be_cleared() {
    let (mut chain, credit) = founded(village());
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let opened = owed_behind(&mut chain, credit, several(&[alice(), charlie()], 1), expires_at_ms);
    let closed = owed_behind(&mut chain, credit, several(&[bob(), charlie()], 2), expires_at_ms);
    for debts in [[opened, closed], [closed, opened]] {
        let inputs = [&debts[..], &[crate::ALICES], &sources(100)].concat();
        let outputs = [debt(100, bob(), expires_at_ms), value(HELD - 100, alice())];
        chain.clone().from(alice()).call(pay(credit, &inputs, &outputs)).expect_ok();
        let none = pay(credit, &inputs, &[value(HELD - 200, alice())]);
        chain.clone().from(alice()).call(none).expect_error(Error::NotAuthorised);
    }
}

#[test]
fn counts_a_source_of_several_for_the_group_alone() {
    let new = NewNetwork { sources: several(&[alice(), bob()], 1), ..village() };
    let (mut chain, credit) = founded(new);
    chain.from(bob()).call(pay(credit, &[SOURCE_1024], &[credits(5, bob())])).expect_ok();
    chain.from(charlie()).call(pay(credit, &[SOURCE_1024], &[credits(5, bob())])).expect_error(Error::NotAuthorised);
    let (_, owed) = borrow(&mut chain, credit, 7, charlie());
    assert!(output(&chain, credit, owed).is_some());
}

#[test]
fn lists_an_output_once_for_each_who_stands_in_its_lock() {
    let (mut chain, credit) = founded(village());
    let hash_time = |claimant, refund| Lock::HashTime(HashTime { hash: Hash::ZERO, claimant, refund, refund_at_ms: 0 });
    let locks = [several(&[dave(), eve()], 1), hash_time(dave(), eve()), hash_time(eve(), eve())];
    let outputs: Vec<_> =
        locks.iter().map(|lock| NewOutput { element: Element::Value, amount: 1, lock: lock.clone() }).collect();
    let made = chain.from(bob()).call(pay(credit, &[BOBS], &outputs)).expect_ok();
    let listed = |chain: &TestChain, who| -> Vec<u64> {
        let page = chain.query(credit.outputs_of(1, who, None, None)).expect("a query");
        page.into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!((listed(&chain, dave()), listed(&chain, eve())), (made[..2].to_vec(), made.clone()));
    chain.from(eve()).call(pay(credit, &made, &[value(3, charlie())])).expect_ok();
    assert_eq!((listed(&chain, dave()), listed(&chain, eve())), (vec![], vec![]));
}
