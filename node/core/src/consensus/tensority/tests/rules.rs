//! What a header must say: its work, its target, its time.

use super::forge::{Forge, GENESIS_MS, Wish};
use super::host::Host;
use super::*;
use parity_scale_codec::Encode;
use tenon_types::DigestItem;
use tenon_types::work::MEDIAN_TIMES;

fn refused(host: &Host) -> Option<&Refusal> {
    host.refused.last().map(|(_, _, reason)| reason)
}

#[test]
fn a_header_says_its_work_in_its_last_item_or_nothing() {
    let mut forge = Forge::new(quick_rules());
    let block = forge.make(&forge.genesis.clone(), forge.wish(&forge.genesis));
    let of = |change: &dyn Fn(&mut Vec<DigestItem>)| {
        let mut header = block.header.clone();
        change(&mut header.digest.logs);
        Facts::of(&header, 0).map(|facts| facts.seal)
    };
    let seal = block.facts().seal;
    assert_eq!(of(&|_| {}), Ok(seal));
    assert_eq!(of(&|logs| drop(logs.pop())), Err(SealError::Items { found: 0 }));
    assert_eq!(of(&|logs| logs.push(seal.item())), Err(SealError::Items { found: 2 }));
    assert_eq!(of(&|logs| logs.swap(0, 1)), Err(SealError::NotLast));
    assert_eq!(of(&|logs| drop(logs.remove(0))), Err(SealError::NoInfo));
    for bytes in [vec![], seal.encode()[..23].to_vec(), [seal.encode(), vec![0]].concat()] {
        let found = bytes.len();
        let malformed = of(&|logs| logs[1] = DigestItem::Seal(WORK_ID, bytes.clone()));
        assert_eq!(malformed, Err(SealError::Malformed { found }));
    }
    let long = of(&|logs| logs.insert(0, DigestItem::Other(vec![0; MAX_HEADER_BYTES])));
    assert!(matches!(long, Err(SealError::TooLong { max: MAX_HEADER_BYTES, .. })), "{long:?}");
    assert_eq!(unsealed(&block.header).digest.logs, block.header.digest.logs[..1]);
}

#[test]
fn the_rules_that_all_chains_share_hold_of_a_sealed_header() {
    let parameters = tenon_types::Parameters::DEVELOPMENT;
    let mut forge = Forge::new(quick_rules());
    let genesis = forge.get(&forge.genesis).header.clone();
    let outcome = crate::rules::Outcome { state_root: Hash([3; 32]), gas_used: 0, receipts_root: Hash::ZERO };
    let parent_info = genesis.info().expect("ours");
    let at = |now_ms| crate::rules::Production {
        now_ms,
        producer: account(1),
        seal: tenon_types::Seal::of_leader(0, account(1)),
        next_validators: None,
        ancestors: Hash::ZERO,
    };
    let info = crate::rules::next_info(&parent_info, &outcome, at(GENESIS_MS + 5), &parameters);
    let header = crate::rules::next_header(&genesis, &outcome, &info, Hash::ZERO).expect("a height");
    let seal = WorkSeal { bits: forge.rules.first_bits, finalized: 0, nonce: 7 };
    let header = sealed(header, &seal);
    assert_eq!(check_shared(&genesis, &header, Hash::ZERO, &parameters), Ok(info));
    assert_eq!(Facts::of(&header, 9).map(|facts| facts.seal), Ok(seal));
    let mut twice = header.clone();
    twice.digest.logs.insert(1, DigestItem::Other(vec![1]));
    assert!(matches!(
        check_shared(&genesis, &twice, Hash::ZERO, &parameters),
        Err(crate::rules::HeaderError::Digest { .. })
    ));
    // A child's parent hash is that of the sealed header, nonce and all.
    let block = forge.make(&forge.genesis.clone(), forge.wish(&forge.genesis));
    let found = check_shared(&header, &block.header, Hash::ZERO, &parameters);
    assert!(matches!(found, Err(crate::rules::HeaderError::Parent { expected, .. }) if expected == header.hash()));
}

#[test]
fn the_nonce_is_the_last_of_an_encoded_header() {
    let forge = Forge::new(quick_rules());
    let block = forge.unsolved(&forge.genesis, forge.wish(&forge.genesis));
    let mut bytes = block.header.encode();
    set_nonce(&mut bytes, 0x0102_0304_0506_0708);
    let header: tenon_types::Header = parity_scale_codec::Decode::decode(&mut &bytes[..]).expect("a header");
    assert_eq!(WorkSeal::of(&header).expect("sealed").nonce, 0x0102_0304_0506_0708);
    assert_eq!(header.hash(), blake2b_256(&bytes));
    set_nonce(&mut [], 7);
}

