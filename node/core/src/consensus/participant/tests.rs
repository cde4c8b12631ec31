//! Participants among each other, with a network and drivers that obey a seed.

mod epochs;
mod faults;
mod floods;
mod host;
mod keys;
mod network;
mod restarts;
mod seals;
mod world;

use super::*;
