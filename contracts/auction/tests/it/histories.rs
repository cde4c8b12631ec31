//! Random histories against a model in plain Rust: what succeeds, who gets what, and the invariants after each step.

use crate::{BOTTLES, GOLD, Market, RICH, WINE, market, salt};
use auction::{Currency, State};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tenon_contract::Address;
use tenon_testkit::account;

const PEOPLE: [&str; 4] = ["Alice", "Bob", "Charlie", "Dave"];
/// What each auction asks at least.
const RESERVE: u128 = 20;
/// What a Dutch auction asks at first.
const TOP: u128 = 100;
/// What an unopened bid loses.
const BOND: u128 = 7;
/// How long each auction or phase lasts. Each call takes a second.
const PHASE_MS: u64 = 8_000;
/// What a late bid leaves.
const EXTENSION_MS: u64 = 3_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dutch,
    English,
    Sealed,
}

#[derive(Clone, Debug)]
enum Step {
    Sell { seller: usize, kind: Kind, in_gold: bool },
    Buy { who: usize, auction: u64, max: u128, extra: i8 },
    Bid { who: usize, auction: u64, amount: u128, extra: i8 },
    Commit { who: usize, auction: u64, price: u128, deposit: u128 },
    Reveal { who: usize, auction: u64, price: u128 },
    Forfeit { who: usize, auction: u64 },
    Settle { auction: u64 },
    Cancel { who: usize, auction: u64 },
    Withdraw { who: usize, in_gold: bool },
    Pass { ms: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, auction, amount) = (0..PEOPLE.len(), 1..=5u64, 15..140u128);
    let kind = prop_oneof![Just(Kind::Dutch), Just(Kind::English), Just(Kind::Sealed)];
    let extra = prop_oneof![6 => Just(0i8), 1 => -2..5i8];
    let of = (who.clone(), auction.clone());
    prop_oneof![
        3 => (0..2usize, kind, any::<bool>()).prop_map(|(seller, kind, in_gold)| Step::Sell { seller, kind, in_gold }),
        2 => (of.clone(), 90..140u128, extra.clone())
            .prop_map(|((who, auction), max, extra)| Step::Buy { who, auction, max, extra }),
        6 => (of.clone(), amount.clone(), extra)
            .prop_map(|((who, auction), amount, extra)| Step::Bid { who, auction, amount, extra }),
        5 => (of.clone(), 15..60u128, 18..60u128)
            .prop_map(|((who, auction), price, deposit)| Step::Commit { who, auction, price, deposit }),
        5 => (of.clone(), prop::option::weighted(0.1, 15..60u128))
            .prop_map(|((who, auction), price)| Step::Reveal { who, auction, price: price.unwrap_or(0) }),
        1 => of.clone().prop_map(|(who, auction)| Step::Forfeit { who, auction }),
        3 => auction.prop_map(|auction| Step::Settle { auction }),
        1 => of.prop_map(|(who, auction)| Step::Cancel { who, auction }),
        1 => (who, any::<bool>()).prop_map(|(who, in_gold)| Step::Withdraw { who, in_gold }),
        2 => (0..6_000u64).prop_map(|ms| Step::Pass { ms }),
    ]
}

#[derive(Clone, Copy, Debug)]
struct Best {
    who: usize,
    price: u128,
    held: u128,
    number: usize,
}

#[derive(Debug)]
struct Sale {
    seller: usize,
    kind: Kind,
    in_gold: bool,
    start: u64,
    end: u64,
    state: State,
    best: Option<Best>,
    second: u128,
    entries: usize,
    /// Commitments: price, deposit, number.
    sealed: BTreeMap<usize, (u128, u128, usize)>,
}

/// What the module should do, without its storage and its arithmetic.
#[derive(Default)]
struct Model {
    sales: Vec<Sale>,
    credits: BTreeMap<(bool, usize), u128>,
    /// Money in the auctions' hands: coin and asset.
    held: [u128; 2],
    /// What people have of the asset that is paid with, above what they began with.
    gold: BTreeMap<usize, i128>,
    wine: BTreeMap<usize, i128>,
}

fn signed(amount: u128) -> i128 {
    i128::try_from(amount).expect("small")
}

impl Model {
    fn open(&mut self, auction: u64) -> Option<&mut Sale> {
        let sale = self.sales.get_mut(usize::try_from(auction).expect("small").checked_sub(1)?)?;
        (sale.state == State::Open).then_some(sale)
    }

