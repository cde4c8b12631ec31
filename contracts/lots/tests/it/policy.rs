//! Assets with a transfer policy: what it refuses, what the mirror counts, and that others never ask.

use crate::{COMMON, PREFERRED, Rights, code, issue, issue_with_classes, state};
use credentials::CredentialsRef;
use lots::{Error, LotsRef, MintRight, Requirement, Terms};
use policies::PoliciesRef;
use tenon_contract::parity_scale_codec::Decode;
use tenon_contract::{Address, Call, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, ferdie, module_code};

const TOPIC: u32 = 7;
const ASSET: u64 = 1;

/// A chain with the modules that policies need.
pub(crate) struct World {
    pub(crate) chain: TestChain,
    pub(crate) lots: LotsRef,
    policies: PoliciesRef,
    credentials: CredentialsRef,
}

impl World {
    /// Alice has issued asset 1 with a policy: a credential of Ferdie's, three identities, and Eve may freeze.
    pub(crate) fn new() -> Self {
        let policies_code = module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/../policies"));
        let credentials_code = module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/../credentials"));
        let mut chain = TestChain::with_modules(&[
            ("credentials", &credentials_code, CredentialsRef::init()),
            ("policies", &policies_code, PoliciesRef::init()),
            ("lots", &code(), LotsRef::init(None)),
        ]);
        let lots = LotsRef::at(TestChain::module_address("lots"));
        let rights = Rights { policy: Some(terms()), ..Rights::default() };
        assert_eq!(issue_with_classes(&mut chain, lots, rights), ASSET);
        let policies = PoliciesRef::at(TestChain::module_address("policies"));
        let credentials = CredentialsRef::at(TestChain::module_address("credentials"));
        Self { chain, lots, policies, credentials }
    }

    /// The same, and three identities have credentials: Alice and Bob are one person, Charlie and Dave others.
    pub(crate) fn with_people() -> Self {
        let mut world = Self::new();
        for (who, identity) in [(alice(), 1), (bob(), 1), (charlie(), 2), (dave(), 3)] {
            world.attest(who, identity);
        }
        world
    }

    fn attest(&mut self, who: Address, identity: u8) {
        let call = self.credentials.attest(who, TOPIC, Hash::new([identity; 32]), None);
        self.chain.from(ferdie()).call(call).expect_ok();
    }

    pub(crate) fn mint(&mut self, to: Address, class: u64, value: u128) -> u64 {
        self.chain.from(alice()).call(self.lots.mint(ASSET, class, to, value)).expect_ok()
    }

    fn holders(&self) -> u32 {
        let place = self.lots.address();
        self.chain.query(self.policies.holder_count(place, ASSET)).expect("a query without errors")
    }

    fn held(&self, who: Address) -> u128 {
        let held = self.chain.query(self.policies.held(self.lots.address(), ASSET, who));
        held.expect("a query without errors").map_or(0, |held| held.amount)
    }
}

pub(crate) fn terms() -> Terms {
    let credential = Some(Requirement { issuer: ferdie(), topic: TOPIC });
    Terms { credential, holder_limit: Some(3), freezer: Some(eve()) }
}

#[test]
fn ties_the_policy_to_the_asset_at_issue() {
    let world = World::new();
    let World { chain, lots, policies, .. } = &world;
    assert_eq!(chain.query(policies.terms(lots.address(), ASSET)), Ok(Some(terms())));
    assert_eq!(chain.query(lots.info(ASSET)).map(|info| info.restricted), Ok(true));
}

#[test]
fn refuses_a_policy_that_contradicts_itself() {
    let mut world = World::new();
    let refused = [
        Terms { credential: None, holder_limit: None, freezer: None },
        Terms { credential: None, holder_limit: Some(5), freezer: None },
        Terms { holder_limit: Some(0), ..terms() },
        Terms { freezer: Some(Address::ZERO), ..terms() },
    ];
    for policy in refused {
        let rights = Rights { policy: Some(policy), ..Rights::default() };
        world.chain.from(alice()).call(issue(world.lots, rights)).expect_error(Error::InvalidPolicy);
    }
    assert_eq!(world.chain.query(world.lots.asset_count()), Ok(1));
}

