//! From what a participant goes on: what was persisted and what the store has, and whether it may vote.

use super::blocks::{Blocks, State};
use super::saved::Saved;
use super::setup::{LastFinal, ParticipantError, ParticipantSetup};
use super::term::{Keys, Rules, Term, as_start};
use crate::consensus::Finality;
use crate::consensus::bbft::{Candidate, Certificate, Epoch, Record, Validator};
use tenon_types::Hash;

/// From what a participant goes on.
pub(super) struct Begun {
    pub(super) rules: Rules,
    pub(super) term: Term,
    /// The epoch before, if its validators are known.
    pub(super) past: Option<Term>,
    pub(super) saved: Saved,
    pub(super) to_adopt: Vec<(Hash, Option<Finality>)>,
    /// Whether the state differs from what was persisted.
    pub(super) must_save: bool,
    /// Whether the store lacks blocks below the head that only others have.
    pub(super) behind: bool,
}

/// What the store says.
struct Stored {
    last: LastFinal,
    /// The epoch of the next block.
    epoch: Epoch,
    elected: Option<Vec<Validator>>,
}

pub(super) fn begin(
    setup: ParticipantSetup,
    keys: Box<dyn Keys>,
    persisted: Option<&[u8]>,
) -> Result<Begun, ParticipantError> {
    let found = persisted.and_then(Saved::from_bytes);
    // Whatever the store says and whose key it is: others' faults stay proven.
    let faults = found.as_ref().map(|saved| saved.faults.clone()).unwrap_or_default();
    let mut begun = begin_from(setup, keys, persisted, found)?;
    begun.saved.faults = faults;
    Ok(begun)
}

fn begin_from(
    setup: ParticipantSetup,
    keys: Box<dyn Keys>,
    persisted: Option<&[u8]>,
    found: Option<Saved>,
) -> Result<Begun, ParticipantError> {
    let ParticipantSetup {
        chain, epoch_blocks, initial, elected, timing, supers, latencies, last_final, fresh, ..
    } = setup;
    let rules = Rules { chain, epoch_blocks, timing, supers, latencies, keys };
    let epoch = rules.epoch_of(last_final.candidate.height.saturating_add(1));
    let stored = Stored { last: last_final, epoch, elected };
    if let Some(found) = found.as_ref().map(|saved| saved.chain).filter(|found| *found != chain) {
        return Err(ParticipantError::OtherChain { found, expected: chain });
    }
    let Some(mut saved) = found else {
        let certain = persisted.is_none() && fresh;
        let votes = certain || (persisted.is_none() && stored.last.candidate.height == 0);
        return from_store(rules, stored, initial, None, (votes, certain.then_some(0)));
    };
    if saved.key != rules.keys.public() {
        // What this key said, if anything, nobody here knows.
        saved.key = rules.keys.public();
        saved.since_ms = fresh.then_some(0);
        saved.record = fresh.then(|| Record { cur: saved.head().place.view.next(), ..Record::new(saved.epoch) });
    }
    let LastFinal { candidate, .. } = &stored.last;
    let (hash, height, head) = (candidate.place.digest, candidate.height, saved.head());
    if let Some(to_adopt) = saved.above(hash) {
        return go_on(rules, stored, saved, to_adopt);
    }
    if height <= head.height {
        if height.saturating_add(saved.line.len() as u64) > head.height {
            return Err(ParticipantError::OtherHistory { found: hash, height, expected: head.place.digest });
        }
        let begun = go_on(rules, stored, saved, Vec::new())?;
        return Ok(Begun { behind: true, ..begun });
    }
    // What was synced is in the store, and this node stopped before it was told.
    if stored.epoch == saved.epoch {
        return catch_up(rules, stored.last, saved);
    }
    let votes = (saved.since_ms == Some(0), saved.since_ms);
    let before = (saved.epoch.next() == stored.epoch).then(|| saved.validators.clone());
    from_store(rules, stored, saved.validators, before, votes)
}

