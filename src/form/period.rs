//! Durations above zero.

use super::{Advice, Duration, Form};

/// A duration above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Period(pub Duration);

impl Form for Period {
    const NOUN: &'static str = "a duration";
    const LOOKS: &'static str = " such as 30s";
    const EXPECTED: &'static str = "a number above 0 and a unit: ms, s, m or h";
    const EXAMPLE: &'static str = "30s";
    const PATTERN: &'static str = r"^([0-9]+(ms|s|m|h))*[0-9]*[1-9][0-9]*(ms|s|m|h)([0-9]+(ms|s|m|h))*$";

    fn parse(text: &str) -> Option<Period> {
        Duration::parse(text).filter(|duration| duration.ms > 0).map(Period)
    }

    fn advice(text: &str) -> Option<Advice> {
        Duration::advice(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Period;

    #[test]
    fn a_period_is_longer_than_0() {
        parses::<Period>(&["30s", "1m0s"], &["0s", "30"]);
        advises::<Period>(&[("30", "write `30s`"), ("0", "")]);
    }
}
