//! Several miners, a network that delays, loses and is cut in two, all by a seed.

use super::forge::{Block, Forge};
use super::host::{Host, Said};
use super::*;
use std::collections::{BTreeMap, VecDeque};

/// Blocks in one answer.
const MAX_SERVED: usize = 20;

/// What is on its way.
#[derive(Clone, Debug)]
enum Mail {
    Block(Block),
    Want { hash: Hash, locator: Vec<Hash> },
}

/// How the network is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    /// The least and the most that something takes.
    pub(super) delay_ms: (u64, u64),
    /// Of a thousand messages, how many are lost.
    pub(super) lost: u64,
}

/// Miners and the network between them.
pub(super) struct World {
    pub(super) forge: Forge,
    pub(super) hosts: Vec<Host>,
    /// Hashes of each in a second.
    pub(super) rates: Vec<u64>,
    /// On which side of a cut each is.
    pub(super) sides: Vec<u8>,
    links: Links,
    random: Random,
    mail: BTreeMap<(u64, u64), (usize, usize, Mail)>,
    sent: u64,
    nonce: u64,
    pub(super) now_ms: u64,
    works: Vec<Option<WorkUnit>>,
    clock_off_ms: Vec<u64>,
}

impl World {
    pub(super) fn new(rules: WorkRules, rates: &[u64], links: Links, seed: u64) -> Self {
        Self::with(rules, rates, links, seed, |_| {})
    }

    /// The same with other setups. Who has no hashes makes no blocks.
    pub(super) fn with(
        rules: WorkRules,
        rates: &[u64],
        links: Links,
        seed: u64,
        change: impl Fn(&mut WorkSetup),
    ) -> Self {
        let forge = Forge::new(rules);
        let mut random = Random::new(seed);
        let host = |who: usize| {
            Host::with(&forge, |setup| {
                setup.producer = (rates[who] > 0).then(|| account(who as u8 + 1));
                change(setup);
            })
        };
        let hosts: Vec<Host> = (0..rates.len()).map(host).collect();
        let clock_off_ms = rates.iter().map(|_| random.below(3_000)).collect();
        Self {
            now_ms: hosts[0].now_ms,
            hosts,
            rates: rates.to_vec(),
            sides: vec![0; rates.len()],
            links,
            random,
            mail: BTreeMap::new(),
            sent: 0,
            nonce: 0,
            works: vec![None; rates.len()],
            clock_off_ms,
            forge,
        }
    }

    fn send(&mut self, from: usize, to: usize, mail: Mail) {
        if from == to || self.sides[from] != self.sides[to] || self.random.below(1_000) < self.links.lost {
            return;
        }
        let (least, most) = self.links.delay_ms;
        let at_ms = self.now_ms + least + self.random.below(most - least + 1);
        self.sent += 1;
        self.mail.insert((at_ms, self.sent), (from, to, mail));
    }

    /// Has everybody's word go out.
    fn collect(&mut self, who: usize) {
        for said in std::mem::take(&mut self.hosts[who].said) {
            match said {
                Said::Head(hash) => {
                    let block = self.hosts[who].body(&hash).expect("the head is here");
                    self.forge.add(block.clone());
                    for to in 0..self.hosts.len() {
                        self.send(who, to, Mail::Block(block.clone()));
                    }
                }
                Said::Want { hash, from, locator } => {
                    let all: Vec<usize> = (0..self.hosts.len()).collect();
                    let to = from.map_or(all, |peer| vec![peer.0 as usize]);
                    for to in to {
                        self.send(who, to, Mail::Want { hash, locator: locator.clone() });
                    }
                }
            }
        }
    }

    /// The blocks after the last common one up to what is wanted, or what is wanted alone.
    fn answer(&self, who: usize, hash: Hash, locator: &[Hash]) -> Vec<Block> {
        let host = &self.hosts[who];
        let line = host.whole_line();
        let up_to = line.iter().position(|known| *known == hash);
        let common = locator.iter().find_map(|known| line.iter().position(|own| own == known));
        let Some(up_to) = up_to else { return host.body(&hash).into_iter().collect() };
        let first = common.map_or(0, |common| common + 1);
        let stretch = line.iter().take(up_to + 1).skip(first).take(MAX_SERVED);
        stretch.filter_map(|hash| host.body(hash)).collect()
    }

    fn deliver(&mut self) {
        while let Some(entry) = self.mail.first_entry().filter(|entry| entry.key().0 <= self.now_ms) {
            let (from, to, mail) = entry.remove();
            match mail {
                Mail::Block(block) => self.hosts[to].block(&block, Some(from as u64)),
                Mail::Want { hash, locator } => {
                    for block in self.answer(to, hash, &locator) {
                        self.send(to, from, Mail::Block(block));
                    }
                }
            }
            self.collect(to);
        }
    }

