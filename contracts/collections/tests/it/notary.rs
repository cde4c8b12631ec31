//! Notarisation: a hash is registered once, with its time, and stands for an item like any other.

use crate::{chain, hash};
use collections::{
    Error, Kind, MAX_CHECKED_ITEMS, MintRight, NOTARISED, Notarisation, Notarised, ResourceKind, Supply,
};
use tenon_contract::{Address, Hash};
use tenon_testkit::{alice, bob, charlie};

/// What anyone computes without the chain to check whose a notarised hash is.
fn commitment(owner: Address, salt: Hash, document_hash: Hash) -> Hash {
    let parts = [b"tenon/collections/notary".as_slice(), owner.as_ref(), salt.as_ref(), document_hash.as_ref()];
    Hash::new(tenon_crypto::hash::blake2b_256(&parts.concat()))
}

#[test]
fn has_a_collection_of_notarised_resources_from_the_start() {
    let (mut chain, items) = chain();
    let info = chain.query(items.info(NOTARISED)).expect("it is there");
    assert_eq!((info.name.as_str(), info.kind, info.owner), ("Notarised resources", Kind::Digital, None));
    assert_eq!((info.mint, info.burnable, info.issuer), (MintRight::Nobody, false, items.address()));
    let minted = chain.from(alice()).call(items.mint(NOTARISED, alice(), None, Some(hash(1)), None));
    minted.expect_error(Error::Sealed);
    let right = MintRight::Account(alice());
    chain.from(alice()).call(items.set_mint_right(NOTARISED, right)).expect_error(Error::NotOwner);
    chain.from(alice()).call(items.accept_owner(NOTARISED)).expect_error(Error::NotOwner);
}

#[test]
fn registers_a_hash_with_time_height_and_author() {
    let kinds = [
        ResourceKind::Credit,
        ResourceKind::Identity,
        ResourceKind::Brand,
        ResourceKind::BehaviourData,
        ResourceKind::Other,
    ];
    let (mut chain, items) = chain();
    for (kind, item) in kinds.into_iter().zip(1..) {
        let document_hash = hash(u8::try_from(item).expect("five items"));
        assert_eq!(chain.query(items.notarised(document_hash)), Ok(None));
        let (at_ms, height) = (chain.time_ms(), chain.height());
        let outcome = chain.from(alice()).call(items.notarise(document_hash, kind, None));
        assert!(outcome.has(&Notarised { document_hash, by: alice(), item, kind }));
        assert_eq!(outcome.expect_ok(), item);
        let record = Notarisation { item, by: alice(), at_ms, height, kind };
        assert_eq!(chain.query(items.notarised(document_hash)), Ok(Some(record)));
        assert_eq!(chain.query(items.item(NOTARISED, item)).expect("it exists").metadata_hash, Some(document_hash));
    }
    assert_eq!(chain.query(items.supply(NOTARISED)), Ok(Supply { items: 5, highest: 5 }));
}

#[test]
fn registers_a_hash_once() {
    let (mut chain, items) = chain();
    let (first, other) = (hash(1), ResourceKind::Other);
    chain.from(alice()).call(items.notarise(first, other, None)).expect_ok();
    let record = chain.query(items.notarised(first)).expect("a query");
    for who in [alice(), bob()] {
        chain.from(who).call(items.notarise(first, ResourceKind::Brand, None)).expect_error(Error::AlreadyNotarised);
    }
    chain.from(bob()).call(items.notarise(Hash::ZERO, other, None)).expect_error(Error::ZeroHash);
    let long = Some("u".repeat(257));
    chain.from(bob()).call(items.notarise(hash(2), other, long)).expect_error(Error::InvalidUri);
    assert_eq!(chain.query(items.notarised(first)).expect("a query"), record);
    assert_eq!(chain.query(items.supply(NOTARISED)), Ok(Supply { items: 1, highest: 1 }));
}

