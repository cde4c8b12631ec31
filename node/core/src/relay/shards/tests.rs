//! Any k pieces give the block, wrong pieces are refused, a wrong coding is found by everybody, and memory is bounded.

use super::code::rebuild;
use super::tree::Tree;
use super::*;
use crate::relay::MAX_BLOCK_BYTES;
use crate::wire::Wire;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tenon_types::{Hash, MAX_VALIDATORS};

const BLOCK: Hash = Hash([7; 32]);

fn code(data: u16, total: u16) -> Code {
    Code::new(data, total).expect("there is such a code")
}

/// Bytes that differ from place to place.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 31 + place / 251) as u8).collect()
}

fn shards(length: usize, code: Code) -> Vec<Shard> {
    Shard::encode(BLOCK, &bytes(length), code).expect("the length is within the bounds")
}

fn sets() -> ShardSets {
    ShardSets::new(MAX_OPEN_BYTES)
}

/// What the last of some pieces gives.
fn collect(pieces: impl IntoIterator<Item = Shard>) -> Result<Collected, ShardError> {
    let mut sets = sets();
    let mut last = Ok(Collected::Known);
    for piece in pieces {
        last = sets.insert(piece.index, piece);
    }
    last
}

#[test]
fn any_two_of_four_give_the_block() {
    for length in [1, 2, 3, 4, 5, 127, 128, 1_000] {
        let all = shards(length, code(2, 4));
        for (first, second) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3), (3, 0)] {
            let rebuilt = collect([all[first].clone(), all[second].clone()]);
            let expected = Collected::Rebuilt { block: BLOCK, bytes: bytes(length) };
            assert_eq!(rebuilt, Ok(expected), "{length} bytes of {first} and {second}");
        }
    }
}

#[test]
fn one_piece_may_suffice() {
    let all = shards(9, code(1, 3));
    for one in all {
        assert_eq!(collect([one]), Ok(Collected::Rebuilt { block: BLOCK, bytes: bytes(9) }));
    }
}

#[test]
fn a_full_block_among_the_most_validators_is_rebuilt_from_parity_alone() {
    let total = u16::try_from(MAX_VALIDATORS).expect("it is 512");
    let all = shards(MAX_BLOCK_BYTES, code(171, total));
    let size = all[0].bytes.len();
    assert!(size * 171 < MAX_BLOCK_BYTES + 171 * 2, "{size} bytes a piece");
    let rebuilt = collect(all.into_iter().rev().take(171));
    assert_eq!(rebuilt, Ok(Collected::Rebuilt { block: BLOCK, bytes: bytes(MAX_BLOCK_BYTES) }));
}

#[test]
fn each_change_makes_a_piece_foreign() {
    let all = shards(1_000, code(3, 7));
    let honest = all[4].clone();
    assert_eq!(honest.check(), Ok(()));
    let foreign = ShardError::Foreign { index: 4, root: honest.root };
    let changed = |change: fn(&mut Shard)| {
        let mut shard = honest.clone();
        change(&mut shard);
        shard.check()
    };
    assert_eq!(changed(|shard| shard.bytes[100] ^= 1), Err(foreign.clone()));
    assert_eq!(changed(|shard| shard.block = Hash::ZERO), Err(foreign.clone()), "it is said to be of another block");
    assert_eq!(changed(|shard| shard.length = 999), Err(foreign.clone()));
    assert_eq!(changed(|shard| shard.code = code(3, 8)), Err(foreign.clone()));
    assert_eq!(changed(|shard| shard.branch[1] = Hash::ZERO), Err(foreign.clone()));
    assert_eq!(changed(|shard| shard.branch.truncate(1)), Err(foreign.clone()));
    assert_eq!(changed(|shard| shard.branch.push(Hash::ZERO)), Err(foreign));
    assert_eq!(changed(|shard| shard.index = 5), Err(ShardError::Foreign { index: 5, root: honest.root }));
    assert_eq!(changed(|shard| shard.index = 7), Err(ShardError::Index { found: 7, total: 7 }));
    assert_eq!(changed(|shard| shard.bytes.push(0)), Err(ShardError::Size { found: 335, expected: 334 }));
    assert_eq!(changed(|shard| shard.length = 0), Err(ShardError::Length { found: 0, max: MAX_BLOCK_BYTES }));
    let found = u32::MAX as usize;
    assert_eq!(changed(|shard| shard.length = u32::MAX), Err(ShardError::Length { found, max: MAX_BLOCK_BYTES }));
    let error = changed(|shard| shard.root = Hash::ZERO);
    assert_eq!(error, Err(ShardError::Foreign { index: 4, root: Hash::ZERO }));
}

