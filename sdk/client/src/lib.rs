//! A typed client for a running node, and what tools need besides: values of any interface without generated code,
//! names for events, signed transactions, and the offline check of proofs.
//!
//! ```no_run
//! # async fn example() -> Result<(), tenon_client::ClientError> {
//! use tenon_client::{Client, MethodMode, WaitUntil};
//! let client = Client::connect("ws://127.0.0.1:9944").await?;
//! let assets = client.instance("assets").await?;
//! let method = assets.method(MethodMode::Query, "balance_of")?;
//! let arguments = serde_json::json!({ "asset": 1, "owner": "//Bob" });
//! let input = assets.encode(method, arguments.as_object().expect("an object"))?;
//! let answer = client.query(&assets.address, &method.name, &input, None, None).await?;
//! let balance = assets.decode_result(method, &answer.output.0)?;
//! # let _ = (balance, WaitUntil::Finalized); Ok(())
//! # }
//! ```
//!
//! It leaves out keys (`tenon-crypto`) and the terminal (`tenon`).

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may"))]

mod address;
mod amount;
mod client;
mod error;
mod events;
mod extrinsic;
pub mod proof;
pub mod suggest;
pub mod value;

pub use address::{AddressError, Resolver, format_address, no_names, parse_address};
pub use amount::{AmountError, format_amount, parse_amount};
pub use client::{BulkSender, ChainFacts, Client, Instance, MAX_BULK_BYTES, Names, WaitUntil, bulk_body, parse_hash};
pub use error::ClientError;
pub use events::{NamedEvent, name_event, signature_topic};
pub use extrinsic::{ChainIdentity, DEFAULT_PERIOD, Lifetime, sign};
pub use tenon_types::interface::MethodMode;
pub use value::{Codec, ValueError};
