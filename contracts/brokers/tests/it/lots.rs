//! Brokers who are drawn: a pool says who they are, anew in each of its periods, and nobody names any.

use crate::{PLENTY, World, broker, opened};
use brokers::{Designated, Drawn, Error, Lots, PoolChosen, Removed, Reward};
use sortition::SortitionRef;
use tenon_contract::{Address, Amount, Hash};
use tenon_testkit::{Outcome, TestChain, alice, bob, by, eve};

/// What a lot costs.
const STAKE: Amount = 1_000_000_000_000;
/// A period of the pool: five rounds.
pub(crate) const PERIOD_MS: u64 = 300_000;
/// How many are drawn, of how many.
pub(crate) const SEATS: u32 = 3;
const CANDIDATES: usize = 8;
/// What everybody opens.
const VALUE: Hash = Hash::new([5; 32]);

fn sortition() -> SortitionRef {
    SortitionRef::at(TestChain::module_address("sortition"))
}

impl World {
    /// Eve founds a pool of eight brokers. Its first period with a seed runs, and a coordination with a pot.
    pub(crate) fn with_pool() -> Self {
        let mut world = opened(Some(Reward::Amount(crate::REWARD)), None, Some(6_000));
        world.chain.set_coin(eve(), PLENTY);
        assert_eq!(world.by(eve(), sortition().found(STAKE, PERIOD_MS, SEATS)).expect_ok(), 1);
        for number in 0..CANDIDATES {
            world.chain.set_coin(broker(number), PLENTY);
            world.by(broker(number), sortition().register(1).with_value(STAKE)).expect_ok();
        }
        world.pass_to(2);
        world.next_pool_period();
        world.fund(20 * crate::REWARD).expect_ok();
        world
    }

    fn pool_start_ms(&self) -> u64 {
        self.chain.query(sortition().pool(1)).expect("it exists").start_ms
    }

    fn pool_period(&self) -> u64 {
        self.chain.query(sortition().period_of(1)).expect("it exists")
    }

    fn pass_to(&mut self, period: u64) {
        self.reach(self.pool_start_ms() + period * PERIOD_MS);
    }

    /// All make the next period's seed, which begins.
    pub(crate) fn next_pool_period(&mut self) {
        let period = self.pool_period();
        let who = |number| broker(number);
        let commits: Vec<_> = (0..CANDIDATES)
            .map(|number| {
                let commitment = sortition().commitment(1, period, who(number), VALUE);
                let commitment = self.chain.query(commitment).expect("a query");
                by(who(number), sortition().commit(1, commitment))
            })
            .collect();
        self.all_succeed(&commits);
        self.reach(self.pool_start_ms() + period * PERIOD_MS + PERIOD_MS / 2);
        let opens: Vec<_> = (0..CANDIDATES).map(|number| by(who(number), sortition().open(1, VALUE))).collect();
        self.all_succeed(&opens);
        self.pass_to(period + 1);
    }

    pub(crate) fn choose_pool(&mut self) -> Outcome<()> {
        self.by(alice(), self.brokers.choose_pool(self.stream, 1))
    }

    /// The pool is chosen, and its first period in which brokers are drawn runs.
    pub(crate) fn with_lots() -> Self {
        let mut world = Self::with_pool();
        world.choose_pool().expect_ok();
        world.next_pool_period();
        world.next_pool_period();
        world
    }

    pub(crate) fn draw(&mut self) -> Outcome<()> {
        self.by(bob(), self.brokers.draw(self.stream))
    }

    /// The round that runs.
    fn round_now(&self) -> u64 {
        self.chain.query(self.brokers.round_of(self.stream, None)).expect("it is coordinated").expect("rounds run")
    }

    fn seated(&self, round: u64) -> Vec<Address> {
        let mut seated = self.chain.query(self.brokers.brokers(self.stream, round)).expect("it is coordinated");
        seated.sort_unstable();
        seated
    }

    /// Who is drawn for the period that runs.
    fn drawn(&self) -> Vec<Address> {
        let mut drawn = self.chain.query(sortition().drawn(1, self.stream, 0, None)).expect("there is a seed");
        drawn.sort_unstable();
        drawn
    }
}

