//! Every scenario of a network with real processes, with 4, 7 and 10 validators: `make net-test`. Words choose among
//! them by parts of their names. It ends with 1 if a scenario failed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tenon_e2e::net::{Link, faults, people};

/// A scenario and its name.
struct Scenario {
    name: String,
    run: Box<dyn Fn() -> String>,
}

fn scenarios() -> Vec<Scenario> {
    let mut all = Vec::new();
    let mut add = |name: String, run: Box<dyn Fn() -> String>| {
        all.push(Scenario { name, run });
    };
    for count in [4, 7, 10] {
        let of = |what: &str| format!("{what}-{count}");
        add(of("kills"), Box::new(move || faults::kills(count, 6)));
        add(of("freezes"), Box::new(move || faults::freezes(count)));
        add(of("cuts"), Box::new(move || faults::cuts(count)));
        for loss_percent in [10, 20] {
            let link = Link { loss_percent, ..Link::default() };
            add(format!("loss-{loss_percent}-{count}"), Box::new(move || faults::bad_links(count, link, 30)));
        }
        let slow = Link { delay: Duration::from_millis(100), ..Link::default() };
        add(of("slow"), Box::new(move || faults::bad_links(count, slow, 30)));
        add(of("clocks"), Box::new(move || faults::clocks(count)));
        add(of("silent"), Box::new(move || faults::silent(count)));
        add(of("conflicts"), Box::new(move || people::conflicts(count)));
        add(of("stranded"), Box::new(move || people::stranded(count)));
        add(of("rebuild"), Box::new(move || faults::rebuild(count, 60)));
        add(of("snapshot"), Box::new(move || faults::snapshot(count)));
        add(of("follower"), Box::new(move || people::follower(count)));
        add(of("pace"), Box::new(move || people::pace(count, 110)));
    }
    add("full-disk-4".into(), Box::new(|| faults::full_disk(4)));
    add("twins-4".into(), Box::new(|| faults::twins(4)));
    add("elected-4".into(), Box::new(|| people::elected(4)));
    all
}

#[allow(clippy::print_stdout, reason = "a program that reports to a person")]
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let mut failed = Vec::new();
    let mut count = 0;
    for Scenario { name, run } in scenarios().into_iter().filter(|scenario| is_chosen(&scenario.name)) {
        count += 1;
        let begun = Instant::now();
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(figures) => println!("{name}: holds after {:?}: {figures}", begun.elapsed()),
            Err(_) => {
                println!("{name}: FAILED after {:?}, see above", begun.elapsed());
                failed.push(name);
            }
        }
    }
    println!("{} of {count} scenarios hold", count - failed.len());
    if count > 0 && failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