#[test]
fn refuses_receivers_without_a_credential_and_lets_anybody_out() {
    let mut world = World::with_people();
    let lots = world.lots;
    let lot = world.mint(bob(), COMMON, 10);
    let charlies = world.mint(charlie(), COMMON, 10);
    let by_bob = [lots.transfer_lot(lot, ferdie()), lots.transfer_lot(lot, eve())];
    for call in by_bob {
        world.chain.from(bob()).call(call).expect_error(Error::NotEligible);
    }
    let new = world.chain.from(bob()).call(lots.transfer_value_to(lot, ferdie(), 1));
    new.expect_error(Error::NotEligible);
    let minted = world.chain.from(alice()).call(lots.mint(ASSET, COMMON, ferdie(), 1));
    minted.expect_error(Error::NotEligible);
    // Bob's credential ends: he may still give and burn, but his lots receive nothing.
    world.chain.from(ferdie()).call(world.credentials.revoke(bob(), TOPIC)).expect_ok();
    let receives = world.chain.from(charlie()).call(lots.transfer_value(charlies, lot, 1));
    receives.expect_error(Error::NotEligible);
    let part = world.chain.from(bob()).call(lots.split(lot, 5)).expect_ok();
    world.chain.from(bob()).call(lots.merge(part, lot)).expect_ok();
    world.chain.from(bob()).call(lots.transfer_value(lot, charlies, 3)).expect_ok();
    world.chain.from(bob()).call(lots.burn(lot, 3)).expect_ok();
    world.chain.from(bob()).call(lots.transfer_lot(lot, charlie())).expect_ok();
    assert_eq!((world.held(bob()), world.held(charlie()), world.holders()), (0, 17, 1));
}

#[test]
fn refuses_one_holder_too_many_by_identity() {
    let mut world = World::with_people();
    let lots = world.lots;
    world.attest(eve(), 4);
    let lot = world.mint(alice(), COMMON, 100);
    // Bob is Alice: two addresses, one identity.
    world.chain.from(alice()).call(lots.transfer_value_to(lot, bob(), 10)).expect_ok();
    assert_eq!(world.holders(), 1);
    let charlies = world.mint(charlie(), PREFERRED, 10);
    let daves = world.chain.from(alice()).call(lots.transfer_value_to(lot, dave(), 10)).expect_ok();
    assert_eq!(world.holders(), 3);
    let entries = world.chain.stored_entries(lots.address());
    let fourth = world.chain.from(alice()).call(lots.transfer_value_to(lot, eve(), 10));
    fourth.expect_error(Error::HolderLimitReached);
    let fourth = world.chain.from(alice()).call(lots.mint(ASSET, PREFERRED, eve(), 10));
    fourth.expect_error(Error::HolderLimitReached);
    assert_eq!(world.chain.stored_entries(lots.address()), entries);
    // One who leaves makes room: as a whole lot, and by burning.
    world.chain.from(charlie()).call(lots.transfer_lot(charlies, eve())).expect_ok();
    world.chain.from(alice()).call(lots.transfer_lot(lot, charlie())).expect_error(Error::HolderLimitReached);
    world.chain.from(dave()).call(lots.burn(daves, 10)).expect_ok();
    assert_eq!(world.holders(), 2);
    world.chain.from(alice()).call(lots.transfer_lot(lot, charlie())).expect_ok();
    assert_eq!(world.holders(), 3);
}

#[test]
fn counts_classes_together() {
    let mut world = World::with_people();
    let lots = world.lots;
    let common = world.mint(charlie(), COMMON, 10);
    let preferred = world.mint(charlie(), PREFERRED, 7);
    assert_eq!((world.held(charlie()), world.holders()), (17, 1));
    world.chain.from(charlie()).call(lots.transfer_lot(common, dave())).expect_ok();
    assert_eq!((world.held(charlie()), world.held(dave()), world.holders()), (7, 10, 2));
    world.chain.from(charlie()).call(lots.transfer_value_to(preferred, dave(), 7)).expect_ok();
    assert_eq!((world.held(charlie()), world.held(dave()), world.holders()), (0, 17, 1));
}

