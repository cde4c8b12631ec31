//! What is done to the nodes of a network that is there: status, kill, cut, heal, down.

use super::super::output::{Failure, Kind, Report};
use super::ask::{Figures, get};
use super::state::{Held, NodeState, State, look};
use crate::config::read_peer_id;
use crate::telemetry::{Order, give_order};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::Duration;

/// How long a node may take to say how it is.
const ANSWER_WAIT: Duration = Duration::from_millis(500);
/// How long nodes may take to stop before they are ended without a word.
const STOP_WAIT: Duration = Duration::from_secs(20);
/// How long a node that was ended may take to be gone.
const KILL_WAIT: Duration = Duration::from_secs(10);

/// How a node is.
pub(super) struct Standing {
    /// Its process, if it runs.
    pub(super) pid: Option<u32>,
    /// Its figures, if it answers.
    pub(super) figures: Option<Figures>,
}

impl Standing {
    /// Asks a node.
    pub(super) fn of(node: &NodeState) -> Self {
        let pid = node.running().map(|process| process.pid);
        let ask = || get(node.metrics(), "/metrics", ANSWER_WAIT).ok().filter(|(status, _)| *status == 200);
        let figures = pid.and_then(|_| ask()).map(|(_, text)| Figures::read(&text));
        Self { pid, figures }
    }

    /// In one word.
    pub(super) fn word(&self, node: &NodeState) -> &'static str {
        match (self.pid, &self.figures) {
            (None, _) => "down",
            (Some(_), _) if node.is_cut => "cut",
            (Some(_), None) => "silent",
            (Some(_), Some(_)) => "up",
        }
    }
}

/// How a node is reached.
pub(super) fn node_json((number, node): (usize, &NodeState)) -> Json {
    json!({
        "node": number, "pid": node.running().map(|process| process.pid), "rpc": format!("ws://{}", node.rpc()),
        "http": format!("http://{}", node.rpc()), "metrics": format!("http://{}/metrics", node.metrics()),
        "folder": node.folder, "log": node.log(), "peer_id": node.peer_id, "account": node.account,
    })
}

/// Shows each node.
pub(super) fn status(folder: &Path) -> Result<Report, Failure> {
    let state = look(folder)?;
    let mut lines = vec![format!(
        "  {:>4}  {:<6}  {:>8}  {:>8}  {:>8}  {:>5}  rpc",
        "node", "state", "pid", "height", "final", "peers"
    )];
    let mut nodes = Vec::new();
    for (number, node) in state.numbered() {
        let standing = Standing::of(node);
        let word = standing.word(node);
        let figure = |name: &str| standing.figures.as_ref().map(|figures| figures.whole(name));
        let (height, last, peers) = (figure("tenon_best_height"), figure("tenon_final_height"), figure("tenon_peers"));
        let shown = |value: Option<u64>| value.map_or_else(|| "-".to_string(), |value| value.to_string());
        let pid = shown(standing.pid.map(u64::from));
        lines.push(format!(
            "  {number:>4}  {word:<6}  {pid:>8}  {:>8}  {:>8}  {:>5}  ws://{}",
            shown(height),
            shown(last),
            shown(peers),
            node.rpc()
        ));
        let mut json = node_json((number, node));
        json["state"] = json!(word);
        json["height"] = json!(height);
        json["final"] = json!(last);
        json["peers"] = json!(peers);
        nodes.push(json);
    }
    let json = json!({ "nodes": nodes, "dir": folder, "genesis_hash": state.genesis_hash });
    Ok(Report::new(lines.join("\n"), json))
}

/// Ends a node without a word of warning.
pub(super) fn kill(folder: &Path, number: usize) -> Result<Report, Failure> {
    let (held, mut state) = Held::open(folder)?;
    let pid = kill_node(&held, &mut state, number)?;
    let text = format!("killed node {number}, process {pid}; `tenon net up {number}` starts it again");
    Ok(Report::new(text, json!({ "status": "killed", "node": number, "pid": pid })))
}

/// The same for a network that is held.
pub(super) fn kill_node(held: &Held, state: &mut State, number: usize) -> Result<u32, Failure> {
    let node = state.node_mut(number)?;
    let process = node.running().ok_or_else(|| not_running(number))?;
    let failed = |reason: String| {
        let message = format!("cannot end node {number}, process {}: {reason}", process.pid);
        Failure::new(Kind::Node, message, "is it a process of yours?")
    };
    process.kill().map_err(|error| failed(error.to_string()))?;
    if !process.ends_within(KILL_WAIT) {
        return Err(failed(format!("it is still there after {KILL_WAIT:?}")));
    }
    node.process = None;
    node.is_cut = false;
    held.keep(state)?;
    Ok(process.pid)
}

