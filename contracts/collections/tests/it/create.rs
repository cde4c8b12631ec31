//! Creating collections and issuing items: terms, bounds, and what is refused.

use crate::{chain, code, create, created, hash, issued, mint, owner, plain};
use collections::{
    CollectionInfo, CollectionsRef, Created, Error, Kind, MAX_NAME_BYTES, MAX_SYMBOL_BYTES, MAX_URI_BYTES, MintRight,
    NewCollection, Supply,
};
use tenon_contract::Address;
use tenon_testkit::{alice, bob, charlie};

#[test]
fn creates_collections_with_consecutive_ids() {
    let (mut chain, items) = chain();
    assert_eq!(chain.query(items.collection_count()), Ok(0));
    let outcome = chain.from(alice()).call(create(items, plain()));
    let event = Created { collection: 1, issuer: alice(), kind: Kind::Custom as u8, symbol: "ART".into() };
    assert!(outcome.has(&event));
    assert_eq!(chain.from(bob()).call(create(items, plain())).expect_ok(), 2);
    assert_eq!(chain.query(items.collection_count()), Ok(2));
    let info = chain.query(items.info(2)).expect("it exists");
    assert_eq!((info.issuer, info.owner, info.mint, info.burnable), (bob(), Some(bob()), MintRight::Owner, true));
}

/// Real estate on chain: the collection names its issuer and the deed of foundation, each item its entry in a register.
#[test]
fn maps_real_things_by_document_and_issuer() {
    let land = NewCollection {
        name: "Land register of Elsewhere".into(),
        symbol: "LAND".into(),
        base_uri: Some("https://land.example/".into()),
        kind: Some(Kind::Physical),
        mint: Some(MintRight::Account(bob())),
        cap: Some(2),
        burnable: Some(false),
        document_hash: Some(hash(7)),
        policy: None,
    };
    let (mut chain, items) = created(land);
    let parcel = items.mint(1, charlie(), Some(1_204), Some(hash(8)), Some("1204".into()));
    assert_eq!(chain.from(bob()).call(parcel).expect_ok(), 1_204);
    let expected = CollectionInfo {
        name: "Land register of Elsewhere".into(),
        symbol: "LAND".into(),
        base_uri: "https://land.example/".into(),
        kind: Kind::Physical,
        issuer: alice(),
        owner: Some(alice()),
        mint: MintRight::Account(bob()),
        cap: Some(2),
        burnable: false,
        document_hash: Some(hash(7)),
        restricted: false,
    };
    assert_eq!(chain.query(items.info(1)), Ok(expected));
    let item = chain.query(items.item(1, 1_204)).expect("it exists");
    assert_eq!((item.owner, item.metadata_hash), (charlie(), Some(hash(8))));
    assert_eq!(item.uri, "https://land.example/1204");
    chain.from(charlie()).call(items.burn(1, 1_204)).expect_error(Error::BurnNotAllowed);
}

#[test]
fn refuses_names_and_symbols_outside_their_bounds() {
    let (mut chain, items) = chain();
    let names = [String::new(), "a".repeat(MAX_NAME_BYTES + 1), "a\nb".into()];
    for name in names {
        let new = NewCollection { name, ..plain() };
        chain.from(alice()).call(create(items, new)).expect_error(Error::InvalidName);
    }
    let symbols = [String::new(), "A".repeat(MAX_SYMBOL_BYTES + 1), "A B".into(), "A\tB".into()];
    for symbol in symbols {
        let new = NewCollection { symbol, ..plain() };
        chain.from(alice()).call(create(items, new)).expect_error(Error::InvalidSymbol);
    }
    let (name, symbol) = ("a".repeat(MAX_NAME_BYTES), "A".repeat(MAX_SYMBOL_BYTES));
    chain.from(alice()).call(create(items, NewCollection { name, symbol, ..plain() })).expect_ok();
}

#[test]
fn refuses_uris_outside_their_bounds() {
    let (mut chain, items) = created(plain());
    for uri in ["u".repeat(MAX_URI_BYTES + 1), "a\nb".into()] {
        let new = NewCollection { base_uri: Some(uri.clone()), ..plain() };
        chain.from(alice()).call(create(items, new)).expect_error(Error::InvalidUri);
        chain.from(alice()).call(items.mint(1, bob(), None, None, Some(uri))).expect_error(Error::InvalidUri);
    }
    let longest = "u".repeat(MAX_URI_BYTES);
    let new = NewCollection { base_uri: Some(longest.clone()), ..plain() };
    chain.from(alice()).call(create(items, new)).expect_ok();
    chain.from(alice()).call(items.mint(2, bob(), None, None, Some(longest.clone()))).expect_ok();
    assert_eq!(chain.query(items.item(2, 1)).expect("it exists").uri, longest.repeat(2));
}

#[test]
fn refuses_terms_under_which_no_item_could_exist() {
    let (mut chain, items) = chain();
    let cases = [
        (NewCollection { cap: Some(0), ..plain() }, Error::ZeroCap),
        (NewCollection { mint: Some(MintRight::Nobody), ..plain() }, Error::Sealed),
        (NewCollection { mint: Some(MintRight::Account(Address::ZERO)), ..plain() }, Error::ZeroAddress),
    ];
    for (new, error) in cases {
        chain.from(alice()).call(create(items, new.clone())).expect_error(error);
        chain.from(alice()).try_deploy(&code(), CollectionsRef::init(Some(new))).expect_error(error);
    }
    assert_eq!(chain.query(items.collection_count()), Ok(0));
}

