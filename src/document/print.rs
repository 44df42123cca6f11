//! [`document`](crate::document) → YAML, in block style, as a person writes it.
//!
//! ```yaml
//! services:
//!   photos:
//!     # The photos of the family.
//!     port: 8080
//!     containers:
//!       app:
//!         image: docker.io/example/photos:1  # the newest release
//!         command: [serve, --fast]
//!         volumes:
//!           - ${paths.data}/photos:/data
//! ```
//!
//! A text has no quotes where readers of YAML 1.1 and of YAML 1.2 read the same text, and homegen has no warning about
//! it. A list is written in brackets if it has only short words, no comments, and fits into [`LIST_WIDTH`] columns.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::{Comments, Entry, Item, Map, Part, Value};
use crate::printable::{escape, escapes};
use crate::tree::Atom;

/// The columns of a line with a comment. A longer comment is wrapped, except for a word that is longer.
const WIDTH: usize = 100;

/// The columns of a line with a list in brackets.
const LIST_WIDTH: usize = 80;

/// The columns between two levels of a new file.
pub(super) const STEP: usize = 2;

/// The columns of the mark `- ` of an item.
const MARK: usize = 2;

/// The longest key on one line with its value. YAML limits it to 1024 characters with its quotes
/// (<https://yaml.org/spec/1.2.2/#rule-ns-s-block-map-implicit-key>).
const MAX_KEY: usize = 1000;

impl Map {
    /// The YAML text of a file. An empty mapping is `{}`.
    pub fn print(&self) -> String {
        match self.entries.is_empty() {
            true => "{}\n".to_owned(),
            false => {
                let mut printer = Printer { out: String::new(), step: STEP };
                printer.entries(&self.entries, 0, 0, Level::File);
                printer.out
            }
        }
    }
}

/// The level of a mapping, which decides about blank lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// The file.
    File,
    /// The value of `services`.
    Services,
    /// Another mapping.
    Other,
}

impl Level {
    /// The level of the value of `key` in a mapping at this level.
    pub(super) fn below(self, key: &str) -> Level {
        match (self, key) {
            (Level::File, "services") => Level::Services,
            _ => Level::Other,
        }
    }

    /// True if blank lines separate the entries of the mapping.
    pub(super) fn is_spaced(self) -> bool {
        self != Level::Other
    }
}

/// The lines of an entry with its key in column `indent`, with `step` columns between two levels. `level` is the level of its value.
pub(super) fn print_entry(entry: &Entry, indent: usize, step: usize, level: Level) -> String {
    let mut printer = Printer { out: String::new(), step };
    printer.entry(entry, indent, 0, level);
    printer.out
}

/// An entry in brackets, on one line. `None` if it has comments.
pub(super) fn print_flow(entry: &Entry) -> Option<String> {
    fn flow(value: &Value) -> Option<String> {
        Some(match value {
            Value::Null => "null".to_owned(),
            Value::Plain(text) if is_number_or_flag(text) => text.clone(),
            Value::Plain(text) => word(text),
            Value::Text(parts) => word(&written(parts)),
            Value::Map(map) if map.entries.is_empty() => "{}".to_owned(),
            Value::Map(map) => {
                let entries: Option<Vec<String>> = map.entries.iter().map(print_flow).collect();
                format!("{{ {} }}", entries?.join(", "))
            }
            Value::List(items) => {
                let items = items.iter().map(|item| {
                    let is_bare = item.comments == Comments::default();
                    flow(&item.value).filter(|_| is_bare)
                });
                format!("[{}]", items.collect::<Option<Vec<String>>>()?.join(", "))
            }
        })
    }
    let word = word(&escaped(&entry.key));
    (entry.comments == Comments::default()).then(|| Some(format!("{word}: {}", flow(&entry.value)?)))?
}

/// A text inside brackets.
fn word(text: &str) -> String {
    if is_word(text) { scalar(text) } else { quoted(text) }
}

struct Printer {
    out: String,
    /// The columns between two levels.
    step: usize,
}

