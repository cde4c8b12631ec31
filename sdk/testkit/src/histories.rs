//! Random histories: so many steps that a seed decides, with every invariant checked on the way.

use crate::random::Random;
use std::time::{SystemTime, UNIX_EPOCH};
use tenon_engine::on_engine_stack;

/// How many histories, of how many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Histories, each from a seed of its own.
    pub cases: u64,
    /// Steps of each.
    pub steps: u64,
}

/// Says which seed and step a history failed at.
struct Watch {
    seed: u64,
    step: u64,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { seed, step } = self;
            eprintln!("the history failed at step {step}; run it again with TENON_SEED={seed}");
        }
    }
}

/// Makes random histories: sets a world up, then takes steps in it. A step that finds something wrong panics; the seed
/// of its history is printed, and with `TENON_SEED` set to it that history alone is made again. Seeds are new in each
/// run. `TENON_STEPS` is the number of steps of each history in place of the plan's.
///
/// # Panics
/// If a step panics, or a variable is no number.
pub fn histories<World>(
    plan: Plan,
    setup: impl Fn(&mut Random) -> World + Sync,
    step: impl Fn(&mut World, &mut Random) + Sync,
) {
    let steps = variable("TENON_STEPS").unwrap_or(plan.steps);
    let seeds = match variable("TENON_SEED") {
        Some(seed) => vec![seed],
        None => {
            let mut fresh = Random::new(fresh_seed());
            (0..plan.cases).map(|_| fresh.next_u64()).collect()
        }
    };
    for seed in seeds {
        on_engine_stack(|| {
            let mut watch = Watch { seed, step: 0 };
            let mut random = Random::new(seed);
            let mut world = setup(&mut random);
            for number in 1..=steps {
                watch.step = number;
                step(&mut world, &mut random);
            }
        });
    }
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`, expected a number")))
}

/// A seed that is not that of the last run.
fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    u64::try_from(now & u128::from(u64::MAX)).expect("masked") ^ u64::from(std::process::id())
}
