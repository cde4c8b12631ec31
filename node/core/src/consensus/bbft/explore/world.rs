//! The bounded world: which candidates there can be, what can be said of them, and what contradicts what.
//!
//! Candidates and statements are numbered, so that a set of them is the bits of one number.

use super::Flaw;
use crate::consensus::bbft::{
    Candidate, Certificate, Epoch, EpochRules, Phase, Place, Schedule, Signature, Signers, Statement, ValidatorIndex,
    View, quorum_weight,
};
use std::collections::BTreeMap;
use std::fmt;
use tenon_types::{Hash, blake2b_256};

/// Validators, of which one is Byzantine.
pub(super) const VALIDATORS: ValidatorIndex = 4;
/// Machines that run the real code.
pub(super) const HONEST: usize = 3;
/// Statements of a world at most: the bits of a set.
const MAX_STATEMENTS: usize = 128;
const START_HEIGHT: u64 = 10;

/// A set of numbered statements or candidates.
pub(super) type Set = u128;

/// Who leads the views.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Leaders {
    /// The Byzantine validator, all of them. The honest ones are alike.
    Byzantine,
    /// Everybody in turn; the Byzantine one is this.
    InTurn(ValidatorIndex),
}

/// What the adversary may do with messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Delivery {
    /// Everything, one input at a time.
    Free,
    /// Proposals come when they can be voted on, and what a machine asks for is answered at once.
    Answered,
    /// So, and certificates come at once where they take no choice away: all that can make a difference to safety.
    Reduced,
}

/// How the effects are performed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Driver {
    /// In the order given.
    Sound,
    /// What is to be written is written last.
    SendsFirst,
    /// The record is written, the certificates beside it are not.
    LosesCertificates,
}

/// What the validators weigh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Weights {
    pub(super) honest: [u128; HONEST],
    pub(super) byzantine: u128,
}

impl Weights {
    pub(super) const EQUAL: Self = Self { honest: [1; HONEST], byzantine: 1 };

    pub(super) fn total(self) -> u128 {
        self.honest.iter().sum::<u128>() + self.byzantine
    }

    /// The honest machines, as bits, that make a quorum with the Byzantine validator and would not with one less.
    pub(super) fn quorums(self) -> Vec<usize> {
        let weight = |set: usize| {
            let honest = self.honest.iter().enumerate().filter(|(machine, _)| set & (1 << machine) != 0);
            honest.map(|(_, weight)| weight).sum::<u128>() + self.byzantine
        };
        let decides = |set: usize| weight(set) >= quorum_weight(self.total());
        let is_least =
            |set: &usize| decides(*set) && (0..HONEST).all(|one| set & (1 << one) == 0 || !decides(set & !(1 << one)));
        (0..1 << HONEST).filter(is_least).collect()
    }
}

/// What counts as a violation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Watch {
    /// Two final blocks of which none descends from the other, or commits that disagree.
    Forks,
    /// Also certificates of which there must be only one.
    Certificates,
    /// Also evidence against an honest validator, and votes that are not on disk.
    All,
}

/// How far is explored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) views: u64,
    /// Crashes of all machines together.
    pub(super) crashes: u8,
    /// Up to this view there are two candidates on each parent, above it one.
    pub(super) twins: u64,
    pub(super) leaders: Leaders,
    pub(super) weights: Weights,
    pub(super) delivery: Delivery,
    /// Whether certificates that finalize are delivered. They are formed anyway, and must not contradict each other.
    pub(super) finals: bool,
    /// Blocks of the epoch, above which nothing is final.
    pub(super) blocks: u64,
    pub(super) flaw: Option<Flaw>,
    /// Around the machine a rule may be broken, too.
    pub(super) driver: Driver,
    pub(super) watch: Watch,
    /// States after which it is given up.
    pub(super) states: usize,
}

