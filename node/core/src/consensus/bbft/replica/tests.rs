//! Replicas over a network in memory that delays, and drops what a test says.

use super::*;
use crate::consensus::bbft::testing::{Sums, equal_set, sign};
use crate::consensus::bbft::{Epoch, Schedule};
use std::collections::BTreeMap;

const CHAIN: Hash = Hash([5; 32]);
const HOP_MS: u64 = 10;
const LAST: u64 = 100_000;

/// What happens to somebody.
enum Item {
    Event(Event),
    /// A tick, unless the timer was set anew since.
    Tick(u64),
}

struct Net {
    replicas: Vec<Replica>,
    /// By time, then in the order in which they were made.
    queue: BTreeMap<(u64, u64), (usize, Item)>,
    made: u64,
    now_ms: u64,
    commits: Vec<Vec<Candidate>>,
    candidates: BTreeMap<Place, Candidate>,
    /// Messages by kind and view.
    sent: BTreeMap<(&'static str, View), u64>,
    reports: Vec<Evidence>,
    /// Who hears nothing and says nothing.
    silent: Vec<usize>,
    drop: fn(ValidatorIndex, ValidatorIndex, &Message) -> bool,
}

fn start() -> Candidate {
    let place = Place { view: View(0), digest: Hash([1; 32]) };
    Candidate { place, parent: Place { view: View(0), digest: Hash::ZERO }, height: 0 }
}

impl Net {
    fn new(validators: ValidatorIndex, supers: &[ValidatorIndex], relays: &[ValidatorIndex]) -> Self {
        Self::with_interval(0, validators, supers, relays)
    }

    fn with_interval(
        interval_ms: u64,
        validators: ValidatorIndex,
        supers: &[ValidatorIndex],
        relays: &[ValidatorIndex],
    ) -> Self {
        let set = Arc::new(equal_set(validators));
        let schedule = Schedule::new(validators, supers);
        let overlay = Overlay::new(validators, &schedule, relays, Hash([3; 32]));
        let replica = |me| {
            let rules = EpochRules {
                epoch: Epoch(0),
                start: start(),
                last_height: LAST,
                schedule: schedule.clone(),
                me: Some(me),
            };
            let timing = Timing { delay_ms: 100, interval_ms, max_delay_ms: 5_000 };
            let (set, overlay, scheme) = (set.clone(), overlay.clone(), Arc::new(Sums { me }));
            Replica::new(Setup { chain: CHAIN, rules, set, overlay, timing, scheme }, None)
        };
        let mut net = Self {
            replicas: (0..validators).map(replica).collect(),
            queue: BTreeMap::new(),
            made: 0,
            now_ms: 0,
            commits: vec![Vec::new(); usize::from(validators)],
            candidates: BTreeMap::new(),
            sent: BTreeMap::new(),
            reports: Vec::new(),
            silent: Vec::new(),
            drop: |_, _, _| false,
        };
        (0..usize::from(validators)).for_each(|index| net.push(0, index, Item::Event(Event::Start)));
        net
    }

    fn push(&mut self, at_ms: u64, index: usize, item: Item) {
        self.made += 1;
        self.queue.insert((at_ms, self.made), (index, item));
    }

    fn run_until(&mut self, end_ms: u64) {
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= end_ms) {
            let ((at_ms, _), (index, item)) = entry.remove_entry();
            self.now_ms = at_ms;
            let event = match item {
                Item::Event(event) => event,
                Item::Tick(set_ms) if self.replicas[index].timer_ms == Some(set_ms) => Event::Tick,
                Item::Tick(_) => continue,
            };
            for action in self.replicas[index].handle(at_ms, event) {
                self.perform(index, action);
            }
        }
    }

