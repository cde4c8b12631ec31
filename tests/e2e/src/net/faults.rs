//! What happens to a network: processes that are killed, frozen and rebuilt, links that are cut and bad, disks that are
//! full. Each scenario runs under load and ends with [`check`]; it returns its figures in words.

use super::check::{History, check, check_last, latency};
use super::load::{Load, Sent};
use super::network::{Net, Plan};
use super::node::{Role, fake_clock};
use super::switch::Link;
use crate::{Seed, poll};
use std::fs::{self, File};
use std::io::Write as _;
use std::time::{Duration, SystemTime};

/// How long a network that has no quorum is watched.
const STANDSTILL: Duration = Duration::from_secs(8);
/// Blocks that may become final just after a cut: those whose certificates were under way.
const UNDER_WAY: u64 = 3;
/// Seconds by which a clock is off that consensus bears, and one that it does not.
const CLOCK_OFF_S: i64 = 4;
const CLOCK_WRONG_S: i64 = 90;
/// Clients of a scenario.
const CLIENTS: usize = 4;
/// Blocks that nodes keep, from one snapshot to the next, and of an epoch, where only a snapshot helps.
const KEPT: u64 = 80;
const EVERY: u64 = 20;
const EPOCH_BLOCKS: u32 = 30;
/// MiB of the small disk, and of one write to fill it.
const DISK_MIB: u64 = 320;
const WRITE_BYTES: usize = 1 << 20;

/// The most faulty validators of `count` that consensus stands.
pub const fn faulty(count: usize) -> usize {
    count.saturating_sub(1) / 3
}

fn validators(count: usize) -> Plan {
    Plan { validators: count, ..Plan::default() }
}

fn told(history: &History, sent: &Sent) -> String {
    let (median, most) = (latency(sent, 50).unwrap_or_default(), latency(sent, 95).unwrap_or_default());
    format!(
        "{} blocks, {} transactions, {} said to be final, p50 {median:?}, p95 {most:?}, mean interval {:?}, {} long",
        history.height,
        history.transactions,
        sent.acknowledged.len(),
        history.mean_interval,
        history.missed
    )
}

/// A run of a network of validators under load.
struct Run {
    net: Net,
    load: Load,
    all: Vec<usize>,
    seed: Seed,
}

impl Run {
    fn start(plan: Plan) -> Self {
        let mut seed = Seed::announced();
        let net = Net::started(plan);
        let all = net.with_role(Role::Validator);
        net.wait_height(&all, 3);
        let load = Load::start(&net, &all, CLIENTS, &mut seed);
        load.wait_more(CLIENTS);
        Self { net, load, all, seed }
    }

    /// The validators but these.
    fn but(&self, some: &[usize]) -> Vec<usize> {
        self.all.iter().copied().filter(|number| !some.contains(number)).collect()
    }

    fn any(&mut self) -> usize {
        self.all[usize::try_from(self.seed.choose()).unwrap_or_default() % self.all.len()]
    }

    /// The last `faulty` validators.
    fn faulty(&self) -> Vec<usize> {
        self.all[self.all.len() - faulty(self.all.len())..].to_vec()
    }

    /// Ends the load, and checks the validators and others.
    fn end(self, others: &[usize]) -> String {
        self.load.wait_more(2 * CLIENTS);
        let Self { net, load, all, .. } = self;
        let sent = load.finish();
        told(&check(&net, &[&all[..], others].concat(), &sent), &sent)
    }
}

/// Nodes are killed with -9 and started again: one after the other, as many at once as may be faulty, all at once.
pub fn kills(count: usize, rounds: usize) -> String {
    let mut run = Run::start(validators(count));
    for _ in 0..rounds {
        let one = run.any();
        run.net.kill(&[one]);
        run.net.advance(&run.but(&[one]), 3);
        run.net.start(&[one]);
        run.net.wait_height(&[one], run.net.top(&run.all));
    }
    let some = run.faulty();
    run.net.kill(&some);
    run.net.advance(&run.but(&some), 5);
    run.net.start(&some);
    run.net.wait_height(&some, run.net.top(&run.all));
    let all = run.all.clone();
    let before = run.net.top(&all);
    run.net.kill(&all);
    run.net.start(&all);
    run.net.wait_height(&all, before + 5);
    run.end(&[])
}

/// A node is frozen and goes on later, then the one that leads.
pub fn freezes(count: usize) -> String {
    let mut run = Run::start(validators(count));
    let any = run.any();
    let leader = |run: &Run| run.net.node(any).figure("tenon_leader").unwrap_or_default();
    for round in 0..3 {
        let index = usize::try_from(leader(&run)).unwrap_or_default();
        let one = if round == 0 { any } else { run.all[index % run.all.len()] };
        run.net.node(one).freeze();
        run.net.advance(&run.but(&[one]), 8);
        run.net.node(one).thaw();
        run.net.advance(&run.all, 3);
    }
    run.end(&[])
}

