//! Faults of network, clocks and disks, drawn by the seed.

use super::{Item, World};
use crate::faults::Fault;
use crate::node::Stop;
use crate::oracle::Role;
use tenon_core::consensus::bbft::{ValidatorIndex, View};

/// The furthest that a clock jumps.
const MAX_JUMP_MS: u64 = 2_000;
/// The furthest that a clock is from the simulated time.
const MAX_SKEW_MS: i64 = 5_000;
/// After how many points between actions, at most, a node that is to crash within a step does.
const MAX_POINTS: u64 = 40;

impl World {
    pub(super) fn draw_fault(&mut self) {
        if self.healed {
            return;
        }
        let chaos = self.chaos;
        let kinds = [chaos.partitions, chaos.crashes, chaos.clocks, chaos.disks];
        let sum: u64 = kinds.iter().sum();
        if sum > 0 {
            let mut drawn = self.random.below(sum);
            let kind = kinds.iter().position(|odds| {
                let here = drawn < *odds;
                drawn = drawn.saturating_sub(*odds);
                here
            });
            let slot = self.random.index(self.slots.len());
            match kind {
                Some(0) => self.cut(),
                Some(1) => self.crash(slot),
                Some(2) => self.jump(slot),
                _ => self.spoil(slot),
            }
        }
        let wait_ms = self.random.within(1, chaos.mean_ms * 2);
        self.push(self.now_ms + wait_ms, Item::Chaos);
    }

    fn cut(&mut self) {
        let everybody: u128 = (0..self.slots.len()).fold(0, |all, slot| all | 1 << slot);
        self.network.join();
        match self.random.below(5) {
            0 | 1 => {
                let some = u128::from(self.random.next()) & everybody;
                self.network.cut(some, everybody & !some);
                self.network.cut(everybody & !some, some);
                self.report.faults.count(Fault::Split);
            }
            2 => {
                let some = u128::from(self.random.next()) & everybody;
                self.network.cut(some, everybody & !some);
                self.report.faults.count(Fault::OneWay);
            }
            kind => self.isolate(kind == 3, everybody),
        }
        self.cuts += 1;
        let length_ms = self.random.heavy_tail(100, 3_000);
        self.push(self.now_ms + length_ms, Item::Join { cut: self.cuts });
    }

    /// Cuts off a super-node, or the leader of the view that somebody is in or of the next.
    fn isolate(&mut self, leader: bool, everybody: u128) {
        let at = self.random.index(self.slots.len());
        let turn = self.random.below(2);
        let Some(node) = self.slots.get(at).and_then(|slot| slot.node.as_ref()) else { return };
        let index: Option<ValidatorIndex> = if leader {
            Some(node.plan.schedule.leader(View(node.replica.machine().record().cur.0 + turn)))
        } else {
            let supers = node.plan.schedule.supers();
            self.random.pick(supers)
        };
        let Some(identity) = index.and_then(|index| node.plan.member(index)) else { return };
        let homes = self.homes.get(usize::from(identity)).map_or(&[][..], Vec::as_slice);
        let some = homes.iter().fold(0_u128, |all, slot| all | 1 << slot);
        self.network.cut(some, everybody & !some);
        self.network.cut(everybody & !some, some);
        self.report.faults.count(if leader { Fault::IsolatedLeader } else { Fault::IsolatedSuper });
    }

    fn crash(&mut self, at: usize) {
        let Some(node) = self.slots.get_mut(at).and_then(|slot| slot.node.as_mut()) else { return };
        if self.random.chance(700) {
            node.points_left = Some(self.random.below(MAX_POINTS));
            self.report.faults.count(Fault::CrashWithinStep);
        } else {
            self.report.faults.count(Fault::Crash);
            self.stop(at, Stop::Crash);
        }
    }

    fn jump(&mut self, at: usize) {
        let by_ms = i64::try_from(self.random.below(MAX_JUMP_MS * 2)).unwrap_or(0) - MAX_JUMP_MS as i64;
        let Some(slot) = self.slots.get_mut(at) else { return };
        slot.skew_ms = (slot.skew_ms + by_ms).clamp(-MAX_SKEW_MS, MAX_SKEW_MS);
        self.report.faults.count(Fault::ClockJump);
        if let Some(node) = &mut slot.node {
            node.clock_changed();
        }
        self.settle(at, Ok(()));
    }

    fn spoil(&mut self, at: usize) {
        let full = self.random.chance(400);
        let Some(node) = self.slots.get_mut(at).and_then(|slot| slot.node.as_mut()) else { return };
        if full {
            node.disk.full = true;
            self.report.faults.count(Fault::DiskFull);
            let wait_ms = self.random.within(50, 1_000);
            self.push(self.now_ms + wait_ms, Item::Room { slot: at });
        } else {
            node.disk.fails_next_sync = true;
            self.report.faults.count(Fault::FailedSync);
        }
    }

    pub(super) fn make_room(&mut self, at: usize) {
        let Some(slot) = self.slots.get_mut(at) else { return };
        if let Some(disk) = slot.node.as_mut().map(|node| &mut node.disk).or(slot.disk.as_mut()) {
            disk.full = false;
        }
    }

    /// The machines whose nodes must agree and go on.
    pub(super) fn honest(&self) -> Vec<usize> {
        (0..self.slots.len()).filter(|at| self.slots.get(*at).is_some_and(|slot| slot.role == Role::Honest)).collect()
    }
}
