//! Prints how long a light client takes for a certificate and for an epoch, beside one sr25519 signature.
//!
//! `cargo run -p tenon-core --example certificate_speed`

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures and prints")]

use parity_scale_codec::Encode;
use std::hint::black_box;
use std::time::Instant;
use tenon_core::consensus::bbft::{
    BlsScheme, Certificate, Checkpoint, Epoch, EpochProof, HeaderProof, LightClient, LightRules, Signature, Signers,
    Statement, Validator, ValidatorIndex, ValidatorSet, View, signed_bytes,
};
use tenon_crypto::bls::{BlsAggregate, BlsSecretKey};
use tenon_crypto::{Keypair, Scheme, verify_sr25519};
use tenon_types::{Address, BlockInfo, Digest, DigestItem, ENGINE_ID, Hash, Header, Seal};

/// The best of this many rounds is printed, since the machine does other things too.
const ROUNDS: u32 = 100;
/// The epochs of a run.
const EPOCHS: u32 = 64;

fn main() {
    let single = sr25519();
    println!("{:48} {:>9.1} us", "sr25519: verify", single * 1e6);
    for validators in [4, 21, 100] {
        committee(validators, single);
    }
}

fn sr25519() -> f64 {
    let message = signed_bytes(Hash([1; 32]), Epoch(1), &Statement::nullify(View(1)));
    let pair = Keypair::from_seed(Scheme::Sr25519, &[1; 32]).expect("any seed");
    let tenon_crypto::Signature::Sr25519(signature) = pair.sign(&message) else { panic!("a signature of the scheme") };
    best(|| assert!(verify_sr25519(&signature, &pair.account(), &message)))
}

/// Both sets of a chain whose validators are others in each epoch.
struct Chain {
    rules: LightRules,
    sets: [Vec<BlsSecretKey>; 2],
}

fn committee(validators: ValidatorIndex, single: f64) {
    let sets = [1, 2].map(|set| (0..validators).map(|index| secret(set, index)).collect());
    let genesis = header(None, 0, None);
    let rules = LightRules { chain: genesis.hash(), epoch_blocks: 1, trust_period_ms: u64::MAX };
    let chain = Chain { rules, sets };
    let (start, first_set) = (genesis.hash(), chain.validators(0));
    let checkpoint = Checkpoint { epoch: Epoch(0), start, start_ms: 0, since_ms: 0, validators: first_set };
    let proofs: Vec<Vec<u8>> = chain.proofs(&genesis).iter().map(EpochProof::to_bytes).collect();
    let client = LightClient::new(rules, checkpoint.clone()).expect("a checkpoint");

    let first = EpochProof::from_bytes(&proofs[0]).expect("written so").last;
    let seconds = best(|| assert!(client.check_header(&first, 1).is_ok()));
    let signers = first.certificate.signers.count();
    let what = format!("certificate of {signers} of {validators}: check a header");
    println!("{what:48} {:>9.1} us  {:.0} times one sr25519 signature", seconds * 1e6, seconds / single);
    println!(
        "{:48} {:>9} bytes",
        format!("certificate of {signers} of {validators}"),
        first.certificate.encoded_size()
    );

    let set = ValidatorSet::new(chain.validators(1)).expect("a set");
    let seconds = best(|| drop(black_box(BlsScheme::observer(&set))));
    println!("{:48} {:>9.1} us", format!("set of {validators}: decode and prepare the keys"), seconds * 1e6);

    let start = Instant::now();
    let mut client = LightClient::new(rules, checkpoint).expect("a checkpoint");
    for bytes in &proofs {
        let proof = EpochProof::from_bytes(bytes).expect("written so");
        client.advance(&proof, u64::from(EPOCHS)).expect("in order");
    }
    let seconds = start.elapsed().as_secs_f64() / f64::from(EPOCHS);
    let what = format!("light client, {validators} validators, all new each epoch");
    println!("{what:48} {:>9.0} epochs a second, {} bytes each", 1.0 / seconds, proofs[0].len());
}

impl Chain {
    fn validators(&self, epoch: usize) -> Vec<Validator> {
        let validator = |(index, secret): (u64, &BlsSecretKey)| {
            let mut account = Address([7; 32]);
            account.0[..8].copy_from_slice(&index.to_le_bytes());
            Validator { account, bls_key: secret.public_key().to_bytes(), weight: 1 }
        };
        (0..).zip(&self.sets[epoch % 2]).map(validator).collect()
    }

    /// The proofs of epochs of one block each, which a little more than two thirds signed.
    fn proofs(&self, genesis: &Header) -> Vec<EpochProof> {
        let mut parent = genesis.clone();
        let proof = |epoch: u32| {
            let next = self.validators(epoch as usize + 1);
            let hash = ValidatorSet::new(next.clone()).expect("a set").hash();
            parent = header(Some(&parent), u64::from(epoch), Some(hash));
            let certificate = self.certify(epoch, Statement::finalize(View(1), parent.hash()));
            let last = HeaderProof { header: parent.clone(), descendants: Vec::new(), certificate };
            EpochProof { last, next_validators: next }
        };
        (0..EPOCHS).map(proof).collect()
    }

    fn certify(&self, epoch: u32, statement: Statement) -> Certificate {
        let set = &self.sets[epoch as usize % 2];
        let message = signed_bytes(self.rules.chain, Epoch(u64::from(epoch)), &statement);
        let (mut signers, mut sum) = (Signers::none(set.len()), BlsAggregate::empty());
        for (index, secret) in (0..).zip(set).take(set.len() * 2 / 3 + 1) {
            signers.insert(index);
            sum.add(&secret.sign(&message));
        }
        Certificate { statement, signers, signature: Signature(sum.to_bytes()) }
    }
}

fn secret(set: u8, index: ValidatorIndex) -> BlsSecretKey {
    let mut seed = [set; 32];
    seed[..2].copy_from_slice(&index.to_le_bytes());
    BlsSecretKey::from_seed(&seed)
}

fn header(parent: Option<&Header>, epoch: u64, next_validators: Option<Hash>) -> Header {
    let number = parent.map_or(0, |parent| parent.number + 1);
    let info = BlockInfo {
        time_ms: u64::from(number),
        producer: Address::ZERO,
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
        state_root: Hash::ZERO,
        extrinsics_root: Hash::ZERO,
        digest: Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] },
    }
}

fn best(check: impl Fn()) -> f64 {
    let seconds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        check();
        start.elapsed().as_secs_f64()
    });
    seconds.fold(f64::INFINITY, f64::min)
}
