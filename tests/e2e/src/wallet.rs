//! A key that signs what a test wants, right or wrong. Nonces are the caller's: the command line asks the node for them.

use tenon_client::{ChainIdentity, Client, Lifetime, sign};
use tenon_crypto::{Keypair, Scheme};
use tenon_types::{Address, Amount, BalancesCall, Call, Extrinsic, MultiAddress};

/// A key.
#[derive(Debug)]
pub struct Wallet {
    /// The key.
    pub pair: Keypair,
    /// Its address.
    pub address: Address,
}

impl Wallet {
    /// The key of a text such as `//Alice`.
    ///
    /// # Panics
    /// If it is none.
    pub fn new(text: &str) -> Self {
        let pair = Keypair::from_suri(Scheme::Sr25519, text).expect("a test's keys derive");
        let address = Address(pair.account());
        Self { pair, address }
    }

    /// Signs a call for any time.
    pub fn sign(&self, call: Call, chain: &ChainIdentity, nonce: u32) -> Extrinsic {
        sign(&self.pair, call, chain, nonce, 0, Lifetime::Immortal)
    }

    /// The next nonce, transactions in the pool counted.
    ///
    /// # Panics
    /// If the node does not say.
    pub async fn nonce(&self, client: &Client) -> u32 {
        client.nonce(&self.address).await.expect("a node knows the nonce of any address")
    }

    /// Signs a call with the next nonce, for any time.
    pub async fn signed(&self, client: &Client, call: Call) -> Extrinsic {
        self.sign(call, &client.facts().identity, self.nonce(client).await)
    }
}

/// A transfer of the native coin that keeps the sender's account.
pub const fn transfer(to: &Address, value: Amount) -> Call {
    Call::Balances(BalancesCall::transfer_keep_alive { dest: MultiAddress::Id(*to), value })
}
