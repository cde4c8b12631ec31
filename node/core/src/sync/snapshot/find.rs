//! Finding a snapshot that can be trusted: from the validators that a node knows to the header after an offered one.
//!
//! ```text
//! choose   the highest snapshot that somebody offers, above the node's own last block
//! epochs   while its block is of a later epoch than the validators that are known: ask for what shows epochs over
//! headers  ask for what shows its block final, then the same of the next block, which states the root of the state
//! upon a wrong answer: who sent it is punished, forgotten, and another is asked
//! upon nobody having an answer: the next lower snapshot is chosen; upon none left: the machine is stalled
//! ```
//!
//! One question is under way at a time, and each must be answered in the end, if only by [`FinderInput::Failed`].
//! Whoever signed is judged by a [`LightClient`]. It leaves out fetching what was found.

use super::{Offer, Peer, SnapshotError, Target};
use crate::consensus::bbft::{Epoch, EpochProof, FinalityProof, HeaderProof, LightClient, LightError};
use crate::wire::MAX_OFFERS;
use std::collections::{BTreeMap, BTreeSet};
use tenon_types::{BlockNumber, Hash, Header};
use thiserror::Error;

/// Peers whose offers are known at once.
const MAX_PEERS: usize = super::MAX_SNAPSHOT_PEERS;

