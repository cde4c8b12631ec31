//! What is kept of an asset, of a class and of a lot.

use crate::error::Error;
use tenon_contract::prelude::*;
use tenon_contract::text;

/// Who may destroy value.
#[module_type]
pub use assets::BurnRight;
/// What an asset stands for.
#[module_type]
pub use assets::Kind;
/// Who may create lots.
#[module_type]
pub use assets::MintRight;
/// Which credential a policy asks for.
#[module_type]
pub use policies::Requirement;
/// What a policy asks for.
#[module_type]
pub use policies::Terms;

/// Bytes of a name.
pub const MAX_NAME_BYTES: usize = 64;
/// Bytes of a symbol.
pub const MAX_SYMBOL_BYTES: usize = 16;
/// Digits after the point; an amount has 38 digits.
pub const MAX_DECIMALS: u8 = 38;
/// Operators that may have an allowance on one lot at a time.
pub const MAX_APPROVALS: usize = 8;
/// An allowance of this amount is not used up, and covers the whole lot whatever its value becomes.
pub const UNLIMITED: Amount = Amount::MAX;

/// What an issuer says of an asset.
#[module_type]
pub struct NewAsset {
    /// Its name, for people.
    pub name: String,
    /// Its symbol, for people.
    pub symbol: String,
    /// Digits after the point when a value is shown.
    pub decimals: u8,
    /// What it stands for; custom if nothing is said.
    pub kind: Option<Kind>,
    /// Who may create lots; the owner if nothing is said.
    pub mint: Option<MintRight>,
    /// Who may destroy value; every holder if nothing is said.
    pub burn: Option<BurnRight>,
    /// The hash of a document that says what the asset stands for.
    pub document_hash: Option<Hash>,
    /// Who may receive and hold it; everybody if nothing is said. It never changes.
    pub policy: Option<Terms>,
}

/// Everything that is fixed or decided about an asset.
#[module_type]
pub struct AssetInfo {
    /// Its name, for people.
    pub name: String,
    /// Its symbol, for people. Several assets may share one: only the id is unique.
    pub symbol: String,
    /// Digits after the point when a value is shown.
    pub decimals: u8,
    /// What it stands for.
    pub kind: Kind,
    /// Who issued it.
    pub issuer: Address,
    /// Who may open and close classes and change the rights, if anybody.
    pub owner: Option<Address>,
    /// Who may create lots.
    pub mint: MintRight,
    /// Who may destroy value.
    pub burn: BurnRight,
    /// The hash of a document that says what the asset stands for.
    pub document_hash: Option<Hash>,
    /// Whether the policies module has terms for it.
    pub restricted: bool,
}

/// A class of an asset: shares with the same rights, claims of the same rank.
#[module_type]
pub struct ClassInfo {
    /// Its name, for people.
    pub name: String,
    /// The hash of a document that says what rights the class gives.
    pub document_hash: Option<Hash>,
    /// Whether nothing more is minted into it, for good.
    pub closed: bool,
}

/// A value of one class that has one owner.
#[module_type]
pub struct Lot {
    /// Which asset.
    pub asset: u64,
    /// Which class of the asset.
    pub class: u64,
    /// Whose it is.
    pub owner: Address,
    /// How much; never zero.
    pub value: Amount,
    /// The lot that its first value was taken from, if it was not minted. That lot may be used up.
    pub parent: Option<u64>,
    /// Whether the asset has a policy. It stands here so that a transfer reads nothing else.
    pub restricted: bool,
    /// What operators may take. All of it ends when the lot changes its owner.
    pub approvals: Vec<Allowance>,
}

/// What an operator may take of a lot.
#[module_type]
pub struct Allowance {
    /// Who.
    pub operator: Address,
    /// How much in all; never zero.
    pub amount: Amount,
}

/// What the lots of an asset come to.
#[module_type]
#[derive(Default)]
pub struct Totals {
    /// The number of its classes, which is the highest id of one.
    pub classes: u64,
    /// The number of its lots.
    pub lots: u64,
    /// The sum of their values, all classes together.
    pub supply: Amount,
}

impl NewAsset {
    /// Checks what an issuer gave, and makes an asset of it that the issuer owns.
    pub(crate) fn issued_by(self, issuer: Address) -> Result<AssetInfo, Error> {
        let Self { name, symbol, decimals, kind, mint, burn, document_hash, policy } = self;
        let (mint, burn) = (mint.unwrap_or(MintRight::Owner), burn.unwrap_or(BurnRight::Holder));
        ensure!(text::is_name(&name, MAX_NAME_BYTES), Error::InvalidName);
        let symbol_fits = text::is_name(&symbol, MAX_SYMBOL_BYTES);
        ensure!(symbol_fits && !symbol.chars().any(char::is_whitespace), Error::InvalidSymbol);
        ensure!(decimals <= MAX_DECIMALS, Error::InvalidDecimals);
        let to_nobody = mint.is_void() || burn.is_void();
        ensure!(!to_nobody, Error::ZeroAddress);
        Ok(AssetInfo {
            name,
            symbol,
            decimals,
            kind: kind.unwrap_or(Kind::Custom),
            issuer,
            owner: Some(issuer),
            mint,
            burn,
            document_hash,
            restricted: policy.is_some(),
        })
    }
}

impl AssetInfo {
    /// Whether an account may mint.
    pub(crate) fn may_mint(&self, caller: Address) -> bool {
        self.mint.allows(caller, self.owner)
    }

    /// Whether an account may burn what it holds or was allowed to take.
    pub(crate) fn may_burn(&self, caller: Address) -> bool {
        self.burn.allows(caller, self.owner)
    }
}

impl Lot {
    /// A lot that takes its first value from this one. Nobody has an allowance on it.
    pub(crate) fn child(&self, id: u64, owner: Address, value: Amount) -> Self {
        let Self { asset, class, restricted, .. } = *self;
        Self { asset, class, owner, value, parent: Some(id), restricted, approvals: Vec::new() }
    }

    /// Whether it is worth something, and each of its operators may take something and stands there once.
    pub(crate) fn is_sound(&self) -> bool {
        let approvals = self.approvals.as_slice();
        let once = |index: usize| approvals[..index].iter().all(|other| other.operator != approvals[index].operator);
        let given = |index: usize| approvals[index].amount > 0 && once(index);
        self.value > 0 && approvals.len() <= MAX_APPROVALS && (0..approvals.len()).all(given)
    }

    /// What an operator may take.
    pub(crate) fn allowance(&self, operator: Address) -> Amount {
        self.approvals.iter().find(|given| given.operator == operator).map_or(0, |given| given.amount)
    }

    /// Sets what an operator may take.
    pub(crate) fn allow(&mut self, operator: Address, amount: Amount) -> Result<(), Error> {
        let place = self.approvals.iter().position(|given| given.operator == operator);
        match place {
            Some(place) if amount == 0 => {
                self.approvals.remove(place);
            }
            Some(place) => self.approvals[place].amount = amount,
            None if amount == 0 => {}
            None => {
                ensure!(self.approvals.len() < MAX_APPROVALS, Error::TooManyApprovals);
                self.approvals.push(Allowance { operator, amount });
            }
        }
        Ok(())
    }

    /// Uses up an allowance.
    pub(crate) fn spend(&mut self, operator: Address, amount: Amount) -> Result<(), Error> {
        let allowed = self.allowance(operator);
        let rest = allowed.checked_sub(amount).ok_or(Error::InsufficientAllowance)?;
        if allowed == UNLIMITED { Ok(()) } else { self.allow(operator, rest) }
    }
}
