//! Whole synchronisations over a bad network, among liars of every kind.

use super::chain::{Chain, Random};
use super::world::{Kind, LIARS, Weather, World};
use crate::sync::{Offence, SyncRules};
use proptest::prelude::*;
use std::collections::BTreeSet;

const FAIR: Weather = Weather { lost: 0, repeated: 0, delay_ms: 60, restarts: 0, hiccups: 0 };
const FOUL: Weather = Weather { lost: 15, repeated: 20, delay_ms: 400, restarts: 0, hiccups: 0 };
const HOUR_MS: u64 = 3_600_000;

fn small() -> SyncRules {
    SyncRules { window_blocks: 64, first_batch: 4, max_batch: 16, ban_ms: 60_000, ..SyncRules::default() }
}

#[test]
fn several_peers_bring_what_one_brings_in_several_times_the_time() {
    // Each peer may be asked twice at once; the delay is what takes the time.
    let time_ms = |peers: usize| {
        let chain = Chain::new(3_000, 1, 40);
        World::new(1, SyncRules::default(), chain, vec![Kind::Honest; peers], FAIR).run(HOUR_MS)
    };
    let (one_ms, four_ms) = (time_ms(1), time_ms(4));
    assert!(four_ms * 10 < one_ms * 15 || four_ms < 3_200, "{four_ms} ms of four, {one_ms} ms of one");
    assert!(four_ms >= 3_000, "the driver takes a millisecond for each block");
}

#[test]
fn each_kind_of_liar_is_found_and_does_not_stop_an_honest_peer() {
    for (seed, kind) in (0..).zip(LIARS) {
        let rules = SyncRules { ban_ms: 2_000, ..small() };
        let mut found = BTreeSet::new();
        for round in 0..8 {
            let kinds = vec![kind, kind, Kind::Honest];
            let mut world = World::new(seed * 100 + round, rules, Chain::new(600, 1, 40), kinds, FAIR);
            world.run(HOUR_MS);
            assert!(!world.punished.contains_key(&2), "{:?}", world.punished);
            found.extend(world.punished.into_values().flatten());
        }
        let expected = match kind {
            // Below what it has it serves, and three empty answers in a row are needed.
            Kind::Boaster => continue,
            Kind::Empty => Offence::Empty,
            Kind::Elsewhere => Offence::WrongRange,
            Kind::Oversized => Offence::Oversized,
            Kind::Garbage => Offence::Malformed,
            Kind::Unlinked => Offence::Unlinked,
            _ => Offence::BadBlock,
        };
        assert!(found.contains(&expected), "{kind:?}: {found:?}");
    }
}

#[test]
fn one_honest_peer_among_all_kinds_is_enough_in_foul_weather() {
    for seed in 0..12 {
        let mut kinds = LIARS.to_vec();
        kinds.extend([Kind::Silent, Kind::Slow, Kind::Flaky, Kind::Dripper, Kind::Pruned, Kind::Honest]);
        let weather = Weather { restarts: 10, hiccups: 2, ..FOUL };
        let rules = SyncRules { ban_ms: 5_000, max_aside_ms: 4_000, ..small() };
        let took_ms = World::new(seed, rules, Chain::new(300, 3, 40), kinds, weather).run(HOUR_MS);
        assert!(took_ms < HOUR_MS, "seed {seed}");
    }
}

#[test]
fn slow_peers_do_not_hold_up_a_quick_one() {
    let rules = SyncRules::default();
    let kinds = vec![Kind::Dripper, Kind::Dripper, Kind::Silent, Kind::Slow, Kind::Honest];
    let mut world = World::new(3, rules, Chain::new(4_000, 1, 40), kinds, FAIR);
    let took_ms = world.run(HOUR_MS);
    assert!(took_ms < 60_000, "{took_ms} ms");
    let of_quick = world.delivered_of.get(&4).copied().unwrap_or_default();
    assert!(of_quick > 3_000, "{of_quick} blocks of the quick one: {:?}", world.delivered_of);
}

#[test]
fn a_peer_whose_answers_take_longer_than_the_timeout_is_still_good_for_something() {
    let rules = SyncRules { timeout_ms: 800, slow_ms: 300, max_aside_ms: 2_000, ..small() };
    let mut world = World::new(4, rules, Chain::new(40, 1, 40), vec![Kind::Slow], FAIR);
    world.run(HOUR_MS);
}

#[test]
fn long_blocks_stay_within_the_bytes() {
    let rules = SyncRules { max_held_bytes: 64 << 20, ..SyncRules::default() };
    let chain = Chain::new(12, 1, 7 << 20);
    let mut world = World::new(5, rules, chain, vec![Kind::Honest, Kind::Honest, Kind::Oversized], FAIR);
    world.run(HOUR_MS);
}

#[test]
fn what_is_known_twice_is_asked_for_about_once() {
    let mut world = World::new(6, SyncRules::default(), Chain::new(2_000, 1, 40), vec![Kind::Honest; 3], FAIR);
    world.run(HOUR_MS);
    let delivered: usize = world.delivered_of.values().sum();
    assert_eq!(delivered, 2_000);
    assert!(world.requests < 60, "{} requests for 2,000 blocks", world.requests);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn always_ends_in_sync(
        seed in any::<u64>(),
        length in 1_usize..250,
        step in 1_usize..9,
        others in proptest::collection::vec(0_usize..14, 0..5),
        lost in 0_u64..25,
        repeated in 0_u64..40,
        delay_ms in 1_u64..700,
        restarts in 0_u64..25,
        hiccups in 0_u64..4,
        window_blocks in 1_u32..80,
        max_deliveries in 1_usize..4,
    ) {
        let mut all = LIARS.to_vec();
        all.extend([Kind::Silent, Kind::Slow, Kind::Flaky, Kind::Dripper, Kind::Pruned]);
        let mut kinds: Vec<Kind> = others.iter().map(|index| all[*index]).collect();
        let place = Random(seed).below(kinds.len() as u64 + 1) as usize;
        kinds.insert(place, Kind::Honest);
        let weather = Weather { lost, repeated, delay_ms, restarts, hiccups };
        let rules = SyncRules { window_blocks, max_deliveries, max_aside_ms: 4_000, ban_ms: 20_000, ..small() };
        let mut world = World::new(seed, rules, Chain::new(length, step, 40), kinds, weather);
        world.run(2 * HOUR_MS);
        prop_assert_eq!(world.height, length as u32);
    }
}
