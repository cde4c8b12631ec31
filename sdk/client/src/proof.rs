//! Checks a proof without a node: the headers' hashes, that one is the other's child, the root, and each entry's path.
//!
//! What the check cannot know is whether the block is the chain's: whoever relies on it compares the anchor's hash with
//! one that they trust (`trusted`), or checks finality by other means.

use crate::ClientError;
use parity_scale_codec::DecodeAll;
use tenon_api::json::{Bytes, HexHash, ProofEntry, ProofView};
use tenon_types::proof::{Proof, value_hash};
use tenon_types::{BlockNumber, Hash, Header};

/// Entries of one proof.
pub const MAX_PROOF_ENTRIES: usize = 1_024;

/// What a proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Height of the block after which the entries have their values.
    pub height: BlockNumber,
    /// Hash of that block.
    pub block: Hash,
    /// Hash of its child, whose header carries the root.
    pub anchor: Hash,
    /// The root of the state.
    pub state_root: Hash,
    /// The block's time in milliseconds since 1970-01-01 UTC.
    pub time_ms: Option<u64>,
    /// Keys with their values, or none.
    pub entries: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// Checks a proof.
///
/// # Errors
/// [`ClientError::Proof`] at the first thing that does not hold.
pub fn check(proof: &ProofView, trusted: Option<&Hash>) -> Result<Proven, ClientError> {
    let header = header_of("header", &proof.header, &proof.block_hash)?;
    let anchor = header_of("anchor_header", &proof.anchor_header, &proof.anchor_hash)?;
    expect("the anchor's parent", anchor.parent_hash, proof.block_hash.0)?;
    expect("the anchor's state root", anchor.state_root, proof.state_root.0)?;
    if header.number != proof.block_height || header.number.checked_add(1) != Some(anchor.number) {
        return Err(refused(format!(
            "heights: found {} and {} in the headers, expected {} and its next",
            header.number, anchor.number, proof.block_height
        )));
    }
    // The root stands in the anchor: anybody can make one that names a good block as its parent.
    if let Some(trusted) = trusted.filter(|trusted| **trusted != proof.anchor_hash.0) {
        return Err(refused(format!("found the root in block {}, expected {trusted}", proof.anchor_hash.0)));
    }
    if proof.entries.is_empty() || proof.entries.len() > MAX_PROOF_ENTRIES {
        return Err(refused(format!("found {} entries, expected 1 to {MAX_PROOF_ENTRIES}", proof.entries.len())));
    }
    let entries = proof.entries.iter().map(|entry| check_entry(entry, &anchor.state_root)).collect::<Result<_, _>>()?;
    Ok(Proven {
        height: header.number,
        block: proof.block_hash.0,
        anchor: proof.anchor_hash.0,
        state_root: anchor.state_root,
        time_ms: header.info().map(|info| info.time_ms),
        entries,
    })
}

fn check_entry(entry: &ProofEntry, root: &Hash) -> Result<(Vec<u8>, Option<Vec<u8>>), ClientError> {
    let key = &entry.key.0;
    let named = |reason: String| refused(format!("entry 0x{}: {reason}", hex::encode(key)));
    let proof = Proof::from_bytes(&entry.proof.0).map_err(|error| named(error.to_string()))?;
    let proven = proof.verify(&root.0, key).map_err(|error| named(error.to_string()))?;
    let found = entry.value.as_ref().map(|value| value_hash(&value.0));
    if proven != found {
        let show = |hash: Option<[u8; 32]>| {
            hash.map_or_else(|| "no value".into(), |hash| format!("a value of hash {}", Hash(hash)))
        };
        return Err(named(format!("found {}, expected {} by its path", show(found), show(proven))));
    }
    Ok((key.clone(), entry.value.as_ref().map(|value| value.0.clone())))
}

fn header_of(name: &str, bytes: &Bytes, hash: &HexHash) -> Result<Header, ClientError> {
    let header =
        Header::decode_all(&mut &bytes.0[..]).map_err(|error| refused(format!("{name} does not decode: {error}")))?;
    expect(&format!("the hash of {name}"), header.hash(), hash.0)?;
    Ok(header)
}

fn expect(what: &str, found: Hash, expected: Hash) -> Result<(), ClientError> {
    if found == expected { Ok(()) } else { Err(refused(format!("{what}: found {found}, expected {expected}"))) }
}

const fn refused(reason: String) -> ClientError {
    ClientError::Proof(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parity_scale_codec::Encode;
    use tenon_types::Digest;
    use tenon_types::proof::{Terminal, key_hash};

    fn proof_of(key: &[u8], value: &[u8]) -> ProofView {
        let proof = Proof {
            terminal: Terminal::Leaf { key_hash: key_hash(key), value_hash: value_hash(value) },
            siblings: vec![[5; 32], [6; 32]],
        };
        // The root is whatever the path leads to.
        let root = match proof.verify(&[0; 32], key) {
            Err(tenon_types::proof::ProofError::WrongRoot { found, .. }) => Hash(found),
            other => panic!("{other:?}"),
        };
        let header = |number, parent_hash, state_root| Header {
            parent_hash,
            number,
            state_root,
            extrinsics_root: Hash::ZERO,
            digest: Digest::default(),
        };
        let block = header(7, Hash::ZERO, Hash::ZERO);
        let anchor = header(8, block.hash(), root);
        ProofView {
            genesis_hash: HexHash(Hash::ZERO),
            block_hash: HexHash(block.hash()),
            block_height: 7,
            header: Bytes(block.encode()),
            anchor_hash: HexHash(anchor.hash()),
            anchor_header: Bytes(anchor.encode()),
            state_root: HexHash(root),
            entries: vec![ProofEntry {
                key: Bytes(key.to_vec()),
                value: Some(Bytes(value.to_vec())),
                proof: Bytes(proof.encode()),
            }],
        }
    }

    #[test]
    fn accepts_a_value_under_the_root_of_a_trusted_block() {
        let proof = proof_of(b"key", b"value");
        let proven = check(&proof, Some(&proof.anchor_hash.0)).unwrap();
        assert_eq!(proven.entries, [(b"key".to_vec(), Some(b"value".to_vec()))]);
        assert_eq!(proven.height, 7);
    }

    #[test]
    fn refuses_a_proof_with_any_byte_changed() {
        let proof = proof_of(b"key", b"value");
        let changed = |change: &dyn Fn(&mut ProofView)| {
            let mut other = proof.clone();
            change(&mut other);
            assert!(check(&other, None).is_err());
        };
        changed(&|proof| proof.entries[0].value = None);
        changed(&|proof| proof.entries[0].value = Some(Bytes(b"other".to_vec())));
        changed(&|proof| proof.entries[0].key.0.push(0));
        changed(&|proof| proof.entries.clear());
        changed(&|proof| proof.state_root = HexHash(Hash::ZERO));
        changed(&|proof| proof.block_height = 8);
        changed(&|proof| std::mem::swap(&mut proof.header, &mut proof.anchor_header));
        for index in 0..proof.anchor_header.0.len() {
            changed(&|proof| proof.anchor_header.0[index] ^= 1);
        }
        for index in 0..proof.entries[0].proof.0.len() {
            changed(&|proof| proof.entries[0].proof.0[index] ^= 1);
        }
        assert!(check(&proof, Some(&Hash([9; 32]))).is_err());
        assert!(check(&proof, Some(&proof.block_hash.0)).is_err(), "a root in a child of it may be anybody's");
    }
}
