//! Random histories of epochs: the client follows each, and refuses each proof of which a bit was changed.

use super::*;
use proptest::prelude::*;

const EPOCHS: usize = 50;

/// What is random of an epoch.
#[derive(Clone, Debug)]
struct Chances {
    /// Who validates the next one.
    next: Members,
    /// Blocks above the last one.
    above: u32,
    /// From whom on signers are taken until they are enough.
    first_signer: usize,
    /// Which bit of the proof is changed.
    bit: usize,
}

fn members() -> impl Strategy<Value = Members> {
    proptest::collection::btree_map(0_usize..12, 1_u128..100, 1..6).prop_map(|members| members.into_iter().collect())
}

fn chances() -> impl Strategy<Value = Chances> {
    (members(), 0_u32..3, any::<usize>(), any::<usize>()).prop_map(|(next, above, first_signer, bit)| Chances {
        next,
        above,
        first_signer,
        bit,
    })
}

/// As few signers as are enough, from one of them on.
fn quorum(members: &Members, first: usize) -> Vec<usize> {
    let total: u128 = members.iter().map(|(_, weight)| weight).sum();
    let (mut weight, mut signers) = (0, Vec::new());
    for place in 0..members.len() {
        let signer = (first % members.len() + place) % members.len();
        if 3 * weight <= 2 * total {
            weight += members[signer].1;
            signers.push(signer);
        }
    }
    signers
}

/// Changes a bit and asserts that the client refuses what comes out, and is as it was.
fn refuses_a_changed_bit(client: &mut LightClient, proof: &EpochProof, bit: usize, now_ms: u64) {
    let (mut bytes, before) = (proof.to_bytes(), client.to_bytes());
    let bit = bit % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    if let Ok(changed) = EpochProof::from_bytes(&bytes) {
        assert_eq!(changed.to_bytes(), bytes, "bytes that are read have one reading");
        assert!(client.advance(&changed, now_ms).is_err(), "bit {bit} of {proof:?}");
    }
    assert_eq!(client.to_bytes(), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn follows_any_history_and_nothing_else(
        genesis in members(),
        epoch_blocks in 1_u32..4,
        history in proptest::collection::vec(chances(), EPOCHS),
    ) {
        let mut world = World::new(genesis, epoch_blocks);
        let mut client = world.client();
        let mut earlier: Option<EpochProof> = None;
        for Chances { next, above, first_signer, bit } in history {
            let now_ms = world.now_ms();
            let mut proof = world.proof(&next, above);
            let statement = proof.last.certificate.statement;
            let signers = quorum(&world.members, first_signer);
            proof.last.certificate = world.certify(statement, &signers);
            refuses_a_changed_bit(&mut client, &proof, bit, now_ms);
            if let Some(earlier) = &earlier {
                prop_assert!(matches!(client.advance(earlier, now_ms), Err(LightError::Epoch { .. })), "a replay");
                let certificate = earlier.last.certificate.clone();
                let last = HeaderProof { certificate, ..proof.last.clone() };
                let refused = client.advance(&EpochProof { last, ..proof.clone() }, now_ms);
                prop_assert!(matches!(refused, Err(LightError::Digest { .. })), "an old certificate: {refused:?}");
            }
            let too_few = world.certify(statement, &signers[1..]);
            let last = HeaderProof { certificate: too_few, ..proof.last.clone() };
            let refused = client.advance(&EpochProof { last, ..proof.clone() }, now_ms);
            let is_quorum = world.client().set().is_quorum(&bitmap(world.members.len(), &signers[1..]));
            prop_assert!(is_quorum || matches!(refused, Err(LightError::Quorum { .. })), "{refused:?}");
            if refused.is_err() {
                prop_assert_eq!(client.advance(&proof, now_ms), Ok(()));
            }
            world.go_on(&proof, next);
            prop_assert_eq!(client.checkpoint(), world.checkpoint());
            client = LightClient::from_bytes(&client.to_bytes()).expect("written so");
            earlier = Some(proof);
        }
        prop_assert_eq!(client.epoch(), Epoch(EPOCHS as u64));
    }
}
