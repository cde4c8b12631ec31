//! The rules that every module has to hold, tried on this one: a sample of each method, and what follows from it.

use crate::{NOBODY, SALT, chain, code, commit, create, created, register};
use std::ops::Range;
use streams::{Level, MAX_COMMITMENT_MS, MIN_COMMITMENT_MS, StreamsRef};
use tenon_contract::abi::find_host_function;
use tenon_contract::{Address, Hash};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, dave, eve};

const NAME: &str = "weather.oslo";
/// How long Charlie may publish.
const LIFE_MS: u64 = 100_000;

/// Alice's stream was offered to Bob, and has rights of several people; Charlie's ends. Dave has a name for it, and has
/// committed to another one, which he may say by now.
fn world() -> (TestChain, StreamsRef, Hash) {
    let (mut chain, streams, stream) = created();
    let end = Some(chain.time_ms() + LIFE_MS);
    chain.from(alice()).call(streams.propose_owner(stream, bob())).expect_ok();
    chain.from(alice()).call(streams.grant(stream, charlie(), Level::Publish, end)).expect_ok();
    chain.from(alice()).call(streams.grant(stream, NOBODY, Level::Edit, None)).expect_ok();
    chain.from(alice()).call(streams.grant_public(stream, Level::Subscribe, None)).expect_ok();
    register(&mut chain, streams, dave(), NAME, stream, 1);
    commit(&mut chain, streams, dave(), "news");
    chain.advance_ms(MIN_COMMITMENT_MS);
    (chain, streams, stream)
}

fn commitment(chain: &TestChain, streams: StreamsRef) -> Hash {
    chain.query(streams.name_commitment(dave(), "news".into(), SALT)).expect("a query")
}

fn subject() -> Subject {
    let (chain, streams, stream) = world();
    let mut late = chain.clone();
    late.advance_ms(MAX_COMMITMENT_MS);
    let end = Some(chain.time_ms() + 5_000);
    let text = || Some(String::from("Rain"));
    let after = Some((Some(charlie()), Level::Publish));
    let calls = Subject::new(streams.address(), &code())
        .call(&chain, eve(), streams.create("News".into(), text(), text(), Some(3)))
        .call(&chain, alice(), streams.edit(stream, text(), text(), text()))
        .call(&chain, alice(), streams.delete(stream))
        .call(&chain, alice(), streams.propose_owner(stream, charlie()))
        .call(&chain, bob(), streams.accept_owner(stream))
        .call(&chain, alice(), streams.grant(stream, eve(), Level::Grant, end))
        .call(&chain, alice(), streams.grant_public(stream, Level::Publish, end))
        .call(&chain, alice(), streams.revoke(stream, NOBODY, Level::Edit))
        .call(&chain, alice(), streams.revoke_public(stream, Level::Subscribe))
        .call(&chain, alice(), streams.revoke_all(stream))
        .call(&late, eve(), streams.remove_right(stream, Some(charlie()), Level::Publish))
        .call(&chain, eve(), streams.commit_name(SALT))
        .call(&chain, dave(), streams.register_name("news".into(), stream, 2, SALT))
        .call(&chain, dave(), streams.renew_name(NAME.into(), 2))
        .call(&chain, dave(), streams.point_name(NAME.into(), stream))
        .call(&chain, dave(), streams.transfer_name(NAME.into(), eve()))
        .call(&chain, dave(), streams.release_name(NAME.into()))
        .call(&late, eve(), streams.remove_commitment(dave(), commitment(&chain, streams)));
    calls
        .query(&chain, streams.stream(stream))
        .query(&chain, streams.streams(Some(Hash::ZERO), Some(5)))
        .query(&chain, streams.streams_of(alice(), Some(Hash::ZERO), Some(5)))
        .query(&chain, streams.may(stream, charlie(), Level::Publish))
        .query(&chain, streams.check_publish(stream, charlie(), 3))
        .query(&chain, streams.rights_of(stream, charlie()))
        .query(&chain, streams.rights(stream, after, Some(5)))
        .query(&chain, streams.partition_of(stream, vec![1, 2, 3]))
        .query(&chain, streams.network_partition(stream, 3, 100))
        .query(&chain, streams.resolve(NAME.into()))
        .query(&chain, streams.name(NAME.into()))
        .query(&chain, streams.names_of(dave(), Some("abc".into()), Some(5)))
        .query(&chain, streams.name_commitment(dave(), NAME.into(), SALT))
}

