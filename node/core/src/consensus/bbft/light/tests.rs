//! Chains of headers with real certificates, and everything that is changed of them.

use super::*;
use crate::consensus::bbft::{MAX_VALIDATORS, Signature, Signers, ValidatorIndex, ValidatorsError, View};
use std::sync::LazyLock;
use tenon_crypto::bls::{BlsAggregate, BlsSecretKey};
use tenon_types::proof::{Proof, ProofError, Terminal, key_hash, value_hash};
use tenon_types::{Address, Digest, DigestItem, ENGINE_ID, Header, Seal};

mod grows;
mod histories;
mod stays;

const GENESIS_MS: u64 = 1_000_000;
const BLOCK_MS: u64 = 500;
const PERIOD_MS: u64 = 100_000;

static SECRETS: LazyLock<Vec<BlsSecretKey>> =
    LazyLock::new(|| (1..=12).map(|seed| BlsSecretKey::from_seed(&[seed; 32])).collect());

/// Validators by the number of their key, with their weights.
type Members = Vec<(usize, u128)>;

fn equal(keys: &[usize]) -> Members {
    keys.iter().map(|key| (*key, 1)).collect()
}

fn validators(members: &Members) -> Vec<Validator> {
    let validator = |(key, weight): &(usize, u128)| Validator {
        account: Address([u8::try_from(*key).expect("few keys"); 32]),
        bls_key: SECRETS[*key].public_key().to_bytes(),
        weight: *weight,
    };
    members.iter().map(validator).collect()
}

fn hash_of(members: &Members) -> Hash {
    ValidatorSet::new(validators(members)).expect("a set").hash()
}

/// A chain at the start of an epoch.
struct World {
    rules: LightRules,
    epoch: Epoch,
    start: Header,
    since_ms: u64,
    members: Members,
}

impl World {
    fn new(members: Members, epoch_blocks: u32) -> Self {
        let start = header(None, 0, GENESIS_MS, None);
        let rules = LightRules { chain: start.hash(), epoch_blocks, trust_period_ms: PERIOD_MS };
        Self { rules, epoch: Epoch(0), start, since_ms: GENESIS_MS, members }
    }

    fn checkpoint(&self) -> Checkpoint {
        let (start, start_ms) = (self.start.hash(), time_of(&self.start));
        let (since_ms, validators) = (self.since_ms, validators(&self.members));
        Checkpoint { epoch: self.epoch, start, start_ms, since_ms, validators }
    }

    fn client(&self) -> LightClient {
        LightClient::new(self.rules, self.checkpoint()).expect("a checkpoint")
    }

    /// The clock when the epoch's last block is there.
    fn now_ms(&self) -> u64 {
        time_of(&self.start) + BLOCK_MS * u64::from(self.rules.epoch_blocks)
    }

    /// The epoch's headers, of which the last commits to the next validators, and so many above them.
    fn headers(&self, next: Option<Hash>, above: u32) -> Vec<Header> {
        let mut headers = vec![self.start.clone()];
        for place in 1..=self.rules.epoch_blocks + above {
            let parent = headers.last().expect("there is the start");
            let commitment = next.filter(|_| place == self.rules.epoch_blocks);
            headers.push(header(Some(parent), self.epoch.0, time_of(parent) + BLOCK_MS, commitment));
        }
        headers.split_off(1)
    }

    fn certify(&self, statement: Statement, signers: &[usize]) -> Certificate {
        certify(self.rules.chain, self.epoch, &self.members, statement, signers)
    }

    fn everybody(&self) -> Vec<usize> {
        (0..self.members.len()).collect()
    }

    /// The proof of the header at a place among these, by the certificate of the last one.
    fn prove(&self, headers: &[Header], place: usize) -> HeaderProof {
        let tip = headers.last().expect("an epoch has blocks");
        let certificate = self.certify(finalizes(tip), &self.everybody());
        HeaderProof { header: headers[place].clone(), descendants: headers[place + 1..].to_vec(), certificate }
    }

    fn proof(&self, next: &Members, above: u32) -> EpochProof {
        let headers = self.headers(Some(hash_of(next)), above);
        let last = self.prove(&headers, self.rules.epoch_blocks as usize - 1);
        EpochProof { last, next_validators: validators(next) }
    }

    /// The chain after the epoch that a proof ends.
    fn go_on(&mut self, proof: &EpochProof, next: Members) {
        self.start = proof.last.header.clone();
        self.epoch = self.epoch.next();
        self.since_ms = time_of(&self.start);
        self.members = next;
    }
}

