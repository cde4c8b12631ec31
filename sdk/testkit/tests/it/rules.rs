//! Each rule passes what is sound and fails what is not: a rule that nothing breaks would be none.

use tenon_contract::{Address, Call};
use tenon_flawed::{FlawedRef, Mode};
use tenon_testkit::hostile::{self, Behaviour, HostileRef, Target};
use tenon_testkit::rules::{self, Dust};
use tenon_testkit::{Subject, TestChain, alice, bob, by, charlie, dave, module_code};

fn code() -> Vec<u8> {
    module_code(concat!(env!("CARGO_MANIFEST_DIR"), "/flawed"))
}

/// A chain with the flawed module, whose admin is Alice.
fn chain() -> (TestChain, FlawedRef) {
    let mut chain = TestChain::new();
    let flawed = FlawedRef::at(chain.from(alice()).deploy(&code(), FlawedRef::init(alice())));
    (chain, flawed)
}

/// The chain and a subject with one call.
fn subject<R>(call: impl FnOnce(FlawedRef) -> Call<R>) -> Subject {
    let (chain, flawed) = chain();
    Subject::new(flawed.address(), &code()).call(&chain, bob(), call(flawed))
}

fn sound() -> Subject {
    let (mut chain, flawed) = chain();
    chain.from(bob()).call(flawed.add(1, Mode::By(4), false, String::new(), vec![])).expect_ok();
    Subject::new(flawed.address(), &code())
        .call(&chain, bob(), flawed.add(3, Mode::By(4), true, "ä note".into(), vec![5; 70]))
        .call(&chain, bob(), flawed.add(3, Mode::Once, false, String::new(), vec![]))
        .call(&chain, bob(), flawed.deposit().with_value(5_000_000_000))
        .query(&chain, flawed.total())
}

#[test]
fn a_sound_module_passes_every_rule_of_samples() {
    let subject = sound();
    rules::leaves_no_trace(&subject);
    rules::survives_boundaries(&subject);
    rules::agrees_on_both_engines(&subject);
    rules::refuses_other_encodings(&subject);
}

#[test]
#[should_panic(expected = "methods of tenon-flawed that have no sample")]
fn finds_a_method_without_a_sample() {
    sound().assert_complete(&["pull"]);
}

#[test]
#[should_panic(expected = "the sample `pull` does not succeed")]
fn finds_a_sample_that_does_not_succeed() {
    drop(subject(|flawed| flawed.pull()));
}

#[test]
#[should_panic(expected = "X-02: tenon-flawed.tell does something else with")]
fn finds_a_callee_that_can_be_starved() {
    let (mut chain, flawed) = chain();
    let payee = chain.from(bob()).deploy(&code(), FlawedRef::init(bob()));
    let subject = Subject::new(flawed.address(), &code()).call(&chain, bob(), flawed.tell(payee));
    rules::leaves_no_trace(&subject);
}

#[test]
#[should_panic(expected = "X-05: tenon-flawed.add_unchecked with by = 18446744073709551615 ended in Panic")]
fn finds_a_sum_that_panics() {
    rules::survives_boundaries(&subject(|flawed| flawed.add_unchecked(None)));
}

#[test]
#[should_panic(expected = "invariant `total_is_the_sum_of_its_parts`")]
fn finds_a_number_that_breaks_an_invariant() {
    rules::survives_boundaries(&subject(|flawed| flawed.add_wrapping(1)));
}

#[test]
#[should_panic(expected = "X-05: tenon-flawed.total_from with from =")]
fn finds_a_query_that_panics() {
    let (mut chain, flawed) = chain();
    chain.from(bob()).call(flawed.add(1, Mode::Once, false, String::new(), vec![])).expect_ok();
    rules::survives_boundaries(&Subject::new(flawed.address(), &code()).query(&chain, flawed.total_from(1)));
}

#[test]
#[should_panic(expected = "X-18: tenon-hostile.approve with a byte more ended in")]
fn finds_arguments_that_may_be_anything() {
    let mut chain = TestChain::new();
    let hostile = hostile::deploy(&mut chain);
    // To its interface, one byte of data after its length.
    let any: Call<()> = Call::new(hostile.address(), "approve", vec![4, 7], false);
    rules::refuses_other_encodings(&Subject::new(hostile.address(), &hostile::code()).call(&chain, bob(), any));
}

/// A chain on which a hostile module has deposited, and what makes the module call it.
fn with_hostile() -> (TestChain, FlawedRef, HostileRef) {
    let (mut chain, flawed) = chain();
    let hostile = hostile::deploy(&mut chain);
    chain.set_coin(hostile.address(), 20_000_000_000);
    for who in [charlie(), bob()] {
        chain.from(who).call(flawed.deposit().with_value(10_000_000_000)).expect_ok();
    }
    let deposit = flawed.deposit();
    let target =
        Target { address: deposit.address, method: deposit.method.into(), input: deposit.input, value: 10_000_000_000 };
    assert_eq!(chain.from(alice()).call(hostile.act(target)).expect_ok(), 0);
    (chain, flawed, hostile)
}

