//! Exhaustive exploration: every state that the real machine can reach within bounds, with an adversary around it.
//!
//! ```text
//! world     the bounds; every candidate and statement within them, and which contradict each other
//! local     one honest validator: machine, disk, what it said; each next step, with a crash at each point of it
//! search    three of them, breadth first: what is wrong, and the shortest way there
//! revival   what comes of a state when nothing fails any more
//! tests     the bounds of every run, the broken rules that must be caught, and what `make explore` adds
//! ```
//!
//! Four validators, one of them Byzantine: it says everything, always, and proposes whatever candidate of its views to
//! whomever. Of equal weight, a quorum is any two of the three honest ones with it. Of other weights, with less than a
//! third for the liar, it is one of three other families: one certain honest machine is enough; two certain ones are;
//! one certain one and either other. Each is explored, and nothing else of weights counts. What these sent stays for
//! ever and reaches anybody at any time, again, in any order or never: certificates, proposals of honest leaders,
//! candidates.
//! Timers are due at any time. A machine crashes between any two effects that last (a write, a vote, a proposal, a
//! commit), and is restored from what was written. The votes that it had not sent by then are not sent, but for those
//! that it sends again when it starts. Views, crashes and candidates are bounded: in each view one candidate, or two
//! ("twins"), on each candidate of an earlier view.
//!
//! Wrong is: certificates for final blocks of which none descends from the other; of X and F, or of two candidates, in
//! one view; evidence against an honest validator, over its crashes; a vote that its disk does not show; a record on
//! disk that falls; commits of one machine that are no chain, or of two that disagree; two certificates that a machine
//! cannot hold both; a panic.
//!
//! A validator's next steps depend on nothing but its own state and on what the others sent, so they are found once and
//! looked up after that: a state of the whole is three numbers, compared exactly. What is left out, and why no
//! violation is lost by it, as long as the machine votes by its rules:
//!
//! - A certificate is its statement: the machine takes it as verified. Signatures are the collector's.
//! - If the Byzantine validator leads every view, the honest ones differ by nothing. Who is who is forgotten.
//! - *Answered* delivery: what a machine asks for (a check, a block, a candidate) is answered at once, and a proposal
//!   comes when it is voted for. One that came earlier would wait, one that is refused leads to X, as a timer does. Of
//!   twins the first is named first.
//! - *Reduced* delivery: moreover, N and X certificates of views that a machine has left come at once if they make it
//!   say nothing, since they only allow more; or if they make it say F of the lowest view of which it still may, since that
//!   forbids nothing but F below. Not for a machine that has yet to lead: it might build on something else.
//!
//! *Free* delivery leaves nothing of this out but the first two, so that the rest does not rest on the argument alone:
//! within its bounds both lead to the same largest sets of certificates, which a test compares.
//!
//! Not covered: more than three views; three views with final certificates delivered, or with crashes; unequal weights
//! in more than two views, or in two with crashes; a Byzantine validator after a state went on without faults (it is
//! silent then); the super-nodes.

mod local;
mod revival;
mod search;
mod tests;
mod world;

use super::machine::Flaw;
