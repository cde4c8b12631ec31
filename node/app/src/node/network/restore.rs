//! A state instead of blocks, for a new node whose peers are far ahead, and for one whose next block no peer has.
//!
//! ```text
//! wanted    as above, for a moment, so that all peers are heard
//! asking    every connected peer is asked for its snapshots
//! finding   [`Finder`]: by what the validators signed, from those of this node's epoch to a snapshot's header
//! fetching  [`SnapshotSync`]: pieces from several peers, each checked, kept as files
//! complete  the node stops, imports the files, and begins again above them
//! given up  nobody has a snapshot that can be trusted: blocks are asked for, and after a pause snapshots again
//! ```
//!
//! While it is at work, what peers say of their heights is held back from whoever asks for blocks.

#[cfg(test)]
mod tests;

use super::super::chain::Chain;
use super::super::driver::now_ms as wall_ms;
use super::super::engine::EpochView;
use super::super::epochs;
use super::super::snapshot::Incoming;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_core::sync::snapshot::{
    ANSWER_MS, Answer as PieceAnswer, Effect, Finder, FinderEffect, FinderInput, Input, Offence as SnapshotOffence,
    Offer, Peer, Piece, Question, SnapshotSync, Trusted,
};
use tenon_core::wire::{Answer, PieceRequest, Request, Status, Wire as _};
use tenon_net::{Network, Offence, PeerKey, RequestFailure, RequestId};
use tenon_types::BlockNumber;

/// How long a snapshot is wanted before peers are asked for theirs.
const WAIT_MS: u64 = 1_500;
/// The pauses between attempts: the first, and what they double up to.
const PAUSE_MS: u64 = 3_000;
const MAX_PAUSE_MS: u64 = 60_000;
/// How long an answer may take: which snapshots there are, a proof, a piece.
const OFFERS_TIMEOUT: Duration = Duration::from_secs(5);
const PROOF_TIMEOUT: Duration = Duration::from_secs(10);
const PIECE_TIMEOUT: Duration = Duration::from_millis(ANSWER_MS);
/// Peers whose heights are known at once.
const MAX_STATUSES: usize = 1_024;

/// When a node takes a snapshot, and where it keeps the pieces.
#[derive(Clone, Debug)]
pub(crate) struct RestoreSetup {
    /// The node's folder.
    pub(crate) base: PathBuf,
    /// Without a block of its own, it prefers a snapshot if a peer is so high.
    pub(crate) lag: BlockNumber,
}

/// What the rest of the node sees.
#[derive(Debug, Default)]
pub(crate) struct Restoring {
    /// Pieces that are there, and all of them (0 while unknown), while a snapshot is looked for or fetched.
    progress: Mutex<Option<(usize, usize)>>,
    is_complete: AtomicBool,
}

impl Restoring {
    /// How many pieces are there, of how many; 0 of 0 while that is unknown, nothing while no snapshot is under way.
    pub(crate) fn progress(&self) -> Option<(usize, usize)> {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether all pieces are there, to be imported.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete.load(Ordering::Relaxed)
    }
}

/// What a peer was asked.
#[derive(Clone, Copy)]
enum Asked {
    Offers,
    Proof(Question),
    Piece(Piece),
}

struct Fetching {
    machine: SnapshotSync,
    incoming: Incoming,
    trusted: Trusted,
    timer_ms: Option<u64>,
}

enum Phase {
    Resting,
    Asking,
    Finding(Box<Finder>),
    Fetching(Box<Fetching>),
    Complete,
}

/// Brings this node to a recent state.
pub(super) struct Restore {
    setup: Option<RestoreSetup>,
    chain: Arc<Chain>,
    network: Arc<Network>,
    shown: Arc<Restoring>,
    /// How far connected peers are.
    statuses: BTreeMap<PeerKey, Status>,
    offers: BTreeMap<PeerKey, Vec<Offer>>,
    asked: BTreeMap<RequestId, (PeerKey, Asked)>,
    phase: Phase,
    /// Since when a snapshot is wanted, while heights are held back for it.
    wanted_since_ms: Option<u64>,
    not_before_ms: u64,
    pause_ms: u64,
    /// Whether what was held back is to be told now.
    is_released: bool,
}

