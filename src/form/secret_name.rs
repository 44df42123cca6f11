//! Names of secrets.

use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// The name of a secret, which is a file name and an attribute of the output.
    SecretName
}

impl Form for SecretName {
    const NOUN: &'static str = "the name of a secret";
    const LOOKS: &'static str = ": letters, digits, - and _";
    const EXAMPLE: &'static str = "name";
    const PATTERN: &'static str = r"^[A-Za-z_][A-Za-z0-9_-]*$";

    fn parse(text: &str) -> Option<SecretName> {
        let fits = is_word(text, b"_-") && !text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        fits.then(|| SecretName(text.to_owned()))
    }

    /// `hunter2!`, and `secrets/restic.age`.
    fn advice(text: &str) -> Option<Advice> {
        if is_word(text, b"_-") {
            return Advice::new("begins with a digit or with -", "begin it with a letter");
        }
        let file = text.rsplit('/').next().and_then(|file| file.strip_suffix(".age"));
        match file.filter(|name| SecretName::parse(name).is_some()) {
            Some(name) => Advice::write("is the file, and the name of the secret is needed", name),
            None => Advice::new(
                "the name of a secret belongs here, never its value",
                "put the value into NAME.age with agenix, and write NAME",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::SecretName;

    #[test]
    fn names_of_secrets() {
        parses::<SecretName>(&["restic", "_a-1"], &["", "1a", "-a", "a.b", "a b"]);
        advises::<SecretName>(&[
            ("secrets/restic.age", "write `restic`"),
            ("hunter2!", "put the value into NAME.age with agenix, and write NAME"),
            ("1a", "begin it with a letter"),
        ]);
    }
}
