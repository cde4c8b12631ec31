//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::orders::{self, order};
use crate::packets::{self, link};
use crate::policy::{World, verified};
use crate::{UNITS, code, coffee, issue, issued};
use std::ops::Range;
use tenon_contract::Address;
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, Transaction, alice, bob, by, charlie, dave, eve, ferdie};
use vouchers::{BurnRight, MintRight, NewKind, RedeemOrder, Terms, VouchersRef};

/// How long packets of these tests can be opened: longer than orders are good.
const LIFE_MS: u64 = 1_000_000;

/// What Alice issues: Bob stands at the gate, and what there is to decide can be decided.
fn ticket() -> NewKind {
    NewKind { mint: Some(MintRight::Owner), redeemer: Some(bob()), valid_until_ms: Some(u64::MAX), ..coffee() }
}

fn hand_in(chain: &TestChain, vouchers: VouchersRef, order: RedeemOrder) -> Transaction {
    let signature = orders::sign(chain, vouchers, &order);
    by(bob(), vouchers.redeem_order(order, signature))
}

/// Kind 1 has a policy. Kind 2 is the ticket, of which Charlie holds all but what is in packets 1 and 2; Dave may take
/// ten from him. Bob has an offer of its ownership. An order was used, and somebody had a part of each packet.
fn world() -> (TestChain, VouchersRef) {
    let World { mut chain, vouchers, .. } = World::with(verified());
    assert_eq!(chain.from(alice()).call(issue(vouchers, ticket())).expect_ok(), 2);
    chain.from(alice()).call(vouchers.transfer(2, charlie(), UNITS)).expect_ok();
    chain.from(alice()).call(vouchers.transfer(1, bob(), UNITS)).expect_ok();
    chain.from(alice()).call(vouchers.propose_owner(2, bob())).expect_ok();
    chain.from(charlie()).call(vouchers.approve(2, dave(), 0, 10, None)).expect_ok();
    for packet in 1..=2 {
        let until = chain.time_ms() + LIFE_MS;
        chain.from(charlie()).call(vouchers.pack(2, 10, 3, link().account(), until)).expect_ok();
        let signature = packets::sign_for(&chain, vouchers, (2, packet), dave());
        chain.from(dave()).call(vouchers.open(2, packet, dave(), signature)).expect_ok();
    }
    let first = RedeemOrder { kind: 2, ..order(&chain, 1) };
    let used = hand_in(&chain, vouchers, first);
    assert!(chain.run(&used).is_ok());
    (chain, vouchers)
}

/// The world long after, where orders are void and packets over, and packet 2 is unpacked.
fn later() -> (TestChain, VouchersRef) {
    let (mut chain, vouchers) = world();
    chain.advance_ms(LIFE_MS);
    chain.from(eve()).call(vouchers.unpack(2, 2)).expect_ok();
    (chain, vouchers)
}

