//! Fetching the state after one final block from many peers, each piece checked as it comes.
//!
//! ```text
//! given     a target: what the final header after the block says of it (see `Target`)
//! manifest  upon the first offers: ask one peer, of the depth that most offer, for the hashes of the parts; they must
//!           give the target's root
//! pieces    the anchor and each part with rows: asked of several peers side by side, the least busy first
//! upon a piece that passes: have it kept
//! upon one that does not: its peer is punished and asked nothing more, and the piece is asked of another
//! upon no answer in time: the peer rests, and is dropped after some rests; the piece is asked of another
//! upon no peer of that depth left while there are some of another: everything is dropped, and the other depth is tried
//! ```
//!
//! What is kept is data: with the manifest and the set of kept pieces a new machine goes on where the last one stopped.
//! Time is passed in. A [`Finder`] finds the header to trust. It leaves out files, and importing what was fetched.

mod anchor;
mod error;
mod find;
mod manifest;
mod peers;
#[cfg(test)]
mod tests;

pub use anchor::{Anchor, Target};
pub use error::SnapshotError;
pub use find::{Finder, FinderEffect, FinderError, FinderInput, Question, Trusted};
pub use manifest::Manifest;
pub use peers::Peer;

use peers::Peers;
use std::collections::{BTreeMap, BTreeSet};
use tenon_types::BlockNumber;
use tenon_types::proof::{MAX_PART_BYTES, TreeHash};

/// Blocks before that of a snapshot that go with it by their hashes: wallets sign transactions for 64 blocks.
pub const ANCHOR_BLOCKS: usize = 256;
/// Bytes of a piece: what one answer of a node has room for, with what stands around it.
pub const MAX_PIECE_BYTES: usize = MAX_PART_BYTES - 1_024;
/// Bytes of an anchor.
pub const MAX_ANCHOR_BYTES: usize = MAX_PIECE_BYTES;
/// Bytes of a manifest: 4,096 parts of 33 bytes, and the rest.
pub const MAX_MANIFEST_BYTES: usize = 4_096 * 33 + 64;
/// Peers that are known at once.
pub const MAX_SNAPSHOT_PEERS: usize = 64;
/// Peers that are remembered as liars; then new peers are refused.
pub const MAX_BANNED: usize = 1_024;
/// Pieces asked for at once, of all peers together.
pub const MAX_IN_FLIGHT: usize = 8;
/// Pieces asked of one peer at once.
pub const MAX_IN_FLIGHT_PER_PEER: usize = 2;
/// How long a peer may take to answer.
pub const ANSWER_MS: u64 = 20_000;
/// How long a peer rests after it did not answer, times how often that was.
pub const REST_MS: u64 = 2_000;
/// How often a peer may fail to answer, in a row.
pub const MAX_FAILURES: u32 = 3;

/// A piece of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// The hashes of the parts.
    Manifest,
    /// The block, its receipts and the hashes before it.
    Anchor,
    /// The rows of one part.
    Part(u32),
}

/// A snapshot that a peer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The height after whose block the state was so.
    pub height: BlockNumber,
    /// Root of the state.
    pub root: TreeHash,
    /// The depth at which the state's tree is cut.
    pub depth: u8,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The timer is due, or the machine is to begin.
    Tick,
    /// A peer has a snapshot.
    Offered {
        /// Who.
        peer: Peer,
        /// Which.
        offer: Offer,
    },
    /// A peer is no longer connected.
    Gone {
        /// Who.
        peer: Peer,
    },
    /// A peer answered, or the request failed at once.
    Answered {
        /// Who.
        peer: Peer,
        /// What it was asked for.
        piece: Piece,
        /// The answer.
        answer: Answer,
    },
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The bytes of the piece.
    Bytes(Vec<u8>),
    /// The peer has no such snapshot any more.
    Absent,
    /// The request did not get through.
    Failed,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask a peer for a piece. Answered by [`Input::Answered`], or never.
    Ask {
        /// Whom.
        peer: Peer,
        /// For what.
        piece: Piece,
    },
    /// Keep a piece that passed.
    Keep {
        /// Which.
        piece: Piece,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Drop every piece that was kept: the snapshot is begun anew.
    DropAll,
    /// A peer lied or does not answer, and is asked nothing more.
    Punish {
        /// Who.
        peer: Peer,
        /// Why.
        offence: Offence,
    },
    /// Give [`Input::Tick`] at a time. A new one replaces the last.
    SetTimer {
        /// When.
        at_ms: u64,
    },
    /// Nobody is left to be asked. A new offer makes the machine go on; so does another target, with a new machine.
    Stalled,
    /// Every piece was kept.
    Finished,
}

