//! Counts.

use super::Form;

/// A count, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Count(pub u32);

impl Form for Count {
    const NOUN: &'static str = "a count";
    const LOOKS: &'static str = " such as 3";
    const EXPECTED: &'static str = "a whole number from 1 on";
    const EXAMPLE: &'static str = "3";
    const PATTERN: &'static str = r"^[1-9][0-9]*$";
    const NUMBERS: bool = true;

    fn title() -> &'static str {
        "number from 1 on"
    }

    fn parse(text: &str) -> Option<Count> {
        text.parse().ok().filter(|number: &u32| *number > 0 && number.to_string() == text).map(Count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::Count;

    #[test]
    fn a_count_is_a_number_from_1() {
        parses::<Count>(&["1", "4294967295"], &["", "0", "-1", "+1", "01", "1.0", "4294967296"]);
    }
}
