//! Tests of what an operator is shown: every figure is there from the start, and a node is ready or says why not.

use super::*;
use crate::config::HealthSettings;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// Asks a server as a plain client does.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"))
}

fn server() -> MetricsServer {
    MetricsServer::start(SocketAddr::from(([127, 0, 0, 1], 0)), Arc::new(Metrics::new())).unwrap()
}

#[test]
fn figures_without_labels_are_there_before_anything_happens_and_all_are_once_counted() {
    let metrics = Metrics::new();
    let before = metrics.text();
    for figure in metrics.documented().iter().filter(|figure| figure.labels.is_empty()) {
        assert!(before.contains(&figure.name), "{}", figure.name);
    }
    metrics.vote("notarize");
    metrics.message("vote", Direction::In);
    metrics.network("votes", Direction::Out, 7);
    metrics.refused("Stale");
    metrics.transactions.inc_by(3);
    metrics.finality_seconds.observe(0.4);
    let after = metrics.text();
    for figure in metrics.documented() {
        let help =
            format!("# HELP {} {}\n", figure.name.trim_end_matches("_total").trim_end_matches("_info"), figure.help);
        assert!(after.contains(&help), "{}", figure.name);
        assert!(after.contains(&figure.name), "{}", figure.name);
    }
    for line in [
        "tenon_votes_total{phase=\"notarize\"} 1",
        "tenon_messages_total{kind=\"vote\",direction=\"in\"} 1",
        "tenon_network_bytes_total{channel=\"votes\",direction=\"out\"} 7",
        "tenon_transactions_refused_total{reason=\"Stale\"} 1",
        "tenon_transactions_total 3",
        "tenon_finality_seconds_count 1",
    ] {
        assert!(after.contains(line), "{line}: {after}");
    }
    let resident: u64 = value(&after, "tenon_process_resident_bytes");
    assert!(resident > 1 << 20, "{resident}");
    assert!(value(&after, "tenon_process_open_files") > 2);
}

/// The whole number of a figure.
fn value(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
    line.parse().unwrap()
}

#[test]
fn the_server_answers_at_its_path_alone_and_stops() {
    let server = server();
    let address = server.local_addr;
    let answer = get(address, "/metrics");
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("tenon_best_height 0"), "{answer}");
    assert!(answer.ends_with("# EOF\n"), "{answer}");
    assert!(get(address, "/other").starts_with("HTTP/1.1 404"));
    let post = "POST /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    assert!(ask(address, post).starts_with("HTTP/1.1 405"));
    assert!(ask(address, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
    let taken = MetricsServer::start(address, Arc::new(Metrics::new())).unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn more_clients_than_places_are_all_served() {
    let server = server();
    let ask = || {
        std::thread::spawn({
            let address = server.local_addr;
            move || get(address, "/metrics").starts_with("HTTP/1.1 200")
        })
    };
    let threads: Vec<_> = (0..100).map(|_| ask()).collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
}

#[test]
fn a_node_is_ready_only_while_every_check_holds() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = HealthSettings { min_peers: 2, max_behind: 10, min_free_mib: 0 };
    let health = Health::new(wanted.clone(), folder.path().to_path_buf());
    let bad = |health: &Health| -> Vec<String> {
        health
            .checks()
            .into_iter()
            .filter(|check| !check.ok)
            .map(|check| format!("{}: {}", check.name, check.said))
            .collect()
    };
    assert_eq!(bad(&health), ["peers: 0 connected, at least 2 wanted"]);
    health.set_peers(2);
    health.set_behind(Some(10));
    health.set_voting(Voting::Votes);
    assert_eq!(bad(&health), [""; 0]);
    health.set_behind(Some(11));
    assert_eq!(bad(&health), ["sync: 11 blocks behind the highest peer, at most 10 wanted"]);
    health.set_behind(None);
    health.set_snapshot(Some((0, 0)));
    assert_eq!(bad(&health), ["snapshot: one is looked for"]);
    health.set_snapshot(Some((3, 17)));
    assert_eq!(bad(&health), ["snapshot: under way, 3 of 17 parts"]);
    health.set_snapshot(None);
    health.set_voting(Voting::Stopped { reason: "the safety record does not read".into() });
    assert_eq!(bad(&health), ["validator: should vote and does not: the safety record does not read"]);
    health.set_voting(Voting::Observes { reason: "its key is not in the set".into() });
    assert_eq!(bad(&health), [""; 0]);
    let full = Health::new(HealthSettings { min_free_mib: u64::MAX, ..wanted.clone() }, folder.path().to_path_buf());
    assert!(bad(&full).iter().any(|line| line.starts_with("disk: ")), "{:?}", bad(&full));
    let absent = Health::new(wanted, folder.path().join("nothing"));
    assert!(bad(&absent).iter().any(|line| line.ends_with("nothing cannot be asked")));
}

#[test]
fn starts_are_counted_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!([count_start(folder.path()), count_start(folder.path())], [1, 2]);
    std::fs::write(folder.path().join(STARTS_FILE), "many").unwrap();
    assert_eq!(count_start(folder.path()), 1);
}

#[test]
fn the_figures_in_the_book_are_those_of_the_code() {
    let metrics = Metrics::new();
    let row = |figure: &Documented| {
        let labels = if figure.labels.is_empty() { String::new() } else { format!("`{}`", figure.labels) };
        format!("| `{}` | {} | {labels} | {} |\n", figure.name, figure.kind, figure.help)
    };
    let rows: String = metrics.documented().iter().map(row).collect();
    check_page(
        "metrics.md",
        &format!("## Every figure\n\n| name | kind | labels | what it says |\n|---|---|---|---|\n{rows}"),
    );
}
