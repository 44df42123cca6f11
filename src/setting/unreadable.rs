//! The unreadable parts of a mapping.

/// The parts of a mapping that could not be read; diagnostics were emitted. A missing key may be in one of them, so
/// a pass that reports a missing key asks here first.
#[derive(Clone, Debug, Default)]
pub struct UnreadableParts(Option<Box<Parts>>);

#[derive(Clone, Debug, Default)]
struct Parts {
    /// Keys whose values could not be read, at least in part.
    keys: Vec<&'static str>,
    /// Keys that the mapping does not declare. A line that is not YAML has none.
    unknown: Vec<String>,
}

impl UnreadableParts {
    /// A mapping that could not be read at all.
    pub fn whole() -> UnreadableParts {
        let mut unreadable = UnreadableParts::default();
        unreadable.add_unknown(String::new());
        unreadable
    }

    /// Adds a key whose value could not be read, at least in part.
    pub fn add_key(&mut self, key: &'static str) {
        self.0.get_or_insert_default().keys.push(key);
    }

    /// Adds the undeclared key `name`.
    pub fn add_unknown(&mut self, name: String) {
        self.0.get_or_insert_default().unknown.push(name);
    }

    /// True if everything was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// True if an unknown key has this name.
    pub fn has_unknown(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|parts| parts.unknown.iter().any(|unknown| unknown == name))
    }

    /// True if the value of one of `keys` could not be read, or a line that may have contained one. Unlike an
    /// unknown key, neither left its text in the tree.
    pub fn has_unreadable(&self, keys: &[&str]) -> bool {
        self.has_unknown("")
            || self.0.as_ref().is_some_and(|parts| parts.keys.iter().any(|key| keys.contains(key)))
    }

    /// True if an unreadable part may be the value of one of `keys`.
    pub fn may_hold(&self, keys: &[&str]) -> bool {
        self.0
            .as_ref()
            .is_some_and(|parts| !parts.unknown.is_empty() || parts.keys.iter().any(|key| keys.contains(key)))
    }
}
