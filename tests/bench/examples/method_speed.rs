//! Measures each method of each protocol module: gas, time in the engine, time with its transaction, beside a transfer in
//! bare wasmtime in the same run. Usage: `method_speed [MODULE]`.

#![allow(clippy::print_stdout, reason = "a program that a person runs")]

use std::sync::Arc;
use tenon_bench::floor;
use tenon_bench::page::grouped;
use tenon_bench::profile::{Entry, profiles};
use tenon_bench::speed::{TimedEngine, of_call};

/// The allocator that the node runs with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls whose median counts.
const ROUNDS: usize = 2_001;

/// What is asked of some methods, by how their names and cases begin: nanoseconds in the engine.
const ASKED: &[(&str, &str, &str, u64)] =
    &[("assets", "transfer", "between holders", 3_000), ("auction", "bid", "", 10_000)];

fn main() {
    let only = std::env::args().nth(1);
    let profiles = profiles();
    let assets = profiles.iter().find(|profile| profile.name == "assets").expect("the module exists");
    let floor = floor::of_transfer(&assets.code);
    println!(
        "assets.transfer over a small host: {:.0} ns in bare wasmtime, {:.0} ns in the engine ({:.2} times), {} gas",
        floor.bare_ns,
        floor.metered_ns,
        floor.metered_ns / floor.bare_ns,
        floor.gas
    );
    let engine = Arc::new(TimedEngine::new().expect("the engine starts with settings of nodes"));
    println!(
        "\n{:<13}{:<24}{:<38}{:>11}{:>11}{:>9}{:>13}",
        "module", "method", "case", "gas", "engine ns", "/ bare", "transaction"
    );
    for profile in profiles.iter().filter(|profile| only.as_ref().is_none_or(|only| only == profile.name)) {
        for measured in profile.measured.iter().filter(|measured| measured.entry != Entry::Query) {
            let Some(fork) = &measured.fork else { continue };
            let time = of_call(fork, &engine, ROUNDS);
            #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
            let ratio = time.engine_ns as f64 / floor.bare_ns;
            let asked = ASKED.iter().find(|(module, method, case, _)| {
                *module == profile.name && *method == measured.method && measured.case.starts_with(case)
            });
            let note = asked.map_or_else(String::new, |(.., most)| {
                let verdict = if time.engine_ns < *most { "within" } else { "ABOVE" };
                format!("  {verdict} the {} ns asked", grouped(*most))
            });
            println!(
                "{:<13}{:<24}{:<38}{:>11}{:>11}{ratio:>9.2}{:>13}{note}",
                profile.name,
                measured.method,
                measured.case,
                grouped(measured.gas),
                grouped(time.engine_ns),
                grouped(time.transaction_ns)
            );
        }
    }
}