impl Printer {
    /// Prints entries with keys in column `indent`. The line of the first one has `marks` times `- ` before the key.
    fn entries(&mut self, entries: &[Entry], indent: usize, marks: usize, level: Level) {
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 && level.is_spaced() {
                self.out.push('\n');
            }
            self.entry(entry, indent, if index == 0 { marks } else { 0 }, level.below(&entry.key));
        }
    }

    fn entry(&mut self, entry: &Entry, indent: usize, marks: usize, level: Level) {
        let key = scalar(&escaped(&entry.key));
        let line = match key.chars().count() > MAX_KEY {
            true => format!("{}? {key}\n{}:", start(indent, marks), start(indent, 0)),
            false => format!("{}{key}:", start(indent, marks)),
        };
        let (column, below) = (indent - MARK * marks, indent + self.step);
        let Comments { above, beside, below: behind } = &entry.comments;
        self.comments(above, column);
        match &entry.value {
            Value::List(items) if inline(&entry.value, width(&line) + 1).is_none() => {
                self.line(line, beside.as_deref(), column);
                self.items(items, below, 0);
            }
            Value::Map(map) if !map.entries.is_empty() => {
                self.line(line, beside.as_deref(), column);
                self.entries(&map.entries, below, 0, level);
            }
            value => self.scalar(line, value, beside.as_deref(), below, column),
        }
        let is_collection = matches!(entry.value, Value::List(_) | Value::Map(_));
        self.comments(behind, if is_collection { below } else { column });
    }

    /// Prints the items of a list, with the marks `- ` in column `indent`. The line of the first one has `marks` more
    /// before it.
    fn items(&mut self, items: &[Item], indent: usize, marks: usize) {
        for (index, item) in items.iter().enumerate() {
            let marks = if index == 0 { marks } else { 0 };
            let line = format!("{}-", start(indent, marks));
            let (column, below) = (indent - MARK * marks, indent + MARK);
            let Comments { above, beside, below: behind } = &item.comments;
            self.comments(above, column);
            match &item.value {
                Value::List(items) if inline(&item.value, width(&line) + 1).is_none() => {
                    self.comments(beside.as_slice(), column);
                    self.items(items, below, marks + 1);
                }
                Value::Map(map) if !map.entries.is_empty() => {
                    self.comments(beside.as_slice(), column);
                    self.entries(&map.entries, below, marks + 1, Level::Other);
                }
                Value::Null => self.line(format!("{line} null"), beside.as_deref(), column),
                value => self.scalar(line, value, beside.as_deref(), below, column),
            }
            let is_collection = matches!(item.value, Value::List(_) | Value::Map(_));
            self.comments(behind, if is_collection { below } else { column });
        }
    }

    /// Prints a value that is on the line `line` of its key or mark, or is a block scalar.
    fn scalar(&mut self, line: String, value: &Value, beside: Option<&str>, below: usize, column: usize) {
        match value {
            Value::Text(parts) => {
                let text = written(parts);
                match block(&text) {
                    Some(sign) => {
                        self.line(format!("{line} {sign}"), beside, column);
                        for part in text.strip_suffix('\n').unwrap_or(&text).split('\n') {
                            if !part.is_empty() {
                                self.out.push_str(&start(below, 0));
                                self.out.push_str(part);
                            }
                            self.out.push('\n');
                        }
                    }
                    None => self.line(format!("{line} {}", scalar(&text)), beside, column),
                }
            }
            value => {
                let value = inline(value, width(&line) + 1).unwrap_or_default();
                let space = if value.is_empty() { "" } else { " " };
                self.line(format!("{line}{space}{value}"), beside, column);
            }
        }
    }

    /// Prints a line with the comment beside it. A long comment goes above the line.
    fn line(&mut self, line: String, beside: Option<&str>, column: usize) {
        let beside = beside.map(|comment| format!("  # {}", clean(comment).trim()));
        match beside {
            Some(comment) if width(&line) + comment.chars().count() <= WIDTH => {
                self.out.extend([&line, comment.trim_end(), "\n"]);
            }
            Some(comment) => {
                self.comments(&[comment[4..].to_owned()], column);
                self.out.extend([&line, "\n"]);
            }
            None => self.out.extend([&line, "\n"]),
        }
    }

    /// Prints lines of comments in column `column`.
    fn comments(&mut self, lines: &[String], column: usize) {
        for line in lines {
            let line = clean(line);
            let line = line.trim_end();
            let indent = &line[..line.len() - line.trim_start().len()];
            let options = textwrap::Options::new(WIDTH.saturating_sub(column + "# ".len()))
                .break_words(false)
                .word_splitter(textwrap::WordSplitter::NoHyphenation)
                .subsequent_indent(indent);
            for part in textwrap::wrap(line, options) {
                let space = if part.is_empty() { "" } else { " " };
                self.out.extend([&start(column, 0), "#", space, &part, "\n"]);
            }
        }
    }
}

