//! Arguments of any standard: bytes that are read by their length. The standards differ in it, except that units and
//! single items have the same: which of them is meant, the module decides by what it holds.

extern crate alloc;

use alloc::boxed::Box;
use alloc::vec::Vec;
use tenon_contract::parity_scale_codec::{Decode, Encode, Error, Input, Output};
use tenon_contract::{Address, Amount, Reader, TypeInfo, TypeName, Wire};

/// All bytes that are left: whatever stands there, or whatever shall stand there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rest(pub Vec<u8>);

impl Wire for Rest {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn take(reader: &mut Reader<'_>) -> Self {
        Self((0..reader.left()).map(|_| reader.byte()).collect())
    }
}

impl Encode for Rest {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        out.write(&self.0);
    }
}

impl Decode for Rest {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let length = input.remaining_len()?.ok_or("the length is known")?;
        (0..length).map(|_| input.read_byte()).collect::<Result<_, _>>().map(Self)
    }
}

impl TypeInfo for Rest {
    const NAME: TypeName = TypeName::new("bytes");
}

/// What the arguments of a transfer say.
pub(crate) enum Move {
    /// An amount of an asset.
    Amount { asset: u64, from: Address, to: Address, amount: Amount },
    /// A single thing, by its collection (zero for lots) and number.
    Thing { thing: (u64, u64), from: Address, to: Address },
    /// The one or the other.
    Either { amount: Box<Self>, thing: Box<Self> },
}

impl Rest {
    fn number(&self, at: usize) -> Option<u64> {
        self.part(at).map(u64::from_le_bytes)
    }

    fn address(&self, at: usize) -> Option<Address> {
        self.part(at).map(Address::new)
    }

    fn part<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..)?.first_chunk().copied()
    }

    /// A lot, or an item of a collection.
    pub(crate) fn thing(&self) -> Option<(u64, u64)> {
        match self.0.len() {
            8 => Some((0, self.number(0)?)),
            16 => Some((self.number(0)?, self.number(8)?)),
            _ => None,
        }
    }

    /// What a transfer means that `caller` asks for.
    pub(crate) fn read(&self, caller: Address) -> Option<Move> {
        let either = |amount, thing| Move::Either { amount: Box::new(amount), thing: Box::new(thing) };
        let (first, second) = (self.number(0)?, self.number(8)?);
        Some(match self.0.len() {
            // A lot and its receiver.
            40 => Move::Thing { thing: (0, first), from: caller, to: self.address(8)? },
            // An asset, the receiver, an amount.
            56 => Move::Amount {
                asset: first,
                from: caller,
                to: self.address(8)?,
                amount: self.part(40).map(Amount::from_le_bytes)?,
            },
            // As before, with the sender.
            88 => Move::Amount {
                asset: first,
                from: self.address(8)?,
                to: self.address(40)?,
                amount: self.part(72).map(Amount::from_le_bytes)?,
            },
            // A kind, the receiver, units; or a collection, an item, the receiver.
            48 => either(
                Move::Amount { asset: first, from: caller, to: self.address(8)?, amount: self.number(40)?.into() },
                Move::Thing { thing: (first, second), from: caller, to: self.address(16)? },
            ),
            // As before, with the sender.
            80 => either(
                Move::Amount {
                    asset: first,
                    from: self.address(8)?,
                    to: self.address(40)?,
                    amount: self.number(72)?.into(),
                },
                Move::Thing { thing: (first, second), from: self.address(16)?, to: self.address(48)? },
            ),
            _ => return None,
        })
    }
}
