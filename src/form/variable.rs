//! Variable names.

use super::{Form, text_form};
use crate::word::is_word;

text_form! {
    /// The name of an environment variable.
    Variable
}

impl Form for Variable {
    const NOUN: &'static str = "a variable name";
    const LOOKS: &'static str = " such as DB_HOST";
    const EXPECTED: &'static str = "letters, digits and `_`, not starting with a digit";
    const EXAMPLE: &'static str = "NAME";
    const PATTERN: &'static str = r"^[A-Za-z_][A-Za-z0-9_]*$";

    fn parse(text: &str) -> Option<Variable> {
        let fits = is_word(text, b"_") && !text.starts_with(|c: char| c.is_ascii_digit());
        fits.then(|| Variable(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::Variable;

    #[test]
    fn a_variable_has_only_letters_digits_and_underscores() {
        parses::<Variable>(&["DB_PASSWORD", "_x1"], &["", "1A", "A-B", "A.B"]);
    }
}
