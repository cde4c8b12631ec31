//! Finds the names that a mistyped one may stand for. Leaves out how they are shown.

/// The most suggestions given.
pub const MAX_SUGGESTIONS: usize = 3;
/// The longest name that is compared, in characters.
const MAX_COMPARED: usize = 64;

/// Returns the candidates nearest to `name`, best first: those that begin with it, or differ in a third of it at most.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted: Vec<char> = name.chars().take(MAX_COMPARED).map(plain).collect();
    let limit = (wanted.len() / 3).max(2);
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let letters: Vec<char> = candidate.chars().take(MAX_COMPARED).map(plain).collect();
            let distance =
                if !wanted.is_empty() && letters.starts_with(&wanted) { 0 } else { edits(&wanted, &letters) };
            (distance <= limit && distance < letters.len().max(1)).then_some((distance, candidate))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(MAX_SUGGESTIONS).map(|(_, candidate)| candidate).collect()
}

/// Says what may have been meant: the nearest names, or all of them if none is near and they are few.
pub fn hint<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let near = nearest(name, candidates.clone());
    if !near.is_empty() {
        return format!("did you mean {}?", near.join(", "));
    }
    let mut all: Vec<&str> = candidates.into_iter().collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { "there are none".into() } else { format!("one of: {}", all.join(", ")) }
}

fn plain(letter: char) -> char {
    if letter == '-' { '_' } else { letter.to_ascii_lowercase() }
}

/// The Levenshtein distance.
fn edits(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_with_a_letter_wrong_missing_or_surplus() {
        let names = ["transfer", "transfer_from", "balance_of", "mint"];
        assert_eq!(nearest("trasnfer", names), ["transfer"]);
        assert_eq!(nearest("transfer", names), ["transfer", "transfer_from"]);
        assert_eq!(nearest("balance-of", names), ["balance_of"]);
        assert!(nearest("zzzzzzzz", names).is_empty());
    }

    #[test]
    fn hint_lists_all_names_if_none_is_near() {
        assert_eq!(hint("zzzzzzzz", ["mint", "burn"]), "one of: burn, mint");
        assert_eq!(hint("mnt", ["mint", "burn"]), "did you mean mint?");
    }
}