#[test]
fn knows_nothing_of_collections_that_do_not_exist() {
    let (mut chain, items) = issued();
    for collection in [2, u64::MAX] {
        let expected = Error::UnknownCollection;
        chain.from(alice()).call(items.mint(collection, bob(), None, None, None)).expect_error(expected);
        chain.from(alice()).call(items.transfer(collection, 1, bob())).expect_error(expected);
        chain.from(alice()).call(items.transfer_from(collection, 1, alice(), bob())).expect_error(expected);
        chain.from(alice()).call(items.approve(collection, 1, None)).expect_error(expected);
        chain.from(alice()).call(items.set_operator(Some(collection), bob(), true)).expect_error(expected);
        chain.from(alice()).call(items.burn(collection, 1)).expect_error(expected);
        chain.from(alice()).call(items.grant_use(collection, 1, bob(), u64::MAX, None)).expect_error(expected);
        chain.from(alice()).call(items.seal(collection)).expect_error(expected);
        chain.from(alice()).call(items.propose_owner(collection, bob())).expect_error(expected);
        chain.from(alice()).call(items.accept_owner(collection)).expect_error(expected);
        chain.from(alice()).call(items.renounce_owner(collection)).expect_error(expected);
        let failures = [
            chain.query(items.info(collection)).map(drop),
            chain.query(items.supply(collection)).map(drop),
            chain.query(items.item(collection, 1)).map(drop),
        ];
        for failure in failures {
            assert_eq!(failure.expect_err("there is none").module_error(), Some(expected));
        }
        assert_eq!(chain.query(items.owner_of(collection, 1)), Ok(None));
        assert_eq!(chain.query(items.user_of(collection, 1)), Ok(None));
    }
}

#[test]
fn issues_ids_upwards_and_each_once() {
    let (mut chain, items) = created(plain());
    let mut issue = |item| chain.from(alice()).call(items.mint(1, bob(), item, None, None));
    issue(Some(0)).expect_error(Error::IdUsed);
    assert_eq!(issue(None).expect_ok(), 1);
    assert_eq!(issue(Some(10)).expect_ok(), 10);
    for used in [0, 1, 5, 9, 10] {
        issue(Some(used)).expect_error(Error::IdUsed);
    }
    assert_eq!(issue(None).expect_ok(), 11);
    assert_eq!(chain.query(items.supply(1)), Ok(Supply { items: 3, highest: 11 }));
}

#[test]
fn never_issues_the_id_of_a_burnt_item_again() {
    let (mut chain, items) = issued();
    chain.from(alice()).call(items.burn(1, 1)).expect_ok();
    let again = chain.from(alice()).call(items.mint(1, bob(), Some(1), None, None));
    again.expect_error(Error::IdUsed);
    assert_eq!(chain.from(alice()).call(mint(items, bob())).expect_ok(), 2);
    assert_eq!((owner(&chain, items, 1), owner(&chain, items, 2)), (None, Some(bob())));
}

#[test]
fn runs_out_of_ids_without_starting_again() {
    let (mut chain, items) = created(plain());
    let last = chain.from(alice()).call(items.mint(1, bob(), Some(u64::MAX), None, None));
    assert_eq!(last.expect_ok(), u64::MAX);
    chain.from(alice()).call(mint(items, bob())).expect_error(Error::CapReached);
    for used in [0, 1, u64::MAX - 1, u64::MAX] {
        let outcome = chain.from(alice()).call(items.mint(1, bob(), Some(used), None, None));
        outcome.expect_error(Error::IdUsed);
    }
}

#[test]
fn holds_no_more_items_than_the_cap() {
    let (mut chain, items) = created(NewCollection { cap: Some(2), ..plain() });
    for _ in 0..2 {
        chain.from(alice()).call(mint(items, bob())).expect_ok();
    }
    chain.from(alice()).call(mint(items, bob())).expect_error(Error::CapReached);
    chain.from(bob()).call(items.burn(1, 1)).expect_ok();
    assert_eq!(chain.from(alice()).call(mint(items, bob())).expect_ok(), 3);
}

#[test]
fn closes_an_instance_that_is_made_for_one_collection() {
    let (mut chain, _) = chain();
    let code = code();
    let one = CollectionsRef::at(chain.from(bob()).deploy(&code, CollectionsRef::init(Some(plain()))));
    let info = chain.query(one.info(1)).expect("it was created with the instance");
    assert_eq!((info.owner, info.issuer, info.restricted), (Some(bob()), bob(), false));
    for who in [alice(), bob()] {
        chain.from(who).call(create(one, plain())).expect_error(Error::Closed);
        let outcome = chain.from(who).call(one.notarise(hash(1), collections::ResourceKind::Other, None));
        outcome.expect_error(Error::Closed);
    }
    chain.from(alice()).call(mint(one, alice())).expect_error(Error::MintNotAllowed);
    assert_eq!(chain.from(bob()).call(mint(one, alice())).expect_ok(), 1);
    chain.from(alice()).call(one.transfer(1, 1, charlie())).expect_ok();
    let failure = chain.query(one.info(0)).expect_err("nothing is notarised there");
    assert_eq!(failure.module_error(), Some(Error::UnknownCollection));
}
