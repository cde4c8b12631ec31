//! A token bucket: how much of something is allowed in a second, and at once after a pause. The time is passed in.

use std::time::{Duration, Instant};

/// What is left of an allowance that refills with time.
#[derive(Debug)]
pub(crate) struct Meter {
    per_second: u64,
    burst: u64,
    /// Thousandths of a token; below zero when more was taken than was there.
    left: i128,
    filled: Instant,
}

impl Meter {
    /// A full bucket.
    pub(crate) fn new(per_second: u64, burst: u64, now: Instant) -> Self {
        Self { per_second: per_second.max(1), burst, left: i128::from(burst) * 1000, filled: now }
    }

    /// Takes `amount`, whether it is there or not. When it is not, returns how long it takes until the debt is paid.
    pub(crate) fn take(&mut self, amount: u64, now: Instant) -> Option<Duration> {
        self.fill(now);
        self.left -= i128::from(amount) * 1000;
        if self.left >= 0 {
            return None;
        }
        let micros = (-self.left) * 1000 / i128::from(self.per_second);
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)))
    }

    /// Takes `amount` if it is there.
    pub(crate) fn try_take(&mut self, amount: u64, now: Instant) -> bool {
        self.fill(now);
        let enough = self.left >= i128::from(amount) * 1000;
        if enough {
            self.left -= i128::from(amount) * 1000;
        }
        enough
    }

    /// When the bucket was last touched.
    pub(crate) fn touched(&self) -> Instant {
        self.filled
    }

    fn fill(&mut self, now: Instant) {
        // Whole milliseconds, so that frequent calls lose nothing to rounding.
        let elapsed = now.saturating_duration_since(self.filled).as_millis();
        let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
        self.filled += Duration::from_millis(elapsed);
        let gained = i128::from(elapsed) * i128::from(self.per_second);
        self.left = (self.left + gained).min(i128::from(self.burst) * 1000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_the_burst_then_the_rate_and_tells_how_long_the_debt_lasts() {
        let start = Instant::now();
        let mut meter = Meter::new(100, 50, start);
        assert_eq!(meter.take(50, start), None);
        assert_eq!(meter.take(10, start), Some(Duration::from_millis(100)));
        assert_eq!(meter.take(10, start), Some(Duration::from_millis(200)));
        assert_eq!(meter.take(0, start + Duration::from_millis(200)), None);
        assert_eq!(meter.take(1, start + Duration::from_millis(210)), None);
        assert!(meter.take(1, start + Duration::from_millis(210)).is_some());
    }

    #[test]
    fn never_holds_more_than_the_burst() {
        let start = Instant::now();
        let mut meter = Meter::new(1000, 5, start);
        let later = start + Duration::from_secs(3600);
        assert!(meter.try_take(5, later));
        assert!(!meter.try_take(1, later));
        assert_eq!(meter.take(0, later), None, "a refused attempt takes nothing");
    }

    #[test]
    fn many_small_steps_fill_as_much_as_one_long_one() {
        let start = Instant::now();
        let mut meter = Meter::new(3, 10, start);
        assert!(meter.try_take(10, start));
        for step in 1..=10_000_u64 {
            meter.take(0, start + Duration::from_micros(step * 100));
        }
        assert!(meter.try_take(3, start + Duration::from_secs(1)));
        assert!(!meter.try_take(1, start + Duration::from_secs(1)));
    }
}
