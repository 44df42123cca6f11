//! Reading the files of `data/`, which are YAML. A file that does not fit its type is a mistake of homegen's, which the tests
//! of the module that reads it find.
//!
//! Parsing a file takes a quarter of the work of compiling a small host. So a file is parsed when it is first asked for, and
//! a long one in parts: a list by its rows ([`Row`]), a mapping by its keys ([`section_of`]).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer};

/// The text of the file that is called `$name`.
macro_rules! file {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/", $name, ".yaml"))
    };
}
pub(crate) use file;

/// The file that is called `$name`, which is parsed when it is first asked for.
macro_rules! table {
    ($type:ty, $name:literal) => {
        $crate::data::lazy!($type, $crate::data::read($crate::data::file!($name)))
    };
}
pub(crate) use table;

/// The rows of the file that is called `$name`, which is a list.
macro_rules! rows {
    ($type:ty, $name:literal) => {
        $crate::data::lazy!(Vec<$crate::data::Row<$type>>, $crate::data::rows_of($crate::data::file!($name)))
    };
}
pub(crate) use rows;

/// The value of a key of the file that is called `$name`, which is parsed when it is first asked for.
macro_rules! section {
    ($type:ty, $name:literal, $key:literal) => {
        $crate::data::lazy!($type, $crate::data::section_of($crate::data::file!($name), $key))
    };
}
pub(crate) use section;

/// A value that is made when it is first asked for.
macro_rules! lazy {
    ($type:ty, $make:expr) => {{
        static VALUE: std::sync::LazyLock<$type> = std::sync::LazyLock::new(|| $make);
        &*VALUE
    }};
}
pub(crate) use lazy;

/// Parses a file, or a part of one. Its comments are left out before: for the parser they are nearly as much work as the
/// rest. No text that goes over several lines has a line with `#` at its start.
pub(crate) fn read<T: Deserialize<'static>>(text: &'static str) -> T {
    let is_comment = |line: &&str| line.trim_start().starts_with('#');
    let code: String = text.split_inclusive('\n').filter(|line| !is_comment(line)).collect();
    serde_yaml::from_str(kept(code)).unwrap_or_else(|error| panic!("data/: {error}\n{text}"))
}

/// Parses the value of a key of a file, which is a mapping.
pub(crate) fn section_of<T: Deserialize<'static>>(text: &'static str, key: &str) -> T {
    let start = next_line(text, |rest| rest.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    let rest = &text[start..];
    let end = next_line(rest, |rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
    let mut section: BTreeMap<String, T> = read(&rest[..end]);
    section.remove(key).unwrap_or_else(|| panic!("data/: no `{key}`"))
}

/// Where the first line but one begins of which `begins` holds, or the end of the text.
fn next_line(text: &str, begins: impl Fn(&str) -> bool) -> usize {
    let starts = text.match_indices('\n').map(|(at, _)| at + 1);
    starts.into_iter().find(|at| begins(&text[*at..])).unwrap_or(text.len())
}

/// A row of a file that is a list, which is parsed when it is first asked for.
#[derive(Debug)]
pub(crate) struct Row<T> {
    /// What its first key has, without brackets.
    names: &'static str,
    text: &'static str,
    value: OnceLock<Box<T>>,
}

impl<T: Deserialize<'static>> Row<T> {
    fn of(text: &'static str) -> Row<T> {
        let value = text.split_once(": ").map_or("", |(_, value)| value);
        let end = value.find(if value.starts_with('[') { ']' } else { '\n' });
        let names = value[..end.unwrap_or(value.len())].trim_start_matches('[');
        Row { names, text, value: OnceLock::new() }
    }

    /// What its first key has: one text, or several. The row is not parsed for it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + use<T> {
        self.names.split(',').map(str::trim)
    }

    /// Whether its first key has this text.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }

    /// The row.
    pub(crate) fn get(&self) -> &T {
        self.value.get_or_init(|| {
            let [value]: [T; 1] = read(self.text);
            Box::new(value)
        })
    }
}

