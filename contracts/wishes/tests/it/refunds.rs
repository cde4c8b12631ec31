//! What comes back when nothing was accepted, and what is cleared when all is over.

use crate::{RICH, wished, world};
use tenon_contract::Address;
use tenon_testkit::{alice, bob, by, charlie, dave, eve, rules};
use wishes::{Cleared, Currency, Error, Refunded, SubmissionRemoved};

#[test]
fn gives_each_backer_their_own_part_back_once() {
    let (mut world, wish, deadline) = wished();
    for (who, amount) in [(bob(), 50), (charlie(), 70), (bob(), 5)] {
        world.back(who, wish, amount).expect_ok();
    }
    world.refund(bob(), wish).expect_error(Error::TooEarly);
    world.chain.set_time_ms(deadline);
    let refunded = world.refund(bob(), wish);
    assert!(refunded.has(&Refunded { wish, backer: bob(), to: bob(), amount: 55 }));
    assert_eq!(refunded.expect_ok(), 55);
    world.refund(bob(), wish).expect_error(Error::NothingToTake);
    world.refund(dave(), wish).expect_error(Error::NothingToTake);
    assert_eq!((world.info(wish).progress.held, world.owed(Currency::Coin)), (70, 70));
    // However late.
    world.chain.advance_ms(10 * wishes::MAX_DURATION_MS);
    assert_eq!(world.refund(charlie(), wish).expect_ok(), 70);
    assert_eq!((world.owed(Currency::Coin), world.chain.coin(world.wishes.address())), (0, 0));
}

#[test]
fn excludes_refund_by_acceptance_and_acceptance_by_refund() {
    let (mut accepted, wish, deadline) = wished();
    let weather = accepted.weather;
    accepted.back(bob(), wish, 50).expect_ok();
    accepted.submit(dave(), wish, weather).expect_ok();
    let mut late = accepted.clone();
    accepted.accept(wish, weather, dave()).expect_ok();
    accepted.chain.set_time_ms(deadline + 1);
    accepted.refund(bob(), wish).expect_error(Error::AlreadyAccepted);
    accepted.back(bob(), wish, 5).expect_error(Error::AlreadyAccepted);
    assert_eq!(accepted.collect(dave(), wish).expect_ok(), 50, "also after the deadline");
    late.chain.set_time_ms(deadline);
    late.accept(wish, weather, dave()).expect_error(Error::TooLate);
    late.collect(dave(), wish).expect_error(Error::NotAccepted);
    assert_eq!(late.refund(bob(), wish).expect_ok(), 50);
}

#[test]
fn pays_one_of_publisher_and_backers_in_every_order_of_a_block() {
    let (mut world, wish, deadline) = wished();
    let (weather, wishes) = (world.weather, world.wishes);
    world.back(bob(), wish, 50).expect_ok();
    world.submit(dave(), wish, weather).expect_ok();
    let block = [
        by(alice(), wishes.accept(wish, weather, dave())),
        by(dave(), wishes.collect(wish, None)),
        by(bob(), wishes.refund(wish, None)),
    ];
    for time_ms in [deadline - 1, deadline] {
        world.chain.set_time_ms(time_ms);
        world.chain.every_order(&block, |chain, order, outcomes| {
            let paid = [outcomes[1].is_ok(), outcomes[2].is_ok()];
            assert_eq!(outcomes[0].is_ok(), time_ms < deadline, "{order:?}");
            assert_eq!(paid[1], time_ms >= deadline, "{order:?}");
            assert!(!(paid[0] && paid[1]), "{order:?}");
            let left = chain.query(wishes.owed(Currency::Coin)).expect("a query");
            assert_eq!(left, if paid[0] || paid[1] { 0 } else { 50 }, "{order:?}");
        });
    }
}

#[test]
fn sends_a_part_in_gold_to_whom_its_backer_says() {
    let mut world = world();
    let gold = world.gold();
    let wish = world.wish(Some(gold));
    world.back(bob(), wish, 50).expect_ok();
    world.chain.advance_ms(crate::LIFE_MS);
    for to in [Address::ZERO, world.wishes.address()] {
        let refund = world.wishes.refund(wish, Some(to));
        world.by(bob(), refund).expect_error(Error::InvalidReceiver);
    }
    let refund = world.wishes.refund(wish, Some(eve()));
    assert_eq!(world.by(bob(), refund).expect_ok(), 50);
    assert_eq!((world.gold_of(eve()), world.gold_of(bob()), world.backing(wish, bob())), (50, RICH - 50, 0));
}

#[test]
fn a_receiver_who_cannot_be_paid_holds_up_nobody_and_loses_nothing() {
    let (mut world, wish, deadline) = wished();
    for who in [bob(), charlie()] {
        world.back(who, wish, 50).expect_ok();
    }
    world.chain.set_time_ms(deadline);
    // 50 units are less than an account may hold at least, so a new account refuses them.
    let refund = world.wishes.refund(wish, Some(Address::new([9; 32])));
    world.by(bob(), refund).expect_error(Error::PayoutRefused);
    assert_eq!(world.backing(wish, bob()), 50);
    assert_eq!(world.refund(charlie(), wish).expect_ok(), 50);
    assert_eq!(world.refund(bob(), wish).expect_ok(), 50);
}

