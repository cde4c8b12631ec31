//! Derivation, signing and single verification, against polkadot.js and the rules of ZIP-215.

use tenon_crypto::{
    Keypair, Scheme, Signature, ethereum,
    hash::blake2b_256,
    mnemonic, os, recover_secp256k1, signing_message, ss58,
    suri::{DEV_PHRASE, MAX_JUNCTIONS, SuriError},
    verify, verify_ed25519, verify_sr25519,
};

fn alice(scheme: Scheme) -> Keypair {
    Keypair::from_suri(scheme, "//Alice").expect("a development key")
}

#[test]
fn derives_the_well_known_development_accounts() {
    for (scheme, suri, address) in [
        (Scheme::Sr25519, "//Alice", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"),
        (Scheme::Sr25519, "//Bob", "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"),
        (Scheme::Ed25519, "//Alice", "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu"),
        (Scheme::Secp256k1, "//Alice", "5C7C2Z5sWbytvHpuLTvzKunnnRwQxft1jiqrLD5rhucQ5S9X"),
    ] {
        let pair = Keypair::from_suri(scheme, suri).expect("valid");
        assert_eq!(ss58::encode(&pair.account(), 42).expect("in range"), address, "{scheme} {suri}");
    }
}

#[test]
fn derives_what_polkadot_js_derives() {
    let file = crate::vectors("keys.json");
    let rows = file["derivations"].as_array().expect("rows");
    assert_eq!(rows.len(), 18);
    for row in rows {
        let scheme = crate::text(&row[0]).parse().expect("a scheme");
        let pair = Keypair::from_suri(scheme, crate::text(&row[1])).expect("valid");
        assert_eq!(ss58::encode(&pair.account(), 42).expect("in range"), crate::text(&row[2]), "{row}");
    }
}

#[test]
fn verifies_what_polkadot_js_signs() {
    let file = crate::vectors("keys.json");
    for row in file["signatures"].as_array().expect("rows") {
        let scheme: Scheme = crate::text(&row[0]).parse().expect("a scheme");
        let (account, _) = ss58::decode(crate::text(&row[1])).expect("an address");
        let (message, signature) = (crate::bytes(&row[2]), crate::bytes(&row[3]));
        assert!(verify(scheme, &signature, &account, &message), "{row}");
        assert!(!verify(scheme, &signature, &account, b"another message"), "{row}");
        if scheme != Scheme::Sr25519 {
            // There polkadot.js mixes in entropy; the other schemes leave no choice of nonce.
            assert_eq!(alice(scheme).sign(&message).as_bytes(), signature, "{row}");
        }
    }
}

#[test]
fn signs_deterministically_and_verifiably_in_every_scheme() {
    for scheme in Scheme::ALL {
        let pair = alice(scheme);
        let signature = pair.sign(b"message");
        assert_eq!(signature, alice(scheme).sign(b"message"));
        assert_ne!(signature, pair.sign(b"another"));
        assert_eq!((signature.scheme(), signature.as_bytes().len()), (scheme, scheme.signature_len()));
        assert!(verify(scheme, signature.as_bytes(), &pair.account(), b"message"));
        assert!(!verify(scheme, signature.as_bytes(), &pair.account(), b"massage"));
        assert!(!verify(scheme, &signature.as_bytes()[1..], &pair.account(), b"message"));
        assert!(!verify(scheme, signature.as_bytes(), &[7; 32], b"message"));
    }
}

#[test]
fn refuses_an_sr25519_signature_under_another_context() {
    let pair = alice(Scheme::Sr25519);
    let Signature::Sr25519(mut signature) = pair.sign(b"message") else { panic!("sr25519 was asked for") };
    assert!(verify_sr25519(&signature, &pair.account(), b"message"));
    signature[63] &= 0x7f;
    assert!(!verify_sr25519(&signature, &pair.account(), b"message"), "schnorrkel's mark is missing");
}

#[test]
fn ed25519_takes_the_small_order_and_unreduced_points_of_zip_215() {
    let mut identity = [0; 32];
    identity[0] = 1;
    // The same point with y = p + 1.
    let mut unreduced = [0xff; 32];
    (unreduced[0], unreduced[31]) = (0xee, 0x7f);
    for public in [identity, unreduced] {
        for r in [identity, unreduced] {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&r);
            assert!(verify_ed25519(&signature, &public, b"any message"));
            signature[32..].fill(0xff);
            assert!(!verify_ed25519(&signature, &public, b"any message"), "s is not below the order");
        }
    }
}

