//! Values of the file: what each means, and how it is written.

use crate::form::Form;
use crate::source::Span;
use crate::tree::Text;

/// A value that was parsed once.
#[derive(Clone, Debug)]
pub struct Value<T> {
    /// What it means when the file is compiled.
    pub value: T,
    /// How it is written.
    pub text: Text,
}

impl<T: Form> Value<T> {
    /// What `text` means. `None` if it does not have the form.
    pub fn of(text: Text) -> Option<Value<T>> {
        T::parse(&text.value()).map(|value| Value { value, text })
    }
}

impl<T> Value<T> {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.text.span
    }
}
