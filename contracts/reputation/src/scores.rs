//! Scores: how much was settled in trades, in each market and currency, for those who sold and for those who bought.
//!
//! What a buyer paid counts for the window in which it was settled and the 11 after it, and then not any more. A window
//! begins with each 30 days since 1970. What is traded with oneself counts for nobody; what is traded between two of
//! one person costs what goes to brokers and fees, which stands beside the score, if these are somebody else's.

use crate::error::Error;
use crate::events::{ScoreRemoved, TradeCounted};
use crate::reputation::Reputation;
use crate::types::{Currency, Flag, SCORE_WINDOWS, Spent, WINDOW_MS};
use tenon_contract::prelude::*;

/// The window of now.
fn window() -> u64 {
    env().block_time_ms() / WINDOW_MS
}

/// The payments that still count in a window.
fn counting(mut spent: Vec<Spent>, window: u64) -> Vec<Spent> {
    spent.retain(|spent| window.saturating_sub(spent.window) < SCORE_WINDOWS);
    spent
}

impl Reputation {
    /// Counts what was settled between two, in the scores that stand under the caller. A score that can grow no more
    /// stays at its largest.
    pub(crate) fn count(
        &mut self,
        seller: Address,
        buyer: Address,
        currency: Currency,
        amount: Amount,
        shared: Amount,
    ) -> Result<(), Error> {
        ensure!(currency.is_valid(), Error::InvalidCurrency);
        if amount == 0 || seller == buyer {
            return Ok(());
        }
        let market = env().caller();
        let key = (market, seller, currency.key());
        let mut score = self.sellers.get_or_default(&key);
        score.settled = score.settled.saturating_add(amount);
        score.shared = score.shared.saturating_add(shared);
        self.sellers.set(&key, &score);
        let (key, window) = ((market, buyer, currency.key()), window());
        let mut spent = counting(self.buyers.get_or_default(&key), window);
        match spent.last_mut().filter(|last| last.window == window) {
            Some(last) => last.amount = last.amount.saturating_add(amount),
            None => spent.push(Spent { window, amount }),
        }
        self.buyers.set(&key, &spent);
        emit(TradeCounted { seller, buyer, market, currency, amount, shared });
        Ok(())
    }

    /// Lowers a seller's score by what the terms say.
    pub(crate) fn count_penalty(&mut self, market: Address, flag: &Flag) {
        let key = (market, flag.seller, flag.currency.key());
        let mut score = self.sellers.get_or_default(&key);
        score.penalty = score.penalty.saturating_add(flag.rules.penalty);
        score.upheld = score.upheld.saturating_add(1);
        self.sellers.set(&key, &score);
    }

    /// What still counts of what somebody paid.
    pub(crate) fn spent_by(&self, market: Address, who: Address, currency: Currency) -> Amount {
        let spent = counting(self.buyers.get_or_default(&(market, who, currency.key())), window());
        spent.into_iter().fold(0, |sum: Amount, spent| sum.saturating_add(spent.amount))
    }

    /// Removes a score that counts nothing any more.
    pub(crate) fn remove_score_of(&mut self, market: Address, who: Address, currency: Currency) -> Result<(), Error> {
        let key = (market, who, currency.key());
        let is_over = self.buyers.contains(&key) && self.spent_by(market, who, currency) == 0;
        ensure!(is_over, Error::ScoreStands);
        self.buyers.remove(&key);
        emit(ScoreRemoved { who, market, currency });
        Ok(())
    }
}
