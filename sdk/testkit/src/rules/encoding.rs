//! one value has one encoding.

use super::arguments::{Kind, Part, parts};
use super::subject::{Sample, Subject};
use tenon_abi::HostError;
use tenon_engine::on_engine_stack;

/// Shortened inputs that are tried of one sample.
const MAX_CUTS: usize = 100;

/// writes the arguments of each sample in other ways, each of which must be refused as bad input: cut off, with a
/// byte more, with a length that is longer than it need be, with a tag or truth value that there is not, with text that
/// is no UTF-8.
///
/// # Panics
/// If one is accepted or ends otherwise.
pub fn refuses_other_encodings(subject: &Subject) {
    on_engine_stack(|| subject.samples.iter().for_each(|sample| try_sample(subject, sample)));
}

fn try_sample(subject: &Subject, sample: &Sample) {
    let input = &sample.transaction.input;
    let found = parts(&subject.interface, &sample.method.arguments, input);
    let found = found.unwrap_or_else(|| panic!("the sample {} has unreadable arguments", subject.label(sample)));
    let mut tried = vec![("a byte more".to_owned(), [input.as_slice(), &[0]].concat())];
    let step = input.len().div_ceil(MAX_CUTS).max(1);
    tried.extend((0..input.len()).step_by(step).map(|cut| (format!("only {cut} bytes"), input[..cut].to_vec())));
    for part in &found {
        for (what, bytes, replaced) in rewritten(input, part) {
            let mut other = input.clone();
            other.splice(part.at..part.at + replaced, bytes);
            tried.push((format!("{what} in `{}`", part.path), other));
        }
    }
    for (what, other) in tried {
        let (code, _) = sample.ends(&sample.transaction.with_input(other));
        let found = HostError::from_code(code).map_or_else(|| format!("{code:#x}"), |error| error.name().to_owned());
        let label = subject.label(sample);
        assert_eq!(code, HostError::BadInput.code(), "X-18: {label} with {what} ended in {found}, expected BadInput");
    }
}

/// Other bytes for a part: what they are, the bytes, and how many they replace.
fn rewritten(input: &[u8], part: &Part) -> Vec<(&'static str, Vec<u8>, usize)> {
    match &part.kind {
        Kind::Bool | Kind::Option { .. } => {
            [2, 255].map(|byte| ("a byte that is neither 0 nor 1", vec![byte], 1)).into()
        }
        Kind::Variant { known } => {
            let mut unknown = (0..=u8::MAX).filter(|byte| !known.contains(byte));
            let tried = [unknown.next(), unknown.next_back()];
            tried.into_iter().flatten().map(|byte| ("an unknown variant", vec![byte], 1)).collect()
        }
        Kind::Count { bytes, count, is_text } => {
            let mut tried = Vec::new();
            if *bytes == 1 {
                let long = u16::try_from(*count).expect("below 64") << 2 | 1;
                tried.push(("a length of two bytes where one does", long.to_le_bytes().to_vec(), 1));
            }
            if *bytes < 4 {
                tried.push(("a length of four bytes where fewer do", (count << 2 | 2).to_le_bytes().to_vec(), *bytes));
            }
            let longest = [vec![3], count.to_le_bytes().to_vec()].concat();
            tried.push(("a length of five bytes where fewer do", longest, *bytes));
            if *is_text && *count > 0 {
                let length = input[part.at..part.at + bytes].to_vec();
                tried.push(("text that is no UTF-8", [length, vec![0xff]].concat(), bytes + 1));
            }
            tried
        }
        Kind::Number { .. } | Kind::Address => Vec::new(),
    }
}
