//! Random histories against a model in plain Rust: who is stated to be whom, at any time.

use crate::{chain, identity};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tenon_contract::Address;
use tenon_testkit::account;

const PEOPLE: [&str; 3] = ["Alice", "Bob", "Charlie"];

#[derive(Clone, Debug)]
enum Step {
    Attest { issuer: usize, subject: usize, topic: u32, identity: u8, lasts_ms: Option<u64> },
    Revoke { issuer: usize, subject: usize, topic: u32 },
    Remove { by: usize, issuer: usize, subject: usize, topic: u32 },
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let (who, topic) = (0..PEOPLE.len(), 0..2u32);
    let lasts_ms = prop::option::of(0..20_000u64);
    prop_oneof![
        4 => (who.clone(), who.clone(), topic.clone(), 0..4u8, lasts_ms).prop_map(
            |(issuer, subject, topic, identity, lasts_ms)| Step::Attest { issuer, subject, topic, identity, lasts_ms }
        ),
        2 => (who.clone(), who.clone(), topic.clone())
            .prop_map(|(issuer, subject, topic)| Step::Revoke { issuer, subject, topic }),
        2 => (who.clone(), who.clone(), who, topic)
            .prop_map(|(by, issuer, subject, topic)| Step::Remove { by, issuer, subject, topic }),
        1 => (1..10_000u64).prop_map(Step::Wait),
    ]
}

/// Identity and end by issuer, topic and subject.
type Model = BTreeMap<(usize, u32, usize), (u8, Option<u64>)>;

/// Makes a step at a time and says whether it should succeed.
fn apply(model: &mut Model, now: u64, step: &Step) -> bool {
    match *step {
        Step::Attest { issuer, subject, topic, identity, lasts_ms } => {
            let possible = identity > 0 && lasts_ms != Some(0);
            if possible {
                model.insert((issuer, topic, subject), (identity, lasts_ms.map(|lasts| now + lasts)));
            }
            possible
        }
        Step::Revoke { issuer, subject, topic } => model.remove(&(issuer, topic, subject)).is_some(),
        Step::Remove { issuer, subject, topic, .. } => {
            let expired = |(_, end): &(u8, Option<u64>)| end.is_some_and(|end| end <= now);
            let possible = model.get(&(issuer, topic, subject)).is_some_and(expired);
            if possible {
                model.remove(&(issuer, topic, subject));
            }
            possible
        }
        Step::Wait(_) => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_model_in_any_history(steps in prop::collection::vec(step(), 1..40)) {
        let (mut chain, credentials) = chain();
        let people: [Address; 3] = PEOPLE.map(account);
        let mut model = Model::new();
        for step in steps {
            let now = chain.time_ms();
            let done = match step {
                Step::Attest { issuer, subject, topic, identity: number, lasts_ms } => {
                    let end = lasts_ms.map(|lasts| now + lasts);
                    let call = credentials.attest(people[subject], topic, identity(number), end);
                    chain.from(people[issuer]).call(call).result.is_ok()
                }
                Step::Revoke { issuer, subject, topic } => {
                    chain.from(people[issuer]).call(credentials.revoke(people[subject], topic)).result.is_ok()
                }
                Step::Remove { by, issuer, subject, topic } => {
                    let call = credentials.remove_expired(people[issuer], topic, people[subject]);
                    chain.from(people[by]).call(call).result.is_ok()
                }
                Step::Wait(ms) => {
                    chain.advance_ms(ms);
                    true
                }
            };
            prop_assert_eq!(done, apply(&mut model, now, &step), "{:?}", step);
            let now = chain.time_ms();
            for (issuer, topic, subject) in (0..3).flat_map(|i| (0..2).flat_map(move |t| (0..3).map(move |s| (i, t, s)))) {
                let found = chain.query(credentials.credential(people[issuer], topic, people[subject])).expect("a query");
                let stated = model.get(&(issuer, topic, subject)).filter(|(_, end)| end.is_none_or(|end| now < end));
                prop_assert_eq!(found.map(|found| found.identity), stated.map(|(number, _)| identity(*number)));
            }
            prop_assert_eq!(chain.stored_entries(credentials.address()), model.len());
        }
    }
}
