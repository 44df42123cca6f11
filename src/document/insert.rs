//! Adds entries of a [`document`](crate::document) to the text of a homeserver.yaml, and changes no other byte.
//!
//! An entry goes to the end of its mapping, in the indentation of the file. The result is parsed again: it has to be the
//! old tree with the additions. So a file in a form that this module does not know is refused, and never broken.

use std::collections::HashMap;

use super::print::{Level, STEP, escaped, is_number_or_flag, print_entry, print_flow, written};
use super::{Entry, Map, Value};
use crate::ast::File;
use crate::diag::{Diagnostics, Severity};
use crate::source::{SourceId, Sources, Span};
use crate::syntax::{self, Kind, Node};
use crate::tree::Atom;

/// The keys of the file whose values are mappings from names to parts. A part is whole: it is equal, or another one.
const PARTS: &[&str] = &["services", "secrets", "networks", "jobs", "clients", "auth"];

/// The key of the settings of the host. The file's own settings stay.
const HOST: &str = "host";

/// The columns of an entry in brackets, from which it is refused.
const MAX_FLOW: usize = 100;

/// Parses a text into a tree, and reports its mistakes.
pub type Parse = fn(&str, SourceId, &mut Diagnostics) -> Option<Node>;

/// A file with added entries.
#[derive(Debug, PartialEq, Eq)]
pub struct Inserted {
    /// The text of the file.
    pub text: String,
    /// The entries that the file had before.
    pub kept: Vec<Kept>,
}

/// An entry that the file had before.
#[derive(Debug, PartialEq, Eq)]
pub struct Kept {
    /// The path of the entry.
    pub path: String,
    /// The span of its key in the file.
    pub span: Span,
    /// False for a setting of the host with another value.
    pub is_equal: bool,
}

/// A reason for which nothing is added.
#[derive(Debug, PartialEq, Eq)]
pub struct Collision {
    /// The path of the entry, in the file and in the added document. Empty for the whole file.
    pub path: String,
    /// The place in the file: the key, or the value without a key.
    pub span: Span,
    /// The reason.
    pub reason: Reason,
}

/// The reasons for which nothing is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The file has an entry at this path with another value.
    OtherValue,
    /// The file has a value that is not a mapping, or an alias.
    NoMapping,
    /// The mapping is written in brackets, in which the entry has no room.
    Brackets,
    /// The file is not valid. The text is the first error.
    Invalid(String),
    /// The result would not be the old file with the additions, because of anchors or an unusual form.
    Form,
}

/// A homeserver.yaml to which entries are added.
#[derive(Debug)]
pub struct Existing<'a> {
    text: &'a str,
    /// The tree. `None` if the file has no values.
    root: Option<Node>,
    parse: Parse,
}

/// Adds the entries of `added` to the text of a file.
pub fn insert(existing: &str, added: &Map, parse: Parse) -> Result<Inserted, Vec<Collision>> {
    Existing::read(existing, parse).map_err(|collision| vec![collision])?.insert(added)
}

