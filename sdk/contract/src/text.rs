//! Texts that people read: names, symbols, references.

/// Whether a text can stand as a name: not empty, at most `max_bytes` long, without control characters.
#[must_use]
pub fn is_name(text: &str, max_bytes: usize) -> bool {
    !text.is_empty() && is_line(text, max_bytes)
}

/// Whether a text is at most `max_bytes` long and has no control characters. It may be empty.
#[must_use]
pub fn is_line(text: &str, max_bytes: usize) -> bool {
    text.len() <= max_bytes && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_names_up_to_their_length_in_bytes() {
        assert!(is_name("Gold", 4) && is_name("Goldé", 6));
        assert!(!is_name("Gold", 3) && !is_name("Goldé", 5));
    }

    #[test]
    fn refuses_control_characters_and_the_empty_name() {
        assert!(!is_name("", 4) && is_line("", 4));
        for text in ["a\n", "\0", "a\u{7f}", "\u{85}"] {
            assert!(!is_name(text, 64) && !is_line(text, 64), "{text:?}");
        }
    }
}