#[test]
fn a_pool_says_who_reports_from_the_next_round_on() {
    let mut world = World::with_pool();
    world.designate(20..22);
    let chosen = world.choose_pool();
    assert!(chosen.has(&PoolChosen { stream: world.stream, pool: 1 }));
    assert_eq!(chosen.count_of::<Removed>(), 2, "who was named leaves");
    chosen.expect_ok();
    let next = world.round_now() + 1;
    assert_eq!(world.seated(next), vec![], "nobody is drawn yet");
    let (stream, chosen) = (world.stream, world.pool_period());
    let lots = |world: &World| world.chain.query(world.brokers.lots(stream)).expect("a query");
    assert_eq!(lots(&world), Some(Lots { pool: 1, period: chosen + 1 }));
    // Whoever chose could know the seeds of this period and the next.
    world.draw().expect_error(Error::AlreadyDrawn);
    world.next_pool_period();
    world.draw().expect_error(Error::AlreadyDrawn);
    world.next_pool_period();
    let (next, period) = (world.round_now() + 1, world.pool_period());
    let drawn = world.draw();
    assert!(drawn.has(&Drawn { stream, pool: 1, period }));
    assert_eq!(drawn.count_of::<Designated>(), 3);
    drawn.expect_ok();
    assert_eq!(world.seated(next), world.drawn());
    assert_eq!(lots(&world), Some(Lots { pool: 1, period }));
    world.draw().expect_error(Error::AlreadyDrawn);
}

#[test]
fn who_is_drawn_reports_and_is_paid() {
    let mut world = World::with_lots();
    world.draw().expect_ok();
    let round = world.round_now() + 1;
    let number = |who: &Address| (0..CANDIDATES).find(|number| broker(*number) == *who).expect("a candidate");
    let drawn: Vec<_> = world.seated(round).iter().map(number).collect();
    let reports: Vec<_> = drawn.iter().map(|number| (*number, 9, 1)).collect();
    world.report(round, &reports);
    world.settle(round).expect_ok();
    assert_eq!(world.events(), 9);
    for number in 0..CANDIDATES {
        let paid = if drawn.contains(&number) { crate::REWARD / 3 } else { 0 };
        assert_eq!(world.credit(number), paid);
    }
}

#[test]
fn each_period_has_a_draw_of_its_own_and_who_is_drawn_again_stays() {
    let mut world = World::with_lots();
    let mut before = Vec::new();
    let mut kept = 0;
    for _ in 0..8 {
        let outcome = world.draw();
        let (added, gone) = (outcome.count_of::<Designated>(), outcome.count_of::<Removed>());
        outcome.expect_ok();
        let next = world.round_now() + 1;
        let now = world.seated(next);
        assert_eq!(now, world.drawn());
        let stayed = now.iter().filter(|who| before.contains(*who)).count();
        assert_eq!((added, gone), (now.len() - stayed, before.len() - stayed));
        kept += stayed;
        before = now;
        world.next_pool_period();
    }
    assert!(kept > 0 && kept < 21, "some stay, some go: {kept}");
}

#[test]
fn nobody_names_brokers_where_they_are_drawn() {
    let mut world = World::with_pool();
    world.draw().expect_error(Error::NotDrawn);
    let (brokers, stream) = (world.brokers, world.stream);
    world.by(bob(), brokers.choose_pool(stream, 1)).expect_error(Error::NotAllowed);
    world.by(alice(), brokers.choose_pool(stream, 2)).expect_error(Error::NoDraw);
    world.choose_pool().expect_ok();
    world.choose_pool().expect_error(Error::Drawn);
    world.next_pool_period();
    world.next_pool_period();
    world.draw().expect_ok();
    let drawn = world.drawn();
    world.by(alice(), brokers.designate(stream, bob())).expect_error(Error::Drawn);
    world.by(alice(), brokers.remove(stream, drawn[0])).expect_error(Error::Drawn);
    world.by(drawn[0], brokers.remove(stream, drawn[0])).expect_ok();
    let next = world.round_now() + 1;
    assert_eq!(world.seated(next).len(), 2, "who leaves is missing until the next draw");
}

#[test]
fn without_a_seed_the_brokers_stay_who_they_are() {
    let mut world = World::with_lots();
    world.draw().expect_ok();
    let drawn = world.drawn();
    // Nobody makes a seed for the period after.
    world.pass_to(world.pool_period() + 1);
    world.draw().expect_error(Error::NoDraw);
    let next = world.round_now() + 1;
    assert_eq!(world.seated(next), drawn);
}

#[test]
fn lots_end_with_the_coordination() {
    let mut world = World::with_lots();
    world.draw().expect_ok();
    let (brokers, stream) = (world.brokers, world.stream);
    world.by(alice(), brokers.stop(stream)).expect_ok();
    world.draw().expect_error(Error::Stopped);
    world.chain.advance_ms(3 * crate::INTERVAL_MS);
    world.by(bob(), brokers.close(stream)).expect_ok();
    assert_eq!(world.chain.query(brokers.lots(stream)), Ok(None));
    world.start_ms = world.chain.time_ms() + crate::AHEAD_MS;
    let again = world.open_call(None, None, None);
    world.by(alice(), again).expect_ok();
    world.by(alice(), brokers.designate(stream, bob())).expect_ok();
}
