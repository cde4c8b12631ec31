//! What is kept of candidates, delegations, validators and the books, and the terms that all of it follows.

use crate::error::Error;
use crate::pool::{Accumulator, Progress, Slash, part, worth};
use tenon_contract::prelude::*;
use tenon_contract::text::is_line;

/// Validators of one epoch.
pub const MAX_VALIDATORS: u32 = 100;
/// Standbys behind them.
pub const MAX_STANDBYS: u32 = 100;
/// Candidates that stand at a time. Whoever enters a full list displaces the one with the least weight.
pub const MAX_CANDIDATES: u32 = 400;
/// Bytes of an endpoint.
pub const MAX_ENDPOINT_BYTES: usize = 128;
/// Leaders whose failures one block reports.
pub const MAX_MISSED: usize = 64;
/// Bytes of a proof of a fault.
pub const MAX_PROOF_BYTES: usize = 4_096;
/// Unbondings that one block pays out.
pub const MAX_PAYOUTS: u32 = 16;
/// Blocks of an epoch.
pub const MAX_EPOCH_BLOCKS: u32 = 1_000_000;
/// Past epochs of which sets are kept for evidence.
pub const MAX_EVIDENCE_EPOCHS: u32 = 4_096;
/// The longest time among the terms: ten years of 365 days.
pub const MAX_TERM_MS: u64 = 10 * 365 * 24 * 60 * 60 * 1_000;
/// The most basis points.
pub const MAX_BASIS_POINTS: u16 = 10_000;
/// The coin's whole unit, in which the default stake is stated.
const COIN: Amount = 1_000_000_000_000;

/// The numbers that an instance follows, fixed when it is created.
#[module_type]
pub struct Terms {
    /// The least stake of a candidate.
    pub minimum_stake: Amount,
    /// Validators of an epoch, 1 to 100.
    pub validators: u32,
    /// Standbys behind them, at most 100.
    pub standbys: u32,
    /// Blocks of an epoch, the same as in the chain's parameters.
    pub epoch_blocks: u32,
    /// How long coin takes to become liquid after it was unbound.
    pub unbonding_ms: u64,
    /// How long a change of commission is announced before it takes effect.
    pub commission_delay_ms: u64,
    /// How long a candidate that was down cannot come back.
    pub jail_ms: u64,
    /// Views in one epoch that a leader may not fail so often.
    pub missed_views: u32,
    /// Certificates in one epoch in which a validator's vote may not be missing so often.
    pub missed_votes: u32,
    /// For how many past epochs evidence is taken.
    pub evidence_epochs: u32,
    /// The part of a block's reward that is its leader's, in basis points.
    pub producer_bp: u16,
    /// What contradictory votes cost, in basis points of the exposure.
    pub equivocation_bp: u16,
    /// What any other proven fault costs.
    pub misconduct_bp: u16,
    /// What being down costs.
    pub downtime_bp: u16,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            minimum_stake: 10_000 * COIN,
            validators: 10,
            standbys: 10,
            epoch_blocks: 1_200,
            unbonding_ms: 1_728_000_000,
            commission_delay_ms: 604_800_000,
            jail_ms: 86_400_000,
            missed_views: 60,
            missed_votes: 600,
            evidence_epochs: 288,
            producer_bp: 1_000,
            equivocation_bp: 500,
            misconduct_bp: 1_000,
            downtime_bp: 10,
        }
    }
}

impl Terms {
    /// Checks what a deployer states.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let counts = self.minimum_stake > 0
            && (1..=MAX_VALIDATORS).contains(&self.validators)
            && self.standbys <= MAX_STANDBYS
            && (1..=MAX_EPOCH_BLOCKS).contains(&self.epoch_blocks)
            && (1..=MAX_EVIDENCE_EPOCHS).contains(&self.evidence_epochs)
            && self.missed_views > 0
            && self.missed_votes > 0;
        let times = [self.unbonding_ms, self.commission_delay_ms, self.jail_ms];
        let parts = [self.producer_bp, self.equivocation_bp, self.misconduct_bp, self.downtime_bp];
        let bounded = times.iter().all(|time| *time <= MAX_TERM_MS) && self.unbonding_ms > 0;
        ensure!(counts && bounded && parts.iter().all(|part| *part <= MAX_BASIS_POINTS), Error::InvalidTerms);
        Ok(())
    }

    /// What a proven fault costs. Consensus numbers two N votes 0, two F votes 1, and X beside F 2.
    pub(crate) const fn cost(&self, kind: u8) -> u16 {
        if kind <= 2 { self.equivocation_bp } else { self.misconduct_bp }
    }
}

