//! Templates, nonces, and paying who found them together.

use super::forge::{Forge, Wish};
use super::host::Host;
use super::*;
use std::collections::BTreeMap;
use tenon_types::work::Work;

fn miner(forge: &Forge) -> Host {
    Host::with(forge, |setup| setup.producer = Some(account(1)))
}

/// A nonce of the newest template whose hash meets a target and no harder one.
fn search(unit: &WorkUnit, meets: impl Fn(&Hash) -> bool) -> u64 {
    let mut header = unit.header.clone();
    let found = (unit.first_nonce..).find(|nonce| {
        set_nonce(&mut header, *nonce);
        meets(&digest(&blake2b_256(&header), &unit.seed))
    });
    found.expect("some nonce does")
}

fn hand_in(host: &mut Host, template: u64, nonce: u64, miner: Option<u8>) -> Result<NonceTaken, NonceRefused> {
    let found = NonceFound { request: nonce, template, nonce, miner: miner.map(account) };
    host.give(Input::Nonce(found));
    let (request, answer) = host.answers.last().expect("answered").clone();
    assert_eq!(request, nonce);
    answer
}

#[test]
fn a_nonce_makes_a_block_that_others_take() {
    let mut forge = Forge::new(quick_rules());
    let (mut host, mut other) = (miner(&forge), Host::new(&forge));
    host.pool.extend([4, 5]);
    for height in 1..40 {
        let unit = host.chain.work().expect("a template on each head");
        assert_eq!((unit.height, unit.share_target), (height, None));
        let nonce = search(&unit, |hash| unit.target.is_met_by(hash));
        let taken = hand_in(&mut host, unit.template, nonce, None);
        let head = host.head();
        assert_eq!(taken, Ok(NonceTaken::Block(head)));
        let block = host.body(&head).expect("the block is here");
        forge.add(block.clone());
        other.block(&block, Some(1));
        assert_eq!(other.head(), head);
        host.now_ms += 7_000;
        other.now_ms = host.now_ms;
    }
    assert_eq!(host.state(), other.state());
    assert_eq!(Some(host.state()), forge.state(&host.head()).as_ref());
    assert!(host.state().done.contains(&4) && host.pool.is_empty());
}

#[test]
fn stale_unknown_doubled_and_worthless_nonces_are_refused() {
    let mut forge = Forge::new(quick_rules());
    let mut host = miner(&forge);
    let unit = host.chain.work().expect("a template");
    let bad = search(&unit, |hash| !unit.target.is_met_by(hash));
    let refused = hand_in(&mut host, unit.template, bad, None);
    assert!(
        matches!(refused, Err(NonceRefused::AboveTarget { expected, .. }) if expected == unit.target),
        "{refused:?}"
    );
    let works = host.works.len();
    assert_eq!(hand_in(&mut host, unit.template, bad, None), Err(NonceRefused::Duplicate(bad)));
    assert_eq!(hand_in(&mut host, 99, bad, None), Err(NonceRefused::Stale { found: 99 }));
    let good = search(&unit, |hash| unit.target.is_met_by(hash));
    // Somebody else was quicker.
    let theirs = forge.make(&forge.genesis.clone(), Wish { producer: account(2), ..forge.wish(&forge.genesis) });
    host.block(&theirs, Some(1));
    assert_eq!(hand_in(&mut host, unit.template, good, None), Err(NonceRefused::Stale { found: unit.template }));
    assert_eq!(host.works.len(), works + 1, "no work was looked at but that of the other's block");
    assert_eq!(host.head(), theirs.hash());
    assert!(host.chain.work().expect("a template").template > unit.template);
}

#[test]
fn a_nonce_whose_template_is_left_while_it_is_checked_is_stale() {
    let mut forge = Forge::new(quick_rules());
    let mut host = miner(&forge);
    let unit = host.chain.work().expect("a template");
    let good = search(&unit, |hash| unit.target.is_met_by(hash));
    host.slow = true;
    host.give(Input::Nonce(NonceFound { request: 1, template: unit.template, nonce: good, miner: None }));
    let theirs = forge.make(&forge.genesis.clone(), forge.wish(&forge.genesis));
    host.block(&theirs, None);
    assert_eq!(host.answers, []);
    // The other's block is known to be right first.
    host.turn();
    host.catch_up();
    assert_eq!(host.answers, [(1, Err(NonceRefused::Stale { found: unit.template }))]);
    assert_eq!(host.head(), theirs.hash());
}

