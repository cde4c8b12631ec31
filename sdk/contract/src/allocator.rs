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
    /// Placed by the linker at the first byte after data and stack.
    static __heap_base: u8;
}

struct Bump {
    /// First free byte; 0 before the first use.
    next: UnsafeCell<usize>,
}

// SAFETY: a module has one thread.
unsafe impl Sync for Bump {}

#[global_allocator]
static ALLOCATOR: Bump = Bump { next: UnsafeCell::new(0) };

impl Bump {
    /// Moves the free pointer to `end`, growing the memory if it must. Says whether there was room.
    fn extend(&self, end: usize) -> bool {
        let available = wasm32::memory_size(0) * PAGE_BYTES;
        if end > available {
            let pages = (end - available).div_ceil(PAGE_BYTES);
            if wasm32::memory_grow(0, pages) == usize::MAX {
                return false;
            }
        }
        // SAFETY: one thread, and no reference into the cell outlives a statement.
        unsafe { *self.next.get() = end };
        true
    }

    fn next(&self) -> usize {
        // SAFETY: one thread; the linker's symbol is used for its address only.
        unsafe {
            let next = *self.next.get();
            if next == 0 { &raw const __heap_base as usize } else { next }
        }
    }
}

// SAFETY: blocks are disjoint because the pointer only passes over a block while that is in use; alignment is
// rounded up; a failure returns null.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = (self.next() + layout.align() - 1) & !(layout.align() - 1);
        match start.checked_add(layout.size()) {
            Some(end) if self.extend(end) => start as *mut u8,
            _ => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if block as usize + layout.size() == self.next() {
            self.extend(block as usize);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let newest = block as usize + layout.size() == self.next();
        if newest && (block as usize).checked_add(size).is_some_and(|end| self.extend(end)) {
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller upholds `realloc`'s contract, which makes this layout valid.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks are valid for the old size, and a new block never overlaps one in use.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size()) };
        }
        moved
    }
}
