//! Random histories against a model in plain Rust: what succeeds, who is a member, what is resolved, what is kept.

use crate::{GROUP, add, consents, founded, remove, rescind, resolve, topic, update};
use group::{Decision, GroupRef, Order};
use std::collections::{BTreeMap, BTreeSet};
use tenon_contract::{Address, Hash};
use tenon_testkit::{Plan, Random, TestChain, account, histories};

const PEOPLE: [&str; 6] = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"];
const PLAN: Plan = Plan { cases: 12, steps: 60 };

/// A proposal as the model sees it.
struct Open {
    proposer: usize,
    decision: Decision,
    version: u64,
    until_ms: u64,
    approvals: BTreeSet<usize>,
}

/// What the module should do, without its storage and its bits.
struct Model {
    threshold: Option<usize>,
    version: u64,
    members: Vec<usize>,
    past: BTreeMap<u64, Vec<usize>>,
    resolved: BTreeSet<Hash>,
    rescinded: BTreeMap<Hash, u64>,
    proposals: BTreeMap<u64, Open>,
    made: u64,
}

struct World {
    chain: TestChain,
    group: GroupRef,
    model: Model,
}

fn person(who: usize) -> Address {
    account(PEOPLE[who])
}

fn number(key: Address) -> usize {
    (0..PEOPLE.len()).find(|who| person(*who) == key).expect("histories name these people alone")
}

impl Model {
    /// Whether a decision has all the consent that it needs.
    fn consents(&self, decision: &Decision, approvals: &BTreeSet<usize>) -> bool {
        let given = |who: &&usize| approvals.contains(*who);
        match *decision {
            Decision::Remove { member } => {
                let asked = self.members.iter().filter(|who| person(**who) != member);
                asked.clone().filter(given).count() == asked.count()
            }
            Decision::Resolve { .. } | Decision::Rescind { .. } => {
                self.members.iter().filter(given).count() >= self.threshold.unwrap_or(self.members.len())
            }
            Decision::Add { .. } | Decision::Update { .. } => self.members.iter().all(|who| given(&who)),
        }
    }

    fn is_possible(&self, decision: &Decision) -> bool {
        let has = |key: Address| self.members.contains(&number(key));
        match *decision {
            Decision::Add { key } => !has(key),
            Decision::Remove { member } => has(member) && self.members.len() > self.threshold.unwrap_or(3).max(3),
            Decision::Update { member, key } => has(member) && !has(key),
            Decision::Resolve { topic } => {
                let again = self.rescinded.get(&topic) == Some(&self.version);
                self.members.len() >= 3 && !self.resolved.contains(&topic) && !again
            }
            Decision::Rescind { topic } => self.resolved.contains(&topic),
        }
    }

    fn take_effect(&mut self, decision: &Decision) {
        let before = self.members.clone();
        match *decision {
            Decision::Add { key } => self.members.push(number(key)),
            Decision::Remove { member } => self.members.retain(|who| person(*who) != member),
            Decision::Update { member, key } => {
                let place = self.members.iter().position(|who| person(*who) == member).expect("it is possible");
                self.members[place] = number(key);
            }
            Decision::Rescind { topic } => {
                self.resolved.remove(&topic);
                self.rescinded.insert(topic, self.version);
                return;
            }
            Decision::Resolve { topic } => {
                self.resolved.insert(topic);
                self.rescinded.remove(&topic);
                return;
            }
        }
        self.past.insert(self.version, before);
        self.version += 1;
    }

    fn propose(&mut self, proposer: usize, decision: Decision, now_ms: u64, until_ms: u64) -> bool {
        let approvals = BTreeSet::from([proposer]);
        let asked = self.members.contains(&proposer) && until_ms > now_ms && self.is_possible(&decision);
        if asked && self.consents(&decision, &approvals) {
            self.made += 1;
            self.take_effect(&decision);
            return true;
        }
        if !asked || self.proposals.values().filter(|open| open.proposer == proposer).count() >= 4 {
            return false;
        }
        self.made += 1;
        self.proposals.insert(self.made, Open { proposer, decision, version: self.version, until_ms, approvals });
        true
    }

    /// A proposal that can be approved by a member.
    fn open(&mut self, who: usize, proposal: u64, now_ms: u64) -> Option<&mut Open> {
        let (version, member) = (self.version, self.members.contains(&who));
        let open = self.proposals.get_mut(&proposal)?;
        (member && open.version == version && now_ms < open.until_ms).then_some(open)
    }

    fn approve(&mut self, who: usize, proposal: u64, now_ms: u64) -> bool {
        let Some(open) = self.open(who, proposal, now_ms) else { return false };
        if !open.approvals.insert(who) {
            return false;
        }
        let (decision, approvals) = (open.decision.clone(), open.approvals.clone());
        if !self.consents(&decision, &approvals) {
            return true;
        }
        if !self.is_possible(&decision) {
            self.proposals.get_mut(&proposal).expect("it is open").approvals.remove(&who);
            return false;
        }
        self.proposals.remove(&proposal);
        self.take_effect(&decision);
        true
    }

    fn withdraw(&mut self, who: usize, proposal: u64, now_ms: u64) -> bool {
        let Some(open) = self.open(who, proposal, now_ms) else { return false };
        let withdrawn = open.approvals.remove(&who);
        if open.approvals.is_empty() {
            self.proposals.remove(&proposal);
        }
        withdrawn
    }

