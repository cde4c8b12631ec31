//! Who sends too much.

use super::forge::{Block, Forge, Wish};
use super::host::Host;
use super::*;

/// Blocks on parents that nobody has.
pub(super) fn strays(forge: &Forge, count: usize) -> Vec<Block> {
    let stray = |at: usize| {
        let genesis = forge.genesis;
        let wish = Wish { transactions: vec![at as u64], ..forge.wish(&genesis) };
        let mut block = forge.unsolved(&genesis, wish);
        block.header.parent_hash = blake2b_256(&at.to_le_bytes());
        block.header.number = 5;
        block
    };
    (0..count).map(stray).collect()
}

#[test]
fn orphans_are_bounded_by_peer_and_in_all() {
    let mut forge = Forge::new(quick_rules());
    let mut host = Host::new(&forge);
    for block in strays(&forge, 1_000) {
        host.block(&block, Some(1));
    }
    assert_eq!(host.chain.status().orphans, MAX_ORPHANS_OF_PEER);
    assert_eq!(host.bodies(), MAX_ORPHANS_OF_PEER, "what is dropped is dropped by the driver, too");
    for (at, block) in strays(&forge, 3_000).iter().enumerate().skip(1_000) {
        host.block(block, Some(at as u64));
    }
    let status = host.chain.status();
    assert_eq!((status.orphans, host.bodies(), status.wanted), (MAX_ORPHANS, MAX_ORPHANS, MAX_WANTED));
    // They are asked for some times, and given up; the chain goes on meanwhile.
    let row = forge.row(&forge.genesis.clone(), 2, 1);
    row.iter().for_each(|block| host.block(block, None));
    (0..20).for_each(|_| host.pass(10_000));
    assert_eq!((host.head(), host.chain.status().wanted), (row[1].hash(), 0));
}

#[test]
fn works_being_checked_are_bounded_by_peer_and_in_all() {
    let mut forge = Forge::new(WorkRules { first_bits: bits_of(1), ..quick_rules() });
    let genesis = forge.genesis;
    let mut host = Host::new(&forge);
    host.slow = true;
    let blocks: Vec<Block> =
        (0..600).map(|at| forge.make(&genesis, Wish { transactions: vec![at], ..forge.wish(&genesis) })).collect();
    for block in &blocks[..100] {
        host.block(block, Some(1));
    }
    assert_eq!(host.works.len(), MAX_CHECKING_OF_PEER);
    let (found, max) = (MAX_CHECKING_OF_PEER, MAX_CHECKING_OF_PEER);
    let busy = Refusal::Busy { what: "works of one peer being checked", found, max };
    assert_eq!(host.refused.last().map(|(_, _, reason)| reason), Some(&busy));
    assert!(!busy.is_fault());
    for (at, block) in blocks.iter().enumerate().skip(100) {
        host.block(block, Some(at as u64));
    }
    assert_eq!(host.works.len(), MAX_CHECKING);
    host.catch_up();
    // What was refused for want of room comes again.
    host.block(&blocks[99], Some(1));
    assert_eq!(host.works.len(), MAX_CHECKING + 1);
}

#[test]
fn the_weakest_branch_goes_when_there_are_too_many_blocks() {
    let mut forge =
        Forge::new(WorkRules { first_bits: bits_of(1), window: 1_000, retarget_blocks: 4_000, ..quick_rules() });
    let genesis = forge.genesis;
    let mut host = Host::new(&forge);
    let row = forge.row(&genesis, 3, 1);
    row.iter().for_each(|block| host.block(block, None));
    for at in 0..MAX_NODES as u64 {
        let block = forge.make(&genesis, Wish { transactions: vec![at], ..forge.wish(&genesis) });
        host.block(&block, Some(at));
    }
    assert_eq!(host.chain.status().blocks, MAX_NODES);
    assert_eq!(host.bodies(), MAX_NODES);
    assert!(matches!(host.refused.last(), Some((_, _, Refusal::Busy { what: "blocks", .. }))));
    let next = forge.row(&row[2].hash(), 2, 1);
    next.iter().for_each(|block| host.block(block, Some(5)));
    assert_eq!(host.head(), next[1].hash(), "what has more work has room");
    assert_eq!(host.chain.status().blocks, MAX_NODES);
}
