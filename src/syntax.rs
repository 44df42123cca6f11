//! YAML as it is written: a tree in which every node knows its place.

use crate::limits::weight;
use crate::source::Span;

/// One YAML value.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands. For a mapping or sequence, from its first to its last child.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of YAML values that homegen reads.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Text, a number, a boolean or null, not yet told apart.
    Scalar {
        /// The text after YAML's own unescaping.
        text: String,
        /// Whether it stands without quotes, so that YAML would take `1` for a number.
        plain: bool,
    },
    /// A Nix expression, written with the tag `!nix`.
    Nix(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
    /// A value with the tag `!replace`: it replaces a preset's.
    Replace(Box<Node>),
    /// A preset's value and the one beside it, which merge once references are resolved.
    Layers(Box<Layers>),
    /// What homegen does not read, which was said.
    Unreadable,
}

/// Two values for one key of a service that starts from a preset.
#[derive(Clone, Debug)]
pub struct Layers {
    /// The keys that lead here from the service.
    pub place: Vec<String>,
    /// The preset's value.
    pub base: Node,
    /// The user's value.
    pub over: Node,
}

/// One `key: value`.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Whether the key stands without quotes.
    pub plain_key: bool,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// What stands for a line of a mapping that cannot be read, at `span`. Whatever the mapping lacks may be in it.
    pub fn unreadable(span: Span) -> Entry {
        let value = Node { span, kind: Kind::Unreadable };
        Entry { key: String::new(), plain_key: false, key_span: span, value }
    }

    /// Whether it is one of [`Entry::unreadable`].
    pub fn is_unreadable(&self) -> bool {
        matches!(self.value.kind, Kind::Unreadable) && self.key.is_empty()
    }
}

impl Node {
    /// The entries of a mapping, and none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Whether a line of a mapping could not be read. A key that it has not may stand there.
    pub fn has_unreadable_entry(&self) -> bool {
        self.entries().iter().any(Entry::is_unreadable)
    }

    /// The value of `key` in a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        Some(&self.entry(key)?.value)
    }

    /// The entry with `key` in a mapping.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| e.key == key)
    }

    /// As how many values it counts, with all that is in it.
    pub fn weight(&self) -> usize {
        match &self.kind {
            Kind::Scalar { text, .. } | Kind::Nix(text) => weight(text),
            Kind::Unreadable => 1,
            Kind::Replace(value) => value.weight(),
            Kind::Layers(layers) => layers.base.weight() + layers.over.weight(),
            Kind::List(items) => 1 + items.iter().map(Node::weight).sum::<usize>(),
            Kind::Map(entries) => {
                1 + entries.iter().map(|e| weight(&e.key) + e.value.weight()).sum::<usize>()
            }
        }
    }

    /// Whether this is YAML's null: `key:`, `key: ~` or `key: null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}
