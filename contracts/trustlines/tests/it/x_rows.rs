//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{NET, agree, chain, code, order, pay, sign, terms};
use std::ops::Range;
use tenon_contract::abi::find_host_function;
use tenon_contract::{Address, Amount};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, dave, eve, ferdie, keypair};
use trustlines::{Currency, FeePayer, LineTerms, MAX_ORDER_LIFETIME_MS, Offer, TrustlinesRef};

/// Lines between Alice and Bob, Bob and Charlie, and Charlie and Alice, with interest and an end; Charlie owes Alice.
/// Alice has proposed to Eve, and offered Charlie to settle for coin. Dave may freeze. Ferdie has used an order.
fn world() -> (TestChain, TrustlinesRef) {
    let (mut chain, trustlines) = chain();
    let found = trustlines.found("Village".into(), 2, Some(100), None, Some(dave()));
    chain.from(eve()).call(found).expect_ok();
    let expires_at_ms = Some(chain.time_ms() + crate::YEAR_MS);
    let lent = LineTerms { rate_given_bps: 300, rate_received_bps: 500, expires_at_ms, ..terms(1_000, 2_000) };
    for (one, other) in [(alice(), bob()), (bob(), charlie()), (charlie(), alice())] {
        agree(&mut chain, trustlines, (one, other), lent);
    }
    agree(&mut chain, trustlines, (bob(), dave()), terms(5, 5));
    pay(&mut chain, trustlines, charlie(), 100, &[alice()], 0).expect_ok();
    chain.from(alice()).call(trustlines.propose(NET, eve(), terms(7, 8), None)).expect_ok();
    let offer = trustlines.offer_settlement(NET, charlie(), 30, Currency::Coin, 900, None);
    chain.from(alice()).call(offer).expect_ok();
    let used = order(&chain, ferdie(), bob(), 3);
    chain.from(ferdie()).call(trustlines.cancel_order(used)).expect_ok();
    (chain, trustlines)
}

fn offer(chain: &TestChain, trustlines: TrustlinesRef) -> Offer {
    chain.query(trustlines.offers(NET, charlie(), None, None)).expect("a query")[0].1
}

