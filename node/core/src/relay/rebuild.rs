//! Rebuilding a block from what the receiver has.
//!
//! ```text
//! upon a compact block      each transaction of the pool whose short id it has is put in its place
//! upon two for one place    neither: that place is asked for; so is every place of an id that the block has twice
//! upon missing places       ask for them, from whoever sent the block
//! upon transactions         each must have the short id of its place, else the sender lies and nothing is taken
//! upon the last place       the root decides: the header's, or the whole block is fetched; nothing else is accepted
//! ```

use super::{CompactBlock, MAX_BLOCK_BYTES, PartAnswer, PartRequest, RelayError, ShortId, ShortIds, check_body};
use std::collections::{BTreeMap, VecDeque};
use tenon_types::{Block, Hash, Header, blake2b_256};

#[cfg(test)]
mod tests;

/// A place in the block that is rebuilt.
#[derive(Clone, Debug)]
struct Place {
    /// What its transaction is called; `None` if it was sent along.
    id: Option<ShortId>,
    bytes: Option<Vec<u8>>,
}

/// A block that is being rebuilt.
#[derive(Clone, Debug)]
pub struct Rebuild {
    header: Header,
    hash: Hash,
    ids: ShortIds,
    places: Vec<Place>,
    /// Where a transaction with an id goes; `None` if the id does not tell.
    by_id: BTreeMap<ShortId, Option<usize>>,
    /// Bytes of the transactions that are there.
    bytes: usize,
}

/// How far a block is.
#[derive(Clone, Debug)]
pub enum Progress {
    /// It is whole, and its transactions are those of its header.
    Done(Block),
    /// These are missing.
    Missing(Box<Rebuild>, PartRequest),
    /// All are there, and they are not those of its header: two transactions have one short id. Fetch the whole block.
    Mismatch(Header),
}

impl Rebuild {
    /// Begins with what was sent along.
    ///
    /// # Errors
    /// [`RelayError::TooLong`] if that alone is too much for a block.
    pub fn new(compact: CompactBlock) -> Result<Self, RelayError> {
        let (ids, count) = (compact.ids(), compact.transactions());
        let (header, short_ids, prefilled) = compact.into_parts();
        let (mut short_ids, mut prefilled) = (VecDeque::from(short_ids), VecDeque::from(prefilled));
        let (mut places, mut by_id, mut bytes) = (Vec::with_capacity(count), BTreeMap::new(), 0_usize);
        for (number, place) in (0_u32..).zip(0..count) {
            if let Some(sent) = prefilled.pop_front_if(|sent| sent.place == number) {
                bytes = bytes.saturating_add(sent.bytes.len());
                places.push(Place { id: None, bytes: Some(sent.bytes) });
                continue;
            }
            let id = short_ids.pop_front();
            if let Some(id) = id {
                by_id.entry(id).and_modify(|known| *known = None).or_insert(Some(place));
            }
            places.push(Place { id, bytes: None });
        }
        if bytes > MAX_BLOCK_BYTES {
            return Err(RelayError::TooLong { found: bytes, max: MAX_BLOCK_BYTES });
        }
        let hash = header.hash();
        Ok(Self { header, hash, ids, places, by_id, bytes })
    }

    /// Begins, and puts in what a pool holds.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn from_pool<'a>(
        compact: CompactBlock,
        pool: impl IntoIterator<Item = (Hash, &'a [u8])>,
    ) -> Result<Self, RelayError> {
        let mut rebuild = Self::new(compact)?;
        for (hash, bytes) in pool {
            rebuild.offer(&hash, bytes);
        }
        Ok(rebuild)
    }

    /// The block's hash.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The block's header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Offers a transaction that the node has. It is copied if the block has its short id; a second one with that id
    /// empties the place, since only the block's maker knows which it is.
    pub fn offer(&mut self, hash: &Hash, bytes: &[u8]) {
        let Some(known) = self.by_id.get_mut(&self.ids.of(hash)) else { return };
        let Some(place) = known.and_then(|place| self.places.get_mut(place)) else { return };
        match &place.bytes {
            Some(first) if first == bytes => {}
            Some(first) => {
                self.bytes = self.bytes.saturating_sub(first.len());
                place.bytes = None;
                *known = None;
            }
            None => {
                // What would be too much for a block is none of it.
                let sum = self.bytes.saturating_add(bytes.len());
                if sum <= MAX_BLOCK_BYTES {
                    self.bytes = sum;
                    place.bytes = Some(bytes.to_vec());
                }
            }
        }
    }

    /// Takes the answer to a request and returns how many places it filled. What came meanwhile is passed over.
    ///
    /// # Errors
    /// [`RelayError`] if the answer is none to this request: then the peer lies, and nothing is taken.
    pub fn take(&mut self, request: &PartRequest, answer: PartAnswer) -> Result<usize, RelayError> {
        for found in [request.block, answer.block] {
            if found != self.hash {
                return Err(RelayError::Block { found, expected: self.hash });
            }
        }
        let (found, max) = (answer.transactions.len(), request.places.len());
        if found > max {
            return Err(RelayError::TooMany { found, max });
        }
        let mut sum = self.bytes;
        let mut fills = Vec::with_capacity(found);
        for (number, bytes) in request.places.iter().zip(answer.transactions) {
            let hash = blake2b_256(&bytes);
            let wrong = RelayError::Transaction { place: *number, found: hash };
            let place = usize::try_from(*number).map_err(|_| wrong.clone())?;
            let expected = self.places.get(place).and_then(|place| place.id);
            if expected != Some(self.ids.of(&hash)) {
                return Err(wrong);
            }
            if self.places.get(place).is_some_and(|place| place.bytes.is_none()) {
                sum = sum.saturating_add(bytes.len());
                fills.push((place, bytes));
            }
        }
        if sum > MAX_BLOCK_BYTES {
            return Err(RelayError::TooLong { found: sum, max: MAX_BLOCK_BYTES });
        }
        let filled = fills.len();
        for (place, bytes) in fills {
            self.fill(place, bytes);
        }
        Ok(filled)
    }

    fn fill(&mut self, place: usize, bytes: Vec<u8>) {
        let Some(place) = self.places.get_mut(place) else { return };
        self.bytes = self.bytes.saturating_add(bytes.len());
        place.bytes = Some(bytes);
        // What the peer says stays, whatever the pool offers later.
        if let Some(known) = place.id.and_then(|id| self.by_id.get_mut(&id)) {
            *known = None;
        }
    }

    /// Ends if nothing is missing, else says what is.
    pub fn finish(self) -> Progress {
        let is_missing = |(number, place): (u32, &Place)| place.bytes.is_none().then_some(number);
        let places: Vec<u32> = (0_u32..).zip(&self.places).filter_map(is_missing).collect();
        if !places.is_empty() {
            let request = PartRequest { block: self.hash, places };
            return Progress::Missing(Box::new(self), request);
        }
        let extrinsics: Vec<Vec<u8>> = self.places.into_iter().filter_map(|place| place.bytes).collect();
        match check_body(&self.header, &extrinsics) {
            Ok(()) => Progress::Done(Block { header: self.header, extrinsics }),
            Err(_) => Progress::Mismatch(self.header),
        }
    }
}