fn subject() -> Subject {
    let (chain, vouchers) = world();
    let (late, _) = later();
    let order = RedeemOrder { kind: 2, ..order(&chain, 2) };
    let policy = Terms { credential: None, holder_limit: None, freezer: Some(eve()) };
    let new = NewKind { policy: Some(policy), face: Some("One cup".into()), ..ticket() };
    let redeem_order = vouchers.redeem_order(order.clone(), orders::sign(&chain, vouchers, &order));
    let signature = packets::sign_for(&chain, vouchers, (2, 1), eve());
    let until = chain.time_ms() + LIFE_MS;
    let calls = Subject::new(vouchers.address(), &code())
        .call(&chain, bob(), issue(vouchers, new))
        .call(&chain, charlie(), vouchers.transfer(2, eve(), 5))
        .call(&chain, bob(), vouchers.transfer(1, alice(), 5))
        .call(&chain, dave(), vouchers.transfer_from(2, charlie(), eve(), 5))
        .call(&chain, charlie(), vouchers.transfer_batch(vec![(2, eve(), 5), (2, charlie(), 6)]))
        .call(&chain, charlie(), vouchers.approve(2, dave(), 10, 20, Some(until)))
        .call(&chain, alice(), vouchers.mint(2, eve(), 5))
        .call(&chain, charlie(), vouchers.burn(2, 5))
        .call(&chain, dave(), vouchers.burn_from(2, charlie(), 5))
        .call(&chain, charlie(), vouchers.redeem(2, 5, Some("table 4".into())))
        .call(&chain, bob(), vouchers.redeem(1, 5, None))
        .call(&chain, bob(), redeem_order)
        .call(&chain, charlie(), vouchers.cancel_order(order.clone()))
        .call(&late, eve(), vouchers.sweep_orders(vec![(charlie(), 1), (charlie(), 2)]))
        .call(&chain, charlie(), vouchers.pack(2, 10, 3, link().account(), until))
        .call(&chain, ferdie(), vouchers.open(2, 1, eve(), signature))
        .call(&late, eve(), vouchers.unpack(2, 1))
        .call(&late, eve(), vouchers.sweep_packet(2, 2))
        .call(&chain, alice(), vouchers.set_mint_right(2, MintRight::Account(bob())))
        .call(&chain, alice(), vouchers.set_burn_right(2, BurnRight::Nobody))
        .call(&chain, alice(), vouchers.propose_owner(2, charlie()))
        .call(&chain, bob(), vouchers.accept_owner(2))
        .call(&chain, alice(), vouchers.renounce_owner(2));
    calls
        .query(&chain, vouchers.kind_count())
        .query(&chain, vouchers.info(2))
        .query(&chain, vouchers.rules(2))
        .query(&chain, vouchers.totals(2))
        .query(&chain, vouchers.total_units(2))
        .query(&chain, vouchers.redeemed_units(2))
        .query(&chain, vouchers.balance_of(2, charlie()))
        .query(&chain, vouchers.balances_of(vec![(2, charlie()), (1, bob())]))
        .query(&chain, vouchers.allowance(2, charlie(), dave()))
        .query(&chain, vouchers.allowance_expiry(2, charlie(), dave()))
        .query(&chain, vouchers.order_message(order))
        .query(&chain, vouchers.used_order(charlie(), 1))
        .query(&chain, vouchers.open_message(2, 1, eve()))
        .query(&chain, vouchers.packet(2, 1))
        .query(&chain, vouchers.packets(2, Some(1), Some(5)))
        .query(&chain, vouchers.holders(2, Some(Address::ZERO), Some(5)))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_owner_and_redeemer_these_powers_and_no_others() {
    let owners = ["mint", "set_mint_right", "set_burn_right", "propose_owner", "renounce_owner"];
    rules::has_only_these_powers(&subject(), alice(), ferdie(), &owners);
    // Bob was offered the ownership, and holds units of kind 1, which he may send and redeem.
    let redeemers = ["redeem_order", "accept_owner", "transfer", "redeem"];
    rules::has_only_these_powers(&subject(), bob(), ferdie(), &redeemers);
}

#[test]
fn takes_nothing_twice_that_was_signed() {
    let (mut chain, vouchers) = issued(ticket());
    chain.from(alice()).call(vouchers.transfer(1, charlie(), 50)).expect_ok();
    let until = chain.time_ms() + LIFE_MS;
    chain.from(charlie()).call(vouchers.pack(1, 10, 3, link().account(), until)).expect_ok();
    let other = VouchersRef::at(chain.from(charlie()).deploy(&code(), VouchersRef::init(Some(ticket()))));
    chain.from(charlie()).call(other.pack(1, 10, 3, link().account(), until)).expect_ok();
    let redeem = hand_in(&chain, vouchers, order(&chain, 7));
    rules::refuses_replay(&chain, &redeem, Some(other.address()));
    let signature = packets::sign(&chain, vouchers, 1, dave());
    let open = by(dave(), vouchers.open(1, 1, dave(), signature));
    rules::refuses_replay(&chain, &open, Some(other.address()));
}

#[test]
fn counts_each_time_to_what_begins_at_it() {
    let (probe, _) = issued(coffee());
    let (start, end) = (probe.time_ms() + 500_000, probe.time_ms() + 600_000);
    let new = NewKind { valid_from_ms: Some(start), valid_until_ms: Some(end), ..ticket() };
    let (mut chain, vouchers) = issued(new);
    chain.from(alice()).call(vouchers.transfer(1, charlie(), 50)).expect_ok();
    chain.from(charlie()).call(vouchers.pack(1, 10, 3, link().account(), end)).expect_ok();
    let redeem = by(charlie(), vouchers.redeem(1, 1, None));
    rules::opens_at(&chain, start, &redeem);
    rules::closes_at(&chain, end, &redeem);
    let signature = packets::sign(&chain, vouchers, 1, dave());
    rules::closes_at(&chain, end, &by(dave(), vouchers.open(1, 1, dave(), signature)));
    rules::opens_at(&chain, end, &by(eve(), vouchers.unpack(1, 1)));
    let order = RedeemOrder { deadline_ms: end - 10, ..order(&chain, 1) };
    let redeem = hand_in(&chain, vouchers, order.clone());
    rules::closes_at(&chain, end - 10, &redeem);
    rules::closes_at(&chain, end - 10, &by(charlie(), vouchers.cancel_order(order)));
}

#[test]
fn costs_the_same_among_a_hundred_thousand_holders() {
    const BATCH: u64 = 128;
    let (chain, vouchers) = issued(NewKind { units: 1_000_000, ..ticket() });
    let operations = |chain: &TestChain| {
        let mut ready = chain.clone();
        ready.from(alice()).call(vouchers.transfer(1, charlie(), 50)).expect_ok();
        vec![
            by(alice(), vouchers.transfer(1, bob(), 1)),
            by(alice(), vouchers.approve(1, bob(), 0, 5, None)),
            by(alice(), vouchers.mint(1, bob(), 1)),
            by(alice(), vouchers.burn(1, 1)),
            by(alice(), vouchers.redeem(1, 1, None)),
            by(alice(), vouchers.pack(1, 10, 3, link().account(), u64::MAX)),
        ]
    };
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        for start in numbers.clone().step_by(128) {
            let dust = (start..numbers.end.min(start + BATCH)).map(|number| {
                let mut bytes = [0xaa; 32];
                bytes[..8].copy_from_slice(&number.to_be_bytes());
                (1, Address::new(bytes), 1)
            });
            assert!(chain.run(&by(alice(), vouchers.transfer_batch(dust.collect()))).is_ok());
        }
    };
    rules::is_unmoved_by_dust(&chain, Dust::HUNDRED_THOUSAND, grow, operations);
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    let (mut chain, vouchers) = issued(ticket());
    chain.from(alice()).call(vouchers.transfer(1, charlie(), 50)).expect_ok();
    // So that the counts of what was redeemed and packed are there before: they stay.
    chain.from(charlie()).call(vouchers.redeem(1, 1, None)).expect_ok();
    let store = [
        by(charlie(), vouchers.approve(1, dave(), 0, 5, None)),
        by(charlie(), vouchers.transfer(1, dave(), 5)),
        by(charlie(), vouchers.pack(1, 10, 3, link().account(), chain.time_ms() + LIFE_MS)),
    ];
    let clean = [by(charlie(), vouchers.approve(1, dave(), 5, 0, None)), by(dave(), vouchers.redeem(1, 5, None))];
    let ended = |number| {
        let signature = packets::sign(&chain, vouchers, 1, number);
        by(charlie(), vouchers.open(1, 1, number, signature))
    };
    let opened = [charlie(), alice(), bob()].map(ended);
    let rest = [by(bob(), vouchers.redeem(1, 4, None)), by(eve(), vouchers.sweep_packet(1, 1))];
    rules::returns_deposits(&chain, vouchers.address(), &store, &[&clean[..], &opened, &rest].concat());
}

