//! Reading the files of `data/`, which are YAML. A file that does not fit its type is a mistake of homegen's, which the tests
//! of the module that reads it find.

use serde::{Deserialize, Deserializer};

/// The text of the file that is called `$name`.
macro_rules! file {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/", $name, ".yaml"))
    };
}
pub(crate) use file;

/// The file that is called `$name`, which is read when it is first asked for.
macro_rules! table {
    ($type:ty, $name:literal) => {{
        static TABLE: std::sync::LazyLock<$type> =
            std::sync::LazyLock::new(|| $crate::data::read($name, $crate::data::file!($name)));
        &TABLE
    }};
}
pub(crate) use table;

/// Reads a file that is called `name`.
pub fn read<T: Deserialize<'static>>(name: &str, text: &'static str) -> T {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("data/{name}.yaml: {error}"))
}

/// The text of each row of a file, which is a list by itself. Splitting a file takes a fiftieth of the work of parsing it, and
/// a run needs few rows of a long one.
pub fn row_texts(text: &'static str) -> impl Iterator<Item = &'static str> {
    let next = |text: &str| text.find("\n- ").map_or(text.len(), |at| at + 1);
    let mut rest = if text.starts_with("- ") { text } else { &text[next(text)..] };
    std::iter::from_fn(move || {
        let (row, after) = rest.split_at(next(rest));
        rest = after;
        (!row.is_empty()).then_some(row)
    })
}

/// Reads a text that lives as long as the program.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    String::deserialize(deserializer).map(kept)
}

/// Reads a list of such texts.
pub fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static [&'static str], D::Error> {
    Vec::deserialize(deserializer).map(all_kept)
}

/// A text, for as long as the program runs.
pub fn kept(text: String) -> &'static str {
    text.leak()
}

/// A list of texts, for as long as the program runs.
pub fn all_kept(texts: Vec<String>) -> &'static [&'static str] {
    texts.into_iter().map(kept).collect::<Vec<_>>().leak()
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_yaml::Value;

    use super::row_texts;

    /// Asserts that each list of texts below a key of a file is in order, and names nothing twice.
    pub(crate) fn lists_are_in_order(text: &str) {
        let file: serde_yaml::Mapping = serde_yaml::from_str(text).unwrap();
        for (key, list) in &file {
            let texts = list.as_sequence().into_iter().flatten().map_while(Value::as_str);
            assert!(texts.is_sorted_by(|one, next| one < next), "{key:?}");
        }
    }

    #[test]
    fn a_file_is_its_rows() {
        let rows: Vec<&str> =
            row_texts("# A comment.\n\n- a: 1\n  b: [\n    - 2]\n# Another one.\n- c\n").collect();
        assert_eq!(rows, ["- a: 1\n  b: [\n    - 2]\n# Another one.\n", "- c\n"]);
        assert_eq!(row_texts("").count(), 0);
    }
}
