//! Random histories against a model in plain Rust: the same outcomes, the same units, and the invariant after each
//! step. Kind 1 is Alice's to mint, up to 5000 in all, and Bob redeems its orders; of kind 2 Alice alone sends units.

use crate::{chain, coffee, issue, sign_bytes};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tenon_contract::Address;
use tenon_crypto::{Keypair, Scheme};
use tenon_testkit::{TestChain, account, keypair};
use vouchers::{MintRight, NewKind, RedeemOrder, VouchersRef};

const PEOPLE: [&str; 4] = ["Alice", "Bob", "Charlie", "Dave"];
/// The most units of kind 1.
const CAP: u64 = 5_000;

#[derive(Clone, Debug)]
enum Step {
    Transfer { kind: u64, from: usize, to: usize, units: u64 },
    TransferFrom { kind: u64, spender: usize, from: usize, to: usize, units: u64 },
    Mint { kind: u64, by: usize, to: usize, units: u64 },
    Burn { kind: u64, by: usize, units: u64 },
    Redeem { kind: u64, by: usize, units: u64 },
    Order { kind: u64, holder: usize, id: u64, units: u64, life_ms: u64 },
    Sweep { holder: usize, id: u64 },
    Pack { kind: u64, by: usize, units: u64, parts: u32, life_ms: u64 },
    Open { kind: u64, packet: u64, receiver: usize },
    Unpack { kind: u64, packet: u64 },
    Wait { ms: u64 },
}

fn units() -> impl Strategy<Value = u64> {
    prop_oneof![10 => 0..200u64, 1 => Just(u64::MAX), 1 => any::<u64>()]
}

fn step() -> impl Strategy<Value = Step> {
    let (kind, who, packet) = (1..=2u64, 0..PEOPLE.len(), 1..=3u64);
    let (life, id) = (0..12_000u64, 0..3u64);
    prop_oneof![
        4 => (kind.clone(), who.clone(), who.clone(), units())
            .prop_map(|(kind, from, to, units)| Step::Transfer { kind, from, to, units }),
        2 => (kind.clone(), who.clone(), who.clone(), who.clone(), units())
            .prop_map(|(kind, spender, from, to, units)| Step::TransferFrom { kind, spender, from, to, units }),
        1 => (kind.clone(), who.clone(), who.clone(), units())
            .prop_map(|(kind, by, to, units)| Step::Mint { kind, by, to, units }),
        1 => (kind.clone(), who.clone(), units()).prop_map(|(kind, by, units)| Step::Burn { kind, by, units }),
        2 => (kind.clone(), who.clone(), units()).prop_map(|(kind, by, units)| Step::Redeem { kind, by, units }),
        4 => (kind.clone(), who.clone(), id.clone(), units(), life.clone())
            .prop_map(|(kind, holder, id, units, life_ms)| Step::Order { kind, holder, id, units, life_ms }),
        1 => (who.clone(), id).prop_map(|(holder, id)| Step::Sweep { holder, id }),
        3 => (kind.clone(), who.clone(), units(), 0..5u32, life)
            .prop_map(|(kind, by, units, parts, life_ms)| Step::Pack { kind, by, units, parts, life_ms }),
        6 => (kind.clone(), packet.clone(), who)
            .prop_map(|(kind, packet, receiver)| Step::Open { kind, packet, receiver }),
        2 => (kind, packet).prop_map(|(kind, packet)| Step::Unpack { kind, packet }),
        1 => (0..5_000u64).prop_map(|ms| Step::Wait { ms }),
    ]
}

struct Parcel {
    packer: usize,
    units: u64,
    parts: u32,
    share: u64,
    until_ms: u64,
    receivers: BTreeSet<usize>,
}

/// What the module should do, without its storage and its arithmetic.
#[derive(Default)]
struct Model {
    balances: BTreeMap<(u64, usize), u64>,
    issued: BTreeMap<u64, u64>,
    redeemed: BTreeMap<u64, u64>,
    used: BTreeMap<(usize, u64), u64>,
    packets: BTreeMap<(u64, u64), Parcel>,
    packed: BTreeMap<u64, u64>,
}

