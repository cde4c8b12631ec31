//! What changes: networks, outputs with their indexes and sums, and penalties.

use crate::accounting::circulating;
use crate::credit::{Credit, MAX_CHECKED_ENTRIES};
use crate::error::Error;
use crate::events::{Collected, Created, Founded, Penalised, Recorded};
use crate::plan::{Consent, Plan, order_id};
use crate::types::{
    Debt, Element, Grants, Layer, Lock, Network, NewNetwork, Order, Output, SOURCES, Step, Terms, Totals, Witness,
};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::storage::Direction;

/// The whole, in percent.
const PERCENT: Amount = 100;

impl Credit {
    /// Founds a network for the caller: its value, and its sources of credit.
    pub(crate) fn add_network(&mut self, new: NewNetwork) -> Result<u64, Error> {
        new.check()?;
        let founder = env().caller();
        let NewNetwork { name, holders, unit, sources, large_sources, small_count, terms } = new;
        let network = self.count.update(|count| count + 1);
        emit(Founded { network, founder, name: name.clone() });
        self.networks.set(&network, &Network { name, founder });
        self.terms.set(&network, &terms);
        let mut totals = Totals::default();
        for number in 0..SOURCES {
            let owner = if number < small_count { Some(&sources) } else { large_sources.as_ref() };
            let (lock, amount) = (owner.unwrap_or(&sources).clone(), unit << number);
            let output = Output { layer: Layer::Admin, element: Element::Credit, amount, lock };
            self.create(network, &mut totals, &output)?;
        }
        for (holder, amount) in holders {
            let (layer, element, lock) = (Layer::Circulation, Element::Value, Lock::Key(holder));
            self.create(network, &mut totals, &Output { layer, element, amount, lock })?;
        }
        totals.net_value = totals.value;
        self.totals.set(&network, &totals);
        Ok(network)
    }

    pub(crate) fn terms_of(&self, network: u64) -> Result<Terms, Error> {
        self.terms.get(&network).ok_or(Error::UnknownNetwork)
    }

    /// Carries out the caller's own step.
    pub(crate) fn step_of_caller(&mut self, network: u64, step: Step, secrets: &[Vec<u8>]) -> Result<Vec<u64>, Error> {
        let terms = self.terms_of(network)?;
        let consent = Consent::of_caller(secrets)?;
        let order = Order { network, steps: vec![step], valid_from_ms: 0, valid_until_ms: u64::MAX };
        let plan = self.plan(network, &terms, &order.steps, &consent)?;
        self.carry_out(network, &terms, &plan, order_id(&order.message()))
    }

    /// Carries out an order that was signed.
    pub(crate) fn hand_in(
        &mut self,
        order: &Order,
        witnesses: &[Witness],
        secrets: &[Vec<u8>],
        with_caller: bool,
    ) -> Result<Vec<u64>, Error> {
        let terms = self.terms_of(order.network)?;
        order.check_window(env().block_time_ms())?;
        let message = order.message();
        let mut consent = Consent::signed(&message, witnesses, secrets)?;
        if with_caller {
            consent.add_caller();
        }
        let plan = self.plan(order.network, &terms, &order.steps, &consent)?;
        ensure!(!plan.spent.is_empty(), Error::NothingSpent);
        self.carry_out(order.network, &terms, &plan, order_id(&message))
    }

    fn carry_out(&mut self, network: u64, terms: &Terms, plan: &Plan, order: Hash) -> Result<Vec<u64>, Error> {
        self.check_movers(network, plan)?;
        let mut totals = self.totals.get_or_default(&network);
        if let Some(grants) = self.granted_with(network, terms, plan)? {
            self.grants.set(&network, &grants);
            totals.granted = totals.granted.checked_add(plan.granted).ok_or(Error::AmountOverflow)?;
        }
        for (id, output) in &plan.spent {
            self.remove(network, &mut totals, *id, output);
        }
        totals.fees = totals.fees.checked_add(plan.fee).ok_or(Error::AmountOverflow)?;
        let created =
            plan.created.iter().map(|output| self.create(network, &mut totals, output)).collect::<Result<_, _>>()?;
        // Value with fees is as much as this sum, which therefore has to fit.
        ensure!(totals.net_value.checked_add(totals.debt).is_some(), Error::AmountOverflow);
        self.totals.set(&network, &totals);
        let spent = plan.spent.iter().map(|(id, _)| *id).collect();
        emit(Recorded { network, order, spent, granted: plan.granted, fee: plan.fee });
        Ok(created)
    }

    /// What block and day have granted with what a plan grants, if that is within their limits. Nothing if it grants
    /// nothing.
    fn granted_with(&self, network: u64, terms: &Terms, plan: &Plan) -> Result<Option<Grants>, Error> {
        if plan.granted == 0 {
            return Ok(None);
        }
        let mut grants = self.grants.get_or_default(&network);
        grants.count(plan.granted, terms, env().block_height(), env().block_time_ms())?;
        Ok(Some(grants))
    }

    /// Stores an output and returns its number.
    pub(crate) fn create(&mut self, network: u64, totals: &mut Totals, output: &Output) -> Result<u64, Error> {
        totals.add(output)?;
        totals.outputs += 1;
        let id = totals.outputs;
        self.outputs.set(&(network, id), output);
        for who in output.lock.named() {
            self.named.insert(&(network, who, id));
        }
        if let Element::Debt(Debt { debtor, expires_at_ms, renormaliser }) = &output.element {
            self.debts.insert(&(network, *expires_at_ms, id));
            if renormaliser.is_none() {
                self.debts_of.insert(&(network, *debtor, *expires_at_ms, id));
            }
        }
        emit(Created { network, owner: output.lock.key(), id, output: output.clone() });
        Ok(id)
    }

