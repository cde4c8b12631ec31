//! Errors in words, and their shapes in metadata. Nothing here decides how a transaction ends.

use super::{BALANCES_INDEX, BalancesError, DispatchError, MODULE_FAILED, TokenError};
use crate::interface::Interface;
use alloc::string::{String, ToString};
use parity_scale_codec::{Decode, Encode};
use scale_info::build::{Fields, Variants};
use scale_info::{Path, Type, TypeInfo};
use tenon_abi::{HostError, module_error_number};

/// Number of the first error of `Balances`, to which the variant is added.
pub const BALANCES_ERROR_BASE: u32 = 0x100;
/// Number of the first error of the native coin that no pallet owns.
pub const TOKEN_ERROR_BASE: u32 = 0x200;
/// Number of an error of which nothing more is known.
pub const OTHER_ERROR: u32 = 0x300;

/// An error in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorText {
    /// Its number: below 256 the host's, from `MODULE_ERROR_BASE` on the module's own.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// What it says.
    pub message: String,
    /// What a user can do about it; may be empty for a module's own error.
    pub hint: String,
}

impl ErrorText {
    /// Describes the number with which a call ended. The interface, if known, names the module's own errors.
    pub fn of_code(code: u32, interface: Option<&Interface>) -> Self {
        if let Some(error) = HostError::from_code(code) {
            return Self::new(code, error.name(), error.text(), error.hint());
        }
        if let Some(error) = of_host_number(code) {
            return error;
        }
        let own = module_error_number(code).and_then(|number| interface?.error(number));
        match (module_error_number(code), own) {
            (_, Some(error)) => Self::new(code, &error.name, &error.doc, "read the method's documentation"),
            (Some(number), None) => Self::new(
                code,
                &alloc::format!("ModuleError{number}"),
                &alloc::format!("the module ended the call with its error {number}"),
                "list the module's errors with `tenon module show`",
            ),
            _ => Self::new(
                code,
                "Unknown",
                &alloc::format!("error {code} has no description here"),
                "update this program",
            ),
        }
    }

    /// Describes why a transaction took no effect.
    pub fn of_dispatch(error: &DispatchError, interface: Option<&Interface>) -> Self {
        match error {
            DispatchError::Module { index: BALANCES_INDEX, error: [variant, ..] } => balances(*variant),
            DispatchError::Token(error) => token(*error),
            DispatchError::Other => other(),
            DispatchError::Module { .. } => error.code().map_or_else(other, |code| Self::of_code(code, interface)),
        }
    }

    fn new(number: u32, name: &str, message: &str, hint: &str) -> Self {
        Self { number, name: name.to_string(), message: message.trim().to_string(), hint: hint.to_string() }
    }
}

/// Finds the errors that have no number in `tenon_abi`.
fn of_host_number(code: u32) -> Option<ErrorText> {
    let variant = u8::try_from(code & 0xff).ok()?;
    match code & !0xff {
        BALANCES_ERROR_BASE => Some(balances(variant)),
        TOKEN_ERROR_BASE => TokenError::decode(&mut &[variant][..]).ok().map(token),
        OTHER_ERROR => Some(other()),
        _ => None,
    }
}

fn other() -> ErrorText {
    ErrorText::new(OTHER_ERROR, "Other", "the host refused the call", "simulate the call for its trace")
}

fn balances(variant: u8) -> ErrorText {
    let number = BALANCES_ERROR_BASE + u32::from(variant);
    let (name, message, hint) = match BalancesError::decode(&mut &[variant][..]) {
        Ok(BalancesError::InsufficientBalance) => {
            ("InsufficientBalance", "the balance is too low for the amount", "fund the account or send less")
        }
        Ok(BalancesError::ExistentialDeposit) => {
            ("ExistentialDeposit", "the amount is too low for the receiver's account to exist", "send more")
        }
        Ok(BalancesError::Expendability) => {
            ("Expendability", "the transfer would end the sender's account", "send less, or allow the account to end")
        }
        Ok(BalancesError::UnknownAddress) => {
            ("UnknownAddress", "the address is not of the form `Id`", "give the receiver's 32-byte address")
        }
        Err(_) => ("Unknown", "an error of Balances that has no description here", "update this program"),
    };
    ErrorText::new(number, name, message, hint)
}

