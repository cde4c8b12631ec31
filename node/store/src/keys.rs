//! How rows are keyed: big-endian heights, and row keys escaped so that a suffix keeps their order.
//!
//! Escaped, 0x00 becomes 0x00 0xff and the key ends in 0x00 0x00. No escaped key is then a prefix of another, and
//! escaped keys sort as the keys do, so `escaped ++ height` sorts by key, then by height.

/// Bytes of a height in a key.
pub(crate) const HEIGHT_BYTES: usize = 8;
/// Bytes of the index within a block, in a key.
pub(crate) const INDEX_BYTES: usize = 4;

/// The row that says up to which height a column was written. No other row has an empty key.
pub(crate) const STAMP: &[u8] = b"";

/// Returns a key above that of every row: longer than the longest, which is escaped, and of the greatest bytes.
pub(crate) fn above_all() -> Vec<u8> {
    vec![0xff; 2 * crate::MAX_KEY_BYTES + 64]
}

/// Appends the escaped form of `key` to `out`.
pub(crate) fn escape_into(key: &[u8], out: &mut Vec<u8>) {
    for &byte in key {
        out.push(byte);
        if byte == 0 {
            out.push(0xff);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

/// Returns the escaped form of `key`.
pub(crate) fn escape(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len().saturating_add(16));
    escape_into(key, &mut out);
    out
}

/// Returns the key whose escaped form is `escaped`, or `None` when that is no such form.
pub(crate) fn unescape(escaped: &[u8]) -> Option<Vec<u8>> {
    let body = escaped.strip_suffix(&[0, 0])?;
    let mut key = Vec::with_capacity(body.len());
    let mut bytes = body.iter();
    while let Some(&byte) = bytes.next() {
        key.push(byte);
        if byte == 0 && bytes.next() != Some(&0xff) {
            return None;
        }
    }
    Some(key)
}

/// Returns the key of the history row of `key` at `height`.
pub(crate) fn history(key: &[u8], height: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len().saturating_add(16));
    escape_into(key, &mut out);
    out.extend_from_slice(&height.to_be_bytes());
    out
}

/// Splits the key of a history row into the escaped row key and the height.
pub(crate) fn split_history(row: &[u8]) -> Option<(&[u8], u64)> {
    let (escaped, height) = row.split_last_chunk::<HEIGHT_BYTES>()?;
    Some((escaped, u64::from_be_bytes(*height)))
}

/// Returns the key of the event `index` of block `height` under `topic`.
pub(crate) fn event(topic: &[u8], height: u64, index: u32) -> Vec<u8> {
    let mut out = history(topic, height);
    out.extend_from_slice(&index.to_be_bytes());
    out
}

/// Splits the key of an event row into the escaped topic, the height and the index.
pub(crate) fn split_event(row: &[u8]) -> Option<(&[u8], u64, u32)> {
    let (rest, index) = row.split_last_chunk::<INDEX_BYTES>()?;
    let (escaped, height) = split_history(rest)?;
    Some((escaped, height, u32::from_be_bytes(*index)))
}

/// Returns the key of the node of the header accumulator of a level that the block `height` completed.
pub(crate) fn node(height: u64, level: u8) -> [u8; HEIGHT_BYTES + 1] {
    let mut out = [level; HEIGHT_BYTES + 1];
    out[..HEIGHT_BYTES].copy_from_slice(&height.to_be_bytes());
    out
}

/// Returns the value of the row that locates a transaction.
pub(crate) fn position(height: u64, index: u32) -> [u8; HEIGHT_BYTES + INDEX_BYTES] {
    let mut out = [0; HEIGHT_BYTES + INDEX_BYTES];
    out[..HEIGHT_BYTES].copy_from_slice(&height.to_be_bytes());
    out[HEIGHT_BYTES..].copy_from_slice(&index.to_be_bytes());
    out
}

/// Splits the value of the row that locates a transaction.
pub(crate) fn split_position(value: &[u8]) -> Option<(u64, u32)> {
    let (height, rest) = value.split_first_chunk::<HEIGHT_BYTES>()?;
    Some((u64::from_be_bytes(*height), u32::from_be_bytes(rest.try_into().ok()?)))
}

/// Reads a height that is a whole key or value.
pub(crate) fn height(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// Returns the least key above every key that starts with `prefix`, or `None` when there is none.
pub(crate) fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte != 0xff)?;
    let mut end = prefix[..=last].to_vec();
    // The byte at `last` is not 0xff, so the sum fits.
    end[last] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_keys_keep_their_order_and_come_back() {
        let keys: [&[u8]; 9] = [b"", b"\0", b"\0\0", b"\0\0\xff", b"\0\x01", b"\0\xff", b"a", b"a\0", b"a\0\0"];
        for (left, a) in keys.iter().enumerate() {
            assert_eq!(unescape(&escape(a)).as_deref(), Some(*a));
            for (right, b) in keys.iter().enumerate() {
                assert_eq!(history(a, u64::MAX).cmp(&history(b, 0)).is_lt(), left < right, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn refuses_keys_that_are_not_escaped() {
        for bytes in [&b"a"[..], b"a\0", b"\0\x01\0\0", b"\0\0\0"] {
            assert_eq!(unescape(bytes), None);
        }
    }

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        assert_eq!(prefix_end(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(prefix_end(b"a\xff"), Some(b"b".to_vec()));
        assert_eq!(prefix_end(b"\xff\xff"), None);
        assert_eq!(prefix_end(b""), None);
    }
}
