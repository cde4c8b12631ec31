//! Transfers: paths, limits on every hop, fees on either side, rings, deadlines, and what a failed one leaves.

use crate::{NET, agree, balance, founded, line, lined, pair, pay, terms, village};
use tenon_contract::Address;
use tenon_testkit::{alice, bob, by, charlie, dave, eve, ferdie, rules};
use trustlines::fees::{added_fee, contained_fee, imbalance};
use trustlines::{Error, FeePayer, MAX_HOPS, NewNetwork, Passed, Rules, Transferred};

#[test]
fn tells_of_every_hop_and_of_what_arrived() {
    let (mut chain, trustlines) = lined(village());
    let outcome = pay(&mut chain, trustlines, alice(), 50, &[bob(), charlie()], 1);
    let units = |units: i128| units << 60;
    let (first, second) = ((alice(), bob()), (bob(), charlie()));
    let passed = |(payer, payee), units, balance| Passed { network: NET, payer, payee, units, balance };
    assert!(outcome.has(&passed(second, 50, -units(50))));
    assert!(outcome.has(&passed(first, 51, -units(51))));
    assert!(outcome.has(&Transferred { network: NET, from: alice(), to: charlie(), units: 50, fees: 1 }));
    assert_eq!((outcome.count_of::<Passed>(), outcome.expect_ok()), (2, 1));
}

#[test]
fn refuses_more_than_is_given_on_any_hop() {
    // Bob gives Alice 150, Charlie gives Bob 250, Dave gives Charlie 350, Eve gives Dave 450.
    let path = [bob(), charlie(), dave(), eve()];
    let (full, trustlines) = lined(village());
    let before = full.digest();
    for (value, accepted) in [(141, true), (142, true), (145, false), (150, false), (1_000, false), (u64::MAX, false)] {
        let mut chain = full.clone();
        let outcome = pay(&mut chain, trustlines, alice(), value, &path, u64::MAX);
        assert_eq!(outcome.is_ok(), accepted, "{value}");
        if accepted {
            let info = line(&chain, trustlines, alice(), bob());
            assert!(-info.balance <= 150 && info.balance < -i128::from(value), "{info:?}");
        }
    }
    assert_eq!(full.digest(), before);
    // The line in the middle is the narrowest: nothing moves on those before and behind it.
    let (mut chain, trustlines) = lined(village());
    chain.from(charlie()).call(trustlines.lower(NET, bob(), 9)).expect_ok();
    pay(&mut chain, trustlines, alice(), 8, &path, 10).expect_error(Error::AboveLine);
    for (payer, payee) in [(alice(), bob()), (bob(), charlie()), (charlie(), dave()), (dave(), eve())] {
        assert_eq!(balance(&chain, trustlines, payer, payee), 0);
    }
    pay(&mut chain, trustlines, alice(), 7, &path, 10).expect_ok();
}

#[test]
fn lets_the_sender_say_who_pays_fees_and_how_much_at_most() {
    for (fee_payer, sent, came) in [(FeePayer::Sender, 102, 100), (FeePayer::Receiver, 100, 99)] {
        let (mut chain, trustlines) = lined(village());
        let call = |max_fee| {
            let path = vec![bob(), charlie()];
            trustlines.transfer(NET, 100, path, Some(max_fee), Some(fee_payer), None)
        };
        let fee = u64::try_from(sent - came).expect("a fee");
        chain.from(alice()).call(call(fee - 1)).expect_error(Error::FeeTooHigh);
        assert_eq!(chain.from(alice()).call(call(fee)).expect_ok(), fee);
        assert_eq!(balance(&chain, trustlines, alice(), bob()), -sent);
        assert_eq!(balance(&chain, trustlines, charlie(), bob()), came);
    }
}

#[test]
fn rounds_each_fee_up() {
    assert_eq!([0, 1, 99, 100, 198].map(|units| added_fee(units, 100)), [0, 1, 1, 2, 2]);
    assert_eq!([0, 1, 100, 101, 200].map(|units| contained_fee(units, 100)), [0, 1, 1, 2, 2]);
    assert_eq!([0, 1, 2, 3].map(|units| added_fee(units, 2)), [0, 1, 2, 3]);
    assert_eq!([0, 1, 2, 3].map(|units| contained_fee(units, 2)), [0, 1, 1, 2]);
    assert_eq!((added_fee(u64::MAX, 0), contained_fee(u64::MAX, 0)), (0, 0));
    assert_eq!((added_fee(u64::MAX, 2), contained_fee(u64::MAX, 2)), (u64::MAX, 1 << 63));
    assert_eq!([0, 60, 100, 1 << 64].map(|claim| imbalance(100, claim)), [100, 40, 0, 0]);
}

#[test]
fn takes_no_fee_for_what_repays_a_debt() {
    let (mut chain, trustlines) = lined(village());
    pay(&mut chain, trustlines, charlie(), 100, &[bob(), alice()], 2).expect_ok();
    // Bob owes Alice 100 and is owed 102: what comes back over the same lines makes no imbalance.
    assert_eq!(pay(&mut chain, trustlines, alice(), 100, &[bob(), charlie()], 0).expect_ok(), 0);
    assert_eq!(balance(&chain, trustlines, bob(), charlie()), 2, "what Bob earned");
}

#[test]
fn leaves_fees_out_where_the_network_has_none() {
    let free = NewNetwork { rules: Rules { fee_divisor: 0, ..village().rules }, ..village() };
    let (mut chain, trustlines) = lined(free);
    assert_eq!(pay(&mut chain, trustlines, alice(), 150, &[bob(), charlie(), dave(), eve()], 0).expect_ok(), 0);
}

