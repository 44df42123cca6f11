//! Parsed values of the file, each with its written text.

use crate::form::Form;
use crate::source::Span;
use crate::tree::Text;

/// A parsed value with its text.
#[derive(Clone, Debug)]
pub struct Value<T> {
    /// The parsed value when the file is compiled.
    pub value: T,
    /// The text as it is written.
    pub text: Text,
}

impl<T: Form> Value<T> {
    /// Parses `text`. Returns `None` if it does not have the form.
    pub fn of(text: Text) -> Option<Value<T>> {
        T::parse(&text.value()).map(|value| Value { value, text })
    }
}

impl<T> Value<T> {
    /// The span of the text.
    pub fn span(&self) -> Span {
        self.text.span
    }
}
