//! IDs, by which the parts of a host refer to each other.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt::{self, Debug, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

/// The name of a `T`, which no other `T` of the host has. A `T` creates its ID, and references to the `T` are clones of it.
/// IDs of different kinds cannot be compared.
pub(crate) struct Id<T> {
    name: Arc<str>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// The ID of a `T` with this name.
    pub(crate) fn new(name: impl Into<Arc<str>>) -> Id<T> {
        Id { name: name.into(), kind: PhantomData }
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.name
    }
}

// A derived implementation would ask the same of `T`.

impl<T> Clone for Id<T> {
    fn clone(&self) -> Id<T> {
        Id { name: Arc::clone(&self.name), kind: PhantomData }
    }
}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Id<T>) -> bool {
        self.name == other.name
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Id<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Id<T>) -> Ordering {
        self.name.cmp(&other.name)
    }
}

/// As a text is hashed, for [`Borrow`].
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// Finds a written name among IDs.
impl<T> Borrow<str> for Id<T> {
    fn borrow(&self) -> &str {
        &self.name
    }
}

impl<T> Debug for Id<T> {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        Debug::fmt(&self.name, f)
    }
}

impl<T> Display for Id<T> {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        Display::fmt(&self.name, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Id;

    #[test]
    fn a_written_name_finds_its_id() {
        // A kind needs no implementations of its own.
        struct Kind;
        let ids = HashSet::from([Id::<Kind>::new("db"), Id::new("app")]);
        assert!(ids.contains("db") && ids.contains(&Id::new("app")) && !ids.contains("web"));
    }
}
