//! Collections with a transfer policy: credentials, a limit of holders, freezing. The rules are those of `policies`.

use crate::{code, create, mint, owner, plain};
use collections::{CollectionsRef, Error, NewCollection, Requirement, Terms};
use credentials::CredentialsRef;
use policies::PoliciesRef;
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, ferdie, module_code};

const TOPIC: u32 = 7;

struct Setting {
    chain: TestChain,
    items: CollectionsRef,
    policies: PoliciesRef,
    credentials: CredentialsRef,
}

impl Setting {
    /// A chain on which Eve states who is who.
    fn new() -> Self {
        let folder = |name: &str| module_code(&format!("{}/../{name}", env!("CARGO_MANIFEST_DIR")));
        let chain = TestChain::with_modules(&[
            ("credentials", &folder("credentials"), CredentialsRef::init()),
            ("policies", &folder("policies"), PoliciesRef::init()),
            ("collections", &code(), CollectionsRef::init(None)),
        ]);
        Self {
            chain,
            items: CollectionsRef::at(TestChain::module_address("collections")),
            policies: PoliciesRef::at(TestChain::module_address("policies")),
            credentials: CredentialsRef::at(TestChain::module_address("credentials")),
        }
    }

    fn attest(&mut self, subject: Address, identity: u8) {
        let call = self.credentials.attest(subject, TOPIC, crate::hash(identity), None);
        self.chain.from(eve()).call(call).expect_ok();
    }

    /// Collection 1 of Alice, under terms.
    fn created(mut self, terms: Terms) -> Self {
        let new = NewCollection { policy: Some(terms), ..plain() };
        assert_eq!(self.chain.from(alice()).call(create(self.items, new)).expect_ok(), 1);
        self
    }

    fn holders(&self) -> u32 {
        self.chain.query(self.policies.holder_count(self.items.address(), 1)).expect("a query")
    }
}

fn credential() -> Terms {
    Terms { credential: Some(Requirement { issuer: eve(), topic: TOPIC }), holder_limit: None, freezer: None }
}

#[test]
fn lets_only_those_receive_who_have_the_credential() {
    let Setting { mut chain, items, credentials, .. } = {
        let mut setting = Setting::new().created(credential());
        setting.attest(bob(), 1);
        setting.attest(charlie(), 2);
        setting
    };
    assert!(chain.query(items.info(1)).expect("it exists").restricted);
    chain.from(alice()).call(mint(items, alice())).expect_error(Error::NotEligible);
    assert_eq!(chain.from(alice()).call(mint(items, bob())).expect_ok(), 1, "a refused issue uses no id");
    chain.from(bob()).call(items.transfer(1, 1, dave())).expect_error(Error::NotEligible);
    assert_eq!(owner(&chain, items, 1), Some(bob()));
    chain.from(bob()).call(items.transfer(1, 1, charlie())).expect_ok();
    // Who loses the credential keeps the item and can give it away.
    chain.from(eve()).call(credentials.revoke(charlie(), TOPIC)).expect_ok();
    chain.from(bob()).call(items.transfer_from(1, 1, charlie(), bob())).expect_error(Error::NotApproved);
    chain.from(charlie()).call(items.transfer(1, 1, bob())).expect_ok();
    chain.from(bob()).call(items.transfer(1, 1, charlie())).expect_error(Error::NotEligible);
}

#[test]
fn counts_holders_by_person() {
    let mut setting = Setting::new().created(Terms { holder_limit: Some(2), ..credential() });
    for (who, identity) in [(alice(), 1), (bob(), 1), (charlie(), 2), (dave(), 3)] {
        setting.attest(who, identity);
    }
    let items = setting.items;
    for to in [alice(), bob(), charlie()] {
        setting.chain.from(alice()).call(mint(items, to)).expect_ok();
    }
    assert_eq!(setting.holders(), 2, "Alice and Bob are one person");
    setting.chain.from(alice()).call(mint(items, dave())).expect_error(Error::HolderLimitReached);
    setting.chain.from(alice()).call(items.transfer(1, 1, dave())).expect_error(Error::HolderLimitReached);
    assert_eq!(owner(&setting.chain, items, 1), Some(alice()));
    setting.chain.from(charlie()).call(items.transfer(1, 3, dave())).expect_ok();
    setting.chain.from(dave()).call(items.burn(1, 3)).expect_ok();
    assert_eq!(setting.holders(), 1);
    setting.chain.from(alice()).call(mint(items, charlie())).expect_ok();
    assert_eq!(setting.holders(), 2);
}

