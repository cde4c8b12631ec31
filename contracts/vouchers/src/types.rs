//! What is kept of a kind, of an allowance and of a packet, and what an issuer and a holder hand in.

use crate::error::Error;
use policies::client;
use tenon_contract::prelude::*;
use tenon_contract::text::{is_line, is_name};

/// Who may destroy units without redeeming them.
#[module_type]
pub use assets::BurnRight;
/// Who may create more of a kind.
#[module_type]
pub use assets::MintRight;
/// Which credential a policy asks for.
#[module_type]
pub use policies::Requirement;
/// What a transfer policy asks for.
#[module_type]
pub use policies::Terms;

/// Bytes of a name.
pub const MAX_NAME_BYTES: usize = 64;
/// Bytes of a symbol.
pub const MAX_SYMBOL_BYTES: usize = 16;
/// Bytes of the text on the face.
pub const MAX_FACE_BYTES: usize = 256;
/// Bytes of a reference.
pub const MAX_REFERENCE_BYTES: usize = 128;
/// How far ahead the deadline of an order lies that is redeemed: 366 days. So long its number is kept at most.
pub const MAX_ORDER_LIFETIME_MS: u64 = 366 * 24 * 3_600 * 1_000;
/// An allowance of so many units is not used up.
pub const UNLIMITED: u64 = u64::MAX;

/// Everything that an issuer says about a kind of voucher.
#[module_type]
pub struct NewKind {
    /// Its name, for people.
    pub name: String,
    /// Its symbol, for people.
    pub symbol: String,
    /// How many units the issuer receives at first.
    pub units: u64,
    /// The most units that may ever be issued. Default: no more than a number counts.
    pub cap: Option<u64>,
    /// Who may create more. Default: nobody.
    pub mint: Option<MintRight>,
    /// Who may destroy without redeeming. Default: every holder.
    pub burn: Option<BurnRight>,
    /// To whom holders may hand signed orders. Default: nobody, each redeems by an own transaction.
    pub redeemer: Option<Address>,
    /// From which millisecond on units are redeemed. Default: at once.
    pub valid_from_ms: Option<u64>,
    /// From which millisecond on they are redeemed no more. Default: never.
    pub valid_until_ms: Option<u64>,
    /// Whether holders send units on; otherwise the issuer alone hands them out. Default: yes.
    pub transferable: Option<bool>,
    /// The hash of a document that says what a unit is good for.
    pub document_hash: Option<Hash>,
    /// What is written on the face, for people.
    pub face: Option<String>,
    /// Who may hold units, as the module `policies` judges it. Default: everybody.
    pub policy: Option<Terms>,
}

/// What is said about a kind, and who may mint and burn it.
#[module_type]
pub struct KindInfo {
    /// Its name, for people.
    pub name: String,
    /// Its symbol, for people. Several kinds may share one: only the id is unique.
    pub symbol: String,
    /// What is written on the face, for people.
    pub face: Option<String>,
    /// The hash of a document that says what a unit is good for.
    pub document_hash: Option<Hash>,
    /// Who may change the rights, if anybody.
    pub owner: Option<Address>,
    /// The most units that may ever be issued. Redeemed and burnt ones make no room for others.
    pub cap: Option<u64>,
    /// Who may create more.
    pub mint: MintRight,
    /// Who may destroy without redeeming.
    pub burn: BurnRight,
}

/// How units of a kind move and end. Fixed for good when the kind is issued.
#[module_type]
pub struct Rules {
    /// Who issued the kind.
    pub issuer: Address,
    /// Whether holders send units on; otherwise the issuer alone hands them out.
    pub transferable: bool,
    /// Whether the module `policies` judges each move.
    pub restricted: bool,
    /// To whom holders may hand signed orders.
    pub redeemer: Option<Address>,
    /// From which millisecond on units are redeemed.
    pub valid_from_ms: Option<u64>,
    /// From which millisecond on they are redeemed no more.
    pub valid_until_ms: Option<u64>,
}

/// What has become of a kind's units. Those issued are the ones held, in packets, redeemed and burnt.
#[module_type]
#[derive(Default)]
pub struct Totals {
    /// Units ever issued.
    pub issued: u64,
    /// Units redeemed; the next one's number is one more.
    pub redeemed: u64,
    /// Units burnt.
    pub burnt: u64,
    /// Packets ever packed, which is the highest number of one.
    pub packets: u64,
}

/// What a spender may take.
#[module_type]
#[derive(Default)]
pub struct Allowance {
    /// How many units in all.
    pub units: u64,
    /// From which millisecond on nothing may be taken.
    pub expires_at_ms: Option<u64>,
}

