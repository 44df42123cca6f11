//! Names that other systems assign.

use super::{Form, text_form};

text_form! {
    /// A name that another system assigns, such as a database's user.
    Name
}

impl Form for Name {
    const NOUN: &'static str = "a name";
    const LOOKS: &'static str = " that is not empty";
    const EXPECTED: &'static str = "a string that is not empty";
    const EXAMPLE: &'static str = "name";
    const PATTERN: &'static str = r"\S";
    const NUMBERS: bool = true;

    fn parse(text: &str) -> Option<Name> {
        (!text.trim().is_empty()).then(|| Name(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::Name;

    #[test]
    fn a_name_is_not_blank() {
        parses::<Name>(&["a", "my albums"], &["", "  "]);
    }
}
