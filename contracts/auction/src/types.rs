//! What is kept of an auction: its terms, which never change, and its progress.

#[module_type]
pub use tenon_contract::money::Currency;
pub(crate) use tenon_contract::money::CurrencyKey;
use tenon_contract::prelude::*;

/// Parts of a price that a share in basis points is taken of.
pub const BASIS_POINTS: Amount = 10_000;
/// The most that a house takes: 10 percent.
pub const MAX_CUT_BPS: u16 = 1_000;

/// What stands for sale.
#[module_type]
#[derive(Copy)]
pub enum Goods {
    /// An amount of a divisible asset (BAP-01).
    Amount {
        /// The asset's module.
        module: Address,
        /// Which asset.
        asset: u64,
        /// How much.
        amount: Amount,
    } = 0,
    /// A divisible lot, whole (BAP-02).
    Lot {
        /// The lot's module.
        module: Address,
        /// Which lot.
        lot: u64,
    } = 1,
    /// A unique item (BAP-03).
    Item {
        /// The collection's module.
        module: Address,
        /// Which collection.
        collection: u64,
        /// Which item of it.
        item: u64,
    } = 2,
    /// Vouchers of a kind (BAP-04).
    Vouchers {
        /// The vouchers' module.
        module: Address,
        /// Which kind.
        kind: u64,
        /// How many.
        units: u64,
    } = 3,
}

/// How the price of a Dutch auction falls.
#[module_type]
#[derive(Copy)]
pub enum Curve {
    /// By the same amount in the same time, to the floor at the end of the duration.
    Linear = 0,
    /// By the same share at each step.
    Stairs {
        /// Milliseconds between two steps.
        step_ms: u64,
        /// What a step takes off, in parts of 1,000,000,000,000.
        cut: u64,
    } = 1,
    /// By half in each half-life, all the time.
    Exponential {
        /// Milliseconds of a half-life.
        half_life_ms: u64,
    } = 2,
}

/// Terms of a Dutch auction: the price falls, and the first to pay it gets the goods.
#[module_type]
#[derive(Copy)]
pub struct Dutch {
    /// The price at the start.
    pub start_price: Amount,
    /// The price from the end of the duration on, and the lowest before that.
    pub floor_price: Amount,
    /// Milliseconds during which the price falls.
    pub duration_ms: u64,
    /// How it falls.
    pub curve: Curve,
    /// From when on nobody can buy, if the auction ends at all.
    pub end_ms: Option<u64>,
}

/// Terms of an English auction: bids rise, and the highest at the end gets the goods.
#[module_type]
#[derive(Copy)]
pub struct English {
    /// The least first bid.
    pub reserve_price: Amount,
    /// From when on nobody can bid, if no late bid moves it.
    pub end_ms: u64,
    /// By how much a bid is above the one before, at least.
    pub min_increment: Amount,
    /// The same as a share of the bid before, in basis points. The larger of both counts, and never less than one unit.
    pub min_increment_bps: u16,
    /// A bid moves the end, so that at least this time is left after it.
    pub extension_ms: u64,
}

/// Terms of an auction with sealed bids: the highest gets the goods for the second highest price.
#[module_type]
#[derive(Copy)]
pub struct Sealed {
    /// The least price.
    pub reserve_price: Amount,
    /// From when on bids are opened, and none can be made.
    pub reveal_ms: u64,
    /// From when on no bid can be opened.
    pub end_ms: u64,
    /// What each bidder deposits, at least.
    pub min_deposit: Amount,
    /// What a bidder who does not open the bid loses to the seller.
    pub bond: Amount,
}

/// The kind of an auction, with its terms.
#[module_type]
#[derive(Copy)]
pub enum Rules {
    /// The price falls.
    Dutch(Dutch) = 0,
    /// Bids rise.
    English(English) = 1,
    /// Bids are sealed.
    Sealed(Sealed) = 2,
}

/// What an auction's seller stated. It never changes.
#[module_type]
#[derive(Copy)]
pub struct Terms {
    /// Who sells.
    pub seller: Address,
    /// What.
    pub goods: Goods,
    /// What is paid with.
    pub currency: Currency,
    /// From when on.
    pub start_ms: u64,
    /// How.
    pub rules: Rules,
}

/// Where an auction stands.
#[module_type]
#[derive(Default)]
pub enum State {
    /// It can be bid at or settled.
    #[default]
    Open = 0,
    /// Somebody bought the goods.
    Sold = 1,
    /// It ended without a bid.
    Unsold = 2,
    /// The seller took it back.
    Cancelled = 3,
}

/// The best bid so far; of a sold auction, who bought.
#[module_type]
#[derive(Copy)]
pub struct Bid {
    /// Who.
    pub bidder: Address,
    /// How much; of a sold auction, what was paid.
    pub price: Amount,
    /// What this instance holds for the bid.
    pub held: Amount,
    /// The number of the bid, or of the commitment to it.
    pub number: u32,
}

/// What happened in an auction so far.
#[module_type]
#[derive(Copy, Default)]
pub struct Progress {
    /// Where it stands.
    pub state: State,
    /// How many bids or commitments there were.
    pub bids: u32,
    /// When it ends, if a late bid moved that.
    pub moved_end_ms: Option<u64>,
    /// The best bid.
    pub best: Option<Bid>,
    /// Of sealed bids, the second highest that was opened; 0 if there is none.
    pub second_price: Amount,
    /// When it closed; 0 while it is open.
    pub closed_ms: u64,
    /// Who may collect goods that could not be delivered.
    pub claimant: Option<Address>,
}

/// A sealed bid, as its bidder committed to it.
#[module_type]
#[derive(Copy)]
pub struct Commitment {
    /// The hash of bidder, price and salt.
    pub hash: Hash,
    /// What backs the bid.
    pub deposit: Amount,
    /// Its number in the auction: of equal bids, the lowest wins.
    pub number: u32,
}

/// Everything about an auction.
#[module_type]
pub struct AuctionInfo {
    /// What the seller stated.
    pub terms: Terms,
    /// What happened.
    pub progress: Progress,
    /// From when on nobody can buy, bid or open a bid, if there is an end.
    pub end_ms: Option<u64>,
}

/// An auction house: who runs an instance of its own, and for what. It is fixed when the instance is created.
#[module_type]
#[derive(Copy)]
pub struct House {
    /// The only collection that it sells of, as module and id, if it is bound to one.
    pub collection: Option<(Address, u64)>,
    /// What the house gets of each price, in basis points, rounded down. At most 1000.
    pub cut_bps: u16,
    /// Who gets it.
    pub receiver: Address,
    /// The only currency, if it is bound to one.
    pub currency: Option<Currency>,
}

impl House {
    /// What the house gets of a price. It cannot be above the price.
    #[must_use]
    pub fn cut(&self, price: Amount) -> Amount {
        math::mul_div_floor(price, Amount::from(self.cut_bps), BASIS_POINTS).expect("a share below one fits")
    }
}

impl Terms {
    /// When the auction ends, as far as the terms say so.
    pub(crate) const fn end_ms(&self) -> Option<u64> {
        match &self.rules {
            Rules::Dutch(dutch) => dutch.end_ms,
            Rules::English(english) => Some(english.end_ms),
            Rules::Sealed(sealed) => Some(sealed.end_ms),
        }
    }
}
