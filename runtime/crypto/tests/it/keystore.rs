//! Key files: those of polkadot.js open, ours round-trip, and hostile ones are refused cheaply.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Map, json};
use tenon_crypto::{
    Keypair, Scheme,
    keystore::{KeyFile, KeystoreError, SealRandomness},
};

const RANDOMNESS: SealRandomness = SealRandomness { salt: [3; 32], nonce: [4; 24] };

fn sealed(scheme: Scheme, suri: &str) -> KeyFile {
    let pair = Keypair::from_suri(scheme, suri).expect("valid");
    let meta = Map::from_iter([("name".to_owned(), json!("test"))]);
    KeyFile::seal(&pair, "password", &RANDOMNESS, 42, meta).expect("valid")
}

#[test]
fn opens_the_files_of_polkadot_js() {
    let file = crate::vectors("keystore.json");
    let rows = file["files"].as_array().expect("rows");
    assert_eq!(rows.len(), 5);
    for row in rows {
        let scheme: Scheme = crate::text(&row["scheme"]).parse().expect("a scheme");
        let expected = Keypair::from_suri(scheme, crate::text(&row["suri"])).expect("valid");
        let key_file = KeyFile::from_json(&row["file"].to_string()).expect("a key file");
        let pair = key_file.open(crate::text(&row["password"])).expect("the password is right");
        assert_eq!(pair.public(), expected.public(), "{row}");
        if !crate::text(&row["suri"]).contains("/soft") {
            // A soft junction's nonce seed is drawn at random in polkadot.js.
            assert_eq!(pair.sign(b"message"), expected.sign(b"message"), "{row}");
        }
    }
}

#[test]
fn sealed_keys_open_again_in_every_scheme() {
    for (scheme, suri) in
        [(Scheme::Sr25519, "//Alice/soft"), (Scheme::Ed25519, "//Alice"), (Scheme::Secp256k1, "//Alice")]
    {
        let file = sealed(scheme, suri);
        let read = KeyFile::from_json(&file.to_json().expect("serializes")).expect("just written");
        assert_eq!(read, file);
        assert_eq!(read.scheme().expect("known"), scheme);
        let pair = read.open("password").expect("the password is right");
        let original = Keypair::from_suri(scheme, suri).expect("valid");
        assert_eq!(pair.sign(b"message"), original.sign(b"message"));
    }
}

#[test]
fn refuses_wrong_passwords_and_damage() {
    let file = sealed(Scheme::Sr25519, "//Alice");
    assert!(matches!(file.open("passwort"), Err(KeystoreError::WrongPassword)));
    assert!(matches!(file.open(""), Err(KeystoreError::Password { found: 0 })));
    let short = KeyFile { encoded: BASE64.encode([0; 40]), ..file.clone() };
    assert!(matches!(short.open("password"), Err(KeystoreError::WrongPassword)));
    let garbled = KeyFile { encoded: "***".to_owned(), ..file.clone() };
    assert!(matches!(garbled.open("password"), Err(KeystoreError::Encoding)));
    let other = sealed(Scheme::Sr25519, "//Bob").address;
    assert!(matches!(
        KeyFile { address: other, ..file }.open("password"),
        Err(KeystoreError::Mismatch { field: "address" })
    ));
}

#[test]
fn refuses_costs_that_would_exhaust_the_reader() {
    let file = sealed(Scheme::Ed25519, "//Alice");
    let bytes = BASE64.decode(&file.encoded).expect("base64");
    for cost in [[1_u32 << 30, 1, 8], [1 << 17, 1 << 20, 8], [1 << 17, 1, 1 << 20], [0, 1, 8], [1 << 17, 0, 8]] {
        let mut hostile = bytes.clone();
        hostile[32..44].copy_from_slice(cost.map(u32::to_le_bytes).as_flattened());
        let hostile = KeyFile { encoded: BASE64.encode(hostile), ..file.clone() };
        let error = hostile.open("password").expect_err("not allowed");
        let KeystoreError::Cost { n, p, r } = error else { panic!("{error}") };
        assert_eq!([n, p, r], cost);
    }
    assert!(matches!(KeyFile::from_json(&" ".repeat(70_000)), Err(KeystoreError::TooLong { found: 70_000 })));
}

#[test]
fn refuses_other_versions_contents_and_ciphers() {
    let file = sealed(Scheme::Ed25519, "//Alice");
    let with = |change: fn(&mut KeyFile)| {
        let mut changed = file.clone();
        change(&mut changed);
        changed.open("password").expect_err("unsupported").to_string()
    };
    assert_eq!(
        with(|file| file.encoding.version = "2".to_owned()),
        "unsupported version in key file: found \"2\", expected 3"
    );
    assert!(with(|file| file.encoding.content[1] = "ethereum".to_owned()).contains("pkcs8,ethereum"));
    assert!(with(|file| file.encoding.content.clear()).contains("unsupported content"));
    assert!(with(|file| file.encoding.kind.truncate(1)).contains("unsupported encoding type"));
    assert!(with(|file| file.encoding.kind = vec!["none".to_owned()]).contains("not encrypted"));
}
