//! A driver in memory: blocks are headers whose body is a number, and the disk is what was written before a crash.

use super::keys::{QuickKeys, account, key, sign};
use super::*;
use crate::consensus::bbft::{
    Epoch, Message, Phase, Signature, Statement, Timing, Validator, ValidatorIndex, signed_bytes,
};
use crate::consensus::participant::saved::Saved as SavedState;
use crate::consensus::{BlockPlan, Received};
use parity_scale_codec::Encode;
use tenon_types::{BlockInfo, Digest, DigestItem, ENGINE_ID, Header, Seal};

/// Blocks that the store may lag behind the chain.
const MAX_LAG: usize = 5;

/// What is the same for all nodes of a test.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) epoch_blocks: u64,
    pub(super) timing: Timing,
    pub(super) supers: Supers,
    /// The validators of each epoch, from the first; where there is none, nobody was elected.
    pub(super) sets: Vec<Option<Vec<Validator>>>,
}

impl Plan {
    /// Who validates in an epoch.
    pub(super) fn set_of(&self, epoch: u64) -> Vec<Validator> {
        let upto = self.sets.iter().take(usize::try_from(epoch).expect("few epochs") + 1);
        upto.rev().flatten().next().cloned().expect("the first epoch has validators")
    }

    /// Who was elected to the epoch after a block that ends one.
    pub(super) fn elected_after(&self, height: u64) -> Option<Vec<Validator>> {
        let ends = height > 0 && height.checked_rem(self.epoch_blocks) == Some(0);
        let epoch = height.checked_div(self.epoch_blocks).filter(|_| ends)?;
        self.sets.get(usize::try_from(epoch).ok()?).cloned().flatten()
    }

    pub(super) fn epoch_of(&self, height: u64) -> u64 {
        height.saturating_sub(1).checked_div(self.epoch_blocks).unwrap_or(0)
    }
}

/// A header with what an engine says of it. The salt stands for its transactions.
pub(super) fn header_of(parent: &Header, producer: u8, time_ms: u64, seal: Seal, salt: u64) -> Header {
    let mut body = [0; 32];
    body[..8].copy_from_slice(&salt.to_le_bytes());
    let info = BlockInfo {
        time_ms,
        producer: account(producer),
        base_fee: 0,
        parent_gas_used: 0,
        parent_receipts_root: Hash::ZERO,
        ancestors: Hash::ZERO,
        seal,
        next_validators: None,
    };
    Header {
        parent_hash: parent.hash(),
        number: parent.number + 1,
        state_root: Hash::ZERO,
        extrinsics_root: Hash(body),
        digest: Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] },
    }
}

pub(super) fn genesis() -> Header {
    let (parent_hash, state_root, extrinsics_root) = (Hash::ZERO, Hash([9; 32]), Hash::ZERO);
    Header { parent_hash, number: 0, state_root, extrinsics_root, digest: Digest::default() }
}

/// What is on disk.
#[derive(Clone, Default)]
pub(super) struct Disk {
    /// The store: final blocks, each with its proof if it has one.
    pub(super) finals: Vec<(Header, Option<Finality>)>,
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) kept: BTreeMap<Hash, Header>,
}

/// Something for another node.
#[derive(Clone)]
pub(super) struct Packet {
    pub(super) epoch: Epoch,
    pub(super) to: [u8; 96],
    pub(super) message: Message,
    pub(super) block: Option<Header>,
}

/// A node.
pub(super) struct Host {
    pub(super) who: u8,
    pub(super) plan: Plan,
    pub(super) participant: Participant,
    pub(super) disk: Disk,
    /// The chain, genesis first.
    pub(super) chain: Vec<Header>,
    pub(super) received: BTreeMap<Hash, Header>,
    pub(super) pending: BTreeMap<Hash, Header>,
    /// Blocks that are final and that the store does not have yet.
    unwritten: VecDeque<(Hash, Option<Finality>)>,
    pub(super) final_height: usize,
    pub(super) timer_ms: Option<u64>,
    /// Whether the timer was set since this was looked at.
    pub(super) timer_set: bool,
    pub(super) halted: Option<String>,
    /// Effects that are performed before a crash.
    pub(super) effects_left: Option<usize>,
    pub(super) persists: u64,
    pub(super) sent: Vec<Packet>,
    pub(super) wants: Vec<Hash>,
    /// Blocks made final, with their proofs, since this was looked at.
    pub(super) finalized: Vec<(Header, Option<Finality>)>,
    pub(super) last_record: Option<crate::consensus::bbft::Record>,
    /// What tells blocks of one place apart.
    pub(super) salt: u64,
    /// What a liar makes of a seal before it is in the header.
    pub(super) lie: Option<fn(&mut Seal, &mut u8)>,
    /// Whether its blocks have what no driver takes.
    pub(super) poison: bool,
}

