//! One machine, driven by hand, and four of them over a perfect network.

use super::*;
use crate::consensus::bbft::{Phase, Signature, Signers, quorum_weight};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const LAST: u64 = 1_000;

fn digest(view: u64, variant: u8) -> Hash {
    let mut bytes = [variant; 32];
    bytes[..8].copy_from_slice(&view.to_le_bytes());
    Hash(bytes)
}

fn place(view: u64, variant: u8) -> Place {
    Place { view: View(view), digest: digest(view, variant) }
}

fn start() -> Candidate {
    Candidate { place: place(0, 1), parent: place(0, 0), height: 10 }
}

fn candidate(view: u64, variant: u8, parent: &Candidate) -> Candidate {
    Candidate { place: place(view, variant), parent: parent.place, height: parent.height + 1 }
}

fn rules(me: Option<ValidatorIndex>) -> EpochRules {
    EpochRules { epoch: Epoch(3), start: start(), last_height: LAST, schedule: Schedule::all(4), me }
}

fn certificate(statement: Statement) -> Certificate {
    Certificate { statement, signers: Signers::none(4), signature: Signature([0; 48]) }
}

fn certify(phase: Phase, place: Place) -> Input {
    let digest = if phase == Phase::Nullify { Hash::ZERO } else { place.digest };
    Input::Certificate(certificate(Statement { view: place.view, phase, digest }))
}

fn votes(effects: &[Effect]) -> Vec<Statement> {
    effects.iter().filter_map(|effect| if let Effect::Vote(vote) = effect { Some(*vote) } else { None }).collect()
}

/// Proposes and validates.
fn accept(machine: &mut Machine, candidate: Candidate) -> Vec<Effect> {
    let mut effects = machine.step(Input::Proposal(candidate));
    effects.extend(machine.step(Input::Validated { place: candidate.place, valid: true }));
    effects
}

fn timeout(machine: &mut Machine, timer: Timer) -> Vec<Effect> {
    let view = machine.record().cur;
    machine.step(Input::Timeout { timer, view })
}

#[test]
fn notarizes_then_finalizes_and_persists_first() {
    let mut machine = Machine::new(rules(Some(0)));
    let first = candidate(1, 1, &start());
    assert_eq!(machine.step(Input::Proposal(first)), [Effect::Validate(first)]);
    let effects = machine.step(Input::Validated { place: first.place, valid: true });
    assert!(matches!(&effects[0], Effect::Persist(saved) if saved.record.max_n == first.place), "{effects:?}");
    assert_eq!(votes(&effects), [Statement::notarize(View(1), first.place.digest)]);

    let effects = machine.step(certify(Phase::Notarize, first.place));
    let Effect::Persist(saved) = &effects[0] else { panic!("{effects:?}") };
    assert_eq!((saved.record.cur, saved.record.max_f), (View(2), first.place), "advance and F share one write");
    assert_eq!(saved.certificates.len(), 1);
    assert_eq!(votes(&effects), [Statement::finalize(View(1), first.place.digest)]);

    let effects = machine.step(certify(Phase::Finalize, first.place));
    assert!(matches!(&effects[..], [Effect::Commit { candidate, .. }] if *candidate == first), "{effects:?}");
    assert_eq!(machine.committed(), &first);
}

#[test]
fn nullifies_upon_each_trigger_and_then_never_finalizes() {
    let first = candidate(1, 1, &start());
    let nullified = [Statement::nullify(View(1))];
    for timer in [Timer::Leader, Timer::Advance] {
        let mut machine = Machine::new(rules(Some(0)));
        assert_eq!(votes(&timeout(&mut machine, timer)), nullified);
        assert_eq!(votes(&accept(&mut machine, first)), [Statement::notarize(View(1), first.place.digest)], "still");
        assert_eq!(votes(&machine.step(certify(Phase::Notarize, first.place))), [], "no F after X");
    }
    let mut machine = Machine::new(rules(Some(0)));
    machine.step(Input::Proposal(first));
    assert_eq!(votes(&machine.step(Input::Validated { place: first.place, valid: false })), nullified);
    let mut machine = Machine::new(rules(Some(1)));
    timeout(&mut machine, Timer::Propose);
    assert_eq!(votes(&machine.step(Input::BuildFailed { view: View(1) })), nullified);
}