/// The start of a line in column `indent`, with `marks` times `- ` at its end.
fn start(indent: usize, marks: usize) -> String {
    format!("{}{}", " ".repeat(indent - MARK * marks), "- ".repeat(marks))
}

/// The columns of the last line of `text`.
fn width(text: &str) -> usize {
    text.rsplit('\n').next().unwrap_or(text).chars().count()
}

/// A comment without characters that could end it.
fn clean(comment: &str) -> String {
    let mut out = String::new();
    for c in comment.chars() {
        match c {
            '\t' => out.push_str("  "),
            c if is_unsafe(c) => out.extend(escape(c)),
            c => out.push(c),
        }
    }
    out
}

/// A value that is printed on one line, which begins in column `column`.
fn inline(value: &Value, column: usize) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Plain(text) if is_number_or_flag(text) => Some(text.clone()),
        Value::Plain(text) => Some(scalar(&escaped(text))),
        Value::Text(_) => None,
        Value::Map(map) => map.entries.is_empty().then(|| "{}".to_owned()),
        Value::List(items) => {
            let mut list = "[".to_owned();
            for item in items {
                if item.comments != Comments::default() {
                    return None;
                }
                if list.len() > 1 {
                    list.push_str(", ");
                }
                match &item.value {
                    Value::Plain(text) if is_number_or_flag(text) => list.push_str(text),
                    Value::Text(parts) => match parts.as_slice() {
                        [Part::Text(text)] if is_word(text) => list.push_str(&scalar(text)),
                        _ => return None,
                    },
                    _ => return None,
                }
                if column + list.len() >= LIST_WIDTH {
                    return None;
                }
            }
            list.push(']');
            Some(list)
        }
    }
}

/// True if `text` is a number or a flag for every reader of YAML.
pub(super) fn is_number_or_flag(text: &str) -> bool {
    match Atom::from_plain(text) {
        Atom::Int(number) => number.to_string() == text,
        Atom::Bool(flag) => flag.to_string() == text,
        Atom::Float(_) => {
            let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            let unsigned = text.strip_prefix('-').unwrap_or(text);
            unsigned.split_once('.').is_some_and(|(whole, part)| digits(whole) && digits(part))
        }
        Atom::Null | Atom::Str(_) => false,
    }
}

/// True for a word that needs no thought inside brackets.
fn is_word(text: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '.' | '-');
    text.starts_with(is_start)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_.+=@-".contains(&b))
        && !matches!(text, "-" | "--")
}

/// The text of a value with its references, and with escapes for literal `${`.
pub(super) fn written(parts: &[Part]) -> String {
    let mut out = String::new();
    let mut literal = String::new();
    for part in parts {
        match part {
            Part::Text(text) => literal.push_str(text),
            Part::Reference(name) => {
                out.push_str(&escaped(&std::mem::take(&mut literal)));
                out.extend(["${", name, "}"]);
            }
        }
    }
    out.push_str(&escaped(&literal));
    out
}

/// A literal text, in which `$${` stands for `${`.
pub(super) fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// A text on one line, with quotes where it needs them.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    quoted(text)
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    match text.contains(['"', '\\']) && !text.chars().any(needs_escape) {
        true => format!("'{}'", text.replace('\'', "''")),
        false => double_quoted(text),
    }
}

/// A text in double quotes (<https://yaml.org/spec/1.2.2/#57-escaped-characters>).
fn double_quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if !needs_escape(c) => out.push(c),
            c => match u32::from(c) {
                code @ ..=0xff => out.push_str(&format!("\\x{code:02x}")),
                code @ ..=0xffff => out.push_str(&format!("\\u{code:04x}")),
                code => out.push_str(&format!("\\U{code:08x}")),
            },
        }
    }
    out.push('"');
    out
}