impl Restore {
    /// Takes no snapshots without a setup.
    pub(super) fn new(setup: Option<RestoreSetup>, chain: Arc<Chain>, network: Arc<Network>) -> Self {
        Self {
            setup,
            chain,
            network,
            shown: Arc::default(),
            statuses: BTreeMap::new(),
            offers: BTreeMap::new(),
            asked: BTreeMap::new(),
            phase: Phase::Resting,
            wanted_since_ms: None,
            not_before_ms: 0,
            pause_ms: PAUSE_MS,
            is_released: false,
        }
    }

    /// What the rest of the node sees, now and later.
    pub(super) fn shown(&self) -> Arc<Restoring> {
        self.shown.clone()
    }

    /// Whether a snapshot is under way.
    pub(super) fn is_active(&self) -> bool {
        !matches!(self.phase, Phase::Resting)
    }

    /// Takes note of how far a peer is. Returns whether whoever asks for blocks is to hear it.
    pub(super) fn heard(&mut self, now_ms: u64, peer: PeerKey, status: Status) -> bool {
        if self.setup.is_none() || (self.statuses.len() >= MAX_STATUSES && !self.statuses.contains_key(&peer)) {
            return true;
        }
        let is_new = self.statuses.insert(peer, status).is_none();
        match self.phase {
            Phase::Resting => {
                if now_ms < self.not_before_ms || !self.is_wanted() {
                    return self.wanted_since_ms.is_none();
                }
                self.wanted_since_ms.get_or_insert(now_ms);
            }
            Phase::Asking | Phase::Finding(_) | Phase::Fetching(_) if is_new => self.ask_for_offers(peer),
            _ => {}
        }
        false
    }

    /// Takes note that a peer is no longer connected.
    pub(super) fn gone(&mut self, now_ms: u64, peer: PeerKey) {
        self.statuses.remove(&peer);
        self.offers.remove(&peer);
        match self.phase {
            Phase::Finding(_) => self.find(now_ms, FinderInput::Gone { peer: peer.0 }),
            Phase::Fetching(_) => self.fetch(now_ms, Input::Gone { peer: peer.0 }),
            _ => {}
        }
    }

    /// Whether this node is new and peers are far ahead, or none of them has its next block.
    fn is_wanted(&self) -> bool {
        let Some(setup) = &self.setup else { return false };
        let own = self.chain.best().block.header.number;
        let next = own.saturating_add(1);
        let best = self.statuses.values().map(|status| status.height).max().unwrap_or_default();
        // Whoever has a chain keeps its blocks, for others too, as long as it can go on with them.
        let is_far = own == 0 && best >= setup.lag;
        let has_next = |status: &Status| status.lowest <= next && status.height >= next;
        best > own && (is_far || !self.statuses.values().any(has_next))
    }

    /// Does what is due. Returns what was held back, once it is not any more.
    pub(super) fn tick(&mut self, now_ms: u64, view: Option<&EpochView>) -> Vec<(PeerKey, Status)> {
        match &mut self.phase {
            Phase::Resting => {
                if let Some(since_ms) = self.wanted_since_ms {
                    if !self.is_wanted() {
                        (self.wanted_since_ms, self.is_released) = (None, true);
                    } else if now_ms.saturating_sub(since_ms) >= WAIT_MS {
                        self.begin();
                    }
                }
            }
            Phase::Asking => {
                if !self.asked.values().any(|(_, asked)| matches!(asked, Asked::Offers)) {
                    self.begin_finding(now_ms, view);
                }
            }
            Phase::Fetching(fetching) => {
                if fetching.timer_ms.is_some_and(|due_ms| due_ms <= now_ms) {
                    fetching.timer_ms = None;
                    self.fetch(now_ms, Input::Tick);
                }
            }
            Phase::Finding(_) | Phase::Complete => {}
        }
        if std::mem::take(&mut self.is_released) {
            return self.statuses.iter().map(|(peer, status)| (*peer, *status)).collect();
        }
        Vec::new()
    }

    fn begin(&mut self) {
        tracing::info!(target: "tenon::snapshot", peers = self.statuses.len(), "a snapshot is looked for");
        self.phase = Phase::Asking;
        self.show(Some((0, 0)));
        self.offers.clear();
        let peers: Vec<PeerKey> = self.statuses.keys().copied().collect();
        peers.into_iter().for_each(|peer| self.ask_for_offers(peer));
    }

    fn ask_for_offers(&mut self, peer: PeerKey) {
        self.ask(peer, &Request::Snapshots, Asked::Offers, OFFERS_TIMEOUT);
    }

