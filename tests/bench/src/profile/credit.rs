//! `credit`: a village in which a group grants, an agent passes on, users borrow, trade and repay, and one runs.

use crate::profile::Stage;
use crate::profile::people::{DAY_MS, sign};
use credit::{
    CreditRef, Debt, Element, HashTime, Layer, Lock, NewNetwork, NewOutput, Order, OwnerSignature, SOURCES, Several,
    Step, Terms, Witness,
};
use tenon_contract::{Address, Amount, Call, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, ferdie, keypair};

/// What each holder has at first.
const HELD: Amount = 1_000_000;
/// The numbers of the holders' outputs, which come after the sources.
const ALICES: u64 = 17;
const BOBS: u64 = 18;
const CHARLIES: u64 = 19;
/// Outputs of the step that is measured with many.
const MANY: u8 = 30;

pub(super) fn scenario(stage: &mut Stage) {
    let credit = CreditRef::at(TestChain::module_address("credit"));
    stage.create("without a network", alice(), CreditRef::init(None));
    stage.create("with the only network", alice(), CreditRef::init(Some(village())));
    stage.measure("three holders", alice(), found(credit));
    let charlies = trade(stage, credit);
    let owed = borrowing(stage, credit);
    orders(stage, credit, charlies);
    stage.measure("", eve(), credit.collect_fees(1));
    records(stage, credit);
    queries(stage, credit, owed);
    penalty(stage, credit, owed);
}

fn village() -> NewNetwork {
    let terms = Terms {
        credit_per_block: 50_000,
        credit_per_day: 500_000,
        longest_debt_ms: 30 * DAY_MS,
        fee_taker: ferdie(),
        reporter_percent: 10,
    };
    NewNetwork {
        name: "Village of the Mint".to_owned(),
        holders: vec![(alice(), HELD), (bob(), HELD), (charlie(), HELD)],
        unit: 1,
        sources: Lock::Key(alice()),
        large_sources: Some(Lock::Several(Several { members: vec![alice(), bob(), charlie()], threshold: 2 })),
        small_count: SOURCES - 2,
        terms,
    }
}

fn found(credit: CreditRef) -> Call<u64> {
    let NewNetwork { name, holders, unit, sources, large_sources, small_count, terms } = village();
    let Terms { credit_per_block, credit_per_day, longest_debt_ms, fee_taker, reporter_percent } = terms;
    let limits = (credit_per_block, credit_per_day, longest_debt_ms);
    let (sources, count) = (Some(sources), Some(small_count));
    let (taker, percent) = (Some(fee_taker), Some(reporter_percent));
    credit.found(name, holders, limits.0, limits.1, limits.2, Some(unit), sources, large_sources, count, taker, percent)
}

fn held(element: Element, amount: Amount, who: Address) -> NewOutput {
    NewOutput { element, amount, lock: Lock::Key(who) }
}

fn value(amount: Amount, who: Address) -> NewOutput {
    held(Element::Value, amount, who)
}

fn debt(amount: Amount, debtor: Address, expires_at_ms: u64) -> NewOutput {
    held(Element::Debt(Debt { debtor, expires_at_ms, renormaliser: None }), amount, debtor)
}

fn act(credit: CreditRef, inputs: &[u64], outputs: &[NewOutput]) -> Call<Vec<u64>> {
    credit.act(1, Layer::Circulation, inputs.to_vec(), outputs.to_vec(), None)
}

/// Payments, and value that is locked. Returns Charlie's output.
fn trade(stage: &mut Stage, credit: CreditRef) -> u64 {
    let paid = [value(100, dave()), value(HELD - 101, alice())];
    let made = stage.measure("a payment with change", alice(), act(credit, &[ALICES], &paid));
    let crowd: Vec<NewOutput> = (1..=MANY).map(|byte| value(10, Address::new([byte; 32]))).collect();
    let rest = value(HELD - 101 - 10 * Amount::from(MANY), alice());
    stage.measure("a payment to 30", alice(), act(credit, &made[1..], &[crowd, vec![rest]].concat()));
    let kept = [value(1_000, charlie())];
    let locked =
        credit.act(1, Layer::Debt, vec![CHARLIES], [&kept[..], &[value(HELD - 1_000, charlie())]].concat(), None);
    let made = stage.measure("value is locked", charlie(), locked);
    let secret = vec![7; 32];
    let hash = Hash::new(tenon_crypto::hash::sha2_256(&secret));
    let until = stage.chain().time_ms() + DAY_MS;
    let lock = Lock::HashTime(HashTime { hash, claimant: dave(), refund: bob(), refund_at_ms: until });
    let hidden = NewOutput { element: Element::Value, amount: 500, lock };
    let split = [hidden, value(HELD - 500, bob())];
    let waiting = stage.measure("behind a hash and a time", bob(), act(credit, &[BOBS], &split));
    let claim = credit.act(1, Layer::Circulation, waiting[..1].to_vec(), vec![value(500, dave())], Some(secret));
    stage.measure("by a secret", dave(), claim);
    made[0]
}

