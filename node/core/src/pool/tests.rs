//! Tests of the pool: each rule by an example, then all of them against a naive model.

mod model;
mod property;

use super::*;
use std::sync::Arc;
use tenon_types::{
    Address, Amount, BlockNumber, Call, Era, Extra, Extrinsic, Hash, MultiAddress, Signature, SignedPart, SystemCall,
    blake2b_256,
};

const GAS: u64 = 100_000;

fn address(number: u8) -> Address {
    Address([number; 32])
}

fn extrinsic() -> Arc<Extrinsic> {
    let extra = Extra { era: Era::Immortal, nonce: 0, tip: 0, metadata_mode: 0 };
    let signed = SignedPart { signer: MultiAddress::Id(Address::ZERO), signature: Signature::Sr25519([0; 64]), extra };
    Arc::new(Extrinsic { signed, call: Call::System(SystemCall::remark { remark: Vec::new() }) })
}

/// A transaction; its hash follows from who, nonce and tip.
fn transaction(sender: u8, nonce: u32, tip: Amount) -> Checked {
    let hash = blake2b_256(format!("{sender} {nonce} {tip}").as_bytes());
    Checked {
        hash,
        bytes: vec![0; 144].into(),
        sender: address(sender),
        nonce,
        tip,
        gas_limit: GAS,
        max_fee: tip,
        valid_until: BlockNumber::MAX,
        extrinsic: extrinsic(),
    }
}

fn included(transaction: &Checked) -> Included {
    Included { sender: transaction.sender, nonce: transaction.nonce, hash: transaction.hash }
}

fn limits(max_transactions: usize) -> PoolLimits {
    PoolLimits { max_transactions, ..PoolLimits::default() }
}

fn add(pool: &mut Pool, sender: u8, nonce: u32, tip: Amount) -> Result<Vec<(Hash, Status)>, PoolError> {
    pool.add(transaction(sender, nonce, tip), 0, 0).map(told)
}

fn told(notices: Vec<Notice>) -> Vec<(Hash, Status)> {
    notices.into_iter().map(|notice| (notice.hash, notice.status)).collect()
}

fn hash(sender: u8, nonce: u32, tip: Amount) -> Hash {
    transaction(sender, nonce, tip).hash
}

fn order(pool: &Pool) -> Vec<(u8, u32)> {
    pool.pending().iter().map(|transaction| (transaction.sender.0[0], transaction.nonce)).collect()
}

#[test]
fn a_plan_leaves_out_what_a_block_before_has_and_goes_on_behind_it() {
    let mut pool = Pool::new(PoolLimits::default());
    let held: Vec<Checked> = (0..4).map(|nonce| transaction(1, nonce, 1)).collect();
    held.iter().for_each(|one| drop(pool.add(one.clone(), 0, 0).unwrap()));
    let budget = Budget { gas: u64::MAX, bytes: usize::MAX, transactions: 2 };
    let plan = |before: &[Hash]| -> Vec<u32> {
        pool.plan(budget, |hash| before.contains(hash)).iter().map(|one| one.nonce).collect()
    };
    assert_eq!(plan(&[]), [0, 1]);
    assert_eq!(plan(&[held[0].hash, held[1].hash]), [2, 3]);
    assert_eq!(plan(&held.iter().map(|one| one.hash).collect::<Vec<_>>()), [0_u32; 0]);
}

#[test]
fn orders_by_tip_then_arrival_and_each_sender_by_nonce() {
    let mut pool = Pool::new(limits(100));
    for (sender, nonce, tip) in [(1, 0, 1), (1, 1, 9), (2, 0, 5), (3, 0, 5), (2, 1, 5)] {
        add(&mut pool, sender, nonce, tip).unwrap();
    }
    assert_eq!(order(&pool), [(2, 0), (3, 0), (2, 1), (1, 0), (1, 1)]);
}

#[test]
fn compares_the_tip_by_gas_not_in_sum() {
    let mut pool = Pool::new(limits(100));
    pool.add(Checked { gas_limit: 10 * GAS, ..transaction(1, 0, 50) }, 0, 0).unwrap();
    add(&mut pool, 2, 0, 6).unwrap();
    assert_eq!(order(&pool), [(2, 0), (1, 0)]);
}