/// As many nodes as may be faulty are cut off, and heal; then the network is split in halves: nothing is final until
/// the halves are one again.
pub fn cuts(count: usize) -> String {
    let run = Run::start(validators(count));
    if !run.net.places.has_links() {
        return left_out();
    }
    let some = run.faulty();
    let rest = run.but(&some);
    run.net.cut(&some, &rest);
    let before = run.net.top(&run.all);
    run.net.advance(&rest, 10);
    let found = run.net.top(&some);
    assert!(found <= before + UNDER_WAY, "nodes {some:?} are at {found}, and were cut off at {before}");
    run.net.heal();
    run.net.advance(&run.all, 5);
    let (left, right) = run.all.split_at(run.all.len() / 2);
    run.net.cut(left, right);
    let bound = run.net.top(&run.all) + UNDER_WAY;
    poll::stays("halves stand still", STANDSTILL, || run.net.top(&run.all) <= bound);
    run.net.heal();
    run.net.advance(&run.all, 10);
    run.end(&[])
}

/// Links lose packets, or are slow.
pub fn bad_links(count: usize, link: Link, blocks: u64) -> String {
    let run = Run::start(validators(count));
    if !run.net.places.has_links() {
        return left_out();
    }
    run.net.links(link);
    let (before, begun) = (run.net.top(&run.all), std::time::Instant::now());
    run.net.advance(&run.all, blocks);
    let (made, took) = (run.net.top(&run.all) - before, begun.elapsed());
    run.net.heal();
    format!("{made} blocks in {took:?} meanwhile; {}", run.end(&[]))
}

/// A node's disk is full: it does not start and says why, the others go on, and it comes back when there is room.
pub fn full_disk(count: usize) -> String {
    let mut seed = Seed::announced();
    let mut net = Net::new(validators(count));
    let all = net.numbers();
    if let Err(why) = net.mount_small(count, DISK_MIB) {
        return format!("left out: a small file system needs root: {why}");
    }
    net.start(&all);
    net.wait_height(&all, 3);
    let load = Load::start(&net, &all, CLIENTS, &mut seed);
    load.wait_more(CLIENTS);
    let ballast = net.node(count).folder.join("ballast");
    let mut file = File::create(&ballast).expect("a file can be made");
    // What the node writes meanwhile is in the way of the last bytes alone.
    let zeros = vec![0; WRITE_BYTES];
    for block in [WRITE_BYTES, 4_096, 1] {
        while file.write_all(&zeros[..block]).is_ok() {}
    }
    // What runs goes on while its log has room that was set aside; what starts needs more.
    net.advance(&all[..count - 1], 3);
    if net.node_mut(count).runs() {
        net.kill(&[count]);
    }
    while file.write_all(&zeros[..1]).is_ok() {}
    net.nodes[count - 1].start(&net.places);
    let status = net.node_mut(count).wait_ended();
    let log = net.node(count).log() + &fs::read_to_string(net.node(count).folder.with_extension("out")).expect("read");
    assert!(!status.success() && log.contains("No space left on device"), "{status}: {log}");
    net.advance(&all[..count - 1], 5);
    drop(file);
    fs::remove_file(&ballast).expect("the ballast can be removed");
    net.start(&[count]);
    net.wait_height(&all, net.top(&all) + 3);
    load.wait_more(CLIENTS);
    let sent = load.finish();
    told(&check(&net, &all, &sent), &sent)
}

/// As many nodes as may be faulty are not there from the start, and come later.
pub fn silent(count: usize) -> String {
    let mut seed = Seed::announced();
    let mut net = Net::new(validators(count));
    let all = net.numbers();
    let (there, silent) = all.split_at(count - faulty(count));
    net.start(there);
    net.wait_height(there, 5);
    let load = Load::start(&net, there, CLIENTS, &mut seed);
    load.wait_more(4 * CLIENTS);
    net.start(silent);
    net.wait_height(silent, net.top(there));
    load.wait_more(2 * CLIENTS);
    let sent = load.finish();
    told(&check(&net, &all, &sent), &sent)
}