    fn credit(&mut self, in_gold: bool, who: usize, amount: u128) {
        if amount > 0 {
            *self.credits.entry((in_gold, who)).or_default() += amount;
        }
    }

    /// Takes what is due; coin that is sent with the call may be more or less.
    fn pay(&mut self, in_gold: bool, who: usize, due: u128, sent: u128) -> bool {
        if in_gold {
            *self.gold.entry(who).or_default() -= signed(due);
            self.held[1] += due;
            return true;
        }
        let Some(surplus) = sent.checked_sub(due) else { return false };
        self.held[0] += sent;
        self.credit(false, who, surplus);
        true
    }

    fn deliver(&mut self, to: usize) {
        *self.wine.entry(to).or_default() += signed(BOTTLES);
    }

    fn sell(&mut self, now: u64, seller: usize, kind: Kind, in_gold: bool) {
        let end = match kind {
            Kind::Dutch => u64::MAX,
            Kind::English => now + PHASE_MS,
            Kind::Sealed => now + 2 * PHASE_MS,
        };
        *self.wine.entry(seller).or_default() -= signed(BOTTLES);
        let (best, sealed) = (None, BTreeMap::new());
        let state = State::Open;
        self.sales.push(Sale { seller, kind, in_gold, start: now, end, state, best, second: 0, entries: 0, sealed });
    }

    fn buy(&mut self, now: u64, who: usize, auction: u64, max: u128, sent: u128) -> bool {
        let Some(sale) = self.open(auction).filter(|sale| sale.kind == Kind::Dutch) else { return false };
        let (in_gold, seller) = (sale.in_gold, sale.seller);
        let elapsed = u128::from(now - sale.start).min(u128::from(PHASE_MS));
        let price = TOP - (TOP - RESERVE) * elapsed / u128::from(PHASE_MS);
        if price > max || !self.pay(in_gold, who, price, sent) {
            return false;
        }
        self.open(auction).expect("open").state = State::Sold;
        self.credit(in_gold, seller, price);
        self.deliver(who);
        true
    }

    fn bid(&mut self, now: u64, who: usize, auction: u64, amount: u128, sent: u128) -> bool {
        let Some(sale) = self.open(auction).filter(|sale| sale.kind == Kind::English) else { return false };
        let least = sale.best.map_or(RESERVE, |best| best.price + best.price.div_ceil(10));
        if now >= sale.end || amount < least {
            return false;
        }
        let (in_gold, before) = (sale.in_gold, sale.best);
        let own = before.filter(|best| best.who == who).map_or(0, |best| best.held);
        if !self.pay(in_gold, who, amount - own, sent) {
            return false;
        }
        if let Some(outbid) = before.filter(|best| best.who != who) {
            self.credit(in_gold, outbid.who, outbid.held);
        }
        let sale = self.open(auction).expect("open");
        sale.best = Some(Best { who, price: amount, held: amount, number: 0 });
        sale.end = sale.end.max(now + EXTENSION_MS);
        sale.entries += 1;
        true
    }

    fn commit(&mut self, now: u64, who: usize, auction: u64, price: u128, deposit: u128) -> bool {
        let Some(sale) = self.open(auction).filter(|sale| sale.kind == Kind::Sealed) else { return false };
        if now >= sale.start + PHASE_MS || deposit < RESERVE || sale.sealed.contains_key(&who) {
            return false;
        }
        sale.entries += 1;
        sale.sealed.insert(who, (price, deposit, sale.entries));
        let in_gold = sale.in_gold;
        self.pay(in_gold, who, deposit, deposit)
    }

    fn reveal(&mut self, now: u64, who: usize, auction: u64, price: u128) -> bool {
        let Some(sale) = self.open(auction).filter(|sale| sale.kind == Kind::Sealed) else { return false };
        let Some((committed, deposit, number)) = sale.sealed.get(&who).copied() else { return false };
        if now < sale.start + PHASE_MS || now >= sale.end || committed != price || price > deposit {
            return false;
        }
        sale.sealed.remove(&who);
        let in_gold = sale.in_gold;
        if price < RESERVE {
            self.credit(in_gold, who, deposit);
            return true;
        }
        let mut loser = Best { who, price, held: deposit, number };
        match sale.best {
            Some(best) if best.price > price || (best.price == price && best.number < number) => {}
            best => {
                let winner = sale.best.replace(loser);
                debug_assert_eq!(winner.map(|bid| bid.number), best.map(|bid| bid.number));
                let Some(winner) = winner else { return true };
                loser = winner;
            }
        }
        sale.second = sale.second.max(loser.price);
        self.credit(in_gold, loser.who, loser.held);
        true
    }