/// True for a character that needs an escape in a text: a reader of YAML changes it, or a person does not see it.
fn needs_escape(c: char) -> bool {
    is_unsafe(c) || (c.is_whitespace() && c != ' ')
}

/// True for a character that ends a line, moves the cursor or is invisible, or that YAML forbids
/// (<https://yaml.org/spec/1.2.2/#51-character-set>).
fn is_unsafe(c: char) -> bool {
    escapes(c.encode_utf8(&mut [0; 4])).next().is_some() || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// The sign of the block scalar that is read as `text`. `None` if there is none.
///
/// A text that ends with several line breaks would need `|+`, which also keeps the blank lines that separate entries.
fn block(text: &str) -> Option<&'static str> {
    let is_readable = |line: &str| line.split('\t').all(|part| !part.chars().any(needs_escape));
    let body = text.strip_suffix('\n').unwrap_or(text);
    let first = body.split('\n').next()?;
    // The first line has the indentation of the block, unless the sign has a number.
    let begins = first.starts_with(|c: char| c != ' ' && c != '\t');
    let ends =
        !body.ends_with('\n') && body.split('\n').next_back().is_some_and(|last| !last.trim().is_empty());
    let sign = if text.len() > body.len() { "|" } else { "|-" };
    (text.contains('\n') && begins && ends && body.split('\n').all(is_readable)).then_some(sign)
}

/// True if YAML of both versions, and homegen, read the text as itself where it has no quotes, outside of brackets.
fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let begins = match (chars.next(), chars.next()) {
        (Some('~'), second) => second == Some('/'),
        (Some('-'), Some('-')) => chars.next().is_some_and(char::is_alphanumeric),
        (Some('-'), second) => second.is_some_and(char::is_alphanumeric),
        (Some(first), _) => first.is_alphanumeric() || "/._$(+".contains(first),
        (None, _) => false,
    };
    begins
        && !text.starts_with("...")
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.chars().any(needs_escape)
        && !is_other_type(text)
}

/// True if a reader of YAML 1.1 or 1.2 takes a plain scalar for another value than a text.
fn is_other_type(text: &str) -> bool {
    !matches!(Atom::from_plain(text), Atom::Str(_)) || OTHER_TYPES.is_match(text)
}

