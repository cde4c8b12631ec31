//! The host-function table: the single source of guest stubs, host trait, linker, import check and reference page.

/// A type that crosses the boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// 32 bits: pointers, lengths, flags.
    I32,
    /// 64 bits: gas, times, packed results.
    I64,
}

/// Rust types that cross the boundary, with their WASM type (none for no result).
pub trait HostValue {
    /// The WASM type.
    const TYPE: Option<ValueType>;
}

impl HostValue for () {
    const TYPE: Option<ValueType> = None;
}

impl HostValue for u32 {
    const TYPE: Option<ValueType> = Some(ValueType::I32);
}

impl HostValue for u64 {
    const TYPE: Option<ValueType> = Some(ValueType::I64);
}

/// What a host function is about. The reference page is ordered by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Arguments, results and errors.
    InputOutput,
    /// Who calls what, when, with what.
    Context,
    /// The instance's own key space.
    Storage,
    /// Storage that lives as long as the transaction.
    Transient,
    /// Events.
    Events,
    /// The native coin.
    Coin,
    /// Calls to other instances.
    Call,
    /// New instances and new code.
    Deploy,
    /// Hashes and signatures.
    Crypto,
    /// Traces.
    Debug,
}

/// Whether a function may be used by a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It changes nothing.
    Read,
    /// It changes state, and is refused in a read-only call.
    Write,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct HostFunction {
    /// The import's name.
    pub name: &'static str,
    /// The group of the reference page.
    pub group: Group,
    /// The capability that an instance must hold, if any.
    pub capability: Option<crate::Capability>,
    /// Whether it writes.
    pub mode: Mode,
    /// The table's version that added it.
    pub since: u32,
    /// Gas charged before anything else.
    pub base_gas: u64,
    /// Gas for each byte read or written, charged before the work.
    pub byte_gas: u64,
    /// Names of the parameters.
    pub parameter_names: &'static [&'static str],
    /// Types of the parameters.
    pub parameters: &'static [ValueType],
    /// Type of the result.
    pub result: Option<ValueType>,
    /// What it does, line by line.
    pub doc: &'static [&'static str],
}

impl HostFunction {
    /// Whether it may run other instances, which share the stack that is left.
    pub const fn enters_instances(&self) -> bool {
        matches!(self.group, Group::Call | Group::Deploy)
    }
}

/// Finds a row by the import's name.
pub fn find_host_function(name: &str) -> Option<&'static HostFunction> {
    TABLE.iter().find(|function| function.name == name)
}

