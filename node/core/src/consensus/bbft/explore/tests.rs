//! What is explored in every run of the tests, and what `make explore` adds.
//!
//! Each test prints what it visited; `make explore` shows it. The wider bounds are met only where
//! `TENON_EXPLORE_VIEWS` says so, because they take minutes and gigabytes.

use super::Flaw;
use super::revival::revive;
use super::search::{Report, Search};
use super::world::{Bounds, Delivery, Driver, HONEST, Leaders, Set, Watch, Weights, World};
use std::collections::BTreeSet;

fn explore(bounds: Bounds) -> Report {
    let world = World::new(bounds);
    let report = Search::new(&world).run();
    eprintln!("{report}");
    report
}

fn is_safe(bounds: Bounds) {
    let report = explore(bounds);
    assert!(report.violation.is_none() && report.complete, "{report}");
}

#[test]
fn no_violation_within_two_views_and_a_crash() {
    is_safe(Bounds::new(2, 1));
    is_safe(Bounds { twins: 2, ..Bounds::new(2, 0) });
}

#[test]
fn no_violation_within_three_views() {
    is_safe(Bounds { twins: 0, finals: false, ..Bounds::new(3, 0) });
}

#[test]
fn no_violation_with_each_input_alone() {
    for crashes in 0..=2 {
        is_safe(Bounds { delivery: Delivery::Free, ..Bounds::new(1, crashes) });
    }
    is_safe(Bounds { delivery: Delivery::Free, leaders: Leaders::InTurn(2), ..Bounds::new(1, 1) });
}

#[test]
fn no_violation_when_honest_machines_lead() {
    is_safe(Bounds { leaders: Leaders::InTurn(0), twins: 2, ..Bounds::new(2, 0) });
    is_safe(Bounds { leaders: Leaders::InTurn(1), twins: 0, ..Bounds::new(2, 1) });
}

#[test]
fn no_violation_at_the_end_of_an_epoch() {
    is_safe(Bounds { blocks: 1, twins: 0, ..Bounds::new(2, 1) });
}

/// Weights of which, with the liar's, one honest machine decides alone; two of them; one with either other.
const UNEQUAL: [Weights; 3] = [
    Weights { honest: [4, 2, 1], byzantine: 3 },
    Weights { honest: [2, 2, 1], byzantine: 1 },
    Weights { honest: [3, 2, 1], byzantine: 1 },
];
/// The heaviest that a machine is made when weights are counted through.
const MAX_WEIGHT: u128 = 12;

#[test]
fn four_families_of_quorums_are_all_that_weights_can_make() {
    // Whoever is heavier comes first, so that families differ by more than names.
    let mut families: BTreeSet<Vec<usize>> = BTreeSet::new();
    for first in 1..=MAX_WEIGHT {
        for second in 1..=first {
            for (third, byzantine) in (1..=second).flat_map(|third| (1..=MAX_WEIGHT).map(move |liar| (third, liar))) {
                let weights = Weights { honest: [first, second, third], byzantine };
                if 3 * byzantine < weights.total() {
                    families.insert(weights.quorums());
                }
            }
        }
    }
    let explored: BTreeSet<_> = UNEQUAL.iter().chain(&[Weights::EQUAL]).map(|weights| weights.quorums()).collect();
    assert_eq!(families, explored);
    assert_eq!(explored.len(), 4, "{explored:?}");
    // Any two have an honest machine in common, and none decides without one.
    for family in &families {
        assert!(family.iter().all(|one| family.iter().all(|other| one & other != 0)), "{family:?}");
        assert!(family.iter().all(|quorum| *quorum < 1 << HONEST));
    }
}

#[test]
fn no_violation_with_unequal_weights() {
    for weights in UNEQUAL {
        is_safe(Bounds { weights, twins: 0, ..Bounds::new(2, 0) });
        is_safe(Bounds { weights, ..Bounds::new(1, 1) });
        is_safe(Bounds { weights, leaders: Leaders::InTurn(1), twins: 0, ..Bounds::new(2, 0) });
    }
}

#[test]
fn catches_a_liar_of_a_third_of_the_weight() {
    // Then two quorums can have nobody honest in common, and no rule of the others helps.
    let weights = Weights { honest: [2, 1, 1], byzantine: 3 };
    assert!(3 * weights.byzantine > weights.total());
    let report = explore(Bounds { weights, watch: Watch::Certificates, ..Bounds::new(1, 0) });
    assert!(report.violation.is_some(), "{report}");
}

/// The largest sets of certificates that there can be at once.
fn largest_certified(bounds: Bounds) -> BTreeSet<Set> {
    let world = World::new(bounds);
    let mut search = Search::new(&world);
    let report = search.run();
    eprintln!("{report}");
    assert!(report.violation.is_none() && report.complete, "{report}");
    let all: BTreeSet<_> = search.states().iter().map(|state| search.certified(state)).collect();
    all.iter().copied().filter(|set| !all.iter().any(|other| other != set && set & other == *set)).collect()
}

fn is_reduced_without_loss(bounds: Bounds) {
    let free = largest_certified(Bounds { delivery: Delivery::Free, ..bounds });
    let reduced = largest_certified(Bounds { delivery: Delivery::Reduced, ..bounds });
    assert_eq!(free, reduced, "{bounds}");
    assert!(free.len() > 1, "{free:?}");
}

#[test]
fn reduced_delivery_leads_to_the_same_certificates_as_each_input_alone() {
    is_reduced_without_loss(Bounds { twins: 0, ..Bounds::new(1, 1) });
}

