//! `staking`: a full set of 100 validators with 100 standbys, delegations, and the ends of blocks.

use crate::profile::Stage;
use staking::{BlockReport, MAX_STANDBYS, MAX_VALIDATORS, StakingRef, Terms};
use tenon_contract::{Address, Call};
use tenon_crypto::bls::BlsSecretKey;
use tenon_testkit::{alice, bob, charlie, dave, eve, ferdie};

/// The coin's whole unit.
const COIN: u128 = 1_000_000_000_000;
/// The least stake of the scenario's terms.
const MINIMUM: u128 = 100 * COIN;
/// Blocks of an epoch.
const EPOCH: u32 = 50;
/// Twenty days in milliseconds.
const DAYS_20: u64 = 1_728_000_000;

pub(super) fn scenario(stage: &mut Stage) {
    stage.create("by default", alice(), StakingRef::init(None));
    let terms = Terms {
        minimum_stake: MINIMUM,
        validators: MAX_VALIDATORS,
        standbys: MAX_STANDBYS,
        epoch_blocks: EPOCH,
        missed_views: 1,
        ..Terms::default()
    };
    let staking = StakingRef::at(stage.create("with terms", alice(), StakingRef::init(Some(terms))));
    stage.chain().set_coin(Address::SYSTEM, 1_000 * COIN);
    candidates(stage, staking);
    delegations(stage, staking);
    epochs(stage, staking);
    queries(stage, staking);
    endings(stage, staking);
}

/// The BLS key of a number, and the proof that its secret is known.
fn key(number: u8) -> ([u8; 96], [u8; 48]) {
    let secret = BlsSecretKey::from_seed(&[number; 32]);
    (secret.public_key().to_bytes(), secret.prove_possession().to_bytes())
}

fn register(staking: StakingRef, number: u8, stake: u128) -> Call<()> {
    let (bls_key, proof) = key(number);
    staking.register(bls_key, proof, 500, "validator.example:30333".into()).with_value(stake)
}

fn candidates(stage: &mut Stage, staking: StakingRef) {
    for number in 1..=200 {
        let who = Address::new([number; 32]);
        stage.chain().set_coin(who, 10 * MINIMUM);
        stage.prepare(who, register(staking, number, MINIMUM + u128::from(number)));
    }
    stage.measure("among 200", alice(), register(staking, 201, 5 * MINIMUM));
    stage.prepare(bob(), register(staking, 202, 4 * MINIMUM));
    stage.prepare(charlie(), register(staking, 203, 3 * MINIMUM));
    stage.prepare(dave(), register(staking, 204, 3 * MINIMUM));
    let (bls_key, proof) = key(205);
    stage.measure("", alice(), staking.set_key(bls_key, proof));
    stage.measure("", alice(), staking.set_endpoint("elsewhere.example:30333".into()));
    stage.measure("", alice(), staking.set_commission(1_000));
}

fn delegations(stage: &mut Stage, staking: StakingRef) {
    stage.measure("the first time", eve(), staking.delegate(alice()).with_value(10 * COIN));
    stage.measure("more", eve(), staking.delegate(alice()).with_value(10 * COIN));
    stage.prepare(ferdie(), staking.delegate(alice()).with_value(10 * COIN));
    stage.prepare(ferdie(), staking.delegate(bob()).with_value(10 * COIN));
}

/// The end of a block, as consensus reports it.
fn end_block(stage: &mut Stage, staking: StakingRef, leader: Address, missed: Vec<Address>) -> Call<()> {
    let (height, time_ms) = (stage.chain().height(), stage.chain().time_ms());
    let signers = vec![0xff; 13];
    let report = BlockReport { height, time_ms, epoch: 0, leader: Some(leader), signers, missed };
    staking.end_block(report).with_value(COIN)
}

/// Lets blocks pass until the next one is the last of an epoch.
fn reach_last(stage: &mut Stage) {
    while !stage.chain().height().is_multiple_of(u64::from(EPOCH)) {
        stage.chain().advance_blocks(1);
    }
}

fn epochs(stage: &mut Stage, staking: StakingRef) {
    reach_last(stage);
    let call = end_block(stage, staking, alice(), Vec::new());
    stage.measure_hook("the first epoch's end, 100 of 204", call);
    let call = end_block(stage, staking, alice(), Vec::new());
    stage.measure_hook("with a reward", call);
    let call = end_block(stage, staking, alice(), vec![dave()]);
    stage.measure_hook("with one jailed", call);
    stage.measure("of two", eve(), staking.undelegate(alice(), Some(COIN)));
    stage.measure("", ferdie(), staking.redelegate(alice(), bob(), None));
    stage.prepare(ferdie(), staking.undelegate(bob(), None));
    reach_last(stage);
    let call = end_block(stage, staking, alice(), Vec::new());
    stage.measure_hook("an epoch's end, 100 of 203", call);
    stage.measure("as the candidate", alice(), staking.claim(alice()));
    stage.measure("as a delegator", eve(), staking.claim(alice()));
}

fn queries(stage: &mut Stage, staking: StakingRef) {
    let who = alice();
    stage.ask("", who, staking.terms());
    stage.ask("", who, staking.epoch_blocks());
    stage.ask("", who, staking.books());
    stage.ask("", who, staking.candidate(alice()));
    stage.ask("a page of 100", who, staking.ranking(None, None));
    let epoch = stage.prepare(who, staking.books()).epoch;
    stage.ask("100", who, staking.validators(epoch));
    stage.ask("of 100", who, staking.validators_hash(epoch));
    stage.ask("200", who, staking.elected());
    stage.ask("of 100", who, staking.attendance());
    stage.ask("", who, staking.delegation(alice(), eve()));
    stage.ask("of three", who, staking.delegations(alice(), None, None));
    stage.ask("of two", who, staking.unbondings(ferdie(), None, None));
    stage.ask("", who, staking.credit_of(eve()));
}

fn endings(stage: &mut Stage, staking: StakingRef) {
    let epoch = stage.prepare(alice(), staking.books()).epoch;
    let evidence = staking.report_evidence(0, key(202).0, epoch, 7, vec![1; 500]);
    stage.measure_hook("two votes in one view", evidence);
    stage.measure("", charlie(), staking.withdraw_candidacy());
    stage.chain().advance_ms(DAYS_20);
    stage.measure("", dave(), staking.unjail());
    stage.measure("liquid", ferdie(), staking.withdraw(eve(), alice()));
    let call = end_block(stage, staking, alice(), Vec::new());
    stage.measure_hook("with payouts", call);
    reach_last(stage);
    let call = end_block(stage, staking, alice(), Vec::new());
    stage.measure_hook("an epoch's end, 100 of 202", call);
    stage.measure("", eve(), staking.clear_candidate(charlie()));
}
