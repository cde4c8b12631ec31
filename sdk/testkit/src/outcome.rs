//! How a call ended, with all that a test may want to know about it.

use parity_scale_codec::Decode;
use std::fmt;
use tenon_abi::{HostError, module_error_number};
use tenon_contract::{Address, Event, ModuleError};
use tenon_types::{DispatchError, Event as ChainEvent, ModulesEvent};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The error as receipts have it; nothing for a query.
    pub dispatch: Option<DispatchError>,
    /// The number of a call's error, 0 for an error of the native coin.
    pub code: u32,
    /// The error's data or message.
    pub data: Vec<u8>,
    /// The trace: lines of the debug log and of panics, indented by the depth of the call.
    pub trace: Vec<String>,
}

impl Failure {
    /// The module's own error, if it is one of `E`.
    pub fn module_error<E: ModuleError>(&self) -> Option<E> {
        module_error_number(self.code).and_then(E::from_number)
    }

    /// The host's error, if the host ended the call.
    pub const fn host_error(&self) -> Option<HostError> {
        HostError::from_code(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (module_error_number(self.code), self.host_error()) {
            (Some(number), _) => write!(formatter, "the module's error {number}")?,
            (None, Some(error)) => write!(formatter, "{}: {}", error.name(), error.text().trim())?,
            (None, None) => write!(formatter, "{:?}", self.dispatch)?,
        }
        self.trace.iter().try_for_each(|line| write!(formatter, "\n  {line}"))
    }
}

impl std::error::Error for Failure {}

/// An event of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// Which instance.
    pub instance: Address,
    /// The topics, that of the event's name first.
    pub topics: Vec<[u8; 32]>,
    /// The fields that are no topics.
    pub data: Vec<u8>,
}

impl Emitted {
    /// Whether it is an event of this type.
    pub fn is<E: Event>(&self) -> bool {
        self.topics.first() == Some(&E::SIGNATURE_TOPIC)
    }

    /// Whether it is exactly this event.
    pub fn equals<E: Event>(&self, event: &E) -> bool {
        self.topics == event.topics() && self.data == event.data()
    }
}

/// How a transaction ended.
#[derive(Clone, Debug)]
#[must_use = "a transaction may have failed: `expect_ok` or `expect_error`"]
pub struct Outcome<R> {
    /// What the method returned.
    pub result: Result<R, Failure>,
    /// Everything that happened, in order: of modules, coin and host.
    pub events: Vec<ChainEvent>,
    /// Gas that was paid for.
    pub gas_used: u64,
    /// Gas of the method alone, without signature and bytes of the transaction.
    pub method_gas: u64,
    /// The fee that was burnt.
    pub fee: u128,
}

impl Outcome<Vec<u8>> {
    /// The same with the output decoded.
    ///
    /// # Panics
    /// If the output is not of type `R`.
    #[track_caller]
    pub fn decoded<R: Decode>(self) -> Outcome<R> {
        self.map(|output| crate::chain::decoded(&output, "a transaction"))
    }
}

impl<R> Outcome<R> {
    /// The same with another result.
    pub(crate) fn map<T>(self, change: impl FnOnce(R) -> T) -> Outcome<T> {
        let Self { result, events, gas_used, method_gas, fee } = self;
        Outcome { result: result.map(change), events, gas_used, method_gas, fee }
    }

    /// Whether the transaction succeeded.
    pub const fn is_ok(&self) -> bool {
        self.result.is_ok()
    }

    /// The result.
    ///
    /// # Panics
    /// If the transaction failed, with its trace.
    #[track_caller]
    pub fn expect_ok(self) -> R {
        match self.result {
            Ok(result) => result,
            Err(failure) => panic!("the transaction failed: {failure}"),
        }
    }

    /// Asserts that the transaction failed with an error of the module's own.
    ///
    /// # Panics
    /// If it succeeded or failed with another error.
    #[track_caller]
    pub fn expect_error<E: ModuleError + PartialEq + fmt::Debug>(&self, expected: E) {
        match &self.result {
            Ok(_) => panic!("the transaction succeeded, expected {expected:?}"),
            Err(failure) => {
                let found = failure.module_error::<E>();
                assert_eq!(found, Some(expected), "{failure}");
            }
        }
    }

    /// Asserts that the host ended the transaction.
    ///
    /// # Panics
    /// If it succeeded or failed with another error.
    #[track_caller]
    pub fn expect_host_error(&self, expected: HostError) {
        match &self.result {
            Ok(_) => panic!("the transaction succeeded, expected {expected:?}"),
            Err(failure) => assert_eq!(failure.host_error(), Some(expected), "{failure}"),
        }
    }

    /// The events of modules, in order.
    pub fn emitted(&self) -> Vec<Emitted> {
        let emitted = self.events.iter().filter_map(|event| match event {
            ChainEvent::Modules(ModulesEvent::Emitted { instance, topics, data }) => Some(Emitted {
                instance: Address::new(instance.0),
                topics: topics.iter().map(|topic| topic.0).collect(),
                data: data.clone(),
            }),
            _ => None,
        });
        emitted.collect()
    }

    /// Whether a module emitted exactly this event.
    pub fn has<E: Event>(&self, event: &E) -> bool {
        self.emitted().iter().any(|emitted| emitted.equals(event))
    }

    /// How many events of a type modules emitted.
    pub fn count_of<E: Event>(&self) -> usize {
        self.emitted().iter().filter(|emitted| emitted.is::<E>()).count()
    }
}
