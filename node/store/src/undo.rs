//! What a block changed, by key: enough to take the block back. The old values lie in the history columns.

use parity_scale_codec::{Decode, Encode};

use crate::{Hash, StoreError, columns::Column, meta};

/// The keys that a block changed, borrowed while it is written.
#[derive(Encode)]
pub(crate) struct UndoRef<'a> {
    pub(crate) state: Vec<&'a [u8]>,
    pub(crate) pages: Vec<&'a [u8]>,
    pub(crate) transactions: &'a [Hash],
    pub(crate) events: &'a [(Vec<u8>, u32)],
}

/// The keys that a block changed, as they were read back.
#[derive(Decode)]
pub(crate) struct Undo {
    pub(crate) state: Vec<Vec<u8>>,
    pub(crate) pages: Vec<Vec<u8>>,
    pub(crate) transactions: Vec<Hash>,
    pub(crate) events: Vec<(Vec<u8>, u32)>,
}

impl Undo {
    pub(crate) fn from_bytes(mut bytes: &[u8]) -> Result<Self, StoreError> {
        match Self::decode(&mut bytes) {
            Ok(undo) if bytes.is_empty() => Ok(undo),
            _ => Err(meta::damaged(Column::Undo, "the keys that a block changed")),
        }
    }
}

/// Encodes the value that a key had before a block.
pub(crate) fn old_value(value: Option<&[u8]>) -> Vec<u8> {
    match value {
        None => vec![0],
        Some(value) => {
            let mut out = Vec::with_capacity(value.len().saturating_add(1));
            out.push(1);
            out.extend_from_slice(value);
            out
        }
    }
}

/// Decodes the value that a key had before a block.
pub(crate) fn split_old_value(bytes: &[u8]) -> Result<Option<&[u8]>, StoreError> {
    match bytes.split_first() {
        Some((0, [])) => Ok(None),
        Some((1, value)) => Ok(Some(value)),
        _ => Err(StoreError::Corrupt { found: "a malformed reverse diff".into(), expected: "an old value" }),
    }
}
