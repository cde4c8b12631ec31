//! Issuing assets and opening classes: ids, terms, defaults, instances of one asset, and what is refused.

use crate::{COMMON, Rights, chain, code, issue, issue_with_classes, issued, with_lots};
use lots::{
    AssetInfo, BurnRight, ClassClosed, ClassInfo, ClassOpened, Error, Issued, Kind, LotsRef, MAX_PAGE, MintRight,
    NewAsset,
};
use tenon_contract::{Address, Call, Hash};
use tenon_testkit::{TestChain, alice, bob};

const KINDS: [Kind; 7] =
    [Kind::Physical, Kind::Fiat, Kind::Digital, Kind::Virtual, Kind::Equity, Kind::DebtClaim, Kind::Custom];

fn document(byte: u8) -> Option<Hash> {
    Some(Hash::new([byte; 32]))
}

fn new_asset() -> NewAsset {
    NewAsset {
        name: "Acme".into(),
        symbol: "ACME".into(),
        decimals: 2,
        kind: None,
        mint: None,
        burn: None,
        document_hash: None,
        policy: None,
    }
}

#[test]
fn states_everything_that_the_issuer_said() {
    let (mut chain, lots) = chain();
    let (mint, burn) = (MintRight::Account(bob()), BurnRight::Owner);
    let call = lots.issue(
        "Acme".into(),
        "ACME".into(),
        2,
        Some(Kind::Equity),
        Some(mint.clone()),
        Some(burn.clone()),
        document(9),
        None,
    );
    let outcome = chain.from(alice()).call(call);
    assert!(outcome.has(&Issued { asset: 1, issuer: alice(), kind: 4, symbol: "ACME".into() }));
    let expected = AssetInfo {
        name: "Acme".into(),
        symbol: "ACME".into(),
        decimals: 2,
        kind: Kind::Equity,
        issuer: alice(),
        owner: Some(alice()),
        mint,
        burn,
        document_hash: document(9),
        restricted: false,
    };
    assert_eq!(chain.query(lots.info(1)), Ok(expected));
    assert_eq!((chain.query(lots.class_count(1)), chain.query(lots.count_of(1))), (Ok(0), Ok(0)));
    assert_eq!(chain.query(lots.total_supply(1)), Ok(0));
}

#[test]
fn fills_in_what_an_issuer_leaves_out() {
    let (mut chain, lots) = chain();
    chain.from(alice()).call(issue(lots, Rights::default())).expect_ok();
    let info = chain.query(lots.info(1)).expect("it exists");
    assert_eq!((info.kind, info.mint, info.burn), (Kind::Custom, MintRight::Owner, BurnRight::Holder));
    assert_eq!((info.document_hash, info.restricted), (None, false));
}

#[test]
fn knows_seven_kinds() {
    let (mut chain, lots) = chain();
    for (asset, kind) in (1..).zip(KINDS) {
        let call = lots.issue("N".into(), "S".into(), 0, Some(kind), None, None, None, None);
        assert_eq!(chain.from(alice()).call(call).expect_ok(), asset);
        assert_eq!(chain.query(lots.info(asset)).map(|info| info.kind), Ok(kind));
    }
    assert_eq!(chain.query(lots.asset_count()), Ok(7));
}

#[test]
fn refuses_names_and_numbers_that_mislead() {
    let (mut chain, lots) = chain();
    let call = |name: &str, symbol: &str, decimals| -> Call<u64> {
        lots.issue(name.into(), symbol.into(), decimals, None, None, None, None, None)
    };
    let long = "n".repeat(64);
    chain.from(alice()).call(call(&long, "SYMBOLOF16BYTES!", 38)).expect_ok();
    let refused = [
        (call("", "S", 0), Error::InvalidName),
        (call(&format!("{long}n"), "S", 0), Error::InvalidName),
        (call("a\u{1b}b", "S", 0), Error::InvalidName),
        (call("N", "", 0), Error::InvalidSymbol),
        (call("N", "SYMBOLOF17BYTES!!", 0), Error::InvalidSymbol),
        (call("N", "A B", 0), Error::InvalidSymbol),
        (call("N", "S", 39), Error::InvalidDecimals),
    ];
    for (call, error) in refused {
        chain.from(alice()).call(call).expect_error(error);
    }
    let nobody = Rights { mint: Some(MintRight::Account(Address::ZERO)), ..Rights::default() };
    chain.from(alice()).call(issue(lots, nobody)).expect_error(Error::ZeroAddress);
    let nobody = Rights { burn: Some(BurnRight::Account(Address::ZERO)), ..Rights::default() };
    chain.from(alice()).call(issue(lots, nobody)).expect_error(Error::ZeroAddress);
    assert_eq!(chain.query(lots.asset_count()), Ok(1));
}

