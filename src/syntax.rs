//! YAML as it is written: a tree of nodes with spans.

use std::collections::HashMap;

use crate::limits::weight;
use crate::source::Span;

/// One YAML value.
#[derive(Clone, Debug)]
pub struct Node {
    /// The span. For a mapping or sequence, from its first to its last child.
    pub span: Span,
    /// The value.
    pub kind: Kind,
}

/// The kinds of YAML values.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A string, a number, a boolean or null. The type is resolved later.
    Scalar {
        /// The text after YAML's own unescaping.
        text: String,
        /// The scalar has no quotes, so that YAML reads `1` as a number.
        plain: bool,
    },
    /// A Nix expression, written with the tag `!nix`.
    Nix(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
    /// A value with the tag `!replace`: it replaces a preset's value.
    Replace(Box<Node>),
    /// A preset's value and the user's value, which merge after references are resolved.
    Layers(Box<Layers>),
    /// A value that could not be parsed; a diagnostic was emitted.
    Unreadable,
}

/// Two values for one key of a service that starts from a preset.
#[derive(Clone, Debug)]
pub struct Layers {
    /// The path of keys from the service.
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
    /// The key has no quotes.
    pub plain_key: bool,
    /// The span of the key.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// A placeholder for a line of a mapping that could not be parsed, at `span`. It may contain any key that is absent.
    pub fn unreadable(span: Span) -> Entry {
        let value = Node { span, kind: Kind::Unreadable };
        Entry { key: String::new(), plain_key: false, key_span: span, value }
    }

    /// Reports whether this is an [`Entry::unreadable`].
    pub fn is_unreadable(&self) -> bool {
        matches!(self.value.kind, Kind::Unreadable) && self.key.is_empty()
    }
}

impl Node {
    /// The entries of a mapping. Other values have none.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Reports whether a line of a mapping could not be parsed, which may contain an absent key.
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

    /// The name in a scalar that is a single `${name}`.
    pub fn reference(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => whole_reference(text),
            _ => None,
        }
    }

    /// The number of values that the node and its children count as.
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

    /// Reports whether this is YAML's null: `key:`, `key: ~` or `key: null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// The name in a text that is a single `${name}`.
pub fn whole_reference(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['{', '}', '$'])).then_some(name)
}

/// The number of entries from which a mapping gets an index.
const LARGE: usize = 32;

/// Finds the values of mappings that many references go through.
#[derive(Debug, Default)]
pub struct Lookup<'a> {
    /// The indexes of the large mappings, by their addresses in memory.
    large: HashMap<*const Node, HashMap<&'a str, &'a Entry>>,
}

impl<'a> Lookup<'a> {
    /// The value of `key` in a mapping.
    pub fn get(&mut self, node: &'a Node, key: &str) -> Option<&'a Node> {
        Some(&self.entry(node, key)?.value)
    }

    /// The entry with `key` in a mapping.
    pub fn entry(&mut self, node: &'a Node, key: &str) -> Option<&'a Entry> {
        if node.entries().len() < LARGE {
            return node.entry(key);
        }
        let index = self.large.entry(node).or_insert_with(|| {
            // The first of two entries with the same name wins, as in a small mapping.
            node.entries().iter().rev().map(|entry| (entry.key.as_str(), entry)).collect()
        });
        index.get(key).copied()
    }
}