#[test]
fn nobody_signs_for_the_zero_account() {
    let mut signature = [0; 64];
    signature[63] = 0x80;
    assert!(verify_sr25519(&signature, &[0; 32], b"burnt"), "as the bare scheme has it");
    for scheme in Scheme::ALL {
        assert!(!verify(scheme, &signature, &[0; 32], b"burnt"));
    }
}

#[test]
fn recovers_the_signer_and_refuses_malleated_ecdsa() {
    let pair = alice(Scheme::Secp256k1);
    let digest = blake2b_256(b"message");
    let Signature::Secp256k1(signature) = pair.sign(b"message") else { panic!("ecdsa was asked for") };
    assert_eq!(recover_secp256k1(&signature, &digest).as_ref().map(|key| &key[..]), Some(pair.public().as_bytes()));

    let mut high = signature;
    high[32..64].copy_from_slice(&negate_mod_order(&signature[32..64]));
    high[64] ^= 1;
    assert_eq!(recover_secp256k1(&high, &digest), None, "the other s");

    for recovery in 4..=u8::MAX {
        let mut other = signature;
        other[64] = recovery;
        assert_eq!(recover_secp256k1(&other, &digest), None, "recovery id {recovery}");
    }
    for range in [0..32, 32..64] {
        let mut zero = signature;
        zero[range].fill(0);
        assert_eq!(recover_secp256k1(&zero, &digest), None, "a zero part");
    }
}

/// Returns the order of secp256k1 less `value`, both big-endian.
fn negate_mod_order(value: &[u8]) -> Vec<u8> {
    let order = hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").expect("hexadecimal");
    let mut borrow = 0;
    let mut digits: Vec<u8> = order
        .iter()
        .zip(value)
        .rev()
        .map(|(a, b)| {
            let difference = i16::from(*a) - i16::from(*b) - borrow;
            borrow = i16::from(difference < 0);
            u8::try_from(difference.rem_euclid(256)).expect("below 256")
        })
        .collect();
    digits.reverse();
    digits
}

#[test]
fn long_payloads_are_hashed_before_signing() {
    assert_eq!(*signing_message(&[1; 256]), [1; 256]);
    assert_eq!(*signing_message(&[1; 257]), blake2b_256(&[1; 257]));
}

#[test]
fn numbers_and_names_are_different_junctions() {
    let account = |suri: &str| Keypair::from_suri(Scheme::Sr25519, suri).expect("valid").account();
    assert_eq!(account("//1"), account(&format!("{DEV_PHRASE}//1")));
    assert_eq!(account("//1"), account("//01"), "a number, however written");
    assert_ne!(account("//1"), account("/1"));
    assert_ne!(account("//1"), account("//one"));
    assert_ne!(account("//1"), account("//1///secret"));
    assert_eq!(account("//1"), account("//1///"), "an empty password is none");
    assert_eq!(account("//1///a//b"), account(&format!("{DEV_PHRASE}//1///a//b")), "slashes belong to the password");
}

#[test]
fn refuses_malformed_secret_uris() {
    let error = |scheme, suri: &str| Keypair::from_suri(scheme, suri).expect_err("malformed");
    let sr25519 = |suri: &str| error(Scheme::Sr25519, suri);
    assert!(matches!(sr25519("not a phrase"), SuriError::Mnemonic(_)));
    assert_eq!(sr25519("//a/"), SuriError::EmptyJunction { position: 1 });
    assert_eq!(sr25519("//"), SuriError::EmptyJunction { position: 0 });
    assert_eq!(sr25519("0x12//a"), SuriError::RawSeed);
    assert_eq!(sr25519(&format!("0x{}///p", "01".repeat(32))), SuriError::PasswordOfRawSeed);
    assert_eq!(sr25519(&"/a".repeat(MAX_JUNCTIONS + 1)), SuriError::TooManyJunctions);
    assert_eq!(sr25519(&"a".repeat(2000)), SuriError::TooLong { found: 2000 });
    for scheme in [Scheme::Ed25519, Scheme::Secp256k1] {
        assert_eq!(error(scheme, "//a/b"), SuriError::SoftJunction { scheme, position: 1 });
    }
    let zero = format!("0x{}", "00".repeat(32));
    assert!(matches!(error(Scheme::Secp256k1, &zero), SuriError::Key(_)));
}

