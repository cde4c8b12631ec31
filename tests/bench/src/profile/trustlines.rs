//! `trustlines`: a village whose people pay each other over lines, with fees and interest.

use crate::profile::Stage;
use crate::profile::people::{DAY_MS, sign};
use tenon_contract::{Address, Call};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, ferdie, keypair};
use trustlines::{
    Currency, FeePayer, LineOrder, LineTerms, MAX_HOPS, NewNetwork, OwnerSignature, Rules, TrustlinesRef,
};

/// The network that is measured.
const NET: u64 = 1;
/// Neighbours of the person whose page is read.
const NEIGHBOURS: u8 = 100;

pub(super) fn scenario(stage: &mut Stage) {
    let trustlines = TrustlinesRef::at(TestChain::module_address("trustlines"));
    let rules = Rules { fee_divisor: 100, fixed_rate_bps: None, freezer: Some(ferdie()) };
    let network = NewNetwork { name: "Village".to_owned(), decimals: 2, rules };
    stage.create("without a network", alice(), TrustlinesRef::init(None));
    stage.create("with the only network", alice(), TrustlinesRef::init(Some(network)));
    let found = trustlines.found("Village".to_owned(), 2, Some(100), None, Some(ferdie()));
    stage.measure("", alice(), found);
    consent(stage, trustlines);
    transfers(stage, trustlines);
    settling(stage, trustlines);
    queries(stage, trustlines);
    endings(stage, trustlines);
}

/// Terms with interest.
const fn terms(given: u64, received: u64) -> LineTerms {
    LineTerms { given, received, rate_given_bps: 300, rate_received_bps: 500, expires_at_ms: None }
}

fn agree(stage: &mut Stage, trustlines: TrustlinesRef, one: Address, other: Address) {
    stage.prepare(one, trustlines.propose(NET, other, terms(100_000, 100_000), None));
    stage.prepare(other, trustlines.accept(NET, one, terms(100_000, 100_000)));
}

fn order(stage: &mut Stage, number: u64) -> LineOrder {
    let deadline_ms = stage.chain().time_ms() + DAY_MS / 2;
    LineOrder { network: NET, proposer: bob(), other: charlie(), terms: terms(100_000, 100_000), number, deadline_ms }
}

fn consent(stage: &mut Stage, trustlines: TrustlinesRef) {
    stage.measure("", alice(), trustlines.propose(NET, bob(), terms(100_000, 100_000), None));
    stage.measure("a new line", bob(), trustlines.accept(NET, alice(), terms(100_000, 100_000)));
    stage.prepare(alice(), trustlines.propose(NET, bob(), terms(200_000, 200_000), None));
    stage.measure("other terms", bob(), trustlines.accept(NET, alice(), terms(200_000, 200_000)));
    stage.prepare(alice(), trustlines.propose(NET, dave(), terms(1, 1), None));
    stage.measure("", alice(), trustlines.remove_proposal(NET, alice(), dave()));
    let signed = order(stage, 1);
    let message = stage.ask("", charlie(), trustlines.order_message(signed));
    let signature = OwnerSignature::Sr25519(sign(&keypair("Bob"), &message));
    stage.measure("a new line", charlie(), trustlines.agree(signed, signature));
    let other = order(stage, 2);
    stage.measure("", bob(), trustlines.cancel_order(other));
    stage.ask("", eve(), trustlines.used_order(bob(), 2));
    agree(stage, trustlines, charlie(), dave());
    agree(stage, trustlines, dave(), alice());
    stage.measure("", alice(), trustlines.lower(NET, bob(), 150_000));
}

fn send(trustlines: TrustlinesRef, value: u64, path: &[Address], fee_payer: FeePayer) -> Call<u64> {
    trustlines.transfer(NET, value, path.to_vec(), Some(value), Some(fee_payer), None)
}

fn transfers(stage: &mut Stage, trustlines: TrustlinesRef) {
    stage.measure("over one line", alice(), send(trustlines, 1_000, &[bob()], FeePayer::Sender));
    stage.measure("over one line, with interest", alice(), send(trustlines, 1_000, &[bob()], FeePayer::Sender));
    let path = [bob(), charlie(), dave()];
    stage.measure("over three lines", alice(), send(trustlines, 1_000, &path, FeePayer::Sender));
    stage.measure("over three lines, the receiver pays", alice(), send(trustlines, 1_000, &path, FeePayer::Receiver));
    let ring = [bob(), charlie(), dave(), alice()];
    stage.measure("a ring of four lines", alice(), send(trustlines, 100, &ring, FeePayer::Sender));
    let mut before = eve();
    let people: Vec<Address> = (1..=8).map(|byte| Address::new([byte; 32])).collect();
    for who in &people {
        stage.chain().set_coin(*who, 1 << 60);
        agree(stage, trustlines, before, *who);
        before = *who;
    }
    let path = &people[..MAX_HOPS];
    stage.prepare(eve(), send(trustlines, 1_000, path, FeePayer::Sender));
    stage.measure("over eight lines, with interest", eve(), send(trustlines, 1_000, path, FeePayer::Sender));
}

fn settling(stage: &mut Stage, trustlines: TrustlinesRef) {
    let offer = trustlines.offer_settlement(NET, alice(), 100, Currency::Coin, 5, None);
    stage.measure("", bob(), offer.clone());
    let offers = stage.ask("one", eve(), trustlines.offers(NET, alice(), None, None));
    let (_, taken) = offers[0];
    stage.measure("in coin", alice(), trustlines.settle(NET, bob(), taken).with_value(5));
    stage.prepare(bob(), offer);
    stage.measure("", bob(), trustlines.remove_offer(NET, bob(), alice()));
}

fn queries(stage: &mut Stage, trustlines: TrustlinesRef) {
    let who = eve();
    let expires_at_ms = Some(stage.chain().time_ms() + DAY_MS / 4);
    let ends = LineTerms { expires_at_ms, ..terms(10, 10) };
    for byte in 101..=100 + NEIGHBOURS {
        let other = Address::new([byte; 32]);
        stage.chain().set_coin(other, 1 << 60);
        stage.prepare(ferdie(), trustlines.propose(NET, other, ends, None));
        stage.prepare(other, trustlines.accept(NET, ferdie(), ends));
        stage.prepare(other, trustlines.propose(NET, ferdie(), terms(20, 20), None));
    }
    stage.ask("", who, trustlines.network_count());
    stage.ask("", who, trustlines.network(NET));
    stage.ask("", who, trustlines.statistics(NET));
    stage.ask("with interest", who, trustlines.line_of(NET, alice(), bob()));
    stage.ask("a page of 100", who, trustlines.neighbours(NET, ferdie(), None, None));
    stage.ask("a page of 100", who, trustlines.lines(NET, None, None));
    stage.ask("a page of 100", who, trustlines.expired_lines(NET, u64::MAX, None, None));
    stage.ask("a page of 100", who, trustlines.proposals(NET, ferdie(), None, None));
}

fn endings(stage: &mut Stage, trustlines: TrustlinesRef) {
    stage.measure("", ferdie(), trustlines.freeze(NET, alice(), bob(), true));
    stage.measure("by a party", ferdie(), trustlines.close(NET, ferdie(), Address::new([101; 32])));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("by anyone", eve(), trustlines.close(NET, ferdie(), Address::new([102; 32])));
    stage.measure("two orders", eve(), trustlines.sweep_orders(vec![(bob(), 1), (bob(), 2)]));
}
