//! Calls to other instances, as values: what a typed client returns, what a method invokes, what a test sends.

use crate::panic::Message;
use crate::{Address, Amount, ModuleError, Wire, sys, wire};
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::panic::Location;
use parity_scale_codec::Encode;
use tenon_abi::{CALL_READ_ONLY, HostError, module_error_number};

/// Why a call to another instance failed. All that it changed was undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    code: u32,
    data: Vec<u8>,
}

impl CallError {
    /// Makes an error from its number and data.
    pub const fn new(code: u32, data: Vec<u8>) -> Self {
        Self { code, data }
    }

    pub(crate) fn check(code: u32) -> Result<(), Self> {
        if code == 0 { Ok(()) } else { Err(Self::new(code, Vec::new())) }
    }

    /// The number as receipts show it.
    pub const fn code(&self) -> u32 {
        self.code
    }

    /// What the callee gave with its error.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The callee's own error, if it was one of its interface `E`.
    pub fn module_error<E: ModuleError>(&self) -> Option<E> {
        module_error_number(self.code).and_then(E::from_number)
    }

    /// The host's error, if the host ended the call.
    pub const fn host_error(&self) -> Option<HostError> {
        HostError::from_code(self.code)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (module_error_number(self.code), self.host_error()) {
            (Some(number), _) => write!(formatter, "the callee failed with its error {number}"),
            (None, Some(error)) => formatter.write_str(error.name()),
            (None, None) => write!(formatter, "the call failed with the unknown number {}", self.code),
        }
    }
}

impl core::error::Error for CallError {}

/// A call that has not been made yet.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a call does nothing until it is invoked or sent"]
pub struct Call<R> {
    /// Whom to call.
    pub address: Address,
    /// Which method.
    pub method: &'static str,
    /// The encoded arguments.
    pub input: Vec<u8>,
    /// The amount of the native coin that goes with it.
    pub value: Amount,
    /// The most gas that the callee may use; 0 is all that is left.
    pub gas: u64,
    /// Whether the method is a query, so that the callee may not write.
    pub read_only: bool,
    result: PhantomData<fn() -> R>,
}

/// Whatever the call returns: nothing of that is here yet.
impl<R> Clone for Call<R> {
    fn clone(&self) -> Self {
        let Self { address, method, ref input, value, gas, read_only, result } = *self;
        Self { address, method, input: input.clone(), value, gas, read_only, result }
    }
}

impl<R> Call<R> {
    /// Makes a call from its parts. A typed client does this.
    pub const fn new(address: Address, method: &'static str, input: Vec<u8>, read_only: bool) -> Self {
        Self { address, method, input, value: 0, gas: 0, read_only, result: PhantomData }
    }

    /// Sends an amount of the native coin with the call.
    pub const fn with_value(mut self, amount: Amount) -> Self {
        self.value = amount;
        self
    }

    /// Limits the gas that the callee may use.
    pub const fn with_gas(mut self, gas: u64) -> Self {
        self.gas = gas;
        self
    }
}

impl<R: Wire> Call<R> {
    /// Makes the call from within a module. Needs the capability `call`.
    ///
    /// # Errors
    /// The number and data that the callee failed with. Its changes are undone, those of the caller are kept.
    ///
    /// # Panics
    /// If the callee's output does not decode to `R`: then it does not have the interface that was assumed.
    pub fn try_invoke(self) -> Result<R, CallError> {
        self.run().map(|output| wire::output(&output))
    }

    /// Makes the call from within a module, and ends the calling method as a panic if it fails.
    ///
    /// # Panics
    /// If the call fails.
    #[track_caller]
    pub fn invoke(self) -> R {
        let method = self.method;
        match self.try_invoke() {
            Ok(result) => result,
            Err(error) => failed(method, &error, Location::caller()),
        }
    }

    fn run(&self) -> Result<Vec<u8>, CallError> {
        let (code, length) = self.enter();
        let data = return_data(length);
        if code == 0 { Ok(data) } else { Err(CallError::new(code, data)) }
    }
}

impl<R> Call<R> {
    /// Makes the call from within a module and reads nothing of what comes back: for a callee that may not have the
    /// interface that is assumed, and must not end the caller by that. Needs the capability `call`.
    ///
    /// # Errors
    /// The number that the callee failed with, without its data. Its changes are undone, those of the caller are kept.
    pub fn try_execute(self) -> Result<(), CallError> {
        CallError::check(self.enter().0)
    }

    /// Makes the call. Returns its error's number, or 0, and the length of what came back.
    fn enter(&self) -> (u32, u32) {
        let amount = self.value.to_le_bytes();
        // SAFETY: every pointer is to live bytes of the length given: 32, the method's, the input's, 16.
        #[allow(unsafe_code, reason = "host call")]
        let result = unsafe {
            sys::call(
                sys::pointer(self.address.as_bytes().as_ptr()),
                sys::pointer(self.method.as_ptr()),
                sys::length(self.method.as_bytes()),
                sys::pointer(self.input.as_ptr()),
                sys::length(&self.input),
                sys::pointer(amount.as_ptr()),
                self.gas,
                if self.read_only { CALL_READ_ONLY } else { 0 },
            )
        };
        #[allow(clippy::cast_possible_truncation, reason = "the error stands in the upper 32 bits, the length below")]
        let parts = ((result >> 32) as u32, result as u32);
        parts
    }
}

/// Ends the calling method as a panic. The message is put together by hand, as what formats is larger than a method.
#[cold]
#[inline(never)]
fn failed(method: &str, error: &CallError, place: &Location<'_>) -> ! {
    let mut message = Message::new();
    message.text("calling `");
    message.text(method);
    message.text("` failed: ");
    match (module_error_number(error.code), error.host_error()) {
        (Some(number), _) => message.number("the callee's error ", usize::from(number)),
        (None, Some(error)) => message.text(error.name()),
        (None, None) => message.number("number ", error.code as usize),
    }
    message.end(place)
}

fn return_data(length: u32) -> Vec<u8> {
    let read = |out, capacity| {
        // SAFETY: the buffer has the capacity given.
        #[allow(unsafe_code, reason = "host call")]
        let full = unsafe { sys::return_data(out, capacity) };
        u64::from(full)
    };
    if length == 0 { Vec::new() } else { sys::read(length as usize, read).unwrap_or_default() }
}

/// The arguments of a module's constructor, as its typed client makes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constructor {
    /// The encoded arguments.
    pub input: Vec<u8>,
    /// The amount of the native coin that goes with it.
    pub value: Amount,
}

impl Constructor {
    /// Makes constructor arguments from a tuple or any other encodable value.
    pub fn new(arguments: &impl Encode) -> Self {
        Self { input: arguments.encode(), value: 0 }
    }

    /// Sends an amount of the native coin to the new instance.
    #[must_use]
    pub const fn with_value(mut self, amount: Amount) -> Self {
        self.value = amount;
        self
    }
}