#[test]
fn templates_are_made_anew_for_transactions_and_with_time() {
    let forge = Forge::new(quick_rules());
    let mut host = miner(&forge);
    let first = host.chain.work().expect("a template");
    host.give(Input::PoolChanged);
    assert_eq!(host.chain.work().expect("a template").template, first.template, "not at once");
    host.pool.insert(3);
    host.pass(REFRESH_MS);
    let second = host.chain.work().expect("a template");
    assert!(second.template > first.template && second.header != first.header);
    host.pass(REFRESH_MS);
    assert_eq!(host.chain.work().expect("a template").template, second.template, "nothing came");
    host.pass(RENEW_MS);
    let third = host.chain.work().expect("a template");
    assert!(third.template > second.template);
    // Who is still at the first one has not worked in vain.
    let nonce = search(&first, |hash| first.target.is_met_by(hash));
    assert!(matches!(hand_in(&mut host, first.template, nonce, None), Ok(NonceTaken::Block(_))));
    for _ in 0..40 {
        host.pass(RENEW_MS);
    }
    assert_eq!(host.chain.status().templates, MAX_TEMPLATES);
}

#[test]
fn each_miner_gets_nonces_of_its_own_and_validators_none() {
    let forge = Forge::new(quick_rules());
    let mut host = Host::with(&forge, |setup| {
        setup.producer = Some(account(1));
        setup.validators = [account(9)].into();
    });
    let ranges: Vec<u64> = (0..4).map(|_| host.chain.work().expect("a template").first_nonce).collect();
    assert_eq!(ranges, [0, RANGE, 2 * RANGE, 3 * RANGE]);
    host.give(Input::Produce { producer: Some(account(9)) });
    assert_eq!(host.chain.work(), None, "a validator makes no blocks");
    host.give(Input::Produce { producer: Some(account(2)) });
    assert!(host.chain.work().is_some());
    host.give(Input::Produce { producer: None });
    assert_eq!(host.chain.work(), None);
}

#[test]
fn nonces_that_are_handed_in_are_bounded() {
    let forge = Forge::new(WorkRules { first_bits: bits_of(1 << 40), ..quick_rules() });
    let mut host = miner(&forge);
    let unit = host.chain.work().expect("a template");
    host.slow = true;
    for nonce in 0..=MAX_NONCES_CHECKING as u64 {
        host.give(Input::Nonce(NonceFound { request: nonce, template: unit.template, nonce, miner: None }));
    }
    let busy = |what, max| NonceRefused::Busy { what, found: max, max };
    let request = MAX_NONCES_CHECKING as u64;
    assert_eq!(host.answers, [(request, Err(busy("nonces being checked", MAX_NONCES_CHECKING)))]);
    host.catch_up();
    for nonce in 0..MAX_NONCES as u64 + 10 {
        host.give(Input::Nonce(NonceFound { request: nonce, template: unit.template, nonce, miner: None }));
    }
    let last = host.answers.last().expect("answered").1.clone();
    assert_eq!(last, Err(busy("nonces of one template", MAX_NONCES)));
}

#[test]
fn shares_are_credited_once_and_paid_when_their_block_is_final() {
    let forge = Forge::new(WorkRules { window: 3, ..quick_rules() });
    let mut host = Host::with(&forge, |setup| {
        setup.producer = Some(account(1));
        setup.pool = Some(PoolRules { easier: 2, window: 10 });
    });
    let unit = host.chain.work().expect("a template");
    let easier = unit.share_target.expect("there is a pool");
    let share = search(&unit, |hash| easier.is_met_by(hash) && !unit.target.is_met_by(hash));
    assert_eq!(hand_in(&mut host, unit.template, share, Some(7)), Ok(NonceTaken::Share));
    assert_eq!(hand_in(&mut host, unit.template, share, Some(8)), Err(NonceRefused::Duplicate(share)));
    let none = search(&unit, |hash| !easier.is_met_by(hash));
    let refused = hand_in(&mut host, unit.template, none, Some(7));
    assert!(matches!(refused, Err(NonceRefused::AboveTarget { expected, .. }) if expected == easier));
    let good = search(&unit, |hash| unit.target.is_met_by(hash));
    assert!(matches!(hand_in(&mut host, unit.template, good, Some(8)), Ok(NonceTaken::Block(_))));
    let standing = host.chain.pool().expect("a pool").standing();
    assert_eq!(standing, BTreeMap::from([(account(7), easier.work()), (account(8), easier.work())]));
    for _ in 0..3 {
        assert_eq!(host.paid, []);
        host.now_ms += 10_000;
        let unit = host.chain.work().expect("a template");
        let nonce = search(&unit, |hash| unit.target.is_met_by(hash));
        // The node's own blocks are nobody's shares.
        assert!(hand_in(&mut host, unit.template, nonce, None).is_ok());
    }
    assert_eq!(host.paid, [(account(7), 500), (account(8), 500)]);
}

#[test]
fn books_outlive_a_crash() {
    let forge = Forge::new(quick_rules());
    let mut host = Host::with(&forge, |setup| {
        setup.producer = Some(account(1));
        setup.pool = Some(PoolRules { easier: 4, window: 10 });
    });
    let unit = host.chain.work().expect("a template");
    let good = search(&unit, |hash| unit.target.is_met_by(hash));
    assert!(hand_in(&mut host, unit.template, good, Some(8)).is_ok());
    let (block, books) = (host.head(), host.chain.pool().expect("a pool").clone());
    host.restart();
    assert_eq!(host.chain.pool(), Some(&books));
    assert!(books.has_won(&block));
}

