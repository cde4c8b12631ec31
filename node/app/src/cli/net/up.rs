//! `tenon net up`: begins a network, or goes on with it, or starts one node of it again.

use super::super::dev::BLOCK_TIMES_MS;
use super::super::node::settings;
use super::super::output::{Failure, Kind, Report, table};
use super::create::{Plan, create};
use super::stake::register_all;
use super::start::{start, wait_ready};
use super::state::{Held, MAX_NODES, State};
use super::{Place, view};
use crate::config::Staking;
use clap::Args;
use serde_json::{Value as Json, json};
use std::io::IsTerminal as _;
use std::path::Path;
use std::time::Instant;

/// How many validators there are, unless it is said otherwise.
const DEFAULT_VALIDATORS: usize = 4;
/// Milliseconds between two blocks, unless it is said otherwise.
const DEFAULT_BLOCK_TIME_MS: u64 = 500;

/// Begin a network, go on with it, or start a node of it again
#[derive(Debug, Args)]
pub(super) struct Up {
    /// A node that does not run: start it alone
    #[arg(conflicts_with_all = ["validators", "block_time_ms", "staking", "settings"])]
    node: Option<usize>,
    /// How many validators a new network has [default: 4]
    #[arg(long, value_name = "COUNT")]
    validators: Option<usize>,
    /// Milliseconds between two blocks of a new network [default: 500]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(BLOCK_TIMES_MS))]
    block_time_ms: Option<u64>,
    /// Have the module for staking elect validators of a new network, in which all of them stand
    #[arg(long)]
    staking: bool,
    /// Blocks of an epoch
    #[arg(long, value_name = "BLOCKS", requires = "staking",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    epoch_blocks: Option<u32>,
    /// A key of config.toml and its value, for every node of a new network
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// What the nodes log, such as info or tenon=debug; written to the file log in each folder
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// Show no live view: leave the nodes running and return
    #[arg(long)]
    detach: bool,
    #[command(flatten)]
    place: Place,
}

impl Up {
    pub(super) fn run(self, as_json: bool) -> Result<Report, Failure> {
        let begun = Instant::now();
        let folder = self.place.folder()?;
        let state = match self.node {
            Some(number) => self.start_one(&folder, number)?,
            None => self.start_all(&folder)?,
        };
        if self.node.is_none() && !as_json && !self.detach && std::io::stdout().is_terminal() {
            return view::run(&folder);
        }
        Ok(report(&folder, &state, self.node, begun.elapsed().as_millis()))
    }

    /// Starts one node of a network that is there.
    fn start_one(&self, folder: &Path, number: usize) -> Result<State, Failure> {
        let (held, mut state) = Held::open(folder)?;
        start_one(&held, &mut state, number, self.log.as_deref())?;
        Ok(state)
    }

    /// Starts every node that does not run, of a new network if there is none.
    fn start_all(&self, folder: &Path) -> Result<State, Failure> {
        let plan = self.plan()?;
        let held = Held::create(folder)?;
        let known = held.state()?;
        let is_new = known.is_none();
        let mut state = known.map_or_else(|| create(folder, &plan), |state| self.fits(state))?;
        held.keep(&state)?;
        for number in 1..=state.nodes.len() {
            let node = state.node_mut(number)?;
            if node.running().is_none() {
                start(number, node, self.log.as_deref())?;
                held.keep(&state)?;
            }
        }
        wait_ready(state.numbered())?;
        if is_new && self.staking {
            register_all(&state)?;
        }
        Ok(state)
    }

    /// Checks that what is asked for is the network that is there, and that there is something to start.
    fn fits(&self, state: State) -> Result<State, Failure> {
        let count = state.nodes.len();
        let refused = |found: String, expected: String, hint: &str| {
            Err(Failure::new(Kind::Usage, format!("found {found}, expected {expected}"), hint))
        };
        let other = "`tenon net down --remove` ends the one that is there; --dir names another folder";
        match self.validators {
            Some(wanted) if wanted != count => {
                return refused(format!("a network of {count} nodes"), format!("none, or one of {wanted}"), other);
            }
            _ => {}
        }
        if self.block_time_ms.is_some() || self.staking || !self.settings.is_empty() {
            let expected = "none: how it is made is said when it is begun".to_string();
            return refused(format!("a network of {count} nodes"), expected, other);
        }
        if state.nodes.iter().all(|node| node.running().is_some()) {
            let hint = "`tenon net status` shows it, `tenon net down` stops it";
            return refused(format!("all {count} nodes running"), "one that does not".into(), hint);
        }
        Ok(state)
    }

    fn plan(&self) -> Result<Plan, Failure> {
        let validators = self.validators.unwrap_or(DEFAULT_VALIDATORS);
        if !(1..=MAX_NODES).contains(&validators) {
            let message = format!("found --validators {validators}, expected 1 to {MAX_NODES}");
            return Err(Failure::new(Kind::Usage, message, "4 are the fewest that go on when one fails"));
        }
        let staking = self.staking.then(|| Staking { epoch_blocks: self.epoch_blocks, ..Staking::default() });
        let block_time_ms = self.block_time_ms.unwrap_or(DEFAULT_BLOCK_TIME_MS);
        Ok(Plan { validators, block_time_ms, staking, settings: settings(&self.settings)? })
    }
}

/// Starts one node that does not run, and waits until it is ready.
pub(super) fn start_one(held: &Held, state: &mut State, number: usize, log: Option<&str>) -> Result<(), Failure> {
    let node = state.node_mut(number)?;
    if let Some(process) = node.running() {
        let message = format!("found node {number} running as process {}, expected it stopped", process.pid);
        return Err(Failure::new(Kind::Node, message, format!("`tenon net kill {number}` ends it")));
    }
    start(number, node, log)?;
    held.keep(state)?;
    wait_ready([(number, state.node(number)?)])
}

/// The network, and how it is reached.
fn report(folder: &Path, state: &State, only: Option<usize>, millis: u128) -> Report {
    let shown = |number: usize| only.is_none_or(|only| only == number);
    let nodes: Vec<Json> = state.numbered().filter(|(number, _)| shown(*number)).map(super::act::node_json).collect();
    let rows = state.numbered().filter(|(number, _)| shown(*number));
    let rows =
        rows.map(|(number, node)| (format!("node {number}"), format!("ws://{} {}", node.rpc(), node.folder.display())));
    let rows: Vec<(String, String)> = rows.collect();
    let next =
        [("try", format!("tenon module list --url ws://{}", state.nodes[0].rpc())), ("stop", "tenon net down".into())];
    let lines = rows.iter().map(|(name, value)| (name.as_str(), value.clone())).chain(next);
    let what =
        only.map_or_else(|| format!("{} validators are", state.nodes.len()), |number| format!("node {number} is"));
    let text = format!("{what} ready after {millis} ms\n{}", table(lines));
    let json = json!({
        "status": "ready", "nodes": nodes, "dir": folder, "genesis_hash": state.genesis_hash,
        "validators": state.nodes.len(), "started_ms": u64::try_from(millis).unwrap_or(u64::MAX),
    });
    Report::new(text, json)
}
