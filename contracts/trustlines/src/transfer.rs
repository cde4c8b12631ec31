//! Transfers over paths of lines.

use crate::error::Error;
use crate::events::{Passed, Transferred};
use crate::fees::{added_fee, contained_fee, imbalance};
use crate::ledger::{key, seen};
use crate::trustlines::Trustlines;
use crate::types::{FeePayer, Line, MAX_HOPS, MIN_RING_HOPS, Totals};
use tenon_contract::prelude::*;

/// A transfer on its way.
struct Journey<'a> {
    module: &'a mut Trustlines,
    network: u64,
    divisor: u32,
    totals: Totals,
}

/// What went over a path.
struct Passage {
    /// What arrived.
    units: u64,
    /// What the mediators took together.
    fees: u64,
}

/// Who stands in a path, the sender first, if it is one.
fn stations(sender: Address, path: &[Address]) -> Result<Vec<Address>, Error> {
    ensure!((1..=MAX_HOPS).contains(&path.len()), Error::InvalidPath);
    let mut stations = Vec::with_capacity(path.len() + 1);
    stations.push(sender);
    for (index, station) in path.iter().enumerate() {
        let hops = index + 1;
        let closes_ring = *station == sender && hops == path.len() && hops >= MIN_RING_HOPS;
        ensure!(closes_ring || !stations.contains(station), Error::PathRepeats);
        stations.push(*station);
    }
    Ok(stations)
}

impl Journey<'_> {
    /// Lets the payer of a hop pay on a line, which is stored and as it is now.
    fn pass(&mut self, hop: (Address, Address), (before, line): (Line, Line), units: u64) -> Result<(), Error> {
        let (network, (payer, payee)) = (self.network, hop);
        let line = line.paid(units)?;
        self.totals.replace(Some(&before), Some(&line));
        self.module.lines.set(&key(network, payer, payee), &seen(line, payer, payee));
        emit(Passed { network, payer, payee, units, balance: line.balance });
        Ok(())
    }

    /// From the receiver back to the sender: each mediator's fee is added to what comes to them.
    fn pay_by_sender(&mut self, stations: &[Address], value: u64) -> Result<Passage, Error> {
        let mut units = value;
        for (index, hop) in stations.windows(2).enumerate().rev() {
            let [payer, payee] = *hop else { return Err(Error::InvalidPath) };
            let lines = self.module.load(self.network, payer, payee)?;
            if index + 2 < stations.len() {
                let fee = added_fee(imbalance(units, lines.1.claim()), self.divisor);
                units = units.checked_add(fee).ok_or(Error::AmountOverflow)?;
            }
            self.pass((payer, payee), lines, units)?;
        }
        Ok(Passage { units: value, fees: units - value })
    }

    /// From the sender to the receiver: each mediator's fee is taken out of what comes to them.
    fn pay_by_receiver(&mut self, stations: &[Address], value: u64) -> Result<Passage, Error> {
        let mut units = value;
        for (index, hop) in stations.windows(2).enumerate() {
            let [payer, payee] = *hop else { return Err(Error::InvalidPath) };
            let lines = self.module.load(self.network, payer, payee)?;
            self.pass((payer, payee), lines, units)?;
            if index + 2 < stations.len() {
                units -= contained_fee(imbalance(units, lines.1.claim()), self.divisor);
                ensure!(units > 0, Error::NothingArrives);
            }
        }
        Ok(Passage { units, fees: value - units })
    }
}

impl Trustlines {
    pub(crate) fn send(
        &mut self,
        network: u64,
        value: u64,
        path: &[Address],
        max_fee: u64,
        fee_payer: FeePayer,
    ) -> Result<u64, Error> {
        let (rules, from) = (self.rules_of(network)?, env().caller());
        ensure!(value > 0, Error::ZeroValue);
        let stations = stations(from, path)?;
        let totals = self.totals.get_or_default(&network);
        let mut journey = Journey { module: self, network, divisor: rules.fee_divisor, totals };
        let Passage { units, fees } = match fee_payer {
            FeePayer::Sender => journey.pay_by_sender(&stations, value)?,
            FeePayer::Receiver => journey.pay_by_receiver(&stations, value)?,
        };
        ensure!(fees <= max_fee, Error::FeeTooHigh);
        let totals = journey.totals;
        self.totals.set(&network, &totals);
        let to = stations.last().copied().ok_or(Error::InvalidPath)?;
        emit(Transferred { network, from, to, units, fees });
        Ok(fees)
    }
}
