//! Messages of consensus, both ways, with the blocks of proposals.

use super::super::blocks::{Asked, Waiting, parts_of};
use super::super::shards::{MAX_VIEWS_AWAY, Piece, Taken};
use super::{Channel, Hub, Offence, PeerKey};
use crate::node::driver::Command;
use crate::node::others::Outgoing;
use crate::telemetry::Direction;
use std::sync::Arc;
use std::time::Duration;
use tenon_core::consensus::Received;
use tenon_core::consensus::bbft::{Epoch, Message, Phase, ValidatorIndex};
use tenon_core::relay::{CompactBlock, PartAnswer, PartRequest, Progress, Rebuild, read_block};
use tenon_core::wire::{Answer, Consensus, Envelope, Request, ShardMessage, Wire};
use tenon_crypto::os::random_bytes;
use tenon_types::{Block, Hash};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(3);

impl Hub {
    /// Hands a message of a validator to the driver, once its block is here if it is a proposal.
    pub(super) fn on_consensus(&mut self, now_ms: u64, peer: PeerKey, consensus: Consensus) {
        let Consensus { epoch, message, block } = consensus;
        if let Some(metrics) = self.chain.metrics() {
            metrics.message(message.kind(), Direction::In);
        }
        // Of whom no record came yet, nothing is taken: they send again.
        let Some(from) = self.peers.index_of(epoch, &peer) else { return };
        let waiting = Waiting { epoch, from, message: Box::new(message) };
        let Message::Proposal(proposal) = &*waiting.message else { return self.hand_over(waiting) };
        let candidate = proposal.candidate;
        let hash = candidate.place.digest;
        let says = block.as_ref().and_then(|block| Received::of(block.header()));
        let Some(compact) = block.filter(|_| says.is_some_and(|says| says.candidate == candidate)) else {
            return self.network.punish(peer, Offence::InvalidMessage);
        };
        if self.open.get(&hash).is_some() || self.chain.is_in_memory(&hash) {
            return self.hand_over(waiting);
        }
        if let Some(waiting) = self.blocks.wait(&hash, waiting) {
            self.rebuild(now_ms, peer, hash, compact, waiting);
        }
    }

    fn rebuild(&mut self, now_ms: u64, peer: PeerKey, hash: Hash, compact: CompactBlock, waiting: Waiting) {
        let held: Vec<_> = self.intake.pool().iter().cloned().collect();
        let pool = held.iter().map(|one| (one.hash, &one.bytes[..]));
        let Ok(rebuild) = Rebuild::from_pool(compact, pool) else {
            return self.network.punish(peer, Offence::InvalidMessage);
        };
        match rebuild.finish() {
            Progress::Done(block) => {
                self.arrive(block);
                self.hand_over(waiting);
            }
            Progress::Missing(rebuild, request) => {
                if self.blocks.begin(now_ms, hash, Some((rebuild, request.clone())), waiting) {
                    self.ask_for_parts(peer, hash, request);
                }
            }
            Progress::Mismatch(_) => {
                if self.blocks.begin(now_ms, hash, None, waiting) {
                    self.ask_for_block(peer, hash);
                }
            }
        }
    }

    pub(super) fn ask_for_parts(&mut self, peer: PeerKey, hash: Hash, request: PartRequest) {
        let id = self.network.request(peer, Request::Parts(request).to_bytes(), TIMEOUT);
        self.blocks.ask(id, peer, Asked::Parts(hash));
    }

    pub(super) fn ask_for_block(&mut self, peer: PeerKey, hash: Hash) {
        let id = self.network.request(peer, Request::Block { hash }.to_bytes(), TIMEOUT);
        self.blocks.ask(id, peer, Asked::Block(hash));
    }

    /// A block is whole: the driver takes it before what waited for it.
    pub(super) fn arrive(&mut self, block: Block) {
        let hash = block.header.hash();
        let waiting = self.blocks.arrived(&hash);
        self.shards.forget(hash);
        self.tell_driver(Command::Received(Box::new(block)));
        waiting.into_iter().for_each(|one| self.hand_over(one));
    }

    fn hand_over(&self, waiting: Waiting) {
        let Waiting { epoch, from, message } = waiting;
        self.tell_driver(Command::Message { epoch, from, message });
    }

    /// What finds the driver's queue full is lost: consensus sends again.
    fn tell_driver(&self, command: Command) {
        if self.driver.try_send(command).is_err() {
            tracing::warn!(target: "tenon::network", "the driver's queue is full; a message is lost");
        }
    }

