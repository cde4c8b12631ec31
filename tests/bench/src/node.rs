//! A node of this benchmark's own, stopped when it is dropped.

use anyhow::Context as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running node.
pub(crate) struct Node {
    child: Child,
    /// Its WebSocket address.
    pub(crate) url: String,
    /// From starting the process to its line on standard output.
    pub(crate) ready_after: Duration,
    /// The same, as the node itself counts.
    pub(crate) own_start_ms: u64,
}

impl Node {
    /// Starts a development chain in a temporary folder on a free port.
    pub(crate) fn start(program: &str) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut child = Command::new(program)
            .args(["dev", "--tmp", "--port", "0", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {program}"))?;
        let output = child.stdout.take().context("the node's output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready_after = began.elapsed();
        let ready: serde_json::Value =
            serde_json::from_str(&line).with_context(|| format!("the node said {line:?}"))?;
        let url = ready["rpc"].as_str().with_context(|| format!("the node said {line:?}"))?.to_string();
        let own_start_ms = ready["started_ms"].as_u64().unwrap_or_default();
        Ok(Self { child, url, ready_after, own_start_ms })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Nothing can be done for a process that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
