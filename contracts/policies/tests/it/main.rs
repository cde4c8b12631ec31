//! Tests of the module on the in-memory chain, with its real code and that of the credentials. An account stands for the
//! instance that holds the asset: to the module they are the same. Invariants are checked after every step.

mod attach;
mod equity;
mod freeze;
mod histories;
mod rebind;
mod x_rows;

use credentials::CredentialsRef;
use policies::{PoliciesRef, Requirement, Terms};
use tenon_contract::{Address, Call, Hash};
use tenon_testkit::{Outcome, TestChain, account, alice, charlie, module_code};

/// The topic of the credentials that tests ask for.
const TOPIC: u32 = 1;
/// The asset of most tests.
const ASSET: u64 = 1;

/// A chain with both modules, and who acts on it.
struct World {
    chain: TestChain,
    policies: PoliciesRef,
    credentials: CredentialsRef,
}

/// Who holds the asset's ledger and reports its moves.
fn ledger() -> Address {
    alice()
}

/// Who issues the credentials that the policy trusts.
fn issuer() -> Address {
    charlie()
}

/// A holder with a number.
fn holder(number: u16) -> Address {
    let mut bytes = [0xaa; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    Address::new(bytes)
}

/// The identity with a number.
fn identity(number: u16) -> Hash {
    let mut bytes = [0xbb; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    Hash::new(bytes)
}

/// Terms that ask for a credential.
fn verified(holder_limit: Option<u32>, freezer: Option<Address>) -> Terms {
    Terms { credential: Some(Requirement { issuer: issuer(), topic: TOPIC }), holder_limit, freezer }
}

impl World {
    fn new() -> Self {
        let here = env!("CARGO_MANIFEST_DIR");
        let (policies, credentials) = (module_code(here), module_code(&format!("{here}/../credentials")));
        let chain = TestChain::with_modules(&[
            ("credentials", &credentials, CredentialsRef::init()),
            ("policies", &policies, PoliciesRef::init()),
        ]);
        Self {
            chain,
            policies: PoliciesRef::at(TestChain::module_address("policies")),
            credentials: CredentialsRef::at(TestChain::module_address("credentials")),
        }
    }

    /// A world in which asset 1 of the ledger has these terms.
    fn with(terms: Terms) -> Self {
        let mut world = Self::new();
        world.by_ledger(world.policies.attach(ASSET, terms)).expect_ok();
        world
    }

    fn by_ledger<R: parity_scale_codec::Decode>(&mut self, call: Call<R>) -> Outcome<R> {
        self.chain.from(ledger()).call(call)
    }

    /// States that an address belongs to an identity.
    fn attest(&mut self, who: Address, number: u16) {
        let call = self.credentials.attest(who, TOPIC, identity(number), None);
        self.chain.from(issuer()).call(call).expect_ok();
    }

    /// Creates an amount for somebody.
    fn create(&mut self, to: Address, amount: u128) -> Outcome<()> {
        self.by_ledger(self.policies.moved(ASSET, None, Some(to), amount))
    }

    /// Moves an amount.
    fn shift(&mut self, from: Address, to: Address, amount: u128) -> Outcome<()> {
        self.by_ledger(self.policies.moved(ASSET, Some(from), Some(to), amount))
    }

    /// Destroys an amount.
    fn destroy(&mut self, from: Address, amount: u128) -> Outcome<()> {
        self.by_ledger(self.policies.moved(ASSET, Some(from), None, amount))
    }

    fn count(&self) -> u32 {
        self.chain.query(self.policies.holder_count(ledger(), ASSET)).expect("a query without errors")
    }

    fn amount(&self, who: Address) -> u128 {
        let held = self.chain.query(self.policies.held(ledger(), ASSET, who)).expect("a query without errors");
        held.map_or(0, |held| held.amount)
    }

    /// The error's number that a move would fail with.
    fn refusal(&self, from: Option<Address>, to: Option<Address>, amount: u128) -> Option<u32> {
        self.chain.query(self.policies.refusal(ledger(), ASSET, from, to, amount)).expect("a query without errors")
    }
}

/// An account that has nothing to say.
fn stranger() -> Address {
    account("Eve")
}
