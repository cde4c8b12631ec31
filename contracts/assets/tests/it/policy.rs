//! Assets with a policy: each way in which one changes hands obeys it, and others do not feel it. Instances of a single
//! asset, and issuers who say who they are.

use crate::regulated::{Regulated, TOPIC, freezer, identity, registrar, requirement, share, verified};
use assets::{AssetsRef, Error, IssuerIdentity, NewAsset};
use policies::Terms;
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, module_code};

/// Asset 1: a hundred shares of Alice, for at most two identities, of which Bob is the other. Charlie is known too.
fn equity() -> Regulated {
    let mut world = Regulated::new();
    for (number, who) in (1..).zip([alice(), bob(), charlie()]) {
        world.attest(who, number);
    }
    assert_eq!(world.issue(alice(), share(100, Some(verified(Some(2), Some(freezer()))))).expect_ok(), 1);
    let call = world.assets.transfer(1, bob(), 10);
    world.chain.from(alice()).call(call).expect_ok();
    assert_eq!(world.count(1), 2);
    world
}

#[test]
fn says_that_an_asset_has_a_policy() {
    let mut world = equity();
    world.issue(alice(), share(100, None)).expect_ok();
    for (asset, restricted) in [(1, true), (2, false)] {
        assert_eq!(world.chain.query(world.assets.info(asset)).expect("it exists").restricted, restricted);
    }
    let terms = world.chain.query(world.policies.terms(world.assets.address(), 1));
    assert_eq!(terms, Ok(Some(verified(Some(2), Some(freezer())))));
    assert_eq!(world.chain.query(world.policies.terms(world.assets.address(), 2)), Ok(None));
}

#[test]
fn refuses_one_holder_too_many_on_every_way_in() {
    let mut world = equity();
    let assets = world.assets;
    let before = (world.balance(1, alice()), world.balance(1, bob()), world.balance(1, charlie()));
    for call in [
        assets.transfer(1, charlie(), 1),
        assets.transfer_with_memo(1, charlie(), 1, "rent".into()),
        assets.transfer_batch(1, vec![(bob(), 1), (charlie(), 1)]),
        assets.mint(1, charlie(), 1),
    ] {
        world.chain.from(alice()).call(call).expect_error(Error::HolderLimitReached);
    }
    world.chain.from(alice()).call(assets.approve(1, dave(), 0, 50, None)).expect_ok();
    let taken = world.chain.from(dave()).call(assets.transfer_from(1, alice(), charlie(), 1));
    taken.expect_error(Error::HolderLimitReached);
    assert_eq!(world.chain.query(assets.allowance(1, alice(), dave())), Ok(50));
    assert_eq!(before, (world.balance(1, alice()), world.balance(1, bob()), world.balance(1, charlie())));
    world.assert_mirrored(1);
}

#[test]
fn refuses_receivers_without_a_credential_on_every_way_in() {
    let mut world = equity();
    let assets = world.assets;
    for call in [
        assets.transfer(1, dave(), 1),
        assets.transfer(1, dave(), 0),
        assets.transfer_batch(1, vec![(bob(), 1), (dave(), 1)]),
        assets.mint(1, dave(), 1),
    ] {
        world.chain.from(alice()).call(call).expect_error(Error::NotEligible);
    }
    world.chain.from(alice()).call(assets.approve(1, dave(), 0, 50, None)).expect_ok();
    let taken = world.chain.from(dave()).call(assets.transfer_from(1, alice(), dave(), 1));
    taken.expect_error(Error::NotEligible);
    world.assert_mirrored(1);
}

#[test]
fn frees_the_seat_of_one_who_sells_or_burns_all() {
    let mut world = equity();
    let assets = world.assets;
    world.chain.from(bob()).call(assets.burn(1, 9)).expect_ok();
    world.chain.from(alice()).call(assets.transfer(1, charlie(), 1)).expect_error(Error::HolderLimitReached);
    world.chain.from(bob()).call(assets.burn(1, 1)).expect_ok();
    world.assert_mirrored(1);
    world.chain.from(alice()).call(assets.transfer(1, charlie(), 1)).expect_ok();
    // At the limit again: the last unit takes its seat along.
    world.chain.from(charlie()).call(assets.transfer(1, bob(), 1)).expect_ok();
    assert_eq!(world.count(1), 2);
    world.assert_mirrored(1);
}

