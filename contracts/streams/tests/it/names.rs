//! Names: who gets one, what it stands for, and until when.

use crate::{SALT, commit, create, created, register};
use streams::{
    CommitmentRemoved, Error, GRACE_MS, MAX_COMMITMENT_MS, MAX_PAGE, MAX_YEARS, MIN_COMMITMENT_MS, NameCommitted,
    NamePointed, NameRecord, NameRegistered, NameReleased, NameRenewed, NameTransferred, StreamsRef, YEAR_MS,
};
use tenon_contract::{Address, Hash};
use tenon_testkit::rules::{at_boundary, closes_at, opens_at, refuses_replay};
use tenon_testkit::{TestChain, alice, bob, by, charlie, dave};

const NAME: &str = "weather.oslo";

/// Bob has the name for a year, which stands for Alice's stream.
fn named() -> (TestChain, StreamsRef, Hash, u64) {
    let (mut chain, streams, stream) = created();
    register(&mut chain, streams, bob(), NAME, stream, 1);
    let record = chain.query(streams.name(NAME.into())).expect("a query").expect("registered");
    (chain, streams, stream, record.expires_at_ms)
}

fn resolved(chain: &TestChain, streams: StreamsRef, name: &str) -> Option<Hash> {
    chain.query(streams.resolve(name.into())).expect("a query")
}

#[test]
fn gives_a_name_to_who_committed_to_it() {
    let (mut chain, streams, stream) = created();
    let commitment = chain.query(streams.name_commitment(bob(), NAME.into(), SALT)).expect("a query");
    let outcome = chain.from(bob()).call(streams.commit_name(commitment));
    assert!(outcome.has(&NameCommitted { by: bob(), commitment }));
    chain.advance_ms(MIN_COMMITMENT_MS);
    let expires_at_ms = chain.time_ms() + 2 * YEAR_MS;
    let outcome = chain.from(bob()).call(streams.register_name(NAME.into(), stream, 2, SALT));
    assert!(outcome.has(&NameRegistered { owner: bob(), stream, name: NAME.into(), expires_at_ms }));
    assert_eq!(resolved(&chain, streams, NAME), Some(stream));
    let record = NameRecord { name: NAME.into(), owner: bob(), stream, expires_at_ms };
    assert_eq!(chain.query(streams.name(NAME.into())), Ok(Some(record)));
    assert_eq!(chain.query(streams.names_of(bob(), None, None)), Ok(vec![NAME.to_owned()]));
    // The commitment is used up.
    let again = chain.from(bob()).call(streams.register_name(NAME.into(), stream, 2, SALT));
    again.expect_error(Error::UnknownCommitment);
}

#[test]
fn refuses_names_with_other_characters_and_names_that_look_alike() {
    let (mut chain, streams, stream, _) = named();
    // The second has a Cyrillic letter, the third a wide one, and the fourth stands for others in names of the web.
    for name in ["Weather.oslo", "wеather.oslo", "ｗeather.oslo", "xn--eather-9cg.oslo", "weather..oslo", "ab"] {
        let call = streams.register_name(name.into(), stream, 1, SALT);
        chain.from(charlie()).call(call).expect_error(Error::NameNotCanonical);
        assert_eq!(resolved(&chain, streams, name), None);
    }
    for name in [NAME, "vveather.oslo", "weather.os1o", "weather.0slo", "vveather.0s1o"] {
        commit(&mut chain, streams, charlie(), name);
        chain.advance_ms(MIN_COMMITMENT_MS);
        let call = streams.register_name(name.into(), stream, 1, SALT);
        chain.from(charlie()).call(call).expect_error(Error::NameTaken);
        assert_eq!(resolved(&chain, streams, name), (name == NAME).then_some(stream), "{name}");
        let known = chain.query(streams.name(name.into())).expect("a query");
        assert_eq!(known.is_some(), name == NAME, "a name that looks like another is not that other");
    }
    register(&mut chain, streams, charlie(), "weather.bergen", stream, 1);
}

#[test]
fn is_never_taken_from_who_committed_first_by_who_sees_it_said() {
    let (mut chain, streams, stream) = created();
    commit(&mut chain, streams, bob(), NAME);
    chain.advance_ms(MIN_COMMITMENT_MS);
    // Charlie sees the name in the pool: he commits and registers in the same block, in any order.
    let copied = chain.query(streams.name_commitment(bob(), NAME.into(), SALT)).expect("a query");
    let own = chain.query(streams.name_commitment(charlie(), NAME.into(), SALT)).expect("a query");
    let said = |who| by(who, streams.register_name(NAME.into(), stream, 1, SALT));
    for commitment in [copied, own] {
        let block = [said(bob()), by(charlie(), streams.commit_name(commitment)), said(charlie())];
        chain.every_order(&block, |chain, _, outcomes| {
            assert!(outcomes[0].is_ok() && !outcomes[2].is_ok());
            let record = chain.query(streams.name(NAME.into())).expect("a query").expect("registered");
            assert_eq!(record.owner, bob());
        });
    }
}