#[test]
fn codes_that_cannot_be_are_refused() {
    let most = u16::try_from(MAX_VALIDATORS).expect("it is 512");
    for (data, total) in [(0, 4), (4, 4), (5, 4), (1, most + 1), (0, 0)] {
        assert_eq!(Code::new(data, total), Err(ShardError::Code { data, total }));
        let mut shard = shards(10, code(2, 4)).swap_remove(0);
        // As a peer would state it.
        shard.code = parity_scale_codec::Decode::decode(&mut &parity_scale_codec::Encode::encode(&(data, total))[..])
            .expect("any two numbers are read");
        assert_eq!(shard.check(), Err(ShardError::Code { data, total }));
    }
    for found in [0, MAX_BLOCK_BYTES + 1] {
        let error = Shard::encode(BLOCK, &vec![0; found], code(2, 4));
        assert_eq!(error, Err(ShardError::Length { found, max: MAX_BLOCK_BYTES }));
    }
}

/// Pieces that belong to one root, one of which is no code word.
fn coded_wrongly(code: Code) -> Vec<Shard> {
    let mut all = shards(100, code);
    all[3].bytes[0] ^= 1;
    sign_again(&mut all);
    all
}

/// Makes a tree over pieces as they are, as a lying leader would.
fn sign_again(all: &mut [Shard]) {
    let tree = Tree::new(all.iter().map(|shard| super::tree::leaf(&shard.bytes)).collect());
    let root = super::code::root(all[0].block, all[0].code, all[0].length, tree.root());
    for (index, shard) in all.iter_mut().enumerate() {
        shard.root = root;
        shard.branch = tree.branch(index);
        shard.check().expect("each piece belongs to the root");
    }
}

#[test]
fn wrong_coding_is_found_whichever_pieces_one_has() {
    let all = coded_wrongly(code(2, 5));
    let expected = Err(ShardError::Encoder { root: all[0].root, block: BLOCK });
    for first in 0..5 {
        for second in (0..5).filter(|second| *second != first) {
            let pieces = [all[first].clone(), all[second].clone()];
            assert_eq!(collect(pieces), expected, "of {first} and {second}");
        }
    }
    let mut padded = shards(101, code(2, 4));
    *padded[1].bytes.last_mut().expect("it has bytes") = 1;
    sign_again(&mut padded);
    let error = ShardError::Encoder { root: padded[0].root, block: BLOCK };
    assert_eq!(collect([padded[0].clone(), padded[1].clone()]), Err(error), "what fills up is zero");
}

#[test]
fn late_and_repeated_pieces_are_passed_over() {
    let all = shards(100, code(2, 4));
    let mut sets = sets();
    assert_eq!(sets.insert(1, all[1].clone()), Ok(Collected::Kept { found: 1, expected: 2 }));
    assert_eq!(sets.insert(2, all[1].clone()), Ok(Collected::Known));
    let mut forged = all[1].clone();
    forged.bytes[0] ^= 1;
    assert_eq!(sets.insert(2, forged), Err(ShardError::Foreign { index: 1, root: all[0].root }));
    assert!(matches!(sets.insert(3, all[3].clone()), Ok(Collected::Rebuilt { .. })));
    assert_eq!(sets.insert(2, all[2].clone()), Ok(Collected::Known));
    assert!(sets.is_empty());
    let wrong = coded_wrongly(code(2, 4));
    assert!(sets.insert(0, wrong[0].clone()).is_ok());
    assert!(sets.insert(1, wrong[1].clone()).is_err());
    assert_eq!(sets.insert(2, wrong[2].clone()), Ok(Collected::Known), "a wrong coding is not tried again");
}

