//! `lots`: shares of two classes in the hands of a few, and a second asset under a policy.

use crate::profile::Stage;
use crate::profile::people::restrict;
use lots::{BurnRight, Kind, LotsRef, MintRight, NewAsset};
use policies::Terms;
use tenon_contract::{Amount, Call};
use tenon_testkit::{TestChain, alice, bob, charlie, dave};

/// Lots that the owner of the page has.
const LOTS: u8 = 100;

pub(super) fn scenario(stage: &mut Stage) {
    let lots = LotsRef::at(TestChain::module_address("lots"));
    stage.create("without an asset", alice(), LotsRef::init(None));
    stage.create("with the only asset", alice(), LotsRef::init(Some(new_asset(None))));
    let shares = stage.measure("", alice(), issue(lots, None));
    stage.measure("first", alice(), lots.open_class(shares, "Ordinary".to_owned(), Some([8; 32].into())));
    stage.measure("second", alice(), lots.open_class(shares, "Preferred".to_owned(), Some([9; 32].into())));
    values(stage, lots, shares);
    allowances(stage, lots, shares);
    restricted(stage, lots);
    queries(stage, lots, shares);
    rights(stage, lots, shares);
}

fn new_asset(policy: Option<Terms>) -> NewAsset {
    NewAsset {
        name: "Shares of the Mint".to_owned(),
        symbol: "MINT".to_owned(),
        decimals: 0,
        kind: Some(Kind::Equity),
        mint: None,
        burn: None,
        document_hash: Some([7; 32].into()),
        policy,
    }
}

fn issue(lots: LotsRef, policy: Option<Terms>) -> Call<u64> {
    let NewAsset { name, symbol, decimals, kind, mint, burn, document_hash, policy } = new_asset(policy);
    lots.issue(name, symbol, decimals, kind, mint, burn, document_hash, policy)
}

fn values(stage: &mut Stage, lots: LotsRef, shares: u64) {
    stage.measure("the first lot of a class", alice(), lots.mint(shares, 1, alice(), 1_000_000));
    let lot = stage.measure("a further lot", alice(), lots.mint(shares, 1, alice(), 1_000_000));
    let other = stage.prepare(alice(), lots.mint(shares, 1, bob(), 1_000));
    stage.measure("a part, to somebody's lot", alice(), lots.transfer_value(lot, other, 500));
    let part = stage.measure("a part, to a new lot", alice(), lots.transfer_value_to(lot, bob(), 500));
    stage.measure("all, to somebody's lot", bob(), lots.transfer_value(part, lot, 500));
    let part = stage.measure("", alice(), lots.split(lot, 500));
    stage.measure("", alice(), lots.merge(part, lot));
    let part = stage.prepare(alice(), lots.split(lot, 500));
    let part = stage.measure("all, to a new lot", alice(), lots.transfer_value_to(part, bob(), 500));
    stage.measure("by its owner", bob(), lots.transfer_lot(part, charlie()));
    stage.measure("a part", charlie(), lots.burn(part, 100));
    stage.measure("all of a lot", charlie(), lots.burn(part, 400));
}

fn allowances(stage: &mut Stage, lots: LotsRef, shares: u64) {
    let lot = stage.prepare(alice(), lots.mint(shares, 2, alice(), 1_000));
    let other = stage.prepare(alice(), lots.mint(shares, 2, bob(), 1_000));
    stage.measure("first", alice(), lots.approve(lot, dave(), 0, 500));
    stage.measure("changed", alice(), lots.approve(lot, dave(), 500, 400));
    stage.measure("a part, by an allowance", dave(), lots.transfer_value(lot, other, 100));
    stage.measure("ended", alice(), lots.approve(lot, dave(), 300, 0));
    stage.prepare(alice(), lots.approve(lot, dave(), 0, Amount::MAX));
    stage.measure("by an allowance", dave(), lots.transfer_lot(lot, charlie()));
    stage.measure("allowed", charlie(), lots.set_operator(dave(), true));
    stage.measure("by an operator", dave(), lots.transfer_lot(lot, alice()));
    stage.measure("ended", charlie(), lots.set_operator(dave(), false));
}

fn restricted(stage: &mut Stage, lots: LotsRef) {
    let terms = restrict(stage, &[alice(), bob(), charlie()]);
    let shares = stage.measure("with a policy", alice(), issue(lots, Some(terms)));
    stage.prepare(alice(), lots.open_class(shares, "Ordinary".to_owned(), None));
    stage.prepare(alice(), lots.mint(shares, 1, alice(), 1_000));
    let lot = stage.measure("under a policy", alice(), lots.mint(shares, 1, alice(), 1_000));
    let part = stage.measure("a part, to a new lot, under a policy", alice(), lots.transfer_value_to(lot, bob(), 500));
    stage.measure("a part, to somebody's lot, under a policy", alice(), lots.transfer_value(lot, part, 100));
    stage.measure("by its owner, under a policy", bob(), lots.transfer_lot(part, charlie()));
    stage.measure("a part, under a policy", charlie(), lots.burn(part, 100));
}

fn queries(stage: &mut Stage, lots: LotsRef, shares: u64) {
    let who = alice();
    for _ in 0..LOTS {
        stage.prepare(who, lots.mint(shares, 2, dave(), 10));
    }
    let lot = stage.prepare(who, lots.mint(shares, 2, bob(), 10));
    stage.ask("", who, lots.asset_count());
    stage.ask("", who, lots.info(shares));
    stage.ask("", who, lots.class_count(shares));
    stage.ask("", who, lots.class(shares, 1));
    stage.ask("", who, lots.class_supply(shares, 1));
    stage.ask("", who, lots.total_supply(shares));
    stage.ask("", who, lots.count_of(shares));
    stage.ask("", who, lots.lot(lot));
    stage.ask("", who, lots.owner_of(lot));
    stage.ask("", who, lots.value_of(lot));
    stage.ask("", who, lots.allowance(lot, dave()));
    stage.ask("", who, lots.is_operator(bob(), dave()));
    stage.ask("a page of 100", who, lots.lots_of(dave(), None, None));
    stage.ask("a page of 100", who, lots.lots_of_class(shares, 2, None, None));
}

fn rights(stage: &mut Stage, lots: LotsRef, shares: u64) {
    stage.measure("", alice(), lots.close_class(shares, 1));
    stage.measure("", alice(), lots.set_mint_right(shares, MintRight::Account(charlie())));
    stage.measure("", alice(), lots.set_burn_right(shares, BurnRight::Owner));
    stage.measure("", alice(), lots.propose_owner(shares, bob()));
    stage.measure("", bob(), lots.accept_owner(shares));
    stage.measure("", bob(), lots.renounce_owner(shares));
}
