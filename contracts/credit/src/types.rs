//! Outputs, orders and networks, and what is checked of each by itself.

use crate::error::Error;
use tenon_contract::prelude::*;
#[module_type]
pub use tenon_contract::signed::OwnerSignature;
use tenon_contract::text::is_name;

/// Bytes of a network's name.
pub const MAX_NAME_BYTES: usize = 64;
/// The fewest members of a lock of several: with one alone it would be a key.
pub const MIN_MEMBERS: usize = 2;
/// Members of a lock of several.
pub const MAX_MEMBERS: usize = 16;
/// Whom a founder names as holders of the first value.
pub const MAX_HOLDERS: usize = 64;
/// Steps of an order.
pub const MAX_STEPS: usize = 4;
/// Inputs of a step.
pub const MAX_INPUTS: usize = 32;
/// Outputs of a step.
pub const MAX_OUTPUTS: usize = 32;
/// Signatures that come with an order.
pub const MAX_WITNESSES: usize = 16;
/// Secrets that come with an order.
pub const MAX_SECRETS: usize = 8;
/// Bytes of a secret.
pub const MAX_SECRET_BYTES: usize = 64;
/// For how long an order is good.
pub const MAX_ORDER_LIFETIME_MS: u64 = 86_400_000;
/// The milliseconds of a day, by which grants are counted. Days begin at midnight UTC.
pub const DAY_MS: u64 = 86_400_000;
/// Sources of credit: units of 1, 2, 4 and so on, each twice the one before.
pub const SOURCES: u8 = 16;
/// The most that a reporter gets of what a penalty takes, in percent.
pub const MAX_REPORTER_PERCENT: u8 = 50;

/// Where an output stands. A step reads outputs of higher layers than its own, any number of times, and spends those of
/// its own layer and of lower ones, once.
#[module_type]
#[derive(PartialOrd, Ord)]
pub enum Layer {
    /// What everybody pays with.
    Circulation = 0,
    /// Value that is locked, to clear debts or to stand as stake.
    Debt = 1,
    /// The sources of credit.
    Admin = 2,
}

/// What an output holds: exactly one of the three.
#[module_type]
pub enum Element {
    /// Cash.
    Value = 0,
    /// The right to make as much debt.
    Credit = 1,
    /// An obligation towards the network.
    Debt(Debt) = 2,
}

/// Who owes, until when, and in which form.
#[module_type]
pub struct Debt {
    /// Who owes.
    pub debtor: Address,
    /// From which millisecond on it is a bad debt.
    pub expires_at_ms: u64,
    /// Only of a debt that is not in standard form, which is locked to its debtor's key alone: who may bring it into
    /// that form, with as much credit again. The debtor agrees to it with the debt.
    pub renormaliser: Option<Address>,
}

/// Who may use an output.
#[module_type]
pub enum Lock {
    /// This account or instance.
    Key(Address) = 0,
    /// So many of these.
    Several(Several) = 1,
    /// One who reveals a secret in time, or another afterwards.
    HashTime(HashTime) = 2,
}

/// Several members of whom some must agree.
#[module_type]
pub struct Several {
    /// Who, 2 to 16, each once.
    pub members: Vec<Address>,
    /// How many of them.
    pub threshold: u8,
}

/// A lock that a secret opens for one, and time for another: with it, payments over several chains are done together.
#[module_type]
pub struct HashTime {
    /// SHA-256 of the secret.
    pub hash: Hash,
    /// Who claims with the secret, before the time.
    pub claimant: Address,
    /// Who gets it back from the time on.
    pub refund: Address,
    /// The time in milliseconds.
    pub refund_at_ms: u64,
}

/// An output that is not spent.
#[module_type]
pub struct Output {
    /// Its layer.
    pub layer: Layer,
    /// What it holds.
    pub element: Element,
    /// How much; never zero.
    pub amount: Amount,
    /// Who may use it.
    pub lock: Lock,
}

/// An output as a step asks for it. It comes to stand in the step's layer.
#[module_type]
pub struct NewOutput {
    /// What it holds.
    pub element: Element,
    /// How much.
    pub amount: Amount,
    /// Who may use it.
    pub lock: Lock,
}

/// Inputs and outputs that balance. The layer says which inputs are spent and which are read.
#[module_type]
pub struct Step {
    /// The layer of the outputs.
    pub layer: Layer,
    /// Outputs that are spent or read.
    pub inputs: Vec<u64>,
    /// What comes out.
    pub outputs: Vec<NewOutput>,
}

/// Steps that are done together or not at all, which every owner signs whose outputs they use. Signatures are no part
/// of it, so none changes the order's id.
#[module_type]
pub struct Order {
    /// Which network.
    pub network: u64,
    /// At most 4, each of which balances.
    pub steps: Vec<Step>,
    /// From which millisecond on it is good.
    pub valid_from_ms: u64,
    /// From which millisecond on it is good no more.
    pub valid_until_ms: u64,
}