/// What is asked of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// What shows that epochs in a row are over.
    Epochs {
        /// The first.
        first: Epoch,
    },
    /// What shows that the block of a height is final.
    Header {
        /// The height.
        height: BlockNumber,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinderInput {
    /// The machine is to begin.
    Begin,
    /// A peer has snapshots. Those that it had before count no more.
    Offered {
        /// Who.
        peer: Peer,
        /// Which.
        offers: Vec<Offer>,
    },
    /// A peer is no longer connected.
    Gone {
        /// Who.
        peer: Peer,
    },
    /// A peer answered with proofs of epochs, each an encoded [`EpochProof`].
    Epochs {
        /// Who.
        peer: Peer,
        /// From the first that was asked for on; none if it has not got that.
        proofs: Vec<Vec<u8>>,
    },
    /// A peer answered with the proof of a header, an encoded [`HeaderProof`].
    Header {
        /// Who.
        peer: Peer,
        /// The proof, if it has it.
        proof: Option<Vec<u8>>,
    },
    /// A peer did not answer.
    Failed {
        /// Who.
        peer: Peer,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinderEffect {
    /// Ask a peer.
    Ask {
        /// Whom.
        peer: Peer,
        /// For what.
        question: Question,
    },
    /// Keep what shows that an epoch is over: it is right, and others may ask for it.
    Keep {
        /// Which.
        epoch: Epoch,
        /// The encoded [`EpochProof`].
        proof: Vec<u8>,
    },
    /// A peer lied, and is asked nothing more.
    Punish {
        /// Who.
        peer: Peer,
        /// What is wrong with its answer.
        error: FinderError,
    },
    /// This snapshot can be fetched.
    Found(Box<Trusted>),
    /// No offered snapshot can be trusted. A new offer makes the machine go on.
    Stalled,
}

/// Why an answer is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FinderError {
    /// It shows nothing to who knows these validators.
    #[error(transparent)]
    Light(#[from] LightError),
    /// It shows another block than was asked for.
    #[error("found the header of block {found}, expected that of block {expected}")]
    Height {
        /// Its height.
        found: BlockNumber,
        /// What was asked for.
        expected: BlockNumber,
    },
    /// It stands on another block than the snapshot's.
    #[error("found the header of a block that stands on {found}, expected {expected}")]
    Parent {
        /// Its parent.
        found: Hash,
        /// The snapshot's block.
        expected: Hash,
    },
    /// No snapshot lies below it.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

/// A snapshot that can be trusted, whatever peers say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// What it must be.
    pub target: Target,
    /// The final header after its block, from which the target follows.
    pub child: Header,
    /// Shows that its block is final, to be kept beside it.
    pub finality: FinalityProof,
}

/// The snapshot that is being looked into.
#[derive(Clone, Debug)]
struct Chosen {
    height: BlockNumber,
    /// Its block, once that is known to be final.
    block: Option<(Hash, FinalityProof)>,
}

/// Finds a snapshot; see the module's text.
#[derive(Debug)]
pub struct Finder {
    client: LightClient,
    /// The node's own last block.
    own: BlockNumber,
    offers: BTreeMap<Peer, Vec<Offer>>,
    banned: BTreeSet<Peer>,
    /// Heights of which nobody has a proof.
    unproven: BTreeSet<BlockNumber>,
    chosen: Option<Chosen>,
    /// Peers that have no answer to the question at hand.
    tried: BTreeSet<Peer>,
    asked: Option<(Peer, Question)>,
    is_over: bool,
}

impl Finder {
    /// Begins with what a node trusts, its last block, and the snapshots that peers have.
    #[must_use]
    pub fn new(client: LightClient, own: BlockNumber, offers: BTreeMap<Peer, Vec<Offer>>) -> Self {
        let mut finder = Self {
            client,
            own,
            offers: BTreeMap::new(),
            banned: BTreeSet::new(),
            unproven: BTreeSet::new(),
            chosen: None,
            tried: BTreeSet::new(),
            asked: None,
            is_over: false,
        };
        offers.into_iter().for_each(|(peer, offers)| finder.offered(peer, offers));
        finder
    }

    /// Takes an input at a time and returns what is to be done, in order. The time is that of the caller's clock, in
    /// milliseconds since 1970-01-01 UTC.
    pub fn handle(&mut self, now_ms: u64, input: FinderInput) -> Vec<FinderEffect> {
        let mut effects = Vec::new();
        match input {
            FinderInput::Begin => {}
            FinderInput::Offered { peer, offers } => self.offered(peer, offers),
            FinderInput::Gone { peer } => self.forget(&peer),
            FinderInput::Failed { peer } => {
                if self.take_asked(&peer).is_some() {
                    self.tried.insert(peer);
                }
            }
            FinderInput::Epochs { peer, proofs } => {
                if let Some(Question::Epochs { .. }) = self.take_asked(&peer)
                    && let Err(error) = self.advance(now_ms, peer, proofs, &mut effects)
                {
                    self.punish(peer, error, &mut effects);
                }
            }
            FinderInput::Header { peer, proof } => {
                if let Some(Question::Header { height }) = self.take_asked(&peer)
                    && let Err(error) = self.check_header(now_ms, peer, height, proof, &mut effects)
                {
                    self.punish(peer, error, &mut effects);
                }
            }
        }
        self.go_on(&mut effects);
        effects
    }

    fn offered(&mut self, peer: Peer, mut offers: Vec<Offer>) {
        let is_known = self.offers.contains_key(&peer);
        if self.banned.contains(&peer) || (!is_known && self.offers.len() >= MAX_PEERS) {
            return;
        }
        offers.truncate(MAX_OFFERS);
        self.offers.insert(peer, offers);
        // It may have what nobody had.
        self.unproven.clear();
    }

    fn forget(&mut self, peer: &Peer) {
        self.offers.remove(peer);
        self.take_asked(peer);
    }

    fn punish(&mut self, peer: Peer, error: FinderError, effects: &mut Vec<FinderEffect>) {
        self.forget(&peer);
        if self.banned.len() < super::MAX_BANNED {
            self.banned.insert(peer);
        }
        effects.push(FinderEffect::Punish { peer, error });
    }

    /// What a peer was asked, if it is the one that was.
    fn take_asked(&mut self, peer: &Peer) -> Option<Question> {
        self.asked.take_if(|(asked, _)| asked == peer).map(|(_, question)| question)
    }

    /// The epoch of a height.
    fn epoch_of(&self, height: BlockNumber) -> Epoch {
        let blocks = self.client.rules().epoch_blocks;
        Epoch(height.saturating_sub(1).checked_div(blocks).map_or(0, u64::from))
    }

    /// The epoch whose validators must be known for the next question about a snapshot.
    fn wanted_epoch(&self, chosen: &Chosen) -> Epoch {
        self.epoch_of(if chosen.block.is_some() { chosen.height.saturating_add(1) } else { chosen.height })
    }

    fn question(&self, chosen: &Chosen) -> Question {
        if self.client.epoch() < self.wanted_epoch(chosen) {
            return Question::Epochs { first: self.client.epoch() };
        }
        let next = u32::from(chosen.block.is_some());
        Question::Header { height: chosen.height.saturating_add(next) }
    }

    /// The highest offered snapshot that may still be proven: blocks of epochs that were left are not.
    fn choose(&self) -> Option<Chosen> {
        let heights = self.offers.values().flatten().map(|offer| offer.height);
        let may = |height: &BlockNumber| {
            *height > self.own && !self.unproven.contains(height) && self.epoch_of(*height) >= self.client.epoch()
        };
        heights.filter(may).max().map(|height| Chosen { height, block: None })
    }

    /// Asks the next question, of the next snapshot if nobody has an answer about this one.
    fn go_on(&mut self, effects: &mut Vec<FinderEffect>) {
        while self.asked.is_none() && !self.is_over {
            if self.chosen.as_ref().is_some_and(|chosen| !self.is_offered(chosen.height)) {
                self.chosen = None;
            }
            let Some(chosen) = self.chosen.take().or_else(|| self.choose()) else {
                if effects.last() != Some(&FinderEffect::Stalled) {
                    effects.push(FinderEffect::Stalled);
                }
                return;
            };
            let question = self.question(&chosen);
            let able = self.offers.keys().find(|peer| !self.tried.contains(*peer)).copied();
            match able {
                Some(peer) => {
                    self.asked = Some((peer, question));
                    self.chosen = Some(chosen);
                    effects.push(FinderEffect::Ask { peer, question });
                }
                None => {
                    self.unproven.insert(chosen.height);
                    self.tried.clear();
                }
            }
        }
    }

    fn is_offered(&self, height: BlockNumber) -> bool {
        self.offers.values().flatten().any(|offer| offer.height == height)
    }

    /// Follows the validators as far as is wanted.
    fn advance(
        &mut self,
        now_ms: u64,
        peer: Peer,
        proofs: Vec<Vec<u8>>,
        effects: &mut Vec<FinderEffect>,
    ) -> Result<(), FinderError> {
        let Some(wanted) = self.chosen.as_ref().map(|chosen| self.wanted_epoch(chosen)) else { return Ok(()) };
        let before = self.client.epoch();
        for proof in proofs {
            let epoch = self.client.epoch();
            if epoch >= wanted {
                break;
            }
            self.client.advance(&EpochProof::from_bytes(&proof)?, now_ms)?;
            effects.push(FinderEffect::Keep { epoch, proof });
        }
        if self.client.epoch() == before {
            self.tried.insert(peer);
        } else {
            self.tried.clear();
        }
        Ok(())
    }

    fn check_header(
        &mut self,
        now_ms: u64,
        peer: Peer,
        height: BlockNumber,
        proof: Option<Vec<u8>>,
        effects: &mut Vec<FinderEffect>,
    ) -> Result<(), FinderError> {
        let Some(bytes) = proof else {
            self.tried.insert(peer);
            return Ok(());
        };
        let proof = HeaderProof::from_bytes(&bytes)?;
        let found = proof.header.number;
        if found != height {
            return Err(FinderError::Height { found, expected: height });
        }
        let hash = self.client.check_header(&proof, now_ms)?.hash;
        let HeaderProof { header, descendants, certificate } = proof;
        let Some(chosen) = &mut self.chosen else { return Ok(()) };
        match chosen.block.take() {
            None => chosen.block = Some((hash, FinalityProof { certificate, descendants })),
            Some((expected, finality)) => {
                let found = header.parent_hash;
                if found != expected {
                    chosen.block = Some((expected, finality));
                    return Err(FinderError::Parent { found, expected });
                }
                let target = Target::below(&header)?;
                self.is_over = true;
                effects.push(FinderEffect::Found(Box::new(Trusted { target, child: header, finality })));
            }
        }
        self.tried.clear();
        Ok(())
    }
}