    fn mine(&mut self, who: usize) {
        for _ in 0..self.rates[who] {
            self.nonce += 1;
            let Some(unit) = &mut self.works[who] else { return };
            set_nonce(&mut unit.header, self.nonce);
            let hash = blake2b_256(&unit.header);
            if unit.target.is_met_by(&digest(&hash, &unit.seed)) {
                let (template, nonce) = (unit.template, self.nonce);
                self.hosts[who].give(Input::Nonce(NonceFound { request: nonce, template, nonce, miner: None }));
                self.collect(who);
                self.works[who] = self.hosts[who].chain.work();
            }
        }
    }

    /// Lets so many seconds pass.
    pub(super) fn run(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now_ms += 1_000;
            for who in 0..self.hosts.len() {
                let now_ms = self.now_ms + self.clock_off_ms[who];
                let passed = now_ms - self.hosts[who].now_ms.min(now_ms);
                self.hosts[who].pass(passed);
                self.collect(who);
            }
            self.deliver();
            for who in 0..self.hosts.len() {
                let newest = self.hosts[who].chain.work();
                let same =
                    self.works[who].as_ref().map(|unit| unit.template) == newest.as_ref().map(|unit| unit.template);
                if !same {
                    self.works[who] = newest;
                }
                self.mine(who);
            }
        }
    }

    /// No more blocks are made, and what was said arrives.
    pub(super) fn settle(&mut self) {
        let rates = std::mem::replace(&mut self.rates, vec![0; self.hosts.len()]);
        self.links.lost = 0;
        self.run(60);
        self.rates = rates;
    }

    /// Everybody has the same head, and the state of a chain that never had another branch.
    pub(super) fn assert_agreed(&self) {
        let head = self.hosts[0].head();
        for host in &self.hosts {
            assert_eq!((host.halted.clone(), host.head()), (None, head));
            assert_eq!(host.state(), self.hosts[0].state());
            assert_eq!(host.finals()[..], host.whole_line()[..host.finals().len()]);
        }
        assert_eq!(Some(self.hosts[0].state()), self.forge.state(&head).as_ref());
    }
}

fn rules() -> WorkRules {
    WorkRules { first_bits: bits_of(200), spacing_ms: 20_000, retarget_blocks: 30, window: 60, ..quick_rules() }
}

#[test]
fn miners_agree_in_spite_of_delays_and_losses() {
    for seed in 0..4 {
        let links = Links { delay_ms: (100, 4_000), lost: 100 };
        let mut world = World::new(rules(), &[4, 3, 2, 1], links, seed);
        for (at, host) in world.hosts.iter_mut().enumerate() {
            host.pool.extend((0..200).filter(|one| one % 4 == at as u64));
        }
        world.run(3_000);
        world.settle();
        // One more block decides between equals.
        while world.hosts.iter().any(|host| host.head() != world.hosts[0].head()) {
            world.run(20);
            world.settle();
        }
        world.assert_agreed();
        let status = world.hosts[0].chain.status();
        assert!(status.height > 80, "seed {seed}: {status:?}");
        assert!(world.hosts.iter().any(|host| host.chain.status().reorganizations > 0), "seed {seed}");
        let makers: std::collections::BTreeSet<Address> = world.hosts[0].state().balances.keys().copied().collect();
        assert_eq!(makers.len(), 4, "everybody makes blocks");
        assert!(world.hosts[0].state().done.len() > 100);
    }
}

#[test]
fn halves_that_were_cut_apart_agree_on_what_has_more_work() {
    let links = Links { delay_ms: (100, 1_000), lost: 20 };
    let mut world = World::new(rules(), &[4, 4, 1, 1], links, 11);
    world.run(600);
    world.sides = vec![0, 0, 1, 1];
    world.run(600);
    let (more, less) = (world.hosts[0].head(), world.hosts[2].head());
    assert!(world.forge.total(&more) > world.forge.total(&less));
    let lost = world.hosts[2].state().clone();
    world.sides = vec![0; 4];
    world.run(100);
    world.settle();
    while world.hosts.iter().any(|host| host.head() != world.hosts[0].head()) {
        world.run(20);
        world.settle();
    }
    world.assert_agreed();
    assert!(world.forge.line(&world.hosts[2].head()).contains(&more), "the half with more work wins");
    assert!(world.hosts[2].chain.status().deepest > 2 && *world.hosts[2].state() != lost);
}

