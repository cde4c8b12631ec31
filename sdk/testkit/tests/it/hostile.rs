//! The hostile module does what it is asked to, so that what a test learns from it is true.

use tenon_contract::abi::HostError;
use tenon_contract::parity_scale_codec::Encode;
use tenon_contract::{Address, Call};
use tenon_testkit::hostile::{self, Behaviour, Error, HostileRef, Target};
use tenon_testkit::{Outcome, TestChain, alice, bob, charlie};

fn chain() -> (TestChain, HostileRef) {
    let mut chain = TestChain::new();
    let hostile = hostile::deploy(&mut chain);
    chain.from(alice()).call(hostile.give(1, alice(), 1_000)).expect_ok();
    (chain, hostile)
}

fn call(hostile: HostileRef, method: &'static str, arguments: impl Encode) -> Call<()> {
    Call::new(hostile.address(), method, arguments.encode(), false)
}

/// Alice sends 250 to Bob.
fn transfer(chain: &mut TestChain, hostile: HostileRef) -> Outcome<()> {
    chain.from(alice()).call(call(hostile, "transfer", (1u64, bob(), 250u128)))
}

fn balances(chain: &TestChain, hostile: HostileRef) -> [u128; 2] {
    [alice(), bob()].map(|who| chain.query(hostile.balance_of(1, who)).expect("a query"))
}

#[test]
fn moves_amounts_units_and_single_things_as_the_standards_have_it() {
    let (mut chain, hostile) = chain();
    transfer(&mut chain, hostile).expect_ok();
    chain.from(charlie()).call(call(hostile, "transfer_from", (1u64, bob(), alice(), 50u128))).expect_ok();
    chain.from(alice()).call(call(hostile, "transfer", (1u64, bob(), 5u64))).expect_ok();
    chain.from(charlie()).call(call(hostile, "transfer_from", (1u64, bob(), alice(), 1u64))).expect_ok();
    assert_eq!(balances(&chain, hostile), [796, 204]);
    chain.from(alice()).call(hostile.give_item(3, 9, alice())).expect_ok();
    chain.from(alice()).call(hostile.give_item(0, 4, alice())).expect_ok();
    chain.from(alice()).call(call(hostile, "transfer", (3u64, 9u64, bob()))).expect_ok();
    chain.from(charlie()).call(call(hostile, "transfer_from", (3u64, 9u64, bob(), charlie()))).expect_ok();
    chain.from(alice()).call(call(hostile, "transfer_lot", (4u64, bob()))).expect_ok();
    let owner = |input: Vec<u8>| -> Option<Address> {
        chain.query(Call::new(hostile.address(), "owner_of", input, true)).expect("a query")
    };
    assert_eq!([owner((3u64, 9u64).encode()), owner(4u64.encode())], [Some(charlie()), Some(bob())]);
    let missing = chain.from(bob()).call(call(hostile, "transfer", (1u64, bob(), 9_999u128)));
    missing.expect_error(Error::Missing);
}

#[test]
fn misbehaves_in_every_way_that_it_is_asked_to() {
    let (start, hostile) = chain();
    let with = |behaviour: Behaviour| {
        let mut chain = start.clone();
        hostile::behave(&mut chain, hostile, behaviour);
        chain
    };
    let mut chain = with(Behaviour::TakeFee);
    transfer(&mut chain, hostile).expect_ok();
    assert_eq!(balances(&chain, hostile), [750, 247], "the fee of 2.5 is rounded up");
    let mut chain = with(Behaviour::Pretend);
    transfer(&mut chain, hostile).expect_ok();
    assert_eq!(balances(&chain, hostile), [1_000, 0]);
    assert_eq!(balances(&with(Behaviour::Lie(7)), hostile), [7, 7]);
    transfer(&mut with(Behaviour::Refuse), hostile).expect_error(Error::Refused);
    transfer(&mut with(Behaviour::Panic), hostile).expect_host_error(HostError::Panic);
    transfer(&mut with(Behaviour::BurnGas), hostile).expect_host_error(HostError::OutOfGas);
    for (behaviour, bytes) in [(Behaviour::Garble, 3), (Behaviour::Flood, hostile::FLOOD_BYTES)] {
        let arguments = call(hostile, "transfer", (1u64, bob(), 1u128));
        let output = with(behaviour).run(&tenon_testkit::by(alice(), arguments)).expect_ok();
        assert_eq!(output.len(), bytes);
    }
    let give = hostile.give(1, bob(), 3);
    let target = |method: &str| Target {
        address: hostile.address(),
        method: method.into(),
        input: give.input.clone(),
        value: 0,
    };
    let mut chain = with(Behaviour::CallBack(target("give")));
    transfer(&mut chain, hostile).expect_ok();
    assert_eq!(chain.query(hostile.answers()), Ok(vec![HostError::Reentry.code()]));
    assert_eq!(chain.query(hostile.times_called()), Ok(1));
    let ended = chain.from(alice()).call(hostile.act(target("give")));
    assert_eq!(ended.expect_ok(), HostError::Reentry.code());
}