#[test]
#[should_panic(expected = "X-08: `withdraw` was entered during `withdraw`: [0]")]
fn finds_a_method_that_can_be_entered_again() {
    let (mut chain, flawed, hostile) = with_hostile();
    let sink = hostile::deploy(&mut chain);
    let trigger = by(bob(), flawed.withdraw(hostile.address()));
    // This one cannot be entered; the next one can, and pays the hostile module's deposit to the sink.
    rules::refuses_re_entry(&chain, hostile, &trigger, &[by(bob(), flawed.pull())]);
    rules::refuses_re_entry(&chain, hostile, &trigger, &[by(bob(), flawed.withdraw(sink.address()))]);
}

#[test]
fn passes_a_method_that_cannot_be_entered_again() {
    let (chain, flawed, hostile) = with_hostile();
    let trigger = by(bob(), flawed.withdraw_safely(hostile.address()));
    let into = [by(bob(), flawed.withdraw_safely(hostile.address())), by(bob(), flawed.pull())];
    rules::refuses_re_entry(&chain, hostile, &trigger, &into);
}

#[test]
#[should_panic(expected = "does not call the hostile module")]
fn finds_a_trigger_that_triggers_nothing() {
    let (chain, flawed, hostile) = with_hostile();
    rules::refuses_re_entry(&chain, hostile, &by(bob(), flawed.pull()), &[]);
}

fn refuse(chain: &mut TestChain, hostile: HostileRef) {
    hostile::behave(chain, hostile, Behaviour::Refuse);
}

#[test]
fn passes_receivers_that_pull() {
    let (chain, flawed, hostile) = with_hostile();
    rules::is_not_blocked_by(&chain, |chain| refuse(chain, hostile), &[by(bob(), flawed.pull())]);
}

#[test]
#[should_panic(expected = "X-12: `pay_all` was blocked by others")]
fn finds_a_receiver_that_blocks_all() {
    let (mut chain, flawed) = chain();
    let hostile = hostile::deploy(&mut chain);
    chain.set_coin(hostile.address(), 20_000_000_000);
    let deposit = flawed.deposit();
    let (address, method, input) = (deposit.address, deposit.method.into(), deposit.input);
    let target = Target { address, method, input, value: 10_000_000_000 };
    assert_eq!(chain.from(alice()).call(hostile.act(target)).expect_ok(), 0);
    rules::is_not_blocked_by(&chain, |chain| refuse(chain, hostile), &[by(bob(), flawed.pay_all())]);
}

fn grow(chain: &mut TestChain, flawed: FlawedRef, numbers: std::ops::Range<u64>) {
    for _ in numbers {
        chain.from(bob()).call(flawed.add(1, Mode::Once, false, String::new(), vec![])).expect_ok();
    }
}

const DUST: Dust = Dust { few: 20, many: 1_000, percent: 2 };

#[test]
fn passes_a_method_that_reads_a_bounded_part() {
    let (chain, flawed) = chain();
    let operations = |_: &TestChain| vec![by(alice(), flawed.sum_some()), by(alice(), flawed.total())];
    rules::is_unmoved_by_dust(&chain, DUST, |chain, numbers| grow(chain, flawed, numbers), operations);
}

#[test]
#[should_panic(expected = "X-13: `sum_all` costs")]
fn finds_a_loop_over_what_others_store() {
    let (chain, flawed) = chain();
    let operations = |_: &TestChain| vec![by(alice(), flawed.sum_all())];
    rules::is_unmoved_by_dust(&chain, DUST, |chain, numbers| grow(chain, flawed, numbers), operations);
}

#[test]
fn passes_notes_that_are_cleaned_up() {
    let (chain, flawed) = chain();
    let store = [by(bob(), flawed.leave_note(1, 100)), by(charlie(), flawed.leave_note(1, 200))];
    let clean = [by(dave(), flawed.clean_note(bob(), 1)), by(bob(), flawed.clean_note(charlie(), 1))];
    rules::returns_deposits(&chain, flawed.address(), &store, &clean);
}

#[test]
#[should_panic(expected = "X-14: entries, bytes and deposit are not what they were")]
fn finds_an_entry_that_stays() {
    let (chain, flawed) = chain();
    let (store, clean) = ([by(bob(), flawed.leave_note(1, 100))], [by(dave(), flawed.blank_note(bob(), 1))]);
    rules::returns_deposits(&chain, flawed.address(), &store, &clean);
}