#[test]
fn is_cleared_by_anyone_once_nothing_is_held_for_it() {
    let (mut world, wish, deadline) = wished();
    let (wishes, weather, traffic) = (world.wishes, world.weather, world.traffic);
    world.back(bob(), wish, 50).expect_ok();
    world.submit(dave(), wish, weather).expect_ok();
    world.submit(eve(), wish, traffic).expect_ok();
    for who in [alice(), bob()] {
        world.by(who, wishes.clear(wish)).expect_error(Error::NotOver);
    }
    world.by(bob(), wishes.remove_submission(wish, weather)).expect_error(Error::SubmissionStands);
    world.by(charlie(), wishes.remove_backer(wish, bob())).expect_error(Error::NotAccepted);
    world.chain.set_time_ms(deadline);
    world.by(charlie(), wishes.clear(wish)).expect_error(Error::NotOver);
    world.by(charlie(), wishes.remove_backer(wish, bob())).expect_error(Error::NotAccepted);
    let removed = world.by(charlie(), wishes.remove_submission(wish, weather));
    assert!(removed.has(&SubmissionRemoved { wish, stream: weather }));
    world.refund(bob(), wish).expect_ok();
    let cleared = world.by(charlie(), wishes.clear(wish));
    assert!(cleared.has(&Cleared { wish }));
    cleared.expect_ok();
    world.by(charlie(), wishes.clear(wish)).expect_error(Error::UnknownWish);
    // Submissions of a wish that is gone go too, and its number is not used again.
    world.by(charlie(), wishes.remove_submission(wish, traffic)).expect_ok();
    world.by(charlie(), wishes.remove_submission(wish, traffic)).expect_error(Error::NotSubmitted);
    assert_eq!(world.wish(None), 2);
}

#[test]
fn clears_notes_of_backers_once_the_bounty_is_the_publishers() {
    let (mut world, wish, _) = wished();
    let (wishes, weather) = (world.wishes, world.weather);
    for who in [bob(), charlie()] {
        world.back(who, wish, 50).expect_ok();
    }
    world.submit(dave(), wish, weather).expect_ok();
    world.accept(wish, weather, dave()).expect_ok();
    world.by(eve(), wishes.remove_backer(wish, bob())).expect_ok();
    world.by(eve(), wishes.remove_backer(wish, bob())).expect_error(Error::NothingToTake);
    world.by(eve(), wishes.clear(wish)).expect_error(Error::NotOver);
    assert_eq!(world.collect(dave(), wish).expect_ok(), 100);
    world.by(eve(), wishes.clear(wish)).expect_ok();
    world.by(eve(), wishes.remove_backer(wish, charlie())).expect_ok();
}

#[test]
fn can_be_given_up_by_who_made_it_while_nobody_backs_it() {
    let (mut world, wish, _) = wished();
    let clear = world.wishes.clear(wish);
    world.by(bob(), clear.clone()).expect_error(Error::NotOver);
    world.by(alice(), clear).expect_ok();
    world.by(bob(), world.wishes.back(wish, 5).with_value(5)).expect_error(Error::UnknownWish);
}

#[test]
fn no_cycle_of_wishes_gains_anything() {
    let (world, wish, deadline) = wished();
    let (wishes, weather) = (world.wishes, world.weather);
    let worth = |chain: &tenon_testkit::TestChain| {
        [alice(), bob(), dave()].into_iter().map(|who| chain.coin(who)).sum::<u128>()
    };
    let back = |who| by(who, wishes.back(wish, 1_000).with_value(1_000));
    let cycle = [
        back(alice()),
        back(bob()),
        by(dave(), wishes.submit(wish, weather)),
        by(bob(), wishes.refund(wish, None)),
        by(alice(), wishes.accept(wish, weather, dave())),
        by(dave(), wishes.collect(wish, None)),
        by(dave(), wishes.collect(wish, None)),
        by(bob(), wishes.refund(wish, None)),
    ];
    rules::gains_nothing(&world.chain, worth, &cycle);
    let mut backed = world.clone();
    backed.back(bob(), wish, 1_000).expect_ok();
    backed.chain.set_time_ms(deadline);
    let again = [by(bob(), wishes.refund(wish, None)), by(bob(), wishes.refund(wish, None))];
    let with_claims = |chain: &tenon_testkit::TestChain| {
        let owed = chain.query(wishes.owed(Currency::Coin)).expect("a query");
        chain.coin(bob()) + owed + chain.deposit_of(wishes.address())
    };
    rules::gains_nothing(&backed.chain, with_claims, &again);
}
