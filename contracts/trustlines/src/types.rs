//! What is kept of a network and a line, and what the two parties of a line ask of each other.

use crate::error::Error;
use crate::interest::{FRACTION_BITS, MAX_DEBT, UNIT, grown};
#[module_type]
pub use tenon_contract::money::Currency;
use tenon_contract::prelude::*;
#[module_type]
pub use tenon_contract::signed::OwnerSignature;
use tenon_contract::text::is_name;

/// Bytes of a network's name.
pub const MAX_NAME_BYTES: usize = 64;
/// Decimals of a network's unit.
pub const MAX_DECIMALS: u8 = 18;
/// The smallest fee divisor: a mediator takes half. Zero means that there are no fees.
pub const MIN_FEE_DIVISOR: u32 = 2;
/// The largest fee divisor: a mediator takes a millionth.
pub const MAX_FEE_DIVISOR: u32 = 1_000_000;
/// The highest rate, in hundredths of a percent a year.
pub const MAX_RATE_BPS: u16 = 32_767;
/// Lines that one transfer passes.
pub const MAX_HOPS: usize = 8;
/// The fewest lines of a ring: over two of them it would go to and fro over one line.
pub const MIN_RING_HOPS: usize = 3;
/// How long a proposal or an offer stands: 30 days.
pub const MAX_STANDING_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// How long after a line's expiry what is below one unit is kept for who is owed it: 30 days.
pub const FRACTION_GRACE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// For how long an order is signed: a day.
pub const MAX_ORDER_LIFETIME_MS: u64 = 24 * 60 * 60 * 1_000;

/// A network as it is founded.
#[module_type]
pub struct NewNetwork {
    /// Its name, for people.
    pub name: String,
    /// How many digits of an amount stand behind the point, for people.
    pub decimals: u8,
    /// What it asks for.
    pub rules: Rules,
}

/// What a network asks for. It never changes.
#[module_type]
#[derive(Copy)]
pub struct Rules {
    /// A mediator takes one part in so many of the imbalance that a transfer makes; zero for no fees.
    pub fee_divisor: u32,
    /// The rate of every line, in hundredths of a percent a year; nothing if the parties of each agree on their own.
    pub fixed_rate_bps: Option<u16>,
    /// Who may freeze lines, if anybody.
    pub freezer: Option<Address>,
}

/// Everything about a network.
#[module_type]
pub struct Network {
    /// Its name, for people.
    pub name: String,
    /// How many digits of an amount stand behind the point, for people.
    pub decimals: u8,
    /// Who founded it. The founder has no power over it.
    pub founder: Address,
    /// What it asks for.
    pub rules: Rules,
}

/// A network's sums, as they stood when each line was touched last.
#[module_type]
#[derive(Copy, Default)]
pub struct Totals {
    /// Lines.
    pub lines: u64,
    /// What both parties of each line give.
    pub given: Amount,
    /// What is owed, in whole units of each line.
    pub owed: Amount,
}

/// What two parties agree on, as one of them sees it.
#[module_type]
#[derive(Copy)]
pub struct LineTerms {
    /// How much the other may owe this party.
    pub given: u64,
    /// How much this party may owe the other.
    pub received: u64,
    /// What this party asks for what the other owes, in hundredths of a percent a year.
    pub rate_given_bps: u16,
    /// What the other asks for what this party owes.
    pub rate_received_bps: u16,
    /// From which millisecond on nobody comes to owe on the line.
    pub expires_at_ms: Option<u64>,
}

/// A line, as one of its parties sees it. It is stored as the party with the lower address does.
#[module_type]
#[derive(Copy)]
pub struct Line {
    /// What the two agreed on.
    pub terms: LineTerms,
    /// What the other owes this party, in parts of 2^-60 of a unit; below zero it is what this party owes.
    pub balance: i128,
    /// Until when interest is in the balance.
    pub since_ms: u64,
    /// Whether it passes no transfer.
    pub frozen: bool,
}

/// A line as a query shows it: by one party's eyes, with the interest until now.
#[module_type]
#[derive(Copy)]
pub struct LineInfo {
    /// What the two agreed on.
    pub terms: LineTerms,
    /// What the other owes this party, in whole units, rounded towards zero; below zero it is what this party owes.
    pub balance: i128,
    /// The same in parts of 2^-60 of a unit.
    pub exact_balance: i128,
    /// How much this party can send to the other.
    pub can_send: u64,
    /// How much the other can send to this party.
    pub can_receive: u64,
    /// Whether it passes no transfer.
    pub frozen: bool,
}

