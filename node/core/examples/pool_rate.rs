//! Prints how many transactions a second the pool takes in, plans and sees included: few senders and many.
//!
//! `cargo run -p tenon-core --example pool_rate`

#![allow(clippy::print_stdout, clippy::cast_possible_truncation, reason = "it prints figures, of small numbers")]

use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_core::pool::{Budget, Checked, Included, Pool, PoolLimits};
use tenon_types::{Address, Call, Era, Extra, Extrinsic, MultiAddress, Signature, SignedPart, SystemCall, blake2b_256};

const TRANSACTIONS: u32 = 100_000;
const BLOCK: usize = 10_000;

fn transactions(senders: u32) -> Vec<Checked> {
    let extra = Extra { era: Era::Immortal, nonce: 0, tip: 0, metadata_mode: 0 };
    let signed = SignedPart { signer: MultiAddress::Id(Address::ZERO), signature: Signature::Sr25519([0; 64]), extra };
    let extrinsic = Arc::new(Extrinsic { signed, call: Call::System(SystemCall::remark { remark: Vec::new() }) });
    let bytes: Arc<[u8]> = vec![0; 144].into();
    (0..TRANSACTIONS)
        .map(|number| Checked {
            hash: blake2b_256(&number.to_le_bytes()),
            bytes: Arc::clone(&bytes),
            sender: Address(blake2b_256(&(number % senders).to_be_bytes()).0),
            nonce: number / senders,
            tip: u128::from(number.wrapping_mul(2_654_435_761) % 1_000),
            gas_limit: 82_880,
            max_fee: 1,
            valid_until: u32::MAX,
            extrinsic: Arc::clone(&extrinsic),
        })
        .collect()
}

fn rate(name: &str, time: Duration) {
    println!("  {name:<8} {:>9.0} transactions a second", f64::from(TRANSACTIONS) / time.as_secs_f64());
}

fn main() {
    for senders in [6, 1_000, TRANSACTIONS] {
        println!("{TRANSACTIONS} transactions of {senders} senders, blocks of {BLOCK}");
        let transactions = transactions(senders);
        let mut pool = Pool::new(PoolLimits::default());
        let start = Instant::now();
        for transaction in transactions {
            pool.add(transaction, 0, 0).expect("the pool has room");
        }
        rate("add", start.elapsed());
        let (mut planning, mut including, mut height) = (Duration::ZERO, Duration::ZERO, 0);
        while pool.has_ready() {
            let start = Instant::now();
            let planned = pool.plan(Budget { gas: u64::MAX, bytes: usize::MAX, transactions: BLOCK }, |_| false);
            planning += start.elapsed();
            let included: Vec<_> = planned
                .iter()
                .map(|planned| Included { sender: planned.sender, nonce: planned.nonce, hash: planned.hash })
                .collect();
            drop(planned);
            height += 1;
            let start = Instant::now();
            pool.on_block(&included, height);
            including += start.elapsed();
        }
        rate("plan", planning);
        rate("include", including);
    }
}
