//! Keys that people bring from Compose, Kubernetes and other tools: `data/foreign-keys.yaml`, which is read when the first
//! unknown key is found.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::data;

/// A key of another tool.
#[derive(Debug)]
pub struct ForeignKey {
    /// The key as it is written.
    pub key: String,
    /// A key of the mapping in which it stands: the key that is meant, or one that tells the mapping apart.
    pub beside: String,
    /// What becomes of it.
    pub action: Action,
    /// What to do.
    pub help: String,
}

/// What becomes of a foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It has another name here. Whether that is the only one that it can have.
    Rename {
        /// Whether nothing else can be meant.
        is_certain: bool,
    },
    /// Its value belongs under a key of this mapping: `limits` and `memory`.
    MoveUnder(String, String),
    /// It goes, or something else is to be done, which the help says.
    Rewrite,
}

/// All of them, in the order of their keys.
pub fn all() -> &'static [ForeignKey] {
    static ALL: LazyLock<Vec<ForeignKey>> =
        LazyLock::new(|| read().into_iter().map(ForeignKey::from).collect());
    &ALL
}

fn read() -> Vec<Row> {
    data::read("foreign-keys", data::file!("foreign-keys"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    key: String,
    beside: String,
    #[serde(default)]
    rename: bool,
    move_under: Option<String>,
    drop: Option<String>,
    help: Option<String>,
}

impl From<Row> for ForeignKey {
    fn from(row: Row) -> ForeignKey {
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
    fn each_row_says_one_thing_and_rows_are_in_order() {
        let rows = read();
        for row in &rows {
            let actions = [row.rename, row.move_under.is_some(), row.drop.is_some()];
            let count = actions.iter().filter(|given| **given).count();
            assert!(count == 1 || count == 0 && row.help.is_some(), "{}", row.key);
        }
        assert!(rows.windows(2).all(|pair| pair[0].key <= pair[1].key));
        assert!(all().iter().all(|row| !row.help.is_empty()));
    }
}
