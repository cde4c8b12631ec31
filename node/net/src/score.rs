//! What peers did wrong, added up: a score falls with each offence and rises again with time. At the threshold comes a ban.
//! The time is passed in.

use crate::config::MAX_SCORES;
use crate::event::Offence;
use crate::key::PeerKey;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The score at which a peer is banned.
pub(crate) const BAN_THRESHOLD: i64 = -100;
/// How fast a score rises: one point in this time.
const RECOVERY: Duration = Duration::from_secs(3);

impl Offence {
    /// How far it lowers the score.
    pub(crate) const fn weight(self) -> i64 {
        match self {
            Self::Fatal => 100,
            Self::Malformed | Self::Oversized => 50,
            Self::InvalidMessage | Self::InvalidGossip | Self::BadResponse => 25,
            Self::Flood | Self::Streams => 20,
            // An honest node that is overloaded or was stopped for a while does this.
            Self::Unresponsive | Self::SlowReader => 2,
        }
    }
}

/// The scores of peers, connected or not.
#[derive(Debug, Default)]
pub(crate) struct Scores(BTreeMap<PeerKey, (i64, Instant)>);

impl Scores {
    /// Notes an offence and returns the score after it.
    pub(crate) fn charge(&mut self, key: PeerKey, offence: Offence, now: Instant) -> i64 {
        let score = self.get(&key, now) - offence.weight();
        self.0.insert(key, (score, now));
        if self.0.len() > MAX_SCORES {
            let best = self.0.iter().max_by_key(|(_, (score, since))| (*score, now - *since)).map(|(key, _)| *key);
            best.map(|key| self.0.remove(&key));
        }
        score
    }

    /// The score now.
    pub(crate) fn get(&self, key: &PeerKey, now: Instant) -> i64 {
        let Some((score, since)) = self.0.get(key) else { return 0 };
        let recovered = now.saturating_duration_since(*since).as_secs() / RECOVERY.as_secs();
        (score + i64::try_from(recovered).unwrap_or(i64::MAX)).min(0)
    }

    /// Forgets what a peer did: after a ban it begins anew.
    pub(crate) fn forget(&mut self, key: &PeerKey) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offences_add_up_to_a_ban_and_time_heals() {
        let (mut scores, key, start) = (Scores::default(), PeerKey([1; 32]), Instant::now());
        assert_eq!(scores.charge(key, Offence::Malformed, start), -50);
        assert_eq!(scores.get(&key, start + Duration::from_secs(30)), -40);
        assert_eq!(scores.get(&key, start + Duration::from_secs(3000)), 0);
        assert_eq!(scores.charge(key, Offence::Oversized, start), BAN_THRESHOLD);
        scores.forget(&key);
        assert_eq!(scores.get(&key, start), 0);
    }

    #[test]
    fn one_fatal_offence_is_enough_and_slowness_alone_takes_long() {
        let (mut scores, now) = (Scores::default(), Instant::now());
        assert_eq!(scores.charge(PeerKey([1; 32]), Offence::Fatal, now), BAN_THRESHOLD);
        for _ in 0..10 {
            assert!(scores.charge(PeerKey([2; 32]), Offence::SlowReader, now) > BAN_THRESHOLD);
        }
    }

    #[test]
    fn forgets_the_best_when_there_are_too_many() {
        let (mut scores, now) = (Scores::default(), Instant::now());
        let key = |index: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&(index as u64).to_le_bytes());
            PeerKey(key)
        };
        scores.charge(key(0), Offence::Fatal, now);
        for index in 1..=MAX_SCORES + 10 {
            scores.charge(key(index), Offence::Flood, now);
        }
        assert_eq!(scores.0.len(), MAX_SCORES);
        assert_eq!(scores.get(&key(0), now), -100);
    }
}
