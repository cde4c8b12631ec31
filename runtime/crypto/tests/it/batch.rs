//! Batches agree with single checks, whatever is wrong with the items.

use proptest::{collection::vec, prelude::*};
use tenon_crypto::{
    Keypair, Scheme,
    batch::{SignedItem, verify as verify_batch},
    verify,
};

/// What is done to an item after it was signed.
#[derive(Clone, Copy, Debug)]
enum Harm {
    None,
    Signature(usize),
    Public(usize),
    Message,
    Truncated,
    OtherScheme,
    ZeroAccount,
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        24 => Just(Harm::None),
        3 => (0..65_usize * 8).prop_map(Harm::Signature),
        2 => (0..32_usize * 8).prop_map(Harm::Public),
        1 => Just(Harm::Message),
        1 => Just(Harm::Truncated),
        1 => Just(Harm::OtherScheme),
        1 => Just(Harm::ZeroAccount),
    ]
}

fn scheme() -> impl Strategy<Value = Scheme> {
    prop_oneof![5 => Just(Scheme::Sr25519), 4 => Just(Scheme::Ed25519), 1 => Just(Scheme::Secp256k1)]
}

/// An item that owns its bytes.
struct Owned {
    scheme: Scheme,
    signature: Vec<u8>,
    public: [u8; 32],
    message: Vec<u8>,
}

impl Owned {
    fn signed(scheme: Scheme, seed: u8, message: Vec<u8>) -> Self {
        let pair = Keypair::from_seed(scheme, &[seed.max(1); 32]).expect("a valid seed");
        let signature = pair.sign(&message).as_bytes().to_vec();
        Self { scheme, signature, public: pair.account(), message }
    }

    fn harmed(mut self, harm: Harm) -> Self {
        match harm {
            Harm::None => {}
            Harm::Signature(bit) => {
                let bit = bit % (self.signature.len() * 8);
                self.signature[bit / 8] ^= 1 << (bit % 8);
            }
            Harm::Public(bit) => self.public[bit / 8] ^= 1 << (bit % 8),
            Harm::Message => self.message.push(0),
            Harm::Truncated => self.signature.truncate(63),
            Harm::OtherScheme => {
                self.scheme = if self.scheme == Scheme::Sr25519 { Scheme::Ed25519 } else { Scheme::Sr25519 };
            }
            Harm::ZeroAccount => self.public = [0; 32],
        }
        self
    }

    fn item(&self) -> SignedItem<'_> {
        let Self { scheme, public, .. } = *self;
        SignedItem { scheme, signature: &self.signature, public, message: &self.message }
    }
}

/// Checks `owned` in batches and singly, and returns the verdicts.
fn verdicts(owned: &[Owned], threads: usize) -> Vec<bool> {
    let items: Vec<_> = owned.iter().map(Owned::item).collect();
    let single: Vec<_> =
        items.iter().map(|item| verify(item.scheme, item.signature, &item.public, item.message)).collect();
    assert_eq!(verify_batch(&items, threads), single);
    single
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn batches_agree_with_single_checks(
        plans in vec((scheme(), 0..6_u8, vec(any::<u8>(), 0..80), harm()), 0..150),
        threads in 0..5_usize,
    ) {
        let owned: Vec<_> = plans
            .into_iter()
            .map(|(scheme, seed, message, harm)| Owned::signed(scheme, seed, message).harmed(harm))
            .collect();
        verdicts(&owned, threads);
    }
}

#[test]
fn finds_one_bad_signature_wherever_it_is() {
    let signed = |scheme, bad: Option<usize>| -> Vec<_> {
        (0..40_usize)
            .map(|at| {
                let harm = if Some(at) == bad { Harm::Message } else { Harm::None };
                Owned::signed(scheme, 1, at.to_le_bytes().to_vec()).harmed(harm)
            })
            .collect()
    };
    for scheme in [Scheme::Sr25519, Scheme::Ed25519] {
        assert!(verdicts(&signed(scheme, None), 1).into_iter().all(|good| good));
        for bad in 0..40 {
            let found: Vec<_> = verdicts(&signed(scheme, Some(bad)), 1).into_iter().map(|good| !good).collect();
            assert_eq!(found.iter().position(|bad| *bad), Some(bad));
            assert_eq!(found.iter().filter(|bad| **bad).count(), 1);
        }
    }
}

#[test]
fn a_flood_of_bad_signatures_is_refused_to_the_last() {
    let flood: Vec<_> = (0..1200_usize)
        .map(|at| Owned::signed(Scheme::Sr25519, 2, at.to_le_bytes().to_vec()).harmed(Harm::Message))
        .collect();
    assert!(verdicts(&flood, 3).into_iter().all(|good| !good));
}

#[test]
fn errors_that_cancel_in_the_sum_do_not_pass() {
    let mut owned: Vec<_> = (0..16).map(|at| Owned::signed(Scheme::Sr25519, 3, vec![at])).collect();
    // With equal weights, raising one `s` and lowering another by the same would go unseen.
    let raised = owned.iter().position(|item| item.signature[32] < u8::MAX).expect("one has room");
    owned[raised].signature[32] += 1;
    let lowered = owned.iter().rposition(|item| item.signature[32] > 0).expect("one has room");
    assert_ne!(raised, lowered);
    owned[lowered].signature[32] -= 1;
    let good = verdicts(&owned, 1);
    assert_eq!(good.iter().filter(|good| **good).count(), 14);
}

#[test]
fn odd_ed25519_points_get_the_same_verdict_in_a_batch() {
    // Identity, an unreduced encoding of it, and a point of order 4: ZIP-215 takes all three as keys and as `R`.
    let mut odd = [[0; 32], [0xff; 32], [0; 32]];
    odd[0][0] = 1;
    (odd[1][0], odd[1][31]) = (0xee, 0x7f);
    odd[2][31] = 0x80;
    let mut owned: Vec<_> = (0..16).map(|at| Owned::signed(Scheme::Ed25519, at, vec![at])).collect();
    for public in odd {
        for r in odd {
            let signature = [r, [0; 32]].concat();
            owned.push(Owned { scheme: Scheme::Ed25519, signature, public, message: b"any".to_vec() });
        }
    }
    assert!(verdicts(&owned, 1).into_iter().all(|good| good));
}

#[test]
fn an_empty_batch_has_no_verdicts() {
    assert!(verify_batch(&[], 8).is_empty());
}