#[test]
fn a_sender_has_only_so_many_roots_open() {
    let mut sets = sets();
    let of = |number: u8| Shard::encode(Hash([number; 32]), &bytes(100), code(2, 4)).expect("it is short");
    let honest = of(200);
    sets.insert(1, honest[1].clone()).expect("it is right");
    for number in 0..50 {
        sets.insert(3, of(number)[3].clone()).expect("it is right by itself");
        assert!(sets.len() <= 1 + MAX_OPEN_PER_SENDER);
    }
    assert!(matches!(sets.insert(0, honest[0].clone()), Ok(Collected::Rebuilt { .. })), "others are not in the way");
    assert_eq!(sets.insert(0, of(49)[0].clone()), Ok(Collected::Rebuilt { block: Hash([49; 32]), bytes: bytes(100) }));
    assert_eq!(sets.insert(0, of(0)[0].clone()), Ok(Collected::Kept { found: 1, expected: 2 }), "it was dropped");
    sets.forget(Hash([0; 32]));
    sets.forget(Hash([48; 32]));
    assert!(sets.is_empty());
}

#[test]
fn bytes_are_bounded_and_what_is_furthest_stays() {
    let of = |number: u8| Shard::encode(Hash([number; 32]), &bytes(1_000), code(4, 8)).expect("it is short");
    let mut sets = ShardSets::new(2_500);
    let near = of(1);
    for piece in &near[..3] {
        sets.insert(0, piece.clone()).expect("it is right");
    }
    for sender in 1..100 {
        sets.insert(sender, of(sender as u8 + 1)[0].clone()).expect("it is right");
        assert!(sets.bytes() <= 2_500, "{} bytes", sets.bytes());
    }
    assert!(matches!(sets.insert(0, near[7].clone()), Ok(Collected::Rebuilt { .. })));
}

#[test]
fn everybody_gets_every_piece_by_the_plan() {
    for (validators, leader) in [(2, 0), (3, 1), (4, 0), (4, 3), (7, 2), (10, 9), (100, 50)] {
        let plan = ShardPlan::new(validators, leader).expect("there is such a plan");
        let mut received: BTreeMap<u16, BTreeSet<u16>> = BTreeMap::new();
        let mut sent: BTreeMap<u16, usize> = BTreeMap::new();
        let mut send = |from: u16, to: u16, index: u16| {
            assert!(plan.allows(from, to, index), "{from} to {to}: piece {index} of {validators}");
            assert!(received.entry(to).or_default().insert(index), "{to} gets piece {index} twice");
            *sent.entry(from).or_default() += 1;
        };
        for index in 0..validators {
            plan.first_receivers(index).into_iter().for_each(|to| send(leader, to, index));
        }
        for me in 0..validators {
            plan.next_receivers(me).into_iter().for_each(|to| send(me, to, me));
        }
        assert!(!received.contains_key(&leader), "the leader has the block");
        let all: BTreeSet<u16> = (0..validators).collect();
        assert!(received.len() == usize::from(validators) - 1 && received.values().all(|indices| *indices == all));
        // Nobody sends more than twice as many pieces as there are validators: twice 3 blocks, not n.
        assert!(sent.values().all(|pieces| *pieces < 2 * usize::from(validators)), "{sent:?}");
    }
}

#[test]
fn nobody_sends_the_block_more_than_three_times_and_the_leader_twice_that() {
    let plan = ShardPlan::new(100, 0).expect("there is such a plan");
    let size = plan.code().shard_bytes(1 << 20);
    let from_leader: usize = (0..100).map(|index| plan.first_receivers(index).len() * size).sum();
    let from_other = plan.next_receivers(1).len() * size;
    assert!(from_other < 3 << 20, "{from_other} bytes");
    assert!(from_leader < 6 << 20, "{from_leader} bytes");
}

#[test]
fn the_plan_allows_nothing_else() {
    let plan = ShardPlan::new(4, 1).expect("there is such a plan");
    assert!(plan.allows(1, 3, 3) && plan.allows(1, 3, 1) && plan.allows(2, 3, 2));
    assert!(!plan.allows(1, 3, 2), "the leader gives everybody their own");
    assert!(!plan.allows(2, 3, 3) && !plan.allows(2, 3, 1), "nobody else's");
    assert!(!plan.allows(2, 1, 2), "the leader has the block");
    assert!(!plan.allows(2, 2, 2) && !plan.allows(4, 3, 4) && !plan.allows(2, 4, 2));
    assert_eq!(ShardPlan::new(4, 4), Err(ShardError::Index { found: 4, total: 4 }));
    assert_eq!(ShardPlan::new(1, 0), Err(ShardError::Code { data: 1, total: 1 }));
    assert_eq!(ShardPlan::new(0, 0), Err(ShardError::Code { data: 1, total: 0 }));
}

