//! What an operator sees of a node: figures for Prometheus, whether it is ready and why not, and the log.
//!
//! A node starts this before anything else ([`Telemetry::start`]), so that figures are there while it opens its store.
//! The node sets [`Metrics`] and [`Health`]; nothing here asks the node. It leaves out what is shown on a terminal.

mod control;
mod health;
mod log;
mod metrics;
mod process;
mod server;
#[cfg(test)]
mod tests;

pub use control::{Act, CONTROL_SOCKET, ControlServer, Order, give_order};
pub use health::{Check, Health, Voting};
pub use log::start_log;
pub use metrics::{Direction, Documented, Level, Metrics};
pub use server::MetricsServer;

use crate::config::NodeSettings;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Everything that an operator is shown, and the server that shows the figures.
#[derive(Debug)]
pub struct Telemetry {
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// What decides whether the node is ready.
    pub health: Arc<Health>,
    /// Where the figures are served, if anywhere. It stops when this is dropped.
    pub server: Option<MetricsServer>,
}

/// The file that counts how often a node was started.
const STARTS_FILE: &str = "starts";

impl Telemetry {
    /// Begins to serve figures, and counts the start.
    ///
    /// # Errors
    /// If the address of the figures is taken.
    pub fn start(settings: &NodeSettings) -> io::Result<Self> {
        let metrics = Arc::new(Metrics::new());
        metrics.starts.set(count_start(&settings.base_path));
        let health = Arc::new(Health::new(settings.health.clone(), settings.base_path.clone()));
        let listen = settings.metrics.listen;
        let server = listen.map(|address| MetricsServer::start(address, Arc::clone(&metrics))).transpose()?;
        Ok(Self { metrics, health, server })
    }
}

/// Adds one to the number in the node's folder. What cannot be kept counts from one again: it is only a figure.
fn count_start(folder: &Path) -> u64 {
    let file = folder.join(STARTS_FILE);
    let before = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse::<u64>().ok());
    let starts = before.unwrap_or_default().saturating_add(1);
    if let Err(error) = std::fs::write(&file, format!("{starts}\n")) {
        tracing::warn!(target: "tenon::node", %error, "cannot keep the count of starts");
    }
    starts
}

/// Compares the part of an operator's page below its marker with what the code says. `UPDATE_GOLDEN=1` writes it anew.
#[cfg(test)]
pub(crate) fn check_page(name: &str, generated: &str) {
    const MARKER: &str = "<!-- From here on written by a test: ";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/operators").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let start = text.find(MARKER).unwrap();
    let end = start + text[start..].find('\n').unwrap() + 1;
    let wanted = format!("{}\n", generated.trim_end());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{}{wanted}", &text[..end])).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert_eq!(found[end..], wanted, "{}: run with UPDATE_GOLDEN=1 if the change is meant", path.display());
}