#[test]
fn halves_that_were_apart_for_longer_than_the_window_stay_so_and_say_so() {
    let links = Links { delay_ms: (100, 500), lost: 0 };
    let mut world = World::new(WorkRules { window: 10, retarget_blocks: 200, ..rules() }, &[6, 6], links, 5);
    world.run(200);
    world.sides = vec![0, 1];
    world.run(1_000);
    world.sides = vec![0, 0];
    world.run(200);
    let [one, other] = &world.hosts[..] else { panic!("two hosts") };
    assert_ne!(one.head(), other.head());
    for host in [one, other] {
        let status = host.chain.status();
        assert!(status.deep_forks > 0 && !status.halted, "{status:?}");
        assert_eq!(Some(host.state()), world.forge.state(&host.head()).as_ref());
    }
}

/// How deep the chain is taken back by a miner who has 40 % of the hashes and shows blocks only when they win: of so many
/// blocks, how often which depth.
fn private_miner(blocks: u64, seed: u64) -> (BTreeMap<u64, u64>, u64) {
    let mut random = Random::new(seed);
    // Both are counted by how many blocks they are ahead of the last common one.
    let (mut public, mut private) = (0_u64, 0_u64);
    let (mut depths, mut lost) = (BTreeMap::new(), 0);
    for _ in 0..blocks {
        if random.below(100) < 40 {
            private += 1;
        } else {
            public += 1;
        }
        if private == public + 1 && public > 0 {
            // The whole private branch is shown: all public blocks since are taken back.
            *depths.entry(public).or_default() += 1;
            (public, private) = (0, 0);
        } else if public > private + 6 {
            // Six behind, the private miner gives up and begins anew.
            lost += private;
            (public, private) = (0, 0);
        }
    }
    (depths, lost)
}

#[test]
fn a_private_miner_with_two_fifths_of_the_hashes_takes_few_blocks_back() {
    let (depths, _) = private_miner(100_000, 40);
    let all: u64 = depths.values().sum();
    let at_least = |depth: u64| depths.range(depth..).map(|(_, count)| count).sum::<u64>() as f64 / 100_000.0;
    // These figures stand in the book.
    let table: Vec<(u64, f64)> = [1, 2, 6, 12, 24, 48, 100].map(|depth| (depth, at_least(depth))).into();
    assert!(all > 1_000);
    assert!(table.windows(2).all(|pair| pair[0].1 > pair[1].1 || pair[1].1 == 0.0), "{table:?}");
    assert!(table[6].1 < 0.000_1, "what is deeper than the window is next to never taken back: {table:?}");
}

/// The same over the real engine: the private branch is given to an honest node when it has more work.
#[test]
fn an_honest_node_follows_a_private_branch_when_it_has_more_work_and_not_before() {
    let mut forge = Forge::new(WorkRules { window: 100, retarget_blocks: 2_000, ..quick_rules() });
    let mut host = Host::new(&forge);
    let mut random = Random::new(77);
    let (mut base, mut public, mut private) = (forge.genesis, Vec::<Block>::new(), Vec::<Block>::new());
    let mut taken: VecDeque<usize> = VecDeque::new();
    for _ in 0..400 {
        let (branch, who) = if random.below(100) < 40 { (&mut private, 2) } else { (&mut public, 1) };
        let parent = branch.last().map_or(base, Block::hash);
        let block = forge.row(&parent, 1, who).remove(0);
        branch.push(block.clone());
        if who == 1 {
            host.block(&block, Some(1));
            assert_eq!(host.head(), block.hash());
        }
        if private.len() > public.len() && !public.is_empty() {
            taken.push_back(public.len());
            let heads = host.heads.len();
            private.iter().for_each(|block| host.block(block, Some(2)));
            assert_eq!(host.head(), private.last().expect("a branch").hash());
            assert_eq!(host.heads[heads].0.len(), public.len());
            assert!(host.heads[heads + 1..].iter().all(|(retracted, _)| retracted.is_empty()));
            assert_eq!(Some(host.state()), forge.state(&host.head()).as_ref());
        }
        let gives_up = public.len() > private.len() + 6;
        if private.len() > public.len() && !public.is_empty() || gives_up {
            base = host.head();
            (public, private) = (Vec::new(), Vec::new());
        }
    }
    let deepest = taken.iter().max().copied().unwrap_or(0) as u64;
    assert_eq!((host.chain.status().deepest, host.chain.status().reorganizations), (deepest, taken.len() as u64));
    assert!(taken.len() > 10, "{taken:?}");
}
