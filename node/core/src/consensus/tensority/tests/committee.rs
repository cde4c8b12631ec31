//! A committee that makes blocks final, beside miners who make them.

use super::forge::{Forge, Wish};
use super::host::Host;
use super::world::{Links, World};
use super::*;
use crate::consensus::bbft::testing::Sums;
use crate::consensus::bbft::{Message, Timing, Validator, ValidatorIndex, ValidatorSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const VALIDATORS: u8 = 4;
const SIGMA: u64 = 3;
const MAX_GAP: u64 = 12;

fn set() -> Arc<ValidatorSet> {
    let validator = |who: u8| Validator { account: account(200 + who), bls_key: [who; 96], weight: 1 };
    Arc::new(ValidatorSet::new((0..VALIDATORS).map(validator).collect()).expect("a set"))
}

fn rules() -> WorkRules {
    WorkRules {
        first_bits: bits_of(100),
        spacing_ms: 20_000,
        retarget_blocks: 30,
        committee: Some(CommitteeRules { sigma: SIGMA, max_gap: MAX_GAP }),
        ..quick_rules()
    }
}

fn finalizer(chain: Hash, seat: Option<ValidatorIndex>, fresh: bool, persisted: Option<&[u8]>) -> Finalizer {
    let timing = Timing { delay_ms: 1_000, interval_ms: 0, max_delay_ms: 8_000 };
    let scheme = Arc::new(Sums { me: seat.unwrap_or(99) });
    Finalizer::new(FinalizerSetup { chain, sigma: SIGMA, set: set(), seat, scheme, timing, fresh }, persisted)
}

enum Mail {
    Vote(ValidatorIndex, Message, Option<Box<Ballot>>),
    Want(usize, Hash),
    Ballot(Ballot),
    Finality(Box<WorkFinality>),
}

/// Miners, and behind them validators, each with a finalizer.
struct Committee {
    world: World,
    miners: usize,
    finalizers: Vec<Finalizer>,
    disks: Vec<Option<Vec<u8>>>,
    timers: Vec<Option<u64>>,
    mail: BTreeMap<(u64, u64), (usize, Mail)>,
    sent: u64,
    random: Random,
    silent: BTreeSet<usize>,
    /// After so many effects of a finalizer it loses power.
    crash_every: Option<u64>,
    effects: u64,
    crashes: u64,
    now_ms: u64,
    sent_finality: Option<WorkFinality>,
    /// A validator who votes by a chain that nobody else has.
    liar: Option<(usize, Host)>,
}

impl Committee {
    fn new(rates: &[u64], seed: u64) -> Self {
        let miners = rates.len();
        let rates = [rates, &[0; VALIDATORS as usize]].concat();
        let links = Links { delay_ms: (100, 2_000), lost: 30 };
        let validators: BTreeSet<Address> = set().validators().iter().map(|one| one.account).collect();
        let world = World::with(rules(), &rates, links, seed, |setup| setup.validators = validators.clone());
        let genesis = world.forge.genesis;
        let seat = |who: usize| who.checked_sub(miners).map(|seat| seat as ValidatorIndex);
        let finalizers = (0..rates.len()).map(|who| finalizer(genesis, seat(who), true, None)).collect();
        Self {
            now_ms: world.now_ms,
            world,
            miners,
            finalizers,
            disks: vec![None; rates.len()],
            timers: vec![None; rates.len()],
            mail: BTreeMap::new(),
            sent: 0,
            random: Random::new(seed + 1_000),
            silent: BTreeSet::new(),
            crash_every: None,
            effects: 0,
            crashes: 0,
            sent_finality: None,
            liar: None,
        }
    }

    fn post(&mut self, to: usize, mail: Mail) {
        if self.random.below(1_000) >= 30 {
            self.sent += 1;
            let at_ms = self.now_ms + 20 + self.random.below(400);
            self.mail.insert((at_ms, self.sent), (to, mail));
        }
    }

    fn give(&mut self, who: usize, input: FinalizerInput) {
        if self.silent.contains(&who) {
            return;
        }
        let own = self.liar.as_ref().filter(|(liar, _)| *liar == who).map(|(_, host)| &host.chain);
        let chain = own.unwrap_or(&self.world.hosts[who].chain);
        let effects = self.finalizers[who].handle(self.now_ms, input, chain);
        for effect in effects {
            self.perform(who, effect);
            self.effects += 1;
            if self.crash_every.is_some_and(|every| self.effects.is_multiple_of(every)) && who >= self.miners {
                return self.restart(who);
            }
        }
    }

    fn restart(&mut self, who: usize) {
        self.crashes += 1;
        let seat = who.checked_sub(self.miners).map(|seat| seat as ValidatorIndex);
        let fresh = self.disks[who].is_none();
        self.finalizers[who] = finalizer(self.world.forge.genesis, seat, fresh, self.disks[who].as_deref());
        self.timers[who] = Some(self.now_ms);
    }

    fn perform(&mut self, who: usize, effect: FinalizerEffect) {
        match effect {
            FinalizerEffect::Persist { bytes } => self.disks[who] = Some(bytes),
            FinalizerEffect::Send { to, message, ballot } => {
                let from = (who - self.miners) as ValidatorIndex;
                for to in to {
                    self.post(self.miners + usize::from(to), Mail::Vote(from, message.clone(), ballot.clone()));
                }
            }
            FinalizerEffect::Want { hash } => {
                for to in self.miners..self.finalizers.len() {
                    self.post(to, Mail::Want(who, hash));
                }
            }
            FinalizerEffect::Prefer { hash } => self.world.hosts[who].give(Input::Prefer { hash }),
            FinalizerEffect::Final(finality) => {
                let Ballot { block, height, .. } = finality.ballot;
                self.world.hosts[who].give(Input::Final { hash: block, height });
                for to in 0..self.finalizers.len() {
                    self.post(to, Mail::Finality(finality.clone()));
                }
                self.sent_finality = Some(*finality);
            }
            FinalizerEffect::SetTimer { at_ms } => self.timers[who] = Some(at_ms),
            FinalizerEffect::Halt { reason } => panic!("finalizer {who}: {reason}"),
        }
    }

    fn run(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.world.run(1);
            self.now_ms = self.world.now_ms - 1_000;
            for _ in 0..5 {
                self.now_ms += 200;
                for who in 0..self.finalizers.len() {
                    self.give(who, FinalizerInput::Chain);
                    if self.timers[who].take_if(|at_ms| *at_ms <= self.now_ms).is_some() {
                        self.give(who, FinalizerInput::Tick);
                    }
                }
                while let Some(entry) = self.mail.first_entry().filter(|entry| entry.key().0 <= self.now_ms) {
                    let (to, mail) = entry.remove();
                    match mail {
                        Mail::Vote(from, message, ballot) => {
                            self.give(to, FinalizerInput::Message { from, message, ballot });
                        }
                        Mail::Want(from, hash) => {
                            if let Some(ballot) = self.finalizers[to].ballot(&hash).copied() {
                                self.post(from, Mail::Ballot(ballot));
                            }
                        }
                        Mail::Ballot(ballot) => self.give(to, FinalizerInput::Ballot(ballot)),
                        Mail::Finality(finality) => self.give(to, FinalizerInput::Finality(finality)),
                    }
                }
            }
            self.check();
        }
    }

    /// What is final is so everywhere, and nobody stopped.
    fn check(&self) {
        let longest = self.world.hosts.iter().map(Host::finals).max_by_key(Vec::len).unwrap_or_default();
        for host in &self.world.hosts {
            let finals = host.finals();
            assert_eq!(finals[..], longest[..finals.len()]);
            assert_eq!(host.halted, None);
        }
    }

    fn heights(&self) -> Vec<(u64, u64)> {
        let of = |host: &Host| (host.chain.status().final_height, host.chain.status().height);
        self.world.hosts.iter().map(of).collect()
    }
}

