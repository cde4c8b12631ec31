//! Whether an order may be carried out, and what it would change. Nothing is stored here, so that an order which is
//! shown as evidence is judged by the same rules as one that is carried out.

use crate::accounting::Sums;
use crate::credit::Credit;
use crate::error::Error;
use crate::types::{
    Debt, Element, HashTime, Layer, Lock, MAX_INPUTS, MAX_OUTPUTS, MAX_SECRET_BYTES, MAX_SECRETS, MAX_STEPS,
    MAX_WITNESSES, NewOutput, Order, Output, Several, Step, Terms, Witness,
};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::signed;
use tenon_contract::storage::Direction;

/// Names the purpose in the signed bytes.
const PURPOSE: &str = "tenon/credit/order";

/// What an order would change.
#[derive(Default)]
pub(crate) struct Plan {
    /// Outputs that are spent, by number.
    pub(crate) spent: Vec<(u64, Output)>,
    /// Outputs that are read.
    read: Vec<u64>,
    /// Outputs that come to be.
    pub(crate) created: Vec<Output>,
    /// Value that is left over.
    pub(crate) fee: Amount,
    /// Credit that the administration grants.
    pub(crate) granted: Amount,
    /// Who moves what they alone own, otherwise than to repay.
    movers: Vec<Address>,
    /// Who grants credit from sources that they alone own. They are read, so that a penalty takes nothing of them.
    lenders: Vec<Address>,
}

/// Who allows an order, and what was revealed for it.
pub(crate) struct Consent {
    signers: Vec<Address>,
    revealed: Vec<Hash>,
}

/// What identifies an order, by what is signed of it. It does not depend on who signs, or how.
pub(crate) fn order_id(message: &[u8]) -> Hash {
    crypto::blake2b_256(message)
}

/// A debt of which a renormaliser brings one into standard form: debtor, expiry and amount.
type Renormal = (Address, u64, Amount);

impl Order {
    /// What is signed: purpose, chain, instance and order, so that it is good nowhere else.
    pub(crate) fn message(&self) -> Vec<u8> {
        signed::message(PURPOSE, self)
    }

    /// Checks that it is good now.
    pub(crate) fn check_window(&self, now_ms: u64) -> Result<(), Error> {
        ensure!(now_ms >= self.valid_from_ms, Error::OrderNotYetValid);
        ensure!(now_ms < self.valid_until_ms, Error::OrderExpired);
        ensure!(self.valid_until_ms - self.valid_from_ms <= crate::MAX_ORDER_LIFETIME_MS, Error::OrderTooLong);
        Ok(())
    }
}

impl Consent {
    /// The caller's own.
    pub(crate) fn of_caller(secrets: &[Vec<u8>]) -> Result<Self, Error> {
        Ok(Self { signers: vec![env().caller()], revealed: hashes(secrets)? })
    }

    /// That of whoever signed an order. Each signature must be valid.
    pub(crate) fn signed(message: &[u8], witnesses: &[Witness], secrets: &[Vec<u8>]) -> Result<Self, Error> {
        ensure!(witnesses.len() <= MAX_WITNESSES, Error::TooLong);
        for Witness { who, signature } in witnesses {
            ensure!(signature.is_valid(who, message), Error::InvalidSignature);
        }
        Ok(Self { signers: witnesses.iter().map(|witness| witness.who).collect(), revealed: hashes(secrets)? })
    }

    /// Adds that of whoever hands the order in.
    pub(crate) fn add_caller(&mut self) {
        self.signers.push(env().caller());
    }

    fn has(&self, who: &Address) -> bool {
        self.signers.contains(who)
    }

    fn opens(&self, lock: &Lock, now_ms: u64) -> bool {
        match lock {
            Lock::Key(owner) => self.has(owner),
            Lock::Several(Several { members, threshold }) => {
                members.iter().filter(|member| self.has(member)).count() >= usize::from(*threshold)
            }
            Lock::HashTime(HashTime { hash, claimant, refund, refund_at_ms }) => {
                if now_ms < *refund_at_ms {
                    self.has(claimant) && self.revealed.contains(hash)
                } else {
                    self.has(refund)
                }
            }
        }
    }
}