impl Bounds {
    pub(super) const fn new(views: u64, crashes: u8) -> Self {
        Self {
            views,
            crashes,
            twins: 1,
            leaders: Leaders::Byzantine,
            weights: Weights::EQUAL,
            delivery: Delivery::Reduced,
            finals: true,
            blocks: 1_000,
            flaw: None,
            driver: Driver::Sound,
            watch: Watch::All,
            states: 60_000_000,
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { views, crashes, twins, leaders, weights, delivery, watch, .. } = self;
        write!(formatter, "{views} views, {crashes} crashes, twins up to view {twins}, {delivery:?} delivery, ")?;
        match leaders {
            Leaders::Byzantine => write!(formatter, "a Byzantine leader")?,
            Leaders::InTurn(byzantine) => write!(formatter, "leaders in turn ({byzantine} is Byzantine)")?,
        }
        if *weights != Weights::EQUAL {
            write!(formatter, ", weights {:?} and {} of the Byzantine one", weights.honest, weights.byzantine)?;
        }
        if !self.finals {
            formatter.write_str(", no final certificate delivered")?;
        }
        if self.blocks < self.views {
            write!(formatter, ", an epoch of {} blocks", self.blocks)?;
        }
        if self.driver != Driver::Sound {
            write!(formatter, ", a driver that {:?}", self.driver)?;
        }
        if let Some(flaw) = self.flaw {
            write!(formatter, ", {flaw:?}")?;
        }
        write!(formatter, ", watching {watch:?}")
    }
}

/// A statement with what it contradicts.
pub(super) struct Said {
    pub(super) statement: Statement,
    /// Certificates of these may not be beside its own.
    pub(super) conflicts: Set,
    /// Those of them that are final blocks beside it.
    pub(super) forks: Set,
    /// Who says this and one of these is convicted.
    pub(super) evidence: Set,
}

/// All that can be said within bounds.
pub(super) struct World {
    pub(super) bounds: Bounds,
    /// The first is the start.
    pub(super) candidates: Vec<Candidate>,
    variants: Vec<u8>,
    numbers: BTreeMap<Hash, usize>,
    pub(super) said: Vec<Said>,
    /// By candidate: itself, its ancestors and its descendants.
    pub(super) related: Vec<Set>,
    /// See [`Weights::quorums`].
    pub(super) quorums: Vec<usize>,
}

pub(super) const fn bit(number: usize) -> Set {
    1 << number
}

/// The numbers in a set.
pub(super) fn members(mut set: Set) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let number = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(number)
    })
}

pub(super) fn start() -> Candidate {
    let place = Place { view: View(0), digest: blake2b_256(b"start") };
    Candidate { place, parent: Place { view: View(0), digest: Hash::ZERO }, height: START_HEIGHT }
}

/// The one block of its view, parent and variant.
pub(super) fn child(view: View, parent: &Candidate, variant: u8) -> Candidate {
    let mut bytes = parent.place.digest.0.to_vec();
    bytes.extend_from_slice(&view.0.to_le_bytes());
    bytes.push(variant);
    Candidate { place: Place { view, digest: blake2b_256(&bytes) }, parent: parent.place, height: parent.height + 1 }
}

/// A certificate carries nothing but its statement to a machine, which takes it as verified.
pub(super) fn certificate(statement: Statement) -> Certificate {
    Certificate { statement, signers: Signers::none(usize::from(VALIDATORS)), signature: Signature([0; 48]) }
}

impl World {
    pub(super) fn new(bounds: Bounds) -> Self {
        let (candidates, variants) = all_candidates(&bounds);
        let numbers: BTreeMap<_, _> = candidates.iter().enumerate().map(|(i, c)| (c.place.digest, i)).collect();
        let parent = |number: usize| numbers.get(&candidates[number].parent.digest).copied();
        let line = |number: usize| std::iter::successors(Some(number), |number| parent(*number));
        let above: Vec<Set> = (0..candidates.len()).map(|i| line(i).fold(0, |set, j| set | bit(j))).collect();
        let descends = |i: usize, j: usize| above[i] & bit(j) != 0;
        let count = candidates.len();
        let of = |i| (0..count).filter(|j| descends(i, *j) || descends(*j, i)).fold(0, |set, j| set | bit(j));
        let related: Vec<Set> = (0..count).map(of).collect();
        let statements = all_statements(&bounds, &candidates);
        assert!(
            statements.len() <= MAX_STATEMENTS,
            "{} statements, expected at most {MAX_STATEMENTS}",
            statements.len()
        );
        let are_related =
            |one: &Statement, other: &Statement| related[numbers[&one.digest]] & bit(numbers[&other.digest]);
        let select = |statement: &Statement, test: &dyn Fn(&Statement, &Statement) -> bool| {
            let found =
                statements.iter().enumerate().filter(|(_, other)| *other != statement && test(statement, other));
            found.fold(0, |set, (number, _)| set | bit(number))
        };
        let forks = |one: &Statement, other: &Statement| {
            one.phase == Phase::Finalize && other.phase == Phase::Finalize && are_related(one, other) == 0
        };
        let beside = |one: &Statement, other: &Statement| {
            let nullified = (one.phase == Phase::Nullify) != (other.phase == Phase::Nullify);
            let differ = if nullified { true } else { one.digest != other.digest };
            let notarized = one.phase == Phase::Notarize || other.phase == Phase::Notarize;
            one.view == other.view && differ && !(nullified && notarized)
        };
        let convicts = |one: &Statement, other: &Statement| {
            let mixed = (one.phase == Phase::Notarize) != (other.phase == Phase::Notarize);
            beside(one, other) && !mixed
        };
        let describe = |statement: &Statement| Said {
            statement: *statement,
            forks: select(statement, &forks),
            conflicts: select(statement, &beside) | select(statement, &forks),
            evidence: select(statement, &convicts),
        };
        let said = statements.iter().map(describe).collect();
        Self { bounds, candidates, variants, numbers, said, related, quorums: bounds.weights.quorums() }
    }