#[test]
fn leader_timer_does_not_nullify_after_a_notarize_vote_but_the_advance_timer_does() {
    let mut machine = Machine::new(rules(Some(0)));
    accept(&mut machine, candidate(1, 1, &start()));
    assert_eq!(votes(&timeout(&mut machine, Timer::Leader)), []);
    assert_eq!(votes(&timeout(&mut machine, Timer::Advance)), [Statement::nullify(View(1))]);
}

#[test]
fn asks_for_missing_certificates_and_votes_when_they_come() {
    let mut machine = Machine::new(rules(Some(0)));
    let first = candidate(1, 1, &start());
    let fourth = candidate(4, 1, &first);
    machine.step(certify(Phase::Nullify, place(3, 0)));
    assert_eq!(machine.record().cur, View(4));
    let effects = machine.step(Input::Proposal(fourth));
    assert_eq!(effects, [Effect::Request { first: View(1), last: View(2) }]);
    machine.step(certify(Phase::Notarize, first.place));
    let effects = machine.step(certify(Phase::Nullify, place(2, 0)));
    assert!(effects.contains(&Effect::Validate(fourth)), "{effects:?}");
}

#[test]
fn nullifies_upon_a_parent_that_cannot_be() {
    let first = candidate(1, 1, &start());
    let impossible = [
        candidate(2, 1, &candidate(0, 7, &start())), // Beside the start.
        candidate(2, 1, &candidate(1, 2, &start())), // Beside what is notarized.
        candidate(2, 1, &candidate(2, 9, &start())), // Not before its child.
    ];
    for second in impossible {
        let mut machine = Machine::new(rules(Some(0)));
        machine.step(certify(Phase::Notarize, first.place));
        assert_eq!(votes(&machine.step(Input::Proposal(second))), [Statement::nullify(View(2))], "{second:?}");
    }
}

#[test]
fn keeps_the_first_proposal_of_a_view_and_no_far_one() {
    let mut machine = Machine::new(rules(Some(0)));
    let (one, other) = (candidate(1, 1, &start()), candidate(1, 2, &start()));
    accept(&mut machine, one);
    assert_eq!(accept(&mut machine, other), []);
    let far = candidate(MAX_VIEWS_AHEAD + 2, 1, &start());
    machine.step(Input::Proposal(far));
    machine.step(certify(Phase::Nullify, place(MAX_VIEWS_AHEAD + 1, 0)));
    assert_eq!(machine.step(Input::Validated { place: far.place, valid: true }), []);
}

#[test]
fn leader_builds_on_the_highest_notarized_candidate_when_its_time_comes() {
    let mut machine = Machine::new(rules(Some(3)));
    let first = candidate(1, 1, &start());
    machine.step(certify(Phase::Notarize, first.place));
    machine.step(certify(Phase::Nullify, place(2, 0)));
    assert_eq!(timeout(&mut machine, Timer::Propose), [Effect::Fetch(first.place)]);
    let build = Effect::Build { view: View(3), parent: first, empty: false };
    assert_eq!(machine.step(Input::Candidate(first)), [build]);
    let third = candidate(3, 1, &first);
    let effects = machine.step(Input::Built(third));
    assert!(matches!(effects[0], Effect::Persist(_)));
    assert_eq!(effects[1], Effect::Propose(third));
    assert_eq!(votes(&effects), [Statement::notarize(View(3), third.place.digest)]);
    assert_eq!(machine.step(Input::Built(candidate(3, 2, &first))), [], "one block a view");
}

#[test]
fn a_restored_leader_proposes_nothing_else_in_its_view() {
    let mut machine = Machine::new(rules(Some(1)));
    timeout(&mut machine, Timer::Propose);
    let effects = machine.step(Input::Built(candidate(1, 1, &start())));
    let Effect::Persist(saved) = &effects[0] else { panic!("{effects:?}") };
    let mut again = Machine::restore(rules(Some(1)), saved.record, saved.certificates.clone(), None);
    assert!(votes(&again.step(Input::Start)).contains(&Statement::notarize(View(1), digest(1, 1))), "the same again");
    assert_eq!(timeout(&mut again, Timer::Propose), []);
}

