//! What every handler needs: the node, the chain's facts that never change, and the interfaces of modules.

use super::failure::Failure;
use super::limits::MAX_CACHED_INTERFACES;
use crate::backend::{Backend, BlockEntry, StateView};
use parity_scale_codec::Decode;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tenon_api::errors;
use tenon_api::json::HexHash;
use tenon_api::{METADATA_VERSIONS, RuntimeVersion, metadata};
use tenon_types::interface::{Interface, Manifest};
use tenon_types::{Address, Hash, InstanceRecord, blake2b_256, keys};

/// What a WASM file says of itself.
#[derive(Debug, Default)]
pub(super) struct Described {
    /// Its interface.
    pub(super) interface: Interface,
    /// Its manifest.
    pub(super) manifest: Manifest,
}

/// The node and what is derived from it once.
pub(super) struct Context {
    /// The node.
    pub(super) backend: Arc<dyn Backend>,
    /// The version of the rules.
    pub(super) version: RuntimeVersion,
    metadata: BTreeMap<u32, Vec<u8>>,
    described: Mutex<BTreeMap<Hash, Arc<Described>>>,
}

impl Context {
    pub(super) fn new(backend: Arc<dyn Backend>) -> Self {
        let genesis = backend.genesis();
        let version = RuntimeVersion::of(genesis);
        let metadata = METADATA_VERSIONS
            .into_iter()
            .filter_map(|version| metadata(genesis, version).map(|bytes| (version, bytes)))
            .collect();
        Self { backend, version, metadata, described: Mutex::default() }
    }

    /// Metadata of a version, if it is served.
    pub(super) fn metadata(&self, version: u32) -> Option<&[u8]> {
        self.metadata.get(&version).map(Vec::as_slice)
    }

    /// The hash that stands for the code of the host: it changes with the version of the rules.
    pub(super) fn code_hash(&self) -> Hash {
        blake2b_256(format!("{}/{}", self.version.spec_name, self.version.spec_version).as_bytes())
    }

    /// A block, or the head.
    pub(super) fn block(&self, at: Option<Hash>) -> Result<Arc<BlockEntry>, Failure> {
        match at {
            None => Ok(self.backend.best()),
            Some(hash) => self.backend.block(&hash).ok_or_else(|| {
                Failure::new(errors::UNKNOWN_BLOCK, format!("found {hash}")).expected("a block of this chain")
            }),
        }
    }

    /// A block by hash, height, `best` or `finalized`.
    pub(super) fn named_block(&self, name: Option<&Value>) -> Result<Arc<BlockEntry>, Failure> {
        let unknown = |found: String| {
            let failure = Failure::new(errors::UNKNOWN_BLOCK, format!("found {found}"));
            failure.expected("a hash, a height, \"best\" or \"finalized\"")
        };
        match name {
            None => Ok(self.backend.best()),
            Some(Value::String(text)) if text == "best" => Ok(self.backend.best()),
            Some(Value::String(text)) if text == "finalized" => Ok(self.backend.finalized()),
            Some(Value::String(text)) if HexHash::parse(text).is_ok() => {
                self.block(HexHash::parse(text).ok().map(|it| it.0))
            }
            Some(value) => {
                let height = super::arguments::read_number(value).and_then(|height| u32::try_from(height).ok());
                let hash = height.and_then(|height| self.backend.hash_at(height));
                hash.and_then(|hash| self.backend.block(&hash)).ok_or_else(|| unknown(value.to_string()))
            }
        }
    }

    /// The state after a block, with the block.
    pub(super) fn state(&self, at: Option<Hash>) -> Result<(Arc<BlockEntry>, Box<dyn StateView>), Failure> {
        let block = self.block(at)?;
        let state = self.backend.state(&block.hash)?;
        Ok((block, state))
    }

    /// Whether a block is final.
    pub(super) fn is_final(&self, block: &BlockEntry) -> bool {
        let height = block.block.header.number;
        height <= self.backend.finalized().block.header.number && self.backend.hash_at(height) == Some(block.hash)
    }

    /// An address as people read it.
    pub(super) fn show(&self, address: &Address) -> String {
        tenon_crypto::ss58::encode(&address.0, self.backend.genesis().ss58_prefix)
            .unwrap_or_else(|_| address.to_string())
    }

    /// Reads an address: SS58, or 32 hex bytes.
    pub(super) fn read_address(&self, text: &str) -> Result<Address, Failure> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if let Ok(Ok(bytes)) = hex::decode(digits).map(<[u8; 32]>::try_from) {
            return Ok(Address(bytes));
        }
        tenon_crypto::ss58::decode(text).map(|(bytes, _)| Address(bytes)).map_err(|error| {
            Failure::new(errors::INVALID_PARAMS, format!("found {text:?}: {error}"))
                .expected("an SS58 address or 32 hex bytes")
        })
    }

    /// Finds an instance by address or by the name of a protocol module.
    pub(super) fn find_instance(
        &self,
        state: &dyn StateView,
        text: &str,
    ) -> Result<(Address, InstanceRecord), Failure> {
        let unknown = || Failure::new(errors::UNKNOWN_MODULE, format!("found {text:?}"));
        let named = state.get(&keys::name(text)).and_then(|bytes| Address::decode(&mut &bytes[..]).ok());
        let address = match named {
            Some(address) => address,
            None => self.read_address(text).map_err(|_| unknown())?,
        };
        let record = instance_record(state, &address).ok_or_else(unknown)?;
        Ok((address, record))
    }

    /// What the code of a hash says of itself.
    pub(super) fn described(&self, state: &dyn StateView, code_hash: &Hash) -> Option<Arc<Described>> {
        let lock = || self.described.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = lock().get(code_hash) {
            return Some(Arc::clone(found));
        }
        let code = state.get(&keys::code(code_hash))?;
        let described = Arc::new(Described {
            interface: Interface::of_code(&code).unwrap_or_default(),
            manifest: Manifest::of_code(&code).unwrap_or_default(),
        });
        let mut cache = lock();
        if cache.len() >= MAX_CACHED_INTERFACES {
            cache.pop_first();
        }
        cache.insert(*code_hash, Arc::clone(&described));
        Some(described)
    }

    /// What the code of an instance says of itself.
    pub(super) fn described_instance(&self, state: &dyn StateView, address: &Address) -> Option<Arc<Described>> {
        self.described(state, &instance_record(state, address)?.code_hash)
    }
}

/// The record of an instance.
pub(super) fn instance_record(state: &dyn StateView, address: &Address) -> Option<InstanceRecord> {
    let bytes = state.get(&keys::instance(address))?;
    InstanceRecord::decode(&mut &bytes[..]).ok()
}
