//! `tenon node run`.

use super::super::output::{self, Failure, Kind, Report};
use super::super::{Global, project};
use super::{Place, settings};
use crate::config::{NodeSettings, Override};
use crate::node::{HookError, Ready, run_node};
use crate::telemetry::{Telemetry, start_log};
use clap::Args;
use serde_json::json;
use std::time::Instant;

/// Run the node of a folder until it is told to stop
#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    place: Place,
    /// A setting in place of that of config.toml; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// What to log, such as info or tenon::sync=debug; written to standard error
    #[arg(long, value_name = "FILTER", env = "TENON_LOG", hide_env_values = true)]
    log: Option<String>,
    /// Make each line of the log a JSON object
    #[arg(long)]
    log_json: bool,
    /// How to catch up when far behind: from a snapshot that peers have, or by all blocks
    #[arg(long, value_name = "MODE", value_parser = ["snapshot", "full"])]
    sync: Option<String>,
    /// Leave the terminal's session, so that nothing there ends the node
    #[arg(long, hide = true)]
    own_session: bool,
}

impl Run {
    pub(super) fn run(self, global: &Global) -> Result<Report, Failure> {
        let started = Instant::now();
        if self.own_session {
            // One that leads a session already has left the terminal's.
            let _ = rustix::process::setsid();
        }
        let folder = self.place.folder()?;
        let mut overrides = settings(&self.set)?;
        let flag = |flag: &str, key: &str, value: String| Override { flag: flag.into(), key: key.into(), value };
        overrides.extend(self.log.map(|filter| flag("--log", "log.level", filter)));
        overrides.extend(self.log_json.then(|| flag("--log-json", "log.json", "true".into())));
        overrides.extend(self.sync.map(|mode| flag("--sync", "node.sync", mode)));
        let settings = NodeSettings::read(&folder, &overrides)?;
        start_log(&settings.log.level, settings.log.json).map_err(|error| {
            let message = format!("found the log filter {:?}, expected another: {error}", settings.log.level);
            Failure::new(Kind::Usage, message, "write a level (error, warn, info, debug, trace) or target=level")
        })?;
        let telemetry = Telemetry::start(&settings).map_err(|error| {
            let message = format!("cannot serve metrics: {error}");
            Failure::new(Kind::Node, message, "choose another metrics.listen, such as 127.0.0.1:0 for any port")
        })?;
        let on_ready = |ready: Ready| {
            let report = told(&ready, &settings, started.elapsed().as_millis());
            output::print(&if global.json { report.json.to_string() } else { report.text });
        };
        run_node(&settings, &telemetry, on_ready).map_err(|error| stopped(&error, &settings))?;
        Ok(Report::new("", json!({ "status": "stopped" })))
    }
}

fn told(ready: &Ready, settings: &NodeSettings, millis: u128) -> Report {
    let (ws, http) = (format!("ws://{}", ready.rpc), format!("http://{}", ready.rpc));
    let metrics = ready.metrics.map(|address| format!("http://{address}/metrics"));
    let role = if settings.validator.is_some() { "has a validator key" } else { "follows" };
    let rows = output::table([
        ("rpc", format!("{ws} and {http}")),
        ("metrics", metrics.clone().unwrap_or_else(|| "not served".into())),
        ("peer", ready.peer.clone()),
        ("reached at", ready.addresses.join(" ")),
        ("genesis", ready.genesis.to_string()),
        ("role", role.into()),
        ("stop", "Ctrl-C".into()),
    ]);
    let json = json!({
        "status": "ready", "rpc": ws, "http": http, "metrics": metrics, "peer": ready.peer,
        "addresses": ready.addresses, "genesis": ready.genesis.to_string(),
        "base_path": settings.base_path.display().to_string(), "started_ms": millis,
    });
    Report::new(format!("{} is ready after {millis} ms\n{rows}", settings.name), json)
}

fn stopped(error: &anyhow::Error, settings: &NodeSettings) -> Failure {
    let message = project::chain_of(error.as_ref());
    if let Some(HookError::Epoch { expected, .. }) = error.downcast_ref() {
        return Failure::new(Kind::Node, message, format!("found the chain with --epoch-blocks {expected}"));
    }
    let store = error.chain().find_map(|cause| cause.downcast_ref::<tenon_store::StoreError>());
    let hint = store.map_or_else(
        || format!("look at the log (--log info); the node is in {}", settings.base_path.display()),
        |error| error.hint().to_string(),
    );
    Failure::new(Kind::Node, message, hint)
}
