//! What a seed stands for: how many validators, how bad everything is, and who is faulty in which way.

use crate::epoch::{Params, extrinsic};
use crate::ledger::Stake;
use crate::network::Weather;
use crate::oracle::Role;
use crate::random::Random;
use crate::villain::Habit;
use tenon_core::consensus::bbft::Timing;

/// Numbers of validators that are drawn from.
const VALIDATORS: [usize; 10] = [4, 4, 4, 4, 5, 6, 7, 7, 8, 10];
/// How long the delay of a view may become.
const MAX_DELAY_MS: u64 = 1_000;

/// How often faults are injected: the mean time between two, and the odds of each kind.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Chaos {
    /// 0 for none.
    pub(crate) mean_ms: u64,
    pub(crate) partitions: u64,
    pub(crate) crashes: u64,
    pub(crate) clocks: u64,
    pub(crate) disks: u64,
}

/// A participant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Participant {
    pub(crate) role: Role,
    /// What it does, if it is faulty.
    pub(crate) habits: Vec<Habit>,
    /// Whether its record may be damaged, which counts against the bound as a fault does.
    pub(crate) forgets: bool,
}

/// A run before it begins.
pub(crate) struct Scenario {
    pub(crate) params: Params,
    pub(crate) participants: Vec<Participant>,
    pub(crate) hop_ms: u64,
    pub(crate) weather: Weather,
    pub(crate) chaos: Chaos,
    /// Whether clients send transactions.
    pub(crate) clients: bool,
}

/// Which troubles a run may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Everything, drawn by the seed.
    Any,
    /// Every fault that may be is a pair of twins, with so many validators.
    Twins(usize),
    /// Nothing goes wrong, with so many validators.
    None(usize),
    /// Nothing goes wrong and nobody sends transactions, with so many validators and super-nodes.
    Counted {
        /// Validators.
        validators: usize,
        /// Super-nodes among them.
        supers: usize,
    },
    /// Nodes lose power again and again, and never sync what they write.
    Careless,
}

impl Scenario {
    pub(crate) fn new(seed: u64, trouble: Trouble) -> Self {
        let mut random = Random::new(seed);
        let (validators, spare) = match trouble {
            Trouble::Any | Trouble::Careless => (random.pick(&VALIDATORS).unwrap_or(4), random.index(4)),
            Trouble::Counted { validators, .. } => (validators, 0),
            Trouble::Twins(validators) | Trouble::None(validators) => (validators, 0),
        };
        let participants = draw_participants(&mut random, trouble, validators, validators + spare);
        let stakes = participants.iter().map(|one| draw_stake(&mut random, one)).collect();
        let (supers, relays) = match trouble {
            Trouble::Counted { supers, .. } => (supers, 0),
            _ => draw_overlay(&mut random, validators),
        };
        let counted = matches!(trouble, Trouble::Counted { .. });
        let calm = counted || matches!(trouble, Trouble::None(_));
        let timing = Timing {
            delay_ms: if calm { 100 } else { random.within(40, 150) },
            interval_ms: if calm || random.chance(700) { 0 } else { random.within(1, 60) },
            max_delay_ms: MAX_DELAY_MS,
        };
        let epoch_blocks = if counted { 1_000 } else { random.within(2, 20) };
        let careless = trouble == Trouble::Careless;
        let params =
            Params { seed, validators, epoch_blocks, supers, relays, timing, stakes, careless, extrinsic: extrinsic() };
        let (weather, mut chaos) =
            if calm { Default::default() } else { (draw_weather(&mut random), draw_chaos(&mut random)) };
        if careless {
            chaos.crashes = 10;
        }
        Self { params, participants, hop_ms: random.within(2, 8), weather, chaos, clients: !counted }
    }
}

fn draw_participants(random: &mut Random, trouble: Trouble, validators: usize, count: usize) -> Vec<Participant> {
    let honest = Participant { role: Role::Honest, habits: Vec::new(), forgets: false };
    let mut all = vec![honest; count];
    let mut order: Vec<usize> = (0..count).collect();
    random.shuffle(&mut order);
    let faulty = match trouble {
        Trouble::None(_) | Trouble::Counted { .. } | Trouble::Careless => 0,
        Trouble::Any | Trouble::Twins(_) => validators.saturating_sub(1) / 3,
    };
    for at in order.into_iter().take(faulty) {
        let Some(one) = all.get_mut(at) else { continue };
        let kind = if matches!(trouble, Trouble::Twins(_)) { 9 } else { random.below(10) };
        match kind {
            0..=5 => {
                one.role = Role::Faulty;
                one.habits = Habit::draw(random);
            }
            6 | 7 => one.forgets = true,
            8 => {}
            _ => one.role = Role::Twin,
        }
    }
    all
}

/// Coin such that whoever may be faulty weighs less than a third, whoever is elected.
fn draw_stake(random: &mut Random, one: &Participant) -> Stake {
    if one.role == Role::Honest && !one.forgets {
        Stake { bound: random.within(100, 200), least: 100, most: 220 }
    } else {
        Stake { bound: random.within(95, 110), least: 90, most: 112 }
    }
}

fn draw_overlay(random: &mut Random, validators: usize) -> (usize, usize) {
    if validators >= 7 && random.chance(200) {
        return (2, 2 + random.index(validators - 4));
    }
    (1 + random.index(validators), 0)
}

fn draw_weather(random: &mut Random) -> Weather {
    let upto = |random: &mut Random, most: u64| u32::try_from(random.below(most + 1)).unwrap_or(0);
    match random.below(4) {
        0 => Weather::default(),
        1 => Weather { loss: upto(random, 20), twice: upto(random, 10), late: upto(random, 20) },
        2 => Weather { loss: upto(random, 100), twice: upto(random, 50), late: upto(random, 100) },
        _ => Weather { loss: upto(random, 300), twice: upto(random, 200), late: upto(random, 300) },
    }
}

fn draw_chaos(random: &mut Random) -> Chaos {
    let mut odds = || if random.chance(600) { random.within(1, 10) } else { 0 };
    let (partitions, crashes, clocks, disks) = (odds(), odds(), odds(), odds());
    Chaos { mean_ms: random.within(60, 900), partitions, crashes, clocks, disks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_be_faulty_weighs_less_than_a_third_of_every_election() {
        for seed in 0..500 {
            let Scenario { params, participants, .. } = Scenario::new(seed, Trouble::Any);
            let doubtful = |one: &Participant| one.role != Role::Honest || one.forgets;
            let pairs = participants.iter().zip(&params.stakes);
            let faulty: u64 = pairs.clone().filter(|(one, _)| doubtful(one)).map(|(_, stake)| stake.most).sum();
            let mut others: Vec<u64> =
                pairs.clone().filter(|(one, _)| !doubtful(one)).map(|(_, stake)| stake.least).collect();
            others.sort_unstable();
            let count = participants.iter().filter(|one| doubtful(one)).count();
            let honest: u64 = others.iter().take(params.validators - count).sum();
            assert!(3 * faulty < honest + faulty, "seed {seed}: {faulty} of {}", honest + faulty);
        }
    }
}
