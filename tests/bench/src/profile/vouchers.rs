//! `vouchers`: tickets that a gate redeems, red packets, and a second kind under a policy.

use crate::profile::Stage;
use crate::profile::people::{DAY_MS, crowd, restrict, sign};
use policies::Terms;
use tenon_contract::{Address, Call};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, keypair};
use vouchers::{BurnRight, MintRight, NewKind, OwnerSignature, RedeemOrder, VouchersRef};

/// Receivers of the batch that is measured.
const BATCH: u8 = 100;
/// Parts of the packet that is opened.
const PARTS: u32 = 10;

pub(super) fn scenario(stage: &mut Stage) {
    let vouchers = VouchersRef::at(TestChain::module_address("vouchers"));
    stage.create("without a kind", alice(), VouchersRef::init(None));
    stage.create("with the only kind", alice(), VouchersRef::init(Some(new_kind(None))));
    let tickets = stage.measure("", alice(), issue(vouchers, None));
    transfers(stage, vouchers, tickets);
    ends(stage, vouchers, tickets);
    orders(stage, vouchers, tickets);
    packets(stage, vouchers, tickets);
    restricted(stage, vouchers);
    queries(stage, vouchers, tickets);
    rights(stage, vouchers, tickets);
}

fn new_kind(policy: Option<Terms>) -> NewKind {
    NewKind {
        name: "Tickets of the Mint".to_owned(),
        symbol: "TICKET".to_owned(),
        units: 1_000_000,
        cap: Some(2_000_000),
        mint: Some(MintRight::Owner),
        burn: None,
        redeemer: Some(dave()),
        valid_from_ms: None,
        valid_until_ms: None,
        transferable: None,
        document_hash: Some([7; 32].into()),
        face: Some("One visit".to_owned()),
        policy,
    }
}

fn issue(vouchers: VouchersRef, policy: Option<Terms>) -> Call<u64> {
    let NewKind { name, symbol, units, cap, mint, burn, redeemer, .. } = new_kind(None);
    let NewKind { valid_from_ms, valid_until_ms, transferable, document_hash, face, .. } = new_kind(None);
    let (from, until) = (valid_from_ms, valid_until_ms);
    vouchers.issue(
        name,
        symbol,
        units,
        cap,
        mint,
        burn,
        redeemer,
        from,
        until,
        transferable,
        document_hash,
        face,
        policy,
    )
}

fn transfers(stage: &mut Stage, vouchers: VouchersRef, tickets: u64) {
    stage.measure("to a new holder", alice(), vouchers.transfer(tickets, bob(), 100));
    stage.measure("between holders", alice(), vouchers.transfer(tickets, bob(), 100));
    let batch: Vec<(u64, Address, u64)> = crowd(BATCH).map(|to| (tickets, to, 5)).collect();
    stage.measure("to 100 new holders", alice(), vouchers.transfer_batch(batch.clone()));
    stage.measure("to 100 holders", alice(), vouchers.transfer_batch(batch));
    let expiry = Some(stage.chain().time_ms() + DAY_MS);
    stage.measure("first", alice(), vouchers.approve(tickets, charlie(), 0, 100, expiry));
    stage.measure("between holders", charlie(), vouchers.transfer_from(tickets, alice(), bob(), 40));
    stage.measure("ended", alice(), vouchers.approve(tickets, charlie(), 60, 0, None));
}

fn ends(stage: &mut Stage, vouchers: VouchersRef, tickets: u64) {
    stage.measure("to a holder", alice(), vouchers.mint(tickets, bob(), 100));
    stage.measure("a part", bob(), vouchers.burn(tickets, 10));
    stage.prepare(bob(), vouchers.approve(tickets, alice(), 0, 100, None));
    stage.measure("a part", alice(), vouchers.burn_from(tickets, bob(), 10));
    stage.measure("the first of a kind", bob(), vouchers.redeem(tickets, 1, Some("Table 7".to_owned())));
    stage.measure("a further one", bob(), vouchers.redeem(tickets, 1, Some("Table 7".to_owned())));
}

