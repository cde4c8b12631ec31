//! What blocks earn (BY-69, BY-70, BY-74): every unit is somebody's, or comes with the next block.

use crate::{COIN, MINIMUM, REWARD, blocks, books, chain, chain_with, delegate, end_epoch, held, key, register, terms};
use staking::{BlockReport, Claimed, Error, StakingRef, Terms};
use tenon_contract::Address;
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, ferdie};

fn claimable(chain: &TestChain, staking: StakingRef, candidate: Address, who: Address) -> u128 {
    chain.query(staking.delegation(candidate, who)).expect("a query").claimable
}

/// What a candidate could claim as such.
fn earned(chain: &TestChain, staking: StakingRef, candidate: Address) -> u128 {
    chain.query(staking.candidate(candidate)).expect("a candidate").claimable
}

/// Alice alone, with a commission, and delegations of 1, 2 and 7 parts. Nothing has been issued yet.
fn pool(commission_bp: u16, producer_bp: u16) -> (TestChain, StakingRef) {
    let (mut chain, staking) = chain_with(Terms { producer_bp, ..terms() }, 0);
    let (bls_key, proof) = key("Alice");
    let call = staking.register(bls_key, proof, commission_bp, "alice.example".into()).with_value(MINIMUM);
    chain.from(alice()).call(call).expect_ok();
    for (who, parts) in [(bob(), 1), (charlie(), 2), (dave(), 7)] {
        delegate(&mut chain, staking, who, alice(), parts * MINIMUM);
    }
    end_epoch(&mut chain);
    (chain, staking)
}

/// Ends so many blocks with a reward each.
fn reward(chain: &mut TestChain, count: u32, amount: u128) {
    let instance = TestChain::module_address("staking");
    let mut rewarded = chain.clone().with_hook(instance, amount);
    blocks(&mut rewarded, count);
    *chain = rewarded.with_hook(instance, 0);
}

#[test]
fn splits_a_reward_one_to_two_to_seven() {
    let (mut chain, staking) = pool(0, 0);
    reward(&mut chain, 1, 11_000_000);
    let found = [bob(), charlie(), dave(), alice()].map(|who| claimable(&chain, staking, alice(), who));
    assert_eq!(found, [1_000_000, 2_000_000, 7_000_000, 1_000_000]);
    let after = books(&chain, staking);
    assert_eq!((after.rewards, after.remainder), (11_000_000, 0));
    for (who, expected) in [(bob(), 1_000_000), (charlie(), 2_000_000), (dave(), 7_000_000), (alice(), 1_000_000)] {
        let outcome = chain.from(who).call(staking.claim(alice()));
        assert!(outcome.has(&Claimed { candidate: alice(), who, amount: expected }));
        chain.from(who).call(staking.claim(alice())).expect_error(Error::NothingToClaim);
    }
    assert_eq!(books(&chain, staking).rewards, 0);
    assert_eq!(chain.coin(staking.address()), books(&chain, staking).bonded);
}

#[test]
fn carries_what_cannot_be_divided_and_loses_nothing() {
    for (commission_bp, producer_bp) in [(0, 0), (1_234, 777)] {
        let (mut chain, staking) = pool(commission_bp, producer_bp);
        chain.set_seal(Some(alice()), &[], &[]);
        let (mut given, mut paid) = (0, 0);
        for round in 1..=200u128 {
            let amount = 1 + round * round % 97;
            reward(&mut chain, 1, amount);
            given += amount;
            if round % 50 == 0 {
                for who in [alice(), bob(), charlie(), dave()] {
                    paid += chain.from(who).call(staking.claim(alice())).expect_ok();
                }
            }
            let now = books(&chain, staking);
            assert_eq!(chain.coin(staking.address()), held(&now));
            assert_eq!(now.rewards + now.remainder + paid, given);
        }
        // Less than a unit for each of four owners, the pool and the whole.
        assert!(given - paid < 6, "{paid} of {given}");
    }
}

#[test]
fn pays_the_leader_and_takes_the_commission() {
    let (mut chain, staking) = pool(1_000, 2_000);
    chain.set_seal(Some(alice()), &[], &[]);
    reward(&mut chain, 1, 11_000_000);
    // 2,200,000 to the leader; of the other 8,800,000 a tenth is the commission, and 7,920,000 are shared by 11 parts.
    assert_eq!(earned(&chain, staking, alice()), 2_200_000 + 880_000);
    assert_eq!(claimable(&chain, staking, alice(), dave()), 7 * 720_000);
    assert_eq!(chain.from(alice()).call(staking.claim(alice())).expect_ok(), 2_200_000 + 880_000 + 720_000);
    // A leader who is none of the validators earns nothing, and its part comes with the next block.
    chain.set_seal(Some(eve()), &[], &[]);
    reward(&mut chain, 1, 11_000_000);
    assert_eq!(books(&chain, staking).remainder, 2_200_000);
    chain.set_seal(None, &[], &[]);
    reward(&mut chain, 1, 0);
    assert_eq!(books(&chain, staking).remainder, 440_000);
}