#[test]
fn counts_classes_from_one_within_each_asset() {
    let (mut chain, lots) = chain();
    for asset in 1..=2 {
        chain.from(alice()).call(issue(lots, Rights::default())).expect_ok();
        for class in 1..=3 {
            let name = format!("Class {class}");
            let outcome = chain.from(alice()).call(lots.open_class(asset, name.clone(), document(7)));
            assert!(outcome.has(&ClassOpened { asset, class, name: name.clone(), document_hash: document(7) }));
            assert_eq!(outcome.expect_ok(), class);
            let expected = ClassInfo { name, document_hash: document(7), closed: false };
            assert_eq!(chain.query(lots.class(asset, class)), Ok(expected));
            assert_eq!(chain.query(lots.class_supply(asset, class)), Ok(0));
        }
        assert_eq!(chain.query(lots.class_count(asset)), Ok(3));
    }
}

#[test]
fn lets_only_the_owner_open_and_close_classes() {
    let minter = Rights { mint: Some(MintRight::Account(bob())), ..Rights::default() };
    let (mut chain, lots) = issued(minter);
    chain.from(bob()).call(lots.open_class(1, "Mine".into(), None)).expect_error(Error::NotOwner);
    chain.from(bob()).call(lots.close_class(1, COMMON)).expect_error(Error::NotOwner);
    for name in ["", "a\nb"] {
        chain.from(alice()).call(lots.open_class(1, name.into(), None)).expect_error(Error::InvalidName);
    }
    chain.from(alice()).call(lots.open_class(1, "n".repeat(65), None)).expect_error(Error::InvalidName);
    assert_eq!(chain.query(lots.class_count(1)), Ok(2));
}

#[test]
fn mints_nothing_more_into_a_closed_class() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10)]);
    let outcome = chain.from(alice()).call(lots.close_class(1, COMMON));
    assert!(outcome.has(&ClassClosed { asset: 1, class: COMMON }));
    assert_eq!(chain.query(lots.class(1, COMMON)).map(|class| class.closed), Ok(true));
    chain.from(alice()).call(lots.mint(1, COMMON, bob(), 1)).expect_error(Error::ClassClosed);
    chain.from(alice()).call(lots.close_class(1, COMMON)).expect_error(Error::ClassClosed);
    // The other class stays open, and what exists moves and burns as before.
    chain.from(alice()).call(lots.mint(1, COMMON + 1, bob(), 1)).expect_ok();
    chain.from(bob()).call(lots.split(1, 4)).expect_ok();
    chain.from(bob()).call(lots.burn(1, 6)).expect_ok();
    assert_eq!(chain.query(lots.class_supply(1, COMMON)), Ok(4));
}

#[test]
fn keeps_assets_apart() {
    let (mut chain, lots) = with_lots(&[(bob(), COMMON, 10)]);
    assert_eq!(issue_with_classes(&mut chain, lots, Rights::default()), 2);
    assert_eq!(chain.from(alice()).call(lots.mint(2, COMMON, bob(), 30)).expect_ok(), 2);
    assert_eq!([1, 2].map(|asset| chain.query(lots.class_supply(asset, COMMON))), [Ok(10), Ok(30)]);
    assert_eq!([1, 2].map(|asset| chain.query(lots.total_supply(asset))), [Ok(10), Ok(30)]);
    assert_eq!([1, 2].map(|asset| chain.query(lots.count_of(asset))), [Ok(1), Ok(1)]);
    assert_eq!(chain.query(lots.lots_of_class(2, COMMON, None, None)), Ok(vec![2]));
    chain.from(bob()).call(lots.merge(1, 2)).expect_error(Error::DifferentClass);
    chain.from(bob()).call(lots.transfer_value(1, 2, 1)).expect_error(Error::DifferentClass);
}