#[test]
fn blocks_that_lie_sigma_deep_become_final_and_stay_so() {
    for seed in 0..3 {
        let mut committee = Committee::new(&[3, 2, 2], seed);
        committee.world.hosts[0].pool.extend(0..100);
        committee.run(1_200);
        for (last_final, head) in committee.heights() {
            assert!(head > 30 && head - last_final <= SIGMA + 3 && head - last_final >= SIGMA, "{last_final} {head}");
        }
        assert!(committee.finalizers.iter().map(Finalizer::votes).eq((0..7).map(|who| who >= 3)));
        let state = committee.world.hosts[0].state();
        assert!(state.balances.keys().all(|producer| producer.0[0] < 200), "no validator makes a block");
        assert_eq!(Some(state), committee.world.forge.state(&committee.world.hosts[0].head()).as_ref());
        assert_eq!(state.done.len(), 100);
    }
}

#[test]
fn a_third_that_is_silent_stops_nothing_and_more_stop_transactions_until_they_are_back() {
    let mut committee = Committee::new(&[4, 3], 7);
    committee.silent = [2].into();
    committee.run(600);
    let (before, _) = committee.heights()[0];
    assert!(before > 10, "one of four is silent: {before}");
    committee.silent = [2, 3].into();
    committee.run(600);
    committee.world.hosts[0].pool.extend(500..600);
    committee.world.hosts[1].pool.extend(500..600);
    committee.run(300);
    let (after, head) = committee.heights()[0];
    assert!(after <= before + 3 && head > after + MAX_GAP, "half is silent: {after} {head}");
    assert!(committee.world.hosts[0].state().done.is_empty(), "blocks are empty past the gap");
    // What is past the gap says so in its header, and would be refused otherwise.
    let line = committee.world.hosts[0].whole_line();
    let far = line.iter().map(|hash| committee.world.forge.get(hash).facts());
    assert!(far.filter(|facts| facts.height - facts.seal.finalized > MAX_GAP).all(|facts| facts.empty));
    committee.silent.clear();
    committee.run(600);
    for (last_final, head) in committee.heights() {
        assert!(head - last_final <= SIGMA + 3, "{last_final} {head}");
    }
    assert_eq!(committee.world.hosts[0].state().done.len(), 100);
}

