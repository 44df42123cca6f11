//! Reads the files of `data/`. A file that does not match its type is an internal error; the tests of the module that
//! reads it find that.
//!
//! The files are YAML, which `build.rs` turns into JSON: parsing YAML would take a fifth of the time to build a small
//! host. A file is parsed at its first use, and a long one in parts: a list by its rows ([`Row`]), a mapping by its keys
//! ([`section_of`]).

use std::sync::OnceLock;

use serde::{Deserialize, Deserializer};

/// The text of the file `$name`.
#[cfg(test)]
macro_rules! file {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/", $name, ".yaml"))
    };
}
#[cfg(test)]
pub(crate) use file;

/// The file `$name` as JSON, with a line for each row or key between the brackets.
macro_rules! json {
    ($name:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/data/", $name, ".json"))
    };
}
pub(crate) use json;

/// The file `$name`, parsed at its first use.
macro_rules! table {
    ($type:ty, $name:literal) => {
        $crate::data::lazy!($type, $crate::data::read($crate::data::json!($name)))
    };
}
pub(crate) use table;

/// The rows of the file `$name`, which is a list.
macro_rules! rows {
    ($type:ty, $name:literal) => {
        $crate::data::lazy!(Vec<$crate::data::Row<$type>>, $crate::data::rows_of($crate::data::json!($name)))
    };
}
pub(crate) use rows;

/// The value of a key of the file `$name`, parsed at its first use.
macro_rules! section {
    ($type:ty, $name:literal, $key:literal) => {
        $crate::data::lazy!($type, $crate::data::section_of($crate::data::json!($name), $key))
    };
}
pub(crate) use section;

/// A value that is computed at its first use.
macro_rules! lazy {
    ($type:ty, $make:expr) => {{
        static VALUE: std::sync::LazyLock<$type> = std::sync::LazyLock::new(|| $make);
        &*VALUE
    }};
}
pub(crate) use lazy;

/// Parses a file, or a part of one.
pub(crate) fn read<T: Deserialize<'static>>(json: &'static str) -> T {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("data/: {error}\n{json}"))
}

/// Parses the value of a key of a file, which is a mapping.
pub(crate) fn section_of<T: Deserialize<'static>>(json: &'static str, key: &str) -> T {
    let section = lines(json).find_map(|line| line.strip_prefix('"')?.strip_prefix(key)?.strip_prefix("\":"));
    read(section.unwrap_or_else(|| panic!("data/: no `{key}`")))
}

/// The lines of a file between its brackets: rows, or keys with their values.
fn lines(json: &'static str) -> impl Iterator<Item = &'static str> {
    let is_entry = |line: &&str| !matches!(*line, "[" | "]" | "{" | "}");
    json.lines().filter(is_entry).map(|line| line.strip_suffix(',').unwrap_or(line))
}

/// A row of a file that is a list, parsed at its first use.
#[derive(Debug)]
pub(crate) struct Row<T> {
    /// The value of its first key, without brackets.
    names: &'static str,
    text: &'static str,
    value: OnceLock<Box<T>>,
}

impl<T: Deserialize<'static>> Row<T> {
    fn of(text: &'static str) -> Row<T> {
        let value = text.split_once("\":").map_or("", |(_, value)| value);
        let names = match value.strip_prefix('[') {
            Some(list) => list.split(']').next(),
            None => value.split([',', '}']).next(),
        };
        let names = names.unwrap_or_default();
        Row { names, text, value: OnceLock::new() }
    }

    /// The texts of its first key, one or several. The row is not parsed for them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + use<T> {
        self.names.split(',').map(|name| name.trim_matches('"'))
    }

    /// True if its first key has this text.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }

    /// The row.
    pub(crate) fn get(&self) -> &T {
        self.value.get_or_init(|| Box::new(read(self.text)))
    }
}

/// The rows of a file, which is a list.
pub(crate) fn rows_of<T: Deserialize<'static>>(json: &'static str) -> Vec<Row<T>> {
    lines(json).map(Row::of).collect()
}

/// Reads a text with a static lifetime.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    String::deserialize(deserializer).map(kept)
}

/// Reads a list of such texts.
pub(crate) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static [&'static str], D::Error> {
    Vec::deserialize(deserializer).map(all_kept)
}

/// A list of texts with a static lifetime.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Texts(#[serde(deserialize_with = "texts")] pub(crate) &'static [&'static str]);

/// Leaks a text, for a static lifetime.
pub(crate) fn kept(text: String) -> &'static str {
    text.leak()
}

/// Leaks a list of texts, for a static lifetime.
pub(crate) fn all_kept(texts: Vec<String>) -> &'static [&'static str] {
    texts.into_iter().map(kept).collect::<Vec<_>>().leak()
}

#[cfg(test)]
pub(crate) mod tests {
    use serde::Deserialize;
    use serde_yaml::Value;

    use super::{Row, rows_of, section_of};

    /// Asserts that each list of texts below a key of a file is sorted and has no duplicates.
    pub(crate) fn assert_lists_are_sorted(text: &str) {
        let file: serde_yaml::Mapping = serde_yaml::from_str(text).unwrap();
        for (key, list) in &file {
            let texts = list.as_sequence().into_iter().flatten().map_while(Value::as_str);
            assert!(texts.is_sorted_by(|one, next| one < next), "{key:?}");
        }
    }

    /// Asserts that a file has these keys.
    pub(crate) fn assert_keys(text: &str, keys: &[&str]) {
        let file: serde_yaml::Mapping = serde_yaml::from_str(text).unwrap();
        assert_eq!(file.keys().filter_map(Value::as_str).collect::<Vec<_>>(), keys);
    }

    /// Asserts that rows are those of a YAML file, with the texts of its first keys, and can be parsed.
    pub(crate) fn assert_rows_match<T: Deserialize<'static>>(text: &str, rows: &[Row<T>]) {
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
    fn rows_are_read_from_a_file_and_found_by_name() {
        const FILE: &str = "[\n{\"a\":\"1\",\"b\":[2]},\n{\"c\":[\"d\",\"e\"]}\n]\n";
        let rows: Vec<Row<Value>> = rows_of(FILE);
        let texts: Vec<&str> = rows.iter().map(|row| row.text).collect();
        assert_eq!(texts, ["{\"a\":\"1\",\"b\":[2]}", "{\"c\":[\"d\",\"e\"]}"]);
        assert!(rows[0].is("1") && rows[1].is("d") && rows[1].is("e") && !rows[1].is("d,"));
    }

    #[test]
    fn a_section_of_a_file_is_read_by_its_key() {
        const FILE: &str = "{\n\"ab\":[{\"a\":2},\"b\"],\n\"a\":1\n}\n";
        assert_eq!(section_of::<u8>(FILE, "a"), 1);
        assert_eq!(section_of::<Vec<Value>>(FILE, "ab").len(), 2);
    }
}