    fn ask(&mut self, peer: PeerKey, request: &Request, asked: Asked, timeout: Duration) {
        let id = self.network.request(peer, request.to_bytes(), timeout);
        self.asked.insert(id, (peer, asked));
    }

    fn show(&self, progress: Option<(usize, usize)>) {
        *self.shown.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// Begins from the validators of this node's epoch.
    fn begin_finding(&mut self, now_ms: u64, view: Option<&EpochView>) {
        let client = view.map(|view| self.chain.light_client(view));
        let client = match client {
            Some(Ok(client)) => client,
            Some(Err(error)) => return self.give_up(now_ms, &error.to_string()),
            None => return self.give_up(now_ms, "nobody votes on this chain"),
        };
        let offers = self.offers.iter().map(|(peer, offers)| (peer.0, offers.clone())).collect();
        let own = self.chain.best().block.header.number;
        self.phase = Phase::Finding(Box::new(Finder::new(client, own, offers)));
        self.find(now_ms, FinderInput::Begin);
    }

    fn find(&mut self, now_ms: u64, input: FinderInput) {
        let Phase::Finding(finder) = &mut self.phase else { return };
        let (mut records, mut is_stalled, mut found) = (Vec::new(), false, None);
        for effect in finder.handle(wall_ms(), input) {
            match effect {
                FinderEffect::Ask { peer, question } => {
                    let request = match question {
                        Question::Epochs { first } => Request::Epochs { first },
                        Question::Header { height } => Request::Header { height },
                    };
                    self.ask(PeerKey(peer), &request, Asked::Proof(question), PROOF_TIMEOUT);
                }
                FinderEffect::Keep { epoch, proof } => records.push((epochs::record_of(epoch.0), Some(proof))),
                FinderEffect::Punish { peer, error } => self.punish(peer, &error.to_string()),
                FinderEffect::Found(trusted) => found = Some(*trusted),
                FinderEffect::Stalled => is_stalled = true,
            }
        }
        if !records.is_empty()
            && let Err(error) = self.chain.store.put_records(&records)
        {
            return self.give_up(now_ms, &error.to_string());
        }
        match found {
            Some(trusted) => self.begin_fetching(now_ms, trusted),
            // Peers that were asked for their snapshots just now may still have one.
            None if is_stalled && !self.asked.values().any(|(_, asked)| matches!(asked, Asked::Offers)) => {
                self.give_up(now_ms, "no peer has a snapshot that its validators' signatures show to be right");
            }
            None => {}
        }
    }

    fn begin_fetching(&mut self, now_ms: u64, trusted: Trusted) {
        let Some(base) = self.setup.as_ref().map(|setup| setup.base.clone()) else { return };
        let target = trusted.target;
        let opened = Incoming::open(&base, &target).and_then(|incoming| {
            let (manifest, kept) = incoming.kept()?;
            Ok((incoming, SnapshotSync::new(target, manifest.as_deref(), &kept)))
        });
        let (incoming, machine) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.give_up(now_ms, &format!("{error:#}")),
        };
        let (height, block) = (target.height, target.block);
        tracing::info!(target: "tenon::snapshot", height, %block, "a snapshot is fetched");
        self.phase = Phase::Fetching(Box::new(Fetching { machine, incoming, trusted, timer_ms: None }));
        let offers: Vec<(Peer, Offer)> =
            self.offers.iter().flat_map(|(peer, offers)| offers.iter().map(|offer| (peer.0, *offer))).collect();
        for (peer, offer) in offers.into_iter().filter(|(_, offer)| offer.height == target.height) {
            self.fetch(now_ms, Input::Offered { peer, offer });
        }
        self.fetch(now_ms, Input::Tick);
    }

