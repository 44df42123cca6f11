//! IDs, by which the parts of a host refer to each other.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt::{self, Debug, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

/// The name of a `T`, unique among the host's `T`s. A `T` creates its ID, and references to it are clones of the
/// ID. IDs of different kinds cannot be compared.
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

// A derived implementation would require `T: Clone`.

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

/// Has the hash of the text, as [`Borrow`] requires.
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// Lets maps of IDs be searched by a name of the file.
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
    fn an_id_is_found_by_its_name() {
        // A kind needs no trait implementations.
        struct Kind;
        let ids = HashSet::from([Id::<Kind>::new("db"), Id::new("app")]);
        assert!(ids.contains("db") && ids.contains(&Id::new("app")) && !ids.contains("web"));
    }
}