#[test]
fn nothing_is_lost_or_made_in_dividing() {
    let mut pool = SharePool::begin(PoolRules { easier: 1, window: 100 });
    let target = |hashes| bits_of(hashes).target().expect("a target");
    let (mut random, mut earned, mut paid) = (Random::new(5), 0, 0);
    for round in 0..200_u64 {
        for _ in 0..random.below(9) + 1 {
            pool.credit(account(random.below(7) as u8), target(1 + random.below(1_000)));
        }
        let block = blake2b_256(&round.to_le_bytes());
        pool.win(block);
        let amount = u128::from(random.below(1_000_000));
        let payments = pool.pay(&block, amount).expect("it was won");
        assert!(payments.iter().all(|(_, paid)| *paid > 0));
        earned += amount;
        paid += payments.iter().map(|(_, paid)| *paid).sum::<u128>();
        assert_eq!(earned, paid + pool.carried());
        assert!(pool.carried() < 7, "less than one for each who has a share");
        assert_eq!(pool.pay(&block, amount), None, "once");
    }
    pool.win(Hash([1; 32]));
    pool.lose(&Hash([1; 32]));
    assert_eq!(pool.pay(&Hash([1; 32]), 5), None);
    for at in 0..2 * MAX_WON as u64 {
        pool.win(blake2b_256(&at.to_le_bytes()));
    }
    assert!(pool.has_won(&blake2b_256(&(2 * MAX_WON as u64 - 1).to_le_bytes())));
    assert!(!pool.has_won(&blake2b_256(&0_u64.to_le_bytes())), "the oldest are given up");
    let empty = SharePool::begin(PoolRules { easier: 0, window: usize::MAX });
    assert_eq!(empty.share_target(target(5)), target(5), "a share is no harder than a block");
}

/// Who finds the next block, as often as their share of the hashes has it.
fn winner(random: &mut Random, rates: &[u64]) -> usize {
    let mut at = random.below(rates.iter().sum());
    rates.iter().position(|rate| at.checked_sub(*rate).map(|rest| at = rest).is_none()).expect("somebody wins")
}

#[test]
fn blocks_and_pay_are_as_work_and_pay_is_steadier_than_blocks() {
    const BLOCKS: u64 = 1_000;
    const SHARES: u64 = 50;
    let rates = [1_u64, 2, 3, 5, 9, 20, 30, 30];
    let whole: u64 = rates.iter().sum();
    let mut random = Random::new(20_261_120);
    let mut pool = SharePool::begin(PoolRules { easier: SHARES, window: 1_000 });
    let share = pool.share_target(bits_of(1_000_000).target().expect("a target"));
    let mut found = vec![0_u64; rates.len()];
    // What each gets in each row of 50 blocks, alone and together.
    let (mut alone, mut together) = (vec![Vec::new(); rates.len()], vec![Vec::new(); rates.len()]);
    let warm_up = 40;
    for block in 0..BLOCKS + warm_up {
        for _ in 0..SHARES {
            pool.credit(account(winner(&mut random, &rates) as u8), share);
        }
        let finder = winner(&mut random, &rates);
        let hash = blake2b_256(&block.to_le_bytes());
        pool.win(hash);
        let paid: BTreeMap<Address, u128> = pool.pay(&hash, 1_000_000).expect("won").into_iter().collect();
        let Some(counted) = block.checked_sub(warm_up) else { continue };
        found[finder] += 1;
        for who in 0..rates.len() {
            if counted % 50 == 0 {
                alone[who].push(0.0);
                together[who].push(0.0);
            }
            *alone[who].last_mut().expect("a row") += if who == finder { 1_000_000.0 } else { 0.0 };
            *together[who].last_mut().expect("a row") += paid.get(&account(who as u8)).copied().unwrap_or(0) as f64;
        }
    }
    // Chi-square with 7 degrees of freedom: 24.3 is passed once in a thousand.
    let expected = |rate: u64| (BLOCKS * rate) as f64 / whole as f64;
    let chi_square: f64 =
        found.iter().zip(rates).map(|(found, rate)| (*found as f64 - expected(rate)).powi(2) / expected(rate)).sum();
    assert!(chi_square < 24.3, "{found:?}: {chi_square}");
    let variance = |rows: &[f64]| {
        let mean = rows.iter().sum::<f64>() / rows.len() as f64;
        rows.iter().map(|row| (row - mean).powi(2)).sum::<f64>() / rows.len() as f64
    };
    for (who, rate) in rates.iter().enumerate() {
        let sum: f64 = together[who].iter().sum();
        let off = sum / (1_000_000.0 * expected(*rate));
        assert!((0.85..1.15).contains(&off), "miner {who} got {off} of what their work is worth");
        let (solo, pooled) = (variance(&alone[who]), variance(&together[who]));
        assert!(pooled * 5.0 < solo, "miner {who}: variance {pooled} together, {solo} alone");
    }
    assert_eq!(Work::ZERO, share.work().minus(share.work()));
}
