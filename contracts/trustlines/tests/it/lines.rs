//! Lines from their beginning to their end: proposals, other terms, lowering, expiry, freezing, closing.

use crate::{NET, YEAR_MS, agree, balance, chain, code, found, founded, line, lined, pair, pay, terms, village};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve};
use trustlines::{
    Error, FRACTION_GRACE_MS, Founded, LineClosed, LineFrozen, LineSet, LineTerms, MAX_STANDING_MS, NewNetwork,
    ProposalRemoved, Proposed, Rules, TrustlinesRef,
};

/// The village, in which Dave may freeze.
fn with_freezer() -> NewNetwork {
    NewNetwork { rules: Rules { freezer: Some(dave()), ..village().rules }, ..village() }
}

#[test]
fn founds_networks_that_nobody_changes() {
    let (mut chain, trustlines) = chain();
    let call = trustlines.found("Village".into(), 2, Some(100), Some(250), Some(dave()));
    let outcome = chain.from(alice()).call(call);
    assert!(outcome.has(&Founded { network: 1, founder: alice(), name: "Village".into() }));
    assert_eq!(outcome.expect_ok(), 1);
    assert_eq!(chain.from(bob()).call(trustlines.found("Plain".into(), 0, None, None, None)).expect_ok(), 2);
    let first = chain.query(trustlines.network(1)).expect("it is there");
    assert_eq!((first.name.as_str(), first.decimals, first.founder), ("Village", 2, alice()));
    let rules = Rules { fee_divisor: 100, fixed_rate_bps: Some(250), freezer: Some(dave()) };
    assert_eq!(first.rules, rules);
    let second = chain.query(trustlines.network(2)).expect("it is there");
    assert_eq!(second.rules, Rules { fee_divisor: 0, fixed_rate_bps: None, freezer: None });
    assert_eq!(chain.query(trustlines.network_count()), Ok(2));
    assert!(chain.query(trustlines.network(3)).is_err());
}

#[test]
fn refuses_networks_that_cannot_be() {
    let (mut chain, trustlines) = chain();
    let long = "a".repeat(65);
    for name in ["", "a\nb", &long] {
        let call = trustlines.found(name.into(), 2, None, None, None);
        chain.from(alice()).call(call).expect_error(Error::InvalidName);
    }
    let zero = Some(Address::ZERO);
    for (decimals, divisor, rate, freezer) in
        [(19, 0, 0, None), (2, 1, 0, None), (2, 1_000_001, 0, None), (2, 100, 32_768, None), (2, 100, 0, zero)]
    {
        let call = trustlines.found("Village".into(), decimals, Some(divisor), Some(rate), freezer);
        chain.from(alice()).call(call).expect_error(Error::InvalidRules);
    }
    for (decimals, divisor, rate) in [(0, 0, 0), (18, 2, 32_767), (18, 1_000_000, 0)] {
        let call = trustlines.found("Village".into(), decimals, Some(divisor), Some(rate), None);
        chain.from(alice()).call(call).expect_ok();
    }
}

#[test]
fn holds_one_network_alone_in_an_instance_of_its_own() {
    let (mut chain, _) = chain();
    let own = TrustlinesRef::at(chain.from(alice()).deploy(&code(), TrustlinesRef::init(Some(village()))));
    assert_eq!(chain.query(own.network(1)).map(|network| network.name), Ok("Village".into()));
    chain.from(alice()).call(own.found("Another".into(), 2, None, None, None)).expect_error(Error::Closed);
    let wrong = NewNetwork { name: String::new(), ..village() };
    assert!(chain.from(alice()).try_deploy(&code(), TrustlinesRef::init(Some(wrong))).result.is_err());
}

