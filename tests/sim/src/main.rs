//! Runs seeds of the simulation and says what came of them.
//!
//! Usage: `tenon-sim SEEDS [FIRST]` runs so many from the first on, `tenon-sim seed SEED` replays one,
//! `tenon-sim messages` counts the messages of a block.

#![allow(clippy::print_stdout, reason = "a program that a person runs")]

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;
use tenon_sim::{Report, STEPS, Trouble, messages, run};

/// Small values come and go with every step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is asked for.
enum Task {
    Messages,
    Seeds { first: u64, count: u64 },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match task(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(Task::Messages) => {
            print_messages();
            ExitCode::SUCCESS
        }
        Ok(Task::Seeds { first, count }) => run_all(first, count),
        Err(text) => {
            eprintln!("error: {text}");
            eprintln!(" hint: `make sim SEEDS=1000` runs the first thousand, `make sim SEED=7` replays the seventh");
            ExitCode::FAILURE
        }
    }
}

fn task(arguments: &[&str]) -> Result<Task, String> {
    let number = |text: &str| {
        let wrong = |_| format!("found '{text}', expected a number of a seed, or of seeds, below 2^64");
        text.parse::<u64>().map_err(wrong)
    };
    match arguments {
        ["messages"] => Ok(Task::Messages),
        ["seed", seed] => Ok(Task::Seeds { first: number(seed)?, count: 1 }),
        [count] => Ok(Task::Seeds { first: 0, count: number(count)? }),
        [count, first] => Ok(Task::Seeds { first: number(first)?, count: number(count)? }),
        _ => Err(format!("found {} arguments, expected SEEDS [FIRST], seed SEED, or messages", arguments.len())),
    }
}

/// Prints the messages of a block for numbers of validators from 4 to 100, with a star and with sqrt(N) super-nodes.
fn print_messages() {
    println!("validators  super-nodes  messages a block  formula  by kind, of all blocks");
    for validators in [4_usize, 7, 10, 16, 25, 36, 49, 64, 81, 100] {
        for supers in [1, validators.isqrt()] {
            let found = messages(validators, supers);
            let (whole, part) = (found.hundredths() / 100, found.hundredths() % 100);
            let bound = found.bound();
            println!("{validators:>10}  {supers:>11}  {whole:>13}.{part:02}  {bound:>7}  {:?}", found.kinds);
        }
    }
}

/// Runs seeds on all cores and stops at the lowest that fails among those begun.
fn run_all(first: u64, count: u64) -> ExitCode {
    let began = Instant::now();
    let (next, failed) = (AtomicU64::new(first), AtomicBool::new(false));
    let end = first.saturating_add(count);
    let work = || {
        let mut sum = Report::default();
        let mut failures = BTreeMap::new();
        while !failed.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            match catch_unwind(|| run(seed, Trouble::Any, STEPS)) {
                Ok(Ok(report)) => sum.add(&report),
                Ok(Err(failure)) => {
                    failed.store(true, Ordering::Relaxed);
                    failures.insert(seed, failure.to_string());
                }
                Err(_) => {
                    failed.store(true, Ordering::Relaxed);
                    failures.insert(seed, format!("panicked; replay with: make sim SEED={seed}"));
                }
            }
        }
        (sum, failures)
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut sum = Report::default();
    let mut failures = BTreeMap::new();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in running {
            let (report, found) = thread.join().expect("panics are caught within");
            sum.add(&report);
            failures.extend(found);
        }
    });
    if let Some(text) = failures.values().next() {
        println!("{text}");
        return ExitCode::FAILURE;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("seeds         {count} from {first}");
    print!("{sum}");
    println!("steps/s       {:.0} on {threads} threads", sum.steps as f64 / seconds);
    println!("no violation in {seconds:.1} s");
    ExitCode::SUCCESS
}
