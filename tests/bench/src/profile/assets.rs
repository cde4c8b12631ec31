//! `assets`: a gold token that its issuer may mint, held by a few and spent by allowances.

use crate::profile::Stage;
use crate::profile::people::{DAY_MS, crowd, restrict, sign};
use assets::{AssetsRef, BurnRight, Kind, MintRight, NewAsset, OwnerSignature, Permit};
use policies::Terms;
use tenon_contract::{Address, Amount, Call};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, keypair};

/// Receivers of the batch that is measured.
const BATCH: u8 = 100;
/// What the issuer receives.
const SUPPLY: Amount = 1_000_000_000_000;

pub(super) fn scenario(stage: &mut Stage) {
    let assets = AssetsRef::at(TestChain::module_address("assets"));
    stage.create("without an asset", alice(), AssetsRef::init(None));
    stage.create("with the only asset", alice(), AssetsRef::init(Some(new_asset(None))));
    let gold = stage.measure("", alice(), issue(assets, None));
    transfers(stage, assets, gold);
    allowances(stage, assets, gold);
    supply(stage, assets, gold);
    restricted(stage, assets);
    rights(stage, assets, gold);
    queries(stage, assets, gold);
}

fn new_asset(policy: Option<Terms>) -> NewAsset {
    NewAsset {
        name: "Gold of the Mint".to_owned(),
        symbol: "GOLD".to_owned(),
        decimals: 2,
        supply: SUPPLY,
        kind: Some(Kind::Physical),
        cap: Some(2 * SUPPLY),
        mint: Some(MintRight::Owner),
        burn: None,
        document_hash: Some([7; 32].into()),
        issuer_credential: None,
        policy,
    }
}

fn issue(assets: AssetsRef, policy: Option<Terms>) -> Call<u64> {
    let NewAsset { name, symbol, decimals, supply, kind, cap, mint, burn, document_hash, .. } = new_asset(None);
    assets.issue(name, symbol, decimals, supply, kind, cap, mint, burn, document_hash, None, policy)
}

fn transfers(stage: &mut Stage, assets: AssetsRef, gold: u64) {
    stage.measure("to a new holder", alice(), assets.transfer(gold, bob(), 10_000));
    stage.measure("between holders", alice(), assets.transfer(gold, bob(), 10_000));
    stage.measure("of everything", bob(), assets.transfer(gold, alice(), 20_000));
    stage.prepare(alice(), assets.transfer(gold, bob(), 10_000));
    let memo = "Invoice 2026-0815".to_owned();
    stage.measure("between holders", alice(), assets.transfer_with_memo(gold, bob(), 10_000, memo));
    let receivers: Vec<(Address, Amount)> = crowd(BATCH).map(|receiver| (receiver, 5)).collect();
    stage.measure("to 100 new holders", alice(), assets.transfer_batch(gold, receivers.clone()));
    stage.measure("to 100 holders", alice(), assets.transfer_batch(gold, receivers));
}

fn allowances(stage: &mut Stage, assets: AssetsRef, gold: u64) {
    let expiry = stage.chain().time_ms() + DAY_MS;
    stage.measure("first", alice(), assets.approve(gold, charlie(), 0, 50_000, Some(expiry)));
    stage.measure("changed", alice(), assets.approve(gold, charlie(), 50_000, 40_000, Some(expiry)));
    stage.measure("", alice(), assets.increase_allowance(gold, charlie(), 1_000));
    stage.measure("", alice(), assets.decrease_allowance(gold, charlie(), 1_000));
    stage.measure("between holders", charlie(), assets.transfer_from(gold, alice(), bob(), 1_000));
    stage.measure(
        "between holders, all that is allowed",
        charlie(),
        assets.transfer_from(gold, alice(), bob(), 39_000),
    );
    stage.prepare(alice(), assets.approve(gold, dave(), 0, Amount::MAX, None));
    stage.measure("between holders, without limit", dave(), assets.transfer_from(gold, alice(), bob(), 1_000));
    stage.measure("ended", alice(), assets.approve(gold, dave(), Amount::MAX, 0, None));
    let deadline_ms = stage.chain().time_ms() + 60_000;
    let (owner, spender) = (alice(), eve());
    let permit =
        Permit { asset: gold, owner, spender, current: 0, new: 42, expires_at_ms: None, number: 0, deadline_ms };
    let message = stage.ask("", alice(), assets.permit_message(permit.clone()));
    let signature = OwnerSignature::Sr25519(sign(&keypair("Alice"), &message));
    stage.measure("the owner's first", bob(), assets.permit(permit, signature));
}

fn supply(stage: &mut Stage, assets: AssetsRef, gold: u64) {
    stage.measure("to a holder", alice(), assets.mint(gold, bob(), 500));
    stage.measure("a part", bob(), assets.burn(gold, 500));
    stage.prepare(bob(), assets.approve(gold, alice(), 0, 500, None));
    stage.measure("a part", alice(), assets.burn_from(gold, bob(), 100));
}

fn restricted(stage: &mut Stage, assets: AssetsRef) {
    let terms = restrict(stage, &[alice(), bob(), charlie()]);
    let shares = stage.measure("with a policy", alice(), issue(assets, Some(terms)));
    stage.measure("to a new holder, under a policy", alice(), assets.transfer(shares, bob(), 10_000));
    stage.measure("between holders, under a policy", alice(), assets.transfer(shares, bob(), 10_000));
    stage.measure("of everything to a new holder, under a policy", bob(), assets.transfer(shares, charlie(), 20_000));
    stage.measure("to a holder, under a policy", alice(), assets.mint(shares, charlie(), 500));
    stage.measure("a part, under a policy", charlie(), assets.burn(shares, 500));
}

fn rights(stage: &mut Stage, assets: AssetsRef, gold: u64) {
    stage.measure("", alice(), assets.set_mint_right(gold, MintRight::Account(charlie())));
    stage.measure("", alice(), assets.set_burn_right(gold, BurnRight::Owner));
    stage.measure("", alice(), assets.propose_owner(gold, bob()));
    stage.measure("", bob(), assets.accept_owner(gold));
    stage.measure("", bob(), assets.renounce_owner(gold));
}

fn queries(stage: &mut Stage, assets: AssetsRef, gold: u64) {
    let who = alice();
    stage.ask("", who, assets.asset_count());
    stage.ask("", who, assets.info(gold));
    stage.ask("", who, assets.total_supply(gold));
    stage.ask("", who, assets.balance_of(gold, bob()));
    stage.ask("", who, assets.allowance(gold, bob(), alice()));
    stage.ask("", who, assets.allowance_expiry(gold, bob(), alice()));
    stage.ask("", who, assets.permit_number(alice()));
    stage.ask("a page of 100", who, assets.holders(gold, None, None));
    stage.ask("", who, assets.assets_of_kind(Kind::Physical, None, None));
}