    fn perform(&mut self, index: usize, action: Action) {
        let from = ValidatorIndex::try_from(index).expect("small");
        match action {
            Action::Send { to, message } => {
                for to in to {
                    *self.sent.entry((message.kind(), view_of(&message))).or_default() += 1;
                    if !self.silent.contains(&usize::from(to)) && !(self.drop)(from, to, &message) {
                        let event = Event::Message { from, message: message.clone() };
                        self.push(self.now_ms + HOP_MS, usize::from(to), Item::Event(event));
                    }
                }
            }
            Action::Build { view, parent, .. } => {
                let mut digest = [from as u8 + 1; 32];
                digest[..8].copy_from_slice(&view.0.to_le_bytes());
                let place = Place { view, digest: Hash(digest) };
                let candidate = Candidate { place, parent: parent.place, height: parent.height + 1 };
                self.candidates.insert(place, candidate);
                self.answer(index, Input::Built(candidate));
            }
            Action::Validate(candidate) => self.answer(index, Input::Validated { place: candidate.place, valid: true }),
            Action::Fetch(place) => self.answer(index, Input::Candidate(self.candidates[&place])),
            Action::Commit { candidate, certificate } => {
                assert!(self.replicas[index].collector.verify(&certificate));
                self.commits[index].push(candidate);
            }
            Action::SetTimer { at_ms } => self.push(at_ms.max(self.now_ms + 1), index, Item::Tick(at_ms)),
            Action::Report(evidence) => self.reports.push(*evidence),
            Action::Conflict { held, found } => panic!("{held:?} and {found:?}"),
            Action::Persist(_) | Action::EpochEnded => {}
        }
    }

    fn answer(&mut self, index: usize, input: Input) {
        self.push(self.now_ms, index, Item::Event(Event::Answer(input)));
    }

    /// The height that so many have reached, with agreement of all checked.
    fn height_of_all_but(&self, silent: &[usize]) -> u64 {
        let mut by_height: BTreeMap<u64, Place> = BTreeMap::new();
        for candidate in self.commits.iter().flatten() {
            let known = by_height.entry(candidate.height).or_insert(candidate.place);
            assert_eq!(*known, candidate.place, "two blocks at {}", candidate.height);
        }
        let others = self.commits.iter().enumerate().filter(|(index, _)| !silent.contains(index));
        others.map(|(_, commits)| commits.last().map_or(0, |last| last.height)).min().expect("somebody")
    }

