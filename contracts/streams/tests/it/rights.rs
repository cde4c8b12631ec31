//! Who may do what, who may grant and revoke what, and until when.

use crate::{LEVELS, NOBODY, create, created, created_at, may};
use streams::{AllRevoked, Error, Level, RightGranted, RightInfo, RightRemoved, RightRevoked, StreamsRef};
use tenon_contract::{Address, Hash};
use tenon_testkit::rules::{at_boundary, closes_at, opens_at};
use tenon_testkit::{TestChain, account, alice, bob, by, charlie, dave, eve, ferdie};

fn grant(chain: &mut TestChain, streams: StreamsRef, stream: Hash, who: Address, level: Level, end: Option<u64>) {
    chain.from(alice()).call(streams.grant(stream, who, level, end)).expect_ok();
}

/// Alice owns the stream. Bob may grant, publish and subscribe, Charlie publish, Dave subscribe, Eve edit, Ferdie delete.
/// Nobody, who never acts, may publish.
fn peopled() -> (TestChain, StreamsRef, Hash) {
    let (mut chain, streams, stream) = created();
    let rights = [
        (bob(), Level::Grant),
        (bob(), Level::Publish),
        (bob(), Level::Subscribe),
        (charlie(), Level::Publish),
        (dave(), Level::Subscribe),
        (eve(), Level::Edit),
        (ferdie(), Level::Delete),
        (NOBODY, Level::Publish),
    ];
    for (who, level) in rights {
        grant(&mut chain, streams, stream, who, level, None);
    }
    (chain, streams, stream)
}

#[test]
fn allows_each_person_what_their_rights_say_and_nothing_else() {
    let (mut chain, streams, stream) = peopled();
    let stranger = account("Stranger");
    chain.set_coin(stranger, 1_000_000_000_000_000);
    let new = Address::new([7; 32]);
    let actions = [
        by(alice(), streams.edit(stream, Some("New".into()), None, None)),
        by(alice(), streams.delete(stream)),
        by(alice(), streams.grant(stream, new, Level::Publish, None)),
        by(alice(), streams.grant(stream, new, Level::Grant, None)),
        by(alice(), streams.grant(stream, new, Level::Edit, None)),
        by(alice(), streams.grant_public(stream, Level::Subscribe, None)),
        by(alice(), streams.revoke(stream, NOBODY, Level::Publish)),
        by(alice(), streams.revoke(stream, ferdie(), Level::Delete)),
        by(alice(), streams.revoke_all(stream)),
        by(alice(), streams.propose_owner(stream, new)),
    ];
    // edit, delete, give publish, give grant, give edit, open, take publish, take delete, take all, offer.
    let table = [
        (alice(), [true; 10], [true; 5]),
        (bob(), [false, false, true, true, false, true, true, false, false, false], [false, false, true, true, true]),
        (charlie(), [false; 10], [false, false, true, false, false]),
        (dave(), [false; 10], [false, false, false, true, false]),
        (
            eve(),
            [true, false, false, false, false, false, false, false, false, false],
            [true, false, false, false, false],
        ),
        (
            ferdie(),
            [false, true, false, false, false, false, false, true, false, false],
            [false, true, false, false, false],
        ),
        (stranger, [false; 10], [false; 5]),
    ];
    for (who, expected, levels) in table {
        let done = actions.each_ref().map(|action| chain.clone().run(&action.signed_by(who)).is_ok());
        assert_eq!(done, expected, "{who}");
        assert_eq!(LEVELS.map(|level| may(&chain, streams, stream, who, level)), levels, "{who}");
        let published = chain.query(streams.check_publish(stream, who, 3));
        assert_eq!(published.is_ok(), levels[2], "{who}");
        if let Err(failure) = published {
            assert_eq!(failure.module_error(), Some(Error::NotAllowed));
        }
    }
}

