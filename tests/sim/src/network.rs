//! The network between nodes: loses, doubles, delays and cuts.

use crate::faults::{Fault, Tally};
use crate::random::Random;

/// The most that a message takes.
const MAX_DELAY_MS: u64 = 4_000;

/// How bad the network is, in thousandths of all messages.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Weather {
    pub(crate) loss: u32,
    pub(crate) twice: u32,
    pub(crate) late: u32,
}

/// The links between the nodes.
pub(crate) struct Network {
    /// What a message takes at most, when all is well.
    hop_ms: u64,
    pub(crate) weather: Weather,
    /// To whom nothing of a node gets through, as bits.
    cut: Vec<u128>,
    /// When the last message of a link arrives, by sender and receiver.
    last_at_ms: Vec<u64>,
    nodes: usize,
}

/// Nodes of a run. Cuts are bits of a word.
pub(crate) const MAX_NODES: usize = 128;

impl Network {
    pub(crate) fn new(nodes: usize, hop_ms: u64, weather: Weather) -> Self {
        assert!(nodes <= MAX_NODES, "{nodes} nodes, expected at most {MAX_NODES}");
        Self { hop_ms, weather, cut: vec![0; nodes], last_at_ms: vec![0; nodes * nodes], nodes }
    }

    /// All links work from now on.
    pub(crate) fn join(&mut self) {
        self.cut.iter_mut().for_each(|cut| *cut = 0);
    }

    /// Nothing gets from some to others.
    pub(crate) fn cut(&mut self, from: u128, to: u128) {
        for (node, cut) in self.cut.iter_mut().enumerate() {
            if from >> node & 1 == 1 {
                *cut |= to & !(1 << node);
            }
        }
    }

    /// When a message arrives, if it does, and when once more.
    pub(crate) fn send(
        &mut self,
        (from, to): (usize, usize),
        now_ms: u64,
        random: &mut Random,
        tally: &mut Tally,
    ) -> [Option<u64>; 2] {
        if self.cut.get(from).is_some_and(|cut| cut >> to & 1 == 1) {
            return [None, None];
        }
        let Weather { loss, twice, late } = self.weather;
        if random.chance(loss) {
            tally.count(Fault::Loss);
            return [None, None];
        }
        let mut at_ms = now_ms + random.within(1, self.hop_ms);
        if random.chance(late) {
            tally.count(Fault::Delay);
            at_ms = now_ms + random.heavy_tail(self.hop_ms * 2, MAX_DELAY_MS);
        }
        if let Some(last) = self.last_at_ms.get_mut(from * self.nodes + to) {
            if at_ms < *last {
                tally.count(Fault::Reorder);
            }
            *last = at_ms.max(*last);
        }
        let again = random.chance(twice).then(|| {
            tally.count(Fault::Duplicate);
            at_ms + random.heavy_tail(1, MAX_DELAY_MS)
        });
        [Some(at_ms), again]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_works_one_way_until_it_is_joined() {
        let mut network = Network::new(3, 5, Weather::default());
        let (mut random, mut tally) = (Random::new(1), Tally::default());
        network.cut(0b001, 0b111);
        assert_eq!(network.send((0, 1), 10, &mut random, &mut tally), [None, None]);
        assert!(network.send((1, 0), 10, &mut random, &mut tally)[0].is_some_and(|at| (11..=15).contains(&at)));
        network.join();
        assert!(network.send((0, 1), 10, &mut random, &mut tally)[0].is_some());
    }

    #[test]
    fn bad_weather_loses_doubles_and_overtakes() {
        let mut network = Network::new(2, 5, Weather { loss: 200, twice: 200, late: 200 });
        let (mut random, mut tally) = (Random::new(1), Tally::default());
        (0..1_000).for_each(|now_ms| {
            network.send((0, 1), now_ms, &mut random, &mut tally);
        });
        for fault in [Fault::Loss, Fault::Duplicate, Fault::Delay] {
            assert!((100..300).contains(&tally.of(fault)), "{}", fault.name());
        }
        assert!(tally.of(Fault::Reorder) > 100);
    }
}
