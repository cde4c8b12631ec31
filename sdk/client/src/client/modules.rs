//! Modules: their names, interfaces, queries and simulations.

use super::Client;
use super::chain::octets;
use crate::address::{format_address, no_names, parse_address};
use crate::{ClientError, Codec, suggest};
use parity_scale_codec::Encode;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use tenon_api::json::{Bytes, ExecutionView, HexHash, ModuleSummary, ModuleView};
use tenon_types::interface::{Interface, Method, MethodMode};
use tenon_types::{Address, Call, Gas, Hash, InstanceRecord, ModulesCall, keys};

/// Names of protocol modules that are read.
const MAX_NAMES: u32 = 1_000;

/// The names of a chain's protocol modules.
pub type Names = BTreeMap<String, Address>;

/// An instance with what is needed to talk to it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its address.
    pub address: Address,
    /// Its name, if it is a protocol module, else its address.
    pub label: String,
    /// Its code.
    pub code_hash: Hash,
    /// What its code says of itself.
    pub interface: Interface,
    /// The names of the chain's protocol modules.
    pub names: Names,
    prefix: u16,
}

impl Client {
    /// The instances, protocol modules first.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn modules(&self) -> Result<Vec<ModuleSummary>, ClientError> {
        self.ask("module_list", vec![]).await
    }

    /// The names of the protocol modules.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn names(&self) -> Result<Names, ClientError> {
        let prefix = keys::names();
        let found: Vec<Bytes> = self.ask("state_getKeysPaged", vec![octets(&prefix), json!(MAX_NAMES)]).await?;
        let named = found.iter().filter_map(|key| std::str::from_utf8(key.0.strip_prefix(&prefix[..])?).ok());
        Ok(named.map(|name| (name.to_string(), keys::named_address(name))).collect())
    }

    /// Everything that is known of an instance.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn module(&self, instance: &str) -> Result<ModuleView, ClientError> {
        self.ask("module_show", vec![json!(instance)]).await
    }

    /// A WASM file that is on chain.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn code(&self, hash: &Hash) -> Result<Vec<u8>, ClientError> {
        let code: Bytes = self.ask("module_code", vec![json!(HexHash(*hash))]).await?;
        Ok(code.0)
    }

    /// Whether code is on chain.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn has_code(&self, hash: &Hash) -> Result<bool, ClientError> {
        Ok(self.storage(&keys::module(hash), None).await?.is_some())
    }

    /// Finds an instance by its name or address and reads its interface from its code.
    ///
    /// # Errors
    /// [`ClientError::Instance`] if there is none, or what the requests end with.
    pub async fn instance(&self, text: &str) -> Result<Instance, ClientError> {
        let names = self.names().await?;
        let unknown = |reason: String| ClientError::Instance {
            found: text.into(),
            reason,
            hint: suggest::hint(text, names.keys().map(String::as_str)),
        };
        let address = parse_address(text, &|name| names.get(name).copied()).map_err(|error| unknown(error.reason))?;
        let record: InstanceRecord = self
            .entry(&keys::instance(&address))
            .await?
            .ok_or_else(|| unknown("no instance stands at this address".into()))?;
        let code = self.code(&record.code_hash).await?;
        let interface = Interface::of_code(&code).map_err(|error| unknown(error.to_string()))?;
        let prefix = self.facts().prefix;
        let label = names.iter().find(|(_, named)| **named == address).map(|(name, _)| name.clone());
        let label = label.unwrap_or_else(|| format_address(&address, prefix));
        Ok(Instance { address, label, code_hash: record.code_hash, interface, names, prefix })
    }

    /// Runs a query of an instance, for free.
    ///
    /// # Errors
    /// What the request ends with. A query that fails is an [`ExecutionView`] with an error.
    pub async fn query(
        &self,
        instance: &Address,
        method: &str,
        input: &[u8],
        at: Option<&Hash>,
        gas_limit: Option<Gas>,
    ) -> Result<ExecutionView, ClientError> {
        let instance = format_address(instance, self.facts().prefix);
        let at = json!(at.map(|hash| HexHash(*hash)));
        let params = vec![json!(instance), json!(method), octets(input), at, json!(gas_limit)];
        self.ask("module_query", params).await
    }

    /// Runs a call as a transaction of an account and undoes it.
    ///
    /// # Errors
    /// What the request ends with. A call that fails is an [`ExecutionView`] with an error.
    pub async fn simulate(&self, from: &Address, call: &Call, at: Option<&Hash>) -> Result<ExecutionView, ClientError> {
        let from = format_address(from, self.facts().prefix);
        let at = json!(at.map(|hash| HexHash(*hash)));
        self.ask("module_simulate", vec![json!(from), octets(&call.encode()), at]).await
    }
}

impl Instance {
    /// Finds a method.
    ///
    /// # Errors
    /// [`ClientError::Method`] with the nearest names.
    pub fn method(&self, mode: MethodMode, name: &str) -> Result<&Method, ClientError> {
        if let Some(method) = self.interface.method(mode, name) {
            return Ok(method);
        }
        let of = |mode: MethodMode| self.interface.methods.iter().filter(move |method| method.mode == mode);
        let other = [MethodMode::Call, MethodMode::Query]
            .into_iter()
            .find(|other| *other != mode && self.interface.method(*other, name).is_some());
        let hint = match other {
            Some(other) => format!("{name} is a {0}: use `tenon {0}`", other.name()),
            None => suggest::hint(name, of(mode).map(|method| method.name.as_str()).collect::<Vec<_>>()),
        };
        Err(ClientError::Method { found: name.into(), mode: mode.name(), instance: self.label.clone(), hint })
    }

    /// The address that a protocol module's name stands for.
    pub fn resolve(&self, name: &str) -> Option<Address> {
        self.names.get(name).copied()
    }

    /// Encodes the arguments of a method from an object with their names.
    ///
    /// # Errors
    /// [`crate::ValueError`] for a missing, surplus or wrong argument.
    pub fn encode(&self, method: &Method, arguments: &Map<String, Json>) -> Result<Vec<u8>, ClientError> {
        let resolve = |name: &str| self.resolve(name);
        Ok(Codec::new(&self.interface, &resolve, self.prefix).encode_arguments(method, arguments)?)
    }

    /// Decodes the result of a method.
    ///
    /// # Errors
    /// [`crate::ValueError`] if the bytes are no such value.
    pub fn decode_result(&self, method: &Method, output: &[u8]) -> Result<Json, ClientError> {
        Ok(Codec::new(&self.interface, &no_names, self.prefix).decode("result", &method.result, output)?)
    }

    /// The transaction that calls a method.
    pub fn call(&self, method: &Method, input: Vec<u8>, value: u128, gas_limit: Gas) -> Call {
        let method = method.name.clone();
        Call::Modules(ModulesCall::call { instance: self.address, method, input, value, gas_limit })
    }
}
