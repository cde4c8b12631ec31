//! `assets`: a gold token that its issuer may mint, held by a few and spent by allowances.

use crate::profile::Stage;
use assets::{AssetsRef, BurnRight, Kind, MintRight, OwnerSignature, Permit};
use tenon_contract::{Address, Amount};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, keypair};

/// Receivers of the batch that is measured.
const BATCH: u8 = 100;
/// What the issuer receives.
const SUPPLY: Amount = 1_000_000_000_000;

pub(super) fn scenario(stage: &mut Stage) {
    let assets = AssetsRef::at(TestChain::module_address("assets"));
    let gold = issue(stage, assets);
    transfers(stage, assets, gold);
    allowances(stage, assets, gold);
    supply(stage, assets, gold);
    rights(stage, assets, gold);
    queries(stage, assets, gold);
}

fn issue(stage: &mut Stage, assets: AssetsRef) -> u64 {
    let issue = |name: &str, kind| {
        let (mint, document) = (Some(MintRight::Owner), Some([7; 32].into()));
        assets.issue(name.to_owned(), "GOLD".to_owned(), 2, SUPPLY, kind, Some(2 * SUPPLY), mint, None, document)
    };
    stage.measure("", alice(), issue("Gold of the Mint", Some(Kind::Physical)))
}

fn transfers(stage: &mut Stage, assets: AssetsRef, gold: u64) {
    stage.measure("to a new holder", alice(), assets.transfer(gold, bob(), 10_000));
    stage.measure("between holders", alice(), assets.transfer(gold, bob(), 10_000));
    stage.measure("of everything", bob(), assets.transfer(gold, alice(), 20_000));
    stage.prepare(alice(), assets.transfer(gold, bob(), 10_000));
    let memo = "Invoice 2026-0815".to_owned();
    stage.measure("between holders", alice(), assets.transfer_with_memo(gold, bob(), 10_000, memo));
    let receivers: Vec<(Address, Amount)> = (1..=BATCH).map(|byte| (Address::new([byte; 32]), 5)).collect();
    stage.measure("to 100 new holders", alice(), assets.transfer_batch(gold, receivers.clone()));
    stage.measure("to 100 holders", alice(), assets.transfer_batch(gold, receivers));
}

fn allowances(stage: &mut Stage, assets: AssetsRef, gold: u64) {
    let expiry = stage.chain().time_ms() + 86_400_000;
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
    let tenon_crypto::Signature::Sr25519(signature) = keypair("Alice").sign(&message) else {
        unreachable!("development accounts have sr25519 keys")
    };
    stage.measure("the owner's first", bob(), assets.permit(permit, OwnerSignature::Sr25519(signature)));
}

fn supply(stage: &mut Stage, assets: AssetsRef, gold: u64) {
    stage.measure("to a holder", alice(), assets.mint(gold, bob(), 500));
    stage.measure("a part", bob(), assets.burn(gold, 500));
    stage.prepare(bob(), assets.approve(gold, alice(), 0, 500, None));
    stage.measure("a part", alice(), assets.burn_from(gold, bob(), 100));
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
