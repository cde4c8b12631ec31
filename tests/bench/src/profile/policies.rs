//! `policies`: an asset with a credential, a holder limit and a freezer. The issuer's account stands for the module that
//! holds the asset: what it reports concerns its own namespace, as that of a module would.

use crate::profile::Stage;
use credentials::CredentialsRef;
use policies::{PoliciesRef, Requirement, Terms};
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave};

/// The topic under which the issuer attests.
const TOPIC: u32 = 1;
/// Holders beside those who act.
const HOLDERS: u8 = 100;

pub(super) fn scenario(stage: &mut Stage) {
    let policies = PoliciesRef::at(TestChain::module_address("policies"));
    let (module, asset) = (alice(), 1);
    let credential = Some(Requirement { issuer: alice(), topic: TOPIC });
    let terms = Terms { credential, holder_limit: Some(200), freezer: Some(dave()) };
    stage.measure("all terms", module, policies.attach(asset, terms));
    let plain = Terms { credential: None, holder_limit: None, freezer: Some(dave()) };
    stage.measure("a freezer alone", module, policies.attach(2, plain));
    attest(stage);
    moves(stage, policies);
    stage.prepare(alice(), credentials().attest(bob(), TOPIC, Hash::new([211; 32]), None));
    stage.measure("another identity", charlie(), policies.recount(module, asset, bob()));
    stage.measure("", dave(), policies.freeze(module, asset, bob()));
    stage.ask("", alice(), policies.is_frozen(module, asset, bob()));
    stage.ask("a move that is refused", alice(), policies.refusal(module, asset, Some(bob()), Some(charlie()), 5));
    stage.measure("", dave(), policies.unfreeze(module, asset, bob()));
    stage.ask("a move that is allowed", alice(), policies.refusal(module, asset, Some(bob()), Some(charlie()), 5));
    stage.ask("", alice(), policies.terms(module, asset));
    stage.ask("", alice(), policies.holder_count(module, asset));
    stage.ask("", alice(), policies.held(module, asset, bob()));
    stage.ask("a page of 100", alice(), policies.holders(module, asset, None, None));
    stage.measure("", dave(), policies.renounce_freezer(module, asset));
}

/// The client of the module that the policy trusts.
fn credentials() -> CredentialsRef {
    CredentialsRef::at(TestChain::module_address("credentials"))
}

fn attest(stage: &mut Stage) {
    let others = (1..=HOLDERS).map(|byte| Address::new([byte; 32]));
    for (subject, byte) in others.chain([bob(), charlie()]).zip(1..) {
        stage.prepare(alice(), credentials().attest(subject, TOPIC, Hash::new([byte; 32]), None));
    }
}

fn moves(stage: &mut Stage, policies: PoliciesRef) {
    let (module, asset) = (alice(), 1);
    for byte in 1..=HOLDERS {
        stage.prepare(module, policies.moved(asset, None, Some(Address::new([byte; 32])), 100));
    }
    let first = Some(Address::new([1; 32]));
    stage.measure("created for a new holder", module, policies.moved(asset, None, Some(bob()), 100));
    stage.measure("to a new holder", module, policies.moved(asset, Some(bob()), Some(charlie()), 50));
    stage.measure("between holders", module, policies.moved(asset, first, Some(bob()), 50));
    stage.measure("of everything", module, policies.moved(asset, Some(charlie()), Some(bob()), 50));
    stage.measure("destroyed, a part", module, policies.moved(asset, Some(bob()), None, 10));
    stage.measure("under a freezer alone, to a new holder", module, policies.moved(2, None, Some(bob()), 100));
}
