//! Measures each method of each protocol module: gas, time in the engine, time with its transaction, beside a transfer in
//! bare wasmtime in the same run. Usage: `method_speed [MODULE]`.

#![allow(clippy::print_stdout, reason = "a program that a person runs")]

use std::sync::Arc;
use tenon_bench::floor;
use tenon_bench::page::grouped;
use tenon_bench::profile::{Entry, Measured, profiles};
use tenon_bench::speed::{Time, TimedEngine, clock_ns, of_call};

/// The allocator that the node runs with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls whose median counts.
const ROUNDS: usize = 2_001;

/// What is asked of some methods: module, method, how the case begins, and the most nanoseconds in the engine.
const ASKED: &[(&str, &str, &str, u64)] = &[
    ("assets", "transfer", "to a new holder", 3_000),
    ("assets", "transfer", "between holders", 3_000),
    ("auction", "bid", "in coin", 10_000),
    ("auction", "bid", "in an asset", 10_000),
    ("auction", "buy", "an item", 10_000),
    ("events", "deliver", "signed by", 50_000),
    ("credit", "act", "borrow", 50_000),
    ("credit", "submit", "borrow from an agent", 50_000),
    ("licence", "buy", "in an asset", 50_000),
];

fn main() {
    let only = std::env::args().nth(1);
    let profiles = profiles();
    let assets = profiles.iter().find(|profile| profile.name == "assets").expect("the module exists");
    let floor = floor::of_transfer(&assets.code);
    println!(
        "assets.transfer over a small host: {} ns in bare wasmtime, {} ns in the engine ({:.2} times), {} gas",
        grouped(floor.bare_ns),
        grouped(floor.metered_ns),
        ratio(floor.metered_ns, floor.bare_ns),
        grouped(floor.gas)
    );
    println!("each time is a median; {} ns of it is the clock\n", clock_ns());
    println!(
        "ns: in the engine, over the host of a node. /bare: beside the transfer in bare wasmtime. tx: the transaction."
    );
    print_line("method", "case", ["gas", "ns", "/bare", "tx"].map(str::to_owned), "");
    let engine = Arc::new(TimedEngine::new().expect("the engine starts with settings of nodes"));
    for profile in profiles.iter().filter(|profile| only.as_ref().is_none_or(|only| only == profile.name)) {
        for measured in profile.measured.iter().filter(|measured| measured.entry == Entry::Call) {
            print_measured(profile.name, measured, &engine, floor.bare_ns);
        }
    }
}

fn print_measured(module: &str, measured: &Measured, engine: &Arc<TimedEngine>, bare_ns: u64) {
    let Some(fork) = &measured.fork else { return };
    let Time { engine_ns, transaction_ns } = of_call(fork, engine, ROUNDS);
    let asked = ASKED.iter().find(|(of, method, case, _)| {
        *of == module
            && *method == measured.method
            && measured.case.starts_with(case)
            && !measured.case.ends_with("under a policy")
    });
    let note = asked.map_or_else(String::new, |(.., most)| {
        let verdict = if engine_ns < *most { "within" } else { "ABOVE" };
        format!("{verdict} the {} ns asked", grouped(*most))
    });
    let figures = [
        grouped(measured.gas),
        grouped(engine_ns),
        format!("{:.2}", ratio(engine_ns, bare_ns)),
        grouped(transaction_ns),
    ];
    print_line(&format!("{module}.{}", measured.method), measured.case, figures, &note);
}

#[allow(clippy::cast_precision_loss, reason = "a figure for people")]
fn ratio(of: u64, to: u64) -> f64 {
    of as f64 / to as f64
}

fn print_line(method: &str, case: &str, [gas, engine, ratio, transaction]: [String; 4], note: &str) {
    println!("{method:<31}{case:<47}{gas:>10}{engine:>9}{ratio:>8}{transaction:>10}  {note}");
}
