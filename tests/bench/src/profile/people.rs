//! Who acts in several scenarios: an issuer of credentials, and holders whom it knows.

use crate::profile::Stage;
use credentials::CredentialsRef;
use policies::{Requirement, Terms};
use tenon_contract::{Address, Hash};
use tenon_crypto::{Keypair, Signature};
use tenon_testkit::{TestChain, ferdie};

/// The topic of the credentials.
const TOPIC: u32 = 1;
/// A day in milliseconds.
pub(super) const DAY_MS: u64 = 86_400_000;

/// Attests to each person an identity of their own, and returns terms that ask for it, with a limit of 200 holders.
pub(super) fn restrict(stage: &mut Stage, people: &[Address]) -> Terms {
    let credentials = CredentialsRef::at(TestChain::module_address("credentials"));
    for (person, number) in people.iter().zip(1..) {
        stage.prepare(ferdie(), credentials.attest(*person, TOPIC, Hash::new([number; 32]), None));
    }
    let credential = Some(Requirement { issuer: ferdie(), topic: TOPIC });
    Terms { credential, holder_limit: Some(200), freezer: None }
}

/// So many addresses, each of one byte.
pub(super) fn crowd(count: u8) -> impl Iterator<Item = Address> {
    (1..=count).map(|byte| Address::new([byte; 32]))
}

/// The signature of a development account, which has an sr25519 key.
pub(super) fn sign(keys: &Keypair, message: &[u8]) -> [u8; 64] {
    match keys.sign(message) {
        Signature::Sr25519(signature) => signature,
        other => unreachable!("development accounts have sr25519 keys, not that of {other:?}"),
    }
}
