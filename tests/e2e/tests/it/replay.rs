//! What a node answers after it was killed with -9 - balances, registrations, votes, everything - is what its blocks
//! give when they are executed again in memory, from genesis on.

use crate::kills::root_of;
use parity_scale_codec::{DecodeAll, Encode};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tenon_api::json::BlockView;
use tenon_client::{Client, Instance, WaitUntil};
use tenon_e2e::calls::{ask, call_of, instance};
use tenon_e2e::state::{State, accounts, whole_state};
use tenon_e2e::{Node, Seed, Wallet, poll, transfer};
use tenon_engine::{EngineOptions, WasmtimeEngine, on_engine_stack};
use tenon_host::{Engine, Environment, Executor, Key, Prepared, QueryKind, SerialExecutor, Value, query};
use tenon_types::{Address, Call, Extrinsic, Hash, Header, Hooks, Parameters, keys};

/// The BLS key of a validator, and the proof that its secret is known.
const KEY: &str = concat!(
    "0x8038bfe033bc328ea36bb7c3438bc5a27a0dc880506277e116c8b842ed0c1ea78d32c90b04afbca59bd828c1e6c5e3f3",
    "19274412f2e9eecf7334114b02847693e9d997f1aa9f936d90cae8946df6593033431513e210880bcda015da1b61f6f5",
);
const PROOF: &str =
    "0xab382bef6a1bf6eee731ada63ac9dced4ee25532993064605cbc4e05abfdb20ce0b32335a561b0ad428df113b527ee5a";
const BLOCK_MS: &str = "100";
const EPOCH_BLOCKS: u32 = 1_200;
const REWARD: u128 = 1_000_000_000;
/// Gas of a call of the module.
const GAS: u64 = 100_000_000;
/// Kills, each after other calls and under transfers that nobody waits for.
const ROUNDS: usize = 3;
/// Transfers on their way at most.
const MAX_UNDER_WAY: u32 = 200;
/// The longest that transfers go on before a kill, in milliseconds.
const MAX_LOAD_MS: u64 = 400;

type Memory = BTreeMap<Key, Value>;

/// The chain in memory: the state after a block, and what executes the next one.
struct Replay {
    genesis: Hash,
    parameters: Parameters,
    engine: Arc<dyn Engine>,
    state: Memory,
    height: u32,
}

impl Replay {
    /// Begins with the first state, which the first header commits to.
    async fn new(client: &Client, hooks: Hooks) -> Self {
        let genesis = client.facts().identity.genesis;
        let first = poll::until_async("the first block", || async { client.block(json!(1)).await.ok() }).await;
        let state = whole_state(client, genesis).await;
        assert_eq!((first.parent_hash.0, root_of(&state)), (genesis, first.state_root.0));
        Self {
            genesis,
            parameters: Parameters { hooks, ..Parameters::DEVELOPMENT },
            engine: Arc::new(WasmtimeEngine::new(&EngineOptions::default()).unwrap()),
            state: state.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
            height: 0,
        }
    }

    fn environment(&self, header: &Header) -> Environment {
        let info = header.info().unwrap();
        Environment {
            genesis_hash: self.genesis,
            height: header.number,
            time_ms: info.time_ms,
            producer: info.producer,
            base_fee: info.base_fee,
            parameters: self.parameters.clone(),
            seal: info.seal,
        }
    }

    /// Executes the next block, whose header states the root of what was before.
    fn execute(&mut self, block: &BlockView) -> Header {
        assert_eq!(block.height, self.height + 1);
        let header = Header::decode_all(&mut &block.header.0[..]).unwrap();
        let candidates: Vec<Prepared> = block.transactions.iter().map(|one| prepared(&one.raw.0)).collect();
        let environment = self.environment(&header);
        let (executor, base) = (SerialExecutor::new(self.engine.clone()), Arc::new(self.state.clone()));
        let executed = on_engine_stack(|| executor.execute(base, &environment, &candidates, &mut |_| false));
        assert_eq!((executed.included.len(), executed.gas_used), (candidates.len(), block.gas_used));
        for (key, value) in executed.changes {
            match value {
                Some(value) => self.state.insert(key, value),
                None => self.state.remove(&key),
            };
        }
        self.height = block.height;
        header
    }

    /// Executes all final blocks, and compares what the node serves with what came out.
    async fn check(&mut self, client: &Client, staking: &Instance) {
        let (height, hash) = client.finalized_head().await.unwrap();
        let mut last = None;
        for number in self.height + 1..=height {
            last = Some(self.execute(&client.block(json!(number)).await.unwrap()));
        }
        let served = whole_state(client, hash).await;
        let replayed: State = self.state.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
        assert_eq!(served.len(), replayed.len(), "entries after block {height}");
        for (key, value) in &served {
            assert_eq!(Some(value), replayed.get(key), "the entry under 0x{} after block {height}", hexed(key));
        }
        // A balance is one entry, whatever else there is: it is asked for by its key.
        for (address, account) in accounts(&replayed) {
            let found = client.storage(&keys::account(&address), Some(&hash)).await.unwrap();
            assert_eq!(found, Some(account.encode()), "{address}");
        }
        let Some(header) = last else { return };
        let (alice, bob) = (Wallet::new("//Alice").address, Wallet::new("//Bob").address);
        for (method, input) in [("candidate", alice.encode()), ("delegation", (alice, bob).encode())] {
            let answer = client.query(&staking.address, method, &input, Some(&hash), None).await.unwrap();
            assert_eq!(answer.output.0, self.ask(staking, &header, method, &input), "{method}");
        }
    }

