//! Durations.

use super::unit::number_and_unit;
use super::{Advice, Form};

/// A duration that both Go and systemd accept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Duration {
    /// The number of milliseconds.
    pub ms: u64,
}

impl Form for Duration {
    const NOUN: &'static str = "a duration";
    const LOOKS: &'static str = " such as 30s or 1m30s";
    const EXPECTED: &'static str = "a number and a unit: ms, s, m or h";
    const EXAMPLE: &'static str = "30s";
    const PATTERN: &'static str = r"^([0-9]+(ms|s|m|h))+$";

    fn parse(text: &str) -> Option<Duration> {
        let (mut rest, mut total) = (text, 0u64);
        while !rest.is_empty() {
            let at = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
            let number: u64 = rest[..at].parse().ok()?;
            rest = &rest[at..];
            let (unit, factor) = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)]
                .into_iter()
                .find(|(unit, _)| {
                    rest.strip_prefix(unit)
                        .is_some_and(|behind| !behind.starts_with(|c: char| c.is_ascii_alphabetic()))
                })?;
            rest = &rest[unit.len()..];
            total = total.checked_add(number.checked_mul(factor)?)?;
        }
        (!text.is_empty()).then_some(Duration { ms: total })
    }

    /// `1d`, `30 s`, `1min`, and `30` without a unit.
    fn advice(text: &str) -> Option<Advice> {
        let joined: String = text.split_whitespace().collect();
        if joined != text && Duration::parse(&joined).is_some_and(|suggested| suggested.ms > 0) {
            return Advice::rewrite("contains a space", joined);
        }
        let (number, unit) = number_and_unit(text)?;
        let whole: u64 = number.parse().ok()?;
        let (why, suggested) = match unit.as_str() {
            "" => ("has no unit: ms, s, m or h", format!("{number}s")),
            "ms" | "s" | "m" | "h" => ("contains a space", format!("{number}{unit}")),
            "sec" | "secs" | "second" | "seconds" => {
                ("expected the unit ms, s, m or h", format!("{number}s"))
            }
            "min" | "mins" | "minute" | "minutes" => {
                ("expected the unit ms, s, m or h", format!("{number}m"))
            }
            "hr" | "hrs" | "hour" | "hours" => ("expected the unit ms, s, m or h", format!("{number}h")),
            // Go's longest unit is the hour (pkg.go.dev/time, ParseDuration).
            "d" | "day" | "days" => ("the longest unit is h", format!("{}h", whole.checked_mul(24)?)),
            "w" | "week" | "weeks" => ("the longest unit is h", format!("{}h", whole.checked_mul(168)?)),
            _ => return None,
        };
        Duration::parse(&suggested).filter(|suggested| suggested.ms > 0)?;
        if suggested == text {
            return None;
        }
        // A number without a unit may be milliseconds.
        if unit.is_empty() { Advice::write(why, suggested) } else { Advice::rewrite(why, suggested) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::*;

    #[test]
    fn only_durations_that_go_and_systemd_both_read_are_accepted() {
        assert_eq!(Duration::parse("1m30s"), Some(Duration { ms: 90_000 }));
        assert_eq!(Duration::parse("500ms"), Some(Duration { ms: 500 }));
        parses::<Duration>(&["0s"], &["", "30", "s", "1d", "30 s", "1min", "99999999999999999999h"]);
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<Duration>(&[
            ("1d", "write `24h`"),
            ("30 s", "write `30s`"),
            ("1m 30s", "write `1m30s`"),
            ("30", "write `30s`"),
            ("99999999999999999999d", ""),
        ]);
    }
}