/// Terms that somebody proposed.
#[module_type]
#[derive(Copy)]
pub struct Proposal {
    /// As the proposer sees them.
    pub terms: LineTerms,
    /// From which millisecond on they cannot be accepted.
    pub until_ms: u64,
}

/// Terms that somebody signed for one other party, who may hand them in once.
#[module_type]
#[derive(Copy)]
pub struct LineOrder {
    /// Which network.
    pub network: u64,
    /// Who signs.
    pub proposer: Address,
    /// Who may hand it in.
    pub other: Address,
    /// As the proposer sees them.
    pub terms: LineTerms,
    /// A number of the proposer's choice, which is good once.
    pub number: u64,
    /// From which millisecond on the order is void.
    pub deadline_ms: u64,
}

/// Who pays the fees of a transfer.
#[module_type]
pub enum FeePayer {
    /// The receiver gets the value, and the sender pays more.
    Sender = 0,
    /// The sender pays the value, and the receiver gets less.
    Receiver = 1,
}

/// What a creditor takes for a debt.
#[module_type]
#[derive(Copy)]
pub struct Offer {
    /// By how many units the debt falls.
    pub units: u64,
    /// What is paid with.
    pub currency: Currency,
    /// How much of it.
    pub price: Amount,
    /// From which millisecond on the offer is void.
    pub until_ms: u64,
}

impl NewNetwork {
    /// Checks what a founder gave.
    pub(crate) fn check(&self) -> Result<(), Error> {
        ensure!(is_name(&self.name, MAX_NAME_BYTES), Error::InvalidName);
        ensure!(self.decimals <= MAX_DECIMALS && self.rules.are_sound(), Error::InvalidRules);
        Ok(())
    }
}

impl Rules {
    /// Whether a network can have them.
    pub(crate) fn are_sound(&self) -> bool {
        let divisor = self.fee_divisor;
        (divisor == 0 || (MIN_FEE_DIVISOR..=MAX_FEE_DIVISOR).contains(&divisor))
            && self.fixed_rate_bps.is_none_or(|rate| rate <= MAX_RATE_BPS)
            && self.freezer.is_none_or(|freezer| !freezer.is_zero())
    }

    /// Whether a line of the network can have a rate.
    pub(crate) fn allow_rate(&self, rate_bps: u16) -> bool {
        rate_bps <= MAX_RATE_BPS && self.fixed_rate_bps.is_none_or(|fixed| fixed == rate_bps)
    }
}

impl LineTerms {
    /// The same as the other party sees them.
    #[must_use]
    pub const fn turned(self) -> Self {
        Self {
            given: self.received,
            received: self.given,
            rate_given_bps: self.rate_received_bps,
            rate_received_bps: self.rate_given_bps,
            expires_at_ms: self.expires_at_ms,
        }
    }

    /// Checks what somebody proposes.
    pub(crate) fn check(&self, rules: &Rules, now_ms: u64) -> Result<(), Error> {
        let rates = rules.allow_rate(self.rate_given_bps) && rules.allow_rate(self.rate_received_bps);
        ensure!(rates, Error::InvalidRate);
        ensure!(!self.have_expired(now_ms), Error::ExpiryPassed);
        Ok(())
    }

    /// Whether nobody comes to owe on the line any more. The millisecond of the expiry is included.
    pub(crate) fn have_expired(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_some_and(|expiry| now_ms >= expiry)
    }

    /// Whether what is below one unit has fallen away.
    pub(crate) fn have_lapsed(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_some_and(|expiry| now_ms >= expiry.saturating_add(FRACTION_GRACE_MS))
    }

    /// What both parties give.
    pub(crate) fn sum(&self) -> Amount {
        Amount::from(self.given) + Amount::from(self.received)
    }
}

impl Line {
    /// A line on which nothing is owed.
    pub(crate) const fn new(terms: LineTerms, now_ms: u64) -> Self {
        Self { terms, balance: 0, since_ms: now_ms, frozen: false }
    }

    /// The same as the other party sees it.
    #[must_use]
    pub const fn turned(self) -> Self {
        Self { terms: self.terms.turned(), balance: -self.balance, ..self }
    }

