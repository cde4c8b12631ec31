//! The panic handler of the sandbox: hands the message and the place in the source to the host, for traces.

use core::fmt::{self, Write};
use core::panic::PanicInfo;

/// Bytes of a message that are kept; the host keeps no more than `MAX_ERROR_BYTES`.
const MAX_MESSAGE_BYTES: usize = 512;

struct Message {
    bytes: [u8; MAX_MESSAGE_BYTES],
    length: usize,
}

impl Write for Message {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_MESSAGE_BYTES - self.length;
        let mut taken = text.len().min(room);
        while !text.is_char_boundary(taken) {
            taken -= 1;
        }
        self.bytes[self.length..self.length + taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.length += taken;
        Ok(())
    }
}

#[panic_handler]
fn on_panic(info: &PanicInfo<'_>) -> ! {
    let mut message = Message { bytes: [0; MAX_MESSAGE_BYTES], length: 0 };
    let _ = message.write_fmt(format_args!("{}", info.message()));
    if let Some(place) = info.location() {
        let _ = message.write_fmt(format_args!(" at {}:{}", place.file(), place.line()));
    }
    crate::rt::panic(&message.bytes[..message.length])
}
