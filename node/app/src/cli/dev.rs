//! `tenon dev`: runs a chain on this machine, with funded accounts and every protocol module.

use super::output::{self, Failure, Kind, Report};
use super::{Global, project};
use crate::node::{Consensus, HookError, NodeConfig, run_dev};
use crate::shipped::ShippedModule;
use crate::telemetry::start_log;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tenon_core::consensus::DevMode;
use tenon_crypto::os::random_bytes;
use tenon_types::{Hooks, keys};

/// Milliseconds between two blocks, unless it is said otherwise.
const DEFAULT_BLOCK_TIME_MS: u64 = 500;
/// The longest and shortest time between two blocks.
pub(super) const BLOCK_TIMES_MS: std::ops::RangeInclusive<u64> = 10..=600_000;
/// The port at which wallets look for a node.
const DEFAULT_PORT: u16 = 9944;
/// What is logged, unless it is said otherwise.
const DEFAULT_LOG: &str = "warn";

/// What decides on blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EngineName {
    /// One producer, whose blocks are final at once
    Dev,
    /// Four validators in this process, who vote on each block
    Bbft,
}

/// Run a chain on this machine, with funded accounts //Alice to //Ferdie and every protocol module
#[derive(Debug, Args)]
pub(super) struct Dev {
    /// Keep nothing: the chain is gone when the node stops
    #[arg(long, conflicts_with = "base_path")]
    tmp: bool,
    /// Where the chain is kept; ~/.tenon/dev if absent
    #[arg(long, value_name = "DIR")]
    base_path: Option<PathBuf>,
    /// The port of the RPC server, for WebSocket and HTTP; 0 takes any
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// The address that the RPC server listens on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Milliseconds between two blocks
    #[arg(long, value_name = "MS", default_value_t = DEFAULT_BLOCK_TIME_MS, conflicts_with = "on_demand",
          value_parser = clap::value_parser!(u64).range(BLOCK_TIMES_MS))]
    block_time_ms: u64,
    /// Make a block when there is something to include, and only then
    #[arg(long)]
    on_demand: bool,
    /// What decides on blocks: dev (one producer) or bbft (four validators in this process)
    #[arg(long, value_name = "ENGINE", value_enum, hide_possible_values = true, default_value_t = EngineName::Dev)]
    consensus: EngineName,
    /// The protocol module whose hooks a new chain calls at the end of each block
    #[arg(long, value_name = "MODULE")]
    staking: Option<String>,
    /// Coin that is issued to it in each block, in the smallest unit
    #[arg(long, value_name = "AMOUNT", default_value_t = 0, requires = "staking")]
    block_reward: u128,
    /// Blocks of an epoch, as many as the module counts; 0 is none
    #[arg(long, value_name = "BLOCKS", default_value_t = 0, requires = "staking")]
    epoch_blocks: u32,
    /// Keep the state of every height
    #[arg(long)]
    archive: bool,
    /// What to log, such as info or tenon::rpc=debug; written to standard error
    #[arg(long, value_name = "FILTER", default_value = DEFAULT_LOG, env = "TENON_LOG", hide_env_values = true)]
    log: String,
}

impl Dev {
    pub(super) fn run(self, global: &Global) -> Result<Report, Failure> {
        let started = Instant::now();
        self.start_log(global.json)?;
        let temporary = self.tmp.then(Temporary::create).transpose()?;
        let base_path = match (&temporary, &self.base_path) {
            (Some(temporary), _) => temporary.0.clone(),
            (None, Some(path)) => path.clone(),
            (None, None) => home()?.join("dev"),
        };
        let config = NodeConfig {
            base_path: base_path.clone(),
            listen: SocketAddr::new(self.listen, self.port),
            consensus: self.consensus()?,
            hooks: self.hooks()?,
            archive: self.archive,
            code_cache: home().ok().map(|home| home.join("code")),
        };
        let place =
            if self.tmp { "nowhere: it is gone when the node stops".into() } else { base_path.display().to_string() };
        let on_ready = |address: SocketAddr| {
            let report = ready(address, &place, config.consensus, started.elapsed().as_millis());
            output::print(&if global.json { report.json.to_string() } else { report.text });
        };
        run_dev(&config, on_ready).map_err(|error| stopped(&error, &config))?;
        Ok(Report::new("", json!({ "status": "stopped" })))
    }