/// The rows of a file, which is a list.
pub(crate) fn rows_of<T: Deserialize<'static>>(text: &'static str) -> Vec<Row<T>> {
    let next = |text: &str| next_line(text, |rest| rest.starts_with("- "));
    let mut rest = if text.starts_with("- ") { text } else { &text[next(text)..] };
    let mut rows = Vec::with_capacity(256);
    while !rest.is_empty() {
        let (row, after) = rest.split_at(next(rest));
        rows.push(Row::of(row));
        rest = after;
    }
    rows
}

/// Reads a text that lives as long as the program.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    String::deserialize(deserializer).map(kept)
}

/// Reads a list of such texts.
pub(crate) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static [&'static str], D::Error> {
    Vec::deserialize(deserializer).map(all_kept)
}

/// A list of texts that live as long as the program.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Texts(#[serde(deserialize_with = "texts")] pub &'static [&'static str]);

/// A text, for as long as the program runs.
pub(crate) fn kept(text: String) -> &'static str {
    text.leak()
}

/// A list of texts, for as long as the program runs.
pub(crate) fn all_kept(texts: Vec<String>) -> &'static [&'static str] {
    texts.into_iter().map(kept).collect::<Vec<_>>().leak()
}

#[cfg(test)]
pub(crate) mod tests {
    use serde::Deserialize;
    use serde_yaml::Value;

    use super::{Row, rows_of, section_of};

    /// Asserts that each list of texts below a key of a file is in order, and names nothing twice.
    pub(crate) fn lists_are_in_order(text: &str) {
        let file: serde_yaml::Mapping = serde_yaml::from_str(text).unwrap();
        for (key, list) in &file {
            let texts = list.as_sequence().into_iter().flatten().map_while(Value::as_str);
            assert!(texts.is_sorted_by(|one, next| one < next), "{key:?}");
        }
    }

    /// Asserts that a file has these keys.
    pub(crate) fn keys_are(text: &str, keys: &[&str]) {
        let file: serde_yaml::Mapping = serde_yaml::from_str(text).unwrap();
        assert_eq!(file.keys().filter_map(Value::as_str).collect::<Vec<_>>(), keys);
    }

    /// Asserts that rows are those of a file, with the texts of its first keys, and can be parsed.
    pub(crate) fn rows_are_those_of<T: Deserialize<'static>>(text: &'static str, rows: &[Row<T>]) {
        let file: Vec<serde_yaml::Mapping> = serde_yaml::from_str(text).unwrap();
        let names = |value: &Value| match value {
            Value::Sequence(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            name => vec![name.as_str().unwrap().to_owned()],
        };
        let written: Vec<Vec<String>> = file.iter().map(|row| names(row.values().next().unwrap())).collect();
        assert_eq!(rows.iter().map(|row| row.names().collect::<Vec<_>>()).collect::<Vec<_>>(), written);
        for row in rows {
            let _ = row.get();
        }
    }

    #[test]
    fn a_file_is_its_rows() {
        const FILE: &str = "# A comment.\n\n- a: 1\n  b: [\n    - 2]\n# Another one.\n- c: [d,\n    e]\n";
        let rows: Vec<Row<Value>> = rows_of(FILE);
        assert_eq!(
            rows.iter().map(|row| row.text).collect::<Vec<_>>(),
            ["- a: 1\n  b: [\n    - 2]\n# Another one.\n", "- c: [d,\n    e]\n"]
        );
        assert!(rows[0].is("1") && rows[1].is("d") && rows[1].is("e") && !rows[1].is("d,"));
        assert!(super::rows_of::<Value>("").is_empty());
    }

    #[test]
    fn a_file_is_its_sections() {
        const FILE: &str = "# A comment.\n\na: 1\n# Another one.\nab:\n  - a: 2\n    # One more.\n  - b\n";
        assert_eq!(section_of::<u8>(FILE, "a"), 1);
        assert_eq!(section_of::<Vec<Value>>(FILE, "ab").len(), 2);
    }
}
