//! A host for tests: a few functions with the effects that a test looks at, and nothing of the chain.

use std::collections::BTreeMap;
use std::sync::Arc;

use tenon_abi::limits::{MAX_CALL_DEPTH, MAX_INPUT_BYTES};
use tenon_abi::{ABSENT, HostError, HostFunction};
use tenon_host::{End, Guest, HostFunctions, Trap};

/// Something that a module did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// It logged a line.
    Log(Vec<u8>),
    /// It failed with a number.
    Failed(u64),
    /// A nested call ended.
    Nested(u32, End, u64),
}

/// Runs an export of the module under test: `(gas, stack left, host)` gives what is left and how it ended.
pub(crate) type Nest = Arc<dyn Fn(u64, u32, TestHost) -> (TestHost, u64, End) + Send + Sync>;

/// The host.
#[derive(Clone, Default)]
pub(crate) struct TestHost {
    pub(crate) input: Vec<u8>,
    pub(crate) storage: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) notes: Vec<Note>,
    pub(crate) denied: Option<&'static str>,
    pub(crate) nest: Option<Nest>,
    pub(crate) depth: u32,
}

impl TestHost {
    /// Does what the function of this name does, as far as tests need it.
    fn answer(&mut self, name: &str, guest: &mut Guest<'_>, arguments: &[u64]) -> Result<u64, Trap> {
        let argument = |index: usize| u32::try_from(arguments[index]).unwrap();
        match name {
            "input" => guest.copy_out(argument(0), argument(1), &self.input.clone()).map(u64::from),
            "storage_get" => {
                let key = guest.bytes(argument(0), argument(1), MAX_INPUT_BYTES)?.to_vec();
                match self.storage.get(&key).cloned() {
                    Some(value) => guest.copy_out(argument(2), argument(3), &value).map(u64::from),
                    None => Ok(ABSENT),
                }
            }
            "storage_set" => {
                let key = guest.bytes(argument(0), argument(1), MAX_INPUT_BYTES)?.to_vec();
                let value = guest.bytes(argument(2), argument(3), MAX_INPUT_BYTES)?.to_vec();
                self.storage.insert(key, value);
                Ok(0)
            }
            "debug_log" => {
                let line = guest.bytes(argument(0), argument(1), MAX_INPUT_BYTES)?.to_vec();
                self.notes.push(Note::Log(line));
                Ok(0)
            }
            "fail" => {
                self.notes.push(Note::Failed(arguments[0]));
                Err(Trap::Ended)
            }
            "gas_left" => Ok(guest.gas),
            "call" => self.nested(guest, argument(1)),
            "caller" => panic!("the host has a bug"),
            _ => Ok(7),
        }
    }

    /// Runs `call.f` again, or `call.g` if the method's pointer says so, with all gas and stack that are left.
    fn nested(&mut self, guest: &mut Guest<'_>, _method: u32) -> Result<u64, Trap> {
        if self.depth + 1 >= MAX_CALL_DEPTH {
            return Ok(u64::from(HostError::StackOverflow.code()));
        }
        let nest = self.nest.clone().expect("the test gives the nested module");
        self.depth += 1;
        let (host, gas_left, end) = nest(guest.gas, guest.stack_left, std::mem::take(self));
        *self = host;
        self.depth -= 1;
        guest.gas = gas_left;
        self.notes.push(Note::Nested(self.depth, end, gas_left));
        Ok(match end {
            End::Returned => 0,
            End::Trapped(trap) => u64::from(trap.host_error().code()),
        })
    }
}

/// A result of a host function.
trait Answer {
    fn of(value: u64) -> Self;
}

impl Answer for () {
    fn of(_: u64) {}
}

impl Answer for u32 {
    fn of(value: u64) -> Self {
        Self::try_from(value).expect("an answer of 32 bits")
    }
}

impl Answer for u64 {
    fn of(value: u64) -> Self {
        value
    }
}

macro_rules! answer_all {
    ($(
        $(#[doc = $doc:literal])*
        [$($row:tt)*]
        fn $name:ident($($parameter:ident: $type:ty),*) -> $result:ty;
    )*) => {
        impl HostFunctions for TestHost {
            fn admit(&mut self, function: &'static HostFunction) -> Result<(), Trap> {
                if self.denied == Some(function.name) {
                    return Err(Trap::Host(HostError::CapabilityDenied));
                }
                Ok(())
            }

            $(fn $name(&mut self, guest: &mut Guest<'_>, $($parameter: $type),*) -> Result<$result, Trap> {
                self.answer(stringify!($name), guest, &[$(u64::from($parameter)),*]).map(<$result as Answer>::of)
            })*
        }
    };
}
tenon_abi::for_each_host_function!(answer_all);
