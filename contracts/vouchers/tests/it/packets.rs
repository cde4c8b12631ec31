//! Packets: equal parts for whoever has the key, once for each receiver, and the rest back to who packed them.

use crate::{UNITS, coffee, issued, sign_bytes};
use tenon_contract::Address;
use tenon_crypto::{Keypair, Scheme};
use tenon_testkit::{TestChain, account, alice, bob, charlie, dave, eve, keypair, module_code};
use vouchers::{Error, NewKind, Opened, OwnerSignature, Packed, Packet, Unpacked, VouchersRef};

/// How long a packet of these tests can be opened.
const LIFE_MS: u64 = 60_000;

/// The secret that stands in the link.
pub(crate) fn link() -> Keypair {
    Keypair::from_suri(Scheme::Ed25519, "//Link").expect("a plain name derives a key")
}

/// The signature of the link's secret for a receiver of a packet of kind 1.
pub(crate) fn sign(chain: &TestChain, vouchers: VouchersRef, packet: u64, receiver: Address) -> OwnerSignature {
    sign_for(chain, vouchers, (1, packet), receiver)
}

/// The same for a packet of any kind.
pub(crate) fn sign_for(
    chain: &TestChain,
    vouchers: VouchersRef,
    (kind, packet): (u64, u64),
    receiver: Address,
) -> OwnerSignature {
    let message = chain.query(vouchers.open_message(kind, packet, receiver)).expect("a query");
    sign_bytes(&link(), &message)
}

/// Alice has packed units in parts. Returns when the packet ends.
fn packed(units: u64, parts: u32) -> (TestChain, VouchersRef, u64) {
    let (mut chain, vouchers) = issued(coffee());
    let until = chain.time_ms() + LIFE_MS;
    assert_eq!(chain.from(alice()).call(vouchers.pack(1, units, parts, link().account(), until)).expect_ok(), 1);
    (chain, vouchers, until)
}

fn units(chain: &TestChain, vouchers: VouchersRef, who: Address) -> u64 {
    chain.query(vouchers.balance_of(1, who)).expect("a query without errors")
}

#[test]
fn takes_the_units_when_they_are_packed() {
    let (mut chain, vouchers) = issued(coffee());
    let until_ms = chain.time_ms() + LIFE_MS;
    let outcome = chain.from(alice()).call(vouchers.pack(1, 10, 3, link().account(), until_ms));
    assert!(outcome.has(&Packed { kind: 1, packet: 1, packer: alice(), units: 10, parts: 3, until_ms }));
    assert_eq!((outcome.emitted().len(), outcome.expect_ok()), (1, 1));
    assert_eq!(units(&chain, vouchers, alice()), UNITS - 10);
    assert_eq!(chain.query(vouchers.total_units(1)), Ok(UNITS));
    let packet = Packet { packer: alice(), units: 10, parts: 3, share: 3, opener_key: link().account(), until_ms };
    assert_eq!(chain.query(vouchers.packet(1, 1)), Ok(Some(packet)));
    assert_eq!(chain.query(vouchers.packet(2, 1)), Ok(None));
}

#[test]
fn gives_equal_parts_and_the_remainder_with_the_last() {
    let (mut chain, vouchers, _) = packed(11, 4);
    let entries = chain.stored_entries(vouchers.address());
    for (receiver, share) in [(bob(), 2), (charlie(), 2), (dave(), 2), (eve(), 5)] {
        let signature = sign(&chain, vouchers, 1, receiver);
        let outcome = chain.from(receiver).call(vouchers.open(1, 1, receiver, signature));
        assert!(outcome.has(&Opened { kind: 1, packet: 1, receiver, units: share }));
        assert_eq!((outcome.emitted().len(), outcome.expect_ok()), (1, share));
        assert_eq!(units(&chain, vouchers, receiver), share);
    }
    assert_eq!(chain.query(vouchers.packet(1, 1)), Ok(None));
    // Four balances and three marks more, and the packet less.
    assert_eq!(chain.stored_entries(vouchers.address()), entries + 4 + 3 - 1);
    let signature = sign(&chain, vouchers, 1, account("Ferdie"));
    let late = chain.from(alice()).call(vouchers.open(1, 1, account("Ferdie"), signature));
    late.expect_error(Error::UnknownPacket);
}