#[test]
fn a_leader_who_names_blocks_of_a_private_branch_is_passed_over() {
    let mut committee = Committee::new(&[4, 3], 21);
    let mut forge = committee.world.forge.clone();
    let mut host = Host::new(&forge);
    let genesis = forge.genesis;
    let private = forge.row(&genesis, 60, 77);
    private.iter().for_each(|block| host.block(block, None));
    committee.liar = Some((committee.miners + 1, host));
    committee.run(900);
    for (last_final, head) in committee.heights() {
        assert!(last_final > 15 && head - last_final <= SIGMA + 3, "{last_final} {head}");
    }
    let finals = committee.world.hosts[0].finals();
    assert!(private.iter().all(|block| !finals.contains(&block.hash())));
}

#[test]
fn validators_that_crash_again_and_again_never_contradict_themselves() {
    for (seed, every) in [(1, 37), (2, 61), (3, 113)] {
        let mut committee = Committee::new(&[4, 3], seed);
        committee.crash_every = Some(every);
        committee.run(900);
        assert!(committee.crashes > 10, "{}", committee.crashes);
        committee.crash_every = None;
        committee.run(200);
        for (last_final, head) in committee.heights() {
            assert!(last_final > 10 && head - last_final <= SIGMA + 3, "{last_final} {head}");
        }
    }
}

#[test]
fn who_lost_their_record_follows_and_votes_no_more() {
    let mut committee = Committee::new(&[6], 4);
    committee.run(300);
    let who = committee.miners;
    let genesis = committee.world.forge.genesis;
    let mut damaged = committee.disks[who].clone().expect("persisted");
    damaged[9] ^= 1;
    for disk in [Some(damaged), None] {
        committee.finalizers[who] = finalizer(genesis, Some(0), false, disk.as_deref());
        committee.timers[who] = Some(committee.now_ms);
        assert!(!committee.finalizers[who].votes());
        let before = committee.heights()[who].0;
        committee.run(300);
        assert!(committee.heights()[who].0 > before + 3);
        // What it persists since says nothing of its votes before.
        let again = finalizer(genesis, Some(0), true, committee.disks[who].as_deref());
        assert!(!again.votes());
    }
}

