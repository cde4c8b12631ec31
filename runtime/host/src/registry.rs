//! Code and instances: what is on chain, and the records of it.

use crate::interface::{Engine, LoadError, LoadedModule, ModuleInfo};
use crate::overlay::Overlay;
use crate::state::Value;
use parity_scale_codec::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenon_abi::{Capabilities, HostError, section};
use tenon_types::{Address, Hash, InstanceRecord, ModuleRecord, blake2b_256, keys};

/// An instance as it is called: its record, its code's record, and the code ready to run.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) record: Arc<InstanceRecord>,
    pub(crate) module: Arc<Module>,
    pub(crate) code: Arc<dyn LoadedModule>,
}

/// What calls need to know of code.
pub(crate) struct Module {
    /// The methods by export name, ascending, with their flags.
    methods: Vec<(String, u8)>,
    /// The instances that it may call; all if absent.
    targets: Option<BTreeSet<Address>>,
}

impl Module {
    fn new(record: ModuleRecord) -> Self {
        let any = record.call_targets.iter().any(|target| target == "*");
        let named = |target: &String| [Some(keys::named_address(target)), hex_address(target)];
        let targets = (!any).then(|| record.call_targets.iter().flat_map(named).flatten().collect());
        Self { methods: record.methods, targets }
    }

    /// Whether the manifest names an address among the callees.
    pub(crate) fn may_call(&self, address: &Address) -> bool {
        self.targets.as_ref().is_none_or(|targets| targets.contains(address))
    }
}

/// An address as manifests write it: `0x` and 64 lowercase digits.
fn hex_address(text: &str) -> Option<Address> {
    let digits = text.strip_prefix("0x")?;
    if digits.len() != 64 || !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut address = [0; 32];
    for (byte, pair) in address.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Address(address))
}

impl Instance {
    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities::from_bits(self.record.capabilities).unwrap_or_default()
    }

    /// The flags of a method by its export, if there is such a method.
    pub(crate) fn method_flags(&self, export: &str) -> Option<u8> {
        let methods = &self.module.methods;
        let index = methods.binary_search_by(|(name, _)| name.as_str().cmp(export)).ok()?;
        methods.get(index).map(|(_, flags)| *flags)
    }

    pub(crate) fn accepts_value(&self, export: &str) -> bool {
        self.method_flags(export).is_some_and(|flags| flags & section::FLAG_PAYABLE != 0)
    }

    pub(crate) fn reentrant(&self, export: &str) -> bool {
        self.method_flags(export).is_some_and(|flags| flags & section::FLAG_REENTRANT != 0)
    }
}

/// Decoded records, each kept as long as the bytes in the state are the same object. An instance's record changes with
/// each deposit, that of its code does not.
#[derive(Default)]
pub(crate) struct Registry {
    instances: BTreeMap<Address, (Value, Instance)>,
    modules: BTreeMap<Hash, (Value, Arc<Module>)>,
}

impl Registry {
    /// Finds an instance.
    ///
    /// # Errors
    /// `InstanceNotFound`; `Internal` if the engine refuses code that it once accepted.
    pub(crate) fn instance(
        &mut self,
        overlay: &mut Overlay,
        engine: &dyn Engine,
        address: &Address,
    ) -> Result<Instance, HostError> {
        let bytes = overlay.get(&keys::instance(address)).ok_or(HostError::InstanceNotFound)?;
        if let Some((known, instance)) = self.instances.get(address)
            && Arc::ptr_eq(known, &bytes)
        {
            return Ok(instance.clone());
        }
        let record = InstanceRecord::decode(&mut &bytes[..]).map_err(|_| HostError::Internal)?;
        let module = self.module(overlay, &record.code_hash)?;
        let code = load(overlay, engine, &record.code_hash)?;
        let instance = Instance { record: Arc::new(record), module, code };
        self.instances.insert(*address, (bytes, instance.clone()));
        Ok(instance)
    }

    fn module(&mut self, overlay: &mut Overlay, hash: &Hash) -> Result<Arc<Module>, HostError> {
        let bytes = overlay.get(&keys::module(hash)).ok_or(HostError::CodeNotFound)?;
        if let Some((known, module)) = self.modules.get(hash)
            && Arc::ptr_eq(known, &bytes)
        {
            return Ok(module.clone());
        }
        let record = ModuleRecord::decode(&mut &bytes[..]).map_err(|_| HostError::Internal)?;
        let module = Arc::new(Module::new(record));
        self.modules.insert(*hash, (bytes, module.clone()));
        Ok(module)
    }
}

/// Compiles code, or finds it compiled.
///
/// # Errors
/// `CodeNotFound`, or `Internal` if the engine refuses code that it once accepted.
pub(crate) fn load(
    overlay: &mut Overlay,
    engine: &dyn Engine,
    hash: &Hash,
) -> Result<Arc<dyn LoadedModule>, HostError> {
    engine.load(hash, &mut || overlay.get(&keys::code(hash))).map_err(|error| match error {
        LoadError::Missing(_) => HostError::CodeNotFound,
        LoadError::Refused(..) => HostError::Internal,
    })
}

/// What the host records of code.
///
/// # Errors
/// `CodeNotFound`.
pub(crate) fn module(overlay: &mut Overlay, hash: &Hash) -> Result<ModuleRecord, HostError> {
    let bytes = overlay.get(&keys::module(hash)).ok_or(HostError::CodeNotFound)?;
    ModuleRecord::decode(&mut &bytes[..]).map_err(|_| HostError::Internal)
}

/// Writes an instance's record.
pub(crate) fn set_instance(overlay: &mut Overlay, address: &Address, record: &InstanceRecord) {
    overlay.set(&keys::instance(address), Some(record.encode().into()));
}

/// Reads an instance's record without its code.
///
/// # Errors
/// `InstanceNotFound`.
pub(crate) fn record(overlay: &mut Overlay, address: &Address) -> Result<InstanceRecord, HostError> {
    let bytes = overlay.get(&keys::instance(address)).ok_or(HostError::InstanceNotFound)?;
    InstanceRecord::decode(&mut &bytes[..]).map_err(|_| HostError::Internal)
}

/// Stores validated code. Returns its hash.
pub(crate) fn set_module(overlay: &mut Overlay, code: &[u8], info: &ModuleInfo, by: Address, deposit: u128) -> Hash {
    let hash = blake2b_256(code);
    let record = ModuleRecord {
        code_bytes: u32::try_from(code.len()).expect("validated code is within MAX_CODE_BYTES"),
        capabilities: info.capabilities.bits(),
        call_targets: info.call_targets.clone(),
        upgradable: info.upgradable,
        methods: info.methods.clone(),
        by,
        deposit,
    };
    overlay.set(&keys::code(&hash), Some(code.into()));
    overlay.set(&keys::module(&hash), Some(record.encode().into()));
    hash
}