#[test]
fn gives_a_name_to_one_of_two_who_committed() {
    let (mut chain, streams, stream) = created();
    for who in [bob(), charlie()] {
        commit(&mut chain, streams, who, NAME);
    }
    chain.advance_ms(MIN_COMMITMENT_MS);
    let block = [bob(), charlie()].map(|who| by(who, streams.register_name(NAME.into(), stream, 1, SALT)));
    chain.every_order(&block, |chain, order, outcomes| {
        let owner = [bob(), charlie()][order[0]];
        let record = chain.query(streams.name(NAME.into())).expect("a query").expect("registered");
        assert_eq!(record.owner, owner);
        assert!(outcomes[order[0]].is_ok());
        outcomes[order[1]].expect_error(Error::NameTaken);
    });
}

#[test]
fn takes_a_commitment_from_ten_seconds_on_for_a_day() {
    let (mut chain, streams, stream) = created();
    let made = chain.time_ms();
    commit(&mut chain, streams, bob(), NAME);
    let say = by(bob(), streams.register_name(NAME.into(), stream, 1, SALT));
    opens_at(&chain, made + MIN_COMMITMENT_MS, &say);
    closes_at(&chain, made + MAX_COMMITMENT_MS, &say);
    at_boundary(&chain, made + MIN_COMMITMENT_MS, |chain, offset| {
        if offset < 0 {
            chain.run(&say).expect_error(Error::CommitmentTooYoung);
        }
    });
    chain.set_time_ms(made + MAX_COMMITMENT_MS);
    chain.run(&say).expect_error(Error::CommitmentLapsed);
    // It is made anew by committing again.
    commit(&mut chain, streams, bob(), NAME);
    chain.run(&say).expect_error(Error::CommitmentTooYoung);
}

#[test]
fn takes_a_commitment_for_one_name_salt_owner_chain_and_instance() {
    let (mut chain, streams, stream) = created();
    let of = |chain: &TestChain, who, name: &str, salt| {
        chain.query(streams.name_commitment(who, name.into(), salt)).expect("a query")
    };
    let commitment = of(&chain, bob(), NAME, SALT);
    let others = [
        of(&chain, charlie(), NAME, SALT),
        of(&chain, bob(), "weather.osl", SALT),
        of(&chain, bob(), NAME, Hash::ZERO),
        of(&chain.elsewhere(), bob(), NAME, SALT),
    ];
    assert!(!others.contains(&commitment));
    let other = StreamsRef::at(chain.from(dave()).deploy(&crate::code(), StreamsRef::init()));
    let there = chain.query(other.name_commitment(bob(), NAME.into(), SALT)).expect("a query");
    assert_ne!(there, commitment);
    chain.from(bob()).call(streams.commit_name(commitment)).expect_ok();
    chain.from(bob()).call(other.commit_name(commitment)).expect_ok();
    chain.advance_ms(MIN_COMMITMENT_MS);
    let say = by(bob(), streams.register_name(NAME.into(), stream, 1, SALT));
    chain.clone().run(&say.signed_by(charlie())).expect_error(Error::UnknownCommitment);
    refuses_replay(&chain, &say, Some(other.address()));
}

#[test]
fn removes_commitments_by_who_made_them_and_later_by_anyone() {
    let (mut chain, streams, _) = created();
    let made = chain.time_ms();
    commit(&mut chain, streams, bob(), NAME);
    let commitment = chain.query(streams.name_commitment(bob(), NAME.into(), SALT)).expect("a query");
    let remove = |who| by(who, streams.remove_commitment(bob(), commitment));
    let mut by_maker = chain.clone();
    let outcome = by_maker.from(bob()).call(streams.remove_commitment(bob(), commitment));
    assert!(outcome.has(&CommitmentRemoved { by: bob(), commitment }));
    by_maker.run(&remove(bob())).expect_error(Error::UnknownCommitment);
    chain.clone().run(&remove(charlie())).expect_error(Error::CommitmentStands);
    opens_at(&chain, made + MAX_COMMITMENT_MS, &remove(charlie()));
}

