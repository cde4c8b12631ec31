//! Flags: who may raise them, who decides, and what it costs whom.

use crate::{DAY_MS, DECISION_MS, EVENT, Market, PENALTY, RICH, STAKE, judge, key, market};
use group::{Decision, GroupRef};
use licence::{Arbiter, Arbitration, FLAG_MS, Offer, Terms};
use reputation::{Error, Flag, FlagDecided, FlagRemoved, FlagState, Flagged};
use tenon_contract::{Address, Hash};
use tenon_testkit::{TestChain, alice, bob, charlie, dave, eve, ferdie};

impl Market {
    fn raised(&self, licence: u64) -> Flag {
        let flag = self.chain.query(self.reputation.flag_on(licence, EVENT, None)).expect("a query");
        flag.expect("it was raised")
    }

    fn state(&self, licence: u64) -> FlagState {
        self.raised(licence).state
    }

    /// The value of Alice's score.
    fn score(&self) -> u128 {
        self.chain.query(self.reputation.seller_score(alice(), self.gold(), None)).expect("a query").value()
    }
}

#[test]
fn an_upheld_flag_costs_the_seller_reputation_and_the_reader_nothing() {
    let (mut market, licence) = Market::flagged();
    assert_eq!(market.gold_of(bob()), RICH - 2_000 - STAKE);
    let (score, sales) = (market.score(), market.sales(alice()));
    assert_eq!(score, 2_000);
    let upheld = market.decide(judge(), licence, true);
    let place = market.licence.address();
    assert!(upheld.has(&FlagDecided { licence, event: EVENT, market: place, state: FlagState::Upheld }));
    upheld.expect_ok();
    assert_eq!((market.state(licence), market.stakes(bob())), (FlagState::Upheld, STAKE));
    assert_eq!((market.score(), market.sales(alice()), market.stakes(alice())), (score - PENALTY, sales, 0));
    market.decide(judge(), licence, false).expect_error(Error::FlagClosed);
    market.lapse(licence).expect_error(Error::FlagClosed);
}

#[test]
fn a_frivolous_flag_costs_its_stake() {
    let (mut market, licence) = Market::flagged();
    let score = market.score();
    market.decide(judge(), licence, false).expect_ok();
    assert_eq!((market.state(licence), market.stakes(bob())), (FlagState::Rejected, 0));
    assert_eq!((market.score(), market.stakes(alice())), (score, STAKE));
    let withdraw = market.reputation.withdraw(market.gold(), None);
    let before = market.gold_of(alice());
    assert_eq!(market.chain.from(alice()).call(withdraw.clone()).expect_ok(), STAKE);
    assert_eq!(market.gold_of(alice()), before + STAKE);
    market.chain.from(alice()).call(withdraw).expect_error(Error::NothingToWithdraw);
}

#[test]
fn a_flag_on_which_nobody_decides_changes_nothing() {
    let (market, licence) = Market::flagged();
    let raised = market.raised(licence);
    let (until, score) = (raised.until_ms, market.score());
    assert_eq!(until, raised.event_ms + DECISION_MS);
    market.at(until - 1).lapse(licence).expect_error(Error::FlagStands);
    assert!(market.at(until - 1).decide(judge(), licence, true).is_ok());
    let mut over = market.at(until);
    over.decide(judge(), licence, true).expect_error(Error::FlagClosed);
    over.lapse(licence).expect_ok();
    assert_eq!((over.state(licence), over.stakes(bob()), over.score()), (FlagState::Lapsed, STAKE, score));
    over.lapse(licence).expect_error(Error::FlagClosed);
}

#[test]
fn an_event_is_flagged_once_under_each_licence() {
    let (mut market, licence) = Market::flagged();
    let now = market.chain.time_ms();
    market.flag(bob(), licence, now).expect_error(Error::AlreadyFlagged);
    market.decide(judge(), licence, false).expect_ok();
    market.flag(bob(), licence, now).expect_error(Error::AlreadyFlagged);
    let other = market.buy(charlie(), 1, 1);
    let held = market.get(other).start_ms;
    market.flag(charlie(), other, held).expect_ok();
}