/// Whether a candidate stands.
#[module_type]
pub enum Status {
    /// It stands in the list, and can be elected.
    Active = 0,
    /// It was down, and can come back.
    Jailed = 1,
    /// It has withdrawn, or was displaced.
    Withdrawn = 2,
    /// It was removed for a fault.
    Removed = 3,
}

/// A commission that was announced.
#[module_type]
#[derive(Copy)]
pub struct NewCommission {
    /// In basis points.
    pub commission_bp: u16,
    /// The time at and after which the next epoch begins with it.
    pub from_ms: u64,
}

/// A candidate and the pool of what is bound to it, its own stake included.
#[module_type]
pub struct Candidate {
    /// Whether it stands.
    pub status: Status,
    /// Its part of what its pool earns, in basis points.
    pub commission_bp: u16,
    /// The commission that comes next.
    pub next_commission: Option<NewCommission>,
    /// When it may come back, if it is jailed.
    pub jailed_until_ms: u64,
    /// Coin in the pool.
    pub bonded: Amount,
    /// Shares of the pool that there are.
    pub shares: Amount,
    /// The weight for which it is rewarded in this epoch; 0 if it is no validator, or was jailed or removed.
    pub weight: Amount,
    /// Where it stands in the rewards of all.
    pub progress: Progress,
    /// What its shares have earned.
    pub pool: Accumulator,
    /// Commissions, and parts of blocks that it led, that it has not claimed.
    pub earned: Amount,
    /// Coin that has left the pool since the beginning.
    pub left: Amount,
    /// Unbondings from it that are not paid out.
    pub open: u64,
    /// What a fault takes from those.
    pub slash: Option<Slash>,
}

impl Candidate {
    /// A candidate to whom nothing is bound yet.
    pub(crate) fn new() -> Self {
        Self {
            status: Status::Active,
            commission_bp: 0,
            next_commission: None,
            jailed_until_ms: 0,
            bonded: 0,
            shares: 0,
            weight: 0,
            progress: Progress::default(),
            pool: Accumulator::default(),
            earned: 0,
            left: 0,
            open: 0,
            slash: None,
        }
    }

    /// Whether its own stake is locked and others may join.
    pub(crate) fn stands(&self) -> bool {
        matches!(self.status, Status::Active | Status::Jailed)
    }

    /// Brings what it has earned up to date: its commission to itself, the rest to the shares.
    pub(crate) fn settle(&mut self, shared: &Accumulator) {
        let earned = self.progress.take(shared, self.weight);
        if earned == 0 {
            return;
        }
        let commission = part(earned, self.commission_bp);
        self.earned += commission;
        if self.pool.add(earned - commission, self.shares).is_none() {
            // Nobody is left to share it.
            self.earned += earned - commission;
        }
    }

    /// Lets an announced commission begin if it is time.
    pub(crate) fn begin_commission(&mut self, now_ms: u64) {
        if let Some(next) = self.next_commission.filter(|next| next.from_ms <= now_ms) {
            self.commission_bp = next.commission_bp;
            self.next_commission = None;
        }
    }
}

/// What somebody has bound to a candidate.
#[module_type]
#[derive(Copy, Default)]
pub struct Position {
    /// Shares of the pool.
    pub shares: Amount,
    /// Where they stand in what the pool has earned.
    pub progress: Progress,
    /// Earned and not claimed.
    pub reward: Amount,
}

impl Position {
    /// Brings what it has earned up to date.
    pub(crate) fn settle(&mut self, pool: &Accumulator) {
        self.reward += self.progress.take(pool, self.shares);
    }
}

/// Coin on its way from a candidate.
#[module_type]
#[derive(Copy)]
pub struct Unbonding {
    /// How much, before what a fault takes.
    pub amount: Amount,
    /// From which millisecond on it is liquid, or is bound anew.
    pub end_ms: u64,
    /// Coin that had left the candidate before.
    pub place: Amount,
    /// To whom it is bound then.
    pub to: Option<Address>,
}

/// A candidate's profile: what others need to reach it and to check its votes.
#[module_type]
pub struct Profile {
    /// The BLS key by which it votes in sets that are elected from now on.
    pub bls_key: [u8; 96],
    /// Where it is found, for people and clients.
    pub endpoint: String,
}

