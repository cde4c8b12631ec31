//! Addresses and names of peers, as people write them. What they mean is the network's to know: here they are checked
//! for form, so that a mistyped one is told when it is read, and not when it is first used.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Characters of a host's name.
const MAX_HOST: usize = 253;
/// Parts of an address.
const MAX_PARTS: usize = 16;
/// What a peer id of an ed25519 key is before the key: identity multihash of 36 bytes, key type 1, 32 bytes.
const PEER_PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// A multiaddress, checked for form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkAddress(String);

/// The id of a peer, which is its public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerName([u8; 32]);

impl NetworkAddress {
    /// Reads an address of which tcp, or quic-v1 over udp, is the transport.
    ///
    /// # Errors
    /// What is wrong with it, with the text.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("{text:?}, {what}");
        let Some(inner) = text.strip_prefix('/') else { return Err(wrong("which does not begin with /")) };
        let parts: Vec<&str> = inner.split('/').collect();
        if parts.len() > MAX_PARTS {
            return Err(wrong("which has too many parts"));
        }
        let mut parts = parts.into_iter();
        let (mut has_host, mut has_transport, mut over_udp) = (false, false, false);
        while let Some(name) = parts.next() {
            let mut value = || parts.next().filter(|value| !value.is_empty());
            match name {
                "ip4" if !has_host => has_host = value().is_some_and(|it| it.parse::<Ipv4Addr>().is_ok()),
                "ip6" if !has_host => has_host = value().is_some_and(|it| it.parse::<Ipv6Addr>().is_ok()),
                "dns" | "dns4" | "dns6" if !has_host => has_host = value().is_some_and(|it| it.len() <= MAX_HOST),
                "tcp" if has_host => has_transport = value().is_some_and(|it| it.parse::<u16>().is_ok()),
                "udp" if has_host => over_udp = value().is_some_and(|it| it.parse::<u16>().is_ok()),
                "quic-v1" if over_udp => has_transport = true,
                "p2p" if has_transport => {
                    let id = value().unwrap_or_default();
                    PeerName::read(id).map_err(|found| wrong(&format!("in which the peer is {found}")))?;
                }
                "p2p-circuit" if has_transport => {}
                _ => return Err(wrong(&format!("in which /{name} cannot stand there"))),
            }
            if !has_host {
                return Err(wrong("whose host is none"));
            }
        }
        if has_transport { Ok(Self(text.to_string())) } else { Err(wrong("which has no port")) }
    }

    /// Reads the address of a peer, which ends with its id.
    ///
    /// # Errors
    /// As [`NetworkAddress::read`].
    pub fn read_peer(text: &str) -> Result<Self, String> {
        let address = Self::read(text)?;
        if address.peer().is_some() { Ok(address) } else { Err(format!("{text:?}, which does not end with /p2p/PEER")) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The peer that the address ends with.
    pub fn peer(&self) -> Option<PeerName> {
        let (_, id) = self.0.rsplit_once("/p2p/")?;
        PeerName::read(id).ok()
    }
}

impl fmt::Display for NetworkAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl PeerName {
    /// The peer with an ed25519 public key.
    pub const fn new(public: [u8; 32]) -> Self {
        Self(public)
    }

    /// Reads an id in base58.
    ///
    /// # Errors
    /// What is wrong with it, with the text.
    pub fn read(text: &str) -> Result<Self, String> {
        let bytes = bs58::decode(text).into_vec().unwrap_or_default();
        let key = bytes.strip_prefix(&PEER_PREFIX).and_then(|key| <[u8; 32]>::try_from(key).ok());
        key.map(Self).ok_or_else(|| format!("{text:?}, which is no peer id of an ed25519 key"))
    }

    /// The ed25519 public key.
    pub const fn public(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&bs58::encode([&PEER_PREFIX[..], &self.0].concat()).into_string())
    }
}

impl fmt::Debug for PeerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PeerName({self})")
    }
}
