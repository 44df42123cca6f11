//! Scalars and collections of the whole language.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::form::Form;
use crate::shape::schema;
use crate::source::Span;
use crate::tree::{Node, Text};
use crate::value::Value;

/// A whole number.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    /// The value at compile time.
    pub value: i64,
    /// The text in the file.
    pub text: Text,
}

/// `true` or `false`.
#[derive(Clone, Debug)]
pub(crate) struct Flag {
    /// The value at compile time.
    pub value: bool,
    /// The text in the file.
    pub text: Text,
}

/// A value with its span.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The span.
    pub span: Span,
}

/// A value of any shape, interpreted by its user.
#[derive(Clone, Debug)]
pub(crate) struct Raw(pub Node);

/// A mapping whose keys the user chooses, in the order of the file.
#[derive(Clone, Debug)]
pub(crate) struct Map<T> {
    /// The entries.
    pub entries: Vec<(Text, T)>,
    /// True if a line of the mapping could not be parsed. A missing name may be in that line.
    pub is_cut: bool,
}

impl<T> Default for Map<T> {
    fn default() -> Self {
        Map { entries: Vec::new(), is_cut: false }
    }
}

impl<T> Map<T> {
    /// The value of `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.entries.iter().find(|(k, _)| k.value() == name).map(|(_, v)| v)
    }
}

/// `NAME: value` pairs, or a list of `NAME=value`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs(pub Vec<(Text, Text)>);

/// One value, or a list of them.
#[derive(Clone, Debug)]
pub(crate) struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        OneOrMany(Vec::new())
    }
}

schema!(Text, |_g| json_schema!({ "title": "text", "type": ["string", "number", "boolean"] }));
schema!(Number, |_g| json_schema!({ "title": "number", "type": "integer" }));
schema!(Flag, |_g| json_schema!({ "title": "flag", "type": "boolean" }));
schema!(Raw, |_g| json_schema!({ "title": "mapping of any values", "type": ["object", "null"] }));
schema!(Pairs, |_g| json_schema!({
    "title": "pairs",
    "anyOf": [
        { "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } },
        { "type": "array", "items": { "type": "string" } },
    ]
}));

impl<T: JsonSchema> JsonSchema for Map<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("MapOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": value })
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [value, { "type": "array", "items": value }] })
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl<T: Form> JsonSchema for Value<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::NOUN.into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        match T::NUMBERS {
            true => {
                json_schema!({
                    "title": T::title(),
                    "anyOf": [{ "type": "string", "pattern": T::PATTERN }, { "type": "number" }],
                })
            }
            false => json_schema!({ "title": T::title(), "type": "string", "pattern": T::PATTERN }),
        }
    }
}
