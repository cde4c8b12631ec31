//! Methods that Substrate's wallets, libraries and indexers call, with their names, parameters and notifications.

use super::{Form, Method, Parameter, optional, required};

const AT: Parameter = optional("at", Form::Hash, "The block; the head if absent.");
const KEY: Parameter = required("key", Form::Bytes, "The key in the state.");
const TRANSACTION: Parameter =
    required("extrinsic", Form::Bytes, "A signed extrinsic of version 4, length prefix included.");

pub(super) const METHODS: &[Method] = &[
    Method::call(
        "account_nextIndex",
        &[required("account", Form::Address, "The account.")],
        "a number",
        "The account's next nonce, transactions in the pool counted.",
    )
    .alias(&["system_accountNextIndex"]),
    Method::call(
        "author_hasKey",
        &[required("public_key", Form::Bytes, "A public key."), required("key_type", Form::Text, "Its use.")],
        "false",
        "Whether the node holds a key: it never holds any that a client could use.",
    ),
    Method::call(
        "author_pendingExtrinsics",
        &[],
        "a list of hex bytes",
        "Transactions in the pool, in the order in which they would be included.",
    ),
    Method::call("author_submitExtrinsic", &[TRANSACTION], "the transaction's hash", "Adds a transaction to the pool."),
    Method::subscription(
        ["author_submitAndWatchExtrinsic", "author_unwatchExtrinsic", "author_extrinsicUpdate"],
        &[TRANSACTION],
        "`\"future\"`, `\"ready\"`, `{inBlock: hash}`, `{finalized: hash}`, `{usurped: hash}`, `\"invalid\"`, `\"dropped\"`",
        "Adds a transaction to the pool and tells what becomes of it.",
    ),
    Method::call(
        "chain_getBlock",
        &[optional("hash", Form::Hash, "The block; the head if absent.")],
        "`{block: {header, extrinsics}, justifications}` or null",
        "A block.",
    ),
    Method::call(
        "chain_getBlockHash",
        &[optional("height", Form::Any, "A height, or a list of heights; the head if absent.")],
        "a hash, null, or a list of them",
        "The hash of the block at a height.",
    )
    .alias(&["chain_getHead"]),
    Method::call("chain_getFinalizedHead", &[], "a hash", "The hash of the last final block.")
        .alias(&["chain_getFinalisedHead"]),
    Method::call(
        "chain_getHeader",
        &[optional("hash", Form::Hash, "The block; the head if absent.")],
        "`{parentHash, number, stateRoot, extrinsicsRoot, digest: {logs}}` or null",
        "A block's header.",
    ),
    Method::subscription(
        ["chain_subscribeAllHeads", "chain_unsubscribeAllHeads", "chain_allHead"],
        &[],
        "headers",
        "Tells of each block that is added.",
    ),
    Method::subscription(
        ["chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads", "chain_finalizedHead"],
        &[],
        "headers",
        "Tells of each block that becomes final, in order.",
    )
    .alias(&["chain_subscribeFinalisedHeads"])
    .end_alias(&["chain_unsubscribeFinalisedHeads"]),
    Method::subscription(
        ["chain_subscribeNewHeads", "chain_unsubscribeNewHeads", "chain_newHead"],
        &[],
        "headers",
        "Tells of each new head.",
    )
    .alias(&["chain_subscribeNewHead", "subscribe_newHead"])
    .end_alias(&["chain_unsubscribeNewHead", "unsubscribe_newHead"]),
    Method::call(
        "payment_queryInfo",
        &[TRANSACTION, AT],
        "`{weight: {ref_time, proof_size}, class, partialFee}`",
        "What a transaction would cost.",
    ),
    Method::call("rpc_methods", &[], "`{methods: [..]}`", "The names of all methods."),
    Method::call(
        "state_call",
        &[
            required("method", Form::Text, "The runtime interface and its method."),
            required("data", Form::Bytes, "The arguments, encoded."),
            AT,
        ],
        "hex bytes",
        "Calls a runtime interface.",
    )
    .alias(&["state_callAt"]),
    Method::call(
        "state_getKeysPaged",
        &[
            optional("prefix", Form::Bytes, "What the keys begin with."),
            optional("count", Form::Number, "The most keys, at most 1,000."),
            optional("start_key", Form::Bytes, "The key after which to begin."),
            AT,
        ],
        "a list of keys",
        "Keys of the state in order.",
    )
    .alias(&["state_getKeysPagedAt"]),
    Method::call("state_getMetadata", &[AT], "hex bytes", "Metadata version 14."),
    Method::call(
        "state_getReadProof",
        &[required("keys", Form::BytesList, "Keys of the state."), AT],
        "`{at, proof}`: the block proven, and the SCALE bytes of one `tenon_types::proof::Proof` for each key",
        "Proofs that keys have their values, or none. See `tenon_getProof` for all that an offline check needs.",
    ),
    Method::call("state_getRuntimeVersion", &[AT], "the version of the rules", "The version of the rules.")
        .alias(&["chain_getRuntimeVersion"]),
    Method::call("state_getStorage", &[KEY, AT], "hex bytes or null", "The value under a key.")
        .alias(&["state_getStorageAt"]),
    Method::call("state_getStorageHash", &[KEY, AT], "a hash or null", "The BLAKE2b hash of the value under a key.")
        .alias(&["state_getStorageHashAt"]),
    Method::call("state_getStorageSize", &[KEY, AT], "a number or null", "The length of the value under a key.")
        .alias(&["state_getStorageSizeAt"]),
    Method::call(
        "state_queryStorageAt",
        &[required("keys", Form::BytesList, "Keys of the state."), AT],
        "`[{block, changes: [[key, value]]}]`",
        "The values under keys.",
    ),
    Method::subscription(
        ["state_subscribeRuntimeVersion", "state_unsubscribeRuntimeVersion", "state_runtimeVersion"],
        &[],
        "the version of the rules",
        "Tells the version of the rules, and again when it changes.",
    )
    .alias(&["chain_subscribeRuntimeVersion"])
    .end_alias(&["chain_unsubscribeRuntimeVersion"]),
    Method::subscription(
        ["state_subscribeStorage", "state_unsubscribeStorage", "state_storage"],
        &[optional("keys", Form::BytesList, "Keys of the state.")],
        "`{block, changes: [[key, value]]}`",
        "Tells the values under keys, and again when they change.",
    ),
    Method::call("system_chain", &[], "text", "The chain's name."),
    Method::call("system_chainType", &[], "`\"Development\"` or `\"Live\"`", "What the chain is for."),
    Method::call("system_health", &[], "`{peers, isSyncing, shouldHavePeers}`", "How the node is."),
    Method::call("system_localPeerId", &[], "text", "The node's name among its peers."),
    Method::call("system_name", &[], "text", "The name of this implementation."),
    Method::call("system_nodeRoles", &[], "a list of text", "What the node does."),
    Method::call("system_peers", &[], "a list", "The node's peers."),
    Method::call(
        "system_properties",
        &[],
        "`{ss58Format, tokenDecimals, tokenSymbol, isEthereum}`",
        "What wallets need to show addresses and amounts.",
    ),
    Method::call(
        "system_syncState",
        &[],
        "`{startingBlock, currentBlock, highestBlock}`",
        "How far the node has come.",
    ),
    Method::call("system_version", &[], "text", "The version of this implementation."),
];
