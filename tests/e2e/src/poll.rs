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
