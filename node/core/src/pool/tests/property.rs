//! Any sequence of operations gives what the naive model gives, within all bounds, with true notices.

use super::super::*;
use super::model::{Left, Model};
use super::{address, extrinsic};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tenon_types::{Address, Amount, BlockNumber, Hash, blake2b_256};

const LIMITS: PoolLimits = PoolLimits {
    max_transactions: 12,
    max_bytes: 3_000,
    max_per_account: 6,
    lifetime_blocks: 6,
    replacement_bump_percent: 10,
};

#[derive(Clone, Debug)]
enum Operation {
    Add {
        id: u16,
        sender: u8,
        nonce: u32,
        tip: Amount,
        heavy: bool,
        bytes: usize,
        life: u32,
        lag: u32,
    },
    /// Includes the first of the plan, and perhaps a foreign transaction.
    Block {
        planned: usize,
        foreign: Option<(u8, u32)>,
    },
    Invalid {
        index: usize,
    },
}

fn operation() -> impl Strategy<Value = Operation> {
    let tip = prop_oneof![0..4_u128, 0..200_u128, Just(Amount::MAX / 1_000_000_000)];
    let life = prop_oneof![Just(u32::MAX), 0..8_u32];
    let lag = prop_oneof![9 => Just(0_u32), 1 => 1..3_u32];
    let add = (0..200_u16, 0..5_u8, 0..9_u32, tip, any::<bool>(), 100..900_usize, life, lag);
    let foreign = proptest::option::weighted(0.2, (0..5_u8, 0..3_u32));
    prop_oneof![
        12 => add.prop_map(|(id, sender, nonce, tip, heavy, bytes, life, lag)| Operation::Add {
            id, sender, nonce, tip, heavy, bytes, life, lag
        }),
        2 => (0..5_usize, foreign).prop_map(|(planned, foreign)| Operation::Block { planned, foreign }),
        1 => (0..12_usize).prop_map(|index| Operation::Invalid { index }),
    ]
}

/// The pool and the model side by side, and what a watcher of every transaction was told.
struct Pair {
    pool: Pool,
    model: Model,
    nonces: BTreeMap<Address, u32>,
    height: BlockNumber,
    told: BTreeMap<Hash, Status>,
}

impl Pair {
    fn new() -> Self {
        // One account is about to run out of nonces.
        let nonces = BTreeMap::from([(address(4), u32::MAX - 5)]);
        Self { pool: Pool::new(LIMITS), model: Model::new(LIMITS), nonces, height: 0, told: BTreeMap::new() }
    }

    fn nonce(&self, sender: u8) -> u32 {
        self.nonces.get(&address(sender)).copied().unwrap_or_default()
    }

    fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Add { id, sender, nonce, tip, heavy, bytes, life, lag } => {
                let account_nonce = self.nonce(sender);
                let transaction = Checked {
                    hash: blake2b_256(&id.to_le_bytes()),
                    bytes: vec![0; bytes].into(),
                    sender: address(sender),
                    nonce: account_nonce.saturating_add(nonce).saturating_sub(1),
                    tip,
                    gas_limit: if heavy { 3_000_000 } else { 100_000 },
                    max_fee: tip,
                    valid_until: self.height.saturating_add(life),
                    extrinsic: extrinsic(),
                };
                let account_nonce = account_nonce.saturating_add(lag);
                let found = self.pool.add(transaction.clone(), account_nonce, self.height);
                let expected = self.model.add(&transaction, account_nonce, self.height);
                match (found, expected) {
                    (Ok(notices), Ok(left)) => {
                        self.told.remove(&transaction.hash);
                        self.hear(&notices, &left);
                    }
                    (found, expected) => {
                        assert_eq!(found.map_err(|error| error.name()).err(), expected.err());
                    }
                }
            }
            Operation::Block { planned, foreign } => self.block(planned, foreign),
            Operation::Invalid { index } => {
                let Some(hash) = self.model.held.get(index).map(|held| held.transaction.hash) else { return };
                let notices = self.pool.on_invalid(&hash);
                self.model.on_invalid(&hash);
                self.hear(&notices, &vec![(hash, Status::Invalid)]);
            }
        }
    }

    fn block(&mut self, planned: usize, foreign: Option<(u8, u32)>) {
        let budget = Budget { gas: 5_000_000, bytes: 2_000, transactions: planned };
        let planned = self.pool.plan(budget, |_| false);
        assert!(planned.len() <= budget.transactions);
        assert!(planned.iter().map(|transaction| transaction.gas_limit).sum::<u64>() <= budget.gas);
        assert!(planned.iter().map(|transaction| transaction.bytes.len()).sum::<usize>() <= budget.bytes);
        let mut included: Vec<Included> = planned.iter().map(|transaction| super::included(transaction)).collect();
        for transaction in &included {
            self.told.remove(&transaction.hash);
        }
        if let Some((sender, ahead)) = foreign {
            let nonce = self.nonce(sender).saturating_add(ahead);
            let hash = blake2b_256(format!("{sender} {nonce} {}", self.height).as_bytes());
            included.push(Included { sender: address(sender), nonce, hash });
        }
        for transaction in &included {
            let nonce = self.nonces.entry(transaction.sender).or_default();
            *nonce = (*nonce).max(transaction.nonce.saturating_add(1));
        }
        self.height += 1;
        let notices = self.pool.on_block(&included, self.height);
        let left = self.model.on_block(&included, self.height);
        self.hear(&notices, &left);
    }

    /// Each notice changes what is known of a transaction that was not gone, and what left was told so, last.
    fn hear(&mut self, notices: &[Notice], left: &Left) {
        for notice in notices {
            let before = self.told.insert(notice.hash, notice.status);
            assert!(matches!(before, None | Some(Status::Ready | Status::Future)), "{notice:?} after {before:?}");
            assert_ne!(before, Some(notice.status), "{notice:?} tells nothing new");
        }
        for (hash, status) in left {
            assert_eq!(self.told.remove(hash), Some(*status), "what left was told why");
        }
    }

    fn check(&self) {
        let held: BTreeMap<Hash, Status> =
            self.model.held.iter().map(|held| (held.transaction.hash, self.model.status(&held.transaction))).collect();
        assert_eq!(self.told, held, "what was told last is how it is");
        assert_eq!(self.pool.len(), held.len());
        assert!(held.keys().all(|hash| self.pool.knows(hash) == Some(Known::Pooled)));
        assert!(self.pool.len() <= LIMITS.max_transactions && self.pool.bytes() <= LIMITS.max_bytes);
        let bytes: usize = self.model.held.iter().map(|held| held.transaction.bytes.len()).sum();
        assert_eq!(self.pool.bytes(), bytes);
        let pending = self.pool.pending();
        assert_eq!(pending.iter().map(|transaction| transaction.hash).collect::<Vec<_>>(), self.model.order());
        assert_eq!(pending.len(), self.pool.ready_len());
        for sender in (0..5).map(address) {
            let of: Vec<_> = self.model.held.iter().filter(|held| held.transaction.sender == sender).collect();
            assert!(of.len() <= LIMITS.max_per_account);
            let next = u32::try_from(self.model.ready_end(&sender)).unwrap_or(u32::MAX);
            assert_eq!(self.pool.next_nonce(&sender, 0), next);
            let committed: Amount = of.iter().map(|held| held.transaction.max_fee.min((1 << 96) - 1)).sum();
            let free = (0..u32::MAX).find(|nonce| of.iter().all(|held| held.transaction.nonce != *nonce));
            assert_eq!(self.pool.committed(&sender, free.unwrap()), committed);
        }
        self.check_plan(&pending);
    }

    /// Each sender's planned nonces follow one another from its next on chain.
    fn check_plan(&self, pending: &[std::sync::Arc<Checked>]) {
        let mut last: BTreeMap<Address, u32> = BTreeMap::new();
        for transaction in pending {
            if let Some(last) = last.insert(transaction.sender, transaction.nonce) {
                assert_eq!(transaction.nonce, last + 1, "a gap was planned");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn does_what_the_model_does(operations in proptest::collection::vec(operation(), 1..120)) {
        let mut pair = Pair::new();
        for operation in operations {
            pair.apply(operation);
            pair.check();
        }
    }
}