    fn forfeit(&mut self, now: u64, who: usize, auction: u64) -> bool {
        let index = usize::try_from(auction - 1).expect("small");
        let Some(sale) = self.sales.get_mut(index).filter(|sale| sale.kind == Kind::Sealed) else { return false };
        if now < sale.end {
            return false;
        }
        let Some((_, deposit, _)) = sale.sealed.remove(&who) else { return false };
        let (in_gold, seller) = (sale.in_gold, sale.seller);
        self.credit(in_gold, seller, BOND);
        self.credit(in_gold, who, deposit - BOND);
        true
    }

    fn settle(&mut self, now: u64, auction: u64) -> bool {
        let Some(sale) = self.open(auction).filter(|sale| now >= sale.end) else { return false };
        let (in_gold, seller) = (sale.in_gold, sale.seller);
        let Some(best) = sale.best else {
            sale.state = State::Unsold;
            self.deliver(seller);
            return true;
        };
        sale.state = State::Sold;
        let price = if sale.kind == Kind::Sealed { sale.second.max(RESERVE) } else { best.price };
        self.credit(in_gold, best.who, best.held - price);
        self.credit(in_gold, seller, price);
        self.deliver(best.who);
        true
    }

    fn cancel(&mut self, who: usize, auction: u64) -> bool {
        let Some(sale) = self.open(auction).filter(|sale| sale.seller == who && sale.entries == 0) else {
            return false;
        };
        sale.state = State::Cancelled;
        self.deliver(who);
        true
    }

    fn withdraw(&mut self, who: usize, in_gold: bool) -> bool {
        let amount = self.credits.remove(&(in_gold, who)).unwrap_or_default();
        self.held[usize::from(in_gold)] -= amount;
        if in_gold {
            *self.gold.entry(who).or_default() += signed(amount);
        }
        amount > 0
    }

    /// What one bidder committed to, if anything: a step without a price opens just that.
    fn committed(&self, who: usize, auction: u64) -> Option<u128> {
        let sale = self.sales.get(usize::try_from(auction - 1).expect("small"))?;
        sale.sealed.get(&who).map(|(price, ..)| *price)
    }

    /// Makes a step and says whether it should succeed.
    fn apply(&mut self, now: u64, step: &Step) -> bool {
        match *step {
            Step::Sell { seller, kind, in_gold } => {
                self.sell(now, seller, kind, in_gold);
                true
            }
            Step::Buy { who, auction, max, extra } => {
                self.buy(now, who, auction, max, max.saturating_add_signed(extra.into()))
            }
            Step::Bid { who, auction, amount, extra } => {
                self.bid(now, who, auction, amount, amount.saturating_add_signed(extra.into()))
            }
            Step::Commit { who, auction, price, deposit } => self.commit(now, who, auction, price, deposit),
            Step::Reveal { who, auction, price } => self.reveal(now, who, auction, price),
            Step::Forfeit { who, auction } => self.forfeit(now, who, auction),
            Step::Settle { auction } => self.settle(now, auction),
            Step::Cancel { who, auction } => self.cancel(who, auction),
            Step::Withdraw { who, in_gold } => self.withdraw(who, in_gold),
            Step::Pass { .. } => true,
        }
    }
}

/// The call of a sale.
fn list(market: &Market, kind: Kind, in_gold: bool) -> tenon_contract::Call<u64> {
    let (goods, currency) = (market.goods(), in_gold.then(|| market.gold()));
    let auction = market.auction;
    match kind {
        Kind::Dutch => auction.sell_dutch(goods, TOP, RESERVE, PHASE_MS, None, currency, None, None, None),
        Kind::English => {
            auction.sell_english(goods, RESERVE, PHASE_MS, currency, None, None, Some(1_000), Some(EXTENSION_MS))
        }
        Kind::Sealed => auction.sell_sealed(goods, RESERVE, BOND, PHASE_MS, PHASE_MS, None, currency, None),
    }
}

