//! Proofs of what lies under the last final header: of old headers, transactions, receipts and entries of the state.

use super::Node;
use super::chain::unavailable;
use crate::backend::{Backend, BlockEntry, Shown, Unavailable};
use parity_scale_codec::{Decode, Encode};
use std::sync::Arc;
use tenon_core::consensus::bbft::LightProof;
use tenon_types::mmr::{AncestorProof, Place};
use tenon_types::proof::{Ancestor, Inclusion, ListProof, Part};
use tenon_types::{Hash, Header};

impl Node {
    /// Shows something under the last final header.
    pub(super) fn find_light_proof(&self, shown: &Shown) -> Result<LightProof, Unavailable> {
        let finality = self.find_header_proof(self.chain.finalized().block.header.number)?;
        let (header, part) = self.part(shown)?;
        let ancestor = match header {
            header if header == finality.header => None,
            header => Some(self.ancestor(header, &finality.header)?),
        };
        Ok(LightProof { finality, inclusion: Inclusion { ancestor, part } })
    }

    /// The header that something lies under, and the way from there.
    fn part(&self, shown: &Shown) -> Result<(Header, Part), Unavailable> {
        Ok(match shown {
            Shown::Header(height) => (self.final_header(u64::from(*height))?, Part::Header),
            Shown::Known(header) => ((**header).clone(), Part::Header),
            Shown::Transaction(hash) => {
                let (entry, index) = self.included(hash)?;
                let lost = || Unavailable::Stopped(format!("block {} lost transaction {hash}", entry.hash));
                let place = usize::try_from(index).ok().and_then(|place| entry.block.extrinsics.get(place));
                let bytes = place.ok_or_else(lost)?.clone();
                let proof = ListProof::make(&entry.block.extrinsics, index).ok_or_else(lost)?;
                (entry.block.header.clone(), Part::Transaction { bytes, proof })
            }
            Shown::Receipt(hash) => {
                let (entry, index) = self.included(hash)?;
                let lost = || Unavailable::Stopped(format!("block {} lost the receipt of {hash}", entry.hash));
                let receipts: Vec<Vec<u8>> = entry.all_receipts().map(Encode::encode).collect();
                let proof = ListProof::make(&receipts, index).ok_or_else(lost)?;
                let place = usize::try_from(index).ok().and_then(|place| receipts.into_iter().nth(place));
                let bytes = place.ok_or_else(lost)?;
                // The next header carries their root.
                let next = u64::from(entry.block.header.number).saturating_add(1);
                (self.final_header(next)?, Part::Receipt { bytes, proof })
            }
            Shown::Entry { key, at } => {
                let read = self.prove(std::slice::from_ref(key), at.as_ref())?;
                let entry = read.entries.into_iter().next();
                let (key, value, proof) =
                    entry.ok_or_else(|| Unavailable::Stopped("found no proof of one key".into()))?;
                (read.anchor.block.header.clone(), Part::Entry { key, value, proof })
            }
        })
    }

    /// The path of a header to the root over its ancestors that another carries.
    fn ancestor(&self, header: Header, under: &Header) -> Result<Ancestor, Unavailable> {
        let (height, size) = (u64::from(header.number), u64::from(under.number));
        if height > size {
            return Err(Unavailable::Unproven(format!(
                "found block {height}, expected at most {size}, the last final one"
            )));
        }
        let find = |Place { last, level }| self.chain.store.node(last, level).ok().flatten();
        let proof = AncestorProof::make(size, height, &find);
        let proof = proof.map_err(|error| Unavailable::Unproven(format!("block {height}: {error}")))?;
        // A header that somebody brought may be of no block of this chain.
        let root = under.info().map_or(Hash::ZERO, |info| info.ancestors);
        let checked = proof.verify(&root, size, height, &header.hash());
        checked.map_err(|error| Unavailable::Unproven(format!("block {height} is of another chain: {error}")))?;
        Ok(Ancestor { header, proof })
    }

    /// The block that a transaction is in, and its place there.
    fn included(&self, hash: &Hash) -> Result<(Arc<BlockEntry>, u32), Unavailable> {
        let unknown = || Unavailable::Unproven(format!("found no final block that is kept with transaction {hash}"));
        let (block, index) = self.chain.transaction(hash).ok_or_else(unknown)?;
        let entry = self.chain.block(&block).ok_or_else(unknown)?;
        if entry.block.header.number > self.chain.finalized().block.header.number {
            return Err(unknown());
        }
        Ok((entry, index))
    }

    fn final_header(&self, height: u64) -> Result<Header, Unavailable> {
        let block = self.chain.store.block(height).map_err(|error| unavailable(height, &error))?;
        let block = block.ok_or_else(|| Unavailable::Unproven(format!("block {height} is not final")))?;
        // A block begins with its header.
        Header::decode(&mut &block[..])
            .map_err(|error| Unavailable::Stopped(format!("block {height} is damaged: {error}")))
    }
}
