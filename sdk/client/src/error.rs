//! Why a client's request failed, each with a stable number, a stable name and a hint for the person at the keyboard.

use crate::{AddressError, AmountError, ValueError};

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL is not one of a node.
    #[error("found {found:?}, expected a URL such as ws://127.0.0.1:9944 or http://127.0.0.1:9944: {reason}")]
    Url {
        /// The text.
        found: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answers.
    #[error("no node answers at {url}: {reason}")]
    Connect {
        /// Where.
        url: String,
        /// What the system says.
        reason: String,
    },
    /// The connection broke, or no answer came in time.
    #[error("the node did not answer {method}: {reason}")]
    Transport {
        /// The method asked.
        method: String,
        /// What happened.
        reason: String,
    },
    /// The node refused.
    #[error("{message}")]
    Refused {
        /// The node's number.
        code: i32,
        /// The node's name for it.
        name: String,
        /// What it says.
        message: String,
        /// What it advises.
        hint: String,
    },
    /// The answer is not what the method gives.
    #[error("{method} answered {found}, expected {expected}")]
    Answer {
        /// The method asked.
        method: String,
        /// The answer, cut to a line.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// A value does not fit its type.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A text is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A text is no amount.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The interface has no such method.
    #[error("found method {found:?}, expected a {mode} of {instance}")]
    Method {
        /// The name given.
        found: String,
        /// How it was to be entered.
        mode: &'static str,
        /// Of which instance.
        instance: String,
        /// The nearest names.
        hint: String,
    },
    /// There is no such instance.
    #[error("found {found:?}, expected the name or address of an instance: {reason}")]
    Instance {
        /// The name or address given.
        found: String,
        /// What is wrong with it.
        reason: String,
        /// The nearest names.
        hint: String,
    },
    /// A proof shows nothing, or not what it says.
    #[error("proof refused: {0}")]
    Proof(String),
}

impl ClientError {
    /// The stable number: the node's own, or one from 3001 to 3099.
    pub const fn code(&self) -> i32 {
        match self {
            Self::Url { .. } => 3001,
            Self::Connect { .. } => 3002,
            Self::Transport { .. } => 3003,
            Self::Refused { code, .. } => *code,
            Self::Answer { .. } => 3004,
            Self::Value(_) => 3005,
            Self::Address(_) => 3006,
            Self::Amount(_) => 3007,
            Self::Method { .. } => 3008,
            Self::Proof(_) => 3009,
            Self::Instance { .. } => 3010,
        }
    }

    /// The stable name.
    pub fn name(&self) -> &str {
        match self {
            Self::Url { .. } => "BadUrl",
            Self::Connect { .. } => "NotConnected",
            Self::Transport { .. } => "NoAnswer",
            Self::Refused { name, .. } => name,
            Self::Answer { .. } => "UnexpectedAnswer",
            Self::Value(_) => "BadValue",
            Self::Address(_) => "BadAddress",
            Self::Amount(_) => "BadAmount",
            Self::Method { .. } => "UnknownMethod",
            Self::Proof(_) => "BadProof",
            Self::Instance { .. } => "UnknownInstance",
        }
    }

    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Url { .. } => "give --url or TENON_URL".into(),
            Self::Connect { .. } => "start a node with `tenon dev`, or give its address with --url".into(),
            Self::Transport { .. } => {
                "look at the node's log; the transaction may have arrived, so look it up first".into()
            }
            Self::Refused { hint, .. } | Self::Method { hint, .. } | Self::Instance { hint, .. } => hint.clone(),
            Self::Answer { .. } => "the node and this program differ in version, or the URL is not a node's".into(),
            Self::Value(error) => error.hint.clone(),
            Self::Address(_) => AddressError::HINT.into(),
            Self::Amount(_) => AmountError::HINT.into(),
            Self::Proof(_) => "fetch the proof again with `tenon proof get`".into(),
        }
    }
}