fn not_running(number: usize) -> Failure {
    let message = format!("found node {number} stopped, expected it running");
    Failure::new(Kind::Node, message, format!("`tenon net up {number}` starts it"))
}

/// Cuts the links of a node, all or those with some others.
pub(super) fn cut(folder: &Path, number: usize, from: &[usize]) -> Result<Report, Failure> {
    let (held, mut state) = Held::open(folder)?;
    cut_node(&held, &mut state, number, from)?;
    let whom = match from {
        [] => "everybody".to_string(),
        some => format!("node {}", some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    };
    let text = format!("cut node {number} from {whom}; `tenon net heal {number}` lets its links come back");
    Ok(Report::new(text, json!({ "status": "cut", "node": number, "from": from })))
}

/// The same for a network that is held.
pub(super) fn cut_node(held: &Held, state: &mut State, number: usize, from: &[usize]) -> Result<(), Failure> {
    let peer = |other: &usize| {
        let node = state.node(*other)?;
        if *other == number {
            let message = format!("found node {number} twice, expected other nodes after --from");
            return Err(Failure::new(Kind::Usage, message, "leave --from away to cut it from all"));
        }
        read_peer_id(&node.peer_id).map_err(|found| Failure::new(Kind::File, found, "begin a network anew"))
    };
    let peers = from.iter().map(peer).collect::<Result<Vec<_>, _>>()?;
    order(state, number, &Order::Cut(peers))?;
    state.node_mut(number)?.is_cut = true;
    held.keep(state)
}

/// Lets the links of a node come back.
pub(super) fn heal(folder: &Path, number: usize) -> Result<Report, Failure> {
    let (held, mut state) = Held::open(folder)?;
    heal_node(&held, &mut state, number)?;
    Ok(Report::new(format!("node {number} has its links again"), json!({ "status": "healed", "node": number })))
}

/// The same for a network that is held.
pub(super) fn heal_node(held: &Held, state: &mut State, number: usize) -> Result<(), Failure> {
    order(state, number, &Order::Heal(Vec::new()))?;
    state.node_mut(number)?.is_cut = false;
    held.keep(state)
}

/// Gives a running node an order.
fn order(state: &State, number: usize, order: &Order) -> Result<(), Failure> {
    let node = state.node(number)?;
    node.running().ok_or_else(|| not_running(number))?;
    give_order(&node.folder, order).map_err(|error| {
        let message = format!("node {number} did not take the order {order}: {error}");
        Failure::new(Kind::Node, message, format!("its log is {}", node.log().display()))
    })
}

/// Stops every node.
pub(super) fn down(folder: &Path, remove: bool) -> Result<Report, Failure> {
    let (held, mut state) = Held::open(folder)?;
    let killed = stop_all(&held, &mut state)?;
    if remove {
        std::fs::remove_dir_all(folder).map_err(|error| {
            let message = format!("stopped every node, and cannot remove {}: {error}", folder.display());
            Failure::new(Kind::File, message, "remove it yourself")
        })?;
    }
    let killed_text = match killed.len() {
        0 => String::new(),
        count => format!(", {count} of them by force after {STOP_WAIT:?}"),
    };
    let kept = if remove { "its folder is gone" } else { "`tenon net up` goes on with the same chain" };
    let text = format!("stopped {} nodes{killed_text}; {kept}", state.nodes.len());
    Ok(Report::new(text, json!({ "status": "down", "nodes": state.nodes.len(), "killed": killed, "removed": remove })))
}

/// Asks all nodes to stop, and ends those that do not. Returns the numbers of these.
pub(super) fn stop_all(held: &Held, state: &mut State) -> Result<Vec<usize>, Failure> {
    let failed = |number: usize, error: std::io::Error| {
        let message = format!("cannot stop node {number}: {error}");
        Failure::new(Kind::Node, message, "is it a process of yours?")
    };
    let running: Vec<_> = state.numbered().filter_map(|(number, node)| Some((number, node.running()?))).collect();
    for (number, process) in &running {
        process.terminate().map_err(|error| failed(*number, error))?;
    }
    let begun = std::time::Instant::now();
    let mut killed = Vec::new();
    for (number, process) in running {
        if !process.ends_within(STOP_WAIT.saturating_sub(begun.elapsed())) {
            process.kill().map_err(|error| failed(number, error))?;
            process.ends_within(KILL_WAIT);
            killed.push(number);
        }
    }
    for node in &mut state.nodes {
        node.process = None;
        node.is_cut = false;
    }
    held.keep(state)?;
    Ok(killed)
}