/// Explores with a rule broken, and expects that it is found out, whatever of it counts.
fn is_caught(broken: Bounds, watched: &[Watch]) {
    for watch in watched {
        let report = explore(Bounds { watch: *watch, ..broken });
        assert!(report.violation.is_some(), "not caught: {report}");
    }
}

#[test]
fn catches_finalization_after_nullification() {
    let broken = Bounds { flaw: Some(Flaw::FinalizeAfterNullify), ..Bounds::new(2, 0) };
    is_caught(broken, &[Watch::All, Watch::Certificates, Watch::Forks]);
}

#[test]
fn catches_gaps_that_are_not_nullified() {
    let broken = Bounds { flaw: Some(Flaw::IgnoreGaps), ..Bounds::new(2, 0) };
    is_caught(broken, &[Watch::All, Watch::Certificates, Watch::Forks]);
}

#[test]
fn catches_a_nullification_that_is_forgotten() {
    let broken = Bounds { flaw: Some(Flaw::LoseNullified), ..Bounds::new(2, 1) };
    is_caught(broken, &[Watch::All, Watch::Certificates, Watch::Forks]);
}

#[test]
fn catches_two_notarizations_in_a_view() {
    // The machine's own assertion stops it before the second vote, so that no more comes of it.
    is_caught(Bounds { flaw: Some(Flaw::NotarizeTwice), ..Bounds::new(1, 0) }, &[Watch::All]);
}

#[test]
fn catches_a_driver_that_sends_before_it_writes() {
    let broken = Bounds { driver: Driver::SendsFirst, ..Bounds::new(2, 1) };
    is_caught(broken, &[Watch::All, Watch::Certificates]);
}

/// Explores, lets every n-th state go on without faults, and returns what is wrong with the first that does not. What a
/// machine holds decides here, so that nothing is delivered at once.
fn go_on(bounds: Bounds, every: usize) -> Option<String> {
    let world = World::new(Bounds { delivery: Delivery::Answered, ..bounds });
    let mut search = Search::new(&world);
    let report = search.run();
    assert!(report.violation.is_none() && report.complete, "{report}");
    let (mut count, mut longest) = (0, 0);
    for number in (0..search.states().len()).step_by(every) {
        let state = search.states()[number];
        match revive(&world, state.map(|local| search.local(local))) {
            Ok(views) => (count, longest) = (count + 1, longest.max(views)),
            Err(why) => return Some(format!("{why}\n    {}", search.trace_to(number).join("\n    "))),
        }
    }
    eprintln!("{report}\n  {count} of them went on without faults, a new block final within {longest} views");
    None
}

fn goes_on(bounds: Bounds, every: usize) {
    if let Some(stuck) = go_on(bounds, every) {
        panic!("{bounds}: {stuck}");
    }
}

#[test]
fn goes_on_from_each_state() {
    for byzantine in 0..4 {
        goes_on(Bounds { leaders: Leaders::InTurn(byzantine), ..Bounds::new(1, 1) }, 1);
    }
}

#[test]
fn goes_on_after_two_that_committed_have_crashed() {
    goes_on(Bounds { leaders: Leaders::InTurn(0), twins: 0, ..Bounds::new(1, 2) }, 1);
}

#[test]
fn goes_on_from_states_of_two_views() {
    goes_on(Bounds { leaders: Leaders::InTurn(1), twins: 0, ..Bounds::new(2, 0) }, 49);
}

#[test]
fn catches_a_driver_that_loses_certificates() {
    let leaders = Leaders::InTurn(1);
    let bounds = Bounds { driver: Driver::LosesCertificates, leaders, ..Bounds::new(1, 1) };
    let stuck = go_on(bounds, 1).expect("a state is found from which nobody goes on");
    eprintln!("{bounds}: {stuck}");
    assert!(stuck.contains("no new block is final"), "{stuck}");
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, expected a number")))
}

/// With `TENON_EXPLORE_VIEWS`, as far as it and `_CRASHES`, `_TWINS` and `_STATES` say; else one view.
#[test]
fn no_violation_within_the_bounds_of_the_environment() {
    let crashes = number("TENON_EXPLORE_CRASHES").unwrap_or(0);
    let crashes = u8::try_from(crashes).expect("there are few crashes");
    let views = number("TENON_EXPLORE_VIEWS").unwrap_or(1);
    let bounds = Bounds::new(views, crashes);
    let states = number("TENON_EXPLORE_STATES").and_then(|states| usize::try_from(states).ok());
    let twins = number("TENON_EXPLORE_TWINS").unwrap_or(bounds.twins);
    let finals = views <= 2;
    let report = explore(Bounds { states: states.unwrap_or(bounds.states), twins, finals, ..bounds });
    // A bound on states that is given is meant to be met; what was visited until then has no violation.
    assert!(report.violation.is_none() && (report.complete || states.is_some()), "{report}");
    if number("TENON_EXPLORE_VIEWS").is_some() {
        further();
    }
}

/// What takes minutes, whatever the bounds of the environment.
fn further() {
    is_safe(Bounds { twins: 0, ..Bounds::new(2, 2) });
    is_reduced_without_loss(Bounds { twins: 0, finals: false, ..Bounds::new(2, 0) });
    for byzantine in 0..4 {
        let leaders = Leaders::InTurn(byzantine);
        is_safe(Bounds { leaders, ..Bounds::new(2, 1) });
        goes_on(Bounds { leaders, ..Bounds::new(1, 2) }, 1);
        goes_on(Bounds { leaders, twins: 0, ..Bounds::new(2, 0) }, 49);
    }
}
