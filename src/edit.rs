//! The edits between two versions of a file: the values that differ, with their lines.

use std::collections::BTreeMap;

use crate::tree::Node;

/// The edits, by the path of the value: its keys, and the index of an item.
pub(crate) type Edits = BTreeMap<Vec<String>, Edit>;

/// A value that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    /// The line in the new file, from 1: of the value, of the constant that it comes from, or of the mapping that no longer has
    /// it.
    pub(crate) line: usize,
    /// The old scalar. `None` if there was none.
    pub(crate) before: Option<String>,
    /// The new one.
    pub(crate) after: Option<String>,
}

impl Edit {
    /// True if the edit turns the text `before` into `after`: they have its old and its new value as words. An edit without a
    /// scalar turns no text into another one.
    pub(crate) fn explains(&self, before: &str, after: &str) -> bool {
        let is_in =
            |value: &Option<String>, text: &str| value.as_ref().is_none_or(|word| has_word(text, word));
        (self.before.is_some() || self.after.is_some())
            && is_in(&self.before, before)
            && is_in(&self.after, after)
    }
}

/// True if a text has a word between characters that are no letters and no digits.
fn has_word(text: &str, word: &str) -> bool {
    let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            is_end(text[..at].chars().next_back()) && is_end(text[at + word.len()..].chars().next())
        })
}

/// The edits of the values at some paths, each with its path, the outermost first.
pub(crate) fn edits_at<'e>(paths: &[&Vec<String>], edits: &'e Edits) -> Vec<(&'e Vec<String>, &'e Edit)> {
    let mut found = BTreeMap::new();
    for path in paths {
        let below = edits.range((*path).clone()..).take_while(|(at, _)| at.starts_with(path));
        let above = (1..path.len()).filter_map(|length| edits.get_key_value(&path[..length]));
        found.extend(below.chain(above).map(|(path, edit)| ((path.len(), path), edit)));
    }
    found.into_iter().map(|((_, path), edit)| (path, edit)).collect()
}

/// The arguments of presets, by service.
pub(crate) type Arguments = BTreeMap<String, Vec<(String, Node)>>;

/// The paths of the values that the parts of a host come from, by unit. A unit that is absent comes from its name in the file.
pub(crate) type Origins = BTreeMap<String, Vec<Vec<String>>>;
