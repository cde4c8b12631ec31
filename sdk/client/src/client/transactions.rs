//! Transactions: signed with what the node says of nonce and checkpoint, submitted, waited for, looked up.

use super::Client;
use super::chain::octets;
use crate::ClientError;
use crate::extrinsic::{DEFAULT_PERIOD, Lifetime, sign};
use serde_json::json;
use tenon_api::json::{HexHash, ReceiptView};
use tenon_crypto::Keypair;
use tenon_types::{Address, Amount, Call, Extrinsic, Hash};

/// What to wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitUntil {
    /// The transaction is in a block.
    Included,
    /// Its block is final.
    #[default]
    Finalized,
}

impl WaitUntil {
    /// The name that the node knows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::Finalized => "finalized",
        }
    }
}

impl Client {
    /// Signs a call with the account's next nonce, valid for 64 blocks from the last final one.
    ///
    /// # Errors
    /// What the requests end with.
    pub async fn sign(&self, pair: &Keypair, call: Call, tip: Amount) -> Result<Extrinsic, ClientError> {
        let account = Address(pair.account());
        let (nonce, (height, head)) = tokio::try_join!(self.nonce(&account), self.finalized_head())?;
        let birth = Lifetime::birth(DEFAULT_PERIOD, height);
        let checkpoint = if birth == height { head } else { self.hash_at(birth).await? };
        let lifetime = Lifetime::Mortal { period: DEFAULT_PERIOD, height, checkpoint };
        Ok(sign(pair, call, &self.facts().identity, nonce, tip, lifetime))
    }

    /// Adds a transaction to the pool.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason.
    pub async fn submit(&self, transaction: &Extrinsic) -> Result<Hash, ClientError> {
        let hash: HexHash = self.ask("tx_submit", vec![octets(&transaction.to_bytes())]).await?;
        Ok(hash.0)
    }

    /// Adds a transaction to the pool and waits for its block.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if the pool does not take it, or no block does in time. A transaction that fails in its
    /// block is a receipt with an error.
    pub async fn submit_and_wait(
        &self,
        transaction: &Extrinsic,
        until: WaitUntil,
        timeout_ms: u64,
    ) -> Result<ReceiptView, ClientError> {
        let bytes = octets(&transaction.to_bytes());
        self.ask("tx_submitAndWait", vec![bytes, json!(until.name()), json!(timeout_ms)]).await
    }

    /// How a transaction ended.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if no block holds it.
    pub async fn receipt(&self, hash: &Hash) -> Result<ReceiptView, ClientError> {
        self.ask("tx_receipt", vec![json!(HexHash(*hash))]).await
    }
}
