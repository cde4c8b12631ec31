//! A simulation of whole validators: replicas with chain, pool and disk, over a network, in simulated time. One seed
//! decides everything, so that whatever goes wrong goes wrong again.
//!
//! ```text
//! random    the generator             keys      quick signatures that add up
//! ledger    accounts, stakes          block     blocks and what is sent       chain    final and open blocks
//! epoch     who is elected            disk      a log that loses and tears    node     all of it in one node
//! scenario  what a seed stands for    network   loses, doubles, delays, cuts  villain  validators that lie
//! world     the event queue           oracle    the invariants                report   what came of it
//! ```
//!
//! The replicas, the pool and the safety record are the real ones. What a validator really is besides (engine, modules,
//! RocksDB, sockets) is tested with real processes elsewhere.

mod block;
mod chain;
mod disk;
mod epoch;
mod faults;
mod keys;
mod ledger;
mod messages;
mod network;
mod node;
mod oracle;
mod random;
mod report;
mod scenario;
mod trace;
mod villain;
mod world;

pub use faults::{Fault, Tally};
pub use messages::{Messages, messages};
pub use report::{Failure, Report};
pub use scenario::Trouble;

use scenario::Scenario;
use world::World;

/// Steps of a run before faults stop.
pub const STEPS: u64 = 8_000;
/// The longest that a run takes before faults stop, in simulated time.
const MAX_RUN_MS: u64 = 60_000;

/// Runs a seed: faults for a number of steps, then none, and everybody honest has to go on.
///
/// # Errors
/// [`Failure`], if an invariant does not hold.
pub fn run(seed: u64, trouble: Trouble, steps: u64) -> Result<Report, Box<Failure>> {
    let mut world = World::new(Scenario::new(seed, trouble));
    world.run_until(MAX_RUN_MS, steps);
    world.heal();
    world.finish().map_err(Box::new)
}

/// Runs a seed without other faults, but that a node loses power once: at a point between two of its actions, counted
/// from its first, a write and its sync being two. What the disk does with what was not synced, the seed says.
///
/// # Errors
/// [`Failure`], if an invariant does not hold.
pub fn crash_at(seed: u64, validators: usize, (node, point): (usize, u64), steps: u64) -> Result<Report, Box<Failure>> {
    let mut world = World::new(Scenario::new(seed, Trouble::None(validators)));
    world.plan_crash(node, point);
    world.run_until(MAX_RUN_MS, steps);
    world.heal();
    world.finish().map_err(Box::new)
}

/// How many points between actions a node passes in so many steps of a run without faults.
pub fn points(seed: u64, validators: usize, node: usize, steps: u64) -> u64 {
    let mut world = World::new(Scenario::new(seed, Trouble::None(validators)));
    world.run_until(MAX_RUN_MS, steps);
    world.points_of(node)
}
