//! What of a mapping could not be read.

/// The parts of a mapping that could not be read, which was reported. What the mapping lacks may be in one of them, so
/// that a pass that misses a key asks here first.
#[derive(Clone, Debug, Default)]
pub struct Unread(Option<Box<Parts>>);

#[derive(Clone, Debug, Default)]
struct Parts {
    /// Keys whose values could not be read, at least in part.
    keys: Vec<&'static str>,
    /// Keys that the mapping does not declare. A line that is not YAML has none.
    unknown: Vec<String>,
}

impl Unread {
    /// Of a mapping that could not be read at all.
    pub fn whole() -> Unread {
        let mut unread = Unread::default();
        unread.add_unknown(String::new());
        unread
    }

    /// Notes that the value of `key` could not be read, at least in part.
    pub fn add_key(&mut self, key: &'static str) {
        self.0.get_or_insert_default().keys.push(key);
    }

    /// Notes the key `name`, which nobody declares.
    pub fn add_unknown(&mut self, name: String) {
        self.0.get_or_insert_default().unknown.push(name);
    }

    /// Whether everything was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether an unknown key has this name.
    pub fn has_unknown(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|parts| parts.unknown.iter().any(|unknown| unknown == name))
    }

    /// Whether the value of one of `keys` could not be read, or a line that may have been it. Unlike an unknown key, neither
    /// has left its text in the tree.
    pub fn has_lost(&self, keys: &[&str]) -> bool {
        self.has_unknown("")
            || self.0.as_ref().is_some_and(|parts| parts.keys.iter().any(|key| keys.contains(key)))
    }

    /// Whether the value of one of `keys` may be what could not be read.
    pub fn may_hold(&self, keys: &[&str]) -> bool {
        self.0
            .as_ref()
            .is_some_and(|parts| !parts.unknown.is_empty() || parts.keys.iter().any(|key| keys.contains(key)))
    }
}