#[test]
fn refuses_paths_that_are_none() {
    let (mut chain, trustlines) = lined(village());
    let long = vec![bob(); MAX_HOPS + 1];
    for (path, error) in [
        (vec![], Error::InvalidPath),
        (long, Error::InvalidPath),
        (vec![alice()], Error::PathRepeats),
        (vec![bob(), alice()], Error::PathRepeats),
        (vec![bob(), bob()], Error::PathRepeats),
        (vec![bob(), charlie(), bob()], Error::PathRepeats),
        (vec![bob(), alice(), eve()], Error::PathRepeats),
        (vec![charlie()], Error::UnknownLine),
        (vec![bob(), ferdie()], Error::UnknownLine),
        (vec![bob(), Address::ZERO], Error::UnknownLine),
    ] {
        pay(&mut chain, trustlines, alice(), 1, &path, 9).expect_error(error);
    }
    pay(&mut chain, trustlines, alice(), 0, &[bob()], 9).expect_error(Error::ZeroValue);
    let elsewhere = trustlines.transfer(NET + 1, 1, vec![bob()], None, None, None);
    chain.from(alice()).call(elsewhere).expect_error(Error::UnknownNetwork);
}

#[test]
fn passes_as_many_lines_as_it_may() {
    let (mut chain, trustlines) = founded(village());
    let people: Vec<Address> = (1..=9).map(|byte| Address::new([byte; 32])).collect();
    for who in &people {
        chain.set_coin(*who, chain.coin(alice()));
    }
    let mut before = alice();
    for who in &people {
        agree(&mut chain, trustlines, (before, *who), terms(1_000, 1_000));
        before = *who;
    }
    assert_eq!(pay(&mut chain, trustlines, alice(), 100, &people[..MAX_HOPS], 99).expect_ok(), 14);
    pay(&mut chain, trustlines, alice(), 100, &people, 99).expect_error(Error::InvalidPath);
}

#[test]
fn a_ring_shifts_debts_between_neighbours() {
    let (mut chain, trustlines) = lined(village());
    pay(&mut chain, trustlines, alice(), 100, &[bob()], 0).expect_ok();
    // Alice comes to owe Eve instead of Bob: Bob passes on what comes back to her.
    let ring = [eve(), dave(), charlie(), bob(), alice()];
    let fees = pay(&mut chain, trustlines, alice(), 100, &ring, 9).expect_ok();
    assert_eq!(fees, 8, "four mediators, two each");
    assert_eq!(balance(&chain, trustlines, alice(), bob()), 0);
    assert_eq!(balance(&chain, trustlines, alice(), eve()), -108);
    chain.from(alice()).call(trustlines.close(NET, alice(), bob())).expect_ok();
}

#[test]
fn refuses_a_transfer_that_fees_eat_up() {
    let (mut chain, trustlines) = lined(village());
    let call = |value| {
        let path = vec![bob(), charlie(), dave()];
        trustlines.transfer(NET, value, path, Some(9), Some(FeePayer::Receiver), None)
    };
    for value in [1, 2] {
        chain.from(alice()).call(call(value)).expect_error(Error::NothingArrives);
    }
    assert_eq!(chain.from(alice()).call(call(3)).expect_ok(), 2);
    assert_eq!(balance(&chain, trustlines, dave(), charlie()), 1);
}

#[test]
fn is_void_from_its_deadline_on() {
    let (chain, trustlines) = pair(|_, _| ());
    let deadline = chain.time_ms() + 10_000;
    let call = trustlines.transfer(NET, 1, vec![bob()], None, None, Some(deadline));
    rules::closes_at(&chain, deadline, &by(alice(), call.clone()));
    let mut late = chain;
    late.set_time_ms(deadline);
    late.from(alice()).call(call).expect_error(Error::DeadlinePassed);
}

#[test]
fn holds_the_largest_numbers_there_are() {
    let (mut chain, trustlines) = pair(|terms, _| {
        (terms.given, terms.received) = (u64::MAX, u64::MAX);
        (terms.rate_given_bps, terms.rate_received_bps) = (32_767, 32_767);
    });
    pay(&mut chain, trustlines, bob(), u64::MAX, &[alice()], 0).expect_ok();
    chain.advance_ms(crate::YEAR_MS);
    let info = line(&chain, trustlines, alice(), bob());
    assert_eq!((info.balance, info.can_send), (i128::from(u64::MAX), u64::MAX));
    assert_eq!(line(&chain, trustlines, bob(), alice()).can_send, 0);
    pay(&mut chain, trustlines, bob(), 1, &[alice()], 0).expect_error(Error::AboveLine);
    pay(&mut chain, trustlines, alice(), u64::MAX, &[bob()], 0).expect_ok();
    pay(&mut chain, trustlines, alice(), u64::MAX, &[bob()], 0).expect_ok();
    assert_eq!(balance(&chain, trustlines, bob(), alice()), i128::from(u64::MAX), "it has grown to that again");
    // Fees that no number holds.
    agree(&mut chain, trustlines, (bob(), charlie()), terms(u64::MAX, u64::MAX));
    pay(&mut chain, trustlines, alice(), u64::MAX, &[bob(), charlie()], u64::MAX).expect_error(Error::AmountOverflow);
}

#[test]
fn one_of_two_who_want_the_last_of_a_line_gets_it_in_every_order() {
    let (mut chain, trustlines) = lined(village());
    agree(&mut chain, trustlines, (ferdie(), bob()), terms(0, 1_000));
    chain.from(charlie()).call(trustlines.lower(NET, bob(), 100)).expect_ok();
    let send = |who: Address| by(who, trustlines.transfer(NET, 80, vec![bob(), charlie()], Some(1), None, None));
    chain.every_order(&[send(alice()), send(ferdie())], |after, _, outcomes| {
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(balance(after, trustlines, charlie(), bob()), 80);
    });
}
