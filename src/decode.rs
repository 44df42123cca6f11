//! Pass: [`tree`](crate::tree) → [`ast`](crate::ast). Reads every value with the type that its place
//! asks for, and goes on after a mistake, so that all of them are found in one run.

pub mod advice;
pub mod allow;
pub mod caddy;
pub mod container;
pub mod file;
mod habit;
pub mod network;
pub mod scalar;
pub mod secret;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::tree::{Entry, Kind, Node};

/// What a mapping looks like, for whoever wrote something else in its place.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// One of them.
    pub example: &'static str,
    /// What one is called where there may be several, each with a name.
    pub called: &'static str,
    /// The keys that it may have.
    pub keys: &'static [&'static str],
}

/// A type that can be read out of the tree.
pub trait Decode: Sized {
    /// What it looks like, if it is a mapping.
    const SHAPE: Option<Shape> = None;

    /// Reads it. `None` if it cannot be read; what is wrong was pushed.
    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self>;

    /// What stands for one that cannot be read, so that what is around it is looked at all the same. No
    /// output is made of it.
    fn unreadable() -> Option<Self> {
        None
    }

    /// What stands for it when its `key` is absent from the mapping at `owner`. `None` if it has to be
    /// there, which was pushed.
    fn absent(key: &str, owner: Span, diagnostics: &mut Diagnostics) -> Option<Self> {
        diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                format!("`{key}` is missing"),
                owner,
                format!("has no `{key}`"),
            )
            .help(format!("add `{key}:`")),
        );
        None
    }
}

impl<T: Decode> Decode for Option<T> {
    const SHAPE: Option<Shape> = T::SHAPE;

    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        if node.is_null() {
            return Some(None);
        }
        T::decode(node, diagnostics).map(Some)
    }

    fn absent(_: &str, _: Span, _: &mut Diagnostics) -> Option<Self> {
        Some(None)
    }

    /// What is there and cannot be read is not absent.
    fn unreadable() -> Option<Self> {
        Some(T::unreadable())
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            wrong_type(node, "a list", diagnostics);
            return None;
        };
        let decoded: Vec<T> = items.iter().filter_map(|item| T::decode(item, diagnostics)).collect();
        Some(decoded)
    }

    fn absent(_: &str, _: Span, _: &mut Diagnostics) -> Option<Self> {
        Some(Vec::new())
    }

    fn unreadable() -> Option<Self> {
        Some(Vec::new())
    }
}

impl<T: Decode> Decode for Box<T> {
    const SHAPE: Option<Shape> = T::SHAPE;

    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        T::decode(node, diagnostics).map(Box::new)
    }
}

/// Says that `node` is not `wanted`.
pub fn wrong_type(node: &Node, wanted: &str, diagnostics: &mut Diagnostics) {
    wrong_type_with(node, wanted, &format!("write {wanted}"), diagnostics);
}

/// Reports a scalar of another type than `wanted`, and the value that was probably meant.
pub fn wrong_scalar(node: &Node, wanted: &str, help: Option<String>, diagnostics: &mut Diagnostics) {
    wrong_type_with(node, wanted, &help.unwrap_or_else(|| format!("write {wanted}")), diagnostics);
}

/// Says that `node` is no mapping, and shows one.
pub fn no_mapping(node: &Node, example: Option<&str>, diagnostics: &mut Diagnostics) {
    let help = match example {
        Some(example) => format!("write a mapping, such as `{example}`"),
        None => "write a mapping".to_owned(),
    };
    wrong_type_with(node, "a mapping", &help, diagnostics);
}

/// The same, where it is known what was meant.
pub fn wrong_type_because(node: &Node, advice: advice::Advice, diagnostics: &mut Diagnostics) {
    wrong_type_at(node, "a mapping is needed here", advice.why, &advice.help, diagnostics);
}

fn wrong_type_with(node: &Node, wanted: &str, help: &str, diagnostics: &mut Diagnostics) {
    let found = format!("this is {}", node.type_name());
    wrong_type_at(node, &format!("{wanted} is needed here"), found, help, diagnostics);
}

fn wrong_type_at(node: &Node, said: &str, label: String, help: &str, diagnostics: &mut Diagnostics) {
    if matches!(node.kind, Kind::Unknown) {
        return;
    }
    let code = if node.defined.is_some() { Code::ReferenceType } else { Code::WrongType };
    let mut diagnostic = Diagnostic::new(code, said, node.span, label);
    if let Some(defined) = node.defined {
        diagnostic = diagnostic.and(defined, "defined here");
    }
    diagnostics.push(diagnostic.help(help));
}

