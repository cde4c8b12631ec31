//! Power lost at every point.

use super::forge::{Block, Forge, Wish};
use super::host::Host;
use super::*;

/// A run with a fork, a retreat and final blocks.
fn script(forge: &mut Forge) -> Vec<Block> {
    let genesis = forge.genesis;
    let mut blocks = forge.row(&genesis, 4, 1);
    let base = blocks[1].hash();
    let mut branch = vec![forge.make(&base, Wish { transactions: vec![7], producer: account(2), ..forge.wish(&base) })];
    branch.extend(forge.row(&branch[0].hash(), 3, 2));
    // The longer branch comes from its end.
    branch.reverse();
    blocks.extend(branch.clone());
    blocks.extend(forge.row(&branch[0].hash(), 12, 3));
    blocks
}

#[test]
fn goes_on_after_a_crash_at_every_effect() {
    let rules = WorkRules { window: 5, ..quick_rules() };
    let mut forge = Forge::new(rules);
    let blocks = script(&mut forge);
    let mut whole = Host::new(&forge);
    blocks.iter().for_each(|block| whole.block(block, Some(1)));
    let (head, points) = (whole.head(), whole.effects);
    assert_eq!(Some(whole.state()), forge.state(&head).as_ref());
    assert!(points > 100 && whole.finals().len() == 13, "{points} {}", whole.finals().len());
    let mut kept = 0;
    for point in 1..points {
        let mut host = Host::new(&forge);
        host.effects_left = Some(point);
        blocks.iter().for_each(|block| host.block(block, Some(1)));
        let (before, works) = (host.finals(), host.works.len());
        host.restart();
        assert_eq!(host.finals()[..before.len()], before, "point {point}: what was final stays");
        kept = kept.max(host.chain.status().blocks);
        // What was announced before the crash is so again, without another check of the work.
        assert_eq!(host.works.len(), works, "point {point}");
        let heads = host.heads.len();
        blocks.iter().for_each(|block| host.block(block, Some(1)));
        assert!(host.heads.len() >= heads);
        assert_eq!((host.head(), host.finals()), (head, whole.finals()), "point {point}");
        assert_eq!(Some(host.state()), forge.state(&head).as_ref(), "point {point}");
        assert_eq!(host.halted, None);
    }
    assert!(kept > 5, "blocks above the final one are kept");
}

#[test]
fn what_was_announced_is_the_head_again() {
    let mut forge = Forge::new(WorkRules { window: 5, ..quick_rules() });
    let blocks = script(&mut forge);
    for count in 1..blocks.len() {
        let mut host = Host::new(&forge);
        blocks[..count].iter().for_each(|block| host.block(block, Some(1)));
        let head = host.head();
        host.restart();
        assert_eq!(host.head(), head);
        assert_eq!(Some(host.state()), forge.state(&head).as_ref());
    }
}

#[test]
fn what_was_persisted_and_does_not_read_is_as_if_nothing_were() {
    let mut forge = Forge::new(quick_rules());
    let row = forge.row(&forge.genesis.clone(), 3, 1);
    let mut host = Host::new(&forge);
    row.iter().for_each(|block| host.block(block, None));
    let bytes = host.persisted().expect("persisted");
    for at in [0, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        host.set_persisted(Some(damaged));
        host.restart();
        assert_eq!((host.head(), host.halted.clone()), (forge.genesis, None));
    }
    host.set_persisted(Some(bytes[..20].to_vec()));
    host.restart();
    assert_eq!(host.head(), forge.genesis);
    host.set_persisted(Some(bytes));
    host.restart();
    assert_eq!(host.head(), row[2].hash());
}