#[test]
fn a_line_takes_a_proposal_and_its_acceptance() {
    let (mut chain, trustlines) = founded(village());
    let terms = terms(100, 150);
    let until_ms = chain.time_ms() + 60_000;
    let outcome = chain.from(alice()).call(trustlines.propose(NET, bob(), terms, Some(until_ms)));
    assert!(outcome.has(&Proposed { network: NET, from: alice(), to: bob(), terms, until_ms }));
    assert!(chain.query(trustlines.line_of(NET, alice(), bob())).is_err(), "nothing is agreed on yet");
    let shown = chain.query(trustlines.proposals(NET, bob(), None, None)).expect("a query");
    assert_eq!(shown.iter().map(|(from, proposal)| (*from, proposal.terms)).collect::<Vec<_>>(), [(alice(), terms)]);
    chain.from(charlie()).call(trustlines.accept(NET, alice(), terms)).expect_error(Error::UnknownProposal);
    chain.from(alice()).call(trustlines.accept(NET, alice(), terms)).expect_error(Error::UnknownProposal);
    let outcome = chain.from(bob()).call(trustlines.accept(NET, alice(), terms));
    assert!(outcome.has(&LineSet { network: NET, one: alice(), other: bob(), terms }));
    chain.from(bob()).call(trustlines.accept(NET, alice(), terms)).expect_error(Error::UnknownProposal);
    let (alices, bobs) = (line(&chain, trustlines, alice(), bob()), line(&chain, trustlines, bob(), alice()));
    assert_eq!((alices.terms, bobs.terms), (terms, terms.turned()));
    assert_eq!((alices.can_send, alices.can_receive, alices.balance), (150, 100, 0));
    assert_eq!((bobs.can_send, bobs.can_receive, bobs.balance), (100, 150, 0));
}

#[test]
fn nobody_accepts_other_terms_than_they_have_read() {
    let (mut chain, trustlines) = founded(village());
    chain.from(alice()).call(trustlines.propose(NET, bob(), terms(100, 150), None)).expect_ok();
    let read = terms(100, 150);
    chain.from(alice()).call(trustlines.propose(NET, bob(), terms(100, 9_999), None)).expect_ok();
    chain.from(bob()).call(trustlines.accept(NET, alice(), read)).expect_error(Error::OtherTerms);
    let rates = LineTerms { rate_given_bps: 1, ..terms(100, 9_999) };
    chain.from(bob()).call(trustlines.accept(NET, alice(), rates)).expect_error(Error::OtherTerms);
    chain.from(bob()).call(trustlines.accept(NET, alice(), terms(100, 9_999))).expect_ok();
}

#[test]
fn a_proposal_lapses_and_can_be_removed() {
    for (late_ms, good) in [(-1, true), (0, false), (1, false)] {
        let (mut chain, trustlines) = founded(village());
        let until_ms = chain.time_ms() + 5_000;
        chain.from(alice()).call(trustlines.propose(NET, bob(), terms(1, 2), Some(until_ms))).expect_ok();
        chain.set_time_ms(until_ms.checked_add_signed(late_ms).expect("in range"));
        let mut other = chain.clone();
        let accepted = chain.from(bob()).call(trustlines.accept(NET, alice(), terms(1, 2)));
        let removed = other.from(eve()).call(trustlines.remove_proposal(NET, alice(), bob()));
        if good {
            accepted.expect_ok();
            removed.expect_error(Error::NotParty);
        } else {
            accepted.expect_error(Error::Lapsed);
            assert!(removed.has(&ProposalRemoved { network: NET, from: alice(), to: bob() }));
        }
    }
    let (mut chain, trustlines) = founded(village());
    for who in [alice(), bob()] {
        chain.from(alice()).call(trustlines.propose(NET, bob(), terms(1, 2), None)).expect_ok();
        chain.from(who).call(trustlines.remove_proposal(NET, alice(), bob())).expect_ok();
        chain.from(who).call(trustlines.remove_proposal(NET, alice(), bob())).expect_error(Error::UnknownProposal);
    }
}