fn header(parent: Option<&Header>, epoch: u64, time_ms: u64, next_validators: Option<Hash>) -> Header {
    let info = BlockInfo {
        time_ms,
        producer: Address([1; 32]),
        base_fee: 3,
        parent_gas_used: 4,
        parent_receipts_root: Hash([2; 32]),
        ancestors: Hash([7; 32]),
        seal: Seal { epoch, ..Seal::default() },
        next_validators,
    };
    Header {
        parent_hash: parent.map_or(Hash::ZERO, Header::hash),
        number: parent.map_or(0, |parent| parent.number + 1),
        state_root: Hash([8; 32]),
        extrinsics_root: Hash([9; 32]),
        digest: Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] },
    }
}

/// The header with something else in it that is ours.
fn with_info(header: &Header, change: impl Fn(&mut BlockInfo)) -> Header {
    let mut info = header.info().expect("made with it");
    change(&mut info);
    let digest = Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] };
    Header { digest, ..header.clone() }
}

fn time_of(header: &Header) -> u64 {
    header.info().expect("made with it").time_ms
}

fn finalizes(header: &Header) -> Statement {
    Statement::finalize(View(u64::from(header.number) + 7), header.hash())
}

fn certify(chain: Hash, epoch: Epoch, members: &Members, statement: Statement, signers: &[usize]) -> Certificate {
    let message = signed_bytes(chain, epoch, &statement);
    let mut sum = BlsAggregate::empty();
    signers.iter().for_each(|signer| sum.add(&SECRETS[members[*signer].0].sign(&message)));
    let signature = Signature(sum.to_bytes());
    Certificate { statement, signers: bitmap(members.len(), signers), signature }
}

fn bitmap(validators: usize, signers: &[usize]) -> Signers {
    let mut bitmap = Signers::none(validators);
    signers.iter().for_each(|signer| assert!(bitmap.insert(*signer as ValidatorIndex)));
    bitmap
}

/// Asserts that a client refuses a proof and is as it was.
fn refuses(client: &mut LightClient, proof: &EpochProof, now_ms: u64, expected: &LightError) {
    let before = client.to_bytes();
    assert_eq!(client.advance(proof, now_ms).as_ref(), Err(expected));
    assert_eq!(client.to_bytes(), before, "after {expected}");
}

#[test]
fn follows_an_epoch_and_checks_the_headers_of_the_next() {
    let mut world = World::new(equal(&[0, 1, 2, 3]), 3);
    let mut client = world.client();
    assert_eq!((client.epoch(), client.heights()), (Epoch(0), 1..=3));
    let next = vec![(4, 5), (1, 2), (5, 3)];
    let proof = world.proof(&next, 0);
    client.advance(&proof, world.now_ms()).expect("the next epoch");
    world.go_on(&proof, next);
    assert_eq!(client.checkpoint(), world.checkpoint());
    assert_eq!((client.epoch(), client.heights(), client.set().total()), (Epoch(1), 4..=6, 10));
    let headers = world.headers(None, 0);
    for place in 0..3 {
        let proof = world.prove(&headers, place);
        let found = client.check_header(&proof, world.now_ms()).expect("final");
        assert_eq!((found.hash, found.header), (headers[place].hash(), &headers[place]));
        assert_eq!(Some(found.info), headers[place].info());
    }
}

#[test]
fn a_header_commits_to_the_set_that_the_state_has() {
    let members = vec![(0, 7), (1, 8)];
    let answer = validators(&members).encode();
    assert_eq!(hash_of(&members), Validator::set_hash(&answer));
}

#[test]
fn takes_the_certificate_of_a_descendant_above_the_epoch() {
    let world = World::new(equal(&[0, 1, 2, 3]), 2);
    let next = equal(&[1, 2]);
    for above in [1, 2, 5] {
        assert_eq!(world.client().advance(&world.proof(&next, above), world.now_ms()), Ok(()));
    }
    let mut client = world.client();
    let mut proof = world.proof(&next, 2);
    proof.last.descendants.swap(0, 1);
    refuses(&mut client, &proof, world.now_ms(), &LightError::Number { found: 4, expected: 3 });
    let mut proof = world.proof(&next, 2);
    let (found, expected) = (proof.last.descendants[1].parent_hash, proof.last.header.hash());
    proof.last.descendants.remove(0);
    proof.last.descendants[0].number = 3;
    refuses(&mut client, &proof, world.now_ms(), &LightError::Parent { height: 3, found, expected });
    let mut proof = world.proof(&next, 2);
    proof.last.descendants.pop();
    let found = proof.last.certificate.statement.digest;
    let expected = proof.last.descendants[0].hash();
    refuses(&mut client, &proof, world.now_ms(), &LightError::Digest { found, expected });
}

