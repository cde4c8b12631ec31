//! Clients: each has an account, sends its transactions to some nodes, and sends them again until they are final.

use super::{Item, World};
use crate::block::Wire;
use crate::ledger::{ACCOUNTS, Deed, Packed, Transaction};
use crate::random::Random;
use std::collections::VecDeque;
use std::rc::Rc;

/// Transactions of a client that are not final yet.
const MAX_OUTSTANDING: usize = 4;
/// The mean time between two messages of all clients.
const MEAN_MS: u64 = 25;
/// How many of a thousand messages are of who has no key of the account.
const FORGED: u32 = 20;
/// What a message of a client takes.
const HOP_MS: u64 = 5;

/// The transactions of each account that are not final.
pub(super) struct Clients {
    active: bool,
    next: [u32; ACCOUNTS],
    outstanding: [VecDeque<Rc<Packed>>; ACCOUNTS],
}

impl Clients {
    pub(super) fn new(active: bool) -> Self {
        Self { active, next: [0; ACCOUNTS], outstanding: Default::default() }
    }

    /// A transaction is final: so are those before it.
    pub(super) fn acknowledge(&mut self, transaction: &Transaction) {
        if let Some(queue) = self.outstanding.get_mut(usize::from(transaction.account)) {
            queue.retain(|packed| packed.transaction.nonce > transaction.nonce);
        }
    }

    /// The next transaction to send: a new one, or the oldest again.
    fn next(&mut self, seed: u64, participants: usize, random: &mut Random) -> Option<Rc<Packed>> {
        let account = random.index(ACCOUNTS);
        let (queue, nonce) = (self.outstanding.get_mut(account)?, self.next.get_mut(account)?);
        if queue.len() < MAX_OUTSTANDING && random.chance(700) {
            let account = u8::try_from(account).ok()?;
            let other = |random: &mut Random, count| u8::try_from(random.index(count)).unwrap_or(0);
            let deed = match random.below(6) {
                0 => Deed::Bond { to: other(random, participants), amount: random.within(1, 8) },
                1 => Deed::Unbond { from: other(random, participants), amount: random.within(1, 8) },
                _ => Deed::Transfer { to: other(random, ACCOUNTS), amount: random.within(1, 300) },
            };
            queue.push_back(Rc::new(Packed::new(Transaction::signed(seed, account, *nonce, deed))));
            *nonce += 1;
            return queue.back().cloned();
        }
        queue.get(random.index(queue.len().max(1))).cloned()
    }
}

impl World {
    pub(super) fn act_as_client(&mut self) {
        if !self.clients.active {
            return;
        }
        let next = self.clients.next(self.params.seed, self.participants.len(), &mut self.random);
        if let Some(packed) = next {
            let forged = self.random.chance(FORGED);
            let tag = packed.transaction.tag ^ 1;
            let stolen = || Rc::new(Packed::new(Transaction { tag, ..packed.transaction }));
            let wire = Rc::new(Wire::Transaction(if forged { stolen() } else { packed.clone() }));
            for _ in 0..3 {
                let slot = self.random.index(self.slots.len());
                let at_ms = self.now_ms + self.random.within(1, HOP_MS);
                let from = self.slots.get(slot).map_or(0, |slot| slot.identity);
                self.push(at_ms, Item::Deliver { slot, from, wire: Rc::clone(&wire) });
            }
        }
        let wait_ms = self.random.within(1, MEAN_MS * 2);
        self.push(self.now_ms + wait_ms, Item::Client);
    }
}
