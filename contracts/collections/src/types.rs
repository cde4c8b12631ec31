//! What is kept of a collection, an item, a use right and a notarisation.

use crate::error::Error;
use tenon_contract::prelude::*;
use tenon_contract::text::{is_line, is_name};

/// Who may issue items.
#[module_type]
pub use assets::MintRight;
/// Which credentials a policy trusts.
#[module_type]
pub use policies::Requirement;
/// What a policy asks for.
#[module_type]
pub use policies::Terms;

/// Bytes of a name.
pub const MAX_NAME_BYTES: usize = 64;
/// Bytes of a symbol.
pub const MAX_SYMBOL_BYTES: usize = 16;
/// Bytes of a URI, and of the part that the URIs of a collection begin with.
pub const MAX_URI_BYTES: usize = 256;
/// How long a use may last from its grant: ten years of 365 days, so that nobody is kept from what they own for good.
pub const MAX_USE_MS: u64 = 10 * 365 * 24 * 60 * 60 * 1_000;
/// The collection of notarised resources.
pub const NOTARISED: u64 = 0;

/// What the items of a collection stand for.
#[module_type]
pub enum Kind {
    /// Physical things: real estate, works of art, goods.
    Physical = 0,
    /// Digital resources: records, files, names.
    Digital = 1,
    /// Things of games and communities.
    Virtual = 2,
    /// Rights: licences, seats, claims.
    Right = 3,
    /// Anything else; nothing is said about it.
    Custom = 4,
}

/// What a notarised hash is the hash of.
#[module_type]
pub enum ResourceKind {
    /// A statement of credit.
    Credit = 0,
    /// A statement of identity.
    Identity = 1,
    /// A brand.
    Brand = 2,
    /// A record of behaviour.
    BehaviourData = 3,
    /// Anything else.
    Other = 4,
}

/// What a collection is created with.
#[module_type]
pub struct NewCollection {
    /// Its name, for people.
    pub name: String,
    /// Its symbol, for people.
    pub symbol: String,
    /// What the URIs of its items begin with. Default: nothing.
    pub base_uri: Option<String>,
    /// What its items stand for. Default: custom.
    pub kind: Option<Kind>,
    /// Who issues items. Default: the owner.
    pub mint: Option<MintRight>,
    /// The most items that may exist at a time. Default: no limit.
    pub cap: Option<u64>,
    /// Whether items can be burnt, by their owners. Default: yes.
    pub burnable: Option<bool>,
    /// The hash of a document that says what the collection stands for.
    pub document_hash: Option<Hash>,
    /// Who may receive its items, how many persons may hold them, and who may freeze. Default: no policy.
    pub policy: Option<Terms>,
}

/// Everything that is fixed or decided about a collection.
#[module_type]
pub struct CollectionInfo {
    /// Its name, for people.
    pub name: String,
    /// Its symbol, for people. Several collections may share one: only the id is unique.
    pub symbol: String,
    /// What the URIs of its items begin with.
    pub base_uri: String,
    /// What its items stand for.
    pub kind: Kind,
    /// Who created it.
    pub issuer: Address,
    /// Who may change the right to mint, if anybody.
    pub owner: Option<Address>,
    /// Who may issue items.
    pub mint: MintRight,
    /// The most items that may exist at a time.
    pub cap: Option<u64>,
    /// Whether items can be burnt, by their owners.
    pub burnable: bool,
    /// The hash of a document that says what the collection stands for.
    pub document_hash: Option<Hash>,
    /// Whether a transfer policy was attached at creation.
    pub restricted: bool,
}

/// How many items a collection has.
#[module_type]
#[derive(Default)]
pub struct Supply {
    /// How many exist.
    pub items: u64,
    /// The highest id that was ever issued.
    pub highest: u64,
}

/// What changes when an item moves.
#[module_type]
pub struct ItemState {
    /// Who owns it.
    pub owner: Address,
    /// Who else may move it, once.
    pub approved: Option<Address>,
    /// Whether its collection has a transfer policy; it stands here so that a transfer need not look it up.
    pub restricted: bool,
}

