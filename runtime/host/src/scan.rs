//! Ordered scans for modules: what they read is paid for entry by entry, before the next is looked at.

use crate::interface::{Guest, Trap};
use crate::overlay::Overlay;
use crate::state::{Key, Value};
use tenon_abi::HostError;

/// Gas for each entry that a scan looks at beyond its base and its bytes.
const SCAN_STEP_GAS: u64 = 1_000;
/// Bytes of an entry beside its key and value: two lengths.
const ENTRY_BYTES: usize = 8;

/// What a module asked for.
pub(crate) struct Scan<'a> {
    /// The instance's prefix and the module's.
    pub(crate) prefix: &'a [u8],
    /// The whole key to begin with.
    pub(crate) start: Option<&'a [u8]>,
    pub(crate) descending: bool,
    pub(crate) limit: u32,
}

impl Scan<'_> {
    /// Writes the entries as the table describes, as many as fit. An entry that does not fit was read, and costs as
    /// much as the others.
    ///
    /// # Errors
    /// `OutOfGas`, or `MemoryAccess` if the buffer lies outside the memory.
    pub(crate) fn copy(&self, overlay: &Overlay, guest: &mut Guest<'_>, out: u32, capacity: u32) -> Result<u64, Trap> {
        let capacity_bytes = usize::try_from(capacity).map_err(too_long)?;
        let limit = usize::try_from(self.limit).map_err(too_long)?;
        let mut paid = Ok(());
        let mut filled = 0usize;
        let mut look = |key: &Key, value: Option<&Value>| {
            let bytes = value.map_or(0, |value| self.entry_bytes(key, value));
            filled = filled.saturating_add(bytes);
            paid = guest.charge(SCAN_STEP_GAS).and_then(|()| guest.charge_bytes(bytes));
            paid.is_ok() && filled <= capacity_bytes
        };
        let entries = overlay.scan(self.prefix, self.start, self.descending, limit, &mut look);
        paid?;
        let (count, bytes) = match self.encode(&entries, capacity_bytes)? {
            Encoded::Entries(count, bytes) => (count, bytes),
            Encoded::TooLarge(needed) => return Ok(needed),
        };
        guest.byte_gas = 0;
        let length = guest.copy_out(out, capacity, &bytes)?;
        Ok(count << 32 | u64::from(length))
    }

    fn entry_bytes(&self, key: &Key, value: &Value) -> usize {
        key.len().saturating_sub(self.prefix.len()).saturating_add(value.len()).saturating_add(ENTRY_BYTES)
    }

    fn encode(&self, entries: &[(Key, Value)], capacity: usize) -> Result<Encoded, Trap> {
        let mut bytes = Vec::new();
        let mut count = 0;
        for (key, value) in entries {
            let needed = self.entry_bytes(key, value);
            if needed > capacity.saturating_sub(bytes.len()) {
                if count == 0 {
                    return Ok(Encoded::TooLarge(u64::try_from(needed).map_err(too_long)?));
                }
                break;
            }
            for part in [key.get(self.prefix.len()..).unwrap_or_default(), value] {
                bytes.extend_from_slice(&u32::try_from(part.len()).map_err(too_long)?.to_le_bytes());
                bytes.extend_from_slice(part);
            }
            count = u64::saturating_add(count, 1);
        }
        Ok(Encoded::Entries(count, bytes))
    }
}

enum Encoded {
    /// How many, and their bytes.
    Entries(u64, Vec<u8>),
    /// Not even the first fits: the bytes that it needs.
    TooLarge(u64),
}

fn too_long(_: core::num::TryFromIntError) -> Trap {
    Trap::Host(HostError::LimitExceeded)
}
