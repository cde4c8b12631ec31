//! What a node says of itself to clients: the table of RPC methods, JSON types, error numbers, metadata and version.
//! There is no server here; `tenon`'s `rpc` module serves what this crate describes.

pub mod errors;
pub mod json;
mod metadata;
pub mod methods;
mod openrpc;
mod version;

pub use metadata::{
    InvalidTransaction, METADATA_VERSIONS, RuntimeDispatchInfo, TransactionValidity, TransactionValidityError,
    ValidTransaction, metadata,
};
pub use openrpc::{markdown, openrpc};
pub use version::RuntimeVersion;
