//! The diagnostic for an absent key.

use super::{Code, Diagnostic};
use crate::source::Span;

impl Diagnostic {
    /// The diagnostic for the absent `key` of the mapping at `owner`. Its help shows the value that `example` has for the
    /// key, where `example` is a mapping in flow style.
    pub fn missing_key(key: &str, owner: Span, example: &str) -> Diagnostic {
        let help = match example_entry(example, key) {
            Some(entry) => format!("add a line such as `{entry}`"),
            None => format!("add `{key}:`"),
        };
        Diagnostic::new(
            Code::MissingKey,
            format!("`{key}` is missing"),
            owner,
            format!("expected the key `{key}`"),
        )
        .help(help)
    }
}

/// The entry of `key` in `example`, a mapping in flow style, such as `at: daily` in `{ to: /srv/backups, at: daily }`.
fn example_entry<'a>(example: &'a str, key: &str) -> Option<&'a str> {
    let entries = example.strip_prefix("{ ")?.strip_suffix(" }")?;
    let mut depth = 0;
    let is_end = |character: char| {
        match character {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    };
    entries
        .split(is_end)
        .map(str::trim)
        .find(|entry| entry.strip_prefix(key).is_some_and(|rest| rest.starts_with(": ")))
}

#[cfg(test)]
mod tests {
    use super::example_entry;

    #[test]
    fn an_entry_of_an_example_ends_at_its_own_comma() {
        let example = "{ to: /srv, update: { at: daily, of: [a, b] }, at: hourly }";
        assert_eq!(example_entry(example, "to"), Some("to: /srv"));
        assert_eq!(example_entry(example, "update"), Some("update: { at: daily, of: [a, b] }"));
        assert_eq!(example_entry(example, "at"), Some("at: hourly"));
        assert_eq!(example_entry(example, "of"), None);
        assert_eq!(example_entry("nginx", "to"), None);
    }
}
