//! Issuing: what is kept of a kind, what is refused, and instances that hold one kind.

use crate::{UNITS, chain, coffee, issue, issued};
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, account, alice, bob, charlie, module_code};
use vouchers::{
    BurnRight, Error, Issued, KindInfo, MAX_FACE_BYTES, MAX_NAME_BYTES, MAX_PAGE, MAX_SYMBOL_BYTES, MintRight, NewKind,
    Rules, Totals, Transfer, VouchersRef,
};

#[test]
fn keeps_what_the_issuer_says() {
    let (mut chain, vouchers) = chain();
    let start = chain.time_ms();
    let new = NewKind {
        cap: Some(500),
        mint: Some(MintRight::Account(bob())),
        burn: Some(BurnRight::Nobody),
        redeemer: Some(charlie()),
        valid_from_ms: Some(start),
        valid_until_ms: Some(start + 1_000_000),
        transferable: Some(false),
        document_hash: Some(Hash::new([5; 32])),
        face: Some("One cup of coffee, any size".into()),
        ..coffee()
    };
    let outcome = chain.from(alice()).call(issue(vouchers, new));
    assert!(outcome.has(&Issued { kind: 1, issuer: alice(), symbol: "CUP".into() }));
    assert!(outcome.has(&Transfer { kind: 1, from: None, to: Some(alice()), units: UNITS }));
    assert_eq!(outcome.expect_ok(), 1);
    let info = KindInfo {
        name: "Coffee".into(),
        symbol: "CUP".into(),
        face: Some("One cup of coffee, any size".into()),
        document_hash: Some(Hash::new([5; 32])),
        owner: Some(alice()),
        cap: Some(500),
        mint: MintRight::Account(bob()),
        burn: BurnRight::Nobody,
    };
    let rules = Rules {
        issuer: alice(),
        transferable: false,
        restricted: false,
        redeemer: Some(charlie()),
        valid_from_ms: Some(start),
        valid_until_ms: Some(start + 1_000_000),
    };
    assert_eq!((chain.query(vouchers.info(1)), chain.query(vouchers.rules(1))), (Ok(info), Ok(rules)));
    let totals = Totals { issued: UNITS, redeemed: 0, burnt: 0, packets: 0 };
    assert_eq!(chain.query(vouchers.totals(1)), Ok(totals));
}

#[test]
fn counts_kinds_from_one_whoever_issues_them() {
    let (mut chain, vouchers) = issued(coffee());
    assert_eq!(chain.from(bob()).call(issue(vouchers, coffee())).expect_ok(), 2);
    assert_eq!(chain.query(vouchers.kind_count()), Ok(2));
    assert_eq!(chain.query(vouchers.rules(2)).map(|rules| (rules.issuer, rules.transferable)), Ok((bob(), true)));
    assert_eq!(chain.query(vouchers.info(2)).map(|info| info.mint), Ok(MintRight::Nobody));
    assert_eq!(chain.query(vouchers.balance_of(2, bob())), Ok(UNITS));
}

#[test]
fn accepts_texts_of_the_longest_kind() {
    let (mut chain, vouchers) = chain();
    let new = NewKind {
        name: "é".repeat(MAX_NAME_BYTES / 2),
        symbol: "S".repeat(MAX_SYMBOL_BYTES),
        face: Some("f".repeat(MAX_FACE_BYTES)),
        ..coffee()
    };
    chain.from(alice()).call(issue(vouchers, new)).expect_ok();
}

#[test]
fn refuses_kinds_that_make_no_sense() {
    let (mut chain, vouchers) = chain();
    let now = chain.time_ms();
    let zero = Address::ZERO;
    let refused = [
        (NewKind { name: String::new(), ..coffee() }, Error::InvalidName),
        (NewKind { name: "n".repeat(MAX_NAME_BYTES + 1), ..coffee() }, Error::InvalidName),
        (NewKind { name: "a\nb".into(), ..coffee() }, Error::InvalidName),
        (NewKind { symbol: String::new(), ..coffee() }, Error::InvalidSymbol),
        (NewKind { symbol: "A B".into(), ..coffee() }, Error::InvalidSymbol),
        (NewKind { symbol: "S".repeat(MAX_SYMBOL_BYTES + 1), ..coffee() }, Error::InvalidSymbol),
        (NewKind { face: Some("f".repeat(MAX_FACE_BYTES + 1)), ..coffee() }, Error::InvalidFace),
        (NewKind { face: Some("\u{7}".into()), ..coffee() }, Error::InvalidFace),
        (NewKind { cap: Some(0), units: 0, ..coffee() }, Error::ZeroCap),
        (NewKind { cap: Some(UNITS - 1), ..coffee() }, Error::CapExceeded),
        (NewKind { mint: Some(MintRight::Account(zero)), ..coffee() }, Error::ZeroAddress),
        (NewKind { burn: Some(BurnRight::Account(zero)), ..coffee() }, Error::ZeroAddress),
        (NewKind { redeemer: Some(zero), ..coffee() }, Error::ZeroAddress),
        (NewKind { valid_until_ms: Some(0), ..coffee() }, Error::EmptyWindow),
        (NewKind { valid_until_ms: Some(now), ..coffee() }, Error::ExpiryPassed),
        (NewKind { valid_from_ms: Some(u64::MAX), valid_until_ms: Some(u64::MAX), ..coffee() }, Error::EmptyWindow),
    ];
    for (new, error) in refused {
        chain.from(alice()).call(issue(vouchers, new)).expect_error(error);
    }
    assert_eq!(chain.query(vouchers.kind_count()), Ok(0));
}