impl<'a> Existing<'a> {
    /// Reads the text of a file.
    pub fn read(text: &'a str, parse: Parse) -> Result<Existing<'a>, Collision> {
        let root = read(text, parse)?;
        if let Some(root) = &root
            && !matches!(root.kind, Kind::Map(_))
            && !root.is_null()
        {
            return Err(Collision { path: String::new(), span: root.span, reason: Reason::NoMapping });
        }
        Ok(Existing { text, root: root.filter(|root| !root.is_null()), parse })
    }

    /// The names in the mapping at the top-level key `key`, such as `services`.
    pub fn names(&self, key: &str) -> impl Iterator<Item = &str> {
        let node = self.root.as_ref().and_then(|root| root.get(key));
        node.map_or(&[][..], Node::entries).iter().map(|entry| entry.key.as_str())
    }

    /// The text of the scalar at `key` of the mapping at the top-level key `section`.
    pub fn scalar(&self, section: &str, key: &str) -> Option<&str> {
        match &self.root.as_ref()?.get(section)?.get(key)?.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The constants with scalar values: the names of references, such as `paths.data`, and the values as they are
    /// written.
    pub fn constants(&self) -> Vec<(String, &str)> {
        fn below<'n>(node: &'n Node, path: &str, found: &mut Vec<(String, &'n str)>) {
            for entry in node.entries() {
                let path = match path.is_empty() {
                    true => entry.key.clone(),
                    false => format!("{path}.{}", entry.key),
                };
                match &entry.value.kind {
                    Kind::Scalar { text, .. } => found.push((path, text)),
                    _ => below(&entry.value, &path, found),
                }
            }
        }
        let mut found = Vec::new();
        if let Some(constants) = self.root.as_ref().and_then(|root| root.get("constants")) {
            below(constants, "", &mut found);
        }
        found
    }

    /// Adds the entries of `added`.
    pub fn insert(&self, added: &Map) -> Result<Inserted, Vec<Collision>> {
        let Some(root) = &self.root else {
            let line = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { "\n" };
            let text = format!("{}{line}{}", self.text, added.print());
            let inserted = Inserted { text, kept: Vec::new() };
            return self
                .verify(added, &inserted.text)
                .map(|()| inserted)
                .map_err(|collision| vec![collision]);
        };
        let mut inserter = Inserter {
            text: self.text,
            step: step(self.text, root),
            edits: Vec::new(),
            kept: Vec::new(),
            collisions: Vec::new(),
        };
        inserter.map(root, &added.entries, &Place { keys: Vec::new() });
        let Inserter { edits, kept, collisions, .. } = inserter;
        if !collisions.is_empty() {
            return Err(collisions);
        }
        let text = apply(self.text, edits);
        self.verify(added, &text).map_err(|collision| vec![collision])?;
        Ok(Inserted { text, kept })
    }

    /// Compares the tree of the result with the old tree and the additions.
    fn verify(&self, added: &Map, text: &str) -> Result<(), Collision> {
        let other = |path: String, span| Collision { path, span, reason: Reason::Form };
        let Ok(Some(new)) = read(text, self.parse) else { return Err(other(String::new(), Span::default())) };
        match &self.root {
            None => match is_equal_map(&new, added) {
                true => Ok(()),
                false => Err(other(String::new(), Span::default())),
            },
            Some(old) => {
                let mut path = Vec::new();
                match is_sum(old, &added.entries, &new, &mut path) {
                    true => Ok(()),
                    false => Err(other(joined(&path), old.span)),
                }
            }
        }
    }
}

/// The tree of a text. Fails on a text that is not valid.
fn read(text: &str, parse: Parse) -> Result<Option<Node>, Collision> {
    let mut diagnostics = Diagnostics::default();
    // A byte order mark is a part of the text, so that spans are those of the file.
    let root = parse(text, SourceId::FILE, &mut diagnostics);
    if !diagnostics.has_errors() {
        return Ok(root);
    }
    let sources = Sources::new("", text.to_owned());
    let found = diagnostics.into_sorted(&sources);
    let error = found.into_iter().find(|diagnostic| diagnostic.severity() == Severity::Error);
    let span = error.as_ref().and_then(|error| error.labels.first()).map(|label| label.span);
    let message = error.map(|error| error.message).unwrap_or_default();
    Err(Collision { path: String::new(), span: span.unwrap_or_default(), reason: Reason::Invalid(message) })
}

/// The place of a mapping in the file.
struct Place {
    /// The keys from the root.
    keys: Vec<String>,
}

impl Place {
    /// The place of the value of `key`.
    fn below(&self, key: &str) -> Place {
        Place { keys: self.keys.iter().map(String::as_str).chain([key]).map(str::to_owned).collect() }
    }

    /// True if the value of a key in this mapping is whole.
    fn has_parts(&self) -> bool {
        matches!(self.keys.as_slice(), [one] if PARTS.contains(&one.as_str()))
    }

    /// True for the settings of the host.
    fn is_in_host(&self) -> bool {
        self.keys.first().is_some_and(|key| key == HOST)
    }

    /// The level of the mapping.
    fn level(&self) -> Level {
        self.keys.iter().fold(Level::File, |level, key| level.below(key))
    }
}

/// The path of keys, for a message.
fn joined(keys: &[String]) -> String {
    let mut path = String::new();
    for key in keys {
        let is_plain =
            !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        match is_plain {
            true if path.is_empty() => path.push_str(key),
            true => path.extend([".", key]),
            false => path.push_str(&format!("[{}]", serde_json::Value::from(key.as_str()))),
        }
    }
    path
}

/// An edit of the text.
struct Edit {
    /// The offset.
    at: usize,
    /// The number of bytes that are removed: `{}`, `~` or `null` where a block follows.
    removed: usize,
    /// The new text.
    text: String,
    /// The column of the new entries. Of two edits at one offset, the deeper one comes first.
    indent: usize,
}

struct Inserter<'a> {
    text: &'a str,
    /// The columns between two levels.
    step: usize,
    edits: Vec<Edit>,
    kept: Vec<Kept>,
    collisions: Vec<Collision>,
}

impl Inserter<'_> {
    /// Adds entries to the mapping `node`.
    fn map(&mut self, node: &Node, added: &[Entry], place: &Place) {
        let known: HashMap<&str, &syntax::Entry> =
            node.entries().iter().map(|entry| (entry.key.as_str(), entry)).collect();
        let mut absent = Vec::new();
        for entry in added {
            let Some(old) = known.get(escaped(&entry.key).as_str()) else {
                absent.push(entry);
                continue;
            };
            let below = place.below(&entry.key);
            let path = || joined(&below.keys);
            match (&old.value.kind, &entry.value) {
                _ if is_equal(&old.value, &entry.value) => {
                    self.kept.push(Kept { path: path(), span: old.key_span, is_equal: true });
                }
                (Kind::Map(entries), Value::Map(map)) if !place.has_parts() && !entries.is_empty() => {
                    self.map(&old.value, &map.entries, &below);
                }
                (Kind::Map(_), Value::Map(map)) if !place.has_parts() => {
                    self.block(old, &map.entries, node, &below);
                }
                (_, Value::Map(map)) if !place.has_parts() && old.value.is_null() => {
                    self.block(old, &map.entries, node, &below);
                }
                _ if place.is_in_host() => {
                    self.kept.push(Kept { path: path(), span: old.key_span, is_equal: false });
                }
                (_, value) => {
                    let is_mapping = matches!(value, Value::Map(_)) && !place.has_parts();
                    let reason = if is_mapping { Reason::NoMapping } else { Reason::OtherValue };
                    self.collisions.push(Collision { path: path(), span: old.key_span, reason });
                }
            }
        }
        if absent.is_empty() {
            return;
        }
        match node.entries() {
            [] => self.collide(node, place),
            _ if self.is_flow(node) => self.flow(node, &absent, place),
            entries => self.lines(entries, absent, place),
        }
    }

