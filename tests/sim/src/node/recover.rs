//! How a node begins from what its disk holds.

use super::{Node, Refused, empty_pool};
use crate::chain::{Chain, Verdict};
use crate::disk::{Disk, Entry, Proof};
use crate::epoch::{Params, Plan};
use crate::faults::Tally;
use crate::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use tenon_core::consensus::bbft::{Candidate, Certificate, Epoch, Record, Refusals, Replica, Restored, View};

/// What the log says.
struct Found {
    chain: Chain,
    plan: Plan,
    proofs: BTreeMap<Epoch, Proof>,
    /// The last epoch that was entered.
    epoch: Option<Epoch>,
    /// The last record of that epoch, unless it is damaged.
    record: Option<Record>,
    certificates: Vec<Certificate>,
    /// The last final block of the epoch, with its certificate.
    committed: Option<(Candidate, Certificate)>,
}

impl Node {
    /// Makes a node from its disk, which may be empty. One whose record of the epoch is damaged only observes.
    pub(crate) fn boot(params: &Rc<Params>, identity: u8, disk: Disk, random: Random) -> Self {
        let found = read(params, &disk);
        let Found { chain, plan, proofs, epoch, record, certificates, committed } = found;
        let entered = epoch == Some(plan.epoch);
        let lost = entered && record.is_none();
        let me = plan.index_of(identity).filter(|_| !lost);
        let record = record.unwrap_or_else(|| Record::new(plan.epoch));
        let restored = entered.then_some(Restored { record, certificates, committed });
        let replica = Replica::new(plan.setup(params, me), restored);
        let last_record = disk.synced_record();
        Self {
            params: Rc::clone(params),
            identity,
            disk,
            chain,
            plan,
            me,
            replica,
            previous: None,
            pool: empty_pool(),
            proofs,
            waiting: None,
            building: None,
            fetching: Vec::new(),
            pending: None,
            ended: false,
            wanted: BTreeSet::new(),
            timer_at: None,
            last_final_ms: 0,
            last_asked_ms: 0,
            last_farewell_ms: 0,
            last_record,
            now_ms: 0,
            random,
            out: Vec::new(),
            points_left: None,
            points: 0,
            blind: false,
            tally: Tally::default(),
            refused: Refused::default(),
            earlier: Refusals::default(),
            steps: 0,
        }
    }
}

fn read(params: &Params, disk: &Disk) -> Found {
    let mut found = Found {
        chain: Chain::new(params),
        plan: Plan::first(params),
        proofs: BTreeMap::new(),
        epoch: None,
        record: None,
        certificates: Vec::new(),
        committed: None,
    };
    let entries = disk.entries();
    let place_of = |is: fn(&Entry) -> bool| entries.iter().rposition(is);
    // What was said before the last epoch was entered, or written again since, is of no use any more.
    let entered = place_of(|entry| matches!(entry, Entry::Epoch(_)));
    for (place, entry) in entries.iter().enumerate() {
        if !matches!(entry, Entry::Record { .. }) || Some(place) > entered {
            found.take(params, entry);
        }
    }
    let last = place_of(|entry| matches!(entry, Entry::Record { .. })).filter(|last| Some(*last) > entered);
    if let Some(Entry::Record { bytes, .. }) = last.and_then(|last| entries.get(last)) {
        found.record = Record::from_bytes(bytes).ok();
    }
    let root = found.committed.as_ref().map_or(View(0), |(candidate, _)| candidate.place.view);
    found.certificates.retain(|certificate| certificate.statement.view >= root);
    found
}

impl Found {
    fn take(&mut self, params: &Params, entry: &Entry) {
        match entry {
            Entry::Epoch(epoch) => {
                self.epoch = Some(*epoch);
                self.record = Some(Record::new(*epoch));
                self.certificates.clear();
                self.committed = None;
            }
            Entry::Record { certificates, .. } => self.certificates.extend(certificates.iter().cloned()),
            Entry::Block(block) => {
                self.chain.insert(block, &self.plan, View(u64::MAX), true);
                self.chain.log(&block.digest);
            }
            Entry::Final { blocks, proof } => {
                for block in blocks {
                    self.chain.insert(block, &self.plan, View(u64::MAX), true);
                    let verdict = self.chain.execute(params, &self.plan, &block.digest);
                    assert!(matches!(verdict, Verdict::Valid(_)), "what was final once is valid");
                    self.chain.finalize(block).expect("it was executed");
                }
                let certificate = proof.certificate.clone();
                self.committed = blocks.last().map(|last| (last.candidate(), certificate));
                self.proofs.insert(self.plan.epoch, proof.clone());
                self.chain.prune(&self.plan);
                let head = self.chain.head();
                if head.block.body.height == self.plan.last_height {
                    self.plan = self.plan.after(params, &head.block, &head.state);
                    self.chain.prune(&self.plan);
                }
            }
        }
    }
}