#[test]
fn changes_no_count_when_somebody_pays_themselves_or_sends_nothing() {
    let mut world = equity();
    let assets = world.assets;
    for amount in [0, 10] {
        world.chain.from(bob()).call(assets.transfer(1, bob(), amount)).expect_ok();
    }
    world.chain.from(alice()).call(assets.transfer(1, charlie(), 0)).expect_ok();
    world.chain.from(alice()).call(assets.mint(1, dave(), 0)).expect_ok();
    world.chain.from(charlie()).call(assets.burn(1, 0)).expect_ok();
    assert_eq!((world.count(1), world.balance(1, bob())), (2, 10));
    world.chain.from(bob()).call(assets.transfer(1, bob(), 11)).expect_error(Error::InsufficientBalance);
    world.assert_mirrored(1);
}

#[test]
fn lets_one_whose_credential_ended_leave_but_not_receive() {
    let mut world = equity();
    let assets = world.assets;
    let revoke = world.credentials.revoke(bob(), TOPIC);
    world.chain.from(registrar()).call(revoke).expect_ok();
    world.chain.from(alice()).call(assets.transfer(1, bob(), 1)).expect_error(Error::NotEligible);
    world.chain.from(bob()).call(assets.transfer(1, alice(), 10)).expect_ok();
    assert_eq!(world.count(1), 1);
    world.assert_mirrored(1);
}

#[test]
fn freezes_whom_the_declared_freezer_names() {
    let mut world = equity();
    let (assets, policies) = (world.assets, world.policies);
    world.chain.from(freezer()).call(policies.freeze(assets.address(), 1, bob())).expect_ok();
    for call in [assets.transfer(1, alice(), 1), assets.burn(1, 1), assets.transfer(1, bob(), 0)] {
        world.chain.from(bob()).call(call).expect_error(Error::Frozen);
    }
    for call in [assets.transfer(1, bob(), 1), assets.mint(1, bob(), 1)] {
        world.chain.from(alice()).call(call).expect_error(Error::Frozen);
    }
    world.chain.from(freezer()).call(policies.renounce_freezer(assets.address(), 1)).expect_ok();
    world.chain.from(bob()).call(assets.transfer(1, alice(), 10)).expect_ok();
    world.assert_mirrored(1);
}

#[test]
fn cannot_freeze_what_was_issued_without_a_freezer() {
    let mut world = equity();
    let (assets, policies) = (world.assets, world.policies);
    world.issue(alice(), share(5, Some(verified(None, None)))).expect_ok();
    world.issue(alice(), share(5, None)).expect_ok();
    for (asset, error) in [(2, policies::Error::NotFreezer), (3, policies::Error::NoPolicy)] {
        for who in [alice(), freezer(), registrar()] {
            let call = policies.freeze(assets.address(), asset, bob());
            world.chain.from(who).call(call).expect_error(error);
        }
    }
}

#[test]
fn holds_the_issuer_to_the_policy() {
    let mut world = Regulated::new();
    world.issue(alice(), share(1, Some(verified(None, None)))).expect_error(Error::NotEligible);
    assert_eq!(world.chain.query(world.assets.asset_count()), Ok(0));
    // Who receives nothing need not be known.
    world.issue(alice(), share(0, Some(verified(None, None)))).expect_ok();
    world.attest(bob(), 2);
    let assets = world.assets;
    world.chain.from(alice()).call(assets.mint(1, bob(), 5)).expect_ok();
    world.assert_mirrored(1);
}

#[test]
fn refuses_policies_that_contradict_themselves() {
    let mut world = Regulated::new();
    let nothing = Terms { credential: None, holder_limit: None, freezer: None };
    for policy in [
        nothing.clone(),
        Terms { holder_limit: Some(200), ..nothing.clone() },
        verified(Some(0), None),
        Terms { freezer: Some(Address::ZERO), ..nothing },
    ] {
        world.issue(alice(), share(0, Some(policy))).expect_error(Error::InvalidPolicy);
    }
    assert_eq!(world.chain.query(world.assets.asset_count()), Ok(0));
}

