//! The allocator of the sandbox: a bump pointer.
//!
//! Each call runs in a fresh instance, so nothing needs to be freed for the next one. Only the newest block is given
//! back or grown in place, which is what temporary buffers need. There is no free list and no reuse of holes.

#![allow(unsafe_code, reason = "a global allocator cannot be written otherwise")]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::UnsafeCell;
use core::ptr;

const PAGE_BYTES: usize = 65_536;

unsafe extern "C" {
    /// Placed by the linker at the first byte after data and stack. It stands for all bytes from there on.
    static __heap_base: [u8; isize::MAX as usize];
}

/// Ends the call, as there is no memory.
#[cold]
#[inline(never)]
pub(crate) fn used_up() -> ! {
    crate::rt::panic(b"the memory is used up")
}

struct Bump {
    /// Bytes from the heap's base to the first free one.
    used: UnsafeCell<usize>,
}

// SAFETY: a module has one thread.
unsafe impl Sync for Bump {}

#[global_allocator]
static ALLOCATOR: Bump = Bump { used: UnsafeCell::new(0) };

impl Bump {
    fn used(&self) -> usize {
        // SAFETY: one thread, and no reference into the cell outlives a statement.
        unsafe { *self.used.get() }
    }

    fn set_used(&self, used: usize) {
        // SAFETY: one thread, and no reference into the cell outlives a statement.
        unsafe { *self.used.get() = used };
    }

    /// Moves the free pointer so many bytes on, growing the memory if it must. Without room the call ends here: no
    /// caller ever sees a failure, so none has code for it.
    fn extend(&self, from: usize, bytes: usize) {
        let base = &raw const __heap_base as usize;
        let used = from.saturating_add(bytes);
        let end = base.saturating_add(used);
        let available = wasm32::memory_size(0).wrapping_mul(PAGE_BYTES);
        if end > available {
            self.grow(end.wrapping_sub(available));
        }
        self.set_used(used);
    }

    #[cold]
    #[inline(never)]
    fn grow(&self, bytes: usize) {
        if wasm32::memory_grow(0, bytes.div_ceil(PAGE_BYTES)) == usize::MAX {
            used_up();
        }
    }

    /// The first byte of a block, as an offset from the heap's base.
    fn offset(block: *mut u8) -> usize {
        (block as usize).wrapping_sub(&raw const __heap_base as usize)
    }
}

// SAFETY: blocks are disjoint because the pointer only passes over a block while that is in use; alignment is
// rounded up; without room nothing is returned.
unsafe impl GlobalAlloc for Bump {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = &raw const __heap_base as usize;
        let start = (base.wrapping_add(self.used()).wrapping_add(layout.align().wrapping_sub(1))
            & layout.align().wrapping_neg())
        .wrapping_sub(base);
        self.extend(start, layout.size());
        // SAFETY: the block lies behind the base, in memory that is there.
        unsafe { (&raw const __heap_base).cast::<u8>().add(start).cast_mut() }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let offset = Self::offset(block);
        if offset.wrapping_add(layout.size()) == self.used() {
            self.set_used(offset);
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let offset = Self::offset(block);
        if offset.wrapping_add(layout.size()) == self.used() {
            self.extend(offset, size);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller upholds `realloc`'s contract, which makes this layout valid.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        // SAFETY: both blocks are valid for the old size, and a new block never overlaps one in use.
        unsafe { ptr::copy_nonoverlapping(block, moved, layout.size()) };
        moved
    }
}
