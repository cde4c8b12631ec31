//! One HTTP request over a connection of its own, for what the Rust client does not ask. Leaves out everything else of
//! HTTP: answers end with the connection.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long the other side may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Asks and reads the answer.
///
/// # Errors
/// If there is no connection, or the answer is not HTTP.
pub fn exchange(authority: &str, method: &str, path: &str, body: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(SILENCE))?;
    let kind = if path == "/v1/tx" { "application/octet-stream" } else { "application/json" };
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    // A server that refuses may answer before it has read all; the answer counts then.
    let sent = stream.write_all(body);
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let foreign = || io::Error::other(format!("not HTTP: {text:?}, sent {sent:?}, read {read:?}"));
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(foreign)?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(foreign)?;
    Ok(Answer { status, body: body.to_string() })
}