/// Somebody's signature over an order.
#[module_type]
pub struct Witness {
    /// Who.
    pub who: Address,
    /// The signature.
    pub signature: OwnerSignature,
}

/// How much credit a network grants, and what becomes of fees and penalties. Fixed when it is founded.
#[module_type]
pub struct Terms {
    /// The most credit that is granted in one block.
    pub credit_per_block: Amount,
    /// The most credit that is granted on one day.
    pub credit_per_day: Amount,
    /// The longest time of a debt, in milliseconds.
    pub longest_debt_ms: u64,
    /// Who gets the fees, in the debt layer.
    pub fee_taker: Address,
    /// How much a reporter gets of what a penalty takes, in percent. The rest is a fee.
    pub reporter_percent: u8,
}

/// Everything that a founder says about a network.
#[module_type]
pub struct NewNetwork {
    /// Its name.
    pub name: String,
    /// Who has how much of the value that there is, for good.
    pub holders: Vec<(Address, Amount)>,
    /// The smallest source of credit; each of the 16 is twice the one before.
    pub unit: Amount,
    /// To whom the sources are locked.
    pub sources: Lock,
    /// To whom the large ones are locked, if not to the same.
    pub large_sources: Option<Lock>,
    /// How many small sources there are.
    pub small_count: u8,
    /// Limits, fees and penalties.
    pub terms: Terms,
}

/// What is said about a network.
#[module_type]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Who founded it. No right goes with it.
    pub founder: Address,
}

/// A network's sums.
#[module_type]
#[derive(Default)]
pub struct Totals {
    /// Outputs ever created, which is the highest id.
    pub outputs: u64,
    /// The net value, which the founder handed out: value less debt is as much for good.
    pub net_value: Amount,
    /// Value in outputs of all layers.
    pub value: Amount,
    /// The part of it in the debt layer.
    pub locked: Amount,
    /// Fees that nobody has collected. They count as locked.
    pub fees: Amount,
    /// Debt in outputs.
    pub debt: Amount,
    /// Credit in outputs below the administration.
    pub credit: Amount,
    /// Credit that the administration has ever granted.
    pub granted: Amount,
    /// Value that penalties have taken.
    pub penalised: Amount,
}

/// What was granted in the newest block and on the newest day with grants.
#[module_type]
#[derive(Default)]
pub struct Grants {
    /// The block's height.
    pub block: u64,
    /// How much in it.
    pub in_block: Amount,
    /// The day, counted from 1970-01-01.
    pub day: u64,
    /// How much on it.
    pub on_day: Amount,
}

impl Lock {
    /// Checks that somebody can ever open it.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Key(owner) => ensure!(!owner.is_zero(), Error::ZeroAddress),
            Self::Several(Several { members, threshold }) => {
                let count = members.len();
                let needed = usize::from(*threshold);
                let fits = (MIN_MEMBERS..=MAX_MEMBERS).contains(&count) && (1..=count).contains(&needed);
                ensure!(fits, Error::InvalidLock);
                ensure!(!members.contains(&Address::ZERO), Error::ZeroAddress);
                let mut rest = members.as_slice();
                while let Some((first, others)) = rest.split_first() {
                    ensure!(!others.contains(first), Error::InvalidLock);
                    rest = others;
                }
            }
            Self::HashTime(HashTime { claimant, refund, .. }) => {
                ensure!(!claimant.is_zero() && !refund.is_zero(), Error::ZeroAddress);
            }
        }
        Ok(())
    }

    /// The owner, if it is one key alone.
    pub(crate) const fn key(&self) -> Option<Address> {
        match self {
            Self::Key(owner) => Some(*owner),
            Self::Several(_) | Self::HashTime(_) => None,
        }
    }

    /// Whoever stands in the lock, each once.
    pub(crate) fn named(&self) -> Vec<Address> {
        match self {
            Self::Key(owner) => vec![*owner],
            Self::Several(several) => several.members.clone(),
            Self::HashTime(HashTime { claimant, refund, .. }) if claimant == refund => vec![*claimant],
            Self::HashTime(HashTime { claimant, refund, .. }) => vec![*claimant, *refund],
        }
    }
}

impl Debt {
    /// Whether the time is over.
    pub(crate) const fn has_expired(&self, now_ms: u64) -> bool {
        now_ms >= self.expires_at_ms
    }

    /// Whether it is in the form in which a penalty reaches its debtor.
    pub(crate) const fn is_standard(&self) -> bool {
        self.renormaliser.is_none()
    }
}

