//! Network interface names.

use super::{Form, text_form};
use crate::word::is_word;

text_form! {
    /// The name of a network interface: at most 15 characters (IFNAMSIZ in linux/if.h).
    Interface
}

impl Form for Interface {
    const NOUN: &'static str = "an interface name";
    const LOOKS: &'static str = " such as eth0";
    const EXPECTED: &'static str = "at most 15 letters, digits, `_`, `-` and `.`";
    const EXAMPLE: &'static str = "eth0";
    const PATTERN: &'static str = r"^[A-Za-z0-9_.-]{1,15}$";

    fn parse(text: &str) -> Option<Interface> {
        let fits = text.len() <= 15 && is_word(text, b"_-.") && !matches!(text, "." | "..");
        fits.then(|| Interface(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::Interface;

    #[test]
    fn an_interface_name_has_at_most_15_characters() {
        parses::<Interface>(&["eth0", "br-a.1"], &["", ".", "..", "a b", "abcdefghijklmnop"]);
    }
}
