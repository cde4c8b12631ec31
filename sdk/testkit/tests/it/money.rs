//! What the SDK promises of money: what arrives is what counts, a failure moves nothing, and books of each currency
//! add up.

use tenon_contract::abi::HostError;
use tenon_contract::{Address, Amount, Call};
use tenon_prober::{Currency, Error, ProberRef};
use tenon_testkit::hostile::{self, Behaviour, HostileRef};
use tenon_testkit::{TestChain, alice, bob, charlie, module_code};

/// The asset of the hostile module.
const ASSET: u64 = 5;
const PLENTY: Amount = 10_000;

struct World {
    chain: TestChain,
    prober: ProberRef,
    module: HostileRef,
    currency: Currency,
}

/// A chain whose module `assets` is the hostile one, and a second hostile module: Alice and the prober have plenty of
/// both. The currency is the second's.
fn world() -> World {
    let mut chain = TestChain::with_modules(&[("assets", &hostile::code(), HostileRef::init())]);
    let module = hostile::deploy(&mut chain);
    let code = module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/prober"));
    let prober = ProberRef::at(chain.from(alice()).deploy(&code, ProberRef::init(5)));
    for of in [module, HostileRef::at(TestChain::module_address("assets"))] {
        for who in [alice(), prober.address()] {
            chain.from(hostile::director()).call(of.give(ASSET, who, PLENTY)).expect_ok();
        }
    }
    World { chain, prober, module, currency: Currency::Asset { module: module.address(), asset: ASSET } }
}

impl World {
    fn behave(&mut self, behaviour: Behaviour) {
        hostile::behave(&mut self.chain, self.module, behaviour);
    }

    fn held(&self, who: Address) -> Amount {
        self.chain.query(self.module.balance_of(ASSET, who)).expect("a query")
    }

    /// Alice pays to the prober, and through it to Bob.
    fn payments(&self, currency: Currency, amount: Amount) -> [(Address, Call<Amount>); 2] {
        let (take, pass) = (self.prober.take_money(currency, amount), self.prober.pass_money(currency, bob(), amount));
        [(self.prober.address(), take), (bob(), pass)]
    }

    fn books(&self, most: u32) -> Option<(Option<(Address, u64)>, bool)> {
        self.chain.query(self.prober.books(most)).expect("a query")
    }
}

#[test]
fn coin_comes_as_exactly_the_amount() {
    let mut world = world();
    for (to, call) in world.payments(Currency::Coin, 1_000_000) {
        let before = world.chain.coin(to);
        for value in [0, 999_999, 1_000_001] {
            let outcome = world.chain.from(alice()).call(call.clone().with_value(value));
            outcome.expect_error(Error::WrongValue);
        }
        assert_eq!(world.chain.coin(to), before);
        assert_eq!(world.chain.from(alice()).call(call.with_value(1_000_000)).expect_ok(), 1_000_000);
        assert_eq!(world.chain.coin(to), before + 1_000_000);
    }
    for (_, call) in world.payments(Currency::Coin, 0) {
        assert_eq!(world.chain.from(alice()).call(call).expect_ok(), 0);
    }
}

#[test]
fn of_an_asset_what_arrives_counts() {
    let mut world = world();
    let behaviours = [
        (Behaviour::Honest, 250, 250),
        (Behaviour::TakeFee, 247, 247),
        (Behaviour::Pretend, 0, 0),
        (Behaviour::Lie(7), 0, 250),
        (Behaviour::Garble, 250, 250),
        (Behaviour::Flood, 250, 250),
    ];
    for (behaviour, counted, moved) in behaviours {
        for (to, call) in world.payments(world.currency, 250) {
            let before = world.held(to);
            world.behave(behaviour.clone());
            assert_eq!(world.chain.from(alice()).call(call).expect_ok(), counted, "{behaviour:?}");
            world.behave(Behaviour::Honest);
            assert_eq!(world.held(to), before + moved, "{behaviour:?}");
        }
    }
}

#[test]
fn an_asset_that_is_refused_or_comes_with_coin_moves_nothing() {
    let mut world = world();
    let nowhere = Currency::Asset { module: charlie(), asset: ASSET };
    for (to, call) in world.payments(world.currency, PLENTY + 1).into_iter().chain(world.payments(nowhere, 1)) {
        let before = (world.held(alice()), world.held(to));
        world.chain.from(alice()).call(call).expect_error(Error::Refused);
        assert_eq!((world.held(alice()), world.held(to)), before);
    }
    for behaviour in [Behaviour::Refuse, Behaviour::Panic] {
        world.behave(behaviour);
        for (_, call) in world.payments(world.currency, 250) {
            world.chain.from(alice()).call(call).expect_error(Error::Refused);
        }
    }
    world.behave(Behaviour::Honest);
    for (to, call) in world.payments(world.currency, 250) {
        let before = world.held(to);
        world.chain.from(alice()).call(call.with_value(1)).expect_error(Error::CoinNotWanted);
        assert_eq!(world.held(to), before);
    }
}

