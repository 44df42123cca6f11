//! The size of the values of variables. A few bytes can expand to many.

use std::cell::Cell;

use crate::limits::MAX_COMPOSE_VALUES;

/// The bytes that a reference counts besides its value.
const USE: usize = 64;

/// The bytes that values of variables and env files may still take.
#[derive(Debug)]
pub(super) struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Budget(Cell::new(MAX_COMPOSE_VALUES))
    }
}

impl Budget {
    /// Counts the references in a text before they are replaced. Returns false if they exceed the limit.
    pub(super) fn permits(&self, text: &str) -> bool {
        self.take(USE * text.bytes().filter(|byte| *byte == b'$').count())
    }

    /// The value that `lookup` finds. None once the limit is exceeded.
    pub(super) fn value(&self, lookup: impl FnOnce() -> Option<String>) -> Option<String> {
        let found = if self.is_spent() { None } else { lookup() };
        found.filter(|value| self.take(value.len()))
    }

    /// Counts bytes. Returns false if they exceed the limit.
    pub(super) fn take(&self, bytes: usize) -> bool {
        self.0.set(self.0.get().saturating_sub(bytes));
        !self.is_spent()
    }

    /// Reports whether the limit is exceeded.
    pub(super) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}
