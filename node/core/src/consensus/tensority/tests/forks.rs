//! Which branch is followed, in whatever order blocks come.

use super::forge::{BAD, Block, Forge, Wish};
use super::host::{Host, Said};
use super::*;
use proptest::prelude::*;
use tenon_types::work::Work;

fn give_all(host: &mut Host, blocks: &[Block]) {
    blocks.iter().for_each(|block| host.block(block, Some(1)));
}

/// The head is the best branch's tip, and the state is as if there had never been another.
fn assert_alone(host: &Host, forge: &Forge) {
    let mut alone = Host::new(forge);
    let line = host.whole_line();
    line.iter().for_each(|hash| alone.block(forge.get(hash), None));
    assert_eq!(alone.whole_line(), line);
    assert_eq!((alone.state(), alone.chain.status().next_bits), (host.state(), host.chain.status().next_bits));
    assert_eq!(Some(host.state()), forge.state(&host.head()).as_ref());
    assert_eq!(host.halted, None);
}

#[test]
fn follows_most_work_and_takes_back_what_has_less() {
    let mut forge = Forge::new(quick_rules());
    let genesis = forge.genesis;
    let common = forge.row(&genesis, 3, 1);
    let base = common[2].hash();
    let wish = Wish { transactions: vec![1, 2], producer: account(2), ..forge.wish(&base) };
    let short = vec![forge.make(&base, wish)];
    let wish = Wish { transactions: vec![2, 3], producer: account(3), ..forge.wish(&base) };
    let mut long = vec![forge.make(&base, wish)];
    long.extend(forge.row(&long[0].hash(), 2, 3));
    let mut host = Host::new(&forge);
    give_all(&mut host, &common);
    give_all(&mut host, &short);
    assert_eq!(host.head(), short[0].hash());
    host.block(&long[0], Some(1));
    assert_eq!(host.head(), short[0].hash(), "of equal work, what was seen first");
    host.block(&long[1], Some(1));
    assert_eq!(host.head(), long[1].hash());
    let (retracted, adopted) = host.heads.last().expect("heads").clone();
    assert_eq!((retracted, adopted), (vec![short[0].hash()], vec![long[0].hash(), long[1].hash()]));
    assert_eq!(host.pool, [1].into(), "what was taken back waits again, unless the other branch has it");
    assert_alone(&host, &forge);
    host.block(&long[2], Some(1));
    assert_alone(&host, &forge);
    assert_eq!(host.chain.status().reorganizations, 1);
}

#[test]
fn a_branch_that_breaks_a_rule_is_left_and_never_looked_at_again() {
    let mut forge = Forge::new(quick_rules());
    let genesis = forge.genesis;
    let good = forge.row(&genesis, 2, 1);
    let first = forge.make(&genesis, Wish { producer: account(2), ..forge.wish(&genesis) });
    let wish = Wish { transactions: vec![BAD], producer: account(2), ..forge.wish(&first.hash()) };
    let bad = forge.make(&first.hash(), wish);
    let onto = forge.row(&bad.hash(), 3, 2);
    let mut host = Host::new(&forge);
    give_all(&mut host, &good);
    host.block(&first, Some(2));
    host.block(&bad, Some(3));
    host.block(&onto[0], Some(4));
    let reasons: Vec<_> = host.refused.iter().map(|(hash, from, reason)| (*hash, *from, reason.clone())).collect();
    let expected = [
        (bad.hash(), Some(Peer(3)), Refusal::Execution(bad.hash())),
        (onto[0].hash(), Some(Peer(4)), Refusal::Invalid(onto[0].hash())),
    ];
    assert_eq!(reasons, expected);
    let works = host.works.len();
    give_all(&mut host, &onto);
    assert_eq!((host.head(), host.works.len()), (good[1].hash(), works));
    let others = forge.row(&first.hash(), 2, 3);
    give_all(&mut host, &others);
    assert_eq!(host.head(), others[1].hash(), "what it stood on is none the worse");
    assert_alone(&host, &forge);
}