#[test]
fn freezes_only_where_a_freezer_was_declared() {
    let freezer = Terms { credential: None, holder_limit: None, freezer: Some(ferdie()) };
    let Setting { mut chain, items, policies, .. } = Setting::new().created(freezer);
    for to in [alice(), bob()] {
        chain.from(alice()).call(mint(items, to)).expect_ok();
    }
    chain.from(alice()).call(items.approve(1, 1, Some(dave()))).expect_ok();
    chain.from(ferdie()).call(policies.freeze(items.address(), 1, alice())).expect_ok();
    chain.from(alice()).call(items.transfer(1, 1, bob())).expect_error(Error::Frozen);
    chain.from(dave()).call(items.transfer_from(1, 1, alice(), dave())).expect_error(Error::Frozen);
    chain.from(bob()).call(items.transfer(1, 2, alice())).expect_error(Error::Frozen);
    chain.from(alice()).call(mint(items, alice())).expect_error(Error::Frozen);
    chain.from(alice()).call(items.burn(1, 1)).expect_error(Error::Frozen);
    chain.from(ferdie()).call(items.transfer_from(1, 1, alice(), ferdie())).expect_error(Error::NotApproved);
    assert_eq!((owner(&chain, items, 1), owner(&chain, items, 2)), (Some(alice()), Some(bob())));
    chain.from(ferdie()).call(policies.unfreeze(items.address(), 1, alice())).expect_ok();
    chain.from(dave()).call(items.transfer_from(1, 1, alice(), dave())).expect_ok();
}

#[test]
fn refuses_terms_that_contradict_themselves() {
    let Setting { mut chain, items, .. } = Setting::new();
    let nothing = Terms { credential: None, holder_limit: None, freezer: None };
    let cases = [
        nothing.clone(),
        Terms { holder_limit: Some(3), ..nothing.clone() },
        Terms { holder_limit: Some(0), ..credential() },
        Terms { freezer: Some(Address::ZERO), ..nothing },
    ];
    for terms in cases {
        let new = NewCollection { policy: Some(terms), ..plain() };
        chain.from(alice()).call(create(items, new)).expect_error(Error::InvalidPolicy);
    }
    assert_eq!(chain.query(items.collection_count()), Ok(0));
}

#[test]
fn holds_uses_against_no_policy() {
    let mut setting = Setting::new().created(credential());
    setting.attest(bob(), 1);
    let Setting { mut chain, items, .. } = setting;
    chain.from(alice()).call(mint(items, bob())).expect_ok();
    let until_ms = chain.time_ms() + 60_000;
    chain.from(bob()).call(items.grant_use(1, 1, dave(), until_ms, Some(true))).expect_ok();
    chain.from(dave()).call(items.pass_use(1, 1, charlie())).expect_ok();
    assert_eq!(chain.query(items.user_of(1, 1)), Ok(Some(charlie())));
}

#[test]
fn attaches_a_policy_to_an_instance_of_its_own() {
    let mut setting = Setting::new();
    setting.attest(bob(), 1);
    let new = NewCollection { policy: Some(credential()), ..plain() };
    let one = CollectionsRef::at(setting.chain.from(alice()).deploy(&code(), CollectionsRef::init(Some(new))));
    setting.chain.from(alice()).call(mint(one, alice())).expect_error(Error::NotEligible);
    setting.chain.from(alice()).call(mint(one, bob())).expect_ok();
    setting.chain.from(bob()).call(one.transfer(1, 1, charlie())).expect_error(Error::NotEligible);
}