#[test]
fn phrases_and_entropy_are_each_others_inverse() {
    for len in [16, 20, 24, 28, 32] {
        let entropy = &os::random_bytes::<32>().expect("the system has randomness")[..len];
        let phrase = mnemonic::from_entropy(entropy).expect("a valid length");
        assert_eq!(phrase.split(' ').count(), len * 3 / 4);
        assert_eq!(mnemonic::to_entropy(&phrase).expect("just made").as_slice(), entropy);
    }
    for len in [0, 15, 17, 33] {
        assert!(mnemonic::from_entropy(&vec![0; len]).is_err(), "{len} bytes");
    }
    let broken = DEV_PHRASE.replace("walk", "walnut");
    assert!(mnemonic::to_entropy(&broken).is_err(), "the checksum is wrong");
}

#[test]
fn seeds_follow_substrate_bip39() {
    // The first of the vectors published with substrate-bip39 (Trezor's entropy and password).
    let seed = mnemonic::to_seed(
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
        "Substrate",
    );
    assert_eq!(
        hex::encode(seed.expect("valid").as_slice()),
        "44e9d125f037ac1d51f0a7d3649689d422c2af8b1ec8e00d71db4d7bf6d127e3\
         3f50c3d5c84fa3e5399c72d6cbbbbc4a49bf76f76d952f479d74655a2ef2d453"
    );
}

#[test]
fn debug_output_shows_no_secret() {
    let seed = [0x5a; 32];
    let shown = format!("{:?}", Keypair::from_seed(Scheme::Ed25519, &seed).expect("any seed"));
    assert!(!shown.contains("90, 90, 90"), "{shown}");
}

#[test]
fn scheme_numbers_and_names_round_trip() {
    for scheme in Scheme::ALL {
        assert_eq!(Scheme::from_index(scheme.index()), Some(scheme));
        assert_eq!(scheme.name().parse(), Ok(scheme));
    }
    assert_eq!(Scheme::from_index(3), None);
    assert!("ethereum".parse::<Scheme>().is_err());
}

#[test]
fn signs_and_recovers_as_wallets_of_ethereum_do() {
    let all: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/vectors/streamr.json")).expect("the vectors are JSON");
    let rows = all["signatures"].as_array().expect("there are rows");
    let bytes = |row: &serde_json::Value, name: &str| hex::decode(row[name].as_str().expect("text")).expect("hex");
    let mut signed = 0;
    for row in rows {
        let (payload, signature) = (bytes(row, "payload_hex"), bytes(row, "signature"));
        assert_eq!(ethereum::digest(&payload).to_vec(), bytes(row, "payload_keccak_eip191"));
        let key = ethereum::recover(&signature.clone().try_into().expect("65 bytes"), &payload);
        let address = key.and_then(|key| ethereum::address(&key));
        let expected = address.is_some_and(|address| address.to_vec() == bytes(row, "signer"));
        assert_eq!(row["valid"].as_bool(), Some(expected));
        if row["private_key"].is_string() {
            let seed = bytes(row, "private_key").try_into().expect("32 bytes");
            let pair = Keypair::from_seed(Scheme::Secp256k1, &seed).expect("a secret");
            assert_eq!(pair.sign_ethereum(&payload).map(Vec::from), Some(signature));
            signed += 1;
        }
    }
    assert_eq!((rows.len() >= 3, signed), (true, 1));
    assert_eq!(alice(Scheme::Sr25519).sign_ethereum(b"message"), None);
}