/// Grants, loans and repayments. Returns a debt of Bob's.
fn borrowing(stage: &mut Stage, credit: CreditRef) -> u64 {
    let grant = |amount, to| held(Element::Credit, amount, to);
    stage.measure("the first grant, of one source", alice(), act(credit, &[9], &[grant(256, bob())]));
    let sources: Vec<u64> = (1..=8).collect();
    stage.measure("a grant of eight sources", alice(), act(credit, &sources, &[grant(255, bob())]));
    let made = stage.prepare(alice(), act(credit, &[10], &[grant(512, bob())]));
    let until = stage.chain().time_ms() + DAY_MS;
    let loan = [value(100, bob()), debt(100, bob(), until), grant(412, bob())];
    let loan = stage.measure("borrow", bob(), act(credit, &made, &loan));
    let second = [value(200, bob()), debt(200, bob(), until), grant(212, bob())];
    let second = stage.prepare(bob(), act(credit, &loan[2..], &second));
    stage.measure("repay", bob(), act(credit, &loan[..2], &[]));
    second[1]
}

fn witness(stage: &mut Stage, credit: CreditRef, who: &str, order: &Order) -> Witness {
    let message = stage.chain().query(credit.order_message(order.clone())).expect("a query");
    let keys = keypair(who);
    Witness { who: Address::new(keys.account()), signature: OwnerSignature::Sr25519(sign(&keys, &message)) }
}

fn order(stage: &mut Stage, steps: Vec<Step>) -> Order {
    let valid_from_ms = stage.chain().time_ms();
    Order { network: 1, steps, valid_from_ms, valid_until_ms: valid_from_ms + DAY_MS / 2 }
}

/// An agent's credit becomes Dave's debt; Charlie's locked value clears it.
fn orders(stage: &mut Stage, credit: CreditRef, locked: u64) {
    let agents = stage.prepare(alice(), act(credit, &[11], &[held(Element::Credit, 1_000, eve())]));
    let until = stage.chain().time_ms() + DAY_MS;
    let loan = vec![value(1_000, dave()), debt(1_000, dave(), until)];
    let loan = order(stage, vec![Step { layer: Layer::Circulation, inputs: agents, outputs: loan }]);
    let agents = witness(stage, credit, "Eve", &loan);
    let made =
        stage.measure("borrow from an agent who signed", dave(), credit.submit(loan, vec![agents], vec![], true));
    let clear = Step { layer: Layer::Debt, inputs: vec![locked, made[1]], outputs: vec![] };
    let price = vec![value(900, charlie()), value(100, dave())];
    let pay = Step { layer: Layer::Circulation, inputs: made[..1].to_vec(), outputs: price };
    let swap = order(stage, vec![clear, pay]);
    let both = ["Charlie", "Dave"].map(|who| witness(stage, credit, who, &swap)).to_vec();
    stage.measure(
        "a swap of debt against locked value, two signatures",
        eve(),
        credit.submit(swap, both, vec![], false),
    );
}

fn records(stage: &mut Stage, credit: CreditRef) {
    let record = |value| credit.record("rates".to_owned(), "2026-11".to_owned(), value);
    stage.measure("of 32 bytes", dave(), record(vec![1; 32]));
    stage.measure("over another", dave(), record(vec![2; 32]));
    stage.ask("", eve(), credit.record_of(dave(), "rates".to_owned(), "2026-11".to_owned()));
    stage.measure("removed", dave(), record(vec![]));
}

fn queries(stage: &mut Stage, credit: CreditRef, owed: u64) {
    let who = eve();
    stage.ask("", who, credit.network_count());
    stage.ask("", who, credit.network(1));
    stage.ask("", who, credit.terms(1));
    stage.ask("", who, credit.statistics(1));
    stage.ask("", who, credit.grants(1));
    stage.ask("", who, credit.circulating(1));
    stage.ask("", who, credit.output(1, owed));
    stage.ask("a page of 50", who, credit.outputs(1, None, Some(50)));
    stage.ask("of a few", who, credit.outputs_of(1, bob(), None, None));
    stage.ask("of one", who, credit.bad_debts(1, u64::MAX, None, None));
    stage.ask("", who, credit.is_frozen(1, bob()));
}

/// Bob does not repay, and signs his value away.
fn penalty(stage: &mut Stage, credit: CreditRef, owed: u64) {
    stage.chain().advance_ms(DAY_MS);
    let own = stage.prepare(eve(), credit.outputs_of(1, bob(), None, None));
    let cash = own.into_iter().find(|(_, output)| output.lock == Lock::Key(bob()) && output.amount == HELD - 500);
    let (cash, _) = cash.expect("Bob's value is there");
    let outputs = vec![value(HELD - 500, eve())];
    let flight = order(stage, vec![Step { layer: Layer::Circulation, inputs: vec![cash], outputs }]);
    stage.ask("of one step", eve(), credit.order_id(flight.clone()));
    stage.ask("of one step", eve(), credit.order_message(flight.clone()));
    let bobs = witness(stage, credit, "Bob", &flight);
    stage.measure("of one output, one signature", dave(), credit.penalise(owed, flight, vec![bobs], vec![]));
}
