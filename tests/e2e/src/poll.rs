//! Waiting for what is to happen, with a deadline. A test that waits names what for; none waits by the clock alone.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long anything may take that is not said to take longer.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks until there is something to see.
///
/// # Panics
/// If there is nothing after [`PATIENCE`].
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: not seen within {PATIENCE:?}");
        std::thread::sleep(PAUSE);
    }
}

/// Asks until there is an answer.
///
/// # Panics
/// If there is none after [`PATIENCE`].
pub async fn until_async<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: not seen within {PATIENCE:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// As [`until`], with a patience of the caller's.
///
/// # Panics
/// If there is nothing to see after it; `told` then says how things stand.
pub fn until_within<T>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> Option<T>,
    told: impl FnOnce() -> String,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        if began.elapsed() >= patience {
            panic!("{what}: not seen within {patience:?}: {}", told());
        }
        std::thread::sleep(5 * PAUSE);
    }
}

/// Looks again and again for a time whether something stays so.
///
/// # Panics
/// If it does not.
pub fn stays(what: &str, time: Duration, mut look: impl FnMut() -> bool) {
    let began = Instant::now();
    while began.elapsed() < time {
        assert!(look(), "{what}: no more so after {:?}", began.elapsed());
        std::thread::sleep(5 * PAUSE);
    }
}

/// The pause between two questions to a node.
pub async fn pause() {
    tokio::time::sleep(5 * PAUSE).await;
}
