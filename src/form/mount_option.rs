//! Options of mounts.

use super::advice::{may_not_be, stray};
use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// An option of a mount, which becomes a part of a field of /etc/fstab (fstab(5)).
    MountOption
}

/// What it may have besides letters and digits. Spaces, commas and line breaks separate options, fields and lines of
/// /etc/fstab, and a backslash begins an escape there.
const SIGNS: &[u8] = b"._@%/:+=-";

impl Form for MountOption {
    const NOUN: &'static str = "a mount option";
    const LOOKS: &'static str = " such as ro or nfsvers=4.2";
    const EXAMPLE: &'static str = "ro";
    const PATTERN: &'static str = r"^[A-Za-z0-9._@%/:+=-]+$";

    fn parse(text: &str) -> Option<MountOption> {
        is_word(text, SIGNS).then(|| MountOption(text.to_owned()))
    }

    /// `ro,noatime`, and `ro noatime`.
    fn advice(text: &str) -> Option<Advice> {
        let options: Vec<&str> = text.split([',', ' ']).filter(|option| !option.is_empty()).collect();
        if options.len() > 1 && options.iter().all(|option| is_word(option, SIGNS)) {
            return Advice::write("holds several options", format!("[{}]", options.join(", ")));
        }
        Advice::new(may_not_be(stray(text, SIGNS)?), "remove it")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::MountOption;

    #[test]
    fn options_of_mounts() {
        parses::<MountOption>(&["ro", "nfsvers=4.2"], &["", "ro,noatime", "a b", "a\\040b"]);
        advises::<MountOption>(&[("ro,noatime", "write `[ro, noatime]`"), ("a\\b", "remove it"), ("", "")]);
    }
}