#[test]
fn says_why_it_refuses() {
    let (mut chain, streams, stream) = peopled();
    let new = Address::new([7; 32]);
    chain.from(charlie()).call(streams.edit(stream, None, None, None)).expect_error(Error::NotAllowed);
    chain.from(charlie()).call(streams.delete(stream)).expect_error(Error::NotAllowed);
    let call = streams.grant(stream, new, Level::Publish, None);
    chain.from(charlie()).call(call).expect_error(Error::NotAllowed);
    chain.from(bob()).call(streams.grant(stream, new, Level::Edit, None)).expect_error(Error::NotHeld);
    chain.from(bob()).call(streams.revoke(stream, eve(), Level::Edit)).expect_error(Error::NotHeld);
    chain.from(bob()).call(streams.revoke_all(stream)).expect_error(Error::NotOwner);
    chain.from(bob()).call(streams.propose_owner(stream, bob())).expect_error(Error::NotOwner);
    let zero = streams.grant(stream, Address::ZERO, Level::Publish, None);
    chain.from(alice()).call(zero).expect_error(Error::ZeroAddress);
    chain.from(alice()).call(streams.revoke(stream, new, Level::Publish)).expect_error(Error::NotGranted);
    chain.from(alice()).call(streams.revoke_public(stream, Level::Publish)).expect_error(Error::NotGranted);
    chain.from(alice()).call(streams.remove_right(stream, Some(new), Level::Edit)).expect_error(Error::NotGranted);
    let good = streams.remove_right(stream, Some(bob()), Level::Grant);
    chain.from(alice()).call(good).expect_error(Error::NotLapsed);
    let partition = chain.query(streams.check_publish(stream, bob(), 4)).expect_err("there are four");
    assert_eq!(partition.module_error(), Some(Error::UnknownPartition));
}

#[test]
fn tells_of_every_grant_and_revocation() {
    let (mut chain, streams, stream, now) = created_at();
    let expires_at_ms = Some(now + 9_000);
    let outcome = chain.from(alice()).call(streams.grant(stream, bob(), Level::Edit, expires_at_ms));
    let event = RightGranted { stream, who: Some(bob()), by: alice(), level: Level::Edit, expires_at_ms };
    assert!(outcome.has(&event));
    let outcome = chain.from(alice()).call(streams.grant_public(stream, Level::Publish, None));
    let event = RightGranted { stream, who: None, by: alice(), level: Level::Publish, expires_at_ms: None };
    assert!(outcome.has(&event));
    assert_eq!(chain.query(streams.rights_of(stream, bob())), Ok(vec![(Level::Edit, expires_at_ms)]));
    let info = |who, level, expires_at_ms| RightInfo { who, level, expires_at_ms, by: alice(), lapsed: false };
    let listed = vec![info(None, Level::Publish, None), info(Some(bob()), Level::Edit, expires_at_ms)];
    assert_eq!(chain.query(streams.rights(stream, None, None)), Ok(listed.clone()));
    assert_eq!(chain.query(streams.rights(stream, Some((None, Level::Publish)), None)), Ok(listed[1..].to_vec()));
    let outcome = chain.from(alice()).call(streams.revoke(stream, bob(), Level::Edit));
    assert!(outcome.has(&RightRevoked { stream, who: Some(bob()), by: alice(), level: Level::Edit }));
    let outcome = chain.from(alice()).call(streams.revoke_public(stream, Level::Publish));
    assert!(outcome.has(&RightRevoked { stream, who: None, by: alice(), level: Level::Publish }));
    assert_eq!(chain.query(streams.rights(stream, None, None)), Ok(vec![]));
}

#[test]
fn ends_each_right_at_its_own_millisecond() {
    let (mut chain, streams, stream, now) = created_at();
    let end = |level: Level| now + 60_000 + 10_000 * level as u64;
    for level in LEVELS {
        grant(&mut chain, streams, stream, bob(), level, Some(end(level)));
    }
    chain.from(alice()).call(streams.grant_public(stream, Level::Subscribe, Some(now + 500_000))).expect_ok();
    for level in LEVELS {
        at_boundary(&chain, end(level), |chain, offset| {
            let open = level == Level::Subscribe;
            assert_eq!(may(chain, streams, stream, bob(), level), offset < 0 || open, "{level:?} {offset}");
            let listed = chain.query(streams.rights_of(stream, bob())).expect("a query");
            assert_eq!(listed.iter().any(|(own, _)| *own == level), offset < 0);
        });
    }
    at_boundary(&chain, now + 500_000, |chain, offset| {
        assert_eq!(may(chain, streams, stream, charlie(), Level::Subscribe), offset < 0);
    });
    closes_at(&chain, end(Level::Edit), &by(bob(), streams.edit(stream, None, None, None)));
    closes_at(&chain, end(Level::Delete), &by(bob(), streams.delete(stream)));
    let until_then = streams.grant(stream, charlie(), Level::Publish, Some(end(Level::Publish)));
    closes_at(&chain, end(Level::Publish), &by(bob(), until_then));
    opens_at(&chain, end(Level::Edit), &by(eve(), streams.remove_right(stream, Some(bob()), Level::Edit)));
    opens_at(&chain, now + 500_000, &by(eve(), streams.remove_right(stream, None, Level::Subscribe)));
}

