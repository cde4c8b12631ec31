//! The numbers of RPC errors. They are stable: programs match on them, people read name, message and hint.
//!
//! Where Substrate's clients look for a number, it is Substrate's (1000 to 1999); numbers from 2000 on are ours. How
//! calls into modules end is numbered elsewhere (`tenon_types::ErrorText`).

use serde::{Deserialize, Serialize};

/// A kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorKind {
    /// Its number.
    pub code: i32,
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What a user can do about it.
    pub hint: &'static str,
}

/// What the field `data` of a JSON-RPC error holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorData {
    /// The name of the error's kind.
    pub name: String,
    /// What was found.
    pub cause: String,
    /// What was expected, where that can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What to do.
    pub hint: String,
}

macro_rules! errors {
    ($($name:ident = $code:literal, $text:literal, $meaning:literal, $hint:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $name: ErrorKind = ErrorKind { code: $code, name: $text, meaning: $meaning, hint: $hint };
        )*

        /// Every kind, by number.
        pub const ALL: &[ErrorKind] = &[$($name),*];
    };
}

errors! {
    PARSE = -32700, "ParseError", "The request is not JSON.", "send one JSON-RPC 2.0 request or a batch of them";
    METHOD_NOT_FOUND = -32601, "MethodNotFound", "The node has no such method.", "list the methods with `rpc_methods`";
    INVALID_PARAMS = -32602, "InvalidParams", "A parameter is missing or has the wrong form.", "see `rpc.discover` for the method's parameters";
    INTERNAL = -32603, "Internal", "The node failed to answer.", "look at the node's log and report it";
    BAD_FORMAT = 1001, "BadFormat", "The bytes are not a transaction.", "send the SCALE bytes of a signed extrinsic of version 4, length prefix included";
    INVALID_TRANSACTION = 1010, "InvalidTransaction", "The transaction can not be included.", "read the name and the message: they say which rule it breaks";
    UNKNOWN_VALIDITY = 1011, "UnknownValidity", "The node cannot tell whether the transaction is valid.", "wait until the node has caught up";
    TEMPORARILY_BANNED = 1012, "TemporarilyBanned", "The transaction was found invalid a moment ago.", "make a new transaction, or wait";
    ALREADY_IMPORTED = 1013, "AlreadyImported", "The transaction is in the pool already.", "wait for its block";
    TOO_LOW_PRIORITY = 1014, "TooLowPriority", "Another transaction with this nonce pays more.", "raise the tip by at least a tenth";
    POOL_FULL = 1016, "PoolFull", "The pool has no room for the transaction.", "raise the tip, or try again later";
    UNKNOWN_BLOCK = 2001, "UnknownBlock", "No block has this hash or height.", "ask for `best` or `finalized`, or check the chain";
    STATE_PRUNED = 2002, "StatePruned", "The state after this block is no longer kept.", "ask for a later block, or an archive node";
    NOT_ANCHORED = 2003, "NotAnchored", "No final header carries the root of this state yet.", "wait for the next block and ask again";
    STOPPING = 2004, "Stopping", "The node is stopping or has failed.", "start the node again and look at its log";
    UNKNOWN_MODULE = 2005, "UnknownModule", "No instance has this name or address.", "list the instances with `tenon module list`";
    UNKNOWN_TRANSACTION = 2006, "UnknownTransaction", "No block that is kept holds this transaction.", "check the hash, or wait for its block";
    UNKNOWN_CODE = 2007, "UnknownCode", "No code of this hash is on chain.", "upload it first";
    WAIT_TIMEOUT = 2008, "WaitTimeout", "The transaction was not included within the time given.", "ask for its receipt later: it may still be included";
    DEVELOPMENT_ONLY = 2009, "DevelopmentOnly", "The method works on development chains alone.", "start one with `tenon dev`";
    TRANSACTION_GONE = 2010, "TransactionGone", "The transaction left the pool before it was included.", "check nonce, era and tip, and send it again";
    UNKNOWN_RUNTIME_API = 2011, "UnknownRuntimeApi", "The node has no such runtime interface.", "see the `apis` of metadata version 15";
    TOO_MANY = 2012, "TooMany", "The request asks for more than one request may.", "split it";
    NO_FINALITY_PROOF = 2013, "NoFinalityProof", "No votes of validators show this.", "wait until the height is final; where one producer makes all blocks nobody votes";
    LISTEN = 2014, "Listen", "The node cannot listen on this address.", "choose another port with --port, or stop the program that holds it";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique() {
        for (index, kind) in ALL.iter().enumerate() {
            for other in &ALL[index + 1..] {
                assert!(kind.code != other.code && kind.name != other.name, "{kind:?} {other:?}");
            }
        }
    }
}
