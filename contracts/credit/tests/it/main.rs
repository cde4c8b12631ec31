//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod accounting;
mod debts;
mod founding;
mod histories;
mod layers;
mod limits;
mod locks;
mod orders;
mod penalty;
mod rules;
mod statistics;

use credit::{CreditRef, Debt, Element, Layer, Lock, NewNetwork, NewOutput, Order, Output, OwnerSignature, Step};
use credit::{Terms, Witness};
use tenon_contract::{Address, Amount, Call};
use tenon_crypto::Signature;
use tenon_testkit::{TestChain, alice, bob, charlie, ferdie, keypair, module_code};

/// What each of three holders has at first.
const HELD: Amount = 10_000;
/// The numbers of their outputs, which come after the 16 sources.
const ALICES: u64 = 17;
const BOBS: u64 = 18;
const CHARLIES: u64 = 19;
/// The number of the source of 1024.
const SOURCE_1024: u64 = 11;
/// The most credit of a block, and of a day.
const PER_BLOCK: Amount = 8_000;
const PER_DAY: Amount = 20_000;
/// The longest time of a debt.
const LONGEST_MS: u64 = 30 * 86_400_000;
/// For how long debts of these tests run.
const DEBT_MS: u64 = 3_600_000;

/// The module's code.
fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

/// What most tests found: Alice has the sources, Alice, Bob and Charlie the value, Ferdie gets the fees.
fn village() -> NewNetwork {
    NewNetwork {
        name: "Village".into(),
        holders: vec![(alice(), HELD), (bob(), HELD), (charlie(), HELD)],
        unit: 1,
        sources: Lock::Key(alice()),
        large_sources: None,
        small_count: 16,
        terms: Terms {
            credit_per_block: PER_BLOCK,
            credit_per_day: PER_DAY,
            longest_debt_ms: LONGEST_MS,
            fee_taker: ferdie(),
            reporter_percent: 10,
        },
    }
}

fn found(credit: CreditRef, new: NewNetwork) -> Call<u64> {
    let Terms { credit_per_block, credit_per_day, longest_debt_ms, fee_taker, reporter_percent } = new.terms;
    credit.found(
        new.name,
        new.holders,
        credit_per_block,
        credit_per_day,
        longest_debt_ms,
        Some(new.unit),
        Some(new.sources),
        new.large_sources,
        Some(new.small_count),
        Some(fee_taker),
        Some(reporter_percent),
    )
}

/// A chain with the module, as a genesis has it.
fn chain() -> (TestChain, CreditRef) {
    let code = code();
    let chain = TestChain::with_modules(&[("credit", &code, CreditRef::init(None))]);
    (chain, CreditRef::at(TestChain::module_address("credit")))
}

/// A chain on which Alice has founded network 1.
fn founded(new: NewNetwork) -> (TestChain, CreditRef) {
    let (mut chain, credit) = chain();
    assert_eq!(chain.from(alice()).call(found(credit, new)).expect_ok(), 1);
    (chain, credit)
}

fn value(amount: Amount, who: Address) -> NewOutput {
    NewOutput { element: Element::Value, amount, lock: Lock::Key(who) }
}

fn credits(amount: Amount, who: Address) -> NewOutput {
    NewOutput { element: Element::Credit, amount, lock: Lock::Key(who) }
}

fn debt(amount: Amount, debtor: Address, expires_at_ms: u64) -> NewOutput {
    let element = Element::Debt(Debt { debtor, expires_at_ms, renormaliser: None });
    NewOutput { element, amount, lock: Lock::Key(debtor) }
}

fn step(layer: Layer, inputs: &[u64], outputs: &[NewOutput]) -> Step {
    Step { layer, inputs: inputs.to_vec(), outputs: outputs.to_vec() }
}

/// A step of the caller's own in circulation.
fn pay(credit: CreditRef, inputs: &[u64], outputs: &[NewOutput]) -> Call<Vec<u64>> {
    act(credit, Layer::Circulation, inputs, outputs)
}

fn act(credit: CreditRef, layer: Layer, inputs: &[u64], outputs: &[NewOutput]) -> Call<Vec<u64>> {
    credit.act(1, layer, inputs.to_vec(), outputs.to_vec(), None)
}

/// The sources that make up an amount.
fn sources(amount: Amount) -> Vec<u64> {
    (0..16).filter(|bit| amount >> bit & 1 == 1).map(|bit| bit + 1).collect()
}

/// Lets Alice grant credit, and returns the number of the output.
fn grant(chain: &mut TestChain, credit: CreditRef, amount: Amount, to: Address) -> u64 {
    chain.from(alice()).call(pay(credit, &sources(amount), &[credits(amount, to)])).expect_ok()[0]
}

/// Lets somebody borrow what Alice grants, and returns the numbers of the value and of the debt.
fn borrow(chain: &mut TestChain, credit: CreditRef, amount: Amount, who: Address) -> (u64, u64) {
    let given = grant(chain, credit, amount, who);
    let expires_at_ms = chain.time_ms() + DEBT_MS;
    let outputs = [value(amount, who), debt(amount, who, expires_at_ms)];
    let made = chain.from(who).call(pay(credit, &[given], &outputs)).expect_ok();
    (made[0], made[1])
}

/// Bob owes 100 that have expired. Returns the numbers of the value that he borrowed and of the debt.
fn default_of_bob() -> (TestChain, CreditRef, u64, u64) {
    let (mut chain, credit) = founded(village());
    let (cash, owed) = borrow(&mut chain, credit, 100, bob());
    chain.advance_ms(DEBT_MS);
    (chain, credit, cash, owed)
}

/// An order that is good from now on, for a minute.
fn order(chain: &TestChain, steps: &[Step]) -> Order {
    let valid_from_ms = chain.time_ms();
    Order { network: 1, steps: steps.to_vec(), valid_from_ms, valid_until_ms: valid_from_ms + 60_000 }
}

/// Somebody's signature over an order.
fn sign(chain: &TestChain, credit: CreditRef, who: &str, order: &Order) -> Witness {
    let message = chain.query(credit.order_message(order.clone())).expect("a query");
    let keys = keypair(who);
    let Signature::Sr25519(signature) = keys.sign(&message) else { panic!("an sr25519 key") };
    Witness { who: Address::new(keys.account()), signature: OwnerSignature::Sr25519(signature) }
}

/// The output of a number in network 1.
fn output(chain: &TestChain, credit: CreditRef, id: u64) -> Option<Output> {
    chain.query(credit.output(1, id)).expect("a query")
}
