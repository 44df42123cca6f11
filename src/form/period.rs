//! Time spans that are not empty.

use super::{Advice, Duration, Form};

/// A time span that is longer than nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Period(pub Duration);

impl Form for Period {
    const NOUN: &'static str = "a time span";
    const LOOKS: &'static str = " above 0 such as 30s";
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
    fn a_period_is_not_empty() {
        parses::<Period>(&["30s", "1m0s"], &["0s", "30"]);
        advises::<Period>(&[("30", "write `30s`"), ("0", "")]);
    }
}
