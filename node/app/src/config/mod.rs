//! What a networked node is run with: the keys of `config.toml`, their defaults and bounds, and the node's key files.
//!
//! The table in `table.rs` lists every key once. The commented file that `tenon node init` writes, the reference in the
//! book, the defaults and the check for unknown keys all come from it. [`NodeSettings::read`] reads a file and flags
//! once, so that what runs has only checked values. The key of an account is nowhere here: it stays in its owner's
//! wallet.

mod address;
mod error;
mod founding;
mod identity;
mod settings;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod values;

pub use address::NetworkAddress;
pub(crate) use address::read_peer_id;
pub use error::ConfigError;
pub use founding::{COIN_DECIMALS, Founder, Founding, FoundingError, STAKING, Staking};
pub(crate) use identity::create_private;
pub use identity::{NODE_KEY_FILE, NodeKey, VALIDATOR_KEY_FILE, ValidatorKey};
pub use settings::{
    CONFIG_FILE, ConsensusSettings, GENESIS_FILE, HealthSettings, LogSettings, MetricsSettings, NetworkSettings,
    NodeSettings, RpcSettings, StorageSettings, SyncMode, ValidatorSettings,
};
pub use text::{commented_file, reference};
pub use values::Override;
