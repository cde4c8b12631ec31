//! How long each timer is.

use super::Timer;

/// The lengths from which timers follow.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timing {
    /// What a message takes through the overlay, and a block to be made, at most, when all is well: D.
    pub delay_ms: u64,
    /// The time from one block to the next; 0 for as fast as it goes.
    pub interval_ms: u64,
    /// How long D may become while views fail.
    pub max_delay_ms: u64,
}

impl Timing {
    /// How long a timer is after so many failed views: the leader's 2D, the advance timer 3D, D before a message is sent
    /// again; D grows by half with each failed view, up to its bound. The interval is added to what waits for a leader.
    pub fn length_ms(&self, timer: Timer, backoff: u32) -> u64 {
        let longer = (0..backoff).try_fold(self.delay_ms, |delay, _| {
            let next = delay.saturating_add(delay / 2).saturating_add(1);
            (next < self.max_delay_ms).then_some(next)
        });
        let delay = longer.unwrap_or(self.max_delay_ms).max(self.delay_ms.min(self.max_delay_ms)).max(1);
        match timer {
            // After a failed view there is no reason to wait.
            Timer::Propose if backoff > 0 => 0,
            Timer::Propose => self.interval_ms,
            Timer::Leader => delay.saturating_mul(2).saturating_add(self.interval_ms),
            Timer::Advance => delay.saturating_mul(3).saturating_add(self.interval_ms),
            Timer::Resend => delay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMING: Timing = Timing { delay_ms: 100, interval_ms: 500, max_delay_ms: 1_000 };

    #[test]
    fn delays_grow_by_half_up_to_a_bound() {
        let lengths: Vec<_> = (0..9).map(|backoff| TIMING.length_ms(Timer::Resend, backoff)).collect();
        assert_eq!(lengths, [100, 151, 227, 341, 512, 769, 1_000, 1_000, 1_000]);
        assert_eq!(TIMING.length_ms(Timer::Resend, u32::MAX), 1_000);
    }

    #[test]
    fn leader_and_advance_timers_are_two_and_three_delays_and_the_interval() {
        assert_eq!(TIMING.length_ms(Timer::Leader, 0), 700);
        assert_eq!(TIMING.length_ms(Timer::Advance, 0), 800);
        assert_eq!(TIMING.length_ms(Timer::Propose, 0), 500);
        assert_eq!(TIMING.length_ms(Timer::Propose, 1), 0);
        let none = Timing { delay_ms: 0, interval_ms: 0, max_delay_ms: 0 };
        assert_eq!(none.length_ms(Timer::Resend, 0), 1, "never at once, for ever");
    }
}