#[test]
fn keeps_what_lies_behind_a_gap_as_future_until_the_gap_is_filled() {
    let mut pool = Pool::new(limits(100));
    assert_eq!(add(&mut pool, 1, 1, 0).unwrap(), [(hash(1, 1, 0), Status::Future)]);
    assert_eq!(add(&mut pool, 1, 2, 0).unwrap(), [(hash(1, 2, 0), Status::Future)]);
    assert!(order(&pool).is_empty() && !pool.has_ready());
    assert_eq!(pool.next_nonce(&address(1), 0), 0);
    let ready = [0, 1, 2].map(|nonce| (hash(1, nonce, 0), Status::Ready));
    assert_eq!(add(&mut pool, 1, 0, 0).unwrap(), ready);
    assert_eq!(order(&pool), [(1, 0), (1, 1), (1, 2)]);
    assert_eq!((pool.next_nonce(&address(1), 0), pool.ready_len()), (3, 3));
}

#[test]
fn replaces_by_price_with_a_bump_and_refuses_less() {
    let mut pool = Pool::new(limits(100));
    add(&mut pool, 1, 0, 100).unwrap();
    let refused = add(&mut pool, 1, 0, 109).unwrap_err();
    assert!(matches!(refused, PoolError::Underpriced { found: 1_090, expected: 1_100, .. }));
    assert_eq!((refused.code(), refused.name()), (1014, "Underpriced"));
    let usurped = Status::Usurped(hash(1, 0, 110));
    assert_eq!(add(&mut pool, 1, 0, 110).unwrap(), [(hash(1, 0, 100), usurped), (hash(1, 0, 110), Status::Ready)]);
    assert_eq!((pool.len(), pool.knows(&hash(1, 0, 100))), (1, None));
}

#[test]
fn a_zero_tip_is_replaced_by_any_tip_that_counts_and_not_by_zero() {
    let mut pool = Pool::new(limits(100));
    add(&mut pool, 1, 0, 0).unwrap();
    let same = Checked { hash: Hash([7; 32]), ..transaction(1, 0, 0) };
    assert!(matches!(pool.add(same, 0, 0), Err(PoolError::Underpriced { expected: 1, .. })));
    assert!(add(&mut pool, 1, 0, 1).is_ok());
}

#[test]
fn refuses_what_it_knows_before_anything_is_checked() {
    let mut pool = Pool::new(limits(100));
    add(&mut pool, 1, 0, 0).unwrap();
    assert_eq!(pool.refuse_known(&hash(1, 0, 0)).unwrap_err().code(), 1013);
    assert!(pool.on_block(&[included(&transaction(1, 0, 0))], 1).is_empty());
    assert_eq!(pool.knows(&hash(1, 0, 0)), Some(Known::Included));
    assert_eq!(pool.add(transaction(1, 0, 0), 0, 1).unwrap_err().code(), 1012);
    assert!(pool.is_empty() && pool.bytes() == 0 && pool.by_address.is_empty());
}

#[test]
fn a_block_with_another_transaction_of_the_same_nonce_usurps() {
    let mut pool = Pool::new(limits(100));
    for nonce in 0..4 {
        add(&mut pool, 1, nonce, 0).unwrap();
    }
    let foreign = transaction(1, 1, 77);
    let notices = told(pool.on_block(&[included(&foreign)], 1));
    assert_eq!(notices, [(hash(1, 1, 0), Status::Usurped(foreign.hash)), (hash(1, 0, 0), Status::Invalid)]);
    assert_eq!(order(&pool), [(1, 2), (1, 3)]);
}

#[test]
fn an_invalid_transaction_leaves_and_its_followers_wait() {
    let mut pool = Pool::new(limits(100));
    for nonce in 0..3 {
        add(&mut pool, 1, nonce, 0).unwrap();
    }
    let notices = told(pool.on_invalid(&hash(1, 1, 0)));
    assert_eq!(notices, [(hash(1, 1, 0), Status::Invalid), (hash(1, 2, 0), Status::Future)]);
    assert_eq!(order(&pool), [(1, 0)]);
    assert!(pool.on_invalid(&hash(9, 9, 9)).is_empty());
    let back = told(pool.add(transaction(1, 1, 5), 0, 0).unwrap());
    assert_eq!(back, [(hash(1, 1, 5), Status::Ready), (hash(1, 2, 0), Status::Ready)]);
}

