//! What anybody can work out of the chain: sums, overdue debts, neighbours page by page, paths.

use crate::{NET, YEAR_MS, agree, founded, lined, pay, terms, village};
use std::collections::{BTreeMap, VecDeque};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, ferdie};
use trustlines::{LineInfo, LineTerms, Totals, TrustlinesRef};

/// Every line, read page by page.
fn all_lines(chain: &TestChain, trustlines: TrustlinesRef) -> Vec<(Address, Address, LineInfo)> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = chain.query(trustlines.lines(NET, after, Some(2))).expect("a query");
        let Some((low, high, _)) = page.last() else { return all };
        after = Some((*low, *high));
        all.extend(page);
    }
}

#[test]
fn sums_of_lines_are_those_that_anybody_counts() {
    let (mut chain, trustlines) = lined(village());
    let empty = Totals { lines: 5, given: 100 + 150 + 200 + 250 + 300 + 350 + 400 + 450 + 500 + 550, owed: 0 };
    assert_eq!(chain.query(trustlines.statistics(NET)), Ok(empty));
    pay(&mut chain, trustlines, alice(), 100, &[bob(), charlie(), dave(), eve()], 9).expect_ok();
    chain.from(eve()).call(trustlines.lower(NET, alice(), 540)).expect_ok();
    let lines = all_lines(&chain, trustlines);
    assert_eq!(lines.len(), 5);
    let given: u128 =
        lines.iter().map(|(.., line)| u128::from(line.terms.given) + u128::from(line.terms.received)).sum();
    let owed: u128 = lines.iter().map(|(.., line)| line.balance.unsigned_abs()).sum();
    assert_eq!(chain.query(trustlines.statistics(NET)), Ok(Totals { lines: 5, given, owed }));
    assert_eq!((given, owed), (empty.given - 10, 106 + 104 + 102 + 100));
    assert!(chain.query(trustlines.statistics(NET + 1)).is_err());
}

#[test]
fn overdue_debts_are_those_that_anybody_counts() {
    let (mut chain, trustlines) = founded(village());
    let now = chain.time_ms();
    for (index, other) in (1_u64..).zip([bob(), charlie(), dave(), eve()]) {
        let expires_at_ms = (index < 4).then_some(now + index * 1_000_000);
        agree(&mut chain, trustlines, (alice(), other), LineTerms { expires_at_ms, ..terms(100, 100) });
        pay(&mut chain, trustlines, alice(), index, &[other], 0).expect_ok();
    }
    for at_ms in [0, now + 999_999, now + 1_000_000, now + 2_000_000, u64::MAX] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = chain.query(trustlines.expired_lines(NET, at_ms, after, Some(1))).expect("a query");
            let Some((low, high, line)) = page.first().copied() else { break };
            after = Some((line.terms.expires_at_ms.expect("it ends"), low, high));
            found.push((low, high, line));
        }
        let ends = |line: &LineInfo| line.terms.expires_at_ms.is_some_and(|expiry| at_ms >= expiry);
        let mut counted: Vec<_> = all_lines(&chain, trustlines).into_iter().filter(|(.., line)| ends(line)).collect();
        counted.sort_by_key(|(.., line)| line.terms.expires_at_ms);
        assert_eq!(found, counted, "at {at_ms}");
    }
}

#[test]
fn sums_are_exact_when_interest_has_accrued() {
    let (mut chain, trustlines) = founded(village());
    agree(&mut chain, trustlines, (alice(), bob()), LineTerms { rate_given_bps: 1_000, ..terms(1_000, 0) });
    pay(&mut chain, trustlines, bob(), 1_000, &[alice()], 0).expect_ok();
    chain.advance_ms(YEAR_MS);
    // As it stood when the line was touched last, until it is touched again.
    assert_eq!(chain.query(trustlines.statistics(NET)).map(|totals| totals.owed), Ok(1_000));
    pay(&mut chain, trustlines, alice(), 5, &[bob()], 0).expect_ok();
    assert_eq!(chain.query(trustlines.statistics(NET)).map(|totals| totals.owed), Ok(1_100));
}

/// A shortest path with room for a value and its fees, found as a client does: neighbours page by page.
fn shortest_path(
    chain: &TestChain,
    trustlines: TrustlinesRef,
    (from, to): (Address, Address),
    value: u64,
) -> Option<Vec<Address>> {
    let mut came_from = BTreeMap::from([(from, from)]);
    let mut waiting = VecDeque::from([from]);
    while let Some(who) = waiting.pop_front() {
        let mut after = None;
        loop {
            let page = chain.query(trustlines.neighbours(NET, who, after, Some(1))).expect("a query");
            let Some((other, line)) = page.first().copied() else { break };
            after = Some(other);
            if line.can_send >= value && !came_from.contains_key(&other) {
                came_from.insert(other, who);
                waiting.push_back(other);
            }
        }
    }
    let mut path = vec![to];
    let mut who = *came_from.get(&to)?;
    while who != from {
        path.insert(0, who);
        who = came_from[&who];
    }
    Some(path)
}

#[test]
fn a_client_finds_paths_by_the_neighbours() {
    let (mut chain, trustlines) = lined(village());
    // Over Eve, who gives Alice 550; not over Bob, who gives her 150.
    let path = shortest_path(&chain, trustlines, (alice(), charlie()), 200).expect("there is one");
    assert_eq!(path, [eve(), dave(), charlie()]);
    pay(&mut chain, trustlines, alice(), 190, &path, 10).expect_ok();
    assert_eq!(shortest_path(&chain, trustlines, (alice(), charlie()), 100), Some(vec![bob(), charlie()]));
    assert_eq!(shortest_path(&chain, trustlines, (alice(), charlie()), 9_999), None);
    assert_eq!(shortest_path(&chain, trustlines, (alice(), ferdie()), 1), None);
}
