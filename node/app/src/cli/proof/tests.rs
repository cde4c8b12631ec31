//! Files of `tenon proof` that lead over epochs: made here with real certificates, checked as the command checks them.

use super::{light, trust};
use parity_scale_codec::Encode;
use tenon_api::json::{
    Bytes, CertificateView, Decimal, EpochView, HeaderProofView, HexHash, LightProofView, TrustView, ValidatorView,
};
use tenon_client::format_address;
use tenon_core::consensus::bbft::{
    Certificate, Epoch, EpochProof, HeaderProof, Signature, Signers, Statement, Validator, ValidatorSet, View,
    signed_bytes,
};
use tenon_crypto::bls::{BlsAggregate, BlsSecretKey};
use tenon_types::{Address, BlockInfo, Digest, DigestItem, ENGINE_ID, Hash, Header, Seal};

const EPOCH_BLOCKS: u32 = 2;
const BLOCK_MS: u64 = 1_000;
const TRUST_MS: u64 = 60_000;

fn secret(seed: u8) -> BlsSecretKey {
    BlsSecretKey::from_seed(&[seed; 32])
}

/// Four validators whose keys are numbered from one on.
fn members(first: u8) -> Vec<Validator> {
    let member =
        |seed: u8| Validator { account: Address([seed; 32]), bls_key: secret(seed).public_key().to_bytes(), weight: 5 };
    (first..first + 4).map(member).collect()
}

fn header(parent: Option<&Header>, epoch: u64, next_validators: Option<Hash>) -> Header {
    let number = parent.map_or(0, |parent| parent.number + 1);
    let info = BlockInfo {
        time_ms: u64::from(number) * BLOCK_MS,
        producer: Address([1; 32]),
        base_fee: 1,
        parent_gas_used: 0,
        parent_receipts_root: Hash::ZERO,
        ancestors: Hash::ZERO,
        seal: Seal { epoch, ..Seal::default() },
        next_validators,
    };
    Header {
        parent_hash: parent.map_or(Hash::ZERO, Header::hash),
        number,
        state_root: Hash([3; 32]),
        extrinsics_root: Hash::ZERO,
        digest: Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] },
    }
}

/// The proof of a header by three of four validators.
fn prove(chain: Hash, epoch: u64, first: u8, header: &Header) -> HeaderProof {
    let statement = Statement::finalize(View(9), header.hash());
    let (mut sum, mut signers) = (BlsAggregate::empty(), Signers::none(4));
    for index in [0, 1, 3] {
        sum.add(&secret(first + index).sign(&signed_bytes(chain, Epoch(epoch), &statement)));
        assert!(signers.insert(index.into()));
    }
    let certificate = Certificate { statement, signers, signature: Signature(sum.to_bytes()) };
    HeaderProof { header: header.clone(), descendants: Vec::new(), certificate }
}

fn shown(proof: &HeaderProof) -> HeaderProofView {
    let Certificate { statement, signers, signature } = &proof.certificate;
    HeaderProofView {
        height: proof.header.number,
        hash: HexHash(proof.header.hash()),
        header: Bytes(proof.header.encode()),
        certificate: CertificateView {
            epoch: proof.header.info().unwrap().seal.epoch,
            view: statement.view.0,
            block: HexHash(statement.digest),
            signers: signers.iter().collect(),
            signature: Bytes(signature.0.to_vec()),
        },
        descendants: Vec::new(),
        bytes: Bytes(proof.to_bytes()),
    }
}

fn trust_of(genesis: &Header, validators: &[Validator]) -> TrustView {
    let shown = |one: &Validator| ValidatorView {
        account: format_address(&one.account, 7),
        bls_key: Bytes(one.bls_key.to_vec()),
        weight: Decimal(one.weight),
    };
    TrustView {
        trust_period_ms: Some(TRUST_MS),
        epoch: EpochView {
            genesis_hash: HexHash(genesis.hash()),
            epoch_blocks: EPOCH_BLOCKS,
            epoch: 0,
            start: HexHash(genesis.hash()),
            start_ms: 0,
            since_ms: 0,
            validators_hash: HexHash(ValidatorSet::new(validators.to_vec()).unwrap().hash()),
            validators: validators.iter().map(shown).collect(),
        },
    }
}