#[test]
fn nothing_is_called_for_an_amount_of_zero() {
    let mut world = world();
    world.behave(Behaviour::Refuse);
    for (_, call) in world.payments(world.currency, 0) {
        assert_eq!(world.chain.from(alice()).call(call).expect_ok(), 0);
    }
    assert_eq!(world.chain.query(world.module.times_called()), Ok(0));
}

#[test]
fn only_the_chains_own_assets_are_believed() {
    let mut world = world();
    let own = HostileRef::at(TestChain::module_address("assets"));
    let currency = Currency::Asset { module: own.address(), asset: ASSET };
    hostile::behave(&mut world.chain, own, Behaviour::TakeFee);
    for (_, call) in world.payments(currency, 250) {
        assert_eq!(world.chain.from(alice()).call(call).expect_ok(), 250);
    }
    hostile::behave(&mut world.chain, own, Behaviour::Refuse);
    for (_, call) in world.payments(currency, 250) {
        world.chain.from(alice()).call(call).expect_error(Error::Refused);
    }
}

#[test]
fn sends_money_or_says_why_not() {
    let mut world = world();
    let send = world.prober.send_money(world.currency, bob(), 250);
    assert_eq!(world.chain.from(alice()).call(send.clone()).expect_ok(), 0);
    assert_eq!((world.held(bob()), world.held(world.prober.address())), (250, PLENTY - 250));
    world.behave(Behaviour::Panic);
    let code = world.chain.from(alice()).call(send).expect_ok();
    assert_eq!(HostError::from_code(code), Some(HostError::Panic));
    world.behave(Behaviour::Honest);
    assert_eq!(world.held(bob()), 250);
    let pay = world.prober.take_money(Currency::Coin, 1_000_000).with_value(1_000_000);
    world.chain.from(alice()).call(pay).expect_ok();
    let before = world.chain.coin(bob());
    let send = world.prober.send_money(Currency::Coin, bob(), 600_000);
    assert_eq!(world.chain.from(alice()).call(send.clone()).expect_ok(), 0);
    assert_ne!(world.chain.from(alice()).call(send).expect_ok(), 0, "there is not enough");
    assert_eq!(world.chain.coin(bob()), before + 600_000);
}

#[test]
fn the_height_chooses_whose_books_are_checked() {
    let mut world = world();
    assert_eq!(world.books(10), None);
    let (prober, own) = (world.prober, world.currency);
    for (currency, who, amount) in [(Currency::Coin, bob(), 3), (own, alice(), 5), (own, bob(), 7)] {
        world.chain.from(alice()).call(prober.set_credit(currency, who, amount)).expect_ok();
    }
    world.chain.from(alice()).call(prober.set_owed(Currency::Coin, 3)).expect_ok();
    world.chain.from(alice()).call(prober.set_owed(own, 13)).expect_ok();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let found = world.books(10).expect("something is owed");
        assert_eq!(found.1, found.0.is_none(), "only the coin's books balance");
        assert_eq!(world.books(2), Some((found.0, true)), "two entries may be a part of them");
        seen.push(found.0);
        world.chain.advance_blocks(1);
    }
    assert!(seen[0] != seen[1] && seen[0] == seen[2] && seen[1] == seen[3], "{seen:?}");
    world.chain.from(alice()).call(prober.set_owed(own, 12)).expect_ok();
    for _ in 0..2 {
        assert_eq!(world.books(10).map(|found| found.1), Some(true));
        world.chain.advance_blocks(1);
    }
}

#[test]
fn an_instance_holds_the_coin_that_it_owes_or_not() {
    let mut world = world();
    let holds = |world: &World| world.chain.query(world.prober.holds_coin_owed()).expect("a query");
    world.chain.from(alice()).call(world.prober.set_owed(world.currency, Amount::MAX)).expect_ok();
    assert!(holds(&world), "it owes no coin");
    let pay = world.prober.take_money(Currency::Coin, 1_000_000).with_value(1_000_000);
    world.chain.from(alice()).call(pay).expect_ok();
    let held = world.chain.coin(world.prober.address());
    for (owed, is_held) in [(held - 1, true), (held, true), (held + 1, false)] {
        world.chain.from(alice()).call(world.prober.set_owed(Currency::Coin, owed)).expect_ok();
        assert_eq!(holds(&world), is_held, "{owed}");
    }
}