fn hashes(secrets: &[Vec<u8>]) -> Result<Vec<Hash>, Error> {
    let fits = secrets.len() <= MAX_SECRETS && secrets.iter().all(|secret| secret.len() <= MAX_SECRET_BYTES);
    ensure!(fits, Error::TooLong);
    Ok(secrets.iter().map(|secret| crypto::sha2_256(secret)).collect())
}

impl Plan {
    /// Whether somebody moves what they alone own, otherwise than to repay.
    pub(crate) fn moves_of(&self, who: Address) -> bool {
        self.movers.contains(&who)
    }

    /// Notes whose credit is read.
    fn note_lender(&mut self, read: &Output) {
        if let (Element::Credit, Some(owner)) = (&read.element, read.lock.key())
            && !self.lenders.contains(&owner)
        {
            self.lenders.push(owner);
        }
    }

    /// Whether an output is spent.
    pub(crate) fn spends(&self, id: u64) -> bool {
        self.spent.iter().any(|(spent, _)| *spent == id)
    }
}

impl Credit {
    /// Judges steps by every rule but one: that who has an expired debt may only repay.
    pub(crate) fn plan(&self, network: u64, terms: &Terms, steps: &[Step], consent: &Consent) -> Result<Plan, Error> {
        ensure!(steps.len() <= MAX_STEPS, Error::TooLong);
        ensure!(!steps.is_empty(), Error::EmptyStep);
        let mut plan = Plan::default();
        for step in steps {
            self.plan_step(&mut plan, network, terms, step, consent)?;
        }
        Ok(plan)
    }

    fn plan_step(
        &self,
        plan: &mut Plan,
        network: u64,
        terms: &Terms,
        step: &Step,
        consent: &Consent,
    ) -> Result<(), Error> {
        ensure!(!step.inputs.is_empty(), Error::EmptyStep);
        ensure!(step.inputs.len() <= MAX_INPUTS && step.outputs.len() <= MAX_OUTPUTS, Error::TooLong);
        let (now_ms, first) = (env().block_time_ms(), plan.spent.len());
        let (mut sums, mut renormals) = (Sums::default(), Vec::new());
        for id in &step.inputs {
            ensure!(!plan.spends(*id) && !plan.read.contains(id), Error::NamedTwice);
            let output = self.outputs.get(&(network, *id)).ok_or(Error::UnknownOutput)?;
            let from_admin = output.layer == Layer::Admin;
            ensure!(step.layer != Layer::Admin || from_admin, Error::NotInLayer);
            authorise(&output, step, consent, now_ms, &mut renormals)?;
            sums.add_input(step.layer, output.layer, &output.element, output.amount)?;
            if output.layer > step.layer {
                plan.note_lender(&output);
                plan.read.push(*id);
            } else {
                plan.spent.push((*id, output));
            }
        }
        for output in &step.outputs {
            output.check(step.layer)?;
            if let Element::Debt(debt) = &output.element {
                take_on(debt, output, terms, consent, now_ms, &mut renormals)?;
            }
            sums.add_output(&output.element, output.amount)?;
            plan.created.push(output.placed(step.layer));
        }
        ensure!(renormals.iter().all(|(_, is_needed)| !is_needed), Error::NotAuthorised);
        let fee = sums.check()?;
        plan.fee = plan.fee.checked_add(fee).ok_or(Error::AmountOverflow)?;
        plan.granted = plan.granted.checked_add(sums.granted()?).ok_or(Error::AmountOverflow)?;
        let spent = plan.spent.get(first..).unwrap_or_default();
        plan.movers.extend(movers(spent, step, fee));
        Ok(())
    }

