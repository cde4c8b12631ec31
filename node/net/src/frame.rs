//! Frames: a length of 4 bytes, little-endian, then as many bytes. An empty frame is malformed.
//!
//! The length is checked before a byte of the rest is read, and memory grows with what arrives, not with what is promised.

use crate::config::{MAX_FRAME_TIME, MAX_UNBUDGETED_FRAME};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use std::io;
use tokio::sync::Semaphore;

/// The bytes of a frame's length.
pub(crate) const HEADER: usize = 4;

/// Why no frame was read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The stream ended, between frames or within one.
    #[error("the stream ended")]
    Closed,
    /// The stream failed.
    #[error("the stream failed")]
    Io(#[source] io::Error),
    /// The frame has no bytes.
    #[error("a frame of 0 bytes; expected at least 1")]
    Empty,
    /// The frame is longer than allowed.
    #[error("a frame of {found} bytes; expected at most {max}")]
    Oversized {
        /// The length that was sent.
        found: usize,
        /// The length that is allowed.
        max: usize,
    },
    /// The rest of the frame did not come in time.
    #[error("a frame of {found} bytes did not arrive within {MAX_FRAME_TIME:?}")]
    Late {
        /// The length that was sent.
        found: usize,
    },
}

/// The header of a frame with `length` bytes.
///
/// # Panics
/// When the length does not fit 32 bits: messages are far shorter, and checked before they come here.
pub(crate) fn header(length: usize) -> [u8; HEADER] {
    u32::try_from(length).expect("no message is longer than 16 MiB").to_le_bytes()
}

/// Reads one frame of at most `max` bytes. A long one waits for its share of `budget` first.
pub(crate) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    max: usize,
    budget: &Semaphore,
) -> Result<Vec<u8>, FrameError> {
    let mut length = [0; HEADER];
    stream.read_exact(&mut length).await.map_err(ended)?;
    let found = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if found == 0 {
        return Err(FrameError::Empty);
    }
    if found > max {
        return Err(FrameError::Oversized { found, max });
    }
    let share = if found > MAX_UNBUDGETED_FRAME { u32::try_from(found).unwrap_or(u32::MAX) } else { 0 };
    let _permit = budget.acquire_many(share).await.map_err(|_| FrameError::Closed)?;
    let mut bytes = Vec::with_capacity(found.min(MAX_UNBUDGETED_FRAME));
    let mut rest = stream.take(found as u64);
    let read = tokio::time::timeout(MAX_FRAME_TIME, rest.read_to_end(&mut bytes)).await;
    match read.map_err(|_| FrameError::Late { found })?.map_err(ended)? {
        count if count == found => Ok(bytes),
        _ => Err(FrameError::Closed),
    }
}

/// Writes one frame and flushes.
pub(crate) async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(&header(bytes.len())).await?;
    stream.write_all(bytes).await?;
    stream.flush().await
}

fn ended(error: io::Error) -> FrameError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => FrameError::Closed,
        _ => FrameError::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use futures::io::Cursor;

    fn read_all(mut bytes: &[u8], max: usize) -> Result<Vec<u8>, FrameError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(read(&mut bytes, max, &Semaphore::new(1 << 20)))
    }

    #[test]
    fn what_is_written_is_read() {
        for length in [1, 2, 255, 256, 70_000] {
            let bytes: Vec<u8> = (0..length).map(|index| u8::try_from(index % 251).expect("below 251")).collect();
            let mut wire = Cursor::new(Vec::new());
            block_on(write(&mut wire, &bytes)).expect("memory takes all");
            assert_eq!(read_all(wire.get_ref(), length).expect("a whole frame"), bytes);
        }
    }

    #[test]
    fn refuses_empty_oversized_and_cut_frames() {
        assert!(matches!(read_all(&[0, 0, 0, 0], 10), Err(FrameError::Empty)));
        assert!(matches!(read_all(&[11, 0, 0, 0], 10), Err(FrameError::Oversized { found: 11, max: 10 })));
        assert!(matches!(read_all(&[255, 255, 255, 255, 1], 10), Err(FrameError::Oversized { .. })));
        assert!(matches!(read_all(&[3, 0, 0, 0, 1, 2], 10), Err(FrameError::Closed)));
        assert!(matches!(read_all(&[3, 0], 10), Err(FrameError::Closed)));
        assert!(matches!(read_all(&[], 10), Err(FrameError::Closed)));
    }
}
