//! Alphabets of generated secrets.

use super::{Advice, Form};

/// The characters of a generated secret: printable ASCII without a space, each once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Alphabet(String);

const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Alphabet {
    /// The characters.
    pub(crate) fn letters(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The entropy of one character, in bits.
    pub(crate) fn bits(&self) -> f64 {
        (self.0.len() as f64).log2()
    }
}

/// The name of the alphabet for which `text` is a word of other programs. Such a word is not a list of characters: `alnum`
/// has each of its letters once.
fn meant(text: &str) -> Option<&'static str> {
    const WORDS: &[(&str, &str)] = &[
        ("alnum", "alphanumeric"),
        ("alpha", "alphanumeric"),
        ("alphanum", "alphanumeric"),
        ("ascii", "alphanumeric"),
        ("base64", "alphanumeric"),
        ("letters", "alphanumeric"),
        ("hexadecimal", "hex"),
        ("xdigit", "hex"),
        ("decimal", "digits"),
        ("digit", "digits"),
        ("numbers", "digits"),
        ("numeric", "digits"),
    ];
    WORDS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, name)| *name)
}

impl Form for Alphabet {
    const NOUN: &'static str = "an alphabet";
    const LOOKS: &'static str = " such as alphanumeric, hex or abcdef0123456789";
    const EXPECTED: &'static str = "alphanumeric, hex, digits or at least two characters, each once";
    const EXAMPLE: &'static str = "alphanumeric";
    const PATTERN: &'static str = r"^(alphanumeric|hex|digits|[!-~]{2,})$";
    const NUMBERS: bool = true;

    fn parse(text: &str) -> Option<Alphabet> {
        let letters = match text {
            "alphanumeric" => ALPHANUMERIC,
            "hex" => HEX,
            "digits" => DIGITS,
            letters => letters,
        };
        let is_new = |(at, letter): (usize, u8)| !letters.as_bytes()[..at].contains(&letter);
        // The length is checked first, so the search in the text before a letter is short.
        let fits = meant(text).is_none()
            && (2..=94).contains(&letters.len())
            && letters.bytes().all(|letter| letter.is_ascii_graphic())
            && letters.bytes().enumerate().all(is_new);
        fits.then(|| Alphabet(letters.to_owned()))
    }

    fn advice(text: &str) -> Option<Advice> {
        let is_twice = |(at, letter): (usize, char)| text[..at].contains(letter);
        let twice = text.char_indices().take(94).find(|found| is_twice(*found)).map(|(_, letter)| letter);
        if let Some(name) = meant(text) {
            return Advice::write("is not the name of an alphabet", name);
        }
        match twice {
            Some(letter) if letter.is_ascii_graphic() => {
                Advice::new(format!("has `{letter}` twice"), "write each character once")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::*;

    #[test]
    fn an_alphabet_is_named_or_written_out() {
        parses::<Alphabet>(
            &["alphanumeric", "hex", "01", "abc!~"],
            &["", "a", "aa", "a b", "äb", "ab\u{7f}"],
        );
        assert_eq!(Alphabet::parse("hex").map(|hex| hex.bits()), Some(4.0));
        advises::<Alphabet>(&[
            ("aba", "write each character once"),
            ("alnum", "write `alphanumeric`"),
            ("Numbers", "write `digits`"),
        ]);
    }
}
