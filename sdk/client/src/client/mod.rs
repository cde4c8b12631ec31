//! A connection to a node: JSON-RPC over WebSocket or HTTP, chosen by the URL. What the methods give is in the files
//! beside this one: `chain` for blocks, accounts and transactions, `modules` for modules, `bulk` for many transactions.

mod bulk;
mod chain;
mod modules;
mod transactions;

pub use bulk::{BulkSender, MAX_BULK_BYTES, bulk_body};
pub use modules::{Instance, Names};
pub use transactions::WaitUntil;

use crate::{ClientError, extrinsic::ChainIdentity};
use jsonrpsee::core::client::{ClientT, Error as RpcError};
use jsonrpsee::core::params::ArrayParams;
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use jsonrpsee::ws_client::{WsClient, WsClientBuilder};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::time::Duration;
use tenon_types::Hash;

/// Bytes of one answer.
const MAX_ANSWER_BYTES: u32 = 64 * 1024 * 1024;
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take; `tx_submitAndWait` bounds its own waiting below this.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// A connection to a node.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    url: String,
    facts: ChainFacts,
}

/// What does not change while a chain lives.
#[derive(Clone, Debug)]
pub struct ChainFacts {
    /// What signatures commit to.
    pub identity: ChainIdentity,
    /// SS58 prefix of addresses.
    pub prefix: u16,
    /// Decimals of the native coin.
    pub decimals: u8,
    /// Symbol of the native coin.
    pub symbol: String,
    /// The chain's name.
    pub name: String,
}

#[derive(Debug)]
enum Transport {
    WebSocket(WsClient),
    Http(HttpClient),
}

impl Client {
    /// Connects to a node and asks which chain it serves.
    ///
    /// # Errors
    /// [`ClientError::Url`], [`ClientError::Connect`] or what the first questions end with.
    pub async fn connect(url: &str) -> Result<Self, ClientError> {
        let transport = Transport::open(url).await?;
        let url = url.to_string();
        let (genesis, version, properties, name) = tokio::try_join!(
            transport.request(&url, "chain_getBlockHash", vec![Json::from(0)]),
            transport.request(&url, "state_getRuntimeVersion", vec![]),
            transport.request(&url, "system_properties", vec![]),
            transport.request(&url, "system_chain", vec![]),
        )?;
        let number = |json: &Json, key: &str| json.get(key).and_then(Json::as_u64);
        let version_of = |key: &str| {
            number(&version, key)
                .and_then(|value| u32::try_from(value).ok())
                .ok_or_else(|| unexpected("state_getRuntimeVersion", &version, key))
        };
        let identity = ChainIdentity {
            genesis: hash_of("chain_getBlockHash", &genesis)?,
            spec_version: version_of("specVersion")?,
            transaction_version: version_of("transactionVersion")?,
        };
        let facts = ChainFacts {
            identity,
            prefix: number(&properties, "ss58Format").and_then(|value| u16::try_from(value).ok()).unwrap_or(42),
            decimals: number(&properties, "tokenDecimals").and_then(|value| u8::try_from(value).ok()).unwrap_or(12),
            symbol: properties.get("tokenSymbol").and_then(Json::as_str).unwrap_or("UNIT").into(),
            name: name.as_str().unwrap_or_default().into(),
        };
        Ok(Self { transport, url, facts })
    }