#[test]
fn gives_to_the_signed_receiver_whoever_sends_it() {
    let (mut chain, vouchers, _) = packed(10, 2);
    let signature = sign(&chain, vouchers, 1, bob());
    // Eve sees Bob's transaction in the pool, and sends it first: for herself, and for Bob.
    let stolen = chain.from(eve()).call(vouchers.open(1, 1, eve(), signature.clone()));
    stolen.expect_error(Error::InvalidSignature);
    chain.from(eve()).call(vouchers.open(1, 1, bob(), signature.clone())).expect_ok();
    assert_eq!((units(&chain, vouchers, bob()), units(&chain, vouchers, eve())), (5, 0));
    chain.from(bob()).call(vouchers.open(1, 1, bob(), signature)).expect_error(Error::AlreadyOpened);
}

#[test]
fn gives_one_part_to_each_receiver() {
    let (mut chain, vouchers, _) = packed(10, 2);
    let signature = sign(&chain, vouchers, 1, bob());
    chain.from(bob()).call(vouchers.open(1, 1, bob(), signature.clone())).expect_ok();
    chain.from(bob()).call(vouchers.transfer(1, charlie(), 5)).expect_ok();
    for _ in 0..2 {
        chain.from(bob()).call(vouchers.open(1, 1, bob(), signature.clone())).expect_error(Error::AlreadyOpened);
    }
    // Another signature of the same key for the same receiver is no other part.
    let again = sign(&chain, vouchers, 1, bob());
    chain.from(bob()).call(vouchers.open(1, 1, bob(), again)).expect_error(Error::AlreadyOpened);
}

#[test]
fn opens_by_its_own_key_for_this_packet_chain_and_instance_alone() {
    let (mut chain, vouchers, until) = packed(10, 2);
    chain.from(alice()).call(vouchers.pack(1, 10, 2, link().account(), until)).expect_ok();
    let message = chain.query(vouchers.open_message(1, 1, bob())).expect("a query");
    for other in [keypair("Bob"), keypair("Alice"), keypair("Link")] {
        let signature = sign_bytes(&other, &message);
        chain.from(bob()).call(vouchers.open(1, 1, bob(), signature)).expect_error(Error::InvalidSignature);
    }
    let second = sign(&chain, vouchers, 2, bob());
    chain.from(bob()).call(vouchers.open(1, 1, bob(), second.clone())).expect_error(Error::InvalidSignature);
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let other = VouchersRef::at(chain.from(alice()).deploy(&code, VouchersRef::init(Some(coffee()))));
    let until = chain.time_ms() + LIFE_MS;
    chain.from(alice()).call(other.pack(1, 10, 2, link().account(), until)).expect_ok();
    let signature = sign(&chain, vouchers, 1, bob());
    chain.from(bob()).call(other.open(1, 1, bob(), signature.clone())).expect_error(Error::InvalidSignature);
    let mut foreign = message;
    let id: [u8; 32] = chain.chain_id().into();
    let at = foreign.windows(id.len()).position(|bytes| bytes == id).expect("the message names the chain");
    foreign[at] ^= 1;
    let foreign = sign_bytes(&link(), &foreign);
    chain.from(bob()).call(vouchers.open(1, 1, bob(), foreign)).expect_error(Error::InvalidSignature);
    chain.from(bob()).call(vouchers.open(1, 1, bob(), signature)).expect_ok();
    chain.from(bob()).call(vouchers.open(1, 2, bob(), second)).expect_ok();
}

#[test]
fn opens_with_keys_of_wallets_too() {
    let (mut chain, vouchers) = issued(coffee());
    let until = chain.time_ms() + LIFE_MS;
    chain.from(alice()).call(vouchers.pack(1, 1, 1, keypair("Bob").account(), until)).expect_ok();
    let message = chain.query(vouchers.open_message(1, 1, charlie())).expect("a query");
    let signature = sign_bytes(&keypair("Bob"), &message);
    assert_eq!(chain.from(dave()).call(vouchers.open(1, 1, charlie(), signature)).expect_ok(), 1);
}

