//! Addresses and ids of peers, as people write them. What they mean is the network's to know: here they are checked
//! for form, so that a mistyped one is told when it is read, and not when it is first used.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use tenon_net::PeerKey;

/// Characters of a host's name.
const MAX_HOST: usize = 253;
/// Parts of an address.
const MAX_PARTS: usize = 16;

/// A multiaddress, checked for form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkAddress(String);

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
                    read_peer_id(id).map_err(|found| wrong(&format!("in which the peer is {found}")))?;
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
    pub fn peer(&self) -> Option<PeerKey> {
        let (_, id) = self.0.rsplit_once("/p2p/")?;
        read_peer_id(id).ok()
    }
}

impl fmt::Display for NetworkAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Reads the id of a peer, in base58: it holds an ed25519 public key.
///
/// # Errors
/// What is wrong with it, with the text.
pub(crate) fn read_peer_id(text: &str) -> Result<PeerKey, String> {
    text.parse().map_err(|_| format!("{text:?}, which is no peer id of an ed25519 key"))
}
