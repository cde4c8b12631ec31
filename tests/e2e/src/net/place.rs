//! Where nodes of a test live: each in a network namespace of its own, or all on this machine's loopback where
//! namespaces are not to be had.

use super::switch::{Link, Switch, open_device};
use crate::Seed;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Networks of addresses for tests of networks (RFC 2544), of 32 addresses each.
const SUBNETS: u32 = 4_096;
/// The last byte of the machine's own address in a subnet, less the subnet's.
const FIRST: u8 = 1;
/// The most places beside the machine's.
const MAX_PLACES: usize = 29;
/// What the names of namespaces begin with; the process id follows.
const PREFIX: &str = "tenon-";

/// Where nodes live.
pub struct Places {
    /// The namespaces, if there are any.
    fabric: Option<Fabric>,
}

struct Fabric {
    switch: Switch,
    subnet: u32,
    names: Vec<String>,
}

/// Counts the networks of this process.
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Places {
    /// Makes places for nodes 1 to `count`: namespaces, or loopback and the reason why.
    pub fn new(count: usize) -> (Self, Option<String>) {
        match Fabric::new(count) {
            Ok(fabric) => (Self { fabric: Some(fabric) }, None),
            Err(error) => (Self { fabric: None }, Some(error.to_string())),
        }
    }

    /// Whether links can be made bad.
    pub const fn has_links(&self) -> bool {
        self.fabric.is_some()
    }

    /// The address of a node.
    pub fn address(&self, node: usize) -> String {
        self.fabric.as_ref().map_or_else(|| "127.0.0.1".into(), |fabric| fabric.address(node))
    }

    /// The words before a command that is to run at a node's place.
    pub fn command(&self, node: usize, program: &Path) -> Command {
        match &self.fabric {
            None => Command::new(program),
            Some(fabric) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", &fabric.names[node - 1]]).arg(program);
                command
            }
        }
    }

    /// Sets the links between nodes, both ways. Others stay as they are.
    ///
    /// # Panics
    /// If there are no namespaces.
    pub fn set_links(&self, some: &[usize], others: &[usize], link: Link) {
        let fabric = self.fabric.as_ref().expect("scenarios with bad links run in namespaces alone");
        let mut links = fabric.switch.links();
        let pairs = some.iter().flat_map(|one| others.iter().map(move |other| (*one, *other)));
        for (one, other) in pairs.filter(|(one, other)| one != other) {
            links.insert((one, other), link);
            links.insert((other, one), link);
        }
    }
}

impl Fabric {
    fn new(count: usize) -> io::Result<Self> {
        assert!(count <= MAX_PLACES, "found {count} places, expected at most {MAX_PLACES}");
        remove_left_over();
        let (own, number) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let subnet = own.wrapping_mul(13).wrapping_add(number) % SUBNETS;
        let names = (1..=count).map(|node| format!("{PREFIX}{own}-{number}-{node}")).collect();
        let mut devices = Vec::new();
        // What was made is removed if the next is not to be had.
        let mut made = Made(Vec::new());
        for (place, name) in std::iter::once(None).chain(Vec::clone(&names).into_iter().map(Some)).enumerate() {
            let device = format!("tn{}n{number}x{place}", own % 1_000_000);
            devices.push(open_device(&device)?);
            let address = format!("{}/27", address(subnet, place));
            match name {
                None => {
                    ip(&["address", "add", &address, "dev", &device])?;
                    ip(&["link", "set", &device, "up"])?;
                }
                Some(name) => {
                    ip(&["netns", "add", &name])?;
                    made.0.push(name.clone());
                    ip(&["link", "set", &device, "netns", &name])?;
                    ip(&["-n", &name, "address", "add", &address, "dev", &device])?;
                    ip(&["-n", &name, "link", "set", &device, "up"])?;
                    ip(&["-n", &name, "link", "set", "lo", "up"])?;
                }
            }
        }
        made.0.clear();
        let last_byte = address(subnet, 0).rsplit('.').next().and_then(|byte| byte.parse().ok());
        let switch = Switch::start(devices, last_byte.expect("an address ends with a byte"), &mut Seed::announced());
        Ok(Self { switch, subnet, names })
    }

    fn address(&self, place: usize) -> String {
        address(self.subnet, place)
    }
}

fn address(subnet: u32, place: usize) -> String {
    let place = u32::try_from(place).expect("places are few");
    let [_, third_high, third, last] = (subnet * 32 + u32::from(FIRST) + place).to_be_bytes();
    format!("198.{}.{third}.{last}", 18 + third_high)
}

/// Namespaces that are removed with this.
struct Made(Vec<String>);

impl Drop for Made {
    fn drop(&mut self) {
        for name in &self.0 {
            let _ = ip(&["netns", "delete", name]);
        }
    }
}

impl Drop for Fabric {
    fn drop(&mut self) {
        drop(Made(std::mem::take(&mut self.names)));
        // The machine's own device wakes its reader when it goes down.
        let device = format!("tn{}n", std::process::id() % 1_000_000);
        let listed = fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
        for name in listed.map(|entry| entry.file_name().to_string_lossy().into_owned()) {
            if name.starts_with(&device) && self.is_own(&name) {
                let _ = ip(&["link", "delete", &name]);
            }
        }
    }
}

impl Fabric {
    /// Whether a device of this machine is this network's: it has its address.
    fn is_own(&self, device: &str) -> bool {
        let output = Command::new("ip").args(["-o", "address", "show", "dev", device]).output();
        let own = format!("{}/27", self.address(0));
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&own))
    }
}

/// Removes namespaces of processes that are gone: those that were killed could not.
fn remove_left_over() {
    let names = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    for name in names.map(|entry| entry.file_name().to_string_lossy().into_owned()) {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let owner = rest.split('-').next().and_then(|id| id.parse::<u32>().ok());
        if owner.is_some_and(|id| !PathBuf::from(format!("/proc/{id}")).exists()) {
            let _ = ip(&["netns", "delete", &name]);
        }
    }
}

/// Runs `ip`.
fn ip(words: &[&str]) -> io::Result<()> {
    let output = Command::new("ip").args(words).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_string();
    Err(io::Error::other(format!("`ip {}`: {said}", words.join(" "))))
}
