//! How much gas a transaction costs whatever it does, and how much it may cost at most. The pool asks whether the worst
//! case can be paid, the executor charges what was used: both count with this file. It leaves out prices: see
//! [`crate::Parameters::gas_fee`].

use crate::{Call, Gas, MAX_CALL_NESTING, ModulesCall, Parameters, UtilityCall};

/// Gas that a transaction of `length` bytes uses before any method runs: signature, bytes, and each call's own share.
/// Absent if the sum overflows or batches nest deeper than [`MAX_CALL_NESTING`]: such a transaction fits no block.
pub fn intrinsic_gas(call: &Call, length: usize, parameters: &Parameters) -> Option<Gas> {
    transaction_gas(length, parameters)?.checked_add(call_gas(call, parameters, false, MAX_CALL_NESTING)?)
}

/// The most gas that a transaction of `length` bytes may use: [`intrinsic_gas`] and every gas limit in it. Absent as
/// that is.
pub fn max_gas(call: &Call, length: usize, parameters: &Parameters) -> Option<Gas> {
    transaction_gas(length, parameters)?.checked_add(call_gas(call, parameters, true, MAX_CALL_NESTING)?)
}

fn transaction_gas(length: usize, parameters: &Parameters) -> Option<Gas> {
    bytes_gas(length, parameters.transaction_byte_gas)?.checked_add(parameters.transaction_gas)
}

fn bytes_gas(length: usize, byte_gas: Gas) -> Option<Gas> {
    Gas::try_from(length).ok()?.checked_mul(byte_gas)
}

/// A call's own gas, and the limits of what it runs if `limits` is set; `nesting` batches may still be entered.
fn call_gas(call: &Call, parameters: &Parameters, limits: bool, nesting: u32) -> Option<Gas> {
    match call {
        Call::System(_) => Some(0),
        Call::Balances(_) => Some(parameters.transfer_gas),
        Call::Utility(UtilityCall::batch_all { calls }) => {
            let nesting = nesting.checked_sub(1)?;
            calls.iter().try_fold(0, |sum: Gas, call| sum.checked_add(call_gas(call, parameters, limits, nesting)?))
        }
        Call::Modules(call) => {
            let own = match call {
                ModulesCall::upload { code } => bytes_gas(code.len(), parameters.upload_byte_gas)?,
                ModulesCall::call { .. } => 0,
                _ => parameters.instance_gas,
            };
            if limits { own.checked_add(gas_limit(call)) } else { Some(own) }
        }
    }
}

const fn gas_limit(call: &ModulesCall) -> Gas {
    match call {
        ModulesCall::instantiate { gas_limit, .. }
        | ModulesCall::call { gas_limit, .. }
        | ModulesCall::upgrade { gas_limit, .. } => *gas_limit,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, BalancesCall, MultiAddress, SystemCall};
    use alloc::{string::String, vec, vec::Vec};

    const PARAMETERS: Parameters = Parameters::DEVELOPMENT;

    fn transfer() -> Call {
        Call::Balances(BalancesCall::transfer_keep_alive { dest: MultiAddress::Id(Address::ZERO), value: 1 })
    }

    fn module_call(gas_limit: Gas) -> Call {
        Call::Modules(ModulesCall::call {
            instance: Address::ZERO,
            method: String::from("transfer"),
            input: Vec::new(),
            value: 0,
            gas_limit,
        })
    }

    #[test]
    fn a_transfer_costs_its_bytes_and_itself() {
        let expected = PARAMETERS.transaction_gas + 144 * PARAMETERS.transaction_byte_gas + PARAMETERS.transfer_gas;
        assert_eq!(intrinsic_gas(&transfer(), 144, &PARAMETERS), Some(expected));
        assert_eq!(max_gas(&transfer(), 144, &PARAMETERS), Some(expected));
    }

    #[test]
    fn a_batch_costs_the_sum_of_its_calls() {
        let upload = Call::Modules(ModulesCall::upload { code: vec![0; 10] });
        let remark = Call::System(SystemCall::remark { remark: vec![0; 10] });
        let inner = Call::Utility(UtilityCall::batch_all { calls: vec![transfer(), module_call(500)] });
        let batch = Call::Utility(UtilityCall::batch_all { calls: vec![inner, upload, remark, module_call(70)] });
        let own = PARAMETERS.transaction_gas + PARAMETERS.transfer_gas + 10 * PARAMETERS.upload_byte_gas;
        assert_eq!(intrinsic_gas(&batch, 0, &PARAMETERS), Some(own));
        assert_eq!(max_gas(&batch, 0, &PARAMETERS), Some(own + 570));
    }

    #[test]
    fn administration_costs_instance_gas() {
        let retire = Call::Modules(ModulesCall::retire { instance: Address::ZERO });
        let expected = PARAMETERS.transaction_gas + PARAMETERS.instance_gas;
        assert_eq!(max_gas(&retire, 0, &PARAMETERS), Some(expected));
    }

    #[test]
    fn overflow_and_deep_nesting_have_no_gas() {
        let batch = Call::Utility(UtilityCall::batch_all { calls: vec![module_call(u64::MAX), module_call(1)] });
        assert_eq!(max_gas(&batch, 0, &PARAMETERS), None);
        assert!(intrinsic_gas(&batch, 0, &PARAMETERS).is_some());
        let mut nested = transfer();
        for _ in 0..MAX_CALL_NESTING {
            nested = Call::Utility(UtilityCall::batch_all { calls: vec![nested] });
            assert!(max_gas(&nested, 0, &PARAMETERS).is_some());
        }
        nested = Call::Utility(UtilityCall::batch_all { calls: vec![nested] });
        assert_eq!(max_gas(&nested, 0, &PARAMETERS), None);
    }
}
