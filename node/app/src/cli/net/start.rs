//! Starts nodes of a local network and waits until they are ready.

use super::super::output::{Failure, Kind};
use super::ask::get;
use super::process::Process;
use super::state::NodeState;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long nodes may take to be ready. The first start compiles every module.
const READY_WAIT: Duration = Duration::from_secs(180);
/// How often they are asked, and how long an answer may take.
const READY_PAUSE: Duration = Duration::from_millis(50);
const ANSWER_WAIT: Duration = Duration::from_secs(2);
/// Bytes of a log that a failure shows.
const MAX_SHOWN: u64 = 2_000;

/// Starts a node that does not run.
pub(super) fn start(number: usize, node: &mut NodeState, log_level: Option<&str>) -> Result<(), Failure> {
    let folder = node.folder.display().to_string();
    let mut words = vec!["node", "run", "--own-session", "--json", "--base-path", &folder];
    words.extend(log_level.iter().flat_map(|level| ["--log", level]));
    let process = Process::start(&words, &node.folder.join("ready.json"), &node.log()).map_err(|error| {
        let message = format!("cannot start node {number}: {error}");
        Failure::new(Kind::Node, message, format!("its log is {}", node.log().display()))
    })?;
    node.process = Some(process);
    // A node that starts has all of its links.
    node.is_cut = false;
    Ok(())
}

/// Waits until nodes are ready, or says which one is not.
pub(super) fn wait_ready<'n>(nodes: impl IntoIterator<Item = (usize, &'n NodeState)>) -> Result<(), Failure> {
    let begun = Instant::now();
    for (number, node) in nodes {
        while !is_ready(node) {
            if node.running().is_none() {
                return Err(failed(number, node, "it ended"));
            }
            if begun.elapsed() > READY_WAIT {
                let why = get(node.rpc(), "/readyz?verbose", ANSWER_WAIT);
                let why = why.map_or_else(|error| error.to_string(), |(_, text)| text.trim().replace('\n', "; "));
                return Err(failed(number, node, &format!("not ready within {READY_WAIT:?}: {why}")));
            }
            sleep(READY_PAUSE);
        }
    }
    Ok(())
}

/// Whether a node says that it is ready.
pub(super) fn is_ready(node: &NodeState) -> bool {
    get(node.rpc(), "/readyz", ANSWER_WAIT).is_ok_and(|(status, _)| status == 200)
}

fn failed(number: usize, node: &NodeState, what: &str) -> Failure {
    let said = said(&node.folder.join("ready.json")).or_else(|| said(&node.log())).unwrap_or_default();
    let message = format!("node {number}: {what}{said}");
    Failure::new(Kind::Node, message, format!("its log is {}; `tenon net down` stops the others", node.log().display()))
}

/// The last line of a file, if it has any.
fn said(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let bytes = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(bytes.saturating_sub(MAX_SHOWN))).ok()?;
    let mut text = Vec::new();
    file.take(MAX_SHOWN).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(format!("; it said: {}", line.trim()))
}
