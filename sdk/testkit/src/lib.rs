//! An in-memory chain for module tests: the real host and the real engine, without network, disk and clock.
//!
//! ```no_run
//! use tenon_testkit::{TestChain, alice, bob, module_code};
//! # use tenon_contract::{Address, Call, Constructor};
//! # struct TokenRef(Address);
//! # impl TokenRef {
//! #     fn at(address: Address) -> Self { Self(address) }
//! #     fn init(_: &str, _: u128) -> Constructor { Constructor::new(&()) }
//! #     fn transfer(&self, _: Address, _: u128) -> Call<()> { Call::new(self.0, "transfer", vec![], false) }
//! #     fn balance_of(&self, _: Address) -> Call<u128> { Call::new(self.0, "balance_of", vec![], true) }
//! # }
//! let mut chain = TestChain::new();
//! let code = module_code(env!("CARGO_MANIFEST_DIR"));
//! let token = TokenRef::at(chain.from(alice()).deploy(&code, TokenRef::init("Gold", 1_000)));
//! chain.from(alice()).call(token.transfer(bob(), 5)).expect_ok();
//! assert_eq!(chain.query(token.balance_of(bob())), Ok(5));
//! ```
//!
//! Each call is a transaction in a block of its own, with nonce, fee and deposit. After it, every invariant that the
//! deployed modules export is checked, and a broken one ends the test. What it leaves out: signatures (nobody forges
//! here), pools, forks and several transactions in a block.

mod accounts;
mod chain;
mod code;
mod outcome;

pub use accounts::{ACCOUNTS, account, alice, bob, charlie, dave, eve, ferdie, keypair};
pub use chain::{Sender, TestChain};
pub use code::module_code;
pub use outcome::{Emitted, Failure, Outcome};
