//! Calls as JSON: `{pallet, call, arguments}`, the arguments of modules' methods decoded by their interface.

use super::context::Context;
use crate::backend::StateView;
use serde_json::{Value, json};
use tenon_client::{Codec, no_names};
use tenon_types::interface::MethodMode;
use tenon_types::{Address, AdminPolicy, BalancesCall, Call, ModulesCall, MultiAddress, SystemCall, UtilityCall};

/// Shows calls with what the state says of the instances that they name. Without the state, bytes stay bytes.
pub(super) struct CallPrinter<'a> {
    pub(super) context: &'a Context,
    pub(super) state: Option<&'a dyn StateView>,
}

impl CallPrinter<'_> {
    /// A call. Its nesting is bounded by the decoder that made it.
    pub(super) fn show(&self, call: &Call) -> Value {
        match call {
            Call::System(SystemCall::remark { remark }) => {
                named("System", "remark", json!({ "remark": hexed(remark) }))
            }
            Call::Balances(call) => self.balances(call),
            Call::Utility(UtilityCall::batch_all { calls }) => {
                let calls: Vec<Value> = calls.iter().map(|call| self.show(call)).collect();
                named("Utility", "batch_all", json!({ "calls": calls }))
            }
            Call::Modules(call) => self.modules(call),
        }
    }

    fn address(&self, address: &Address) -> Value {
        self.context.show(address).into()
    }

    fn destination(&self, address: &MultiAddress) -> Value {
        address.address().map_or(Value::Null, |address| self.address(&address))
    }

    fn balances(&self, call: &BalancesCall) -> Value {
        let (name, arguments) = match call {
            BalancesCall::transfer_allow_death { dest, value } => {
                ("transfer_allow_death", json!({ "dest": self.destination(dest), "value": value.to_string() }))
            }
            BalancesCall::transfer_keep_alive { dest, value } => {
                ("transfer_keep_alive", json!({ "dest": self.destination(dest), "value": value.to_string() }))
            }
            BalancesCall::transfer_all { dest, keep_alive } => {
                ("transfer_all", json!({ "dest": self.destination(dest), "keep_alive": keep_alive }))
            }
        };
        named("Balances", name, arguments)
    }

    fn admin(&self, admin: &AdminPolicy) -> Value {
        match admin {
            AdminPolicy::Nobody => Value::Null,
            AdminPolicy::Owner { owner, delay_ms } => json!({ "owner": self.address(owner), "delay_ms": delay_ms }),
        }
    }

    fn modules(&self, call: &ModulesCall) -> Value {
        let (name, arguments) = match call {
            ModulesCall::upload { code } => ("upload", json!({ "code_bytes": code.len() })),
            ModulesCall::instantiate { code_hash, input, value, salt, admin, capabilities, gas_limit } => (
                "instantiate",
                json!({
                    "code_hash": code_hash.to_string(),
                    "input": hexed(input),
                    "value": value.to_string(),
                    "salt": salt.to_string(),
                    "admin": self.admin(admin),
                    "capabilities": capabilities,
                    "gas_limit": gas_limit,
                }),
            ),
            ModulesCall::call { instance, method, input, value, gas_limit } => (
                "call",
                json!({
                    "instance": self.address(instance),
                    "method": method,
                    "input": hexed(input),
                    "arguments": self.method_arguments(instance, method, input),
                    "value": value.to_string(),
                    "gas_limit": gas_limit,
                }),
            ),
            ModulesCall::upgrade { instance, code_hash, input, gas_limit } => (
                "upgrade",
                json!({
                    "instance": self.address(instance),
                    "code_hash": code_hash.to_string(),
                    "input": hexed(input),
                    "gas_limit": gas_limit,
                }),
            ),
            ModulesCall::retire { instance } => ("retire", json!({ "instance": self.address(instance) })),
            ModulesCall::set_admin { instance, admin } => {
                ("set_admin", json!({ "instance": self.address(instance), "admin": self.admin(admin) }))
            }
            ModulesCall::announce_upgrade { instance, code_hash } => {
                ("announce_upgrade", json!({ "instance": self.address(instance), "code_hash": code_hash.to_string() }))
            }
        };
        named("Modules", name, arguments)
    }

    fn method_arguments(&self, instance: &Address, method: &str, input: &[u8]) -> Value {
        let decode = || {
            let described = self.context.described_instance(self.state?, instance)?;
            let method = described.interface.method(MethodMode::Call, method)?;
            let codec = Codec::new(&described.interface, &no_names, self.context.backend.genesis().ss58_prefix);
            codec.decode_fields("", &method.arguments, input).ok()
        };
        decode().map_or(Value::Null, Value::Object)
    }
}

fn named(pallet: &str, call: &str, arguments: Value) -> Value {
    json!({ "pallet": pallet, "call": call, "arguments": arguments })
}

fn hexed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}