/// The plain scalars of the types of YAML 1.1 (<https://yaml.org/type/>), and of the core schema of YAML 1.2
/// (<https://yaml.org/spec/1.2.2/#103-core-schema>), in any case.
static OTHER_TYPES: LazyLock<Regex> = LazyLock::new(|| {
    let types = [
        // bool, null, merge, value
        "y|yes|n|no|on|off|true|false|null|~|<<|=",
        // int and float, with `_` between digits
        r"[-+]?[0-9_]+|[-+]?0x[0-9a-f_]+|[-+]?0o[0-7_]+|[-+]?0b[01_]+",
        r"[-+]?[0-9_]*\.?[0-9_]*(e[-+]?[0-9]+)?|[-+]?\.inf|\.nan|[-+]?inf|nan",
        // numbers of base 60, and all others of digits and colons: ports and times
        r"[-+]?[0-9_]+(:[0-9_]+)+(\.[0-9_]*)?",
        // timestamp
        r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t \t].*)?",
    ];
    Regex::new(&format!("(?i)^(?:{})$", types.join("|"))).expect("a valid pattern")
});

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::ast::File;
    use crate::diag::{Code, Diagnostics};
    use crate::file_context::FileContext;
    use crate::parse::parse;
    use crate::resolve::resolve;
    use crate::source::{SourceId, Sources};
    use crate::tree::{Kind, Node, Piece};

    /// The file before the printed value.
    const HEAD: &str = "\
        homegen: 1\n\
        host: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }\n\
        services: { app: { containers: { app: { image: docker.io/library/nginx:1.27 } } } }\n\
        constants:\n  a: { b: value }\n";

    /// The scalars that a reader of YAML may take for another value, or for several.
    #[rustfmt::skip]
    const HARD: &[&str] = &[
        "", " ", "a ", " a", "no", "On", "yes", "y", "N", "off", "true", "FALSE", "null", "Null", "~",
        "~/a", "22:22", "8080:80", "0755", "08", "1_000", "1e3", "+1", "-1", "1.5", ".5", "5.", ".inf",
        "-.INF", ".nan", "0x1F", "0o17", "0b1", "1.2.3", "10.0.0.1", "2026-01-01", "2026-01-01T00:00:00Z",
        "=", "<<", "-", "--", "---", "--- a", "...", "- a", "-a", "--a", "? a", "?", ":", ":a", "a:",
        "a: b", "a:b", "a #b", "a#b", "#a", "#", "'a'", "\"a\"", "it's", "a \"b\" 'c'", "\\", "a\\nb", "!a",
        "&a", "*a", "@a", "`a`", "%a", "|", ">", ",", "a, b", "[a]", "{a}", "]", "}", "${", "${a}", "$${a}",
        "$$${a}", "a$", "$", "$$", "$A", "${a.b}", "${A:-b}", "\t", "a\tb", "a\t#b", "\n", "a\n", "a\nb",
        "a\nb\n", "a\n\n", "\na", " a\nb", "a\n b\n", "a\n\nb", "a\n \nb", "a\n#b\n", "a\n\tb", "a \nb",
        "\r", "a\r\nb", "\u{85}", "a\u{85}b", "a\n\u{85}b\n", "\u{2028}", "a\u{2029}b", "\u{feff}",
        "\u{feff}a", "\u{1b}", "\u{7f}", "\u{a0}", "\u{fffe}", "\u{ffff}", "\u{1f3e0}", "\u{10ffff}", "사진",
        "é: b", "a\u{200b}", "\u{202e}a", "::1", "fd00::1", "a b", "c 189:* rmw", "key: |\n  a\n", "\\t",
        "##[error]x", "1:2:3", "1,000", "12e03", "0.", "1__0", "_1", "_", ".", "..", "+", "+.inf",
        "Infinity", "NaN", "inf", "0x", "1.e5",
    ];

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => prop::sample::select(HARD).prop_map(str::to_owned),
            2 => "[a-z0-9 :#\"'\\\\\n\t$ {}\\[\\],!&*%@`|>~=_.+-]{0,12}",
            1 => any::<String>().prop_map(|text| text.replace('\0', "")),
            1 => (prop::sample::select(HARD), prop::sample::select(HARD)).prop_map(|(a, b)| format!("{a}{b}")),
            1 => (0..2000usize).prop_map(|length| "ab ".repeat(length)),
        ]
    }

    fn any_comments() -> impl Strategy<Value = Comments> {
        let comment = || prop_oneof![3 => any_text(), 1 => Just("a word, ".repeat(30))];
        let lines = || prop::collection::vec(comment(), 0..3);
        let any = (lines(), prop::option::of(comment()), lines());
        let any = any.prop_map(|(above, beside, below)| Comments { above, beside, below });
        prop_oneof![2 => Just(Comments::default()), 1 => any]
    }

    /// Any value with its comments.
    pub(in super::super) fn any_value() -> impl Strategy<Value = Value> {
        let parts = prop::collection::vec((any_text(), any::<bool>()), 0..3).prop_map(|parts| {
            let mut all = Vec::new();
            for (text, is_referred) in parts {
                all.push(Part::Text(text.trim_end_matches('$').to_owned()));
                all.extend(is_referred.then(|| Part::Reference("a.b".to_owned())));
            }
            Value::Text(all)
        });
        let plain =
            prop::sample::select(&["1", "-5", "0", "true", "false", "0.5", "1e3", "010", "a: b", "no"][..]);
        let leaf = prop_oneof![
            1 => Just(Value::Null),
            1 => plain.prop_map(|text| Value::Plain(text.to_owned())),
            4 => any_text().prop_map(Value::text),
            2 => parts,
        ];
        leaf.prop_recursive(5, 60, 6, |value| {
            let item = (value.clone(), any_comments()).prop_map(|(value, comments)| Item { value, comments });
            let entry = (any_text(), value, any_comments());
            let entry = entry.prop_map(|(key, value, comments)| Entry { key, value, comments });
            let words = prop::collection::vec("[a-z0-9/.=-]{1,8}", 0..20);
            prop_oneof![
                prop::collection::vec(item, 0..6).prop_map(Value::List),
                words.prop_map(|words| Value::List(
                    words.into_iter().map(|w| Value::text(w).into()).collect()
                )),
                prop::collection::vec(entry, 0..6).prop_map(|mut entries| {
                    let mut known = std::collections::HashSet::new();
                    entries.retain(|entry| known.insert(entry.key.clone()));
                    Value::Map(Map { entries })
                }),
            ]
        })
    }

    /// The file with `value` as a constant.
    fn file(value: &Value) -> String {
        let entry = Entry { key: "tree".to_owned(), value: value.clone(), comments: Comments::default() };
        format!("{HEAD}{}", print_entry(&entry, 2, STEP, Level::Other))
    }

    /// The values that both readers have to find.
    fn is_read(value: &Value, node: &Node, other: &serde_yaml::Value) {
        use serde_yaml::Value as Other;
        match (value, &node.kind, other) {
            (Value::Null, Kind::Unknown, Other::Null) => {}
            (Value::Null, Kind::Scalar(text), Other::Null) => assert_eq!(text.atom(), Atom::Null),
            (Value::Plain(plain), Kind::Scalar(text), other) if is_number_or_flag(plain) => {
                assert_eq!(text.atom(), Atom::from_plain(plain));
                match (text.atom(), other) {
                    (Atom::Bool(flag), other) => assert_eq!(other, &Other::Bool(flag)),
                    (_, other) => assert_eq!(other.as_f64(), plain.parse().ok()),
                }
            }
            (Value::Plain(plain), Kind::Scalar(text), Other::String(other)) => {
                assert_eq!((text.atom(), other), (Atom::Str(plain.clone()), plain));
            }
            (Value::Text(parts), Kind::Scalar(text), Other::String(other)) => {
                assert_eq!(&written(parts), other);
                let mut pieces: Vec<String> = vec![String::new()];
                for part in parts {
                    match part {
                        Part::Text(text) => pieces.last_mut().expect("one").push_str(text),
                        Part::Reference(_) => pieces.extend(["value".to_owned(), String::new()]),
                    }
                }
                let read = text.pieces.iter().map(|piece| match piece {
                    Piece::Literal(text) => text.clone(),
                    Piece::Reference(reference) => reference.value.text(),
                });
                pieces.retain(|piece| !piece.is_empty());
                assert_eq!(pieces, read.collect::<Vec<_>>().as_slice());
                assert!(matches!(text.atom(), Atom::Str(_)));
            }
            (Value::List(items), Kind::List(nodes), Other::Sequence(others)) => {
                assert_eq!((items.len(), items.len()), (nodes.len(), others.len()));
                for ((item, node), other) in items.iter().zip(nodes).zip(others) {
                    is_read(&item.value, node, other);
                }
            }
            (Value::Map(map), Kind::Map(nodes), Other::Mapping(others)) => {
                assert_eq!((map.entries.len(), map.entries.len()), (nodes.len(), others.len()));
                for ((entry, node), (key, other)) in map.entries.iter().zip(nodes).zip(others) {
                    assert_eq!(node.key.value(), entry.key);
                    assert_eq!(key.as_str(), Some(escaped(&entry.key).as_str()));
                    is_read(&entry.value, &node.value, other);
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn check(value: &Value) {
        let text = file(value);
        let mut diagnostics = Diagnostics::default();
        let root = parse(&text, SourceId::FILE, &mut diagnostics).expect("a tree");
        let sources = Sources::new("homeserver.yaml", text.clone());
        let resolved = resolve(&root, &HashMap::new(), File::KEYS, &sources, &mut diagnostics);
        let mut found = diagnostics.into_sorted(&sources);
        // A constant without a value is a mistake of its own.
        found.retain(|found| found.code != Code::ConstantWithoutValue);
        assert!(found.is_empty(), "{found:?}");
        let node =
            resolved.file.get("constants").and_then(|constants| constants.get("tree")).expect("a value");
        let other: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
        is_read(value, node, &other["constants"]["tree"]);
        let linked = crate::link("homeserver.yaml", text.as_bytes(), &FileContext::default());
        let is_about_yaml =
            |code| matches!(code, Code::SurprisingYaml | Code::AmbiguousScalar | Code::Syntax);
        let lints: Vec<_> = linked.diagnostics.iter().filter(|found| is_about_yaml(found.code)).collect();
        assert!(lints.is_empty(), "{lints:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]
        #[test]
        fn two_readers_find_every_value_that_is_printed(value in any_value()) {
            check(&value);
        }

        #[test]
        fn a_comment_stays_a_comment(comments in any_comments(), value in any_value()) {
            let entry = Entry { key: "key".to_owned(), value, comments };
            let text = print_entry(&entry, 0, STEP, Level::Other);
            let bare = Entry { comments: Comments::default(), ..entry };
            let bare = print_entry(&bare, 0, STEP, Level::Other);
            let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
            // The first line has the comment beside it.
            let others: Vec<&str> = bare.lines().skip(1).collect();
            let (same, below) = lines[1..].split_at(others.len().min(lines.len() - 1));
            prop_assert_eq!(same, others.as_slice());
            prop_assert!(below.iter().all(|line| line.trim_start().starts_with('#')), "{}", text);
            let first = bare.lines().next().unwrap_or_default();
            let rest = lines[0].strip_prefix(first);
            prop_assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("  #")), "{}", text);
        }
    }

    #[test]
    fn each_hard_text_is_read_as_itself_as_a_value_a_key_and_an_item() {
        for text in HARD {
            let mut map = Map::default();
            map.push(*text, Value::text(*text));
            let list = vec![Value::text(*text).into(), Value::Map(map).into()];
            check(&Value::List(list));
            check(&Value::List(vec![Value::List(vec![Value::text(*text).into()]).into()]));
        }
    }

    #[test]
    fn a_file_looks_as_a_person_writes_it() {
        let map = |entries: &[(&str, Value)]| {
            let mut map = Map::default();
            entries.iter().for_each(|(key, value)| map.push(*key, value.clone()));
            map
        };
        let texts =
            |texts: &[&str]| Value::List(texts.iter().map(|text| Value::text(*text).into()).collect());
        let volume = vec![Part::Reference("paths.data".to_owned()), Part::Text("/app:/data".to_owned())];
        let mount = map(&[("source", Value::text("/srv")), ("mode", Value::text("0755"))]);
        let mut app = map(&[
            ("image", Value::text("docker.io/example/app:1")),
            ("command", texts(&["serve", "--port", "8080"])),
            ("environment", Value::Map(map(&[("TZ", Value::text("no")), ("EMPTY", Value::text(""))]))),
            ("volumes", Value::List(vec![Value::Text(volume).into(), Value::Map(mount).into()])),
            ("ports", texts(&["8080:80"])),
            ("entrypoint", Value::text("a\nb\n")),
            ("init", Value::Plain("true".to_owned())),
        ]);
        app.entries[0].comments.above = vec!["import: look at this".to_owned()];
        app.entries[0].comments.beside = Some("new".to_owned());
        let service = |app: &Map| {
            Value::Map(map(&[("containers", Value::Map(map(&[("app", Value::Map(app.clone()))])))]))
        };
        let services = map(&[("app", service(&app)), ("other", Value::Map(Map::default()))]);
        let file = map(&[
            ("homegen", Value::Plain("1".to_owned())),
            ("services", Value::Map(services)),
            ("networks", Value::Null),
        ]);
        assert_eq!(
            file.print(),
            r#"homegen: 1

services:
  app:
    containers:
      app:
        # import: look at this
        image: docker.io/example/app:1  # new
        command: [serve, --port, "8080"]
        environment:
          TZ: "no"
          EMPTY: ""
        volumes:
          - ${paths.data}/app:/data
          - source: /srv
            mode: "0755"
        ports:
          - "8080:80"
        entrypoint: |
          a
          b
        init: true

  other: {}

networks:
"#
        );
    }
}
