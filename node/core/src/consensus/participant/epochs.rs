//! How a participant goes from one epoch to the next, and above blocks that others made final.

use super::saved::Saved;
use super::{Participant, Past};
use crate::consensus::Finality;
use crate::consensus::bbft::{Candidate, Event, Phase, Record, Refusals, Validator};
use tenon_types::Hash;

impl Participant {
    /// Enters the next epoch if the block that was adopted is the last of this one.
    pub(super) fn adopted(&mut self, hash: Hash, elected: Option<Vec<Validator>>) {
        let head = self.saved.head();
        if head.place.digest == hash && head.height >= self.term.last_height {
            self.enter_next(elected);
        }
    }

    /// Goes on above a block that others made final.
    pub(super) fn synced(
        &mut self,
        head: Candidate,
        time_ms: u64,
        finality: Finality,
        elected: Option<Vec<Validator>>,
    ) {
        let (known, last) = (self.saved.head(), self.term.last_height);
        if head.height == known.height && head.place.digest != known.place.digest {
            return self.halt(format!("found {head:?} final, expected {known:?} at its height"));
        }
        if head.height <= known.height {
            if self.behind && head.height == known.height {
                self.saved.head_ms = time_ms;
                self.caught_up();
                if head.height == last {
                    self.enter_next(elected);
                }
            }
            return;
        }
        if head.height > last {
            let (found, epoch) = (head.height, self.term.epoch);
            return self
                .halt(format!("found synced block {found}, expected none above {last}, the last of epoch {epoch}"));
        }
        if let Some(held) = self.contradiction(&finality) {
            return self.halt(format!("found {finality:?} synced, expected none that contradicts {held}"));
        }
        let (views, blocks) =
            (head.place.view.0.saturating_sub(known.place.view.0), head.height.saturating_sub(known.height));
        let failed = views.saturating_sub(blocks);
        self.counts.failed_views = self.counts.failed_views.saturating_add(failed);
        self.unfinalized = Default::default();
        for beyond in std::mem::take(&mut self.saved.beyond) {
            self.discard(beyond.place.digest);
        }
        for hash in self.blocks.prune(&head) {
            self.discard(hash);
        }
        self.saved.head_ms = time_ms;
        self.saved.pending = self.blocks.pending();
        self.saved.catch_up(head, finality.certificate);
        self.caught_up();
        if head.height == last {
            self.enter_next(elected);
        }
    }

    fn caught_up(&mut self) {
        self.behind = false;
        self.begin_anew();
    }

    /// A certificate that was held and that another contradicts.
    fn contradiction(&self, finality: &Finality) -> Option<String> {
        let found = finality.certificate.statement;
        let held = self.replica.as_ref()?.machine().certificates(found.view, found.view, 3);
        let contradicts =
            held.iter().find(|held| held.statement.phase == Phase::Nullify || held.statement.digest != found.digest);
        contradicts.map(|held| format!("{held:?}"))
    }

    /// Enters the next epoch, whose validators were elected, or are those of this one.
    fn enter_next(&mut self, elected: Option<Vec<Validator>>) {
        let (epoch, start) = (self.term.epoch.next(), self.saved.next_start());
        let validators = elected.unwrap_or_else(|| self.saved.validators.clone());
        let term = match self.rules.term(epoch, start, start.place.digest, validators) {
            Ok(term) => term,
            Err(error) => return self.halt(error.to_string()),
        };
        // In an epoch that began before all was known here, this key may have said anything.
        let votes = self.saved.knows_next();
        let since_ms = if votes { Some(0) } else { self.saved.since_ms };
        let record = votes.then(|| Record::new(epoch));
        let entered = Saved {
            previous: Some(self.saved.validators.clone()),
            line: std::mem::take(&mut self.saved.line),
            beyond: std::mem::take(&mut self.saved.beyond),
            ..Saved::enter(&self.rules, &term, record, since_ms)
        };
        self.saved = entered;
        let replica = self.replica.take();
        self.count_refusals(replica.as_ref().map(|replica| replica.refusals()));
        self.past = Some(Past { term: std::mem::replace(&mut self.term, term), replica });
        for hash in self.blocks.clear() {
            self.discard(hash);
        }
        self.faults.enter(epoch);
        self.begin_anew();
    }

    /// Makes the replica of what is to be persisted.
    fn begin_anew(&mut self) {
        let votes = self.saved.record.is_some();
        let restored = Some(self.saved.restore());
        let replica = self.term.seat.map(|_| self.rules.replica(&self.term, votes, restored));
        let old = std::mem::replace(&mut self.replica, replica);
        self.count_refusals(old.as_ref().map(|replica| replica.refusals()));
        self.queue.clear();
        self.queue.push_back(Event::Start);
        self.replica_ms = None;
        (self.judging, self.building, self.commit) = (None, None, None);
        self.requests.iter_mut().for_each(|request| *request = None);
        self.fetching.clear();
        self.wanted.clear();
        self.must_save = true;
    }

    fn count_refusals(&mut self, refusals: Option<Refusals>) {
        let Some(more) = refusals else { return };
        let sum = &mut self.counts.earlier;
        *sum = sum.plus(more);
    }
}