    fn remove(&mut self, network: u64, totals: &mut Totals, id: u64, output: &Output) {
        totals.subtract(output);
        self.outputs.remove(&(network, id));
        for who in output.lock.named() {
            self.named.remove(&(network, who, id));
        }
        if let Element::Debt(Debt { debtor, expires_at_ms, .. }) = &output.element {
            self.debts.remove(&(network, *expires_at_ms, id));
            self.debts_of.remove(&(network, *debtor, *expires_at_ms, id));
        }
    }

    /// Takes from a debtor in default what a signed order of theirs would have moved, and returns how much value it was.
    pub(crate) fn punish(
        &mut self,
        debt: u64,
        order: &Order,
        witnesses: &[Witness],
        secrets: &[Vec<u8>],
    ) -> Result<Amount, Error> {
        let (network, now_ms) = (order.network, env().block_time_ms());
        let terms = self.terms_of(network)?;
        let Debt { debtor, expires_at_ms, .. } = self.bad_debt(network, debt, now_ms)?;
        order.check_window(now_ms)?;
        ensure!(order.valid_from_ms >= expires_at_ms, Error::MadeBefore);
        let message = order.message();
        // Those who signed, and not who reports: nobody makes an order valid by reporting it.
        let consent = Consent::signed(&message, witnesses, secrets)?;
        let plan = self.plan(network, &terms, &order.steps, &consent)?;
        ensure!(plan.moves_of(debtor) && !plan.spends(debt), Error::NoOffence);
        // An order that the limits keep from being carried out moves nothing. What it grants is not counted.
        self.granted_with(network, &terms, &plan)?;
        let reporter = env().caller();
        let mut totals = self.totals.get_or_default(&network);
        let (mut taken, mut value, mut reward) = (Vec::new(), 0, 0);
        for (id, output) in &plan.spent {
            let is_own = output.lock.key() == Some(debtor) && !matches!(output.element, Element::Debt(_));
            if !is_own {
                continue;
            }
            self.remove(network, &mut totals, *id, output);
            taken.push(*id);
            if output.element == Element::Value {
                // No sum is above the value that there is.
                value += output.amount;
                reward += self.reward(network, &mut totals, output, &terms, reporter)?;
            }
        }
        totals.fees += value - reward;
        totals.penalised = totals.penalised.saturating_add(value);
        self.totals.set(&network, &totals);
        emit(Penalised { network, debtor, reporter, debt, order: order_id(&message), taken, value, reward });
        Ok(value)
    }

    /// Gives a reporter their part of what was taken, in the layer where it stood.
    fn reward(
        &mut self,
        network: u64,
        totals: &mut Totals,
        taken: &Output,
        terms: &Terms,
        reporter: Address,
    ) -> Result<Amount, Error> {
        let percent = Amount::from(terms.reporter_percent);
        let amount = math::mul_div_floor(taken.amount, percent, PERCENT).expect("a part of a whole fits");
        if amount > 0 {
            let (element, lock) = (Element::Value, Lock::Key(reporter));
            self.create(network, totals, &Output { layer: taken.layer, element, amount, lock })?;
        }
        Ok(amount)
    }

    /// A debt in standard form that has expired.
    fn bad_debt(&self, network: u64, id: u64, now_ms: u64) -> Result<Debt, Error> {
        match self.outputs.get(&(network, id)) {
            Some(Output { element: Element::Debt(debt), .. }) if debt.is_standard() && debt.has_expired(now_ms) => {
                Ok(debt)
            }
            _ => Err(Error::NotBadDebt),
        }
    }

    /// Turns fees into value of the fee taker, in the debt layer.
    pub(crate) fn hand_out_fees(&mut self, network: u64) -> Result<u64, Error> {
        let to = self.terms_of(network)?.fee_taker;
        let mut totals = self.totals.get_or_default(&network);
        let amount = core::mem::take(&mut totals.fees);
        ensure!(amount > 0, Error::NothingToCollect);
        let output = Output { layer: Layer::Debt, element: Element::Value, amount, lock: Lock::Key(to) };
        let id = self.create(network, &mut totals, &output)?;
        self.totals.set(&network, &totals);
        emit(Collected { network, to, amount });
        Ok(id)
    }

    /// Value of a network that circulates.
    pub(crate) fn circulating_value(&self, network: u64) -> Result<Amount, Error> {
        self.terms_of(network)?;
        let Totals { net_value, locked, fees, debt, .. } = self.totals.get_or_default(&network);
        Ok(circulating(net_value, locked + fees, debt).expect("what is locked and collected is part of the value"))
    }

    /// Whether a network's sums are those of its outputs, as far as so many show.
    pub(crate) fn check_outputs(&self, network: u64) -> bool {
        let totals = self.totals.get_or_default(&network);
        let mut sum = Totals::default();
        let outputs = self.outputs.iter_within(&network, Bound::Unbounded, Direction::Ascending);
        let mut read = 0;
        for ((_, id), output) in outputs.limit(MAX_CHECKED_ENTRIES) {
            read += 1;
            if output.amount == 0 || id > totals.outputs || sum.add(&output).is_err() {
                return false;
            }
        }
        let within = |part: Amount, whole: Amount| part == whole || part < whole && read == MAX_CHECKED_ENTRIES;
        within(sum.value, totals.value)
            && within(sum.locked, totals.locked)
            && within(sum.debt, totals.debt)
            && within(sum.credit, totals.credit)
    }
}
