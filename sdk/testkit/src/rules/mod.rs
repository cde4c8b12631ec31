//! What every module has to hold, as checks that run against any module. Each says in its failure what broke, with
//! which method and value.
//!
//! Most rules take a [`Subject`]: a module with, for each of its methods, a call that succeeds in a state where it can.
//! From these samples they make the bad ones. [`Subject::check`] runs all of them; the others ask what only the module's
//! author knows, such as when a sale ends.
//!
//! | rule | check |
//! |---|---|
//! | X-02 a failed call leaves no trace | [`leaves_no_trace`] |
//! | X-03, X-22, X-26 no cycle of actions profits | [`gains_nothing`] |
//! | X-05 no number is too small or large | [`survives_boundaries`] |
//! | X-06 the same on every node | [`agrees_on_both_engines`], [`agrees_in_a_history`] |
//! | X-08 nobody re-enters | [`refuses_re_entry`] |
//! | X-11 bounds hold in every order | [`crate::TestChain::every_order`] |
//! | X-12 who refuses blocks nobody else | [`is_not_blocked_by`] |
//! | X-13 the cost does not grow with lists | [`is_unmoved_by_dust`] |
//! | X-14 what is stored is paid for and comes back | [`returns_deposits`] |
//! | X-16 times are half-open | [`at_boundary`], [`opens_at`], [`closes_at`] |
//! | X-17 nothing signed is good twice | [`refuses_replay`] |
//! | X-18 one value has one encoding | [`refuses_other_encodings`] |
//! | X-23 powers are those that are listed | [`has_only_these_powers`] |
//! | X-24 an upgrade keeps everything | [`survives_upgrade`] |

mod abuse;
mod arguments;
mod boundary;
mod encoding;
#[cfg(feature = "reference")]
mod engines;
mod growth;
mod powers;
mod subject;
mod time;
mod trace;
mod upgrade;

pub use abuse::{gains_nothing, is_not_blocked_by, refuses_re_entry, refuses_replay};
pub use boundary::{BOUNDARIES, survives_boundaries};
pub use encoding::refuses_other_encodings;
#[cfg(feature = "reference")]
pub use engines::{agrees_in_a_history, agrees_on_both_engines};
pub use growth::{Dust, is_unmoved_by_dust, returns_deposits};
pub use powers::{has_only_these_powers, powers_of};
pub use subject::{Sample, Subject};
pub use time::{at_boundary, closes_at, opens_at};
pub use trace::leaves_no_trace;
pub use upgrade::survives_upgrade;
