//! The prices of one account's transactions, counted, so that the lowest is at hand. Most accounts offer one price.

use super::Price;
use std::collections::BTreeMap;

/// A multiset of prices. One of them is held without an allocation.
#[derive(Clone, Debug)]
pub(super) struct Prices {
    /// A price that is not among the others, and how often; void when that is 0.
    price: Price,
    count: usize,
    others: BTreeMap<Price, usize>,
}

impl Prices {
    pub(super) const fn new() -> Self {
        Self { price: 0, count: 0, others: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, price: Price) {
        if self.count == 0 {
            self.price = price;
            self.count = self.others.remove(&price).unwrap_or_default();
        }
        let count = if self.price == price { &mut self.count } else { self.others.entry(price).or_default() };
        *count = count.saturating_add(1);
    }

    pub(super) fn remove(&mut self, price: Price) {
        if self.count > 0 && self.price == price {
            self.count = self.count.saturating_sub(1);
            return;
        }
        let count = self.others.get_mut(&price).expect("a held transaction's price is counted");
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.others.remove(&price);
        }
    }

    pub(super) fn lowest(&self) -> Option<Price> {
        let one = (self.count > 0).then_some(self.price);
        self.others.first_key_value().map(|(price, _)| *price).into_iter().chain(one).min()
    }
}
