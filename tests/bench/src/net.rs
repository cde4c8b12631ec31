//! Four validators as processes on this machine, and transfers sent to all of them at a steady rate: how many become
//! final in a second, and how long each takes.
//!
//! Latency is taken by counts: the k-th transfer that was sent counts as final when the senders' final nonces say that k
//! are. Sending, signing beforehand and asking are part of the same machine's load.

use crate::load::{self, Load};
use anyhow::{Context as _, ensure};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tenon_client::BulkSender;
use tokio::time::{interval, sleep};

/// Validators.
const VALIDATORS: usize = 4;
/// Transfers a second that are offered, one after the other.
const RATES: [usize; 5] = [500, 2_000, 5_000, 7_500, 10_000];
/// How long each rate is offered.
const STRETCH: Duration = Duration::from_secs(15);
/// How often batches are sent.
const BEAT: Duration = Duration::from_millis(20);
/// How often the count of final transfers is asked for.
const LOOK: Duration = Duration::from_millis(20);
/// How long the last transfer may take to be final.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a node without data may take.
const REBUILD: Duration = Duration::from_secs(300);
/// Idle blocks whose finality is looked at.
const IDLE: Duration = Duration::from_secs(10);

/// Minutes of a soak unless the command line says otherwise, transfers a second, and how much memory may grow in its
/// second half.
pub(crate) const SOAK_MINUTES: usize = 60;
const SOAK_RATE: usize = 400;
const MAX_GROWTH: f64 = 1.1;
const MIB: f64 = (1 << 20) as f64;

/// A network of this benchmark's own, taken down when it is dropped.
struct Network {
    program: String,
    folder: tempfile::TempDir,
    urls: Vec<String>,
    metrics: Vec<String>,
    folders: Vec<String>,
}

impl Network {
    fn start(program: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let validators = VALIDATORS.to_string();
        let up = Command::new(program)
            .args(["net", "up", "--validators", &validators, "--json", "--dir"])
            .arg(folder.path())
            .output()
            .with_context(|| format!("start {program}"))?;
        let said = String::from_utf8_lossy(&up.stdout).into_owned();
        let ready: serde_json::Value = serde_json::from_str(&said)
            .with_context(|| format!("the network said {said:?} {}", String::from_utf8_lossy(&up.stderr)))?;
        let of = |key: &str| -> anyhow::Result<Vec<String>> {
            let nodes = ready["nodes"].as_array().context("nodes of the network")?;
            nodes.iter().map(|node| Ok(node[key].as_str().context("an address")?.to_string())).collect()
        };
        let network =
            Self { program: program.into(), urls: of("rpc")?, metrics: of("metrics")?, folders: of("folder")?, folder };
        println!("{VALIDATORS} validators ready after {} ms", ready["started_ms"]);
        Ok(network)
    }

    fn tell(&self, words: &[&str]) -> anyhow::Result<()> {
        let done = Command::new(&self.program).arg("net").args(words).arg("--dir").arg(self.folder.path()).output()?;
        ensure!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    /// Takes the last node's chain away and has it come back from the others.
    fn rebuild(&self, transfers: usize) -> anyhow::Result<()> {
        let number = self.folders.len().to_string();
        let last = self.folders.last().context("a node")?;
        self.tell(&["kill", &number])?;
        std::fs::remove_dir_all(Path::new(last).join("chain"))?;
        let target = figure(self.metrics.first().context("metrics of a node")?, "tenon_final_height ")?;
        let began = Instant::now();
        self.tell(&["up", &number])?;
        let own = self.metrics.last().context("metrics of a node")?;
        while figure(own, "tenon_final_height ").unwrap_or_default() < target {
            ensure!(began.elapsed() < REBUILD, "not in sync after {REBUILD:?}");
            std::thread::sleep(LOOK);
        }
        let time = began.elapsed();
        println!(
            "a node without data: {target:.0} blocks with {transfers} transfers in {:.1} s = {:.0} transfers a second, start included",
            time.as_secs_f64(),
            load::rate(transfers, time)
        );
        Ok(())
    }
}

/// A figure of a node.
fn figure(url: &str, name: &str) -> anyhow::Result<f64> {
    let output = Command::new("curl").args(["-s", url]).output().context("run curl")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with(name)).with_context(|| format!("no figure {name}"))?;
    Ok(line.rsplit(' ').next().context("a number")?.parse()?)
}

impl Drop for Network {
    fn drop(&mut self) {
        let folder: &Path = self.folder.path();
        // What has ended already needs no word.
        let _ = Command::new(&self.program).args(["net", "down", "--dir"]).arg(folder).output();
    }
}

/// Measures and prints.
pub(crate) async fn run(program: &str) -> anyhow::Result<()> {
    let network = Network::start(program)?;
    let first = network.urls.first().context("a node")?;
    idle(&network).await?;
    let load = Load::prepare(first).await?;
    let mut sent = 0;
    for rate in RATES {
        let seconds = usize::try_from(STRETCH.as_secs())?;
        let transfers = (rate * seconds).next_multiple_of(load::SENDERS);
        let first_nonce = u32::try_from(sent / load::SENDERS)?;
        let point = offer(&network, &load, rate, transfers, first_nonce).await?;
        sent += transfers;
        point.print();
    }
    load.check(sent).await?;
    network.rebuild(sent)?;
    println!("every transfer is final once, supply equals the sum of balances: checked");
    Ok(())
}