/// Three epochs: after the first others were elected, after the second nobody. The proof is of the third one's first
/// block.
fn file() -> (TrustView, LightProofView) {
    let genesis = header(None, 0, None);
    let (chain, next) = (genesis.hash(), members(11));
    let mut last = genesis.clone();
    let mut epochs = Vec::new();
    for (epoch, first, elected) in [(0, 1, Some(next.clone())), (1, 11, None)] {
        let within = header(Some(&last), epoch, None);
        let commitment = elected.clone().map(|set| ValidatorSet::new(set).unwrap().hash());
        last = header(Some(&within), epoch, commitment);
        let proof =
            EpochProof { last: prove(chain, epoch, first, &last), next_validators: elected.unwrap_or_default() };
        epochs.push(Bytes(proof.to_bytes()));
    }
    let finality = shown(&prove(chain, 2, 11, &header(Some(&last), 2, None)));
    let proof = LightProofView { genesis_hash: HexHash(chain), epochs, finality, inclusion: None, state: None };
    (trust_of(&genesis, &members(1)), proof)
}

#[test]
fn a_proof_leads_over_elections_and_over_none() {
    let (trust, proof) = file();
    let report = light::check(&proof, &trust, 10 * BLOCK_MS).unwrap();
    assert_eq!((&report.json["valid"], &report.json["epoch"]), (&true.into(), &2.into()));
    assert_eq!((&report.json["signers"], &report.json["validators"]), (&3.into(), &4.into()));
    assert_eq!((&report.json["weight"], &report.json["total_weight"]), (&"15".into(), &"20".into()));
    // The validators are those since the end of the first epoch: nobody was elected after it.
    assert_eq!(report.json["trusted_until_ms"], 2 * BLOCK_MS + TRUST_MS);
    assert!(report.text.contains("3 of 4 validators"), "{}", report.text);
}

#[test]
fn a_proof_with_an_epoch_left_out_changed_or_too_late_is_refused() {
    let (trust, proof) = file();
    let refused = |proof: &LightProofView, now_ms, said: &str| {
        let failure = light::check(proof, &trust, now_ms).unwrap_err();
        assert_eq!(failure.name, "BadProof");
        assert!(failure.message.contains(said), "{}", failure.message);
        assert!(!failure.hint.is_empty());
    };
    let now_ms = 10 * BLOCK_MS;
    let gap = LightProofView { epochs: proof.epochs[1..].to_vec(), ..proof.clone() };
    refused(&gap, now_ms, "header is of epoch 1, expected 0");
    let short = LightProofView { epochs: proof.epochs[..1].to_vec(), ..proof.clone() };
    refused(&short, now_ms, "header is of epoch 2, expected 1");
    let mut forged = proof.clone();
    forged.epochs[0].0.pop();
    refused(&forged, now_ms, "rule 3 of light clients");
    let mut other = proof.clone();
    other.finality.hash = HexHash(Hash([8; 32]));
    refused(&other, now_ms, "expected 0x0808");
    refused(&proof, TRUST_MS, "rule 9 of light clients");
    refused(&proof, 2 * BLOCK_MS + TRUST_MS, "rule 9 of light clients");
}

#[test]
fn a_file_of_trust_of_another_chain_or_with_other_validators_is_refused() {
    let (trust, proof) = file();
    let mut foreign = trust.clone();
    foreign.epoch.genesis_hash = HexHash(Hash([5; 32]));
    assert_eq!(light::check(&proof, &foreign, BLOCK_MS).unwrap_err().name, "NotFound");
    let mut heavier = trust.clone();
    heavier.epoch.validators[0].weight = Decimal(6);
    assert_eq!(light::check(&proof, &heavier, BLOCK_MS).unwrap_err().name, "File");
    let mut nobody = trust.clone();
    nobody.epoch.validators[1].account = "5F".into();
    assert_eq!(light::check(&proof, &nobody, BLOCK_MS).unwrap_err().name, "File");
    let mut stranger = trust;
    stranger.epoch.validators[1].bls_key = Bytes(vec![1; 95]);
    assert!(light::check(&proof, &stranger, BLOCK_MS).unwrap_err().message.contains("95 bytes, expected 96"));
}

#[test]
fn a_file_of_trust_that_was_moved_on_is_one_again() {
    let (before, proof) = file();
    let mut client = trust::client_of(&before).unwrap();
    for epoch in &proof.epochs {
        client.advance(&EpochProof::from_bytes(&epoch.0).unwrap(), 10 * BLOCK_MS).unwrap();
    }
    let after = trust::view_of(&client, &before);
    assert_eq!((after.epoch.epoch, after.epoch.start_ms, after.epoch.since_ms), (2, 4 * BLOCK_MS, 2 * BLOCK_MS));
    assert_eq!(after.epoch.validators[0].account, format_address(&Address([11; 32]), 7));
    assert_eq!(trust::client_of(&after).unwrap().checkpoint(), client.checkpoint());
    let late = LightProofView { epochs: Vec::new(), ..proof };
    assert!(light::check(&late, &after, 10 * BLOCK_MS).is_ok());
}
