//! The ways in which a validator may be faulty.

use crate::random::Random;

/// What a faulty validator does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Habit {
    /// Sends nothing for a while, again and again.
    Silent,
    /// Proposes one block to some and another to others.
    Equivocate,
    /// Votes twice.
    DoubleVote,
    /// Signs whatever it hears of, in every phase.
    SignAll,
    /// Proposes blocks that are not valid.
    Invalid,
    /// Votes for blocks without a look.
    Blind,
    /// Sends sums that are wrong.
    FalseSum,
    /// Makes certificates up.
    Forge,
    /// Makes evidence up.
    Accuse,
    /// Sends old messages again.
    Replay,
    /// Sends what changed bytes decode to.
    Garbage,
    /// Keeps certificates back.
    Withhold,
    /// Lies to who is behind.
    FalseSync,
}

const ALL: [Habit; 13] = [
    Habit::Silent,
    Habit::Equivocate,
    Habit::DoubleVote,
    Habit::SignAll,
    Habit::Invalid,
    Habit::Blind,
    Habit::FalseSum,
    Habit::Forge,
    Habit::Accuse,
    Habit::Replay,
    Habit::Garbage,
    Habit::Withhold,
    Habit::FalseSync,
];

impl Habit {
    /// Draws one to five habits.
    pub(crate) fn draw(random: &mut Random) -> Vec<Self> {
        let mut all = ALL;
        random.shuffle(&mut all);
        let count = 1 + random.index(5);
        all.into_iter().take(count).collect()
    }
}