#[test]
fn counts_descendants() {
    let world = World::new(equal(&[0]), 1);
    let now_ms = world.now_ms();
    assert_eq!(world.client().advance(&world.proof(&equal(&[1]), MAX_DESCENDANTS as u32), now_ms), Ok(()));
    let proof = world.proof(&equal(&[1]), MAX_DESCENDANTS as u32 + 1);
    refuses(&mut world.client(), &proof, now_ms, &LightError::Descendants { found: MAX_DESCENDANTS + 1 });
}

#[test]
fn refuses_other_validators_than_those_that_the_header_commits_to() {
    let world = World::new(equal(&[0, 1, 2, 3]), 2);
    let mut client = world.client();
    let proof = world.proof(&vec![(4, 5), (5, 5)], 0);
    let expected = hash_of(&vec![(4, 5), (5, 5)]);
    for forged in [vec![(5, 5), (4, 5)], vec![(4, 5), (5, 6)], vec![(4, 5)], vec![(4, 5), (5, 5), (6, 1)]] {
        let proof = EpochProof { next_validators: validators(&forged), ..proof.clone() };
        let error = LightError::NextValidators { found: hash_of(&forged), expected };
        refuses(&mut client, &proof, world.now_ms(), &error);
    }
    let none = EpochProof { next_validators: Vec::new(), ..proof.clone() };
    let error = LightError::Validators(ValidatorsError::Count { found: 0 });
    refuses(&mut client, &none, world.now_ms(), &error);
    let headers = world.headers(None, 0);
    let silent = EpochProof { last: world.prove(&headers, 1), ..proof };
    refuses(&mut client, &silent, world.now_ms(), &LightError::NobodyElected { found: 2, height: 2 });
}

#[test]
fn refuses_a_set_with_a_key_that_is_no_point_whoever_signed_for_it() {
    let world = World::new(equal(&[0, 1, 2, 3]), 2);
    let mut next_validators = validators(&equal(&[4, 5]));
    next_validators[1].bls_key = [3; 96];
    let hash = ValidatorSet::new(next_validators.clone()).expect("bytes are not looked at").hash();
    let last = world.prove(&world.headers(Some(hash), 0), 1);
    let found = world.client().advance(&EpochProof { last, next_validators }, world.now_ms());
    assert!(matches!(found, Err(LightError::Keys(crate::consensus::bbft::BlsSchemeError::Key { index: 1, .. }))));
}

#[test]
fn refuses_gaps_replays_and_headers_within_the_epoch() {
    let mut world = World::new(equal(&[0, 1, 2, 3]), 3);
    let mut client = world.client();
    let first = world.proof(&equal(&[2, 3, 4]), 0);
    let (within, now_ms) = (world.headers(None, 0), world.now_ms());
    let early = EpochProof { last: world.prove(&within[..2], 1), ..first.clone() };
    refuses(&mut client, &early, now_ms, &LightError::Height { found: 2, first: 3, last: 3 });
    world.go_on(&first, equal(&[2, 3, 4]));
    let second = world.proof(&equal(&[5]), 0);
    let gap = LightError::Epoch { found: Epoch(1), expected: Epoch(0) };
    refuses(&mut client, &second, world.now_ms(), &gap);
    client.advance(&first, now_ms).expect("in order");
    let replay = LightError::Epoch { found: Epoch(0), expected: Epoch(1) };
    refuses(&mut client, &first, world.now_ms(), &replay);
    // A header that names this epoch, at a height of the one before and of the one after.
    for (parent, height) in [(&within[1], 3), (second.last.descendants.last().unwrap_or(&second.last.header), 7)] {
        let strange = header(Some(parent), 1, time_of(&world.start) + 1, None);
        let certificate = world.certify(finalizes(&strange), &world.everybody());
        let proof = HeaderProof { header: strange, descendants: Vec::new(), certificate };
        let found = client.check_header(&proof, world.now_ms());
        assert_eq!(found, Err(LightError::Height { found: height, first: 4, last: 6 }));
    }
}

