//! Blocks, accounts and single entries of the state.

use super::{Client, hash_of, unexpected};
use crate::ClientError;
use crate::address::format_address;
use parity_scale_codec::DecodeAll;
use serde_json::{Value as Json, json};
use tenon_api::json::{BlockView, Bytes, HexHash, ProofView};
use tenon_types::{AccountInfo, Address, BlockNumber, Hash, keys};

impl Client {
    /// The value under a key of the state, after a block or at the head.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn storage(&self, key: &[u8], at: Option<&Hash>) -> Result<Option<Vec<u8>>, ClientError> {
        let value: Option<Bytes> =
            self.ask("state_getStorage", vec![octets(key), json!(at.map(|hash| HexHash(*hash)))]).await?;
        Ok(value.map(|value| value.0))
    }

    /// A decoded entry of the state.
    pub(super) async fn entry<T: DecodeAll>(&self, key: &[u8]) -> Result<Option<T>, ClientError> {
        let Some(bytes) = self.storage(key, None).await? else { return Ok(None) };
        T::decode_all(&mut &bytes[..])
            .map(Some)
            .map_err(|reason| unexpected("state_getStorage", &octets(&bytes), &reason.to_string()))
    }

    /// The account at the head; all zero if it does not exist.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn account(&self, address: &Address) -> Result<AccountInfo, ClientError> {
        Ok(self.entry(&keys::account(address)).await?.unwrap_or_default())
    }

    /// The account's next nonce, transactions in the pool counted.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn nonce(&self, address: &Address) -> Result<u32, ClientError> {
        self.ask("system_accountNextIndex", vec![json!(format_address(address, self.facts().prefix))]).await
    }

    /// Height and hash of the last final block.
    ///
    /// # Errors
    /// What the requests end with.
    pub async fn finalized_head(&self) -> Result<(BlockNumber, Hash), ClientError> {
        let hash = hash_of("chain_getFinalizedHead", &self.request("chain_getFinalizedHead", vec![]).await?)?;
        let header = self.request("chain_getHeader", vec![json!(HexHash(hash))]).await?;
        let number = header.get("number").and_then(Json::as_str).and_then(|text| text.strip_prefix("0x"));
        number
            .and_then(|digits| BlockNumber::from_str_radix(digits, 16).ok())
            .map(|number| (number, hash))
            .ok_or_else(|| unexpected("chain_getHeader", &header, "a header with a number"))
    }

    /// The hash of the block at a height.
    ///
    /// # Errors
    /// What the request ends with; [`ClientError::Answer`] if there is no such block.
    pub async fn hash_at(&self, height: BlockNumber) -> Result<Hash, ClientError> {
        hash_of("chain_getBlockHash", &self.request("chain_getBlockHash", vec![json!(height)]).await?)
    }

    /// A block: by its hash, its height, `"best"` or `"finalized"`.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn block(&self, which: Json) -> Result<BlockView, ClientError> {
        self.ask("block_get", vec![which]).await
    }

    /// Makes blocks now, on a development chain.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn mine(&self, blocks: u32) -> Result<Vec<Hash>, ClientError> {
        let hashes: Vec<HexHash> = self.ask("dev_mine", vec![json!(blocks)]).await?;
        Ok(hashes.into_iter().map(|hash| hash.0).collect())
    }

    /// Values under keys of the state, with their proofs and the headers that carry the root.
    ///
    /// # Errors
    /// What the request ends with.
    pub async fn proof(&self, keys: &[Vec<u8>], at: Option<&Hash>) -> Result<ProofView, ClientError> {
        let keys: Vec<Json> = keys.iter().map(|key| octets(key)).collect();
        self.ask("tenon_getProof", vec![Json::Array(keys), json!(at.map(|hash| HexHash(*hash)))]).await
    }
}

/// Bytes as the node reads them.
pub(super) fn octets(bytes: &[u8]) -> Json {
    json!(format!("0x{}", hex::encode(bytes)))
}