#[test]
fn lets_one_of_two_win_in_every_order() {
    let (mut chain, vouchers) = issued(ticket());
    chain.from(alice()).call(vouchers.transfer(1, charlie(), 1)).expect_ok();
    chain.from(alice()).call(vouchers.pack(1, 1, 1, link().account(), u64::MAX)).expect_ok();
    // One unit: redeemed, sent on, or taken at the gate. One part: Dave's or Eve's.
    let [first, second] =
        [dave(), eve()].map(|who| by(who, vouchers.open(1, 1, who, packets::sign(&chain, vouchers, 1, who))));
    let ends = [
        by(charlie(), vouchers.redeem(1, 1, None)),
        hand_in(&chain, vouchers, order(&chain, 1)),
        hand_in(&chain, vouchers, order(&chain, 2)),
        first,
        second,
    ];
    chain.every_order(&ends, |chain, order, outcomes| {
        let won = |places: Range<usize>| places.filter(|place| outcomes[*place].result.is_ok()).collect::<Vec<_>>();
        let first_of = |places: Range<usize>| order.iter().copied().find(|place| places.contains(place));
        assert_eq!(won(0..3), first_of(0..3).into_iter().collect::<Vec<_>>());
        assert_eq!(won(3..5), first_of(3..5).into_iter().collect::<Vec<_>>());
        assert_eq!(chain.query(vouchers.redeemed_units(1)), Ok(1));
        assert_eq!(chain.query(vouchers.total_units(1)), Ok(UNITS - 1));
    });
}

#[test]
fn gains_nothing_by_packing_and_unpacking() {
    let (chain, vouchers) = issued(ticket());
    let people = [alice(), bob(), charlie(), dave(), eve()];
    let worth = |chain: &TestChain| {
        let held = people.map(|who| u128::from(chain.query(vouchers.balance_of(1, who)).expect("a query")));
        held.iter().sum::<u128>()
    };
    let until = chain.time_ms() + 4_000;
    let sign = |packet, who| packets::sign(&chain, vouchers, packet, who);
    let cycle = [
        by(alice(), vouchers.pack(1, 7, 3, link().account(), until)),
        by(bob(), vouchers.open(1, 1, bob(), sign(1, bob()))),
        by(bob(), vouchers.open(1, 1, bob(), sign(1, bob()))),
        by(bob(), vouchers.open(1, 1, bob(), sign(1, charlie()))),
        by(eve(), vouchers.unpack(1, 1)),
        by(eve(), vouchers.unpack(1, 1)),
        by(eve(), vouchers.unpack(1, 1)),
        by(charlie(), vouchers.open(1, 1, charlie(), sign(1, charlie()))),
    ];
    rules::gains_nothing(&chain, worth, &cycle);
}
