//! What restic takes: repositories, and rules of what is kept.

use crate::word::is_word;

/// What a repository of restic may have besides letters and digits.
pub const LETTERS: &[u8] = b"@:/._~+=-";

/// Whether restic has a repository there: a path, or one of its storages with a place in it (its documentation,
/// "Preparing a new repository").
pub fn is_repository(text: &str) -> bool {
    let stored = |(kind, place): (&str, &str)| STORAGES.contains(&kind) && !place.is_empty();
    is_word(text, LETTERS) && (text.starts_with('/') || text.split_once(':').is_some_and(stored))
}

/// Where restic keeps repositories besides a folder.
pub const STORAGES: &[&str] = &["azure", "b2", "gs", "rclone", "rest", "s3", "sftp", "swift"];

/// What a rule of restic's takes (restic-forget(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// How many.
    Number,
    /// How long.
    Duration,
    /// What is tagged so.
    Tag,
}

/// The rules that restic has, behind `--keep-`.
pub const KEEP_RULES: &[(&str, Kept)] = &[
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
    /// Whether it takes this value.
    pub fn takes(self, value: &str) -> bool {
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

/// Whether restic has this rule: `--keep-daily 14`, `--keep-tag=x`.
pub fn is_keep_rule(text: &str) -> bool {
    let rule = text.strip_prefix("--keep-").and_then(|rest| rest.split_once([' ', '=']));
    rule.is_some_and(|(name, value)| {
        !value.is_empty() && KEEP_RULES.iter().any(|(rule, kept)| *rule == name && kept.takes(value))
    })
}