#[test]
fn refuses_old_keys_other_epochs_and_other_chains() {
    let mut world = World::new(equal(&[0, 1, 2, 3]), 2);
    let old = world.members.clone();
    let first = world.proof(&equal(&[4, 5, 6, 7]), 0);
    let mut client = world.client();
    client.advance(&first, world.now_ms()).expect("in order");
    world.go_on(&first, equal(&[4, 5, 6, 7]));
    let right = world.proof(&equal(&[8]), 0);
    let statement = right.last.certificate.statement;
    let everybody = world.everybody();
    let forged = [
        certify(world.rules.chain, Epoch(1), &old, statement, &everybody),
        certify(world.rules.chain, Epoch(0), &old, statement, &everybody),
        certify(world.rules.chain, Epoch(0), &world.members, statement, &everybody),
        certify(world.rules.chain, Epoch(2), &world.members, statement, &everybody),
        certify(Hash([1; 32]), Epoch(1), &world.members, statement, &everybody),
    ];
    for certificate in forged {
        let proof = EpochProof { last: HeaderProof { certificate, ..right.last.clone() }, ..right.clone() };
        refuses(&mut client, &proof, world.now_ms(), &LightError::Signature { signers: 4, epoch: Epoch(1) });
    }
    client.advance(&right, world.now_ms()).expect("the right keys");
}

#[test]
fn refuses_what_too_few_signed_and_what_finalizes_nothing() {
    let world = World::new(vec![(0, 4), (1, 2), (2, 3)], 2);
    let mut client = world.client();
    let right = world.proof(&equal(&[4]), 0);
    let with = |certificate| EpochProof { last: HeaderProof { certificate, ..right.last.clone() }, ..right.clone() };
    let statement = right.last.certificate.statement;
    let two_thirds = world.certify(statement, &[0, 1]);
    refuses(&mut client, &with(two_thirds.clone()), world.now_ms(), &LightError::Quorum { found: 6, expected: 7 });
    let claimed = Certificate { signers: bitmap(3, &[0, 1, 2]), ..two_thirds.clone() };
    let error = LightError::Signature { signers: 3, epoch: Epoch(0) };
    refuses(&mut client, &with(claimed), world.now_ms(), &error);
    let long = Certificate { signers: bitmap(9, &[0, 1, 2]), ..two_thirds };
    refuses(&mut client, &with(long), world.now_ms(), &LightError::Signers { validators: 3 });
    let (view, digest) = (statement.view, statement.digest);
    let statements = [
        Statement::notarize(view, digest),
        Statement::nullify(view),
        Statement::finalize(View(0), digest),
        Statement::finalize(view, Hash::ZERO),
    ];
    for statement in statements {
        let proof = with(world.certify(statement, &[0, 1, 2]));
        let Statement { view, phase, .. } = statement;
        refuses(&mut client, &proof, world.now_ms(), &LightError::Statement { view, phase });
    }
    let other = world.certify(Statement::finalize(view, Hash([1; 32])), &[0, 1, 2]);
    refuses(&mut client, &with(other), world.now_ms(), &LightError::Digest { found: Hash([1; 32]), expected: digest });
    client.advance(&with(world.certify(statement, &[0, 2])), world.now_ms()).expect("7 of 9");
}

#[test]
fn trusts_validators_until_the_end_of_their_period_and_no_longer() {
    let mut world = World::new(equal(&[0, 1, 2, 3]), 2);
    let next = equal(&[4, 5]);
    let proof = world.proof(&next, 0);
    let end_ms = GENESIS_MS + PERIOD_MS;
    let expired = |now_ms, since_ms| LightError::Expired { now_ms, since_ms, period_ms: PERIOD_MS };
    refuses(&mut world.client(), &proof, end_ms, &expired(end_ms, GENESIS_MS));
    assert_eq!(world.client().check_header(&proof.last, end_ms).err(), Some(expired(end_ms, GENESIS_MS)));
    let mut client = world.client();
    client.advance(&proof, end_ms - 1).expect("just in time");
    world.go_on(&proof, next);
    let proof = world.proof(&equal(&[6]), 0);
    let start_ms = time_of(&world.start);
    client.check_header(&proof.last, end_ms).expect("the new set is younger");
    refuses(&mut client, &proof, start_ms + PERIOD_MS, &expired(start_ms + PERIOD_MS, start_ms));
    let slow_ms = start_ms - MAX_FUTURE_MS - 1;
    refuses(&mut client, &proof, slow_ms, &LightError::Clock { now_ms: slow_ms, start_ms });
    client.advance(&proof, start_ms + PERIOD_MS - 1).expect("just in time");
}