/// Offers a steady load for so many minutes, and looks at the memory of each node after each.
pub(crate) async fn soak(program: &str, minutes: usize) -> anyhow::Result<()> {
    let network = Network::start(program)?;
    let load = Load::prepare(network.urls.first().context("a node")?).await?;
    let transfers = (SOAK_RATE * 60).next_multiple_of(load::SENDERS);
    let mut resident = Vec::new();
    for minute in 0..minutes {
        let first_nonce = u32::try_from(minute * transfers / load::SENDERS)?;
        let point = offer(&network, &load, SOAK_RATE, transfers, first_nonce).await?;
        let of = |url: &String| Ok(figure(url, "tenon_process_resident_bytes ")? / MIB);
        let now = network.metrics.iter().map(of).collect::<anyhow::Result<Vec<f64>>>()?;
        let height = figure(network.metrics.first().context("a node")?, "tenon_final_height ")?;
        println!(
            "minute {}: height {height:.0}, p99 {:.2} s, resident MiB {now:.0?}",
            minute + 1,
            point.percentile(99)
        );
        resident.push(now.into_iter().fold(0.0, f64::max));
    }
    load.check(minutes * transfers).await?;
    let most = |part: &[f64]| part.iter().copied().fold(0.0, f64::max);
    let (first, second) = resident.split_at(resident.len() / 2);
    let growth = most(second) / most(first).max(1.0);
    println!("most resident in the second half: {:.0} MiB, {growth:.2} of that in the first", most(second));
    ensure!(growth <= MAX_GROWTH, "memory grew to {growth:.2} of what it was, expected at most {MAX_GROWTH}");
    Ok(())
}

/// What came of one rate.
struct Point {
    rate: usize,
    transfers: usize,
    time: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl Point {
    fn percentile(&self, percent: usize) -> f64 {
        let place = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(place).map_or(0.0, Duration::as_secs_f64)
    }

    fn print(&self) {
        println!(
            "offered {} a second: {:.0} a second final; from sending to final p50 {:.2} s, p95 {:.2} s, p99 {:.2} s",
            self.rate,
            load::rate(self.transfers, self.time),
            self.percentile(50),
            self.percentile(95),
            self.percentile(99),
        );
    }
}

async fn offer(
    network: &Network,
    load: &Load,
    rate: usize,
    transfers: usize,
    first_nonce: u32,
) -> anyhow::Result<Point> {
    let beats = 1_000 / usize::try_from(BEAT.as_millis())?;
    let batch = (rate / beats).max(1);
    let bodies = load.sign_in(batch, transfers, first_nonce)?;
    let mut senders = Vec::new();
    for url in &network.urls {
        senders.push(BulkSender::connect(url).await?);
    }
    let before = load.total_nonce().await?;
    let began = Instant::now();
    let feed = tokio::spawn(async move {
        let mut beat = interval(BEAT);
        let mut marks = Vec::with_capacity(bodies.len());
        let mut total = 0;
        for (turn, (count, body)) in bodies.into_iter().enumerate() {
            beat.tick().await;
            let place = turn % senders.len();
            let sender = senders.get_mut(place).context("a sender")?;
            marks.push((total, count, Instant::now()));
            let reply = sender.send(body).await?;
            ensure!(reply.rejected.is_empty(), "refused: {:?}", reply.rejected.first());
            total += count;
        }
        Ok(marks)
    });
    // How many were final at which time.
    let mut seen = Vec::new();
    loop {
        let count = load.total_nonce().await? - before;
        seen.push((count, Instant::now()));
        if count >= transfers {
            break;
        }
        let offered = Duration::from_secs(u64::try_from(transfers / rate)?);
        ensure!(began.elapsed() < offered + PATIENCE, "{count} of {transfers} final after {:?}", began.elapsed());
        sleep(LOOK).await;
    }
    let time = began.elapsed();
    let marks: Vec<(usize, usize, Instant)> = feed.await??;
    let mut latencies = Vec::with_capacity(transfers);
    for (first, count, at) in marks {
        for number in first..first + count {
            let place = seen.partition_point(|(final_count, _)| *final_count <= number);
            if let Some((_, until)) = seen.get(place) {
                latencies.push(until.saturating_duration_since(at));
            }
        }
    }
    latencies.sort_unstable();
    Ok(Point { rate, transfers, time, latencies })
}

/// How long empty blocks take to be final, by the nodes' own figures.
async fn idle(network: &Network) -> anyhow::Result<()> {
    sleep(IDLE).await;
    let url = network.metrics.first().context("metrics of a node")?;
    let output = Command::new("curl").args(["-s", url]).output().context("run curl")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let count = figure(url, "tenon_finality_seconds_count")?;
    let below = text.lines().filter(|line| line.starts_with("tenon_finality_seconds_bucket"));
    let bucket = |line: &str| -> Option<(f64, f64)> {
        let bound = line.split("le=\"").nth(1)?.split('"').next()?.parse().ok()?;
        Some((bound, line.rsplit(' ').next()?.parse().ok()?))
    };
    let median = below.filter_map(bucket).find(|(_, so_far)| *so_far * 2.0 >= count).map_or(0.0, |(bound, _)| bound);
    println!(
        "idle: {count:.0} blocks, from a block's time to final {:.3} s in the mean, p50 at most {median:.3} s",
        figure(url, "tenon_finality_seconds_sum")? / count.max(1.0)
    );
    Ok(())
}