    /// What decides on blocks, with flags that fit it.
    fn consensus(&self) -> Result<Consensus, Failure> {
        let interval_ms = self.block_time_ms;
        match self.consensus {
            EngineName::Dev if self.on_demand => Ok(Consensus::Dev(DevMode::OnDemand)),
            EngineName::Dev => Ok(Consensus::Dev(DevMode::Interval { interval_ms })),
            EngineName::Bbft if self.on_demand => {
                let text =
                    "found --on-demand with --consensus bbft, expected --block-time-ms: its leaders take turns by time";
                Err(Failure::new(Kind::Usage, text, "leave --on-demand away; --block-time-ms 50 makes blocks soon"))
            }
            EngineName::Bbft if self.staking.is_some() => {
                let text =
                    "found --staking with --consensus bbft, expected no hooks: the four validators are not elected";
                Err(Failure::new(Kind::Usage, text, "leave --staking away, or take --consensus dev"))
            }
            EngineName::Bbft => Ok(Consensus::Bbft { interval_ms }),
        }
    }

    /// What the host calls by itself.
    fn hooks(&self) -> Result<Hooks, Failure> {
        let Some(name) = &self.staking else { return Ok(Hooks::NONE) };
        if ShippedModule::find(name).is_none() {
            let text = format!("found --staking {name:?}, expected the name of a protocol module");
            return Err(Failure::new(Kind::Usage, text, "`tenon module list` shows those of a running chain"));
        }
        let (staking, block_reward) = (Some(keys::named_address(name)), self.block_reward);
        Ok(Hooks { staking, block_reward, epoch_blocks: self.epoch_blocks, ..Hooks::NONE })
    }

    fn start_log(&self, as_json: bool) -> Result<(), Failure> {
        start_log(&self.log, as_json).map_err(|error| {
            let message = format!("found --log {:?}, expected a filter: {error}", self.log);
            Failure::new(
                Kind::Usage,
                message,
                "write a level (error, warn, info, debug, trace) or target=level, with commas between",
            )
        })
    }
}

fn ready(address: SocketAddr, place: &str, consensus: Consensus, millis: u128) -> Report {
    let (ws, http) = (format!("ws://{address}"), format!("http://{address}"));
    let rows = output::table([
        ("rpc", format!("{ws} and {http}")),
        ("kept", place.into()),
        ("consensus", consensus.name().into()),
        ("accounts", "//Alice //Bob //Charlie //Dave //Eve //Ferdie".into()),
        ("try", format!("tenon module list --url {ws}")),
        ("stop", "Ctrl-C".into()),
    ]);
    let json = json!({ "status": "ready", "rpc": ws, "http": http, "port": address.port(), "base_path": place, "consensus": consensus.name(), "started_ms": millis });
    Report::new(format!("tenon dev is ready after {millis} ms\n{rows}"), json)
}

fn stopped(error: &anyhow::Error, config: &NodeConfig) -> Failure {
    let message = project::chain_of(error.as_ref());
    let in_use = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|io| io.kind() == std::io::ErrorKind::AddrInUse);
    if in_use {
        let text = format!("found {} in use by another program, expected a free port", config.listen);
        return Failure::new(
            Kind::Node,
            text,
            "stop the other program, or choose another port with --port (0 takes any)",
        );
    }
    if let Some(HookError::Epoch { expected, .. }) = error.downcast_ref() {
        return Failure::new(Kind::Node, message, format!("give --epoch-blocks {expected}"));
    }
    let store = error.chain().find_map(|cause| cause.downcast_ref::<tenon_store::StoreError>());
    let hint = store.map_or_else(
        || format!("look at the log (--log info); the chain is in {}", config.base_path.display()),
        |error| error.hint().to_string(),
    );
    Failure::new(Kind::Node, message, hint)
}

/// A folder that goes when the node stops.
struct Temporary(PathBuf);

impl Temporary {
    fn create() -> Result<Self, Failure> {
        let failed = |reason: String| {
            Failure::new(
                Kind::File,
                format!("cannot make a temporary folder: {reason}"),
                "set TMPDIR to a folder that you may write",
            )
        };
        let random = random_bytes::<8>().map_err(|error| failed(error.to_string()))?;
        let path = std::env::temp_dir().join(format!("tenon-dev-{}", hex::encode(*random)));
        std::fs::create_dir_all(&path).map_err(|error| failed(format!("{}: {error}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed is in the system's folder for such things, and harms nothing.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where this program keeps things: `TENON_HOME`, or `.tenon` in the user's home.
pub(super) fn home() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("TENON_HOME").map(PathBuf::from).or_else(|| set("HOME").map(|home| Path::new(&home).join(".tenon"))).ok_or_else(
        || {
            Failure::new(
                Kind::File,
                "found neither TENON_HOME nor HOME, expected one of them",
                "give --base-path DIR, or --tmp",
            )
        },
    )
}
