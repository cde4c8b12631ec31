//! What a founder says about a network, and what anybody may write down.

use crate::{HELD, chain, code, found, founded, village};
use credit::{
    CreditRef, Error, Founded, Grants, Lock, MAX_HOLDERS, MAX_KEY_BYTES, MAX_NAME_BYTES, MAX_RECORD_BYTES,
    MAX_TABLE_BYTES, Network, NewNetwork, RecordWritten, Several, Terms, Totals,
};
use tenon_contract::Address;
use tenon_testkit::{alice, bob, charlie};

#[test]
fn founds_networks_from_one_and_keeps_them_apart() {
    let (mut chain, credit) = chain();
    assert_eq!(chain.query(credit.network_count()), Ok(0));
    let outcome = chain.from(alice()).call(found(credit, village()));
    assert!(outcome.has(&Founded { network: 1, founder: alice(), name: "Village".into() }));
    let second = NewNetwork { name: "Town".into(), holders: vec![(bob(), 5)], ..village() };
    assert_eq!(chain.from(bob()).call(found(credit, second)).expect_ok(), 2);
    assert_eq!(chain.query(credit.network_count()), Ok(2));
    assert_eq!(chain.query(credit.network(2)), Ok(Network { name: "Town".into(), founder: bob() }));
    assert_eq!(chain.query(credit.terms(2)), Ok(village().terms));
    assert_eq!(chain.query(credit.statistics(1)).map(|totals| totals.net_value), Ok(3 * HELD));
    assert_eq!(chain.query(credit.statistics(2)).map(|totals| totals.net_value), Ok(5));
    assert_eq!(chain.query(credit.output(2, 18)), Ok(None));
    for network in [0, 3, u64::MAX] {
        assert!(chain.query(credit.network(network)).is_err() && chain.query(credit.terms(network)).is_err());
        assert!(chain.query(credit.statistics(network)).is_err() && chain.query(credit.grants(network)).is_err());
        assert!(chain.query(credit.circulating(network)).is_err());
        chain.from(alice()).call(credit.collect_fees(network)).expect_error(Error::UnknownNetwork);
    }
    assert_eq!(chain.query(credit.grants(1)), Ok(Grants::default()));
}

#[test]
fn fills_in_what_the_founder_leaves_out() {
    let (mut chain, credit) = chain();
    let call = credit.found("Plain".into(), vec![], 1, 2, 3, None, None, None, None, None, None);
    assert_eq!(chain.from(charlie()).call(call).expect_ok(), 1);
    let terms =
        Terms { credit_per_block: 1, credit_per_day: 2, longest_debt_ms: 3, fee_taker: charlie(), reporter_percent: 0 };
    assert_eq!(chain.query(credit.terms(1)), Ok(terms));
    let sources = chain.query(credit.outputs(1, None, None)).expect("a query");
    assert_eq!(sources.len(), 16);
    assert!(sources.iter().all(|(_, source)| source.lock == Lock::Key(charlie())));
    assert_eq!(chain.query(credit.statistics(1)), Ok(Totals { outputs: 16, ..Totals::default() }));
}

#[test]
fn gives_large_sources_to_the_group_and_small_ones_to_one() {
    let group = Lock::Several(Several { members: vec![alice(), bob(), charlie()], threshold: 2 });
    let new = NewNetwork { large_sources: Some(group.clone()), small_count: 10, unit: 7, ..village() };
    let (chain, credit) = founded(new);
    let sources = chain.query(credit.outputs(1, None, Some(16))).expect("a query");
    for (number, (_, source)) in sources.iter().enumerate() {
        assert_eq!(source.amount, 7 << number);
        assert_eq!(source.lock, if number < 10 { Lock::Key(alice()) } else { group.clone() });
    }
}

