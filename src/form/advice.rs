//! Why a text is not of a form, and what to write in its place.

use crate::diag::Help;
use crate::word::is_word;

/// Why one value cannot be read, and what to write in its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Advice {
    /// What is true of the value.
    pub why: String,
    /// What to do.
    pub help: Help,
}

impl Advice {
    /// One with this reason and this help.
    pub fn new(why: impl Into<String>, help: impl Into<Help>) -> Option<Advice> {
        Some(Advice { why: why.into(), help: help.into() })
    }

    /// One whose help is to write `value`, which is likely meant.
    pub fn write(why: impl Into<String>, value: impl std::fmt::Display) -> Option<Advice> {
        Advice::new(why, Help::write(value.to_string()).likely())
    }

    /// One whose help is to write `value`, which says the same in the right form.
    pub fn rewrite(why: impl Into<String>, value: impl std::fmt::Display) -> Option<Advice> {
        Advice::new(why, Help::write(value.to_string()))
    }
}

/// The first letter of a value that is neither a letter or digit of ASCII nor among `more`.
pub(super) fn stray(value: &str, more: &[u8]) -> Option<char> {
    value.chars().find(|letter| !is_word(letter.encode_utf8(&mut [0; 4]), more))
}

/// Why a value with this letter is wrong.
pub(super) fn may_not_be(letter: char) -> String {
    let name = match letter {
        ' ' => "a space".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        seen if seen.is_alphanumeric() || seen.is_ascii_graphic() => format!("`{seen}`"),
        unseen => format!("U+{:04X}", u32::from(unseen)),
    };
    format!("{name} may not be in it")
}