#[test]
fn holds_what_every_module_has_to_hold() {
    let subject = subject();
    subject.assert_complete(&[]);
    subject.check();
}

#[test]
fn gives_owners_these_powers_and_no_others() {
    let subject = subject();
    let of_a_stream =
        ["edit", "delete", "propose_owner", "grant", "grant_public", "revoke", "revoke_public", "revoke_all"];
    rules::has_only_these_powers(&subject, alice(), eve(), &of_a_stream);
    let of_a_name = ["register_name", "renew_name", "point_name", "transfer_name", "release_name"];
    rules::has_only_these_powers(&subject, dave(), eve(), &of_a_name);
    rules::has_only_these_powers(&subject, bob(), eve(), &["accept_owner"]);
    // Charlie may publish, which is no call of this module.
    rules::has_only_these_powers(&subject, charlie(), eve(), &[]);
}

#[test]
fn costs_the_same_among_a_hundred_thousand_rights() {
    const BLOCK: usize = 100;
    let (chain, streams, stream) = world();
    let operations = [
        by(alice(), streams.create("News".into(), None, None, None)),
        by(alice(), streams.edit(stream, Some("Rain".into()), None, None)),
        by(alice(), streams.delete(stream)),
        by(bob(), streams.accept_owner(stream)),
        by(alice(), streams.grant(stream, eve(), Level::Publish, None)),
        by(alice(), streams.revoke(stream, NOBODY, Level::Edit)),
        by(alice(), streams.revoke_public(stream, Level::Subscribe)),
        by(alice(), streams.revoke_all(stream)),
        by(dave(), streams.register_name("news".into(), stream, 2, SALT)),
        by(dave(), streams.transfer_name(NAME.into(), eve())),
    ];
    // A right of each number, and of every tenth a stream and a commitment.
    let grow = |chain: &mut TestChain, numbers: Range<u64>| {
        let dust = numbers.flat_map(|number| {
            let mut bytes = [0xaa; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            let right = by(alice(), streams.grant(stream, Address::new(bytes), Level::Publish, None));
            let more = (number % 10 == 0).then(|| {
                let create = streams.create("Dust".into(), None, None, None);
                [by(alice(), create), by(dave(), streams.commit_name(Hash::new(bytes)))]
            });
            more.into_iter().flatten().chain([right])
        });
        for block in dust.collect::<Vec<_>>().chunks(BLOCK) {
            assert!(chain.block(block).iter().all(tenon_testkit::Outcome::is_ok));
        }
    };
    rules::is_unmoved_by_dust(&chain, Dust::HUNDRED_THOUSAND, grow, |_| operations.to_vec());
}

#[test]
fn returns_the_deposit_of_whatever_is_cleaned_up() {
    // The count of streams is there before, and stays.
    let (mut chain, streams) = chain();
    let gone = create(&mut chain, streams, alice(), 1);
    chain.from(alice()).call(streams.delete(gone)).expect_ok();
    let instance = TestChain::module_address("streams");
    let hash = |bytes: &[u8]| Hash::new(tenon_crypto::hash::blake2b_256(bytes));
    let stream = streams::partition::stream_id(hash, &chain.chain_id(), &instance, 2);
    let store = [
        by(bob(), streams.create("News".into(), Some("All".into()), Some("{}".into()), Some(3))),
        by(bob(), streams.propose_owner(stream, charlie())),
        by(bob(), streams.grant(stream, charlie(), Level::Publish, None)),
        by(bob(), streams.grant_public(stream, Level::Subscribe, None)),
        by(dave(), streams.commit_name(commitment(&chain, streams))),
    ];
    let clean = [
        by(bob(), streams.delete(stream)),
        by(eve(), streams.remove_right(stream, Some(charlie()), Level::Publish)),
        by(eve(), streams.remove_right(stream, None, Level::Subscribe)),
        by(dave(), streams.remove_commitment(dave(), commitment(&chain, streams))),
    ];
    rules::returns_deposits(&chain, instance, &store, &clean);
    let (named, _, stream) = world();
    let store = [by(dave(), streams.register_name("news".into(), stream, 2, SALT))];
    let mut before = named.clone();
    before.run(&by(dave(), streams.remove_commitment(dave(), commitment(&named, streams)))).expect_ok();
    let mut after = named;
    after.run(&store[0]).expect_ok();
    after.run(&by(dave(), streams.release_name("news".into()))).expect_ok();
    let stored = |chain: &TestChain| (chain.stored_entries(instance), chain.deposit_of(instance));
    assert_eq!(stored(&after), stored(&before));
}

#[test]
fn gives_nobody_a_longer_right_by_going_round() {
    let (mut chain, streams, stream) = created();
    let end = chain.time_ms() + LIFE_MS;
    for who in [bob(), charlie()] {
        for level in [Level::Grant, Level::Publish] {
            chain.from(alice()).call(streams.grant(stream, who, level, Some(end))).expect_ok();
        }
    }
    // How long Bob, Charlie and everybody may publish, taken together.
    let worth = |chain: &TestChain| {
        let rights = chain.query(streams.rights(stream, None, None)).expect("a query");
        rights.iter().map(|right| u128::from(right.expires_at_ms.unwrap_or(u64::MAX))).max().unwrap_or(0)
    };
    let longer = [None, Some(end + 1), Some(u64::MAX)];
    let cycle: Vec<_> = longer
        .into_iter()
        .flat_map(|end| {
            [
                by(bob(), streams.grant(stream, charlie(), Level::Grant, end)),
                by(charlie(), streams.grant(stream, bob(), Level::Publish, end)),
                by(bob(), streams.grant(stream, bob(), Level::Publish, end)),
                by(bob(), streams.grant_public(stream, Level::Publish, end)),
                by(bob(), streams.revoke(stream, charlie(), Level::Publish)),
                by(charlie(), streams.grant(stream, charlie(), Level::Publish, end)),
            ]
        })
        .collect();
    rules::gains_nothing(&chain, worth, &cycle);
}

/// What the host charges for the calls that asking for a right cannot do without.
fn host_gas_of_a_check() -> u64 {
    const STREAM: (u64, u64) = (1 + 32, 32 + 2 + 4);
    const RIGHT: (u64, u64) = (1 + 32 + 1 + 32 + 1, 4 + 1 + 32);
    let price = |name: &str, bytes: u64| {
        let function = find_host_function(name).expect("the table has it");
        function.base_gas + bytes * function.byte_gas
    };
    let read = |(key, value): (u64, u64)| price("storage_get", key + value);
    price("input", 32 + 32 + 2) + read(STREAM) + read(RIGHT) + price("block_time_ms", 0)
}

#[test]
fn stays_within_its_size_and_gas() {
    /// What a change may add before somebody looks at it again.
    const MAX_WASM_BYTES: usize = 64 * 1024;
    /// Gas of a check beside what the host charges for its calls.
    const MAX_OWN_GAS: u64 = 10_000;
    let (mut chain, streams, stream) = world();
    let found = chain.from(eve()).call(streams.check_publish(stream, charlie(), 0)).method_gas;
    let (host, size) = (host_gas_of_a_check(), code().len());
    let report = format!("{size} bytes; {found} gas to check an event, host {host}");
    assert!(size <= MAX_WASM_BYTES && found <= host + MAX_OWN_GAS, "{report}");
}
