//! Mount options.

use super::advice::{contains, stray};
use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// A mount option, which becomes a part of a field of /etc/fstab (fstab(5)).
    MountOption
}

/// The characters besides letters and digits. Spaces, commas and line breaks separate options, fields and lines of
/// /etc/fstab, and a backslash starts an escape there.
const SIGNS: &[u8] = b"._@%/:+=-";

impl Form for MountOption {
    const NOUN: &'static str = "a mount option";
    const LOOKS: &'static str = " such as ro or nfsvers=4.2";
    const EXPECTED: &'static str = "letters, digits and `. _ @ % / : + = -`";
    const EXAMPLE: &'static str = "ro";
    const PATTERN: &'static str = r"^[A-Za-z0-9._@%/:+=-]+$";

    fn parse(text: &str) -> Option<MountOption> {
        is_word(text, SIGNS).then(|| MountOption(text.to_owned()))
    }

    /// `ro,noatime`, and `ro noatime`.
    fn advice(text: &str) -> Option<Advice> {
        let options: Vec<&str> = text.split([',', ' ']).filter(|option| !option.is_empty()).collect();
        if options.len() > 1 && options.iter().all(|option| is_word(option, SIGNS)) {
            return Advice::write("contains several options", format!("[{}]", options.join(", ")));
        }
        Advice::new(contains(stray(text, SIGNS)?), "remove the character")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::MountOption;

    #[test]
    fn a_mount_option_has_no_comma_space_or_backslash() {
        parses::<MountOption>(&["ro", "nfsvers=4.2"], &["", "ro,noatime", "a b", "a\\040b"]);
        advises::<MountOption>(&[
            ("ro,noatime", "write `[ro, noatime]`"),
            ("a\\b", "remove the character"),
            ("", ""),
        ]);
    }
}
