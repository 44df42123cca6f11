//! The macros that declare the language: the names, types and defaults of keys. The decoder, the JSON Schema and
//! the tables of `docs/language.md` are generated from the same lines.

use schemars::Schema;
use serde_json::Value;

use crate::decode::Fields;
use crate::tree::{Atom, Kind, Node};

/// A description of a mapping, for a diagnostic about another value in its place.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// An example.
    pub example: &'static str,
    /// An example of its name, if it is an entry of a map.
    pub called: &'static str,
    /// The valid keys.
    pub keys: &'static [&'static str],
}

/// The key that a field stands for: `r#type` is the key `type`.
pub const fn key(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// Two lists of keys, concatenated.
pub const fn both<const N: usize>(own: &[&'static str], part: &[&'static str]) -> [&'static str; N] {
    let mut all = [""; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < own.len() { own[at] } else { part[at - own.len()] };
        at += 1;
    }
    all
}

/// The member of a mapping's schema with the keys in declaration order, for the reference.
pub const ORDER: &str = "order";

/// Completes the schema of a mapping: the required keys, the defaults of others, and an example. `parts` is the
/// number of keys in a struct of their own, which are declared first.
pub fn complete<T: Fields>(schema: &mut Schema, example: &str, parts: usize) {
    let mut order = T::KEYS.to_vec();
    order.rotate_right(parts);
    schema.insert(ORDER.to_owned(), order.into());
    schema.insert("required".to_owned(), T::required().into());
    schema.insert("examples".to_owned(), vec![example].into());
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    let Some(properties) = properties else { return };
    for (key, default) in T::defaults() {
        let Some(property) = properties.get_mut(key).and_then(Value::as_object_mut) else { continue };
        let described = property.get("description").and_then(Value::as_str).unwrap_or_default();
        let described = format!("{described} Default: {default}.");
        property.insert("description".to_owned(), described.into());
        property.insert("default".to_owned(), json(&Node::default_of(default, Default::default())));
    }
}

/// A scalar as a JSON value.
fn json(node: &Node) -> Value {
    let Kind::Scalar(text) = &node.kind else { return Value::Null };
    match text.atom() {
        Atom::Null => Value::Null,
        Atom::Bool(flag) => flag.into(),
        Atom::Int(number) => number.into(),
        Atom::Float(text) | Atom::Str(text) => text.into(),
    }
}

/// Declares a mapping of the language: the struct, its decoder and its JSON Schema. A field is a key. Its type
/// determines if it is optional; the text after `=` is the default. The examples after `such as` and `called` are
/// for messages and editors. The function after `else` gives advice about a value that is not a mapping. A mapping
/// with `or nothing` may also be a key without a value. A field after `..` contains more keys of the same mapping,
/// in a struct that `part!` declares.
macro_rules! mapping {
    ($(#[$doc:meta])* $name:ident such as $example:literal $(or $nothing:ident)? $(called $called:literal)? $(else $advice:path)? {
        $(.. $part:ident: $parts:ty,)?
        $($(#[$fdoc:meta])* $field:ident: $type:ty $(= $default:literal)?,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields, transform = $name::complete_schema)]
        pub(crate) struct $name {
            /// The span.
            #[allow(dead_code, reason = "not every mapping is asked")]
            #[schemars(skip)]
            pub(crate) span: $crate::source::Span,
            /// The parts that could not be read.
            #[allow(dead_code, reason = "not every mapping is asked")]
            #[schemars(skip)]
            pub(crate) unreadable: $crate::setting::UnreadableParts,
            $(
                /// Additional keys.
                #[schemars(flatten)]
                pub(crate) $part: $parts,
            )?
            $($(#[$fdoc])* pub(crate) $field: $type,)*
        }

        impl $name {
            /// The valid keys.
            pub(crate) const KEYS: &'static [&'static str] = <$name as $crate::decode::Fields>::KEYS;

            $($crate::shape::nothing_as!($nothing);)?

            fn complete_schema(schema: &mut schemars::Schema) {
                $crate::shape::complete::<$name>(schema, $example, 0 $(+ <$parts>::KEYS.len())?);
            }
        }

        $crate::shape::fields!($name at span, unreadable { $(.. $part: $parts,)? $($field: $type $(= $default)?,)* });

        impl $crate::decode::Decode for $name {
            const SHAPE: Option<$crate::shape::Shape> = Some($crate::shape::Shape {
                example: $example,
                called: [$($called,)? "NAME"][0],
                keys: Self::KEYS,
            });

            /// A mapping with only its required keys, all of them unreadable.
            fn unreadable() -> Option<Self> {
                $crate::decode::unreadable_mapping()
            }

            fn decode(node: &$crate::tree::Node, reader: &mut $crate::decode::Reader) -> Option<Self> {
                $($crate::shape::empty_as!($nothing, node, reader);)?
                let $crate::tree::Kind::Map(entries) = &node.kind else {
                    let advice: Option<$crate::form::Advice> = None $(.or_else(|| $advice(node)))?;
                    match advice {
                        Some(advice) => $crate::decode::wrong_type_because(node, advice, reader),
                        None => $crate::decode::no_mapping(node, Some($example), reader),
                    }
                    return None;
                };
                $crate::decode::mapping(entries, node.span, reader)
            }

            $($crate::shape::absent_as!($nothing);)?
        }
    };
}
pub(crate) use mapping;

/// Decodes a mapping that may be `nothing` from a key without a value.
macro_rules! empty_as {
    (nothing, $node:ident, $reader:ident) => {
        if $node.is_null() {
            return $crate::decode::empty_mapping($node.span, $reader);
        }
    };
}
pub(crate) use empty_as;

/// Defines the empty mapping for a type with `or nothing`.
macro_rules! nothing_as {
    (nothing) => {
        /// The mapping without keys, for the mapping at `at`.
        #[allow(dead_code, reason = "not every part of the host has one")]
        pub(crate) fn empty(at: $crate::source::Span) -> Self {
            let empty = $crate::decode::empty_mapping(at, &mut $crate::decode::Reader::default());
            empty.expect("no key has to be there")
        }
    };
}
pub(crate) use nothing_as;

/// Defines the default of an absent mapping with `or nothing`.
macro_rules! absent_as {
    (nothing) => {
        fn absent(owner: $crate::source::Span) -> Option<Self> {
            $crate::decode::empty_mapping(owner, &mut $crate::decode::Reader::default())
        }
    };
}
pub(crate) use absent_as;

/// Declares keys of a mapping in a struct of their own.
macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty $(= $default:literal)?,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, schemars::JsonSchema)]
        pub(crate) struct $name { $($(#[$fdoc])* pub(crate) $field: $type,)* }

        impl $name {
            /// The keys.
            pub(crate) const KEYS: &'static [&'static str] = <$name as $crate::decode::Fields>::KEYS;
        }

        $crate::shape::fields!($name { $($field: $type $(= $default)?,)* });
    };
}
pub(crate) use part;

/// Implements [`Fields`].
macro_rules! fields {
    ($name:ident $(at $span:ident, $unreadable:ident)? { $(.. $part:ident: $parts:ty,)? $($field:ident: $type:ty $(= $default:literal)?,)* }) => {
        const _: () = {
            use $crate::decode::{Decode, Fields, Reader, UnknownKeys};
            use $crate::shape::key;

            const OWN: &[&str] = &[$(key(stringify!($field)),)*];
            const PART: &[&str] = [$(<$parts as Fields>::KEYS,)? &[]][0];
            const ALL: [&str; OWN.len() + PART.len()] = $crate::shape::both(OWN, PART);

            /// The keys read so far, each with its value, or without one if it could not be read.
            #[derive(Default)]
            pub(crate) struct Partial {
                $($part: <$parts as Fields>::Partial,)?
                $($field: Option<Option<$type>>,)*
            }

            impl Fields for $name {
                type Partial = Partial;
                const KEYS: &'static [&'static str] = &ALL;

                fn read(partial: &mut Partial, key: &str, value: &$crate::tree::Node, reader: &mut Reader) -> Option<bool> {
                    $(if key == $crate::shape::key(stringify!($field)) {
                        let value: Option<$type> = $crate::shape::value!(value, reader $(, $default)?);
                        let is_read = value.is_some();
                        partial.$field = Some(value);
                        return Some(is_read);
                    })*
                    $(if let Some(is_read) = <$parts as Fields>::read(&mut partial.$part, key, value, reader) {
                        return Some(is_read);
                    })?
                    None
                }

                fn finish(
                    partial: Partial,
                    at: $crate::source::Span,
                    unreadable: $crate::setting::UnreadableParts,
                    unknown: &mut UnknownKeys,
                    reader: &mut Reader,
                ) -> Option<Self> {
                    // Every key is decoded before a missing one ends the mapping.
                    $(let $part = <$parts as Fields>::finish(partial.$part, at, Default::default(), unknown, reader);)?
                    $(let $field = match partial.$field {
                        Some(value) => value,
                        None if unknown.mean(key(stringify!($field))) => None,
                        None => $crate::shape::absent!($type, key(stringify!($field)), at, unknown, reader $(, $default)?),
                    };)*
                    let _ = (&unreadable, &reader);
                    Some($name {
                        $($span: at, $unreadable: unreadable,)?
                        $($part: $part?,)?
                        $($field: $field.or_else(|| $crate::shape::unreadable!($type $(, $default)?))?,)*
                    })
                }

                fn unreadable(at: $crate::source::Span, unreadable: $crate::setting::UnreadableParts) -> Option<Self> {
                    let _ = &unreadable;
                    Some($name {
                        $($span: at, $unreadable: unreadable,)?
                        $($part: <$parts as Fields>::unreadable(at, Default::default())?,)?
                        $($field: $crate::shape::absent!(
                            $type, key(stringify!($field)), at, UnknownKeys::default(), &mut Reader::default() $(, $default)?
                        ).or_else(|| $crate::shape::unreadable!($type $(, $default)?))?,)*
                    })
                }

                fn required() -> Vec<&'static str> {
                    let mut required: Vec<&'static str> = Vec::new();
                    $(
                        let absent: Option<$type> = $crate::shape::absent!(
                            $type, key(stringify!($field)), Default::default(), UnknownKeys::default(), &mut Reader::default() $(, $default)?
                        );
                        if absent.is_none() {
                            required.push(key(stringify!($field)));
                        }
                    )*
                    $(required.extend(<$parts as Fields>::required());)?
                    required
                }

                fn defaults() -> Vec<(&'static str, &'static str)> {
                    let own: &[(&'static str, &'static str)] = &[$($((key(stringify!($field)), $default),)?)*];
                    let part: &[Vec<(&'static str, &'static str)>] = &[$(<$parts as Fields>::defaults())?];
                    own.iter().chain(part.iter().flatten()).copied().collect()
                }
            }
        };
    };
}
pub(crate) use fields;

/// The value of a present key.
macro_rules! value {
    ($node:ident, $reader:ident) => {
        Decode::decode($node, $reader)
    };
    ($node:ident, $reader:ident, $default:literal) => {
        $crate::decode::value_or_default($node, $default, $reader)
    };
}
pub(crate) use value;

/// The substitute for a value that could not be read.
macro_rules! unreadable {
    ($type:ty) => {
        <$type as Decode>::unreadable()
    };
    ($type:ty, $default:literal) => {
        $crate::decode::unreadable_value::<$type>($default)
    };
}
pub(crate) use unreadable;

/// The value of an absent key.
macro_rules! absent {
    ($type:ty, $key:expr, $at:expr, $unknown:expr, $reader:expr) => {
        $unknown.absent::<$type>($key, $at, $reader)
    };
    ($type:ty, $key:expr, $at:expr, $unknown:expr, $reader:expr, $default:literal) => {
        <$type as Decode>::of_default($default, $at)
    };
}
pub(crate) use absent;

/// Implements `JsonSchema` by hand for a type with several spellings.
macro_rules! schema {
    ($type:ty, |$generator:ident| $body:expr) => {
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema($generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let _ = &$generator;
                $body
            }
        }
    };
}
pub(crate) use schema;

