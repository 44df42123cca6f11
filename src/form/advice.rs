//! Advice for a value that does not have the form of its key.

use crate::diag::Help;
use crate::word::is_word;

/// Advice for one invalid value: the reason and the remedy.
#[derive(Debug, PartialEq, Eq)]
pub struct Advice {
    /// The fact about the value, for the label.
    pub why: String,
    /// The action to take.
    pub help: Help,
}

impl Advice {
    /// Advice with this reason and this help.
    pub fn new(why: impl Into<String>, help: impl Into<Help>) -> Option<Advice> {
        Some(Advice { why: why.into(), help: help.into() })
    }

    /// Advice to write `value`, which is a guess.
    pub fn write(why: impl Into<String>, value: impl std::fmt::Display) -> Option<Advice> {
        Advice::new(why, Help::write(value.to_string()).likely())
    }

    /// Advice to write `value`, which has the same meaning in the right form.
    pub fn rewrite(why: impl Into<String>, value: impl std::fmt::Display) -> Option<Advice> {
        Advice::new(why, Help::write(value.to_string()))
    }
}

impl Advice {
    /// The same advice with the subject of its reason, for a value in several parts.
    pub fn about(self, subject: &str) -> Advice {
        Advice { why: format!("{subject} {}", self.why), ..self }
    }
}

/// The first character of a value that is neither an ASCII letter or digit nor in `more`.
pub(super) fn stray(value: &str, more: &[u8]) -> Option<char> {
    value.chars().find(|letter| !is_word(letter.encode_utf8(&mut [0; 4]), more))
}

/// The label for a value with an invalid character.
pub(super) fn contains(letter: char) -> String {
    let name = match letter {
        ' ' => "a space".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        seen if seen.is_alphanumeric() || seen.is_ascii_graphic() => format!("`{seen}`"),
        unseen => format!("U+{:04X}", u32::from(unseen)),
    };
    format!("contains {name}")
}