    /// Adds entries at the end of a block.
    fn lines(&mut self, entries: &[syntax::Entry], absent: Vec<&Entry>, place: &Place) {
        let column = column(self.text, entries[0].key_span);
        let is_spaced = match entries {
            [.., one, last] => self.has_blank_line(end(self.text, one), last.key_span.start as usize),
            _ => place.level().is_spaced(),
        };
        let order = |key: &str| File::KEYS.iter().position(|known| *known == key).unwrap_or(usize::MAX);
        let mut absent = absent;
        let is_file = place.keys.is_empty();
        if is_file {
            absent.sort_by_key(|entry| order(&entry.key));
        }
        let last = entries.len() - 1;
        // A comment at the end of a block is a part of it. Behind a key in the middle it belongs to the next key.
        let behind_all = self.end_of_block(end(self.text, &entries[last]), column);
        for entry in absent {
            // The keys of the file have an order. A key goes behind the last one before it.
            let before = |old: &syntax::Entry| order(&old.key) < order(&entry.key);
            let at = match is_file.then(|| entries.iter().rposition(before)).flatten() {
                Some(behind) if behind < last => {
                    self.end_of_block(end(self.text, &entries[behind]), column + 1)
                }
                _ => behind_all,
            };
            let text = self.print(entry, column, place);
            let blank = if is_spaced { "\n" } else { "" };
            self.edits.push(Edit { at, removed: 0, text: format!("{blank}{text}"), indent: column });
        }
    }

    /// Adds entries below a key without a value, or with an empty one, in the block `parent`.
    fn block(&mut self, old: &syntax::Entry, added: &[Entry], parent: &Node, place: &Place) {
        if added.is_empty() {
            return;
        }
        if self.is_flow(parent) {
            return self.collide(&old.value, place);
        }
        let key = column(self.text, old.key_span);
        let value = old.value.span.start as usize..old.value.span.end as usize;
        if !value.is_empty() {
            let start = self.text[..value.start].trim_end_matches(' ').len();
            self.edits.push(Edit { at: start, removed: value.end - start, text: String::new(), indent: key });
        }
        let column = key + self.step;
        let at = self.end_of_block(end(self.text, old), key + 1);
        for (index, entry) in added.iter().enumerate() {
            let blank = if index > 0 && place.level().is_spaced() { "\n" } else { "" };
            let text = format!("{blank}{}", self.print(entry, column, place));
            self.edits.push(Edit { at, removed: 0, text, indent: column });
        }
    }