/// Declares a choice between words. The noun has its article, and names the choice in messages.
macro_rules! keyword {
    ($(#[$doc:meta])* $name:ident is $noun:literal $(else $advice:path)? { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// The words and their values.
            pub(crate) const WORDS: &'static [(&'static str, $name)] = &[$(($word, $name::$variant),)*];

            /// The word.
            #[allow(dead_code, reason = "not every keyword is written again")]
            pub(crate) fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }
        }

        $crate::shape::schema!($name, |_g| schemars::json_schema!({ "enum": [$($word,)*] }));

        impl $crate::decode::Decode for $name {
            fn decode(node: &$crate::tree::Node, reader: &mut $crate::decode::Reader) -> Option<Self> {
                fn advice(_word: &str) -> Option<$crate::form::Advice> {
                    None $(.or_else(|| $advice(_word)))?
                }
                $crate::decode::word(node, $noun, Self::WORDS, advice, reader)
            }

            fn of_default(default: &str, _: $crate::source::Span) -> Option<Self> {
                Self::WORDS.iter().find(|(word, _)| *word == default).map(|(_, value)| *value)
            }

            fn unreadable() -> Option<Self> {
                Self::WORDS.first().map(|(_, value)| *value)
            }
        }
    };
}
pub(crate) use keyword;