#[test]
fn refuses_a_right_that_has_ended_before_it_begins() {
    let (mut chain, streams, stream, now) = created_at();
    for end in [0, now - 1, now] {
        let call = by(alice(), streams.grant(stream, bob(), Level::Edit, Some(end)));
        let outcome = chain.clone().run(&call);
        outcome.expect_error(Error::ExpiryPassed);
    }
    grant(&mut chain, streams, stream, bob(), Level::Edit, Some(now + 1));
}

#[test]
fn lets_a_granter_give_what_they_hold_and_no_longer() {
    let (mut chain, streams, stream, now) = created_at();
    grant(&mut chain, streams, stream, bob(), Level::Grant, Some(now + 90_000));
    grant(&mut chain, streams, stream, bob(), Level::Publish, Some(now + 50_000));
    grant(&mut chain, streams, stream, bob(), Level::Edit, None);
    chain.from(alice()).call(streams.grant_public(stream, Level::Subscribe, None)).expect_ok();
    let give = |chain: &TestChain, level, end: Option<u64>| {
        chain.clone().run(&by(bob(), streams.grant(stream, charlie(), level, end.map(|end| now + end))))
    };
    for (level, end) in [(Level::Publish, 50_000), (Level::Grant, 90_000), (Level::Edit, 90_000)] {
        give(&chain, level, Some(end)).expect_ok();
        give(&chain, level, Some(end + 1)).expect_error(Error::BeyondOwnRight);
        give(&chain, level, None).expect_error(Error::BeyondOwnRight);
    }
    // What everybody may, Bob holds as everybody: he can give it to nobody for good.
    give(&chain, Level::Subscribe, Some(1_000)).expect_error(Error::NotHeld);
    let open = |level, end| by(bob(), streams.grant_public(stream, level, end));
    chain.clone().run(&open(Level::Publish, Some(now + 50_000))).expect_ok();
    chain.clone().run(&open(Level::Publish, None)).expect_error(Error::BeyondOwnRight);
    chain.clone().run(&open(Level::Subscribe, Some(now + 1_000_000))).expect_error(Error::NotHeld);
    // He cannot let his own rights last longer either.
    let longer = by(bob(), streams.grant(stream, bob(), Level::Grant, None));
    chain.run(&longer).expect_error(Error::BeyondOwnRight);
}

#[test]
fn lets_a_granter_take_what_ends_within_their_own_right() {
    let (mut chain, streams, stream, now) = created_at();
    grant(&mut chain, streams, stream, bob(), Level::Grant, Some(now + 90_000));
    grant(&mut chain, streams, stream, bob(), Level::Publish, Some(now + 50_000));
    for (who, end) in [(charlie(), Some(now + 50_000)), (dave(), Some(now + 50_001)), (eve(), None)] {
        grant(&mut chain, streams, stream, who, Level::Publish, end);
    }
    chain.from(bob()).call(streams.revoke(stream, charlie(), Level::Publish)).expect_ok();
    for who in [dave(), eve()] {
        let call = streams.revoke(stream, who, Level::Publish);
        chain.from(bob()).call(call).expect_error(Error::BeyondOwnRight);
    }
    chain.from(alice()).call(streams.grant_public(stream, Level::Publish, None)).expect_ok();
    let close = streams.revoke_public(stream, Level::Publish);
    chain.from(bob()).call(close).expect_error(Error::BeyondOwnRight);
    assert!(may(&chain, streams, stream, eve(), Level::Publish));
}

