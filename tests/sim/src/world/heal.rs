//! The end of a run: faults stop, and everybody honest has to go on and agree.

use super::World;
use crate::network::Weather;

/// Blocks that have to become final after faults stop.
const HEAL_BLOCKS: u64 = 3;
/// The time within which everybody honest has to have them. The longest delay of a view is 1 s, its advance timer 3 s;
/// a third of the leaders may be faulty, and who is epochs behind fetches them one by one.
const HEAL_MS: u64 = 60_000;
/// Steps between two looks at who has come how far.
const LOOK_MS: u64 = 50;

impl World {
    /// Stops the faults of network, clocks and disks, and requires progress and agreement. Who is faulty stays so.
    pub(crate) fn heal(&mut self) {
        self.healed = true;
        self.network.weather = Weather::default();
        self.network.join();
        for at in 0..self.slots.len() {
            self.make_room(at);
            if let Some(slot) = self.slots.get_mut(at) {
                if let Some(node) = &mut slot.node {
                    node.points_left = None;
                    node.disk.fails_next_sync = false;
                } else {
                    self.boot(at);
                }
            }
        }
        let target = self.oracle.height() + HEAL_BLOCKS;
        let end_ms = self.now_ms + HEAL_MS;
        while self.oracle.violation.is_none() && !self.all_reached(target) {
            if self.now_ms >= end_ms {
                let text = format!("not everybody honest has block {target} {HEAL_MS} ms after faults stopped");
                return self.oracle.violate(text);
            }
            let until_ms = self.now_ms + LOOK_MS;
            self.run_until(until_ms, u64::MAX);
            self.now_ms = until_ms;
        }
        self.check_chains();
    }

    fn all_reached(&self, height: u64) -> bool {
        let reached = |at: &usize| {
            let node = self.slots.get(*at).and_then(|slot| slot.node.as_ref());
            node.is_some_and(|node| node.chain.height() >= height)
        };
        self.honest().iter().all(reached)
    }

    fn check_chains(&mut self) {
        for at in self.honest() {
            let Some(node) = self.slots.get(at).and_then(|slot| slot.node.as_ref()) else { continue };
            let blocks: Vec<_> = node.chain.finals().iter().map(|found| found.block.clone()).collect();
            self.oracle.check_chain(node.identity, node.chain.height(), blocks.iter());
        }
    }
}
