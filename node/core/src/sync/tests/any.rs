//! Whatever comes in whatever order, even what no network and no driver gives: the bounds hold, what is delivered goes
//! on or begins anew, and numbers and timers are sound.

use super::chain::Chain;
use super::world::peer;
use crate::sync::{BlocksAnswer, Effect, Input, MAX_REQUESTS, RequestId, Sync, SyncRules};
use crate::wire::{Reader, Status};
use proptest::prelude::*;
use std::collections::BTreeSet;
use tenon_types::{BlockNumber, Hash};

const LENGTH: u32 = 60;
const RULES: SyncRules = SyncRules {
    lag: 3,
    patience_ms: 900,
    window_blocks: 30,
    max_held_bytes: 70 << 20,
    max_deliveries: 2,
    first_batch: 4,
    max_batch: 8,
    max_per_peer: 2,
    timeout_ms: 1_000,
    slow_ms: 300,
    aside_ms: 100,
    max_aside_ms: 1_000,
    ban_ms: 3_000,
    retry_ms: 150,
};

/// What is done, with places in lists instead of what is known only later.
#[derive(Clone, Debug)]
enum Step {
    Announce {
        peer: usize,
        lowest: u32,
        height: u32,
    },
    Gone {
        peer: usize,
    },
    /// Answers a request that was made, honestly or as a number says, perhaps again.
    Answer {
        which: prop::sample::Index,
        by: Option<usize>,
        lie: u8,
    },
    Fail {
        which: prop::sample::Index,
    },
    Applied {
        height: u32,
    },
    Refused {
        height: u32,
        is_fault: bool,
    },
    Pause {
        pause_ms: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    let height = || prop_oneof![8 => 0..=LENGTH, 1 => any::<u32>()];
    prop_oneof![
        4 => (0_usize..5, 0_u32..5, height())
            .prop_map(|(peer, lowest, height)| Step::Announce { peer, lowest, height }),
        1 => (0_usize..5).prop_map(|peer| Step::Gone { peer }),
        10 => (index(), proptest::option::weighted(0.1, 0_usize..5), prop_oneof![4 => Just(0_u8), 1 => 1_u8..6])
            .prop_map(|(which, by, lie)| Step::Answer { which, by, lie }),
        1 => index().prop_map(|which| Step::Fail { which }),
        4 => (0..=LENGTH).prop_map(|height| Step::Applied { height }),
        2 => (height(), any::<bool>()).prop_map(|(height, is_fault)| Step::Refused { height, is_fault }),
        6 => (0_u64..700).prop_map(|pause_ms| Step::Pause { pause_ms }),
    ]
}

/// What was asked for and delivered so far.
struct Watch {
    sync: Sync,
    chain: Chain,
    now_ms: u64,
    asked: Vec<(usize, RequestId, crate::sync::BlocksRequest)>,
    ids: BTreeSet<RequestId>,
    next: BlockNumber,
    may_begin_anew: bool,
}

impl Watch {
    fn input(&mut self, step: Step) -> Option<Input> {
        Some(match step {
            Step::Announce { peer: index, lowest, height } => {
                let status = Status { lowest: lowest.min(height), height, hash: Hash::ZERO };
                Input::Announced { peer: peer(index), status }
            }
            Step::Gone { peer: index } => Input::Gone { peer: peer(index) },
            Step::Answer { which, by, lie } => {
                let (index, id, request) = *self.asked.get(which.index(self.asked.len().max(1)))?;
                let answer = lied(self.chain.answer(&request), lie);
                Input::Answered { peer: peer(by.unwrap_or(index)), id, answer }
            }
            Step::Fail { which } => {
                let (index, id, _) = *self.asked.get(which.index(self.asked.len().max(1)))?;
                Input::Failed { peer: peer(index), id }
            }
            Step::Applied { height } => Input::Applied { height },
            Step::Refused { height, is_fault } => {
                self.may_begin_anew = true;
                Input::Refused { height, is_fault }
            }
            Step::Pause { pause_ms } => {
                self.now_ms += pause_ms;
                Input::Tick
            }
        })
    }

    fn perform(&mut self, effect: Effect, own: BlockNumber) -> Result<(), TestCaseError> {
        match effect {
            Effect::Request { peer, id, request } => {
                prop_assert!(self.ids.insert(id), "{:?} is used twice", id);
                prop_assert!((1..=RULES.max_batch).contains(&request.max_blocks));
                let last = u64::from(request.from_height) + u64::from(request.max_blocks) - 1;
                prop_assert!(request.from_height > own && last <= u64::from(own) + u64::from(RULES.window_blocks));
                self.asked.push((usize::from(peer.0[0]) - 1, id, request));
            }
            Effect::Deliver { first_height, blocks, .. } => {
                let goes_on = first_height == self.next.max(own + 1);
                let begins_anew = self.may_begin_anew && first_height == own + 1;
                prop_assert!(goes_on || begins_anew, "{} after {}, own {}", first_height, self.next, own);
                self.may_begin_anew &= !begins_anew;
                for (height, block) in (first_height..).zip(&blocks) {
                    let header = Reader::new(block).header().expect("it was checked");
                    prop_assert_eq!(header.number, height);
                }
                self.next = first_height + blocks.len() as BlockNumber;
            }
            Effect::SetTimer { at_ms } => prop_assert!(at_ms > self.now_ms),
            Effect::Punish { .. } => {}
        }
        Ok(())
    }
}

fn lied(mut answer: BlocksAnswer, lie: u8) -> BlocksAnswer {
    match lie {
        1 => answer.blocks.clear(),
        2 => drop(answer.blocks.pop()),
        3 => answer.blocks.extend(answer.blocks.clone()),
        4 => answer.blocks.push(vec![1; 5]),
        5 => answer.blocks = vec![Vec::new(); 600],
        _ => {}
    }
    answer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bounds_hold_whatever_comes(steps in proptest::collection::vec(step(), 1..150)) {
        let chain = Chain::new(LENGTH as usize, 3, 40);
        let (sync, ids) = (Sync::new(RULES, 0), BTreeSet::new());
        let mut watch = Watch { sync, chain, now_ms: 1_000, asked: vec![], ids, next: 1, may_begin_anew: false };
        for step in steps {
            let Some(input) = watch.input(step) else { continue };
            let before = watch.sync.progress().height;
            let effects = watch.sync.handle(watch.now_ms, input);
            let progress = watch.sync.progress();
            prop_assert!(progress.height >= before);
            prop_assert!(progress.held_bytes <= RULES.max_held_bytes && progress.requests <= MAX_REQUESTS);
            prop_assert!(progress.peers.iter().all(|peer| peer.asked <= RULES.max_per_peer));
            let asked: usize = progress.peers.iter().map(|peer| peer.asked).sum();
            prop_assert!(asked <= progress.requests, "a request is counted for its peer alone");
            for effect in effects {
                watch.perform(effect, progress.height)?;
            }
        }
    }
}
