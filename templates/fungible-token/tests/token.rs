//! Tests of the token on the in-memory chain, with its real code. The invariant is checked after every step.

use fungible_token::{Approval, BurnRight, Error, MintRight, Rights, TokenRef, Transfer};
use tenon_contract::abi::find_host_function;
use tenon_contract::{Address, Constructor};
use tenon_testkit::{TestChain, alice, bob, charlie, module_code};

/// What the form asks for. `tenon new` leaves it out of a project, which may ask for something else.
const PARAMETERS: [&str; 7] = ["name", "symbol", "decimals", "supply", "cap", "mint", "burn"];

fn gold(cap: Option<u128>, mint: Option<MintRight>, burn: Option<BurnRight>) -> Constructor {
    TokenRef::init("Gold".into(), "GOLD".into(), 2, 1_000, cap, mint, burn)
}

fn deployed(constructor: Constructor) -> (TestChain, TokenRef) {
    let mut chain = TestChain::new();
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let token = TokenRef::at(chain.from(alice()).deploy(&code, constructor));
    (chain, token)
}

#[test]
fn gives_the_supply_to_whom_deploys_it() {
    let (chain, token) = deployed(gold(None, None, None));
    assert_eq!(chain.query(token.balance_of(alice())), Ok(1_000));
    assert_eq!(chain.query(token.total_supply()), Ok(1_000));
    let info = chain.query(token.info()).expect("a query");
    assert_eq!((info.name.as_str(), info.symbol.as_str(), info.decimals), ("Gold", "GOLD", 2));
    let rights = Rights { owner: Some(alice()), mint: MintRight::Nobody, burn: BurnRight::Holder };
    assert_eq!(chain.query(token.rights()), Ok(rights));
}

#[test]
fn moves_amounts_and_tells_so() {
    let (mut chain, token) = deployed(gold(None, None, None));
    let outcome = chain.from(alice()).call(token.transfer(bob(), 400));
    assert!(outcome.has(&Transfer { from: Some(alice()), to: Some(bob()), amount: 400 }));
    assert_eq!(chain.query(token.balance_of(bob())), Ok(400));
    chain.from(bob()).call(token.transfer(alice(), 401)).expect_error(Error::InsufficientBalance);
    chain.from(bob()).call(token.transfer(Address::ZERO, 1)).expect_error(Error::ZeroAddress);
    chain.from(bob()).call(token.transfer(bob(), 400)).expect_ok();
    chain.from(bob()).call(token.transfer(charlie(), 0)).expect_ok();
    let entries = chain.stored_entries(token.address());
    chain.from(bob()).call(token.transfer(alice(), 400)).expect_ok();
    assert_eq!(chain.stored_entries(token.address()), entries - 1, "an empty balance is not stored");
}

#[test]
fn lets_a_spender_take_what_was_allowed_until_its_end() {
    let (mut chain, token) = deployed(gold(None, None, None));
    let end = chain.time_ms() + 5_000;
    let outcome = chain.from(alice()).call(token.approve(bob(), 0, 10, Some(end)));
    assert!(outcome.has(&Approval { owner: alice(), spender: bob(), amount: 10, expires_at_ms: Some(end) }));
    chain.from(bob()).call(token.transfer_from(alice(), charlie(), 4)).expect_ok();
    assert_eq!(chain.query(token.allowance(alice(), bob())), Ok(6));
    chain.from(alice()).call(token.approve(bob(), 10, 3, None)).expect_error(Error::AllowanceChanged);
    let over = chain.from(bob()).call(token.transfer_from(alice(), charlie(), 7));
    over.expect_error(Error::InsufficientAllowance);
    chain.set_time_ms(end);
    let late = chain.from(bob()).call(token.transfer_from(alice(), charlie(), 1));
    late.expect_error(Error::InsufficientAllowance);
}

#[test]
fn mints_and_burns_within_cap_and_rights() {
    let (mut chain, token) = deployed(gold(Some(1_500), Some(MintRight::Owner), Some(BurnRight::Account(bob()))));
    chain.from(alice()).call(token.mint(bob(), 500)).expect_ok();
    chain.from(alice()).call(token.mint(bob(), 1)).expect_error(Error::CapExceeded);
    chain.from(bob()).call(token.mint(bob(), 1)).expect_error(Error::MintNotAllowed);
    chain.from(alice()).call(token.burn(1)).expect_error(Error::BurnNotAllowed);
    chain.from(bob()).call(token.burn(100)).expect_ok();
    chain.from(alice()).call(token.approve(bob(), 0, 50, None)).expect_ok();
    chain.from(bob()).call(token.burn_from(alice(), 50)).expect_ok();
    assert_eq!(chain.query(token.total_supply()), Ok(1_350));
    chain.from(alice()).call(token.set_mint_right(MintRight::Nobody)).expect_ok();
    chain.from(alice()).call(token.set_mint_right(MintRight::Owner)).expect_error(Error::Renounced);
}

