//! The sums of one step, and the three principles that they must hold. Pure: no storage, no time, no owners.
//!
//! - Value: what goes in is at least what comes out, where a debt counts as negative value. The difference is the fee.
//! - Credit: debt that comes out is covered by net credit, which is credit in less credit out.
//! - No credit comes out that did not go in.
//!
//! Value and debt of a higher layer than the step's are only read, and count zero. Credit of any layer counts.

use crate::error::Error;
use crate::types::{Element, Layer};
use tenon_contract::prelude::*;

/// What goes into a step and comes out of it. Each sum is at most the largest amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Value that is spent.
    pub value_in: Amount,
    /// Value that is created.
    pub value_out: Amount,
    /// Debt that is spent.
    pub debt_in: Amount,
    /// Debt that is created: the net debt.
    pub debt_out: Amount,
    /// Credit that is spent or read.
    pub credit_in: Amount,
    /// The part of it that is read from the administration.
    pub credit_read: Amount,
    /// Credit that is created.
    pub credit_out: Amount,
}

impl Sums {
    /// Adds an input of a layer to a step of a layer.
    ///
    /// # Errors
    /// If a sum overflows.
    pub fn add_input(&mut self, step: Layer, from: Layer, element: &Element, amount: Amount) -> Result<(), Error> {
        let is_read = from > step;
        match element {
            Element::Credit => {
                add(&mut self.credit_in, amount)?;
                if is_read { add(&mut self.credit_read, amount) } else { Ok(()) }
            }
            Element::Value | Element::Debt(_) if is_read => Ok(()),
            Element::Value => add(&mut self.value_in, amount),
            Element::Debt(_) => add(&mut self.debt_in, amount),
        }
    }

    /// Adds an output.
    ///
    /// # Errors
    /// If a sum overflows.
    pub fn add_output(&mut self, element: &Element, amount: Amount) -> Result<(), Error> {
        match element {
            Element::Value => add(&mut self.value_out, amount),
            Element::Credit => add(&mut self.credit_out, amount),
            Element::Debt(_) => add(&mut self.debt_out, amount),
        }
    }

    /// The fee: value that went in and does not come out.
    ///
    /// # Errors
    /// If more comes out than went in, or a sum overflows.
    pub fn fee(&self) -> Result<Amount, Error> {
        let enters = self.value_in.checked_add(self.debt_out).ok_or(Error::AmountOverflow)?;
        let leaves = self.value_out.checked_add(self.debt_in).ok_or(Error::AmountOverflow)?;
        enters.checked_sub(leaves).ok_or(Error::ValueCreated)
    }

    /// Credit in less credit out.
    ///
    /// # Errors
    /// If more comes out than went in.
    pub fn net_credit(&self) -> Result<Amount, Error> {
        self.credit_in.checked_sub(self.credit_out).ok_or(Error::CreditCreated)
    }

    /// Credit that the administration newly grants with this step: what comes out as credit or debt and was not credit
    /// below it before.
    ///
    /// # Errors
    /// If a sum overflows.
    pub fn granted(&self) -> Result<Amount, Error> {
        let used = self.credit_out.checked_add(self.debt_out).ok_or(Error::AmountOverflow)?;
        Ok(used.saturating_sub(self.credit_in - self.credit_read).min(self.credit_read))
    }

    /// Checks the three principles and returns the fee.
    ///
    /// # Errors
    /// Which principle does not hold.
    pub fn check(&self) -> Result<Amount, Error> {
        ensure!(self.debt_out <= self.net_credit()?, Error::DebtWithoutCredit);
        self.fee()
    }
}

/// Value that circulates: all net value, less what is locked in the debt layer, and more by every debt.
///
/// Nothing if the numbers contradict each other.
#[must_use]
pub const fn circulating(net_value: Amount, locked: Amount, debt: Amount) -> Option<Amount> {
    match net_value.checked_add(debt) {
        Some(all) => all.checked_sub(locked),
        None => None,
    }
}

fn add(sum: &mut Amount, amount: Amount) -> Result<(), Error> {
    *sum = sum.checked_add(amount).ok_or(Error::AmountOverflow)?;
    Ok(())
}
