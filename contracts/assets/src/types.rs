//! What an issuer says of an asset, and what is kept of it, of a balance and of an allowance.

use crate::error::Error;
pub use crate::rights::{BurnRight, MintRight};
use tenon_contract::prelude::*;
use tenon_contract::text;

/// Which credentials an issuer names.
#[module_type]
pub use policies::Requirement;
/// What a policy asks for.
#[module_type]
pub use policies::Terms;

/// Bytes of a name.
pub const MAX_NAME_BYTES: usize = 64;
/// Bytes of a symbol.
pub const MAX_SYMBOL_BYTES: usize = 16;
/// Bytes of a memo.
pub const MAX_MEMO_BYTES: usize = 256;
/// An allowance of this amount is not used up.
pub const UNLIMITED: Amount = Amount::MAX;
/// Digits after the point; an amount has 38 digits.
pub const MAX_DECIMALS: u8 = 38;

/// What an asset stands for.
#[module_type]
pub enum Kind {
    /// Physical things: gold, real estate, goods.
    Physical = 0,
    /// Money of a state.
    Fiat = 1,
    /// Coins and tokens of other chains.
    Digital = 2,
    /// Things of games and communities: points, skins.
    Virtual = 3,
    /// Shares of a company.
    Equity = 4,
    /// Claims against a debtor.
    DebtClaim = 5,
    /// Anything else; nothing is said about it.
    Custom = 6,
}

/// What an issuer says of a new asset.
#[module_type]
pub struct NewAsset {
    /// Its name, for people.
    pub name: String,
    /// Its symbol, for people.
    pub symbol: String,
    /// Digits after the point when an amount is shown.
    pub decimals: u8,
    /// What the issuer receives.
    pub supply: Amount,
    /// What it stands for; custom by default.
    pub kind: Option<Kind>,
    /// The most that may exist; without end by default.
    pub cap: Option<Amount>,
    /// Who may create more; nobody by default.
    pub mint: Option<MintRight>,
    /// Who may destroy; each holder by default.
    pub burn: Option<BurnRight>,
    /// The hash of a document that says what the asset stands for.
    pub document_hash: Option<Hash>,
    /// Which credential states who the issuer is. The issuer must have it.
    pub issuer_credential: Option<Requirement>,
    /// What every receiver is held to; nothing by default.
    pub policy: Option<Terms>,
}

/// Who an issuer was when the asset was issued.
#[module_type]
pub struct IssuerIdentity {
    /// Which credential stated it.
    pub credential: Requirement,
    /// The identity that it stated.
    pub identity: Hash,
}

/// Everything that is fixed or decided about an asset.
#[module_type]
pub struct AssetInfo {
    /// Its name, for people.
    pub name: String,
    /// Its symbol, for people. Several assets may share one: only the id is unique.
    pub symbol: String,
    /// Digits after the point when an amount is shown.
    pub decimals: u8,
    /// What it stands for.
    pub kind: Kind,
    /// Who issued it.
    pub issuer: Address,
    /// Who may change the rights, if anybody.
    pub owner: Option<Address>,
    /// The most that may exist.
    pub cap: Option<Amount>,
    /// Who may create more.
    pub mint: MintRight,
    /// Who may destroy.
    pub burn: BurnRight,
    /// The hash of a document that says what the asset stands for.
    pub document_hash: Option<Hash>,
    /// Who the issuer was, if a credential stated it.
    pub issuer_identity: Option<IssuerIdentity>,
    /// Whether it has a policy, which the module `policies` tells.
    pub restricted: bool,
}

/// What a spender may take.
#[module_type]
#[derive(Default)]
pub struct Allowance {
    /// How much in all.
    pub amount: Amount,
    /// From which millisecond on nothing may be taken.
    pub expires_at_ms: Option<u64>,
}

impl Allowance {
    /// Whether it has not expired.
    pub(crate) fn is_alive(&self) -> bool {
        self.expires_at_ms.is_none_or(|end| env().block_time_ms() < end)
    }
}

impl AssetInfo {
    /// What an issuer said, with what holds by default. Who the issuer is stands apart.
    pub(crate) fn of(new: NewAsset, issuer: Address) -> Self {
        Self {
            name: new.name,
            symbol: new.symbol,
            decimals: new.decimals,
            kind: new.kind.unwrap_or(Kind::Custom),
            issuer,
            owner: Some(issuer),
            cap: new.cap,
            mint: new.mint.unwrap_or(MintRight::Nobody),
            burn: new.burn.unwrap_or(BurnRight::Holder),
            document_hash: new.document_hash,
            issuer_identity: None,
            restricted: new.policy.is_some(),
        }
    }

    /// Checks what an issuer gave.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Self { name, symbol, decimals, cap, mint, burn, .. } = self;
        ensure!(text::is_name(name, MAX_NAME_BYTES), Error::InvalidName);
        let is_symbol = text::is_name(symbol, MAX_SYMBOL_BYTES) && !symbol.chars().any(char::is_whitespace);
        ensure!(is_symbol, Error::InvalidSymbol);
        ensure!(*decimals <= MAX_DECIMALS, Error::InvalidDecimals);
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