#[test]
fn hands_ownership_over_in_two_steps_and_gives_it_up() {
    let (mut chain, token) = deployed(gold(None, Some(MintRight::Owner), None));
    chain.from(bob()).call(token.accept_owner()).expect_error(Error::NotOwner);
    chain.from(alice()).call(token.propose_owner(bob())).expect_ok();
    chain.from(bob()).call(token.accept_owner()).expect_ok();
    chain.from(alice()).call(token.mint(alice(), 1)).expect_error(Error::MintNotAllowed);
    chain.from(bob()).call(token.mint(bob(), 1)).expect_ok();
    chain.from(bob()).call(token.renounce_owner()).expect_ok();
    chain.from(bob()).call(token.mint(bob(), 1)).expect_error(Error::MintNotAllowed);
    chain.from(bob()).call(token.set_burn_right(BurnRight::Nobody)).expect_error(Error::NotOwner);
}

#[test]
fn refuses_terms_that_mislead() {
    let mut chain = TestChain::new();
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let init = |name: &str, symbol: &str, decimals, cap| {
        TokenRef::init(name.into(), symbol.into(), decimals, 1_000, cap, None, None)
    };
    let refused = [
        (init("", "S", 0, None), Error::InvalidName),
        (init("N", "A B", 0, None), Error::InvalidSymbol),
        (init("N", "S", 39, None), Error::InvalidDecimals),
        (init("N", "S", 0, Some(0)), Error::ZeroCap),
        (init("N", "S", 0, Some(999)), Error::CapExceeded),
    ];
    for (constructor, error) in refused {
        chain.from(alice()).try_deploy(&code, constructor).expect_error(error);
    }
}

#[test]
fn asks_for_what_the_constructor_takes() {
    let Ok(template) = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/template.toml")) else { return };
    let names: Vec<_> = template
        .split("[[parameter]]")
        .skip(1)
        .filter_map(|parameter| parameter.split("name = \"").nth(1)?.split('"').next())
        .collect();
    assert_eq!(names, PARAMETERS);
}

#[test]
fn lists_holders_in_the_order_of_their_addresses() {
    let (mut chain, token) = deployed(gold(None, None, None));
    chain.from(alice()).call(token.transfer(bob(), 1)).expect_ok();
    chain.from(alice()).call(token.transfer(charlie(), 2)).expect_ok();
    let mut expected = vec![(alice(), 997), (bob(), 1), (charlie(), 2)];
    expected.sort();
    assert_eq!(chain.query(token.holders(None, None)), Ok(expected.clone()));
    assert_eq!(chain.query(token.holders(Some(expected[0].0), Some(1))), Ok(vec![expected[1]]));
}

/// What the host charges for the calls that a transfer cannot do without.
fn host_gas_of_a_transfer() -> u64 {
    const INPUT_BYTES: u64 = 32 + 16;
    const ENTRY_BYTES: u64 = 1 + 32 + 16;
    const EVENT_BYTES: u64 = 3 * 32 + 16;
    let price = |name: &str, bytes: u64| {
        let function = find_host_function(name).expect("the table has it");
        function.base_gas + bytes * function.byte_gas
    };
    let balance = price("storage_get", ENTRY_BYTES) + price("storage_set", ENTRY_BYTES);
    price("input", INPUT_BYTES) + price("caller", 0) + 2 * balance + price("emit", EVENT_BYTES)
}

#[test]
fn stays_within_its_size_and_gas() {
    /// Bytes that go on chain.
    const MAX_WASM_BYTES: usize = 24 * 1024;
    /// Gas of a transfer beside what the host charges for its calls.
    const MAX_OWN_GAS: u64 = 5_000;
    let code = module_code(env!("CARGO_MANIFEST_DIR"));
    let (mut chain, token) = deployed(gold(None, None, None));
    let gas = chain.from(alice()).call(token.transfer(bob(), 1)).method_gas;
    let host = host_gas_of_a_transfer();
    assert!(code.len() <= MAX_WASM_BYTES, "{} bytes", code.len());
    assert!(gas <= host + MAX_OWN_GAS, "{gas} gas, of which {host} are the host's");
}
