//! The first state: balances, protocol modules, deployed as any other module is, and code that waits for instances.

use crate::coin;
use crate::dispatch;
use crate::environment::Environment;
use crate::execution::{Creation, Execution};
use crate::interface::{CodeRefused, Engine, Host};
use crate::overlay::Overlay;
use crate::registry;
use crate::state::{Changes, StateReader, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenon_abi::{HostError, limits};
use tenon_types::{
    AccountData, AccountInfo, Address, Amount, Gas, Genesis, GenesisModule, MAX_HOOK_GAS, blake2b_256, keys,
};

/// Gas for `init` of each protocol module.
const INIT_GAS: Gas = 1_000_000_000;

/// The first state.
#[derive(Debug)]
pub struct GenesisState {
    /// Every entry, in the order of the keys.
    pub changes: Changes,
    /// The supply of the native coin: the balances, and deposits for what the modules store.
    pub supply: Amount,
}

/// Why a genesis has no state.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// A balance would not let its account exist.
    #[error("balance of {address} is {found}, expected at least the existential deposit {expected}")]
    Balance {
        /// Whose.
        address: Address,
        /// The balance.
        found: Amount,
        /// The least.
        expected: Amount,
    },
    /// An address, name or code occurs twice, or the sum overflows.
    #[error("{0} occurs twice or overflows the supply")]
    Duplicate(String),
    /// The code of a module is refused.
    #[error("module {name}: {source}")]
    Code {
        /// Which module.
        name: String,
        /// Why.
        source: CodeRefused,
    },
    /// Hooks have too much gas.
    #[error("hooks have {found} gas, expected at most {MAX_HOOK_GAS}")]
    HookGas {
        /// By the parameters.
        found: Gas,
    },
    /// Hooks call nobody.
    #[error("hooks call {found}, expected an instance that genesis creates")]
    HookInstance {
        /// By the parameters.
        found: Address,
    },
    /// `init` of a module failed.
    #[error("module {name}: init ended with error {code}: {detail}")]
    Init {
        /// Which module.
        name: String,
        /// The error's number.
        code: u32,
        /// Its data, as text.
        detail: String,
    },
}

/// Builds the first state.
///
/// # Errors
/// [`GenesisError`] names what is wrong in the genesis.
pub fn build_genesis(genesis: &Genesis, engine: Arc<dyn Engine>) -> Result<GenesisState, GenesisError> {
    let empty: Arc<dyn StateReader> = Arc::new(BTreeMap::<Arc<[u8]>, Value>::new());
    let environment = Arc::new(Environment::genesis(genesis));
    let mut host = Host::new(Execution::new(Overlay::new(empty), environment, engine));
    let mut supply = balances(host.state(), genesis)?;
    for module in &genesis.modules {
        let deposit = create(&mut host, module)?;
        supply = supply.checked_add(deposit).ok_or_else(|| GenesisError::Duplicate(module.name.clone()))?;
    }
    check_hooks(host.state(), genesis)?;
    genesis.codes.iter().try_for_each(|code| store(host.state(), code))?;
    coin::set_supply(&mut host.state().overlay, supply);
    Ok(GenesisState { changes: host.into_state().overlay.into_changes(), supply })
}

/// The instance that hooks call must stand there from the beginning.
fn check_hooks(state: &mut Execution, genesis: &Genesis) -> Result<(), GenesisError> {
    let hooks = &genesis.parameters.hooks;
    if hooks.gas > MAX_HOOK_GAS {
        return Err(GenesisError::HookGas { found: hooks.gas });
    }
    match hooks.staking {
        Some(found) if state.overlay.get(&keys::instance(&found)).is_none() => {
            Err(GenesisError::HookInstance { found })
        }
        _ => Ok(()),
    }
}

fn balances(state: &mut Execution, genesis: &Genesis) -> Result<Amount, GenesisError> {
    let expected = genesis.parameters.existential_deposit;
    let mut supply: Amount = 0;
    for (address, found) in &genesis.balances {
        if *found < expected {
            return Err(GenesisError::Balance { address: *address, found: *found, expected });
        }
        if coin::account(&mut state.overlay, address).providers > 0 {
            return Err(GenesisError::Duplicate(address.to_string()));
        }
        let data = AccountData { free: *found, ..AccountData::default() };
        let account = AccountInfo { providers: 1, data, ..AccountInfo::default() };
        coin::set_account(&mut state.overlay, address, &account);
        supply = supply.checked_add(*found).ok_or_else(|| GenesisError::Duplicate(address.to_string()))?;
    }
    Ok(supply)
}

/// Stores code without an instance. Nobody locks a deposit for it, as nobody does for that of a protocol module.
fn store(state: &mut Execution, code: &[u8]) -> Result<(), GenesisError> {
    let hash = blake2b_256(code);
    if state.overlay.get(&keys::module(&hash)).is_some() {
        return Err(GenesisError::Duplicate(hash.to_string()));
    }
    let refused = |source| GenesisError::Code { name: hash.to_string(), source };
    let info = state.engine.validate(code).map_err(refused)?;
    registry::set_module(&mut state.overlay, code, &info, Address::ZERO, 0);
    Ok(())
}

/// Creates a module's instance and returns the deposit for what it stores.
fn create(host: &mut Host, module: &GenesisModule) -> Result<Amount, GenesisError> {
    let state = host.state();
    let refused = |source| GenesisError::Code { name: module.name.clone(), source };
    let info = state.engine.validate(&module.code).map_err(refused)?;
    let name_key = keys::name(&module.name);
    if state.overlay.get(&name_key).is_some() {
        return Err(GenesisError::Duplicate(module.name.clone()));
    }
    let code_hash = registry::set_module(&mut state.overlay, &module.code, &info, Address::ZERO, 0);
    let address = keys::named_address(&module.name);
    state.overlay.set(&name_key, Some(address.0.as_slice().into()));
    state.begin(Address::ZERO);
    let mark = state.overlay.checkpoint();
    let creation = Creation {
        creator: Address::ZERO,
        address,
        code_hash,
        input: module.input.clone(),
        value: 0,
        admin: module.admin,
        capabilities: None,
    };
    let outcome = host.create(creation, INIT_GAS, limits::MAX_STACK_BYTES);
    let failed = |code: u32| {
        let name = HostError::from_code(code).map_or("", HostError::name);
        let detail = format!("{name} {}", String::from_utf8_lossy(&outcome.data));
        GenesisError::Init { name: module.name.clone(), code, detail }
    };
    if outcome.error == 0 {
        return dispatch::endow(host.state(), mark).map_err(|error| failed(error.code()));
    }
    Err(failed(outcome.error))
}