#[test]
fn moves_ownership_and_use_of_a_notarised_resource_apart() {
    let (mut chain, items) = chain();
    let uri = Some("https://brand.example".into());
    let item = chain.from(alice()).call(items.notarise(hash(1), ResourceKind::Brand, uri)).expect_ok();
    assert_eq!(chain.query(items.item(NOTARISED, item)).expect("it exists").uri, "https://brand.example");
    let until_ms = chain.time_ms() + 60_000;
    chain.from(alice()).call(items.grant_use(NOTARISED, item, bob(), until_ms, None)).expect_ok();
    chain.from(alice()).call(items.transfer(NOTARISED, item, charlie())).expect_ok();
    assert_eq!(chain.query(items.owner_of(NOTARISED, item)), Ok(Some(charlie())));
    assert_eq!(chain.query(items.user_of(NOTARISED, item)), Ok(Some(bob())));
    chain.set_time_ms(until_ms);
    assert_eq!(chain.query(items.user_of(NOTARISED, item)), Ok(Some(charlie())));
    let record = chain.query(items.notarised(hash(1))).expect("a query").expect("it is known");
    assert_eq!(record.by, alice(), "who sold it remains who notarised it");
}

#[test]
fn keeps_what_was_notarised() {
    let (mut chain, items) = chain();
    let item = chain.from(alice()).call(items.notarise(hash(1), ResourceKind::Credit, None)).expect_ok();
    chain.from(alice()).call(items.burn(NOTARISED, item)).expect_error(Error::BurnNotAllowed);
    assert!(chain.query(items.notarised(hash(1))).expect("a query").is_some());
}

#[test]
fn makes_commitments_that_anyone_checks_offline() {
    let (chain, items) = chain();
    let (salt, document) = (hash(3), hash(4));
    let made = chain.query(items.notary_commitment(alice(), salt, document)).expect("a query");
    assert_eq!(made, commitment(alice(), salt, document));
    let others = [
        commitment(bob(), salt, document),
        commitment(alice(), hash(5), document),
        commitment(alice(), salt, hash(5)),
        commitment(alice(), document, salt),
    ];
    assert!(others.iter().all(|other| *other != made));
}

/// Bob sees Alice's commitment before it is in a block, and is faster.
#[test]
fn gives_a_thief_nothing_who_copies_a_commitment() {
    let (mut chain, items) = chain();
    let document = hash(4);
    let mine = commitment(alice(), hash(1), document);
    chain.from(bob()).call(items.notarise(mine, ResourceKind::Other, None)).expect_ok();
    chain.from(alice()).call(items.notarise(mine, ResourceKind::Other, None)).expect_error(Error::AlreadyNotarised);
    // When the document is shown, the hash is Alice's and not Bob's, with the salt that she shows and any that he picks.
    assert!((0..=255).all(|salt| commitment(bob(), hash(salt), document) != mine));
    assert_eq!(commitment(alice(), hash(1), document), mine);
    // Nothing stops her from registering the same document again.
    let again = commitment(alice(), hash(2), document);
    chain.from(alice()).call(items.notarise(again, ResourceKind::Other, None)).expect_ok();
    let record = chain.query(items.notarised(again)).expect("a query").expect("it is known");
    assert_eq!(record.by, alice());
}

/// More than one check of an invariant reads: consecutive heights look at consecutive parts, and round again.
#[test]
fn keeps_its_invariants_with_more_items_than_a_check_reads() {
    let (mut chain, items) = chain();
    chain.set_invariant_checks(false);
    for number in 1..=MAX_CHECKED_ITEMS + 50 {
        let document_hash =
            commitment(alice(), hash(1), Hash::new([number.to_le_bytes(); 8].concat().try_into().expect("32 bytes")));
        chain.from(alice()).call(items.notarise(document_hash, ResourceKind::Other, None)).expect_ok();
    }
    chain.set_invariant_checks(true);
    for item in [1, 500, u64::from(MAX_CHECKED_ITEMS) + 50] {
        chain.from(alice()).call(items.transfer(NOTARISED, item, bob())).expect_ok();
        chain.advance_blocks(1);
        chain.check_invariants("an empty block");
    }
}
