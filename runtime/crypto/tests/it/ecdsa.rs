//! Recovery over secp256k1 against another implementation, edges included.

use tenon_crypto::{Keypair, PublicKey, Scheme, ethereum, hash::keccak_256};
use tenon_crypto::{recover_secp256k1, recover_secp256k1_uncompressed};

#[test]
fn recovers_what_another_implementation_recovers_and_refuses_what_it_refuses() {
    let file = crate::vectors("secp256k1.json");
    let rows = file["recoveries"].as_array().expect("rows");
    let mut keys = 0;
    for row in rows {
        let (signature, digest) = (crate::bytes(&row[0]), crate::bytes(&row[1]));
        let signature = signature.try_into().expect("65 bytes");
        let digest = digest.try_into().expect("32 bytes");
        let expected = (!row[2].is_null()).then(|| crate::bytes(&row[2]));
        let compressed = recover_secp256k1(&signature, &digest);
        assert_eq!(compressed.map(|key| key.to_vec()), expected, "{row}");
        let both = recover_secp256k1_uncompressed(&signature, &digest);
        assert_eq!(both.map(|both| compress(&both).to_vec()), expected, "{row}");
        keys += usize::from(expected.is_some());
    }
    assert_eq!((rows.len(), keys), (130, 80));
}

#[test]
fn finds_both_coordinates_of_known_points_and_of_their_negatives() {
    // The generator and twice the generator (SEC 2; a table of the curve).
    for (number, x, y) in [
        (
            1,
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
        ),
        (
            2,
            "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
            "1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a",
        ),
    ] {
        let both = hex::decode([x, y].concat()).expect("hexadecimal");
        let mut seed = [0; 32];
        seed[31] = number;
        let pair = Keypair::from_seed(Scheme::Secp256k1, &seed).expect("a secret");
        let PublicKey::Secp256k1(key) = pair.public() else { panic!("a key of secp256k1") };
        assert_eq!(key, compress(&both.clone().try_into().expect("64 bytes")));
        assert_eq!(ethereum::address(&key).expect("a key").to_vec(), keccak_256(&both)[12..]);
        let mut negative = key;
        negative[0] ^= 1;
        let address = ethereum::address(&negative).expect("a key");
        assert_ne!(address.to_vec(), keccak_256(&both)[12..]);
    }
}

#[test]
fn what_is_no_compressed_point_has_no_address() {
    let mut key = [0; 33];
    // Tags other than 2 and 3, and coordinates that no point has: 5, 0, the prime.
    for (tag, last) in [(0, 1), (1, 1), (4, 1), (5, 1), (2, 5), (3, 0)] {
        (key[0], key[32]) = (tag, last);
        assert_eq!(ethereum::address(&key), None, "{tag} {last}");
    }
    let prime = hex::decode("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f").expect("hexadecimal");
    key[0] = 2;
    // The prime, and one more: that would be another form of 1, which is the first coordinate of a point.
    for last in [0x2f, 0x30] {
        key[1..].copy_from_slice(&prime);
        key[32] = last;
        assert_eq!(ethereum::address(&key), None, "{last}");
    }
    key[1..].fill(0);
    key[32] = 1;
    assert!(ethereum::address(&key).is_some());
}

/// The compressed form of both coordinates.
fn compress(both: &[u8; 64]) -> [u8; 33] {
    let mut key = [2 | both[63] & 1; 33];
    key[1..].copy_from_slice(&both[..32]);
    key
}