#[test]
fn ends_at_its_millisecond_and_gives_the_rest_back_from_it_on() {
    for (late_ms, open) in [(-1, true), (0, false), (1, false)] {
        let (mut chain, vouchers, until) = packed(10, 3);
        let first = sign(&chain, vouchers, 1, bob());
        chain.from(bob()).call(vouchers.open(1, 1, bob(), first)).expect_ok();
        let signature = sign(&chain, vouchers, 1, charlie());
        chain.set_time_ms(until.checked_add_signed(late_ms).expect("in range"));
        if open {
            chain.from(alice()).call(vouchers.unpack(1, 1)).expect_error(Error::PacketOpen);
            continue;
        }
        let late = chain.from(charlie()).call(vouchers.open(1, 1, charlie(), signature));
        late.expect_error(Error::PacketClosed);
        let outcome = chain.from(eve()).call(vouchers.unpack(1, 1));
        assert!(outcome.has(&Unpacked { kind: 1, packet: 1, packer: alice(), units: 7 }));
        assert_eq!((outcome.emitted().len(), outcome.expect_ok()), (1, 7));
        assert_eq!((units(&chain, vouchers, alice()), units(&chain, vouchers, eve())), (UNITS - 3, 0));
        chain.from(eve()).call(vouchers.unpack(1, 1)).expect_error(Error::UnknownPacket);
    }
}

#[test]
fn opens_until_the_last_millisecond() {
    let (mut chain, vouchers, until) = packed(10, 3);
    let signature = sign(&chain, vouchers, 1, charlie());
    chain.set_time_ms(until - 1);
    assert_eq!(chain.from(charlie()).call(vouchers.open(1, 1, charlie(), signature)).expect_ok(), 3);
}

#[test]
fn refuses_packets_that_make_no_sense() {
    let (mut chain, vouchers) = issued(coffee());
    let (key, later) = (link().account(), chain.time_ms() + LIFE_MS);
    let now = chain.time_ms();
    let refused = [
        (vouchers.pack(1, 10, 3, key, now), Error::ExpiryPassed),
        (vouchers.pack(1, 0, 1, key, later), Error::ZeroUnits),
        (vouchers.pack(1, 10, 0, key, later), Error::InvalidParts),
        (vouchers.pack(1, 10, 11, key, later), Error::InvalidParts),
        (vouchers.pack(1, 10, u32::MAX, key, later), Error::InvalidParts),
        (vouchers.pack(1, UNITS + 1, 1, key, later), Error::InsufficientUnits),
        (vouchers.pack(1, u64::MAX, 3, key, later), Error::InsufficientUnits),
        (vouchers.pack(1, 10, 3, [0; 32], later), Error::ZeroAddress),
        (vouchers.pack(2, 10, 3, key, later), Error::UnknownKind),
    ];
    for (call, error) in refused {
        chain.from(alice()).call(call).expect_error(error);
    }
    assert_eq!(chain.from(alice()).call(vouchers.pack(1, 10, 10, key, later)).expect_ok(), 1);
    let nobody = sign(&chain, vouchers, 1, Address::ZERO);
    chain.from(bob()).call(vouchers.open(1, 1, Address::ZERO, nobody.clone())).expect_error(Error::ZeroAddress);
    for (kind, packet) in [(1, 0), (1, 2), (2, 1), (u64::MAX, u64::MAX)] {
        chain.from(bob()).call(vouchers.open(kind, packet, bob(), nobody.clone())).expect_error(Error::UnknownPacket);
        chain.from(bob()).call(vouchers.unpack(kind, packet)).expect_error(Error::UnknownPacket);
    }
}

#[test]
fn sweeps_the_marks_of_a_packet_that_has_ended() {
    let (mut chain, vouchers, until) = packed(10, 4);
    for receiver in [bob(), charlie()] {
        let signature = sign(&chain, vouchers, 1, receiver);
        chain.from(receiver).call(vouchers.open(1, 1, receiver, signature)).expect_ok();
    }
    chain.from(eve()).call(vouchers.sweep_packet(1, 1)).expect_error(Error::PacketOpen);
    chain.set_time_ms(until);
    chain.from(eve()).call(vouchers.sweep_packet(1, 1)).expect_error(Error::PacketOpen);
    chain.from(eve()).call(vouchers.unpack(1, 1)).expect_ok();
    let entries = chain.stored_entries(vouchers.address());
    assert_eq!(chain.from(eve()).call(vouchers.sweep_packet(1, 1)).expect_ok(), 2);
    assert_eq!(chain.stored_entries(vouchers.address()), entries - 2);
    assert_eq!(chain.from(eve()).call(vouchers.sweep_packet(1, 1)).expect_ok(), 0);
}