fn subject() -> Subject {
    let (chain, trustlines) = world();
    let mut late = chain.clone();
    late.advance_ms(MAX_ORDER_LIFETIME_MS);
    let own = order(&chain, alice(), eve(), 9);
    let signature = sign(&chain, trustlines, &keypair("Alice"), own);
    let soon = Some(chain.time_ms() + 5_000);
    let lent = LineTerms { rate_given_bps: 1, expires_at_ms: soon, ..terms(9, 9) };
    let asset = Currency::Asset { module: trustlines.address(), asset: 1 };
    let receiver = Some(FeePayer::Receiver);
    let calls = Subject::new(trustlines.address(), &code())
        .call(&chain, ferdie(), trustlines.found("News".into(), 2, Some(50), Some(10), Some(eve())))
        .call(&chain, eve(), trustlines.propose(NET, bob(), lent, soon))
        .call(&chain, eve(), trustlines.accept(NET, alice(), terms(7, 8)))
        .call(&chain, alice(), trustlines.remove_proposal(NET, alice(), eve()))
        .call(&chain, eve(), trustlines.agree(own, signature))
        .call(&chain, alice(), trustlines.cancel_order(own))
        .call(&late, eve(), trustlines.sweep_orders(vec![(ferdie(), 3)]))
        .call(&chain, alice(), trustlines.lower(NET, bob(), 10))
        .call(&chain, dave(), trustlines.freeze(NET, alice(), bob(), true))
        .call(&chain, alice(), trustlines.transfer(NET, 50, vec![bob(), charlie()], Some(5), receiver, soon))
        .call(&chain, alice(), trustlines.transfer(NET, 50, vec![bob(), charlie()], Some(5), None, None))
        .call(&chain, alice(), trustlines.close(NET, alice(), bob()))
        .call(&chain, alice(), trustlines.offer_settlement(NET, bob(), 5, asset, 900, soon))
        .call(&chain, charlie(), trustlines.settle(NET, alice(), offer(&chain, trustlines)).with_value(900))
        .call(&chain, alice(), trustlines.remove_offer(NET, alice(), charlie()));
    let zero = Address::ZERO;
    calls
        .query(&chain, trustlines.network_count())
        .query(&chain, trustlines.network(NET))
        .query(&chain, trustlines.statistics(NET))
        .query(&chain, trustlines.line_of(NET, alice(), charlie()))
        .query(&chain, trustlines.neighbours(NET, alice(), Some(zero), Some(5)))
        .query(&chain, trustlines.lines(NET, Some((zero, zero)), Some(5)))
        .query(&chain, trustlines.expired_lines(NET, u64::MAX, Some((1, zero, zero)), Some(5)))
        .query(&chain, trustlines.proposals(NET, eve(), Some(zero), Some(5)))
        .query(&chain, trustlines.offers(NET, charlie(), Some(zero), Some(5)))
        .query(&chain, trustlines.used_order(ferdie(), 3))
        .query(&chain, trustlines.order_message(own))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_each_party_power_over_their_own_alone() {
    let subject = subject();
    // Eve founded the network, and has no power by that: she may accept what was proposed to her.
    let of_alice = ["remove_proposal", "cancel_order", "lower", "transfer", "close", "remove_offer"];
    rules::has_only_these_powers(&subject, alice(), ferdie(), &of_alice);
    rules::has_only_these_powers(&subject, dave(), ferdie(), &["freeze"]);
    rules::has_only_these_powers(&subject, eve(), ferdie(), &["accept", "agree", "remove_proposal"]);
    // Bob and Charlie are parties of what Alice closes and offers; Charlie has a line of his own with Bob, as she has.
    rules::has_only_these_powers(&subject, bob(), ferdie(), &["close"]);
    rules::has_only_these_powers(&subject, charlie(), ferdie(), &["lower", "settle", "remove_offer"]);
}

/// One of many addresses.
fn dust_address(number: u64) -> Address {
    let mut bytes = [0xaa; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Address::new(bytes)
}

#[test]
fn costs_the_same_among_a_hundred_thousand_lines() {
    const BLOCK: usize = 100;
    let (mut chain, trustlines) = world();
    chain.set_coin(bob(), 1 << 100);
    chain.set_coin(eve(), 1 << 100);
    let operations = [
        by(alice(), trustlines.transfer(NET, 50, vec![bob(), charlie()], Some(5), None, None)),
        by(eve(), trustlines.accept(NET, alice(), terms(7, 8))),
        by(alice(), trustlines.lower(NET, bob(), 10)),
        by(alice(), trustlines.close(NET, alice(), bob())),
        by(charlie(), trustlines.settle(NET, alice(), offer(&chain, trustlines)).with_value(900)),
    ];
    // A proposal and an offer of Bob's for each number, and a line of his for every tenth.
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        let dust = numbers.clone().flat_map(|number| {
            let who = dust_address(number);
            let propose = by(bob(), trustlines.propose(NET, who, terms(1, 1), None));
            let offer = trustlines.offer_settlement(NET, who, 1, Currency::Coin, 1, None);
            let accept = (number % 10 == 0).then(|| by(who, trustlines.accept(NET, bob(), terms(1, 1))));
            [propose, by(bob(), offer)].into_iter().chain(accept)
        });
        for number in numbers.step_by(10) {
            chain.set_coin(dust_address(number), 1 << 60);
        }
        for block in dust.collect::<Vec<_>>().chunks(BLOCK) {
            assert!(chain.block(block).iter().all(tenon_testkit::Outcome::is_ok));
        }
    };
    rules::is_unmoved_by_dust(&chain, Dust::HUNDRED_THOUSAND, grow, |_| operations.to_vec());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    let (mut chain, trustlines) = chain();
    chain.from(eve()).call(trustlines.found("Village".into(), 2, None, None, None)).expect_ok();
    let soon = Some(chain.time_ms() + 10_000);
    let ends = LineTerms { expires_at_ms: soon, ..terms(5, 5) };
    let cancelled = order(&chain, alice(), bob(), 1);
    let store = [
        by(alice(), trustlines.propose(NET, bob(), ends, None)),
        by(bob(), trustlines.accept(NET, alice(), ends)),
        by(alice(), trustlines.propose(NET, charlie(), ends, None)),
        by(alice(), trustlines.offer_settlement(NET, bob(), 5, Currency::Coin, 5, None)),
        by(alice(), trustlines.cancel_order(cancelled)),
        by(alice(), trustlines.transfer(NET, 5, vec![bob()], None, None, None)),
        by(bob(), trustlines.transfer(NET, 5, vec![alice()], None, None, None)),
    ];
    let clean = [
        by(bob(), trustlines.close(NET, alice(), bob())),
        by(charlie(), trustlines.remove_proposal(NET, alice(), charlie())),
        by(alice(), trustlines.remove_offer(NET, alice(), bob())),
    ];
    // The number of the order stays until its deadline; then anybody takes it away.
    let mut before = chain.clone();
    rules::returns_deposits(&chain, trustlines.address(), &[&store[..4], &store[5..]].concat(), &clean);
    for transaction in store.iter().chain(&clean) {
        chain.run(transaction).expect_ok();
    }
    chain.set_time_ms(cancelled.deadline_ms);
    before.set_time_ms(cancelled.deadline_ms);
    chain.from(eve()).call(trustlines.sweep_orders(vec![(alice(), 1)])).expect_ok();
    let stored = |chain: &TestChain| {
        let instance = trustlines.address();
        (chain.stored_entries(instance), chain.stored_bytes(instance), chain.deposit_of(instance))
    };
    assert_eq!(stored(&chain), stored(&before));
}

#[test]
fn gains_nobody_anything_by_going_round() {
    let (chain, trustlines) = world();
    // What Alice is owed by all less what she owes, above a million.
    let worth = |chain: &TestChain| {
        let lines = chain.query(trustlines.neighbours(NET, alice(), None, None)).expect("a query");
        let sum: i128 = lines.iter().map(|(_, line)| line.balance).sum();
        Amount::try_from(sum + 1_000_000).expect("she owes less than a million")
    };
    let send = |who, value, path: &[Address], fee_payer| {
        by(who, trustlines.transfer(NET, value, path.to_vec(), Some(99), Some(fee_payer), None))
    };
    let cycle = [
        send(alice(), 1, &[bob(), charlie(), alice()], FeePayer::Sender),
        send(alice(), 99, &[bob(), charlie(), alice()], FeePayer::Receiver),
        send(alice(), 1, &[charlie(), bob(), alice()], FeePayer::Sender),
        send(alice(), 100, &[charlie(), bob(), alice()], FeePayer::Receiver),
        send(alice(), 3, &[bob()], FeePayer::Sender),
        send(bob(), 3, &[alice()], FeePayer::Sender),
    ];
    rules::gains_nothing(&chain, worth, &cycle);
}

#[test]
fn whoever_refuses_blocks_nobody_else() {
    let (chain, trustlines) = world();
    let others = [
        by(alice(), trustlines.transfer(NET, 50, vec![bob()], None, None, None)),
        by(eve(), trustlines.accept(NET, alice(), terms(7, 8))),
    ];
    let sabotage = |chain: &mut TestChain| {
        chain.from(charlie()).call(trustlines.lower(NET, bob(), 0)).expect_ok();
        chain.from(dave()).call(trustlines.freeze(NET, bob(), charlie(), true)).expect_ok();
    };
    rules::is_not_blocked_by(&chain, sabotage, &others);
}

/// What the host charges for the calls that a transfer over one line cannot do without.
fn host_gas_of_a_hop() -> u64 {
    const LINE: u64 = 1 + 8 + 64 + 8 + 8 + 2 + 2 + 9 + 16 + 8 + 1;
    const RULES: u64 = 1 + 8 + 4 + 1 + 33;
    const TOTALS: u64 = 1 + 8 + 8 + 16 + 16;
    let price = |name: &str, bytes: u64| {
        let function = find_host_function(name).expect("the table has it");
        function.base_gas + bytes * function.byte_gas
    };
    let reads = [LINE, RULES, TOTALS].map(|bytes| price("storage_get", bytes)).iter().sum::<u64>();
    let writes = [LINE, TOTALS].map(|bytes| price("storage_set", bytes)).iter().sum::<u64>();
    reads + writes + price("caller", 32) + price("block_time_ms", 0) + price("input", 100)
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 68 * 1024;
    /// Gas of a transfer over one line with interest, beside what the host charges for its calls and events.
    const MAX_OWN_GAS: u64 = 60_000;
    let (mut chain, trustlines) = world();
    let call = trustlines.transfer(NET, 5, vec![charlie()], None, None, None);
    let found = chain.from(alice()).call(call).method_gas;
    let (host, size) = (host_gas_of_a_hop(), code().len());
    let report = format!("{size} bytes; {found} gas for a transfer over one line, host {host}");
    assert!(size <= MAX_WASM_BYTES && found <= host + MAX_OWN_GAS, "{report}");
}