#[test]
fn passes_half_open_times() {
    let (chain, flawed) = chain();
    let time = chain.time_ms() + 5_000;
    rules::closes_at(&chain, time, &by(bob(), flawed.before(time)));
    rules::opens_at(&chain, time, &by(bob(), flawed.from(time)));
}

#[test]
#[should_panic(expected = "X-16: `until` just before")]
fn finds_a_time_that_belongs_to_both_sides() {
    let (chain, flawed) = chain();
    let time = chain.time_ms() + 5_000;
    rules::closes_at(&chain, time, &by(bob(), flawed.until(time)));
}

#[test]
fn passes_codes_that_are_good_once_and_here() {
    let (mut chain, flawed) = chain();
    let other = chain.from(bob()).deploy(&code(), FlawedRef::init(bob()));
    let redeem = flawed.redeem(7, flawed.address(), chain.chain_id());
    rules::refuses_replay(&chain, &by(bob(), redeem), Some(other));
}

#[test]
#[should_panic(expected = "X-17: `redeem_again` succeeds twice")]
fn finds_a_code_that_is_good_twice() {
    let (chain, flawed) = chain();
    let again = by(bob(), flawed.redeem_again(7, flawed.address(), chain.chain_id()));
    rules::refuses_replay(&chain, &again, None);
}

#[test]
#[should_panic(expected = "X-17: `redeem_anywhere` succeeds on another chain")]
fn finds_a_code_that_is_good_on_every_chain() {
    let (chain, flawed) = chain();
    rules::refuses_replay(&chain, &by(bob(), flawed.redeem_anywhere(7, flawed.address())), None);
}

#[test]
#[should_panic(expected = "X-17: `add` succeeds twice")]
fn finds_what_is_no_code_at_all() {
    let (chain, flawed) = chain();
    let add = by(bob(), flawed.add(1, Mode::Once, false, String::new(), vec![]));
    rules::refuses_replay(&chain, &add, None);
}

fn with_powers() -> Subject {
    let (mut chain, flawed) = chain();
    chain.from(bob()).call(flawed.deposit().with_value(10_000_000_000)).expect_ok();
    Subject::new(flawed.address(), &code())
        .call(&chain, alice(), flawed.seize(bob()))
        .call(&chain, bob(), flawed.pull())
        .call(&chain, bob(), flawed.sum_some())
}

#[test]
fn tells_whose_powers_are_which() {
    let subject = with_powers();
    rules::has_only_these_powers(&subject, alice(), dave(), &["seize"]);
    rules::has_only_these_powers(&subject, bob(), dave(), &["pull"]);
    rules::has_only_these_powers(&subject, charlie(), dave(), &[]);
}

#[test]
#[should_panic(expected = "X-23: powers over tenon-flawed")]
fn finds_a_power_that_is_not_listed() {
    rules::has_only_these_powers(&with_powers(), alice(), dave(), &[]);
}

#[test]
#[should_panic(expected = "X-24: an upgrade changes what tenon-flawed stores")]
fn finds_an_upgrade_that_changes_something() {
    rules::survives_upgrade(&sound());
}

#[test]
fn passes_an_upgrade_that_changes_nothing() {
    let mut chain = TestChain::new();
    let hostile = hostile::deploy(&mut chain);
    chain.from(alice()).call(hostile.give(1, bob(), 5)).expect_ok();
    let subject = Subject::new(hostile.address(), &hostile::code()).query(&chain, hostile.balance_of(1, bob())).call(
        &chain,
        alice(),
        hostile.give(1, bob(), 5),
    );
    rules::survives_upgrade(&subject);
}

#[test]
fn a_cycle_that_only_moves_gains_nothing() {
    let (chain, flawed) = chain();
    let cycle = [by(bob(), flawed.deposit().with_value(10_000_000_000)), by(bob(), flawed.pull())];
    rules::gains_nothing(&chain, |chain| chain.coin(bob()), &cycle);
}

#[test]
#[should_panic(expected = "X-03: [\"add\"] turned 0 into 1")]
fn finds_a_cycle_that_gains() {
    let (chain, flawed) = chain();
    let cycle = [by(bob(), flawed.add(1, Mode::Once, false, String::new(), vec![]))];
    let worth = |chain: &TestChain| chain.query(flawed.total()).map_or(0, u128::from);
    rules::gains_nothing(&chain, worth, &cycle);
}

#[test]
#[should_panic(expected = "the sample `sum_some` is of another instance")]
fn finds_a_sample_of_another_instance() {
    let (chain, flawed) = chain();
    drop(Subject::new(Address::ZERO, &code()).call(&chain, bob(), flawed.sum_some()));
}
