//! Any history: blocks good and bad in any order and again, slow checks, finality, crashes.

use super::forge::{BAD, Block, Forge, Wish};
use super::host::Host;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
enum Step {
    /// Gives a block, by its place.
    Give(usize, u64),
    /// Answers no work until told to, or all that is open.
    Slow,
    CatchUp,
    Pass(u64),
    /// Loses power after so many effects more, or now.
    Crash(usize),
    Restart,
    /// The committee makes an ancestor of the head final, so many blocks below it; or prefers one.
    Final(u64),
    Prefer(usize),
    /// Says things that nobody asked for.
    Stray(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (any::<usize>(), 0_u64..6).prop_map(|(at, peer)| Step::Give(at, peer)),
        1 => Just(Step::Slow),
        2 => Just(Step::CatchUp),
        2 => (0_u64..30_000).prop_map(Step::Pass),
        1 => (1_usize..30).prop_map(Step::Crash),
        1 => Just(Step::Restart),
        1 => (0_u64..6).prop_map(Step::Final),
        1 => any::<usize>().prop_map(Step::Prefer),
        1 => any::<u8>().prop_map(Step::Stray),
    ]
}

/// A tree in which some blocks break a rule of execution, and some have no work in them.
fn tree(forge: &mut Forge, random: &mut Random, count: u64) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for at in 0..count {
        let back = random.below(4);
        let parent = blocks.len().checked_sub(1 + back as usize).map_or(forge.genesis, |at| blocks[at].hash());
        let transactions = if random.below(12) == 0 { vec![BAD] } else { vec![at / 3] };
        let wish = Wish { transactions, producer: account(1 + at as u8 % 5), ..forge.wish(&parent) };
        let block = if random.below(15) == 0 { forge.unsolved(&parent, wish) } else { forge.make(&parent, wish) };
        forge.add(block.clone());
        blocks.push(block);
    }
    blocks
}

/// Whether a branch has work in all its blocks, and none breaks a rule.
fn is_good(forge: &Forge, tip: &Hash) -> bool {
    let works = |hash: &Hash| {
        let block = forge.get(hash);
        let target = forge.bits(hash).target().expect("a target");
        target.is_met_by(&digest(hash, &forge.seed(&block.header.parent_hash)))
    };
    forge.state(tip).is_some() && forge.line(tip).iter().skip(1).all(works)
}

fn take(host: &mut Host, forge: &Forge, blocks: &[Block], step: &Step) {
    match step {
        Step::Give(at, peer) => host.block(&blocks[at % blocks.len()], Some(*peer)),
        Step::Slow => host.slow = true,
        Step::CatchUp => host.catch_up(),
        Step::Pass(ms) => host.pass(*ms),
        Step::Crash(after) => host.effects_left = Some(*after),
        Step::Restart => host.restart(),
        Step::Final(depth) if forge.rules.committee.is_some() => {
            let (_, head) = host.chain.head();
            let height = head.saturating_sub(*depth);
            if let Some(hash) = host.chain.hash_at(height).filter(|_| height > 0) {
                host.give(Input::Final { hash, height });
            }
        }
        Step::Prefer(at) if forge.rules.committee.is_some() => {
            host.give(Input::Prefer { hash: blocks[at % blocks.len()].hash() });
        }
        Step::Stray(byte) => {
            let hash = Hash([*byte; 32]);
            host.give(Input::WorkChecked { hash, digest: Hash::ZERO });
            host.give(Input::Executed { hash, valid: byte % 2 == 0 });
            host.give(Input::Nonce(NonceFound {
                request: 1,
                template: 10_000 + u64::from(*byte),
                nonce: 1,
                miner: None,
            }));
            host.give(Input::TemplateFailed { id: 10_000 + u64::from(*byte) });
            host.give(Input::Reward { hash, amount: 5 });
        }
        Step::Final(_) | Step::Prefer(_) => {}
    }
    if host.crashed() {
        host.restart();
    }
}

fn check(host: &Host, forge: &Forge) -> Result<(), TestCaseError> {
    prop_assert_eq!(host.halted.clone(), None);
    prop_assert!(is_good(forge, &host.head()));
    prop_assert_eq!(Some(host.state().clone()), forge.state(&host.head()));
    let (line, finals) = (host.whole_line(), host.finals());
    prop_assert_eq!(&forge.line(&host.head())[1..], &line[..]);
    prop_assert_eq!(&line[..finals.len()], &finals[..]);
    let status = host.chain.status();
    prop_assert!(status.orphans <= MAX_ORPHANS && status.wanted <= MAX_WANTED && status.blocks <= MAX_NODES);
    Ok(())
}

fn any_history(rules: WorkRules, seed: u64, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut forge = Forge::new(rules);
    let blocks = tree(&mut forge, &mut Random::new(seed), 60);
    let mut host = Host::with(&forge, |setup| setup.producer = Some(account(9)));
    let mut finals = Vec::new();
    for step in steps {
        take(&mut host, &forge, &blocks, step);
        check(&host, &forge)?;
        let now = host.finals();
        prop_assert_eq!(&now[..finals.len()], &finals[..], "what is final stays so");
        finals = now;
    }
    host.effects_left = None;
    // In the end it has seen everything, and follows the best of what stands on what is final.
    host.catch_up();
    host.give(Input::Prefer { hash: finals.last().copied().unwrap_or(forge.genesis) });
    for _ in 0..3 {
        blocks.iter().for_each(|block| host.block(block, Some(7)));
    }
    check(&host, &forge)?;
    let last = host.finals().last().copied().unwrap_or(forge.genesis);
    let open = blocks.iter().map(Block::hash).filter(|hash| forge.line(hash).contains(&last) && is_good(&forge, hash));
    let best = open.map(|hash| forge.total(&hash)).max().unwrap_or_default();
    prop_assert_eq!(forge.total(&host.head()), best.max(forge.total(&last)));
    let works: BTreeSet<&Hash> = host.works.iter().collect();
    prop_assert!(works.len() <= blocks.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_history_over_a_window_ends_on_the_best_branch(
        seed in any::<u64>(),
        steps in proptest::collection::vec(step(), 1..150),
    ) {
        let rules = WorkRules { window: 6, retarget_blocks: 5, seed_blocks: 4, ..quick_rules() };
        any_history(rules, seed, &steps)?;
    }

    #[test]
    fn any_history_under_a_committee_ends_on_the_best_branch(
        seed in any::<u64>(),
        steps in proptest::collection::vec(step(), 1..150),
    ) {
        let committee = Some(CommitteeRules { sigma: 2, max_gap: 500 });
        let rules = WorkRules { committee, retarget_blocks: 5, seed_blocks: 4, ..quick_rules() };
        any_history(rules, seed, &steps)?;
    }
}