fn token(error: TokenError) -> ErrorText {
    let (index, name, message, hint) = match error {
        TokenError::FundsUnavailable => {
            (0, "FundsUnavailable", "the sender has too little of the native coin", "fund the account or send less")
        }
        TokenError::OnlyProvider => {
            (1, "OnlyProvider", "the sender's account would end", "send less, or end what needs the account first")
        }
        TokenError::BelowMinimum => {
            (2, "BelowMinimum", "the receiver would hold less than the existential deposit", "send more")
        }
    };
    ErrorText::new(TOKEN_ERROR_BASE.saturating_add(index), name, message, hint)
}

/// Errors of `Modules`, as metadata lists them: the host's by their numbers, and one that carries a module's own number.
#[derive(Clone, Copy, Debug)]
pub enum ModulesError {}

impl TypeInfo for ModulesError {
    type Identity = Self;

    fn type_info() -> Type {
        let host = HostError::ALL.iter().fold(Variants::new(), |variants, error| {
            let index = u8::try_from(error.code()).expect("host errors have numbers below 255");
            variants.variant(error.name(), |variant| variant.index(index).docs(&[error.text(), error.hint()]))
        });
        let all = host.variant("ModuleFailed", |variant| {
            variant
                .index(MODULE_FAILED)
                .fields(Fields::named().field(|field| field.ty::<u16>().name("number").type_name("u16")))
                .docs(&["The module ended the call with an error of its own; its interface lists the numbers."])
        });
        Type::builder().path(Path::new("Error", "tenon_modules::pallet")).variant(all)
    }
}

/// The error of a pallet, as clients look for it inside [`DispatchError`].
#[derive(Clone, Copy, Debug, Encode, TypeInfo)]
struct ModuleError {
    /// The pallet.
    #[allow(dead_code, reason = "only its type is used")]
    index: u8,
    /// The variant and its fields.
    #[allow(dead_code, reason = "only its type is used")]
    error: [u8; 4],
}

impl TypeInfo for DispatchError {
    type Identity = Self;

    fn type_info() -> Type {
        Type::builder().path(Path::new("DispatchError", "sp_runtime")).variant(
            Variants::new()
                .variant("Other", |variant| variant.index(0).docs(&["An error of the host that no pallet owns."]))
                .variant("Module", |variant| {
                    variant
                        .index(3)
                        .fields(Fields::unnamed().field(|field| field.ty::<ModuleError>().type_name("ModuleError")))
                        .docs(&["An error of a pallet."])
                })
                .variant("Token", |variant| {
                    variant
                        .index(7)
                        .fields(Fields::unnamed().field(|field| field.ty::<TokenError>().type_name("TokenError")))
                        .docs(&["An error of the native coin."])
                }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_keep_their_number_through_a_receipt() {
        for error in HostError::ALL {
            let text = ErrorText::of_dispatch(&DispatchError::from(*error), None);
            assert_eq!((text.number, text.name.as_str()), (error.code(), error.name()));
            assert!(!text.message.is_empty() && !text.hint.is_empty());
        }
        let own = DispatchError::from_code(tenon_abi::module_error_code(513));
        assert_eq!(ErrorText::of_dispatch(&own, None).number, tenon_abi::module_error_code(513));
        let low = DispatchError::from(BalancesError::Expendability);
        let text = ErrorText::of_dispatch(&low, None);
        assert_eq!(text.name, "Expendability");
        assert_eq!(ErrorText::of_code(text.number, None), text);
        let token = ErrorText::of_dispatch(&DispatchError::Token(TokenError::BelowMinimum), None);
        assert_eq!(ErrorText::of_code(token.number, None), token);
    }
}
