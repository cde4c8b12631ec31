//! What validators send each other. Which chain, epoch and sender a message is of, its envelope says, which the network
//! layer checks; blocks travel beside.

use super::{Candidate, Certificate, Evidence, Partial, Signature, View, Vote};
use parity_scale_codec::{Decode, Encode};

/// Certificates in one message.
pub const MAX_CERTIFICATES: usize = 256;

/// A leader's proposal.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct Proposal {
    /// What is proposed.
    pub candidate: Candidate,
    /// The leader's signature under the candidate's notarization: proposal and first vote in one.
    pub signature: Signature,
    /// The certificates of the parent and of the views between, as far as they fit.
    pub justification: Vec<Certificate>,
}

/// A message between validators.
#[allow(clippy::cast_possible_truncation, reason = "the derived code numbers seven variants")]
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub enum Message {
    /// A leader's proposal, perhaps passed on.
    Proposal(Box<Proposal>),
    /// A vote.
    Vote(Vote),
    /// Votes added up by a super-node or relay.
    Partial(Partial),
    /// Certificates, of rising views.
    Certificates(Vec<Certificate>),
    /// Asks for certificates of these views, first and last included.
    Request {
        /// The first.
        first: View,
        /// The last.
        last: View,
    },
    /// Asks for the proposal of a view.
    Ask {
        /// The view.
        view: View,
    },
    /// Proof that a validator contradicted themselves.
    Evidence(Box<Evidence>),
}

impl Message {
    /// Its kind, for counters.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Proposal(_) => "proposal",
            Self::Vote(_) => "vote",
            Self::Partial(_) => "partial",
            Self::Certificates(_) => "certificates",
            Self::Request { .. } => "request",
            Self::Ask { .. } => "ask",
            Self::Evidence(_) => "evidence",
        }
    }

    /// Whether its lists are within their bounds.
    pub fn is_bounded(&self) -> bool {
        match self {
            Self::Proposal(proposal) => proposal.justification.len() <= MAX_CERTIFICATES,
            Self::Certificates(certificates) => certificates.len() <= MAX_CERTIFICATES,
            _ => true,
        }
    }
}