/// A node's key that votes is used by a second node at the same time: it signs what contradicts itself, as a liar does.
pub fn twins(count: usize) -> String {
    let mut seed = Seed::announced();
    let mut net = Net::new(Plan { validators: count, candidates: 1, ..Plan::default() });
    let twin = net.with_role(Role::Candidate)[0];
    let key = |net: &Net, number: usize| net.node(number).folder.join("validator.key");
    fs::copy(key(&net, count), key(&net, twin)).expect("a key can be copied");
    let all = net.numbers();
    net.start(&all);
    let honest: Vec<usize> = (1..count).collect();
    net.wait_height(&honest, 5);
    let load = Load::start(&net, &honest, CLIENTS, &mut seed);
    net.advance(&honest, 20);
    load.wait_more(CLIENTS);
    let sent = load.finish();
    told(&check(&net, &honest, &sent), &sent)
}

/// Clocks differ: some by what consensus allows, those that may be faulty by far more. The chain goes on, and is timed by
/// the others.
pub fn clocks(count: usize) -> String {
    if fake_clock().is_none() {
        return "left out: another time of day needs the package faketime".into();
    }
    let mut seed = Seed::announced();
    let mut net = Net::new(validators(count));
    let all = net.numbers();
    let (there, wrong) = all.split_at(count - faulty(count));
    net.node_mut(there[0]).clock_s = CLOCK_OFF_S;
    net.node_mut(there[1]).clock_s = -CLOCK_OFF_S;
    wrong.iter().for_each(|number| net.node_mut(*number).clock_s = CLOCK_WRONG_S);
    net.start(&all);
    net.wait_height(&all, 5);
    let load = Load::start(&net, &all, CLIENTS, &mut seed);
    net.advance(&all, 30);
    load.wait_more(CLIENTS);
    let sent = load.finish();
    let history = check(&net, &all, &sent);
    let ahead_s = history.last_time.duration_since(SystemTime::now()).unwrap_or_default().as_secs();
    assert!(ahead_s < CLOCK_WRONG_S.unsigned_abs(), "blocks have the time of a wrong clock: {ahead_s} s ahead");
    told(&history, &sent)
}

/// A node's chain is deleted, and it has it again from its peers. Its key stays, and does not vote in this epoch.
pub fn rebuild(count: usize, blocks: u64) -> String {
    let mut run = Run::start(validators(count));
    run.net.wait_height(&run.all, blocks);
    run.net.kill(&[count]);
    fs::remove_dir_all(run.net.node(count).folder.join("chain")).expect("a chain can be removed");
    run.net.advance(&run.but(&[count]), 3);
    let begun = std::time::Instant::now();
    run.net.start(&[count]);
    run.net.wait_height(&[count], run.net.top(&run.all));
    let took = begun.elapsed();
    // What its key said is not known any more: it must not say anything else.
    assert_eq!(run.net.node(count).figure("tenon_votes_now"), Some(0), "it votes without its record");
    format!("rebuilt within {took:?} and observes; {}", run.end(&[]))
}

/// A node's chain is deleted when its peers have no old blocks any more: only a snapshot brings it back. It is killed
/// while it takes one, and begins again. Its key votes again from the next epoch on.
pub fn snapshot(count: usize) -> String {
    let settings = [("storage.keep_blocks", KEPT), ("storage.keep_states", KEPT), ("storage.snapshot_every", EVERY)];
    let settings = settings.map(|(key, blocks)| (key, blocks.to_string())).to_vec();
    let plan = Plan { validators: count, epoch_blocks: Some(EPOCH_BLOCKS), settings, ..Plan::default() };
    let mut net = Net::started(plan);
    let all = net.numbers();
    let rest = &all[..count - 1];
    net.wait_height(&all, 1);
    all.iter().for_each(|number| net.register(*number, 1));
    // Two snapshots in a later epoch, and nobody has the first block any more.
    net.wait_height(&all, KEPT + 2 * EVERY);
    net.kill(&[count]);
    fs::remove_dir_all(net.node(count).folder.join("chain")).expect("a chain can be removed");
    net.advance(rest, 3);
    net.nodes[count - 1].start(&net.places);
    net.wait_figure(count, "tenon_peers", |peers| peers > 0);
    net.kill(&[count]);
    let begun = std::time::Instant::now();
    net.start(&[count]);
    net.wait_height(&[count], net.top(rest));
    let took = begun.elapsed();
    assert!(net.node(count).log().contains("a snapshot was imported"), "{}", net.node(count).log());
    net.wait_figure(count, "tenon_votes_now", |votes| votes == 1);
    // It serves what it has, and goes on from there after a stop.
    net.wait_figure(count, "tenon_snapshot_height", |height| height > 0);
    net.node_mut(count).stop();
    net.start(&[count]);
    net.advance(&all, 3);
    check_last(&net, &all);
    format!("back within {took:?} without any block below its snapshot, and votes")
}

/// What a scenario says that cannot run here.
fn left_out() -> String {
    "left out: bad links need network namespaces".into()
}
