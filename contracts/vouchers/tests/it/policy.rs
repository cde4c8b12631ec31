//! Kinds with a transfer policy: the module `policies` judges every way in which units come, go and end.

use crate::{UNITS, coffee, issue, sign_bytes};
use credentials::CredentialsRef;
use policies::{PoliciesRef, Requirement, Terms};
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, keypair, module_code};
use vouchers::{Error, MintRight, NewKind, RedeemOrder, VouchersRef};

/// What a credential must be about.
const TOPIC: u32 = 1;

/// The three modules, and Eve who issues credentials: Alice and Bob have one.
pub(crate) struct World {
    pub(crate) chain: TestChain,
    pub(crate) vouchers: VouchersRef,
    policies: PoliciesRef,
    credentials: CredentialsRef,
}

impl World {
    pub(crate) fn new() -> Self {
        let here = env!("CARGO_MANIFEST_DIR");
        let codes = ["vouchers", "policies", "credentials"].map(|name| module_code(&format!("{here}/../{name}")));
        let chain = TestChain::with_modules(&[
            ("credentials", &codes[2], CredentialsRef::init()),
            ("policies", &codes[1], PoliciesRef::init()),
            ("vouchers", &codes[0], VouchersRef::init(None)),
        ]);
        let mut world = Self {
            chain,
            vouchers: VouchersRef::at(TestChain::module_address("vouchers")),
            policies: PoliciesRef::at(TestChain::module_address("policies")),
            credentials: CredentialsRef::at(TestChain::module_address("credentials")),
        };
        world.attest(alice(), 1);
        world.attest(bob(), 2);
        world
    }

    /// A world in which Alice has issued kind 1 with terms.
    pub(crate) fn with(terms: Terms) -> Self {
        let mut world = Self::new();
        let call = issue(world.vouchers, restricted(terms));
        assert_eq!(world.chain.from(alice()).call(call).expect_ok(), 1);
        world
    }

    fn attest(&mut self, who: Address, identity: u8) {
        let call = self.credentials.attest(who, TOPIC, Hash::new([identity; 32]), None);
        self.chain.from(eve()).call(call).expect_ok();
    }

    /// What the policy's mirror says that somebody holds.
    fn mirrored(&self, who: Address) -> u128 {
        let held = self.chain.query(self.policies.held(self.vouchers.address(), 1, who));
        held.expect("a query without errors").map_or(0, |held| held.amount)
    }

    /// Asserts that the mirror agrees with the balances.
    fn agrees(&self) {
        for who in [alice(), bob(), charlie(), dave()] {
            let held = self.chain.query(self.vouchers.balance_of(1, who)).expect("a query without errors");
            assert_eq!(self.mirrored(who), u128::from(held));
        }
    }
}

/// Terms that ask for one of Eve's credentials.
pub(crate) fn verified() -> Terms {
    let credential = Some(Requirement { issuer: eve(), topic: TOPIC });
    Terms { credential, holder_limit: None, freezer: None }
}

fn restricted(terms: Terms) -> NewKind {
    NewKind { mint: Some(MintRight::Owner), redeemer: Some(dave()), policy: Some(terms), ..coffee() }
}

#[test]
fn lets_none_but_the_verified_receive() {
    let mut world = World::with(verified());
    let vouchers = world.vouchers;
    let refused = [
        vouchers.transfer(1, charlie(), 1),
        vouchers.transfer_batch(vec![(1, bob(), 1), (1, charlie(), 1)]),
        vouchers.mint(1, charlie(), 1),
    ];
    for call in refused {
        world.chain.from(alice()).call(call).expect_error(Error::NotEligible);
    }
    world.chain.from(alice()).call(vouchers.approve(1, dave(), 0, 5, None)).expect_ok();
    let taken = world.chain.from(dave()).call(vouchers.transfer_from(1, alice(), dave(), 5));
    taken.expect_error(Error::NotEligible);
    assert_eq!(world.chain.query(vouchers.allowance(1, alice(), dave())), Ok(5));
    world.chain.from(dave()).call(vouchers.transfer_from(1, alice(), bob(), 5)).expect_ok();
    world.chain.from(alice()).call(vouchers.mint(1, bob(), 5)).expect_ok();
    assert_eq!(world.chain.query(vouchers.balance_of(1, bob())), Ok(10));
    world.agrees();
    assert_eq!(world.chain.query(vouchers.rules(1)).map(|rules| rules.restricted), Ok(true));
}

