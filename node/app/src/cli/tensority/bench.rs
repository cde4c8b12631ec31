//! `tenon tensority bench`: how fast this machine hashes, by the clock. `make bench` measures the same by the time that a
//! thread had a processor.

use super::super::output::Report;
use serde_json::json;
use std::time::{Duration, Instant};
use tenon_tensority::{Hasher, Kernel, MULTIPLY_ADDS, Matrices, hash_many, multiply_registers};
use tenon_types::Hash;

/// How often one hash is computed; the shortest time counts, since other programs only ever make it longer.
const TRIES: u8 = 10;
/// How long threads compute hashes together, at least.
const TOGETHER: Duration = Duration::from_secs(1);
/// Hashes of each thread between two looks at the clock.
const BATCH: usize = 8;
/// Rounds of multiplying registers: a few milliseconds.
const REGISTER_ROUNDS: u32 = 1_000_000;

/// What was measured of one kernel.
struct Figures {
    kernel: Kernel,
    build_ms: f64,
    hash_ms: f64,
    hashes_per_second: f64,
    /// Multiplications with their additions on one thread, in 10^9 a second.
    rate: f64,
    /// The same on registers alone, where there is a loop for it.
    registers: Option<f64>,
}

/// Measures kernels, one hash on one thread and many on several.
pub(super) fn run(kernels: &[Kernel], threads: usize) -> Report {
    let all: Vec<Figures> = kernels.iter().map(|kernel| measure(*kernel, threads)).collect();
    let head = format!(
        "{:<12}{:>11}{:>10}{:>13}{:>13}   on {threads} threads",
        "one thread", "matrices ms", "hash ms", "10^9 MAC/s", "of registers"
    );
    let rows = all.iter().map(|figures| {
        format!(
            "{:<12}{:>11.1}{:>10.2}{:>13.1}{:>13}   {:.1} hashes/s",
            figures.kernel.name(),
            figures.build_ms,
            figures.hash_ms,
            figures.rate,
            figures.share().map_or("-".into(), |share| format!("{:.0} %", share * 100.0)),
            figures.hashes_per_second,
        )
    });
    let text: Vec<String> = std::iter::once(head).chain(rows).collect();
    let rows: Vec<_> = all
        .iter()
        .map(|figures| {
            json!({
                "kernel": figures.kernel.name(),
                "build_ms": figures.build_ms,
                "hash_ms": figures.hash_ms,
                "giga_multiply_adds_per_second": figures.rate,
                "share_of_registers": figures.share(),
                "hashes_per_second": figures.hashes_per_second,
            })
        })
        .collect();
    Report::new(text.join("\n"), json!({ "threads": threads, "kernels": rows }))
}

impl Figures {
    fn share(&self) -> Option<f64> {
        self.registers.map(|registers| self.rate / registers)
    }
}

fn measure(kernel: Kernel, threads: usize) -> Figures {
    let seed = Hash::ZERO;
    let build = shortest(|_| drop(Matrices::build(&seed, kernel)));
    let matrices = Matrices::build(&seed, kernel);
    let mut hasher = Hasher::default();
    let hash = shortest(|number| {
        std::hint::black_box(hasher.hash(&Hash([number; 32]), &matrices));
    });
    let registers = multiply_registers(kernel, REGISTER_ROUNDS).map(|done| {
        let time = shortest(|_| assert_eq!(multiply_registers(kernel, REGISTER_ROUNDS), Some(done)));
        billions(done, time)
    });
    Figures {
        kernel,
        build_ms: build.as_secs_f64() * 1e3,
        hash_ms: hash.as_secs_f64() * 1e3,
        hashes_per_second: together(&matrices, threads),
        rate: billions(MULTIPLY_ADDS, hash),
        registers,
    }
}

/// Hashes a second by all threads.
fn together(matrices: &Matrices, threads: usize) -> f64 {
    let headers = vec![*matrices.seed(); threads.saturating_mul(BATCH)];
    let (started, mut done) = (Instant::now(), 0_usize);
    while started.elapsed() < TOGETHER {
        done = done.saturating_add(std::hint::black_box(hash_many(matrices, &headers, threads)).len());
    }
    done as f64 / started.elapsed().as_secs_f64()
}

fn shortest(mut work: impl FnMut(u8)) -> Duration {
    let time = |number| {
        let started = Instant::now();
        work(number);
        started.elapsed()
    };
    (0..TRIES).map(time).min().unwrap_or_default()
}

fn billions(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64() / 1e9
}