    fn fetch(&mut self, now_ms: u64, input: Input) {
        let Phase::Fetching(fetching) = &mut self.phase else { return };
        let height = fetching.trusted.target.height;
        let effects = fetching.machine.handle(now_ms, input);
        let progress = fetching.machine.progress();
        self.show(Some((progress.done, progress.total)));
        for effect in effects {
            // An effect before may have ended it.
            let Phase::Fetching(fetching) = &mut self.phase else { return };
            let done = match effect {
                Effect::Ask { peer, piece } => {
                    let request = Request::Piece(PieceRequest { height, piece });
                    self.ask(PeerKey(peer), &request, Asked::Piece(piece), PIECE_TIMEOUT);
                    Ok(())
                }
                Effect::Keep { piece, bytes } => fetching.incoming.keep(piece, &bytes),
                Effect::DropAll => fetching.incoming.drop_all(),
                // Whoever was silent was judged where requests end.
                Effect::Punish { offence: SnapshotOffence::Silence { .. }, .. } => Ok(()),
                Effect::Punish { peer, offence } => {
                    self.punish(peer, &format!("{offence:?}"));
                    Ok(())
                }
                Effect::SetTimer { at_ms } => {
                    fetching.timer_ms = Some(at_ms);
                    Ok(())
                }
                Effect::Stalled => return self.give_up(now_ms, "no peer is left that has this snapshot"),
                Effect::Finished => fetching.incoming.trust(&fetching.trusted).map(|()| self.complete(height)),
            };
            if let Err(error) = done {
                return self.give_up(now_ms, &format!("{error:#}"));
            }
        }
    }

    fn complete(&mut self, height: BlockNumber) {
        tracing::info!(target: "tenon::snapshot", height, "all pieces of a snapshot are there");
        self.phase = Phase::Complete;
        self.shown.is_complete.store(true, Ordering::Relaxed);
    }

    /// Whoever lied is not asked again in this attempt.
    fn punish(&mut self, peer: Peer, reason: &str) {
        let peer = PeerKey(peer);
        self.offers.remove(&peer);
        tracing::warn!(target: "tenon::snapshot", %peer, reason, "a peer lied about a snapshot");
        self.network.punish(peer, Offence::BadResponse);
    }

    /// Lets blocks be asked for instead, and tries again after a pause.
    fn give_up(&mut self, now_ms: u64, reason: &str) {
        tracing::warn!(target: "tenon::snapshot", reason, pause_ms = self.pause_ms, "no snapshot is taken for now");
        self.phase = Phase::Resting;
        self.show(None);
        self.asked.clear();
        self.offers.clear();
        (self.wanted_since_ms, self.is_released) = (None, true);
        self.not_before_ms = now_ms.saturating_add(self.pause_ms);
        self.pause_ms = self.pause_ms.saturating_mul(2).min(MAX_PAUSE_MS);
    }

    /// Whether an answer is to a question that was asked here.
    pub(super) fn has_asked(&self, id: &RequestId) -> bool {
        self.asked.contains_key(id)
    }

    /// Takes the answer to a question, or that there is none.
    pub(super) fn answered(&mut self, now_ms: u64, id: RequestId, result: Result<Vec<u8>, RequestFailure>) {
        let Some((peer, asked)) = self.asked.remove(&id) else { return };
        let answer = match result.map(|bytes| Answer::from_bytes(&bytes)) {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                self.punish(peer.0, &error.to_string());
                None
            }
            Err(_) => None,
        };
        match (asked, answer) {
            (Asked::Offers, answer) => self.take_offers(now_ms, peer, answer),
            (Asked::Proof(question), answer) => {
                let peer = peer.0;
                let input = match (question, answer) {
                    (Question::Epochs { .. }, Some(Answer::Epochs(proofs))) => FinderInput::Epochs { peer, proofs },
                    (Question::Header { .. }, Some(Answer::Header(proof))) => FinderInput::Header { peer, proof },
                    _ => FinderInput::Failed { peer },
                };
                self.find(now_ms, input);
            }
            (Asked::Piece(piece), answer) => {
                let answer = match answer {
                    Some(Answer::Piece(Some(bytes))) => PieceAnswer::Bytes(bytes),
                    Some(Answer::Piece(None)) => PieceAnswer::Absent,
                    _ => PieceAnswer::Failed,
                };
                self.fetch(now_ms, Input::Answered { peer: peer.0, piece, answer });
            }
        }
    }

    fn take_offers(&mut self, now_ms: u64, peer: PeerKey, answer: Option<Answer>) {
        let Some(Answer::Snapshots(offers)) = answer else { return };
        self.offers.insert(peer, offers.clone());
        match &self.phase {
            Phase::Finding(_) => self.find(now_ms, FinderInput::Offered { peer: peer.0, offers }),
            Phase::Fetching(fetching) => {
                let height = fetching.trusted.target.height;
                for offer in offers.into_iter().filter(|offer| offer.height == height) {
                    self.fetch(now_ms, Input::Offered { peer: peer.0, offer });
                }
            }
            _ => {}
        }
    }
}