#[test]
fn reports_what_ends() {
    let mut world = World::with(verified());
    let vouchers = world.vouchers;
    world.chain.from(alice()).call(vouchers.transfer(1, bob(), 10)).expect_ok();
    world.chain.from(bob()).call(vouchers.redeem(1, 2, None)).expect_ok();
    world.chain.from(bob()).call(vouchers.burn(1, 3)).expect_ok();
    world.chain.from(bob()).call(vouchers.approve(1, alice(), 0, 1, None)).expect_ok();
    world.chain.from(alice()).call(vouchers.burn_from(1, bob(), 1)).expect_ok();
    let deadline_ms = world.chain.time_ms() + 60_000;
    let order = RedeemOrder { kind: 1, holder: bob(), redeemer: dave(), units: 4, id: 0, deadline_ms, reference: None };
    let message = world.chain.query(vouchers.order_message(order.clone())).expect("a query");
    let signature = sign_bytes(&keypair("Bob"), &message);
    world.chain.from(dave()).call(vouchers.redeem_order(order, signature)).expect_ok();
    assert_eq!(world.mirrored(bob()), 0);
    assert_eq!(world.chain.query(world.policies.holder_count(vouchers.address(), 1)), Ok(1));
    world.agrees();
}

#[test]
fn counts_holders_by_identity() {
    let mut world = World::with(Terms { holder_limit: Some(2), ..verified() });
    let vouchers = world.vouchers;
    world.attest(charlie(), 3);
    world.attest(dave(), 2);
    world.chain.from(alice()).call(vouchers.transfer(1, bob(), 10)).expect_ok();
    world.chain.from(alice()).call(vouchers.transfer(1, charlie(), 1)).expect_error(Error::HolderLimitReached);
    // Dave is the same person as Bob. The place of one who leaves is free.
    world.chain.from(alice()).call(vouchers.transfer(1, dave(), 10)).expect_ok();
    for who in [bob(), dave()] {
        world.chain.from(who).call(vouchers.redeem(1, 10, None)).expect_ok();
    }
    world.chain.from(alice()).call(vouchers.transfer(1, charlie(), 1)).expect_ok();
    world.agrees();
}

#[test]
fn stops_whom_the_freezer_of_the_issue_freezes() {
    let mut world = World::with(Terms { freezer: Some(eve()), credential: None, holder_limit: None });
    let (vouchers, policies) = (world.vouchers, world.policies);
    world.chain.from(alice()).call(vouchers.transfer(1, bob(), 10)).expect_ok();
    world.chain.from(eve()).call(policies.freeze(vouchers.address(), 1, bob())).expect_ok();
    world.chain.from(bob()).call(vouchers.transfer(1, charlie(), 1)).expect_error(Error::Frozen);
    world.chain.from(bob()).call(vouchers.redeem(1, 1, None)).expect_error(Error::Frozen);
    world.chain.from(bob()).call(vouchers.burn(1, 1)).expect_error(Error::Frozen);
    world.chain.from(alice()).call(vouchers.transfer(1, bob(), 1)).expect_error(Error::Frozen);
    assert_eq!(world.chain.query(vouchers.balance_of(1, bob())), Ok(10));
    world.chain.from(eve()).call(policies.unfreeze(vouchers.address(), 1, bob())).expect_ok();
    assert_eq!(world.chain.from(bob()).call(vouchers.redeem(1, 10, None)).expect_ok(), 1);
    world.agrees();
}

#[test]
fn packs_no_units_that_a_policy_watches() {
    let mut world = World::with(verified());
    let until = world.chain.time_ms() + 60_000;
    let outcome = world.chain.from(alice()).call(world.vouchers.pack(1, 1, 1, [1; 32], until));
    outcome.expect_error(Error::RestrictedKind);
}

#[test]
fn refuses_policies_that_make_no_sense_and_issuers_that_they_exclude() {
    let mut world = World::new();
    let vouchers = world.vouchers;
    let empty = Terms { credential: None, holder_limit: None, freezer: None };
    let unlimited = Terms { holder_limit: Some(1), ..empty.clone() };
    let zero = Terms { holder_limit: Some(0), ..verified() };
    let nobody = Terms { freezer: Some(Address::ZERO), ..empty.clone() };
    for terms in [empty, unlimited, zero, nobody] {
        world.chain.from(alice()).call(issue(vouchers, restricted(terms))).expect_error(Error::InvalidPolicy);
    }
    let excluded = world.chain.from(charlie()).call(issue(vouchers, restricted(verified())));
    excluded.expect_error(Error::NotEligible);
    assert_eq!(world.chain.query(vouchers.kind_count()), Ok(0));
}

#[test]
fn asks_no_policy_about_kinds_without_one() {
    let mut world = World::new();
    let vouchers = world.vouchers;
    world.chain.from(alice()).call(issue(vouchers, coffee())).expect_ok();
    world.chain.from(alice()).call(vouchers.transfer(1, charlie(), UNITS)).expect_ok();
    world.chain.from(charlie()).call(vouchers.redeem(1, UNITS, None)).expect_ok();
    assert_eq!(world.mirrored(charlie()), 0);
}