#[test]
fn nobody_but_the_committee_makes_a_block_final() {
    let mut committee = Committee::new(&[6], 9);
    committee.run(200);
    let real = committee.sent_finality.clone().expect("some block is final");
    let genesis = committee.world.forge.genesis;
    let holds = |finality: &WorkFinality| finality.holds(genesis, &set(), &Sums { me: 99 });
    assert!(holds(&real) && !real.holds(Hash([9; 32]), &set(), &Sums { me: 99 }));
    let forged = |change: &dyn Fn(&mut WorkFinality)| {
        let mut forged = real.clone();
        change(&mut forged);
        forged
    };
    let mut few = crate::consensus::bbft::Signers::none(usize::from(VALIDATORS));
    few.insert(0);
    let wrong = [
        forged(&|one| one.ballot.block = Hash([1; 32])),
        forged(&|one| one.ballot.height += 1),
        forged(&|one| one.certificate.signature.0[0] ^= 1),
        forged(&|one| one.certificate.signers = few.clone()),
        forged(&|one| one.certificate.statement.phase = crate::consensus::bbft::Phase::Notarize),
        forged(&|one| one.certificate.statement.view = one.certificate.statement.view.next()),
    ];
    // A miner who has nothing but their own blocks.
    let host = Host::with(&committee.world.forge, |_| {});
    let mut follower = finalizer(genesis, None, false, None);
    for forged in wrong {
        assert!(!holds(&forged));
        let effects = follower.handle(1, FinalizerInput::Finality(Box::new(forged)), &host.chain);
        assert!(!effects.iter().any(|effect| matches!(effect, FinalizerEffect::Final(_))), "{effects:?}");
    }
    let effects = follower.handle(1, FinalizerInput::Finality(Box::new(real.clone())), &host.chain);
    assert!(effects.contains(&FinalizerEffect::Final(Box::new(real))), "{effects:?}");
}

fn refused(host: &Host) -> Option<&Refusal> {
    host.refused.last().map(|(_, _, reason)| reason)
}

#[test]
fn fork_choice_never_crosses_what_is_final() {
    let mut forge = Forge::new(rules());
    let genesis = forge.genesis;
    let mut host = Host::new(&forge);
    let mine = forge.row(&genesis, 8, 1);
    let theirs = forge.row(&mine[1].hash(), 3, 2);
    mine.iter().chain(&theirs).for_each(|block| host.block(block, None));
    assert_eq!(host.head(), mine[7].hash());
    // Final on the branch with less work: that one it is.
    host.give(Input::Final { hash: theirs[1].hash(), height: 4 });
    assert_eq!((host.head(), host.finals().len()), (theirs[2].hash(), 4));
    let more = forge.row(&mine[7].hash(), 2, 1);
    more.iter().for_each(|block| host.block(block, Some(1)));
    assert_eq!(host.head(), theirs[2].hash());
    let deep = forge.row(&mine[1].hash(), 1, 3);
    host.block(&deep[0], Some(1));
    assert_eq!(refused(&host), Some(&Refusal::Deep { fork: 2, final_height: 4 }));
    // Said again, or of an ancestor, it is nothing new; of another block it is a contradiction.
    host.give(Input::Final { hash: theirs[1].hash(), height: 4 });
    host.give(Input::Final { hash: mine[0].hash(), height: 1 });
    assert_eq!(host.halted, None);
    host.give(Input::Final { hash: mine[3].hash(), height: 4 });
    assert!(host.halted.as_ref().is_some_and(|reason| reason.contains("at height 4")), "{:?}", host.halted);
}

#[test]
fn a_final_block_that_is_not_here_is_asked_for_and_then_followed() {
    let mut forge = Forge::new(rules());
    let genesis = forge.genesis;
    let mut host = Host::new(&forge);
    let mine = forge.row(&genesis, 6, 1);
    let theirs = forge.row(&genesis, 4, 2);
    mine.iter().for_each(|block| host.block(block, None));
    for (peer, block) in (0..).zip(super::floods::strays(&forge, 200)) {
        host.block(&block, Some(peer));
    }
    assert_eq!(host.chain.status().wanted, MAX_WANTED);
    host.give(Input::Final { hash: theirs[3].hash(), height: 4 });
    let asked = |host: &Host| {
        host.said.iter().any(|said| matches!(said, super::host::Said::Want { hash, .. } if *hash == theirs[3].hash()))
    };
    assert!(asked(&host));
    theirs.iter().for_each(|block| host.block(block, None));
    assert_eq!((host.head(), host.finals().len()), (theirs[3].hash(), 4));
    assert_eq!(Some(host.state()), forge.state(&theirs[3].hash()).as_ref());
    // A final block that breaks a rule here: this node is not like the others.
    let wish = Wish { transactions: vec![super::forge::BAD], ..forge.wish(&theirs[3].hash()) };
    let bad = forge.make(&theirs[3].hash(), wish);
    host.give(Input::Final { hash: bad.hash(), height: 5 });
    host.block(&bad, None);
    assert!(host.halted.as_ref().is_some_and(|reason| reason.contains("to break the rules")), "{:?}", host.halted);
}

