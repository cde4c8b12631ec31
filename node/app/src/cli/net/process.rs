//! Processes of a local network: started apart from the terminal, and ended by their id after a look that the id still
//! means the same process.

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a process that should end is looked at.
const END_PAUSE: Duration = Duration::from_millis(20);

/// A process: its id, and when it started, in ticks since the machine did. Both together are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    /// Its id.
    pub(super) pid: u32,
    /// When it started.
    pub(super) started_ticks: u64,
}

impl Process {
    /// Starts this program with words, in a session of its own, with its output in files.
    pub(super) fn start(words: &[&str], output: &Path, log: &Path) -> io::Result<Self> {
        let program = std::env::current_exe()?;
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::null()).stdout(File::create(output)?).stderr(log);
        // What the caller has in mind for its own commands is not for the node.
        command.env_remove("TENON_URL").env_remove("TENON_LOG").env_remove("TENON_PASSWORD");
        let mut child = command.spawn()?;
        let pid = child.id();
        let started = Self::of(pid);
        // A child that ends while this program still runs must not stay as a zombie that looks alive.
        std::thread::spawn(move || drop(child.wait()));
        started.ok_or_else(|| io::Error::other("it ended at once"))
    }

    /// The process of an id, if there is one.
    fn of(pid: u32) -> Option<Self> {
        let (state, started_ticks) = stat(pid)?;
        (state != 'Z' && state != 'X').then_some(Self { pid, started_ticks })
    }

    /// Whether it runs.
    pub(super) fn runs(&self) -> bool {
        Self::of(self.pid) == Some(*self)
    }

    /// Ends it without a word of warning. One that has ended is left alone.
    pub(super) fn kill(&self) -> io::Result<()> {
        self.signal(Signal::KILL)
    }

    /// Asks it to end.
    pub(super) fn terminate(&self) -> io::Result<()> {
        self.signal(Signal::TERM)
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other(format!("found the process id {}", self.pid)))?;
        if !self.runs() {
            return Ok(());
        }
        match kill_process(pid, signal) {
            Err(error) if error != rustix::io::Errno::SRCH => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Waits until it has ended. Returns whether it has.
    pub(super) fn ends_within(&self, wait: Duration) -> bool {
        let begun = Instant::now();
        while self.runs() {
            if begun.elapsed() > wait {
                return false;
            }
            sleep(END_PAUSE);
        }
        true
    }
}

/// The state of a process, and when it started.
fn stat(pid: u32) -> Option<(char, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in parentheses, may hold blanks and parentheses.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    Some((fields.first()?.chars().next()?, fields.get(19)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_itself_while_it_runs_and_nobody_else_is() {
        let me = Process::of(std::process::id()).unwrap();
        assert!(me.runs());
        let other = Process { started_ticks: me.started_ticks + 1, ..me };
        assert!(!other.runs());
        // Another process with the id of one that has ended is not touched: this one goes on.
        other.kill().unwrap();
        other.terminate().unwrap();
        assert!(me.runs());
        assert!(!Process { pid: u32::MAX, started_ticks: 0 }.runs());
    }

    #[test]
    fn a_child_is_asked_to_end_or_ended() {
        for end in [Process::kill, Process::terminate] {
            let mut child = Command::new("sleep").arg("600").spawn().unwrap();
            let process = Process::of(child.id()).unwrap();
            assert!(!process.ends_within(Duration::ZERO));
            end(&process).unwrap();
            // A child that nobody has waited for is a zombie, which does not count as running.
            assert!(process.ends_within(Duration::from_secs(60)));
            child.wait().unwrap();
        }
    }
}
