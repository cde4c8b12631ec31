//! The control of a node by who runs it: a socket in the node's folder that its owner alone may open. It takes one
//! order a connection, as a line, and gives one line back: `ok`, or `error: ..` with what was found and expected.
//!
//! ```text
//! cut [PEER ..]     drop the connections with these peers, or with all, and refuse them
//! heal [PEER ..]    let these peers, or all, connect again
//! ```
//!
//! It leaves out whatever a network must not be asked to do by anybody else, which is why it is no method of the RPC.

use crate::config::read_peer_id;
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tenon_net::PeerKey;

/// The socket, in a node's folder.
pub const CONTROL_SOCKET: &str = "admin.sock";

/// Bytes of an order.
const MAX_ORDER: u64 = 1 << 16;
/// How long a client may take to give an order, or to read the answer.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// How long to wait when no connection can be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a node is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Drop and refuse these peers; all if there are none.
    Cut(Vec<PeerKey>),
    /// Let these peers connect again; all if there are none.
    Heal(Vec<PeerKey>),
}

impl Order {
    /// Reads a line.
    ///
    /// # Errors
    /// What was found and expected.
    pub fn read(line: &str) -> Result<Self, String> {
        let mut words = line.split_ascii_whitespace();
        let order = words.next().unwrap_or_default();
        let peers = words.map(read_peer_id).collect::<Result<Vec<_>, _>>();
        let peers = peers.map_err(|found| format!("found {found}, expected a peer id"))?;
        match order {
            "cut" => Ok(Self::Cut(peers)),
            "heal" => Ok(Self::Heal(peers)),
            other => Err(format!("found the order {other:?}, expected cut or heal")),
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, peers) = match self {
            Self::Cut(peers) => ("cut", peers),
            Self::Heal(peers) => ("heal", peers),
        };
        formatter.write_str(word)?;
        peers.iter().try_for_each(|peer| write!(formatter, " {peer}"))
    }
}

/// What carries orders out: it says why it cannot.
pub type Act = dyn Fn(Order) -> Result<(), String> + Send + Sync;

/// The socket of a running node. It is gone when this is dropped.
pub struct ControlServer {
    path: PathBuf,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ControlServer {
    /// Opens the socket in a node's folder. One that a killed node left is replaced: the store's lock says that no
    /// other node runs there, so open it first.
    ///
    /// # Errors
    /// If the socket cannot be made, for a path of more than about 100 bytes for example.
    pub fn start(folder: &Path, act: Box<Act>) -> io::Result<Self> {
        let path = folder.join(CONTROL_SOCKET);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let stopping = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stopping);
        let serve = move || serve(&listener, &told, &*act);
        let thread = std::thread::Builder::new().name("tenon-control".into()).spawn(serve)?;
        Ok(Self { path, stopping, thread: Some(thread) })
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        // A connection wakes the thread, which then sees that it is told to stop.
        if UnixStream::connect(&self.path).is_ok() {
            self.thread.take().map(JoinHandle::join);
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

impl fmt::Debug for ControlServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ControlServer").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Serves one client after the other: only the owner can connect, and each has its time.
fn serve(listener: &UnixListener, stopping: &AtomicBool, act: &Act) {
    for stream in listener.incoming() {
        if stopping.load(Ordering::Acquire) {
            return;
        }
        match stream {
            // A client that goes away gets no answer.
            Ok(stream) => drop(answer(&stream, act)),
            Err(_) => std::thread::sleep(ACCEPT_PAUSE),
        }
    }
}

fn answer(mut stream: &UnixStream, act: &Act) -> io::Result<()> {
    stream.set_read_timeout(Some(MAX_WAIT))?;
    stream.set_write_timeout(Some(MAX_WAIT))?;
    let mut line = String::new();
    BufReader::new(stream.take(MAX_ORDER)).read_line(&mut line)?;
    let done = match line.strip_suffix('\n') {
        Some(line) => Order::read(line).and_then(act),
        None => Err(format!("found {} bytes without an end of line, expected one line", line.len())),
    };
    let said = done.map_or_else(|reason| format!("error: {}\n", reason.replace('\n', " ")), |()| "ok\n".to_string());
    stream.write_all(said.as_bytes())
}

/// Gives an order to the node of a folder.
///
/// # Errors
/// If nobody listens there, or what the node said against the order.
pub fn give_order(folder: &Path, order: &Order) -> io::Result<()> {
    let mut stream = UnixStream::connect(folder.join(CONTROL_SOCKET))?;
    stream.set_read_timeout(Some(2 * MAX_WAIT))?;
    stream.set_write_timeout(Some(MAX_WAIT))?;
    stream.write_all(format!("{order}\n").as_bytes())?;
    let mut said = String::new();
    BufReader::new(stream.take(MAX_ORDER)).read_line(&mut said)?;
    match said.trim_end() {
        "ok" => Ok(()),
        "" => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the node closed the connection")),
        other => Err(io::Error::other(other.trim_start_matches("error: ").to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn orders_reach_the_node_and_its_refusals_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let given = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&given);
        let act = move |order: Order| {
            let refused = matches!(&order, Order::Heal(peers) if peers.is_empty());
            seen.lock().unwrap().push(order);
            if refused { Err("found no cut,\nexpected one".to_string()) } else { Ok(()) }
        };
        let server = ControlServer::start(folder.path(), Box::new(act)).unwrap();
        let peers = vec![PeerKey([1; 32]), PeerKey([2; 32])];
        let orders = [Order::Cut(Vec::new()), Order::Cut(peers.clone()), Order::Heal(peers)];
        orders.iter().for_each(|order| give_order(folder.path(), order).unwrap());
        let error = give_order(folder.path(), &Order::Heal(Vec::new())).unwrap_err();
        assert_eq!(error.to_string(), "found no cut, expected one");
        assert_eq!(given.lock().unwrap()[..3], orders);
        let mode = std::fs::metadata(folder.path().join(CONTROL_SOCKET)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(server);
        assert!(give_order(folder.path(), &orders[0]).is_err());
        assert!(!folder.path().join(CONTROL_SOCKET).exists());
    }

    #[test]
    fn what_is_no_order_is_answered_with_what_was_found_and_expected() {
        let folder = tempfile::tempdir().unwrap();
        // A socket that a killed node left does not keep the next one from starting.
        drop(UnixListener::bind(folder.path().join(CONTROL_SOCKET)).unwrap());
        let _server = ControlServer::start(folder.path(), Box::new(|_| Ok(()))).unwrap();
        let say = |text: &str| {
            let mut stream = UnixStream::connect(folder.path().join(CONTROL_SOCKET)).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut said = String::new();
            stream.read_to_string(&mut said).unwrap();
            said
        };
        assert_eq!(say("cut\n"), "ok\n");
        assert_eq!(say("stop\n"), "error: found the order \"stop\", expected cut or heal\n");
        assert_eq!(say("cut"), "error: found 3 bytes without an end of line, expected one line\n");
        assert!(say("cut Qm\n").starts_with("error: found \"Qm\", which is no peer id"));
        assert_eq!(say(""), "error: found 0 bytes without an end of line, expected one line\n");
    }
}