#[test]
fn what_may_become_final_next_is_followed_while_it_may() {
    let mut forge = Forge::new(rules());
    let genesis = forge.genesis;
    let mut host = Host::new(&forge);
    let mine = forge.row(&genesis, 6, 1);
    let theirs = forge.row(&genesis, 4, 2);
    mine.iter().chain(&theirs).for_each(|block| host.block(block, None));
    host.give(Input::Prefer { hash: theirs[0].hash() });
    assert_eq!((host.head(), host.finals()), (theirs[3].hash(), vec![]));
    host.give(Input::Prefer { hash: mine[0].hash() });
    assert_eq!(host.head(), mine[5].hash());
}

#[test]
fn headers_say_what_is_final_and_producers_do_not_vote() {
    let mut forge = Forge::new(rules());
    let genesis = forge.genesis;
    let mut host = Host::with(&forge, |setup| setup.validators = [account(200)].into());
    let validators = forge.make(&genesis, Wish { producer: account(200), ..forge.wish(&genesis) });
    host.block(&validators, Some(1));
    assert_eq!(refused(&host), Some(&Refusal::ProducerVotes(account(200))));
    let row = forge.row(&genesis, MAX_GAP as usize, 1);
    row.iter().for_each(|block| host.block(block, None));
    let tip = row.last().expect("a row").hash();
    let full = |forge: &Forge, finalized| Wish { transactions: vec![1], finalized, ..forge.wish(&tip) };
    let far = forge.make(&tip, full(&forge, 0));
    host.block(&far, Some(1));
    assert_eq!(refused(&host), Some(&Refusal::NotEmpty { found: MAX_GAP + 1, max: MAX_GAP }));
    let beyond = forge.make(&tip, full(&forge, MAX_GAP + 1));
    host.block(&beyond, Some(1));
    let height = MAX_GAP + 1;
    assert_eq!(refused(&host), Some(&Refusal::FinalHeight { found: height, min: 0, height }));
    // It states a final block that nobody has shown yet: it waits for that.
    let ahead = forge.make(&tip, full(&forge, 2));
    host.block(&ahead, Some(1));
    assert_eq!((host.head(), host.refused.len()), (tip, 3));
    host.give(Input::Final { hash: row[1].hash(), height: 2 });
    assert_eq!(host.head(), ahead.hash());
    let falling = forge.make(&ahead.hash(), Wish { finalized: 1, ..forge.wish(&ahead.hash()) });
    host.block(&falling, Some(1));
    assert_eq!(refused(&host), Some(&Refusal::FinalHeight { found: 1, min: 2, height: height + 1 }));
}

#[test]
fn a_committee_that_stays_silent_stops_the_chain_at_a_bound() {
    let mut forge = Forge::new(WorkRules { first_bits: bits_of(1), retarget_blocks: 4_000, ..rules() });
    let mut host = Host::with(&forge, |setup| setup.producer = Some(account(1)));
    let (mut parent, mut last) = (forge.genesis, Hash::ZERO);
    let mut row = Vec::new();
    for _ in 0..MAX_WINDOW + 2 {
        // The forge looks at whole branches, which takes long for long ones.
        let mut wish = forge.wish(&parent);
        wish.bits = Some(forge.rules.first_bits);
        let block = forge.make(&parent, wish);
        (parent, last) = (block.hash(), parent);
        row.push(block);
    }
    row.iter().for_each(|block| host.block(block, None));
    assert_ne!(last, host.head());
    assert_eq!(host.chain.status().height, MAX_WINDOW);
    host.give(Input::Final { hash: row[0].hash(), height: 1 });
    assert_eq!(host.chain.status().height, MAX_WINDOW + 1);
    assert_eq!(host.chain.work(), None, "nothing is mined on a head that may not be passed");
}