/// What a node is made of.
pub(super) fn setup(plan: &Plan, disk: &Disk, key: Option<[u8; 96]>, fresh: bool) -> (ParticipantSetup, QuickKeys) {
    let (last, proof) = disk.finals.last().cloned().unwrap_or((genesis(), None));
    let height = u64::from(last.number);
    let start = height.checked_div(plan.epoch_blocks).unwrap_or(0) * plan.epoch_blocks;
    let candidate = Received::of(&last).map_or(term::as_start(last.hash(), 0), |block| block.candidate);
    let epoch_start = disk.finals.get(usize::try_from(start).expect("few")).map_or(genesis().hash(), |b| b.0.hash());
    let next = plan.epoch_of(height + 1);
    let setup = ParticipantSetup {
        chain: genesis().hash(),
        epoch_blocks: plan.epoch_blocks,
        initial: plan.set_of(0),
        elected: (next > 0).then(|| plan.set_of(next)),
        key: None,
        timing: plan.timing,
        supers: plan.supers,
        latencies: BTreeMap::new(),
        last_final: LastFinal { candidate, certificate: proof.map(|proof| proof.certificate), epoch_start },
        fresh,
    };
    (setup, QuickKeys(key))
}

impl Host {
    pub(super) fn new(who: u8, plan: &Plan, has_key: bool, fresh: bool) -> Self {
        let disk = Disk { finals: vec![(genesis(), None)], ..Disk::default() };
        Self::boot(who, plan, has_key, fresh, disk).expect("a node begins at genesis")
    }

    /// Begins with what is on disk.
    pub(super) fn boot(who: u8, plan: &Plan, has_key: bool, fresh: bool, disk: Disk) -> Result<Self, ParticipantError> {
        let (setup, keys) = setup(plan, &disk, has_key.then(|| key(who)), fresh);
        let participant = Participant::with(setup, Box::new(keys), disk.bytes.as_deref())?;
        let chain: Vec<Header> = disk.finals.iter().map(|(header, _)| header.clone()).collect();
        let mut pending = BTreeMap::new();
        for hash in participant.awaited() {
            let header = disk.kept.get(&hash).expect("what is awaited was kept").clone();
            let parent = header.parent_hash;
            let stands = pending.contains_key(&parent) || chain.last().is_some_and(|head| head.hash() == parent);
            assert!(stands, "what is awaited comes after its parent");
            pending.insert(hash, header);
        }
        Ok(Self {
            who,
            plan: plan.clone(),
            participant,
            final_height: chain.len() - 1,
            chain,
            disk,
            received: BTreeMap::new(),
            pending,
            unwritten: VecDeque::new(),
            timer_ms: None,
            timer_set: false,
            halted: None,
            effects_left: None,
            persists: 0,
            sent: Vec::new(),
            wants: Vec::new(),
            finalized: Vec::new(),
            last_record: None,
            salt: 0,
            lie: None,
            poison: false,
        })
    }

    pub(super) fn head(&self) -> &Header {
        self.chain.last().expect("genesis")
    }

    pub(super) fn height(&self) -> u64 {
        u64::from(self.head().number)
    }

    pub(super) fn crashed(&self) -> bool {
        self.effects_left == Some(0)
    }