#[test]
fn a_bad_block_beneath_a_heavy_branch_leaves_the_good_part() {
    let mut forge = Forge::new(quick_rules());
    let genesis = forge.genesis;
    let mine = forge.row(&genesis, 2, 1);
    let mut theirs = forge.row(&genesis, 3, 2);
    let tip = theirs[2].hash();
    theirs.push(forge.make(&tip, Wish { transactions: vec![BAD], ..forge.wish(&tip) }));
    let mut host = Host::new(&forge);
    give_all(&mut host, &mine);
    // The tip comes first, and then all at once.
    theirs.reverse();
    give_all(&mut host, &theirs);
    assert_eq!(host.head(), tip);
    assert_alone(&host, &forge);
}

#[test]
fn what_lies_deeper_than_the_window_is_final() {
    let mut forge = Forge::new(quick_rules());
    let (genesis, window) = (forge.genesis, forge.rules.window as usize);
    let mine = forge.row(&genesis, window + 1, 1);
    let mut host = Host::new(&forge);
    give_all(&mut host, &mine);
    assert_eq!(host.finals(), [mine[0].hash()]);
    // From the last final block on, all may be taken back.
    let theirs = forge.row(&mine[0].hash(), window + 1, 2);
    give_all(&mut host, &theirs);
    assert_eq!(host.head(), theirs[window].hash());
    assert_eq!(host.chain.status().deepest, window as u64);
    assert_alone(&host, &forge);
    // From below, nothing, however much work it has.
    let deep = forge.row(&genesis, window + 5, 3);
    let before = host.head();
    give_all(&mut host, &deep);
    let (hash, _, reason) = &host.refused[0];
    assert_eq!((*hash, reason), (deep[0].hash(), &Refusal::Deep { fork: 0, final_height: 2 }));
    assert!(!reason.is_fault(), "its sender may have been cut off");
    let mut others = host.refused.iter().skip(1).map(|(_, _, reason)| reason);
    assert!(others.clone().count() > 10 && others.clone().all(|reason| matches!(reason, Refusal::Beside(_))));
    assert!(!others.any(Refusal::is_fault));
    assert_eq!((host.head(), host.chain.status().deep_forks), (before, 1));
    assert!(forge.total(&deep[window + 4].hash()) > forge.total(&before));
    assert_alone(&host, &forge);
}

#[test]
fn an_orphans_ancestors_are_asked_for_and_then_it_stands() {
    let mut forge = Forge::new(quick_rules());
    let row = forge.row(&forge.genesis.clone(), 4, 1);
    let mut host = Host::new(&forge);
    host.block(&row[3], Some(9));
    host.block(&row[2], Some(9));
    let wants = |host: &Host| {
        let of = |said: &Said| match said {
            Said::Want { hash, from, locator } => Some((*hash, *from, locator.clone())),
            Said::Head(_) => None,
        };
        host.said.iter().filter_map(of).collect::<Vec<_>>()
    };
    let first = (row[2].hash(), Some(Peer(9)), vec![forge.genesis]);
    assert_eq!(wants(&host), [first.clone(), (row[1].hash(), Some(Peer(9)), vec![forge.genesis])]);
    host.pass(10_000);
    host.pass(10_000);
    assert_eq!(wants(&host)[3].1, None, "who does not answer is not asked alone for ever");
    host.block(&row[0], Some(8));
    host.block(&row[1], Some(8));
    assert_eq!(host.head(), row[3].hash());
    assert_eq!(host.chain.status().orphans, 0);
}

#[test]
fn who_begins_far_behind_and_knows_a_checkpoint_is_not_led_astray() {
    let mut forge = Forge::new(quick_rules());
    let genesis = forge.genesis;
    let (theirs, real) = (forge.row(&genesis, 20, 2), forge.row(&genesis, 30, 1));
    let known = (25, real[24].hash());
    let mut host = Host::with(&forge, |setup| setup.checkpoint = Some(known));
    let more = forge.row(&theirs[19].hash(), 8, 2);
    give_all(&mut host, &theirs[..10]);
    give_all(&mut host, &real);
    assert_eq!(host.head(), real[29].hash());
    let mut host = Host::with(&forge, |setup| setup.checkpoint = Some(known));
    give_all(&mut host, &theirs);
    give_all(&mut host, &more);
    let (hash, expected) = (more[4].hash(), known.1);
    assert_eq!(host.refused[0].2, Refusal::Checkpoint { height: 25, found: hash, expected });
    assert_eq!(host.head(), more[3].hash(), "what leads to another block is not followed to it");
    assert!(!host.refused[0].2.is_fault());
}

