//! A network of nodes for a test: folders, keys and a genesis made by the program's own commands, a process for each
//! node, and all of it gone when the test ends, also by a panic.

use super::node::{NetNode, Role};
use super::place::Places;
use super::switch::Link;
use crate::{Cli, cache, poll, tenon};
use serde_json::Value as Json;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// How long anything in a network may take that is not said to take longer.
pub const NET_PATIENCE: Duration = Duration::from_secs(150);
/// Keys that have coin from the genesis on, for load.
pub const FUNDED: usize = 8;
/// Coins of each.
const COINS: u64 = 1_000_000;
/// Ports of a node: RPC, peers, figures.
const PORTS: [u16; 3] = [9_944, 30_333, 9_615];
/// Where ports of nodes on loopback are looked for: below those that systems give to clients.
const FIRST_PORT: u16 = 12_000;
const LAST_PORT: u16 = 19_999;

/// What a network is made with.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Validators of the genesis.
    pub validators: usize,
    /// Nodes with a key that votes and is not in the genesis.
    pub candidates: usize,
    /// Nodes that follow.
    pub followers: usize,
    /// Nodes that nobody allows.
    pub strangers: usize,
    /// Blocks of an epoch, if validators are elected.
    pub epoch_blocks: Option<u32>,
    /// Settings of every node.
    pub settings: Vec<(&'static str, String)>,
}

/// A network.
pub struct Net {
    /// Its nodes; node 1 is the first.
    pub nodes: Vec<NetNode>,
    /// Where they live.
    pub places: Places,
    mounts: Vec<Mount>,
    plan: Plan,
    _dir: TempDir,
}

/// A file system that is unmounted with this.
struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        // The file system may be busy for a moment after its process has ended; then it goes a little later.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// The key of text that has coin.
pub fn funded(number: usize) -> String {
    format!("//Load//{number}")
}