fn perform(market: &mut Market, people: &[Address], model: &Model, step: &Step) -> bool {
    let who = |index: usize| people[index];
    let auctions = market.auction;
    let is_paid_in_gold =
        |auction: u64| model.sales.get(usize::try_from(auction - 1).expect("small")).is_some_and(|sale| sale.in_gold);
    let value = |auction, amount: u128, extra: i8| {
        if is_paid_in_gold(auction) { 0 } else { amount.saturating_add_signed(extra.into()) }
    };
    match *step {
        Step::Sell { seller, kind, in_gold } => {
            let call = list(market, kind, in_gold);
            market.chain.from(who(seller)).call(call).result.is_ok()
        }
        Step::Buy { who: buyer, auction, max, extra } => {
            let call = auctions.buy(auction, max).with_value(value(auction, max, extra));
            market.chain.from(who(buyer)).call(call).result.is_ok()
        }
        Step::Bid { who: bidder, auction, amount, extra } => {
            let call = auctions.bid(auction, amount).with_value(value(auction, amount, extra));
            market.chain.from(who(bidder)).call(call).result.is_ok()
        }
        Step::Commit { who: bidder, auction, price, deposit } => {
            let hash = market.chain.query(auctions.sealed_bid(auction, who(bidder), price, salt(1))).expect("a query");
            let call = auctions.commit(auction, hash, deposit).with_value(value(auction, deposit, 0));
            market.chain.from(who(bidder)).call(call).result.is_ok()
        }
        Step::Reveal { who: bidder, auction, price } => market.reveal(who(bidder), auction, price).result.is_ok(),
        Step::Forfeit { who: bidder, auction } => {
            market.chain.from(people[3]).call(auctions.forfeit(auction, who(bidder))).result.is_ok()
        }
        Step::Settle { auction } => market.settle(auction).result.is_ok(),
        Step::Cancel { who: seller, auction } => {
            market.chain.from(who(seller)).call(auctions.cancel(auction)).result.is_ok()
        }
        Step::Withdraw { who: owner, in_gold } => {
            let currency = if in_gold { market.gold() } else { Currency::Coin };
            market.withdraw(who(owner), currency).result.is_ok()
        }
        Step::Pass { ms } => {
            market.chain.advance_ms(ms);
            true
        }
    }
}

/// A market in which Bob sells too, and all pay with both currencies.
fn fair(people: &[Address]) -> Market {
    let mut market = market();
    market.chain.from(people[0]).call(market.assets.transfer(WINE, people[1], RICH)).expect_ok();
    market.approve(WINE, people[1]);
    market.approve(GOLD, people[0]);
    market
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_model_in_any_history(steps in prop::collection::vec(step(), 1..70)) {
        let people = PEOPLE.map(account);
        let mut market = fair(&people);
        let begun: Vec<_> = people.iter().map(|who| (market.wine(*who), market.gold_of(*who))).collect();
        let mut model = Model::default();
        for mut step in steps {
            if let Step::Reveal { who, auction, price } = &mut step && *price == 0 {
                *price = model.committed(*who, *auction).unwrap_or(RESERVE);
            }
            let now = market.chain.time_ms();
            let done = perform(&mut market, &people, &model, &step);
            // A step that fails leaves the model as it was: it is changed only by those that succeed.
            if done {
                prop_assert!(model.apply(now, &step), "{:?} succeeded", step);
            } else {
                let before = (model.held, model.credits.clone());
                prop_assert!(!model.apply(now, &step), "{:?} failed", step);
                prop_assert_eq!(before, (model.held, model.credits.clone()));
            }
        }
        let gold = market.gold();
        prop_assert_eq!(market.coin_held(), model.held[0]);
        prop_assert_eq!(market.gold_of(market.auction.address()), model.held[1]);
        prop_assert_eq!(market.chain.query(market.auction.owed(Currency::Coin)), Ok(model.held[0]));
        prop_assert_eq!(market.chain.query(market.auction.owed(gold)), Ok(model.held[1]));
        for (index, who) in people.iter().enumerate() {
            for (in_gold, currency) in [(false, Currency::Coin), (true, gold)] {
                let expected = model.credits.get(&(in_gold, index)).copied().unwrap_or_default();
                prop_assert_eq!(market.credit(*who, currency), expected);
            }
            let change = |now: u128, before: u128| signed(now) - signed(before);
            let (wine, paid) = begun[index];
            prop_assert_eq!(change(market.wine(*who), wine), model.wine.get(&index).copied().unwrap_or_default());
            prop_assert_eq!(change(market.gold_of(*who), paid), model.gold.get(&index).copied().unwrap_or_default());
        }
        for (auction, sale) in (1..).zip(&model.sales) {
            prop_assert_eq!(market.state(auction), sale.state);
        }
    }
}