#[test]
fn refuses_a_block_whose_work_is_not_done_once_for_all() {
    let mut forge = Forge::new(WorkRules { first_bits: bits_of(1 << 20), ..quick_rules() });
    let mut host = Host::new(&forge);
    let block = forge.unsolved(&forge.genesis, forge.wish(&forge.genesis));
    forge.add(block.clone());
    host.block(&block, Some(3));
    let (hash, bits) = (block.hash(), block.facts().seal.bits);
    let found = digest(&hash, &tenon_types::work::FIRST_SEED);
    assert_eq!(host.refused, [(hash, Some(Peer(3)), Refusal::ForgedWork { hash, found, bits })]);
    assert!(refused(&host).is_some_and(Refusal::is_fault));
    host.block(&block, Some(4));
    assert_eq!(refused(&host), Some(&Refusal::Invalid(hash)));
    assert_eq!(host.works, [hash], "its work was checked once");
    assert_eq!(host.bodies(), 0);
}

#[test]
fn cheap_checks_come_before_the_work() {
    let mut forge = Forge::new(quick_rules());
    let mut host = Host::with(&forge, |setup| {
        setup.max_block_bytes = 1_000;
    });
    let genesis = forge.genesis;
    let wish = forge.wish(&genesis);
    let easier = forge.make(&genesis, Wish { bits: Some(bits_of(2)), ..wish.clone() });
    host.block(&easier, Some(1));
    let expected = forge.rules.first_bits;
    assert_eq!(refused(&host), Some(&Refusal::WrongBits { found: bits_of(2), expected }));
    let harder = forge.make(&genesis, Wish { bits: Some(bits_of(8)), ..wish.clone() });
    host.block(&harder, Some(1));
    assert_eq!(refused(&host), Some(&Refusal::WrongBits { found: bits_of(8), expected }));
    for bits in [Bits(0), Bits(1 << 55 | 5 << 56 | 1), Bits(u64::MAX)] {
        let block = forge.unsolved(&genesis, Wish { bits: Some(bits), ..wish.clone() });
        host.block(&block, Some(1));
        assert_eq!(refused(&host), Some(&Refusal::WrongBits { found: bits, expected }), "zero, below zero, beyond");
    }
    let large = forge.make(&genesis, Wish { transactions: (0..200).collect(), ..wish.clone() });
    host.block(&large, Some(1));
    assert_eq!(refused(&host), Some(&Refusal::TooLarge { found: large.facts().bytes, max: 1_000 }));
    let stating = forge.make(&genesis, Wish { finalized: 1, ..wish.clone() });
    host.block(&stating, Some(1));
    assert_eq!(refused(&host), Some(&Refusal::FinalHeight { found: 1, min: 0, height: 1 }));
    let good = forge.make(&genesis, wish);
    let facts = Facts { height: 2, ..good.facts() };
    host.give(Input::Block { facts, from: None });
    assert_eq!(refused(&host), Some(&Refusal::Height { found: 2, expected: 1 }));
    assert_eq!(host.works, [], "no work was looked at");
}

#[test]
fn times_are_above_the_median_and_not_too_far_ahead() {
    let mut forge = Forge::new(quick_rules());
    let mut host = Host::new(&forge);
    for block in forge.row(&forge.genesis.clone(), 12, 1) {
        host.block(&block, None);
    }
    let head = host.head();
    let median = forge.median(&head);
    assert_eq!(median, forge.time(&forge.line(&head)[forge.line(&head).len() - 1 - MEDIAN_TIMES / 2]));
    let at = |forge: &mut Forge, time_ms| forge.make(&head, Wish { time_ms, ..forge.wish(&head) });
    let low = at(&mut forge, median);
    host.block(&low, Some(1));
    assert_eq!(refused(&host), Some(&Refusal::TimeLow { found: median, median }));
    let max = host.now_ms + forge.rules.max_ahead_ms;
    let ahead = at(&mut forge, max + 1);
    host.block(&ahead, Some(1));
    assert_eq!(refused(&host), Some(&Refusal::TimeAhead { found: max + 1, max }));
    assert!(!refused(&host).expect("refused").is_fault(), "a clock may be behind");
    host.now_ms += 1;
    host.block(&ahead, Some(1));
    assert_eq!(host.head(), ahead.hash(), "it is acceptable once its time comes nearer");
    let mut other = Host::new(&forge);
    for hash in forge.line(&head).iter().skip(1) {
        other.block(&forge.get(hash).clone(), None);
    }
    // Below the parent's time, but above the median: the rules of work allow it.
    let least = at(&mut forge, median + 1);
    other.block(&least, Some(1));
    assert!(least.facts().time_ms < forge.time(&head) && other.head() == least.hash());
}

#[test]
fn rules_out_of_bounds_are_none() {
    let rules = quick_rules();
    assert_eq!(rules.check(), Ok(()));
    assert_eq!(WorkRules::reference(Bits(2_161_727_821_137_910_632)).check(), Ok(()));
    let committee = |sigma, max_gap| WorkRules { committee: Some(CommitteeRules { sigma, max_gap }), ..rules };
    let wrong = [
        WorkRules { first_bits: Bits(0), ..rules },
        WorkRules { spacing_ms: 0, ..rules },
        WorkRules { retarget_blocks: 0, ..rules },
        WorkRules { retarget_blocks: MAX_EPOCH + 1, ..rules },
        WorkRules { seed_blocks: 0, ..rules },
        WorkRules { window: 0, ..rules },
        WorkRules { window: MAX_WINDOW + 1, ..rules },
        committee(0, 10),
        committee(6, 6),
        committee(6, MAX_WINDOW + 1),
    ];
    for rules in wrong {
        assert!(rules.check().is_err(), "{rules:?}");
    }
    assert_eq!(committee(6, 7).check(), Ok(()));
}