impl Net {
    /// Makes a network and starts none of it.
    ///
    /// # Panics
    /// If a command fails.
    pub fn new(plan: Plan) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let roles = [
            (Role::Validator, plan.validators),
            (Role::Candidate, plan.candidates),
            (Role::Follower, plan.followers),
            (Role::Stranger, plan.strangers),
        ];
        let roles: Vec<Role> = roles.iter().flat_map(|(role, count)| std::iter::repeat_n(*role, *count)).collect();
        let (places, why) = Places::new(roles.len());
        match why {
            None => eprintln!("{} nodes in network namespaces", roles.len()),
            Some(why) => eprintln!("{} nodes on loopback, as namespaces are not to be had: {why}", roles.len()),
        }
        let make = |(number, role): (usize, &Role)| make_node(dir.path(), number, *role, &places);
        let nodes: Vec<NetNode> = (1..).zip(&roles).map(make).collect();
        let mut net = Self { nodes, places, mounts: Vec::new(), plan, _dir: dir };
        net.write_genesis();
        net.write_settings();
        net
    }

    /// Makes a network and starts all of it.
    ///
    /// # Panics
    /// If a node does not serve.
    pub fn started(plan: Plan) -> Self {
        let mut net = Self::new(plan);
        let all: Vec<usize> = net.numbers();
        net.start(&all);
        net
    }

    fn write_genesis(&self) {
        let file = self.nodes[0].folder.with_file_name("genesis.scale");
        let mut words = vec!["node".into(), "genesis".into(), "--name".into(), "Net".into(), "--out".into()];
        words.push(file.display().to_string());
        for node in self.nodes.iter().filter(|node| node.role == Role::Validator) {
            let (key, proof) = node.bls.as_ref().expect("a validator has a key");
            words.extend(["--validator".into(), format!("{}:{key}:1:{proof}", NetNode::owner(node.number))]);
        }
        let owners = self.nodes.iter().map(|node| NetNode::owner(node.number));
        for holder in owners.chain((0..FUNDED).map(funded)) {
            words.extend(["--balance".into(), format!("{holder}:{COINS}")]);
        }
        if let Some(blocks) = self.plan.epoch_blocks {
            words.extend(["--staking".into(), "--epoch-blocks".into(), blocks.to_string()]);
            // In proportion to so short an epoch one missed view would jail, which a machine at work misses at times.
            for term in ["missed_views", "missed_votes"] {
                words.extend(["--term".into(), format!("{term}={blocks}")]);
            }
        }
        run(&words);
        for node in &self.nodes {
            fs::copy(&file, node.folder.join("genesis.scale")).expect("a genesis can be copied");
            copy_code(&node.folder);
        }
    }

    fn write_settings(&mut self) {
        let peers: Vec<(usize, Role, String, String)> = self
            .nodes
            .iter()
            .map(|node| (node.number, node.role, node.peer.clone(), format!("{}/p2p/{}", node.listen, node.peer)))
            .collect();
        let more = self.plan.settings.clone();
        for node in &mut self.nodes {
            let others = || peers.iter().filter(|peer| peer.0 != node.number);
            let allowed: Vec<&str> =
                others().filter(|peer| peer.1 != Role::Stranger).map(|peer| peer.2.as_str()).collect();
            let first = others().filter(|peer| peer.1 == Role::Validator).map(|peer| peer.3.as_str());
            let first: Vec<&str> = first.collect();
            let mut set = |key: &str, value: String| node.settings.push((key.into(), value));
            set("network.allowed_peers", allowed.join(","));
            set("network.bootstrap", first.join(","));
            more.iter().for_each(|(key, value)| set(key, value.clone()));
        }
    }

    /// The numbers of all nodes.
    pub fn numbers(&self) -> Vec<usize> {
        (1..=self.nodes.len()).collect()
    }

    /// The numbers of the nodes of a role.
    pub fn with_role(&self, role: Role) -> Vec<usize> {
        self.nodes.iter().filter(|node| node.role == role).map(|node| node.number).collect()
    }

    /// A node.
    pub fn node(&self, number: usize) -> &NetNode {
        &self.nodes[number - 1]
    }

    /// The same, to be changed.
    pub fn node_mut(&mut self, number: usize) -> &mut NetNode {
        &mut self.nodes[number - 1]
    }

    /// Starts nodes and waits until they serve.
    ///
    /// # Panics
    /// If one does not.
    pub fn start(&mut self, numbers: &[usize]) {
        for number in numbers {
            self.nodes[number - 1].start(&self.places);
        }
        for number in numbers {
            self.nodes[number - 1].wait_serves();
        }
    }

    /// Ends nodes at once as `kill -9` does.
    ///
    /// # Panics
    /// If one does not run, or panicked before.
    pub fn kill(&mut self, numbers: &[usize]) {
        for number in numbers {
            self.node_mut(*number).kill();
        }
    }

    /// The command line, told of a node.
    pub fn cli(&self, number: usize) -> Cli {
        Cli::new(&self.node(number).url())
    }

    /// The heights of nodes; none for those that do not answer.
    pub fn heights(&self, numbers: &[usize]) -> Vec<Option<u64>> {
        numbers.iter().map(|number| self.node(*number).height()).collect()
    }

    /// The greatest final height among nodes.
    pub fn top(&self, numbers: &[usize]) -> u64 {
        self.heights(numbers).into_iter().flatten().max().unwrap_or_default()
    }

    /// Waits until every one of these nodes has a height that is final.
    ///
    /// # Panics
    /// If one does not in time.
    pub fn wait_height(&self, numbers: &[usize], height: u64) {
        let look = || self.heights(numbers).into_iter().all(|found| found >= Some(height)).then_some(());
        let told = || {
            let logs: Vec<String> = numbers.iter().map(|number| self.node(*number).log()).collect();
            format!("found {:?}\n{}", self.heights(numbers), logs.join("\n"))
        };
        poll::until_within(&format!("height {height} at nodes {numbers:?}"), NET_PATIENCE, look, told);
    }

    /// Waits until these nodes have made so many more blocks final.
    ///
    /// # Panics
    /// If they do not in time.
    pub fn advance(&self, numbers: &[usize], blocks: u64) {
        self.wait_height(numbers, self.top(numbers) + blocks);
    }

    /// Waits until a figure of a node is as wanted.
    ///
    /// # Panics
    /// If it is not in time.
    pub fn wait_figure(&self, number: usize, name: &str, wanted: impl Fn(u64) -> bool) {
        let node = self.node(number);
        let look = || node.figure(name).filter(|value| wanted(*value)).map(|_| ());
        let told = || format!("found {:?}\n{}", node.figure(name), node.log());
        poll::until_within(&format!("{name} of node {number}"), NET_PATIENCE, look, told);
    }

    /// Cuts some nodes from others, without a word to either.
    pub fn cut(&self, some: &[usize], others: &[usize]) {
        self.places.set_links(some, others, Link { cut: true, ..Link::default() });
    }

    /// Makes every link as it should be.
    pub fn heal(&self) {
        self.links(Link::default());
    }

    /// Makes every link between nodes so.
    pub fn links(&self, link: Link) {
        let all = self.numbers();
        self.places.set_links(&all, &all, link);
    }

    /// Puts the folder of a node that does not run on a file system of its own, of so many MiB.
    ///
    /// # Errors
    /// What the system says, if it does not let us mount.
    ///
    /// # Panics
    /// If files cannot be copied.
    pub fn mount_small(&mut self, number: usize, mib: u64) -> Result<(), String> {
        let folder = self.node(number).folder.clone();
        let (from, size) = (folder.with_extension("before"), format!("size={mib}m,mode=700"));
        fs::rename(&folder, &from).and_then(|()| fs::create_dir(&folder)).expect("folders can be made");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tenon-test"]).arg(&folder).output();
        let output = output.map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_string());
        }
        self.mounts.push(Mount(folder.clone()));
        let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(&folder).status();
        assert!(copied.is_ok_and(|status| status.success()), "`cp` copies {} to {}", from.display(), folder.display());
        Ok(())
    }

    /// Registers a node's validator with the module for staking, for its owner.
    ///
    /// # Panics
    /// If the module refuses.
    pub fn register(&self, number: usize, by: usize) {
        let (key, proof) = self.node(number).bls.clone().expect("who validates has a key");
        let owner = NetNode::owner(number);
        let words = ["call", "staking", "register", "--bls-key", &key, "--proof", &proof, "--commission-bp", "500"];
        let more = ["--endpoint", "validator.example:30333", "--value", "10000", "--from", &owner];
        self.cli(by).done(&[&words[..], &more[..]].concat());
    }
}

