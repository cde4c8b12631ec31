//! Every key of `config.toml`, once.

/// A key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// `section.name`.
    pub(super) key: &'static str,
    /// What holds where the file says nothing, in TOML.
    pub(super) default: &'static str,
    /// Values that are taken, with the unit.
    pub(super) values: &'static str,
    /// What it is for, in one sentence.
    pub(super) purpose: &'static str,
}

/// A section and what it is about.
pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("node", "The node and its chain."),
    ("rpc", "Where programs and wallets ask the node: JSON-RPC over WebSocket and HTTP, POST /v1/tx, health."),
    ("network", "Other nodes."),
    ("validator", "Voting. A node without it follows the chain and serves it."),
    ("consensus", "The pace of BBFT. Validators of one chain should agree on it."),
    ("storage", "What is kept on disk."),
    ("metrics", "Figures for Prometheus."),
    ("health", "When /readyz says that the node is ready."),
    ("log", "What is written to standard error."),
];

const fn row(key: &'static str, default: &'static str, values: &'static str, purpose: &'static str) -> Row {
    Row { key, default, values, purpose }
}

/// The keys, by section in the order of [`SECTIONS`].
pub(super) const ROWS: &[Row] = &[
    row("node.name", r#""tenon""#, "1 to 64 characters", "How people call this node, in logs and to peers."),
    row(
        "node.chain",
        r#""genesis.scale""#,
        "a path; a relative one is below the base path",
        "The genesis of the chain, as `tenon node genesis` writes it.",
    ),
    row(
        "node.sync",
        r#""snapshot""#,
        r#""snapshot" or "full""#,
        "How a node that is far behind catches up: from a snapshot that peers have, or by all blocks.",
    ),
    row("rpc.listen", r#""127.0.0.1""#, "an IP address", "The address to serve on; 0.0.0.0 lets everybody ask."),
    row("rpc.port", "9944", "0 to 65535", "The port to serve on; 0 takes any."),
    row("rpc.max_connections", "512", "1 to 65536 connections", "How many may be open at once."),
    row(
        "rpc.cors_origins",
        "[]",
        r#"origins such as "https://app.example"; "*" is all"#,
        "Web pages that may ask, besides those of this machine.",
    ),
    row("network.key_file", r#""node.key""#, "a path", "The key by which peers know this node; it signs no votes."),
    row(
        "network.listen",
        r#"["/ip4/0.0.0.0/tcp/30333", "/ip4/0.0.0.0/udp/30333/quic-v1"]"#,
        "multiaddresses of tcp, or udp with quic-v1",
        "Where peers reach this node; port 0 takes any.",
    ),
    row("network.external", "[]", "multiaddresses", "Where others reach it, if that differs from what it listens on."),
    row("network.bootstrap", "[]", "multiaddresses that end with /p2p/PEER", "The first peers to connect to."),
    row("network.private", "false", "true or false", "Whether peers that are not allowed are refused."),
    row(
        "network.allowed_peers",
        "[]",
        "peer ids, as `tenon node key show` prints them",
        "The peers of a private network.",
    ),
    row("network.max_peers", "50", "1 to 1000 peers", "How many peers may be connected."),
    row("network.mdns", "false", "true or false", "Whether to look for peers in the local network."),
    row("network.nat", "true", "true or false", "Whether to have routers open a port, and to use relays behind them."),
    row(
        "validator.enabled",
        "false",
        "true or false",
        "Whether this node votes, in each epoch whose set holds its key.",
    ),
    row(
        "validator.key_file",
        r#""validator.key""#,
        "a path",
        "The BLS key that votes. Two nodes with one key are punished: never run a copy.",
    ),
    row("consensus.block_interval_ms", "500", "10 to 600000 milliseconds", "From one block to the next."),
    row(
        "consensus.delay_ms",
        "1000",
        "10 to 600000 milliseconds",
        "D: how long a message takes at most; a leader that is silent for 2 D is passed over.",
    ),
    row("consensus.max_delay_ms", "10000", "delay_ms to 3600000 milliseconds", "What D grows to while views fail."),
    row(
        "consensus.super_nodes",
        r#""sqrt""#,
        r#""one", "sqrt", "all", or 1 to 512 validators"#,
        "How many validators add votes up: one (a star), the root of all, or each for itself.",
    ),
    row("storage.archive", "false", "true or false", "Whether every height is kept."),
    row(
        "storage.keep_blocks",
        "172800",
        "16 to 100000000 blocks",
        "How many are kept otherwise, for peers that join and for queries.",
    ),
    row(
        "storage.keep_states",
        "14400",
        "16 to 100000000 blocks",
        "For how many blocks back the state can be asked; it takes most of the room.",
    ),
    row(
        "storage.snapshot_every",
        "512",
        "0 to half of keep_blocks, in blocks",
        "From one snapshot for peers to the next, the same on all nodes of a chain; two are kept; 0 makes none.",
    ),
    row("metrics.listen", r#""127.0.0.1:9615""#, r#"IP:PORT; "" is nowhere"#, "Where GET /metrics answers."),
    row("health.min_peers", "1", "0 to 1000 peers", "With fewer the node is not ready."),
    row("health.max_behind", "20", "0 to 1000000 blocks", "Further behind its peers it is not ready."),
    row("health.min_free_mib", "512", "0 to 1000000000 MiB", "With less room on the disk it is not ready."),
    row(
        "log.level",
        r#""info""#,
        "error, warn, info, debug or trace; target=level, with commas between",
        "What is logged.",
    ),
    row("log.json", "false", "true or false", "Whether each line is a JSON object."),
];

/// The row of a key.
pub(super) fn find(key: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.key == key)
}
