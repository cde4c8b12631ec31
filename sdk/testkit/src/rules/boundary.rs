//! numbers at the ends of their ranges.

use super::arguments::{Kind, Part, parts};
use super::subject::{Sample, Subject};
use crate::block::Transaction;
use tenon_abi::{HostError, module_error_number};
use tenon_contract::Address;
use tenon_engine::on_engine_stack;

/// The numbers that are tried in every field that holds them.
pub const BOUNDARIES: [u128; 11] = [
    0,
    1,
    (1 << 31) - 1,
    (1 << 32) - 1,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
    1 << 64,
    (1 << 127) - 1,
    1 << 127,
    u128::MAX,
];

/// Errors of the host that are an answer, not a fault of the module.
const ANSWERS: [HostError; 5] = [
    HostError::BadInput,
    HostError::InsufficientBalance,
    HostError::BelowExistentialDeposit,
    HostError::DepositTooSmall,
    HostError::NotPayable,
];

/// puts 0, 1 and the ends of all ranges into each numeric field of each sample, an absent optional one included,
/// and into the coin that goes with it; and the zero address, the caller and the module itself into each address. Each
/// call must succeed, or fail with a numbered error of the module or because the coin does not suffice. No panic, no
/// trap, no running out of gas; and every invariant holds.
///
/// # Panics
/// If one ends otherwise.
pub fn survives_boundaries(subject: &Subject) {
    on_engine_stack(|| subject.samples.iter().for_each(|sample| try_sample(subject, sample)));
}

fn try_sample(subject: &Subject, sample: &Sample) {
    let transaction = &sample.transaction;
    let found = parts(&subject.interface, &sample.method.arguments, &transaction.input);
    let found = found.unwrap_or_else(|| panic!("the sample {} has unreadable arguments", subject.label(sample)));
    for part in &found {
        for (what, bytes, replaced) in replacements(subject.instance, sample, part) {
            let mut input = transaction.input.clone();
            input.splice(part.at..part.at + replaced, bytes);
            judge(subject, sample, &transaction.with_input(input), &format!("{} = {what}", part.path));
        }
    }
    if sample.method.payable {
        for value in BOUNDARIES {
            judge(subject, sample, &transaction.with_value(value), &format!("a value of {value}"));
        }
    }
}

/// What is tried in place of a part: its name, its bytes, and how many bytes it replaces.
fn replacements(instance: Address, sample: &Sample, part: &Part) -> Vec<(String, Vec<u8>, usize)> {
    match &part.kind {
        Kind::Number { bytes, signed } => {
            numbers(*bytes, *signed).into_iter().map(|(name, number)| (name, number, *bytes)).collect()
        }
        Kind::Option { absent_number: Some((bytes, signed)) } => {
            let some = |(name, number): (String, Vec<u8>)| (name, [vec![1], number].concat(), 1);
            numbers(*bytes, *signed).into_iter().map(some).collect()
        }
        Kind::Address => {
            let tried =
                [("the zero address", Address::ZERO), ("the caller", sample.transaction.who), ("the module", instance)];
            tried.into_iter().map(|(name, who)| (name.to_owned(), who.as_bytes().to_vec(), 32)).collect()
        }
        Kind::Bool | Kind::Option { .. } | Kind::Variant { .. } | Kind::Count { .. } => Vec::new(),
    }
}

/// The boundaries that fit into so many bytes.
fn numbers(bytes: usize, signed: bool) -> Vec<(String, Vec<u8>)> {
    let fits = |number: &&u128| bytes == 16 || **number >> (8 * bytes) == 0;
    let mut all: Vec<Vec<u8>> =
        BOUNDARIES.iter().filter(fits).map(|number| number.to_le_bytes()[..bytes].to_vec()).collect();
    // The highest of the width, and of the width with a sign; their neighbours stand for the lowest.
    let highest = vec![0xff; bytes];
    let mut half = highest.clone();
    half[bytes - 1] = 0x7f;
    let mut lowest = vec![0; bytes];
    lowest[bytes - 1] = 0x80;
    all.extend([half, lowest, highest]);
    all.sort();
    all.dedup();
    let name = |number: &[u8]| {
        let mut wide = [if signed && number[bytes - 1] >= 0x80 { 0xff } else { 0 }; 16];
        wide[..bytes].copy_from_slice(number);
        if signed { i128::from_le_bytes(wide).to_string() } else { u128::from_le_bytes(wide).to_string() }
    };
    all.into_iter().map(|number| (name(&number), number)).collect()
}

fn judge(subject: &Subject, sample: &Sample, changed: &Transaction, what: &str) {
    let (code, data) = sample.ends(changed);
    let is_numbered = module_error_number(code).is_some_and(|number| subject.interface.error(number).is_some());
    let host_error = HostError::from_code(code);
    // The coin's own errors have the number 1 as well: a sample with value may meet them.
    let is_answer = host_error.is_some_and(|error| ANSWERS.contains(&error));
    if code == 0 || is_numbered || is_answer {
        return;
    }
    let name = host_error.map_or_else(|| format!("the unlisted error {code:#x}"), |error| error.name().to_owned());
    let message = String::from_utf8_lossy(&data);
    panic!("X-05: {} with {what} ended in {name} {message}", subject.label(sample));
}
