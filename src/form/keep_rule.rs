//! restic's retention rules.

use super::{Advice, Form, text_form};
use crate::diag::closest;
use crate::word::is_word;

text_form! {
    /// A `--keep-…` option of `restic forget`. NixOS writes it into a unit without quotes, hence the narrow form.
    KeepRule
}

/// The kind of value that a rule takes (restic-forget(1)).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// A number of snapshots.
    Number,
    /// A duration.
    Duration,
    /// A tag.
    Tag,
}

/// The names of the rules, without `--keep-`.
const RULES: &[(&str, Kept)] = &[
    ("last", Kept::Number),
    ("hourly", Kept::Number),
    ("daily", Kept::Number),
    ("weekly", Kept::Number),
    ("monthly", Kept::Number),
    ("yearly", Kept::Number),
    ("within", Kept::Duration),
    ("within-hourly", Kept::Duration),
    ("within-daily", Kept::Duration),
    ("within-weekly", Kept::Duration),
    ("within-monthly", Kept::Duration),
    ("within-yearly", Kept::Duration),
    ("tag", Kept::Tag),
];

impl Kept {
    /// Reports whether a value is valid for this kind.
    fn takes(self, value: &str) -> bool {
        match self {
            Kept::Number => {
                value == "unlimited" || value == "-1" || value.parse::<u32>().is_ok_and(|number| number > 0)
            }
            // Years, months, days and hours: `1y5m7d2h`.
            Kept::Duration => value.split_inclusive(['y', 'm', 'd', 'h']).all(|part| {
                let number = part.strip_suffix(['y', 'm', 'd', 'h']).unwrap_or_default();
                !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
            }),
            Kept::Tag => is_word(value, b"_.:,-"),
        }
    }
}

impl Form for KeepRule {
    const NOUN: &'static str = "a retention rule";
    const LOOKS: &'static str = " such as --keep-daily 14";
    const EXPECTED: &'static str = "a `--keep-…` option of `restic forget` with its value";
    const EXAMPLE: &'static str = "--keep-daily 14";
    const PATTERN: &'static str = r"^--keep-(last|hourly|daily|weekly|monthly|yearly|within(-(hourly|daily|weekly|monthly|yearly))?|tag)[ =][A-Za-z0-9_.:,-]+$";

    /// `--keep-daily 14`, `--keep-tag=x`.
    fn parse(text: &str) -> Option<KeepRule> {
        let (name, value) = text.strip_prefix("--keep-")?.split_once([' ', '='])?;
        let (_, kept) = RULES.iter().find(|(rule, _)| *rule == name)?;
        (!value.is_empty() && kept.takes(value)).then(|| KeepRule(text.to_owned()))
    }

    /// `--keep-dayly 30`, and `--keep-within 30`.
    fn advice(text: &str) -> Option<Advice> {
        let rule = text.trim_start_matches('-');
        let rule = rule.strip_prefix("keep-").unwrap_or(rule);
        let (name, number) = rule.split_once([' ', '=']).unwrap_or((rule, ""));
        let number = number.trim();
        let named = |name: &str| RULES.iter().find(|(rule, _)| *rule == name).copied();
        let why = match named(name) {
            Some((_, Kept::Number)) => "expected a number of snapshots",
            Some((_, Kept::Duration)) => "expected a duration in y, m, d and h",
            Some((_, Kept::Tag)) => "expected a tag",
            None => "restic has no such rule",
        };
        let closest = || closest(name, RULES.iter().map(|(rule, _)| *rule)).and_then(named);
        let Some((name, kept)) = named(name).or_else(closest) else {
            let names: Vec<_> = RULES.iter().map(|(rule, _)| format!("--keep-{rule}")).collect();
            return Advice::new(why, format!("write one of {}", names.join(", ")));
        };
        let in_days = format!("--keep-{name} {number}d");
        let whole = format!("--keep-{name} {number}");
        if kept == Kept::Duration && KeepRule::parse(&in_days).is_some() {
            return Advice::write("has no unit: y, m, d or h", in_days);
        }
        if KeepRule::parse(&whole).is_some() {
            return Advice::write(why, whole);
        }
        let form = match kept {
            Kept::Number => format!("write `--keep-{name} 14`, with the number of snapshots to keep"),
            Kept::Duration => {
                format!("write `--keep-{name} 30d`, with a duration in y, m, d and h")
            }
            Kept::Tag => {
                format!("write `--keep-{name} TAG`, with letters, digits and `_ . : , -` in the tag")
            }
        };
        Advice::new(why, form)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::KeepRule;

    #[test]
    fn a_keep_rule_is_a_restic_option_with_a_value() {
        parses::<KeepRule>(
            &["--keep-daily 14", "--keep-tag=x", "--keep-within 1y5m7d2h", "--keep-last unlimited"],
            &["", "--keep-daily", "--keep-daily x", "--keep-within 30", "daily 14", "--keep-tag a b"],
        );
    }

    #[test]
    fn near_misses_get_advice() {
        advises::<KeepRule>(&[
            ("--keep-dayly 30", "write `--keep-daily 30`"),
            ("daily 30", "write `--keep-daily 30`"),
            ("--keep-within 30", "write `--keep-within 30d`"),
            ("--keep-last", "write `--keep-last 14`, with the number of snapshots to keep"),
        ]);
    }
}