/// What a peer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offence {
    /// It offered another state at the target's height.
    Offer {
        /// The root of that state.
        found: TreeHash,
        /// The root of the state.
        expected: TreeHash,
    },
    /// It sent what is not the piece.
    Piece {
        /// Which piece was asked for.
        piece: Piece,
        /// What is wrong with the answer.
        error: SnapshotError,
    },
    /// It left requests unanswered.
    Silence {
        /// How many in a row.
        failures: u32,
    },
}

/// How far the machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Pieces that were kept, of those below.
    pub done: usize,
    /// Pieces in all; 0 while that is unknown.
    pub total: usize,
    /// Peers that may be asked.
    pub peers: usize,
    /// Pieces that are asked for now.
    pub in_flight: usize,
}

/// Fetches one snapshot; see the module's text.
#[derive(Debug)]
pub struct SnapshotSync {
    target: Target,
    manifest: Option<Manifest>,
    /// Pieces that neither were kept nor are asked for.
    missing: BTreeSet<Piece>,
    done: BTreeSet<Piece>,
    /// Of whom each piece is asked, and until when.
    asked: BTreeMap<Piece, (Peer, u64)>,
    peers: Peers,
    /// Whether the caller was told that the machine stands still, or has finished.
    told: bool,
}

impl SnapshotSync {
    /// Begins, or goes on with what was kept before: the manifest and the pieces beside it, which were checked then.
    /// A manifest of another target counts for nothing.
    #[must_use]
    pub fn new(target: Target, manifest: Option<&[u8]>, kept: &BTreeSet<Piece>) -> Self {
        let mut machine = Self {
            target,
            manifest: None,
            missing: BTreeSet::from([Piece::Manifest]),
            done: BTreeSet::new(),
            asked: BTreeMap::new(),
            peers: Peers::default(),
            told: false,
        };
        let manifest = manifest.and_then(|bytes| Manifest::from_bytes(&target, bytes).ok());
        if let Some(manifest) = manifest {
            machine.begin_pieces(manifest);
            for piece in kept {
                if machine.missing.remove(piece) {
                    machine.done.insert(*piece);
                }
            }
        }
        machine
    }

