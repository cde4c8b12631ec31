//! The state of the simulated chain: accounts that pay each other, and coin bound to participants, which elects them.
//!
//! It stands for what modules do on a real chain: enough that two different orders, a transaction applied twice or one
//! lost show in the state's hash and in the sum of all coin.

use crate::random::mix;
use parity_scale_codec::{Decode, Encode};
use std::sync::Arc;
use tenon_core::pool::Checked;
use tenon_types::{Address, BlockNumber, Extrinsic, Hash, blake2b_256};

/// Accounts with coin, each of one client.
pub(crate) const ACCOUNTS: usize = 6;
/// What each account has in the beginning.
pub(crate) const FUNDS: u64 = 1_000;
/// Gas of a transaction, which only the pool reads.
const GAS: u64 = 100_000;

/// What a transaction does.
#[allow(clippy::cast_possible_truncation, reason = "the derived code numbers three variants")]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) enum Deed {
    /// Pays another account.
    Transfer { to: u8, amount: u64 },
    /// Binds coin to a participant.
    Bond { to: u8, amount: u64 },
    /// Takes coin back from a participant.
    Unbond { from: u8, amount: u64 },
}

/// A transaction of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Transaction {
    pub(crate) account: u8,
    pub(crate) nonce: u32,
    pub(crate) deed: Deed,
    /// The account's signature.
    pub(crate) tag: u64,
}

impl Transaction {
    pub(crate) fn signed(seed: u64, account: u8, nonce: u32, deed: Deed) -> Self {
        let unsigned = Self { account, nonce, deed, tag: 0 };
        Self { tag: unsigned.right_tag(seed), ..unsigned }
    }

    fn right_tag(&self, seed: u64) -> u64 {
        let bytes = Self { tag: 0, ..*self }.encode();
        mix(crate::keys::digest(&bytes) ^ mix(seed.wrapping_add(1_000).wrapping_add(u64::from(self.account))))
    }

    pub(crate) fn is_authentic(&self, seed: u64) -> bool {
        usize::from(self.account) < ACCOUNTS && self.tag == self.right_tag(seed)
    }
}

/// A transaction with its bytes and hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Packed {
    pub(crate) transaction: Transaction,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) hash: Hash,
}

impl Packed {
    pub(crate) fn new(transaction: Transaction) -> Self {
        let bytes = transaction.encode();
        Self { transaction, hash: blake2b_256(&bytes), bytes: bytes.into() }
    }

    /// Reads back what the pool held.
    pub(crate) fn from_pool(checked: &Checked) -> Option<Self> {
        let transaction = Transaction::decode(&mut checked.bytes.as_ref()).ok()?;
        Some(Self { transaction, bytes: Arc::clone(&checked.bytes), hash: checked.hash })
    }

    pub(crate) fn sender(&self) -> Address {
        Address([self.transaction.account; 32])
    }

    /// The form in which the pool takes it. The pool reads no calls, so all carry the same.
    pub(crate) fn checked(&self, extrinsic: &Arc<Extrinsic>) -> Checked {
        Checked {
            hash: self.hash,
            bytes: Arc::clone(&self.bytes),
            sender: self.sender(),
            nonce: self.transaction.nonce,
            tip: 0,
            gas_limit: GAS,
            max_fee: 0,
            valid_until: BlockNumber::MAX,
            extrinsic: Arc::clone(extrinsic),
        }
    }
}

/// An account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Account {
    pub(crate) balance: u64,
    pub(crate) nonce: u32,
}

/// Coin bound to a participant, within bounds that keep every election's faulty weight below a third.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stake {
    pub(crate) bound: u64,
    pub(crate) least: u64,
    pub(crate) most: u64,
}

/// The whole state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub(crate) accounts: [Account; ACCOUNTS],
    pub(crate) stakes: Vec<Stake>,
}

impl State {
    pub(crate) fn new(stakes: Vec<Stake>) -> Self {
        Self { accounts: [Account { balance: FUNDS, nonce: 0 }; ACCOUNTS], stakes }
    }