    /// What does not change while the chain lives.
    pub const fn facts(&self) -> &ChainFacts {
        &self.facts
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks anything.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with what the node says, or [`ClientError::Transport`].
    pub async fn request(&self, method: &str, params: Vec<Json>) -> Result<Json, ClientError> {
        self.transport.request(&self.url, method, params).await
    }

    /// Asks for an answer of a certain shape.
    ///
    /// # Errors
    /// As [`Client::request`], and [`ClientError::Answer`] for another shape.
    pub async fn ask<T: DeserializeOwned>(&self, method: &str, params: Vec<Json>) -> Result<T, ClientError> {
        let answer = self.request(method, params).await?;
        serde_json::from_value(answer.clone()).map_err(|reason| unexpected(method, &answer, &reason.to_string()))
    }
}

impl Transport {
    async fn open(url: &str) -> Result<Self, ClientError> {
        let failed = |reason: RpcError| ClientError::Connect { url: url.into(), reason: reason_of(&reason) };
        match url.split_once("://") {
            Some(("ws" | "wss", _)) => WsClientBuilder::default()
                .connection_timeout(CONNECT_TIMEOUT)
                .request_timeout(REQUEST_TIMEOUT)
                .max_request_size(MAX_ANSWER_BYTES)
                .max_response_size(MAX_ANSWER_BYTES)
                .set_tcp_no_delay(true)
                .build(url)
                .await
                .map(Self::WebSocket)
                .map_err(failed),
            Some(("http" | "https", _)) => HttpClientBuilder::default()
                .request_timeout(REQUEST_TIMEOUT)
                .max_request_size(MAX_ANSWER_BYTES)
                .max_response_size(MAX_ANSWER_BYTES)
                .build(url)
                .map(Self::Http)
                .map_err(failed),
            _ => Err(ClientError::Url { found: url.into(), reason: "it begins with ws:// or http://".into() }),
        }
    }

    async fn request(&self, url: &str, method: &str, params: Vec<Json>) -> Result<Json, ClientError> {
        let mut array = ArrayParams::new();
        for param in params {
            array
                .insert(param)
                .map_err(|reason| ClientError::Transport { method: method.into(), reason: reason.to_string() })?;
        }
        let answer = match self {
            Self::WebSocket(client) => client.request(method, array).await,
            Self::Http(client) => client.request(method, array).await,
        };
        answer.map_err(|error| from_rpc(url, method, &error))
    }
}

fn from_rpc(url: &str, method: &str, error: &RpcError) -> ClientError {
    match error {
        RpcError::Call(error) => {
            let data: Json = error.data().and_then(|data| serde_json::from_str(data.get()).ok()).unwrap_or_default();
            let text = |key: &str| data.get(key).and_then(Json::as_str).map(String::from);
            ClientError::Refused {
                code: error.code(),
                name: text("name").unwrap_or_else(|| "Refused".into()),
                message: message_of(error.message(), text("cause"), text("expected")),
                hint: text("hint").unwrap_or_else(|| format!("the node refused {method}")),
            }
        }
        RpcError::Transport(reason) if is_refusal(&**reason) => {
            ClientError::Connect { url: url.into(), reason: reason_of(error) }
        }
        _ => ClientError::Transport { method: method.into(), reason: reason_of(error) },
    }
}

/// What the node says, with what it found and expected unless its message has that already.
fn message_of(message: &str, cause: Option<String>, expected: Option<String>) -> String {
    let cause = cause.filter(|cause| !message.contains(cause.as_str()));
    let expected = expected.filter(|expected| !message.contains(expected.as_str()));
    let mut text = message.trim_end_matches('.').to_string();
    if let Some(cause) = cause {
        text = format!("{text}: {cause}");
    }
    match expected {
        Some(expected) => format!("{text}, expected {expected}"),
        None => text,
    }
}

fn is_refusal(reason: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(reason);
    while let Some(error) = next {
        if error.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused) {
            return true;
        }
        next = error.source();
    }
    false
}

/// The innermost reason, which is what a person needs.
fn reason_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn unexpected(method: &str, answer: &Json, expected: &str) -> ClientError {
    ClientError::Answer {
        method: method.into(),
        found: crate::address::shorten(&answer.to_string()),
        expected: expected.into(),
    }
}

fn hash_of(method: &str, answer: &Json) -> Result<Hash, ClientError> {
    answer.as_str().and_then(parse_hash).ok_or_else(|| unexpected(method, answer, "a hash"))
}

/// Reads a hash: 0x and 64 hex digits.
pub fn parse_hash(text: &str) -> Option<Hash> {
    let bytes = hex::decode(text.strip_prefix("0x")?).ok()?;
    Some(Hash(bytes.try_into().ok()?))
}