    pub(super) fn rules(&self, machine: usize) -> EpochRules {
        let (schedule, me) = match self.bounds.leaders {
            // Validator 3 leads views 1 to 3, 5 to 8, and so on.
            Leaders::Byzantine => (Schedule::new(VALIDATORS, &[3]), 1),
            Leaders::InTurn(byzantine) => (Schedule::all(VALIDATORS), self.honest(machine, byzantine)),
        };
        let last_height = START_HEIGHT + self.bounds.blocks;
        EpochRules { epoch: Epoch(3), start: start(), last_height, schedule, me: Some(me) }
    }

    fn honest(&self, machine: usize, byzantine: ValidatorIndex) -> ValidatorIndex {
        (0..VALIDATORS).filter(|index| *index != byzantine).nth(machine).expect("three are honest")
    }

    /// Whether the machines are alike, so that states differ only by who is who.
    pub(super) fn symmetric(&self) -> bool {
        let [first, second, third] = self.bounds.weights.honest;
        self.bounds.leaders == Leaders::Byzantine && first == second && second == third
    }

    pub(super) fn is_led_by_byzantine(&self, view: View) -> bool {
        match self.bounds.leaders {
            Leaders::Byzantine => true,
            Leaders::InTurn(byzantine) => Schedule::all(VALIDATORS).leader(view) == byzantine,
        }
    }

    pub(super) fn number(&self, place: &Place) -> Option<usize> {
        self.numbers.get(&place.digest).copied()
    }

    pub(super) fn statement(&self, statement: &Statement) -> Option<usize> {
        self.said.iter().position(|said| said.statement == *statement)
    }

    /// The candidate of the first variant beside one of a second.
    pub(super) fn first_variant(&self, number: usize) -> Option<usize> {
        (self.variants[number] > 0).then(|| number - 1)
    }

    pub(super) fn candidate_name(&self, number: usize) -> String {
        let candidate = &self.candidates[number];
        if number == 0 {
            return "start".to_owned();
        }
        let parent = self.number(&candidate.parent).map_or("?".to_owned(), |parent| self.candidate_name(parent));
        let letter = if self.variants[number] == 0 { 'a' } else { 'b' };
        format!("{}{letter} on {parent}", candidate.place.view)
    }

    pub(super) fn statement_name(&self, statement: &Statement) -> String {
        let named = self.numbers.get(&statement.digest).map(|number| self.candidate_name(*number));
        let what = named.unwrap_or_else(|| statement.view.to_string());
        match statement.phase {
            Phase::Notarize => format!("N({what})"),
            Phase::Nullify => format!("X({what})"),
            Phase::Finalize => format!("F({what})"),
        }
    }
}

/// A candidate of each view on each candidate before it, or two.
fn all_candidates(bounds: &Bounds) -> (Vec<Candidate>, Vec<u8>) {
    let (mut candidates, mut variants) = (vec![start()], vec![0]);
    for view in 1..=bounds.views {
        for parent in candidates.clone() {
            for variant in 0..if view <= bounds.twins { 2 } else { 1 } {
                candidates.push(child(View(view), &parent, variant));
                variants.push(variant);
            }
        }
    }
    (candidates, variants)
}

fn all_statements(bounds: &Bounds, candidates: &[Candidate]) -> Vec<Statement> {
    let named = candidates.iter().skip(1).map(|candidate| (candidate.place.view, candidate.place.digest));
    let notarize = named.clone().map(|(view, digest)| Statement::notarize(view, digest));
    let finalize = named.map(|(view, digest)| Statement::finalize(view, digest));
    let nullify = (1..=bounds.views).map(|view| Statement::nullify(View(view)));
    notarize.chain(finalize).chain(nullify).collect()
}
