//! Errors as clients see them: a number, a message, and data with name, cause and hint.

use crate::backend::{Refusal, Unavailable};
use jsonrpsee::types::ErrorObjectOwned;
use tenon_api::errors::{self, ErrorData, ErrorKind};
use tenon_api::json::{HttpError, Rejected};

/// Why a request has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    /// Number of the error.
    pub(super) code: i32,
    /// What it says.
    pub(super) message: String,
    /// The rest, boxed to keep results small.
    pub(super) data: Box<ErrorData>,
}

impl Failure {
    /// An error of a kind, with what was found.
    pub(super) fn new(kind: ErrorKind, cause: impl Into<String>) -> Self {
        let cause = cause.into();
        let message = format!("{} {cause}", kind.meaning);
        Self {
            code: kind.code,
            message,
            data: Box::new(ErrorData { name: kind.name.into(), cause, expected: None, hint: kind.hint.into() }),
        }
    }

    /// Says what was expected.
    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.data.expected = Some(expected.into());
        self
    }

    /// The error in the form of an HTTP answer.
    pub(super) fn into_http(self) -> HttpError {
        HttpError { code: self.code, message: self.message, data: *self.data }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code,
            message: refusal.message.clone(),
            data: Box::new(ErrorData {
                name: refusal.name.into(),
                cause: refusal.message,
                expected: None,
                hint: refusal.hint.into(),
            }),
        }
    }
}

impl From<Unavailable> for Failure {
    fn from(unavailable: Unavailable) -> Self {
        match unavailable {
            Unavailable::UnknownBlock(hash) => Self::new(errors::UNKNOWN_BLOCK, format!("found {hash}")),
            Unavailable::Pruned { height, from } => {
                Self::new(errors::STATE_PRUNED, format!("found height {height}")).expected(format!("{from} or higher"))
            }
            Unavailable::NotAnchored => Self::new(errors::NOT_ANCHORED, "the next block does not exist yet"),
            Unavailable::Unproven(what) => Self::new(errors::NO_FINALITY_PROOF, what),
            Unavailable::Stopped(reason) => Self::new(errors::STOPPING, reason),
        }
    }
}

impl From<Failure> for ErrorObjectOwned {
    fn from(failure: Failure) -> Self {
        Self::owned(failure.code, failure.message, Some(*failure.data))
    }
}

/// A refused transaction in the answer to a batch.
pub(super) fn rejected(index: usize, refusal: Refusal) -> Rejected {
    Rejected {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        code: refusal.code,
        name: refusal.name.into(),
        message: refusal.message,
        hint: refusal.hint.into(),
    }
}
