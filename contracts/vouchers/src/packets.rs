//! Packets: units that wait for whoever has the key to open them.

use crate::error::Error;
use crate::events::{Opened, Packed, Unpacked};
use crate::types::{Opening, Packet};
use crate::vouchers::{MAX_SWEPT, Vouchers};
use core::ops::Bound;
use tenon_contract::prelude::*;
use tenon_contract::signed::{OwnerSignature, message};
use tenon_contract::storage::Direction;

/// Names the purpose in the signed bytes.
const PURPOSE: &str = "tenon/vouchers/open";

impl Opening {
    /// What is signed: purpose, chain, instance, packet and receiver, so that it is good for nobody else.
    pub(crate) fn message(&self) -> Vec<u8> {
        message(PURPOSE, self)
    }
}

impl Packet {
    /// Whether something is left, and enough for all parts.
    pub(crate) fn is_consistent(&self) -> bool {
        let least = u64::from(self.parts).checked_mul(self.share);
        self.parts > 0 && self.share > 0 && least.is_some_and(|least| least <= self.units)
    }
}

impl Vouchers {
    /// Takes the units from the packer, works out the share, and keeps the packet.
    pub(crate) fn add_packet(&mut self, kind: u64, mut new: Packet) -> Result<u64, Error> {
        let Packet { packer, units, parts, until_ms, .. } = new;
        let rules = self.rules_of(kind)?;
        ensure!(rules.may_send(packer), Error::NotTransferable);
        ensure!(!rules.restricted, Error::RestrictedKind);
        ensure!(units > 0, Error::ZeroUnits);
        ensure!(parts > 0 && u64::from(parts) <= units, Error::InvalidParts);
        // As a key it is one whose signatures anyone can make.
        ensure!(new.opener_key != [0; 32], Error::ZeroAddress);
        ensure!(until_ms > env().block_time_ms(), Error::ExpiryPassed);
        self.take(kind, packer, units)?;
        let mut totals = self.totals.get_or_default(&kind);
        totals.packets += 1;
        self.totals.set(&kind, &totals);
        new.share = units / u64::from(parts);
        let packet = totals.packets;
        self.packets.set(&(kind, packet), &new);
        emit(Packed { kind, packet, packer, units, parts, until_ms });
        Ok(packet)
    }

    pub(crate) fn open_packet(&mut self, opening: &Opening, signature: &OwnerSignature) -> Result<u64, Error> {
        let Opening { kind, packet: number, receiver } = *opening;
        ensure!(!receiver.is_zero(), Error::ZeroAddress);
        let key = (kind, number);
        let mut packet = self.packets.get(&key).ok_or(Error::UnknownPacket)?;
        ensure!(env().block_time_ms() < packet.until_ms, Error::PacketClosed);
        ensure!(signature.is_valid(&Address::new(packet.opener_key), &opening.message()), Error::InvalidSignature);
        let mark = (kind, number, receiver);
        ensure!(!self.opened.contains(&mark), Error::AlreadyOpened);
        let units = if packet.parts == 1 { packet.units } else { packet.share };
        if packet.parts == 1 {
            self.packets.remove(&key);
        } else {
            packet.parts -= 1;
            packet.units -= units;
            self.packets.set(&key, &packet);
            self.opened.insert(&mark);
        }
        self.give(kind, receiver, units);
        emit(Opened { kind, packet: number, receiver, units });
        Ok(units)
    }

    pub(crate) fn end_packet(&mut self, kind: u64, number: u64) -> Result<u64, Error> {
        let Packet { packer, units, until_ms, .. } = self.packets.get(&(kind, number)).ok_or(Error::UnknownPacket)?;
        ensure!(env().block_time_ms() >= until_ms, Error::PacketOpen);
        self.packets.remove(&(kind, number));
        self.give(kind, packer, units);
        emit(Unpacked { kind, packet: number, packer, units });
        Ok(units)
    }

    /// A packet that is gone does not come back, so nobody asks any more who has had a part.
    pub(crate) fn forget_receivers(&mut self, kind: u64, number: u64) -> Result<u32, Error> {
        ensure!(!self.packets.contains(&(kind, number)), Error::PacketOpen);
        let marks = self.opened.iter_within(&(kind, number), Bound::Unbounded, Direction::Ascending);
        let marks: Vec<_> = marks.take(MAX_SWEPT).collect();
        let mut forgotten = 0;
        for (mark, ()) in &marks {
            self.opened.remove(mark);
            forgotten += 1;
        }
        Ok(forgotten)
    }
}
