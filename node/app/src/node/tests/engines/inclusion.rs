//! Old headers, transactions, receipts and entries under the last final header, as a light client checks them.

use super::*;
use crate::backend::{Shown, Unavailable};
use crate::node::validators;
use tenon_core::consensus::bbft::{Checkpoint, Epoch, LightClient, LightProof, LightRules};
use tenon_types::proof::{Commitments, Part};
use tenon_types::{Header, Receipt, blake2b_256};

/// The clock of somebody for whom no block is of the future.
const NOW_MS: u64 = u64::MAX / 2;

/// A light client that believes the development validators from genesis on.
fn client(node: &Node) -> LightClient {
    let chain = node.genesis_hash();
    let rules = LightRules { chain, epoch_blocks: 0, trust_period_ms: u64::MAX };
    let validators = validators::development_set().validators().to_vec();
    let checkpoint = Checkpoint { epoch: Epoch(0), start: chain, start_ms: FIRST_MS, since_ms: FIRST_MS, validators };
    LightClient::new(rules, checkpoint).unwrap()
}

fn shown(node: &Node, client: &LightClient, what: &Shown) -> (Commitments, Part) {
    let proof = node.light_proof(what).unwrap();
    let read = LightProof::from_bytes(&proof.to_bytes()).unwrap();
    (client.check_inclusion(&read, NOW_MS).unwrap(), read.inclusion.part)
}

#[test]
fn everything_of_the_chain_is_shown_under_the_last_final_header() {
    let folder = tempfile::tempdir().unwrap();
    let model = chain_by_votes(folder.path());
    // The accumulator is what the store has of it.
    let (node, threads) = start(folder.path(), BBFT);
    let before = height_of(&node.finalized());
    until_final(&node, |entry| height_of(entry) >= before + 3);
    let client = client(&node);
    let alice = tenon_types::keys::account(&crate::node::genesis::development_address("//Alice"));
    for entry in &model {
        let height = height_of(entry);
        let (found, part) = shown(&node, &client, &Shown::Header(height));
        assert_eq!((found.number, found.hash, part), (height, entry.hash, Part::Header));
        let (found, part) = shown(&node, &client, &Shown::Entry { key: alice.clone(), at: Some(entry.hash) });
        assert!(matches!(part, Part::Entry { value: Some(_), .. }) && found.number == height + 1, "{found:?}");
        for (transaction, receipt) in entry.transactions.iter().zip(&entry.receipts) {
            let (found, part) = shown(&node, &client, &Shown::Transaction(*transaction));
            let Part::Transaction { bytes, .. } = part else { panic!("{part:?}") };
            assert_eq!((found.number, blake2b_256(&bytes)), (height, *transaction));
            let (found, part) = shown(&node, &client, &Shown::Receipt(*transaction));
            let Part::Receipt { bytes, .. } = part else { panic!("{part:?}") };
            assert_eq!(Receipt::decode(&mut &bytes[..]).as_ref(), Ok(receipt));
            assert_eq!((found.number, receipt.transaction), (height + 1, *transaction));
        }
    }
    let (found, _) = shown(&node, &client, &Shown::Entry { key: b"nothing".to_vec(), at: None });
    assert!(found.number > before);
    for unknown in [Shown::Transaction(Hash([9; 32])), Shown::Receipt(Hash([9; 32])), Shown::Header(u32::MAX)] {
        assert!(matches!(node.light_proof(&unknown), Err(Unavailable::Unproven(_))), "{unknown:?}");
    }
    stop(node, threads);
}

#[test]
fn a_node_that_pruned_a_block_still_shows_that_its_header_was_of_the_chain() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { history_blocks: 5, ..Options::default() };
    let store = Arc::new(Store::open(folder.path(), &options).unwrap());
    let (node, threads) = Node::start(store, engine(), BBFT, plain_genesis).unwrap();
    until_final(&node, |entry| height_of(entry) >= 3);
    let old = node.block(&node.hash_at(2).unwrap()).unwrap();
    until_final(&node, |entry| height_of(entry) >= 12);
    let client = client(&node);
    let pruned = node.light_proof(&Shown::Header(2));
    assert!(matches!(pruned, Err(Unavailable::Pruned { height: 2, .. })), "{pruned:?}");
    let header = old.block.header.clone();
    let (found, part) = shown(&node, &client, &Shown::Known(Box::new(header.clone())));
    assert_eq!((found.number, found.hash, part), (2, old.hash, Part::Header));
    for forged in [Header { number: 3, ..header.clone() }, Header { extrinsics_root: Hash([8; 32]), ..header }] {
        let refused = node.light_proof(&Shown::Known(Box::new(forged)));
        assert!(matches!(refused, Err(Unavailable::Unproven(_))), "{refused:?}");
    }
    stop(node, threads);
}

#[test]
fn a_chain_without_votes_shows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Consensus::Dev(DevMode::Interval { interval_ms: INTERVAL_MS });
    let (node, threads) = start(folder.path(), dev);
    until_final(&node, |entry| height_of(entry) >= 3);
    assert!(matches!(node.light_proof(&Shown::Header(1)), Err(Unavailable::Unproven(_))));
    stop(node, threads);
}