    /// Gives an input, and all that follows from the effects.
    pub(super) fn give(&mut self, now_ms: u64, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let effects = self.participant.handle(now_ms, input);
            let persists = effects.iter().filter(|effect| matches!(effect, Effect::Persist { .. })).count();
            assert!(persists <= 1 && (persists == 0 || matches!(effects[0], Effect::Persist { .. })), "{effects:?}");
            for effect in effects {
                if self.crashed() || self.halted.is_some() {
                    return;
                }
                self.effects_left = self.effects_left.map(|left| left - 1);
                inputs.extend(self.perform(effect));
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Build(plan) => return Some(self.build(plan)),
            Effect::Validate { hash } => {
                let valid = self.execute(&hash);
                return Some(Input::Validated { hash, valid });
            }
            Effect::Persist { bytes } => self.persist(bytes),
            Effect::Adopt { hash } => {
                let header = self.pending.remove(&hash).expect("what is adopted is pending");
                assert_eq!(header.parent_hash, self.head().hash(), "what is adopted stands on the head");
                self.chain.push(header);
                let elected = self.plan.elected_after(self.height());
                return Some(Input::Adopted { hash, transactions: 0, has_ready: false, elected });
            }
            Effect::Discard { hash } => {
                self.pending.remove(&hash);
                self.received.remove(&hash);
            }
            Effect::Finalize { hash, finality } => self.finalize(hash, finality),
            Effect::Send { epoch, to, message } => self.send(epoch, &to, &message),
            Effect::Want { hash } => self.wants.push(hash),
            Effect::SetTimer { at_ms } => (self.timer_ms, self.timer_set) = (Some(at_ms), true),
            Effect::Halt { reason } => self.halted = Some(reason),
        }
        None
    }

    fn build(&mut self, plan: BlockPlan) -> Input {
        let head = self.head().hash();
        let parent = if plan.parent == head { self.head().clone() } else { self.pending[&plan.parent].clone() };
        let number = u64::from(parent.number) + 1;
        let mut seal = Seal {
            epoch: self.plan.epoch_of(number),
            view: plan.view,
            parent_view: plan.parent_view,
            leader: Some(plan.producer),
            parent_signers: plan.parent_signers,
            missed: plan.missed,
            evidence: plan.evidence,
        };
        let mut producer = plan.producer.0[0];
        if let Some(lie) = self.lie {
            lie(&mut seal, &mut producer);
        }
        self.salt += 1;
        let kind = if self.poison { 13 } else { 1 };
        let salt = if plan.empty { 0 } else { u64::from(self.who) << 56 | self.salt << 8 | kind };
        let time_ms = plan.time_ms.max(Received::of(&parent).map_or(0, |parent| parent.time_ms + 1));
        let header = header_of(&parent, producer, time_ms, seal, salt);
        let hash = header.hash();
        self.pending.insert(hash, header);
        Input::Built { hash }
    }

    /// A block is valid on the head or a pending one, at the next height. Salt 13 stands for a transaction that is not.
    fn execute(&mut self, hash: &Hash) -> bool {
        let Some(header) = self.received.get(hash).or_else(|| self.pending.get(hash)) else { return false };
        let parent = self.pending.get(&header.parent_hash).unwrap_or(self.head());
        let follows = header.parent_hash == parent.hash() && header.number == parent.number + 1;
        let valid = follows && header.extrinsics_root.0[0] != 13;
        if valid && let Some(header) = self.received.remove(hash) {
            self.pending.insert(*hash, header);
        }
        valid
    }

    fn persist(&mut self, bytes: Vec<u8>) {
        let saved = SavedState::from_bytes(&bytes).expect("what is written reads");
        if let (Some(before), Some(after)) = (self.last_record, saved.record) {
            assert!(before.may_become(&after), "the record fell from {before:?} to {after:?}");
        }
        self.last_record = saved.record.or(self.last_record);
        let line = self.chain.iter().skip(self.disk.finals.len()).cloned();
        let blocks = line.chain(self.pending.values().cloned());
        self.disk.kept = blocks.map(|header| (header.hash(), header)).collect();
        self.disk.bytes = Some(bytes);
        self.persists += 1;
    }

    fn finalize(&mut self, hash: Hash, finality: Option<Finality>) {
        self.final_height += 1;
        let header = self.chain[self.final_height].clone();
        assert_eq!(header.hash(), hash, "blocks become final in order");
        for descendant in finality.iter().flat_map(|finality| &finality.descendants) {
            assert!(self.pending.contains_key(descendant), "the headers of a proof are here");
        }
        self.finalized.push((header, finality.clone()));
        self.unwritten.push_back((hash, finality));
        if self.unwritten.len() > MAX_LAG {
            self.write_one();
        }
    }

    fn write_one(&mut self) {
        if let Some((hash, finality)) = self.unwritten.pop_front() {
            let header = self.chain[self.disk.finals.len()].clone();
            assert_eq!(header.hash(), hash);
            self.disk.finals.push((header, finality));
        }
    }