    pub(super) fn on_driver(&mut self, now_ms: u64, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Consensus { epoch, to, message, block } => self.send(epoch, &to, *message, block),
            Outgoing::Want(hash) => {
                if self.open.get(&hash).is_none() && self.blocks.want(now_ms, hash) {
                    self.ask_next(hash);
                }
            }
            Outgoing::Epoch(view) => {
                self.peers.enter(view);
                self.announce_often = super::ANNOUNCE_OFTEN;
                self.announce_ms = now_ms;
            }
            Outgoing::Head { height } => {
                self.status_due = true;
                self.catch_up.head(now_ms, height);
            }
            Outgoing::Stretch { generation, height, wrong } => self.catch_up.taken(now_ms, generation, height, wrong),
        }
    }

    /// Asks somebody else for a wanted block: validators first.
    pub(super) fn ask_next(&mut self, hash: Hash) {
        let validators = self.peers.validators();
        let others = self.peers.connected().copied();
        let candidates: Vec<PeerKey> = validators.into_iter().chain(others).collect();
        // Not everybody asks the same one.
        let turn = usize::from(hash.0[0]) % candidates.len().max(1);
        let order = candidates.iter().cycle().skip(turn).take(candidates.len()).copied();
        if let Some(peer) = self.blocks.next_peer(&hash, order) {
            self.ask_for_block(peer, hash);
        }
    }

    fn send(&mut self, epoch: Epoch, to: &[ValidatorIndex], message: Message, block: Option<Arc<Block>>) {
        let peers = self.peers.reached(epoch, to);
        if peers.is_empty() {
            return;
        }
        if let Message::Proposal(proposal) = &message
            && block.is_some()
            && let Some(turn) = self.peers.turn(epoch, proposal.candidate.place.view)
        {
            self.shards.propose(proposal.candidate.place.digest, turn);
        }
        if let Some(metrics) = self.chain.metrics() {
            peers.iter().for_each(|_| metrics.message(message.kind(), Direction::Out));
            if let Message::Vote(vote) = &message {
                metrics.vote(phase_of(vote.statement.phase));
            }
        }
        let channel = if block.is_some() { Channel::Blocks } else { Channel::Consensus };
        let Ok(block) = block.map(|block| compact(&block)).transpose() else { return };
        let bytes = Envelope::Consensus(Box::new(Consensus { epoch, message, block })).to_bytes();
        self.network.send(&peers, channel, bytes.into());
    }

    /// Takes a piece of a block.
    pub(super) fn on_shard(&mut self, peer: PeerKey, message: ShardMessage) {
        self.count_shards(1, Direction::In);
        let ShardMessage { epoch, view, .. } = message;
        let hash = message.shard.block;
        let Some(from) = self.peers.index_of(epoch, &peer) else { return };
        let is_near = self.view().is_some_and(|current| current.0.abs_diff(view.0) <= MAX_VIEWS_AWAY);
        let Some(turn) = self.peers.turn(epoch, view).filter(|_| is_near) else { return };
        let is_here = self.open.get(&hash).is_some() || self.chain.is_in_memory(&hash);
        let leader = || self.peers.peer_of(epoch, turn.leader);
        match self.shards.take(turn, from, message, is_here) {
            Err(refused) => {
                tracing::debug!(target: "tenon::network", %peer, %refused, "a piece of a block is refused");
                let liar = if refused.is_leaders() { leader() } else { Some(peer) };
                liar.into_iter().for_each(|liar| self.network.punish(liar, Offence::InvalidMessage));
            }
            Ok(Taken { pass_on, whole }) => {
                pass_on.into_iter().for_each(|piece| self.send_piece(piece));
                let Some((hash, bytes)) = whole else { return };
                match read_block(hash, &bytes) {
                    Ok(block) if self.blocks.is_wanted(&hash) => self.arrive(block),
                    Ok(_) => {}
                    Err(error) => {
                        tracing::debug!(target: "tenon::network", %error, "the pieces give another block");
                        leader().into_iter().for_each(|liar| self.network.punish(liar, Offence::InvalidMessage));
                    }
                }
            }
        }
    }

    fn send_piece(&self, piece: Piece) {
        let peers = self.peers.reached(piece.message.epoch, &piece.to);
        self.count_shards(peers.len(), Direction::Out);
        let bytes = Envelope::Shard(Box::new(piece.message)).to_bytes();
        self.network.send(&peers, Channel::Blocks, bytes.into());
    }

    fn count_shards(&self, pieces: usize, direction: Direction) {
        if let Some(metrics) = self.chain.metrics() {
            (0..pieces).for_each(|_| metrics.message("shard", direction));
        }
    }

    /// Answers who asks for parts of a block: with the parts; or, if a validator asks for much of a block that was
    /// proposed here, by sending it in pieces to all.
    pub(super) fn answer_parts(&mut self, peer: &PeerKey, request: &PartRequest) -> Answer {
        let is_validator = self.peers.epoch().is_some_and(|view| self.peers.index_of(view.epoch, peer).is_some());
        let open = self.open.get(&request.block).filter(|_| is_validator);
        match open.and_then(|block| self.shards.split(request, &block)) {
            None => Answer::Parts(self.parts(request)),
            Some(pieces) => {
                pieces.into_iter().for_each(|piece| self.send_piece(piece));
                Answer::Shards(request.block)
            }
        }
    }

    /// The parts of a block that is open here, or final.
    fn parts(&self, request: &PartRequest) -> PartAnswer {
        let open = self.open.get(&request.block);
        let entry = open.is_none().then(|| self.chain.block(&request.block)).flatten();
        let block = open.as_deref().or_else(|| entry.as_ref().map(|entry| &entry.block));
        parts_of(request, block)
    }
}

/// The name of a phase in figures.
const fn phase_of(phase: Phase) -> &'static str {
    match phase {
        Phase::Notarize => "notarize",
        Phase::Nullify => "nullify",
        Phase::Finalize => "finalize",
    }
}

/// A block in compact form, with a salt that nobody could know.
fn compact(block: &Block) -> Result<CompactBlock, ()> {
    let salt = random_bytes::<8>().map_err(|error| {
        tracing::error!(target: "tenon::network", %error, "the system has no randomness");
    })?;
    CompactBlock::new(block, u64::from_le_bytes(*salt), |_, _| false).map_err(|error| {
        tracing::error!(target: "tenon::network", %error, "an own block has no compact form");
    })
}