#[test]
fn passes_the_right_to_grant_on_and_keeps_what_was_granted_when_it_ends() {
    let (mut chain, streams, stream, now) = created_at();
    for level in [Level::Grant, Level::Subscribe] {
        grant(&mut chain, streams, stream, bob(), level, Some(now + 90_000));
        let on = streams.grant(stream, charlie(), level, Some(now + 80_000));
        chain.from(bob()).call(on).expect_ok();
    }
    let end = Some(now + 80_000);
    chain.from(charlie()).call(streams.grant(stream, dave(), Level::Subscribe, end)).expect_ok();
    for who in [bob(), charlie()] {
        chain.from(alice()).call(streams.revoke(stream, who, Level::Grant)).expect_ok();
    }
    let call = streams.grant(stream, eve(), Level::Subscribe, end);
    chain.from(charlie()).call(call).expect_error(Error::NotAllowed);
    let call = streams.revoke(stream, dave(), Level::Subscribe);
    chain.from(charlie()).call(call).expect_error(Error::NotAllowed);
    assert!(may(&chain, streams, stream, dave(), Level::Subscribe));
    let listed = chain.query(streams.rights(stream, None, None)).expect("a query");
    assert!(listed.iter().any(|right| right.who == Some(dave()) && right.by == charlie()));
    chain.from(alice()).call(streams.revoke(stream, dave(), Level::Subscribe)).expect_ok();
    assert!(!may(&chain, streams, stream, dave(), Level::Subscribe));
}

#[test]
fn lets_a_grant_lengthen_a_right_and_never_shorten_it() {
    let (mut chain, streams, stream, now) = created_at();
    grant(&mut chain, streams, stream, bob(), Level::Subscribe, Some(now + 50_000));
    let shorter = streams.grant(stream, bob(), Level::Subscribe, Some(now + 49_999));
    chain.from(alice()).call(shorter).expect_error(Error::HasLonger);
    for end in [Some(now + 50_000), Some(now + 60_000), None, None] {
        grant(&mut chain, streams, stream, bob(), Level::Subscribe, end);
    }
    let shorter = streams.grant(stream, bob(), Level::Subscribe, Some(now + 60_000));
    chain.from(alice()).call(shorter).expect_error(Error::HasLonger);
    chain.from(alice()).call(streams.revoke(stream, bob(), Level::Subscribe)).expect_ok();
    grant(&mut chain, streams, stream, bob(), Level::Subscribe, Some(now + 60_000));
    chain.set_time_ms(now + 60_000);
    grant(&mut chain, streams, stream, bob(), Level::Subscribe, Some(now + 61_001));
    assert!(may(&chain, streams, stream, bob(), Level::Subscribe));
}

#[test]
fn lets_anyone_give_up_a_right_of_their_own() {
    let (mut chain, streams, stream) = peopled();
    chain.from(charlie()).call(streams.revoke(stream, charlie(), Level::Publish)).expect_ok();
    assert!(!may(&chain, streams, stream, charlie(), Level::Publish));
    chain.from(charlie()).call(streams.revoke(stream, charlie(), Level::Publish)).expect_error(Error::NotGranted);
}

#[test]
fn opens_to_everybody_and_closes_again_beside_the_rights_of_accounts() {
    let (mut chain, streams, stream) = peopled();
    for (level, holder) in [(Level::Publish, charlie()), (Level::Subscribe, dave())] {
        chain.from(alice()).call(streams.grant_public(stream, level, None)).expect_ok();
        for who in [alice(), bob(), charlie(), dave(), eve(), ferdie(), NOBODY] {
            assert!(may(&chain, streams, stream, who, level));
        }
        assert!(!may(&chain, streams, stream, Address::ZERO, level), "nobody publishes or reads as the zero address");
        chain.from(alice()).call(streams.revoke_public(stream, level)).expect_ok();
        assert!(may(&chain, streams, stream, holder, level) && !may(&chain, streams, stream, eve(), level));
    }
    for level in [Level::Edit, Level::Delete, Level::Grant] {
        let call = streams.grant_public(stream, level, None);
        chain.from(alice()).call(call).expect_error(Error::NotPublicLevel);
        assert!(!may(&chain, streams, stream, NOBODY, level));
    }
    let call = streams.grant_public(stream, Level::Publish, None);
    chain.from(charlie()).call(call).expect_error(Error::NotAllowed);
}

