//! Synchronisation ends if one honest peer stays, in order, within its bounds, and punishes nobody honest.

mod any;
mod chain;
mod machine;
mod serving;
mod simulation;
mod world;