#[test]
fn only_a_holder_at_the_time_of_the_event_flags_it() {
    let (market, licence) = Market::with_arbiter(Arbiter::Account(judge()));
    let (start, end) = (market.get(licence).start_ms, market.get(licence).end_ms);
    for (event_ms, covered) in [(start - 1, false), (start, true), (end - 1, true), (end, false)] {
        let outcome = market.at(end).flag(bob(), licence, event_ms);
        if covered { outcome.expect_ok() } else { outcome.expect_error(Error::NotCovered) }
    }
    let now = market.chain.time_ms();
    market.at(now).flag(bob(), licence, now + 1).expect_error(Error::NotCovered);
    assert!(market.at(now).flag(bob(), licence, now).is_ok());
    market.at(end).flag(charlie(), licence, start).expect_error(Error::NotHolder);
    market.at(end).flag(bob(), licence + 1, start).expect_error(Error::UnknownLicence);
    assert!(market.at(end + FLAG_MS - 1).flag(bob(), licence, start).is_ok());
    market.at(end + FLAG_MS).flag(bob(), licence, start).expect_error(Error::TooLate);
}

#[test]
fn who_got_a_licence_later_flags_later_events() {
    let (mut market, licence) = Market::with_arbiter(Arbiter::Account(judge()));
    let start = market.get(licence).start_ms;
    let offer = Offer { price: 1, to: None, until_ms: None };
    market.chain.from(bob()).call(market.licence.offer(licence, Some(offer))).expect_ok();
    market.reach(start + 60_000);
    market.chain.from(charlie()).call(market.licence.take(licence, key(2), 1)).expect_ok();
    market.flag(bob(), licence, start).expect_error(Error::NotHolder);
    market.flag(charlie(), licence, start + 59_999).expect_error(Error::NotCovered);
    market.flag(charlie(), licence, start + 60_000).expect_ok();
}

#[test]
fn without_an_arbiter_there_are_no_flags() {
    let mut market = market();
    let terms = market.daily();
    let product = market.publish(terms.clone());
    let licence = market.buy(bob(), product, 1);
    let now = market.chain.time_ms();
    market.flag(bob(), licence, now).expect_error(Error::NoArbiter);
    // Terms that name nobody, or leave no time or all of it, are not sold at all.
    let good = market.arbitration();
    let nowhere = Arbiter::Group { instance: Address::ZERO, group: 1 };
    for bad in [
        Arbitration { arbiter: Arbiter::Account(Address::ZERO), ..good },
        Arbitration { arbiter: nowhere, ..good },
        Arbitration { stake: 0, ..good },
        Arbitration { decision_ms: 0, ..good },
        Arbitration { decision_ms: u64::MAX, ..good },
    ] {
        let call = market.publish_call(Terms { arbitration: Some(bad), ..terms.clone() });
        market.chain.from(alice()).call(call).expect_error(licence::Error::InvalidArbitration);
    }
}

#[test]
fn the_arbiter_alone_decides() {
    let (mut market, licence) = Market::flagged();
    for who in [alice(), bob(), eve()] {
        market.decide(who, licence, true).expect_error(Error::NotArbiter);
    }
    let unknown = market.reputation.decide(licence, Hash::new([6; 32]), true, None);
    market.chain.from(judge()).call(unknown).expect_error(Error::UnknownFlag);
    assert_eq!(market.state(licence), FlagState::Open);
}

#[test]
fn a_group_decides_by_what_it_resolves() {
    let instance = TestChain::module_address("group");
    let (mut market, licence) = Market::with_arbiter(Arbiter::Group { instance, group: 1 });
    let found = market.group.found("Judges".into(), "flags".into(), vec![dave(), eve()], Some(2));
    assert_eq!(market.chain.from(judge()).call(found).expect_ok(), 1);
    let now = market.chain.time_ms();
    market.flag(bob(), licence, now).expect_ok();
    let topic = market.chain.query(market.reputation.verdict(licence, EVENT, true, None)).expect("a query");
    resolve(&mut market, topic);
    market.decide(ferdie(), licence, false).expect_error(Error::NotArbiter);
    market.decide(ferdie(), licence, true).expect_ok();
    assert_eq!(market.state(licence), FlagState::Upheld);
}