fn make_node(dir: &Path, number: usize, role: Role, places: &Places) -> NetNode {
    let folder = dir.join(format!("node{number}"));
    let mut words = vec!["node".into(), "init".into(), "--base-path".into(), folder.display().to_string()];
    let votes = matches!(role, Role::Validator | Role::Candidate);
    words.extend(votes.then(|| "--validator".into()));
    run(&words);
    let shown = run(&["node".into(), "key".into(), "show".into(), "--base-path".into(), folder.display().to_string()]);
    let text = |key: &str| shown[key].as_str().map(String::from);
    let host = places.address(number);
    let ports = if places.has_links() { PORTS } else { free_ports() };
    let [rpc, listen, metrics] = ports;
    let listen = format!("/ip4/{host}/tcp/{listen}");
    let mut settings = Vec::new();
    let mut set = |key: &str, value: String| settings.push((key.to_string(), value));
    set("node.name", format!("node{number}"));
    set("rpc.listen", host.clone());
    set("rpc.port", rpc.to_string());
    set("metrics.listen", format!("{host}:{metrics}"));
    set("network.listen", listen.clone());
    set("network.nat", "false".into());
    set("network.private", "true".into());
    NetNode {
        number,
        role,
        folder,
        peer: text("peer_id").expect("a node has a peer id"),
        bls: text("bls_key").zip(text("proof")),
        rpc: format!("{host}:{rpc}"),
        metrics: format!("{host}:{metrics}"),
        listen,
        settings,
        clock_s: 0,
        child: None,
    }
}

/// Ports of this machine that nobody listens on. They begin at another one for each process.
fn free_ports() -> [u16; 3] {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = LAST_PORT - FIRST_PORT;
    let own = u16::try_from(std::process::id().wrapping_mul(61) % u32::from(span)).unwrap_or_default();
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let candidates = std::iter::repeat_with(|| FIRST_PORT + (own + NEXT.fetch_add(1, Ordering::Relaxed) % span) % span);
    let free: Vec<u16> = candidates.take(usize::from(span)).filter(is_free).take(3).collect();
    free.try_into().expect("three of these ports are free")
}

/// Gives a node the compiled modules, which every node has to compile at its first start otherwise.
fn copy_code(folder: &Path) {
    let (from, to) = (cache().join("home").join("code"), folder.join("code"));
    let made = Command::new("cp").arg("-a").args([&from, &to]).status();
    assert!(made.is_ok_and(|status| status.success()), "`cp` copies {} to {}", from.display(), to.display());
}

/// Runs a command that asks no node.
fn run(words: &[String]) -> Json {
    let mut command = Command::new(tenon());
    command.args(words).arg("--json").env_remove("TENON_URL").env("TENON_HOME", cache().join("home"));
    let output = command.output().unwrap_or_else(|error| panic!("{} does not start: {error}", tenon().display()));
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}
