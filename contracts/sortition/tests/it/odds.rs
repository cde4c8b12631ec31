//! The draw as a function: everybody is equally likely, nobody is drawn twice, and a fifth of the lots has the majority
//! of the seats no more often than the module's page says.

use crate::account;
use sortition::draw::{draw, is_selected};
use sortition::{CONTRIBUTORS, MAX_SEATS};
use std::collections::BTreeSet;
use tenon_contract::Address;
use tenon_testkit::Random;

/// A draw among lots that all can be drawn; the lot's number is its holder's.
fn drawn(random: &mut Random, seats: u32, slots: u32) -> Vec<Address> {
    draw(seats, slots, |_| random.below(u64::MAX), |slot| Some(account(slot.into())))
}

/// How likely more than half of so many seats are an attacker's, of whom each is with a chance of a fifth: what a draw
/// with lots put back would give. A draw without is below it in whatever pool.
fn majority_of(seats: u32) -> f64 {
    let mut terms = vec![1.0_f64];
    for _ in 0..seats {
        let mut next = vec![0.0; terms.len() + 1];
        for (won, chance) in terms.iter().enumerate() {
            next[won] += chance * 0.8;
            next[won + 1] += chance * 0.2;
        }
        terms = next;
    }
    terms.iter().skip(usize::try_from(seats / 2 + 1).expect("small")).sum()
}

/// The same without putting lots back: so many lots, of which a fifth are the attacker's.
fn majority_among(lots: u32, seats: u32) -> f64 {
    let bad = lots / 5;
    // By lots that are taken one after the other: the chance of so many bad ones so far.
    let mut terms = vec![1.0_f64];
    for taken in 0..seats {
        let mut next = vec![0.0; terms.len() + 1];
        for (won, chance) in (0..).zip(&terms) {
            let left = f64::from(lots - taken);
            let bad_left = f64::from(bad.saturating_sub(won));
            let place = usize::try_from(won).expect("small");
            next[place] += chance * (left - bad_left) / left;
            next[place + 1] += chance * bad_left / left;
        }
        terms = next;
    }
    terms.iter().skip(usize::try_from(seats / 2 + 1).expect("small")).sum()
}

#[test]
fn a_fifth_of_the_lots_has_the_majority_no_more_often_than_is_stated() {
    // The page of the module states these bounds.
    for (seats, bound) in [(5, 0.058), (11, 0.012), (21, 0.000_97), (31, 0.000_089)] {
        let most = majority_of(seats);
        assert!(most <= bound && most > bound * 0.97, "{seats} seats: {most}");
        for lots in [50, 100, 200, 500, 1_000] {
            let exact = majority_among(lots, seats);
            assert!(exact <= most, "{seats} seats among {lots}: {exact}");
        }
    }
}

#[test]
fn the_draw_has_the_odds_of_an_urn() {
    const DRAWS: u32 = 40_000;
    let mut random = Random::new(60);
    for (lots, seats) in [(50, 9), (100, 5)] {
        let bad = |who: &Address| (0..u64::from(lots / 5)).any(|number| *who == account(number));
        let mut majorities = 0;
        for _ in 0..DRAWS {
            let found = drawn(&mut random, seats, lots);
            if found.iter().filter(|who| bad(who)).count() > usize::try_from(seats / 2).expect("small") {
                majorities += 1;
            }
        }
        let expected = majority_among(lots, seats);
        let deviation = (expected * (1.0 - expected) / f64::from(DRAWS)).sqrt();
        let found = f64::from(majorities) / f64::from(DRAWS);
        assert!((found - expected).abs() < 4.0 * deviation, "{seats} of {lots}: {found}, expected {expected}");
    }
}

#[test]
fn each_lot_is_drawn_equally_often_and_none_twice() {
    const DRAWS: usize = 20_000;
    let mut random = Random::new(61);
    let mut times = [0_u32; 20];
    for _ in 0..DRAWS {
        let found = drawn(&mut random, 5, 20);
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 5);
        for (number, times) in (0..).zip(&mut times) {
            *times += u32::from(found.contains(&account(number)));
        }
    }
    // Each is expected 5000 times, give or take 61.
    assert!(times.iter().all(|times| (4_700..=5_300).contains(times)), "{times:?}");
}

#[test]
fn all_are_drawn_where_there_are_no_more_than_seats_and_lots_of_nobody_are_passed_over() {
    let mut random = Random::new(62);
    for slots in 0..40 {
        let found = drawn(&mut random, MAX_SEATS, slots);
        assert_eq!(found.len(), usize::try_from(slots.min(MAX_SEATS)).expect("small"));
        let number = |_| random.below(u64::MAX);
        let holder = |slot: u32| slot.is_multiple_of(3).then(|| account(slot.into()));
        let found = draw(MAX_SEATS, slots, number, holder);
        assert_eq!(found.len(), usize::try_from(slots.div_ceil(3)).expect("small"));
    }
}

#[test]
fn who_drops_out_makes_place_for_the_next_and_moves_nobody() {
    let mut random = Random::new(63);
    for _ in 0..200 {
        let numbers: Vec<u64> = (0..30).map(|_| random.below(u64::MAX)).collect();
        let number = |step: u32| numbers[usize::try_from(step).expect("small")];
        let all = draw(30, 30, number, |slot| Some(account(slot.into())));
        let gone = random.below(30);
        let left = draw(7, 30, number, |slot| (u64::from(slot) != gone).then(|| account(slot.into())));
        let expected: Vec<_> = all.into_iter().filter(|who| *who != account(gone)).take(7).collect();
        assert_eq!(left, expected);
    }
}

#[test]
fn about_thirty_one_are_selected_of_however_many() {
    let mut random = Random::new(64);
    for members in [1, 5, CONTRIBUTORS, 100, 1_024] {
        let rounds = 2_000;
        let mut selected = 0;
        for _ in 0..rounds * u64::from(members) {
            selected += u64::from(is_selected(random.below(u64::MAX), members));
        }
        let average = selected / rounds;
        let expected = u64::from(members.min(CONTRIBUTORS));
        assert!(average.abs_diff(expected) <= 1, "{average} of {members}");
    }
    assert!(is_selected(u64::MAX, CONTRIBUTORS) && !is_selected(u64::MAX, CONTRIBUTORS + 1));
}
