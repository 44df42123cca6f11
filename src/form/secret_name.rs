//! Secret names.

use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// A secret name, which becomes a file name and an attribute of the output.
    SecretName
}

impl Form for SecretName {
    const NOUN: &'static str = "a secret name";
    const LOOKS: &'static str = " such as db-password";
    const EXPECTED: &'static str = "letters, digits, `-` and `_`, starting with a letter or `_`";
    const EXAMPLE: &'static str = "name";
    const PATTERN: &'static str = r"^[A-Za-z_][A-Za-z0-9_-]*$";

    fn parse(text: &str) -> Option<SecretName> {
        let fits = is_word(text, b"_-") && !text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        fits.then(|| SecretName(text.to_owned()))
    }

    /// `hunter2!`, and `secrets/restic.age`.
    fn advice(text: &str) -> Option<Advice> {
        if is_word(text, b"_-") {
            return Advice::new("starts with a digit or `-`", "start the name with a letter");
        }
        let file = text.rsplit('/').next().and_then(|file| file.strip_suffix(".age"));
        match file.filter(|name| SecretName::parse(name).is_some()) {
            Some(name) => Advice::write("is the secret's file, expected its name", name),
            None => Advice::new(
                "expected the name of a secret, never its value",
                "encrypt the value as a secret, declare it under `secrets`, and write its name here",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::SecretName;

    #[test]
    fn a_secret_name_begins_with_a_letter_or_an_underscore() {
        parses::<SecretName>(&["restic", "_a-1"], &["", "1a", "-a", "a.b", "a b"]);
        advises::<SecretName>(&[
            ("secrets/restic.age", "write `restic`"),
            (
                "hunter2!",
                "encrypt the value as a secret, declare it under `secrets`, and write its name here",
            ),
            ("1a", "start the name with a letter"),
        ]);
    }
}
