//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod attacks;
mod founding;
mod histories;
mod membership;
mod orders;
mod past;
mod proposals;
mod resolutions;
mod x_rows;

use group::{Consent, Decision, Error, GroupRef, NewGroup, Order, OwnerSignature};
use tenon_contract::{Address, Hash};
use tenon_crypto::{Keypair, Signature};
use tenon_testkit::{Outcome, TestChain, alice, keypair, module_code};

/// The group of most tests.
const GROUP: u64 = 1;

/// The module's code.
fn code() -> Vec<u8> {
    module_code(env!("CARGO_MANIFEST_DIR"))
}

/// A chain with the module, as a genesis has it.
fn chain() -> (TestChain, GroupRef) {
    let code = code();
    let chain = TestChain::with_modules(&[("group", &code, GroupRef::init(None))]);
    (chain, GroupRef::at(TestChain::module_address("group")))
}

/// A chain on which Alice has founded a group with others.
fn founded(others: &[Address], threshold: Option<u32>) -> (TestChain, GroupRef) {
    let (mut chain, group) = chain();
    let call = group.found("Admission".into(), "admission".into(), others.to_vec(), threshold);
    assert_eq!(chain.from(alice()).call(call).expect_ok(), GROUP);
    (chain, group)
}

/// What a founder says of a group of three.
fn three(others: [Address; 2]) -> NewGroup {
    NewGroup { name: "Admission".into(), purpose: "admission".into(), others: others.to_vec(), threshold: None }
}

/// The hash with a number.
fn topic(number: u8) -> Hash {
    Hash::new([number; 32])
}

const fn add(key: Address) -> Decision {
    Decision::Add { key }
}

const fn remove(member: Address) -> Decision {
    Decision::Remove { member }
}

const fn update(member: Address, key: Address) -> Decision {
    Decision::Update { member, key }
}

const fn resolve(topic: Hash) -> Decision {
    Decision::Resolve { topic }
}

const fn rescind(topic: Hash) -> Decision {
    Decision::Rescind { topic }
}

/// Proposes and lets others approve; says whether the last one brought it about.
fn decide(
    chain: &mut TestChain,
    group: GroupRef,
    proposer: Address,
    decision: Decision,
    approvers: &[Address],
) -> Option<bool> {
    let number = chain.from(proposer).call(group.propose(GROUP, decision, None)).expect_ok();
    let mut last = None;
    for who in approvers {
        last = Some(chain.from(*who).call(group.approve(GROUP, number)).expect_ok());
    }
    last
}

fn members(chain: &TestChain, group: GroupRef) -> Vec<Address> {
    chain.query(group.members(GROUP)).expect("the group exists")
}

fn version(chain: &TestChain, group: GroupRef) -> u64 {
    chain.query(group.version(GROUP)).expect("the group exists")
}

/// An order for the group as it is, good for a minute.
fn order(chain: &TestChain, group: GroupRef, decision: Decision) -> Order {
    Order { group: GROUP, version: version(chain, group), decision, deadline_ms: chain.time_ms() + 60_000 }
}

/// Signs what is handed in, as a wallet does.
fn sign_bytes(keys: &Keypair, message: &[u8]) -> OwnerSignature {
    match keys.sign(message) {
        Signature::Sr25519(signature) => OwnerSignature::Sr25519(signature),
        Signature::Ed25519(signature) => OwnerSignature::Ed25519(signature),
        Signature::Secp256k1(_) => panic!("the module knows no such signatures"),
    }
}

/// The consent of development accounts, by name.
fn consents(chain: &TestChain, group: GroupRef, order: &Order, names: &[&str]) -> Vec<Consent> {
    let message = chain.query(group.order_message(order.clone())).expect("a query");
    let consent = |name: &&str| {
        let keys = keypair(name);
        Consent { member: Address::new(keys.account()), signature: sign_bytes(&keys, &message) }
    };
    names.iter().map(consent).collect()
}

/// Signs an order in these names and hands it in.
fn hand_in(chain: &mut TestChain, group: GroupRef, order: &Order, names: &[&str]) -> Outcome<()> {
    let consents = consents(chain, group, order, names);
    chain.from(tenon_testkit::ferdie()).call(group.decide(order.clone(), consents))
}

/// Why a proposal is refused at once.
fn refused(chain: &mut TestChain, group: GroupRef, who: Address, decision: Decision, error: Error) {
    chain.from(who).call(group.propose(GROUP, decision, None)).expect_error(error);
}