/// Begins on the store's last block.
fn from_store(
    rules: Rules,
    stored: Stored,
    others: Vec<Validator>,
    before: Option<Vec<Validator>>,
    (votes, since_ms): (bool, Option<u64>),
) -> Result<Begun, ParticipantError> {
    let Stored { last: LastFinal { candidate, certificate, epoch_start }, epoch, elected } = stored;
    let start_height = epoch.0.saturating_mul(rules.epoch_blocks);
    let begins = candidate.height == start_height;
    let start = match (begins, &certificate) {
        (false, None) => candidate,
        _ => as_start(epoch_start, start_height),
    };
    let term = rules.term(epoch, start, epoch_start, elected.unwrap_or(others))?;
    let record = votes.then(|| Record { cur: start.place.view.next(), ..Record::new(epoch) });
    let mut saved = Saved::enter(&rules, &term, record, since_ms);
    saved.previous = before;
    if let Some(certificate) = certificate.filter(|_| !begins) {
        saved.catch_up(candidate, certificate);
    }
    Ok(begun(rules, term, saved, Vec::new(), true))
}

/// Goes on from what was persisted; the store has it all, or lacks these blocks.
fn go_on(
    rules: Rules,
    stored: Stored,
    mut saved: Saved,
    to_adopt: Vec<(Hash, Option<Finality>)>,
) -> Result<Begun, ParticipantError> {
    let proofs = to_adopt.iter().filter_map(|(_, finality)| finality.as_ref());
    let needed: Vec<Hash> = proofs.flat_map(|finality| finality.descendants.clone()).collect();
    saved.beyond.retain(|candidate| needed.contains(&candidate.place.digest));
    let term = rules.term(saved.epoch, saved.start, saved.seed, saved.validators.clone())?;
    let is_stored = stored.last.candidate.place.digest == saved.head().place.digest;
    if is_stored && saved.head().height >= term.last_height {
        let (votes, before) = (saved.knows_next(), saved.validators.clone());
        let since_ms = if votes { Some(0) } else { saved.since_ms };
        return from_store(rules, stored, saved.validators, Some(before), (votes, since_ms));
    }
    Ok(begun(rules, term, saved, to_adopt, false))
}

/// Goes on in the same epoch above a block that the store has and that was not persisted.
fn catch_up(rules: Rules, last: LastFinal, mut saved: Saved) -> Result<Begun, ParticipantError> {
    let LastFinal { candidate, certificate, .. } = last;
    let (found, height) = (candidate.place.digest, candidate.height);
    let certificate = certificate.ok_or(ParticipantError::Unproven { found, height })?;
    let term = rules.term(saved.epoch, saved.start, saved.seed, saved.validators.clone())?;
    saved.catch_up(candidate, certificate);
    Ok(begun(rules, term, saved, Vec::new(), true))
}

fn begun(rules: Rules, term: Term, saved: Saved, to_adopt: Vec<(Hash, Option<Finality>)>, must_save: bool) -> Begun {
    let before = saved.previous.clone().zip(saved.epoch.0.checked_sub(1).map(Epoch));
    // Only votes are checked by it, so that its start does not matter.
    let past = before.and_then(|(validators, epoch)| rules.term(epoch, term.start, term.seed(), validators).ok());
    Begun { rules, term, past, saved, to_adopt, must_save, behind: false }
}

impl Saved {
    /// Goes on above a final block of the epoch, which came with its proof from elsewhere. The record rises as upon any
    /// certificate, and nothing in it falls.
    pub(super) fn catch_up(&mut self, head: Candidate, certificate: Certificate) {
        let statement = certificate.statement;
        if let Some(record) = &mut self.record {
            record.cur = record.cur.max(statement.view.next());
        }
        self.certificates.insert((statement.view, statement.phase), certificate.clone());
        self.commit(head, certificate);
        self.line = vec![(head.place.digest, None)];
        self.beyond.clear();
        let mut stands = vec![head.place];
        self.pending.retain(|block| {
            let keeps = stands.contains(&block.candidate.parent);
            stands.extend(keeps.then_some(block.candidate.place));
            keeps
        });
    }
}

/// Puts the blocks back that were pending.
pub(super) fn reopen(saved: &Saved, blocks: &mut Blocks) {
    for block in &saved.pending {
        blocks.insert(block.clone(), State::Pending);
    }
}
