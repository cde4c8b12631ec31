//! Who lied, where an aggregate does not verify.

use std::ops::Range;

use super::{BlsAggregate, BlsPublicKey, BlsSignature, MESSAGE_TAG, aggregate::infinity, equation, keys::add_all};
use blst::min_sig::PublicKey;

/// Returns the indices, ascending, of the votes whose signature of `message` is not their key's.
///
/// All are checked as one aggregate first; what fails is halved. `k` bad votes among `n` cost at most about
/// `2 k log2 n` checks, and none cost one. Keys must have proven possession.
///
/// No honest vote is ever named. The votes that are not named add up to a valid aggregate of their keys, save where the
/// keys themselves cancel. Errors that cancel in such a sum (say plus and minus one point, in two votes of one liar) are
/// not named: the sum is as good as that of honest votes. Whoever takes a single vote out of a sum must check again.
#[must_use]
pub fn find_invalid(message: &[u8], votes: &[(BlsPublicKey, BlsSignature)]) -> Vec<usize> {
    let mut invalid = Vec::new();
    // What is on the stack is known to fail, the lowest range on top.
    let mut failing: Vec<Range<usize>> = Vec::new();
    if !votes.is_empty() && !holds(message, votes) {
        failing.push(0..votes.len());
    }
    while let Some(range) = failing.pop() {
        if range.len() == 1 {
            invalid.push(range.start);
            continue;
        }
        let middle = range.start.midpoint(range.end);
        let (left, right) = (range.start..middle, middle..range.end);
        let left_holds = holds(message, &votes[left.clone()]);
        // The sum of two halves that hold would hold. So if the left one does, the right one cannot.
        if left_holds || !holds(message, &votes[right.clone()]) {
            failing.push(right);
        }
        if !left_holds {
            failing.push(left);
        }
    }
    invalid
}

/// Whether the sum of the signatures is the signature of the sum of the keys, where nothing is the signature of nothing.
fn holds(message: &[u8], votes: &[(BlsPublicKey, BlsSignature)]) -> bool {
    let key = add_all(votes.iter().map(|(key, _)| key.point())).to_public_key();
    let signature = votes.iter().map(|(_, signature)| signature).collect::<BlsAggregate>().to_point();
    match (key == PublicKey::default(), signature == infinity()) {
        (false, false) => equation::holds(&key, message, MESSAGE_TAG, &signature),
        (no_key, no_signature) => no_key == no_signature,
    }
}
