//! Our own methods. Their JSON is that of [`crate::json`]; parameters may be given by place or by name.

use super::{Form, Method, Parameter, optional, required};

const AT: Parameter = optional("at", Form::Hash, "The block; the head if absent.");
const INSTANCE: Parameter = required("instance", Form::Address, "Its address, or its name if it is a protocol module.");
const BYTES: Parameter = required("bytes", Form::Bytes, "A signed extrinsic of version 4, length prefix included.");

pub(super) const METHODS: &[Method] = &[
    Method::call(
        "block_get",
        &[optional("block", Form::Any, "A hash, a height, `\"best\"` or `\"finalized\"`; the head if absent.")],
        "`BlockView`",
        "A block with its transactions, decoded.",
    ),
    Method::call(
        "dev_mine",
        &[optional("blocks", Form::Number, "How many, at most 1,000; one if absent.")],
        "a list of hashes",
        "Makes blocks now.",
    )
    .development(),
    Method::call(
        "finality_epochProof",
        &[required("epoch", Form::Number, "The epoch that is over.")],
        "hex bytes: an `EpochProof` of `tenon_core::consensus::bbft`",
        "Shows that an epoch is over and who validates the next one: what a light client follows the chain by.",
    ),
    Method::call(
        "finality_proof",
        &[optional("height", Form::Number, "The height; that of the last final block if absent.")],
        "`HeaderProofView`",
        "Shows that a block is final: its header, those above it up to the one that was certified, and the certificate.",
    ),
    Method::call(
        "finality_prove",
        &[
            required("what", Form::Any, "`\"header\"`, `\"known\"`, `\"transaction\"`, `\"receipt\"` or `\"entry\"`."),
            required(
                "id",
                Form::Any,
                "Its height; its SCALE bytes, which the node may have pruned; the transaction's hash; or the key.",
            ),
            optional("at", Form::Hash, "The block after which an entry is shown; the newest that can be if absent."),
        ],
        "`InclusionView`",
        "Shows something under the last final header, however old it is: the certificate, and the path to it.",
    ),
    Method::call(
        "finality_validators",
        &[optional("epoch", Form::Number, "The epoch; that of the block after the last final one if absent.")],
        "`EpochView`",
        "The validators of an epoch as the state has them, and the block from which it starts.",
    ),
    Method::call(
        "module_code",
        &[required("code_hash", Form::Hash, "The hash of the code.")],
        "hex bytes",
        "A WASM file that is on chain.",
    ),
    Method::call(
        "module_events",
        &[
            INSTANCE,
            optional("topic", Form::Hash, "A topic that the events have: the event's own, or that of a field."),
            optional("first", Form::Number, "The first height; 0 if absent."),
            optional("last", Form::Number, "The last height; the last final one if absent."),
            optional("limit", Form::Number, "The most events, at most 1,000; 100 if absent."),
            optional("descending", Form::Any, "`true` for the newest first."),
        ],
        "a list of `EventAtView`",
        "Events of an instance in final blocks that are kept.",
    ),
    Method::call("module_list", &[AT], "a list of `ModuleSummary`", "The instances, protocol modules first."),
    Method::call(
        "module_query",
        &[
            INSTANCE,
            required("method", Form::Text, "The query's name."),
            required("input", Form::Bytes, "Its arguments, encoded."),
            AT,
            optional("gas_limit", Form::Number, "The most gas to use."),
        ],
        "`ExecutionView`",
        "Runs a query of an instance, for free.",
    ),
    Method::call("module_show", &[INSTANCE, AT], "`ModuleView`", "Everything that is known of an instance."),
    Method::call(
        "module_simulate",
        &[
            required("from", Form::Address, "The account in whose name to run it."),
            required(
                "call",
                Form::Any,
                "The SCALE bytes of a call, or `{instance, method, input, value, gas_limit}` for a call of a module's method.",
            ),
            AT,
        ],
        "`ExecutionView`",
        "Runs a call as a transaction and undoes it: result, fee, events, log and changes of the state.",
    ),
    Method::call("rpc.discover", &[], "an OpenRPC document", "This table, for programs."),
    Method::call(
        "tenon_getProof",
        &[
            required("keys", Form::BytesList, "Keys of the state."),
            optional("at", Form::Hash, "The block; the newest that can be proven if absent."),
        ],
        "`ProofView`",
        "Values under keys with all that an offline check needs.",
    ),
    Method::call(
        "tx_receipt",
        &[required("hash", Form::Hash, "The transaction's hash.")],
        "`ReceiptView`",
        "How a transaction ended.",
    ),
    Method::call("tx_submit", &[BYTES], "the transaction's hash", "Adds a transaction to the pool."),
    Method::call(
        "tx_submitAndWait",
        &[
            BYTES,
            optional("wait_until", Form::Text, "`included` or `finalized` (if absent)."),
            optional("timeout_ms", Form::Number, "The longest wait, at most 600,000; 60,000 if absent."),
        ],
        "`ReceiptView`",
        "Adds a transaction to the pool and waits for its block.",
    ),
];