/// Says that `node` is of the right type and not a `noun`, and what to do.
pub fn bad_value(node: &Node, noun: &str, help: &str, diagnostics: &mut Diagnostics) {
    bad_value_because(node, noun, "cannot be read", help, diagnostics);
}

/// The same, where it is known why it is none.
pub fn bad_value_because(node: &Node, noun: &str, why: &str, help: &str, diagnostics: &mut Diagnostics) {
    if matches!(node.kind, Kind::Unknown) {
        return;
    }
    let said = match &node.kind {
        Kind::Scalar(text) if text.value().is_empty() => format!("an empty text is not {noun}"),
        Kind::Scalar(text) => format!("`{}` is not {noun}", text.value()),
        _ => format!("this is not {noun}"),
    };
    let mut diagnostic = Diagnostic::new(Code::BadValue, said, node.span, why);
    if let Some(defined) = node.defined {
        diagnostic = diagnostic.and(defined, "defined here");
    }
    diagnostics.push(diagnostic.help(help));
}

/// Which key a wrong one was meant to be.
pub enum Meant {
    /// Written wrong, or called otherwise elsewhere: what stands under it is read as if it were right.
    Renamed(&'static str),
    /// Of another shape here. Its absence needs no word of its own.
    Reshaped(&'static str),
    /// Nobody knows.
    Unknown,
}

/// Says that a mapping with these `entries` has a key that nothing reads. Keys that stand together for one
/// other are said together.
pub fn unknown_key(
    entry: &Entry,
    entries: &[Entry],
    known: &'static [&'static str],
    diagnostics: &mut Diagnostics,
) -> Meant {
    let written = entry.key.value();
    let key = written.as_str();
    // To look for what was meant takes longer than all else.
    if diagnostics.is_full() {
        return Meant::Unknown;
    }
    let habit = habit::of(entry, known);
    let closest = crate::diag::closest(key, known.iter().copied());
    let help = match habit {
        Some(habit) => habit.instead.to_owned(),
        None => crate::diag::suggestion(key, known.iter().copied()),
    };
    let mut diagnostic = Diagnostic::new(
        Code::UnknownKey,
        format!("there is no key `{key}` here"),
        entry.key.span,
        "unknown key",
    );
    let mut is_first = true;
    if let Some(habit) = habit.filter(|h| !h.same_shape) {
        let together = |other: &&Entry| habit::of(other, known).is_some_and(|h| h.instead == habit.instead);
        let mut others = entries.iter().filter(together);
        is_first = others.next().is_none_or(|first| first.key.span == entry.key.span);
        if is_first {
            diagnostic = others.fold(diagnostic, |d, other| d.and(other.key.span, "unknown key"));
        }
    }
    if is_first {
        diagnostics.push(diagnostic.help(help));
    }
    match (habit, closest) {
        (Some(habit), _) if habit.same_shape => Meant::Renamed(habit.key),
        (Some(habit), _) => Meant::Reshaped(habit.key),
        (None, Some(closest)) => Meant::Renamed(closest),
        (None, None) => Meant::Unknown,
    }
}

/// The key that a field stands for: `r#type` is the key `type`.
pub const fn key(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// Declares a mapping of the language: the struct, how it is read, and its JSON Schema, all out of
/// the same lines. A field is a key; its type says whether it may be absent. The example is for messages and
/// for editors, and so is what one is `called` of which there are several. What follows `else` knows what was
/// probably meant by something that is no mapping.
macro_rules! mapping {
    ($(#[$doc:meta])* $name:ident such as $example:literal $(called $called:literal)? $(else $advice:path)? { $($(#[$fdoc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields, transform = $name::complete_schema)]
        pub struct $name {
            /// Where it stands.
            #[schemars(skip)]
            pub span: $crate::source::Span,
            $($(#[$fdoc])* pub $field: $type,)*
        }

        impl $name {
            /// The keys that it may have.
            pub const KEYS: &'static [&'static str] = &[$($crate::decode::key(stringify!($field)),)*];

            /// Tells the schema which keys have to be there: those whose absence is a diagnostic; and what one
            /// looks like.
            fn complete_schema(schema: &mut schemars::Schema) {
                let mut unheard = $crate::diag::Diagnostics::default();
                let mut required: Vec<&str> = Vec::new();
                $(
                    let key = $crate::decode::key(stringify!($field));
                    if <$type as $crate::decode::Decode>::absent(key, Default::default(), &mut unheard).is_none() {
                        required.push(key);
                    }
                )*
                schema.insert("required".to_owned(), required.into());
                schema.insert("examples".to_owned(), vec![$example].into());
            }
        }

        impl $crate::decode::Decode for $name {
            const SHAPE: Option<$crate::decode::Shape> = Some($crate::decode::Shape {
                example: $example,
                called: [$($called,)? "NAME"][0],
                keys: Self::KEYS,
            });

            /// One with nothing in it, unless something has to be there.
            fn unreadable() -> Option<Self> {
                let mut unheard = $crate::diag::Diagnostics::default();
                let span = $crate::source::Span::NOWHERE;
                Some($name {
                    span,
                    $($field: <$type as $crate::decode::Decode>::absent($crate::decode::key(stringify!($field)), span, &mut unheard)?,)*
                })
            }

            fn decode(node: &$crate::tree::Node, diagnostics: &mut $crate::diag::Diagnostics) -> Option<Self> {
                let $crate::tree::Kind::Map(entries) = &node.kind else {
                    let advice: Option<$crate::decode::advice::Advice> = None $(.or_else(|| $advice(node)))?;
                    match advice {
                        Some(advice) => $crate::decode::wrong_type_because(node, advice, diagnostics),
                        None => $crate::decode::no_mapping(node, Some($example), diagnostics),
                    }
                    return None;
                };
                $(let mut $field: Option<Option<$type>> = None;)*
                let mut meant: Vec<&str> = Vec::new();
                for entry in entries {
                    let written = entry.key.value();
                    let mut key = written.as_str();
                    if !Self::KEYS.contains(&key) {
                        match $crate::decode::unknown_key(entry, entries, Self::KEYS, diagnostics) {
                            $crate::decode::Meant::Renamed(name) => {
                                meant.push(name);
                                if entries.iter().any(|other| other.key.value() == name) {
                                    continue;
                                }
                                key = name;
                            }
                            $crate::decode::Meant::Reshaped(name) => {
                                meant.push(name);
                                continue;
                            }
                            $crate::decode::Meant::Unknown => continue,
                        }
                    }
                    // `key:` without a value is as good as no key.
                    if entry.value.is_null() && entry.value.defined.is_none() {
                        continue;
                    }
                    $(if key == $crate::decode::key(stringify!($field)) {
                        $field = Some(<$type as $crate::decode::Decode>::decode(&entry.value, diagnostics));
                    })*
                }
                // Every key is looked at before the first missing one ends the mapping.
                $(let $field = match $field {
                    Some(value) => value,
                    None if meant.contains(&$crate::decode::key(stringify!($field))) => None,
                    None => <$type as $crate::decode::Decode>::absent($crate::decode::key(stringify!($field)), node.span, diagnostics),
                };)*
                Some($name { span: node.span, $($field: $field.or_else(<$type as $crate::decode::Decode>::unreadable)?,)* })
            }
        }
    };
}
pub(crate) use mapping;

/// Reads a [`keyword!`](crate::ast::scalar::keyword).
macro_rules! keyword_decode {
    ($name:ident $(else $advice:path)?) => {
        impl $crate::decode::Decode for $name {
            fn decode(
                node: &$crate::tree::Node,
                diagnostics: &mut $crate::diag::Diagnostics,
            ) -> Option<Self> {
                let $crate::tree::Kind::Scalar(text) = &node.kind else {
                    let words: Vec<&str> = Self::WORDS.iter().map(|(w, _)| *w).collect();
                    let wanted = match words.as_slice() {
                        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
                        _ => words.concat(),
                    };
                    $crate::decode::wrong_type(node, &wanted, diagnostics);
                    return None;
                };
                let word = text.value();
                let found = Self::WORDS.iter().find(|(w, _)| *w == word).map(|(_, value)| *value);
                if found.is_none() {
                    let advice: Option<$crate::decode::advice::Advice> = None $(.or_else(|| $advice(&word)))?;
                    let words: Vec<&str> = Self::WORDS.iter().map(|(w, _)| *w).collect();
                    diagnostics.push(
                        $crate::diag::Diagnostic::new(
                            $crate::diag::Code::BadValue,
                            format!("`{word}` is not one of the words for this"),
                            node.span,
                            "unknown word",
                        )
                        .help(advice.map_or_else(|| $crate::diag::suggestion(&word, words), |advice| advice.help)),
                    );
                }
                found
            }

            fn unreadable() -> Option<Self> {
                Self::WORDS.first().map(|(_, value)| *value)
            }
        }
    };
}
pub(crate) use keyword_decode;
