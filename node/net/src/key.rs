//! The keys of nodes: a node is known by its ed25519 public key, and shown as a libp2p peer id. No other key type is
//! accepted, so that a key and a peer id are the same thing written in two ways.

use libp2p::identity::{Keypair, PeerId, ed25519};
use libp2p::multihash::Multihash;
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroize;

/// How a peer id of an ed25519 key begins: the identity hash of 36 bytes, which are the protobuf form of the key.
const PEER_ID_PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// What is wrong with a key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// The text is no peer id.
    #[error("`{0}` is no peer id; expected base58 text that begins with 12D3KooW")]
    Text(String),
    /// The peer id belongs to a key that is not ed25519.
    #[error("peer {0} does not have an ed25519 key, and no other is accepted")]
    Kind(String),
}

/// The ed25519 public key of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerKey(pub [u8; 32]);

impl PeerKey {
    /// The libp2p peer id with the same meaning.
    pub(crate) fn peer_id(&self) -> PeerId {
        let mut encoded = [0; 36];
        encoded[..4].copy_from_slice(&PEER_ID_PREFIX[2..]);
        encoded[4..].copy_from_slice(&self.0);
        let hash = Multihash::wrap(0, &encoded).expect("36 bytes fit a multihash of 64");
        PeerId::from_multihash(hash).expect("an identity hash of at most 42 bytes is a peer id")
    }

    /// The key that a peer id holds.
    ///
    /// # Errors
    /// [`KeyError::Kind`] when the key is not ed25519.
    pub(crate) fn from_peer_id(peer: PeerId) -> Result<Self, KeyError> {
        let bytes = peer.to_bytes();
        let key = bytes.strip_prefix(&PEER_ID_PREFIX).and_then(|key| <[u8; 32]>::try_from(key).ok());
        key.map(Self).ok_or_else(|| KeyError::Kind(peer.to_base58()))
    }
}

impl fmt::Display for PeerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.peer_id(), formatter)
    }
}

impl fmt::Debug for PeerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for PeerKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let peer = PeerId::from_str(text).map_err(|_| KeyError::Text(text.to_owned()))?;
        Self::from_peer_id(peer)
    }
}

/// The secret of a node: an ed25519 seed, wiped from memory when dropped.
#[derive(Clone)]
pub struct NodeSecret([u8; 32]);

impl NodeSecret {
    /// Takes the 32 bytes of the seed.
    pub const fn from_bytes(seed: [u8; 32]) -> Self {
        Self(seed)
    }

    /// The public key.
    pub fn key(&self) -> PeerKey {
        PeerKey(ed25519::Keypair::from(self.secret()).public().to_bytes())
    }

    /// The pair with which connections are authenticated.
    pub(crate) fn keypair(&self) -> Keypair {
        Keypair::from(ed25519::Keypair::from(self.secret()))
    }

    fn secret(&self) -> ed25519::SecretKey {
        ed25519::SecretKey::try_from_bytes(self.0).expect("any 32 bytes are an ed25519 seed")
    }
}

impl Drop for NodeSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for NodeSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NodeSecret({})", self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_peer_id_of_libp2p_and_back() {
        for seed in 0..20 {
            let secret = NodeSecret::from_bytes([seed; 32]);
            let peer = secret.keypair().public().to_peer_id();
            assert_eq!(secret.key().peer_id(), peer);
            assert_eq!(PeerKey::from_peer_id(peer), Ok(secret.key()));
            assert_eq!(secret.key().to_string().parse(), Ok(secret.key()));
        }
    }

    #[test]
    fn refuses_text_that_is_no_peer_id_and_ids_of_other_keys() {
        assert_eq!("nobody".parse::<PeerKey>(), Err(KeyError::Text("nobody".to_owned())));
        // A peer id that is the SHA-256 of a key, as RSA keys have.
        let hashed = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
        assert_eq!(hashed.parse::<PeerKey>(), Err(KeyError::Kind(hashed.to_owned())));
    }

    #[test]
    fn the_debug_text_of_a_secret_shows_the_public_key_alone() {
        let secret = NodeSecret::from_bytes([7; 32]);
        assert_eq!(format!("{secret:?}"), format!("NodeSecret({})", secret.key()));
    }
}
