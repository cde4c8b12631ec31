//! A node as a process: started, waited for until it is ready, and ended by its id when its owner goes.

use crate::cli::Cli;
use crate::program::{cache, tenon};
use crate::{Answer, exchange, poll};
use serde_json::Value as Json;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tenon_client::Client;

/// How long a node may take until it is ready, on a machine that does much else.
pub const READY_DEADLINE: Duration = Duration::from_secs(60);

/// A node that runs. It ends when this is dropped.
pub struct Node {
    process: Starting,
    /// The line that said that it is ready.
    pub ready: Json,
    /// The WebSocket address.
    pub url: String,
}

/// A process that was started and may not be ready.
pub struct Starting {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    scratch: TempDir,
}

/// How a node ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit status; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output, by lines.
    pub lines: Vec<String>,
    /// What it wrote to standard error.
    pub log: String,
}

impl Starting {
    /// Starts `tenon dev` on any free port, with more arguments.
    ///
    /// # Panics
    /// If the program cannot be started.
    pub fn new(arguments: &[&str]) -> Self {
        let scratch = tempfile::tempdir().expect("a temporary folder can be made");
        let log = File::create(scratch.path().join("log")).expect("a file can be made in it");
        let mut command = Command::new(tenon());
        command.args(["dev", "--json"]).args(arguments);
        if !arguments.contains(&"--port") {
            command.args(["--port", "0"]);
        }
        let child = command
            .env_remove("TENON_URL")
            .env_remove("TENON_LOG")
            // Compiled code is kept between tests; what --tmp leaves behind when it is killed goes with `scratch`.
            .env("TENON_HOME", cache().join("home"))
            .env("TMPDIR", scratch.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{} does not start: {error}", tenon().display()));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (output, kept) = (child.stdout.take().expect("standard output is piped"), lines.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { child, lines, scratch }
    }

    /// Waits until the node is ready or has ended.
    ///
    /// # Errors
    /// How it ended, if it did.
    ///
    /// # Panics
    /// If neither happens within [`READY_DEADLINE`].
    pub fn ready(mut self) -> Result<Node, Ended> {
        let began = Instant::now();
        loop {
            let first = self.lines.lock().unwrap_or_else(PoisonError::into_inner).first().cloned();
            let json = first.and_then(|line| serde_json::from_str::<Json>(&line).ok());
            if let Some(ready) = json.filter(|json| json["status"] == "ready") {
                let url = ready["rpc"].as_str().expect("the line gives the address").to_string();
                return Ok(Node { process: self, ready, url });
            }
            if self.child.try_wait().expect("a child can be asked").is_some() {
                return Err(self.ended());
            }
            assert!(began.elapsed() < READY_DEADLINE, "not ready within {READY_DEADLINE:?}: {}", self.log());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// What the process wrote to standard error so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default()
    }

    /// Ends the process as `kill -9` does.
    ///
    /// # Panics
    /// If it panicked before.
    pub fn kill(mut self) -> Ended {
        // A process that has ended already is as good.
        let _ = self.child.kill();
        let ended = self.ended();
        assert!(!ended.log.contains("panicked"), "the node panicked: {}", ended.log);
        ended
    }

    /// Ends the process as `kill -9` does, after a time or when it has ended by itself.
    ///
    /// # Panics
    /// If it panicked before.
    pub fn kill_after(mut self, time: Duration) -> Ended {
        let began = Instant::now();
        while began.elapsed() < time && self.child.try_wait().expect("a child can be asked").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.kill()
    }

    /// Asks the process to end, as `kill` does, and waits for it.
    fn terminate(&mut self) -> Ended {
        let asked = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(asked.is_ok_and(|status| status.success()), "`kill` reaches the child");
        self.ended()
    }

    fn ended(&mut self) -> Ended {
        let status: ExitStatus = poll::until("the node's end", || self.child.try_wait().expect("a child can be asked"));
        // The reader of its output holds the other reference until it has seen the end.
        poll::until("the end of its output", || (Arc::strong_count(&self.lines) == 1).then_some(()));
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ended { code: status.code(), lines, log: self.log() }
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Node {
    /// Starts a node and waits until it is ready.
    ///
    /// # Panics
    /// If it ends instead.
    pub fn start(arguments: &[&str]) -> Self {
        Starting::new(arguments).ready().unwrap_or_else(|ended| panic!("the node ended: {ended:?}"))
    }

    /// A node that keeps nothing and makes a block every 100 ms.
    pub fn quick() -> Self {
        Self::start(&["--tmp", "--block-time-ms", "100"])
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// The command line, told of this node.
    pub fn cli(&self) -> Cli {
        Cli::new(&self.url)
    }

    /// A connection.
    ///
    /// # Panics
    /// If there is none to be had.
    pub async fn client(&self) -> Client {
        Client::connect(&self.url).await.unwrap_or_else(|error| panic!("{error}: {}", self.log()))
    }

    /// Asks over HTTP.
    ///
    /// # Panics
    /// If there is no answer.
    pub fn http(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let authority = self.url.strip_prefix("ws://").expect("a node's address begins so");
        exchange(authority, method, path, body).unwrap_or_else(|error| panic!("{error}: {}", self.log()))
    }

    /// Memory that the process holds now, in KiB.
    ///
    /// # Panics
    /// If the system does not say.
    pub fn memory_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).expect("a running process has a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the status gives the memory");
        line.trim().trim_end_matches(" kB").parse().expect("in KiB")
    }

    /// What the node wrote to standard error so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Where a node with `--tmp` puts what it needs while it runs.
    pub fn scratch(&self) -> PathBuf {
        self.process.scratch.path().to_path_buf()
    }

    /// Ends the process as `kill -9` does.
    ///
    /// # Panics
    /// If it panicked before.
    pub fn kill(self) -> Ended {
        self.process.kill()
    }

    /// Asks the node to end, as `kill` does, and waits until it has.
    ///
    /// # Panics
    /// If it does not end in time, or panicked.
    pub fn terminate(self) -> Ended {
        self.terminate_and(|_| ()).0
    }

    /// As [`Node::terminate`], and looks at [`Node::scratch`] after the end.
    ///
    /// # Panics
    /// As [`Node::terminate`].
    pub fn terminate_and<T>(mut self, look: impl FnOnce(&Path) -> T) -> (Ended, T) {
        let ended = self.process.terminate();
        assert!(!ended.log.contains("panicked"), "the node panicked: {}", ended.log);
        (ended, look(self.process.scratch.path()))
    }
}