impl Model {
    fn take(&mut self, kind: u64, who: usize, units: u64) -> bool {
        let balance = self.balances.entry((kind, who)).or_default();
        let rest = balance.checked_sub(units);
        *balance = rest.unwrap_or(*balance);
        rest.is_some()
    }

    fn give(&mut self, kind: u64, who: usize, units: u64) {
        *self.balances.entry((kind, who)).or_default() += units;
    }

    fn send(&mut self, kind: u64, from: usize, to: usize, units: u64) -> bool {
        let sent = (kind == 1 || from == 0) && self.take(kind, from, units);
        if sent {
            self.give(kind, to, units);
        }
        sent
    }

    fn redeem(&mut self, kind: u64, who: usize, units: u64) -> bool {
        let done = units > 0 && self.take(kind, who, units);
        if done {
            *self.redeemed.entry(kind).or_default() += units;
        }
        done
    }

    fn open(&mut self, kind: u64, packet: u64, receiver: usize, now_ms: u64) -> bool {
        let Some(parcel) = self.packets.get_mut(&(kind, packet)) else { return false };
        if now_ms >= parcel.until_ms || !parcel.receivers.insert(receiver) {
            return false;
        }
        let units = if parcel.parts == 1 { parcel.units } else { parcel.share };
        parcel.units -= units;
        parcel.parts -= 1;
        if parcel.parts == 0 {
            self.packets.remove(&(kind, packet));
        }
        self.give(kind, receiver, units);
        true
    }

    fn pack(&mut self, kind: u64, packer: usize, units: u64, parts: u32, times: (u64, u64)) -> bool {
        let fits = parts > 0 && u64::from(parts) <= units && times.1 > times.0;
        if !fits || (kind == 2 && packer != 0) || !self.take(kind, packer, units) {
            return false;
        }
        let number = self.packed.entry(kind).or_default();
        *number += 1;
        let share = units / u64::from(parts);
        let parcel = Parcel { packer, units, parts, share, until_ms: times.1, receivers: BTreeSet::new() };
        self.packets.insert((kind, *number), parcel);
        true
    }

    /// Makes a step at a time and says whether it should succeed.
    fn apply(&mut self, step: &Step, now_ms: u64) -> bool {
        match *step {
            Step::Transfer { kind, from, to, units } | Step::TransferFrom { kind, from, to, units, .. } => {
                self.send(kind, from, to, units)
            }
            Step::Mint { kind, by, to, units } => {
                let issued = self.issued.entry(kind).or_default();
                let fits = issued.checked_add(units).filter(|sum| *sum <= CAP && kind == 1 && by == 0);
                *issued = fits.unwrap_or(*issued);
                if fits.is_some() {
                    self.give(kind, to, units);
                }
                fits.is_some()
            }
            Step::Burn { kind, by, units } => self.take(kind, by, units),
            Step::Redeem { kind, by, units } => self.redeem(kind, by, units),
            Step::Order { kind, holder, id, units, life_ms } => {
                let free = self.used.get(&(holder, id)).is_none_or(|deadline_ms| now_ms >= *deadline_ms);
                let done = kind == 1 && life_ms > 0 && free && self.redeem(kind, holder, units);
                if done {
                    self.used.insert((holder, id), now_ms + life_ms);
                }
                done
            }
            Step::Pack { kind, by, units, parts, life_ms } => {
                self.pack(kind, by, units, parts, (now_ms, now_ms + life_ms))
            }
            Step::Open { kind, packet, receiver } => self.open(kind, packet, receiver, now_ms),
            Step::Unpack { kind, packet } => {
                let key = (kind, packet);
                let over = self.packets.get(&key).is_some_and(|parcel| now_ms >= parcel.until_ms);
                if over && let Some(Parcel { packer, units, .. }) = self.packets.remove(&key) {
                    self.give(kind, packer, units);
                }
                over
            }
            Step::Sweep { .. } | Step::Wait { .. } => true,
        }
    }
}

fn link() -> Keypair {
    Keypair::from_suri(Scheme::Ed25519, "//Link").expect("a plain name derives a key")
}

