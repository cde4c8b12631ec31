//! The figures of a node, each registered once with its name, labels and meaning: the text that Prometheus reads and
//! the table in the book both come from here.

use super::process;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};

/// A whole number that goes up and down.
pub type Level = Gauge<u64, AtomicU64>;
/// A number with a fraction that goes up and down.
type Amount = Gauge<f64, AtomicU64>;

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a peer.
    In,
    /// To a peer.
    Out,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
    direction: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChannelLabels {
    channel: &'static str,
    direction: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PhaseLabels {
    phase: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

/// What the book says of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documented {
    /// The name that Prometheus knows.
    pub name: String,
    /// `counter`, `gauge`, `histogram` or `info`.
    pub kind: &'static str,
    /// Its labels.
    pub labels: &'static str,
    /// What it says.
    pub help: &'static str,
}

/// The figures of a node. Whoever does a thing counts it here.
#[derive(Debug)]
pub struct Metrics {
    /// Height of the head.
    pub best_height: Level,
    /// Height of the last final block.
    pub final_height: Level,
    /// How many blocks the node is behind the highest peer.
    pub behind_blocks: Level,
    /// Final blocks since the start.
    pub blocks: Counter,
    /// Transactions in final blocks since the start.
    pub transactions: Counter,
    /// Gas of final blocks since the start.
    pub gas: Counter,
    /// Transactions of a block.
    pub block_transactions: Histogram,
    /// Bytes of a block's transactions.
    pub block_bytes: Histogram,
    /// Seconds that a block's execution took.
    pub execute_seconds: Histogram,
    /// Seconds that a block's tree and receipts took.
    pub settle_seconds: Histogram,
    /// Seconds that the write of a final block took.
    pub commit_seconds: Histogram,
    /// Seconds from a block's time until it was final here.
    pub finality_seconds: Histogram,
    /// The view of consensus.
    pub view: Level,
    /// The epoch of consensus.
    pub epoch: Level,
    /// The index of the leader of the view.
    pub leader: Level,
    /// Validators of the epoch.
    pub validators: Level,
    /// 1 if this node votes.
    pub votes_now: Level,
    /// Views that were entered.
    pub views: Counter,
    /// Views that ended without a block.
    pub nullified_views: Counter,
    /// Faults of validators that final blocks report.
    pub evidence: Counter,
    /// Connected peers.
    pub peers: Level,
    /// Transactions in the pool.
    pub pool_transactions: Level,
    /// Bytes in the pool.
    pub pool_bytes: Level,
    /// Transactions that the pool took.
    pub accepted: Counter,
    /// Peers that were sent away for what they did.
    pub banned: Counter,
    /// Height of the newest snapshot for others.
    pub snapshot_height: Level,
    /// Pieces of the snapshot that is fetched.
    pub snapshot_parts: Level,
    /// Those of them that are there.
    pub snapshot_parts_done: Level,
    /// How often the node was started.
    pub starts: Level,
    labelled: Labelled,
    process: Process,
    registry: Registry,
    documented: Vec<Documented>,
}

/// Figures that are counted apart by what they are of.
#[derive(Debug)]
struct Labelled {
    votes: Family<PhaseLabels, Counter>,
    messages: Family<KindLabels, Counter>,
    network_bytes: Family<ChannelLabels, Counter>,
    refused: Family<ReasonLabels, Counter>,
}

/// What the system says of the process.
#[derive(Debug)]
struct Process {
    resident_bytes: Level,
    open_files: Level,
    cpu_seconds: Amount,
}

/// Registers figures, and remembers what was registered.
struct Registrar {
    registry: Registry,
    documented: Vec<Documented>,
}

impl Registrar {
    fn add<M: Metric + Clone>(
        &mut self,
        kind: &'static str,
        name: &str,
        labels: &'static str,
        help: &'static str,
        metric: M,
    ) -> M {
        let suffix = if kind == "counter" { "_total" } else { "" };
        self.documented.push(Documented { name: format!("{PREFIX}_{name}{suffix}"), kind, labels, help });
        // The library ends each help with a full stop.
        self.registry.register(name, help.trim_end_matches('.'), metric.clone());
        metric
    }

    fn level(&mut self, name: &str, help: &'static str) -> Level {
        self.add("gauge", name, "", help, Level::default())
    }

    fn counter(&mut self, name: &str, help: &'static str) -> Counter {
        self.add("counter", name, "", help, Counter::default())
    }

    fn seconds(&mut self, name: &str, help: &'static str) -> Histogram {
        // From a quarter of a millisecond to 65 s.
        self.add("histogram", name, "", help, Histogram::new(exponential_buckets(0.000_25, 2.0, 19)))
    }

    fn sizes(&mut self, name: &str, help: &'static str, first: f64) -> Histogram {
        self.add("histogram", name, "", help, Histogram::new(exponential_buckets(first, 4.0, 12)))
    }
}

impl Labelled {
    fn new(all: &mut Registrar) -> Self {
        Self {
            votes: all.add("counter", "votes", "phase", "Votes that this node sent.", Family::default()),
            messages: all.add("counter", "messages", "kind, direction", "Messages of consensus.", Family::default()),
            network_bytes: all.add(
                "counter",
                "network_bytes",
                "channel, direction",
                "Bytes from and to peers.",
                Family::default(),
            ),
            refused: all.add(
                "counter",
                "transactions_refused",
                "reason",
                "Transactions that the pool refused.",
                Family::default(),
            ),
        }
    }
}

impl Process {
    fn new(all: &mut Registrar) -> Self {
        Self {
            resident_bytes: all.level("process_resident_bytes", "Memory that the process holds."),
            open_files: all.level("process_open_files", "Files and sockets that the process has open."),
            cpu_seconds: all.add(
                "gauge",
                "process_cpu_seconds",
                "",
                "Time on the processors since the start.",
                Amount::default(),
            ),
        }
    }

    /// Asks the system. What it does not say stays at the last value.
    fn refresh(&self) {
        process::resident_bytes().map(|bytes| self.resident_bytes.set(bytes));
        process::open_files().map(|files| self.open_files.set(files));
        process::cpu_seconds().map(|seconds| self.cpu_seconds.set(seconds));
    }
}

/// What every name begins with.
const PREFIX: &str = "tenon";

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Registers every figure, at zero.
    pub fn new() -> Self {
        let mut all = Registrar { registry: Registry::with_prefix(PREFIX), documented: Vec::new() };
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        let labels = "version";
        all.documented.push(Documented { name: format!("{PREFIX}_build_info"), kind: "info", labels, help: BUILD });
        all.registry.register("build", BUILD.trim_end_matches('.'), build);
        let started = all.add(
            "gauge",
            "start_time_seconds",
            "",
            "When the process started, in seconds since 1970.",
            Amount::default(),
        );
        started.set(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());
        Self {
            best_height: all.level("best_height", "Height of the head."),
            final_height: all.level("final_height", "Height of the last final block."),
            behind_blocks: all.level("behind_blocks", "Blocks between this node and the highest of its peers."),
            blocks: all.counter("blocks", "Blocks that became final since the start."),
            transactions: all.counter("transactions", "Transactions in blocks that became final since the start."),
            gas: all.counter("gas", "Gas of blocks that became final since the start."),
            block_transactions: all.sizes("block_transactions", "Transactions of a block.", 1.0),
            block_bytes: all.sizes("block_bytes", "Bytes of a block's transactions.", 64.0),
            execute_seconds: all.seconds("block_execute_seconds", "Time to execute a block."),
            settle_seconds: all.seconds("block_settle_seconds", "Time to hash a block's changes and receipts."),
            commit_seconds: all.seconds("block_commit_seconds", "Time to write a final block."),
            finality_seconds: all.seconds("finality_seconds", "Time from a block's own until it was final here."),
            view: all.level("view", "View of consensus."),
            epoch: all.level("epoch", "Epoch of consensus."),
            leader: all.level("leader", "Index of the view's leader among the validators."),
            validators: all.level("validators", "Validators of the epoch."),
            votes_now: all.level("votes_now", "1 if this node votes in this epoch, else 0."),
            views: all.counter("views", "Views that were entered since the start."),
            nullified_views: all.counter("nullified_views", "Views that ended without a block since the start."),
            evidence: all.counter("evidence", "Faults of validators that final blocks report."),
            peers: all.level("peers", "Peers that are connected."),
            pool_transactions: all.level("pool_transactions", "Transactions that wait in the pool."),
            pool_bytes: all.level("pool_bytes", "Bytes of the transactions that wait in the pool."),
            accepted: all.counter("transactions_accepted", "Transactions that the pool took."),
            banned: all.counter("peers_banned", "Peers that were sent away for what they did."),
            snapshot_height: all.level("snapshot_height", "Height of the newest snapshot that peers may have."),
            snapshot_parts: all.level("snapshot_parts", "Parts of the snapshot that this node takes, 0 without one."),
            snapshot_parts_done: all.level("snapshot_parts_done", "Those of them that have come."),
            starts: all.level("starts", "How often the node was started with this folder."),
            labelled: Labelled::new(&mut all),
            process: Process::new(&mut all),
            registry: all.registry,
            documented: all.documented,
        }
    }

    /// Counts a vote that was sent: `notarize`, `nullify` or `finalize`.
    pub fn vote(&self, phase: &'static str) {
        self.labelled.votes.get_or_create(&PhaseLabels { phase }).inc();
    }

    /// Counts a message of consensus.
    pub fn message(&self, kind: &'static str, direction: Direction) {
        self.labelled.messages.get_or_create(&KindLabels { kind, direction: direction.name() }).inc();
    }

    /// Counts bytes from or to peers.
    pub fn network(&self, channel: &'static str, direction: Direction, bytes: u64) {
        self.labelled
            .network_bytes
            .get_or_create(&ChannelLabels { channel, direction: direction.name() })
            .inc_by(bytes);
    }

    /// Counts a transaction that the pool refused, by the name of the reason.
    pub fn refused(&self, reason: &'static str) {
        self.labelled.refused.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// Everything as Prometheus reads it.
    pub fn text(&self) -> String {
        self.process.refresh();
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a text takes everything");
        text
    }

    /// What the book says of each figure.
    pub fn documented(&self) -> &[Documented] {
        &self.documented
    }
}

/// What the figure of the build says.
const BUILD: &str = "Always 1; the label says which version runs.";

impl Direction {
    const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}