#[test]
fn refuses_headers_that_are_not_later_than_the_start_or_lie_ahead() {
    let world = World::new(equal(&[0, 1, 2, 3]), 2);
    let client = world.client();
    let at = |time_ms| {
        let header = with_info(&world.headers(None, 0)[0], |info| info.time_ms = time_ms);
        world.prove(&[header], 0)
    };
    let check = |time_ms, now_ms| client.check_header(&at(time_ms), now_ms).map(|found| found.info.time_ms);
    let start_ms = GENESIS_MS;
    assert_eq!(check(start_ms, start_ms), Err(LightError::TimeNotAbove { found: start_ms, start_ms }));
    assert_eq!(check(start_ms + 1, start_ms), Ok(start_ms + 1));
    let max = start_ms + MAX_FUTURE_MS;
    assert_eq!(check(max, start_ms), Ok(max));
    assert_eq!(check(max + 1, start_ms), Err(LightError::TimeAhead { found: max + 1, max }));
}

#[test]
fn refuses_a_first_header_that_does_not_stand_on_the_start() {
    let mut world = World::new(equal(&[0, 1, 2, 3]), 2);
    let client = world.client();
    world.start.state_root = Hash([3; 32]);
    let headers = world.headers(None, 0);
    let found = client.check_header(&world.prove(&headers, 0), world.now_ms()).err();
    let (found_parent, expected) = (headers[0].parent_hash, world.rules.chain);
    assert_eq!(found, Some(LightError::Parent { height: 1, found: found_parent, expected }));
    assert!(client.check_header(&world.prove(&headers, 1), world.now_ms()).is_ok(), "its child is signed, and no more");
}

#[test]
fn refuses_a_header_without_what_is_ours() {
    let world = World::new(equal(&[0]), 2);
    let mut headers = world.headers(None, 0);
    headers.truncate(1);
    headers[0].digest.logs.clear();
    let found = world.client().check_header(&world.prove(&headers, 0), world.now_ms()).err();
    assert_eq!(found, Some(LightError::Info { block: headers[0].hash() }));
}

#[test]
fn checks_state_under_a_final_header() {
    let world = World::new(equal(&[0, 1, 2]), 2);
    let leaf = Terminal::Leaf { key_hash: key_hash(b"key"), value_hash: value_hash(b"value") };
    let mut header = world.headers(None, 0).remove(0);
    header.state_root = Hash(leaf.hash());
    let (client, shown) = (world.client(), world.prove(&[header], 0));
    let found = client.check_header(&shown, world.now_ms()).expect("final");
    let proof = Proof { terminal: leaf, siblings: Vec::new() };
    assert_eq!(found.check_value(b"key", Some(b"value"), &proof), Ok(()));
    assert_eq!(found.check_value(b"other", None, &proof), Ok(()));
    let value = |value: &[u8]| Some(Hash(value_hash(value)));
    let error = LightError::Value { found: value(b"value"), expected: value(b"another") };
    assert_eq!(found.check_value(b"key", Some(b"another"), &proof), Err(error));
    let error = LightError::Value { found: value(b"value"), expected: None };
    assert_eq!(found.check_value(b"key", None, &proof), Err(error));
    let forged = Proof { terminal: Terminal::Empty, siblings: Vec::new() };
    let error = found.check_value(b"key", None, &forged);
    assert!(matches!(error, Err(LightError::State(ProofError::WrongRoot { .. }))), "{error:?}");
    let ends = vec![tenon_types::proof::MultiTerminal { depth: 0, terminal: leaf }];
    let multi = tenon_types::proof::MultiProof { terminals: ends, siblings: Vec::new() };
    assert_eq!(found.check_values(&[(b"other", None), (b"key", Some(b"value"))], &multi), Ok(()));
    let wrong = found.check_values(&[(b"other", Some(b"value")), (b"key", Some(b"value"))], &multi);
    assert_eq!(wrong, Err(LightError::Value { found: None, expected: value(b"value") }));
}