#[test]
fn a_restored_machine_is_what_it_was_for_all_that_binds_it() {
    let mut machine = Machine::new(rules(Some(0)));
    let first = candidate(1, 1, &start());
    let mut persisted = (*machine.record(), BTreeSet::new());
    let inputs = [
        Input::Proposal(first),
        Input::Validated { place: first.place, valid: true },
        certify(Phase::Notarize, first.place),
        Input::Timeout { timer: Timer::Advance, view: View(2) },
        certify(Phase::Nullify, place(2, 0)),
    ];
    for input in inputs {
        for effect in machine.step(input) {
            if let Effect::Persist(saved) = effect {
                persisted.0 = saved.record;
                persisted.1.extend(saved.certificates);
            }
        }
    }
    let again = Machine::restore(rules(Some(0)), persisted.0, persisted.1, None);
    assert_eq!(again.record(), machine.record());
    let all = |machine: &Machine| machine.certificates(View(0), View(99), 99);
    assert_eq!(all(&again), all(&machine));
    assert_eq!(all(&again).len(), 2);
}

#[test]
fn fetches_what_is_final_but_unknown_then_commits_the_highest() {
    let mut machine = Machine::new(rules(Some(0)));
    let first = candidate(1, 1, &start());
    let second = candidate(2, 1, &first);
    assert!(machine.step(certify(Phase::Finalize, second.place)).contains(&Effect::Fetch(second.place)));
    machine.step(certify(Phase::Finalize, first.place));
    assert_eq!(machine.step(Input::Candidate(candidate(2, 9, &first))), [], "not what was asked for");
    let effects = machine.step(Input::Candidate(second));
    assert!(matches!(&effects[..], [Effect::Commit { candidate, .. }] if *candidate == second), "{effects:?}");
}

#[test]
fn a_restored_machine_commits_what_was_certified_before_the_crash() {
    let mut machine = Machine::new(rules(Some(0)));
    let first = candidate(1, 1, &start());
    accept(&mut machine, first);
    let effects = machine.step(certify(Phase::Finalize, first.place));
    let Effect::Persist(saved) = &effects[0] else { panic!("{effects:?}") };
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Commit { .. })));
    // The crash came after the write and before the commit.
    let mut again = Machine::restore(rules(Some(0)), saved.record, saved.certificates.clone(), None);
    assert!(again.step(Input::Start).contains(&Effect::Fetch(first.place)));
    assert_eq!(again.step(certify(Phase::Finalize, first.place)), [], "it is held");
    let effects = again.step(Input::Candidate(first));
    assert!(matches!(&effects[..], [Effect::Commit { candidate, .. }] if *candidate == first), "{effects:?}");
    // With the commit on disk, nothing is missing.
    let mut again = Machine::restore(rules(Some(0)), saved.record, saved.certificates.clone(), Some(first));
    assert!(!again.step(Input::Start).iter().any(|effect| matches!(effect, Effect::Fetch(_))));
}

#[test]
fn the_epoch_ends_although_a_higher_final_block_never_comes() {
    let rules = EpochRules { last_height: 11, ..rules(Some(0)) };
    let last = candidate(1, 1, &start());
    let (above, beyond) = (candidate(2, 1, &last), candidate(3, 1, &candidate(2, 1, &last)));
    let mut machine = Machine::new(rules);
    assert!(machine.step(certify(Phase::Finalize, beyond.place)).contains(&Effect::Fetch(beyond.place)));
    // Everybody else ended the epoch by the block above the last one, and has no later one.
    assert!(machine.step(certify(Phase::Finalize, above.place)).contains(&Effect::Fetch(above.place)));
    assert!(machine.step(Input::Candidate(above)).contains(&Effect::Fetch(last.place)));
    let effects = machine.step(Input::Candidate(last));
    let ended = |effect: &Effect| matches!(effect, Effect::Commit { candidate, .. } if *candidate == last);
    assert!(effects.iter().any(ended) && machine.is_over(), "{effects:?}");
}

#[test]
fn the_epoch_ends_with_its_last_block_whatever_is_certified_above_it() {
    let last = Candidate { height: LAST, ..candidate(1, 1, &start()) };
    let above = candidate(2, 1, &last);
    let mut machine = Machine::new(rules(Some(2)));
    accept(&mut machine, last);
    machine.step(certify(Phase::Notarize, last.place));
    let effects = timeout(&mut machine, Timer::Propose);
    assert_eq!(effects, [Effect::Build { view: View(2), parent: last, empty: true }]);
    machine.step(Input::Built(above));
    machine.step(certify(Phase::Notarize, above.place));
    let effects = machine.step(certify(Phase::Finalize, above.place));
    let committed = |effect: &Effect| {
        matches!(effect, Effect::Commit { candidate, certificate }
        if *candidate == last && certificate.statement.view == View(2))
    };
    assert!(effects.iter().any(committed), "{effects:?}");
    assert!(machine.is_over());
    assert_eq!(votes(&timeout(&mut machine, Timer::Advance)), []);
}

