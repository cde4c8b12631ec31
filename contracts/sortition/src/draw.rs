//! Who is drawn, as functions without storage and clock: what a client works out in the same way.

use crate::types::CONTRIBUTORS;
use tenon_contract::prelude::*;

/// The holders of the first lots, in the order that numbers give to all of them, who are in.
///
/// The order is the one in which somebody takes lot after lot out of an urn: the number of a step, modulo how many are
/// left, says which. `holder` says whose a lot is, if it can be drawn. A draw has at most as many steps as a pool has
/// lots, which is 1,024.
pub fn draw(
    seats: u32,
    slots: u32,
    mut number: impl FnMut(u32) -> u64,
    mut holder: impl FnMut(u32) -> Option<Address>,
) -> Vec<Address> {
    let mut drawn = Vec::new();
    // Lots that are in the place of others: those that were last in the urn go where one was taken.
    let mut moved: Vec<(u32, u32)> = Vec::new();
    let mut left = slots;
    let mut free = seats;
    for step in 0..slots {
        if free == 0 {
            break;
        }
        let place = u32::try_from(number(step) % u64::from(left)).unwrap_or_default();
        let slot = take(&mut moved, place);
        left -= 1;
        if place != left {
            let last = take(&mut moved, left);
            moved.push((place, last));
        }
        if let Some(broker) = holder(slot) {
            drawn.push(broker);
            free -= 1;
        }
    }
    drawn
}

/// The lot at a place of the urn.
fn take(moved: &mut Vec<(u32, u32)>, place: u32) -> u32 {
    match moved.iter().position(|(at, _)| *at == place) {
        Some(index) => moved.swap_remove(index).1,
        None => place,
    }
}

/// Whether a lot is one of about 31 of so many members. `number` is the member's under the seed, evenly spread.
#[must_use]
pub fn is_selected(number: u64, members: u32) -> bool {
    let place = (u128::from(number) * u128::from(members)) >> u64::BITS;
    place < u128::from(CONTRIBUTORS)
}