#[test]
fn needs_the_headers_that_its_rules_look_at() {
    let forge = Forge::new(quick_rules());
    let past = Past { hash: forge.genesis, time_ms: GENESIS_MS, bits: forge.rules.first_bits, finalized: 0 };
    let setup = |count: usize, final_height| WorkSetup {
        rules: forge.rules,
        chain: forge.genesis,
        max_block_bytes: 1,
        trunk: vec![past; count],
        final_height,
        validators: [account(7)].into(),
        producer: None,
        pool: None,
        checkpoint: None,
        kept: Default::default(),
    };
    let start = |count, height| WorkChain::new(setup(count, height), None).map(drop);
    assert_eq!(start(17, 40), Ok(()));
    assert_eq!(start(3, 2), Ok(()));
    assert_eq!(start(16, 40), Err(StartError::History { found: 16, height: 40, expected: 17 }));
    assert_eq!(start(4, 2), Err(StartError::History { found: 4, height: 2, expected: 3 }));
    assert!(matches!(start(0, 0), Err(StartError::History { .. })));
    let known = |height, hash| WorkSetup { checkpoint: Some((height, hash)), ..setup(3, 2) };
    let expected = Hash([9; 32]);
    let other = StartError::Checkpoint { height: 1, found: forge.genesis, expected };
    assert_eq!(WorkChain::new(known(1, expected), None).map(drop), Err(other));
    assert_eq!(WorkChain::new(known(1, forge.genesis), None).map(drop), Ok(()));
    assert_eq!(WorkChain::new(known(3, expected), None).map(drop), Ok(()), "that height is not reached yet");
    let votes = WorkSetup { producer: Some(account(7)), ..setup(1, 0) };
    assert_eq!(WorkChain::new(votes, None).map(drop), Err(StartError::ProducerVotes(account(7))));
}

/// Mines with so many hashes a second until there are so many blocks more.
fn mine(forge: &mut Forge, host: &mut Host, rate: u64, blocks: usize, nonce: &mut u64) {
    let mut template = 0;
    let mut line = host.heads.len();
    let (target_line, mut header, mut seed, mut target) = (line + blocks, Vec::new(), Hash::ZERO, None);
    while line < target_line {
        host.now_ms += 1_000;
        for _ in 0..rate {
            if target.is_none() {
                let unit = host.chain.work().expect("a template");
                (template, header, seed, target) = (unit.template, unit.header, unit.seed, Some(unit.target));
            }
            *nonce += 1;
            set_nonce(&mut header, *nonce);
            let hash = blake2b_256(&header);
            if target.is_some_and(|target| target.is_met_by(&digest(&hash, &seed))) {
                host.give(Input::Nonce(NonceFound { request: *nonce, template, nonce: *nonce, miner: None }));
                target = None;
            }
        }
        line = host.heads.len();
        // Old templates are made anew with the time.
        host.pass(0);
        if host.chain.work().is_some_and(|unit| unit.template != template) {
            target = None;
        }
    }
    for hash in host.whole_line() {
        forge.add(host.body(&hash).expect("a block of the chain"));
    }
}

#[test]
fn blocks_take_their_time_whatever_the_hash_rate() {
    let rules = WorkRules {
        first_bits: bits_of(600),
        spacing_ms: 150_000,
        retarget_blocks: 50,
        window: 20,
        max_ahead_ms: 3_600_000,
        ..quick_rules()
    };
    let mut forge = Forge::new(rules);
    let mut host = Host::with(&forge, |setup| setup.producer = Some(account(1)));
    let mut nonce = 0;
    for (rate, factor) in [(4, 1.0), (24, 6.0), (1, 0.25)] {
        // What the clamp needs to get there, and then what is measured.
        mine(&mut forge, &mut host, rate, 150, &mut nonce);
        let first = host.head();
        mine(&mut forge, &mut host, rate, 200, &mut nonce);
        let last = host.head();
        let mean_ms = (forge.time(&last) - forge.time(&first)) as f64 / 200.0;
        let off = mean_ms / 150_000.0;
        assert!((0.85..1.15).contains(&off), "{rate} hashes a second: {mean_ms} ms");
        let hashes = forge.next_bits(&last).target().expect("a target").work().hashes() as f64;
        let expected = 600.0 * factor;
        assert!((0.6..1.6).contains(&(hashes / expected)), "{hashes} hashes a block, expected about {expected}");
    }
    // The engine's targets were those of the forge all along: it counts them by whole branches.
    for (hash, parent) in forge.line(&host.head()).iter().skip(1).zip(forge.line(&host.head())) {
        assert_eq!(forge.bits(hash), forge.next_bits(&parent));
    }
    let seeds: std::collections::BTreeSet<Hash> =
        forge.line(&host.head()).iter().map(|hash| forge.seed(hash)).collect();
    assert!(seeds.len() > 100, "each epoch has a seed of its own");
}
