//! Final blocks in a row, when others are ahead: asked for by the rules of [`tenon_core::sync`], prepared in a thread
//! beside (decoding, signatures), executed by the driver. And the same for others, who ask here.

use super::super::chain::Chain;
use super::super::driver::Command;
use super::super::intake::Intake;
use super::super::prepare::prepare;
use super::super::stretch::{FinalBlock, Stretch};
use super::hub::Inbox;
use parity_scale_codec::DecodeAll;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;
use tenon_core::consensus::bbft::FinalityProof;
use tenon_core::rules::{Head, check_block};
use tenon_core::sync::{
    BlockReader, BlocksAnswer, BlocksRequest, Effect, Input, Peer, Progress, Sync, SyncRules, serve,
};
use tenon_core::wire::{Answer, Request, Status, Wire};
use tenon_net::{Network, Offence, PeerKey, RequestFailure, RequestId};
use tenon_store::Store;
use tenon_types::{Block, BlockNumber, Hash};

/// Ranges that wait to be prepared, and questions that wait to be answered.
const MAX_JOBS: usize = 64;
/// Blocks whose hashes are remembered while they are not in the chain yet.
const MAX_REMEMBERED: usize = 16_384;
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A range that is to be prepared.
struct Range {
    generation: u64,
    first_height: BlockNumber,
    blocks: Vec<Vec<u8>>,
    proof: Vec<u8>,
}

/// A range that was prepared, or could not be.
pub(crate) struct Prepared {
    generation: u64,
    /// The height of its first block, or of the one that is wrong.
    height: BlockNumber,
    result: Result<Box<Stretch>, String>,
}

/// Brings this node up to what others have.
pub(super) struct CatchUp {
    sync: Sync,
    network: Arc<Network>,
    ranges: SyncSender<Range>,
    questions: SyncSender<(RequestId, BlocksRequest)>,
    asked: BTreeMap<RequestId, (Peer, tenon_core::sync::RequestId)>,
    timer_ms: Option<u64>,
    epoch_blocks: u32,
    /// Counts the rows of ranges in which each stands on the one before.
    generation: u64,
    /// The height of the next range of this row.
    next_height: Option<BlockNumber>,
    /// Stretches for which the driver's queue had no room yet.
    ready: VecDeque<Box<Stretch>>,
}

impl CatchUp {
    /// Makes it, and the work of the threads that prepare and answer.
    pub(super) fn new(
        rules: SyncRules,
        chain: Arc<Chain>,
        intake: Arc<Intake>,
        inbox: Inbox,
        network: Arc<Network>,
    ) -> (Self, [Box<dyn FnOnce() + Send>; 2]) {
        let (ranges, to_prepare) = sync_channel(MAX_JOBS);
        let (questions, to_answer) = sync_channel(MAX_JOBS);
        let catch_up = Self {
            sync: Sync::new(rules, chain.best().block.header.number),
            network: network.clone(),
            ranges,
            questions,
            asked: BTreeMap::new(),
            timer_ms: None,
            epoch_blocks: chain.genesis.parameters.hooks.epoch_blocks,
            generation: 0,
            next_height: None,
            ready: VecDeque::new(),
        };
        let store = chain.store.clone();
        let prepares = move || prepare_ranges(&chain, &intake, &inbox, &to_prepare);
        (catch_up, [Box::new(prepares), Box::new(move || answer_questions(&store, &network, &to_answer))])
    }

    /// Whether others are so far ahead that their blocks are asked for.
    pub(super) fn is_behind(&self) -> bool {
        self.sync.is_active()
    }

    pub(super) fn progress(&self) -> Progress {
        self.sync.progress()
    }

    pub(super) fn due_ms(&self) -> Option<u64> {
        self.timer_ms
    }

    pub(super) fn tick(&mut self, now_ms: u64, driver: &SyncSender<Command>) {
        self.hand_over(driver);
        if self.timer_ms.is_some_and(|due_ms| due_ms <= now_ms) {
            self.timer_ms = None;
            self.give(now_ms, Input::Tick);
        }
    }

    pub(super) fn gone(&mut self, now_ms: u64, peer: PeerKey) {
        self.give(now_ms, Input::Gone { peer: Peer(peer.0) });
    }

