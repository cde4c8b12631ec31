//! `credentials`: an issuer that knows its customers, and what others find of its statements.

use crate::profile::Stage;
use credentials::CredentialsRef;
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave};

/// The topic under which the issuer attests.
const TOPIC: u32 = 1;
/// Customers whom the issuer has attested.
const CUSTOMERS: u8 = 100;
/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;

pub(super) fn scenario(stage: &mut Stage) {
    let credentials = CredentialsRef::at(TestChain::module_address("credentials"));
    let issuer = alice();
    for byte in 1..=CUSTOMERS {
        let (subject, identity) = (Address::new([byte; 32]), Hash::new([byte; 32]));
        stage.prepare(issuer, credentials.attest(subject, TOPIC, identity, None));
    }
    let year = Some(stage.chain().time_ms() + 365 * DAY_MS);
    let day = Some(stage.chain().time_ms() + DAY_MS);
    stage.measure("first", issuer, credentials.attest(bob(), TOPIC, Hash::new([201; 32]), year));
    stage.measure("renewed", issuer, credentials.attest(bob(), TOPIC, Hash::new([201; 32]), year));
    stage.prepare(issuer, credentials.attest(charlie(), TOPIC, Hash::new([202; 32]), day));
    stage.prepare(issuer, credentials.attest(dave(), TOPIC, Hash::new([203; 32]), year));
    stage.measure("", issuer, credentials.revoke(dave(), TOPIC));
    stage.chain().advance_ms(DAY_MS);
    stage.measure("", bob(), credentials.remove_expired(issuer, TOPIC, charlie()));
    stage.ask("one that is valid", bob(), credentials.credential(issuer, TOPIC, bob()));
    stage.ask("none", bob(), credentials.credential(issuer, TOPIC, dave()));
    stage.ask("a page of 100", bob(), credentials.issued_by(issuer, None, None));
}
