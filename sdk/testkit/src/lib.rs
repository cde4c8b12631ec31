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
//! Each call is a transaction in a block of its own, with nonce, fee and deposit; [`TestChain::block`] puts several into
//! one. After each block every invariant that the deployed modules export is checked, and a broken one ends the test. A
//! copy of a chain is another chain with the same past and costs next to nothing.
//!
//! [`rules`] holds what every module has to hold, as checks that run against any module; [`histories`] makes random
//! histories; [`hostile`] is a module that does to its callers whatever a test asks it to. What the testkit leaves out:
//! signatures (nobody forges here), pools and forks.

mod accounts;
mod block;
mod chain;
mod code;
mod histories;
pub mod hostile;
mod outcome;
mod random;
pub mod rules;
mod sender;
mod state;
mod system;
mod view;

pub use accounts::{ACCOUNTS, account, alice, bob, charlie, dave, eve, ferdie, keypair};
pub use block::{MAX_REORDERED, Transaction, by, orders};
pub use chain::TestChain;
pub use code::module_code;
pub use histories::{Plan, histories};
pub use outcome::{Emitted, Failure, Outcome};
pub use random::Random;
pub use rules::Subject;
pub use sender::Sender;
pub use view::{Change, Place};
