//! Tests of the module on the in-memory chain, with its real code. Invariants are checked after every step.

mod histories;
mod statements;
mod x_rows;

use credentials::CredentialsRef;
use tenon_contract::Hash;
use tenon_testkit::{TestChain, module_code};

/// The topic of most tests.
const TOPIC: u32 = 7;

/// A chain with the module, as a genesis has it.
fn chain() -> (TestChain, CredentialsRef) {
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let chain = TestChain::with_modules(&[("credentials", &code, CredentialsRef::init())]);
    (chain, CredentialsRef::at(TestChain::module_address("credentials")))
}

/// The identity with a number.
fn identity(number: u8) -> Hash {
    Hash::new([number; 32])
}
