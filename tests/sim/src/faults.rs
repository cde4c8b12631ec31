//! Every kind of fault that a run injects, and how often each was.

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// A kind of fault.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Fault { $($(#[$doc])* $name),* }

        impl Fault {
            /// All kinds, in their order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What people call it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

faults! {
    /// A message was lost.
    Loss = "message lost",
    /// A message came twice.
    Duplicate = "message twice",
    /// A message took very long.
    Delay = "message late",
    /// A message was overtaken by one sent later.
    Reorder = "message overtaken",
    /// The nodes were split in two.
    Split = "network split",
    /// Some could be heard but not hear.
    OneWay = "one-way cut",
    /// A super-node was cut off.
    IsolatedSuper = "super-node cut off",
    /// A leader was cut off.
    IsolatedLeader = "leader cut off",
    /// A clock jumped.
    ClockJump = "clock jump",
    /// A node lost power.
    Crash = "crash",
    /// A node lost power between two actions of a step.
    CrashWithinStep = "crash within a step",
    /// An unsynced write was lost.
    LostWrite = "write lost",
    /// An unsynced write was torn.
    TornWrite = "write torn",
    /// An unsynced write survived an earlier one.
    ReorderedWrite = "write reordered",
    /// A sync failed.
    FailedSync = "failed sync",
    /// A disk was full.
    DiskFull = "disk full",
    /// A synced safety record was damaged.
    DamagedRecord = "record damaged",
    /// A faulty validator sent nothing.
    Silence = "silence",
    /// A leader proposed two blocks.
    Equivocation = "two proposals",
    /// A validator voted twice.
    DoubleVote = "double vote",
    /// A validator voted for whatever was heard of.
    SignedAll = "signed everything",
    /// A leader proposed an invalid block.
    InvalidBlock = "invalid block",
    /// A validator voted for a block without a look.
    BlindVote = "blind vote",
    /// A sum of votes was wrong.
    FalseSum = "false sum",
    /// A certificate was made up.
    ForgedCertificate = "forged certificate",
    /// Evidence was made up.
    FalseEvidence = "false evidence",
    /// An old message was sent again.
    Replay = "stale replay",
    /// Bytes were changed, and what they decoded to was sent.
    Garbage = "garbage",
    /// A certificate was kept back.
    Withheld = "withheld certificate",
    /// Somebody who was behind was lied to.
    FalseSync = "false sync answer",
    /// Two nodes shared a key.
    Twin = "twin",
}

const KINDS: usize = Fault::ALL.len();

/// How often each kind of fault was injected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tally([u64; KINDS]);

impl Default for Tally {
    fn default() -> Self {
        Self([0; KINDS])
    }
}

impl Tally {
    /// Counts a fault.
    pub fn count(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    /// How often a kind was.
    pub fn of(&self, fault: Fault) -> u64 {
        self.0[fault as usize]
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine += theirs);
    }
}
