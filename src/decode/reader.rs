//! What decoding carries along.

use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;

/// Where decoding reports to, and how many values it could not read.
#[derive(Default)]
pub struct Reader<'a> {
    /// `None` where something is decoded on trial.
    diagnostics: Option<&'a mut Diagnostics>,
    unread: usize,
}

impl<'a> Reader<'a> {
    /// One that reports to `diagnostics`.
    pub fn new(diagnostics: &'a mut Diagnostics) -> Reader<'a> {
        Reader { diagnostics: Some(diagnostics), unread: 0 }
    }

    /// Reports that a value could not be read as it stands.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.unread += 1;
        if let Some(diagnostics) = &mut self.diagnostics {
            diagnostics.push(diagnostic);
        }
    }

    /// Notes a value that could not be read, which was reported.
    pub fn skip(&mut self) {
        self.unread += 1;
    }

    /// How many values could not be read until here.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// Ignores what is wrong inside of `value`, the value of an unknown key.
    pub fn mute(&mut self, value: Span) {
        if let Some(diagnostics) = &mut self.diagnostics {
            diagnostics.mute(value);
        }
    }

    /// Whether there are so many errors that another one is not kept.
    pub fn is_full(&self) -> bool {
        self.is_full_after(0)
    }

    /// Whether another error is not kept once `pending` more are there.
    pub fn is_full_after(&self, pending: usize) -> bool {
        self.diagnostics.as_ref().is_some_and(|diagnostics| diagnostics.is_full_after(pending))
    }
}
