//! Names of volumes.

use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// The name of a volume in Podman (`RegexError` in podman's define package).
    VolumeName
}

impl Form for VolumeName {
    const NOUN: &'static str = "a name of a volume";
    const LOOKS: &'static str = " such as pgdata";
    const EXPECTED: &'static str = "letters, digits, `_`, `.` and `-`, starting with a letter or digit";
    const EXAMPLE: &'static str = "pgdata";
    const PATTERN: &'static str = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$";

    fn parse(text: &str) -> Option<VolumeName> {
        let fits = is_word(text, b"_.-") && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        fits.then(|| VolumeName(text.to_owned()))
    }

    /// `/srv/data`.
    fn advice(text: &str) -> Option<Advice> {
        let advice = Advice::new("is a path", "mount the path under `volumes` of the container");
        text.starts_with('/').then_some(advice).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::VolumeName;

    #[test]
    fn a_name_of_a_volume_begins_with_a_letter_or_a_digit() {
        parses::<VolumeName>(&["pgdata", "1a", "shop_db.v1-x"], &["", "-a", ".a", "_a", "a b", "a/b", "ä"]);
        advises::<VolumeName>(&[("/srv/data", "mount the path under `volumes` of the container")]);
    }
}