    fn decide(&mut self, decision: &Decision, signers: &[usize]) -> bool {
        let set: BTreeSet<usize> = signers.iter().copied().collect();
        let known = set.iter().all(|who| self.members.contains(who));
        let done = known && self.consents(decision, &set) && self.is_possible(decision);
        if done {
            self.take_effect(decision);
        }
        done
    }
}

fn who(random: &mut Random) -> usize {
    usize::try_from(random.below(PEOPLE.len() as u64)).expect("they are few")
}

/// A decision, mostly one about those whom it concerns.
fn decision(model: &Model, random: &mut Random) -> Decision {
    let member = person(if random.chance(80) { *random.pick(&model.members) } else { who(random) });
    let of = topic(u8::try_from(random.within(1, 3)).expect("it is small"));
    match random.below(5) {
        0 => add(person(who(random))),
        1 => remove(member),
        2 => update(member, person(who(random))),
        3 => resolve(of),
        _ => rescind(of),
    }
}

fn setup(random: &mut Random) -> World {
    let count = usize::try_from(random.below(4)).expect("it is small");
    let threshold = random.chance(60).then(|| u32::try_from(random.within(1, 4)).expect("it is small"));
    let others: Vec<Address> = (1..=count).map(person).collect();
    let (chain, group) = founded(&others, threshold);
    let model = Model {
        threshold: threshold.map(|threshold| threshold as usize),
        version: 1,
        members: (0..=count).collect(),
        past: BTreeMap::new(),
        resolved: BTreeSet::new(),
        rescinded: BTreeMap::new(),
        proposals: BTreeMap::new(),
        made: 0,
    };
    World { chain, group, model }
}

fn step(world: &mut World, random: &mut Random) {
    let World { chain, group, model } = world;
    let (now_ms, actor) = (chain.time_ms(), if random.chance(85) { *random.pick(&model.members) } else { who(random) });
    let known: Vec<u64> = model.proposals.keys().copied().chain([model.made + 1]).collect();
    let proposal = *random.pick(&known);
    let sender = chain.from(person(actor));
    match random.below(11) {
        0..3 => {
            let decision = decision(model, random);
            let until_ms = now_ms + random.below(40_000);
            let outcome = sender.call(group.propose(GROUP, decision.clone(), Some(until_ms)));
            assert_eq!(outcome.is_ok(), model.propose(actor, decision, now_ms, until_ms));
        }
        3..7 => {
            let outcome = sender.call(group.approve(GROUP, proposal));
            assert_eq!(outcome.is_ok(), model.approve(actor, proposal, now_ms), "approval of {proposal}");
        }
        7 => {
            let outcome = sender.call(group.withdraw_approval(GROUP, proposal));
            assert_eq!(outcome.is_ok(), model.withdraw(actor, proposal, now_ms));
        }
        8 => {
            let decision = decision(model, random);
            let mut signers = model.members.clone();
            if random.chance(40) {
                signers.retain(|_| random.chance(70));
            }
            let order = Order { group: GROUP, version: model.version, decision, deadline_ms: u64::MAX };
            let names: Vec<&str> = signers.iter().map(|signer| PEOPLE[*signer]).collect();
            let list = consents(chain, *group, &order, &names);
            let outcome = chain.from(person(actor)).call(group.decide(order.clone(), list));
            assert_eq!(outcome.is_ok(), model.decide(&order.decision, &signers));
        }
        9 => {
            let outcome = sender.call(group.sweep_rescinded(GROUP, (1..=4).map(topic).collect()));
            let before = model.rescinded.len();
            model.rescinded.retain(|_, version| *version == model.version);
            assert_eq!(outcome.expect_ok() as usize, before - model.rescinded.len());
        }
        _ => {
            let outcome = sender.call(group.sweep(GROUP, known));
            let before = model.proposals.len();
            model.proposals.retain(|_, open| open.version == model.version && now_ms < open.until_ms);
            assert_eq!(outcome.expect_ok() as usize, before - model.proposals.len());
        }
    }
    compare(world);
}

fn compare(World { chain, group, model }: &World) {
    let people = |members: &[usize]| members.iter().copied().map(person).collect::<Vec<Address>>();
    let roster = chain.query(group.roster(GROUP)).expect("the group exists");
    assert_eq!((roster.version, roster.members), (model.version, people(&model.members)));
    for (version, members) in model.past.iter().rev().take(3) {
        assert_eq!(chain.query(group.members_at(GROUP, *version)), Ok(Some(people(members))));
    }
    for of in (1..=3).map(topic) {
        assert_eq!(chain.query(group.approved(GROUP, of)), Ok(model.resolved.contains(&of)));
        assert_eq!(chain.query(group.rescinded(GROUP, of)), Ok(model.rescinded.get(&of).copied()));
    }
    let kept = chain.query(group.proposals(GROUP, None, None)).expect("a query");
    let kept: Vec<u64> = kept.into_iter().map(|(number, _)| number).collect();
    assert_eq!(kept, model.proposals.keys().copied().collect::<Vec<u64>>());
}

#[test]
fn agrees_with_the_model_in_any_history() {
    histories(PLAN, setup, step);
}
