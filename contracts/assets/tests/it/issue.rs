//! Issuing: ids, terms, defaults, and what is refused.

use crate::{SUPPLY, Terms, chain, issue, issued};
use assets::{AssetInfo, BurnRight, Error, Issued, Kind, MAX_PAGE, MintRight, Transfer};
use tenon_contract::abi::HostError;
use tenon_contract::{Address, Call, Hash};
use tenon_testkit::{Outcome, alice, bob, charlie};

fn refused_as_bad_input<R: std::fmt::Debug>(outcome: Outcome<R>, reason: &str) {
    let failure = outcome.result.expect_err("the input is wrong");
    assert_eq!(failure.host_error(), Some(HostError::BadInput), "{failure}");
    assert!(failure.trace.iter().any(|line| line.contains(reason)), "{failure}");
}

const KINDS: [Kind; 7] =
    [Kind::Physical, Kind::Fiat, Kind::Digital, Kind::Virtual, Kind::Equity, Kind::DebtClaim, Kind::Custom];

#[test]
fn states_everything_that_the_issuer_said() {
    let (mut chain, assets) = chain();
    let document = Some(Hash::new([9; 32]));
    let call = assets.issue(
        "Gold".into(),
        "GOLD".into(),
        2,
        SUPPLY,
        Some(Kind::Physical),
        Some(500),
        Some(MintRight::Account(bob())),
        Some(BurnRight::Owner),
        document,
        None,
        None,
    );
    let outcome = chain.from(alice()).call(call);
    assert!(outcome.has(&Issued { asset: 1, issuer: alice(), kind: 0, symbol: "GOLD".into() }));
    assert!(outcome.has(&Transfer { asset: 1, from: None, to: Some(alice()), amount: SUPPLY }));
    let expected = AssetInfo {
        name: "Gold".into(),
        symbol: "GOLD".into(),
        decimals: 2,
        kind: Kind::Physical,
        issuer: alice(),
        owner: Some(alice()),
        cap: Some(500),
        mint: MintRight::Account(bob()),
        burn: BurnRight::Owner,
        document_hash: document,
        issuer_identity: None,
        restricted: false,
    };
    assert_eq!(chain.query(assets.info(1)), Ok(expected));
}

#[test]
fn counts_ids_from_one_and_keeps_assets_apart() {
    let (mut chain, assets) = chain();
    assert_eq!(chain.query(assets.asset_count()), Ok(0));
    for id in 1..=3 {
        assert_eq!(chain.from(alice()).call(issue(assets, SUPPLY, Terms::default())).expect_ok(), id);
    }
    chain.from(alice()).call(assets.transfer(2, bob(), 30)).expect_ok();
    let held = [1, 2, 3].map(|asset| chain.query(assets.balance_of(asset, bob())));
    assert_eq!(held, [Ok(0), Ok(30), Ok(0)]);
    assert_eq!(chain.query(assets.asset_count()), Ok(3));
}

#[test]
fn lists_assets_by_kind() {
    let (mut chain, assets) = chain();
    for kind in KINDS.into_iter().chain([Kind::Fiat]) {
        chain.from(alice()).call(issue(assets, 1, Terms { kind: Some(kind), ..Terms::default() })).expect_ok();
    }
    for (index, kind) in (1..).zip(KINDS) {
        let expected = if kind == Kind::Fiat { vec![index, 8] } else { vec![index] };
        assert_eq!(chain.query(assets.assets_of_kind(kind, None, None)), Ok(expected));
        assert_eq!(chain.query(assets.info(index)).map(|info| info.kind), Ok(kind));
    }
    assert_eq!(chain.query(assets.assets_of_kind(Kind::Fiat, Some(2), Some(1))), Ok(vec![8]));
    assert_eq!(chain.query(assets.assets_of_kind(Kind::Fiat, Some(8), None)), Ok(vec![]));
}

#[test]
fn refuses_a_kind_that_does_not_exist_as_bad_input() {
    let (mut chain, assets) = chain();
    let mut call = issue(assets, 1, Terms { kind: Some(Kind::Custom), ..Terms::default() });
    let kind = call.input.iter().rposition(|byte| *byte == Kind::Custom as u8).expect("it stands there");
    call.input[kind] = 7;
    let outcome = chain.from(alice()).call(call);
    refused_as_bad_input(outcome, "argument `kind`");
}

#[test]
fn refuses_input_with_bytes_left_over() {
    let (mut chain, assets) = issued(Terms::default());
    let mut call = assets.transfer(1, bob(), 5);
    call.input.push(0);
    let outcome = chain.from(alice()).call(call);
    refused_as_bad_input(outcome, "1 bytes are left after the last argument");
}

#[test]
fn refuses_names_and_numbers_that_mislead() {
    let (mut chain, assets) = chain();
    let call = |name: &str, symbol: &str, decimals| -> Call<u64> {
        assets.issue(name.into(), symbol.into(), decimals, 1, None, None, None, None, None, None, None)
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
    let nobody = Terms { mint: Some(MintRight::Account(Address::ZERO)), ..Terms::default() };
    chain.from(alice()).call(issue(assets, 1, nobody)).expect_error(Error::ZeroAddress);
    let over = Terms { cap: Some(SUPPLY - 1), ..Terms::default() };
    chain.from(alice()).call(issue(assets, SUPPLY, over)).expect_error(Error::CapExceeded);
    assert_eq!(chain.query(assets.asset_count()), Ok(1));
}

#[test]
fn knows_nothing_of_assets_that_do_not_exist() {
    let (mut chain, assets) = issued(Terms::default());
    for asset in [0, 2, u64::MAX] {
        chain.from(alice()).call(assets.transfer(asset, bob(), 0)).expect_error(Error::UnknownAsset);
        chain.from(alice()).call(assets.transfer(asset, bob(), 1)).expect_error(Error::UnknownAsset);
        chain.from(alice()).call(assets.approve(asset, bob(), 0, 1, None)).expect_error(Error::UnknownAsset);
        chain.from(alice()).call(assets.mint(asset, bob(), 1)).expect_error(Error::UnknownAsset);
        chain.from(alice()).call(assets.burn(asset, 0)).expect_error(Error::UnknownAsset);
        let failure = chain.query(assets.info(asset)).expect_err("there is none");
        assert_eq!(failure.module_error(), Some(Error::UnknownAsset));
    }
}

#[test]
fn lists_holders_page_by_page() {
    let (mut chain, assets) = issued(Terms::default());
    chain.from(alice()).call(issue(assets, 7, Terms::default())).expect_ok();
    for (to, amount) in [(bob(), 20), (charlie(), 30)] {
        chain.from(alice()).call(assets.transfer(1, to, amount)).expect_ok();
    }
    let mut expected = vec![(alice(), 50), (bob(), 20), (charlie(), 30)];
    expected.sort();
    assert_eq!(chain.query(assets.holders(1, None, None)), Ok(expected.clone()));
    assert_eq!(chain.query(assets.holders(1, Some(expected[0].0), Some(1))), Ok(vec![expected[1]]));
    assert_eq!(chain.query(assets.holders(1, Some(expected[2].0), Some(MAX_PAGE + 1))), Ok(vec![]));
}
