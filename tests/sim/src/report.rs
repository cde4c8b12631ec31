//! What came of a run.

use crate::faults::{Fault, Tally};
use crate::node::{Node, Refused, add};
use std::fmt;
use tenon_core::consensus::bbft::Refusals;

/// What came of one run, or of several together.
#[derive(Clone, Default, Debug)]
pub struct Report {
    /// Events that replicas handled.
    pub steps: u64,
    /// Final blocks.
    pub blocks: u64,
    /// Epochs that were entered.
    pub epochs: u64,
    /// Final transactions.
    pub transactions: u64,
    /// Validators convicted, by each who convicted them.
    pub convicted: u64,
    /// Times that a node stopped.
    pub crashes: u64,
    /// Times that a node started.
    pub boots: u64,
    /// Simulated time.
    pub simulated_ms: u64,
    /// Faults by kind.
    pub faults: Tally,
    /// A hash of all events.
    pub hash: u64,
    refusals: Refusals,
    refused: Refused,
}

impl Report {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.blocks += other.blocks;
        self.epochs += other.epochs;
        self.transactions += other.transactions;
        self.convicted += other.convicted;
        self.crashes += other.crashes;
        self.boots += other.boots;
        self.simulated_ms += other.simulated_ms;
        self.faults.add(&other.faults);
        self.hash ^= other.hash;
        self.refusals = add(self.refusals, other.refusals);
        self.refused.add(&other.refused);
    }

    /// Takes the counters of a node that stops.
    pub(crate) fn retire(&mut self, node: &Node) {
        self.refusals = add(self.refusals, node.refusals());
        self.refused.add(&node.refused);
        self.faults.add(&node.tally);
    }

    /// What nodes and replicas refused, by reason.
    pub fn refusals(&self) -> [(&'static str, u64); 10] {
        let (replicas, nodes) = (self.refusals, self.refused);
        [
            ("malformed", replicas.malformed),
            ("forged", replicas.forged),
            ("stale", replicas.stale),
            ("known", replicas.known),
            ("stranger", nodes.stranger),
            ("unbound proposal", nodes.unbound),
            ("unproven blocks", nodes.unproven),
            ("unsigned transaction", nodes.unsigned),
            ("unpooled transaction", nodes.unpooled),
            ("unwanted block", nodes.unwanted),
        ]
    }
}

impl Refused {
    fn add(&mut self, other: &Self) {
        self.stranger += other.stranger;
        self.unbound += other.unbound;
        self.unproven += other.unproven;
        self.unsigned += other.unsigned;
        self.unpooled += other.unpooled;
        self.unwanted += other.unwanted;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "steps         {}", self.steps)?;
        writeln!(formatter, "simulated     {} s", self.simulated_ms / 1_000)?;
        writeln!(formatter, "blocks        {}", self.blocks)?;
        writeln!(formatter, "transactions  {}", self.transactions)?;
        writeln!(formatter, "epochs        {}", self.epochs)?;
        writeln!(formatter, "stops         {}, starts {}", self.crashes, self.boots)?;
        writeln!(formatter, "convictions   {}", self.convicted)?;
        writeln!(formatter, "faults")?;
        for fault in Fault::ALL {
            writeln!(formatter, "  {:<22} {}", fault.name(), self.faults.of(*fault))?;
        }
        writeln!(formatter, "refused")?;
        for (reason, count) in self.refusals() {
            writeln!(formatter, "  {reason:<22} {count}")?;
        }
        Ok(())
    }
}

/// What went wrong in a run.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed that shows it again.
    pub seed: u64,
    /// Which invariant does not hold.
    pub violation: String,
    /// When, in simulated time.
    pub at_ms: u64,
    /// Each node in a line.
    pub state: Vec<String>,
    /// The last events, the latest last.
    pub last: Vec<String>,
    /// A hash of all events.
    pub hash: u64,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.last.iter().try_for_each(|line| writeln!(formatter, "  {line}"))?;
        self.state.iter().try_for_each(|line| writeln!(formatter, "  {line}"))?;
        writeln!(formatter, "violated after {} ms: {}", self.at_ms, self.violation)?;
        write!(formatter, "replay with: make sim SEED={}", self.seed)
    }
}
