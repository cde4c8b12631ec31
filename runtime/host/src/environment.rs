//! What is known of a block before it is executed, the same for all its transactions.

use tenon_types::{Address, Amount, BlockNumber, Genesis, Hash, Parameters, Seal};

/// The block in which something is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Hash of block 0.
    pub genesis_hash: Hash,
    /// The height.
    pub height: BlockNumber,
    /// The block's time in milliseconds since 1970-01-01 UTC.
    pub time_ms: u64,
    /// Who made the block.
    pub producer: Address,
    /// The base fee for a million gas.
    pub base_fee: Amount,
    /// The chain's numbers.
    pub parameters: Parameters,
    /// What consensus says of the block.
    pub seal: Seal,
}

impl Environment {
    /// The environment in which genesis creates its modules.
    pub fn genesis(genesis: &Genesis) -> Self {
        Self {
            genesis_hash: Hash::ZERO,
            height: 0,
            time_ms: genesis.time_ms,
            producer: Address::ZERO,
            base_fee: 0,
            parameters: genesis.parameters.clone(),
            seal: Seal::default(),
        }
    }
}
