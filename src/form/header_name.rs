//! Names of HTTP headers.

use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// The name of a header, with its words in capitals as HTTP servers of Go write it: `Remote-User`.
    HeaderName
}

impl Form for HeaderName {
    const NOUN: &'static str = "a header name";
    const LOOKS: &'static str = " such as Remote-User";
    const EXPECTED: &'static str = "letters, digits and hyphens";
    const EXAMPLE: &'static str = "Remote-User";
    const PATTERN: &'static str = r"^[A-Za-z0-9-]+$";

    fn parse(text: &str) -> Option<HeaderName> {
        let words = text.split('-').map(|word| match word.split_at_checked(1) {
            Some((first, rest)) => first.to_ascii_uppercase() + &rest.to_ascii_lowercase(),
            None => String::new(),
        });
        is_word(text, b"-").then(|| HeaderName(words.collect::<Vec<_>>().join("-")))
    }

    /// `Remote_User`.
    fn advice(text: &str) -> Option<Advice> {
        let suggested = text.replace('_', "-");
        is_word(&suggested, b"-")
            .then(|| Advice::write("has `_`, and servers do not distinguish it from `-`", suggested))?
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::{Form, HeaderName};

    #[test]
    fn a_header_name_has_letters_digits_and_hyphens() {
        parses::<HeaderName>(&["Remote-User", "x-a1"], &["", "Remote_User", "a b", "A:", "A>B"]);
        advises::<HeaderName>(&[("Remote_User", "write `Remote-User`"), ("a:b", "")]);
        let parsed = HeaderName::parse("x-aUTH-user").unwrap();
        assert_eq!(parsed.as_str(), "X-Auth-User");
    }
}