#[test]
fn knows_nothing_of_what_does_not_exist() {
    let (mut chain, lots) = with_lots(&[(alice(), COMMON, 10)]);
    for id in [0, 2, u64::MAX] {
        let by_alice = [
            lots.close_class(id, COMMON),
            lots.propose_owner(id, bob()),
            lots.accept_owner(id),
            lots.renounce_owner(id),
            lots.set_mint_right(id, MintRight::Nobody),
            lots.set_burn_right(id, BurnRight::Nobody),
        ];
        for call in by_alice {
            chain.from(alice()).call(call).expect_error(Error::UnknownAsset);
        }
        chain.from(alice()).call(lots.open_class(id, "N".into(), None)).expect_error(Error::UnknownAsset);
        chain.from(alice()).call(lots.mint(id, COMMON, bob(), 1)).expect_error(Error::UnknownAsset);
        let lot_calls = [
            lots.transfer_lot(id, bob()),
            lots.transfer_value(id, 1, 1),
            lots.transfer_value(1, id, 1),
            lots.merge(id, 1),
            lots.merge(1, id),
            lots.burn(id, 1),
            lots.approve(id, bob(), 0, 1),
        ];
        for call in lot_calls {
            chain.from(alice()).call(call).expect_error(Error::UnknownLot);
        }
        chain.from(alice()).call(lots.split(id, 1)).expect_error(Error::UnknownLot);
        chain.from(alice()).call(lots.transfer_value_to(id, bob(), 1)).expect_error(Error::UnknownLot);
        assert_eq!(chain.query(lots.owner_of(id)), Ok(None));
        assert_eq!(chain.query(lots.value_of(id)), Ok(0));
        assert_eq!(chain.query(lots.allowance(id, bob())), Ok(0));
        let failures = [
            (chain.query(lots.info(id)).err(), Error::UnknownAsset),
            (chain.query(lots.total_supply(id)).err(), Error::UnknownAsset),
            (chain.query(lots.class(id, COMMON)).err(), Error::UnknownAsset),
            (chain.query(lots.lot(id)).err(), Error::UnknownLot),
        ];
        for (failure, error) in failures {
            assert_eq!(failure.and_then(|failure| failure.module_error()), Some(error));
        }
    }
    for class in [0, 3, u64::MAX] {
        chain.from(alice()).call(lots.mint(1, class, bob(), 1)).expect_error(Error::UnknownClass);
        chain.from(alice()).call(lots.close_class(1, class)).expect_error(Error::UnknownClass);
        let failure = chain.query(lots.class_supply(1, class)).expect_err("there is none");
        assert_eq!(failure.module_error(), Some(Error::UnknownClass));
    }
}

#[test]
fn makes_an_instance_of_one_asset_for_its_deployer() {
    let mut chain = TestChain::new();
    let lots = LotsRef::at(chain.from(bob()).deploy(&code(), LotsRef::init(Some(new_asset()))));
    let info = chain.query(lots.info(1)).expect("the deployer's asset");
    assert_eq!((info.issuer, info.owner, info.decimals), (bob(), Some(bob()), 2));
    for who in [alice(), bob()] {
        chain.from(who).call(issue(lots, Rights::default())).expect_error(Error::Closed);
    }
    chain.from(bob()).call(lots.open_class(1, "Common".into(), None)).expect_ok();
    assert_eq!(chain.from(bob()).call(lots.mint(1, COMMON, alice(), 5)).expect_ok(), 1);
    assert_eq!(chain.query(lots.asset_count()), Ok(1));
}

#[test]
fn makes_no_instance_of_a_bad_asset() {
    let mut chain = TestChain::new();
    let bad = NewAsset { symbol: "A B".into(), ..new_asset() };
    let outcome = chain.from(bob()).try_deploy(&code(), LotsRef::init(Some(bad)));
    outcome.expect_error(Error::InvalidSymbol);
}

#[test]
fn lists_lots_page_by_page() {
    let given: Vec<_> = (0..5).map(|index| (if index == 2 { alice() } else { bob() }, COMMON + index % 2, 7)).collect();
    let (mut chain, lots) = with_lots(&given);
    assert_eq!(chain.query(lots.lots_of(bob(), None, None)), Ok(vec![1, 2, 4, 5]));
    assert_eq!(chain.query(lots.lots_of(bob(), Some(1), Some(2))), Ok(vec![2, 4]));
    assert_eq!(chain.query(lots.lots_of(bob(), Some(5), Some(MAX_PAGE + 1))), Ok(vec![]));
    assert_eq!(chain.query(lots.lots_of_class(1, COMMON, None, None)), Ok(vec![1, 3, 5]));
    assert_eq!(chain.query(lots.lots_of_class(1, COMMON, Some(1), Some(1))), Ok(vec![3]));
    assert_eq!(chain.query(lots.lots_of_class(1, COMMON + 1, Some(2), None)), Ok(vec![4]));
    for _ in 0..MAX_PAGE {
        chain.from(alice()).call(lots.mint(1, COMMON, bob(), 1)).expect_ok();
    }
    let page = chain.query(lots.lots_of(bob(), None, Some(u32::MAX))).expect("a page");
    assert_eq!((page.len(), page.last()), (100, Some(&101)));
}