#[test]
fn knows_nothing_of_kinds_that_do_not_exist() {
    let (mut chain, vouchers) = issued(coffee());
    for kind in [0, 2, u64::MAX] {
        for units in [0, 1] {
            chain.from(alice()).call(vouchers.transfer(kind, bob(), units)).expect_error(Error::UnknownKind);
            chain.from(alice()).call(vouchers.mint(kind, bob(), units)).expect_error(Error::UnknownKind);
            chain.from(alice()).call(vouchers.burn(kind, units)).expect_error(Error::UnknownKind);
            chain.from(alice()).call(vouchers.redeem(kind, units, None)).expect_error(Error::UnknownKind);
            chain.from(alice()).call(vouchers.pack(kind, units, 1, [1; 32], 0)).expect_error(Error::UnknownKind);
        }
        chain.from(alice()).call(vouchers.approve(kind, bob(), 0, 1, None)).expect_error(Error::UnknownKind);
        chain.from(alice()).call(vouchers.accept_owner(kind)).expect_error(Error::UnknownKind);
        chain.from(alice()).call(vouchers.unpack(kind, 1)).expect_error(Error::UnknownPacket);
        let failures = [
            chain.query(vouchers.info(kind)).map(|_| ()),
            chain.query(vouchers.rules(kind)).map(|_| ()),
            chain.query(vouchers.totals(kind)).map(|_| ()),
            chain.query(vouchers.redeemed_units(kind)).map(|_| ()),
        ];
        for failure in failures {
            assert_eq!(failure.expect_err("there is none").module_error(), Some(Error::UnknownKind));
        }
    }
}

#[test]
fn holds_one_kind_for_good_when_deployed_with_it() {
    let mut chain = TestChain::new();
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let new = NewKind { mint: Some(MintRight::Owner), ..coffee() };
    let vouchers = VouchersRef::at(chain.from(alice()).deploy(&code, VouchersRef::init(Some(new))));
    assert_eq!(chain.query(vouchers.balance_of(1, alice())), Ok(UNITS));
    chain.from(alice()).call(issue(vouchers, coffee())).expect_error(Error::Closed);
    chain.from(bob()).call(issue(vouchers, coffee())).expect_error(Error::Closed);
    chain.from(alice()).call(vouchers.mint(1, bob(), 1)).expect_ok();
    assert_eq!(chain.from(bob()).call(vouchers.redeem(1, 1, None)).expect_ok(), 1);
    let wrong = NewKind { name: String::new(), ..coffee() };
    chain.from(alice()).try_deploy(&code, VouchersRef::init(Some(wrong))).expect_error(Error::InvalidName);
}

#[test]
fn lists_holders_page_by_page() {
    let (mut chain, vouchers) = issued(coffee());
    chain.from(alice()).call(issue(vouchers, NewKind { units: 7, ..coffee() })).expect_ok();
    for (to, units) in [(bob(), 20), (charlie(), 30)] {
        chain.from(alice()).call(vouchers.transfer(1, to, units)).expect_ok();
    }
    let mut expected = vec![(alice(), 50), (bob(), 20), (charlie(), 30)];
    expected.sort();
    assert_eq!(chain.query(vouchers.holders(1, None, None)), Ok(expected.clone()));
    assert_eq!(chain.query(vouchers.holders(1, Some(expected[0].0), Some(1))), Ok(vec![expected[1]]));
    assert_eq!(chain.query(vouchers.holders(1, Some(expected[2].0), Some(MAX_PAGE + 1))), Ok(vec![]));
    assert_eq!(chain.query(vouchers.balances_of(vec![(1, account("Bob"))])), Ok(vec![20]));
}
