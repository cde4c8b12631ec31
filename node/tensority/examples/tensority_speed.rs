//! Measures Tensority: building the matrices of a seed, one hash by each kernel on one core, and all threads together,
//! beside what the kernel's multiplying instruction does on registers alone.
//!
//! Run with `cargo run -p tenon-tensority --example tensority_speed [ROUNDS]`. The best of all rounds counts, since other
//! programs only ever make a round longer; figures of one core are by the time that the thread had a processor. This
//! leaves out GPUs.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use std::time::{Duration, Instant};
use tenon_tensority::{Hasher, Kernel, MULTIPLY_ADDS, Matrices, hash_many, multiply_registers, threads};
use tenon_types::Hash;

/// Rounds of multiplying registers: a few milliseconds.
const PEAK_ROUNDS: u32 = 1_000_000;

fn main() {
    let rounds: u8 = std::env::args().nth(1).map_or(20, |word| word.parse().expect("a number of rounds below 256"));
    let seed = Hash([7; 32]);
    println!(
        "{:<12}{:>10}{:>10}{:>12}{:>14}{:>14}{:>10}",
        "one core", "build ms", "hash ms", "hashes/s", "10^9 MAC/s", "registers", "share"
    );
    for kernel in Kernel::all() {
        let build = best(rounds, |_| drop(Matrices::build(&seed, kernel)));
        let matrices = Matrices::build(&seed, kernel);
        let mut hasher = Hasher::default();
        let hash = best(rounds, |round| {
            std::hint::black_box(hasher.hash(&Hash([round; 32]), &matrices));
        });
        let rate = billions(MULTIPLY_ADDS, hash);
        let peak = multiply_registers(kernel, PEAK_ROUNDS).map(|done| {
            billions(done, best(rounds, |_| assert_eq!(multiply_registers(kernel, PEAK_ROUNDS), Some(done))))
        });
        let [peak, share] = match peak {
            Some(peak) => [format!("{peak:.1}"), format!("{:.1} %", rate / peak * 100.0)],
            None => ["-".into(), "-".into()],
        };
        println!(
            "{:<12}{:>10.1}{:>10.2}{:>12.1}{rate:>14.1}{peak:>14}{share:>10}",
            kernel.name(),
            milliseconds(build),
            milliseconds(hash),
            1.0 / hash.as_secs_f64(),
        );
    }
    all_threads(rounds, &Matrices::build(&seed, Kernel::best()));
}

/// Measures all threads together, by the clock.
fn all_threads(rounds: u8, matrices: &Matrices) {
    let threads = threads();
    let headers: Vec<Hash> = (0..rounds).map(|number| Hash([number; 32])).cycle().take(threads * 40).collect();
    let time = (0..rounds.div_ceil(8)).map(|_| {
        let started = Instant::now();
        std::hint::black_box(hash_many(matrices, &headers, threads));
        started.elapsed()
    });
    let rate = headers.len() as f64 / time.min().unwrap_or_default().as_secs_f64();
    println!("{} on {threads} threads: {rate:.1} hashes/s", matrices.kernel());
}

/// The shortest time of a work in so many rounds, by the time that this thread had a processor.
fn best(rounds: u8, mut work: impl FnMut(u8)) -> Duration {
    let one = |round| {
        let before = on_processor();
        work(round);
        on_processor().saturating_sub(before)
    };
    (0..rounds).map(one).min().unwrap_or_default()
}

/// How long this thread has had a processor.
fn on_processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("processor time is not negative")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn billions(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64() / 1e9
}
