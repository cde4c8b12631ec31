//! Who lied, where an aggregate does not verify.

use std::ops::Range;

use blst::blst_fp12;

use super::{BlsAggregate, BlsPublicKey, BlsSignature, equation, keys::add_all};

/// Votes whose sum does not verify.
struct Failing {
    range: Range<usize>,
    /// The error of their sum, as a fraction: by how much the two sides of the equation differ.
    error: blst_fp12,
    below: blst_fp12,
}

/// Returns the indices, ascending, of the votes whose signature of `message` is not their key's.
///
/// All are checked as one aggregate first; what fails is halved. `k` bad votes among `n` cost at most about `k log2 n`
/// checks, and none cost one. Keys must have proven possession.
///
/// No honest vote is ever named. The votes that are not named add up to a valid aggregate of their keys, save where
/// the keys themselves cancel. Errors that cancel in such a sum (say plus and minus one point, in two votes of one
/// liar) are not named: the sum is as good as that of honest votes. Whoever takes a single vote out of a sum must check
/// again.
#[must_use]
pub fn find_invalid(message: &[u8], votes: &[(BlsPublicKey, BlsSignature)]) -> Vec<usize> {
    let one = blst_fp12::default();
    let mut invalid = Vec::new();
    // The lowest range is on top.
    let mut stack = Vec::new();
    let whole = error(message, votes);
    if whole != one {
        stack.push(Failing { range: 0..votes.len(), error: whole, below: one });
    }
    while let Some(Failing { range, error: whole, below }) = stack.pop() {
        if range.len() == 1 {
            invalid.push(range.start);
            continue;
        }
        let middle = range.start.midpoint(range.end);
        let left = error(message, &votes[range.start..middle]);
        // The error of the whole is that of the left times that of the right, so the right one needs no pairing.
        let below = below * left;
        if whole != below {
            stack.push(Failing { range: middle..range.end, error: whole, below });
        }
        if left != one {
            stack.push(Failing { range: range.start..middle, error: left, below: one });
        }
    }
    invalid
}

/// The error of the sum of votes: one if it verifies, where nothing is the signature of nothing.
fn error(message: &[u8], votes: &[(BlsPublicKey, BlsSignature)]) -> blst_fp12 {
    let key = add_all(votes.iter().map(|(key, _)| key.point())).to_public_key();
    let signature = votes.iter().map(|(_, signature)| signature).collect::<BlsAggregate>().to_point();
    equation::error(&key, message, &signature)
}