    /// Adds entries to a mapping in brackets.
    fn flow(&mut self, node: &Node, absent: &[&Entry], place: &Place) {
        let Some(last) = node.entries().last() else { return };
        for entry in absent {
            match print_flow(entry).filter(|text| text.chars().count() <= MAX_FLOW) {
                Some(text) => self.edits.push(Edit {
                    at: end(self.text, last),
                    removed: 0,
                    text: format!(", {text}"),
                    indent: 0,
                }),
                None => return self.collide(node, place),
            }
        }
    }

    fn collide(&mut self, node: &Node, place: &Place) {
        self.collisions.push(Collision {
            path: joined(&place.keys),
            span: node.span,
            reason: Reason::Brackets,
        });
    }

    /// The lines of an entry in the file's indentation.
    fn print(&self, entry: &Entry, column: usize, place: &Place) -> String {
        print_entry(entry, column, self.step, place.level().below(&entry.key))
    }

    /// True if the mapping is in brackets.
    fn is_flow(&self, node: &Node) -> bool {
        self.text[node.span.start as usize..].starts_with('{')
    }

    /// True if a blank line is between the end of an entry and the next key.
    fn has_blank_line(&self, end: usize, key: usize) -> bool {
        let Some(between) = self.text.get(end..key) else { return false };
        let mut lines: Vec<&str> = between.split('\n').collect();
        lines.pop();
        lines.iter().skip(1).any(|line| line.trim().is_empty())
    }

    /// The start of the line behind a block whose last value ends at `end`, and behind the comments below it that are in
    /// column `comments` or further right.
    fn end_of_block(&self, end: usize, comments: usize) -> usize {
        let text = self.text;
        let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |at| from + at + 1);
        let mut block = line_end(end);
        let mut next = block;
        while next < text.len() {
            let line = &text[next..line_end(next)];
            let column = line.len() - line.trim_start_matches(' ').len();
            next += line.len();
            match line[column..].chars().next() {
                None | Some('\n' | '\r') => {}
                Some('#') if column >= comments => block = next,
                Some(_) => break,
            }
        }
        block
    }
}

/// The offset behind an entry. The parser counts the blank lines below a block scalar as a part of it.
fn end(text: &str, entry: &syntax::Entry) -> usize {
    let end = entry.value.span.end.max(entry.key_span.end) as usize;
    if text[..end].ends_with('\n') { text[..end].trim_end().len() } else { end }
}

/// The column of a place.
fn column(text: &str, span: Span) -> usize {
    let start = span.start as usize;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    text[line..start].trim_start_matches('\u{feff}').len()
}

/// The columns between two levels of the file.
fn step(text: &str, root: &Node) -> usize {
    let entries = root.entries().iter();
    let blocks = entries.filter_map(|entry| Some((entry, entry.value.entries().first()?)));
    let mut steps = blocks.map(|(outer, inner)| {
        let is_below = text[outer.key_span.end as usize..inner.key_span.start as usize].contains('\n');
        let columns = column(text, inner.key_span).saturating_sub(column(text, outer.key_span));
        if is_below { columns } else { 0 }
    });
    steps.find(|step| (1..=8).contains(step)).unwrap_or(STEP)
}

/// The text with the edits.
fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.at, std::cmp::Reverse(edit.indent)));
    let has_returns = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
    let line = if has_returns { "\r\n" } else { "\n" };
    let mut out = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut done = 0;
    for edit in edits {
        out.push_str(&text[done..edit.at]);
        if edit.text.ends_with('\n') && !out.is_empty() && !out.ends_with('\n') {
            out.push_str(line);
        }
        match has_returns {
            true => out.push_str(&edit.text.replace('\n', line)),
            false => out.push_str(&edit.text),
        }
        done = edit.at + edit.removed;
    }
    out.push_str(&text[done..]);
    out
}