#[test]
fn holds_what_is_frozen_where_it_is() {
    let mut world = World::with_people();
    let lots = world.lots;
    let lot = world.mint(bob(), COMMON, 10);
    let charlies = world.mint(charlie(), COMMON, 10);
    world.chain.from(bob()).call(lots.approve(lot, charlie(), 0, 10)).expect_ok();
    let place = lots.address();
    world.chain.from(eve()).call(world.policies.freeze(place, ASSET, bob())).expect_ok();
    let by_bob = [lots.transfer_lot(lot, charlie()), lots.transfer_value(lot, charlies, 1), lots.burn(lot, 1)];
    for call in by_bob {
        world.chain.from(bob()).call(call).expect_error(Error::Frozen);
    }
    world.chain.from(charlie()).call(lots.transfer_lot(lot, charlie())).expect_error(Error::Frozen);
    world.chain.from(charlie()).call(lots.transfer_value(charlies, lot, 1)).expect_error(Error::Frozen);
    world.chain.from(alice()).call(lots.mint(ASSET, COMMON, bob(), 1)).expect_error(Error::Frozen);
    assert_eq!(state(&world.chain, lots, lot), Some((bob(), 10)));
    assert_eq!(world.chain.query(lots.allowance(lot, charlie())), Ok(10));
    world.chain.from(eve()).call(world.policies.unfreeze(place, ASSET, bob())).expect_ok();
    world.chain.from(charlie()).call(lots.transfer_lot(lot, charlie())).expect_ok();
}

/// Ends a call of Bob's by its gas at points all over its way, also inside the modules that it asks. Each time nothing
/// of it may remain, here or there.
fn ends_everywhere<R: Decode>(make: impl Fn(LotsRef) -> Call<R>) {
    const STEPS: u64 = 40;
    let fresh = || {
        let mut world = World::with_people();
        world.mint(bob(), COMMON, 10);
        world.mint(charlie(), COMMON, 10);
        world
    };
    let mut world = fresh();
    let needed = world.chain.from(bob()).call(make(world.lots)).method_gas;
    let mut world = fresh();
    let modules = [world.lots.address(), world.policies.address()];
    let before = modules.map(|module| world.chain.storage_of(module));
    for step in 0..STEPS {
        let outcome = world.chain.from(bob()).with_gas(needed * step / STEPS + 1).call(make(world.lots));
        assert!(outcome.result.is_err(), "{step} of {STEPS} of {needed} gas");
        assert!(modules.map(|module| world.chain.storage_of(module)) == before, "{step} of {STEPS} of {needed} gas");
    }
    assert!(world.chain.from(bob()).call(make(world.lots)).result.is_ok());
    assert!(modules.map(|module| world.chain.storage_of(module)) != before);
}

#[test]
fn leaves_nothing_of_a_restricted_move_that_ends_midway() {
    ends_everywhere(|lots| lots.transfer_lot(1, dave()));
    ends_everywhere(|lots| lots.transfer_value(1, 2, 10));
    ends_everywhere(|lots| lots.transfer_value_to(1, dave(), 4));
    ends_everywhere(|lots| lots.burn(1, 10));
}

#[test]
fn moves_free_assets_without_the_policies_module() {
    // On this chain it does not exist: asking it would fail.
    let (mut chain, lots) = crate::with_lots(&[(alice(), COMMON, 10)]);
    chain.from(alice()).call(lots.transfer_value_to(1, bob(), 4)).expect_ok();
    chain.from(alice()).call(lots.transfer_lot(1, bob())).expect_ok();
    chain.from(bob()).call(lots.burn(1, 6)).expect_ok();
    let restricted = Rights { policy: Some(terms()), ..Rights::default() };
    assert!(chain.from(alice()).call(issue(lots, restricted)).result.is_err());
    assert_eq!(chain.query(lots.asset_count()), Ok(1));
}

#[test]
fn keeps_restricted_and_free_assets_of_an_instance_apart() {
    let mut world = World::with_people();
    let lots = world.lots;
    let rights = Rights { mint: Some(MintRight::Account(bob())), ..Rights::default() };
    let free = issue_with_classes(&mut world.chain, lots, rights);
    let lot = world.chain.from(bob()).call(lots.mint(free, COMMON, ferdie(), 5)).expect_ok();
    world.chain.from(ferdie()).call(lots.transfer_lot(lot, eve())).expect_ok();
    assert_eq!((world.holders(), world.held(eve())), (0, 0));
}
