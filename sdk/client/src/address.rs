//! Addresses as people write them: SS58, hexadecimal, a secret URI such as `//Alice`, or the name of a protocol module.

use tenon_crypto::{Keypair, Scheme, ss58};
use tenon_types::Address;

/// Finds the address that a name stands for.
pub type Resolver<'a> = dyn Fn(&str) -> Option<Address> + Sync + 'a;

/// The shortest SS58 address of 32 bytes, in characters.
const MIN_ADDRESS_LEN: usize = 46;

/// A resolver that knows no names.
pub fn no_names(_name: &str) -> Option<Address> {
    None
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected an address: {reason}")]
pub struct AddressError {
    /// The text.
    pub found: String,
    /// What is wrong with it.
    pub reason: String,
}

impl AddressError {
    /// What an address looks like.
    pub const HINT: &'static str =
        "write an SS58 address, 0x and 64 hex digits, a key such as //Alice, or a protocol module's name";
}

/// Reads an address. A key is taken as sr25519, as wallets do.
///
/// # Errors
/// [`AddressError`] if the text is none of the forms.
pub fn parse_address(text: &str, resolve: &Resolver<'_>) -> Result<Address, AddressError> {
    let text = text.trim();
    let error = |reason: String| AddressError { found: shorten(text), reason };
    let is_uri = text.starts_with("//") || text.contains(' ') || (text.starts_with("0x") && text.contains('/'));
    if let Some(digits) = text.strip_prefix("0x").filter(|_| !is_uri) {
        let bytes = hex::decode(digits).map_err(|reason| error(reason.to_string()))?;
        let length = bytes.len();
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| error(format!("{length} bytes instead of 32")))?;
        return Ok(Address(bytes));
    }
    if is_uri {
        // The text may hold a secret, so no error repeats it.
        return Keypair::from_suri(Scheme::Sr25519, text)
            .map(|pair| Address(pair.account()))
            .map_err(|reason| AddressError { found: "a secret URI".into(), reason: reason.to_string() });
    }
    if let Some(address) = resolve(text) {
        return Ok(address);
    }
    if text.len() < MIN_ADDRESS_LEN {
        return Err(error("no protocol module has this name, and it is too short for an address".into()));
    }
    ss58::decode(text).map(|(account, _)| Address(account)).map_err(|reason| error(reason.to_string()))
}

/// Writes an address as SS58, or in hexadecimal if the prefix is no network's.
pub fn format_address(address: &Address, prefix: u16) -> String {
    ss58::encode(&address.0, prefix).unwrap_or_else(|_| address.to_string())
}

/// Cuts what an error repeats of its input.
pub(crate) fn shorten(text: &str) -> String {
    const MAX_REPEATED: usize = 80;
    match text.char_indices().nth(MAX_REPEATED) {
        Some((end, _)) => format!("{}... ({} bytes)", &text[..end], text.len()),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    #[test]
    fn every_form_names_the_same_account() {
        let alice = parse_address("//Alice", &no_names).unwrap();
        assert_eq!(parse_address(ALICE, &no_names), Ok(alice));
        assert_eq!(parse_address(&alice.to_string(), &no_names), Ok(alice));
        assert_eq!(parse_address("gold", &|name| (name == "gold").then_some(alice)), Ok(alice));
        assert_eq!(format_address(&alice, 42), ALICE);
    }

    #[test]
    fn refuses_what_is_no_address_and_says_why() {
        for text in ["", "0x00", "0xzz", "5Grwva", "//Alice//", "nobody"] {
            let error = parse_address(text, &no_names).unwrap_err();
            assert!(!error.reason.is_empty(), "{text}");
        }
    }

    #[test]
    fn an_error_repeats_no_secret() {
        let error = parse_address("bottom drive obey lake curtain smoke basket hold race lonely fit fit", &no_names);
        assert!(!error.unwrap_err().to_string().contains("bottom"));
    }
}