fn orders(stage: &mut Stage, vouchers: VouchersRef, tickets: u64) {
    let deadline_ms = stage.chain().time_ms() + DAY_MS;
    let order =
        |id| RedeemOrder { kind: tickets, holder: bob(), redeemer: dave(), units: 1, id, deadline_ms, reference: None };
    let message = stage.ask("", dave(), vouchers.order_message(order(1)));
    let signature = OwnerSignature::Sr25519(sign(&keypair("Bob"), &message));
    stage.measure("", dave(), vouchers.redeem_order(order(1), signature));
    stage.measure("", bob(), vouchers.cancel_order(order(2)));
    stage.ask("", dave(), vouchers.used_order(bob(), 1));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("two", charlie(), vouchers.sweep_orders(vec![(bob(), 1), (bob(), 2)]));
}

fn packets(stage: &mut Stage, vouchers: VouchersRef, tickets: u64) {
    let keys = keypair("Packet");
    let until_ms = stage.chain().time_ms() + DAY_MS;
    let packet = stage.measure("the first", alice(), vouchers.pack(tickets, 100, PARTS, keys.account(), until_ms));
    let mut open = |case: Option<&'static str>, receiver: Address| {
        let message = stage.ask("", charlie(), vouchers.open_message(tickets, packet, receiver));
        let signature = OwnerSignature::Sr25519(sign(&keys, &message));
        let call = vouchers.open(tickets, packet, receiver, signature);
        match case {
            Some(case) => stage.measure(case, charlie(), call),
            None => stage.prepare(charlie(), call),
        }
    };
    open(Some("for a new holder"), charlie());
    open(Some("for a holder"), bob());
    stage.ask("", alice(), vouchers.packet(tickets, packet));
    stage.ask("of one", alice(), vouchers.packets(tickets, None, None));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("", charlie(), vouchers.unpack(tickets, packet));
    stage.measure("of two receivers", charlie(), vouchers.sweep_packet(tickets, packet));
}

fn restricted(stage: &mut Stage, vouchers: VouchersRef) {
    let terms = restrict(stage, &[alice(), bob(), charlie()]);
    let tickets = stage.measure("with a policy", alice(), issue(vouchers, Some(terms)));
    stage.measure("to a new holder, under a policy", alice(), vouchers.transfer(tickets, bob(), 10));
    stage.measure("between holders, under a policy", alice(), vouchers.transfer(tickets, bob(), 10));
    stage.measure("under a policy", bob(), vouchers.redeem(tickets, 1, None));
}

fn queries(stage: &mut Stage, vouchers: VouchersRef, tickets: u64) {
    let who = alice();
    stage.ask("", who, vouchers.kind_count());
    stage.ask("", who, vouchers.info(tickets));
    stage.ask("", who, vouchers.rules(tickets));
    stage.ask("", who, vouchers.totals(tickets));
    stage.ask("", who, vouchers.total_units(tickets));
    stage.ask("", who, vouchers.redeemed_units(tickets));
    stage.ask("", who, vouchers.balance_of(tickets, bob()));
    stage.ask("of 100", who, vouchers.balances_of(crowd(BATCH).map(|holder| (tickets, holder)).collect()));
    stage.ask("", who, vouchers.allowance(tickets, bob(), alice()));
    stage.ask("", who, vouchers.allowance_expiry(tickets, bob(), alice()));
    stage.ask("a page of 100", who, vouchers.holders(tickets, None, None));
}

fn rights(stage: &mut Stage, vouchers: VouchersRef, tickets: u64) {
    stage.measure("", alice(), vouchers.set_mint_right(tickets, MintRight::Account(charlie())));
    stage.measure("", alice(), vouchers.set_burn_right(tickets, BurnRight::Owner));
    stage.measure("", alice(), vouchers.propose_owner(tickets, bob()));
    stage.measure("", bob(), vouchers.accept_owner(tickets));
    stage.measure("", bob(), vouchers.renounce_owner(tickets));
}
