//! A single stored value.

use super::{contains, load, remove, store};
use crate::Wire;
use crate::panic::Message;
use core::marker::PhantomData;
use core::panic::Location;

/// One value under the field's prefix.
#[derive(Debug)]
pub struct Value<T> {
    prefix: u8,
    kind: PhantomData<T>,
}

impl<T: Wire> Value<T> {
    /// The value of a prefix. `#[storage]` calls this.
    pub const fn at(prefix: u8) -> Self {
        Self { prefix, kind: PhantomData }
    }

    /// Reads the value, or the type's default if it was never set.
    pub fn get(&self) -> T
    where
        T: Default,
    {
        self.load().unwrap_or_default()
    }

    /// Reads the value if it was set.
    pub fn load(&self) -> Option<T> {
        load(&[self.prefix])
    }

    /// Reads a value that `init` has set.
    ///
    /// # Panics
    /// If it was never set.
    #[track_caller]
    pub fn expect(&self, what: &str) -> T {
        match self.load() {
            Some(value) => value,
            None => never_set(what),
        }
    }

    /// Whether it was set.
    pub fn exists(&self) -> bool {
        contains(&[self.prefix])
    }

    /// Stores the value.
    pub fn set(&mut self, value: &T) {
        store(&[self.prefix], value);
    }

    /// Removes the value and says whether it was set.
    pub fn clear(&mut self) -> bool {
        remove(&[self.prefix])
    }

    /// Reads the value (or the default), changes it and stores it. Returns what was stored.
    pub fn update(&mut self, change: impl FnOnce(T) -> T) -> T
    where
        T: Default,
    {
        let value = change(self.get());
        self.set(&value);
        value
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn never_set(what: &str) -> ! {
    let mut message = Message::new();
    message.text(what);
    message.text(" was never set");
    message.end(Location::caller())
}