#[test]
fn an_observer_follows_and_says_nothing() {
    let mut machine = Machine::new(rules(None));
    let first = candidate(1, 1, &start());
    assert_eq!(votes(&accept(&mut machine, first)), []);
    assert_eq!(votes(&machine.step(certify(Phase::Notarize, first.place))), []);
    assert_eq!(votes(&timeout(&mut machine, Timer::Advance)), []);
    let effects = machine.step(certify(Phase::Finalize, first.place));
    assert!(matches!(effects.last(), Some(Effect::Commit { candidate, .. }) if *candidate == first));
}

#[test]
fn tells_of_certificates_that_contradict_each_other() {
    let pairs = [
        (certify(Phase::Notarize, place(1, 1)), certify(Phase::Notarize, place(1, 2))),
        (certify(Phase::Finalize, place(1, 1)), certify(Phase::Notarize, place(1, 2))),
        (certify(Phase::Nullify, place(1, 0)), certify(Phase::Finalize, place(1, 2))),
    ];
    for (held, found) in pairs {
        for (held, found) in [(&held, &found), (&found, &held)] {
            let mut machine = Machine::new(rules(Some(0)));
            machine.step(held.clone());
            let before = machine.committed().place;
            let effects = machine.step(found.clone());
            let told = |effect: &Effect| matches!(effect, Effect::Conflict { .. });
            assert!(effects.iter().any(told) || before.view == View(1), "{held:?} {found:?}: {effects:?}");
        }
    }
    let mut machine = Machine::new(rules(Some(0)));
    machine.step(certify(Phase::Notarize, place(1, 1)));
    let effects = machine.step(certify(Phase::Nullify, place(1, 0)));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Conflict { .. })), "both of these may be");
}

#[test]
fn refuses_ill_formed_statements() {
    let mut machine = Machine::new(rules(Some(0)));
    for (phase, view, digest) in
        [(Phase::Notarize, 1, Hash::ZERO), (Phase::Nullify, 1, digest(1, 1)), (Phase::Nullify, 0, Hash::ZERO)]
    {
        let statement = Statement { view: View(view), phase, digest };
        assert_eq!(machine.step(Input::Certificate(certificate(statement))), []);
    }
}

/// Four machines whose votes become certificates at once, with timers that are due only when nothing else happens.
struct Four {
    machines: Vec<Machine>,
    queue: VecDeque<(usize, Input)>,
    votes: BTreeMap<Statement, BTreeSet<usize>>,
    commits: Vec<Vec<Candidate>>,
    candidates: BTreeMap<Place, Candidate>,
    silent: Option<usize>,
}

impl Four {
    fn new(silent: Option<usize>) -> Self {
        let machines = (0..4).map(|index| Machine::new(rules(Some(index)))).collect();
        let queue = (0..4).map(|index| (index, Input::Start)).collect();
        let (votes, commits, candidates) = (BTreeMap::new(), vec![vec![]; 4], BTreeMap::new());
        Self { machines, queue, votes, commits, candidates, silent }
    }

    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            if self.queue.is_empty() {
                // Everybody waits.
                for (index, machine) in self.machines.iter().enumerate() {
                    let view = machine.record().cur;
                    let timers = [Timer::Propose, Timer::Advance, Timer::Resend];
                    self.queue.extend(timers.map(|timer| (index, Input::Timeout { timer, view })));
                }
            }
            let (index, input) = self.queue.pop_front().expect("there is a timer for each");
            let effects = self.machines[index].step(input);
            if self.silent != Some(index) {
                effects.into_iter().for_each(|effect| self.perform(index, effect));
            }
        }
    }

    fn perform(&mut self, index: usize, effect: Effect) {
        match effect {
            Effect::Vote(statement) => {
                let signers = self.votes.entry(statement).or_default();
                if signers.insert(index) && signers.len() as u128 == quorum_weight(4) {
                    self.queue.extend((0..4).map(|to| (to, Input::Certificate(certificate(statement)))));
                }
            }
            Effect::Propose(candidate) => {
                self.candidates.insert(candidate.place, candidate);
                self.queue.extend((0..4).filter(|to| *to != index).map(|to| (to, Input::Proposal(candidate))));
            }
            Effect::Build { view, parent, .. } => {
                let built = candidate(view.0, u8::try_from(index).expect("small") + 1, &parent);
                self.queue.push_front((index, Input::Built(built)));
            }
            Effect::Validate(candidate) => {
                self.queue.push_front((index, Input::Validated { place: candidate.place, valid: true }));
            }
            Effect::Fetch(place) => self.queue.push_back((index, Input::Candidate(self.candidates[&place]))),
            Effect::Commit { candidate, .. } => self.commits[index].push(candidate),
            Effect::SetTimer { timer: Timer::Propose, view, .. } => {
                self.queue.push_back((index, Input::Timeout { timer: Timer::Propose, view }));
            }
            _ => {}
        }
    }
}