/// True if a value of the file and an added one are the same.
fn is_equal(node: &Node, value: &Value) -> bool {
    match (&node.kind, value) {
        (_, Value::Null) => node.is_null(),
        // A plain value that is not a number or a flag is printed as a text.
        (Kind::Scalar { text, plain }, Value::Plain(other)) => match is_number_or_flag(other) {
            true => *plain && text == other,
            false => *text == escaped(other),
        },
        (Kind::Scalar { text, plain }, Value::Text(parts)) => {
            (!plain || matches!(Atom::from_plain(text), Atom::Str(_))) && *text == written(parts)
        }
        (Kind::List(nodes), Value::List(items)) => {
            nodes.len() == items.len()
                && nodes.iter().zip(items).all(|(node, item)| is_equal(node, &item.value))
        }
        (Kind::Map(_), Value::Map(map)) => is_equal_map(node, map),
        _ => false,
    }
}

/// True if a mapping of the file has the added entries, in any order, and no others.
fn is_equal_map(node: &Node, map: &Map) -> bool {
    let known: HashMap<&str, &Node> =
        node.entries().iter().map(|entry| (entry.key.as_str(), &entry.value)).collect();
    node.entries().len() == map.entries.len()
        && map.entries.iter().all(|entry| {
            known.get(escaped(&entry.key).as_str()).is_some_and(|node| is_equal(node, &entry.value))
        })
}

/// True if `new` is `old` with the additions. Otherwise `path` is the place of a difference.
fn is_sum(old: &Node, added: &[Entry], new: &Node, path: &mut Vec<String>) -> bool {
    let before: HashMap<&str, &Node> =
        old.entries().iter().map(|entry| (entry.key.as_str(), &entry.value)).collect();
    let more: HashMap<String, &Value> =
        added.iter().map(|entry| (escaped(&entry.key), &entry.value)).collect();
    let absent = more.keys().filter(|key| !before.contains_key(key.as_str())).count();
    if new.entries().len() != before.len() + absent {
        return false;
    }
    new.entries().iter().all(|entry| {
        path.push(entry.key.clone());
        let is_right = match (before.get(entry.key.as_str()), more.get(&entry.key)) {
            (Some(old), None) => is_same(old, &entry.value),
            (None, Some(added)) => is_equal(&entry.value, added),
            (Some(old), Some(added)) => {
                is_same(old, &entry.value)
                    || match added {
                        Value::Map(map) => is_sum(old, &map.entries, &entry.value, path),
                        _ => false,
                    }
            }
            (None, None) => false,
        };
        if is_right {
            path.pop();
        }
        is_right
    })
}

