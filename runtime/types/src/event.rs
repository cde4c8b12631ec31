//! Events and receipts: what a block's execution tells the world.

use crate::{Address, Amount, DispatchError, DispatchInfo, Gas, Hash};
use alloc::{string::String, vec::Vec};
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// When an event happened within its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Phase {
    /// While the transaction of this index was applied.
    ApplyExtrinsic(u32),
    /// After the last transaction.
    Finalization,
    /// Before the first transaction.
    Initialization,
}

/// An event with its phase, as clients read it under `System.Events`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EventRecord {
    /// When it happened.
    pub phase: Phase,
    /// What happened.
    pub event: Event,
    /// Hashes by which it can be found.
    pub topics: Vec<Hash>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Event {
    /// Of the host.
    #[codec(index = 0)]
    System(SystemEvent),
    /// Of the native coin.
    #[codec(index = 1)]
    Balances(BalancesEvent),
    /// Of batches.
    #[codec(index = 2)]
    Utility(UtilityEvent),
    /// Of modules.
    #[codec(index = 3)]
    Modules(ModulesEvent),
}

/// Events of `System`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum SystemEvent {
    /// A transaction took effect.
    #[codec(index = 0)]
    ExtrinsicSuccess {
        /// What it cost.
        dispatch_info: DispatchInfo,
    },
    /// A transaction was included and took no effect but its fee.
    #[codec(index = 1)]
    ExtrinsicFailed {
        /// Why.
        dispatch_error: DispatchError,
        /// What it cost.
        dispatch_info: DispatchInfo,
    },
    /// An account came to exist.
    #[codec(index = 3)]
    NewAccount {
        /// Which.
        account: Address,
    },
    /// An account ended.
    #[codec(index = 4)]
    KilledAccount {
        /// Which.
        account: Address,
    },
    /// A hook of the host took no effect. The block stands.
    #[codec(index = 20)]
    HookFailed {
        /// The instance that was called.
        instance: Address,
        /// The method.
        hook: String,
        /// Why.
        dispatch_error: DispatchError,
    },
}

/// Events of `Balances`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum BalancesEvent {
    /// What remained below the existential deposit was burnt with its account.
    #[codec(index = 1)]
    DustLost {
        /// The account.
        account: Address,
        /// The amount.
        amount: Amount,
    },
    /// The native coin moved.
    #[codec(index = 2)]
    Transfer {
        /// From whom.
        from: Address,
        /// To whom.
        to: Address,
        /// How much.
        amount: Amount,
    },
    /// Coin was issued: the block reward. Nothing else issues any.
    #[codec(index = 10)]
    Minted {
        /// To whom.
        who: Address,
        /// How much.
        amount: Amount,
    },
    /// A fee was paid.
    #[codec(index = 20)]
    FeePaid {
        /// By whom.
        who: Address,
        /// Burnt.
        burnt: Amount,
        /// To the producer.
        tip: Amount,
    },
    /// A deposit for stored bytes was locked.
    #[codec(index = 21)]
    DepositLocked {
        /// By whom.
        who: Address,
        /// For which instance.
        instance: Address,
        /// How much.
        amount: Amount,
    },
    /// A deposit for bytes that are no longer stored came back.
    #[codec(index = 22)]
    DepositReturned {
        /// To whom.
        who: Address,
        /// From which instance.
        instance: Address,
        /// How much.
        amount: Amount,
    },
}

/// Events of `Utility`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum UtilityEvent {
    /// Every call of a batch took effect.
    #[codec(index = 1)]
    BatchCompleted,
}

/// Events of `Modules`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum ModulesEvent {
    /// An instance emitted an event of its own.
    #[codec(index = 0)]
    Emitted {
        /// Which instance.
        instance: Address,
        /// The topics; the first names the event.
        topics: Vec<Hash>,
        /// The fields that are no topics, encoded.
        data: Vec<u8>,
    },
    /// Code was stored.
    #[codec(index = 1)]
    Uploaded {
        /// Its hash.
        code_hash: Hash,
        /// Who paid.
        by: Address,
        /// The deposit locked for it.
        deposit: Amount,
    },
    /// An instance was created.
    #[codec(index = 2)]
    Instantiated {
        /// Its address.
        instance: Address,
        /// Its code.
        code_hash: Hash,
        /// Who created it.
        by: Address,
    },
    /// An instance changed its code.
    #[codec(index = 3)]
    Upgraded {
        /// Which.
        instance: Address,
        /// From.
        old_code_hash: Hash,
        /// To.
        new_code_hash: Hash,
    },
    /// An instance ended.
    #[codec(index = 4)]
    Retired {
        /// Which.
        instance: Address,
    },
    /// An instance's administration changed.
    #[codec(index = 5)]
    AdminChanged {
        /// Which.
        instance: Address,
    },
    /// New code was announced.
    #[codec(index = 6)]
    UpgradeAnnounced {
        /// For which instance.
        instance: Address,
        /// Which code.
        code_hash: Hash,
        /// From when on it may be used, in milliseconds.
        ready_at_ms: u64,
    },
}

/// How a transaction of a block ended, or a hook after them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// Which transaction; of a hook, [`crate::hook_id`] of its method.
    pub transaction: Hash,
    /// Whether it took effect, and why not.
    pub outcome: Result<(), DispatchError>,
    /// Gas that was paid for; of a hook, gas that was used and is not counted as the block's.
    pub gas_used: Gas,
    /// The fee that was burnt.
    pub burnt: Amount,
    /// The tip that the producer received.
    pub tip: Amount,
    /// Output of the method, if it called one; the error's data or message if it failed.
    pub output: Vec<u8>,
    /// What happened.
    pub events: Vec<Event>,
}
