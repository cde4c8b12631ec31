//! A node of a few lines for tests of the transport: each transaction becomes a block at once, and the block is final.
//! Nothing is executed or checked but the nonce; what the chain does is tested with the real node.

use crate::backend::{
    Backend, BlockEntry, EpochSet, EventAt, EventFilter, Execution, HeadEvent, ReadProof, Refusal, RefusalKind, Shown,
    StateView, TransactionStatus, Unavailable, Validity,
};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex};
use tenon_core::consensus::bbft::{
    Certificate, Epoch, EpochProof, FinalityProof, HeaderProof, LightProof, Signature, Signers, Statement, Validator,
    View as BbftView, signed_bytes,
};
use tenon_crypto::bls::{BlsAggregate, BlsSecretKey};
use tenon_types::proof::{Inclusion, Part};
use tenon_types::{
    AccountData, AccountInfo, Address, Amount, BalancesCall, BalancesEvent, Block, BlockInfo, Call, Digest, DigestItem,
    DispatchInfo, ENGINE_ID, Event, Extrinsic, Gas, Genesis, Hash, Header, ModulesCall, ModulesEvent, Parameters,
    Receipt, Seal, SystemEvent, blake2b_256, extrinsics_root, keys,
};
use tokio::sync::{broadcast, mpsc};

/// Heads that wait for a subscriber: few, so that tests can make one lag.
const WAITING_HEADS: usize = 4;

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

struct Chain {
    blocks: Vec<Arc<BlockEntry>>,
    state: Entries,
}

pub(crate) struct Double {
    genesis: Genesis,
    chain: Mutex<Chain>,
    heads: broadcast::Sender<HeadEvent>,
}

struct View(Entries);