/// An order to redeem units, which their holder signs and the redeemer hands in, once: the code shown at a gate.
#[module_type]
pub struct RedeemOrder {
    /// Which kind.
    pub kind: u64,
    /// Whose units.
    pub holder: Address,
    /// Who alone may hand the order in.
    pub redeemer: Address,
    /// How many units.
    pub units: u64,
    /// A number that the holder chooses, in no order. While the deadline of an order that was used or cancelled lies
    /// ahead, no other of the same number is good.
    pub id: u64,
    /// From which millisecond on the order is void.
    pub deadline_ms: u64,
    /// What stands in the event.
    pub reference: Option<String>,
}

/// Units that wait for whoever has the key to open them.
#[module_type]
pub struct Packet {
    /// Who packed them, and gets back what is left.
    pub packer: Address,
    /// Units that are left.
    pub units: u64,
    /// Parts that are left.
    pub parts: u32,
    /// Units of a part. The last part has the remainder of the division on top.
    pub share: u64,
    /// The public key whose secret opens.
    pub opener_key: [u8; 32],
    /// From which millisecond on the packet cannot be opened, and what is left goes back.
    pub until_ms: u64,
}

/// What an opener's key signs, so that the part goes to this receiver and to nobody else.
#[module_type]
pub struct Opening {
    /// Which kind.
    pub kind: u64,
    /// Which packet of this kind.
    pub packet: u64,
    /// Who receives.
    pub receiver: Address,
}

impl NewKind {
    /// Checks what an issuer gave, and parts it into what is said and how units move.
    pub(crate) fn split(self, issuer: Address, now_ms: u64) -> Result<(KindInfo, Rules), Error> {
        let info = KindInfo {
            name: self.name,
            symbol: self.symbol,
            face: self.face,
            document_hash: self.document_hash,
            owner: Some(issuer),
            cap: self.cap,
            mint: self.mint.unwrap_or(MintRight::Nobody),
            burn: self.burn.unwrap_or(BurnRight::Holder),
        };
        info.check()?;
        let rules = Rules {
            issuer,
            transferable: self.transferable.unwrap_or(true),
            restricted: self.policy.is_some(),
            redeemer: self.redeemer,
            valid_from_ms: self.valid_from_ms,
            valid_until_ms: self.valid_until_ms,
        };
        rules.check(now_ms)?;
        Ok((info, rules))
    }
}

impl KindInfo {
    fn check(&self) -> Result<(), Error> {
        let Self { name, symbol, face, cap, mint, burn, .. } = self;
        ensure!(is_name(name, MAX_NAME_BYTES), Error::InvalidName);
        let one_word = !symbol.chars().any(char::is_whitespace);
        ensure!(one_word && is_name(symbol, MAX_SYMBOL_BYTES), Error::InvalidSymbol);
        ensure!(face.as_ref().is_none_or(|face| is_line(face, MAX_FACE_BYTES)), Error::InvalidFace);
        ensure!(*cap != Some(0), Error::ZeroCap);
        let to_nobody = mint.is_void() || burn.is_void();
        ensure!(!to_nobody, Error::ZeroAddress);
        Ok(())
    }

    /// Whether an account may mint.
    pub(crate) fn may_mint(&self, caller: Address) -> bool {
        self.mint.allows(caller, self.owner)
    }

    /// Whether an account may burn what it holds or was allowed to take.
    pub(crate) fn may_burn(&self, caller: Address) -> bool {
        self.burn.allows(caller, self.owner)
    }
}

impl Rules {
    fn check(&self, now_ms: u64) -> Result<(), Error> {
        ensure!(self.redeemer != Some(Address::ZERO), Error::ZeroAddress);
        if let Some(end) = self.valid_until_ms {
            ensure!(end > self.valid_from_ms.unwrap_or_default(), Error::EmptyWindow);
            ensure!(end > now_ms, Error::ExpiryPassed);
        }
        Ok(())
    }

    /// Whether somebody may send units that are theirs.
    pub(crate) fn may_send(&self, holder: Address) -> bool {
        self.transferable || self.issuer == holder
    }

    /// Reports a move to the policy, if there is one, which may refuse it.
    pub(crate) fn judge(&self, kind: u64, from: Option<Address>, to: Option<Address>, units: u64) -> Result<(), Error> {
        if self.restricted {
            client::moved(kind, from, to, Amount::from(units))?;
        }
        Ok(())
    }

    /// Checks that units are redeemed now.
    pub(crate) fn check_window(&self, now_ms: u64) -> Result<(), Error> {
        ensure!(self.valid_from_ms.is_none_or(|start| now_ms >= start), Error::NotYetValid);
        ensure!(self.valid_until_ms.is_none_or(|end| now_ms < end), Error::Expired);
        Ok(())
    }
}

impl Totals {
    /// Units that exist: held or in packets.
    pub(crate) const fn units(&self) -> u64 {
        self.issued - self.redeemed - self.burnt
    }
}