#[test]
fn eras_end_and_lifetimes_pass() {
    let mut pool = Pool::new(PoolLimits { lifetime_blocks: 10, ..limits(100) });
    pool.add(Checked { valid_until: 5, ..transaction(1, 0, 0) }, 0, 0).unwrap();
    add(&mut pool, 1, 1, 0).unwrap();
    assert!(pool.on_block(&[], 3).is_empty());
    let notices = told(pool.on_block(&[], 4));
    assert_eq!(notices, [(hash(1, 0, 0), Status::Invalid), (hash(1, 1, 0), Status::Future)]);
    assert!(pool.on_block(&[], 9).is_empty());
    assert_eq!(told(pool.on_block(&[], 10)), [(hash(1, 1, 0), Status::Dropped)]);
    let late = Checked { valid_until: 12, ..transaction(1, 0, 1) };
    assert!(matches!(pool.add(late, 0, 11), Err(PoolError::Expired { valid_until: 12, next_height: 12 })));
}

#[test]
fn a_full_pool_gives_up_its_worst_tail_for_what_is_worth_more() {
    let mut pool = Pool::new(limits(4));
    for (sender, nonce, tip) in [(1, 0, 1), (1, 1, 50), (2, 0, 3), (3, 5, 90)] {
        add(&mut pool, sender, nonce, tip).unwrap();
    }
    assert_eq!(add(&mut pool, 4, 0, 1).unwrap()[0], (hash(3, 5, 90), Status::Dropped), "future leaves first");
    assert_eq!(add(&mut pool, 5, 0, 1).unwrap_err().code(), 1016, "the same worth drives nothing out");
    assert_eq!(
        add(&mut pool, 5, 0, 2).unwrap()[0],
        (hash(4, 0, 1), Status::Dropped),
        "then the newest of the cheapest"
    );
    let notices = add(&mut pool, 6, 0, 2).unwrap();
    assert_eq!(notices[0], (hash(1, 1, 50), Status::Dropped), "a high tip behind a low one protects nothing");
    assert_eq!(order(&pool), [(2, 0), (5, 0), (6, 0), (1, 0)]);
    assert_eq!(
        pool.add(transaction(6, 5, 99), 0, 0).unwrap_err().name(),
        "PoolFull",
        "future drives out nothing ready"
    );
}

#[test]
fn a_transaction_never_drives_out_its_own_predecessor() {
    let mut pool = Pool::new(limits(2));
    add(&mut pool, 1, 0, 1).unwrap();
    add(&mut pool, 1, 1, 1).unwrap();
    assert_eq!(add(&mut pool, 1, 2, 1_000).unwrap_err().name(), "PoolFull");
    assert_eq!(order(&pool), [(1, 0), (1, 1)]);
}

#[test]
fn an_account_at_its_bound_gives_up_its_tail_for_a_lower_nonce_only() {
    let mut pool = Pool::new(PoolLimits { max_per_account: 2, ..limits(100) });
    add(&mut pool, 1, 3, 0).unwrap();
    add(&mut pool, 1, 4, 0).unwrap();
    assert_eq!(add(&mut pool, 1, 5, 0).unwrap_err().name(), "AccountFull");
    assert_eq!(add(&mut pool, 1, 0, 0).unwrap(), [(hash(1, 4, 0), Status::Dropped), (hash(1, 0, 0), Status::Ready)]);
}

#[test]
fn room_that_cannot_be_made_leaves_the_pool_as_it_was() {
    let mut pool = Pool::new(PoolLimits { max_bytes: 144 * 3, ..limits(100) });
    for (sender, tip) in [(1, 1), (2, 2), (3, 9)] {
        add(&mut pool, sender, 0, tip).unwrap();
    }
    let before = order(&pool);
    let long = Checked { bytes: vec![0; 144 * 3].into(), ..transaction(4, 0, 5) };
    assert_eq!(pool.add(long.clone(), 0, 0).unwrap_err().name(), "PoolFull");
    assert_eq!((order(&pool), pool.bytes()), (before, 144 * 3));
    let short = Checked { bytes: vec![0; 144 * 2].into(), ..long };
    assert_eq!(pool.add(short, 0, 0).unwrap().len(), 3);
    assert_eq!(order(&pool), [(3, 0), (4, 0)]);
}