    /// Whether somebody has a debt in standard form that has expired and that a plan does not clear.
    pub(crate) fn has_bad_debt(&self, network: u64, who: Address, plan: &Plan) -> bool {
        let debts = self.debts_of.iter_within(&(network, who), Bound::Unbounded, Direction::Ascending);
        let now_ms = env().block_time_ms();
        // The oldest first: no more are passed over than the plan clears.
        let enough = u32::try_from(plan.spent.len()).map_or(u32::MAX, |cleared| cleared.saturating_add(1));
        let mut expired = debts.limit(enough).take_while(|((_, _, expires_at_ms, _), ())| now_ms >= *expires_at_ms);
        expired.any(|((_, _, _, id), ())| !plan.spends(id))
    }

    /// Checks that nobody runs from an expired debt, or lends with one.
    pub(crate) fn check_movers(&self, network: u64, plan: &Plan) -> Result<(), Error> {
        let runs = plan.movers.iter().chain(&plan.lenders).any(|who| self.has_bad_debt(network, *who, plan));
        ensure!(!runs, Error::Frozen);
        Ok(())
    }
}

/// Checks that an input may be used so. Value and debt that are only read need nobody's leave, as they count nothing.
/// Whoever clears an expired debt needs nobody's either. A debt whose renormaliser agrees can come into standard form in
/// the same step; unless it may be cleared, it must.
fn authorise(
    output: &Output,
    step: &Step,
    consent: &Consent,
    now_ms: u64,
    renormals: &mut Vec<(Renormal, bool)>,
) -> Result<(), Error> {
    let is_read = output.layer > step.layer;
    if is_read && output.element != Element::Credit {
        return Ok(());
    }
    let opens = consent.opens(&output.lock, now_ms);
    let Element::Debt(debt) = &output.element else {
        ensure!(opens, Error::NotAuthorised);
        return Ok(());
    };
    let is_free = opens || debt.has_expired(now_ms);
    let may_renormalise = debt.renormaliser.is_some_and(|who| consent.has(&who));
    ensure!(is_free || may_renormalise, Error::NotAuthorised);
    if may_renormalise {
        renormals.push(((debt.debtor, debt.expires_at_ms, output.amount), !is_free));
    }
    Ok(())
}

/// Checks that a debt comes to be with its debtor's leave and for a time that the network allows; or that it is one that
/// its renormaliser brings into standard form, for which the debtor gave leave before.
fn take_on(
    debt: &Debt,
    output: &NewOutput,
    terms: &Terms,
    consent: &Consent,
    now_ms: u64,
    renormals: &mut Vec<(Renormal, bool)>,
) -> Result<(), Error> {
    let same = (debt.debtor, debt.expires_at_ms, output.amount);
    let alike = renormals.iter().enumerate().filter(|(_, (renormal, _))| *renormal == same);
    if debt.is_standard()
        && let Some((place, _)) = alike.max_by_key(|(_, (_, is_needed))| *is_needed)
    {
        renormals.remove(place);
        return Ok(());
    }
    ensure!(consent.has(&debt.debtor), Error::DebtorNotAsked);
    let latest = now_ms.saturating_add(terms.longest_debt_ms);
    ensure!(!debt.has_expired(now_ms) && debt.expires_at_ms <= latest, Error::InvalidExpiry);
    Ok(())
}

/// Who moves value or credit that they alone own with a step, otherwise than to repay: a step that clears debts of
/// theirs and of nobody else, returns what is left to them alone, and leaves no fee.
fn movers(spent: &[(u64, Output)], step: &Step, fee: Amount) -> Vec<Address> {
    let debtor = |(_, input): &(u64, Output)| match &input.element {
        Element::Debt(debt) => Some(debt.debtor),
        Element::Value | Element::Credit => None,
    };
    let debtors: Vec<Address> = spent.iter().filter_map(debtor).collect();
    let mut found = Vec::new();
    for (_, output) in spent {
        let Some(owner) = output.lock.key() else { continue };
        if matches!(output.element, Element::Debt(_)) || found.contains(&owner) {
            continue;
        }
        let returns = |output: &NewOutput| output.lock.key() == Some(owner) && output.element == Element::Value;
        let clears = !debtors.is_empty() && debtors.iter().all(|debtor| *debtor == owner);
        let repays = fee == 0 && clears && step.outputs.iter().all(returns);
        if !repays {
            found.push(owner);
        }
    }
    found
}
