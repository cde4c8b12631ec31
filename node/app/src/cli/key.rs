//! `tenon key`: makes keys, shows what a key or an address is, signs messages of modules, and writes polkadot.js key files.

use super::output::{Failure, Kind, Report, table};
use super::sending::SchemeName;
use super::signer;
use clap::{Args, Subcommand};
use serde_json::{Map, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use tenon_client::{format_address, no_names, parse_address};
use tenon_crypto::keystore::{KeyFile, SealRandomness};
use tenon_crypto::{Keypair, PublicKey, Scheme, ethereum, mnemonic, os, ss58};
use tenon_types::Address;

/// Make keys, show what a key or an address is, sign messages, write polkadot.js key files
#[derive(Debug, Args)]
pub(super) struct Key {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a new key: its phrase and address
    Generate {
        #[command(flatten)]
        options: KeyOptions,
        /// Words of the phrase: 12 or 24
        #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u8).range(12..=24))]
        words: u8,
        /// Write a key file too
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Show the address and public key of a key (//Alice, a phrase), an address, or a key file
    Inspect {
        /// A key, an address or the path of a key file
        key: String,
        #[command(flatten)]
        options: KeyOptions,
    },
    /// Sign a message that a module gave for it, such as an order or a permit
    Sign {
        /// A key such as //Alice, a phrase in quotes, or the path of a key file
        key: String,
        /// The message in hex, as a query of the module returns it: text between <Bytes> and </Bytes>
        message: String,
        /// Sign any bytes as Ethereum's wallets do (EIP-191), by the key's secp256k1 form
        #[arg(long, conflicts_with = "scheme")]
        ethereum: bool,
        #[command(flatten)]
        options: KeyOptions,
    },
    /// Write a key as a polkadot.js key file, sealed with a password
    Export {
        /// A key such as //Alice, or a phrase in quotes
        key: String,
        /// The file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        options: KeyOptions,
    },
}

#[derive(Debug, Args)]
struct KeyOptions {
    /// The signature scheme
    #[arg(long, value_name = "SCHEME", default_value = "sr25519")]
    scheme: SchemeName,
    /// The SS58 prefix of addresses
    #[arg(long, value_name = "NUMBER", default_value_t = ss58::DEFAULT_PREFIX,
          value_parser = clap::value_parser!(u16).range(0..=i64::from(ss58::MAX_PREFIX)))]
    prefix: u16,
    /// The file whose first line is the key file's password; else TENON_PASSWORD
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Key {
    pub(super) fn run(self) -> Result<Report, Failure> {
        match self.command {
            KeyCommand::Generate { options, words, out } => generate(&options, words, out.as_deref()),
            KeyCommand::Inspect { key, options } => inspect(&key, &options),
            KeyCommand::Sign { key, message, ethereum: true, options } => sign_ethereum(&key, &message, &options),
            KeyCommand::Sign { key, message, ethereum: false, options } => sign(&key, &message, &options),
            KeyCommand::Export { key, out, options } => {
                let pair = signer::load(&key, options.scheme.into(), options.password_file.as_deref())?;
                write_file(&pair, &out, &options)?;
                let (text, mut json) = describe(&pair, options.prefix);
                json["file"] = json!(out);
                Ok(Report::new(format!("{text}\n  written to {}", out.display()), json))
            }
        }
    }
}

fn generate(options: &KeyOptions, words: u8, out: Option<&Path>) -> Result<Report, Failure> {
    let failed = |reason: String| Failure::new(Kind::Key, format!("cannot make a key: {reason}"), "try again");
    let entropy = os::random_bytes::<32>().map_err(|error| failed(error.to_string()))?;
    // Three words carry four bytes.
    let length = usize::from(words) / 3 * 4;
    if usize::from(words) % 3 != 0 {
        let message = format!("found --words {words}, expected 12, 15, 18, 21 or 24");
        return Err(Failure::new(Kind::Usage, message, "12 words are as strong as the chain's keys"));
    }
    let phrase = mnemonic::from_entropy(&entropy[..length]).map_err(|error| failed(error.to_string()))?;
    let pair = Keypair::from_suri(options.scheme.into(), &phrase).map_err(|error| failed(error.to_string()))?;
    if let Some(out) = out {
        write_file(&pair, out, options)?;
    }
    let (text, mut json) = describe(&pair, options.prefix);
    json["phrase"] = json!(*phrase);
    json["file"] = json!(out);
    let file = out.map(|out| format!("\n  written to {}", out.display())).unwrap_or_default();
    Ok(Report::new(
        format!("  phrase      {}\n{text}{file}\n  Keep the phrase secret and safe: it is the key.", *phrase),
        json,
    ))
}

fn inspect(key: &str, options: &KeyOptions) -> Result<Report, Failure> {
    let secret = signer::is_uri(key) && (!key.starts_with("0x") || key.contains('/'));
    if Path::new(key).is_file() || secret {
        let pair = signer::load(key, options.scheme.into(), options.password_file.as_deref())?;
        let (text, json) = describe(&pair, options.prefix);
        return Ok(Report::new(text, json));
    }
    let address = parse_address(key, &no_names).map_err(tenon_client::ClientError::from)?;
    let network = ss58::decode(key).ok().map(|(_, prefix)| prefix);
    let shown = format_address(&address, options.prefix);
    let text = table([
        ("address", shown.clone()),
        ("public key", address.to_string()),
        ("network", network.map(|prefix| format!("prefix {prefix}")).unwrap_or_default()),
    ]);
    Ok(Report::new(text, json!({ "address": shown, "public_key": address.to_string(), "network_prefix": network })))
}

/// Signs a message that is wrapped as wallets wrap what they sign, so that it is never a transaction.
fn sign(key: &str, message: &str, options: &KeyOptions) -> Result<Report, Failure> {
    let refused = |found: &str| {
        let hint = "ask the module for the message, for example with `tenon query credit order_message`";
        Failure::new(Kind::Usage, format!("found {found}, expected hex of text between <Bytes> and </Bytes>"), hint)
    };
    let bytes = hex::decode(message.trim_start_matches("0x")).map_err(|_| refused("a message that is no hex"))?;
    let inner = bytes.strip_prefix(b"<Bytes>").and_then(|rest| rest.strip_suffix(b"</Bytes>"));
    inner.ok_or_else(|| refused("bytes that are not wrapped"))?;
    let pair = signer::load(key, options.scheme.into(), options.password_file.as_deref())?;
    let (text, mut json) = describe(&pair, options.prefix);
    let signature = format!("0x{}", hex::encode(pair.sign(&bytes).as_bytes()));
    json["signature"] = json!(signature);
    Ok(Report::new(format!("{text}\n  signature   {signature}"), json))
}

/// Signs any bytes as a wallet of Ethereum does, which puts before them what keeps them from being a transaction.
fn sign_ethereum(key: &str, message: &str, options: &KeyOptions) -> Result<Report, Failure> {
    let bytes = hex::decode(message.trim_start_matches("0x")).map_err(|error| {
        let message = format!("found a message with {error}, expected hex");
        Failure::new(
            Kind::Usage,
            message,
            "ask the module for the message, for example with `tenon query events message`",
        )
    })?;
    let pair = signer::load(key, Scheme::Secp256k1, options.password_file.as_deref())?;
    let signature = pair.sign_ethereum(&bytes).ok_or_else(|| {
        let message = format!("found a key file of {}, expected secp256k1", pair.scheme().name());
        Failure::new(Kind::Key, message, "name another key file, or a key such as //Alice")
    })?;
    let (text, mut json) = describe(&pair, options.prefix);
    let signature = format!("0x{}", hex::encode(signature));
    json["signature"] = json!(signature);
    Ok(Report::new(format!("{text}\n  signature   {signature}"), json))
}

fn describe(pair: &Keypair, prefix: u16) -> (String, serde_json::Value) {
    let account = Address(pair.account());
    let address = format_address(&account, prefix);
    let public = format!("0x{}", hex::encode(pair.public().as_bytes()));
    let ethereum = match pair.public() {
        PublicKey::Secp256k1(key) => ethereum::address(&key).map(|address| format!("0x{}", hex::encode(address))),
        _ => None,
    };
    let text = table([
        ("address", address.clone()),
        ("public key", public.clone()),
        ("scheme", pair.scheme().name().into()),
        ("ethereum", ethereum.clone().unwrap_or_default()),
    ]);
    let json = json!({
        "address": address, "account": account.to_string(), "public_key": public, "scheme": pair.scheme().name(),
        "ethereum_address": ethereum,
    });
    (text, json)
}

/// Seals a key in a new file that only its owner may read.
fn write_file(pair: &Keypair, out: &Path, options: &KeyOptions) -> Result<(), Failure> {
    let password = signer::password(options.password_file.as_deref())?;
    let failed = |reason: String| {
        let hint = format!("give a password in {} or with --password-file", signer::PASSWORD_VARIABLE);
        Failure::new(Kind::Key, format!("cannot seal the key: {reason}"), hint)
    };
    let randomness = SealRandomness {
        salt: *os::random_bytes().map_err(|error| failed(error.to_string()))?,
        nonce: *os::random_bytes().map_err(|error| failed(error.to_string()))?,
    };
    let file = KeyFile::seal(pair, &password, &randomness, options.prefix, Map::new());
    let json = file.and_then(|file| file.to_json()).map_err(|error| failed(error.to_string()))?;
    create_private(out).and_then(|mut file| file.write_all(json.as_bytes())).map_err(|error| {
        Failure::new(
            Kind::File,
            format!("cannot write {}: {error}", out.display()),
            "give the path of a file that does not exist, in a folder that you may write",
        )
    })
}

fn create_private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(scheme: SchemeName, password_file: Option<PathBuf>) -> KeyOptions {
        KeyOptions { scheme, prefix: 42, password_file }
    }

    #[test]
    fn a_phrase_of_each_length_gives_the_key_that_is_shown() {
        for words in [12, 15, 18, 21, 24] {
            let report = generate(&options(SchemeName::Ed25519, None), words, None).unwrap();
            let phrase = report.json["phrase"].as_str().unwrap();
            assert_eq!(phrase.split(' ').count(), usize::from(words));
            let again = inspect(phrase, &options(SchemeName::Ed25519, None)).unwrap();
            assert_eq!(again.json["address"], report.json["address"]);
        }
        assert!(generate(&options(SchemeName::Sr25519, None), 13, None).unwrap_err().message.contains("expected 12"));
    }

    #[test]
    fn a_written_key_file_opens_with_its_password_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (out, password) = (folder.path().join("alice.json"), folder.path().join("password"));
        std::fs::write(&password, "correct horse\n").unwrap();
        let pair = Keypair::from_suri(Scheme::Sr25519, "//Alice").unwrap();
        write_file(&pair, &out, &options(SchemeName::Sr25519, Some(password.clone()))).unwrap();
        assert_eq!(signer::open(&out, Some(&password)).unwrap().account(), pair.account());
        std::fs::write(&password, "wrong").unwrap();
        assert_eq!(signer::open(&out, Some(&password)).unwrap_err().name, "Key");
        assert_eq!(write_file(&pair, &out, &options(SchemeName::Sr25519, Some(password))).unwrap_err().name, "File");
    }

    #[test]
    fn an_address_of_another_network_names_the_same_account() {
        let alice = inspect("//Alice", &options(SchemeName::Sr25519, None)).unwrap().json;
        let account = alice["account"].as_str().unwrap();
        let by_hex = inspect(account, &options(SchemeName::Sr25519, None)).unwrap();
        assert_eq!(by_hex.json["address"], alice["address"]);
        assert_eq!(inspect("nonsense", &options(SchemeName::Sr25519, None)).unwrap_err().name, "BadAddress");
    }

    #[test]
    fn signs_what_is_wrapped_and_nothing_that_could_be_a_transaction() {
        let options = options(SchemeName::Ed25519, None);
        let message = b"<Bytes>an order</Bytes>";
        let report = sign("//Bob", &format!("0x{}", hex::encode(message)), &options).unwrap();
        let bytes = |name: &str| hex::decode(report.json[name].as_str().unwrap().trim_start_matches("0x")).unwrap();
        let (signature, public) = (bytes("signature").try_into().unwrap(), bytes("public_key").try_into().unwrap());
        assert!(tenon_crypto::verify_ed25519(&signature, &public, message));
        for refused in ["", "0x", "zz", "0x1234", &hex::encode(b"<Bytes>an order"), &hex::encode(b"an order</Bytes>")] {
            assert!(sign("//Bob", refused, &options).is_err(), "{refused}");
        }
    }

    #[test]
    fn signs_as_wallets_of_ethereum_do_and_says_the_address() {
        let options = options(SchemeName::Sr25519, None);
        let report = sign_ethereum("//Bob", "0x6869", &options).unwrap();
        let bytes = |name: &str| hex::decode(report.json[name].as_str().unwrap().trim_start_matches("0x")).unwrap();
        let key = ethereum::recover(&bytes("signature").try_into().unwrap(), b"hi").unwrap();
        assert_eq!(ethereum::address(&key).unwrap().to_vec(), bytes("ethereum_address"));
        assert_eq!(report.json["scheme"], "ecdsa");
        assert_eq!(sign_ethereum("//Bob", "0xzz", &options).unwrap_err().name, "Usage");
        let plain = inspect("//Bob", &options).unwrap();
        assert!(plain.json["ethereum_address"].is_null() && !plain.text.contains("ethereum"));
    }
}