#[test]
fn refuses_proposals_that_cannot_be() {
    let (mut chain, trustlines) = founded(village());
    let fixed = NewNetwork { rules: Rules { fixed_rate_bps: Some(250), ..village().rules }, ..village() };
    let second = found(&mut chain, trustlines, fixed);
    let now = chain.time_ms();
    let plain = terms(1, 2);
    let rate = |rate_given_bps| LineTerms { rate_given_bps, ..plain };
    let ends = |expires_at_ms| LineTerms { expires_at_ms: Some(expires_at_ms), ..plain };
    for (network, to, terms, until, error) in [
        (9, bob(), plain, None, Error::UnknownNetwork),
        (NET, alice(), plain, None, Error::SameParty),
        (NET, Address::ZERO, plain, None, Error::ZeroAddress),
        (NET, bob(), rate(32_768), None, Error::InvalidRate),
        (second, bob(), rate(250), None, Error::InvalidRate),
        (second, bob(), plain, None, Error::InvalidRate),
        (NET, bob(), ends(now), None, Error::ExpiryPassed),
        (NET, bob(), plain, Some(now), Error::ExpiryPassed),
        (NET, bob(), plain, Some(now + 2 * MAX_STANDING_MS), Error::StandsTooLong),
    ] {
        chain.from(alice()).call(trustlines.propose(network, to, terms, until)).expect_error(error);
    }
    let both = LineTerms { rate_received_bps: 250, ..rate(250) };
    chain.from(alice()).call(trustlines.propose(second, bob(), both, None)).expect_ok();
    // What was proposed in time and is accepted after its own expiry is refused too.
    let soon = ends(now + 1_000_000);
    chain.from(alice()).call(trustlines.propose(NET, bob(), soon, None)).expect_ok();
    chain.set_time_ms(now + 1_000_000);
    chain.from(bob()).call(trustlines.accept(NET, alice(), soon)).expect_error(Error::ExpiryPassed);
}

#[test]
fn raising_takes_both_and_lowering_ones_own_takes_one() {
    let (mut chain, trustlines) = pair(|_, _| ());
    pay(&mut chain, trustlines, bob(), 60, &[alice()], 0).expect_ok();
    let outcome = chain.from(alice()).call(trustlines.lower(NET, bob(), 80));
    assert!(outcome.has(&LineSet { network: NET, one: alice(), other: bob(), terms: terms(80, 150) }));
    for given in [80, 81, u64::MAX] {
        chain.from(alice()).call(trustlines.lower(NET, bob(), given)).expect_error(Error::NotLower);
    }
    chain.from(alice()).call(trustlines.lower(NET, bob(), 59)).expect_error(Error::BelowDebt);
    chain.from(alice()).call(trustlines.lower(NET, bob(), 60)).expect_ok();
    chain.from(charlie()).call(trustlines.lower(NET, bob(), 1)).expect_error(Error::UnknownLine);
    pay(&mut chain, trustlines, bob(), 1, &[alice()], 0).expect_error(Error::AboveLine);
    // By agreement neither: what is owed stays within what is given.
    chain.from(bob()).call(trustlines.propose(NET, alice(), terms(0, 59), None)).expect_ok();
    chain.from(alice()).call(trustlines.accept(NET, bob(), terms(0, 59))).expect_error(Error::BelowDebt);
    agree(&mut chain, trustlines, (bob(), alice()), terms(0, 500));
    assert_eq!(line(&chain, trustlines, alice(), bob()).terms, terms(500, 0));
    assert_eq!(balance(&chain, trustlines, alice(), bob()), 60);
}

#[test]
fn other_rates_count_from_the_agreement_on() {
    let (mut chain, trustlines) = pair(|terms, _| (terms.given, terms.rate_given_bps) = (1_000_000, 1_000));
    pay(&mut chain, trustlines, bob(), 100_000, &[alice()], 0).expect_ok();
    chain.advance_ms(YEAR_MS);
    let dear = LineTerms { rate_given_bps: 0, ..terms(1_000_000, 150) };
    agree(&mut chain, trustlines, (alice(), bob()), dear);
    let after = balance(&chain, trustlines, alice(), bob());
    assert_eq!(after, 110_517, "10 percent for one year");
    chain.advance_ms(YEAR_MS);
    assert_eq!(balance(&chain, trustlines, alice(), bob()), after);
}

#[test]
fn interest_alone_takes_a_debt_above_its_line_and_who_is_owed_can_pay_with_it() {
    let (mut chain, trustlines) = pair(|terms, _| terms.rate_given_bps = 5_000);
    pay(&mut chain, trustlines, bob(), 100, &[alice()], 0).expect_ok();
    chain.advance_ms(YEAR_MS);
    assert_eq!(balance(&chain, trustlines, alice(), bob()), 164);
    let info = line(&chain, trustlines, bob(), alice());
    assert_eq!((info.can_send, info.can_receive), (0, 315));
    pay(&mut chain, trustlines, bob(), 1, &[alice()], 0).expect_error(Error::AboveLine);
    pay(&mut chain, trustlines, alice(), 30, &[bob()], 0).expect_ok();
    assert_eq!(balance(&chain, trustlines, alice(), bob()), 134, "still above the line, and less than before");
    chain.from(alice()).call(trustlines.lower(NET, bob(), 99)).expect_error(Error::BelowDebt);
    pay(&mut chain, trustlines, alice(), 134, &[bob()], 0).expect_ok();
    assert_eq!(balance(&chain, trustlines, alice(), bob()), 0);
}