#[test]
fn leaves_the_marks_of_other_packets_when_sweeping() {
    let (mut chain, vouchers, until) = packed(10, 2);
    chain.from(alice()).call(vouchers.pack(1, 10, 2, link().account(), until + LIFE_MS)).expect_ok();
    for packet in 1..=2 {
        let signature = sign(&chain, vouchers, packet, bob());
        chain.from(bob()).call(vouchers.open(1, packet, bob(), signature)).expect_ok();
    }
    chain.set_time_ms(until);
    chain.from(eve()).call(vouchers.unpack(1, 1)).expect_ok();
    assert_eq!(chain.from(eve()).call(vouchers.sweep_packet(1, 1)).expect_ok(), 1);
    let again = sign(&chain, vouchers, 2, bob());
    chain.from(bob()).call(vouchers.open(1, 2, bob(), again)).expect_error(Error::AlreadyOpened);
}

#[test]
fn never_gives_a_number_again() {
    let (mut chain, vouchers, until) = packed(1, 1);
    let old = sign(&chain, vouchers, 1, bob());
    chain.from(bob()).call(vouchers.open(1, 1, bob(), old.clone())).expect_ok();
    let next = chain.from(alice()).call(vouchers.pack(1, 1, 1, link().account(), until));
    assert_eq!(next.expect_ok(), 2);
    chain.from(bob()).call(vouchers.open(1, 1, bob(), old)).expect_error(Error::UnknownPacket);
    assert_eq!(chain.query(vouchers.totals(1)).map(|totals| totals.packets), Ok(2));
}

#[test]
fn packs_the_largest_number_there_is() {
    let (mut chain, vouchers) = issued(NewKind { units: u64::MAX, ..coffee() });
    let until = chain.time_ms() + LIFE_MS;
    chain.from(alice()).call(vouchers.pack(1, u64::MAX, u32::MAX, link().account(), until)).expect_ok();
    let signature = sign(&chain, vouchers, 1, bob());
    let share = u64::MAX / u64::from(u32::MAX);
    assert_eq!(chain.from(bob()).call(vouchers.open(1, 1, bob(), signature)).expect_ok(), share);
    chain.set_time_ms(until);
    assert_eq!(chain.from(bob()).call(vouchers.unpack(1, 1)).expect_ok(), u64::MAX - share);
}

#[test]
fn hands_out_by_packet_what_holders_may_not_send_on() {
    let (mut chain, vouchers) = issued(NewKind { transferable: Some(false), ..coffee() });
    let until = chain.time_ms() + LIFE_MS;
    chain.from(alice()).call(vouchers.pack(1, 2, 2, link().account(), until)).expect_ok();
    let signature = sign(&chain, vouchers, 1, bob());
    chain.from(bob()).call(vouchers.open(1, 1, bob(), signature)).expect_ok();
    chain.from(bob()).call(vouchers.transfer(1, charlie(), 1)).expect_error(Error::NotTransferable);
    chain.from(bob()).call(vouchers.redeem(1, 1, None)).expect_ok();
}

#[test]
fn lists_packets_page_by_page() {
    let (mut chain, vouchers, until) = packed(1, 1);
    for _ in 2..=4 {
        chain.from(alice()).call(vouchers.pack(1, 1, 1, link().account(), until)).expect_ok();
    }
    let signature = sign(&chain, vouchers, 2, bob());
    chain.from(bob()).call(vouchers.open(1, 2, bob(), signature)).expect_ok();
    let numbers = |after, limit| {
        let page = chain.query(vouchers.packets(1, after, limit)).expect("a query without errors");
        page.into_iter().map(|(number, _)| number).collect::<Vec<_>>()
    };
    assert_eq!(
        (numbers(None, None), numbers(Some(1), Some(1)), numbers(Some(4), None)),
        (vec![1, 3, 4], vec![3], vec![])
    );
}