#[test]
fn refuses_terms_that_make_no_sense() {
    let (mut chain, credit) = chain();
    let terms = village().terms;
    let with = |terms: Terms| NewNetwork { terms, ..village() };
    let empty = Lock::Several(Several { members: vec![], threshold: 0 });
    let cases = [
        (NewNetwork { name: String::new(), ..village() }, Error::InvalidName),
        (NewNetwork { name: "n".repeat(MAX_NAME_BYTES + 1), ..village() }, Error::InvalidName),
        (NewNetwork { name: "a\nb".into(), ..village() }, Error::InvalidName),
        (NewNetwork { holders: vec![(alice(), 1); MAX_HOLDERS + 1], ..village() }, Error::TooLong),
        (NewNetwork { holders: vec![(Address::ZERO, 1)], ..village() }, Error::ZeroAddress),
        (NewNetwork { holders: vec![(alice(), 0)], ..village() }, Error::ZeroAmount),
        (NewNetwork { holders: vec![(alice(), u128::MAX), (bob(), 1)], ..village() }, Error::AmountOverflow),
        (NewNetwork { unit: 0, ..village() }, Error::InvalidTerms),
        (NewNetwork { unit: u128::MAX / 65_535 + 1, ..village() }, Error::AmountOverflow),
        (NewNetwork { small_count: 17, ..village() }, Error::InvalidTerms),
        (NewNetwork { sources: empty.clone(), ..village() }, Error::InvalidLock),
        (NewNetwork { large_sources: Some(empty), ..village() }, Error::InvalidLock),
        (with(Terms { credit_per_block: 0, ..terms.clone() }), Error::InvalidTerms),
        (with(Terms { credit_per_day: 0, ..terms.clone() }), Error::InvalidTerms),
        (with(Terms { longest_debt_ms: 0, ..terms.clone() }), Error::InvalidTerms),
        (with(Terms { reporter_percent: 51, ..terms.clone() }), Error::InvalidTerms),
        (with(Terms { fee_taker: Address::ZERO, ..terms.clone() }), Error::ZeroAddress),
    ];
    for (new, error) in cases {
        chain.from(alice()).call(found(credit, new)).expect_error(error);
    }
    let edge = Terms { reporter_percent: 50, ..terms };
    chain.from(alice()).call(found(credit, with(edge))).expect_ok();
    let most = NewNetwork { holders: vec![(alice(), 1); MAX_HOLDERS], name: "n".repeat(MAX_NAME_BYTES), ..village() };
    chain.from(alice()).call(found(credit, most)).expect_ok();
}

#[test]
fn an_instance_with_a_first_network_founds_no_other() {
    let (mut chain, _) = chain();
    let own = CreditRef::at(chain.from(bob()).deploy(&code(), CreditRef::init(Some(village()))));
    assert_eq!(chain.query(own.network(1)), Ok(Network { name: "Village".into(), founder: bob() }));
    chain.from(bob()).call(found(own, village())).expect_error(Error::Closed);
}

#[test]
fn keeps_records_of_each_writer_apart() {
    let (mut chain, credit) = chain();
    let key = || ("rates".to_owned(), "2026".to_owned());
    let read = |chain: &tenon_testkit::TestChain, who| chain.query(credit.record_of(who, key().0, key().1));
    assert_eq!(read(&chain, alice()), Ok(None));
    let outcome = chain.from(alice()).call(credit.record(key().0, key().1, vec![1]));
    assert!(outcome.has(&RecordWritten { writer: alice(), table: key().0, key: key().1, value: vec![1] }));
    chain.from(bob()).call(credit.record(key().0, key().1, vec![9])).expect_ok();
    chain.from(alice()).call(credit.record(key().0, key().1, vec![2, 3])).expect_ok();
    assert_eq!((read(&chain, alice()), read(&chain, bob())), (Ok(Some(vec![2, 3])), Ok(Some(vec![9]))));
    chain.from(alice()).call(credit.record(key().0, key().1, vec![])).expect_ok();
    assert_eq!((read(&chain, alice()), read(&chain, bob())), (Ok(None), Ok(Some(vec![9]))));
}

#[test]
fn limits_records() {
    let (mut chain, credit) = chain();
    let (table, key) = ("t".repeat(MAX_TABLE_BYTES), "k".repeat(MAX_KEY_BYTES));
    chain.from(alice()).call(credit.record(table.clone(), key.clone(), vec![0; MAX_RECORD_BYTES])).expect_ok();
    let refused = [
        (String::new(), key.clone(), 1),
        (table.clone(), String::new(), 1),
        (table.clone() + "t", key.clone(), 1),
        (table.clone(), key.clone() + "k", 1),
        ("\0".into(), key.clone(), 1),
        (table, key, MAX_RECORD_BYTES + 1),
    ];
    for (table, key, length) in refused {
        let outcome = chain.from(alice()).call(credit.record(table.clone(), key.clone(), vec![0; length]));
        outcome.expect_error(Error::InvalidRecord);
        if length == 1 {
            assert_eq!(chain.query(credit.record_of(alice(), table, key)), Ok(None));
        }
    }
}
