//! Collections with a transfer policy: credentials, a limit of holders, freezing. The rules are those of `policies`.

use crate::{code, create, mint, owner, plain};
use collections::{CollectionsRef, Error, NewCollection, Requirement, Terms};
use credentials::CredentialsRef;
use policies::PoliciesRef;
use proptest::prelude::*;
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

/// What happens to a collection whose policy asks for everything, by number of people and items.
#[derive(Clone, Debug)]
enum Step {
    Attest { who: usize, identity: u8 },
    Revoke { who: usize },
    Freeze { who: usize, on: bool },
    Mint { to: usize },
    Transfer { item: u64, to: usize },
    Burn { item: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..4usize;
    prop_oneof![
        2 => (who(), 1..4u8).prop_map(|(who, identity)| Step::Attest { who, identity }),
        1 => who().prop_map(|who| Step::Revoke { who }),
        1 => (who(), any::<bool>()).prop_map(|(who, on)| Step::Freeze { who, on }),
        3 => who().prop_map(|to| Step::Mint { to }),
        5 => (1..6u64, who()).prop_map(|(item, to)| Step::Transfer { item, to }),
        1 => (1..6u64).prop_map(|item| Step::Burn { item }),
    ]
}

impl Setting {
    /// Makes a step, which must end as the policy's module says beforehand.
    fn perform(&mut self, people: &[Address], step: &Step) {
        let Self { items, policies, credentials, .. } = *self;
        let asset = (items.address(), 1);
        let (from, to, call) = match *step {
            Step::Attest { who, identity } => return self.attest(people[who], identity),
            Step::Revoke { who } => {
                // There may be nothing to revoke.
                drop(self.chain.from(eve()).call(credentials.revoke(people[who], TOPIC)));
                return;
            }
            Step::Freeze { who, on } => {
                let (freeze, unfreeze) =
                    (policies.freeze(asset.0, 1, people[who]), policies.unfreeze(asset.0, 1, people[who]));
                drop(self.chain.from(ferdie()).call(if on { freeze } else { unfreeze }));
                return;
            }
            Step::Mint { to } => {
                let refusal = self.refusal(None, Some(people[to]));
                let outcome = self.chain.from(alice()).call(mint(items, people[to]));
                assert_eq!(outcome.result.map(drop).map_err(|failure| failure.module_error()), refusal);
                return;
            }
            Step::Transfer { item, to } => {
                (owner(&self.chain, items, item), Some(people[to]), items.transfer(1, item, people[to]))
            }
            Step::Burn { item } => (owner(&self.chain, items, item), None, items.burn(1, item)),
        };
        let expected = if from.is_some() { self.refusal(from, to) } else { Err(Some(Error::UnknownItem)) };
        let outcome = self.chain.from(from.unwrap_or(alice())).call(call);
        assert_eq!(outcome.result.map_err(|failure| failure.module_error()), expected);
    }

    fn refusal(&self, from: Option<Address>, to: Option<Address>) -> Result<(), Option<Error>> {
        let call = self.policies.refusal(self.items.address(), 1, from, to, 1);
        match self.chain.query(call).expect("a query") {
            None => Ok(()),
            Some(1) => Err(Some(Error::NotEligible)),
            Some(2) => Err(Some(Error::HolderLimitReached)),
            Some(3) => Err(Some(Error::Frozen)),
            Some(other) => panic!("a policy refuses by eligibility, limit and freeze, found {other}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn tells_its_policy_of_every_move_in_any_history(steps in prop::collection::vec(step(), 1..40)) {
        let terms = Terms { holder_limit: Some(2), freezer: Some(ferdie()), ..credential() };
        let mut setting = Setting::new().created(terms);
        let people = [alice(), bob(), charlie(), dave()];
        let first = [Step::Attest { who: 0, identity: 1 }, Step::Attest { who: 1, identity: 1 }, Step::Mint { to: 0 }];
        for step in first.into_iter().chain(steps) {
            setting.perform(&people, &step);
            for who in people {
                let count = setting.chain.query(setting.items.balance_of(1, who)).expect("a query");
                let mirror = setting.chain.query(setting.policies.held(setting.items.address(), 1, who));
                prop_assert_eq!(mirror.expect("a query").map_or(0, |held| held.amount), u128::from(count));
            }
        }
    }
}