/// Two of the group's three members agree.
fn resolve(market: &mut Market, topic: Hash) {
    let group: GroupRef = market.group;
    let proposal = market.chain.from(judge()).call(group.propose(1, Decision::Resolve { topic }, None)).expect_ok();
    assert!(market.chain.from(dave()).call(group.approve(1, proposal)).expect_ok());
}

#[test]
fn others_leave_a_licence_open_while_events_can_be_flagged() {
    let (market, licence) = Market::flagged();
    let (end, raised_ms) = (market.get(licence).end_ms, market.raised(licence).event_ms);
    market.at(end).close(eve(), licence).expect_error(licence::Error::NotOver);
    market.at(end + FLAG_MS - 1).close(eve(), licence).expect_error(licence::Error::NotOver);
    market.at(end + FLAG_MS).close(eve(), licence).expect_ok();
    let mut closed = market.at(end);
    closed.close(bob(), licence).expect_ok();
    // The flag goes its way without the licence, and is removed once both are over.
    let remove = closed.reputation.remove_flag(licence, EVENT, None);
    closed.chain.from(eve()).call(remove.clone()).expect_error(Error::FlagStands);
    closed.lapse(licence).expect_ok();
    assert_eq!(closed.stakes(bob()), STAKE);
    let removed = closed.chain.from(eve()).call(remove.clone());
    assert!(removed.has(&FlagRemoved { licence, event: EVENT, market: closed.licence.address() }));
    removed.expect_ok();
    closed.chain.from(eve()).call(remove).expect_error(Error::UnknownFlag);
    let mut kept = market.at(end);
    kept.lapse(licence).expect_ok();
    let remove = kept.reputation.remove_flag(licence, EVENT, None);
    kept.chain.from(eve()).call(remove.clone()).expect_error(Error::FlagStands);
    // Or once nothing can be flagged under the licence any more, though nobody closed it.
    kept.at(end + FLAG_MS - 1).chain.from(eve()).call(remove.clone()).expect_error(Error::FlagStands);
    let mut over = kept.at(end + FLAG_MS);
    over.chain.from(eve()).call(remove).expect_ok();
    over.flag(bob(), licence, raised_ms).expect_error(Error::TooLate);
}

#[test]
fn flagging_ones_own_stream_never_pays() {
    // Alice is seller, reader and arbiter of her own product, and tries every end of a flag.
    let mut market = market();
    let arbitration = Arbitration { arbiter: Arbiter::Account(alice()), ..market.arbitration() };
    let terms = Terms { arbitration: Some(arbitration), ..market.daily() };
    let product = market.publish(terms);
    let worth = |market: &Market| {
        let gold = market.gold_of(alice()) + market.sales(alice()) + market.stakes(alice());
        gold + 1_000_000 * market.score()
    };
    let mut before = worth(&market);
    for round in 0..30 {
        let licence = market.buy(alice(), product, 1);
        let now = market.chain.time_ms();
        market.flag(alice(), licence, now).expect_ok();
        if round % 3 == 2 {
            market.chain.advance_ms(DECISION_MS);
            market.lapse(licence).expect_ok();
        } else {
            market.decide(alice(), licence, round % 3 == 0).expect_ok();
        }
        let after = worth(&market);
        assert!(after <= before - 75, "brokers and fee cost 75 of 1000 each time");
        before = after;
        market.chain.advance_ms(DAY_MS);
        market.close(alice(), licence).expect_ok();
    }
}

#[test]
fn a_flag_costs_no_more_than_the_flagger_would_pay() {
    let (mut market, licence) = Market::with_arbiter(Arbiter::Account(judge()));
    let now = market.chain.time_ms();
    let call = |max_stake| market.reputation.flag(licence, EVENT, now, max_stake, None);
    let (low, exact, with_coin) = (call(STAKE - 1), call(STAKE), call(STAKE).with_value(1));
    market.chain.from(bob()).call(low).expect_error(Error::StakeAboveMaximum);
    market.chain.from(bob()).call(with_coin).expect_error(Error::CoinNotWanted);
    let until_ms = market.chain.time_ms() + DECISION_MS;
    let raised = market.chain.from(bob()).call(exact);
    let place = market.licence.address();
    assert!(raised.has(&Flagged { licence, event: EVENT, seller: alice(), market: place, event_ms: now, until_ms }));
    raised.expect_ok();
}
