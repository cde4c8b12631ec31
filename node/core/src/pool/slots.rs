//! A vector with reusable places, so that indexes hold a small number instead of a hash or an address.

/// A place in [`Slots`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot(u32);

/// Values at stable places. The caller bounds how many.
#[derive(Clone, Debug)]
pub(super) struct Slots<T> {
    places: Vec<Option<T>>,
    free: Vec<Slot>,
}

impl<T> Slots<T> {
    pub(super) const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }

    pub(super) fn insert(&mut self, value: T) -> Slot {
        if let Some(slot) = self.free.pop() {
            *self.place(slot) = Some(value);
            return slot;
        }
        let slot = Slot(u32::try_from(self.places.len()).expect("a pool's bounds keep its slots below 2^32"));
        self.places.push(Some(value));
        slot
    }

    pub(super) fn remove(&mut self, slot: Slot) -> T {
        let value = self.place(slot).take().expect("an index names a slot only while it is in use");
        self.free.push(slot);
        value
    }

    pub(super) fn get(&self, slot: Slot) -> &T {
        self.places.get(index(slot)).and_then(Option::as_ref).expect("an index names a slot only while it is in use")
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> &mut T {
        self.place(slot).as_mut().expect("an index names a slot only while it is in use")
    }

    fn place(&mut self, slot: Slot) -> &mut Option<T> {
        self.places.get_mut(index(slot)).expect("slots are never taken away")
    }
}

fn index(slot: Slot) -> usize {
    usize::try_from(slot.0).expect("a u32 fits a usize on every platform that a node runs on")
}
