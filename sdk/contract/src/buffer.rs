//! Bytes that live as long as one host call: a key, a value, an event.

use alloc::vec::Vec;
use core::mem::ManuallyDrop;
use core::ops::Deref;

/// Bytes that are given back in few steps. What a vector does when it is dropped covers items of any size, and costs a
/// method's every access to storage more than the rest of what frees its memory.
pub(crate) struct Buffer(ManuallyDrop<Vec<u8>>);

impl Buffer {
    /// Takes bytes that were put together.
    pub(crate) const fn of(bytes: Vec<u8>) -> Self {
        Self(ManuallyDrop::new(bytes))
    }

    /// Keeps the bytes for longer.
    pub(crate) fn into_vec(self) -> Vec<u8> {
        let mut buffer = ManuallyDrop::new(self);
        core::mem::take(&mut *buffer.0)
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Buffer {
    #[inline(never)]
    fn drop(&mut self) {
        if self.0.capacity() > 0 {
            // SAFETY: the block is the vector's, of the layout that a vector of bytes has, and nobody uses it from here
            // on: the vector itself is never dropped.
            #[allow(unsafe_code, reason = "spares a vector's own way, which is longer")]
            unsafe {
                let layout = core::alloc::Layout::from_size_align_unchecked(self.0.capacity(), 1);
                alloc::alloc::dealloc(self.0.as_mut_ptr(), layout);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_its_bytes_back_or_hands_them_on() {
        drop(Buffer::of(Vec::new()));
        drop(Buffer::of(vec![1; 100]));
        let kept = Buffer::of(vec![1, 2, 3]);
        assert_eq!(&*kept, [1, 2, 3]);
        assert_eq!(kept.into_vec(), [1, 2, 3]);
    }
}
