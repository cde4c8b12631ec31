//! A switch of IP packets between network namespaces, with links that lose, delay or cut: each place has a TUN device,
//! whose other end is a file of this process. So links can be bad on every kernel, whatever queueing it was built with,
//! and all is gone when the process is.
//!
//! Place 0 is the machine itself, from where tests ask nodes; its links are always good. It leaves out bandwidth.

use crate::Seed;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of a packet that is read: more than a device's MTU of 1,500.
const MAX_PACKET: usize = 4_096;
/// Packets that are on a slow way at a time; those beyond are lost.
const MAX_DELAYED: usize = 65_536;
/// Where the address of the receiver ends in an IPv4 header.
const RECEIVER_END: usize = 20;

/// How a link is, in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Nothing arrives.
    pub cut: bool,
    /// Of a hundred packets, so many are lost.
    pub loss_percent: u64,
    /// How long each is under way.
    pub delay: Duration,
}

/// Links that are not as they should be, by sender and receiver.
type Links = BTreeMap<(usize, usize), Link>;

struct Delayed {
    due: Instant,
    number: u64,
    to: usize,
    packet: Vec<u8>,
}

impl PartialEq for Delayed {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Delayed {}

impl PartialOrd for Delayed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Delayed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}

/// The switch. Its threads end when their devices are gone.
pub(super) struct Switch {
    links: Arc<Mutex<Links>>,
}

impl Switch {
    /// Switches between devices. The last byte of an address is `first` and the number of its place.
    pub(super) fn start(devices: Vec<File>, first: u8, seed: &mut Seed) -> Self {
        let links = Arc::new(Mutex::new(Links::new()));
        let devices: Arc<[File]> = devices.into();
        let (later, delayed) = sync_channel(MAX_DELAYED);
        for from in 0..devices.len() {
            let port = Port { from, first, devices: devices.clone(), links: links.clone(), later: later.clone() };
            let seed = seed.another();
            std::thread::spawn(move || port.run(seed));
        }
        std::thread::spawn(move || deliver_late(&devices, &delayed));
        Self { links }
    }

    /// The links, to be changed.
    pub(super) fn links(&self) -> MutexGuard<'_, BTreeMap<(usize, usize), Link>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of one device.
struct Port {
    from: usize,
    first: u8,
    devices: Arc<[File]>,
    links: Arc<Mutex<Links>>,
    later: SyncSender<Delayed>,
}

impl Port {
    fn run(&self, mut seed: Seed) {
        let mut buffer = [0; MAX_PACKET];
        let mut number = 0;
        // The device is gone when reading fails.
        while let Ok(length) = (&self.devices[self.from]).read(&mut buffer) {
            let packet = &buffer[..length];
            let is_ipv4 = packet.first().is_some_and(|byte| byte >> 4 == 4) && length >= RECEIVER_END;
            let to = usize::from(packet.get(RECEIVER_END - 1).copied().unwrap_or_default().wrapping_sub(self.first));
            if !is_ipv4 || to >= self.devices.len() {
                continue;
            }
            let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
            let link = links.get(&(self.from, to)).copied().unwrap_or_default();
            drop(links);
            if link.cut || seed.between(1, 100) <= link.loss_percent {
                continue;
            }
            if link.delay.is_zero() {
                pass(&self.devices, to, packet);
            } else {
                number += 1;
                let due = Instant::now() + link.delay;
                // A queue that is full loses packets, as routers do.
                let _ = self.later.try_send(Delayed { due, number, to, packet: packet.to_vec() });
            }
        }
    }
}

/// Hands a packet to its receiver. One whose device is gone or down does not get it.
fn pass(devices: &[File], to: usize, packet: &[u8]) {
    if let Some(mut device) = devices.get(to) {
        let _ = device.write(packet);
    }
}

fn deliver_late(devices: &[File], delayed: &Receiver<Delayed>) {
    let mut waiting = BinaryHeap::new();
    loop {
        let due = waiting.peek().map(|Reverse(first): &Reverse<Delayed>| first.due);
        let wait = due.map_or(Duration::from_secs(1), |due| due.saturating_duration_since(Instant::now()));
        match delayed.recv_timeout(wait) {
            Ok(next) => waiting.push(Reverse(next)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Some(Reverse(first)) = waiting.pop() {
            if first.due > Instant::now() {
                waiting.push(Reverse(first));
                break;
            }
            pass(devices, first.to, &first.packet);
        }
    }
}

/// Opens a new TUN device of a name; it is there until the file is closed.
pub(super) fn open_device(name: &str) -> io::Result<File> {
    const SET_INTERFACE: rustix::ioctl::Opcode = 0x4004_54ca;
    const NAME_BYTES: usize = 16;
    /// A TUN device, and no header before packets.
    const FLAGS: u16 = 0x0001 | 0x1000;
    let device = File::options().read(true).write(true).open("/dev/net/tun")?;
    let mut request = [0_u8; 40];
    assert!(name.len() < NAME_BYTES, "found the device name {name}, expected less than {NAME_BYTES} bytes");
    request[..name.len()].copy_from_slice(name.as_bytes());
    request[NAME_BYTES..NAME_BYTES + 2].copy_from_slice(&FLAGS.to_ne_bytes());
    #[allow(unsafe_code, reason = "the kernel makes TUN devices by this call alone")]
    // SAFETY: TUNSETIFF reads a `struct ifreq`, which has 40 bytes at most: a name of 16, and flags after it. The bytes
    // live until the call returns, and it keeps no pointer.
    unsafe {
        rustix::ioctl::ioctl(&device, rustix::ioctl::Setter::<SET_INTERFACE, [u8; 40]>::new(request))?;
    }
    Ok(device)
}
