//! What is explored in every run of the tests, and further with `make explore`.

use super::Flaw;
use super::search::{Report, Search};
use super::world::{Bounds, Delivery, Leaders, Watch, World};

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
fn no_violation_with_a_byzantine_leader() {
    for (crashes, twins) in [(0, 2), (1, 1)] {
        is_safe(Bounds { twins, ..Bounds::new(2, crashes) });
    }
}

#[test]
fn no_violation_with_each_input_alone() {
    for crashes in 0..=2 {
        is_safe(Bounds { delivery: Delivery::Free, ..Bounds::new(1, crashes) });
    }
}

#[test]
fn no_violation_when_honest_machines_lead() {
    is_safe(Bounds { leaders: Leaders::InTurn(0), ..Bounds::new(2, 1) });
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
    let broken = Bounds { careless: true, ..Bounds::new(2, 1) };
    is_caught(broken, &[Watch::All, Watch::Certificates]);
}
