//! Names of users of the host's Valkey.

use super::{Advice, Form, text_form};

text_form! {
    /// The name of a user of the host's Valkey.
    ValkeyUserName
}

impl Form for ValkeyUserName {
    const NOUN: &'static str = "a user name of Valkey";
    const LOOKS: &'static str = " such as notes";
    const EXPECTED: &'static str = "lower-case letters, digits, `_` and `-`, starting with a letter";
    const EXAMPLE: &'static str = "notes";
    const PATTERN: &'static str = r"^[a-z][a-z0-9_-]*$";

    fn parse(text: &str) -> Option<ValkeyUserName> {
        let is_valid = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
            && text != "default";
        is_valid.then(|| ValkeyUserName(text.to_owned()))
    }

    /// `default`, the user of a client without a name.
    fn advice(text: &str) -> Option<Advice> {
        (text == "default").then_some(())?;
        Advice::new(
            "is the user of clients without a name",
            "set its password with `admin`, and name the users of services",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::ValkeyUserName;

    #[test]
    fn a_user_name_is_lower_case_and_not_default() {
        parses::<ValkeyUserName>(&["notes", "a1_b-c"], &["", "default", "Notes", "1a", "a b"]);
    }
}