#[test]
fn ends_all_rights_at_once() {
    let (mut chain, streams, stream) = peopled();
    let other = create(&mut chain, streams, alice(), 1);
    grant(&mut chain, streams, other, bob(), Level::Edit, None);
    chain.from(alice()).call(streams.grant_public(stream, Level::Publish, None)).expect_ok();
    let before = chain.query(streams.rights(stream, None, None)).expect("a query");
    let outcome = chain.from(alice()).call(streams.revoke_all(stream));
    assert!(outcome.has(&AllRevoked { stream }));
    for who in [bob(), charlie(), dave(), eve(), ferdie(), NOBODY] {
        assert!(LEVELS.iter().all(|level| !may(&chain, streams, stream, who, *level)));
    }
    assert!(LEVELS.iter().all(|level| may(&chain, streams, stream, alice(), *level)));
    assert!(may(&chain, streams, other, bob(), Level::Edit));
    let after = chain.query(streams.rights(stream, None, None)).expect("a query");
    assert!(after.len() == before.len() && after.iter().all(|right| right.lapsed));
    let call = streams.grant(stream, NOBODY, Level::Publish, None);
    chain.from(bob()).call(call).expect_error(Error::NotAllowed);
    chain.from(alice()).call(streams.revoke(stream, bob(), Level::Grant)).expect_error(Error::NotGranted);
    grant(&mut chain, streams, stream, bob(), Level::Publish, None);
    assert!(may(&chain, streams, stream, bob(), Level::Publish) && !may(&chain, streams, stream, bob(), Level::Grant));
    let outcome = chain.from(eve()).call(streams.remove_right(stream, None, Level::Publish));
    assert!(outcome.has(&RightRemoved { stream, who: None, level: Level::Publish }));
    let good = streams.remove_right(stream, Some(bob()), Level::Publish);
    chain.from(eve()).call(good).expect_error(Error::NotLapsed);
}

#[test]
fn keeps_rights_when_the_owner_changes() {
    let (mut chain, streams, stream) = peopled();
    chain.from(alice()).call(streams.propose_owner(stream, eve())).expect_ok();
    chain.from(eve()).call(streams.accept_owner(stream)).expect_ok();
    assert!(may(&chain, streams, stream, charlie(), Level::Publish));
    assert!(LEVELS.iter().all(|level| !may(&chain, streams, stream, alice(), *level)));
    chain.from(eve()).call(streams.revoke_all(stream)).expect_ok();
    assert!(!may(&chain, streams, stream, charlie(), Level::Publish));
}

#[test]
fn lets_anyone_clear_the_rights_of_a_stream_that_is_gone() {
    let (mut chain, streams, stream) = peopled();
    chain.from(alice()).call(streams.grant_public(stream, Level::Subscribe, None)).expect_ok();
    chain.from(ferdie()).call(streams.delete(stream)).expect_ok();
    let left = chain.query(streams.rights(stream, None, None)).expect("a query");
    assert!(left.len() == 9 && left.iter().all(|right| right.lapsed));
    for RightInfo { who, level, .. } in left {
        let before = chain.coin(eve());
        let outcome = chain.from(eve()).call(streams.remove_right(stream, who, level));
        assert!(chain.coin(eve()) > before - outcome.fee, "the deposit comes to who removes");
        outcome.expect_ok();
    }
    // What remains is how many streams were created.
    assert_eq!(
        (chain.stored_entries(streams.address()), chain.query(streams.rights(stream, None, None))),
        (1, Ok(vec![]))
    );
}

#[test]
fn takes_effect_from_the_revoking_transaction_on() {
    let (chain, streams, stream) = peopled();
    let block = [
        by(alice(), streams.revoke(stream, eve(), Level::Edit)),
        by(eve(), streams.edit(stream, Some("Rain".into()), None, None)),
    ];
    chain.every_order(&block, |chain, order, outcomes| {
        let edited_first = order[0] == 1;
        assert!(outcomes[0].is_ok());
        assert_eq!(outcomes[1].is_ok(), edited_first);
        assert!(!may(chain, streams, stream, eve(), Level::Edit));
    });
}

#[test]
fn stores_nothing_of_what_is_published() {
    const EVENTS: u16 = 1_000;
    let (chain, streams, stream) = peopled();
    let before = chain.digest();
    for event in 0..EVENTS {
        assert_eq!(chain.query(streams.check_publish(stream, charlie(), event % 4)), Ok(()));
    }
    assert_eq!(chain.digest(), before);
}
