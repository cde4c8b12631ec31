//! The numbers that a chain is tuned by, and the rule of the base fee. They are data: genesis sets them.

use crate::{Amount, Gas, Hooks};
use parity_scale_codec::{Decode, Encode};

/// The base fee moves by at most this share of itself in one block.
const BASE_FEE_CHANGE: Amount = 8;

/// Parameters of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Parameters {
    /// Version of the rules; part of what is signed.
    pub spec_version: u32,
    /// Version of the transaction format; part of what is signed.
    pub transaction_version: u32,
    /// The most gas of a block.
    pub block_gas: Gas,
    /// The gas of a block at which the base fee stays.
    pub target_gas: Gas,
    /// The most bytes of a block's transactions.
    pub block_bytes: u32,
    /// Base fee of the first block, for a million gas.
    pub initial_base_fee: Amount,
    /// The least base fee, for a million gas.
    pub minimum_base_fee: Amount,
    /// Gas of any transaction: signature, nonce, fee, receipt.
    pub transaction_gas: Gas,
    /// Gas of each byte of a transaction.
    pub transaction_byte_gas: Gas,
    /// Gas of a transfer of the native coin.
    pub transfer_gas: Gas,
    /// Gas of each byte of uploaded code, which pays for validation and compilation.
    pub upload_byte_gas: Gas,
    /// Gas of creating, upgrading or administering an instance, beside that of its methods.
    pub instance_gas: Gas,
    /// The least amount of an account.
    pub existential_deposit: Amount,
    /// Deposit for each stored entry.
    pub deposit_per_entry: Amount,
    /// Deposit for each stored byte of key and value.
    pub deposit_per_byte: Amount,
    /// Blocks for which a block's hash may be a mortal transaction's checkpoint.
    pub checkpoint_window: u32,
    /// The instance that the host calls by itself, and what it issues.
    pub hooks: Hooks,
}

impl Parameters {
    /// One coin: 12 decimals.
    pub const COIN: Amount = 1_000_000_000_000;

    /// The parameters of a development chain.
    pub const DEVELOPMENT: Self = Self {
        spec_version: 1,
        transaction_version: 1,
        block_gas: 4_000_000_000,
        target_gas: 2_000_000_000,
        block_bytes: 8 * 1024 * 1024,
        initial_base_fee: 1_000_000_000,
        minimum_base_fee: 100_000_000,
        transaction_gas: 60_000,
        transaction_byte_gas: 20,
        transfer_gas: 20_000,
        upload_byte_gas: 4_000,
        instance_gas: 60_000,
        existential_deposit: Self::COIN / 1_000,
        deposit_per_entry: Self::COIN / 10_000,
        deposit_per_byte: Self::COIN / 1_000_000,
        checkpoint_window: 65_536,
        hooks: Hooks::NONE,
    };

    /// The fee for an amount of gas at a base fee for a million gas, rounded up.
    pub fn gas_fee(gas: Gas, base_fee: Amount) -> Amount {
        Amount::from(gas).saturating_mul(base_fee).div_ceil(1_000_000)
    }

    /// The deposit for one stored entry.
    pub fn entry_deposit(&self, bytes: u64) -> Amount {
        self.deposit_per_entry.saturating_add(Amount::from(bytes).saturating_mul(self.deposit_per_byte))
    }
}

/// The base fee of the next block: as EIP-1559 has it, up or down by an eighth at most, in proportion to how far the
/// gas used lies from the target; never below the minimum.
pub fn next_base_fee(parameters: &Parameters, base_fee: Amount, gas_used: Gas) -> Amount {
    let target = Amount::from(parameters.target_gas.max(1));
    let used = Amount::from(gas_used);
    let change = |distance: Amount| {
        base_fee.saturating_mul(distance.min(target)).checked_div(target).unwrap_or(0) / BASE_FEE_CHANGE
    };
    let next = if used > target {
        base_fee.saturating_add(change(used.abs_diff(target)).max(1))
    } else {
        base_fee.saturating_sub(change(used.abs_diff(target)))
    };
    next.max(parameters.minimum_base_fee)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn base_fee_moves_by_an_eighth_at_most(fee in 0u128..1 << 90, used in any::<u64>()) {
            let parameters = Parameters::DEVELOPMENT;
            let fee = fee.max(parameters.minimum_base_fee);
            let next = next_base_fee(&parameters, fee, used);
            prop_assert!(next >= parameters.minimum_base_fee && next <= fee + fee / 8 + 1 && next >= fee - fee / 8 - 1);
            prop_assert!(used <= parameters.target_gas || next > fee);
        }
    }

    #[test]
    fn base_fee_stays_at_the_target() {
        let parameters = Parameters::DEVELOPMENT;
        assert_eq!(next_base_fee(&parameters, 1 << 40, parameters.target_gas), 1 << 40);
    }

    #[test]
    fn fee_is_rounded_against_the_payer() {
        assert_eq!(Parameters::gas_fee(1, 1), 1);
        assert_eq!(Parameters::gas_fee(1_000_000, 7), 7);
    }
}