    pub(super) fn heard(&mut self, now_ms: u64, peer: PeerKey, status: Status) {
        self.give(now_ms, Input::Announced { peer: Peer(peer.0), status });
    }

    /// Takes note of a new head.
    pub(super) fn head(&mut self, now_ms: u64, height: BlockNumber) {
        self.give(now_ms, Input::Applied { height });
    }

    /// Takes the driver's word on a stretch.
    pub(super) fn taken(&mut self, now_ms: u64, generation: u64, height: BlockNumber, wrong: Option<String>) {
        self.give(now_ms, Input::Applied { height });
        if let Some(reason) = wrong {
            self.refuse(now_ms, generation, height.saturating_add(1), &reason);
        }
    }

    /// Takes a range that was prepared.
    pub(super) fn prepared(&mut self, now_ms: u64, prepared: Prepared, driver: &SyncSender<Command>) {
        let Prepared { generation, height, result } = prepared;
        match result {
            Ok(stretch) if generation == self.generation => {
                self.ready.push_back(stretch);
                self.hand_over(driver);
            }
            // It stands on what was refused.
            Ok(_) => {}
            Err(reason) => self.refuse(now_ms, generation, height, &reason),
        }
    }

    fn refuse(&mut self, now_ms: u64, generation: u64, height: BlockNumber, reason: &str) {
        if generation == self.generation {
            tracing::warn!(target: "tenon::sync", height, reason, "a block that a peer sent is refused");
            self.begin_row();
            self.give(now_ms, Input::Refused { height, is_fault: true });
        }
    }

    fn begin_row(&mut self) {
        self.generation += 1;
        self.next_height = None;
        self.ready.clear();
    }

    fn hand_over(&mut self, driver: &SyncSender<Command>) {
        while let Some(stretch) = self.ready.pop_front() {
            if let Err(TrySendError::Full(Command::Stretch(stretch))) = driver.try_send(Command::Stretch(stretch)) {
                return self.ready.push_front(stretch);
            }
        }
    }

    /// Takes an answer to a question for blocks, if it is one.
    pub(super) fn answered(&mut self, now_ms: u64, id: RequestId, result: Result<Vec<u8>, RequestFailure>) {
        let Some((peer, id)) = self.asked.remove(&id) else { return };
        let input = match result.map(|bytes| Answer::from_bytes(&bytes)) {
            Ok(Ok(Answer::Blocks(answer))) => Input::Answered { peer, id, answer },
            Ok(_) => {
                self.network.punish(PeerKey(peer.0), Offence::BadResponse);
                Input::Failed { peer, id }
            }
            Err(_) => Input::Failed { peer, id },
        };
        self.give(now_ms, input);
    }

    /// Has a question answered. Where too many wait, whoever asks is told to ask elsewhere.
    pub(super) fn serve(&self, id: RequestId, request: BlocksRequest) {
        if self.questions.try_send((id, request)).is_err() {
            self.network.decline(id);
        }
    }

    fn give(&mut self, now_ms: u64, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.sync.handle(now_ms, input) {
                match effect {
                    Effect::Request { peer, id, request } => self.ask(peer, id, request),
                    Effect::Deliver { first_height, blocks, proof, .. } => {
                        if let Some(height) = self.deliver(first_height, blocks, proof) {
                            inputs.push_back(Input::Refused { height, is_fault: false });
                        }
                    }
                    Effect::Punish { peer, offence } => {
                        tracing::warn!(target: "tenon::sync", peer = %PeerKey(peer.0), ?offence, "a peer is left aside");
                        self.network.punish(PeerKey(peer.0), Offence::BadResponse);
                    }
                    Effect::SetTimer { at_ms } => self.timer_ms = Some(at_ms),
                }
            }
        }
    }

    /// Asks for blocks of one epoch: only its validators prove them final.
    fn ask(&mut self, peer: Peer, id: tenon_core::sync::RequestId, request: BlocksRequest) {
        let BlocksRequest { from_height, max_blocks, .. } = request;
        let left = match from_height.saturating_sub(1).checked_rem(self.epoch_blocks) {
            Some(place) => self.epoch_blocks.saturating_sub(place),
            None => max_blocks,
        };
        let request = Request::Blocks(BlocksRequest { max_blocks: max_blocks.min(left), ..request });
        let asked = self.network.request(PeerKey(peer.0), request.to_bytes(), TIMEOUT);
        self.asked.insert(asked, (peer, id));
    }

    /// Has a range prepared. Returns its height if there is no room.
    fn deliver(&mut self, first_height: BlockNumber, blocks: Vec<Vec<u8>>, proof: Vec<u8>) -> Option<BlockNumber> {
        if self.next_height != Some(first_height) {
            self.begin_row();
        }
        self.next_height = u32::try_from(blocks.len()).ok().and_then(|count| first_height.checked_add(count));
        let range = Range { generation: self.generation, first_height, blocks, proof };
        if self.ranges.try_send(range).is_ok() {
            return None;
        }
        self.begin_row();
        Some(first_height)
    }
}