/// True if two values of files are the same.
fn is_same(old: &Node, new: &Node) -> bool {
    match (&old.kind, &new.kind) {
        (Kind::Scalar { text: a, plain: p }, Kind::Scalar { text: b, plain: q }) => a == b && p == q,
        (Kind::Nix(a), Kind::Nix(b)) => a == b,
        (Kind::List(a), Kind::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Kind::Map(a), Kind::Map(b)) => {
            let same =
                |(a, b): (&syntax::Entry, &syntax::Entry)| a.key == b.key && is_same(&a.value, &b.value);
            a.len() == b.len() && a.iter().zip(b).all(same)
        }
        (Kind::Replace(a), Kind::Replace(b)) => is_same(a, b),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_yaml::Value as Other;

    use super::super::{Comments, Part};
    use super::*;
    use crate::document::print::tests::any_value;
    use crate::parse::parse;

    /// The texts of the fixtures that are valid.
    static FIXTURES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
        let mut found = Vec::new();
        #[allow(clippy::disallowed_methods)]
        for folder in std::fs::read_dir(folder).expect("a folder") {
            let path = folder.expect("a folder").path().join("homeserver.yaml");
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            if Existing::read(&text, parse).is_ok_and(|read| read.root.is_some())
                && serde_yaml::from_str::<Other>(&text).is_ok()
            {
                found.push((path.display().to_string(), text));
            }
        }
        found.sort();
        assert!(found.len() > 60);
        found
    });

    fn map(entries: &[(&str, Value)]) -> Map {
        let mut map = Map::default();
        entries.iter().for_each(|(key, value)| map.push(*key, value.clone()));
        map
    }

    fn whole(key: &str, value: Value) -> Map {
        map(&[(key, value)])
    }

    /// A value of a file as a value to add. `None` for a Nix expression.
    fn value(node: &Node) -> Option<Value> {
        Some(match &node.kind {
            _ if node.is_null() => Value::Null,
            Kind::Scalar { text, plain: true } if !matches!(Atom::from_plain(text), Atom::Str(_)) => {
                // Another form of a number gets quotes.
                is_number_or_flag(text).then(|| Value::Plain(text.clone()))?
            }
            Kind::Scalar { text, .. } => {
                let mut parts = Vec::new();
                let mut rest = text.as_str();
                while let Some(at) = rest.find("${") {
                    let before = &rest[..at];
                    if let Some(before) = before.strip_suffix('$') {
                        parts.push(Part::Text(format!("{before}${{")));
                        rest = &rest[at + 2..];
                        continue;
                    }
                    let end = at + rest[at..].find('}')?;
                    parts.push(Part::Text(before.to_owned()));
                    parts.push(Part::Reference(rest[at + 2..end].to_owned()));
                    rest = &rest[end + 1..];
                }
                parts.push(Part::Text(rest.to_owned()));
                Value::Text(parts)
            }
            Kind::List(items) => {
                Value::List(items.iter().map(|item| value(item).map(Into::into)).collect::<Option<_>>()?)
            }
            Kind::Map(entries) => {
                let mut map = Map::default();
                for entry in entries {
                    if entry.key.contains("${") {
                        return None;
                    }
                    map.push(entry.key.clone(), value(&entry.value)?);
                }
                Value::Map(map)
            }
            _ => return None,
        })
    }

    fn read_other(text: &str) -> Other {
        serde_yaml::from_str(text.trim_start_matches('\u{feff}')).expect("YAML")
    }

    /// `old` with all entries of `added`.
    fn sum(old: Other, added: Other) -> Other {
        match (old, added) {
            (Other::Mapping(mut old), Other::Mapping(added)) => {
                for (key, value) in added {
                    let both = match old.get(&key) {
                        Some(old) => sum(old.clone(), value),
                        None => value,
                    };
                    old.insert(key, both);
                }
                Other::Mapping(old)
            }
            (_, added) => added,
        }
    }

    /// True if the bytes of `part` are in `text`, in order.
    fn is_in(part: &str, text: &str) -> bool {
        let mut bytes = text.bytes();
        part.bytes().all(|byte| bytes.any(|other| other == byte))
    }

    /// Inserts into a file, and checks that the result is the sum for another reader of YAML.
    fn insert_checked(existing: &str, added: &Map) -> Result<Inserted, Vec<Collision>> {
        let inserted = insert(existing, added, parse)?;
        let expected = sum(read_other(existing), read_other(&added.print()));
        assert_eq!(read_other(&inserted.text), expected, "{}", inserted.text);
        let bytes = existing.replace("{}", "").replace('~', "").replace("null", "").replace(" \n", "\n");
        assert!(is_in(bytes.trim_end(), &inserted.text), "{}", inserted.text);
        Ok(inserted)
    }

    fn app(image: &str) -> Value {
        let container = whole("image", Value::text(image));
        Value::Map(whole("containers", Value::Map(whole("app", Value::Map(container)))))
    }

    fn service(name: &str) -> Map {
        whole("services", Value::Map(whole(name, app("docker.io/example/app:1"))))
    }

    #[test]
    fn an_entry_that_is_removed_from_a_fixture_and_inserted_again_is_the_same() {
        let mut count = 0;
        for (name, text) in FIXTURES.iter() {
            let root = Existing::read(text, parse).expect("valid").root.expect("a tree");
            let below = |key: &str| root.get(key).map(|node| (Some(key.to_owned()), node));
            let maps = ["services", "secrets", "networks", "constants", "host"].into_iter().filter_map(below);
            for (key, node) in maps.chain([(None, &root)]) {
                let entries = node.entries();
                if entries.len() < 2 || text[node.span.start as usize..].starts_with('{') {
                    continue;
                }
                for (index, entry) in entries.iter().enumerate() {
                    let line = |at: u32| text[..at as usize].rfind('\n').map_or(0, |at| at + 1);
                    let start = line(entry.key_span.start);
                    let end = match entries.get(index + 1) {
                        Some(next) => line(next.key_span.start),
                        None => {
                            super::end(text, entry)
                                + text[super::end(text, entry)..].find('\n').map_or(0, |at| at + 1)
                        }
                    };
                    let without = format!("{}{}", &text[..start], &text[end..]);
                    let (Some(value), Ok(_)) = (value(&entry.value), Existing::read(&without, parse)) else {
                        continue;
                    };
                    let own = whole(&entry.key, value);
                    let added = match &key {
                        Some(key) => whole(key, Value::Map(own)),
                        None => own,
                    };
                    let inserted = match insert_checked(&without, &added) {
                        Ok(inserted) => inserted,
                        Err(found) => panic!("{name}: {} {found:?}", entry.key),
                    };
                    assert_eq!(read_other(&inserted.text), read_other(text), "{name}: {}", entry.key);
                    assert_eq!(insert(&inserted.text, &added, parse).expect("kept").text, inserted.text);
                    count += 1;
                }
            }
        }
        assert!(count > 300, "{count}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
        #[test]
        fn random_additions_are_added_to_every_fixture(
            values in prop::collection::vec(any_value(), 5),
            fixture in any::<prop::sample::Index>(),
            returns in any::<bool>(),
            is_cut in any::<bool>(),
        ) {
            let (_, text) = fixture.get(&FIXTURES);
            let text = if is_cut { text.trim_end() } else { text };
            let text = if returns { text.replace('\n', "\r\n") } else { text.to_owned() };
            let mut values = values.into_iter();
            let mut next = || values.next().expect("five");
            let added = map(&[
                ("services", Value::Map(map(&[("new-1", next()), ("new-2", next())]))),
                ("constants", Value::Map(map(&[("new", Value::Map(map(&[("x", next())]))), ("other", next())]))),
                ("secrets", Value::Map(map(&[("new", next())]))),
            ]);
            // A mapping in brackets has no room for most values.
            if let Err(found) = insert_checked(&text, &added) {
                prop_assert!(found.iter().all(|found| matches!(found.reason, Reason::Brackets | Reason::NoMapping)), "{:?}", found);
            }
        }
    }

    #[test]
    fn an_entry_goes_to_the_end_of_its_mapping() {
        let secret = whole("secrets", Value::Map(whole("new", Value::Map(Map::default()))));
        for (existing, added, expected) in [
            // The comments at the end of the mapping are a part of it.
            (
                "services:\n  a: {}\n\n  # b: {}\n# end\n",
                service("new"),
                "services:\n  a: {}\n\n  # b: {}\n\n  new:\n    containers:\n      app:\n        image: docker.io/example/app:1\n# end\n",
            ),
            // The indentation of the file, and no line break at its end.
            (
                "homegen: 1\nservices:\n    a:\n        port: 1",
                service("new"),
                "homegen: 1\nservices:\n    a:\n        port: 1\n\n    new:\n        containers:\n            app:\n                image: docker.io/example/app:1\n",
            ),
            // No blank lines where the file has none.
            (
                "secrets:\n  a: {}\n  b: {} # c\nservices: {}\n",
                secret.clone(),
                "secrets:\n  a: {}\n  b: {} # c\n  new: {}\nservices: {}\n",
            ),
            ("secrets:\nservices: {}\n", secret.clone(), "secrets:\n  new: {}\nservices: {}\n"),
            ("secrets: {} # none\n", secret.clone(), "secrets: # none\n  new: {}\n"),
            (
                "secrets: ~\n\n# s\nservices: {}\n",
                secret.clone(),
                "secrets:\n  new: {}\n\n# s\nservices: {}\n",
            ),
            ("secrets: { a: {} }\n", secret.clone(), "secrets: { a: {}, new: {} }\n"),
            ("secrets: {\n  a: {}, # a\n}\n", secret.clone(), "secrets: {\n  a: {}, new: {}, # a\n}\n"),
            // A missing key, in the order of the language.
            (
                "homegen: 1\n\nhost:\n  name: a\n\n# The services.\nservices: {}\n",
                secret.clone(),
                "homegen: 1\n\nhost:\n  name: a\n\nsecrets:\n  new: {}\n\n# The services.\nservices: {}\n",
            ),
            (
                "\u{feff}homegen: 1\r\nservices: {}\r\n",
                secret.clone(),
                "\u{feff}homegen: 1\r\nsecrets:\r\n  new: {}\r\nservices: {}\r\n",
            ),
            ("", secret.clone(), "secrets:\n  new: {}\n"),
            ("# a\n", secret.clone(), "# a\nsecrets:\n  new: {}\n"),
            ("secrets:\n  a: { file: |-\n      a\n", secret.clone(), ""),
            (
                "services:\n  a:\n    nixos: |\n      a\n\n",
                service("a-b"),
                "services:\n  a:\n    nixos: |\n      a\n\n  a-b:\n    containers:\n      app:\n        image: docker.io/example/app:1\n\n",
            ),
        ] {
            let inserted = insert(existing, &added, parse).map(|inserted| inserted.text).unwrap_or_default();
            assert_eq!(inserted, expected, "{existing}");
        }
    }

    #[test]
    fn the_settings_of_the_host_stay_and_constants_are_added_to_their_group() {
        let host = map(&[("name", Value::text("other")), ("memory", Value::text("8g"))]);
        let paths =
            whole("paths", Value::Map(map(&[("data", Value::text("/srv")), ("new", Value::text("/new"))])));
        let added = map(&[("host", Value::Map(host)), ("constants", Value::Map(paths))]);
        let existing = "host:\n  name: box\nconstants:\n  paths: { data: /srv }\n  a: 1\n";
        let inserted =
            insert_checked(existing, &whole("constants", added.entries[1].value.clone())).expect("added");
        assert_eq!(inserted.kept.len(), 1);
        let inserted = insert(existing, &added, parse).expect("added");
        assert_eq!(
            inserted.text,
            "host:\n  name: box\n  memory: 8g\nconstants:\n  paths: { data: /srv, new: /new }\n  a: 1\n"
        );
        let kept: Vec<_> = inserted.kept.iter().map(|kept| (kept.path.as_str(), kept.is_equal)).collect();
        assert_eq!(kept, [("host.name", false), ("constants.paths.data", true)]);
    }

    #[test]
    fn every_collision_is_found_and_nothing_is_inserted() {
        let mut added = service("a");
        added.push("secrets", Value::Map(map(&[("s", Value::Map(whole("format", Value::text("raw"))))])));
        added.push("constants", Value::Map(map(&[("data", Value::text("/new")), ("x.y", Value::text("1"))])));
        let existing =
            "services:\n  a: { port: 1 }\nsecrets: { s: {} }\nconstants:\n  data: /old\n  x.y: 1\n";
        let found = insert(existing, &added, parse).expect_err("collisions");
        let found: Vec<_> = found
            .iter()
            .map(|found| {
                let span = &existing[found.span.start as usize..found.span.end as usize];
                (found.path.as_str(), span, found.reason.clone())
            })
            .collect();
        assert_eq!(
            found,
            [
                ("services.a", "a", Reason::OtherValue),
                ("secrets.s", "s", Reason::OtherValue),
                ("constants.data", "data", Reason::OtherValue),
                ("constants[\"x.y\"]", "x.y", Reason::OtherValue),
            ]
        );
    }

    #[test]
    fn a_file_in_an_unknown_form_is_refused() {
        for existing in [
            "- a\n",
            "text\n",
            "services: [a]\n",
            "{}\n",
            "services: ${all}\n",
            "services: &a\n  a: { port: 1 }\nnixos: *a\n",
            "homegen: 1\n---\nhomegen: 1\n",
            "homegen: 1\n\tservices: {}\n",
            "services:\n  a: {}\n  a: {}\n",
            "services: { a: *b }\n",
            "services: !nix x\n",
            "homegen: \"1\n",
            "services:\r  a: {}\r",
        ] {
            let found = insert_checked(existing, &service("new"));
            assert!(found.is_err(), "{existing}: {found:?}");
        }
        let mut entry = service("new");
        entry.entries[0].comments = Comments { above: vec!["a".to_owned()], ..Comments::default() };
        assert!(insert_checked("homegen: 1\n", &entry).is_ok());
    }

    #[test]
    fn the_names_and_constants_of_a_file_are_found() {
        let existing =
            Existing::read("services:\n  a: {}\n  b: {}\nconstants: { p: { d: /srv }, n: 1 }\n", parse)
                .expect("valid");
        assert_eq!(existing.names("services").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(existing.names("secrets").count(), 0);
        assert_eq!(existing.constants(), [("p.d".to_owned(), "/srv"), ("n".to_owned(), "1")]);
    }
}