#[test]
fn keeps_assets_without_a_policy_free() {
    let mut world = equity();
    let assets = world.assets;
    world.issue(alice(), share(100, None)).expect_ok();
    world.chain.from(alice()).call(assets.transfer(2, dave(), 40)).expect_ok();
    world.chain.from(dave()).call(assets.transfer(2, freezer(), 40)).expect_ok();
    assert_eq!((world.balance(2, alice()), world.balance(2, dave()), world.balance(2, freezer())), (60, 0, 40));
    let holders = world.chain.query(assets.holders(2, None, None)).expect("a query");
    assert_eq!(holders.len(), 2);
    assert_eq!(world.chain.query(world.policies.holder_count(assets.address(), 2)), Ok(0));
    // A stranger who reports moves to the policies has a namespace of their own.
    let moved = world.policies.moved(1, Some(alice()), Some(dave()), 1);
    world.chain.from(dave()).call(moved).expect_error(policies::Error::NoPolicy);
    world.assert_mirrored(1);
}

#[test]
fn states_who_the_issuer_is() {
    let mut world = Regulated::new();
    let document_hash = Some(Hash::new([9; 32]));
    let mapped = NewAsset { document_hash, issuer_credential: Some(requirement()), ..share(5, None) };
    world.issue(alice(), mapped.clone()).expect_error(Error::IssuerNotVerified);
    world.attest(alice(), 1);
    world.issue(bob(), mapped.clone()).expect_error(Error::IssuerNotVerified);
    world.issue(alice(), mapped.clone()).expect_ok();
    let expected = IssuerIdentity { credential: requirement(), identity: identity(1) };
    let revoke = world.credentials.revoke(alice(), TOPIC);
    world.chain.from(registrar()).call(revoke).expect_ok();
    // What was stated at issue stays.
    let info = world.chain.query(world.assets.info(1)).expect("it exists");
    assert_eq!((info.issuer_identity, info.document_hash), (Some(expected), document_hash));
    world.issue(alice(), mapped).expect_error(Error::IssuerNotVerified);
}

#[test]
fn holds_a_single_asset_where_it_is_created_with_one() {
    let mut world = equity();
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let genesis = world.assets;
    let first = share(7, Some(verified(Some(2), None)));
    let own = AssetsRef::at(world.chain.from(bob()).deploy(&code, AssetsRef::init(Some(first.clone()))));
    assert_eq!(world.chain.query(own.balance_of(1, bob())), Ok(7));
    assert_eq!(world.chain.query(own.info(1)).expect("it exists").owner, Some(bob()));
    world.assets = own;
    for by in [alice(), bob()] {
        world.issue(by, share(1, None)).expect_error(Error::Closed);
    }
    world.chain.from(bob()).call(own.transfer(1, dave(), 1)).expect_error(Error::NotEligible);
    world.chain.from(bob()).call(own.transfer(1, charlie(), 1)).expect_ok();
    world.chain.from(bob()).call(own.transfer(1, alice(), 1)).expect_error(Error::HolderLimitReached);
    world.assert_mirrored(1);
    world.assets = genesis;
    world.assert_mirrored(1);
    // A first asset that is wrong leaves no instance.
    let nameless = NewAsset { name: String::new(), ..first };
    let failed = world.chain.from(bob()).try_deploy(&code, AssetsRef::init(Some(nameless)));
    failed.expect_error(Error::InvalidName);
}

#[test]
fn needs_no_other_module_without_policies() {
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let mut chain = TestChain::with_modules(&[("assets", &code, AssetsRef::init(Some(share(5, None))))]);
    let assets = AssetsRef::at(TestChain::module_address("assets"));
    let holders = chain.query(assets.holders(1, None, None)).expect("a query");
    assert_eq!(holders.len(), 1);
    let closed = assets.issue("N".into(), "S".into(), 0, 1, None, None, None, None, None, None, None);
    chain.from(alice()).call(closed).expect_error(Error::Closed);
}
