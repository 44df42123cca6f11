//! The data of a homeserver.yaml that homegen writes: values with comments.

pub mod insert;
mod print;

/// A mapping, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    /// The entries.
    pub entries: Vec<Entry>,
}

/// One `key: value` with its comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key: a literal text.
    pub key: String,
    /// The value.
    pub value: Value,
    /// The comments around it.
    pub comments: Comments,
}

/// An item of a list with its comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The value.
    pub value: Value,
    /// The comments around it.
    pub comments: Comments,
}

/// The comments of an entry or item, without `#`. No line of a comment has a line break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// The lines above it.
    pub above: Vec<String>,
    /// The comment behind it on its line.
    pub beside: Option<String>,
    /// The lines after it: at the end of its members, if it is a collection.
    pub below: Vec<String>,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value: `KEY:`.
    Null,
    /// A number or a flag, which is printed without quotes.
    Plain(String),
    /// A text, in parts.
    Text(Vec<Part>),
    /// A list.
    List(Vec<Item>),
    /// A mapping. An empty one is printed as `{}`.
    Map(Map),
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Literal text. The printer writes `$${` for `${`.
    Text(String),
    /// A reference, by its name, such as `paths.data`. The printer writes `${paths.data}`. No `$` can stand before it: `$$`
    /// before a brace is an escape.
    Reference(String),
}

impl Value {
    /// A literal text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(vec![Part::Text(text.into())])
    }

    /// The text, if it is a single part without references.
    pub fn literal(&self) -> Option<&str> {
        match self {
            Value::Text(parts) => match parts.as_slice() {
                [Part::Text(text)] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// A text that is one reference.
    pub fn reference(name: impl Into<String>) -> Value {
        Value::Text(vec![Part::Reference(name.into())])
    }
}

impl From<Value> for Item {
    fn from(value: Value) -> Item {
        Item { value, comments: Comments::default() }
    }
}

impl Map {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        Some(&self.entries.iter().find(|entry| entry.key == key)?.value)
    }

    /// Sets the value of `key`, in place of one that is there.
    pub fn set(&mut self, key: impl Into<String>, value: Value) {
        let key = key.into();
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => self.push(key, value),
        }
    }

    /// The mapping under `key`, which is created unless it is there.
    pub fn map(&mut self, key: &str) -> &mut Map {
        match self.value(key, || Value::Map(Map::default())) {
            Value::Map(map) => map,
            _ => panic!("`{key}` is not a mapping"),
        }
    }

    /// The list under `key`, which is created unless it is there.
    pub fn list(&mut self, key: &str) -> &mut Vec<Item> {
        match self.value(key, || Value::List(Vec::new())) {
            Value::List(items) => items,
            _ => panic!("`{key}` is not a list"),
        }
    }

    fn value(&mut self, key: &str, create: impl FnOnce() -> Value) -> &mut Value {
        let at = self.entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
            self.push(key, create());
            self.entries.len() - 1
        });
        &mut self.entries[at].value
    }

    /// Adds an entry without comments.
    pub fn push(&mut self, key: impl Into<String>, value: Value) {
        self.entries.push(Entry { key: key.into(), value, comments: Comments::default() });
    }
}