impl NewOutput {
    /// Checks what can be seen of it alone.
    pub(crate) fn check(&self, layer: Layer) -> Result<(), Error> {
        ensure!(self.amount > 0, Error::ZeroAmount);
        self.lock.check()?;
        let fits = match (layer, &self.element) {
            (Layer::Circulation, _) | (Layer::Debt, Element::Value | Element::Debt(_)) => true,
            (Layer::Admin, element) => *element == Element::Credit,
            (Layer::Debt, Element::Credit) => false,
        };
        ensure!(fits, Error::NotInLayer);
        let Element::Debt(debt) = &self.element else { return Ok(()) };
        ensure!(!debt.debtor.is_zero() && debt.renormaliser != Some(Address::ZERO), Error::ZeroAddress);
        let to_debtor = self.lock.key() == Some(debt.debtor);
        ensure!(debt.is_standard() == to_debtor, Error::NonStandardDebt);
        Ok(())
    }

    /// The output in a layer.
    pub(crate) fn placed(&self, layer: Layer) -> Output {
        let Self { element, amount, lock } = self.clone();
        Output { layer, element, amount, lock }
    }
}

impl NewNetwork {
    /// Checks what can be seen of it alone.
    pub(crate) fn check(&self) -> Result<(), Error> {
        ensure!(is_name(&self.name, MAX_NAME_BYTES), Error::InvalidName);
        ensure!(self.holders.len() <= MAX_HOLDERS, Error::TooLong);
        for (holder, amount) in &self.holders {
            ensure!(!holder.is_zero(), Error::ZeroAddress);
            ensure!(*amount > 0, Error::ZeroAmount);
        }
        self.sources.check()?;
        self.large_sources.as_ref().map_or(Ok(()), Lock::check)?;
        let Terms { credit_per_block, credit_per_day, longest_debt_ms, fee_taker, reporter_percent } = &self.terms;
        let limits = *credit_per_block > 0 && *credit_per_day > 0 && *longest_debt_ms > 0;
        ensure!(limits && self.unit > 0 && self.small_count <= SOURCES, Error::InvalidTerms);
        ensure!(*reporter_percent <= MAX_REPORTER_PERCENT, Error::InvalidTerms);
        ensure!(!fee_taker.is_zero(), Error::ZeroAddress);
        let largest = Amount::from((1_u32 << SOURCES) - 1);
        ensure!(self.unit.checked_mul(largest).is_some(), Error::AmountOverflow);
        Ok(())
    }
}

impl Totals {
    /// Takes an output off the sums. It was added before, so nothing falls below zero.
    pub(crate) const fn subtract(&mut self, output: &Output) {
        match (&output.element, &output.layer) {
            (Element::Value, layer) => {
                self.value -= output.amount;
                if matches!(layer, Layer::Debt) {
                    self.locked -= output.amount;
                }
            }
            (Element::Debt(_), _) => self.debt -= output.amount,
            (Element::Credit, Layer::Admin) => {}
            (Element::Credit, _) => self.credit -= output.amount,
        }
    }

    /// Adds an output to the sums.
    pub(crate) fn add(&mut self, output: &Output) -> Result<(), Error> {
        let grown = |sum: Amount| sum.checked_add(output.amount).ok_or(Error::AmountOverflow);
        match (&output.element, output.layer) {
            (Element::Value, layer) => {
                self.value = grown(self.value)?;
                if layer == Layer::Debt {
                    self.locked = grown(self.locked)?;
                }
            }
            (Element::Debt(_), _) => self.debt = grown(self.debt)?,
            (Element::Credit, Layer::Admin) => {}
            (Element::Credit, _) => self.credit = grown(self.credit)?,
        }
        Ok(())
    }

    /// Whether value less debt is what the founder handed out, and debt and credit are within what was granted.
    pub(crate) fn is_balanced(&self) -> bool {
        let held = self.value.checked_add(self.fees);
        held.is_some()
            && held == self.net_value.checked_add(self.debt)
            && self.locked <= self.value
            && self.debt.checked_add(self.credit).is_some_and(|used| used <= self.granted)
    }
}

impl Grants {
    /// Counts a grant, within the limits of block and day.
    pub(crate) fn count(&mut self, granted: Amount, terms: &Terms, height: u64, now_ms: u64) -> Result<(), Error> {
        let day = now_ms / DAY_MS;
        let before = |same: bool, sum: Amount| if same { sum } else { 0 };
        let in_block = before(self.block == height, self.in_block).checked_add(granted);
        let on_day = before(self.day == day, self.on_day).checked_add(granted);
        let in_block = in_block.filter(|sum| *sum <= terms.credit_per_block).ok_or(Error::BlockLimit)?;
        let on_day = on_day.filter(|sum| *sum <= terms.credit_per_day).ok_or(Error::DayLimit)?;
        *self = Self { block: height, in_block, day, on_day };
        Ok(())
    }
}
