//! Sealed bids: what a bidder commits to, and which of two opened bids is better.

use crate::auction::Auction;
use crate::types::{Bid, Commitment, Progress, Terms};
use tenon_contract::Wire;
use tenon_contract::prelude::*;

/// Names the purpose in the bytes that are hashed.
const PURPOSE: &str = "tenon/auction/sealed-bid";

/// What a bidder commits to: purpose, chain, instance, auction, bidder, price and salt. So a commitment that somebody
/// copies is good for nobody else, and nowhere else.
pub(crate) fn commitment_hash(auction: u64, bidder: Address, price: Amount, salt: Hash) -> Hash {
    let mut bytes = Vec::new();
    String::from(PURPOSE).put(&mut bytes);
    env().chain_id().put(&mut bytes);
    env().self_address().put(&mut bytes);
    (auction, bidder, price, salt).put(&mut bytes);
    crypto::blake2b_256(&bytes)
}

impl Auction {
    /// Ranks a bid that was opened, and lets the deposit of the one that cannot win wait for its bidder. Of equal bids the
    /// one that was committed to first wins. Only the best two are kept.
    pub(crate) fn rank(&mut self, auction: u64, terms: &Terms, progress: &mut Progress, bid: Bid) {
        let better = progress.best.is_none_or(|best| (bid.price, best.number) > (best.price, bid.number));
        let loser = if better { progress.best.replace(bid) } else { Some(bid) };
        if let Some(loser) = loser {
            progress.second_price = progress.second_price.max(loser.price);
            self.credit(auction, terms.currency, loser.bidder, loser.held);
        }
        self.progress.set(&auction, progress);
    }

    /// Takes the bond out of a deposit for the seller, and lets the rest wait for the bidder.
    pub(crate) fn split(&mut self, auction: u64, terms: &Terms, bidder: Address, bond: Amount, of: Commitment) {
        self.credit(auction, terms.currency, terms.seller, bond);
        self.credit(auction, terms.currency, bidder, of.deposit - bond);
    }
}