    fn count(&self, kinds: &[&'static str], view: u64) -> u64 {
        kinds.iter().map(|kind| self.sent.get(&(*kind, View(view))).copied().unwrap_or(0)).sum()
    }
}

fn view_of(message: &Message) -> View {
    match message {
        Message::Proposal(proposal) => proposal.candidate.place.view,
        Message::Vote(vote) => vote.statement.view,
        Message::Partial(partial) => partial.statement.view,
        Message::Certificates(certificates) => certificates[0].statement.view,
        Message::Request { first, .. } => *first,
        Message::Ask { view } => *view,
        Message::Evidence(evidence) => evidence.first.statement.view,
    }
}

const SHAPES: [(ValidatorIndex, &[ValidatorIndex], &[ValidatorIndex]); 7] = [
    (4, &[0, 1, 2, 3], &[]),
    (4, &[2], &[]),
    (4, &[0, 3], &[]),
    (7, &[1, 5], &[]),
    (10, &[0, 1, 2], &[]),
    (16, &[0, 1, 2, 3], &[]),
    (27, &[0, 1, 2], &[3, 4, 5, 6, 7, 8]),
];

#[test]
fn every_shape_of_overlay_makes_blocks_as_fast_as_its_hops() {
    for (validators, supers, relays) in SHAPES {
        let mut net = Net::new(validators, supers, relays);
        net.run_until(2_000);
        let hops = if relays.is_empty() { 5 } else { 8 };
        let height = net.height_of_all_but(&[]);
        assert!(height >= 2_000 / (hops * HOP_MS) - 3, "{validators} validators, {supers:?}: {height} blocks");
        assert!(net.replicas.iter().all(|replica| replica.refusals().forged == 0 && replica.refusals().malformed == 0));
    }
}

#[test]
fn a_phase_takes_no_more_messages_than_the_formula() {
    for validators in [4_u16, 7, 10, 16, 25, 36] {
        for supers in 1..=validators.isqrt() {
            let chosen: Vec<_> = (0..supers).collect();
            let mut net = Net::new(validators, &chosen, &[]);
            net.run_until(1_000);
            let (n, m) = (u64::from(validators), u64::from(supers));
            let formula = m * m + 3 * n - 2 * m;
            for view in 3..8 {
                let all = net.count(&["proposal", "vote", "partial", "certificates"], view);
                let finalize = (n - m) + m * (m - 1) + (n - m);
                let kinds =
                    ["proposal", "vote", "partial", "certificates"].map(|kind| (kind, net.count(&[kind], view)));
                assert!(all <= formula + finalize, "N {n}, M {m}: {all} in view {view}: {kinds:?}");
                let first_phase = all - finalize.min(all);
                assert!(first_phase <= 4 * n - 2 * n.isqrt(), "N {n}, M {m}: {first_phase} in view {view}");
                assert_eq!(net.count(&["request", "ask", "evidence"], view), 0);
            }
        }
    }
}

#[test]
fn goes_on_with_a_third_silent_whoever_they_are() {
    for (validators, supers, relays) in SHAPES {
        let faulty = (validators - 1) / 3;
        for first in (0..validators).step_by(usize::from(validators / 4)) {
            let silent: Vec<usize> = (0..faulty).map(|offset| usize::from((first + offset * 2) % validators)).collect();
            let mut net = Net::new(validators, supers, relays);
            net.queue.retain(|_, (index, _)| !silent.contains(index));
            net.silent.clone_from(&silent);
            net.run_until(60_000);
            let height = net.height_of_all_but(&silent);
            assert!(height >= 10, "{validators} validators, supers {supers:?}, silent {silent:?}: {height} blocks");
        }
    }
}

#[test]
fn commits_although_the_leader_is_cut_off_after_its_proposal() {
    let mut net = Net::new(7, &[0, 1], &[]);
    // What the leader of view 2 hears or says about it, but for its proposal, is lost.
    net.drop = |from, to, message| {
        let leader = 0;
        let cut = view_of(message) == View(2) && (from == leader || to == leader);
        cut && !matches!(message, Message::Proposal(_))
    };
    net.run_until(3_000);
    let mut place = net.commits[3].last().expect("blocks were committed").place;
    while place.view > View(2) {
        place = net.candidates[&place].parent;
    }
    assert_eq!(place.view, View(2));
    assert!(net.height_of_all_but(&[0]) > 10);
}

#[test]
fn who_was_cut_off_catches_up_from_an_answer() {
    let mut net = Net::new(4, &[0, 1, 2, 3], &[]);
    net.drop = |from, to, _| from == 3 || to == 3;
    net.run_until(2_000);
    assert_eq!(net.commits[3].len(), 0);
    assert!(net.height_of_all_but(&[3]) > 5);
    net.drop = |_, _, _| false;
    net.run_until(4_000);
    let height = net.height_of_all_but(&[3]);
    assert!(net.height_of_all_but(&[]) + 3 >= height, "of {height}");
}

#[test]
fn keeps_the_timers_of_the_view_that_its_own_vote_led_to() {
    let mut net = Net::new(4, &[0, 1, 2, 3], &[]);
    let replica = &mut net.replicas[0];
    replica.handle(0, Event::Start);
    let statement = Statement::nullify(View(1));
    for signer in [2, 3] {
        let signature = sign(signer, &crate::consensus::bbft::signed_bytes(CHAIN, Epoch(0), &statement));
        let message = Message::Vote(crate::consensus::bbft::Vote { statement, signer, signature });
        replica.handle(1, Event::Message { from: signer, message });
    }
    // Both timers of view 1 are due, and the vote upon the first of them completes the certificate.
    let actions = replica.handle(10_000, Event::Tick);
    assert_eq!(replica.machine.record().cur, View(2));
    let timers: Vec<_> = replica.timers.iter().map(|(timer, (view, _))| (*timer, *view)).collect();
    assert_eq!(timers, [(Timer::Leader, View(2)), (Timer::Advance, View(2))]);
    assert!(actions.iter().any(|action| matches!(action, Action::SetTimer { .. })));
}

#[test]
fn one_who_votes_twice_is_reported_once_by_everybody() {
    let mut net = Net::new(4, &[0, 1, 2, 3], &[]);
    net.run_until(100);
    let view = net.replicas[0].machine.record().cur.next().next();
    for digest in 1..4 {
        let statement = Statement::notarize(view, Hash([digest; 32]));
        let signature = net.replicas[3].collector.sign(&statement);
        let message = Message::Vote(crate::consensus::bbft::Vote { statement, signer: 3, signature });
        net.push(net.now_ms, 0, Item::Event(Event::Message { from: 3, message }));
    }
    net.run_until(200);
    assert!(net.reports.iter().all(|evidence| evidence.first.signer == 3));
    assert_eq!(net.reports.len(), 4, "each of the four once");
}

fn vote(statement: Statement, signer: ValidatorIndex) -> crate::consensus::bbft::Vote {
    let signature = sign(signer, &crate::consensus::bbft::signed_bytes(CHAIN, Epoch(0), &statement));
    crate::consensus::bbft::Vote { statement, signer, signature }
}

fn certificate(statement: Statement) -> Certificate {
    let mut signers = Signers::none(4);
    let signatures: Vec<_> = [1, 2, 3].map(|signer| vote(statement, signer).signature).to_vec();
    [1, 2, 3].into_iter().for_each(|signer| assert!(signers.insert(signer)));
    let signature = Sums { me: 0 }.sum(&signatures).expect("sums add up");
    Certificate { statement, signers, signature }
}

fn false_certificate(view: u64) -> Certificate {
    Certificate { signature: Signature([7; 48]), ..certificate(Statement::nullify(View(view))) }
}

/// A proposal of the validator who leads the view, of four.
fn proposal(view: u64, justification: Vec<Certificate>) -> Proposal {
    let place = Place { view: View(view), digest: Hash([9; 32]) };
    let candidate = Candidate { place, parent: start().place, height: 1 };
    let leader = Schedule::all(4).leader(View(view));
    let signature = vote(Statement::notarize(View(view), place.digest), leader).signature;
    Proposal { candidate, signature, justification }
}

fn message(from: ValidatorIndex, message: Message) -> Event {
    Event::Message { from, message }
}

fn count(actions: &[Action], is: impl Fn(&Message) -> bool) -> usize {
    let sent = |action: &&Action| matches!(action, Action::Send { message, .. } if is(message));
    actions.iter().filter(sent).count()
}

#[test]
fn who_sends_wrong_signatures_costs_a_few_checks_and_no_more() {
    let right = || vec![certificate(Statement::nullify(View(1)))];
    let false_vote = crate::consensus::bbft::Vote { signer: 3, ..vote(Statement::nullify(View(1)), 2) };
    let evidence = Evidence { first: vote(Statement::nullify(View(1)), 2), second: false_vote };
    let wrong = [
        Message::Certificates((1..=256).map(false_certificate).collect()),
        Message::Proposal(Box::new(proposal(2, (3..=200).map(false_certificate).collect()))),
        Message::Proposal(Box::new(Proposal { signature: Signature([7; 48]), ..proposal(2, Vec::new()) })),
        Message::Evidence(Box::new(evidence)),
    ];
    for wrong in wrong {
        let mut net = Net::new(4, &[0, 1, 2, 3], &[]);
        let replica = &mut net.replicas[0];
        replica.handle(0, Event::Start);
        for faults in 1..=u64::from(crate::consensus::bbft::MAX_FAULTS) {
            replica.handle(1, message(3, wrong.clone()));
            assert_eq!(replica.refusals().forged, faults, "one check each: {}", wrong.kind());
        }
        replica.handle(2, message(3, Message::Certificates(right())));
        assert_eq!(replica.machine.record().cur, View(1), "3 is believed no more");
        replica.handle(3, message(2, Message::Certificates(right())));
        assert_eq!(replica.machine.record().cur, View(2));
    }
}

#[test]
fn passes_on_only_certificates_that_it_checked() {
    let mut net = Net::new(4, &[0], &[]);
    let replica = &mut net.replicas[0];
    replica.handle(0, Event::Start);
    let held = certificate(Statement::nullify(View(1)));
    replica.handle(1, message(2, Message::Certificates(vec![held.clone()])));
    // A wrong certificate of what is held already is not looked at, and would be held against who passes it on.
    let leader = replica.machine.rules().schedule.leader(View(4));
    let mut proposal = proposal(4, vec![false_certificate(1)]);
    let statement = Statement::notarize(View(4), proposal.candidate.place.digest);
    proposal.signature = vote(statement, leader).signature;
    let actions = replica.handle(2, message(leader, Message::Proposal(Box::new(proposal))));
    let sound = |message: &Message| matches!(message, Message::Proposal(sent) if sent.justification == [held.clone()]);
    assert_eq!(count(&actions, sound), 1, "{actions:?}");
    assert_eq!(count(&actions, |message| message.kind() == "proposal"), 1);
}

#[test]
fn who_missed_the_end_of_the_epoch_is_told_by_those_who_did_not() {
    let mut net = Net::new(4, &[0, 1, 2], &[]);
    for replica in &mut net.replicas {
        replica.machine = Machine::new(EpochRules { last_height: 3, ..replica.machine.rules().clone() });
    }
    // Validator 3 never hears of the end, and its finalization is lost: what it says is of a view that never ends.
    net.drop = |from, to, message| match message {
        Message::Certificates(certificates) => to == 3 && certificates[0].statement.phase == Phase::Finalize,
        Message::Vote(vote) => (from == 3 || to == 3) && vote.statement.phase == Phase::Finalize,
        _ => false,
    };
    net.run_until(1_000);
    assert!(net.replicas[..3].iter().all(|replica| replica.machine.is_over()) && !net.replicas[3].machine.is_over());
    net.drop = |from, _, message| {
        from == 3 && matches!(message, Message::Vote(vote) if vote.statement.phase == Phase::Finalize)
    };
    net.run_until(3_000);
    assert!(net.replicas[3].machine.is_over());
    let sent: u64 = net.sent.values().sum();
    net.run_until(60_000);
    assert_eq!(net.sent.values().sum::<u64>(), sent, "then all is quiet");
}

#[test]
fn a_clock_that_is_set_back_delays_nothing_for_long() {
    let day_ms = 86_400_000;
    let mut net = Net::new(4, &[0, 1, 2, 3], &[]);
    let replica = &mut net.replicas[0];
    replica.handle(day_ms, Event::Start);
    let actions = replica.handle(5, Event::Tick);
    let soon = |action: &Action| matches!(action, Action::SetTimer { at_ms } if *at_ms <= 305);
    assert!(actions.iter().any(soon), "{actions:?}");
    replica.handle(305, Event::Tick);
    assert_eq!(replica.machine.record().max_x, View(1), "the advance timer is due after three delays");
}

#[test]
fn asks_for_a_proposal_again_and_serves_each_no_faster() {
    let mut net = Net::new(4, &[0, 1, 2, 3], &[]);
    let replica = &mut net.replicas[0];
    replica.handle(0, Event::Start);
    let asked = |now_ms| count(&replica.handle(now_ms, Event::Tick), |message| message.kind() == "ask");
    let asked: usize = (1..=1_000).map(asked).sum();
    assert!((3..=12).contains(&asked), "once each delay of 100 ms at most: {asked}");

    let replica = &mut net.replicas[2];
    replica.handle(0, Event::Start);
    replica.handle(1, message(1, Message::Proposal(Box::new(proposal(1, Vec::new())))));
    let served = |at_ms| count(&replica.handle(at_ms, message(3, Message::Ask { view: View(1) })), |_| true);
    assert_eq!([2, 2, 3, 26, 27, 51].map(served), [1, 0, 0, 0, 1, 0]);
}

#[test]
fn proposals_and_sums_are_forgotten_although_nothing_becomes_final() {
    let mut net = Net::new(4, &[0, 1, 2, 3], &[]);
    let replica = &mut net.replicas[0];
    replica.handle(0, Event::Start);
    for view in 1..=300 {
        let leader = Schedule::all(4).leader(View(view));
        if leader != 0 {
            replica.handle(view, message(leader, Message::Proposal(Box::new(proposal(view, Vec::new())))));
        }
        replica.handle(view, message(2, Message::Certificates(vec![certificate(Statement::nullify(View(view)))])));
    }
    assert_eq!(replica.machine.record().cur, View(301));
    assert!(replica.proposals.len() <= 65 && replica.distributed.len() <= 130, "{}", replica.proposals.len());
    assert!(!replica.sums.is_empty() && replica.sums.len() <= 130, "{}", replica.sums.len());
}

#[test]
fn blocks_come_each_interval_however_long_the_votes_take() {
    let mut net = Net::with_interval(500, 10, &[0, 1, 2], &[]);
    net.run_until(20_000);
    let height = net.height_of_all_but(&[]);
    assert!((39..=41).contains(&height), "{height} blocks in 20 s");
}

#[test]
fn answers_votes_of_old_views_and_not_each_repetition_in_its_own_view() {
    let mut net = Net::new(4, &[0, 1, 2, 3], &[]);
    let replica = &mut net.replicas[0];
    replica.handle(0, Event::Start);
    replica.handle(1, message(2, Message::Certificates(vec![certificate(Statement::nullify(View(1)))])));
    let mut told = |now_ms, view| {
        let vote = vote(Statement::nullify(View(view)), 3);
        count(&replica.handle(now_ms, message(3, Message::Vote(vote))), |message| message.kind() == "certificates")
    };
    assert_eq!([told(100, 2), told(200, 2)], [0, 0], "who is in the same view lacks nothing");
    assert_eq!([told(300, 1), told(400, 1)], [0, 1], "who is behind hears of it when they repeat themselves");
}
