//! Transfers over paths of lines.

use crate::error::Error;
use crate::events::{Passed, Transferred};
use crate::fees::{added_fee, contained_fee, imbalance};
use crate::ledger::{key, seen};
use crate::trustlines::Trustlines;
use crate::types::{FeePayer, MAX_HOPS, MIN_RING_HOPS, Totals};
use tenon_contract::prelude::*;

/// A transfer on its way.
struct Journey<'a> {
    module: &'a mut Trustlines,
    network: u64,
    divisor: u32,
    sender_pays: bool,
    totals: Totals,
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
    /// Lets the payer of a hop pay so many units, and returns what goes on: towards the sender if the sender pays the
    /// fees, as they are added there, else towards the receiver. There is no fee for the last hop.
    fn pass(&mut self, payer: Address, payee: Address, units: u64, is_last: bool) -> Result<u64, Error> {
        let (network, divisor) = (self.network, if is_last { 0 } else { self.divisor });
        let (before, mut line) = self.module.load(network, payer, payee)?;
        let owing = imbalance(units, line.claim());
        let (paid, goes_on) = if self.sender_pays {
            let sum = units.checked_add(added_fee(owing, divisor)).ok_or(Error::AmountOverflow)?;
            (sum, sum)
        } else {
            (units, units - contained_fee(owing, divisor))
        };
        line.pay(paid)?;
        ensure!(goes_on > 0, Error::NothingArrives);
        self.totals.replace(Some(&before), Some(&line));
        self.module.lines.set(&key(network, payer, payee), &seen(line, payer, payee));
        emit(Passed { network, payer, payee, units: paid, balance: line.balance });
        Ok(goes_on)
    }

    /// Passes every hop, beginning where the value is stated: at the receiver if the sender pays the fees, else at the
    /// sender. Returns what there is at the other end.
    fn pass_all(&mut self, stations: &[Address], value: u64) -> Result<u64, Error> {
        let hops = stations.len() - 1;
        let mut units = value;
        for step in 1..=hops {
            let hop = if self.sender_pays { hops - step } else { step - 1 };
            let Some([payer, payee, rest @ ..]) = stations.get(hop..) else { return Err(Error::InvalidPath) };
            units = self.pass(*payer, *payee, units, rest.is_empty())?;
        }
        Ok(units)
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
        let sender_pays = fee_payer == FeePayer::Sender;
        let mut journey = Journey { module: self, network, divisor: rules.fee_divisor, sender_pays, totals };
        let other = journey.pass_all(&stations, value)?;
        let (units, fees) = (value.min(other), value.abs_diff(other));
        ensure!(fees <= max_fee, Error::FeeTooHigh);
        let totals = journey.totals;
        self.totals.set(&network, &totals);
        let to = stations.last().copied().ok_or(Error::InvalidPath)?;
        emit(Transferred { network, from, to, units, fees });
        Ok(fees)
    }
}