#[test]
fn stands_for_its_stream_until_its_end_and_is_kept_for_its_owner_for_a_while() {
    let (chain, streams, stream, end) = named();
    at_boundary(&chain, end, |chain, offset| {
        assert_eq!(resolved(chain, streams, NAME), (offset < 0).then_some(stream));
        assert!(chain.query(streams.name(NAME.into())).expect("a query").is_some());
    });
    at_boundary(&chain, end + GRACE_MS, |chain, offset| {
        assert_eq!(resolved(chain, streams, NAME), None);
        assert_eq!(chain.query(streams.name(NAME.into())).expect("a query").is_some(), offset < 0);
    });
    closes_at(&chain, end, &by(bob(), streams.transfer_name(NAME.into(), charlie())));
    closes_at(&chain, end, &by(bob(), streams.point_name(NAME.into(), stream)));
    closes_at(&chain, end + GRACE_MS, &by(bob(), streams.renew_name(NAME.into(), 1)));
    opens_at(&chain, end + GRACE_MS, &by(charlie(), streams.release_name(NAME.into())));
    let mut late = chain.clone();
    late.set_time_ms(end);
    late.from(bob()).call(streams.transfer_name(NAME.into(), charlie())).expect_error(Error::NameExpired);
    late.set_time_ms(end + GRACE_MS);
    late.from(bob()).call(streams.renew_name(NAME.into(), 1)).expect_error(Error::NameExpired);
}

#[test]
fn goes_to_another_after_its_grace() {
    let (mut chain, streams, stream, end) = named();
    chain.set_time_ms(end + GRACE_MS - MIN_COMMITMENT_MS - 2);
    // Also by a name that looks like it: the old one is gone then.
    for name in [NAME, "weather.os1o"] {
        commit(&mut chain, streams, charlie(), name);
    }
    let say = |name: &str| by(charlie(), streams.register_name(name.into(), stream, 1, SALT));
    let ready = chain.time_ms() + MIN_COMMITMENT_MS;
    assert!(ready >= end + GRACE_MS, "the commitments are old enough when the grace has ended");
    let mut other = chain.clone();
    for (chain, name) in [(&mut chain, NAME), (&mut other, "weather.os1o")] {
        chain.set_time_ms(ready);
        let outcome = chain.run(&say(name));
        assert!(outcome.has(&NameReleased { owner: bob(), name: NAME.into() }));
        outcome.expect_ok();
        assert_eq!(chain.query(streams.names_of(bob(), None, None)), Ok(vec![]));
        assert_eq!(chain.query(streams.names_of(charlie(), None, None)), Ok(vec![name.to_owned()]));
        assert_eq!(resolved(chain, streams, name), Some(stream));
    }
    assert_eq!(resolved(&other, streams, NAME), None);
}

#[test]
fn is_not_anybodys_until_its_grace_has_ended() {
    let (mut chain, streams, stream, end) = named();
    chain.set_time_ms(end + GRACE_MS - 2 * MIN_COMMITMENT_MS);
    commit(&mut chain, streams, charlie(), NAME);
    opens_at(&chain, end + GRACE_MS, &by(charlie(), streams.register_name(NAME.into(), stream, 1, SALT)));
}

#[test]
fn is_renewed_from_its_old_end() {
    let (mut chain, streams, stream, end) = named();
    let outcome = chain.from(bob()).call(streams.renew_name(NAME.into(), 2));
    let expires_at_ms = end + 2 * YEAR_MS;
    assert!(outcome.has(&NameRenewed { owner: bob(), name: NAME.into(), expires_at_ms }));
    chain.set_time_ms(expires_at_ms + 5);
    assert_eq!(resolved(&chain, streams, NAME), None);
    chain.from(bob()).call(streams.renew_name(NAME.into(), 1)).expect_ok();
    assert_eq!(resolved(&chain, streams, NAME), Some(stream));
    at_boundary(&chain, expires_at_ms + YEAR_MS, |chain, offset| {
        assert_eq!(resolved(chain, streams, NAME).is_some(), offset < 0);
    });
}

#[test]
fn lasts_at_most_ten_years_from_now() {
    let (mut chain, streams, stream) = created();
    commit(&mut chain, streams, bob(), NAME);
    chain.advance_ms(MIN_COMMITMENT_MS);
    for years in [0, MAX_YEARS + 1, u32::MAX] {
        let call = by(bob(), streams.register_name(NAME.into(), stream, years, SALT));
        chain.clone().run(&call).expect_error(Error::InvalidYears);
    }
    chain.from(bob()).call(streams.register_name(NAME.into(), stream, MAX_YEARS, SALT)).expect_ok();
    for years in [0, MAX_YEARS + 1] {
        chain.from(bob()).call(streams.renew_name(NAME.into(), years)).expect_error(Error::InvalidYears);
    }
    let end = chain.query(streams.name(NAME.into())).expect("a query").expect("registered").expires_at_ms;
    let renew = by(bob(), streams.renew_name(NAME.into(), 3));
    chain.clone().run(&renew).expect_error(Error::TermTooLong);
    opens_at(&chain, end - 7 * YEAR_MS, &renew);
}

