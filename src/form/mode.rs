//! Modes of files.

use super::{Advice, Form};

/// An octal file mode. It stands in quotes because YAML reads the digits as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// The permission bits, up to 0o7777.
    pub bits: u16,
}

impl Form for Mode {
    const NOUN: &'static str = "an octal mode";
    const LOOKS: &'static str = " in quotes, such as \"0750\"";
    const EXPECTED: &'static str = "three or four octal digits in quotes";
    const EXAMPLE: &'static str = "0750";
    const PATTERN: &'static str = r"^[0-7]{3,4}$";

    /// Three or four octal digits.
    fn parse(text: &str) -> Option<Mode> {
        let fits = matches!(text.len(), 3 | 4) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
        u16::from_str_radix(text, 8).ok().filter(|_| fits).map(|bits| Mode { bits })
    }

    /// `0o755`, and `755` with spaces around it.
    fn advice(text: &str) -> Option<Advice> {
        let digits = text.strip_prefix("0o").unwrap_or(text).trim();
        Mode::parse(digits).filter(|_| digits != text)?;
        Advice::rewrite("expected three or four octal digits", format!("\"{digits:0>4}\""))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::*;

    #[test]
    fn a_mode_has_three_or_four_octal_digits() {
        assert_eq!(Mode::parse("2750"), Some(Mode { bits: 0o2750 }));
        parses::<Mode>(&["0755", "644"], &["", "75", "0o755", "0888", "+755", "00755"]);
        advises::<Mode>(&[("0o755", "write `\"0755\"`"), (" 755", "write `\"0755\"`"), ("u=rwx", "")]);
    }
}
