//! Takes over final blocks that came from other nodes: a stretch of them with the proof that the last one is final.
//!
//! ```text
//! before anything is executed: the first stands on the head, each on the one before, bodies fit headers, and the
//!     validators of the epoch signed the last one: then all of them are final
//! then each is executed, made the head and written; what differs after that is this node's fault, and it stops
//! ```

use super::driver::Driver;
use super::others::Outgoing;
use tenon_core::consensus::bbft::{Candidate, FinalityProof};
use tenon_core::consensus::{Finality, Input};
use tenon_core::rules::check_block;
use tenon_host::Prepared;
use tenon_types::Block;

/// A final block from elsewhere.
pub(crate) struct FinalBlock {
    pub(crate) block: Block,
    /// Its transactions, with their signatures checked.
    pub(crate) transactions: Vec<Prepared>,
}

/// Final blocks in a row.
pub(crate) struct Stretch {
    /// Which row of stretches it is of.
    pub(crate) generation: u64,
    /// Never empty.
    pub(crate) blocks: Vec<FinalBlock>,
    /// Shows that the last one is final.
    pub(crate) proof: FinalityProof,
}

impl Driver {
    /// Takes a stretch over. What is in the chain already is passed over.
    pub(super) fn append(&mut self, mut stretch: Stretch) -> Option<Input> {
        let head = self.chain.best().block.header.number;
        stretch.blocks.retain(|one| one.block.header.number > head);
        if stretch.blocks.is_empty() {
            self.tell(Outgoing::Stretch { generation: stretch.generation, height: head, wrong: None });
            return None;
        }
        let generation = stretch.generation;
        let appended = self.proven(&stretch).and_then(|()| self.take_over(stretch));
        let (input, wrong) = match appended {
            Ok(input) => (Some(input), None),
            Err(reason) => (None, Some(reason)),
        };
        let height = self.chain.best().block.header.number;
        self.tell(Outgoing::Stretch { generation, height, wrong });
        input
    }

    /// Checks that a stretch is final, as far as nothing has to be executed for that.
    fn proven(&self, stretch: &Stretch) -> Result<(), String> {
        let view = self.consensus.epoch().ok_or("nobody votes on this chain")?;
        let parameters = &self.chain.genesis.parameters;
        let mut parent = self.chain.best().hash;
        for one in &stretch.blocks {
            let header = &one.block.header;
            if header.parent_hash != parent {
                return Err(format!("block {} stands on {}, expected {parent}", header.number, header.parent_hash));
            }
            check_block(&one.block, parameters).map_err(|error| format!("block {}: {error}", header.number))?;
            parent = header.hash();
        }
        let last = stretch.blocks.last().ok_or("found no block, expected at least one")?;
        let client = self.chain.light_client(&view).map_err(|error| error.to_string())?;
        let proof = stretch.proof.clone().of_header(last.block.header.clone(), Vec::new());
        client.check_header(&proof, self.latest_ms).map(drop).map_err(|error| error.to_string())
    }

    fn take_over(&mut self, stretch: Stretch) -> Result<Input, String> {
        let count = stretch.blocks.len();
        let (mut elected, mut time_ms) = (None, 0);
        let mut head: Option<Candidate> = None;
        let FinalityProof { certificate, descendants } = stretch.proof;
        let finality = Finality { certificate, descendants: descendants.iter().map(|header| header.hash()).collect() };
        descendants.iter().for_each(|header| self.remember(header.hash(), header));
        for (place, FinalBlock { block, transactions }) in (1..).zip(stretch.blocks) {
            let hash = block.header.hash();
            let pending = match self.pending.remove(&hash) {
                Some(pending) => pending,
                None => self.maker.take(block, &transactions, &[], u64::MAX).map_err(|reason| self.broken(&reason))?,
            };
            self.received.remove(&hash);
            let is_last = place == count;
            head = Some(Candidate::of(&pending.layer.entry.block.header, &pending.layer.entry.info.seal));
            time_ms = pending.layer.entry.info.time_ms;
            elected = self.elected(&pending.layer);
            self.extend(pending);
            self.finalize(hash, is_last.then(|| finality.clone()));
        }
        let head = head.ok_or("found no block, expected at least one")?;
        // What consensus persists next speaks of these blocks: they are in the store before it does.
        self.chain.wait_final(head.height);
        Ok(Input::Synced { head, time_ms, finality, elected })
    }

    /// A block that the validators made final and that this node finds wrong: one of them is broken.
    fn broken(&self, reason: &str) -> String {
        self.chain.fail(format!("found a final block that breaks the rules here: {reason}"));
        reason.to_string()
    }
}
