//! Email addresses.

use super::domain::is_domain;
use super::{Form, text_form};
use crate::word::is_word;

text_form! {
    /// An email address.
    Email
}

impl Form for Email {
    const NOUN: &'static str = "an email address";
    const LOOKS: &'static str = " such as me@example.de";
    const EXPECTED: &'static str = "NAME@DOMAIN";
    const EXAMPLE: &'static str = "me@example.de";
    const PATTERN: &'static str = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$";

    fn parse(text: &str) -> Option<Email> {
        let (user, host) = text.split_once('@')?;
        (is_word(user, b"._%+-") && is_domain(host)).then(|| Email(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::Email;

    #[test]
    fn an_email_address_has_a_user_and_a_host() {
        parses::<Email>(&["me+a@example.de"], &["", "me", "@example.de", "me@", "me@a@b"]);
    }
}
