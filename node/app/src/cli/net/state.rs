//! What is remembered of a local network between commands: a file in its folder, and a lock so that only one command
//! changes it at a time.

use super::super::output::{Failure, Kind};
use super::process::Process;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The most nodes of a local network.
pub(super) const MAX_NODES: usize = 64;

/// The file that remembers.
const STATE_FILE: &str = "net.json";
/// The file that is locked.
const LOCK_FILE: &str = "lock";
/// How long a command waits for another one, and how often it looks.
const LOCK_WAIT: Duration = Duration::from_secs(90);
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// A local network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// The hash that names its chain.
    pub(super) genesis_hash: String,
    /// Its nodes. Node 1 is the first.
    pub(super) nodes: Vec<NodeState>,
}

/// A node of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NodeState {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// How peers name it.
    pub(super) peer_id: String,
    /// The account of the validator, as a key of development.
    pub(super) account: String,
    /// The port of its RPC server.
    pub(super) rpc_port: u16,
    /// The port at which peers reach it.
    pub(super) network_port: u16,
    /// The port of its figures.
    pub(super) metrics_port: u16,
    /// Its process, as it was last started.
    pub(super) process: Option<Process>,
    /// Whether its links are cut.
    pub(super) is_cut: bool,
}

impl NodeState {
    /// Where it answers RPC.
    pub(super) fn rpc(&self) -> SocketAddr {
        local(self.rpc_port)
    }

    /// Where its figures are.
    pub(super) fn metrics(&self) -> SocketAddr {
        local(self.metrics_port)
    }

    /// The file with what it logs.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Its process, if it runs and is the one that was started.
    pub(super) fn running(&self) -> Option<Process> {
        self.process.filter(Process::runs)
    }
}

/// An address on this machine.
fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The folder of a network, with nobody else changing it.
pub(super) struct Held {
    folder: PathBuf,
    _lock: File,
}

impl Held {
    /// Takes a folder, and makes it if it is not there.
    pub(super) fn create(folder: &Path) -> Result<Self, Failure> {
        super::super::node::make_folder(folder)?;
        Self::take(folder)
    }

    /// Takes the folder of a network that is there.
    pub(super) fn open(folder: &Path) -> Result<(Self, State), Failure> {
        if !folder.join(STATE_FILE).is_file() {
            return Err(absent(folder));
        }
        let held = Self::take(folder)?;
        let state = held.state()?.ok_or_else(|| absent(folder))?;
        Ok((held, state))
    }

    fn take(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(LOCK_FILE);
        let failed = |error: std::io::Error| {
            Failure::new(Kind::File, format!("cannot lock {}: {error}", path.display()), "give --dir a folder of yours")
        };
        let lock = File::options().create(true).append(true).open(&path).map_err(failed)?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { folder: folder.to_path_buf(), _lock: lock }),
                Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_WAIT => sleep(LOCK_PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let message = format!("found {} in use by another command for {LOCK_WAIT:?}", folder.display());
                    return Err(Failure::new(Kind::Node, message, "wait until it is done, or end it"));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }

    /// What is remembered, if anything.
    pub(super) fn state(&self) -> Result<Option<State>, Failure> {
        read(&self.folder)
    }

    /// Remembers: all of it, or what was before.
    pub(super) fn keep(&self, state: &State) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(state).expect("a state is JSON");
        let (path, new) = (self.folder.join(STATE_FILE), self.folder.join("net.json.new"));
        let write = || {
            let mut file = File::create(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&new, &path)
        };
        write().map_err(|error| {
            let message = format!("cannot write {}: {error}", path.display());
            Failure::new(Kind::File, message, "give --dir a folder that you may write")
        })
    }
}

/// What is remembered of the network in a folder, without keeping others from changing it.
pub(super) fn look(folder: &Path) -> Result<State, Failure> {
    read(folder)?.ok_or_else(|| absent(folder))
}

fn read(folder: &Path) -> Result<Option<State>, Failure> {
    let path = folder.join(STATE_FILE);
    let failed = |reason: String| {
        let message = format!("{}: {reason}, expected what `tenon net up` wrote", path.display());
        Failure::new(Kind::File, message, "remove the folder and begin a network anew")
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(format!("found {error}"))),
    };
    let state: State = serde_json::from_str(&text).map_err(|error| failed(format!("found {error}")))?;
    if state.nodes.is_empty() || state.nodes.len() > MAX_NODES {
        return Err(failed(format!("found {} nodes", state.nodes.len())));
    }
    Ok(Some(state))
}

fn absent(folder: &Path) -> Failure {
    let message = format!("found no network in {}, expected one", folder.display());
    Failure::new(Kind::NotFound, message, "begin one with `tenon net up`, or name its folder with --dir")
}

impl State {
    /// A node by its number.
    pub(super) fn node(&self, number: usize) -> Result<&NodeState, Failure> {
        let index = self.index(number)?;
        Ok(&self.nodes[index])
    }

    /// The same, to be changed.
    pub(super) fn node_mut(&mut self, number: usize) -> Result<&mut NodeState, Failure> {
        let index = self.index(number)?;
        Ok(&mut self.nodes[index])
    }

    fn index(&self, number: usize) -> Result<usize, Failure> {
        let count = self.nodes.len();
        number.checked_sub(1).filter(|index| *index < count).ok_or_else(|| {
            let message = format!("found node {number}, expected 1 to {count}");
            Failure::new(Kind::Usage, message, "`tenon net status` lists the nodes")
        })
    }

    /// The nodes with their numbers.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &NodeState)> {
        (1..).zip(&self.nodes)
    }
}