    /// The store has written everything.
    pub(super) fn flush(&mut self) {
        while !self.unwritten.is_empty() {
            self.write_one();
        }
    }

    fn send(&mut self, epoch: Epoch, to: &[ValidatorIndex], message: &Message) {
        self.check_said(epoch, message);
        let block = match message {
            Message::Proposal(proposal) => {
                let hash = proposal.candidate.place.digest;
                let held = self.pending.get(&hash).or_else(|| self.received.get(&hash));
                Some(held.expect("who sends a proposal has its block").clone())
            }
            _ => None,
        };
        let set = self.plan.set_of(epoch.0);
        for index in to {
            let to = set[usize::from(*index)].bls_key;
            self.sent.push(Packet { epoch, to, message: message.clone(), block: block.clone() });
        }
    }

    /// What this node says is on disk, with the block that it is for.
    fn check_said(&self, epoch: Epoch, message: &Message) {
        let set = self.plan.set_of(epoch.0);
        let own = |signer: ValidatorIndex| set.get(usize::from(signer)).is_some_and(|one| one.bls_key == key(self.who));
        let me = (0..).take(set.len()).find(|index| own(*index));
        let statement = match message {
            Message::Vote(vote) if own(vote.signer) => vote.statement,
            Message::Partial(partial) if me.is_some_and(|me| partial.signers.contains(me)) => partial.statement,
            Message::Proposal(proposal) if proposal.signature == self.proposes(epoch, &proposal.candidate) => {
                Statement::notarize(proposal.candidate.place.view, proposal.candidate.place.digest)
            }
            _ => return,
        };
        let saved = self.disk.bytes.as_deref().and_then(SavedState::from_bytes).expect("it was written");
        let record = saved.record.expect("who votes has a record");
        let (view, digest) = (statement.view, statement.digest);
        let written = record.epoch > epoch
            || match statement.phase {
                Phase::Notarize => record.max_n.view > view || record.max_n == Place { view, digest },
                Phase::Nullify => record.max_x >= view,
                Phase::Finalize => record.max_f.view > view || record.max_f == Place { view, digest },
            };
        assert!(written, "{} sends {statement:?}, but has written {record:?}", self.who);
        let has_body = self.disk.kept.contains_key(&digest) || self.chain.iter().any(|block| block.hash() == digest);
        let needs_body = statement.phase == Phase::Notarize && record.max_n == Place { view, digest };
        assert!(!needs_body || has_body, "{} votes for a block that is not on disk", self.who);
    }

    /// With what this node signs a proposal.
    fn proposes(&self, epoch: Epoch, candidate: &Candidate) -> Signature {
        let statement = Statement::notarize(candidate.place.view, candidate.place.digest);
        sign(&key(self.who), &signed_bytes(genesis().hash(), epoch, &statement))
    }

    /// Takes final blocks over from another node, as far as its proofs reach and no further than an epoch's end.
    pub(super) fn sync_from(&mut self, now_ms: u64, other: &[(Header, Option<Finality>)], most: usize) {
        let height = self.chain.len() - 1;
        let end = (height..=height + most)
            .find(|at| *at > height && (*at as u64).checked_rem(self.plan.epoch_blocks) == Some(0))
            .unwrap_or(height + most);
        let last = (height + 1..=end).rev().find(|at| other.get(*at).is_some_and(|(_, proof)| proof.is_some()));
        let Some(last) = last else { return };
        let (header, finality) = other[last].clone();
        let finality = finality.expect("it was looked for");
        for (header, _) in &other[height + 1..=last] {
            let hash = header.hash();
            self.pending.remove(&hash);
            self.received.remove(&hash);
            self.chain.push(header.clone());
        }
        // What was adopted and is not final here yet is so by the proofs of others.
        for (at, (header, proof)) in other.iter().enumerate().take(last + 1).skip(self.final_height + 1) {
            assert_eq!(self.chain[at].hash(), header.hash(), "one chain");
            self.finalized.push((header.clone(), proof.clone()));
            self.unwritten.push_back((header.hash(), proof.clone()));
        }
        self.final_height = last;
        self.flush();
        let block = Received::of(&header).expect("it has info");
        let elected = self.plan.elected_after(u64::from(header.number));
        let (head, time_ms) = (block.candidate, block.time_ms);
        self.give(now_ms, Input::Synced { head, time_ms, finality, elected });
    }
}