/// Prepares ranges in the order in which they come.
fn prepare_ranges(chain: &Chain, intake: &Intake, inbox: &Inbox, ranges: &Receiver<Range>) {
    // Hashes of blocks that the chain may not have yet, for eras that begin there.
    let mut hashes: BTreeMap<BlockNumber, Hash> = BTreeMap::new();
    while let Ok(range) = ranges.recv() {
        let generation = range.generation;
        let (height, result) = match prepare_range(chain, intake, range, &mut hashes) {
            Ok((height, stretch)) => (height, Ok(Box::new(stretch))),
            Err((height, reason)) => (height, Err(reason)),
        };
        while hashes.len() > MAX_REMEMBERED {
            hashes.pop_first();
        }
        inbox.deliver(Prepared { generation, height, result });
    }
}

fn prepare_range(
    chain: &Chain,
    intake: &Intake,
    range: Range,
    hashes: &mut BTreeMap<BlockNumber, Hash>,
) -> Result<(BlockNumber, Stretch), (BlockNumber, String)> {
    let Range { generation, first_height, blocks: encoded, proof } = range;
    let proof = FinalityProof::decode_all(&mut &proof[..])
        .map_err(|_| (first_height, format!("found {} bytes that prove nothing", proof.len())))?;
    let parameters = &chain.genesis.parameters;
    let mut blocks = Vec::with_capacity(encoded.len());
    for (height, bytes) in (first_height..).zip(&encoded) {
        let wrong = |reason: String| (height, reason);
        let block = Block::from_bytes(bytes).map_err(|error| wrong(error.to_string()))?;
        check_block(&block, parameters).map_err(|error| wrong(error.to_string()))?;
        hashes.insert(block.header.number, block.header.hash());
        let base_fee = block.header.info().map_or(0, |info| info.base_fee);
        let parent = block.header.number.saturating_sub(1);
        let head = Head { parameters, genesis: chain.genesis_hash, height: parent, base_fee };
        let hash_at = |height| hashes.get(&height).copied().or_else(|| chain.hash_at(height));
        let transactions = prepare(&block, intake, &head, &hash_at).map_err(wrong)?;
        blocks.push(FinalBlock { block, transactions });
    }
    Ok((first_height, Stretch { generation, blocks, proof }))
}

/// Final blocks as the store has them.
struct StoredBlocks<'a>(&'a Store);

impl BlockReader for StoredBlocks<'_> {
    fn block(&self, height: BlockNumber) -> Option<Vec<u8>> {
        self.0.block(u64::from(height)).ok().flatten()
    }

    fn has_proof(&self, height: BlockNumber) -> bool {
        self.proof(height).is_some()
    }

    fn proof(&self, height: BlockNumber) -> Option<Vec<u8>> {
        self.0.proof(u64::from(height)).ok().flatten()
    }
}

fn answer_questions(store: &Store, network: &Network, questions: &Receiver<(RequestId, BlocksRequest)>) {
    while let Ok((id, request)) = questions.recv() {
        let answer: BlocksAnswer = serve(&request, &StoredBlocks(store));
        network.respond(id, Answer::Blocks(answer).to_bytes());
    }
}