fn order(chain: &mut TestChain, vouchers: VouchersRef, step: &Step) -> bool {
    let Step::Order { kind, holder, id, units, life_ms } = *step else { return false };
    let (name, redeemer) = (PEOPLE[holder], account(PEOPLE[1]));
    let deadline_ms = chain.time_ms() + life_ms;
    let order = RedeemOrder { kind, holder: account(name), redeemer, units, id, deadline_ms, reference: None };
    let message = chain.query(vouchers.order_message(order.clone())).expect("a query");
    let signature = sign_bytes(&keypair(name), &message);
    chain.from(redeemer).call(vouchers.redeem_order(order, signature)).result.is_ok()
}

fn perform(chain: &mut TestChain, vouchers: VouchersRef, people: &[Address], step: &Step) -> bool {
    let who = |index: usize| people[index];
    match *step {
        Step::Transfer { kind, from, to, units } => {
            chain.from(who(from)).call(vouchers.transfer(kind, who(to), units)).result.is_ok()
        }
        Step::TransferFrom { kind, spender, from, to, units } => {
            let current = chain.query(vouchers.allowance(kind, who(from), who(spender))).expect("a query");
            chain.from(who(from)).call(vouchers.approve(kind, who(spender), current, units, None)).expect_ok();
            chain.from(who(spender)).call(vouchers.transfer_from(kind, who(from), who(to), units)).result.is_ok()
        }
        Step::Mint { kind, by, to, units } => {
            chain.from(who(by)).call(vouchers.mint(kind, who(to), units)).result.is_ok()
        }
        Step::Burn { kind, by, units } => chain.from(who(by)).call(vouchers.burn(kind, units)).result.is_ok(),
        Step::Redeem { kind, by, units } => chain.from(who(by)).call(vouchers.redeem(kind, units, None)).result.is_ok(),
        Step::Order { .. } => order(chain, vouchers, step),
        Step::Sweep { holder, id } => {
            chain.from(who(0)).call(vouchers.sweep_orders(vec![(who(holder), id)])).result.is_ok()
        }
        Step::Pack { kind, by, units, parts, life_ms } => {
            let until = chain.time_ms() + life_ms;
            chain.from(who(by)).call(vouchers.pack(kind, units, parts, link().account(), until)).result.is_ok()
        }
        Step::Open { kind, packet, receiver } => {
            let message = chain.query(vouchers.open_message(kind, packet, who(receiver))).expect("a query");
            let signature = sign_bytes(&link(), &message);
            chain.from(who(0)).call(vouchers.open(kind, packet, who(receiver), signature)).result.is_ok()
        }
        Step::Unpack { kind, packet } => chain.from(who(3)).call(vouchers.unpack(kind, packet)).result.is_ok(),
        Step::Wait { ms } => {
            chain.advance_ms(ms);
            true
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_model_in_any_history(steps in prop::collection::vec(step(), 1..60)) {
        let (mut chain, vouchers) = chain();
        let people = PEOPLE.map(account);
        let mut model = Model::default();
        let open = NewKind { cap: Some(CAP), mint: Some(MintRight::Owner), redeemer: Some(people[1]), ..coffee() };
        let kinds = [open, NewKind { transferable: Some(false), redeemer: None, ..coffee() }];
        for (kind, new) in (1..).zip(kinds) {
            prop_assert_eq!(chain.from(people[0]).call(issue(vouchers, NewKind { units: 1_000, ..new })).expect_ok(), kind);
            model.give(kind, 0, 1_000);
            model.issued.insert(kind, 1_000);
        }
        for step in steps {
            // An approval of its own block comes before this transfer; no time counts for either.
            let expected = model.apply(&step, chain.time_ms());
            prop_assert_eq!(perform(&mut chain, vouchers, &people, &step), expected, "{:?}", step);
        }
        for ((kind, who), balance) in model.balances {
            prop_assert_eq!(chain.query(vouchers.balance_of(kind, people[who])), Ok(balance));
        }
        for kind in 1..=2 {
            let totals = chain.query(vouchers.totals(kind)).expect("the kind exists");
            let model_says = [&model.issued, &model.redeemed, &model.packed].map(|of| of.get(&kind).copied().unwrap_or(0));
            prop_assert_eq!([totals.issued, totals.redeemed, totals.packets], model_says);
        }
    }
}
