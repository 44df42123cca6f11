//! The state of decoding.

use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;

/// The diagnostics of decoding, and the number of invalid values.
#[derive(Default)]
pub struct Reader<'a> {
    /// `None` for a trial run, which reports nothing.
    diagnostics: Option<&'a mut Diagnostics>,
    unreadable: usize,
}

impl<'a> Reader<'a> {
    /// Creates a reader that reports to `diagnostics`.
    pub fn new(diagnostics: &'a mut Diagnostics) -> Reader<'a> {
        Reader { diagnostics: Some(diagnostics), unreadable: 0 }
    }

    /// Reports an invalid value.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.unreadable += 1;
        if let Some(diagnostics) = &mut self.diagnostics {
            diagnostics.push(diagnostic);
        }
    }

    /// Counts an invalid value that an earlier pass reported.
    pub fn skip(&mut self) {
        self.unreadable += 1;
    }

    /// The number of invalid values so far.
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// Ignores mistakes inside `value`, the value of an undeclared key.
    pub fn mute(&mut self, value: Span) {
        if let Some(diagnostics) = &mut self.diagnostics {
            diagnostics.mute(value);
        }
    }

    /// Reports whether the limit of errors is reached, so that another one is not kept.
    pub fn is_full(&self) -> bool {
        self.is_full_after(0)
    }

    /// Reports whether the limit of errors is reached once `pending` more are added.
    pub fn is_full_after(&self, pending: usize) -> bool {
        self.diagnostics.as_ref().is_some_and(|diagnostics| diagnostics.is_full_after(pending))
    }
}