#[test]
fn is_sent_to_somebody_and_stands_for_what_its_owner_says() {
    let (mut chain, streams, stream, _) = named();
    let other = create(&mut chain, streams, dave(), 1);
    let outcome = chain.from(bob()).call(streams.transfer_name(NAME.into(), charlie()));
    assert!(outcome.has(&NameTransferred { from: bob(), to: charlie(), name: NAME.into() }));
    assert_eq!(resolved(&chain, streams, NAME), Some(stream));
    let names = |chain: &TestChain, who| chain.query(streams.names_of(who, None, None)).expect("a query").len();
    assert_eq!((names(&chain, bob()), names(&chain, charlie())), (0, 1));
    let outcome = chain.from(charlie()).call(streams.point_name(NAME.into(), other));
    assert!(outcome.has(&NamePointed { owner: charlie(), stream: other, name: NAME.into() }));
    assert_eq!(resolved(&chain, streams, NAME), Some(other));
    chain.from(charlie()).call(streams.transfer_name(NAME.into(), charlie())).expect_ok();
    assert_eq!(names(&chain, charlie()), 1);
    chain.from(dave()).call(streams.delete(other)).expect_ok();
    assert_eq!(resolved(&chain, streams, NAME), None);
    assert!(chain.query(streams.name(NAME.into())).expect("a query").is_some());
    chain.from(charlie()).call(streams.point_name(NAME.into(), other)).expect_error(Error::UnknownStream);
    chain.from(charlie()).call(streams.point_name(NAME.into(), stream)).expect_ok();
}

#[test]
fn obeys_its_owner_alone() {
    let (mut chain, streams, stream, _) = named();
    let calls = [
        streams.renew_name(NAME.into(), 1),
        streams.point_name(NAME.into(), stream),
        streams.transfer_name(NAME.into(), alice()),
        streams.release_name(NAME.into()),
    ];
    for call in calls {
        // Alice owns the stream, not the name.
        chain.from(alice()).call(call).expect_error(Error::NotNameOwner);
    }
    let unknown = "weather.os1o";
    let calls = [
        streams.renew_name(unknown.into(), 1),
        streams.point_name(unknown.into(), stream),
        streams.transfer_name(unknown.into(), alice()),
        streams.release_name(unknown.into()),
        streams.release_name("x".repeat(10_000)),
    ];
    for call in calls {
        chain.from(bob()).call(call).expect_error(Error::UnknownName);
    }
    let zero = streams.transfer_name(NAME.into(), Address::ZERO);
    chain.from(bob()).call(zero).expect_error(Error::ZeroAddress);
    commit(&mut chain, streams, bob(), "abc");
    chain.advance_ms(MIN_COMMITMENT_MS);
    let nowhere = streams.register_name("abc".into(), Hash::ZERO, 1, SALT);
    chain.from(bob()).call(nowhere).expect_error(Error::UnknownStream);
}

#[test]
fn is_given_up_by_its_owner_at_once() {
    let (mut chain, streams, stream, _) = named();
    let before = chain.coin(bob());
    let outcome = chain.from(bob()).call(streams.release_name(NAME.into()));
    assert!(outcome.has(&NameReleased { owner: bob(), name: NAME.into() }));
    assert!(chain.coin(bob()) > before - outcome.fee, "the deposit comes back");
    assert_eq!(chain.query(streams.name(NAME.into())), Ok(None));
    register(&mut chain, streams, charlie(), NAME, stream, 1);
}

#[test]
fn lists_the_names_of_an_owner_page_by_page() {
    const NAMES: usize = 120;
    let (mut chain, streams, stream) = created();
    let names: Vec<String> = (0..NAMES).map(|number| format!("name-{:03}", 222 + number)).collect();
    for name in &names {
        commit(&mut chain, streams, bob(), name);
    }
    chain.advance_ms(MIN_COMMITMENT_MS);
    for name in &names {
        chain.from(bob()).call(streams.register_name(name.clone(), stream, 1, SALT)).expect_ok();
    }
    let page = |after: Option<String>, limit| chain.query(streams.names_of(bob(), after, limit)).expect("a query");
    let first = page(None, None);
    assert_eq!(first, names[..MAX_PAGE as usize]);
    assert_eq!(page(None, Some(u32::MAX)), first);
    assert_eq!(page(first.last().cloned(), None), names[MAX_PAGE as usize..]);
    assert!(page(None, Some(0)).is_empty());
    // A text that is no name has its place too, however long it is.
    assert_eq!(page(Some(String::new()), None), first);
    assert_eq!(page(Some("name-222\0".into()), Some(99)), first[1..]);
    assert!(page(Some("zzz".into()), None).is_empty());
    assert!(page(Some("ž".repeat(10_000)), None).is_empty());
    assert_eq!(page(Some("a".repeat(10_000)), None), first);
}
