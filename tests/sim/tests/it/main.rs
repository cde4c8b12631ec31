//! Runs of the simulation: seeds, twins, a crash at every point, and that a seed decides everything.

use tenon_sim::{Fault, Report, STEPS, Trouble, crash_at, messages, points, run};

/// Seeds that showed something once, each of them fixed since.
///
/// 33: a certificate of finality that was on disk before a crash was never committed after it, and the epoch did not
/// end.
/// 37, 10, 1: a vote upon a timer completed a certificate, and the timers of the next view were lost.
/// 1446: a final certificate of a block that nobody has any more kept the epoch from ending.
/// 9827: four validators each lacked another ancestor after their crashes, and a driver that could not make a block upon
/// what is not here said so instead of asking for it.
const SHOWN: [u64; 8] = [33, 37, 10, 1, 1446, 718, 1335, 9827];
/// Seeds of one test, so that all of them run at once where there are cores.
const PART: u64 = 250;

fn run_all(seeds: impl Iterator<Item = u64>, trouble: Trouble, steps: u64) -> Report {
    let mut sum = Report::default();
    for seed in seeds {
        match run(seed, trouble, steps) {
            Ok(report) => sum.add(&report),
            Err(failure) => panic!("seed {seed}\n{failure}"),
        }
    }
    sum
}

fn part(number: u64) {
    let first = number * PART;
    let sum = run_all(first..first + PART, Trouble::Any, STEPS);
    // A blind vote takes two villains in one epoch, the other of whom proposes what is not valid: some parts have none.
    for fault in Fault::ALL.iter().filter(|fault| number == 0 || **fault != Fault::BlindVote) {
        assert!(sum.faults.of(*fault) > 0, "no seed from {first} on had a {}", fault.name());
    }
    for (reason, count) in sum.refusals() {
        assert!(count > 0, "no seed from {first} on had something refused as {reason}");
    }
    assert!(sum.blocks > PART * 50 && sum.epochs > PART * 5 && sum.transactions > PART * 50, "{sum}");
    assert!(sum.crashes > PART && sum.convicted > PART, "{sum}");
}

#[test]
fn first_seeds_hold_every_invariant_and_go_on() {
    part(0);
}

#[test]
fn second_seeds_hold_every_invariant_and_go_on() {
    part(1);
}

#[test]
fn third_seeds_hold_every_invariant_and_go_on() {
    part(2);
}

#[test]
fn fourth_seeds_hold_every_invariant_and_go_on() {
    part(3);
}

#[test]
fn seeds_that_showed_something_once_show_nothing_now() {
    run_all(SHOWN.into_iter(), Trouble::Any, STEPS);
}

#[test]
fn a_seed_decides_everything() {
    for seed in [2, 5, 11] {
        let hash = || run(seed, Trouble::Any, STEPS).map(|report| (report.hash, report.steps)).expect("no violation");
        assert_eq!(hash(), hash(), "seed {seed}");
    }
    let hash = |seed| run(seed, Trouble::Any, STEPS).map(|report| report.hash).expect("no violation");
    assert_ne!(hash(2), hash(3));
}

#[test]
fn twins_of_every_fault_that_may_be_hurt_nothing() {
    for validators in [4, 7] {
        let sum = run_all(0..60, Trouble::Twins(validators), STEPS);
        let pairs = (validators as u64 - 1) / 3;
        assert_eq!(sum.faults.of(Fault::Twin), 60 * pairs);
        assert!(sum.convicted > 60, "twins contradict each other, and are found out: {sum}");
    }
}

#[test]
fn without_faults_nobody_is_convicted_and_nothing_is_forged() {
    for validators in [4, 7, 10] {
        let sum = run_all(0..5, Trouble::None(validators), STEPS);
        assert_eq!((sum.convicted, sum.crashes), (0, 0));
        assert!(Fault::ALL.iter().all(|fault| *fault == Fault::Reorder || sum.faults.of(*fault) == 0), "{sum}");
        let wrong = sum.refusals().into_iter().filter(|(reason, _)| ["forged", "malformed"].contains(reason));
        assert_eq!(wrong.map(|(_, count)| count).sum::<u64>(), 0, "{sum}");
    }
}

#[test]
fn a_crash_at_any_point_of_a_short_run_loses_nothing() {
    const SHORT: u64 = 350;
    let mut crashes = 0;
    for seed in [1, 2, 3] {
        for node in 0..4 {
            let all = points(seed, 4, node, SHORT);
            assert!(all > 100, "{all} points");
            for point in 0..all {
                match crash_at(seed, 4, (node, point), SHORT) {
                    Ok(report) => crashes += report.crashes,
                    Err(failure) => panic!("seed {seed}, node {node}, point {point}\n{failure}"),
                }
            }
        }
    }
    assert!(crashes > 1_000, "{crashes} crashes");
}

#[test]
fn a_driver_that_does_not_sync_is_found_out() {
    let found = (0..40).filter_map(|seed| run(seed, Trouble::Careless, STEPS).err().map(|failure| failure.violation));
    let found: Vec<String> = found.collect();
    let (told, broken) = ("contradicts itself", found.len());
    assert!(broken >= 20, "{broken} of 40 seeds");
    assert!(found.iter().any(|violation| violation.contains(told)), "{found:?}");
}

#[test]
fn a_block_takes_no_more_messages_than_the_formula() {
    for validators in [4_usize, 7, 10, 16, 25, 49, 100] {
        for supers in [1, validators.isqrt()] {
            let found = messages(validators, supers);
            assert!(found.blocks >= 20, "{found:?}");
            assert!(found.total() <= found.bound() * found.blocks, "{found:?}, expected {} a block", found.bound());
            assert!(found.bound() <= 7 * validators as u64, "{found:?}: the formula is linear");
        }
    }
}