#[test]
fn the_last_nonce_overflows_nothing() {
    let mut pool = Pool::new(limits(100));
    let last = transaction(1, u32::MAX, 0);
    assert_eq!(told(pool.add(last.clone(), u32::MAX, 0).unwrap()), [(last.hash, Status::Ready)]);
    assert_eq!(pool.next_nonce(&address(1), 0), u32::MAX);
    assert_eq!(pool.pending().len(), 1);
    assert!(pool.on_block(&[included(&last)], 1).is_empty() && pool.is_empty());
    let far = transaction(2, u32::MAX, Amount::MAX);
    assert_eq!(told(pool.add(far.clone(), 0, 0).unwrap()), [(far.hash, Status::Future)]);
    let dearer = Checked { hash: Hash([9; 32]), ..far };
    assert!(matches!(pool.add(dearer, 0, 0), Err(PoolError::Underpriced { .. })));
}

#[test]
fn a_flood_of_dust_keeps_nobody_out_who_pays() {
    let mut pool = Pool::new(limits(1_000));
    for nonce in 0..2_000 {
        drop(add(&mut pool, 1, nonce, 0));
    }
    for nonce in 1..2_000 {
        drop(add(&mut pool, 2, nonce, 1_000_000));
    }
    assert_eq!((pool.len(), pool.ready_len()), (1_000, 1_000));
    for sender in 3..103 {
        add(&mut pool, sender, 0, 1).unwrap();
    }
    assert_eq!((pool.len(), pool.ready_len()), (1_000, 1_000));
    assert!(order(&pool).iter().take(100).all(|(sender, _)| *sender > 2));
}

#[test]
fn plans_what_fits_and_passes_over_senders_whose_next_does_not() {
    let mut pool = Pool::new(limits(100));
    pool.add(Checked { gas_limit: 5 * GAS, ..transaction(1, 0, 500) }, 0, 0).unwrap();
    for (sender, nonce) in [(1, 1), (2, 0), (2, 1), (3, 0)] {
        add(&mut pool, sender, nonce, 1).unwrap();
    }
    let plan = |gas, bytes, transactions| -> Vec<(u8, u32)> {
        let planned = pool.plan(Budget { gas, bytes, transactions }, |_| false);
        planned.iter().map(|transaction| (transaction.sender.0[0], transaction.nonce)).collect()
    };
    assert_eq!(plan(4 * GAS, 10_000, 100), [(2, 0), (2, 1), (3, 0)]);
    assert_eq!(plan(6 * GAS, 10_000, 100), [(1, 0), (1, 1)]);
    assert_eq!(plan(100 * GAS, 144 * 2, 100), [(1, 0), (1, 1)]);
    assert_eq!(plan(100 * GAS, 10_000, 1), [(1, 0)]);
    assert!(plan(0, 10_000, 100).is_empty());
    let mut best = pool.best();
    best.next();
    best.skip_sender();
    assert_eq!(best.next().map(|transaction| transaction.sender), Some(address(2)));
}

#[test]
fn sums_what_a_sender_may_have_to_pay() {
    let mut pool = Pool::new(limits(100));
    add(&mut pool, 1, 0, 10).unwrap();
    add(&mut pool, 1, 1, 20).unwrap();
    assert_eq!(pool.committed(&address(1), 2), 30);
    assert_eq!(pool.committed(&address(1), 1), 10);
    assert_eq!(pool.committed(&address(2), 0), 0);
    pool.on_block(&[included(&transaction(1, 0, 10))], 1);
    assert_eq!(pool.committed(&address(1), 2), 20);
}

#[test]
fn forgets_the_oldest_of_what_was_included() {
    let mut remembered = remembered::Remembered::new();
    let numbered = |number: usize| blake2b_256(&number.to_le_bytes());
    for number in 0..=MAX_REMEMBERED {
        remembered.insert(numbered(number));
    }
    assert!(!remembered.contains(&numbered(0)));
    assert!(remembered.contains(&numbered(1)) && remembered.contains(&numbered(MAX_REMEMBERED)));
}
