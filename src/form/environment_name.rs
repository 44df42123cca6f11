//! Variable names in environment files.

use super::{Form, text_form};
use crate::printable::is_invisible;

text_form! {
    /// A variable name in an environment file. Podman reads the name up to the `=`.
    EnvironmentName
}

impl Form for EnvironmentName {
    const NOUN: &'static str = "a variable name";
    const LOOKS: &'static str = " such as NAME";
    const EXPECTED: &'static str = "a name without white space and `=` that does not start with `#`";
    const EXAMPLE: &'static str = "NAME";
    const PATTERN: &'static str = r"^[^\s=#][^\s=]*$";

    fn parse(text: &str) -> Option<EnvironmentName> {
        let is_stray = |c: char| c == '=' || c.is_whitespace() || c.is_control() || is_invisible(c);
        let fits = !text.is_empty() && !text.starts_with('#') && !text.contains(is_stray);
        fits.then(|| EnvironmentName(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::EnvironmentName;

    #[test]
    fn an_environment_name_has_no_white_space_and_no_equals_sign() {
        parses::<EnvironmentName>(&["a.b", "A#"], &["", "#A", "A=B", "A B", "A\u{200b}"]);
    }
}
