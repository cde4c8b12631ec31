//! The log: lines for people or JSON objects, on standard error.

use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Starts to log what a filter lets through. Only the first call of a process has an effect.
///
/// # Errors
/// If the filter is none.
pub fn start_log(filter: &str, json: bool) -> Result<(), ParseError> {
    let filter = EnvFilter::try_new(filter)?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Colours are for people: a file or another program gets plain text.
    let log = log.with_ansi(std::io::stderr().is_terminal());
    // Another subscriber can only be there in tests.
    let _ = if json { log.json().try_init() } else { log.try_init() };
    Ok(())
}