#[test]
fn nobody_comes_to_owe_from_the_expiry_on() {
    let expiry = |terms: &mut LineTerms, now: u64| terms.expires_at_ms = Some(now + 100_000);
    let (mut chain, trustlines) = pair(expiry);
    pay(&mut chain, trustlines, bob(), 60, &[alice()], 0).expect_ok();
    let end = line(&chain, trustlines, alice(), bob()).terms.expires_at_ms.expect("it ends");
    let again = tenon_testkit::by(bob(), trustlines.transfer(NET, 1, vec![alice()], None, None, None));
    tenon_testkit::rules::closes_at(&chain, end, &again);
    chain.set_time_ms(end);
    pay(&mut chain, trustlines, bob(), 1, &[alice()], 0).expect_error(Error::LineExpired);
    pay(&mut chain, trustlines, alice(), 61, &[bob()], 0).expect_error(Error::LineExpired);
    let info = line(&chain, trustlines, alice(), bob());
    assert_eq!((info.can_send, info.can_receive), (60, 0));
    chain.from(eve()).call(trustlines.close(NET, alice(), bob())).expect_error(Error::BalanceNotZero);
    pay(&mut chain, trustlines, alice(), 60, &[bob()], 0).expect_ok();
    // Now it is over, and anybody may clear it away.
    chain.from(eve()).call(trustlines.close(NET, alice(), bob())).expect_ok();
    assert!(chain.query(trustlines.line_of(NET, alice(), bob())).is_err());
}

#[test]
fn an_expired_line_is_renewed_by_both() {
    let (mut chain, trustlines) = pair(|terms, now| terms.expires_at_ms = Some(now + 10_000));
    pay(&mut chain, trustlines, bob(), 60, &[alice()], 0).expect_ok();
    chain.advance_ms(10_000);
    let expired =
        |chain: &TestChain| chain.query(trustlines.expired_lines(NET, u64::MAX, None, None)).expect("a query");
    assert_eq!(expired(&chain).len(), 1);
    agree(&mut chain, trustlines, (alice(), bob()), terms(100, 150));
    assert_eq!(expired(&chain), []);
    pay(&mut chain, trustlines, bob(), 40, &[alice()], 0).expect_ok();
}

#[test]
fn closes_only_when_nothing_is_owed() {
    let (mut chain, trustlines) = pair(|_, _| ());
    pay(&mut chain, trustlines, bob(), 1, &[alice()], 0).expect_ok();
    for who in [alice(), bob()] {
        chain.from(who).call(trustlines.close(NET, alice(), bob())).expect_error(Error::BalanceNotZero);
    }
    pay(&mut chain, trustlines, alice(), 1, &[bob()], 0).expect_ok();
    chain.from(eve()).call(trustlines.close(NET, alice(), bob())).expect_error(Error::NotExpired);
    let outcome = chain.from(bob()).call(trustlines.close(NET, alice(), bob()));
    assert!(outcome.has(&LineClosed { network: NET, one: alice(), other: bob(), by: bob() }));
    chain.from(bob()).call(trustlines.close(NET, alice(), bob())).expect_error(Error::UnknownLine);
    pay(&mut chain, trustlines, bob(), 1, &[alice()], 0).expect_error(Error::UnknownLine);
    assert_eq!(chain.query(trustlines.neighbours(NET, alice(), None, None)), Ok(vec![]));
}