#[test]
fn four_machines_make_a_block_in_each_view() {
    let mut four = Four::new(None);
    four.run(4_000);
    let length = four.commits.iter().map(Vec::len).min().expect("four");
    assert!(length > 60, "{length} blocks");
    for commits in &four.commits {
        assert_eq!(commits[..length], four.commits[0][..length]);
        assert!(commits.windows(2).all(|pair| pair[1].parent == pair[0].place && pair[1].height == pair[0].height + 1));
    }
}

#[test]
fn three_machines_go_on_without_the_fourth() {
    let mut four = Four::new(Some(2));
    four.run(4_000);
    let last = four.commits[0].last().expect("blocks were committed");
    assert!(last.height > 40, "{last:?}");
    let silent = |place: &Place| four.machines[0].rules().schedule.leader(place.view) == 2;
    assert!(!four.commits[0].iter().any(|candidate| silent(&candidate.place)));
}

#[test]
fn asks_for_the_gap_itself_however_much_is_held_below_it() {
    let mut machine = Machine::new(rules(Some(0)));
    for view in (1..=600).filter(|view| !(280..=300).contains(view)) {
        machine.step(certify(Phase::Nullify, place(view, 0)));
    }
    let effects = timeout(&mut machine, Timer::Resend);
    assert!(effects.contains(&Effect::Request { first: View(280), last: View(300) }), "{effects:?}");
    machine.step(certify(Phase::Nullify, place(280, 0)));
    let effects = timeout(&mut machine, Timer::Resend);
    assert!(effects.contains(&Effect::Request { first: View(281), last: View(300) }), "{effects:?}");
}

#[test]
fn checks_a_proposal_that_waited_for_its_parent_to_be_final() {
    let mut machine = Machine::new(rules(Some(0)));
    let first = candidate(1, 1, &start());
    let second = candidate(2, 1, &first);
    machine.step(certify(Phase::Finalize, first.place));
    let asks = [Effect::Request { first: View(1), last: View(1) }];
    assert_eq!(machine.step(Input::Proposal(second)), asks, "whose notarization is not held");
    let again = timeout(&mut machine, Timer::Resend);
    assert!(again.contains(&asks[0]), "it may have been lost: {again:?}");
    let effects = machine.step(Input::Candidate(first));
    assert!(matches!(&effects[..], [Effect::Commit { .. }, Effect::Validate(checked)] if *checked == second));
}

#[test]
fn who_only_observes_writes_no_record_and_goes_on_from_what_is_final() {
    let first = candidate(1, 1, &start());
    let mut machine = Machine::new(rules(None));
    let mut effects = machine.step(Input::Start);
    effects.extend(accept(&mut machine, first));
    effects.extend(machine.step(certify(Phase::Notarize, first.place)));
    effects.extend(machine.step(certify(Phase::Nullify, place(2, 0))));
    assert_eq!((machine.record().cur, votes(&effects)), (View(3), Vec::new()));
    let written = effects.iter().any(|effect| matches!(effect, Effect::Persist(_)));
    assert!(!written, "else who lost their record would have one again, and vote: {effects:?}");

    let far = candidate(200, 1, &first);
    let machine = Machine::restore(rules(None), Record::new(Epoch(3)), [], Some(far));
    assert_eq!(machine.record().cur, View(201));
}