#[test]
fn a_node_that_is_far_behind_asks_on_while_blocks_come() {
    let mut forge = Forge::new(quick_rules());
    let row = forge.row(&forge.genesis.clone(), 60, 1);
    let mut host = Host::new(&forge);
    host.block(&row[59], Some(1));
    let mut asked_ms = 0;
    while host.head() != row[59].hash() {
        let of = |said| match said {
            Said::Want { locator, .. } => Some(locator),
            Said::Head(_) => None,
        };
        let mut wanted: Vec<Vec<Hash>> = host.said.drain(..).filter_map(of).collect();
        if let Some(locator) = wanted.pop() {
            let from = row.iter().position(|block| locator.contains(&block.hash()) && block.hash() == host.head());
            let from = from.map_or(0, |at| at + 1);
            give_all(&mut host, &row[from..(from + 5).min(59)]);
        }
        host.pass(100);
        asked_ms += 100;
    }
    assert!(asked_ms <= 12 * 600, "{asked_ms}");
}

#[test]
fn locators_find_the_last_common_block() {
    let mut forge = Forge::new(WorkRules { window: 100, ..quick_rules() });
    let row = forge.row(&forge.genesis.clone(), 40, 1);
    let other = forge.row(&row[24].hash(), 3, 2);
    let (mut host, mut behind) = (Host::new(&forge), Host::new(&forge));
    give_all(&mut host, &row);
    give_all(&mut behind, &row[..25]);
    give_all(&mut behind, &other);
    let locator = behind.chain.locator();
    assert_eq!(locator[0], other[2].hash());
    let common = host.chain.common_height(&locator).expect("genesis is common");
    assert_eq!(common, 25);
    assert_eq!(host.chain.common_height(&[Hash([9; 32])]), None);
}

/// A tree of blocks: each on an earlier one, or on genesis.
fn tree(parents: &[usize], forge: &mut Forge) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (index, parent) in parents.iter().enumerate() {
        let parent = match parent % (index + 1) {
            0 => forge.genesis,
            at => blocks[at - 1].hash(),
        };
        // Some transactions stand in several branches.
        let done = forge.state(&parent).expect("valid").done;
        let transactions = [index as u64 / 2].into_iter().filter(|one| !done.contains(one)).collect();
        let spread = (index as u64 % 7) * 3_000;
        let wish = forge.wish(&parent);
        let wish = Wish { transactions, producer: account(index as u8), time_ms: wish.time_ms + spread, ..wish };
        blocks.push(forge.make(&parent, wish));
    }
    blocks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_same_blocks_in_any_order_give_the_best_head(
        parents in proptest::collection::vec(0_usize..12, 1..40),
        keys in proptest::collection::vec(any::<u64>(), 40),
    ) {
        // Parents near the newest make long branches, so that targets change within them.
        let parents: Vec<usize> = parents.iter().enumerate().map(|(at, back)| (at + 1).saturating_sub(1 + back / 3)).collect();
        let rules = WorkRules { window: 100, retarget_blocks: 4, seed_blocks: 3, ..quick_rules() };
        let mut forge = Forge::new(rules);
        let blocks = tree(&parents, &mut forge);
        let most = blocks.iter().map(|block| forge.total(&block.hash())).max().unwrap_or_default();
        let best: Vec<Hash> = blocks.iter().map(Block::hash).filter(|hash| forge.total(hash) == most).collect();
        let mut order: Vec<usize> = (0..blocks.len()).collect();
        order.sort_by_key(|at| keys[*at]);
        let mut heads = Vec::new();
        for order in [(0..blocks.len()).collect::<Vec<_>>(), order] {
            let mut host = Host::new(&forge);
            for at in &order {
                host.block(&blocks[*at], Some(*at as u64 % 8));
            }
            prop_assert_eq!(forge.total(&host.head()), most);
            prop_assert!(best.contains(&host.head()));
            prop_assert_eq!(host.chain.status().work_above_final, most.minus(Work::ZERO));
            assert_alone(&host, &forge);
            let mut works = host.works.clone();
            works.sort_unstable();
            works.dedup();
            prop_assert_eq!(works.len(), host.works.len(), "each work is checked once");
            heads.push(host.head());
        }
        if best.len() == 1 {
            prop_assert_eq!(heads[0], heads[1]);
        }
    }
}
