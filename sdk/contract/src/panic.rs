//! How a module panics: message and place in the source go to the host, for traces.

use crate::wire::{append, decimal};
use alloc::vec::Vec;
use core::panic::Location;

/// Bytes of a message that are kept; the host keeps no more than `MAX_ERROR_BYTES`.
const MAX_MESSAGE_BYTES: usize = 512;

/// A message that is put together.
pub(crate) struct Message(Vec<u8>);

impl Message {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(MAX_MESSAGE_BYTES))
    }

    /// Appends what fits, up to the end of a character.
    #[inline(never)]
    pub(crate) fn text(&mut self, text: &str) {
        let text = text.as_bytes();
        let mut taken = text.len().min(MAX_MESSAGE_BYTES.wrapping_sub(self.0.len()));
        while text.get(taken).is_some_and(|byte| byte & 0xc0 == 0x80) {
            taken = taken.wrapping_sub(1);
        }
        append(&mut self.0, text.get(..taken).unwrap_or_default());
    }

    /// Appends a text and a number.
    #[inline(never)]
    pub(crate) fn number(&mut self, text: &str, number: usize) {
        self.text(text);
        append(&mut self.0, decimal(number, &mut [0; 20]));
    }

    /// Ends the call with the message and a place in the source.
    pub(crate) fn end(mut self, place: &Location<'_>) -> ! {
        self.text(" at ");
        self.text(place.file());
        self.number(":", place.line() as usize);
        crate::rt::panic(&self.0)
    }
}

#[cfg(target_arch = "wasm32")]
mod handler {
    use super::Message;
    use core::fmt::{self, Write};
    use core::panic::PanicInfo;

    impl Write for Message {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.text(text);
            Ok(())
        }
    }

    #[panic_handler]
    fn on_panic(info: &PanicInfo<'_>) -> ! {
        let mut message = Message::new();
        // Most messages are plain texts. What formats the parts of others is linked only with a module that has such.
        match info.message().as_str() {
            Some(text) => message.text(text),
            None => drop(write!(message, "{}", info.message())),
        }
        match info.location() {
            Some(place) => message.end(place),
            None => crate::rt::panic(&message.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_a_message_between_characters() {
        let mut message = Message::new();
        message.text(&"\u{e4}".repeat(MAX_MESSAGE_BYTES / 2 - 1));
        message.text("a\u{20ac}b");
        assert_eq!(message.0.len(), MAX_MESSAGE_BYTES - 1);
    }
}
