//! A node of a network as a process: started in its place, stopped, frozen, killed, and ended by its id with its owner.

use super::place::Places;
use crate::{exchange, poll, tenon};
use serde_json::Value as Json;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How long a node may take until it serves, on a machine that does much else.
const SERVES_WITHIN: Duration = Duration::from_secs(120);
/// How long it may take to end when it is asked to.
const ENDS_WITHIN: Duration = Duration::from_secs(30);
/// Characters of a log that a failure shows.
const MAX_SHOWN: usize = 3_000;

/// The library of `faketime`, by which one process has another time of day.
pub(super) fn fake_clock() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|file| file.exists())
}

/// What a node is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Votes from the genesis on.
    Validator,
    /// Has a key that votes, which the genesis does not name.
    Candidate,
    /// Has no key that votes.
    Follower,
    /// As a follower, but no other node allows it.
    Stranger,
}

/// A node, whether it runs or not.
pub struct NetNode {
    /// Its number, from 1.
    pub number: usize,
    /// What it is for.
    pub role: Role,
    /// Its folder.
    pub folder: PathBuf,
    /// How peers name it.
    pub peer: String,
    /// Its key that votes, and the proof of it, in hex.
    pub bls: Option<(String, String)>,
    /// Host and port of its RPC server.
    pub rpc: String,
    /// Host and port of its figures.
    pub metrics: String,
    /// Where peers reach it, without its name.
    pub listen: String,
    /// Settings for each start.
    pub(super) settings: Vec<(String, String)>,
    /// By how many seconds its clock is ahead of the machine's.
    pub clock_s: i64,
    pub(super) child: Option<Child>,
}

impl NetNode {
    /// The key of development that owns it.
    pub fn owner(number: usize) -> String {
        format!("//Owner//{number}")
    }

    /// Where it answers RPC.
    pub fn url(&self) -> String {
        format!("ws://{}", self.rpc)
    }

    fn log_path(&self) -> PathBuf {
        self.folder.with_extension("log")
    }

    /// What it logged since it was made, or the end of it.
    pub fn log(&self) -> String {
        let text = fs::read_to_string(self.log_path()).unwrap_or_default();
        let skipped = text.chars().count().saturating_sub(MAX_SHOWN);
        format!("node {}: ..{}", self.number, text.chars().skip(skipped).collect::<String>())
    }

    /// Starts the process, and does not wait.
    ///
    /// # Panics
    /// If it runs, or cannot be started.
    pub fn start(&mut self, places: &Places) {
        assert!(!self.runs(), "node {} runs already", self.number);
        let open = |path: &Path| File::options().create(true).append(true).open(path).expect("a file can be written");
        let mut command = places.command(self.number, tenon());
        command.args(["node", "run", "--json", "--base-path"]).arg(&self.folder);
        for (key, value) in &self.settings {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        if self.clock_s != 0 {
            let library = fake_clock().expect("there is a library that sets a clock");
            command.env("LD_PRELOAD", library).env("FAKETIME", format!("{:+}s", self.clock_s));
            command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        command.env_remove("TENON_URL").env_remove("TENON_LOG").stdin(Stdio::null());
        let output = File::create(self.folder.with_extension("out")).expect("a file can be written");
        let child = command.stdout(output).stderr(open(&self.log_path())).spawn();
        self.child = Some(child.unwrap_or_else(|error| panic!("node {} does not start: {error}", self.number)));
    }

    /// Waits until it answers RPC.
    ///
    /// # Panics
    /// If it ends instead, or takes too long.
    pub fn wait_serves(&mut self) {
        let told = self.folder.with_extension("out");
        let what = format!("node {} serves", self.number);
        let look = || {
            let text = fs::read_to_string(&told).unwrap_or_default();
            let json = text.lines().next().and_then(|line| serde_json::from_str::<Json>(line).ok());
            json.is_some_and(|json| json["status"] == "ready").then_some(())
        };
        let child = &mut self.child;
        let mut ended = None;
        let look_or_end = || {
            ended = child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            look().or(ended.map(|_| ()))
        };
        poll::until_within(&what, SERVES_WITHIN, look_or_end, || "see the log".into());
        assert!(ended.is_none(), "{what}: it ended with {ended:?}: {}", self.log());
    }

    /// Whether its process runs (frozen or not).
    pub fn runs(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|ended| ended.is_none()))
    }

    /// Ends it as `kill -9` does.
    ///
    /// # Panics
    /// If it does not run, or panicked before.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("a node that is killed runs");
        let _ = child.kill();
        let _ = child.wait();
        self.check_log();
    }

    /// Asks it to end and waits until it has.
    ///
    /// # Panics
    /// If it does not in time, or panicked.
    pub fn stop(&mut self) {
        self.signal("TERM");
        let status = self.wait_ended();
        assert!(status.success(), "node {} ended with {status}: {}", self.number, self.log());
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// If it does not in time, or panicked.
    pub fn wait_ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("a node that ends runs");
        let what = format!("the end of node {}", self.number);
        let look = || child.try_wait().expect("a child can be asked");
        let status = poll::until_within(&what, ENDS_WITHIN, look, || "see the log".into());
        self.check_log();
        status
    }

    /// Freezes it.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Gives it an order of who runs it, as `tenon net cut` does.
    ///
    /// # Panics
    /// If it does not obey.
    pub fn order(&self, order: &str) {
        let answer = UnixStream::connect(self.folder.join("admin.sock")).and_then(|mut socket| {
            socket.write_all(format!("{order}\n").as_bytes())?;
            let mut answer = String::new();
            socket.read_to_string(&mut answer).map(|_| answer)
        });
        assert_eq!(answer.ok().as_deref(), Some("ok\n"), "node {} does as it is told: {order}", self.number);
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().expect("a node that gets a signal runs").id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "`kill -{signal}` reaches node {}", self.number);
    }

    fn check_log(&self) {
        assert!(!self.log().contains("panicked"), "the node panicked: {}", self.log());
    }

    /// A figure that it tells; none if it does not answer.
    pub fn figure(&self, name: &str) -> Option<u64> {
        let answer = exchange(&self.metrics, "GET", "/metrics", b"").ok()?;
        let line = answer.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        line.split('.').next()?.parse().ok()
    }

    /// The height of its last final block; none if it does not answer.
    pub fn height(&self) -> Option<u64> {
        let ask = |method: &str, parameter: &str| {
            let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":[{parameter}]}}"#);
            let answer = exchange(&self.rpc, "POST", "/", body.as_bytes()).ok()?;
            Some(serde_json::from_str::<Json>(&answer.body).ok()?["result"].clone())
        };
        let hash = ask("chain_getFinalizedHead", "")?;
        let header = ask("chain_getHeader", &hash.to_string())?;
        u64::from_str_radix(header["number"].as_str()?.strip_prefix("0x")?, 16).ok()
    }
}

impl Drop for NetNode {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
