//! A clock that only goes on, made of one that may jump.

/// A clock that only goes on. While the wall clock is set back, this one stands still for that moment and goes on from
/// there; if it is set forward, so is this.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    wall_ms: u64,
    /// By how much this clock is ahead.
    ahead_ms: u64,
}

impl Clock {
    pub(super) fn set(&mut self, wall_ms: u64) {
        self.ahead_ms = self.ahead_ms.saturating_add(self.wall_ms.saturating_sub(wall_ms));
        self.wall_ms = wall_ms;
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.wall_ms.saturating_add(self.ahead_ms)
    }

    pub(super) fn wall_ms(&self) -> u64 {
        self.wall_ms
    }

    pub(super) fn to_wall_ms(self, at_ms: u64) -> u64 {
        at_ms.saturating_sub(self.ahead_ms)
    }
}
