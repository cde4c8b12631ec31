//! The development accounts: the addresses that `//Alice` and the others have on a development chain.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tenon_contract::Address;
use tenon_crypto::{Keypair, Scheme};

/// Addresses that were worked out before: deriving a key takes longer than a thousand transfers.
static KNOWN: Mutex<BTreeMap<String, Address>> = Mutex::new(BTreeMap::new());

/// The names of the funded accounts.
pub const ACCOUNTS: [&str; 6] = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"];

/// The sr25519 keys of a name, for tests of what is signed off chain.
///
/// # Panics
/// If the name cannot stand in a derivation path.
pub fn keypair(name: &str) -> Keypair {
    Keypair::from_suri(Scheme::Sr25519, &format!("//{name}")).expect("a plain name derives a key")
}

/// The address of a name.
///
/// # Panics
/// If the name cannot stand in a derivation path.
pub fn account(name: &str) -> Address {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match known.get(name) {
        Some(address) => *address,
        None => *known.entry(name.to_owned()).or_insert_with(|| Address::new(keypair(name).account())),
    }
}

macro_rules! accounts {
    ($($function:ident = $name:literal;)*) => {
        $(
            #[doc = concat!("The address of ", $name, ".")]
            pub fn $function() -> Address {
                account($name)
            }
        )*
    };
}

accounts! {
    alice = "Alice";
    bob = "Bob";
    charlie = "Charlie";
    dave = "Dave";
    eve = "Eve";
    ferdie = "Ferdie";
}
