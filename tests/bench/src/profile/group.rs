//! `group`: a board of five that changes its members and resolves, by proposals and by orders, and one of 64.

use crate::profile::Stage;
use crate::profile::people::sign;
use group::{Consent, Decision, GroupRef, MAX_PAST_VERSIONS, NewGroup, Order, OwnerSignature};
use tenon_contract::{Address, Call, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, ferdie, keypair};

/// The board's members beside Alice.
const BOARD: [&str; 4] = ["Bob", "Charlie", "Dave", "Eve"];
/// Members of the largest group.
const MANY: u32 = 64;
/// An hour in milliseconds.
const HOUR_MS: u64 = 3_600_000;

pub(super) fn scenario(stage: &mut Stage) {
    let group = GroupRef::at(TestChain::module_address("group"));
    stage.create("without a group", alice(), GroupRef::init(None));
    stage.create("with the only group", alice(), GroupRef::init(Some(new_group(&BOARD, None))));
    let board = stage.measure("of five", alice(), found(group, new_group(&BOARD, Some(3))));
    proposals(stage, group, board);
    orders(stage, group, board);
    queries(stage, group, board);
    many(stage, group);
}

fn new_group(others: &[&str], threshold: Option<u32>) -> NewGroup {
    let others = others.iter().map(|name| Address::new(keypair(name).account())).collect();
    NewGroup { name: "Board of the Mint".to_owned(), purpose: "board".to_owned(), others, threshold }
}

fn found(group: GroupRef, new: NewGroup) -> Call<u64> {
    group.found(new.name, new.purpose, new.others, new.threshold)
}

const fn topic(byte: u8) -> Hash {
    Hash::new([byte; 32])
}

fn proposals(stage: &mut Stage, group: GroupRef, board: u64) {
    let resolve = Decision::Resolve { topic: topic(1) };
    let first = stage.measure("a resolution", alice(), group.propose(board, resolve, None));
    stage.measure("not the last", bob(), group.approve(board, first));
    stage.measure("not the only one", bob(), group.withdraw_approval(board, first));
    stage.prepare(bob(), group.approve(board, first));
    stage.measure("the last, of a resolution", charlie(), group.approve(board, first));
    let add = Decision::Add { key: ferdie() };
    let second = stage.measure("a member", alice(), group.propose(board, add, None));
    for who in [bob(), charlie(), dave()] {
        stage.prepare(who, group.approve(board, second));
    }
    stage.ask("", alice(), group.standing(board, second));
    stage.ask("", alice(), group.proposal(board, second));
    stage.measure("the last, of a member", eve(), group.approve(board, second));
    let soon = Some(stage.chain().time_ms() + HOUR_MS);
    let third = stage.prepare(alice(), group.propose(board, Decision::Remove { member: ferdie() }, soon));
    let fourth = stage.prepare(alice(), group.propose(board, Decision::Rescind { topic: topic(1) }, soon));
    stage.measure("the only one", alice(), group.withdraw_approval(board, fourth));
    stage.chain().advance_ms(HOUR_MS);
    stage.measure("one", bob(), group.sweep(board, vec![third]));
    stage.prepare(alice(), group.propose(board, Decision::Rescind { topic: topic(1) }, None));
    stage.ask("of one", alice(), group.proposals(board, None, None));
}

fn hand_in(stage: &mut Stage, group: GroupRef, case: &'static str, id: u64, decision: Decision, names: &[String]) {
    let call = order(stage, group, id, decision, names);
    stage.measure(case, alice(), call);
}

/// An order with the signatures of accounts.
fn order(stage: &mut Stage, group: GroupRef, id: u64, decision: Decision, names: &[String]) -> Call<()> {
    let version = stage.prepare(alice(), group.version(id));
    let order = Order { group: id, version, decision, deadline_ms: u64::MAX };
    let message = stage.prepare(alice(), group.order_message(order.clone()));
    let consent = |name: &String| {
        let keys = keypair(name);
        Consent { member: Address::new(keys.account()), signature: OwnerSignature::Sr25519(sign(&keys, &message)) }
    };
    let consents = names.iter().map(consent).collect();
    group.decide(order, consents)
}

fn orders(stage: &mut Stage, group: GroupRef, board: u64) {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    let three = names(&["Alice", "Bob", "Charlie"]);
    let all = names(&["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"]);
    hand_in(stage, group, "a resolution, 3 signatures", board, Decision::Resolve { topic: topic(2) }, &three);
    hand_in(stage, group, "taken back, 3 signatures", board, Decision::Rescind { topic: topic(2) }, &three);
    let key = Address::new([7; 32]);
    hand_in(stage, group, "another key, 6 signatures", board, Decision::Update { member: dave(), key }, &all);
    stage.ask("", alice(), group.rescinded(board, topic(2)));
    stage.measure("one", bob(), group.sweep_rescinded(board, vec![topic(2)]));
    let order = Order { group: board, version: 1, decision: Decision::Add { key }, deadline_ms: u64::MAX };
    stage.ask("", alice(), group.order_message(order));
}

fn queries(stage: &mut Stage, group: GroupRef, board: u64) {
    let who = alice();
    stage.ask("", who, group.group_count());
    stage.ask("", who, group.info(board));
    stage.ask("of one", who, group.founded_by(alice(), None, None));
    stage.ask("", who, group.roster(board));
    stage.ask("", who, group.version(board));
    stage.ask("", who, group.members(board));
    stage.ask("of six", who, group.is_member(board, bob()));
    stage.ask("a past one", who, group.members_at(board, 1));
    let height = stage.prepare(who, group.roster(board)).since_height;
    stage.ask("in the past", who, group.members_at_height(board, height - 20));
    stage.ask("", who, group.approved(board, topic(1)));
    stage.ask("", who, group.resolution(board, topic(1)));
}

/// The largest group, with as many past versions as are kept.
fn many(stage: &mut Stage, group: GroupRef) {
    let names: Vec<String> = (1..MANY).map(|number| format!("Member{number}")).collect();
    let others: Vec<&str> = names.iter().map(String::as_str).collect();
    let id = stage.measure("of 64", alice(), found(group, new_group(&others, Some(1))));
    let started = stage.prepare(alice(), group.roster(id)).since_height;
    let all: Vec<String> = std::iter::once("Alice".to_owned()).chain(names.clone()).collect();
    for version in 0..MAX_PAST_VERSIONS {
        let [from, to] = if version % 2 == 0 { ["Alice", "Carol"] } else { ["Carol", "Alice"] };
        let signers: Vec<String> = std::iter::once(from.to_owned()).chain(names.clone()).collect();
        let [member, key] = [from, to].map(|name| Address::new(keypair(name).account()));
        let call = order(stage, group, id, Decision::Update { member, key }, &signers);
        stage.prepare(alice(), call);
    }
    stage.ask("of 64", alice(), group.is_member(id, Address::new(keypair("Member63").account())));
    stage.ask("of 64, 32 versions ago", alice(), group.members_at_height(id, started));
    let change = Decision::Update { member: alice(), key: Address::new([9; 32]) };
    hand_in(stage, group, "another key, 64 signatures", id, change, &all);
}
