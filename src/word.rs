//! What names are made of.

/// ASCII letters, digits and `more`, at least one.
pub fn is_word(text: &str, more: &[u8]) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
}