#[test]
fn who_is_owed_less_than_a_unit_alone_gives_it_up() {
    let (mut chain, trustlines) = pair(|terms, _| terms.rate_given_bps = 1_000);
    pay(&mut chain, trustlines, bob(), 100, &[alice()], 0).expect_ok();
    chain.advance_ms(YEAR_MS);
    pay(&mut chain, trustlines, alice(), 110, &[bob()], 0).expect_ok();
    let info = line(&chain, trustlines, alice(), bob());
    assert!(info.balance == 0 && info.exact_balance > 0, "110.517 less 110");
    let mut by_alice = chain.clone();
    by_alice.from(alice()).call(trustlines.close(NET, bob(), alice())).expect_ok();
    chain.from(bob()).call(trustlines.close(NET, alice(), bob())).expect_error(Error::FractionOwed);
    // Alice pays with it and comes to owe the rest of a unit: now it is Bob's to give up.
    pay(&mut chain, trustlines, alice(), 1, &[bob()], 0).expect_ok();
    let info = line(&chain, trustlines, bob(), alice());
    assert!(info.balance == 0 && info.exact_balance > 0, "0.483 is owed to Bob");
    chain.from(alice()).call(trustlines.close(NET, alice(), bob())).expect_error(Error::FractionOwed);
    chain.from(bob()).call(trustlines.close(NET, alice(), bob())).expect_ok();
}

#[test]
fn less_than_a_unit_falls_away_a_while_after_the_expiry() {
    let (mut chain, trustlines) = pair(|terms, now| {
        (terms.rate_given_bps, terms.expires_at_ms) = (1_000, Some(now + YEAR_MS));
    });
    pay(&mut chain, trustlines, bob(), 100, &[alice()], 0).expect_ok();
    let end = line(&chain, trustlines, alice(), bob()).terms.expires_at_ms.expect("it ends");
    chain.set_time_ms(end - 1);
    pay(&mut chain, trustlines, alice(), 110, &[bob()], 0).expect_ok();
    for who in [bob(), eve()] {
        let close = tenon_testkit::by(who, trustlines.close(NET, alice(), bob()));
        tenon_testkit::rules::opens_at(&chain, end + FRACTION_GRACE_MS, &close);
    }
    chain.from(alice()).call(trustlines.close(NET, alice(), bob())).expect_ok();
}

#[test]
fn passes_no_transfer_while_frozen() {
    let (mut chain, trustlines) = lined(with_freezer());
    pay(&mut chain, trustlines, alice(), 10, &[bob()], 0).expect_ok();
    let outcome = chain.from(dave()).call(trustlines.freeze(NET, bob(), alice(), true));
    assert!(outcome.has(&LineFrozen { network: NET, one: bob(), other: alice(), frozen: true }));
    for (from, path) in [(alice(), vec![bob()]), (bob(), vec![alice()]), (eve(), vec![alice(), bob()])] {
        pay(&mut chain, trustlines, from, 5, &path, 5).expect_error(Error::Frozen);
    }
    let info = line(&chain, trustlines, alice(), bob());
    assert_eq!((info.frozen, info.can_send, info.can_receive), (true, 0, 0));
    // Other lines are as before, and other terms of this one leave it frozen.
    pay(&mut chain, trustlines, alice(), 10, &[eve()], 0).expect_ok();
    agree(&mut chain, trustlines, (alice(), bob()), terms(1_000, 1_000));
    pay(&mut chain, trustlines, alice(), 5, &[bob()], 0).expect_error(Error::Frozen);
    chain.from(dave()).call(trustlines.freeze(NET, alice(), bob(), false)).expect_ok();
    pay(&mut chain, trustlines, alice(), 5, &[bob()], 0).expect_ok();
}

#[test]
fn freezing_is_for_who_may_alone_and_is_not_evaded() {
    let (mut chain, trustlines) = lined(with_freezer());
    for who in [alice(), bob(), eve()] {
        chain.from(who).call(trustlines.freeze(NET, alice(), bob(), true)).expect_error(Error::NotFreezer);
    }
    chain.from(dave()).call(trustlines.freeze(NET, alice(), bob(), false)).expect_error(Error::NoChange);
    chain.from(dave()).call(trustlines.freeze(NET, alice(), charlie(), true)).expect_error(Error::UnknownLine);
    chain.from(dave()).call(trustlines.freeze(NET, alice(), bob(), true)).expect_ok();
    // To close it and agree on a new one would set it free.
    chain.from(alice()).call(trustlines.close(NET, alice(), bob())).expect_error(Error::Frozen);
    let (mut chain, trustlines) = lined(village());
    for who in [alice(), dave()] {
        chain.from(who).call(trustlines.freeze(NET, alice(), bob(), true)).expect_error(Error::NotFreezer);
    }
}
