//! Percentages.

use super::{Count, Form};

/// A percentage from 1 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Percent(pub u32);

impl Form for Percent {
    const NOUN: &'static str = "a percentage";
    const LOOKS: &'static str = " such as 10";
    const EXPECTED: &'static str = "a whole number from 1 to 99";
    const EXAMPLE: &'static str = "10";
    const PATTERN: &'static str = r"^[1-9][0-9]?$";
    const NUMBERS: bool = true;

    fn parse(text: &str) -> Option<Percent> {
        Count::parse(text).filter(|count| count.0 < 100).map(|count| Percent(count.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::Percent;

    #[test]
    fn a_percentage_is_from_1_to_99() {
        parses::<Percent>(&["1", "99"], &["0", "100", "10%", "05"]);
    }
}
