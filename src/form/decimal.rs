//! Numbers with a fraction.

use super::{Advice, Form};

/// A number above 0 that may have a fraction.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Decimal(pub f64);

impl Form for Decimal {
    const NOUN: &'static str = "a number";
    const LOOKS: &'static str = " such as 2 or 0.5";
    const EXPECTED: &'static str = "a number above 0, with a decimal point if it has a fraction";
    const EXAMPLE: &'static str = "0.5";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)?$";
    const NUMBERS: bool = true;

    fn title() -> &'static str {
        "decimal number"
    }

    fn parse(text: &str) -> Option<Decimal> {
        let number = positive(text)?;
        text.bytes().all(|b| b.is_ascii_digit() || b == b'.').then_some(Decimal(number))
    }

    /// `0,5`.
    fn advice(text: &str) -> Option<Advice> {
        let suggested = text.replacen(',', ".", 1);
        (suggested != text && positive(&suggested).is_some())
            .then(|| Advice::rewrite("has a decimal comma", suggested))?
    }
}

fn positive(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Decimal;

    #[test]
    fn a_decimal_is_above_0() {
        parses::<Decimal>(&["2", "0.5"], &["", "0", "-1", "1e3", "inf", "1.2.3"]);
        advises::<Decimal>(&[("0,5", "write `0.5`"), ("half", "")]);
    }
}
