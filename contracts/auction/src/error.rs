//! Why methods fail. The numbers are stable.

use tenon_contract::prelude::*;

/// Why a method failed. Nothing has moved then, except that its gas is paid for.
#[error]
pub enum Error {
    /// No auction has this id.
    UnknownAuction = 1,
    /// The time for this has not come yet.
    TooEarly = 2,
    /// The time for this has passed.
    TooLate = 3,
    /// The auction is closed: sold, unsold or cancelled.
    Closed = 4,
    /// This method belongs to another kind of auction.
    WrongKind = 5,
    /// The caller is not the seller.
    NotSeller = 6,
    /// There is a bid or a commitment: the auction runs to its end.
    HasBids = 7,
    /// The price is above the highest that the buyer would pay.
    PriceAboveMaximum = 8,
    /// The bid is below the reserve price or the least next bid.
    BidTooLow = 9,
    /// Less arrived than is due.
    Underpaid = 10,
    /// The auction is paid in an asset: send no coin.
    CoinNotWanted = 11,
    /// The asset did not let the payment pass: approve this instance first, and hold enough.
    PaymentRefused = 12,
    /// The goods did not come, or could not leave again: the seller approves this instance in the goods' module first,
    /// holds them, and is not the only one who may send them.
    GoodsRefused = 13,
    /// The goods' module said yes, but other goods or another amount arrived.
    GoodsMissing = 14,
    /// The caller does not own the goods.
    NotGoodsOwner = 15,
    /// An amount of zero goods cannot be sold.
    NoGoods = 16,
    /// A price of zero must be asked for with `allow_zero_floor`; a first or reserve price is never zero.
    ZeroPrice = 17,
    /// The first price is below the floor.
    InvalidPrices = 18,
    /// The auction would begin in the past or too late, or last no time or too long.
    InvalidTimes = 19,
    /// The curve has no steps or too many, takes off nothing or all, or has no half-life or too long a one.
    InvalidCurve = 20,
    /// The least increment is above 100 percent, or the extension above an hour.
    InvalidIncrement = 21,
    /// The least deposit is below the reserve price or below the bond.
    InvalidDeposit = 22,
    /// The deposit is below the least one, or below the bid that is revealed.
    DepositTooSmall = 23,
    /// The bidder has committed to a bid already.
    AlreadyCommitted = 24,
    /// No commitment of this bidder waits here.
    NoCommitment = 25,
    /// Price and salt are not what the bidder committed to.
    WrongReveal = 26,
    /// Nothing waits to be withdrawn.
    NothingToWithdraw = 27,
    /// The money could not be sent to this receiver. It still waits.
    WithdrawalRefused = 28,
    /// No goods wait for the caller.
    NothingToCollect = 29,
    /// The goods' module did not let the goods pass to this receiver.
    DeliveryRefused = 30,
    /// The goods cannot go to nobody, nor to this instance.
    InvalidReceiver = 31,
    /// This house sells goods of one collection only.
    WrongCollection = 32,
    /// This house is paid in one currency only, and no asset stands at the zero address.
    WrongCurrency = 33,
    /// The house's cut is above 10 percent, or its receiver is nobody.
    InvalidHouse = 34,
    /// The goods were not handed over, and that may be for want of gas: give more.
    TooLittleGas = 35,
    /// The currency claims more than an amount can hold.
    AmountOverflow = 36,
}
