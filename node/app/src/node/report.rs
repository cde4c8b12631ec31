//! What a node among others tells who runs it, and what it does for them: figures, whether it is ready, links cut and
//! healed.

use super::Node;
use crate::backend::HeadEvent;
use crate::telemetry::{Direction, Metrics, Order, Telemetry, Voting};
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};
use tenon_core::consensus::{Part, ParticipantStatus};
use tenon_net::{Channel, PeerKey};

/// How many peers a cut may name.
const MAX_CUT: usize = 1_024;

impl Node {
    /// The addresses at which peers reach this node, as far as they are known.
    pub(super) fn addresses(&self) -> Vec<String> {
        self.connection.as_ref().map(|connection| connection.network.addresses()).unwrap_or_default()
    }

    /// Carries out an order of who runs the node.
    pub(super) fn order(&self, order: Order) -> Result<(), String> {
        let connection = self.connection.as_ref().ok_or("found a node without a network, expected one")?;
        let keys = |names: Vec<PeerKey>| -> Result<BTreeSet<PeerKey>, String> {
            if names.len() > MAX_CUT {
                return Err(format!("found {} peers, expected at most {MAX_CUT}", names.len()));
            }
            Ok(names.into_iter().collect())
        };
        match order {
            Order::Cut(peers) if peers.is_empty() => connection.cut_all(),
            Order::Cut(peers) => connection.cut(keys(peers)?),
            Order::Heal(peers) if peers.is_empty() => connection.heal_all(),
            Order::Heal(peers) => connection.heal(&keys(peers)?),
        }
        Ok(())
    }

    /// Sets the figures that are levels, and what decides whether the node is ready.
    pub(super) fn report(&self, telemetry: &Telemetry) {
        let (metrics, health) = (&telemetry.metrics, &telemetry.health);
        metrics.best_height.set(u64::from(self.chain.best().block.header.number));
        metrics.final_height.set(u64::from(self.chain.finalized().block.header.number));
        let (transactions, bytes) = {
            let pool = self.intake.pool();
            (pool.len(), pool.bytes())
        };
        metrics.pool_transactions.set(transactions as u64);
        metrics.pool_bytes.set(bytes as u64);
        let Some(connection) = &self.connection else { return };
        let peers = connection.network.peers().len();
        metrics.peers.set(peers as u64);
        health.set_peers(peers);
        let progress = connection.progress();
        let behind = Some(&progress).filter(|progress| progress.target.is_some());
        health.set_behind(behind.map(|progress| u64::from(progress.behind)));
        metrics.behind_blocks.set(u64::from(progress.behind));
        let parts = connection.restoring().progress();
        health.set_snapshot(parts);
        let (done, all) = parts.unwrap_or_default();
        metrics.snapshot_parts_done.set(done as u64);
        metrics.snapshot_parts.set(all as u64);
        metrics.snapshot_height.set(self.snapshots.as_ref().and_then(|known| known.newest()).unwrap_or_default());
        if let Some(status) = connection.status() {
            report_consensus(metrics, &status);
            health.set_voting(voting(&status));
        }
        self.report_traffic(metrics);
    }

    /// Whether a snapshot is there that the node must stop for, to import it.
    pub(super) fn has_fetched(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.restoring().is_complete())
    }

    /// Bytes since the last report.
    fn report_traffic(&self, metrics: &Metrics) {
        let Some(connection) = &self.connection else { return };
        let counters = connection.network.counters();
        metrics.banned.inc_by(counters.bans.saturating_sub(metrics.banned.get()));
        for (channel, traffic) in Channel::ALL.iter().zip(&counters.channels) {
            let (into, out) = connection.grown(*channel, (traffic.bytes_in, traffic.bytes_out));
            metrics.network(channel.name(), Direction::In, into);
            metrics.network(channel.name(), Direction::Out, out);
        }
    }

    /// Counts what happened to the head.
    pub(super) fn count(&self, metrics: &Metrics, event: &HeadEvent) {
        let HeadEvent::Finalized(entry) = event else { return };
        metrics.blocks.inc();
        metrics.transactions.inc_by(entry.transactions.len() as u64);
        metrics.gas.inc_by(entry.gas_used);
        metrics.evidence.inc_by(entry.info.seal.evidence.len() as u64);
        metrics.block_transactions.observe(entry.transactions.len() as f64);
        let bytes: usize = entry.block.extrinsics.iter().map(Vec::len).sum();
        metrics.block_bytes.observe(bytes as f64);
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let since_ms = now_ms.saturating_sub(u128::from(entry.info.time_ms));
        metrics.finality_seconds.observe(since_ms as f64 / 1_000.0);
    }
}

fn report_consensus(metrics: &Metrics, status: &ParticipantStatus) {
    metrics.epoch.set(status.epoch.0);
    let before = metrics.view.set(status.view.0);
    metrics.views.inc_by(status.view.0.saturating_sub(before));
    let leader = status.leader.and_then(|leader| status.set.validators().iter().position(|one| one.account == leader));
    metrics.leader.set(leader.unwrap_or_default() as u64);
    metrics.validators.set(status.set.len() as u64);
    metrics.votes_now.set(u64::from(status.part == Part::Votes));
    let failed = metrics.nullified_views.get();
    metrics.nullified_views.inc_by(status.failed_views.saturating_sub(failed));
}

fn voting(status: &ParticipantStatus) -> Voting {
    let observes = |reason: &str| Voting::Observes { reason: reason.to_string() };
    match status.part {
        Part::Votes => Voting::Votes,
        Part::NoKey => observes("it has no validator key"),
        Part::NotElected => observes("its key is none of this epoch's validators"),
        Part::Behind => observes("the store lacks blocks that consensus knows as final; they come from peers"),
        // It serves, and votes again by itself: nobody has to look into it.
        Part::NoRecord => observes("what its key said before is not in this store; it votes from the next epoch on"),
        Part::Halted => Voting::Stopped { reason: "consensus has stopped; the log says why".to_string() },
    }
}