impl StateView for View {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key).cloned()
    }

    fn scan(&self, prefix: &[u8], start: &[u8], limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let from = if start.is_empty() { prefix } else { start };
        self.0
            .range::<[u8], _>((Bound::Included(from), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

impl Double {
    pub(crate) fn new(funded: &[Address]) -> Self {
        let genesis = Genesis {
            name: "Double".into(),
            symbol: "TEN".into(),
            decimals: 12,
            ss58_prefix: 42,
            time_ms: 0,
            parameters: Parameters::DEVELOPMENT,
            balances: Vec::new(),
            validators: Vec::new(),
            modules: Vec::new(),
            codes: Vec::new(),
        };
        let account = AccountInfo {
            providers: 1,
            data: AccountData { free: 1_000_000 * Parameters::COIN, ..AccountData::default() },
            ..AccountInfo::default()
        };
        let state = funded.iter().map(|address| (keys::account(address), account.encode())).collect();
        let chain = Chain { blocks: vec![Arc::new(entry(Hash::ZERO, 0, Vec::new(), Vec::new()))], state };
        Self { genesis, chain: Mutex::new(chain), heads: broadcast::channel(WAITING_HEADS).0 }
    }

    fn refuse(code: i32, kind: RefusalKind, message: String) -> Refusal {
        Refusal { code, name: "Refused", message, hint: "a hint", kind }
    }

    fn check(&self, bytes: &[u8]) -> Result<(Extrinsic, Address, AccountInfo), Refusal> {
        let extrinsic = Extrinsic::from_bytes(bytes)
            .map_err(|error| Self::refuse(1001, RefusalKind::Malformed, error.to_string()))?;
        let sender = extrinsic.signed.signer.address().unwrap_or_default();
        let account = account(&self.chain.lock().unwrap().state, &sender);
        let found = extrinsic.signed.extra.nonce;
        if found < account.nonce {
            return Err(Self::refuse(
                1010,
                RefusalKind::Stale,
                format!("found nonce {found}, expected {}", account.nonce),
            ));
        }
        Ok((extrinsic, sender, account))
    }

    /// Adds a block with some transactions and announces it.
    fn extend(&self, extrinsics: Vec<Vec<u8>>, receipts: Vec<Receipt>) -> Hash {
        let mut chain = self.chain.lock().unwrap();
        let parent = chain.blocks.last().unwrap();
        let block = Arc::new(entry(parent.hash, parent.block.header.number + 1, extrinsics, receipts));
        chain.blocks.push(Arc::clone(&block));
        drop(chain);
        let _ = self.heads.send(HeadEvent::Best(Arc::clone(&block)));
        let _ = self.heads.send(HeadEvent::Finalized(Arc::clone(&block)));
        block.hash
    }
}

impl Default for Double {
    fn default() -> Self {
        Self::new(&[])
    }
}

fn account(state: &Entries, address: &Address) -> AccountInfo {
    state.get(&keys::account(address)).and_then(|bytes| AccountInfo::decode(&mut &bytes[..]).ok()).unwrap_or_default()
}

fn entry(parent_hash: Hash, number: u32, extrinsics: Vec<Vec<u8>>, receipts: Vec<Receipt>) -> BlockEntry {
    let info = BlockInfo {
        time_ms: u64::from(number) * 500,
        producer: Address([9; 32]),
        base_fee: 1,
        parent_gas_used: 0,
        parent_receipts_root: Hash::ZERO,
        ancestors: Hash::ZERO,
        seal: Seal::default(),
        next_validators: None,
    };
    let header = Header {
        parent_hash,
        number,
        state_root: Hash([7; 32]),
        extrinsics_root: extrinsics_root(&extrinsics),
        digest: Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] },
    };
    BlockEntry {
        hash: header.hash(),
        transactions: receipts.iter().map(|receipt| receipt.transaction).collect(),
        block: Block { header, extrinsics },
        info,
        gas_used: receipts.iter().map(|receipt| receipt.gas_used).sum(),
        receipts,
        hook_receipts: Vec::new(),
    }
}

/// What a call would emit if it were executed.
fn events_of(call: &Call, sender: Address) -> Vec<Event> {
    match call {
        Call::Balances(BalancesCall::transfer_keep_alive { dest, value }) => {
            vec![Event::Balances(BalancesEvent::Transfer {
                from: sender,
                to: dest.address().unwrap_or_default(),
                amount: *value,
            })]
        }
        Call::Modules(ModulesCall::call { instance, method, input, .. }) => {
            vec![Event::Modules(ModulesEvent::Emitted {
                instance: *instance,
                topics: vec![blake2b_256(method.as_bytes())],
                data: input.clone(),
            })]
        }
        _ => Vec::new(),
    }
}

impl Backend for Double {
    fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    fn genesis_hash(&self) -> Hash {
        self.chain.lock().unwrap().blocks[0].hash
    }

    fn is_development(&self) -> bool {
        true
    }

    fn best(&self) -> Arc<BlockEntry> {
        Arc::clone(self.chain.lock().unwrap().blocks.last().unwrap())
    }

    fn finalized(&self) -> Arc<BlockEntry> {
        self.best()
    }

    fn block(&self, hash: &Hash) -> Option<Arc<BlockEntry>> {
        self.chain.lock().unwrap().blocks.iter().find(|block| block.hash == *hash).cloned()
    }

    fn hash_at(&self, height: u32) -> Option<Hash> {
        self.chain.lock().unwrap().blocks.get(height as usize).map(|block| block.hash)
    }

    fn transaction(&self, hash: &Hash) -> Option<(Hash, u32)> {
        let chain = self.chain.lock().unwrap();
        chain.blocks.iter().find(|block| block.transactions.contains(hash)).map(|block| (block.hash, 0))
    }

    fn state(&self, at: &Hash) -> Result<Box<dyn StateView>, Unavailable> {
        self.block(at).ok_or(Unavailable::UnknownBlock(*at))?;
        Ok(Box::new(View(self.chain.lock().unwrap().state.clone())))
    }

    fn prove(&self, _: &[Vec<u8>], _: Option<&Hash>) -> Result<ReadProof, Unavailable> {
        Err(Unavailable::NotAnchored)
    }

    fn validate(&self, transaction: &[u8]) -> Result<Validity, Refusal> {
        let (extrinsic, sender, account) = self.check(transaction)?;
        let nonce = extrinsic.signed.extra.nonce;
        Ok(Validity { priority: 1, sender, nonce, expected_nonce: account.nonce, longevity: 64 })
    }

    fn submit(
        &self,
        bytes: Vec<u8>,
        watcher: Option<mpsc::UnboundedSender<TransactionStatus>>,
    ) -> Result<Hash, Refusal> {
        let (extrinsic, sender, mut account) = self.check(&bytes)?;
        account.nonce += 1;
        self.chain.lock().unwrap().state.insert(keys::account(&sender), account.encode());
        let transaction = extrinsic.hash();
        let mut events = events_of(&extrinsic.call, sender);
        events.push(Event::System(SystemEvent::ExtrinsicSuccess { dispatch_info: DispatchInfo::default() }));
        let receipt =
            Receipt { transaction, outcome: Ok(()), gas_used: 5, burnt: 6, tip: 7, output: Vec::new(), events };
        let hash = self.extend(vec![bytes], vec![receipt]);
        if let Some(watcher) = watcher {
            for status in
                [TransactionStatus::Ready, TransactionStatus::InBlock(hash, 0), TransactionStatus::Finalized(hash, 0)]
            {
                let _ = watcher.send(status);
            }
        }
        Ok(transaction)
    }

    fn submit_batch(&self, transactions: Vec<Vec<u8>>) -> Vec<Result<Hash, Refusal>> {
        transactions.into_iter().map(|bytes| self.submit(bytes, None)).collect()
    }

    fn next_nonce(&self, address: &Address) -> u32 {
        account(&self.chain.lock().unwrap().state, address).nonce
    }

    fn pending(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn query(&self, _: &Hash, _: &Address, _: &str, input: &[u8], _: Gas) -> Result<Execution, Unavailable> {
        Ok(execution(input.to_vec(), 0))
    }

    fn simulate(&self, _: &Hash, _: &Address, _: &[u8]) -> Result<Execution, Unavailable> {
        Ok(execution(Vec::new(), 8))
    }

    fn events(&self, _: &EventFilter) -> Result<Vec<EventAt>, Unavailable> {
        Ok(Vec::new())
    }

    fn justification(&self, height: u32) -> Option<Vec<u8>> {
        let HeaderProof { certificate, descendants, .. } = self.header_proof(height).ok()?;
        Some(FinalityProof { certificate, descendants }.to_bytes())
    }

    fn header_proof(&self, height: u32) -> Result<HeaderProof, Unavailable> {
        let hash = self.hash_at(height).filter(|_| height > 0);
        let entry = hash.and_then(|hash| self.block(&hash));
        let header = entry.ok_or(Unavailable::Unproven(format!("block {height}")))?.block.header.clone();
        let statement = Statement::finalize(BbftView(u64::from(height)), header.hash());
        let mut sum = BlsAggregate::empty();
        sum.add(&secret().sign(&signed_bytes(self.genesis_hash(), Epoch(0), &statement)));
        let mut signers = Signers::none(1);
        assert!(signers.insert(0));
        let certificate = Certificate { statement, signers, signature: Signature(sum.to_bytes()) };
        Ok(HeaderProof { header, descendants: Vec::new(), certificate })
    }

    fn epoch_proof(&self, epoch: u64) -> Result<EpochProof, Unavailable> {
        Err(Unavailable::Unproven(format!("epoch {epoch}")))
    }

    fn light_proof(&self, shown: &Shown) -> Result<LightProof, Unavailable> {
        let finality = self.header_proof(self.finalized().block.header.number)?;
        match shown {
            Shown::Header(height) if *height == finality.header.number => {
                Ok(LightProof { finality, inclusion: Inclusion { ancestor: None, part: Part::Header } })
            }
            other => Err(Unavailable::Unproven(format!("{other:?}"))),
        }
    }

    fn validators(&self, epoch: u64) -> Result<EpochSet, Unavailable> {
        let start = Arc::clone(&self.chain.lock().unwrap().blocks[0]);
        let bls_key = secret().public_key().to_bytes();
        let validators = vec![Validator { account: Address([9; 32]), bls_key, weight: 7 }];
        Ok(EpochSet { epoch, start, since_ms: 0, validators })
    }

    fn heads(&self) -> broadcast::Receiver<HeadEvent> {
        self.heads.subscribe()
    }

    fn make_block(&self) -> Result<Hash, Unavailable> {
        Ok(self.extend(Vec::new(), Vec::new()))
    }
}

/// The key of the one validator.
fn secret() -> BlsSecretKey {
    BlsSecretKey::from_seed(&[5; 32])
}

fn execution(output: Vec<u8>, fee: Amount) -> Execution {
    Execution {
        error: 0,
        dispatch_error: None,
        output,
        gas_used: 9,
        fee,
        deposit: 0,
        events: Vec::new(),
        logs: Vec::new(),
        changes: Vec::new(),
    }
}
