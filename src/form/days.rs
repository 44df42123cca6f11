//! Numbers of days.

use super::unit::number_and_unit;
use super::{Advice, Form};

/// A number of whole days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Days(pub u16);

impl Form for Days {
    const NOUN: &'static str = "a number of days";
    const LOOKS: &'static str = " such as 30d";
    const EXPECTED: &'static str = "a whole number from 1 to 9999 and the unit `d`";
    const EXAMPLE: &'static str = "30d";
    const PATTERN: &'static str = r"^[1-9][0-9]{0,3}d$";

    fn parse(text: &str) -> Option<Days> {
        let number = text.strip_suffix('d')?;
        let fits = !number.starts_with('0')
            && (1..=4).contains(&number.len())
            && number.bytes().all(|b| b.is_ascii_digit());
        number.parse().ok().filter(|_| fits).map(Days)
    }

    /// `14`, `2w`, and `14 days`.
    fn advice(text: &str) -> Option<Advice> {
        let (number, unit) = number_and_unit(text)?;
        let whole: u64 = number.parse().ok()?;
        let (why, days) = match unit.as_str() {
            "" => ("expected the unit `d`", whole),
            "d" | "day" | "days" => ("expected a whole number and the unit `d`", whole),
            "w" | "week" | "weeks" => ("expected the unit `d`", whole.checked_mul(7)?),
            "m" | "month" | "months" => ("expected the unit `d`", whole.checked_mul(30)?),
            "y" | "year" | "years" => ("expected the unit `d`", whole.checked_mul(365)?),
            _ => return None,
        };
        if days == 0 {
            return Advice::new("expected at least 1 day", "write `1d` or more");
        }
        let suggested = format!("{days}d");
        Days::parse(&suggested).filter(|_| suggested != text)?;
        Advice::write(why, suggested)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Days;

    #[test]
    fn a_number_of_days_is_from_1_to_9999() {
        parses::<Days>(&["1d", "9999d"], &["", "d", "0d", "30", "10000d", "+1d", "2w"]);
        advises::<Days>(&[
            ("14", "write `14d`"),
            ("2w", "write `14d`"),
            ("14 days", "write `14d`"),
            ("0d", "write `1d` or more"),
            ("0", "write `1d` or more"),
            ("x", ""),
        ]);
    }
}
