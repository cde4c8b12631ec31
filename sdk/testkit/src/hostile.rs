//! A module that does to its callers whatever a test asks it to: an asset of any standard that takes fees, lies, fails,
//! burns gas, answers nonsense or calls back, and a holder that makes calls in its own name.

use crate::accounts::account;
use crate::chain::TestChain;
use crate::code::module_code;
use tenon_contract::Address;

pub use tenon_hostile::{Behaviour, Error, FEE_DIVISOR, FLOOD_BYTES, HostileRef, Target};

/// The module's code, built when its sources changed.
pub fn code() -> Vec<u8> {
    module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/hostile"))
}

/// The account that deploys hostile modules and tells them what to do.
pub fn director() -> Address {
    account("Director")
}

/// Deploys a hostile module. It begins honest.
///
/// # Panics
/// If it cannot be deployed.
#[track_caller]
pub fn deploy(chain: &mut TestChain) -> HostileRef {
    if chain.coin(director()) == 0 {
        chain.set_coin(director(), 1_000_000_000_000_000);
    }
    HostileRef::at(chain.from(director()).deploy(&code(), HostileRef::init()))
}

/// Tells a hostile module what to do from now on.
///
/// # Panics
/// If it does not listen.
#[track_caller]
pub fn behave(chain: &mut TestChain, hostile: HostileRef, behaviour: Behaviour) {
    chain.from(director()).call(hostile.behave(behaviour)).expect_ok();
}