#[test]
fn shares_among_validators_by_the_weight_in_the_set() {
    let (mut chain, staking) = chain_with(terms(), 0);
    register(&mut chain, staking, "Alice", 3 * MINIMUM);
    register(&mut chain, staking, "Bob", MINIMUM);
    register(&mut chain, staking, "Charlie", MINIMUM);
    end_epoch(&mut chain);
    // Later coin changes who shares in a pool, not what the pool gets.
    delegate(&mut chain, staking, ferdie(), alice(), 3 * MINIMUM);
    reward(&mut chain, 1, 4_000_000);
    assert_eq!(claimable(&chain, staking, alice(), alice()), 1_500_000);
    assert_eq!(claimable(&chain, staking, alice(), ferdie()), 1_500_000);
    let (lower, higher) = if bob() < charlie() { (bob(), charlie()) } else { (charlie(), bob()) };
    assert_eq!(claimable(&chain, staking, lower, lower), 1_000_000);
    assert_eq!(claimable(&chain, staking, higher, higher), 0);
}

#[test]
fn carries_rewards_while_there_are_no_validators() {
    let (mut chain, staking) = chain();
    blocks(&mut chain, 5);
    assert_eq!(books(&chain, staking).remainder, 5 * REWARD);
    register(&mut chain, staking, "Alice", MINIMUM);
    end_epoch(&mut chain);
    assert_eq!(books(&chain, staking).remainder, u128::from(crate::EPOCH) * REWARD);
    blocks(&mut chain, 1);
    assert_eq!(books(&chain, staking).remainder, 0);
    let all = u128::from(crate::EPOCH + 1) * REWARD;
    assert_eq!(claimable(&chain, staking, alice(), alice()), all);
}

#[test]
fn charges_a_new_commission_on_nothing_that_was_earned_before() {
    let (mut chain, staking) = pool(0, 0);
    reward(&mut chain, 2, 11_000_000);
    chain.from(alice()).call(staking.set_commission(10_000)).expect_ok();
    chain.advance_ms(terms().commission_delay_ms);
    reward(&mut chain, 1, 11_000_000);
    end_epoch(&mut chain);
    assert_eq!((earned(&chain, staking, alice()), claimable(&chain, staking, alice(), dave())), (0, 21_000_000));
    reward(&mut chain, 1, 11_000_000);
    assert_eq!(earned(&chain, staking, alice()), 11_000_000);
    assert_eq!(claimable(&chain, staking, alice(), dave()), 21_000_000);
}

#[test]
fn gives_nobody_a_part_of_what_was_earned_before() {
    let (mut chain, staking) = pool(0, 0);
    reward(&mut chain, 3, 11_000_000);
    delegate(&mut chain, staking, eve(), alice(), 11 * MINIMUM);
    assert_eq!(claimable(&chain, staking, alice(), eve()), 0);
    reward(&mut chain, 1, 22_000_000);
    assert_eq!(claimable(&chain, staking, alice(), eve()), 11_000_000);
    chain.from(eve()).call(staking.undelegate(alice(), None)).expect_ok();
    reward(&mut chain, 1, 11_000_000);
    // What was earned stays claimable after the coin has gone, and nothing comes to it.
    assert_eq!(chain.from(eve()).call(staking.claim(alice())).expect_ok(), 11_000_000);
    assert_eq!(claimable(&chain, staking, alice(), dave()), 5 * 7_000_000);
}

#[test]
fn refuses_hooks_from_anybody_but_the_host() {
    let (mut chain, staking) = pool(0, 0);
    let report =
        || BlockReport { height: 1, time_ms: 1, epoch: 0, leader: None, signers: Vec::new(), missed: Vec::new() };
    for who in [alice(), eve()] {
        chain.from(who).call(staking.end_block(report())).expect_error(Error::NotSystem);
        chain.from(who).call(staking.end_block(report()).with_value(COIN)).expect_error(Error::NotSystem);
        chain.from(who).call(crate::evidence(staking, "Alice", 1)).expect_error(Error::NotSystem);
    }
    let supply = chain.supply();
    chain.system(staking.end_block(report()).with_value(COIN)).expect_ok();
    assert_eq!(chain.supply(), supply + COIN);
}