/// Sends a block by the plan, drops each message that the losses name, and returns who has the block.
fn deliver(validators: u16, leader: u16, block: &[u8], mut is_lost: impl FnMut() -> bool) -> BTreeSet<u16> {
    let plan = ShardPlan::new(validators, leader).expect("there is such a plan");
    let all = Shard::encode(BLOCK, block, plan.code()).expect("it is short");
    let mut nodes: BTreeMap<u16, ShardSets> = (0..validators).map(|node| (node, sets())).collect();
    let mut done = BTreeSet::from([leader]);
    let mut queue: Vec<(u16, u16, Shard)> = all
        .iter()
        .flat_map(|shard| plan.first_receivers(shard.index).into_iter().map(|to| (leader, to, shard.clone())))
        .collect();
    while let Some((from, to, shard)) = queue.pop() {
        if is_lost() {
            continue;
        }
        if from == leader && shard.index == to {
            queue.extend(plan.next_receivers(to).into_iter().map(|next| (to, next, shard.clone())));
        }
        let node = nodes.get_mut(&to).expect("the plan names validators");
        if let Collected::Rebuilt { bytes, .. } = node.insert(from, shard).expect("everybody is honest") {
            assert_eq!(bytes, block);
            done.insert(to);
        }
    }
    done
}

/// For each seed, everybody has the block though so many of a hundred messages are lost; none is sent again.
fn arrives(validators: u16, lost_percent: u64, seeds: u64) {
    for seed in 0..seeds {
        let leader = u16::try_from(seed).expect("there are few seeds") % validators;
        let mut losses = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
        let done = deliver(validators, leader, &bytes(3_000), || {
            let mut bytes = [0; 8];
            losses.fill(&mut bytes);
            u64::from_le_bytes(bytes) % 100 < lost_percent
        });
        assert_eq!(done.len(), usize::from(validators), "seed {seed}");
    }
}

#[test]
fn every_block_arrives_though_a_fifth_of_the_messages_is_lost() {
    arrives(64, 20, 20);
    arrives(100, 20, 10);
}

#[test]
fn few_validators_stand_the_loss_of_a_tenth() {
    arrives(16, 10, 20);
    arrives(31, 10, 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_k_of_n_give_the_block(
        data in 1_u16..40,
        more in 1_u16..60,
        length in 1_usize..5_000,
        order in any::<u64>(),
    ) {
        let code = code(data, data + more);
        let mut all = shards(length, code);
        // Some order of the pieces, from the seed.
        let seed = |shard: &Shard| [order, shard.index.into()].map(u64::to_le_bytes).concat();
        let rank = |shard: &Shard| *blake3::hash(&seed(shard)).as_bytes();
        all.sort_by_key(rank);
        let read: Result<Vec<Shard>, _> = all.iter().map(|shard| Shard::from_bytes(&shard.to_bytes())).collect();
        let read = read.expect("they were written so");
        prop_assert_eq!(&read, &all);
        let few: BTreeMap<u16, Vec<u8>> =
            all.iter().take(code.data()).map(|shard| (shard.index, shard.bytes.clone())).collect();
        prop_assert_eq!(rebuild(&all[0], &few), Ok(bytes(length)));
        let expected = Collected::Rebuilt { block: BLOCK, bytes: bytes(length) };
        prop_assert_eq!(collect(read.into_iter().take(code.data())), Ok(expected));
    }

    #[test]
    fn any_change_to_a_piece_is_found(
        total in 2_u16..40,
        index in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        change in 1_u8..,
    ) {
        let all = shards(777, code(total.div_ceil(3), total));
        let shard = index.get(&all);
        let mut written = shard.to_bytes();
        let place = place.index(written.len());
        written[place] ^= change;
        prop_assert!(!Shard::from_bytes(&written).is_ok_and(|read| read.check().is_ok()));
    }
}
