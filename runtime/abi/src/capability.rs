//! What a module may ask of its host. A manifest lists capabilities; an instance may hold fewer, never more.

/// One power that a manifest asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Capability {
    /// Read, write and scan the instance's own storage, transient storage included.
    Storage = 1 << 0,
    /// Emit events.
    Events = 1 << 1,
    /// Hold and send the native coin.
    Coin = 1 << 2,
    /// Call other instances; the manifest names which.
    Call = 1 << 3,
    /// Create instances of code that is on chain.
    Deploy = 1 << 4,
    /// Replace the code of an instance that it administers.
    Upgrade = 1 << 5,
    /// Compute hashes.
    Hash = 1 << 6,
    /// Verify signatures.
    Verify = 1 << 7,
}

impl Capability {
    /// Every capability, in the order of its bit.
    pub const ALL: [Self; 8] =
        [Self::Storage, Self::Events, Self::Coin, Self::Call, Self::Deploy, Self::Upgrade, Self::Hash, Self::Verify];

    /// The name used in manifests, the command line and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Events => "events",
            Self::Coin => "coin",
            Self::Call => "call",
            Self::Deploy => "deploy",
            Self::Upgrade => "upgrade",
            Self::Hash => "hash",
            Self::Verify => "verify",
        }
    }

    /// Finds a capability by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.name() == name)
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(u32);

impl Capabilities {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Makes a set from its bits, or nothing if an unknown bit is set.
    pub const fn from_bits(bits: u32) -> Option<Self> {
        if bits >> Capability::ALL.len() == 0 { Some(Self(bits)) } else { None }
    }

    /// The bits of the set.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The set with one more member.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | capability as u32)
    }

    /// Whether the capability is a member.
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & capability as u32 != 0
    }

    /// Whether every member of `self` is a member of `other`.
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The members in the order of their bits.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL.into_iter().filter(move |capability| self.has(*capability))
    }
}
