//! Validators who stay: in an epoch that does not end, and where nobody was elected for the next one.

use super::*;

impl World {
    /// The proof of an epoch after which the same validators go on.
    fn silent_proof(&self, above: u32) -> EpochProof {
        let headers = self.headers(None, above);
        let last = self.prove(&headers, self.rules.epoch_blocks as usize - 1);
        EpochProof { last, next_validators: Vec::new() }
    }

    /// The chain after such an epoch.
    fn stay(&mut self, proof: &EpochProof) {
        self.start = proof.last.header.clone();
        self.epoch = self.epoch.next();
    }
}

#[test]
fn the_same_validators_go_on_where_nobody_was_elected() {
    let mut world = World::new(equal(&[0, 1, 2, 3]), 2);
    let mut client = world.client();
    for (epoch, above) in [(1, 0), (2, 2), (3, 1)] {
        let proof = world.silent_proof(above);
        client.advance(&proof, world.now_ms()).expect("nobody was elected");
        world.stay(&proof);
        assert_eq!((client.epoch(), client.checkpoint()), (Epoch(epoch), world.checkpoint()));
        let first = world.prove(&world.headers(None, 0)[..1], 0);
        assert!(client.check_header(&first, world.now_ms()).is_ok());
        client = LightClient::from_bytes(&client.to_bytes()).expect("written so");
    }
    // The others are taken when they are elected at last, and only they count then.
    let next = equal(&[4, 5]);
    let proof = world.proof(&next, 0);
    client.advance(&proof, world.now_ms()).expect("elected");
    world.go_on(&proof, next);
    assert_eq!(client.checkpoint(), world.checkpoint());
    assert_eq!(client.checkpoint().since_ms, client.checkpoint().start_ms);
}

#[test]
fn nobody_is_smuggled_in_where_nobody_was_elected() {
    let world = World::new(equal(&[0, 1, 2, 3]), 2);
    let right = world.silent_proof(0);
    for given in [equal(&[4]), world.members.clone(), equal(&[3, 2, 1, 0])] {
        let proof = EpochProof { next_validators: validators(&given), ..right.clone() };
        let error = LightError::NobodyElected { found: given.len(), height: 2 };
        refuses(&mut world.client(), &proof, world.now_ms(), &error);
    }
    // An election cannot be hidden either: the header that says so is another one.
    let elected = world.proof(&equal(&[4, 5]), 0);
    let hidden = EpochProof { next_validators: Vec::new(), ..elected.clone() };
    let error = LightError::Validators(ValidatorsError::Count { found: 0 });
    refuses(&mut world.client(), &hidden, world.now_ms(), &error);
    let header = with_info(&elected.last.header, |info| info.next_validators = None);
    let expected = header.hash();
    let hidden = EpochProof { last: HeaderProof { header, ..elected.last.clone() }, ..hidden };
    let error = LightError::Digest { found: elected.last.header.hash(), expected };
    refuses(&mut world.client(), &hidden, world.now_ms(), &error);
}

#[test]
fn validators_who_stay_get_no_new_time() {
    let mut world = World::new(equal(&[0, 1, 2, 3]), 2);
    let mut client = world.client();
    let end_ms = GENESIS_MS + PERIOD_MS;
    for _ in 0..3 {
        let proof = world.silent_proof(0);
        client.advance(&proof, end_ms - 1).expect("just in time");
        world.stay(&proof);
    }
    assert!(client.checkpoint().start_ms > GENESIS_MS);
    let proof = world.silent_proof(0);
    let error = LightError::Expired { now_ms: end_ms, since_ms: GENESIS_MS, period_ms: PERIOD_MS };
    refuses(&mut client, &proof, end_ms, &error);
    assert_eq!(client.check_header(&proof.last, end_ms).err(), Some(error));
    // Who was elected has the time of an own start.
    let next = equal(&[4, 5]);
    let proof = world.proof(&next, 0);
    client.advance(&proof, end_ms - 1).expect("just in time");
    world.go_on(&proof, next);
    let own_ms = time_of(&world.start) + PERIOD_MS;
    let first = world.prove(&world.headers(None, 0)[..1], 0);
    assert!(client.check_header(&first, own_ms - 1).is_ok());
    assert!(matches!(client.check_header(&first, own_ms), Err(LightError::Expired { .. })));
}