    /// What is fetched.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How far the machine is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let in_flight = self.asked.len();
        let rest = self.missing.len().saturating_add(in_flight);
        let total = if self.manifest.is_some() { self.done.len().saturating_add(rest) } else { 0 };
        Progress { done: self.done.len(), total, peers: self.peers.len(), in_flight }
    }

    /// Takes an input at a time and returns what is to be done, in order.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Tick => {}
            Input::Offered { peer, offer } => self.offered(peer, &offer, &mut effects),
            Input::Gone { peer } => self.forget(&peer),
            Input::Answered { peer, piece, answer } => self.answered(now_ms, peer, piece, answer, &mut effects),
        }
        self.expire(now_ms, &mut effects);
        self.ask(now_ms, &mut effects);
        self.conclude(&mut effects);
        effects
    }

    fn offered(&mut self, peer: Peer, offer: &Offer, effects: &mut Vec<Effect>) {
        if offer.height != self.target.height {
            // It has this snapshot no longer, if it ever had.
            return self.forget(&peer);
        }
        let (found, expected) = (offer.root, self.target.root);
        if found != expected {
            return self.punish(peer, Offence::Offer { found, expected }, effects);
        }
        if self.peers.add(peer, offer.depth) && !self.is_complete() {
            self.told = false;
        }
    }

    fn answered(&mut self, now_ms: u64, peer: Peer, piece: Piece, answer: Answer, effects: &mut Vec<Effect>) {
        // What nobody waits for is nothing to judge: it may be late.
        if self.asked.get(&piece).is_none_or(|(asked, _)| *asked != peer) {
            return;
        }
        self.asked.remove(&piece);
        match answer {
            Answer::Bytes(bytes) => match self.check(peer, piece, &bytes) {
                Ok(()) => {
                    self.peers.answered(&peer);
                    self.done.insert(piece);
                    effects.push(Effect::Keep { piece, bytes });
                }
                Err(error) => {
                    self.missing.insert(piece);
                    self.punish(peer, Offence::Piece { piece, error }, effects);
                }
            },
            Answer::Absent => {
                self.missing.insert(piece);
                self.forget(&peer);
            }
            Answer::Failed => {
                self.missing.insert(piece);
                self.failed(now_ms, peer, effects);
            }
        }
    }

    /// Checks a piece. A manifest tells which other pieces there are.
    fn check(&mut self, peer: Peer, piece: Piece, bytes: &[u8]) -> Result<(), SnapshotError> {
        match piece {
            Piece::Part(part) => {
                let manifest = self.manifest.as_ref().expect("parts are asked for once a manifest tells of them");
                manifest.check_part(part, bytes)
            }
            Piece::Anchor => Anchor::from_bytes(&self.target, bytes).map(drop),
            Piece::Manifest => {
                let manifest = Manifest::from_bytes(&self.target, bytes)?;
                if let Some(expected) = self.peers.depth(&peer)
                    && manifest.depth != expected
                {
                    return Err(SnapshotError::Depth { found: manifest.depth, expected });
                }
                self.begin_pieces(manifest);
                Ok(())
            }
        }
    }

    fn begin_pieces(&mut self, manifest: Manifest) {
        self.missing = manifest.occupied().map(Piece::Part).chain([Piece::Anchor]).collect();
        self.done = BTreeSet::from([Piece::Manifest]);
        self.manifest = Some(manifest);
    }

    /// Takes back what was not answered in time.
    fn expire(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        let due = self.asked.iter().filter(|(_, (_, until_ms))| *until_ms <= now_ms);
        let due: Vec<(Piece, Peer)> = due.map(|(piece, (peer, _))| (*piece, *peer)).collect();
        for (piece, peer) in due {
            self.asked.remove(&piece);
            self.missing.insert(piece);
            self.failed(now_ms, peer, effects);
        }
    }

    fn failed(&mut self, now_ms: u64, peer: Peer, effects: &mut Vec<Effect>) {
        if let Some(failures) = self.peers.failed(&peer, now_ms).filter(|failures| *failures >= MAX_FAILURES) {
            self.punish(peer, Offence::Silence { failures }, effects);
        }
    }

    fn punish(&mut self, peer: Peer, offence: Offence, effects: &mut Vec<Effect>) {
        self.forget(&peer);
        self.peers.ban(peer);
        effects.push(Effect::Punish { peer, offence });
    }

    /// Drops a peer; what was asked of it is missing again.
    fn forget(&mut self, peer: &Peer) {
        self.peers.remove(peer);
        let missing = &mut self.missing;
        self.asked.retain(|piece, (asked, _)| *asked != *peer || !missing.insert(*piece));
    }

    /// Asks for as much as the bounds allow.
    fn ask(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        let depth = self.manifest.as_ref().map(|manifest| manifest.depth);
        if let Some(depth) = depth
            && !self.is_complete()
            && !self.peers.has_depth(depth)
            && self.peers.len() > 0
        {
            // Whoever gave the manifest is gone, and nobody else cuts the state so.
            self.manifest = None;
            self.done.clear();
            self.asked.clear();
            self.missing = BTreeSet::from([Piece::Manifest]);
            effects.push(Effect::DropAll);
        }
        let depth = self.manifest.as_ref().map(|manifest| manifest.depth).or_else(|| self.peers.usual_depth());
        let Some(depth) = depth else { return };
        while self.asked.len() < MAX_IN_FLIGHT {
            let Some(piece) = self.missing.first().copied() else { return };
            let in_flight = |peer: &Peer| self.asked.values().filter(|(asked, _)| asked == peer).count();
            let Some(peer) = self.peers.choose(depth, now_ms, in_flight) else { return };
            self.missing.remove(&piece);
            self.asked.insert(piece, (peer, now_ms.saturating_add(ANSWER_MS)));
            effects.push(Effect::Ask { peer, piece });
        }
    }

    fn is_complete(&self) -> bool {
        self.manifest.is_some() && self.missing.is_empty() && self.asked.is_empty()
    }

    /// Says what the machine waits for, or that it waits for nothing.
    fn conclude(&mut self, effects: &mut Vec<Effect>) {
        let ending = if self.is_complete() {
            Effect::Finished
        } else {
            let answers = self.asked.values().map(|(_, until_ms)| *until_ms).min();
            // Resting peers matter only to what could be asked of them.
            let rests = if self.missing.is_empty() { None } else { self.peers.first_rested() };
            match [answers, rests].into_iter().flatten().min() {
                Some(at_ms) => return effects.push(Effect::SetTimer { at_ms }),
                None => Effect::Stalled,
            }
        };
        if !self.told {
            self.told = true;
            effects.push(ending);
        }
    }
}
