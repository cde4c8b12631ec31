//! Whether a node is ready to serve, and why not: what the node says of itself, compared with what its operator wants.

use super::process;
use crate::config::HealthSettings;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Whether a node votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Voting {
    /// It is a validator of the epoch and votes.
    Votes,
    /// It does not, and why: no key, not in the set, a safety record that does not read.
    Observes {
        /// Why.
        reason: String,
    },
    /// It should vote and cannot, which somebody has to look into.
    Stopped {
        /// Why.
        reason: String,
    },
}

/// One thing that must be well for the node to be ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// Whether it is well.
    pub ok: bool,
    /// What was found, and what is wanted.
    pub said: String,
}

struct Standing {
    peers: usize,
    behind: Option<u64>,
    voting: Voting,
    snapshot: Option<(usize, usize)>,
}

/// What decides whether a node is ready. The node says how it is; whoever asks gets the checks.
pub struct Health {
    wanted: HealthSettings,
    folder: PathBuf,
    standing: Mutex<Standing>,
}

const MIB: u64 = 1 << 20;

impl Health {
    /// Begins with a node that knows no peer.
    pub fn new(wanted: HealthSettings, folder: PathBuf) -> Self {
        let voting = Voting::Observes { reason: "consensus has not begun".into() };
        let standing = Standing { peers: 0, behind: None, voting, snapshot: None };
        Self { wanted, folder, standing: Mutex::new(standing) }
    }

    /// Says how many peers are connected.
    pub fn set_peers(&self, peers: usize) {
        self.change(|standing| standing.peers = peers);
    }

    /// Says how many blocks the node is behind the highest of its peers; `None` if no peer has said its height.
    pub fn set_behind(&self, blocks: Option<u64>) {
        self.change(|standing| standing.behind = blocks);
    }

    /// Says whether the node votes.
    pub fn set_voting(&self, voting: Voting) {
        self.change(|standing| standing.voting = voting);
    }

    /// Says how many parts of a snapshot are there, of how many (0 while unknown); `None` if none is under way.
    pub fn set_snapshot(&self, parts: Option<(usize, usize)>) {
        self.change(|standing| standing.snapshot = parts);
    }

    fn change(&self, change: impl FnOnce(&mut Standing)) {
        change(&mut self.standing.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Every check, in a fixed order.
    pub fn checks(&self) -> Vec<Check> {
        let free = process::free_bytes(&self.folder).map(|bytes| bytes / MIB);
        let standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let checks = [self.peers(standing.peers), self.behind(standing.behind), voting(&standing.voting)];
        let snapshot = standing.snapshot.map(snapshot);
        checks.into_iter().chain(snapshot).chain([self.disk(free)]).collect()
    }

    fn peers(&self, peers: usize) -> Check {
        let wanted = self.wanted.min_peers;
        Check { name: "peers", ok: peers >= wanted, said: format!("{peers} connected, at least {wanted} wanted") }
    }

    fn behind(&self, behind: Option<u64>) -> Check {
        let (name, most) = ("sync", self.wanted.max_behind);
        match behind {
            Some(blocks) => Check {
                name,
                ok: blocks <= most,
                said: format!("{blocks} blocks behind the highest peer, at most {most} wanted"),
            },
            // Without peers there is nobody to be behind; whether there must be peers is another check.
            None => Check { name, ok: true, said: "no peer has said its height".into() },
        }
    }

    fn disk(&self, free: Option<u64>) -> Check {
        let (name, wanted) = ("disk", self.wanted.min_free_mib);
        match free {
            Some(free) => {
                Check { name, ok: free >= wanted, said: format!("{free} MiB free, at least {wanted} wanted") }
            }
            None => Check { name, ok: false, said: format!("{} cannot be asked", self.folder.display()) },
        }
    }
}

fn snapshot((done, all): (usize, usize)) -> Check {
    let said = match all {
        0 => "one is looked for".to_string(),
        _ => format!("under way, {done} of {all} parts"),
    };
    Check { name: "snapshot", ok: false, said }
}

fn voting(voting: &Voting) -> Check {
    let (ok, said) = match voting {
        Voting::Votes => (true, "votes".to_string()),
        Voting::Observes { reason } => (true, format!("observes: {reason}")),
        Voting::Stopped { reason } => (false, format!("should vote and does not: {reason}")),
    };
    Check { name: "validator", ok, said }
}

impl std::fmt::Debug for Health {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Health").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}