#[test]
fn the_clock_and_the_times_of_headers_are_those_of_the_running_epoch() {
    let mut world = World::new(equal(&[0, 1, 2, 3]), 2);
    let mut client = world.client();
    let proof = world.silent_proof(0);
    client.advance(&proof, world.now_ms()).expect("nobody was elected");
    world.stay(&proof);
    let start_ms = time_of(&world.start);
    let first = world.headers(None, 0).remove(0);
    let early = with_info(&first, |info| info.time_ms = start_ms);
    let found = client.check_header(&world.prove(&[early], 0), world.now_ms()).err();
    assert_eq!(found, Some(LightError::TimeNotAbove { found: start_ms, start_ms }));
    let now_ms = start_ms - MAX_FUTURE_MS - 1;
    let found = client.check_header(&world.prove(&[first], 0), now_ms).err();
    assert_eq!(found, Some(LightError::Clock { now_ms, start_ms }));
}

#[test]
fn an_epoch_that_does_not_end_is_checked_at_every_height() {
    let mut world = World::new(equal(&[0, 1, 2, 3]), 5);
    let headers = world.headers(None, 0);
    let proofs: Vec<HeaderProof> = (0..5).map(|place| world.prove(&headers, place)).collect();
    let now_ms = world.now_ms();
    world.rules.epoch_blocks = 0;
    let mut client = world.client();
    assert_eq!(client.heights(), 1..=u64::MAX);
    for proof in &proofs {
        assert_eq!(client.check_header(proof, now_ms).expect("final").header, &proof.header);
    }
    let read = LightClient::from_bytes(&client.to_bytes()).expect("written so");
    assert_eq!(read.checkpoint(), client.checkpoint());
    // Its first header stands on genesis, and none names another epoch.
    let strange = header(Some(&headers[0]), 0, now_ms, None);
    let strange = Header { number: 1, ..strange };
    let expected = world.start.hash();
    let refused = client.check_header(&world.prove(&[strange], 0), now_ms).err();
    assert_eq!(refused, Some(LightError::Parent { height: 1, found: headers[0].hash(), expected }));
    let later = header(Some(&headers[0]), 1, now_ms, None);
    let refused = client.check_header(&world.prove(&[later], 0), now_ms).err();
    assert_eq!(refused, Some(LightError::Epoch { found: Epoch(1), expected: Epoch(0) }));
    // Nothing ends it, whatever the header says.
    let next = equal(&[4]);
    let elected = header(Some(&world.start), 0, now_ms, Some(hash_of(&next)));
    let last = world.prove(&[elected], 0);
    for next_validators in [Vec::new(), validators(&next)] {
        let proof = EpochProof { last: last.clone(), next_validators };
        refuses(&mut client, &proof, now_ms, &LightError::Endless { found: Epoch(1) });
    }
}

#[test]
fn a_period_without_end_does_not_end() {
    let mut world = World::new(equal(&[0]), 2);
    let headers = world.headers(None, 0);
    let proof = world.prove(&headers, 0);
    world.rules = LightRules { epoch_blocks: 0, trust_period_ms: u64::MAX, ..world.rules };
    assert!(world.client().check_header(&proof, u64::MAX - 1).is_ok());
}

#[test]
fn what_is_kept_beside_a_block_shows_it_and_those_below() {
    let world = World::new(equal(&[0, 1, 2, 3]), 3);
    let headers = world.headers(None, 2);
    let HeaderProof { certificate, descendants, .. } = world.prove(&headers, 2);
    let kept = FinalityProof { certificate, descendants };
    let bytes = kept.to_bytes();
    assert_eq!(FinalityProof::from_bytes(&bytes), Ok(kept.clone()));
    for place in 0..3 {
        let proof = kept.clone().of_header(headers[place].clone(), headers[place + 1..3].to_vec());
        assert_eq!(proof, world.prove(&headers, place));
        assert!(world.client().check_header(&proof, world.now_ms()).is_ok(), "place {place}");
    }
    // One header too few between them, and it is no proof.
    let gap = kept.of_header(headers[0].clone(), Vec::new());
    let refused = world.client().check_header(&gap, world.now_ms()).err();
    assert_eq!(refused, Some(LightError::Number { found: 4, expected: 2 }));
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(FinalityProof::from_bytes(&longer), Err(LightError::Trailing { found: 1 }));
    for length in 0..bytes.len() {
        assert!(matches!(FinalityProof::from_bytes(&bytes[..length]), Err(LightError::Malformed { .. })), "{length}");
    }
    let too_long = vec![1; MAX_PROOF_BYTES + 1];
    let error = LightError::Length { found: MAX_PROOF_BYTES + 1, max: MAX_PROOF_BYTES };
    assert_eq!(FinalityProof::from_bytes(&too_long), Err(error));
}