/// What never changes about an item.
#[module_type]
#[derive(Default)]
pub struct Details {
    /// The hash of what the item stands for.
    pub metadata_hash: Option<Hash>,
    /// Its URI, behind the part that is common to the collection.
    pub uri: String,
}

/// The use of an item, apart from owning it.
#[module_type]
pub struct UseRight {
    /// Who has it.
    pub user: Address,
    /// Until when, in milliseconds; that millisecond is excluded.
    pub until_ms: u64,
    /// Whether the user may pass it on.
    pub transferable: bool,
}

/// Everything about an item.
#[module_type]
pub struct ItemInfo {
    /// Who owns it.
    pub owner: Address,
    /// Who else may move it, once.
    pub approved: Option<Address>,
    /// The hash of what the item stands for.
    pub metadata_hash: Option<Hash>,
    /// Its whole URI. An item without one of its own has its id behind the collection's.
    pub uri: String,
    /// The use that runs now.
    pub use_right: Option<UseRight>,
}

/// What is known of a notarised hash.
#[module_type]
pub struct Notarisation {
    /// Which item of collection 0 stands for it.
    pub item: u64,
    /// Who notarised it.
    pub by: Address,
    /// The time of that block in milliseconds.
    pub at_ms: u64,
    /// The height of that block.
    pub height: u64,
    /// What it is the hash of.
    pub kind: ResourceKind,
}

impl CollectionInfo {
    /// Takes what an issuer gave, with the defaults, and checks it.
    pub(crate) fn new(new: &NewCollection, issuer: Address) -> Result<Self, Error> {
        let info = Self {
            name: new.name.clone(),
            symbol: new.symbol.clone(),
            base_uri: new.base_uri.clone().unwrap_or_default(),
            kind: new.kind.unwrap_or(Kind::Custom),
            issuer,
            owner: Some(issuer),
            mint: new.mint.clone().unwrap_or(MintRight::Owner),
            cap: new.cap,
            burnable: new.burnable.unwrap_or(true),
            document_hash: new.document_hash,
            restricted: new.policy.is_some(),
        };
        info.check()?;
        Ok(info)
    }

    /// The collection of notarised resources. Nobody owns it, and what stands in it stays: it says what was.
    pub(crate) fn notarised(instance: Address) -> Self {
        Self {
            name: String::from("Notarised resources"),
            symbol: String::from("NOTARY"),
            base_uri: String::new(),
            kind: Kind::Digital,
            issuer: instance,
            owner: None,
            mint: MintRight::Nobody,
            cap: None,
            burnable: false,
            document_hash: None,
            restricted: false,
        }
    }

    fn check(&self) -> Result<(), Error> {
        let Self { name, symbol, base_uri, mint, cap, .. } = self;
        ensure!(is_name(name, MAX_NAME_BYTES), Error::InvalidName);
        ensure!(is_name(symbol, MAX_SYMBOL_BYTES) && !symbol.chars().any(char::is_whitespace), Error::InvalidSymbol);
        ensure!(is_line(base_uri, MAX_URI_BYTES), Error::InvalidUri);
        ensure!(*cap != Some(0), Error::ZeroCap);
        ensure!(!mint.is_void(), Error::ZeroAddress);
        ensure!(*mint != MintRight::Nobody, Error::Sealed);
        Ok(())
    }

    /// Checks that an account may mint.
    pub(crate) fn check_minter(&self, caller: Address) -> Result<(), Error> {
        ensure!(self.mint != MintRight::Nobody, Error::Sealed);
        ensure!(self.mint.allows(caller, self.owner), Error::MintNotAllowed);
        Ok(())
    }

    /// The whole URI of an item.
    pub(crate) fn uri_of(&self, item: u64, own: &str) -> String {
        match (self.base_uri.as_str(), own) {
            ("", own) => String::from(own),
            (base, "") => format!("{base}{item}"),
            (base, own) => format!("{base}{own}"),
        }
    }
}

impl Details {
    /// Checks what a minter gave.
    pub(crate) fn check(&self) -> Result<(), Error> {
        ensure!(is_line(&self.uri, MAX_URI_BYTES), Error::InvalidUri);
        Ok(())
    }
}