    /// Applies a transaction; `None` if its nonce is not the next. One that cannot be paid for uses its nonce only.
    pub(crate) fn apply(&mut self, transaction: &Transaction) -> Option<()> {
        let from = usize::from(transaction.account);
        let account = self.accounts.get_mut(from).filter(|account| account.nonce == transaction.nonce)?;
        account.nonce = account.nonce.checked_add(1)?;
        let balance = account.balance;
        match transaction.deed {
            Deed::Transfer { to, amount } if usize::from(to) < ACCOUNTS && amount <= balance => {
                self.accounts.get_mut(from)?.balance -= amount;
                self.accounts.get_mut(usize::from(to))?.balance += amount;
            }
            Deed::Bond { to, amount } => {
                let stake = self.stakes.get_mut(usize::from(to));
                if let Some(stake) = stake.filter(|stake| amount <= balance && stake.bound + amount <= stake.most) {
                    stake.bound += amount;
                    self.accounts.get_mut(from)?.balance -= amount;
                }
            }
            Deed::Unbond { from: participant, amount } => {
                let stake = self.stakes.get_mut(usize::from(participant));
                if let Some(stake) = stake.filter(|stake| amount <= stake.bound.saturating_sub(stake.least)) {
                    stake.bound -= amount;
                    self.accounts.get_mut(from)?.balance += amount;
                }
            }
            Deed::Transfer { .. } => {}
        }
        Some(())
    }

    /// All coin there is.
    pub(crate) fn total(&self) -> u64 {
        let free: u64 = self.accounts.iter().map(|account| account.balance).sum();
        free + self.stakes.iter().map(|stake| stake.bound).sum::<u64>()
    }

    pub(crate) fn hash(&self) -> Hash {
        let accounts = self.accounts.iter().flat_map(|account| [account.balance, u64::from(account.nonce)]);
        let words = accounts.chain(self.stakes.iter().map(|stake| stake.bound));
        let sum = words.fold(1_u64, |sum, word| mix(sum.wrapping_add(word)));
        let mut hash = [0; 32];
        let parts = (0_u64..).map(|part| mix(sum.wrapping_add(part)));
        hash.as_chunks_mut::<8>().0.iter_mut().zip(parts).for_each(|(bytes, part)| *bytes = part.to_le_bytes());
        Hash(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State::new(vec![Stake { bound: 100, least: 90, most: 110 }; 4])
    }

    #[test]
    fn every_deed_keeps_the_sum_and_needs_the_next_nonce() {
        let deeds = [
            Deed::Transfer { to: 1, amount: 400 },
            Deed::Transfer { to: 2, amount: 700 },
            Deed::Bond { to: 3, amount: 10 },
            Deed::Bond { to: 3, amount: 1 },
            Deed::Unbond { from: 0, amount: 10 },
            Deed::Unbond { from: 0, amount: 1 },
        ];
        let mut state = state();
        let total = state.total();
        for (deed, nonce) in deeds.into_iter().zip(0..) {
            let transaction = Transaction::signed(5, 0, nonce, deed);
            let hash = state.hash();
            assert!(transaction.is_authentic(5) && !transaction.is_authentic(6));
            assert_eq!(state.apply(&transaction), Some(()));
            assert_eq!(state.apply(&transaction), None, "twice");
            assert_eq!(state.total(), total);
            assert_ne!(state.hash(), hash, "the nonce counts");
        }
        assert_eq!(state.accounts[0].balance, FUNDS - 400 - 10 + 10);
        assert_eq!((state.stakes[0].bound, state.stakes[3].bound), (90, 110));
    }

    #[test]
    fn a_transaction_comes_back_from_the_pool_and_no_other_account_can_sign_it() {
        let packed = Packed::new(Transaction::signed(5, 2, 7, Deed::Transfer { to: 1, amount: 4 }));
        let extrinsic = crate::epoch::extrinsic();
        assert_eq!(Packed::from_pool(&packed.checked(&extrinsic)), Some(packed.clone()));
        assert!(!Transaction { account: 3, ..packed.transaction }.is_authentic(5));
    }
}