    /// The answer of a query in memory.
    fn ask(&self, instance: &Instance, header: &Header, method: &str, input: &[u8]) -> Vec<u8> {
        let (base, environment) = (Arc::new(self.state.clone()), self.environment(header));
        let target = (QueryKind::Query, &instance.address, method);
        let engine = self.engine.clone();
        on_engine_stack(|| query(base, &environment, engine, target, input, GAS)).output
    }
}

fn prepared(bytes: &[u8]) -> Prepared {
    let extrinsic = Extrinsic::from_bytes(bytes).unwrap();
    let sender = extrinsic.signed.signer.address().unwrap();
    Prepared { hash: extrinsic.hash(), bytes: bytes.into(), extrinsic: Arc::new(extrinsic), sender }
}

fn hexed(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn ss58(address: &Address) -> String {
    tenon_client::format_address(address, 42)
}

/// What happens before a kill: who sends what, with which coin.
fn acts(round: usize) -> Vec<(&'static str, &'static str, Json, u128)> {
    let alice = ss58(&Wallet::new("//Alice").address);
    let coin = Parameters::COIN;
    match round {
        0 => {
            let profile =
                json!({ "bls_key": KEY, "proof": PROOF, "commission_bp": 1_000, "endpoint": "node.example:30333" });
            let vote = json!({ "candidate": alice });
            vec![("//Alice", "register", profile, 10_000 * coin), ("//Bob", "delegate", vote, 5_000 * coin)]
        }
        1 => vec![
            ("//Charlie", "delegate", json!({ "candidate": alice }), 20_000 * coin),
            ("//Bob", "undelegate", json!({ "candidate": alice, "amount": (1_000 * coin).to_string() }), 0),
        ],
        _ => vec![
            ("//Alice", "set_commission", json!({ "commission_bp": 500 }), 0),
            ("//Bob", "delegate", json!({ "candidate": alice }), 7 * coin),
        ],
    }
}

/// Acts, and waits until all of it is final.
async fn act(client: &Client, staking: &Instance, round: usize) {
    for (who, method, arguments, value) in acts(round) {
        let call = match call_of(staking, method, &arguments, GAS) {
            Call::Modules(tenon_types::ModulesCall::call { instance, method, input, gas_limit, .. }) => {
                Call::Modules(tenon_types::ModulesCall::call { instance, method, input, value, gas_limit })
            }
            other => panic!("{other:?}"),
        };
        let signed = Wallet::new(who).signed(client, call).await;
        let receipt = client.submit_and_wait(&signed, WaitUntil::Finalized, 30_000).await.unwrap();
        assert_eq!(receipt.error, None, "{who} {method}");
    }
}

/// Transfers that nobody waits for, until the node is killed in their midst.
async fn kill_under_load(node: Node, seed: &mut Seed) {
    let url = node.url.clone();
    let load = async {
        let Ok(client) = Client::connect(&url).await else { return };
        let ferdie = Wallet::new("//Ferdie");
        let Ok(first) = client.nonce(&ferdie.address).await else { return };
        for nonce in first.. {
            let to = Wallet::new(&format!("//Receiver//{}", nonce % 16)).address;
            let signed = ferdie.sign(transfer(&to, Parameters::COIN), &client.facts().identity, nonce);
            if client.submit(&signed).await.is_err() {
                return;
            }
            while client.account(&ferdie.address).await.is_ok_and(|account| account.nonce + MAX_UNDER_WAY < nonce) {}
        }
    };
    let time = Duration::from_millis(seed.between(50, MAX_LOAD_MS));
    assert!(tokio::time::timeout(time, load).await.is_err(), "the node ended by itself: {}", node.log());
    drop(node.kill());
}

#[tokio::test]
async fn balances_registrations_and_votes_after_a_kill_are_those_of_a_replay() {
    let mut seed = Seed::announced();
    let folder = tempfile::tempdir().unwrap();
    let (path, epoch, reward) = (folder.path().to_str().unwrap(), EPOCH_BLOCKS.to_string(), REWARD.to_string());
    let arguments = [
        &["--base-path", path, "--archive", "--block-time-ms", BLOCK_MS][..],
        &["--staking", "staking", "--epoch-blocks", epoch.as_str(), "--block-reward", reward.as_str()],
    ]
    .concat();
    let hooks = Hooks {
        staking: Some(keys::named_address("staking")),
        block_reward: REWARD,
        epoch_blocks: EPOCH_BLOCKS,
        ..Hooks::NONE
    };
    let mut node = Node::start(&arguments);
    let mut replay = Replay::new(&node.client().await, hooks).await;
    let before = replay.state.clone();
    for round in 0..ROUNDS {
        let client = node.client().await;
        let staking = instance(&client, "staking").await;
        act(&client, &staking, round).await;
        kill_under_load(node, &mut seed).await;
        node = Node::start(&arguments);
        let client = node.client().await;
        replay.check(&client, &staking).await;
        let alice = ss58(&Wallet::new("//Alice").address);
        for (who, bound) in
            [("//Alice", [10_000; 3]), ("//Bob", [5_000, 4_000, 4_007]), ("//Charlie", [0, 20_000, 20_000])]
        {
            let arguments = json!({ "candidate": alice, "who": ss58(&Wallet::new(who).address) });
            let found = ask(&client, &staking, "delegation", &arguments).await;
            let expected = (bound[round] * Parameters::COIN).to_string();
            assert_eq!(found["bound"], json!(expected), "what {who} has bound after kill {round}");
        }
    }
    // A replay of the same blocks from genesis on, in one go, gives the same again.
    let replayed = replay.state.clone();
    let client = node.client().await;
    let height = replay.height;
    (replay.state, replay.height) = (before, 0);
    for number in 1..=height {
        replay.execute(&client.block(json!(number)).await.unwrap());
    }
    assert!(replay.state == replayed, "the state after block {height}");
    node.terminate();
}
