//! Keys of Compose, Kubernetes and other tools, with their replacements: `data/foreign-keys.yaml`.

use serde::Deserialize;

use crate::data::{self, Row};

/// A key of another tool.
#[derive(Debug, Deserialize)]
#[serde(from = "Columns")]
pub(crate) struct ForeignKey {
    /// The key as it is written.
    pub key: String,
    /// A key that the mapping declares: the replacement, or a key that identifies the mapping.
    pub beside: String,
    /// The action.
    pub action: Action,
    /// The help.
    pub help: String,
}

/// The action for a foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The key has another name here.
    Rename {
        /// No other key can be intended.
        is_certain: bool,
    },
    /// The value moves under a key of a mapping: `limits` and `memory`.
    MoveUnder(String, String),
    /// Another action, which the help describes.
    Rewrite,
}

/// All foreign keys, in the order of their names.
pub(crate) fn all() -> &'static [Row<ForeignKey>] {
    data::rows!(ForeignKey, "foreign-keys")
}

/// The foreign keys with this name.
pub(crate) fn called(key: &str) -> impl Iterator<Item = &'static ForeignKey> {
    all().iter().filter(move |row| row.is(key)).map(Row::get)
}

/// A row as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    key: String,
    beside: String,
    #[serde(default)]
    rename: bool,
    move_under: Option<String>,
    drop: Option<String>,
    help: Option<String>,
}

impl From<Columns> for ForeignKey {
    fn from(row: Columns) -> ForeignKey {
        let (action, help) = match (&row.move_under, row.drop) {
            (Some(path), _) => {
                let (parent, member) = path.split_once('.').expect("a path has two keys");
                let help = format!("write `{parent}: {{ {member}: … }}`");
                (Action::MoveUnder(parent.to_owned(), member.to_owned()), help)
            }
            (None, Some(reason)) => (Action::Rewrite, format!("remove it: {reason}")),
            (None, None) if row.rename => {
                let is_certain = row.help.is_none();
                (Action::Rename { is_certain }, format!("write `{}`", row.beside))
            }
            (None, None) => (Action::Rewrite, String::new()),
        };
        ForeignKey { help: row.help.unwrap_or(help), key: row.key, beside: row.beside, action }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_each_has_one_action_or_a_help() {
        const FILE: &str = data::file!("foreign-keys");
        data::tests::assert_rows_match(FILE, all());
        let rows: Vec<Columns> = data::read(data::json!("foreign-keys"));
        for row in &rows {
            let actions = [row.rename, row.move_under.is_some(), row.drop.is_some()];
            let count = actions.iter().filter(|given| **given).count();
            assert!(count == 1 || count == 0 && row.help.is_some(), "{}", row.key);
        }
        assert!(rows.windows(2).all(|pair| pair[0].key <= pair[1].key));
        assert!(all().iter().all(|row| !row.get().help.is_empty()));
    }
}