    /// The same with the interest until a time, which is not before that until which there is.
    pub(crate) fn accrued(self, now_ms: u64) -> Self {
        let owed_here = self.balance > 0;
        let rate_bps = if owed_here { self.terms.rate_given_bps } else { self.terms.rate_received_bps };
        // `expect` would bring a kilobyte of code with it.
        let Some(debt) = grown(self.balance.unsigned_abs(), rate_bps, self.since_ms, now_ms) else {
            panic!("blocks are in the order of their times, and debts are bounded");
        };
        let debt = debt.cast_signed();
        Self { balance: if owed_here { debt } else { -debt }, since_ms: now_ms, ..self }
    }

    /// What this party is owed in whole units, rounded down.
    pub(crate) const fn claim(&self) -> Amount {
        if self.balance > 0 { self.balance.unsigned_abs() >> FRACTION_BITS } else { 0 }
    }

    /// What this party owes in whole units, rounded down.
    pub(crate) const fn debt(&self) -> Amount {
        self.turned().claim()
    }

    /// What is owed on the line in whole units, rounded down, by whichever party.
    pub(crate) const fn owed(&self) -> Amount {
        self.balance.unsigned_abs() >> FRACTION_BITS
    }

    /// How much this party may owe now.
    fn limit(&self, now_ms: u64) -> Amount {
        if self.terms.have_expired(now_ms) { 0 } else { Amount::from(self.terms.received) }
    }

    /// Lets this party pay the other some units by the line, whose interest is there until now.
    pub(crate) fn pay(&mut self, units: u64) -> Result<(), Error> {
        ensure!(!self.frozen, Error::Frozen);
        let now_ms = self.since_ms;
        self.balance -= exact(units);
        let above = if self.terms.have_expired(now_ms) { Error::LineExpired } else { Error::AboveLine };
        ensure!(self.debt() <= self.limit(now_ms), above);
        Ok(())
    }

    /// Takes some units off this party's debt, which were settled outside the line.
    pub(crate) fn settle(&mut self, units: u64) -> Result<(), Error> {
        let debt = if self.balance < 0 { self.balance.unsigned_abs().div_ceil(UNIT) } else { 0 };
        ensure!(Amount::from(units) <= debt, Error::AboveDebt);
        self.balance += exact(units);
        Ok(())
    }

    /// Whether each debt is within what its creditor gives.
    pub(crate) fn is_within_terms(&self) -> bool {
        self.claim() <= Amount::from(self.terms.given) && self.debt() <= Amount::from(self.terms.received)
    }

    /// Whether a network with these rules can have come to this line. Interest alone takes a debt above its line.
    pub(crate) fn is_sound(&self, rules: &Rules) -> bool {
        let LineTerms { given, received, rate_given_bps, rate_received_bps, .. } = self.terms;
        rules.allow_rate(rate_given_bps)
            && rules.allow_rate(rate_received_bps)
            && self.balance.unsigned_abs() <= MAX_DEBT
            && (rate_given_bps > 0 || self.claim() <= Amount::from(given))
            && (rate_received_bps > 0 || self.debt() <= Amount::from(received))
    }

    /// How much this party can send to the other.
    fn can_send(&self, now_ms: u64) -> u64 {
        // The debt is rounded down, so what is below one unit is not counted.
        let room = self.balance + (self.limit(now_ms) << FRACTION_BITS | (UNIT - 1)).cast_signed();
        if self.frozen || room < 0 {
            return 0;
        }
        u64::try_from(room >> FRACTION_BITS).unwrap_or(u64::MAX)
    }

    /// What a query shows.
    pub(crate) fn info(&self, now_ms: u64) -> LineInfo {
        LineInfo {
            terms: self.terms,
            balance: self.balance / UNIT.cast_signed(),
            exact_balance: self.balance,
            can_send: self.can_send(now_ms),
            can_receive: self.turned().can_send(now_ms),
            frozen: self.frozen,
        }
    }
}

/// Units in parts of 2^-60.
fn exact(units: u64) -> i128 {
    i128::from(units) << FRACTION_BITS
}

impl Totals {
    /// Takes the place of one line by another in the sums.
    pub(crate) fn replace(&mut self, before: Option<&Line>, after: Option<&Line>) {
        if let Some(line) = before {
            self.lines -= 1;
            self.given -= line.terms.sum();
            self.owed -= line.owed();
        }
        if let Some(line) = after {
            self.lines += 1;
            self.given += line.terms.sum();
            self.owed += line.owed();
        }
    }
}
