//! Bytes, hashes and amounts in JSON: hex with 0x, and decimal strings, which no reader rounds.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tenon_types::Hash;

/// Bytes, as hex with 0x. Hex without 0x is read too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bytes(pub Vec<u8>);

/// A 32-byte hash, as hex with 0x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HexHash(pub Hash);

/// An amount, as a decimal string. A whole number is read too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(pub u128);

/// An amount with a sign, as a decimal string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignedDecimal(pub i128);

impl Bytes {
    /// Reads hex, with or without 0x.
    ///
    /// # Errors
    /// What was found and expected, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        hex::decode(digits).map(Self).map_err(|error| format!("not hex: {error}"))
    }
}

impl HexHash {
    /// Reads 32 bytes of hex, with or without 0x.
    ///
    /// # Errors
    /// What was found and expected, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes = Bytes::parse(text)?.0;
        let found = bytes.len();
        <[u8; 32]>::try_from(bytes)
            .map(|hash| Self(Hash(hash)))
            .map_err(|_| format!("found {found} bytes, expected 32"))
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("0x{}", hex::encode(&self.0)))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for HexHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for HexHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(u64),
    Text(String),
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match NumberOrText::deserialize(deserializer)? {
            NumberOrText::Number(number) => Ok(Self(number.into())),
            NumberOrText::Text(text) => text.parse().map(Self).map_err(D::Error::custom),
        }
    }
}

impl Serialize for SignedDecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SignedDecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_beyond_what_a_double_holds_survive() {
        let amount = Decimal(u128::MAX);
        let text = serde_json::to_string(&amount).unwrap();
        assert_eq!(text, format!("\"{}\"", u128::MAX));
        assert_eq!(serde_json::from_str::<Decimal>(&text).unwrap(), amount);
        assert_eq!(serde_json::from_str::<Decimal>("17").unwrap(), Decimal(17));
        assert!(serde_json::from_str::<Decimal>("\"-1\"").is_err());
        assert_eq!(serde_json::to_string(&SignedDecimal(-5)).unwrap(), "\"-5\"");
    }

    #[test]
    fn hex_is_read_with_and_without_its_prefix() {
        assert_eq!(Bytes::parse("0x01ff"), Ok(Bytes(vec![1, 255])));
        assert_eq!(Bytes::parse("01ff"), Ok(Bytes(vec![1, 255])));
        assert!(Bytes::parse("0x1").is_err() && HexHash::parse("0x00").is_err());
    }
}