impl Profile {
    /// Checks what a candidate says.
    pub(crate) fn check(&self) -> Result<(), Error> {
        ensure!(is_line(&self.endpoint, MAX_ENDPOINT_BYTES), Error::InvalidEndpoint);
        Ok(())
    }
}

/// Who was elected, with what counts for the epoch whatever happens later.
#[module_type]
pub struct Seat {
    /// The candidate.
    pub account: Address,
    /// Its key.
    pub bls_key: [u8; 96],
    /// The coin that was bound to it.
    pub weight: Amount,
    /// Coin that had left it before.
    pub left: Amount,
}

/// Those who were elected, the heaviest first.
#[module_type]
#[derive(Default)]
pub struct Committee {
    /// When.
    pub fixed_at_ms: u64,
    /// Who.
    pub seats: Vec<Seat>,
}

impl Committee {
    /// The place of an account.
    pub(crate) fn place(&self, account: &Address) -> Option<usize> {
        self.seats.iter().position(|seat| seat.account == *account)
    }
}

/// A validator of an epoch, as consensus takes it.
#[module_type]
pub struct Validator {
    /// Its account.
    pub account: Address,
    /// The BLS key by which it votes.
    pub bls_key: [u8; 96],
    /// The weight of its vote.
    pub weight: Amount,
}

/// What a validator failed to do in this epoch.
#[module_type]
#[derive(Copy, Default)]
pub struct Attendance {
    /// Views that it led and that failed.
    pub views: u32,
    /// Certificates without its vote.
    pub votes: u32,
}

/// What consensus tells at the end of a block.
#[module_type]
pub struct BlockReport {
    /// The block's height.
    pub height: u64,
    /// Its time in milliseconds.
    pub time_ms: u64,
    /// Its epoch.
    pub epoch: u64,
    /// Who proposed it.
    pub leader: Option<Address>,
    /// Who signed the certificate of the parent: bit `i % 8` of byte `i / 8` for validator `i` of the parent's epoch.
    pub signers: Vec<u8>,
    /// Leaders whose views failed since the parent.
    pub missed: Vec<Address>,
}

/// The sums of an instance.
#[module_type]
#[derive(Copy, Default)]
pub struct Books {
    /// The epoch that runs.
    pub epoch: u64,
    /// Candidates that stand in the list.
    pub listed: u32,
    /// What the weight of validators has earned.
    pub shared: Accumulator,
    /// The weight that is rewarded in this epoch.
    pub weight: Amount,
    /// Coin in pools: stakes and delegations.
    pub bonded: Amount,
    /// Coin on its way out of them.
    pub unbonding: Amount,
    /// Rewards that were given out and not claimed.
    pub rewards: Amount,
    /// Coin that could not be sent, and waits.
    pub credits: Amount,
    /// Rewards that were not given out yet: they come with the next block's.
    pub remainder: Amount,
    /// Coin that was slashed and could not be sent away yet.
    pub doomed: Amount,
    /// Coin that was slashed and sent to the zero address, which nobody can use.
    pub burnt: Amount,
}

impl Books {
    /// The coin that the instance must hold. Nothing if the numbers contradict each other.
    pub(crate) fn held(&self) -> Option<Amount> {
        let parts = [self.bonded, self.unbonding, self.rewards, self.credits, self.remainder, self.doomed];
        parts.iter().try_fold(0, |sum: Amount, part| sum.checked_add(*part))
    }
}

/// Everything about a candidate.
#[module_type]
pub struct CandidateInfo {
    /// Its state.
    pub state: Candidate,
    /// Its key and endpoint.
    pub profile: Profile,
    /// What its own stake is worth.
    pub own_stake: Amount,
    /// What it could claim as a candidate.
    pub claimable: Amount,
}

/// What somebody has bound to a candidate.
#[module_type]
pub struct DelegationInfo {
    /// What the shares are worth.
    pub bound: Amount,
    /// Shares of the pool.
    pub shares: Amount,
    /// What could be claimed.
    pub claimable: Amount,
}

/// Coin on its way from a candidate, as it stands now.
#[module_type]
pub struct UnbondingInfo {
    /// From whom.
    pub candidate: Address,
    /// How much, less what a fault took.
    pub amount: Amount,
    /// From which millisecond on it is liquid, or is bound anew.
    pub end_ms: u64,
    /// To whom it is bound then.
    pub to: Option<Address>,
    /// Whether that time has come.
    pub liquid: bool,
}

/// What a position is worth.
pub(crate) fn value_of(position: &Position, candidate: &Candidate) -> Amount {
    worth(position.shares, candidate.bonded, candidate.shares)
}
