//! `collections`: works of art with a base URI, one of them let to a user; a second collection under a policy; notarised
//! documents.

use crate::profile::Stage;
use crate::profile::people::{DAY_MS, restrict};
use collections::{CollectionsRef, Kind, MintRight, NewCollection, ResourceKind};
use policies::Terms;
use tenon_contract::{Call, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave};

/// Items that the owner of the page has.
const ITEMS: u8 = 100;

pub(super) fn scenario(stage: &mut Stage) {
    let collections = CollectionsRef::at(TestChain::module_address("collections"));
    stage.create("without a collection", alice(), CollectionsRef::init(None));
    stage.create("with the only collection", alice(), CollectionsRef::init(Some(new_collection(None))));
    let art = stage.measure("", alice(), create(collections, None));
    items(stage, collections, art);
    uses(stage, collections, art);
    notary(stage, collections);
    restricted(stage, collections);
    queries(stage, collections, art);
    rights(stage, collections, art);
}

fn new_collection(policy: Option<Terms>) -> NewCollection {
    NewCollection {
        name: "Works of the Mint".to_owned(),
        symbol: "ART".to_owned(),
        base_uri: Some("https://art.example/".to_owned()),
        kind: Some(Kind::Physical),
        mint: None,
        cap: Some(10_000),
        burnable: None,
        document_hash: Some([7; 32].into()),
        policy,
    }
}

fn create(collections: CollectionsRef, policy: Option<Terms>) -> Call<u64> {
    let NewCollection { name, symbol, base_uri, kind, mint, cap, burnable, document_hash, policy } =
        new_collection(policy);
    collections.create(name, symbol, base_uri, kind, mint, cap, burnable, document_hash, policy)
}

fn items(stage: &mut Stage, collections: CollectionsRef, art: u64) {
    let metadata = Some(Hash::new([8; 32]));
    stage.measure("the first item", alice(), collections.mint(art, alice(), None, metadata, None));
    stage.measure("a further item", alice(), collections.mint(art, alice(), None, metadata, None));
    stage.prepare(alice(), collections.mint(art, alice(), None, metadata, None));
    stage.measure("to a new holder", alice(), collections.transfer(art, 1, bob()));
    stage.measure("between holders", alice(), collections.transfer(art, 2, bob()));
    stage.measure("", bob(), collections.approve(art, 1, Some(charlie())));
    stage.measure("by an approval", charlie(), collections.transfer_from(art, 1, bob(), alice()));
    stage.prepare(bob(), collections.approve(art, 2, Some(charlie())));
    stage.measure("ended", bob(), collections.approve(art, 2, None));
    stage.measure("allowed", alice(), collections.set_operator(Some(art), charlie(), true));
    stage.measure("by an operator", charlie(), collections.transfer_from(art, 1, alice(), bob()));
    stage.measure("ended", alice(), collections.set_operator(Some(art), charlie(), false));
    stage.measure("", bob(), collections.burn(art, 2));
}

fn uses(stage: &mut Stage, collections: CollectionsRef, art: u64) {
    let until_ms = stage.chain().time_ms() + DAY_MS;
    stage.measure("", bob(), collections.grant_use(art, 1, charlie(), until_ms, Some(true)));
    stage.measure("to a new holder, while used", bob(), collections.transfer(art, 1, dave()));
    stage.measure("", charlie(), collections.pass_use(art, 1, bob()));
    stage.ask("", alice(), collections.user_of(art, 1));
    stage.ask("", alice(), collections.use_of(art, 1));
    stage.measure("by the user", bob(), collections.give_back_use(art, 1));
}

fn notary(stage: &mut Stage, collections: CollectionsRef) {
    let (salt, document) = (Hash::new([1; 32]), Hash::new([2; 32]));
    let commitment = stage.ask("", alice(), collections.notary_commitment(alice(), salt, document));
    let uri = Some("https://files.example/contract.pdf".to_owned());
    stage.measure("the first", alice(), collections.notarise(commitment, ResourceKind::Other, uri.clone()));
    stage.measure("a further one", alice(), collections.notarise(document, ResourceKind::Brand, uri));
    stage.ask("", bob(), collections.notarised(commitment));
}

fn restricted(stage: &mut Stage, collections: CollectionsRef) {
    let terms = restrict(stage, &[alice(), bob(), charlie()]);
    let seats = stage.measure("with a policy", alice(), create(collections, Some(terms)));
    stage.measure("the first item, under a policy", alice(), collections.mint(seats, alice(), None, None, None));
    stage.prepare(alice(), collections.mint(seats, bob(), None, None, None));
    stage.prepare(alice(), collections.mint(seats, bob(), None, None, None));
    stage.measure("between holders, under a policy", bob(), collections.transfer(seats, 2, alice()));
    stage.measure("under a policy", bob(), collections.burn(seats, 3));
}

fn queries(stage: &mut Stage, collections: CollectionsRef, art: u64) {
    let who = alice();
    for _ in 0..ITEMS {
        stage.prepare(who, collections.mint(art, charlie(), None, None, None));
    }
    stage.ask("", who, collections.collection_count());
    stage.ask("", who, collections.info(art));
    stage.ask("", who, collections.supply(art));
    stage.ask("", who, collections.item(art, 1));
    stage.ask("", who, collections.owner_of(art, 1));
    stage.ask("", who, collections.balance_of(art, charlie()));
    stage.ask("as nobody in particular", who, collections.can_move(art, 1, who));
    stage.ask("", who, collections.is_operator(art, charlie(), who));
    stage.ask("a page of 100", who, collections.items(art, None, None));
    stage.ask("a page of 100", who, collections.items_of(art, charlie(), None, None));
    stage.ask("a page of 100", who, collections.all_items_of(charlie(), None, None));
}

fn rights(stage: &mut Stage, collections: CollectionsRef, art: u64) {
    stage.measure("", alice(), collections.set_mint_right(art, MintRight::Account(charlie())));
    stage.measure("", alice(), collections.seal(art));
    stage.measure("", alice(), collections.propose_owner(art, bob()));
    stage.measure("", bob(), collections.accept_owner(art));
    stage.measure("", bob(), collections.renounce_owner(art));
}