#[test]
fn what_is_written_is_read_and_nothing_else() {
    let world = World::new(equal(&[0, 1, 2, 3]), 2);
    let proof = world.proof(&vec![(4, u128::MAX)], 2);
    let (bytes, client) = (proof.to_bytes(), world.client().to_bytes());
    assert_eq!(EpochProof::from_bytes(&bytes), Ok(proof.clone()));
    assert_eq!(HeaderProof::from_bytes(&proof.last.to_bytes()), Ok(proof.last.clone()));
    let read = LightClient::from_bytes(&client).expect("written so");
    assert_eq!((read.to_bytes(), read.checkpoint()), (client.clone(), world.checkpoint()));
    assert_eq!(bytes[0], 1, "the version");
    for length in 1..bytes.len() {
        let error = EpochProof::from_bytes(&bytes[..length]);
        assert!(matches!(error, Err(LightError::Malformed { .. })), "{length} of {} bytes: {error:?}", bytes.len());
    }
    assert!((1..client.len()).all(|length| LightClient::from_bytes(&client[..length]).is_err()));
    let longer = |bytes: &[u8]| [bytes, &[0]].concat();
    assert_eq!(EpochProof::from_bytes(&longer(&bytes)), Err(LightError::Trailing { found: 1 }));
    let trailing = Some(LightError::Trailing { found: 1 });
    assert_eq!(HeaderProof::from_bytes(&longer(&proof.last.to_bytes())).err(), trailing);
    assert_eq!(LightClient::from_bytes(&longer(&client)).err(), trailing);
    assert_eq!(EpochProof::from_bytes(&[]), Err(LightError::Version { found: None, expected: 1 }));
    let other = [&[2], &bytes[1..]].concat();
    assert_eq!(EpochProof::from_bytes(&other), Err(LightError::Version { found: Some(2), expected: 1 }));
}

#[test]
fn bounds_of_bytes_hold_the_largest_and_no_more() {
    let too_long = |max: usize| LightError::Length { found: max + 1, max };
    let bytes = vec![1; MAX_PROOF_BYTES + 1];
    assert_eq!(EpochProof::from_bytes(&bytes), Err(too_long(MAX_PROOF_BYTES)));
    assert_eq!(HeaderProof::from_bytes(&bytes), Err(too_long(MAX_PROOF_BYTES)));
    let error = LightClient::from_bytes(&bytes[..=MAX_LIGHT_CLIENT_BYTES]).err();
    assert_eq!(error, Some(too_long(MAX_LIGHT_CLIENT_BYTES)));
    let world = World::new(equal(&[0]), 1);
    let validator = validators(&world.members).remove(0);
    let checkpoint = Checkpoint { validators: vec![validator; MAX_VALIDATORS], ..world.checkpoint() };
    assert_eq!(1 + (world.rules, &checkpoint).encoded_size(), MAX_LIGHT_CLIENT_BYTES - 2, "2 bytes count them");
}

#[test]
fn refuses_checkpoints_that_cannot_be() {
    let world = World::new(equal(&[0, 1]), 2);
    let new = |rules, checkpoint| LightClient::new(rules, checkpoint).err();
    let since = Checkpoint { since_ms: GENESIS_MS + 1, ..world.checkpoint() };
    assert_eq!(new(world.rules, since), Some(LightError::Since { found: GENESIS_MS + 1, start_ms: GENESIS_MS }));
    let endless = LightRules { epoch_blocks: 0, ..world.rules };
    assert_eq!(new(endless, world.checkpoint()), None);
    let later = Checkpoint { epoch: Epoch(1), ..world.checkpoint() };
    assert_eq!(new(endless, later), Some(LightError::Endless { found: Epoch(1) }));
    let start = Checkpoint { start: Hash([4; 32]), ..world.checkpoint() };
    let error = LightError::Start { found: Hash([4; 32]), expected: world.rules.chain };
    assert_eq!(new(world.rules, start.clone()), Some(error));
    assert_eq!(new(world.rules, Checkpoint { epoch: Epoch(1), ..start }), None, "a later epoch starts from any block");
    let nobody = Checkpoint { validators: Vec::new(), ..world.checkpoint() };
    assert_eq!(new(world.rules, nobody), Some(LightError::Validators(ValidatorsError::Count { found: 0 })));
    let far = Checkpoint { epoch: Epoch(u64::MAX), ..world.checkpoint() };
    let client = LightClient::new(world.rules, far).expect("an epoch without blocks");
    assert_eq!(client.heights(), u64::MAX..=u64::MAX, "no header has such a height");
}
