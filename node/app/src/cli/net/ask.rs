//! What a node says of itself: its figures and whether it is ready, asked over plain HTTP on this machine.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Bytes of an answer.
const MAX_ANSWER: u64 = 4 << 20;

/// The figures of a node, by name with labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figures(BTreeMap<String, f64>);

/// Asks for a path. Returns the status and the body.
pub(super) fn get(address: SocketAddr, path: &str, wait: Duration) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, wait)?;
    stream.set_read_timeout(Some(wait))?;
    stream.set_write_timeout(Some(wait))?;
    // HTTP/1.0: the answer ends with the connection, and is in no pieces.
    stream.write_all(format!("GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.take(MAX_ANSWER).read_to_string(&mut answer)?;
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "found no answer of HTTP");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(broken)?;
    Ok((status, body.to_string()))
}

impl Figures {
    /// Reads the text that Prometheus reads.
    pub(super) fn read(text: &str) -> Self {
        let line = |line: &str| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_string(), value.parse().ok()?))
        };
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(line).collect())
    }

    /// A figure; 0 if there is none.
    pub(super) fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// A figure that is a whole number.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "heights and counts are far below 2^53")]
    pub(super) fn whole(&self, name: &str) -> u64 {
        self.get(name).max(0.0) as u64
    }

    /// The sum of a figure over its labels.
    pub(super) fn sum(&self, name: &str) -> f64 {
        let labelled = |key: &str| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'));
        // The sum of nothing is minus zero, which people would see.
        self.0.iter().filter(|(key, _)| *key == name || labelled(key)).map(|(_, value)| value).sum::<f64>() + 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Metrics;

    #[test]
    fn reads_what_a_node_writes() {
        let metrics = Metrics::new();
        metrics.best_height.set(7);
        metrics.transactions.inc_by(3);
        metrics.vote("notarize");
        metrics.vote("finalize");
        metrics.finality_seconds.observe(0.5);
        let figures = Figures::read(&metrics.text());
        assert_eq!(figures.whole("tenon_best_height"), 7);
        assert_eq!(figures.whole("tenon_transactions_total"), 3);
        assert_eq!(figures.sum("tenon_votes_total"), 2.0);
        assert_eq!(figures.get("tenon_finality_seconds_sum"), 0.5);
        assert_eq!(
            (figures.whole("tenon_nothing"), format!("{:.0}", figures.sum("tenon_nothing"))),
            (0, "0".to_string())
        );
    }

    #[test]
    fn asks_over_http_and_says_when_nobody_answers() {
        let metrics = std::sync::Arc::new(Metrics::new());
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = crate::telemetry::MetricsServer::start(address, metrics).unwrap();
        let wait = Duration::from_secs(30);
        let (status, body) = get(server.local_addr, "/metrics", wait).unwrap();
        assert!(status == 200 && body.contains("tenon_best_height 0"));
        assert_eq!(get(server.local_addr, "/", wait).unwrap().0, 404);
        let gone = server.local_addr;
        drop(server);
        assert!(get(gone, "/metrics", wait).is_err());
    }
}