/// Hands every row to the macro named by the argument. Each row has the form
/// `#[doc = ".."]* [group, capability, mode, since, base gas, byte gas] fn name(parameter: type, ..) -> type;`.
///
/// Pointers and lengths are `u32` into the module's memory. An `address` or `hash` is 32 bytes, an `amount` is 16
/// bytes, little-endian. `out` with `capacity` receives at most `capacity` bytes; the result is the full length.
#[macro_export]
macro_rules! for_each_host_function {
    ($visit:ident) => {
        $visit! {
            /// Copies the input to `out` and returns its full length.
            [InputOutput, None, Read, 1, 250, 1]
            fn input(out: u32, capacity: u32) -> u32;
            /// Sets the output that the caller receives. A second call replaces it.
            [InputOutput, None, Read, 1, 250, 40]
            fn output(data: u32, length: u32) -> ();
            /// Ends the call with the module's error `number` and data for the caller. Its changes are undone.
            [InputOutput, None, Read, 1, 250, 40]
            fn fail(number: u32, data: u32, length: u32) -> ();
            /// Ends the call as a panic, with a message for traces. Its changes are undone.
            [InputOutput, None, Read, 1, 250, 1]
            fn panic(message: u32, length: u32) -> ();
            /// Ends the call as wrong input, with a message for traces. Its changes are undone.
            [InputOutput, None, Read, 1, 250, 1]
            fn bad_input(message: u32, length: u32) -> ();

            /// Writes the address of the account or instance that called this method.
            [Context, None, Read, 1, 220, 0]
            fn caller(out: u32) -> ();
            /// Writes the address of the account that signed the transaction.
            [Context, None, Read, 1, 220, 0]
            fn origin(out: u32) -> ();
            /// Writes the address of this instance.
            [Context, None, Read, 1, 220, 0]
            fn self_address(out: u32) -> ();
            /// Writes the amount of the native coin sent with this call.
            [Context, None, Read, 1, 220, 0]
            fn value(out: u32) -> ();
            /// Returns the height of the block that is being executed.
            [Context, None, Read, 1, 180, 0]
            fn block_height() -> u64;
            /// Returns the block's time in milliseconds since 1970-01-01 UTC. It never falls.
            [Context, None, Read, 1, 180, 0]
            fn block_time_ms() -> u64;
            /// Writes the hash of the genesis block, which names the chain in every signed object.
            [Context, None, Read, 1, 220, 0]
            fn chain_id(out: u32) -> ();
            /// Returns the gas that is left to this call.
            [Context, None, Read, 1, 180, 0]
            fn gas_left() -> u64;

            /// Copies the value under a key to `out` and returns its full length, or `ABSENT`.
            [Storage, Some(Storage), Read, 1, 6_000, 2]
            fn storage_get(key: u32, key_length: u32, out: u32, capacity: u32) -> u64;
            /// Stores a value under a key.
            [Storage, Some(Storage), Write, 1, 8_000, 10]
            fn storage_set(key: u32, key_length: u32, data: u32, length: u32) -> ();
            /// Removes a key and returns 1 if it was there, else 0.
            [Storage, Some(Storage), Write, 1, 8_000, 2]
            fn storage_remove(key: u32, key_length: u32) -> u32;
            /// Copies entries whose key begins with `prefix`, from the key `prefix ++ start` on (included), in
            /// ascending order, or descending if `descending` is 1 (then from `prefix ++ start` down; an empty start
            /// is the end). At most `limit` entries and `capacity` bytes. Each entry is `key length u32, key without
            /// prefix, value length u32, value`, little-endian. Returns `entries << 32 | bytes`; if the first entry
            /// does not fit, `0 << 32 | bytes needed`.
            [Storage, Some(Storage), Read, 1, 12_000, 2]
            fn storage_scan(prefix: u32, prefix_length: u32, start: u32, start_length: u32, descending: u32, limit: u32, out: u32, capacity: u32) -> u64;

            /// Copies the transient value under a key to `out` and returns its full length, or `ABSENT`.
            [Transient, Some(Storage), Read, 1, 800, 1]
            fn transient_get(key: u32, key_length: u32, out: u32, capacity: u32) -> u64;
            /// Stores a transient value, which is gone when the transaction ends. An empty value removes it.
            [Transient, Some(Storage), Write, 1, 1_000, 2]
            fn transient_set(key: u32, key_length: u32, data: u32, length: u32) -> ();

            /// Emits an event. `topics` are `topic_count` hashes of 32 bytes, the first of which names the event.
            [Events, Some(Events), Write, 1, 2_000, 40]
            fn emit(topics: u32, topic_count: u32, data: u32, length: u32) -> ();

            /// Writes the native coin's spendable amount of an address.
            [Coin, None, Read, 1, 6_000, 0]
            fn coin_balance(address: u32, out: u32) -> ();
            /// Sends an amount of the native coin from this instance. Returns 0 or an error number.
            [Coin, Some(Coin), Write, 1, 16_000, 0]
            fn coin_transfer(to: u32, amount: u32) -> u32;

            /// Calls a method of another instance with an amount and a gas limit (0: all that is left). Returns
            /// `error << 32 | length` of the return data, with error 0 on success. A failed call undoes its own changes.
            [Call, Some(Call), Read, 1, 16_000, 1]
            fn call(address: u32, method: u32, method_length: u32, data: u32, length: u32, amount: u32, gas_limit: u64, flags: u32) -> u64;
            /// Copies the return data of the last call or deployment to `out` and returns its full length.
            [Call, None, Read, 1, 250, 1]
            fn return_data(out: u32, capacity: u32) -> u32;

            /// Creates an instance of code on chain with constructor arguments, an amount and a 32-byte salt, and
            /// writes its address. The admin is this instance if `admin` is 1, or nobody if 0. Returns an error number.
            [Deploy, Some(Deploy), Write, 1, 40_000, 1]
            fn instantiate(code_hash: u32, data: u32, length: u32, amount: u32, salt: u32, admin: u32, out: u32) -> u32;
            /// Replaces the code of an instance that this instance administers and runs `migrate` with the data. Returns an error number.
            [Deploy, Some(Upgrade), Write, 1, 40_000, 1]
            fn upgrade(address: u32, code_hash: u32, data: u32, length: u32) -> u32;
            /// Writes the code hash of an instance and returns 1, or 0 if there is none.
            [Deploy, None, Read, 1, 6_000, 0]
            fn code_hash(address: u32, out: u32) -> u32;

            /// Writes the 32-byte BLAKE2b hash.
            [Crypto, Some(Hash), Read, 1, 800, 4]
            fn blake2b_256(data: u32, length: u32, out: u32) -> ();
            /// Writes the 32-byte BLAKE3 hash.
            [Crypto, Some(Hash), Read, 1, 600, 4]
            fn blake3_256(data: u32, length: u32, out: u32) -> ();
            /// Writes the SHA-256 hash.
            [Crypto, Some(Hash), Read, 1, 800, 8]
            fn sha2_256(data: u32, length: u32, out: u32) -> ();
            /// Writes the SHA3-256 hash.
            [Crypto, Some(Hash), Read, 1, 1_600, 12]
            fn sha3_256(data: u32, length: u32, out: u32) -> ();
            /// Writes the Keccak-256 hash.
            [Crypto, Some(Hash), Read, 1, 1_600, 12]
            fn keccak_256(data: u32, length: u32, out: u32) -> ();
            /// Writes the SM3 hash.
            [Crypto, Some(Hash), Read, 1, 1_600, 16]
            fn sm3_256(data: u32, length: u32, out: u32) -> ();
            /// Returns 1 if the 64-byte signature over the message is the 32-byte public key's, by sr25519 with context `substrate`.
            [Crypto, Some(Verify), Read, 1, 160_000, 12]
            fn sr25519_verify(signature: u32, public_key: u32, message: u32, length: u32) -> u32;
            /// Returns 1 if the 64-byte signature over the message is the 32-byte public key's, by ed25519 (ZIP-215 rules).
            [Crypto, Some(Verify), Read, 1, 160_000, 12]
            fn ed25519_verify(signature: u32, public_key: u32, message: u32, length: u32) -> u32;
            /// Writes the 33-byte compressed public key that made the 65-byte signature (r, s, recovery id) over the
            /// 32-byte digest and returns 1; returns 0 if there is none or `s` is high.
            [Crypto, Some(Verify), Read, 1, 140_000, 0]
            fn secp256k1_recover(signature: u32, digest: u32, out: u32) -> u32;
            /// Writes the uncompressed public key, its two 32-byte coordinates without the prefix, that made the 65-byte
            /// signature (r, s, recovery id) over the 32-byte digest and returns 1; returns 0 if there is none or `s` is high.
            [Crypto, Some(Verify), Read, 3, 140_000, 0]
            fn secp256k1_recover_uncompressed(signature: u32, digest: u32, out: u32) -> u32;
            /// Returns 1 if the 48-byte proof shows that whoever registers the 96-byte BLS12-381 public key holds its
            /// secret, and both encodings are canonical, in the subgroup and not infinity.
            [Crypto, Some(Verify), Read, 2, 3_600_000, 0]
            fn bls_verify_possession(public_key: u32, proof: u32) -> u32;

            /// Adds a line to the trace. It changes nothing.
            [Debug, None, Read, 1, 100, 1]
            fn debug_log(message: u32, length: u32) -> ();
        }
    };
}

macro_rules! capability {
    (None) => {
        None
    };
    (Some($name:ident)) => {
        Some(crate::Capability::$name)
    };
}

macro_rules! table {
    ($(
        $(#[doc = $doc:literal])*
        [$group:ident, $known:ident $(($capability:ident))?, $mode:ident, $since:literal, $base:literal, $byte:literal]
        fn $name:ident($($parameter:ident: $type:ty),*) -> $result:ty;
    )*) => {
        /// Every host function, in the order of the reference page.
        pub static TABLE: &[HostFunction] = &[$(HostFunction {
            name: stringify!($name),
            group: Group::$group,
            capability: capability!($known $(($capability))?),
            mode: Mode::$mode,
            since: $since,
            base_gas: $base,
            byte_gas: $byte,
            parameter_names: &[$(stringify!($parameter)),*],
            parameters: &[$(match <$type as HostValue>::TYPE {
                Some(value) => value,
                None => panic!("a parameter has a type"),
            }),*],
            result: <$result as HostValue>::TYPE,
            doc: &[$($doc),*],
        }),*];
    };
}

for_each_host_function!(table);
